/* JSON5 texts.  First byte: the depth cap.  What comes out is JSON and reads as itself; every JSON
 * text is taken. */
#include "base/err.h"
#include "fuzz.h"
#include "wire/json5.h"
#include "wire/json_scan.h"

enum { OUT_MAX = 1 << 24, DEPTH_MAX = 64 };

static void check_output(struct hf_bytes json, uint32_t depth_max)
{
    struct hf_json5_error error;
    struct hf_buf again;
    hf_buf_init(&again, OUT_MAX);
    FUZZ_CHECK(hf_json_check(json, depth_max, NULL) == 0);
    FUZZ_CHECK(hf_json5_read(json, depth_max, &again, &error) == 0);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&again), json));
    hf_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint32_t depth_max = fuzz_take(&input) % (DEPTH_MAX + 1);
    uint8_t *copy = fuzz_copy(input);
    struct hf_bytes text = hf_bytes(copy, input.len);
    struct hf_json5_error error;
    struct hf_buf out;
    hf_buf_init(&out, OUT_MAX);
    int err = hf_json5_read(text, depth_max, &out, &error);
    if (err == 0) {
        check_output(hf_buf_view(&out), depth_max);
    } else {
        FUZZ_CHECK(hf_json_check(text, depth_max, NULL) != 0);
        FUZZ_CHECK(error.code == err && error.what[0] != 0);
        FUZZ_CHECK(error.line >= 1 && error.line <= text.len + 1);
        FUZZ_CHECK(error.column >= 1 && error.column <= text.len + 1);
    }
    hf_buf_fini(&out);
    hf_mem_free(copy);
    return 0;
}
