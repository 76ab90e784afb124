#include "base/ring.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

int hf_ring_init(struct hf_ring *r, size_t item_size, size_t cap)
{
    HF_ASSERT(item_size > 0 && cap > 0);
    uint8_t *items = hf_mem_zero(cap, item_size);
    if (!items) return HF_ERR_NOMEM;
    *r = (struct hf_ring){ .items = items, .item_size = item_size, .cap = cap };
    return 0;
}

void hf_ring_fini(struct hf_ring *r)
{
    hf_mem_free(r->items);
    *r = (struct hf_ring){ 0 };
}

void *hf_ring_push(struct hf_ring *r)
{
    if (r->len == r->cap) return NULL;
    r->len++;
    return hf_ring_at(r, r->len - 1);
}

void *hf_ring_push_over(struct hf_ring *r, bool *was_full)
{
    bool full = r->len == r->cap;
    if (full) hf_ring_pop(r, 1);
    if (was_full) *was_full = full;
    return hf_ring_push(r);
}

void *hf_ring_at(const struct hf_ring *r, size_t i)
{
    HF_ASSERT(i < r->len);
    return r->items + (r->head + i) % r->cap * r->item_size;
}

void hf_ring_pop(struct hf_ring *r, size_t count)
{
    HF_ASSERT(count <= r->len);
    r->head = (r->head + count) % r->cap;
    r->len -= count;
}
