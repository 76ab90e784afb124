#include "core/keeper/reaper.h"

enum {
    STOP_GRACE_MS = 10000,
    LIVENESS_GRACE_MS = 3000,
    QUIT_GRACE_MS = 1000,
    BUDGET_MORE_MS = 5000,
    BUDGET_MAX_MS = 330000
};

static enum hf_reaper_act kill_all(struct hf_reaper *r, hf_time now)
{
    r->state = HF_REAPER_KILLING;
    r->due_at = hf_time_after(now, HF_MS(HF_REAPER_STUCK_MS));
    return HF_REAPER_KILL_ALL;
}

/* What is left of the grace is the others', but not more than theirs. */
static enum hf_reaper_act term_rest(struct hf_reaper *r, hf_time now)
{
    hf_time own = hf_time_after(now, HF_MS(HF_REAPER_REST_MS));
    r->state = HF_REAPER_REST;
    r->due_at = hf_time_min(own, r->grace_until);
    return hf_time_before(now, r->due_at) ? HF_REAPER_TERM_REST : kill_all(r, now);
}

static enum hf_reaper_act hurry(struct hf_reaper *r, hf_time now, hf_time until)
{
    if (hf_time_before(until, r->grace_until)) r->grace_until = until;
    r->due_at = hf_time_min(r->due_at, r->grace_until);
    return hf_reaper_step(r, now);
}

enum hf_reaper_act hf_reaper_begin(struct hf_reaper *r, hf_time now, hf_span grace)
{
    hf_time until = hf_time_after(now, grace);
    switch (r->state) {
    case HF_REAPER_RESTING:
        r->grace_until = until;
        if (r->is_main_gone) return term_rest(r, now);
        if (grace <= 0) return kill_all(r, now);
        r->state = HF_REAPER_MAIN;
        r->due_at = until;
        return HF_REAPER_TERM_MAIN;
    case HF_REAPER_MAIN:
    case HF_REAPER_REST:
        return hurry(r, now, until);
    case HF_REAPER_KILLING:
    case HF_REAPER_STUCK:
        return HF_REAPER_NONE;
    }
    return HF_REAPER_NONE;
}

enum hf_reaper_act hf_reaper_main_gone(struct hf_reaper *r, hf_time now)
{
    r->is_main_gone = true;
    return r->state == HF_REAPER_MAIN ? term_rest(r, now) : HF_REAPER_NONE;
}

enum hf_reaper_act hf_reaper_step(struct hf_reaper *r, hf_time now)
{
    if (hf_time_before(now, hf_reaper_due(r))) return HF_REAPER_NONE;
    switch (r->state) {
    case HF_REAPER_MAIN:
    case HF_REAPER_REST:
        return kill_all(r, now);
    case HF_REAPER_KILLING:
        r->state = HF_REAPER_STUCK;
        return HF_REAPER_TELL_STUCK;
    case HF_REAPER_RESTING:
    case HF_REAPER_STUCK:
        return HF_REAPER_NONE;
    }
    return HF_REAPER_NONE;
}

hf_time hf_reaper_due(const struct hf_reaper *r)
{
    bool waits = r->state != HF_REAPER_RESTING && r->state != HF_REAPER_STUCK;
    return waits ? r->due_at : HF_NEVER;
}

hf_span hf_reaper_grace(enum hf_grace_for purpose, hf_span option, hf_span budget)
{
    if (purpose == HF_GRACE_QUIT) return HF_MS(QUIT_GRACE_MS);
    if (purpose == HF_GRACE_LIVENESS) return HF_MS(LIVENESS_GRACE_MS);
    if (option >= 0) return option;
    if (budget < 0) return HF_MS(STOP_GRACE_MS);
    if (budget > HF_MS(BUDGET_MAX_MS - BUDGET_MORE_MS)) return HF_MS(BUDGET_MAX_MS);
    return budget + HF_MS(BUDGET_MORE_MS);
}

hf_span hf_reaper_longest(hf_span grace)
{
    return grace + HF_MS(HF_REAPER_REST_MS) + HF_MS(HF_REAPER_STUCK_MS);
}
