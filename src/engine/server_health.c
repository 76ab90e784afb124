#include "base/err.h"
#include "base/limits.h"
#include "engine/methods/table.h"
#include "engine/server_state.h"

/* The service summary that all clients share.  There is no agent yet, so the
 * lists are empty: an honest answer, and what the printers of the existing
 * clients expect (protocol/methods.md). */
static void write_health(struct hf_server *s)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, &s->event);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", true);
    hf_json_add_int(&w, "ts", s->now.wall_ms);
    hf_json_add_int(&w, "durationMs", 0);
    hf_json_add_raw(&w, "plugins", HF_LIT("{\"loaded\":[],\"errors\":[],\"unavailable\":[]}"));
    hf_json_add_raw(&w, "configReload", HF_LIT("{\"hotReloadStatus\":\"active\"}"));
    hf_json_add_raw(&w, "channels", HF_LIT("{}"));
    hf_json_add_raw(&w, "channelOrder", HF_LIT("[]"));
    hf_json_add_raw(&w, "channelLabels", HF_LIT("{}"));
    hf_json_add_int(&w, "heartbeatSeconds", 0);
    hf_json_add_text(&w, "defaultAgentId", HF_LIT("main"));
    hf_json_add_raw(&w, "agents", HF_LIT("[]"));
    hf_json_add_object(&w, "sessions");
    hf_json_add_text(&w, "path", HF_EMPTY);
    hf_json_add_int(&w, "count", 0);
    hf_json_add_raw(&w, "recent", HF_LIT("[]"));
    hf_json_close_object(&w);
    hf_json_close_object(&w);
}

/* Is the cached body younger than its freshness?  Its `ts` must not lie in the
 * future either (spec/health-connection.md 6.6). */
static bool is_fresh(const struct hf_server *s)
{
    if (!s->health || s->health_wall_ms > s->now.wall_ms) return false;
    return hf_time_since(s->now.mono, s->health_at) < HF_MS(s->settings.health_refresh_ms);
}

static void refresh(struct hf_server *s)
{
    hf_buf_reset(&s->event, HF_KEEP_BYTES);
    write_health(s);
    struct hf_blob *body = hf_buf_done(&s->event) == 0 ? hf_blob_new(hf_buf_view(&s->event)) : NULL;
    if (!body) return;
    hf_blob_drop(s->health);
    s->health = body;
    s->health_wall_ms = s->now.wall_ms;
    s->health_at = s->now.mono;
    hf_presence_health_changed(&s->presence);
    hf_server_broadcast(s, "health", hf_blob_view(body), NULL, HF_EMPTY, true);
}

struct hf_bytes hf_server_health(struct hf_server *s, bool is_probe)
{
    if (is_probe || !is_fresh(s)) refresh(s);
    return s->health ? hf_blob_view(s->health) : HF_LIT("{}");
}

struct hf_bytes hf_server_health_snapshot(struct hf_server *s)
{
    if (!s->health) refresh(s);
    return s->health ? hf_blob_view(s->health) : HF_LIT("{}");
}

hf_time hf_server_health_due(const struct hf_server *s)
{
    if (s->client_count == 0 || !s->health) return HF_NEVER;
    return hf_time_after(s->health_at, HF_MS(s->settings.health_refresh_ms));
}

void hf_server_health_run_due(struct hf_server *s)
{
    if (!hf_time_before(s->now.mono, hf_server_health_due(s))) refresh(s);
}

struct hf_bytes hf_server_session_defaults(void)
{
    return HF_LIT("{\"defaultAgentId\":\"main\",\"modelConfigured\":false,\"ownership\":\"sole\","
                  "\"selectionRequired\":false,\"mainKey\":\"main\","
                  "\"mainSessionKey\":\"agent:main:main\",\"scope\":\"per-sender\"}");
}

/* --- event loop --- */

/* The value of `eventLoop`, the same until the next window closes. */
static void write_sample(struct hf_buf *out, const struct hf_pulse_sample *sample)
{
    struct hf_json_writer w;
    hf_buf_reset(out, SIZE_MAX);
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "degraded", sample->is_degraded);
    if (sample->is_degraded)
        hf_json_add_int(&w, "degradedSinceMs", sample->degraded_since_ms);
    else
        hf_json_add_null(&w, "degradedSinceMs");
    hf_json_add_array(&w, "reasons");
    for (unsigned i = 0; i < HF_PULSE_REASON_COUNT; i++)
        if (sample->reasons >> i & 1)
            hf_json_put_text(&w, hf_bytes_cstr(hf_pulse_reason_name((enum hf_pulse_reason)i)));
    hf_json_close_array(&w);
    hf_json_add_int(&w, "intervalMs", sample->interval_ms);
    hf_json_add_double(&w, "delayP99Ms", (double)sample->delay_p99_ms10 / 10);
    hf_json_add_double(&w, "delayMaxMs", (double)sample->delay_max_ms10 / 10);
    hf_json_add_double(&w, "utilization", (double)sample->utilization_1000 / 1000);
    hf_json_add_double(&w, "cpuCoreRatio", (double)sample->cpu_core_ratio_1000 / 1000);
    hf_json_close_object(&w);
}

void hf_server_write_event_loop(struct hf_server *s, struct hf_json_writer *w)
{
    if (s->event_loop.len > 0) hf_json_add_raw(w, "eventLoop", hf_buf_view(&s->event_loop));
}

void hf_server_pulse_closed(struct hf_server *s)
{
    const struct hf_pulse_sample *sample = hf_pulse_sample(&s->pulse);
    if (!sample) return;
    write_sample(&s->event_loop, sample);
    if (hf_buf_done(&s->event_loop) != 0) hf_buf_reset(&s->event_loop, 0);
    hf_histogram_add(&s->metrics.loop_delay_max, HF_US(sample->delay_max_ms10 * 100));
    s->metrics.loop_observed_ms += sample->interval_ms;
}

/* --- the 30 s diagnostic beat (spec/pressure-backoff.md section 2.2) --- */

static void record_heartbeat(struct hf_server *s, const struct hf_work_counts *counts)
{
    struct hf_stability_record record = { .type = HF_STABILITY_HEARTBEAT };
    record.u.heartbeat.active = counts->active;
    record.u.heartbeat.waiting = counts->waiting;
    record.u.heartbeat.queued = counts->queued;
    hf_stability_push(&s->stability, s->now.wall_ms, &record);
    HF_LOG(&s->log, HF_LOG_DEBUG, "diagnostic.heartbeat", HF_INT("active", counts->active),
           HF_INT("waiting", counts->waiting), HF_INT("queued", counts->queued),
           HF_INT("webhooks", 0));
}

static void record_warning(struct hf_server *s, const struct hf_pulse_sample *sample,
                           const struct hf_work_counts *counts, bool is_loud)
{
    struct hf_stability_record record = { .type = HF_STABILITY_LIVENESS_WARNING };
    record.u.warning.is_warning = is_loud;
    record.u.warning.reasons = sample->reasons;
    record.u.warning.interval_ms = sample->interval_ms;
    record.u.warning.delay_p99_ms10 = sample->delay_p99_ms10;
    record.u.warning.delay_max_ms10 = sample->delay_max_ms10;
    record.u.warning.utilization_1000 = sample->utilization_1000;
    record.u.warning.cpu_core_ratio_1000 = sample->cpu_core_ratio_1000;
    record.u.warning.active = counts->active;
    record.u.warning.waiting = counts->waiting;
    record.u.warning.queued = counts->queued;
    hf_stability_push(&s->stability, s->now.wall_ms, &record);
    s->metrics.liveness_warnings++;
    HF_LOG(&s->log, is_loud ? HF_LOG_WARN : HF_LOG_DEBUG, "diagnostic.liveness_warned",
           HF_REAL("delay_p99_ms", (double)sample->delay_p99_ms10 / 10),
           HF_REAL("delay_max_ms", (double)sample->delay_max_ms10 / 10),
           HF_REAL("utilization", (double)sample->utilization_1000 / 1000),
           HF_REAL("cpu_core_ratio", (double)sample->cpu_core_ratio_1000 / 1000),
           HF_INT("active", counts->active), HF_INT("waiting", counts->waiting),
           HF_INT("queued", counts->queued));
}

void hf_server_heartbeat(struct hf_server *s)
{
    struct hf_work_counts counts = hf_work_counts(&s->work);
    const struct hf_pulse_sample *sample = hf_pulse_sample(&s->pulse);
    struct hf_heartbeat_input input = {
        .is_degraded = sample && sample->is_degraded,
        .degraded_since_ms = sample ? sample->degraded_since_ms : 0,
        .delay_p99_ms10 = sample ? sample->delay_p99_ms10 : 0,
        .active = counts.active,
        .waiting = counts.waiting,
        .queued = counts.queued,
        .activity_at = hf_work_changed_at(&s->work),
    };
    struct hf_heartbeat_beat beat = hf_heartbeat_step(&s->heartbeat, s->now.mono, &input);
    if (!beat.is_beat) return;
    hf_work_expire(&s->work, s->now.mono);
    if (hf_presence_expire(&s->presence, s->now.wall_ms)) hf_server_presence_changed(s);
    if (beat.is_delayed)
        HF_LOG(&s->log, HF_LOG_WARN, "heartbeat.delayed", HF_INT("late_ms", beat.late_ms));
    if (beat.warn && sample) record_warning(s, sample, &counts, beat.warn_loudly);
    if (beat.record) record_heartbeat(s, &counts);
}

/* --- metrics --- */

void hf_server_write_metrics(struct hf_server *s, const struct hf_facts *facts)
{
    const char *methods[HF_METRIC_METHODS];
    struct hf_metrics_now now = { .rss_bytes = facts->rss_bytes,
                                  .process_id = hf_bytes(s->instance_id, HF_UUID_CHARS),
                                  .build_id = HF_LIT(HF_VERSION),
                                  .methods = methods,
                                  .method_count = hf_method_rows() };
    for (size_t i = 0; i < now.method_count; i++) methods[i] = hf_method_at(i)->name;
    for (hf_id id = hf_pool_next(&s->conns, 0); id; id = hf_pool_next(&s->conns, id)) {
        const struct hf_conn *c = hf_server_conn(s, id);
        now.buffered_bytes += c->out.queued_bytes;
        if (c->state == HF_CONN_READY)
            *(c->client->role == HF_ROLE_NODE ? &now.clients_node : &now.clients_operator) += 1;
        else if (c->state < HF_CONN_READY)
            now.connecting++;
        else
            now.closing++;
    }
    hf_metrics_write(&s->body, &s->metrics, &now);
}

/* --- features, once --- */

int hf_server_write_constants(struct hf_server *s)
{
    struct hf_json_writer w;
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_json_writer_init(&w, &s->body);
    hf_json_open_object(&w);
    hf_json_add_array(&w, "methods");
    for (size_t i = 0; i < hf_method_rows(); i++)
        hf_json_put_text(&w, hf_bytes_cstr(hf_method_at(i)->name));
    hf_json_close_array(&w);
    hf_json_add_raw(
        &w, "events",
        HF_LIT("[\"connect.challenge\",\"presence\",\"tick\",\"shutdown\",\"health\","
               "\"device.pair.changed\",\"device.pair.requested\",\"device.pair.resolved\"]"));
    hf_json_add_raw(&w, "capabilities", HF_LIT("[]"));
    hf_json_close_object(&w);
    s->features = hf_buf_done(&s->body) == 0 ? hf_blob_new(hf_buf_view(&s->body)) : NULL;
    return s->features ? 0 : HF_ERR_NOMEM;
}

int hf_server_write_policy(struct hf_server *s)
{
    struct hf_json_writer w;
    hf_buf_reset(&s->policy_json, SIZE_MAX);
    hf_json_writer_init(&w, &s->policy_json);
    hf_json_open_object(&w);
    hf_json_add_int(&w, "maxPayload", s->settings.max_payload_bytes);
    hf_json_add_int(&w, "maxBufferedBytes", s->settings.max_buffered_bytes);
    hf_json_add_int(&w, "tickIntervalMs", s->settings.tick_interval_ms);
    hf_json_close_object(&w);
    return hf_buf_done(&s->policy_json);
}
