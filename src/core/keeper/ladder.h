/* core/keeper/ladder.h: when is the next automatic try?
 *
 * spec/supervisor.md 11.3 (reconnect ladder and slow lane), 7.5 (waits while the gateway
 * says that it starts) and the ready probes of section 1.  Pure: rolls the dice it is
 * given. */
#ifndef HF_CORE_KEEPER_LADDER_H
#define HF_CORE_KEEPER_LADDER_H

#include "base/rng.h"
#include "base/time.h"

struct hf_ladder_limits {
    uint32_t attempts_max; /* 10 */
    hf_span base, cap;     /* 1 s, 30 s */
    hf_span slow_every;    /* 300 s; 0: no slow lane */
    unsigned jitter_percent;
};

/* The defaults of section 1. */
void hf_ladder_limits_init(struct hf_ladder_limits *limits);

enum hf_ladder_verdict {
    HF_LADDER_DISABLED,  /* nothing is wanted */
    HF_LADDER_SCHEDULED, /* a timer is armed already */
    HF_LADDER_EXHAUSTED,
    HF_LADDER_SCHEDULE,
};

struct hf_ladder_step {
    enum hf_ladder_verdict verdict;
    uint32_t attempt; /* SCHEDULE: the number of the try to come, from 1 */
    hf_span delay;    /* SCHEDULE; EXHAUSTED: of the slow lane, 0 without one */
};

struct hf_ladder_step hf_ladder_next(const struct hf_ladder_limits *limits, bool is_wanted,
                                     bool is_armed, uint32_t attempts, struct hf_rng *rng);

/* The wait before another connect while the gateway says that it starts; `step` counts
 * the waits of the ladder.  False when those are used up; a hint never uses them. */
bool hf_ladder_startup(uint32_t *step, bool has_hint, double hint_ms, hf_span *wait);

/* How long after `running` the n-th ready probe leaves (n from 0). */
hf_span hf_ladder_ready_probe(uint32_t n);

/* From this long after `running` on, any answer counts as ready (12.4). */
enum { HF_LADDER_ASSUME_READY_MS = 30000 };

#endif
