/* wire/ws_frame.h: WebSocket messages from bytes and frames to bytes (RFC 6455).
 *
 * The reader takes bytes as they arrive, cut anywhere, and yields one item at a
 * time: a whole message, a control frame, a close, or the peer's fault with the
 * code to close with.  It joins fragments, unmasks, checks UTF-8 as it arrives
 * and judges a declared length at the header, before any payload is taken.  No
 * extension is ever spoken, so the reserved bits are always a fault.
 *
 * The writer makes frames that are never fragmented.
 *
 * Both sides: a server takes masked frames only and never masks; a client takes
 * unmasked frames only and masks each frame with a fresh key. */
#ifndef HF_WIRE_WS_FRAME_H
#define HF_WIRE_WS_FRAME_H

#include "base/buf.h"
#include "base/bytes.h"
#include "wire/utf8.h"
#include "wire/ws_mask.h"

enum hf_ws_side { HF_WS_SERVER, HF_WS_CLIENT }; /* whose reader it is */

enum hf_ws_opcode {
    HF_WS_OP_CONTINUATION = 0,
    HF_WS_OP_TEXT = 1,
    HF_WS_OP_BINARY = 2,
    HF_WS_OP_CLOSE = 8,
    HF_WS_OP_PING = 9,
    HF_WS_OP_PONG = 10,
};

/* Close codes that holdfast names (RFC 6455 section 7.4.1 and the registry). */
enum hf_ws_code {
    HF_WS_CODE_NORMAL = 1000,
    HF_WS_CODE_GOING_AWAY = 1001,
    HF_WS_CODE_PROTOCOL = 1002,
    HF_WS_CODE_UNSUPPORTED = 1003,
    HF_WS_CODE_NONE = 1005,     /* never sent: the close had no body */
    HF_WS_CODE_ABNORMAL = 1006, /* never sent: the connection ended without a close */
    HF_WS_CODE_INVALID_TEXT = 1007,
    HF_WS_CODE_POLICY = 1008,
    HF_WS_CODE_TOO_LARGE = 1009,
    HF_WS_CODE_INTERNAL = 1011,
    HF_WS_CODE_SERVICE_RESTART = 1012,
    HF_WS_CODE_TRY_AGAIN = 1013,
};

enum {
    HF_WS_HEAD_BYTES = 14,         /* the longest frame header */
    HF_WS_CLOSE_REASON_BYTES = 123 /* what a close frame has room for */
};

/* Whether the code may stand in a close frame: 1000-1003, 1007-1014, 3000-4999. */
bool hf_ws_code_is_valid(unsigned code);

/* --- reader --- */

enum hf_ws_kind {
    HF_WS_NEED_MORE, /* all bytes were taken and no item is complete */
    HF_WS_TEXT,      /* a whole message of valid UTF-8 */
    HF_WS_BINARY,    /* a whole message */
    HF_WS_PING,
    HF_WS_PONG,
    HF_WS_CLOSE, /* the peer's close; nothing follows */
    HF_WS_ERROR  /* the peer's fault; nothing follows */
};

struct hf_ws_item {
    enum hf_ws_kind kind;
    uint16_t code;         /* CLOSE: the peer's, 1005 without body; ERROR: 1002, 1007 or 1009 */
    struct hf_bytes bytes; /* TEXT, BINARY: the message; PING, PONG: payload; CLOSE: reason */
    const char *what;      /* ERROR: why, constant text; else NULL */
};

struct hf_ws_reader {    /* fields are private; tests may read them */
    struct hf_buf held;  /* gathered message, behind it a control frame's payload */
    size_t message_len;  /* bytes of `held` that belong to the message */
    size_t max_payload;  /* bytes */
    size_t left;         /* bytes of the frame's payload still to come */
    struct hf_utf8 utf8; /* of the text message under way */
    uint8_t key[HF_WS_MASK_BYTES];
    uint8_t phase; /* payload bytes of the frame already unmasked, modulo 4 */
    uint8_t head[HF_WS_HEAD_BYTES];
    uint8_t head_len;       /* header bytes kept of a header that arrived split */
    uint8_t opcode;         /* of the frame under way */
    uint8_t message_opcode; /* TEXT or BINARY while a message is under way, else 0 */
    bool is_final;          /* the frame under way ends its message */
    uint8_t state;
    uint8_t side;
};

/* `max_payload` bounds one message, all its fragments together. */
void hf_ws_reader_init(struct hf_ws_reader *r, enum hf_ws_side side, size_t max_payload);
void hf_ws_reader_fini(struct hf_ws_reader *r);

/* Sets the bound from the next frame header on. */
void hf_ws_reader_limit(struct hf_ws_reader *r, size_t max_payload);

/* Takes bytes from `data`, which is changed in place (unmasked), and says in
 * `*used` how many.  Call again with the rest until NEED_MORE, which takes all.
 *
 * `item->bytes` is borrowed, from `data` when the whole payload lay there (no
 * copy, no memory), else from the reader: valid until the next call on the
 * reader or the next use of `data`.
 *
 * After CLOSE or ERROR the reader is shut: it swallows everything silently.
 * Returns 0, or HF_ERR_NOMEM when a message could not be gathered; then the
 * reader is shut as well and `*item` says NEED_MORE. */
int hf_ws_read(struct hf_ws_reader *r, uint8_t *data, size_t len, size_t *used,
               struct hf_ws_item *item);

/* --- writer --- */

/* The header of a whole unfragmented frame with a payload of `len` bytes; `mask`
 * is the client's key, or NULL for a server.  Returns the bytes written. */
size_t hf_ws_head_write(uint8_t out[HF_WS_HEAD_BYTES], enum hf_ws_opcode opcode, size_t len,
                        const uint8_t *mask);
size_t hf_ws_head_len(size_t len); /* without a mask */

/* Appends a whole frame.  A control payload of more than 125 bytes is a bug. */
void hf_ws_frame_write(struct hf_buf *out, enum hf_ws_opcode opcode, struct hf_bytes payload,
                       const uint8_t *mask);

/* Appends a whole close frame.  The code HF_WS_CODE_NONE gives an empty body;
 * the reason (valid UTF-8) is cut at 123 bytes between two characters. */
void hf_ws_close_write(struct hf_buf *out, unsigned code, struct hf_bytes reason,
                       const uint8_t *mask);

/* Appends a part of a client's payload, masked; `offset` bytes of the same
 * payload came before.  For bodies that are put together from several spans. */
void hf_ws_masked_write(struct hf_buf *out, struct hf_bytes part,
                        const uint8_t mask[HF_WS_MASK_BYTES], size_t offset);

#endif
