/* Texts without secrets: known ones are gone whatever stands around them, what was valid
 * UTF-8 stays so, and the output keeps to its bound. */
#include "fuzz.h"
#include "wire/schema/redact.h"
#include "wire/url_secret.h"
#include "wire/utf8.h"

#include <string.h>

static const struct hf_bytes secrets[] = { HF_LIT_INIT("canary"), HF_LIT_INIT("token-1"),
                                           HF_LIT_INIT("abc") };

static void check(const struct hf_buf *out, struct hf_bytes input)
{
    FUZZ_CHECK(hf_buf_done(out) == 0);
    FUZZ_CHECK(out->len <= 3 * input.len + 16);
    FUZZ_CHECK(!hf_utf8_check(input) || hf_utf8_check(hf_buf_view(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    struct hf_buf out;
    hf_buf_init(&out, 4 * len + 64);
    hf_url_redact(&out, input);
    check(&out, input);
    hf_buf_reset(&out, SIZE_MAX);
    hf_redact_text(&out, input, secrets, HF_COUNT(secrets));
    check(&out, input);
    for (size_t i = 0; i < out.len; i++) {
        struct hf_bytes rest = hf_bytes_from(hf_buf_view(&out), i);
        FUZZ_CHECK(out.ptr[i] >= ' ' && out.ptr[i] != 0x7F);
        FUZZ_CHECK(!hf_bytes_starts(rest, secrets[0]) && !hf_bytes_starts(rest, secrets[1]));
    }
    hf_buf_fini(&out);
    return 0;
}
