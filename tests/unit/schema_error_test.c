#include "lib/check.h"
#include "wire/json_scan.h"
#include "wire/schema/error.h"

#include <stdio.h>

enum { ROOM = 4096 };

static void codes_are_told_by_their_names(void)
{
    CHECK_TEXT(hf_bytes_cstr(hf_code_name(HF_CODE_INVALID_REQUEST)), "INVALID_REQUEST");
    CHECK_TEXT(hf_bytes_cstr(hf_code_name(HF_CODE_UNAVAILABLE)), "UNAVAILABLE");
    CHECK_TEXT(hf_bytes_cstr(hf_detail_name(HF_DETAIL_AUTH_REQUIRED)), "AUTH_REQUIRED");
    CHECK_TEXT(hf_bytes_cstr(hf_detail_name(HF_DETAIL_MISSING_SCOPE)), "MISSING_SCOPE");
}

static void an_error_has_only_the_members_that_are_set(void)
{
    static const struct {
        struct hf_error error;
        const char *want;
    } rows[] = {
        { { .code = HF_CODE_INVALID_REQUEST, .message = HF_LIT_INIT("a \"b\"") },
          "{\"code\":\"INVALID_REQUEST\",\"message\":\"a \\\"b\\\"\"}" },
        { { .code = HF_CODE_FORBIDDEN,
            .message = HF_LIT_INIT("m"),
            .details = HF_LIT_INIT("{\"code\":\"X\"}") },
          "{\"code\":\"FORBIDDEN\",\"message\":\"m\",\"details\":{\"code\":\"X\"}}" },
        { { .code = HF_CODE_UNAVAILABLE,
            .message = HF_LIT_INIT("m"),
            .has_retryable = true,
            .retryable = true,
            .has_retry_after = true,
            .retry_after_ms = 500 },
          "{\"code\":\"UNAVAILABLE\",\"message\":\"m\",\"retryable\":true,\"retryAfterMs\":500}" },
        { { .code = HF_CODE_NOT_PAIRED, .message = HF_LIT_INIT("m"), .has_retryable = true },
          "{\"code\":\"NOT_PAIRED\",\"message\":\"m\",\"retryable\":false}" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        char want[256];
        hf_buf_init(&out, ROOM);
        hf_error_write_res(&out, HF_LIT("1"), &rows[i].error);
        snprintf(want, sizeof want, "{\"type\":\"res\",\"id\":1,\"ok\":false,\"error\":%s}",
                 rows[i].want);
        CHECK_TEXT_AT(i, hf_buf_view(&out), want);
        CHECK_EQ_AT(i, hf_json_check(hf_buf_view(&out), 3, NULL), 0);
        hf_buf_fini(&out);
    }
}

static void a_refusal_echoes_the_id_as_it_came(void)
{
    static const struct {
        struct hf_bytes id;
        const char *want;
    } rows[] = {
        { HF_LIT_INIT("\"1:\\u0061\""), "{\"type\":\"res\",\"id\":\"1:\\u0061\",\"ok\":false,"
                                        "\"error\":{\"code\":\"FORBIDDEN\",\"message\":\"m\"}}" },
        { HF_LIT_INIT("7"), "{\"type\":\"res\",\"id\":7,\"ok\":false,"
                            "\"error\":{\"code\":\"FORBIDDEN\",\"message\":\"m\"}}" },
    };
    struct hf_error error = { .code = HF_CODE_FORBIDDEN, .message = HF_LIT("m") };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, ROOM);
        hf_error_write_res(&out, rows[i].id, &error);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

CHECK_MAIN(codes_are_told_by_their_names, an_error_has_only_the_members_that_are_set,
           a_refusal_echoes_the_id_as_it_came)
