/* base/dueq.h: deadlines by slot, earliest first.
 *
 * Each slot (a small number, as of a pool) has at most one deadline.  A binary
 * heap with a place per slot: set and clear are O(log n), the earliest is O(1).
 * Equal deadlines come out in no promised order. */
#ifndef HF_BASE_DUEQ_H
#define HF_BASE_DUEQ_H

#include "base/time.h"

#include <stddef.h>

struct hf_dueq_entry {
    hf_time at;
    uint32_t slot;
};

struct hf_dueq {
    struct hf_dueq_entry *heap;
    uint32_t *place; /* heap index + 1 by slot; 0 is not queued */
    uint32_t len, heap_cap, place_cap;
};

void hf_dueq_init(struct hf_dueq *q);
void hf_dueq_fini(struct hf_dueq *q);

/* Makes sure that `slot` can be set without memory: 0 or HF_ERR_NOMEM.  Called
 * once when a slot comes into use. */
int hf_dueq_reserve(struct hf_dueq *q, uint32_t slot);

/* Sets or moves the slot's deadline; HF_NEVER clears it.  The slot was reserved. */
void hf_dueq_set(struct hf_dueq *q, uint32_t slot, hf_time at);

/* The earliest deadline, or HF_NEVER. */
hf_time hf_dueq_due(const struct hf_dueq *q);

/* The n-th earliest deadline (1 is the earliest), or HF_NEVER when fewer are
 * queued; 1 <= n <= HF_DUEQ_NTH_MAX.  O(n^2), so for small n. */
enum { HF_DUEQ_NTH_MAX = 64 };
hf_time hf_dueq_nth(const struct hf_dueq *q, uint32_t n);

/* Takes the earliest slot whose deadline is not after `now`: true and the slot
 * (its deadline is cleared), or false. */
bool hf_dueq_pop(struct hf_dueq *q, hf_time now, uint32_t *slot);

#endif
