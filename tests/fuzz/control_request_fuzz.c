/* A line on the control socket, as a supervisor and as a client reads it.  The whole
 * input is the line. */
#include "base/err.h"
#include "base/limits.h"
#include "fuzz.h"
#include "wire/json_read.h"
#include "wire/schema/control.h"
#include "wire/utf8.h"

enum { OUT_MAX = 1 << 22 };

/* Written, read and written again: the same bytes, on one line. */
static void check_round_trip(const struct hf_control_request *request)
{
    struct hf_control_request again;
    struct hf_buf once, twice, scratch;
    const char *what;
    hf_buf_init(&once, OUT_MAX);
    hf_buf_init(&twice, OUT_MAX);
    hf_buf_init(&scratch, OUT_MAX);
    hf_control_write_request(&once, request);
    FUZZ_CHECK(hf_buf_done(&once) == 0);
    FUZZ_CHECK(hf_control_read_request(hf_buf_view(&once), &scratch, &again, &what) == 0);
    hf_control_write_request(&twice, &again);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&once), hf_buf_view(&twice)));
    hf_buf_fini(&once);
    hf_buf_fini(&twice);
    hf_buf_fini(&scratch);
}

static void check_request(struct hf_bytes line)
{
    struct hf_control_request request;
    struct hf_buf scratch;
    const char *what;
    hf_buf_init(&scratch, OUT_MAX);
    int err = hf_control_read_request(line, &scratch, &request, &what);
    FUZZ_CHECK(err == 0 || what[0] != '\0' || err != HF_ERR_TYPE);
    FUZZ_CHECK(request.id.len <= HF_LIMIT_CONTROL_ID_BYTES);
    FUZZ_CHECK(request.reason.len <= HF_LIMIT_NAME_BYTES);
    FUZZ_CHECK(hf_utf8_check(request.reason));
    if (err == 0) check_round_trip(&request);
    hf_buf_fini(&scratch);
}

static void check_reply(struct hf_bytes line)
{
    struct hf_control_reply reply;
    struct hf_buf scratch;
    hf_buf_init(&scratch, OUT_MAX);
    if (hf_control_read_reply(line, &scratch, &reply) == 0) {
        FUZZ_CHECK(hf_utf8_check(reply.name) && hf_utf8_check(reply.message));
        FUZZ_CHECK(reply.data.len == 0 || hf_json_check(reply.data, HF_JSON_DEPTH_MAX, NULL) == 0);
    }
    hf_buf_fini(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint8_t *copy = fuzz_copy(input);
    check_request(hf_bytes(copy, len));
    check_reply(hf_bytes(copy, len));
    hf_mem_free(copy);
    return 0;
}
