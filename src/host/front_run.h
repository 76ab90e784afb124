/* host/front_run.h: the sockets of engine/front, on a gateway's loop.
 *
 * Takes each accepted socket of the loop while the upstream is ready, connects to the
 * upstream, and carries bytes both ways; what the front sends to the gate goes back to
 * the loop, with the bytes that were read.  Without anybody who knows better
 * (hf_front_run_tell), the upstream is held to be ready while it can be connected to:
 * after a failure it is tried again and again (hf_front_config.probe_every).
 *
 * One thread, the loop's. */
#ifndef HF_HOST_FRONT_RUN_H
#define HF_HOST_FRONT_RUN_H

#include "engine/front.h"
#include "host/dial.h"
#include "host/loop.h"

struct hf_front_run;

struct hf_front_hooks {
    void *ctx;
    void (*up)(void *ctx); /* the upstream was reached for the first time */
};

struct hf_front_run_config {
    struct hf_front_config front;
    const struct hf_settings *settings; /* whom to trust; read in init only */
    struct hf_url upstream;             /* copied */
    bool is_told;                       /* readiness is told: nothing is tried */
    struct hf_tls *tls;                 /* of the loop, borrowed; NULL: plain text */
    struct hf_log log;
    struct hf_front_hooks hooks;
};

/* Sits in front of the loop from now on: 0 or a code whose fault is filled. */
int hf_front_run_new(struct hf_front_run **out, struct hf_loop *loop,
                     const struct hf_front_run_config *config, struct hf_fault *fault);

/* New trusted proxies. */
void hf_front_run_settings(struct hf_front_run *r, const struct hf_settings *settings);

/* From who knows: whether new clients are relayed. */
void hf_front_run_tell(struct hf_front_run *r, bool is_ready);

/* For the metrics and for tests.  Borrowed. */
const struct hf_front_counts *hf_front_run_counts(const struct hf_front_run *r);

/* No new client is relayed, and those that are end.  The loop runs on until their sockets
 * are closed. */
void hf_front_run_stop(struct hf_front_run *r);

/* The same for an upstream that has ended or is ending: what it has said is still passed on,
 * for hf_relay_limits.finish_within at most, then `finished`; at once when nobody is left. */
void hf_front_run_finish(struct hf_front_run *r, void (*finished)(void *ctx), void *ctx);

/* Before hf_loop_free, whose last turns end what is left; then hf_front_run_free. */
void hf_front_run_close(struct hf_front_run *r);
void hf_front_run_free(struct hf_front_run *r); /* NULL is fine */

#endif
