#include "core/keeper/debounce.h"

hf_span hf_debounce_push(struct hf_debounce *d, hf_time now, hf_span delay)
{
    if (!d->is_armed) d->latest = hf_time_after(now, HF_MS(HF_DEBOUNCE_MAX_MS));
    /* A delay longer than the longest wait is the caller's wish, as long as it is alone. */
    hf_time wanted = hf_time_after(now, delay);
    d->fire_at = d->is_armed ? hf_time_min(wanted, d->latest) : wanted;
    d->latest = hf_time_max(d->latest, d->fire_at);
    d->is_armed = true;
    return hf_time_since(d->fire_at, now);
}

bool hf_debounce_fire(struct hf_debounce *d, hf_time now)
{
    if (hf_time_before(now, hf_debounce_due(d))) return false;
    d->is_armed = false;
    return true;
}

hf_time hf_debounce_due(const struct hf_debounce *d)
{
    return d->is_armed ? d->fire_at : HF_NEVER;
}
