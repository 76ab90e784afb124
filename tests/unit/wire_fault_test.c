#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"
#include "lib/fault.h"
#include "wire/http_response.h"
#include "wire/ws_frame.h"

enum { LEN = 60000, CHUNK = 700, OUT_MAX = 1 << 17 };

static const uint8_t key[HF_WS_MASK_BYTES] = { 1, 2, 3, 4 };

/* Reads a stream in chunks; after an error the reader holds nothing and swallows
 * the rest. */
static int read_stream(struct hf_bytes stream, size_t chunk_len, size_t want_items)
{
    struct hf_ws_reader r;
    struct hf_ws_item item;
    uint8_t chunk[CHUNK];
    size_t used, items = 0;
    int err = 0;
    hf_ws_reader_init(&r, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    while (stream.len > 0) {
        struct hf_bytes part = hf_bytes_head(stream, chunk_len);
        memcpy(chunk, part.ptr, part.len);
        for (size_t at = 0;; at += used) {
            int now = hf_ws_read(&r, chunk + at, part.len - at, &used, &item);
            if (now != 0) {
                CHECK_EQ(r.held.cap, 0);
                CHECK_EQ(used, part.len - at);
                err = now;
            }
            if (item.kind == HF_WS_NEED_MORE) break;
            CHECK_EQ(err, 0);
            items++;
        }
        stream = hf_bytes_from(stream, part.len);
    }
    CHECK_EQ(items, err ? items : want_items);
    hf_ws_reader_fini(&r);
    return err;
}

static int gathered_message(void)
{
    static uint8_t stream[LEN + HF_WS_HEAD_BYTES];
    size_t head_len = hf_ws_head_write(stream, HF_WS_OP_BINARY, LEN, NULL);
    return read_stream(hf_bytes(stream, head_len + LEN), CHUNK, 1);
}

static int split_control_frame(void)
{
    return read_stream(HF_LIT("\x89\x04ping\x88\x05\x03\xE8"
                              "bye"),
                       3, 2);
}

static int ping_inside_a_message(void)
{
    return read_stream(HF_LIT("\x01\x03"
                              "abc\x89\x04ping\x80\x03"
                              "def"),
                       2, 2);
}

static int split_request(void)
{
    struct hf_http_reader r;
    struct hf_http_request req = { 0 };
    size_t used;
    int err = 0;
    hf_http_reader_init(&r);
    struct hf_bytes text = HF_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (size_t at = 0; at < text.len && err == 0; at++)
        err = hf_http_request_read(&r, hf_bytes(text.ptr + at, 1), &used, &req);
    CHECK_EQ(req.state, err ? HF_HTTP_NEED_MORE : HF_HTTP_HEAD);
    hf_http_reader_fini(&r);
    return err;
}

static int long_response(void)
{
    static uint8_t text[HF_LIMIT_HTTP_HEAD_BYTES];
    struct hf_http_reader r;
    struct hf_http_response res = { 0 };
    size_t used, at = 0;
    int err = 0;
    memset(text, 'a', sizeof text);
    memcpy(text, "HTTP/1.1 200 OK\r\nX:", 19);
    memcpy(text + sizeof text - 4, "\r\n\r\n", 4);
    hf_http_reader_init(&r);
    for (; at < sizeof text && err == 0; at += 100)
        err = hf_http_response_read(&r, hf_bytes_head(hf_bytes(text + at, sizeof text - at), 100),
                                    &used, &res);
    CHECK_EQ(res.state, err ? HF_HTTP_NEED_MORE : HF_HTTP_HEAD);
    hf_http_reader_fini(&r);
    return err;
}

/* Writers fail through their buffer, whole frame or none. */
static int writers(void)
{
    static const uint8_t payload[LEN];
    struct hf_http_answer answer = { .status = 200, .body = hf_bytes(payload, sizeof payload) };
    struct hf_buf out;
    hf_buf_init(&out, OUT_MAX);
    hf_ws_close_write(&out, 1000, HF_LIT("bye"), NULL);
    size_t before = out.len;
    hf_ws_frame_write(&out, HF_WS_OP_TEXT, hf_bytes(payload, sizeof payload), key);
    if (hf_buf_done(&out) != 0) CHECK_EQ(out.len, before);
    hf_http_answer_write(&out, &answer);
    int err = hf_buf_done(&out);
    hf_buf_fini(&out);
    return err;
}

static void each_failed_allocation_is_an_error_and_leaks_nothing(void)
{
    fault_each(gathered_message);
    fault_each(split_control_frame);
    fault_each(ping_inside_a_message);
    fault_each(split_request);
    fault_each(long_response);
    fault_each(writers);
}

static void a_whole_message_needs_no_memory(void)
{
    uint8_t data[] = { 0x81, 5, 'h', 'e', 'l', 'l', 'o', 0x89, 0, 0x88, 0 };
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used, at = 0;
    hf_ws_reader_init(&r, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    fault_arm(1);
    for (int i = 0; i < 3; i++, at += used) {
        CHECK_EQ(hf_ws_read(&r, data + at, sizeof data - at, &used, &item), 0);
        CHECK_AT(i, item.kind != HF_WS_NEED_MORE);
    }
    CHECK(!fault_was_hit());
    fault_arm(0);
    hf_ws_reader_fini(&r);
}

CHECK_MAIN(each_failed_allocation_is_an_error_and_leaks_nothing, a_whole_message_needs_no_memory)
