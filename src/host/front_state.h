/* host/front_state.h: the inside of host/front_run, shared by its own files.
 *
 * front_run.c owns life, time, accepting and whether the upstream is there;
 * front_bytes.c the two sockets of each relayed connection. */
#ifndef HF_HOST_FRONT_STATE_H
#define HF_HOST_FRONT_STATE_H

#include "host/front_run.h"

#include <uv.h>

enum { HF_FRONT_URL_BYTES = 512 };

/* One end of a relayed connection. */
struct hf_front_end {
    struct hf_stream stream; /* fd -1: not open */
    uv_poll_t *poll;         /* owned by itself: freed when it is closed */
    bool is_blocked;         /* the socket took not everything, or has not sent it yet */
    bool is_broken;          /* it takes no more; what it has said is read without its poll */
    bool is_settling;        /* HF_RELAY_SETTLE_*: what was written is to leave */
    int watched;
};

struct hf_relayed {
    struct hf_front_run *run;
    hf_id id; /* the front's */
    struct hf_front_end ends[2];
    struct hf_dial *dial;
    struct hf_relayed *before, *after; /* all of them */
};

struct hf_front_run {
    struct hf_front front;
    struct hf_loop *loop;
    uv_loop_t *uv;
    uv_timer_t timer;
    hf_time armed_for;
    struct hf_dialer dialer;
    char url_text[HF_FRONT_URL_BYTES]; /* what `upstream` lies in */
    struct hf_url upstream;
    struct hf_tls *tls;
    struct hf_log log;
    struct hf_front_hooks hooks;
    struct hf_relayed *first;
    uint8_t *input; /* HF_LIMIT_READ_BYTES */
    struct hf_dial *probe;
    hf_time probe_at;            /* HF_NEVER: none waits */
    void (*finished)(void *ctx); /* NULL: nobody waits for it */
    void *finished_ctx;
    bool is_told, is_up, was_up, is_stopped, is_closed;
};

/* --- front_run.c --- */

hf_time hf_front_now(void);

/* Before the loop waits: the timer stands at the next deadline or before it. */
void hf_front_arm(struct hf_front_run *r);

/* A client's connection to the upstream: 0, or why it cannot be tried. */
int hf_front_dial(struct hf_front_run *r, struct hf_dial **out, hf_dial_done done, void *ctx);

/* Seen by a try, when nobody tells. */
void hf_front_saw(struct hf_front_run *r, bool is_up, struct hf_bytes why);

/* The last connection may be gone. */
void hf_front_ended(struct hf_front_run *r);

/* --- front_bytes.c --- */

/* The record with its watched client, or NULL; then the descriptor is still the caller's. */
struct hf_relayed *hf_relayed_open(struct hf_front_run *r, hf_id id, int fd);

/* Carries out what core/relay says; the record may be gone afterwards. */
void hf_relayed_perform(struct hf_relayed *c, uint32_t acts);

/* Writes what waits and watches what is to be read. */
void hf_relayed_pump(struct hf_relayed *c);

#endif
