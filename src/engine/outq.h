/* engine/outq.h: what one connection has yet to write, in frames.
 *
 * A frame is a WebSocket head, a body and, for events, the tail `,"seq":N}`.
 * Bodies are shared blobs; a queue keeps one reference and a small entry each,
 * never a copy.  Control frames overtake queued data but never what was already
 * handed out.  HTTP answers are frames without a head.  An empty queue holds no
 * memory; entry arrays of the usual size go through a free list that the server
 * owns, so that a delivery allocates nothing. */
#ifndef HF_ENGINE_OUTQ_H
#define HF_ENGINE_OUTQ_H

#include "base/blob.h"
#include "base/buf.h"
#include "port/action.h"
#include "wire/ws_frame.h"

enum { HF_OUTQ_INLINE_BYTES = 16, HF_OUTQ_FIRST_FRAMES = 8 };

/* Small: with a thousand receivers the cache lines of these cost more than what is done
 * with them. */
struct hf_outq_frame {
    union {
        struct {
            struct hf_blob *blob; /* one reference */
            uint64_t seq;         /* 0: no tail */
        };
        uint8_t bytes[HF_OUTQ_INLINE_BYTES]; /* of a control frame, when is_inline */
        struct hf_outq_frame *next_spare;    /* of an array's first entry, while it is spare */
    } body;
    uint32_t len;    /* of the whole frame on the wire */
    uint8_t opcode;  /* 0: raw bytes, no WebSocket head */
    uint8_t inlined; /* bytes of body.bytes */
    bool is_inline;
    bool is_ping; /* reported when its last byte has left */
};

/* Entry arrays waiting for their next use, at most HF_LIMIT_SPARE_QUEUES; owned by
 * the server.  Zeroed: none. */
struct hf_outq_spare {
    struct hf_outq_frame *first;
    size_t count;
};

void hf_outq_spare_fini(struct hf_outq_spare *spare);

struct hf_outq {
    struct hf_outq_frame *frames; /* circular; NULL while empty */
    uint32_t cap, head, len;
    uint32_t sent_bytes;   /* of the frame at the head */
    uint32_t handed_count; /* frames that begin inside what was handed out last */
    uint32_t fenced_count; /* frames that no control frame may overtake */
    size_t queued_bytes;
};

/* Result of hf_outq_written. */
struct hf_outq_progress {
    unsigned pings; /* pings whose last byte has left */
};

void hf_outq_fini(struct hf_outq *q, struct hf_outq_spare *spare);

/* Appends a text frame around `body` (shared: takes a reference of its own),
 * with the event tail when `seq` is not 0: 0, HF_ERR_NOMEM, or HF_ERR_LIMIT at
 * HF_LIMIT_QUEUED_FRAMES. */
int hf_outq_push(struct hf_outq *q, struct hf_outq_spare *spare, struct hf_blob *body,
                 uint64_t seq);

/* Appends bytes as they are (HTTP); takes a reference of its own. */
int hf_outq_push_raw(struct hf_outq *q, struct hf_outq_spare *spare, struct hf_blob *bytes);

/* A ping, pong or close frame with at most 125 bytes (copied).  Pings and pongs
 * overtake data, a close goes last.  A pong replaces one that still waits (RFC
 * 6455 5.5.3: only the newest ping needs its answer), so a flood costs nothing. */
int hf_outq_push_control(struct hf_outq *q, struct hf_outq_spare *spare, uint8_t opcode,
                         struct hf_bytes payload);

/* Nothing pushed later overtakes what is queued now: the first ping must not reach
 * a client before its hello-ok (spec/health-connection.md 4.2). */
void hf_outq_fence(struct hf_outq *q);

/* What to write now: at most HF_LIMIT_WRITE_BYTES, small bodies rendered into
 * `scratch`, which has room for that many bytes (what it held is gone).  The spans
 * live until the next call or push. */
void hf_outq_pull(struct hf_outq *q, struct hf_buf *scratch, struct hf_output *out);

/* `bytes` of what was pulled last have left. */
struct hf_outq_progress hf_outq_written(struct hf_outq *q, struct hf_outq_spare *spare,
                                        size_t bytes);

/* Drops every frame that has not begun to leave (slow consumer: the close frame
 * must come next). */
void hf_outq_discard(struct hf_outq *q, struct hf_outq_spare *spare);

#endif
