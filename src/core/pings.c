#include "core/pings.h"

#include "base/limits.h"

_Static_assert((int)HF_LIMIT_PING_BATCH <= (int)HF_DUEQ_NTH_MAX, "the queue can find a full batch");

void hf_pings_init(struct hf_pings *p, hf_span slack)
{
    *p = (struct hf_pings){ .slack = slack, .batch_at = HF_NEVER };
    hf_dueq_init(&p->queue);
}

void hf_pings_fini(struct hf_pings *p)
{
    hf_dueq_fini(&p->queue);
}

void hf_pings_set_slack(struct hf_pings *p, hf_span slack)
{
    p->slack = slack;
    p->is_known = false;
}

int hf_pings_reserve(struct hf_pings *p, uint32_t slot)
{
    return hf_dueq_reserve(&p->queue, slot);
}

void hf_pings_set(struct hf_pings *p, uint32_t slot, hf_time at)
{
    hf_dueq_set(&p->queue, slot, at);
    /* A later ping changes nothing about the next batch.  One that left it makes
     * the batch at most early, which open puts right. */
    if (hf_time_before(at, p->batch_at)) p->is_known = false;
}

hf_time hf_pings_due(struct hf_pings *p)
{
    if (!p->is_known) {
        hf_time waited_enough = hf_time_after(hf_dueq_due(&p->queue), p->slack);
        p->batch_at = hf_time_min(waited_enough, hf_dueq_nth(&p->queue, HF_LIMIT_PING_BATCH));
        p->is_known = true;
    }
    return p->batch_at;
}

void hf_pings_open(struct hf_pings *p)
{
    p->left = HF_LIMIT_PING_BATCH;
}

bool hf_pings_pop(struct hf_pings *p, hf_time now, uint32_t *slot)
{
    if (p->left == 0) return false;
    if (!hf_time_before(now, p->batch_at)) p->is_known = false;
    if (!hf_dueq_pop(&p->queue, now, slot)) return false;
    p->is_known = false;
    p->left--;
    return true;
}
