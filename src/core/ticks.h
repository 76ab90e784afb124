/* core/ticks.h: when is the next tick, for clients that were told different intervals?
 *
 * A client gives its link up after two intervals of silence, counted by the interval
 * that its hello-ok named (protocol/wire.md section 2).  A reload may name a longer one
 * to those who come; those who are in keep theirs.  So ticks come as often as the least
 * interval that anybody in was promised, and at least as often as the configuration says.
 * Pure: owns no memory, reads no clock. */
#ifndef HF_CORE_TICKS_H
#define HF_CORE_TICKS_H

#include "base/limits.h"
#include "base/time.h"

struct hf_tick_promise {
    hf_span every;
    uint32_t clients; /* 0: the place is free */
};

struct hf_ticks {  /* fields are private */
    hf_span every; /* of the configuration: what the next hello-ok says */
    struct hf_tick_promise promises[HF_LIMIT_TICK_PROMISES];
    hf_time at;
};

/* `every` > 0.  The first tick is one interval from `now`. */
void hf_ticks_init(struct hf_ticks *t, hf_time now, hf_span every);

/* A new configuration: a shorter interval counts from `now` on. */
void hf_ticks_set(struct hf_ticks *t, hf_time now, hf_span every);

/* A client was told the interval of the configuration.  Returns the place of that
 * promise, for hf_ticks_leave.  When HF_LIMIT_TICK_PROMISES other intervals are kept it
 * shares the shortest one, which then holds for both. */
uint8_t hf_ticks_enter(struct hf_ticks *t);

/* A client that was told the interval of this place is gone. */
void hf_ticks_leave(struct hf_ticks *t, uint8_t place);

/* True when a tick goes out now; the next one is an interval later. */
bool hf_ticks_step(struct hf_ticks *t, hf_time now);

/* When to call step again; HF_NEVER while nobody is in, who would be told? */
hf_time hf_ticks_due(const struct hf_ticks *t);

#endif
