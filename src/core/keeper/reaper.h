/* core/keeper/reaper.h: how one tree of processes is brought to its end.
 *
 * spec/supervisor.md 9.1: TERM to the main process alone, so that a gateway can drain
 * what it started; TERM to the rest once it is gone; then kill everything, and tell
 * when even that left something.  It is over only when the host says that the tree is
 * empty.  Pure. */
#ifndef HF_CORE_KEEPER_REAPER_H
#define HF_CORE_KEEPER_REAPER_H

#include "base/time.h"

enum hf_reaper_state {
    HF_REAPER_RESTING, /* not asked to end it */
    HF_REAPER_MAIN,    /* the main process has its grace */
    HF_REAPER_REST,    /* it is gone, the others have theirs */
    HF_REAPER_KILLING,
    HF_REAPER_STUCK, /* they survived KILL for HF_REAPER_STUCK_MS */
};

enum { HF_REAPER_REST_MS = 2000, HF_REAPER_STUCK_MS = 5000 };

/* What the caller must do. */
enum hf_reaper_act {
    HF_REAPER_NONE,
    HF_REAPER_TERM_MAIN,
    HF_REAPER_TERM_REST,
    HF_REAPER_KILL_ALL,
    HF_REAPER_TELL_STUCK, /* once */
};

struct hf_reaper { /* zeroed: resting; fields are private, tests may read them */
    enum hf_reaper_state state;
    bool is_main_gone;
    hf_time grace_until; /* of the whole, as begun */
    hf_time due_at;
};

/* End it, the main process within `grace` (0: kill at once).  Asked again, it hurries:
 * the earlier of both instants counts, and nothing begins anew. */
enum hf_reaper_act hf_reaper_begin(struct hf_reaper *r, hf_time now, hf_span grace);

/* The main process is gone, asked for or not; others of the tree may live. */
enum hf_reaper_act hf_reaper_main_gone(struct hf_reaper *r, hf_time now);

enum hf_reaper_act hf_reaper_step(struct hf_reaper *r, hf_time now);

/* When to call step, or HF_NEVER. */
hf_time hf_reaper_due(const struct hf_reaper *r);

enum hf_grace_for { HF_GRACE_STOP, HF_GRACE_LIVENESS, HF_GRACE_QUIT };

/* How long the main process may take after TERM (9.3).  `option` is the operator's, or
 * -1; `budget` what the running gateway asked for, or -1. */
hf_span hf_reaper_grace(enum hf_grace_for purpose, hf_span option, hf_span budget);

/* How long after hf_reaper_begin it takes at most until nothing is left, or that is told. */
hf_span hf_reaper_longest(hf_span grace);

#endif
