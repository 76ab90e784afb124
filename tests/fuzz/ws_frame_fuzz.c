/* WebSocket frames.  First byte: bit 0 the side, bits 1 to 3 the bound; second
 * byte: how the rest is cut into chunks. */
#include "base/limits.h"
#include "fuzz.h"
#include "wire/ws_frame.h"

enum { TRACE_MAX = 1 << 24 };

struct reading {
    enum hf_ws_side side;
    size_t limit;
    struct hf_buf trace; /* all items, in a form that can be compared */
    bool is_over;        /* CLOSE or ERROR was met */
};

static const uint8_t key[HF_WS_MASK_BYTES] = { 0x12, 0x34, 0x56, 0x78 };

static enum hf_ws_opcode opcode_of(enum hf_ws_kind kind)
{
    static const enum hf_ws_opcode opcodes[] = {
        [HF_WS_TEXT] = HF_WS_OP_TEXT,
        [HF_WS_BINARY] = HF_WS_OP_BINARY,
        [HF_WS_PING] = HF_WS_OP_PING,
        [HF_WS_PONG] = HF_WS_OP_PONG,
    };
    return opcodes[kind];
}

/* What was read can be written, and is then read as the same. */
static void check_round_trip(const struct reading *reading, const struct hf_ws_item *item)
{
    const uint8_t *mask = reading->side == HF_WS_SERVER ? key : NULL;
    struct hf_ws_reader r;
    struct hf_ws_item again;
    struct hf_buf out;
    size_t used;
    hf_buf_init(&out, TRACE_MAX);
    if (item->kind == HF_WS_CLOSE)
        hf_ws_close_write(&out, item->code, item->bytes, mask);
    else
        hf_ws_frame_write(&out, opcode_of(item->kind), item->bytes, mask);
    hf_ws_reader_init(&r, reading->side, reading->limit);
    FUZZ_CHECK(hf_ws_read(&r, out.ptr, out.len, &used, &again) == 0);
    FUZZ_CHECK(used == out.len && again.kind == item->kind && again.code == item->code);
    FUZZ_CHECK(hf_bytes_same(again.bytes, item->bytes));
    FUZZ_CHECK(r.held.cap == 0);
    hf_ws_reader_fini(&r);
    hf_buf_fini(&out);
}

static void check_item(struct reading *reading, const struct hf_ws_item *item)
{
    FUZZ_CHECK(!reading->is_over);
    reading->is_over = item->kind == HF_WS_CLOSE || item->kind == HF_WS_ERROR;
    hf_buf_addf(&reading->trace, "%d %u %zu ", item->kind, item->code, item->bytes.len);
    hf_buf_add(&reading->trace, item->bytes);
    if (item->kind == HF_WS_ERROR) {
        FUZZ_CHECK(item->what && item->bytes.len == 0);
        return;
    }
    if (item->kind == HF_WS_TEXT || item->kind == HF_WS_BINARY)
        FUZZ_CHECK(item->bytes.len <= reading->limit);
    else
        FUZZ_CHECK(item->bytes.len <= HF_LIMIT_CONTROL_FRAME_BYTES);
    if (item->kind == HF_WS_TEXT || item->kind == HF_WS_CLOSE)
        FUZZ_CHECK(hf_utf8_skip_portable(item->bytes) == item->bytes.len);
    check_round_trip(reading, item);
}

static void feed(struct reading *reading, struct hf_ws_reader *r, struct hf_bytes chunk)
{
    uint8_t *copy = fuzz_copy(chunk);
    struct hf_ws_item item;
    size_t used;
    for (size_t at = 0;; at += used) {
        FUZZ_CHECK(hf_ws_read(r, copy + at, chunk.len - at, &used, &item) == 0);
        FUZZ_CHECK(used <= chunk.len - at);
        FUZZ_CHECK(r->held.cap <= reading->limit + HF_LIMIT_CONTROL_FRAME_BYTES);
        if (item.kind == HF_WS_NEED_MORE) break;
        check_item(reading, &item);
    }
    FUZZ_CHECK(!reading->is_over || r->held.cap == 0);
    hf_mem_free(copy);
}

static void read_all(struct reading *reading, struct hf_bytes stream, uint32_t cuts)
{
    struct hf_ws_reader r;
    hf_buf_init(&reading->trace, TRACE_MAX);
    hf_ws_reader_init(&r, reading->side, reading->limit);
    while (stream.len > 0) {
        size_t len = fuzz_chunk(&cuts, stream.len);
        feed(reading, &r, hf_bytes_head(stream, len));
        stream = hf_bytes_from(stream, len);
    }
    hf_ws_reader_fini(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const size_t limits[] = { 0, 1, 125, 126, 200, 600, 65536, HF_LIMIT_PAYLOAD_BYTES };
    struct hf_bytes input = hf_bytes(data, len);
    uint8_t choice = fuzz_take(&input);
    uint32_t cuts = 1u + fuzz_take(&input);
    struct reading whole = { .side = choice & 1 ? HF_WS_CLIENT : HF_WS_SERVER,
                             .limit = limits[choice >> 1 & 7] };
    struct reading pieces = whole;
    read_all(&whole, input, 0);
    read_all(&pieces, input, cuts);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&whole.trace), hf_buf_view(&pieces.trace)));
    hf_buf_fini(&whole.trace);
    hf_buf_fini(&pieces.trace);
    return 0;
}
