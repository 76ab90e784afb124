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
    p->is_settled = false;
}

int hf_pings_reserve(struct hf_pings *p, uint32_t slot)
{
    return hf_dueq_reserve(&p->queue, slot);
}

void hf_pings_set(struct hf_pings *p, uint32_t slot, hf_time at)
{
    hf_dueq_set(&p->queue, slot, at);
    /* A ping behind the next batch does not change it.  One that left makes it at
     * most early: that batch finds less, and the next settle puts it right. */
    if (hf_time_before(at, p->batch_at)) p->is_settled = false;
}

void hf_pings_open(struct hf_pings *p)
{
    p->left = HF_LIMIT_PING_BATCH;
}

bool hf_pings_pop(struct hf_pings *p, hf_time now, uint32_t *slot)
{
    if (p->left == 0) return false;
    if (!hf_time_before(now, p->batch_at)) p->is_settled = false;
    if (!hf_dueq_pop(&p->queue, now, slot)) return false;
    p->is_settled = false;
    p->left--;
    return true;
}

void hf_pings_settle(struct hf_pings *p)
{
    if (p->is_settled) return;
    hf_time waited_enough = hf_time_after(hf_dueq_due(&p->queue), p->slack);
    p->batch_at = hf_time_min(waited_enough, hf_dueq_nth(&p->queue, HF_LIMIT_PING_BATCH));
    p->is_settled = true;
}

hf_time hf_pings_due(const struct hf_pings *p)
{
    return p->is_settled ? p->batch_at : hf_dueq_due(&p->queue);
}
