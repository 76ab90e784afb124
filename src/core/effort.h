/* core/effort.h: how much has a tree of processes worked, though some of them end?
 *
 * Each look brings what every living process has used so far, in processor time or in
 * waiting for one.  The sum of these falls when one ends and leaps when one is seen for
 * the first time; the effort does neither.  What a process used between two looks counts,
 * of one that is new no more than the time since the last look; a number that falls counts
 * nothing (spec/supervisor.md 12.3: the evidence of progress).  Only differences of two
 * totals mean something.  Pure, allocates nothing. */
#ifndef HF_CORE_EFFORT_H
#define HF_CORE_EFFORT_H

#include "base/limits.h"
#include "base/time.h"

#include <stddef.h>
#include <stdint.h>

struct hf_effort_process {
    int64_t pid;
    uint64_t started; /* when, in any unit: a number that is used again is another process */
    hf_span used;     /* since then */
};

struct hf_effort {
    hf_time looked_at; /* HF_NEVER: not yet */
    hf_span total;
    size_t count;
    struct hf_effort_process seen[HF_LIMIT_TREE_SCAN]; /* at the last look */
};

void hf_effort_init(struct hf_effort *e);

/* The total after this look, never less than before.  At most HF_LIMIT_TREE_SCAN count. */
hf_span hf_effort_look(struct hf_effort *e, hf_time now, const struct hf_effort_process *list,
                       size_t count);

#endif
