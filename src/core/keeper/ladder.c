#include "core/keeper/ladder.h"
#include "base/bytes.h"

enum { HINT_MIN_MS = 100, HINT_MAX_MS = 2000, READY_AGAIN_MS = 30000 };

static const int64_t startup_ms[] = { 500, 1000, 2000, 4000, 8000, 8000 };
static const int64_t ready_ms[] = { 1500, 3000, 5000, 8000, 12000, 30000 };

void hf_ladder_limits_init(struct hf_ladder_limits *limits)
{
    *limits = (struct hf_ladder_limits){ .attempts_max = 10,
                                         .base = HF_MS(1000),
                                         .cap = HF_MS(30000),
                                         .slow_every = HF_MS(300000),
                                         .jitter_percent = 25 };
}

static hf_span jittered(hf_span delay, unsigned percent, struct hf_rng *rng)
{
    uint64_t room_ms = (uint64_t)hf_span_ms(delay) * percent / 100;
    return room_ms ? delay + HF_MS(hf_rng_below(rng, room_ms + 1)) : delay;
}

struct hf_ladder_step hf_ladder_next(const struct hf_ladder_limits *limits, bool is_wanted,
                                     bool is_armed, uint32_t attempts, struct hf_rng *rng)
{
    if (!is_wanted) return (struct hf_ladder_step){ .verdict = HF_LADDER_DISABLED };
    if (is_armed) return (struct hf_ladder_step){ .verdict = HF_LADDER_SCHEDULED };
    if (attempts >= limits->attempts_max)
        return (struct hf_ladder_step){
            .verdict = HF_LADDER_EXHAUSTED,
            .delay = jittered(limits->slow_every, limits->jitter_percent, rng),
        };
    hf_span delay = limits->base;
    for (uint32_t n = 0; n < attempts && delay < limits->cap; n++) delay *= 2;
    delay = hf_span_min(delay, limits->cap);
    return (struct hf_ladder_step){ .verdict = HF_LADDER_SCHEDULE,
                                    .attempt = attempts + 1,
                                    .delay = jittered(delay, limits->jitter_percent, rng) };
}

bool hf_ladder_startup(uint32_t *step, bool has_hint, double hint_ms, hf_span *wait)
{
    bool is_finite = hint_ms > -1e300 && hint_ms < 1e300; /* false for NaN */
    if (has_hint && is_finite) {
        double ms = hint_ms < HINT_MIN_MS   ? HINT_MIN_MS
                    : hint_ms > HINT_MAX_MS ? HINT_MAX_MS
                                            : hint_ms;
        *wait = HF_MS((int64_t)ms);
        return true;
    }
    if (*step >= HF_COUNT(startup_ms)) return false;
    *wait = HF_MS(startup_ms[(*step)++]);
    return true;
}

hf_span hf_ladder_ready_probe(uint32_t n)
{
    size_t last = HF_COUNT(ready_ms) - 1;
    if (n <= last) return HF_MS(ready_ms[n]);
    return HF_MS(ready_ms[last]) + HF_MS((int64_t)(n - last) * READY_AGAIN_MS);
}
