#include "core/ticks.h"
#include "base/assert.h"

void hf_ticks_init(struct hf_ticks *t, hf_time now, hf_span every)
{
    HF_ASSERT(every > 0);
    *t = (struct hf_ticks){ .every = every, .at = hf_time_after(now, every) };
}

void hf_ticks_set(struct hf_ticks *t, hf_time now, hf_span every)
{
    HF_ASSERT(every > 0);
    t->every = every;
    t->at = hf_time_min(t->at, hf_time_after(now, every));
}

static size_t place_for(const struct hf_ticks *t)
{
    size_t unused = HF_LIMIT_TICK_PROMISES, shortest = 0;
    for (size_t i = 0; i < HF_LIMIT_TICK_PROMISES; i++) {
        const struct hf_tick_promise *promise = &t->promises[i];
        if (promise->clients > 0 && promise->every == t->every) return i;
        if (promise->clients == 0) unused = i;
        if (promise->every < t->promises[shortest].every) shortest = i;
    }
    return unused < HF_LIMIT_TICK_PROMISES ? unused : shortest;
}

uint8_t hf_ticks_enter(struct hf_ticks *t)
{
    size_t place = place_for(t);
    struct hf_tick_promise *promise = &t->promises[place];
    bool is_shared = promise->clients > 0;
    promise->every = is_shared ? hf_span_min(promise->every, t->every) : t->every;
    promise->clients++;
    return (uint8_t)place;
}

void hf_ticks_leave(struct hf_ticks *t, uint8_t place)
{
    HF_ASSERT(place < HF_LIMIT_TICK_PROMISES && t->promises[place].clients > 0);
    t->promises[place].clients--;
}

static hf_span interval(const struct hf_ticks *t)
{
    hf_span least = t->every;
    for (size_t i = 0; i < HF_LIMIT_TICK_PROMISES; i++)
        if (t->promises[i].clients > 0) least = hf_span_min(least, t->promises[i].every);
    return least;
}

bool hf_ticks_step(struct hf_ticks *t, hf_time now)
{
    if (hf_time_before(now, t->at)) return false;
    t->at = hf_time_after(now, interval(t));
    return true;
}

hf_time hf_ticks_due(const struct hf_ticks *t)
{
    for (size_t i = 0; i < HF_LIMIT_TICK_PROMISES; i++)
        if (t->promises[i].clients > 0) return t->at;
    return HF_NEVER;
}
