/* core/ration.h: has a supervised program taken more memory than it may?
 *
 * Two limits, each may be absent.  Above the *soft* one for `soft_for` without a break the
 * program is to be recycled: drained, stopped and started anew, at most once within
 * `apart`, so that a program whose everyday need is above its limit is told of, not
 * restarted in a circle.  Above the *hard* one it is to be ended at once.  Fed with one
 * number of bytes in each `every`; what a program takes and gives back between two looks
 * is not seen.  Pure, allocates nothing. */
#ifndef HF_CORE_RATION_H
#define HF_CORE_RATION_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hf_ration_limits {
    int64_t soft_bytes, hard_bytes; /* 0: none; soft below hard when both are given */
    hf_span every;                  /* between two looks: 1 s */
    hf_span soft_for;               /* above the soft limit without a break: 10 s */
    hf_span apart;                  /* between two recycles: 600 s */
};

enum hf_ration_act {
    HF_RATION_NONE,
    HF_RATION_RECYCLE,
    HF_RATION_END,  /* once for a program */
    HF_RATION_TELL, /* it should be recycled, but was a short while ago; once for a program */
};

struct hf_ration { /* fields are private; tests and diagnostics may read them */
    struct hf_ration_limits limits;
    hf_time look_at;     /* HF_NEVER: nobody is watched */
    hf_time above_at;    /* above the soft limit since then; HF_NEVER: it is not */
    hf_time recycled_at; /* HF_NEVER: never */
    int64_t bytes;       /* seen last; -1: not since it was started */
    int64_t peak_bytes;  /* of this program */
    bool was_told;       /* TELL of this program */
    uint64_t recycles, ends;
};

/* The defaults: no limits. */
void hf_ration_limits_init(struct hf_ration_limits *limits);

void hf_ration_init(struct hf_ration *r, const struct hf_ration_limits *limits);

/* Another program is watched from now on; `end`: none is.  Without limits nothing is
 * ever due. */
void hf_ration_begin(struct hf_ration *r, hf_time now);
void hf_ration_end(struct hf_ration *r);

/* When to look, or HF_NEVER.  `look`: it is looked now; the next look is `every` later. */
hf_time hf_ration_due(const struct hf_ration *r);
void hf_ration_look(struct hf_ration *r, hf_time now);

/* What was seen: the bytes of the whole program, or -1 when that cannot be said, which
 * changes nothing.  `is_serving`: it is ready, so that recycling it makes sense; the time
 * of a start does not count for the soft limit. */
enum hf_ration_act hf_ration_step(struct hf_ration *r, hf_time now, int64_t bytes, bool is_serving);

/* Above the soft limit as seen last. */
static inline bool hf_ration_is_high(const struct hf_ration *r)
{
    return r->limits.soft_bytes > 0 && r->bytes > r->limits.soft_bytes;
}

#endif
