#include "base/pool.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

enum { CHUNK_SLOTS = 64 };

struct hf_pool_chunk {
    uint64_t used; /* bit per slot */
    max_align_t items[];
};

void hf_pool_init(struct hf_pool *p, size_t item_size, uint32_t max)
{
    HF_ASSERT(item_size > 0 && max > 0);
    size_t align = _Alignof(max_align_t);
    *p = (struct hf_pool){ .item_size = (item_size + align - 1) / align * align, .max = max };
}

void hf_pool_fini(struct hf_pool *p)
{
    for (uint32_t c = 0; c < p->chunk_count; c++) hf_mem_free(p->chunks[c]);
    hf_mem_free(p->chunks);
    hf_mem_free(p->generations);
    *p = (struct hf_pool){ 0 };
}

static void *item_at(const struct hf_pool *p, uint32_t slot)
{
    uint8_t *items = (uint8_t *)p->chunks[slot / CHUNK_SLOTS]->items;
    return items + slot % CHUNK_SLOTS * p->item_size;
}

static bool has_free(const struct hf_pool *p, uint32_t c)
{
    return !p->chunks[c] || p->chunks[c]->used != UINT64_MAX;
}

static int add_chunk(struct hf_pool *p)
{
    uint32_t count = p->chunk_count + 1;
    struct hf_pool_chunk **chunks = hf_mem_grow(p->chunks, count * sizeof *chunks);
    if (!chunks) return HF_ERR_NOMEM;
    p->chunks = chunks;
    uint32_t *generations =
        hf_mem_grow(p->generations, (size_t)count * CHUNK_SLOTS * sizeof *generations);
    if (!generations) return HF_ERR_NOMEM;
    p->generations = generations;
    for (uint32_t i = 0; i < CHUNK_SLOTS; i++) generations[p->chunk_count * CHUNK_SLOTS + i] = 1;
    chunks[p->chunk_count] = NULL;
    p->chunk_count = count;
    return 0;
}

int hf_pool_new(struct hf_pool *p, hf_id *id, void **item)
{
    if (p->live == p->max) return HF_ERR_LIMIT;
    while (p->first_free < p->chunk_count && !has_free(p, p->first_free)) p->first_free++;
    if (p->first_free == p->chunk_count) {
        int err = add_chunk(p);
        if (err) return err;
    }
    struct hf_pool_chunk **chunk = &p->chunks[p->first_free];
    if (!*chunk) {
        *chunk = hf_mem_new(sizeof **chunk + CHUNK_SLOTS * p->item_size);
        if (!*chunk) return HF_ERR_NOMEM;
        (*chunk)->used = 0;
    }
    uint32_t bit = (uint32_t)__builtin_ctzll(~(*chunk)->used);
    uint32_t slot = p->first_free * CHUNK_SLOTS + bit;
    (*chunk)->used |= (uint64_t)1 << bit;
    p->live++;
    *item = item_at(p, slot);
    memset(*item, 0, p->item_size);
    *id = (uint64_t)p->generations[slot] << 32 | slot;
    return 0;
}

void *hf_pool_at(const struct hf_pool *p, uint32_t slot)
{
    if (slot / CHUNK_SLOTS >= p->chunk_count) return NULL;
    const struct hf_pool_chunk *chunk = p->chunks[slot / CHUNK_SLOTS];
    if (!chunk || !(chunk->used >> slot % CHUNK_SLOTS & 1)) return NULL;
    return item_at(p, slot);
}

void *hf_pool_find(const struct hf_pool *p, hf_id id)
{
    void *item = hf_pool_at(p, hf_id_slot(id));
    return item && p->generations[hf_id_slot(id)] == id >> 32 ? item : NULL;
}

void hf_pool_drop(struct hf_pool *p, hf_id id)
{
    if (!hf_pool_find(p, id)) return;
    uint32_t slot = hf_id_slot(id), c = slot / CHUNK_SLOTS;
    /* Generation 0 would make slot 0 look like nobody. */
    if (++p->generations[slot] == 0) p->generations[slot] = 1;
    p->chunks[c]->used &= ~((uint64_t)1 << slot % CHUNK_SLOTS);
    p->live--;
    if (p->chunks[c]->used == 0) {
        hf_mem_free(p->chunks[c]);
        p->chunks[c] = NULL;
    }
    if (c < p->first_free) p->first_free = c;
}

hf_id hf_pool_next(const struct hf_pool *p, hf_id after)
{
    uint32_t slot = after ? hf_id_slot(after) + 1 : 0;
    for (; slot / CHUNK_SLOTS < p->chunk_count; slot++) {
        const struct hf_pool_chunk *chunk = p->chunks[slot / CHUNK_SLOTS];
        uint64_t rest = chunk ? chunk->used >> slot % CHUNK_SLOTS : 0;
        if (rest == 0) {
            slot |= CHUNK_SLOTS - 1;
            continue;
        }
        slot += (uint32_t)__builtin_ctzll(rest);
        return (uint64_t)p->generations[slot] << 32 | slot;
    }
    return 0;
}
