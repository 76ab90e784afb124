#include "wire/ws_frame.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"

enum reader_state { AT_HEAD, AT_PAYLOAD, SHUT };

enum {
    FIN_BIT = 0x80,
    RESERVED_BITS = 0x70,
    OPCODE_BITS = 0x0F,
    CONTROL_BIT = 0x08,
    MASK_BIT = 0x80,
    LEN_BITS = 0x7F,
    LEN_16 = 126,         /* the length stands in the next 2 bytes */
    LEN_64 = 127,         /* ... in the next 8 */
    GROWTH_BYTES = 16384, /* room made ahead for a message that arrives in pieces */
    CLOSE_CODE_BYTES = 2,
};

_Static_assert(sizeof(struct hf_ws_reader) <= 128, "every idle connection carries one");

bool hf_ws_code_is_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

void hf_ws_reader_init(struct hf_ws_reader *r, enum hf_ws_side side, size_t max_payload)
{
    *r = (struct hf_ws_reader){ .side = (uint8_t)side, .state = AT_HEAD };
    hf_buf_init(&r->held, HF_LIMIT_CONTROL_FRAME_BYTES);
    hf_ws_reader_limit(r, max_payload);
}

void hf_ws_reader_fini(struct hf_ws_reader *r)
{
    hf_buf_fini(&r->held);
    r->state = SHUT;
}

void hf_ws_reader_limit(struct hf_ws_reader *r, size_t max_payload)
{
    HF_ASSERT(max_payload <= SIZE_MAX / 2);
    r->max_payload = max_payload;
}

/* Ends all reading; the memory of an item that was handed out stays until the
 * next call. */
static void shut(struct hf_ws_reader *r)
{
    r->state = SHUT;
    r->message_opcode = 0;
    r->message_len = 0;
}

static void fail(struct hf_ws_reader *r, struct hf_ws_item *item, enum hf_ws_code code,
                 const char *what)
{
    shut(r);
    hf_buf_reset(&r->held, 0);
    *item = (struct hf_ws_item){ .kind = HF_WS_ERROR, .code = (uint16_t)code, .what = what };
}

/* What the last call handed out is not needed any more; a message under way is. */
static void give_back(struct hf_ws_reader *r)
{
    if (r->state == AT_PAYLOAD) return;
    if (r->message_len > 0)
        hf_buf_cut(&r->held, r->message_len);
    else
        hf_buf_reset(&r->held, 0);
}

static size_t head_size(const uint8_t head[HF_WS_HEAD_BYTES])
{
    size_t len = head[1] & LEN_BITS;
    size_t size = 2 + (len == LEN_16 ? 2 : len == LEN_64 ? 8 : 0);
    return size + (head[1] & MASK_BIT ? HF_WS_MASK_BYTES : 0);
}

/* What the first two bytes break (RFC 6455 sections 5.1 to 5.5), or NULL. */
static const char *head_fault(const struct hf_ws_reader *r)
{
    unsigned opcode = r->head[0] & OPCODE_BITS;
    bool is_masked = r->head[1] & MASK_BIT;
    if (r->head[0] & RESERVED_BITS) return "a reserved bit is set";
    if (opcode & CONTROL_BIT) {
        if (opcode > HF_WS_OP_PONG) return "the opcode is reserved";
        if (!(r->head[0] & FIN_BIT)) return "a control frame is fragmented";
        if ((r->head[1] & LEN_BITS) > HF_LIMIT_CONTROL_FRAME_BYTES)
            return "a control frame is too long";
    } else {
        if (opcode > HF_WS_OP_BINARY) return "the opcode is reserved";
        if (opcode == HF_WS_OP_CONTINUATION && !r->message_opcode)
            return "there is no message to continue";
        if (opcode != HF_WS_OP_CONTINUATION && r->message_opcode)
            return "a message begins inside another";
    }
    if (r->side == HF_WS_SERVER && !is_masked) return "a client's frame is not masked";
    if (r->side == HF_WS_CLIENT && is_masked) return "a server's frame is masked";
    return NULL;
}

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

/* The payload length of a complete header: false when it is not written in the
 * shortest form or has its top bit set (RFC 6455 section 5.2). */
static bool head_len_read(const uint8_t head[HF_WS_HEAD_BYTES], uint64_t *len)
{
    *len = head[1] & LEN_BITS;
    if (*len < LEN_16) return true;
    if (*len == LEN_16) {
        *len = big_endian(head + 2, 2);
        return *len >= LEN_16;
    }
    *len = big_endian(head + 2, 8);
    return *len > UINT16_MAX && *len <= INT64_MAX;
}

static void begin_data(struct hf_ws_reader *r, size_t len)
{
    if (r->opcode != HF_WS_OP_CONTINUATION) {
        r->message_opcode = r->opcode;
        hf_utf8_init(&r->utf8);
    }
    /* A last frame tells how long the message is: gather no more room than that. */
    size_t max = r->is_final ? r->message_len + len : r->max_payload;
    r->held.max = max + HF_LIMIT_CONTROL_FRAME_BYTES;
}

static void begin_frame(struct hf_ws_reader *r, struct hf_ws_item *item)
{
    uint64_t len;
    if (!head_len_read(r->head, &len)) {
        fail(r, item, HF_WS_CODE_PROTOCOL, "the length is not in its shortest form");
        return;
    }
    r->opcode = r->head[0] & OPCODE_BITS;
    r->is_final = r->head[0] & FIN_BIT;
    if (!(r->opcode & CONTROL_BIT)) {
        if (r->message_len > r->max_payload || len > r->max_payload - r->message_len) {
            fail(r, item, HF_WS_CODE_TOO_LARGE, "the message is too large");
            return;
        }
        begin_data(r, (size_t)len);
    }
    if (r->head[1] & MASK_BIT)
        memcpy(r->key, r->head + head_size(r->head) - sizeof r->key, sizeof r->key);
    r->phase = 0;
    r->left = (size_t)len;
    r->head_len = 0;
    r->state = AT_PAYLOAD;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Takes header bytes; the first two are judged before the others are there.
 * Returns how many were taken. */
static size_t take_head(struct hf_ws_reader *r, const uint8_t *data, size_t len,
                        struct hf_ws_item *item)
{
    size_t at = 0;
    while (r->state == AT_HEAD) {
        size_t size = r->head_len < 2 ? 2 : head_size(r->head);
        size_t count = smaller(size - r->head_len, len - at);
        if (count > 0) memcpy(r->head + r->head_len, data + at, count);
        r->head_len = (uint8_t)(r->head_len + count);
        at += count;
        if (r->head_len < size) break;
        const char *what = r->head_len == 2 ? head_fault(r) : NULL;
        if (what)
            fail(r, item, HF_WS_CODE_PROTOCOL, what);
        else if (r->head_len == head_size(r->head))
            begin_frame(r, item);
    }
    return at;
}

/* Keeps a part of a payload behind what is held: 0 or HF_ERR_NOMEM. */
static int hold(struct hf_ws_reader *r, const uint8_t *part, size_t len)
{
    if (len == 0) return 0;
    int err = hf_buf_reserve(&r->held, len + smaller(r->left, GROWTH_BYTES));
    if (err != 0) {
        /* The bound was judged at the header. */
        HF_ASSERT(err == HF_ERR_NOMEM);
        shut(r);
        hf_buf_reset(&r->held, 0);
        return err;
    }
    hf_buf_add(&r->held, hf_bytes(part, len));
    return 0;
}

static int take_message_part(struct hf_ws_reader *r, const uint8_t *part, size_t len,
                             struct hf_ws_item *item)
{
    bool is_text = r->message_opcode == HF_WS_OP_TEXT;
    bool is_end = r->left == 0 && r->is_final;
    if (is_text &&
        (!hf_utf8_step(&r->utf8, hf_bytes(part, len)) || (is_end && !hf_utf8_is_whole(&r->utf8)))) {
        fail(r, item, HF_WS_CODE_INVALID_TEXT, "the text is not valid UTF-8");
        return 0;
    }
    bool is_whole = is_end && r->message_len == 0;
    if (!is_whole && hold(r, part, len) != 0) return HF_ERR_NOMEM;
    if (r->left == 0) r->state = AT_HEAD;
    if (!is_end) {
        r->message_len = r->held.len;
        return 0;
    }
    item->kind = is_text ? HF_WS_TEXT : HF_WS_BINARY;
    item->bytes = is_whole ? hf_bytes(part, len) : hf_buf_view(&r->held);
    r->message_opcode = 0;
    r->message_len = 0;
    return 0;
}

/* RFC 6455 sections 5.5.1 and 7.4. */
static void read_close(struct hf_ws_reader *r, struct hf_bytes body, struct hf_ws_item *item)
{
    if (body.len == 0) {
        *item = (struct hf_ws_item){ .kind = HF_WS_CLOSE, .code = HF_WS_CODE_NONE };
        shut(r);
        return;
    }
    unsigned code = body.len < CLOSE_CODE_BYTES ? 0 : (unsigned)big_endian(body.ptr, 2);
    struct hf_bytes reason = hf_bytes_from(body, CLOSE_CODE_BYTES);
    if (!hf_ws_code_is_valid(code)) {
        fail(r, item, HF_WS_CODE_PROTOCOL, "the close code is not valid");
    } else if (!hf_utf8_check(reason)) {
        fail(r, item, HF_WS_CODE_INVALID_TEXT, "the close reason is not valid UTF-8");
    } else {
        *item = (struct hf_ws_item){ .kind = HF_WS_CLOSE, .code = (uint16_t)code, .bytes = reason };
        shut(r);
    }
}

static int take_control_part(struct hf_ws_reader *r, const uint8_t *part, size_t len,
                             struct hf_ws_item *item)
{
    bool is_whole = r->left == 0 && r->held.len == r->message_len;
    if (!is_whole && hold(r, part, len) != 0) return HF_ERR_NOMEM;
    if (r->left > 0) return 0;
    struct hf_bytes payload =
        is_whole ? hf_bytes(part, len) : hf_bytes_from(hf_buf_view(&r->held), r->message_len);
    r->state = AT_HEAD;
    if (r->opcode == HF_WS_OP_CLOSE) {
        read_close(r, payload, item);
        return 0;
    }
    item->kind = r->opcode == HF_WS_OP_PING ? HF_WS_PING : HF_WS_PONG;
    item->bytes = payload;
    return 0;
}

static int take_payload(struct hf_ws_reader *r, uint8_t *data, size_t len, struct hf_ws_item *item)
{
    if (r->side == HF_WS_SERVER) hf_ws_mask(data, len, r->key, r->phase);
    r->phase = (uint8_t)((r->phase + len) % HF_WS_MASK_BYTES);
    r->left -= len;
    if (r->opcode & CONTROL_BIT) return take_control_part(r, data, len, item);
    return take_message_part(r, data, len, item);
}

int hf_ws_read(struct hf_ws_reader *r, uint8_t *data, size_t len, size_t *used,
               struct hf_ws_item *item)
{
    size_t at = 0;
    int err = 0;
    *item = (struct hf_ws_item){ .kind = HF_WS_NEED_MORE };
    give_back(r);
    while (item->kind == HF_WS_NEED_MORE && err == 0) {
        if (r->state == AT_HEAD) at += take_head(r, data + at, len - at, item);
        if (r->state != AT_PAYLOAD || (at == len && r->left > 0)) break;
        size_t count = smaller(r->left, len - at);
        err = take_payload(r, data + at, count, item);
        at += count;
    }
    *used = r->state == SHUT ? len : at;
    return err;
}

static size_t len_bytes_of(size_t len)
{
    return len < LEN_16 ? 0 : len <= UINT16_MAX ? 2 : 8;
}

size_t hf_ws_head_len(size_t len)
{
    return 2 + len_bytes_of(len);
}

size_t hf_ws_head_write(uint8_t out[HF_WS_HEAD_BYTES], enum hf_ws_opcode opcode, size_t len,
                        const uint8_t *mask)
{
    size_t at = 2, len_bytes = len_bytes_of(len);
    out[0] = (uint8_t)(FIN_BIT | opcode);
    out[1] = (uint8_t)(len_bytes == 0 ? len : len_bytes == 2 ? LEN_16 : LEN_64);
    for (size_t i = len_bytes; i-- > 0;) out[at++] = (uint8_t)((uint64_t)len >> (8 * i));
    if (!mask) return at;
    out[1] |= MASK_BIT;
    memcpy(out + at, mask, HF_WS_MASK_BYTES);
    return at + HF_WS_MASK_BYTES;
}

void hf_ws_masked_write(struct hf_buf *out, struct hf_bytes part,
                        const uint8_t mask[HF_WS_MASK_BYTES], size_t offset)
{
    size_t at = out->len;
    hf_buf_add(out, part);
    if (hf_buf_done(out) == 0) hf_ws_mask(out->ptr + at, part.len, mask, offset);
}

void hf_ws_frame_write(struct hf_buf *out, enum hf_ws_opcode opcode, struct hf_bytes payload,
                       const uint8_t *mask)
{
    uint8_t head[HF_WS_HEAD_BYTES];
    HF_ASSERT(!(opcode & CONTROL_BIT) || payload.len <= HF_LIMIT_CONTROL_FRAME_BYTES);
    size_t head_len = hf_ws_head_write(head, opcode, payload.len, mask);
    /* The whole frame or nothing: half a frame would spoil what follows. */
    if (hf_buf_reserve(out, head_len + payload.len) != 0) return;
    hf_buf_add(out, hf_bytes(head, head_len));
    if (mask)
        hf_ws_masked_write(out, payload, mask, 0);
    else
        hf_buf_add(out, payload);
}

void hf_ws_close_write(struct hf_buf *out, unsigned code, struct hf_bytes reason,
                       const uint8_t *mask)
{
    uint8_t body[HF_LIMIT_CONTROL_FRAME_BYTES];
    if (code == HF_WS_CODE_NONE) {
        hf_ws_frame_write(out, HF_WS_OP_CLOSE, HF_EMPTY, mask);
        return;
    }
    HF_ASSERT(hf_ws_code_is_valid(code));
    reason = hf_bytes_cut_utf8(reason, HF_WS_CLOSE_REASON_BYTES);
    body[0] = (uint8_t)(code >> 8);
    body[1] = (uint8_t)code;
    if (reason.len > 0) memcpy(body + CLOSE_CODE_BYTES, reason.ptr, reason.len);
    hf_ws_frame_write(out, HF_WS_OP_CLOSE, hf_bytes(body, CLOSE_CODE_BYTES + reason.len), mask);
}
