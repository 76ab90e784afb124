/* core/governor.h: may the gateway be started again now?
 *
 * spec/supervisor.md 10.5.  An operator and a changed configuration are at most put off
 * until the cooldown is over; what we want by ourselves is also counted, and more than
 * `budget` of it within `window` ends in quarantine: one try after 60, 120, 300 s and
 * then each 300 s, until the gateway was ready for `stable` without a break or an
 * operator steps in.  The breaker of an older supervisor can be had instead (it refuses,
 * and then shuts for ten minutes).  Monotonic time decides; the wall clock is only
 * shown.  Pure: rolls the dice it is given. */
#ifndef HF_CORE_GOVERNOR_H
#define HF_CORE_GOVERNOR_H

#include "base/limits.h"
#include "base/rng.h"
#include "base/time.h"

#include <stddef.h>

struct hf_governor_limits {
    hf_span cooldown;        /* 2500 ms */
    uint32_t budget;         /* 5; at most HF_LIMIT_KEEPER_BUDGET */
    hf_span window;          /* 300 s */
    hf_span stable;          /* 120 s */
    unsigned jitter_percent; /* of the quarantine's waits */
    bool is_breaker;         /* the compatible one */
};

enum hf_governor_verdict {
    HF_GOVERNOR_ALLOW,
    HF_GOVERNOR_DELAY,        /* for `retry_after`: the cooldown */
    HF_GOVERNOR_BUDGET,       /* automatic, budget used up: quarantine */
    HF_GOVERNOR_COOLDOWN,     /* breaker: "cooldown_active" */
    HF_GOVERNOR_EXCEEDED,     /* breaker: "budget_exceeded", it opens */
    HF_GOVERNOR_CIRCUIT_OPEN, /* breaker: "circuit_open" */
};

struct hf_governor_answer {
    enum hf_governor_verdict verdict;
    hf_span retry_after;
};

struct hf_governor { /* fields are private; tests and diagnostics may read them */
    struct hf_governor_limits limits;
    hf_time charged[HF_LIMIT_KEEPER_BUDGET]; /* oldest first */
    size_t charged_count;
    hf_time executed_at;                       /* the newest restart; HF_NEVER: none */
    hf_time ready_at;                          /* of the uninterrupted READY; HF_NEVER: not ready */
    bool is_quarantined;                       /* until stable or told to forget */
    uint32_t quarantine_tries;                 /* waits given out */
    uint64_t executed_total, suppressed_total; /* wrap to 0 beyond 2^53 - 1 */
    /* The breaker's memory. */
    hf_time circuit_until; /* HF_NEVER: closed */
    uint32_t consecutive;
    hf_time running_at; /* it entered running; HF_NEVER: never */
    int64_t wall_ms;    /* as seen last: a step back clears the breaker */
};

/* The defaults of section 1. */
void hf_governor_limits_init(struct hf_governor_limits *limits);

void hf_governor_init(struct hf_governor *g, const struct hf_governor_limits *limits);

/* A restart is asked for.  `is_auto`: by ourselves. */
struct hf_governor_answer hf_governor_ask(struct hf_governor *g, struct hf_now now, bool is_auto);

/* How much of the cooldown is left; 0: nothing. */
hf_span hf_governor_cooldown(const struct hf_governor *g, hf_time now);

/* Whether an automatic start may make a process now, and counts it if so. */
bool hf_governor_charge(struct hf_governor *g, hf_time now);

/* The wait before the next try in quarantine, which begins with it. */
hf_span hf_governor_quarantine(struct hf_governor *g, struct hf_rng *rng);

/* An operator decides: budget and quarantine are forgotten. */
void hf_governor_forgive(struct hf_governor *g);

void hf_governor_running(struct hf_governor *g, hf_time now); /* the control connection is up */
void hf_governor_ready(struct hf_governor *g, hf_time now);
void hf_governor_left(struct hf_governor *g, hf_time now); /* not ready any more */

/* Forgives after a stable time; call it at hf_governor_due. */
void hf_governor_step(struct hf_governor *g, hf_time now);
hf_time hf_governor_due(const struct hf_governor *g);

/* A restart reached READY / was put off or refused. */
void hf_governor_executed(struct hf_governor *g, struct hf_now now);
void hf_governor_suppressed(struct hf_governor *g);

const char *hf_governor_verdict_name(enum hf_governor_verdict verdict); /* "circuit_open" */

#endif
