#include "core/governor.h"
#include "base/assert.h"
#include "base/bytes.h"

#include <string.h>

enum {
    BREAKER_BUDGET = 4,
    BREAKER_WINDOW_MS = 600000,
    BREAKER_OPEN_MS = 600000,
    BREAKER_STABLE_MS = 120000,
    BREAKER_COOLDOWN_MAX_MS = 120000
};

static const int64_t quarantine_ms[] = { 60000, 120000, 300000 };
static const uint64_t total_max = ((uint64_t)1 << 53) - 1;

void hf_governor_limits_init(struct hf_governor_limits *limits)
{
    *limits = (struct hf_governor_limits){ .cooldown = HF_MS(2500),
                                           .budget = 5,
                                           .window = HF_MS(300000),
                                           .stable = HF_MS(120000),
                                           .jitter_percent = 25 };
}

void hf_governor_init(struct hf_governor *g, const struct hf_governor_limits *limits)
{
    HF_ASSERT(limits->budget <= HF_LIMIT_KEEPER_BUDGET);
    *g = (struct hf_governor){ .limits = *limits,
                               .executed_at = HF_NEVER,
                               .ready_at = HF_NEVER,
                               .circuit_until = HF_NEVER,
                               .running_at = HF_NEVER,
                               .wall_ms = INT64_MIN };
}

/* Those of the last `window` stay. */
static void drop_old(struct hf_governor *g, hf_time now, hf_span window)
{
    size_t old = 0;
    while (old < g->charged_count && hf_time_since(now, g->charged[old]) >= window) old++;
    g->charged_count -= old;
    memmove(g->charged, g->charged + old, g->charged_count * sizeof g->charged[0]);
}

/* When it is full the oldest is forgotten. */
static void count(struct hf_governor *g, hf_time now)
{
    if (g->charged_count == HF_LIMIT_KEEPER_BUDGET) {
        g->charged_count--;
        memmove(g->charged, g->charged + 1, g->charged_count * sizeof g->charged[0]);
    }
    g->charged[g->charged_count++] = now;
}

static bool is_never(hf_time t)
{
    return hf_time_same(t, HF_NEVER);
}

/* --- the breaker --- */

static hf_span breaker_cooldown(const struct hf_governor *g)
{
    hf_span span = g->limits.cooldown;
    for (uint32_t n = 0; n < g->consecutive && span < HF_MS(BREAKER_COOLDOWN_MAX_MS); n++)
        span *= 2;
    return hf_span_min(span, HF_MS(BREAKER_COOLDOWN_MAX_MS));
}

static void breaker_forget(struct hf_governor *g)
{
    g->charged_count = 0;
    g->consecutive = 0;
    g->executed_at = g->circuit_until = g->running_at = HF_NEVER;
}

static void breaker_tidy(struct hf_governor *g, struct hf_now now)
{
    bool went_back = now.wall_ms < g->wall_ms;
    g->wall_ms = now.wall_ms;
    if (went_back) breaker_forget(g);
    drop_old(g, now.mono, HF_MS(BREAKER_WINDOW_MS));
    if (!is_never(g->running_at) &&
        hf_time_since(now.mono, g->running_at) >= HF_MS(BREAKER_STABLE_MS))
        g->consecutive = 0;
    if (!is_never(g->circuit_until) && !hf_time_before(now.mono, g->circuit_until))
        g->circuit_until = HF_NEVER;
}

static struct hf_governor_answer breaker_ask(struct hf_governor *g, struct hf_now now)
{
    breaker_tidy(g, now);
    if (!is_never(g->circuit_until))
        return (struct hf_governor_answer){ HF_GOVERNOR_CIRCUIT_OPEN,
                                            hf_time_since(g->circuit_until, now.mono) };
    if (g->charged_count >= BREAKER_BUDGET) {
        g->circuit_until = hf_time_after(now.mono, HF_MS(BREAKER_OPEN_MS));
        return (struct hf_governor_answer){ HF_GOVERNOR_EXCEEDED, HF_MS(BREAKER_OPEN_MS) };
    }
    hf_span left = hf_governor_cooldown(g, now.mono);
    if (left > 0) return (struct hf_governor_answer){ HF_GOVERNOR_COOLDOWN, left };
    return (struct hf_governor_answer){ HF_GOVERNOR_ALLOW, 0 };
}

/* --- what is asked --- */

struct hf_governor_answer hf_governor_ask(struct hf_governor *g, struct hf_now now, bool is_auto)
{
    if (g->limits.is_breaker) return breaker_ask(g, now);
    hf_span left = hf_governor_cooldown(g, now.mono);
    if (left > 0) return (struct hf_governor_answer){ HF_GOVERNOR_DELAY, left };
    drop_old(g, now.mono, g->limits.window);
    bool is_out = g->is_quarantined || g->charged_count >= g->limits.budget;
    if (is_auto && is_out) return (struct hf_governor_answer){ HF_GOVERNOR_BUDGET, 0 };
    return (struct hf_governor_answer){ HF_GOVERNOR_ALLOW, 0 };
}

hf_span hf_governor_cooldown(const struct hf_governor *g, hf_time now)
{
    if (is_never(g->executed_at)) return 0;
    hf_span cooldown = g->limits.is_breaker ? breaker_cooldown(g) : g->limits.cooldown;
    return hf_span_max(cooldown - hf_time_since(now, g->executed_at), 0);
}

bool hf_governor_charge(struct hf_governor *g, hf_time now)
{
    drop_old(g, now, g->limits.window);
    if (g->is_quarantined || g->limits.is_breaker) return true; /* the waits are the bound */
    if (g->charged_count >= g->limits.budget) return false;
    count(g, now);
    return true;
}

hf_span hf_governor_quarantine(struct hf_governor *g, struct hf_rng *rng)
{
    size_t last = HF_COUNT(quarantine_ms) - 1;
    size_t at = g->quarantine_tries < last ? g->quarantine_tries : last;
    uint64_t room_ms = (uint64_t)quarantine_ms[at] * g->limits.jitter_percent / 100;
    g->is_quarantined = true;
    if (g->quarantine_tries < UINT32_MAX) g->quarantine_tries++;
    return HF_MS(quarantine_ms[at] + (room_ms ? (int64_t)hf_rng_below(rng, room_ms + 1) : 0));
}

void hf_governor_forgive(struct hf_governor *g)
{
    g->is_quarantined = false;
    g->quarantine_tries = 0;
    if (!g->limits.is_breaker) g->charged_count = 0;
}

/* --- what happened --- */

void hf_governor_running(struct hf_governor *g, hf_time now)
{
    g->running_at = now;
}

void hf_governor_ready(struct hf_governor *g, hf_time now)
{
    if (is_never(g->ready_at)) g->ready_at = now;
}

void hf_governor_left(struct hf_governor *g, hf_time now)
{
    hf_governor_step(g, now);
    g->ready_at = HF_NEVER;
}

void hf_governor_step(struct hf_governor *g, hf_time now)
{
    if (hf_time_before(now, hf_governor_due(g))) return;
    hf_governor_forgive(g);
}

hf_time hf_governor_due(const struct hf_governor *g)
{
    bool has_memory = g->is_quarantined || (g->charged_count > 0 && !g->limits.is_breaker);
    return has_memory ? hf_time_after(g->ready_at, g->limits.stable) : HF_NEVER;
}

static void bump(uint64_t *total)
{
    *total = *total >= total_max ? 0 : *total + 1;
}

void hf_governor_executed(struct hf_governor *g, struct hf_now now)
{
    bump(&g->executed_total);
    g->executed_at = now.mono;
    if (!g->limits.is_breaker) return;
    breaker_tidy(g, now);
    g->executed_at = now.mono;
    if (g->consecutive < UINT32_MAX) g->consecutive++;
    count(g, now.mono);
}

void hf_governor_suppressed(struct hf_governor *g)
{
    bump(&g->suppressed_total);
}

const char *hf_governor_verdict_name(enum hf_governor_verdict verdict)
{
    static const char *const names[] = { "allowed",         "cooldown",        "budget",
                                         "cooldown_active", "budget_exceeded", "circuit_open" };
    HF_ASSERT(verdict < HF_COUNT(names));
    return names[verdict];
}
