#include "engine/outq.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "wire/frame.h"

static struct hf_outq_frame *take_spare(struct hf_outq_spare *spare)
{
    struct hf_outq_frame *frames = spare->first;
    if (!frames) return NULL;
    spare->first = frames->body.next_spare;
    spare->count--;
    return frames;
}

void hf_outq_spare_fini(struct hf_outq_spare *spare)
{
    for (struct hf_outq_frame *frames; (frames = take_spare(spare)) != NULL;) hf_mem_free(frames);
}

static struct hf_outq_frame *frame_at(const struct hf_outq *q, uint32_t i)
{
    return &q->frames[(q->head + i) & (q->cap - 1)];
}

static void give_back(struct hf_outq *q, struct hf_outq_spare *spare)
{
    if (q->cap == HF_OUTQ_FIRST_FRAMES && spare->count < HF_LIMIT_SPARE_QUEUES) {
        q->frames->body.next_spare = spare->first;
        spare->first = q->frames;
        spare->count++;
    } else {
        hf_mem_free(q->frames);
    }
    q->frames = NULL;
    q->cap = q->head = 0;
}

static int make_room(struct hf_outq *q, struct hf_outq_spare *spare)
{
    if (q->len < q->cap) return 0;
    if (q->len >= HF_LIMIT_QUEUED_FRAMES) return HF_ERR_LIMIT;
    if (q->cap == 0 && (q->frames = take_spare(spare)) != NULL) {
        q->cap = HF_OUTQ_FIRST_FRAMES;
        return 0;
    }
    uint32_t cap = q->cap ? q->cap * 2 : HF_OUTQ_FIRST_FRAMES;
    struct hf_outq_frame *frames = hf_mem_new(cap * sizeof *frames);
    if (!frames) return HF_ERR_NOMEM;
    for (uint32_t i = 0; i < q->len; i++) frames[i] = *frame_at(q, i);
    hf_mem_free(q->frames);
    q->frames = frames;
    q->cap = cap;
    q->head = 0;
    return 0;
}

static void drop_body(struct hf_outq_frame *frame)
{
    if (!frame->is_inline) hf_blob_drop(frame->body.blob);
}

void hf_outq_fini(struct hf_outq *q, struct hf_outq_spare *spare)
{
    for (uint32_t i = 0; i < q->len; i++) drop_body(frame_at(q, i));
    if (q->frames) give_back(q, spare);
    *q = (struct hf_outq){ 0 };
}

static struct hf_bytes body_view(const struct hf_outq_frame *frame)
{
    if (frame->is_inline) return hf_bytes(frame->body.bytes, frame->inlined);
    return hf_blob_view(frame->body.blob);
}

static uint64_t seq_of(const struct hf_outq_frame *frame)
{
    return frame->is_inline ? 0 : frame->body.seq;
}

static uint32_t frame_len(const struct hf_outq_frame *frame)
{
    uint64_t seq = seq_of(frame);
    size_t payload = body_view(frame).len + (seq ? hf_frame_event_tail_len(seq) : 0);
    return (uint32_t)(payload + (frame->opcode ? hf_ws_head_len(payload) : 0));
}

static size_t head_write(const struct hf_outq_frame *frame, size_t payload,
                         uint8_t out[HF_WS_HEAD_BYTES])
{
    return frame->opcode ? hf_ws_head_write(out, frame->opcode, payload, NULL) : 0;
}

static bool is_control(const struct hf_outq_frame *frame)
{
    return frame->opcode == HF_WS_OP_PING || frame->opcode == HF_WS_OP_PONG;
}

/* The frames behind `at` move up by one; only control frames come here with anything
 * behind them, and then few stand before it. */
static void insert(struct hf_outq *q, uint32_t at, const struct hf_outq_frame *frame)
{
    if (at == q->len) {
        q->len++;
    } else {
        q->head = (q->head + q->cap - 1) & (q->cap - 1);
        q->len++;
        for (uint32_t i = 0; i < at; i++) *frame_at(q, i) = *frame_at(q, i + 1);
    }
    struct hf_outq_frame *place = frame_at(q, at);
    *place = *frame;
    place->len = frame_len(frame);
    q->queued_bytes += place->len;
}

static int push_blob(struct hf_outq *q, struct hf_outq_spare *spare, struct hf_blob *blob,
                     uint64_t seq, uint8_t opcode)
{
    int err = make_room(q, spare);
    if (err) return err;
    hf_blob_hold(blob);
    const struct hf_outq_frame frame = { .body = { { blob, seq } }, .opcode = opcode };
    insert(q, q->len, &frame);
    return 0;
}

int hf_outq_push(struct hf_outq *q, struct hf_outq_spare *spare, struct hf_blob *body, uint64_t seq)
{
    return push_blob(q, spare, body, seq, HF_WS_OP_TEXT);
}

int hf_outq_push_raw(struct hf_outq *q, struct hf_outq_spare *spare, struct hf_blob *bytes)
{
    return push_blob(q, spare, bytes, 0, 0);
}

static int set_control_body(struct hf_outq_frame *frame, struct hf_bytes payload)
{
    if (payload.len <= HF_OUTQ_INLINE_BYTES) {
        frame->is_inline = true;
        frame->inlined = (uint8_t)payload.len;
        if (payload.len > 0) memcpy(frame->body.bytes, payload.ptr, payload.len);
        return 0;
    }
    frame->body.blob = hf_blob_new(payload);
    return frame->body.blob ? 0 : HF_ERR_NOMEM;
}

static void insert_control(struct hf_outq *q, const struct hf_outq_frame *frame)
{
    uint32_t at = q->handed_count > q->fenced_count ? q->handed_count : q->fenced_count;
    while (at < q->len && is_control(frame_at(q, at))) {
        struct hf_outq_frame *waiting = frame_at(q, at);
        if (frame->opcode == HF_WS_OP_PONG && waiting->opcode == HF_WS_OP_PONG) {
            q->queued_bytes -= waiting->len;
            drop_body(waiting);
            *waiting = *frame;
            waiting->len = frame_len(frame);
            q->queued_bytes += waiting->len;
            return;
        }
        at++;
    }
    insert(q, at, frame);
}

int hf_outq_push_control(struct hf_outq *q, struct hf_outq_spare *spare, uint8_t opcode,
                         struct hf_bytes payload)
{
    HF_ASSERT(payload.len <= HF_LIMIT_CONTROL_FRAME_BYTES);
    struct hf_outq_frame frame = { .opcode = opcode, .is_ping = opcode == HF_WS_OP_PING };
    int err = make_room(q, spare);
    if (!err) err = set_control_body(&frame, payload);
    if (err) {
        if (q->len == 0 && q->frames) give_back(q, spare);
        return err;
    }
    if (opcode == HF_WS_OP_CLOSE) {
        insert(q, q->len, &frame);
        return 0;
    }
    insert_control(q, &frame);
    return 0;
}

void hf_outq_fence(struct hf_outq *q)
{
    q->fenced_count = q->len;
}

/* The writer of one pull: rendered bytes gather in the scratch and become one
 * span with their neighbours. */
struct render {
    struct hf_buf *scratch;
    struct hf_output *out;
    size_t open_from; /* scratch bytes that are not in a span yet */
};

static void close_span(struct render *r)
{
    size_t len = r->scratch->len - r->open_from;
    if (len > 0) r->out->spans[r->out->count++] = hf_bytes(r->scratch->ptr + r->open_from, len);
    r->open_from = r->scratch->len;
}

/* Adds `part` without its first `*skip` bytes. */
static void render_part(struct render *r, struct hf_bytes part, size_t *skip)
{
    size_t skipped = *skip < part.len ? *skip : part.len;
    *skip -= skipped;
    part = hf_bytes_head(hf_bytes_from(part, skipped), HF_LIMIT_WRITE_BYTES - r->out->total_bytes);
    if (part.len == 0) return;
    r->out->total_bytes += part.len;
    if (part.len <= HF_LIMIT_SCRATCH_BODY_BYTES) {
        hf_buf_add(r->scratch, part);
        return;
    }
    close_span(r);
    r->out->spans[r->out->count++] = part;
}

/* Whether nothing of the frame is left out and all of it belongs into the scratch:
 * nearly every frame. */
static bool is_whole(const struct render *r, const struct hf_outq_frame *frame, size_t skip)
{
    return skip == 0 && frame->len <= HF_LIMIT_WRITE_BYTES - r->out->total_bytes &&
           body_view(frame).len <= HF_LIMIT_SCRATCH_BODY_BYTES;
}

static void render_whole(struct render *r, const struct hf_outq_frame *frame)
{
    char tail[HF_EVENT_TAIL_BYTES];
    struct hf_buf *out = r->scratch;
    struct hf_bytes body = body_view(frame);
    uint64_t seq = seq_of(frame);
    size_t tail_len = seq ? hf_frame_event_tail(tail, seq) : 0;
    out->len += head_write(frame, body.len + tail_len, out->ptr + out->len);
    hf_buf_add(out, body);
    hf_buf_add(out, hf_bytes(tail, tail_len));
    r->out->total_bytes += frame->len;
}

static void render_rest(struct render *r, const struct hf_outq_frame *frame, size_t *skip)
{
    uint8_t head[HF_WS_HEAD_BYTES];
    char tail[HF_EVENT_TAIL_BYTES];
    struct hf_bytes body = body_view(frame);
    uint64_t seq = seq_of(frame);
    size_t tail_len = seq ? hf_frame_event_tail(tail, seq) : 0;
    render_part(r, hf_bytes(head, head_write(frame, body.len + tail_len, head)), skip);
    render_part(r, body, skip);
    render_part(r, hf_bytes(tail, tail_len), skip);
}

void hf_outq_pull(struct hf_outq *q, struct hf_buf *scratch, struct hf_output *out)
{
    struct render r = { .scratch = scratch, .out = out };
    size_t skip = q->sent_bytes;
    uint32_t i = 0;
    /* It must not move while spans point into it. */
    HF_ASSERT(scratch->cap >= HF_LIMIT_WRITE_BYTES);
    scratch->len = 0;
    out->count = 0;
    out->total_bytes = 0;
    for (; i < q->len; i++) {
        /* A frame takes at most three spans. */
        if (out->total_bytes >= HF_LIMIT_WRITE_BYTES || out->count + 3 > HF_OUTPUT_SPANS) break;
        const struct hf_outq_frame *frame = frame_at(q, i);
        if (is_whole(&r, frame, skip))
            render_whole(&r, frame);
        else
            render_rest(&r, frame, &skip);
    }
    close_span(&r);
    out->is_all = out->total_bytes == q->queued_bytes;
    q->handed_count = i;
}

struct hf_outq_progress hf_outq_written(struct hf_outq *q, struct hf_outq_spare *spare,
                                        size_t bytes)
{
    struct hf_outq_progress progress = { 0 };
    HF_ASSERT(bytes <= q->queued_bytes);
    q->queued_bytes -= bytes;
    while (bytes > 0) {
        struct hf_outq_frame *frame = frame_at(q, 0);
        size_t rest = frame->len - q->sent_bytes;
        if (bytes < rest) {
            q->sent_bytes += (uint32_t)bytes;
            break;
        }
        bytes -= rest;
        progress.pings += frame->is_ping ? 1 : 0;
        drop_body(frame);
        q->sent_bytes = 0;
        if (q->fenced_count > 0) q->fenced_count--;
        q->head = (q->head + 1) & (q->cap - 1);
        q->len--;
    }
    /* Only a frame that has begun to leave keeps its place at the head. */
    q->handed_count = q->sent_bytes > 0 ? 1 : 0;
    if (q->len == 0 && q->frames) give_back(q, spare);
    return progress;
}

void hf_outq_discard(struct hf_outq *q, struct hf_outq_spare *spare)
{
    uint32_t keep = q->handed_count;
    if (keep == 0 && q->sent_bytes > 0) keep = 1;
    while (q->len > keep) {
        struct hf_outq_frame *frame = frame_at(q, q->len - 1);
        q->queued_bytes -= frame->len;
        drop_body(frame);
        q->len--;
    }
    if (q->fenced_count > q->len) q->fenced_count = q->len;
    if (q->len == 0 && q->frames) give_back(q, spare);
}
