#include "lib/check.h"
#include "wire/schema/redact.h"

static void a_text_loses_what_it_should_not_show(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "token canary-1 is wrong", "token *** is wrong" },
        { "canary-1canary-1", "******" },
        { "Authorization: Bearer abc.def, next", "Authorization: Bearer ***, next" },
        { "basic YWJj", "basic ***" },
        { "see https://u:p@h/?key=1 now", "see https://***:***@h/?key=*** now" },
        { "password=hunter2", "password=***" },
        { "a=b is fine", "a=b is fine" },
        { "two\nlines\x1b[31m\x7f", "two lines [31m " },
        { "\xC2\x9B"
          "31m",
          "?31m" },
        { "\xC3\xA9\xE2\x82\xAC", "\xC3\xA9\xE2\x82\xAC" },
        { "", "" },
    };
    const struct hf_bytes secrets[] = { HF_LIT("canary-1"), HF_LIT("ary"), HF_EMPTY };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        hf_redact_text(&out, hf_bytes_cstr(rows[i].text), secrets, HF_COUNT(secrets));
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

CHECK_MAIN(a_text_loses_what_it_should_not_show)
