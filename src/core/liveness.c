#include "core/liveness.h"

#include "base/assert.h"
#include "base/err.h"

enum {
    SLACK_DIVISOR = 100, /* 1 % */
    JITTER_GAIN = 16,
    SAMPLE_MAX_MS = UINT16_MAX,
};

#define NOT_WRITTEN UINT32_MAX

int hf_liveness_cfg_check(const struct hf_liveness_cfg *cfg)
{
    if (cfg->ping_every <= 0 || cfg->pong_within <= 0) return HF_ERR_RANGE;
    if (cfg->stale_after < cfg->ping_every) return HF_ERR_RANGE;
    if (cfg->stale_after > HF_MS(INT32_MAX)) return HF_ERR_RANGE;
    return 0;
}

void hf_liveness_init(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, struct hf_now now)
{
    HF_ASSERT(hf_liveness_cfg_check(cfg) == 0);
    *l = (struct hf_liveness){
        .connected = now,
        .next_ping_at = now.mono,
        .rtt_ms = -1,
        .state = HF_LIVENESS_IDLE,
        .write = HF_PING_NONE,
    };
}

/* Moves the next ping to the first tick that is not before `from`.  Ticks keep
 * the phase of the registration, so that connections stay as spread as they came. */
static void skip_ticks_before(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                              hf_time from)
{
    if (!hf_time_before(l->next_ping_at, from)) return;
    hf_span late = hf_time_since(from, l->next_ping_at);
    int64_t ticks = late / cfg->ping_every + (late % cfg->ping_every != 0);
    l->next_ping_at = hf_time_after(l->next_ping_at, ticks * cfg->ping_every);
}

static enum hf_liveness_act ping(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                                 hf_time now)
{
    skip_ticks_before(l, cfg, hf_time_after(now, 1));
    return HF_LIVENESS_PING;
}

static enum hf_liveness_act ping_if_due(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                                        hf_time now)
{
    return hf_time_before(now, l->next_ping_at) ? HF_LIVENESS_NONE : ping(l, cfg, now);
}

static enum hf_liveness_act judge(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                                  hf_time now)
{
    hf_time kill_at = hf_liveness_kill_due(l, cfg);
    if (hf_time_before(now, kill_at)) return HF_LIVENESS_NONE;
    /* A deadline seen an interval late means that we were frozen, not the peer
     * silent (spec section 9): it gets a ping and one full window. */
    if (hf_time_since(now, kill_at) >= cfg->ping_every) {
        l->window_at = now;
        return l->state == HF_LIVENESS_WRITING ? HF_LIVENESS_NONE : ping(l, cfg, now);
    }
    l->state = HF_LIVENESS_CLOSED;
    return HF_LIVENESS_KILL;
}

enum hf_liveness_act hf_liveness_step(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                                      struct hf_now now)
{
    switch ((enum hf_liveness_state)l->state) {
    case HF_LIVENESS_IDLE:
        return ping_if_due(l, cfg, now.mono);
    case HF_LIVENESS_WRITING:
    case HF_LIVENESS_AWAITING:
    case HF_LIVENESS_BROKEN:
        return cfg->is_enforced ? judge(l, cfg, now.mono) : ping_if_due(l, cfg, now.mono);
    case HF_LIVENESS_CLOSED:
        return HF_LIVENESS_NONE;
    }
    HF_UNREACHABLE();
}

hf_time hf_liveness_ping_due(const struct hf_liveness *l, const struct hf_liveness_cfg *cfg)
{
    switch ((enum hf_liveness_state)l->state) {
    case HF_LIVENESS_IDLE:
        return l->next_ping_at;
    case HF_LIVENESS_WRITING:
    case HF_LIVENESS_AWAITING:
    case HF_LIVENESS_BROKEN:
        return cfg->is_enforced ? HF_NEVER : l->next_ping_at;
    case HF_LIVENESS_CLOSED:
        return HF_NEVER;
    }
    HF_UNREACHABLE();
}

hf_time hf_liveness_kill_due(const struct hf_liveness *l, const struct hf_liveness_cfg *cfg)
{
    if (!cfg->is_enforced) return HF_NEVER;
    switch ((enum hf_liveness_state)l->state) {
    case HF_LIVENESS_IDLE:
    case HF_LIVENESS_CLOSED:
        return HF_NEVER;
    case HF_LIVENESS_WRITING:
    case HF_LIVENESS_AWAITING:
        return hf_time_after(l->window_at, cfg->pong_within);
    case HF_LIVENESS_BROKEN:
        return l->next_ping_at;
    }
    HF_UNREACHABLE();
}

hf_span hf_liveness_slack(const struct hf_liveness_cfg *cfg)
{
    return cfg->ping_every / SLACK_DIVISOR;
}

/* Looks like the wall clock and yet never repeats (spec section 4.4). */
static int64_t next_payload(const struct hf_liveness *l, struct hf_now now)
{
    return now.wall_ms > l->last_payload ? now.wall_ms : l->last_payload + 1;
}

size_t hf_liveness_payload(const struct hf_liveness *l, struct hf_now now,
                           char out[HF_LIVENESS_PAYLOAD_MAX])
{
    char digits[HF_LIVENESS_PAYLOAD_MAX];
    size_t len = 0;
    for (int64_t rest = next_payload(l, now); rest > 0; rest /= 10)
        digits[len++] = (char)('0' + rest % 10);
    for (size_t i = 0; i < len; i++) out[i] = digits[len - 1 - i];
    return len;
}

/* Takes the i-th pending ping out.  Its write report may still come. */
static void forget(struct hf_liveness *l, size_t i)
{
    if (l->write_us[i] == NOT_WRITTEN) l->forgotten_writes++;
    l->pending_len--;
    for (; i < l->pending_len; i++) {
        l->payloads[i] = l->payloads[i + 1];
        l->enqueued_at[i] = l->enqueued_at[i + 1];
        l->write_us[i] = l->write_us[i + 1];
    }
}

static bool is_stale(const struct hf_liveness *l, const struct hf_liveness_cfg *cfg, size_t i,
                     hf_time now)
{
    return hf_time_since(now, l->enqueued_at[i]) > cfg->stale_after;
}

static void forget_stale(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, hf_time now)
{
    while (l->pending_len > 0 && is_stale(l, cfg, 0, now)) forget(l, 0);
}

/* ceil(stale / interval) + 1, as far as there is room (spec section 2). */
static size_t pending_max(const struct hf_liveness_cfg *cfg)
{
    int64_t windows =
        cfg->stale_after / cfg->ping_every + (cfg->stale_after % cfg->ping_every != 0);
    return windows < HF_LIMIT_PENDING_PINGS ? (size_t)windows + 1 : HF_LIMIT_PENDING_PINGS;
}

static void record_ping(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, struct hf_now now)
{
    forget_stale(l, cfg, now.mono);
    while (l->pending_len >= pending_max(cfg)) {
        forget(l, 0);
        l->pending_evicted++;
    }
    l->last_payload = next_payload(l, now);
    l->payloads[l->pending_len] = l->last_payload;
    l->enqueued_at[l->pending_len] = now.mono;
    l->write_us[l->pending_len] = NOT_WRITTEN;
    l->pending_len++;
    l->pings_sent++;
    l->state = HF_LIVENESS_WRITING;
    l->write = HF_PING_PENDING;
    l->window_at = now.mono;
}

void hf_liveness_pinged(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, struct hf_now now,
                        enum hf_liveness_sent sent)
{
    switch (sent) {
    case HF_LIVENESS_QUEUED:
        record_ping(l, cfg, now);
        return;
    case HF_LIVENESS_NOT_OPEN:
        l->pings_skipped++;
        return;
    case HF_LIVENESS_FAILED:
        l->pings_skipped++;
        l->state = HF_LIVENESS_BROKEN;
        l->write = HF_PING_FAILED;
        return;
    }
    HF_UNREACHABLE();
}

static size_t first_unwritten(const struct hf_liveness *l)
{
    size_t i = 0;
    while (i < l->pending_len && l->write_us[i] != NOT_WRITTEN) i++;
    return i;
}

void hf_liveness_written(struct hf_liveness *l, hf_time now)
{
    if (l->state == HF_LIVENESS_CLOSED) return;
    if (l->forgotten_writes > 0) {
        l->forgotten_writes--;
    } else {
        size_t i = first_unwritten(l);
        HF_ASSERT(i < l->pending_len);
        hf_span us = hf_time_since(now, l->enqueued_at[i]) / 1000;
        l->write_us[i] = us < NOT_WRITTEN ? (uint32_t)us : NOT_WRITTEN - 1;
    }
    if (l->forgotten_writes > 0 || first_unwritten(l) < l->pending_len) return;
    if (l->write == HF_PING_PENDING) l->write = HF_PING_COMPLETED;
    if (l->state != HF_LIVENESS_WRITING) return;
    l->state = HF_LIVENESS_AWAITING;
    l->window_at = now;
}

bool hf_liveness_moved(struct hf_liveness *l, hf_time now)
{
    if (l->state != HF_LIVENESS_WRITING) return false;
    l->window_at = now;
    return true;
}

/* The number that these bytes spell exactly as we do, or 0. */
static int64_t payload_number(struct hf_bytes payload)
{
    uint64_t number;
    if (payload.len == 0 || payload.len >= HF_LIVENESS_PAYLOAD_MAX || payload.ptr[0] == '0')
        return 0;
    if (!hf_bytes_u64(payload, &number) || number > INT64_MAX) return 0;
    return (int64_t)number;
}

static size_t find_pending(const struct hf_liveness *l, struct hf_bytes payload)
{
    int64_t number = payload_number(payload);
    size_t i = 0;
    while (i < l->pending_len && l->payloads[i] != number) i++;
    return i;
}

/* The peer showed life: nothing is awaited until the next tick.  Ticks that went
 * by while an enforced pong was awaited are skipped, not caught up. */
static void settle(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, hf_time now)
{
    if (l->state == HF_LIVENESS_IDLE) return;
    l->state = HF_LIVENESS_IDLE;
    if (cfg->is_enforced) skip_ticks_before(l, cfg, now);
}

static void keep_sample(struct hf_liveness *l, int64_t sample_ms)
{
    uint16_t sample = (uint16_t)(sample_ms < SAMPLE_MAX_MS ? sample_ms : SAMPLE_MAX_MS);
    if (l->sample_count > 0) {
        size_t newest = (l->sample_next + HF_LIVENESS_SAMPLES - 1u) % HF_LIVENESS_SAMPLES;
        int32_t step = sample - l->samples_ms[newest];
        int32_t jitter = l->jitter_ms16 + (step < 0 ? -step : step) - l->jitter_ms16 / JITTER_GAIN;
        l->jitter_ms16 = (uint16_t)(jitter < UINT16_MAX ? jitter : UINT16_MAX);
    }
    l->samples_ms[l->sample_next] = sample;
    l->sample_next = (uint8_t)((l->sample_next + 1u) % HF_LIVENESS_SAMPLES);
    if (l->sample_count < HF_LIVENESS_SAMPLES) l->sample_count++;
}

static void accept(struct hf_liveness *l, size_t i, struct hf_now now)
{
    hf_time base = l->enqueued_at[i];
    if (l->write_us[i] != NOT_WRITTEN) base = hf_time_after(base, HF_US(l->write_us[i]));
    int64_t sample = hf_span_ms(hf_span_max(0, hf_time_since(now.mono, base)));
    /* 0.8 and 0.2 in integers; the numerator is even, so there is no tie. */
    l->rtt_ms =
        l->rtt_ms < 0 ? (int32_t)sample : (int32_t)((8 * (int64_t)l->rtt_ms + 2 * sample + 5) / 10);
    keep_sample(l, sample);
    l->heartbeat = now;
    l->pongs_accepted++;
    forget(l, i);
}

enum hf_pong hf_liveness_pong(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                              struct hf_now now, struct hf_bytes payload)
{
    if (l->state == HF_LIVENESS_CLOSED) return HF_PONG_IGNORED;
    size_t i = find_pending(l, payload);
    bool is_pending = i < l->pending_len;
    /* Any pong is life once the ping is out; while its write is stuck only an
     * answer to a real ping says more than the bytes that moved. */
    if (l->state != HF_LIVENESS_WRITING || is_pending) settle(l, cfg, now.mono);
    if (!is_pending) {
        l->pongs_unmatched++;
        return HF_PONG_UNMATCHED;
    }
    if (is_stale(l, cfg, i, now.mono)) {
        l->pongs_stale++;
        forget_stale(l, cfg, now.mono);
        return HF_PONG_STALE;
    }
    accept(l, i, now);
    return HF_PONG_ACCEPTED;
}

void hf_liveness_close(struct hf_liveness *l)
{
    l->state = HF_LIVENESS_CLOSED;
}

struct hf_liveness_view hf_liveness_view(const struct hf_liveness *l,
                                         const struct hf_liveness_cfg *cfg, hf_time now)
{
    bool has_heartbeat = l->pongs_accepted > 0;
    hf_time last = has_heartbeat ? l->heartbeat.mono : l->connected.mono;
    return (struct hf_liveness_view){
        .is_connected =
            l->state != HF_LIVENESS_CLOSED && hf_time_since(now, last) <= cfg->stale_after,
        .has_rtt = l->rtt_ms >= 0,
        .has_heartbeat = has_heartbeat,
        .rtt_ms = l->rtt_ms,
        .heartbeat_wall_ms = l->heartbeat.wall_ms,
    };
}

static void sort_samples(uint16_t *samples, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint16_t sample = samples[i];
        size_t at = i;
        for (; at > 0 && samples[at - 1] > sample; at--) samples[at] = samples[at - 1];
        samples[at] = sample;
    }
}

/* Nearest rank, as the smallest sample that `percent` of all do not exceed. */
static int64_t rank(const uint16_t *sorted, size_t count, size_t percent)
{
    return sorted[(count * percent + 99) / 100 - 1];
}

struct hf_liveness_rtt hf_liveness_rtt(const struct hf_liveness *l)
{
    uint16_t sorted[HF_LIVENESS_SAMPLES];
    size_t count = l->sample_count;
    if (count == 0) return (struct hf_liveness_rtt){ 0 };
    memcpy(sorted, l->samples_ms, sizeof sorted);
    sort_samples(sorted, count);
    return (struct hf_liveness_rtt){
        .count = count,
        .last_ms = l->samples_ms[(l->sample_next + HF_LIVENESS_SAMPLES - 1u) % HF_LIVENESS_SAMPLES],
        .min_ms = sorted[0],
        .p50_ms = rank(sorted, count, 50),
        .p95_ms = rank(sorted, count, 95),
        .jitter_ms = l->jitter_ms16 / JITTER_GAIN,
    };
}

struct hf_liveness_facts hf_liveness_facts(const struct hf_liveness *l, hf_time now)
{
    bool has_pong = l->pongs_accepted > 0;
    return (struct hf_liveness_facts){
        .ping_write = (enum hf_ping_write)l->write,
        .has_pong = has_pong,
        .last_pong_age_ms = has_pong ? hf_span_ms(hf_time_since(now, l->heartbeat.mono)) : 0,
        .connected_ms = hf_span_ms(hf_time_since(now, l->connected.mono)),
    };
}

const char *hf_ping_write_name(enum hf_ping_write write)
{
    switch (write) {
    case HF_PING_NONE:
        return "none";
    case HF_PING_PENDING:
        return "pending";
    case HF_PING_COMPLETED:
        return "completed";
    case HF_PING_FAILED:
        return "failed";
    }
    HF_UNREACHABLE();
}
