#include "core/link/backoff.h"

enum { HINT_DEFAULT_MS = 500, HINT_MIN_MS = 100, HINT_MAX_MS = 2000 };

void hf_backoff_init(struct hf_backoff *b, const struct hf_backoff_limits *limits)
{
    *b = (struct hf_backoff){ .initial = limits->initial };
}

/* Twice as long each time, up to `max`. */
static hf_span climb(hf_span wait, uint32_t steps, hf_span max)
{
    for (uint32_t n = 0; n < steps && wait < max; n++) wait *= 2;
    return hf_span_min(wait, max);
}

static hf_span ladder(const struct hf_backoff *b, const struct hf_backoff_limits *limits)
{
    if (limits->slow_after > 0 && b->failures > limits->slow_after)
        return climb(limits->max, b->failures - limits->slow_after, limits->slow_max);
    return climb(b->initial, b->failures - 1, limits->max);
}

hf_span hf_backoff_fail(struct hf_backoff *b, const struct hf_backoff_limits *limits,
                        struct hf_rng *rng)
{
    if (b->failures < UINT32_MAX) b->failures++;
    hf_span wait = ladder(b, limits);
    uint64_t room_ms = (uint64_t)hf_span_ms(wait) * limits->jitter_percent / 100;
    return room_ms ? wait + HF_MS(hf_rng_below(rng, room_ms)) : wait;
}

void hf_backoff_restart(struct hf_backoff *b, hf_span initial)
{
    b->failures = 0;
    b->initial = initial;
}

void hf_backoff_reset(struct hf_backoff *b, const struct hf_backoff_limits *limits)
{
    hf_backoff_init(b, limits);
}

hf_span hf_backoff_hint(bool has_hint, double hint_ms)
{
    /* The comparisons are false for NaN. */
    bool is_finite = hint_ms > -1e300 && hint_ms < 1e300;
    if (!has_hint || !is_finite) return HF_MS(HINT_DEFAULT_MS);
    if (hint_ms < HINT_MIN_MS) return HF_MS(HINT_MIN_MS);
    if (hint_ms > HINT_MAX_MS) return HF_MS(HINT_MAX_MS);
    return HF_MS((int64_t)hint_ms);
}
