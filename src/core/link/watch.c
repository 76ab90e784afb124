#include "core/link/watch.h"

static hf_span tick_check_every(const struct hf_watch *w, const struct hf_watch_limits *limits)
{
    return hf_span_max(w->tick_every, limits->tick_check_min);
}

static hf_time next_ping(const struct hf_watch *w, const struct hf_watch_limits *limits,
                         hf_time now)
{
    bool has_pings = limits->ping_every > 0 && !w->is_quiet;
    return has_pings ? hf_time_after(now, limits->ping_every) : HF_NEVER;
}

static void open_windows(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now)
{
    w->frame_at = w->byte_at = now;
    w->tick_check_at = hf_time_after(now, tick_check_every(w, limits));
    w->ping_at = next_ping(w, limits, now);
    w->ping_written_at = w->beat_until = HF_NEVER;
    w->beat_at = w->has_beat ? hf_time_after(now, limits->beat_every) : HF_NEVER;
    w->beat_misses = 0;
}

void hf_watch_start(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                    hf_span tick_every, bool has_beat)
{
    *w = (struct hf_watch){ .tick_every = tick_every,
                            .has_beat = has_beat && limits->beat_every > 0,
                            .is_quiet = w->is_quiet };
    open_windows(w, limits, now);
}

void hf_watch_bytes(struct hf_watch *w, hf_time now)
{
    w->byte_at = now;
}

void hf_watch_frame(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now)
{
    w->frame_at = now;
    w->beat_misses = 0;
    w->beat_until = HF_NEVER;
    w->beat_at = w->has_beat ? hf_time_after(now, limits->beat_every) : HF_NEVER;
}

void hf_watch_ping_written(struct hf_watch *w, hf_time now)
{
    if (!w->is_quiet) w->ping_written_at = now;
}

bool hf_watch_pong(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                   hf_span *rtt)
{
    if (hf_time_same(w->ping_written_at, HF_NEVER)) return false;
    *rtt = hf_time_since(now, w->ping_written_at);
    w->ping_written_at = HF_NEVER;
    w->ping_at = next_ping(w, limits, now);
    return true;
}

void hf_watch_beat_answered(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                            bool is_unsupported)
{
    if (is_unsupported) w->has_beat = false;
    hf_watch_frame(w, limits, now);
}

void hf_watch_woke(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now)
{
    open_windows(w, limits, now);
    hf_watch_probe(w, limits, now);
}

void hf_watch_probe(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now)
{
    bool has_pings = limits->ping_every > 0 && !w->is_quiet;
    if (has_pings && !hf_time_same(w->ping_at, HF_NEVER)) w->ping_at = now;
}

void hf_watch_rest_pings(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                         bool rests)
{
    if (w->is_quiet == rests) return;
    w->is_quiet = rests;
    w->ping_written_at = HF_NEVER;
    w->ping_at = next_ping(w, limits, now);
    hf_watch_probe(w, limits, now);
}

/* When the awaited pong is given up: any byte since the ping opens the window anew. */
static hf_time pong_due(const struct hf_watch *w, const struct hf_watch_limits *limits)
{
    if (hf_time_same(w->ping_written_at, HF_NEVER)) return HF_NEVER;
    return hf_time_after(hf_time_max(w->ping_written_at, w->byte_at), limits->pong_within);
}

static bool is_due(hf_time now, hf_time at)
{
    return !hf_time_before(now, at);
}

static bool is_tick_over(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                         bool tick_rests)
{
    if (!is_due(now, w->tick_check_at)) return false;
    w->tick_check_at = hf_time_after(now, tick_check_every(w, limits));
    return !tick_rests && hf_time_since(now, w->frame_at) > 2 * w->tick_every;
}

static bool is_beat_over(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now)
{
    if (!is_due(now, w->beat_until)) return false;
    w->beat_until = HF_NEVER;
    /* A pong or half a frame in between is a sign of life as well. */
    bool was_silent = !hf_time_before(hf_time_after(now, -limits->beat_within), w->byte_at);
    w->beat_misses = was_silent ? w->beat_misses + 1 : 0;
    w->beat_at = hf_time_after(now, limits->beat_every);
    return w->beat_misses >= limits->beat_misses_max;
}

enum hf_watch_act hf_watch_step(struct hf_watch *w, const struct hf_watch_limits *limits,
                                hf_time now, bool tick_rests)
{
    if (is_tick_over(w, limits, now, tick_rests)) return HF_WATCH_TICK_TIMEOUT;
    if (is_due(now, pong_due(w, limits))) return HF_WATCH_PING_TIMEOUT;
    if (is_beat_over(w, limits, now)) return HF_WATCH_BEAT_TIMEOUT;
    if (is_due(now, w->ping_at)) {
        w->ping_at = HF_NEVER;
        return HF_WATCH_PING;
    }
    if (is_due(now, w->beat_at)) {
        w->beat_at = HF_NEVER;
        w->beat_until = hf_time_after(now, limits->beat_within);
        return HF_WATCH_BEAT;
    }
    return HF_WATCH_NONE;
}

hf_time hf_watch_due(const struct hf_watch *w, const struct hf_watch_limits *limits)
{
    hf_time due = hf_time_min(w->tick_check_at, pong_due(w, limits));
    due = hf_time_min(due, hf_time_min(w->ping_at, w->beat_at));
    return hf_time_min(due, w->beat_until);
}
