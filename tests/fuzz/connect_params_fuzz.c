/* The params of `connect`, and what is made of them.  The whole input is the JSON text. */
#include "base/err.h"
#include "base/limits.h"
#include "fuzz.h"
#include "wire/json_read.h"
#include "wire/schema/device_payload.h"
#include "wire/utf8.h"

enum { OUT_MAX = 1 << 24 };

/* Written, read and written again: the same bytes, and the same text to sign. */
static void check_round_trip(const struct hf_connect *connect)
{
    struct hf_connect again;
    struct hf_buf once, twice, scratch, why, payload, payload_again;
    struct hf_buf *const all[] = { &once, &twice, &scratch, &why, &payload, &payload_again };
    for (size_t i = 0; i < HF_COUNT(all); i++) hf_buf_init(all[i], OUT_MAX);
    hf_connect_write(&once, connect);
    FUZZ_CHECK(hf_json_check(hf_buf_view(&once), HF_LIMIT_JSON_DEPTH_PREAUTH, NULL) == 0);
    FUZZ_CHECK(hf_connect_read(hf_buf_view(&once), &scratch, &why, &again) == 0);
    hf_connect_write(&twice, &again);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&once), hf_buf_view(&twice)));
    hf_device_payload_write(&payload, HF_DEVICE_PAYLOAD_V3, connect);
    hf_device_payload_write(&payload_again, HF_DEVICE_PAYLOAD_V3, &again);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&payload), hf_buf_view(&payload_again)));
    for (size_t i = 0; i < HF_COUNT(all); i++) {
        FUZZ_CHECK(hf_buf_done(all[i]) == 0);
        hf_buf_fini(all[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint8_t *copy = fuzz_copy(input);
    struct hf_bytes text = hf_bytes(copy, input.len);
    struct hf_connect connect;
    struct hf_buf scratch, why;
    hf_buf_init(&scratch, OUT_MAX);
    hf_buf_init(&why, OUT_MAX);
    if (hf_json_check(text, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL) == 0) {
        int err = hf_connect_read(hf_json_root(text), &scratch, &why, &connect);
        FUZZ_CHECK(err == 0 || err == HF_ERR_TYPE);
        FUZZ_CHECK((err == 0) == (why.len == 0));
        FUZZ_CHECK(hf_utf8_check(hf_buf_view(&why)));
        FUZZ_CHECK(connect.scope_count <= HF_LIMIT_SCOPES || err != 0);
        if (err == 0) check_round_trip(&connect);
    }
    hf_buf_fini(&scratch);
    hf_buf_fini(&why);
    hf_mem_free(copy);
    return 0;
}
