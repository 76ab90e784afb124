#include "core/heartbeat.h"

#define BEAT_EVERY HF_SECONDS(30)
#define GRACE_FOR HF_SECONDS(60)
#define WARN_EVERY HF_SECONDS(120)
#define ACTIVITY_FOR HF_SECONDS(120)
#define LATE_FROM HF_SECONDS(1)

enum {
    PERSISTENT_MS = 60000,    /* degradation that lasts this long is warned about */
    STARVED_P99_MS10 = 10000, /* 1 s */
};

void hf_heartbeat_init(struct hf_heartbeat *h)
{
    *h = (struct hf_heartbeat){
        .started_at = HF_NEVER,
        .next_at = HF_NEVER,
        .warned_at = HF_NEVER,
    };
}

void hf_heartbeat_start(struct hf_heartbeat *h, hf_time now)
{
    if (!hf_time_same(h->next_at, HF_NEVER)) return;
    h->started_at = now;
    h->next_at = hf_time_after(now, BEAT_EVERY);
}

void hf_heartbeat_stop(struct hf_heartbeat *h)
{
    hf_heartbeat_init(h);
}

/* Did `at` happen, and less than `span` ago? */
static bool is_recent(hf_time now, hf_time at, hf_span span)
{
    return !hf_time_same(at, HF_NEVER) && hf_time_since(now, at) < span;
}

static bool is_loud(const struct hf_heartbeat_input *input)
{
    return input->waiting > 0 || input->queued > 0 || input->degraded_since_ms >= PERSISTENT_MS ||
           (input->active > 0 && input->delay_p99_ms10 >= STARVED_P99_MS10);
}

struct hf_heartbeat_beat hf_heartbeat_step(struct hf_heartbeat *h, hf_time now,
                                           const struct hf_heartbeat_input *input)
{
    struct hf_heartbeat_beat beat = { .is_beat = false };
    if (hf_time_before(now, h->next_at)) return beat;
    hf_span late = hf_time_since(now, h->next_at);
    h->next_at = hf_time_after(h->next_at, (late / BEAT_EVERY + 1) * BEAT_EVERY);

    beat.is_beat = true;
    beat.late_ms = hf_span_ms(late);
    beat.is_delayed = late >= LATE_FROM;
    beat.in_grace = hf_time_since(now, h->started_at) < GRACE_FOR;
    beat.warn = input->is_degraded && !beat.in_grace && !is_recent(now, h->warned_at, WARN_EVERY);
    if (beat.warn) {
        beat.warn_loudly = is_loud(input);
        h->warned_at = now;
    }
    beat.record = beat.warn || is_recent(now, input->activity_at, ACTIVITY_FOR) ||
                  input->active > 0 || input->waiting > 0 || input->queued > 0;
    return beat;
}

hf_time hf_heartbeat_due(const struct hf_heartbeat *h)
{
    return h->next_at;
}
