#include "wire/ws_frame.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/rng.h"
#include "lib/check.h"

enum { TRACE_MAX = 4096, SHOWN = 24, STREAM_MAX = 1 << 20, LIMIT = 1000 };

static const uint8_t key[HF_WS_MASK_BYTES] = { 0xA1, 0x02, 0x73, 0xF4 };

/* --- a stream of frames, written byte by byte so that faults can be written --- */

/* One frame: its first byte and payload; `len_form` forces a length in 2 or 8
 * bytes where it would fit in less. */
struct frame {
    uint8_t first;
    struct hf_bytes payload;
    uint8_t len_form;
};

#define FRAME(first_byte, text)                                                                    \
    {                                                                                              \
        .first = (first_byte), .payload = HF_LIT_INIT(text)                                        \
    }

static void add_frame(struct hf_buf *out, enum hf_ws_side reader, const struct frame *frame)
{
    uint8_t head[HF_WS_HEAD_BYTES] = { frame->first };
    uint8_t is_masked = reader == HF_WS_SERVER ? 0x80 : 0;
    size_t len = frame->payload.len, at = 2;
    uint8_t form = frame->len_form ? frame->len_form : len < 126 ? 0 : len < 65536 ? 2 : 8;
    head[1] = (uint8_t)(is_masked | (form == 0 ? len : form == 2 ? 126 : 127));
    for (int i = form; i-- > 0;) head[at++] = (uint8_t)((uint64_t)len >> (8 * i));
    if (is_masked) memcpy(head + at, key, sizeof key);
    hf_buf_add(out, hf_bytes(head, at + (is_masked ? sizeof key : 0)));
    if (is_masked)
        hf_ws_masked_write(out, frame->payload, key, 0);
    else
        hf_buf_add(out, frame->payload);
}

/* --- what a reader makes of a stream, as one line of text --- */

static void trace_item(struct hf_buf *trace, const struct hf_ws_item *item)
{
    static const char *const names[] = {
        "more", "text", "binary", "ping", "pong", "close", "error"
    };
    hf_buf_addf(trace, "%s%s", trace->len ? " " : "", names[item->kind]);
    if (item->code) hf_buf_addf(trace, " %u", item->code);
    if (item->kind == HF_WS_ERROR) return;
    hf_buf_add_byte(trace, '(');
    if (item->bytes.len <= SHOWN)
        hf_buf_add(trace, item->bytes);
    else
        hf_buf_addf(trace, "%zu bytes", item->bytes.len);
    hf_buf_add_byte(trace, ')');
}

/* Feeds one chunk.  The reader sees a copy of exactly its size, so that a step
 * outside shows. */
static void feed(struct hf_ws_reader *r, struct hf_bytes chunk, struct hf_buf *trace)
{
    uint8_t *data = hf_mem_new(chunk.len + 1);
    struct hf_ws_item item;
    size_t used;
    if (chunk.len > 0) memcpy(data, chunk.ptr, chunk.len);
    data[chunk.len] = 0xEE;
    for (size_t at = 0;; at += used) {
        CHECK_EQ(hf_ws_read(r, data + at, chunk.len - at, &used, &item), 0);
        CHECK(used <= chunk.len - at);
        if (item.kind == HF_WS_NEED_MORE) {
            CHECK_EQ(at + used, chunk.len);
            break;
        }
        trace_item(trace, &item);
    }
    CHECK_EQ(data[chunk.len], 0xEE);
    hf_mem_free(data);
}

enum { WHOLE = 0, BYTEWISE = SIZE_MAX };

static void read_stream(enum hf_ws_side side, struct hf_bytes stream, size_t cut,
                        struct hf_buf *trace)
{
    struct hf_ws_reader r;
    hf_ws_reader_init(&r, side, LIMIT);
    hf_buf_reset(trace, SIZE_MAX);
    if (cut == BYTEWISE) {
        for (size_t i = 0; i < stream.len; i++) feed(&r, hf_bytes(stream.ptr + i, 1), trace);
    } else {
        feed(&r, hf_bytes_head(stream, cut), trace);
        feed(&r, hf_bytes_from(stream, cut), trace);
    }
    hf_ws_reader_fini(&r);
}

static void check_stream(size_t row, enum hf_ws_side side, struct hf_bytes stream, const char *want)
{
    struct hf_buf trace;
    hf_buf_init(&trace, TRACE_MAX);
    for (size_t cut = 0; cut <= stream.len; cut++) {
        read_stream(side, stream, cut, &trace);
        CHECK_TEXT_AT(row, hf_buf_view(&trace), want);
    }
    read_stream(side, stream, BYTEWISE, &trace);
    CHECK_TEXT_AT(row, hf_buf_view(&trace), want);
    hf_buf_fini(&trace);
}

/* --- the rows: frames in, items out, for both sides and every cut --- */

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define CONTROL_125 HUNDRED TEN TEN "01234"

static const struct {
    const char *want;
    struct frame frames[8];
} rows[] = {
    { "text(hello)", { FRAME(0x81, "hello") } },
    { "text()", { FRAME(0x81, "") } },
    { "binary(\xFF)", { FRAME(0x82, "\xFF") } },
    { "text(one) text(two) binary()", { FRAME(0x81, "one"), FRAME(0x81, "two"), FRAME(0x82, "") } },
    { "ping() pong(x) text(y)", { FRAME(0x89, ""), FRAME(0x8A, "x"), FRAME(0x81, "y") } },
    { "text(abc) text(d)",
      { FRAME(0x01, "a"), FRAME(0x00, "b"), FRAME(0x80, "c"), FRAME(0x81, "d") } },
    { "ping(p) pong(q) text(ab)",
      { FRAME(0x01, "a"), FRAME(0x89, "p"), FRAME(0x8A, "q"), FRAME(0x80, "b") } },
    /* Fragments without bytes. */
    { "text()", { FRAME(0x01, ""), FRAME(0x00, ""), FRAME(0x80, "") } },
    { "ping(p) text(a)", { FRAME(0x01, ""), FRAME(0x00, ""), FRAME(0x89, "p"), FRAME(0x80, "a") } },
    { "binary(a)", { FRAME(0x02, "a"), FRAME(0x00, ""), FRAME(0x80, "") } },
    /* A character over the border of two fragments, a ping in its middle. */
    { "ping() text(\xE2\x82\xAC)",
      { FRAME(0x01, "\xE2\x82"), FRAME(0x89, ""), FRAME(0x80, "\xAC") } },
    /* Bounds of one message: at LIMIT and one over, in one and in many frames. */
    { "text(1000 bytes)", { FRAME(0x81, THOUSAND) } },
    { "error 1009", { FRAME(0x81, THOUSAND "x"), FRAME(0x81, "y") } },
    { "binary(1000 bytes)",
      { FRAME(0x02, HUNDRED), FRAME(0x00, HUNDRED HUNDRED), FRAME(0x00, ""),
        FRAME(0x80, HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED) } },
    { "error 1009", { FRAME(0x02, THOUSAND), FRAME(0x80, "x") } },
    { "binary(1000 bytes)", { FRAME(0x02, THOUSAND), FRAME(0x80, "") } },
    /* A control frame does not count into the message. */
    { "ping(125 bytes) text(1000 bytes)",
      { FRAME(0x01, THOUSAND), FRAME(0x89, CONTROL_125), FRAME(0x80, "") } },
    { "pong(125 bytes)", { FRAME(0x8A, CONTROL_125) } },
    { "error 1002", { FRAME(0x89, CONTROL_125 "6") } },
    { "error 1002", { FRAME(0x8A, CONTROL_125 "6") } },
    { "error 1002", { FRAME(0x88, "\x03\xE8" CONTROL_125) } },
    /* Control frames are never fragmented. */
    { "error 1002", { FRAME(0x09, "p") } },
    { "error 1002", { FRAME(0x0A, "") } },
    { "error 1002", { FRAME(0x08, "") } },
    /* The order of fragments. */
    { "error 1002", { FRAME(0x80, "x") } },
    { "error 1002", { FRAME(0x00, "x") } },
    { "error 1002", { FRAME(0x01, "a"), FRAME(0x81, "b") } },
    { "error 1002", { FRAME(0x01, "a"), FRAME(0x02, "b") } },
    { "text(ab) error 1002", { FRAME(0x01, "a"), FRAME(0x80, "b"), FRAME(0x80, "c") } },
    /* Reserved bits and opcodes. */
    { "error 1002", { FRAME(0xC1, "x") } },
    { "error 1002", { FRAME(0xA1, "x") } },
    { "error 1002", { FRAME(0x91, "x") } },
    { "error 1002", { FRAME(0xC9, "") } },
    { "error 1002", { FRAME(0x83, "") } },
    { "error 1002", { FRAME(0x87, "") } },
    { "error 1002", { FRAME(0x8B, "") } },
    { "error 1002", { FRAME(0x8F, "") } },
    { "text(x) error 1002", { FRAME(0x81, "x"), FRAME(0x83, ""), FRAME(0x81, "never") } },
    /* Lengths in their shortest form only. */
    { "error 1002", { { .first = 0x82, .payload = HF_LIT_INIT(CONTROL_125), .len_form = 2 } } },
    { "binary(126 bytes)", { FRAME(0x82, CONTROL_125 "6") } },
    { "error 1002", { { .first = 0x82, .payload = HF_LIT_INIT(CONTROL_125 "6"), .len_form = 8 } } },
    /* UTF-8, in one frame and over fragments. */
    { "text(\xF4\x8F\xBF\xBF)", { FRAME(0x81, "\xF4\x8F\xBF\xBF") } },
    { "error 1007", { FRAME(0x81, "\xF4\x90\x80\x80") } },
    { "error 1007", { FRAME(0x81, "ok\xE2\x82") } },
    { "error 1007", { FRAME(0x01, "\xE2\x82"), FRAME(0x80, "x") } },
    { "error 1007", { FRAME(0x01, "\xE2\x82"), FRAME(0x80, "") } },
    { "error 1007", { FRAME(0x01, "\xED\xA0") } },
    { "ping() error 1007", { FRAME(0x01, "a"), FRAME(0x89, ""), FRAME(0x00, "\xC0") } },
    { "binary(\xC0) text(a)", { FRAME(0x02, "\xC0"), FRAME(0x80, ""), FRAME(0x81, "a") } },
    /* Close: bodies, codes, nothing behind it. */
    { "close 1005()", { FRAME(0x88, ""), FRAME(0x81, "never") } },
    { "error 1002", { FRAME(0x88, "\x03") } },
    { "close 1000()", { FRAME(0x88, "\x03\xE8") } },
    { "close 1001(bye)",
      { FRAME(0x88, "\x03\xE9"
                    "bye"),
        FRAME(0x83, "x") } },
    { "close 4000(123 bytes)", { FRAME(0x88, "\x0F\xA0" HUNDRED TEN TEN "012") } },
    { "error 1007", { FRAME(0x88, "\x03\xE8\xC0\x80") } },
    { "error 1007", { FRAME(0x88, "\x03\xE8\xE2\x82") } },
    { "close 1000(\xE2\x82\xAC)", { FRAME(0x88, "\x03\xE8\xE2\x82\xAC") } },
    { "close 1001()", { FRAME(0x01, "half"), FRAME(0x88, "\x03\xE9"), FRAME(0x80, "x") } },
};

static void frames_become_items_on_both_sides_however_they_are_cut(void)
{
    for (enum hf_ws_side side = HF_WS_SERVER; side <= HF_WS_CLIENT; side++) {
        for (size_t i = 0; i < HF_COUNT(rows); i++) {
            struct hf_buf stream;
            hf_buf_init(&stream, STREAM_MAX);
            for (size_t k = 0; k < HF_COUNT(rows[i].frames) && rows[i].frames[k].payload.ptr; k++)
                add_frame(&stream, side, &rows[i].frames[k]);
            check_stream(i, side, hf_buf_view(&stream), rows[i].want);
            hf_buf_fini(&stream);
        }
    }
}

static void a_server_takes_masked_frames_only_and_a_client_unmasked_ones(void)
{
    struct hf_buf stream, trace;
    struct frame frame = FRAME(0x81, "x");
    hf_buf_init(&stream, 100);
    hf_buf_init(&trace, TRACE_MAX);
    add_frame(&stream, HF_WS_CLIENT, &frame);
    check_stream(0, HF_WS_SERVER, hf_buf_view(&stream), "error 1002");
    hf_buf_reset(&stream, 100);
    add_frame(&stream, HF_WS_SERVER, &frame);
    check_stream(1, HF_WS_CLIENT, hf_buf_view(&stream), "error 1002");
    hf_buf_fini(&stream);
    hf_buf_fini(&trace);
}

static const struct {
    unsigned code;
    bool is_valid;
} codes[] = {
    { 0, false },    { 999, false },  { 1000, true },   { 1003, true },  { 1004, false },
    { 1005, false }, { 1006, false }, { 1007, true },   { 1011, true },  { 1012, true },
    { 1014, true },  { 1015, false }, { 1016, false },  { 2999, false }, { 3000, true },
    { 4999, true },  { 5000, false }, { 65535, false },
};

static void close_codes_are_judged_at_their_borders(void)
{
    for (size_t i = 0; i < HF_COUNT(codes); i++) {
        uint8_t data[] = { 0x88, 2, (uint8_t)(codes[i].code >> 8), (uint8_t)codes[i].code };
        struct hf_ws_reader r;
        struct hf_ws_item item;
        size_t used;
        hf_ws_reader_init(&r, HF_WS_CLIENT, LIMIT);
        CHECK_EQ(hf_ws_read(&r, data, sizeof data, &used, &item), 0);
        CHECK_EQ_AT(i, item.kind, codes[i].is_valid ? HF_WS_CLOSE : HF_WS_ERROR);
        CHECK_EQ_AT(i, item.code, codes[i].is_valid ? codes[i].code : HF_WS_CODE_PROTOCOL);
        CHECK_EQ_AT(i, hf_ws_code_is_valid(codes[i].code), codes[i].is_valid);
        hf_ws_reader_fini(&r);
    }
}

/* Headers alone: the fault is seen before any payload. */
static const struct {
    uint8_t head[14];
    size_t len;
    unsigned code;
} heads[] = {
    { { 0xC1, 0x80 }, 2, 1002 },
    { { 0x83, 0x80 }, 2, 1002 },
    { { 0x81, 0x05 }, 2, 1002 },
    { { 0x89, 0xFE }, 2, 1002 },
    { { 0x81, 0xFE, 0x03, 0xE8, 1, 2, 3, 4 }, 8, 0 },
    { { 0x81, 0xFE, 0x03, 0xE9, 1, 2, 3, 4 }, 8, 1009 },
    { { 0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4 }, 14, 1009 },
    { { 0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4 }, 14, 1009 },
    { { 0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4 }, 14, 1002 },
    { { 0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4 }, 14, 1002 },
};

static void a_fault_in_a_header_is_seen_at_the_header(void)
{
    for (size_t i = 0; i < HF_COUNT(heads); i++) {
        struct hf_ws_reader r;
        struct hf_ws_item item;
        uint8_t data[14];
        size_t used;
        memcpy(data, heads[i].head, sizeof data);
        hf_ws_reader_init(&r, HF_WS_SERVER, LIMIT);
        CHECK_EQ(hf_ws_read(&r, data, heads[i].len, &used, &item), 0);
        CHECK_EQ_AT(i, item.kind, heads[i].code ? HF_WS_ERROR : HF_WS_NEED_MORE);
        CHECK_EQ_AT(i, item.code, heads[i].code);
        CHECK_AT(i, (item.what != NULL) == (heads[i].code != 0));
        CHECK_EQ_AT(i, r.held.cap, 0);
        hf_ws_reader_fini(&r);
    }
}

static void a_bad_byte_fails_inside_an_unfinished_frame(void)
{
    uint8_t data[] = { 0x01, 100, 'o', 'k', 0xE2, 0x82, 0x41 };
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    hf_ws_reader_init(&r, HF_WS_CLIENT, LIMIT);
    CHECK_EQ(hf_ws_read(&r, data, sizeof data - 1, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_NEED_MORE);
    CHECK(r.held.cap > 0);
    CHECK_EQ(hf_ws_read(&r, data + sizeof data - 1, 1, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_ERROR);
    CHECK_EQ(item.code, HF_WS_CODE_INVALID_TEXT);
    CHECK_EQ(r.held.cap, 0);
    hf_ws_reader_fini(&r);
}

static void a_whole_message_is_handed_out_in_place(void)
{
    uint8_t data[64];
    struct hf_buf stream;
    struct frame frame = FRAME(0x81, "in place");
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    hf_buf_init(&stream, sizeof data);
    add_frame(&stream, HF_WS_SERVER, &frame);
    memcpy(data, stream.ptr, stream.len);
    hf_ws_reader_init(&r, HF_WS_SERVER, LIMIT);
    /* The header may come apart from it. */
    CHECK_EQ(hf_ws_read(&r, data, 4, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_NEED_MORE);
    CHECK_EQ(hf_ws_read(&r, data + 4, stream.len - 4, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_TEXT);
    CHECK(item.bytes.ptr == data + 6);
    CHECK_EQ(r.held.cap, 0);
    hf_ws_reader_fini(&r);
    hf_buf_fini(&stream);
}

static void memory_is_held_only_while_a_message_is_half_received(void)
{
    uint8_t half[] = { 0x82, 4, 'a', 'b' }, rest[] = { 'c', 'd', 0x89, 1 }, ping[] = { 'p' };
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    hf_ws_reader_init(&r, HF_WS_CLIENT, LIMIT);
    CHECK_EQ(hf_ws_read(&r, half, sizeof half, &used, &item), 0);
    CHECK(r.held.cap > 0);
    CHECK_EQ(hf_ws_read(&r, rest, sizeof rest, &used, &item), 0);
    CHECK_TEXT(item.bytes, "abcd");
    CHECK_EQ(used, 2);
    CHECK_EQ(hf_ws_read(&r, rest + 2, 2, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_NEED_MORE);
    CHECK_EQ(r.held.cap, 0);
    CHECK_EQ(hf_ws_read(&r, ping, sizeof ping, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_PING);
    CHECK_EQ(r.held.cap, 0);
    hf_ws_reader_fini(&r);
}

static void a_gathered_message_holds_no_more_than_it_needs(void)
{
    enum { LEN = 100000, CHUNK = 1000 };
    uint8_t head[HF_WS_HEAD_BYTES], chunk[CHUNK];
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    memset(chunk, 'x', sizeof chunk);
    hf_ws_reader_init(&r, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    size_t head_len = hf_ws_head_write(head, HF_WS_OP_TEXT, LEN, NULL);
    CHECK_EQ(hf_ws_read(&r, head, head_len, &used, &item), 0);
    CHECK_EQ(r.held.cap, 0);
    for (size_t taken = CHUNK; taken <= LEN; taken += CHUNK) {
        CHECK_EQ(hf_ws_read(&r, chunk, sizeof chunk, &used, &item), 0);
        CHECK_EQ(item.kind, taken < LEN ? HF_WS_NEED_MORE : HF_WS_TEXT);
        CHECK_AT(taken, r.held.cap <= 2 * (taken + 16384));
        CHECK_AT(taken, r.held.cap <= LEN + HF_LIMIT_CONTROL_FRAME_BYTES);
    }
    CHECK_EQ(item.bytes.len, LEN);
    hf_ws_reader_fini(&r);
}

static void the_bound_can_be_raised_and_lowered_between_frames(void)
{
    static const struct {
        size_t limit, len;
        enum hf_ws_kind want;
    } steps[] = {
        { HF_LIMIT_PREAUTH_FRAME_BYTES, HF_LIMIT_PREAUTH_FRAME_BYTES, HF_WS_BINARY },
        { HF_LIMIT_PAYLOAD_BYTES, HF_LIMIT_PREAUTH_FRAME_BYTES + 1, HF_WS_BINARY },
        { HF_LIMIT_PAYLOAD_BYTES, HF_LIMIT_PAYLOAD_BYTES, HF_WS_BINARY },
        { HF_LIMIT_PREAUTH_FRAME_BYTES, HF_LIMIT_PREAUTH_FRAME_BYTES + 1, HF_WS_ERROR },
    };
    uint8_t *data = hf_mem_zero(1, HF_LIMIT_PAYLOAD_BYTES + HF_WS_HEAD_BYTES);
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    hf_ws_reader_init(&r, HF_WS_CLIENT, 1);
    for (size_t i = 0; i < HF_COUNT(steps); i++) {
        size_t head_len = hf_ws_head_write(data, HF_WS_OP_BINARY, steps[i].len, NULL);
        CHECK_EQ_AT(i, head_len, hf_ws_head_len(steps[i].len));
        hf_ws_reader_limit(&r, steps[i].limit);
        CHECK_EQ(hf_ws_read(&r, data, head_len + steps[i].len, &used, &item), 0);
        CHECK_EQ_AT(i, item.kind, steps[i].want);
    }
    CHECK_EQ(item.code, HF_WS_CODE_TOO_LARGE);
    hf_ws_reader_fini(&r);
    hf_mem_free(data);
}

static void the_protocol_s_bounds_hold_at_n_and_close_at_n_plus_1(void)
{
    static const size_t bounds[] = { HF_LIMIT_PREAUTH_FRAME_BYTES, HF_LIMIT_PAYLOAD_BYTES };
    for (size_t i = 0; i < 2 * HF_COUNT(bounds); i++) {
        size_t bound = bounds[i / 2], over = i % 2, used;
        uint8_t head[HF_WS_HEAD_BYTES];
        struct hf_ws_reader r;
        struct hf_ws_item item;
        hf_ws_reader_init(&r, HF_WS_SERVER, bound);
        size_t head_len = hf_ws_head_write(head, HF_WS_OP_TEXT, bound + over, key);
        CHECK_EQ(hf_ws_read(&r, head, head_len, &used, &item), 0);
        CHECK_EQ_AT(i, item.kind, over ? HF_WS_ERROR : HF_WS_NEED_MORE);
        CHECK_EQ_AT(i, item.code, over ? HF_WS_CODE_TOO_LARGE : 0);
        hf_ws_reader_fini(&r);
    }
}

static void a_bound_lowered_inside_a_message_counts_from_the_next_frame(void)
{
    uint8_t data[] = { 0x02, 8, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 0x80, 0 };
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    hf_ws_reader_init(&r, HF_WS_CLIENT, 8);
    CHECK_EQ(hf_ws_read(&r, data, 4, &used, &item), 0);
    hf_ws_reader_limit(&r, 4);
    CHECK_EQ(hf_ws_read(&r, data + 4, 6, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_NEED_MORE);
    CHECK_EQ(hf_ws_read(&r, data + 10, 2, &used, &item), 0);
    CHECK_EQ(item.code, HF_WS_CODE_TOO_LARGE);
    hf_ws_reader_fini(&r);
}

static void a_shut_reader_swallows_everything(void)
{
    uint8_t bad[] = { 0xFF, 0xFF, 1, 2, 3 }, good[] = { 0x81, 1, 'x' };
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    hf_ws_reader_init(&r, HF_WS_CLIENT, LIMIT);
    CHECK_EQ(hf_ws_read(&r, bad, sizeof bad, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_ERROR);
    CHECK_EQ(used, sizeof bad);
    CHECK_EQ(hf_ws_read(&r, good, sizeof good, &used, &item), 0);
    CHECK_EQ(item.kind, HF_WS_NEED_MORE);
    CHECK_EQ(used, sizeof good);
    hf_ws_reader_fini(&r);
}

static void a_million_empty_fragments_hold_nothing(void)
{
    struct hf_ws_reader r;
    struct hf_ws_item item;
    size_t used;
    uint8_t first[] = { 0x01, 0 };
    hf_ws_reader_init(&r, HF_WS_CLIENT, LIMIT);
    CHECK_EQ(hf_ws_read(&r, first, sizeof first, &used, &item), 0);
    for (int round = 0; round < 1000; round++) {
        uint8_t many[2000] = { 0 };
        CHECK_EQ(hf_ws_read(&r, many, sizeof many, &used, &item), 0);
        CHECK_EQ(used, sizeof many);
        CHECK_EQ(item.kind, HF_WS_NEED_MORE);
    }
    CHECK_EQ(r.held.cap, 0);
    hf_ws_reader_fini(&r);
}

/* --- the writer --- */

static const struct {
    size_t len;
    size_t head_len; /* without a mask */
} lengths[] = {
    { 0, 2 },   { 1, 2 },     { 125, 2 },    { 126, 4 },
    { 127, 4 }, { 65535, 4 }, { 65536, 10 }, { 300000, 10 },
};

static void what_is_written_is_read_back(void)
{
    uint8_t *payload = hf_mem_zero(1, 300000);
    for (size_t i = 0; i < HF_COUNT(lengths); i++) {
        for (enum hf_ws_side side = HF_WS_SERVER; side <= HF_WS_CLIENT; side++) {
            const uint8_t *mask = side == HF_WS_SERVER ? key : NULL;
            struct hf_buf out;
            struct hf_ws_reader r;
            struct hf_ws_item item;
            size_t used;
            hf_buf_init(&out, STREAM_MAX);
            hf_ws_frame_write(&out, HF_WS_OP_BINARY, hf_bytes(payload, lengths[i].len), mask);
            CHECK_EQ(hf_buf_done(&out), 0);
            CHECK_EQ_AT(i, out.len, lengths[i].head_len + (mask ? 4 : 0) + lengths[i].len);
            hf_ws_reader_init(&r, side, lengths[i].len);
            CHECK_EQ(hf_ws_read(&r, out.ptr, out.len, &used, &item), 0);
            CHECK_EQ_AT(i, item.kind, HF_WS_BINARY);
            CHECK_EQ_AT(i, used, out.len);
            CHECK_BYTES_AT(i, item.bytes, hf_bytes(payload, lengths[i].len));
            hf_ws_reader_fini(&r);
            hf_buf_fini(&out);
        }
    }
    hf_mem_free(payload);
}

static void a_payload_masked_in_parts_is_read_as_one(void)
{
    struct hf_buf out;
    struct hf_ws_reader r;
    struct hf_ws_item item;
    uint8_t head[HF_WS_HEAD_BYTES];
    size_t used;
    hf_buf_init(&out, STREAM_MAX);
    hf_buf_add(&out, hf_bytes(head, hf_ws_head_write(head, HF_WS_OP_TEXT, 11, key)));
    hf_ws_masked_write(&out, HF_LIT("head"), key, 0);
    hf_ws_masked_write(&out, HF_LIT("tail"), key, 4);
    hf_ws_masked_write(&out, HF_LIT("end"), key, 8);
    hf_ws_reader_init(&r, HF_WS_SERVER, LIMIT);
    CHECK_EQ(hf_ws_read(&r, out.ptr, out.len, &used, &item), 0);
    CHECK_TEXT(item.bytes, "headtailend");
    hf_ws_reader_fini(&r);
    hf_buf_fini(&out);
}

static const struct {
    unsigned code;
    struct hf_bytes reason;
    size_t want_len; /* of the reason that is sent */
} closes[] = {
    { HF_WS_CODE_NONE, HF_LIT_INIT("not sent"), 0 },
    { 1000, HF_LIT_INIT(""), 0 },
    { 1008, HF_LIT_INIT("slow consumer"), 13 },
    { 1008, HF_LIT_INIT(HUNDRED TEN TEN "012"), 123 },
    { 1008, HF_LIT_INIT(HUNDRED TEN TEN "0123"), 123 },
    { 1008, HF_LIT_INIT(HUNDRED TEN TEN "01\xE2\x82\xAC"), 122 },
    { 1008, HF_LIT_INIT(HUNDRED TEN TEN "0\xC3\xA9x"), 123 },
};

static void a_close_carries_its_code_and_a_reason_cut_between_characters(void)
{
    for (size_t i = 0; i < HF_COUNT(closes); i++) {
        struct hf_buf out;
        struct hf_ws_reader r;
        struct hf_ws_item item;
        size_t used;
        hf_buf_init(&out, STREAM_MAX);
        hf_ws_close_write(&out, closes[i].code, closes[i].reason, NULL);
        hf_ws_reader_init(&r, HF_WS_CLIENT, LIMIT);
        CHECK_EQ(hf_ws_read(&r, out.ptr, out.len, &used, &item), 0);
        CHECK_EQ_AT(i, item.kind, HF_WS_CLOSE);
        CHECK_EQ_AT(i, item.code, closes[i].code);
        CHECK_BYTES_AT(i, item.bytes, hf_bytes_head(closes[i].reason, closes[i].want_len));
        hf_ws_reader_fini(&r);
        hf_buf_fini(&out);
    }
}

static void a_frame_that_does_not_fit_leaves_no_part_of_it(void)
{
    struct hf_buf out;
    hf_buf_init(&out, 11);
    hf_ws_frame_write(&out, HF_WS_OP_TEXT, HF_LIT("01234"), key);
    CHECK_EQ(out.len, 11);
    hf_buf_reset(&out, SIZE_MAX);
    hf_ws_frame_write(&out, HF_WS_OP_TEXT, HF_LIT("012345"), key);
    CHECK_EQ(out.len, 0);
    CHECK(hf_buf_done(&out) != 0);
    hf_buf_fini(&out);
}

/* --- random streams --- */

/* A stream of valid messages, fragmented at random, and its trace. */
static void make_stream(struct hf_rng *rng, enum hf_ws_side side, struct hf_buf *out)
{
    static const char *const words[] = {
        "", "a", "\xE2\x82\xAC", "hello", HUNDRED, HUNDRED HUNDRED
    };
    size_t messages = 1 + (size_t)hf_rng_below(rng, 4);
    for (size_t i = 0; i < messages; i++) {
        size_t fragments = 1 + (size_t)hf_rng_below(rng, 4);
        uint8_t opcode = (uint8_t)(1 + hf_rng_below(rng, 2));
        for (size_t k = 0; k < fragments; k++) {
            struct frame frame = { .payload =
                                       hf_bytes_cstr(words[hf_rng_below(rng, HF_COUNT(words))]) };
            frame.first = (uint8_t)((k == 0 ? opcode : 0) | (k + 1 == fragments ? 0x80 : 0));
            add_frame(out, side, &frame);
            struct frame ping = FRAME(0x89, "ping");
            if (hf_rng_below(rng, 3) == 0) add_frame(out, side, &ping);
        }
    }
    struct frame last = FRAME(0x88, "\x03\xE8"
                                    "done");
    if (hf_rng_below(rng, 2) == 0) add_frame(out, side, &last);
}

static void random_streams_cut_at_random_give_the_same_items(void)
{
    struct hf_rng rng;
    struct hf_buf stream, whole, pieces;
    hf_rng_init_number(&rng, 7);
    hf_buf_init(&stream, STREAM_MAX);
    hf_buf_init(&whole, STREAM_MAX);
    hf_buf_init(&pieces, STREAM_MAX);
    for (int round = 0; round < 2000; round++) {
        enum hf_ws_side side = round % 2 ? HF_WS_SERVER : HF_WS_CLIENT;
        struct hf_ws_reader r;
        hf_buf_reset(&stream, SIZE_MAX);
        hf_buf_reset(&pieces, SIZE_MAX);
        make_stream(&rng, side, &stream);
        /* Damage makes faults; they too must not depend on the cuts. */
        if (round % 4 == 0) stream.ptr[hf_rng_below(&rng, stream.len)] ^= (uint8_t)hf_rng_u64(&rng);
        read_stream(side, hf_buf_view(&stream), WHOLE, &whole);
        hf_ws_reader_init(&r, side, LIMIT);
        for (struct hf_bytes left = hf_buf_view(&stream); left.len > 0;) {
            size_t len = 1 + (size_t)hf_rng_below(&rng, left.len < 64 ? left.len : 64);
            feed(&r, hf_bytes_head(left, len), &pieces);
            left = hf_bytes_from(left, len);
        }
        hf_ws_reader_fini(&r);
        CHECK_BYTES_AT(round, hf_buf_view(&pieces), hf_buf_view(&whole));
    }
    hf_buf_fini(&stream);
    hf_buf_fini(&whole);
    hf_buf_fini(&pieces);
}

CHECK_MAIN(frames_become_items_on_both_sides_however_they_are_cut,
           a_server_takes_masked_frames_only_and_a_client_unmasked_ones,
           close_codes_are_judged_at_their_borders, a_fault_in_a_header_is_seen_at_the_header,
           a_bad_byte_fails_inside_an_unfinished_frame, a_whole_message_is_handed_out_in_place,
           memory_is_held_only_while_a_message_is_half_received,
           a_gathered_message_holds_no_more_than_it_needs,
           the_bound_can_be_raised_and_lowered_between_frames,
           the_protocol_s_bounds_hold_at_n_and_close_at_n_plus_1,
           a_bound_lowered_inside_a_message_counts_from_the_next_frame,
           a_shut_reader_swallows_everything, a_million_empty_fragments_hold_nothing,
           what_is_written_is_read_back, a_payload_masked_in_parts_is_read_as_one,
           a_close_carries_its_code_and_a_reason_cut_between_characters,
           a_frame_that_does_not_fit_leaves_no_part_of_it,
           random_streams_cut_at_random_give_the_same_items)
