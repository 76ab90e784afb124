/* base/map.h: an index from hashes to small numbers.
 *
 * Open addressing in one block that is reserved once; the caller keeps the items
 * in an array of its own and compares keys itself.  The hash is keyed, so that
 * who chooses keys (addresses, names) cannot choose collisions. */
#ifndef HF_BASE_MAP_H
#define HF_BASE_MAP_H

#include "base/bytes.h"

struct hf_hash_key {
    uint64_t a, b;
};

/* SipHash-1-3 of the bytes. */
uint64_t hf_hash(struct hf_hash_key key, struct hf_bytes bytes);

struct hf_map_slot {
    uint32_t hash;
    uint32_t value; /* value + 1; 0 is free */
};

struct hf_map {
    struct hf_map_slot *slots;
    uint32_t mask; /* slots - 1 */
    uint32_t len, max;
};

/* At most `max` entries (1 to 2^30): 0 or HF_ERR_NOMEM.  A zeroed map is empty
 * and finds nothing. */
int hf_map_init(struct hf_map *m, uint32_t max);
void hf_map_fini(struct hf_map *m);

/* Adds an entry; several may share a hash.  0 or HF_ERR_LIMIT. */
int hf_map_put(struct hf_map *m, uint64_t hash, uint32_t value);

/* Takes this entry out; it is there. */
void hf_map_drop(struct hf_map *m, uint64_t hash, uint32_t value);

/* Walks the values whose hash may be `hash`:
 *
 *     uint32_t at = hf_map_start(m, hash), value;
 *     while (hf_map_next(m, hash, &at, &value))
 *         if (same_key(items[value])) return value;
 *
 * The map does not change during the walk. */
uint32_t hf_map_start(const struct hf_map *m, uint64_t hash);
bool hf_map_next(const struct hf_map *m, uint64_t hash, uint32_t *at, uint32_t *value);

#endif
