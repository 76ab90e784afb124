/* base/pool.h: slots with generation ids.
 *
 * Items keep their address for life.  An `hf_id` is slot + generation: once the
 * item is dropped, the id finds nothing for ever, so a late timer, write or
 * store result is harmless.  Slots are reserved in chunks, and a chunk without
 * live items is given back. */
#ifndef HF_BASE_POOL_H
#define HF_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t hf_id; /* generation << 32 | slot; 0 is nobody */

struct hf_pool_chunk;

struct hf_pool {
    struct hf_pool_chunk **chunks;
    uint32_t *generations; /* one per slot ever reserved */
    size_t item_size;
    uint32_t max, live;
    uint32_t chunk_count;
    uint32_t first_free; /* no chunk before this one has a free slot */
};

static inline uint32_t hf_id_slot(hf_id id)
{
    return (uint32_t)id;
}

/* At most `max` items of `item_size` bytes; reserves nothing yet. */
void hf_pool_init(struct hf_pool *p, size_t item_size, uint32_t max);
void hf_pool_fini(struct hf_pool *p);

/* A cleared item and its id: 0, HF_ERR_LIMIT at `max`, HF_ERR_NOMEM. */
int hf_pool_new(struct hf_pool *p, hf_id *id, void **item);

/* The item, or NULL when it is gone. */
void *hf_pool_find(const struct hf_pool *p, hf_id id);

/* The live item in a slot, or NULL: for queues that are keyed by slot. */
void *hf_pool_at(const struct hf_pool *p, uint32_t slot);

/* Ends the item; a stale id is ignored. */
void hf_pool_drop(struct hf_pool *p, hf_id id);

/* Walks the live items: pass 0 first, then what it returned; 0 at the end.
 * Items may be dropped meanwhile, and new ones may or may not be met. */
hf_id hf_pool_next(const struct hf_pool *p, hf_id after);

#endif
