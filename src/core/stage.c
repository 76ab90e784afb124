#include "core/stage.h"

#include "base/assert.h"
#include "base/err.h"

enum {
    RETRY_MS = 500,
    RETRY_MS_MAX = 2000,
    REJECTS_AT_ONCE = 8, /* per second; those after them are spread ... */
    SPREAD_MS = 10,      /* ... by so much more for each of them */
    DRAIN_RETRY_MS = 1000,
    CLOSE_TRY_AGAIN_LATER = 1013,
    HTTP_OK = 200,
    HTTP_UNAVAILABLE = 503,
};

/* Families that need what start-up is still making (spec 2.5). */
static const struct hf_bytes gated_at_start[] = {
    HF_LIT_INIT("agent"),
    HF_LIT_INIT("agent.wait"),
    HF_LIT_INIT("chat.history"),
    HF_LIT_INIT("chat.metadata"),
    HF_LIT_INIT("chat.send"),
    HF_LIT_INIT("chat.startup"),
    HF_LIT_INIT("gateway.suspend.prepare"),
    HF_LIT_INIT("models.list"),
    HF_LIT_INIT("sessions.abort"),
    HF_LIT_INIT("sessions.create"),
    HF_LIT_INIT("sessions.list"),
    HF_LIT_INIT("sessions.messages.subscribe"),
    HF_LIT_INIT("sessions.send"),
    HF_LIT_INIT("sessions.subscribe"),
    HF_LIT_INIT("tools.effective"),
};

static const struct hf_bytes gated_prefixes[] = {
    HF_LIT_INIT("desktop."),
    HF_LIT_INIT("environments."),
};

/* What a draining gateway still answers: questions about itself. */
static const struct hf_bytes open_in_drain[] = {
    HF_LIT_INIT("config.get"),
    HF_LIT_INIT("config.schema"),
    HF_LIT_INIT("config.schema.lookup"),
    HF_LIT_INIT("gateway.identity.get"),
    HF_LIT_INIT("health"),
    HF_LIT_INIT("last-heartbeat"),
    HF_LIT_INIT("logs.tail"),
    HF_LIT_INIT("status"),
    HF_LIT_INIT("system-presence"),
    HF_LIT_INIT("system.info"),
};

static const struct hf_bytes open_prefixes_in_drain[] = {
    HF_LIT_INIT("diagnostics."),
};

static const struct hf_bytes startup_reason = HF_LIT_INIT("startup-sidecars");

void hf_stage_init(struct hf_stage *s, hf_time now)
{
    *s = (struct hf_stage){
        .state = HF_STAGE_PRE_LISTEN,
        .started_at = now,
        .drain_until = HF_NEVER,
    };
}

static struct hf_bytes item_name(const struct hf_stage_item *item)
{
    return hf_bytes(item->name, item->name_len);
}

static struct hf_stage_item *find_item(struct hf_stage *s, struct hf_bytes name)
{
    for (size_t i = 0; i < s->item_count; i++)
        if (hf_bytes_same(item_name(&s->items[i]), name)) return &s->items[i];
    return NULL;
}

static bool is_starting(const struct hf_stage *s)
{
    switch (s->state) {
    case HF_STAGE_PRE_LISTEN:
    case HF_STAGE_LISTENING:
    case HF_STAGE_STARTING:
        return true;
    case HF_STAGE_READY:
    case HF_STAGE_DRAINING:
    case HF_STAGE_CLOSING:
        return false;
    }
    HF_UNREACHABLE();
}

int hf_stage_add(struct hf_stage *s, struct hf_bytes name)
{
    if (!is_starting(s)) return HF_ERR_STATE;
    if (name.len > HF_STAGE_NAME_BYTES) return HF_ERR_TOO_LARGE;
    if (find_item(s, name)) return HF_ERR_EXISTS;
    if (s->item_count == HF_STAGE_ITEMS) return HF_ERR_LIMIT;
    struct hf_stage_item *item = &s->items[s->item_count++];
    *item = (struct hf_stage_item){ .name_len = (uint8_t)name.len };
    if (name.len > 0) memcpy(item->name, name.ptr, name.len);
    s->pending_count++;
    return 0;
}

/* The one flip: S2 to S3, when nothing is pending. */
static enum hf_stage_act flip(struct hf_stage *s)
{
    if (s->state != HF_STAGE_STARTING || s->pending_count > 0) return HF_STAGE_NONE;
    s->state = HF_STAGE_READY;
    return HF_STAGE_IS_READY;
}

void hf_stage_listen(struct hf_stage *s)
{
    if (s->state == HF_STAGE_PRE_LISTEN) s->state = HF_STAGE_LISTENING;
}

enum hf_stage_act hf_stage_attach(struct hf_stage *s)
{
    if (s->state != HF_STAGE_LISTENING) return HF_STAGE_NONE;
    s->state = HF_STAGE_STARTING;
    return flip(s);
}

enum hf_stage_act hf_stage_item_ready(struct hf_stage *s, struct hf_bytes name)
{
    struct hf_stage_item *item = find_item(s, name);
    if (!item || item->is_ready) return HF_STAGE_NONE;
    item->is_ready = true;
    s->pending_count--;
    return flip(s);
}

enum hf_stage_act hf_stage_stop(struct hf_stage *s, hf_time now, hf_span drain_for,
                                bool will_restart, int64_t restart_expected_ms)
{
    switch (s->state) {
    case HF_STAGE_PRE_LISTEN:
    case HF_STAGE_LISTENING:
    case HF_STAGE_STARTING:
    case HF_STAGE_READY:
        s->state = HF_STAGE_DRAINING;
        s->drain_until = hf_time_after(now, drain_for);
        s->will_restart = will_restart;
        s->restart_expected_ms = will_restart ? restart_expected_ms : 0;
        return HF_STAGE_DRAIN;
    case HF_STAGE_DRAINING:
        s->state = HF_STAGE_CLOSING;
        return HF_STAGE_CLOSE_ALL;
    case HF_STAGE_CLOSING:
        return HF_STAGE_NONE;
    }
    HF_UNREACHABLE();
}

enum hf_stage_act hf_stage_step(struct hf_stage *s, hf_time now, size_t open_work)
{
    if (s->state != HF_STAGE_DRAINING) return HF_STAGE_NONE;
    if (open_work > 0 && hf_time_before(now, s->drain_until)) return HF_STAGE_NONE;
    s->state = HF_STAGE_CLOSING;
    return HF_STAGE_CLOSE_ALL;
}

hf_time hf_stage_due(const struct hf_stage *s)
{
    return s->state == HF_STAGE_DRAINING ? s->drain_until : HF_NEVER;
}

/* Neighbouring numbers must land far apart: a crowd's connections are numbered in
 * a row. */
static uint64_t scatter(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

void hf_stage_expect(struct hf_stage *s, hf_time at)
{
    s->expected_at = at;
}

/* How long nobody needs to ask. */
static int64_t retry_ms_min(const struct hf_stage *s, hf_time now)
{
    hf_span left = hf_time_since(s->expected_at, now);
    if (left >= HF_MS(RETRY_MS_MAX)) return RETRY_MS_MAX;
    return left > HF_MS(RETRY_MS) ? hf_span_ms(left) : RETRY_MS;
}

static int64_t retry_after(struct hf_stage *s, hf_time now, uint64_t conn_hash)
{
    if (s->rejects == 0 || hf_time_since(now, s->rejects_at) >= HF_SECONDS(1)) {
        s->rejects_at = now;
        s->rejects = 0;
    }
    int64_t least = retry_ms_min(s, now);
    int64_t spread_ms = RETRY_MS_MAX - least;
    if (s->rejects < UINT32_MAX) s->rejects++;
    if (s->rejects <= REJECTS_AT_ONCE) return least;
    int64_t wanted_ms = (int64_t)(s->rejects - REJECTS_AT_ONCE) * SPREAD_MS;
    if (wanted_ms < spread_ms) spread_ms = wanted_ms;
    return least + (int64_t)(scatter(conn_hash) % (uint64_t)(spread_ms + 1));
}

static struct hf_stage_refusal drain_refusal(struct hf_bytes message)
{
    return (struct hf_stage_refusal){
        .is_refused = true,
        .message = message,
        .reason = HF_LIT("gateway-restarting"),
        .phase = HF_LIT("accepting"),
        .retry_after_ms = DRAIN_RETRY_MS,
        .close_code = CLOSE_TRY_AGAIN_LATER,
        .close_reason = HF_LIT("gateway restart in progress"),
        .cause = HF_LIT("gateway-restarting"),
    };
}

static struct hf_stage_refusal start_refusal(struct hf_bytes message, int64_t retry_after_ms)
{
    return (struct hf_stage_refusal){
        .is_refused = true,
        .is_starting = true,
        .message = message,
        .reason = startup_reason,
        .retry_after_ms = retry_after_ms,
        .close_code = CLOSE_TRY_AGAIN_LATER,
        .close_reason = HF_LIT("gateway starting"),
        .cause = HF_LIT("startup-sidecars-pending"),
    };
}

struct hf_stage_refusal hf_stage_connect(struct hf_stage *s, hf_time now, uint64_t conn_hash)
{
    switch (s->state) {
    case HF_STAGE_PRE_LISTEN:
    case HF_STAGE_LISTENING:
    case HF_STAGE_STARTING:
        return start_refusal(HF_LIT("gateway starting; retry shortly"),
                             retry_after(s, now, conn_hash));
    case HF_STAGE_READY:
        return (struct hf_stage_refusal){ .is_refused = false };
    case HF_STAGE_DRAINING:
    case HF_STAGE_CLOSING:
        return drain_refusal(HF_LIT("connect unavailable during gateway restart"));
    }
    HF_UNREACHABLE();
}

static bool is_listed(struct hf_bytes method, const struct hf_bytes *names, size_t name_count,
                      const struct hf_bytes *prefixes, size_t prefix_count)
{
    for (size_t i = 0; i < name_count; i++)
        if (hf_bytes_same(method, names[i])) return true;
    for (size_t i = 0; i < prefix_count; i++)
        if (hf_bytes_starts(method, prefixes[i])) return true;
    return false;
}

struct hf_stage_refusal hf_stage_method(const struct hf_stage *s, struct hf_bytes method)
{
    static const struct hf_stage_refusal open = { .is_refused = false };
    switch (s->state) {
    case HF_STAGE_PRE_LISTEN:
    case HF_STAGE_LISTENING:
    case HF_STAGE_STARTING:
        return is_listed(method, gated_at_start, HF_COUNT(gated_at_start), gated_prefixes,
                         HF_COUNT(gated_prefixes))
                   ? start_refusal(HF_LIT(" unavailable during gateway startup"), RETRY_MS)
                   : open;
    case HF_STAGE_READY:
        return open;
    case HF_STAGE_DRAINING:
    case HF_STAGE_CLOSING:
        return is_listed(method, open_in_drain, HF_COUNT(open_in_drain), open_prefixes_in_drain,
                         HF_COUNT(open_prefixes_in_drain))
                   ? open
                   : drain_refusal(HF_LIT(" unavailable during gateway restart"));
    }
    HF_UNREACHABLE();
}

struct hf_stage_upgrade_answer hf_stage_upgrade(const struct hf_stage *s)
{
    switch (s->state) {
    case HF_STAGE_PRE_LISTEN:
    case HF_STAGE_LISTENING:
        return (struct hf_stage_upgrade_answer){ HF_UPGRADE_REFUSE,
                                                 HF_LIT("Gateway websocket handlers unavailable") };
    case HF_STAGE_STARTING:
    case HF_STAGE_READY:
        return (struct hf_stage_upgrade_answer){ .verdict = HF_UPGRADE_ACCEPT };
    case HF_STAGE_DRAINING:
        return (struct hf_stage_upgrade_answer){ HF_UPGRADE_REFUSE,
                                                 HF_LIT("Gateway websocket admission closed") };
    case HF_STAGE_CLOSING:
        return (struct hf_stage_upgrade_answer){ .verdict = HF_UPGRADE_TERMINATE };
    }
    HF_UNREACHABLE();
}

static int64_t uptime_ms(const struct hf_stage *s, hf_time now)
{
    return hf_span_ms(hf_time_since(now, s->started_at));
}

struct hf_stage_probe hf_stage_startupz(const struct hf_stage *s, hf_time now)
{
    struct hf_stage_probe probe = { .http_status = HTTP_UNAVAILABLE,
                                    .uptime_ms = uptime_ms(s, now) };
    if (is_starting(s)) {
        probe.status = HF_LIT("starting");
        probe.pending_reason = startup_reason;
    } else if (s->state == HF_STAGE_READY) {
        probe.http_status = HTTP_OK;
        probe.status = HF_LIT("started");
    } else {
        probe.status = HF_LIT("draining");
    }
    return probe;
}

struct hf_stage_probe hf_stage_readyz(const struct hf_stage *s, hf_time now)
{
    struct hf_stage_probe probe = { .http_status = HTTP_UNAVAILABLE,
                                    .uptime_ms = uptime_ms(s, now) };
    if (is_starting(s)) {
        probe.failing = startup_reason;
    } else if (s->state == HF_STAGE_READY) {
        probe.http_status = HTTP_OK;
        probe.is_ready = true;
    } else {
        probe.failing = HF_LIT("gateway-draining");
    }
    return probe;
}

struct hf_stage_progress hf_stage_progress(const struct hf_stage *s)
{
    struct hf_stage_progress progress = {
        .total = s->item_count,
        .done = (size_t)s->item_count - s->pending_count,
    };
    for (size_t i = s->item_count; i-- > 0;)
        if (!s->items[i].is_ready) progress.current = item_name(&s->items[i]);
    return progress;
}

struct hf_stage_shutdown hf_stage_shutdown(const struct hf_stage *s)
{
    return (struct hf_stage_shutdown){ .will_restart = s->will_restart,
                                       .restart_expected_ms = s->restart_expected_ms };
}
