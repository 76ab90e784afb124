/* base/ring.h: a fixed ring of fixed items.
 *
 * Holds up to `cap` items of `item_size` bytes, oldest first.  When it is full,
 * hf_ring_push refuses and hf_ring_push_over drops the oldest.  Owns one block
 * of memory. */
#ifndef HF_BASE_RING_H
#define HF_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hf_ring {
    uint8_t *items;
    size_t item_size, cap;
    size_t head, len;
};

int hf_ring_init(struct hf_ring *r, size_t item_size, size_t cap); /* HF_ERR_NOMEM */
void hf_ring_fini(struct hf_ring *r);

/* Room for a new newest item (contents undefined), or NULL when full. */
void *hf_ring_push(struct hf_ring *r);

/* The same, but drops the oldest when full; `was_full` (may be NULL) tells. */
void *hf_ring_push_over(struct hf_ring *r, bool *was_full);

/* The i-th oldest; i < len. */
void *hf_ring_at(const struct hf_ring *r, size_t i);

/* Forgets the `count` oldest. */
void hf_ring_pop(struct hf_ring *r, size_t count);

#endif
