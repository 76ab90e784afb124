#include "base/dueq.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

#include <string.h>

enum { FIRST_CAP = 64 };

void hf_dueq_init(struct hf_dueq *q)
{
    *q = (struct hf_dueq){ 0 };
}

void hf_dueq_fini(struct hf_dueq *q)
{
    hf_mem_free(q->heap);
    hf_mem_free(q->place);
    *q = (struct hf_dueq){ 0 };
}

int hf_dueq_reserve(struct hf_dueq *q, uint32_t slot)
{
    if (slot < q->place_cap) return 0;
    uint32_t cap = q->place_cap ? q->place_cap : FIRST_CAP;
    while (cap <= slot) cap *= 2;
    struct hf_dueq_entry *heap = hf_mem_grow(q->heap, cap * sizeof *heap);
    if (!heap) return HF_ERR_NOMEM;
    q->heap = heap;
    q->heap_cap = cap;
    uint32_t *place = hf_mem_grow(q->place, cap * sizeof *place);
    if (!place) return HF_ERR_NOMEM;
    memset(place + q->place_cap, 0, (cap - q->place_cap) * sizeof *place);
    q->place = place;
    q->place_cap = cap;
    return 0;
}

static void put(struct hf_dueq *q, uint32_t i, struct hf_dueq_entry entry)
{
    q->heap[i] = entry;
    q->place[entry.slot] = i + 1;
}

static void sift_up(struct hf_dueq *q, uint32_t i, struct hf_dueq_entry entry)
{
    while (i > 0 && hf_time_before(entry.at, q->heap[(i - 1) / 2].at)) {
        put(q, i, q->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(q, i, entry);
}

static void sift_down(struct hf_dueq *q, uint32_t i, struct hf_dueq_entry entry)
{
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= q->len) break;
        if (child + 1 < q->len && hf_time_before(q->heap[child + 1].at, q->heap[child].at)) child++;
        if (!hf_time_before(q->heap[child].at, entry.at)) break;
        put(q, i, q->heap[child]);
        i = child;
    }
    put(q, i, entry);
}

static void remove_at(struct hf_dueq *q, uint32_t i)
{
    q->place[q->heap[i].slot] = 0;
    struct hf_dueq_entry last = q->heap[--q->len];
    if (i == q->len) return;
    if (i > 0 && hf_time_before(last.at, q->heap[(i - 1) / 2].at))
        sift_up(q, i, last);
    else
        sift_down(q, i, last);
}

void hf_dueq_set(struct hf_dueq *q, uint32_t slot, hf_time at)
{
    uint32_t place = slot < q->place_cap ? q->place[slot] : 0;
    if (hf_time_same(at, HF_NEVER)) {
        if (place) remove_at(q, place - 1);
        return;
    }
    HF_ASSERT(slot < q->place_cap);
    if (place && hf_time_same(at, q->heap[place - 1].at)) return;
    struct hf_dueq_entry entry = { .at = at, .slot = slot };
    if (!place)
        sift_up(q, q->len++, entry);
    else if (hf_time_before(at, q->heap[place - 1].at))
        sift_up(q, place - 1, entry);
    else
        sift_down(q, place - 1, entry);
}

hf_time hf_dueq_due(const struct hf_dueq *q)
{
    return q->len ? q->heap[0].at : HF_NEVER;
}

/* Walks down from the top: the next earliest is always a child of one that was
 * taken before, so n + 1 candidates are enough. */
hf_time hf_dueq_nth(const struct hf_dueq *q, uint32_t n)
{
    uint32_t frontier[HF_DUEQ_NTH_MAX + 1] = { 0 };
    uint32_t count = 1;
    HF_ASSERT(n >= 1 && n <= HF_DUEQ_NTH_MAX);
    if (q->len < n) return HF_NEVER;
    for (;;) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++)
            if (hf_time_before(q->heap[frontier[i]].at, q->heap[frontier[best]].at)) best = i;
        uint32_t taken = frontier[best];
        if (--n == 0) return q->heap[taken].at;
        frontier[best] = frontier[--count];
        for (uint32_t child = 2 * taken + 1; child <= 2 * taken + 2 && child < q->len; child++)
            frontier[count++] = child;
    }
}

bool hf_dueq_pop(struct hf_dueq *q, hf_time now, uint32_t *slot)
{
    if (q->len == 0 || hf_time_before(now, q->heap[0].at)) return false;
    *slot = q->heap[0].slot;
    remove_at(q, 0);
    return true;
}
