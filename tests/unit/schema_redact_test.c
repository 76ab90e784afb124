#include "lib/check.h"
#include "wire/schema/redact.h"

static void a_text_loses_what_it_should_not_show(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "token canary-1 is wrong", "token *** is wrong" },
        { "canary-1canary-1", "******" },
        { "Authorization: Bearer abc.def, next", "Authorization: ***" },
        { "bearer abc.def, next", "bearer ***, next" },
        { "HTTP 401: basic YWJj", "HTTP 401: basic ***" },
        { "token=\"hunter2\" a", "token=\"***\" a" },
        { "export FOO_TOKEN='a hunter2'", "export FOO_TOKEN='***'" },
        { "token=(hunter2) a", "token=***) a" },
        { "authorization=Bearer hunter2", "authorization=***" },
        { "{\"token\":\"hunter2\",\"a\":1}", "{\"token\":\"***\",\"a\":1}" },
        { "token: hunter2", "token: ***" },
        { "x-api-key: hunter2", "x-api-key: ***" },
        { "Cookie: a=hunter2; b=hunter2", "Cookie: ***" },
        { "run --token hunter2 now", "run --token *** now" },
        { "//u:hunter2@h/p", "//***:***@h/p" },
        { "to https://h/?next=https%3A%2F%2Fu%3Ahunter2%40h&a=1 now",
          "to https://h/?next=***&a=1 now" },
        { "h/?a=1;code=hunter2#key=hunter2", "h/?a=1;code=***#key=***" },
        { "h/?https%3A%2F%2Fu%3Ahunter2%40h", "h/?***" },
        { "it failed: code=1006; is it so? session=main",
          "it failed: code=1006; is it so? session=main" },
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
