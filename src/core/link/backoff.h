/* core/link/backoff.h: how long to wait before the next attempt.
 *
 * spec/client-lifecycle.md 8.2-8.5.  Consecutive failures are counted; the wait
 * doubles from `initial` to `max`, with jitter on top that is not clamped away at
 * the maximum.  Pure: rolls the dice it is given. */
#ifndef HF_CORE_LINK_BACKOFF_H
#define HF_CORE_LINK_BACKOFF_H

#include "base/rng.h"
#include "base/time.h"

struct hf_backoff_limits {
    hf_span initial, max; /* 0 < initial <= max; whole milliseconds */
    unsigned jitter_percent;
    uint32_t slow_after; /* after so many in a row the wait doubles on; 0: never */
    hf_span slow_max;    /* up to this; >= max */
};

struct hf_backoff {
    uint32_t failures; /* in a row; saturates */
    hf_span initial;   /* the first wait: the limit's, or that of a fast retry */
};

void hf_backoff_init(struct hf_backoff *b, const struct hf_backoff_limits *limits);

/* Counts one failure: the wait before the next attempt, a whole number of
 * milliseconds, jitter included. */
hf_span hf_backoff_fail(struct hf_backoff *b, const struct hf_backoff_limits *limits,
                        struct hf_rng *rng);

/* Begins again with a shorter first wait, for a retry that is expected to work. */
void hf_backoff_restart(struct hf_backoff *b, hf_span initial);

/* Forgets all failures: a connection proved stable. */
void hf_backoff_reset(struct hf_backoff *b, const struct hf_backoff_limits *limits);

/* A server's start-up hint as a wait (spec/startup-retry.md 3.2): 500 ms without
 * one, else its whole milliseconds within 100 to 2000.  Not finite counts as none. */
hf_span hf_backoff_hint(bool has_hint, double hint_ms);

#endif
