#include "base/err.h"
#include "lib/check.h"

static const struct {
    int code;
    const char *name;
} codes[] = {
#define ROW(name, number, text) { HF_ERR_##name, #name },
    HF_ERRORS(ROW)
#undef ROW
};

static void each_code_is_negative_named_and_its_own(void)
{
    for (size_t i = 0; i < HF_COUNT(codes); i++) {
        CHECK_AT(i, codes[i].code <= -100 && codes[i].code > -600);
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_err_name(codes[i].code)), codes[i].name);
        CHECK_AT(i, strlen(hf_err_text(codes[i].code)) > 0);
        for (size_t k = 0; k < i; k++) CHECK_AT(i, codes[k].code != codes[i].code);
    }
}

static void a_number_that_is_no_code_is_unknown(void)
{
    CHECK_TEXT(hf_bytes_cstr(hf_err_name(-1)), "UNKNOWN");
    CHECK_TEXT(hf_bytes_cstr(hf_err_name(7)), "UNKNOWN");
    CHECK(strlen(hf_err_text(-1)) > 0);
}

CHECK_MAIN(each_code_is_negative_named_and_its_own, a_number_that_is_no_code_is_unknown)
