/* core/gate.h: may a peer that reads slowly be sent one more frame?
 *
 * Asked before each enqueue with the bytes that wait for this connection.  More
 * than the limit is slow (equal is not): a droppable event is skipped and
 * consumes its sequence number, anything else ends the connection with 1008
 * `slow consumer` (spec/pressure-backoff.md section 1.3).  One report per slow
 * episode.  Pure; quiet once SHUT. */
#ifndef HF_CORE_GATE_H
#define HF_CORE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hf_gate_act {
    HF_GATE_SEND,
    HF_GATE_DROP,  /* skip the frame; it takes the next seq of this connection all the same */
    HF_GATE_CLOSE, /* drop what waits, close 1008 `slow consumer`; said once */
    HF_GATE_SHUT,  /* the close was said before: send nothing, count nothing */
};

/* What a frame is to the gate. */
enum hf_gate_kind {
    HF_GATE_DROPPABLE, /* an event with dropIfSlow */
    HF_GATE_MUST,      /* an event without it */
    HF_GATE_RESPONSE,  /* as MUST; the close cause is `outbound-buffer-exceeded` */
};

struct hf_gate {      /* fields are private; zeroed is open */
    uint32_t dropped; /* frames, saturates */
    bool is_reported; /* in this episode */
    bool is_shut;
};

/* The verdict; `report` asks for one `payload.large` diagnostic record with
 * surface `gateway.ws.outbound_buffer` and hf_gate_reason. */
struct hf_gate_verdict {
    enum hf_gate_act act;
    bool report;
};

void hf_gate_init(struct hf_gate *g);

/* `queued_bytes` wait (socket backlog and pending events), `limit_bytes` is
 * policy.maxBufferedBytes. */
struct hf_gate_verdict hf_gate_step(struct hf_gate *g, size_t queued_bytes, size_t limit_bytes,
                                    enum hf_gate_kind kind);

/* "ws_send_buffer_drop" or "ws_send_buffer_close" for DROP and CLOSE.  Static. */
const char *hf_gate_reason(enum hf_gate_act act);

/* The close cause for the log: "slow-consumer" or "outbound-buffer-exceeded".  Static. */
const char *hf_gate_cause(enum hf_gate_kind kind);

/* Frames dropped for this connection so far. */
uint32_t hf_gate_dropped(const struct hf_gate *g);

#endif
