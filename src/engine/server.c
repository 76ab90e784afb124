#include "engine/server.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/methods/table.h"
#include "engine/server_state.h"
#include "engine/text_copy.h"

static const struct hf_bytes store_item = HF_LIT_INIT("store");

/* --- settings --- */

static struct hf_admit_limits admit_limits(const struct hf_settings *settings)
{
    return (struct hf_admit_limits){
        .connections = HF_LIMIT_CONNECTIONS,
        .per_address = HF_LIMIT_CONNECTIONS_PER_ADDRESS,
        .preauth = HF_LIMIT_PREAUTH_CONNECTIONS,
        .preauth_per_address = (uint32_t)settings->preauth_per_address_max,
        .head_within = HF_MS(settings->handshake_timeout_ms),
        .hello_within = HF_MS(settings->handshake_timeout_ms),
    };
}

/* What the rooms keep of the settings. */
static void spread_settings(struct hf_server *s)
{
    const struct hf_settings *settings = &s->settings;
    struct hf_admit_limits limits = admit_limits(settings);
    hf_admit_set_limits(&s->admit, &limits);
    s->liveness_cfg = (struct hf_liveness_cfg){
        .ping_every = HF_MS(settings->ping_interval_ms),
        .stale_after = HF_MS(settings->stale_after_ms),
        .pong_within = HF_MS(settings->pong_timeout_ms),
        .is_enforced = settings->pong_enforcement,
    };
    hf_pings_set_slack(&s->pings, hf_liveness_slack(&s->liveness_cfg));
    hf_ticks_set(&s->ticks, s->now.mono, HF_MS(settings->tick_interval_ms));
    hf_server_login_settings(s);
    if (settings->diagnostics_enabled)
        hf_heartbeat_start(&s->heartbeat, s->now.mono);
    else
        hf_heartbeat_stop(&s->heartbeat);
}

static int take_settings(struct hf_server *s, const struct hf_settings *settings)
{
    struct hf_settings copy;
    char *text;
    size_t len;
    int err = hf_text_copy_settings(settings, &copy, &text, &len);
    if (err) return err;
    if (s->settings_text) hf_wipe(s->settings_text, s->settings_text_len);
    hf_mem_free(s->settings_text);
    s->settings = copy;
    s->settings_text = text;
    s->settings_text_len = len;
    spread_settings(s);
    return hf_server_write_policy(s);
}

/* --- life --- */

static int start_stage(struct hf_server *s)
{
    hf_stage_init(&s->stage, s->now.mono);
    int err = hf_stage_add(&s->stage, store_item);
    for (size_t i = 0; i < s->config.start_item_count && !err; i++)
        err = hf_stage_add(&s->stage, s->config.start_items[i]);
    if (err) return err;
    hf_stage_listen(&s->stage);
    hf_stage_attach(&s->stage);
    return 0;
}

static int start_rooms(struct hf_server *s)
{
    struct hf_admit_limits limits = admit_limits(&s->settings);
    struct hf_hash_key hash_key = { hf_rng_u64(&s->rng), hf_rng_u64(&s->rng) };
    hf_pool_init(&s->conns, sizeof(struct hf_conn), HF_LIMIT_CONNECTIONS);
    hf_pool_init(&s->waits, sizeof(struct hf_wait), HF_LIMIT_STORE_REQUESTS);
    hf_dueq_init(&s->deadlines);
    hf_admit_init(&s->admit, &limits, hash_key);
    hf_pings_init(&s->pings, 0);
    hf_ticks_init(&s->ticks, s->now.mono, HF_MS(s->settings.tick_interval_ms));
    hf_pulse_init(&s->pulse, s->now.mono, 0);
    hf_heartbeat_init(&s->heartbeat);
    hf_work_init(&s->work, hash_key);
    hf_buf_init(&s->scratch, HF_LIMIT_WRITE_BYTES);
    hf_buf_init(&s->body, HF_LIMIT_BUFFERED_BYTES);
    hf_buf_init(&s->text, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&s->event, HF_LIMIT_BUFFERED_BYTES);
    hf_buf_init(&s->why, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&s->policy_json, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&s->event_loop, HF_LIMIT_PREAUTH_FRAME_BYTES);
    int err = hf_buf_reserve(&s->scratch, HF_LIMIT_WRITE_BYTES);
    if (!err) err = hf_presence_init(&s->presence);
    if (!err) err = hf_stability_init(&s->stability);
    if (!err) err = hf_ring_init(&s->jobs, sizeof(struct hf_job), HF_LIMIT_STORE_REQUESTS);
    if (!err) err = hf_server_login_start(s, hash_key);
    if (!err) err = hf_server_write_constants(s);
    if (!err) err = start_stage(s);
    return err;
}

static void name_self(struct hf_server *s)
{
    struct hf_presence_entry self = { .kind = HF_PRESENCE_SELF, .ts_ms = s->now.wall_ms };
    self.texts[HF_PRESENCE_HOST] = s->config.host_name;
    self.texts[HF_PRESENCE_IP] = s->config.own_address;
    self.texts[HF_PRESENCE_VERSION] = HF_LIT(HF_VERSION);
    self.texts[HF_PRESENCE_PLATFORM] = s->config.platform;
    self.texts[HF_PRESENCE_DEVICE_FAMILY] = s->config.device_family;
    self.texts[HF_PRESENCE_MODE] = HF_LIT("gateway");
    self.texts[HF_PRESENCE_REASON] = HF_LIT("self");
    self.texts[HF_PRESENCE_INSTANCE_ID] = hf_bytes(s->instance_id, HF_UUID_CHARS);
    hf_buf_reset(&s->text, SIZE_MAX);
    HF_BUF_LIT(&s->text, "Gateway: ");
    hf_buf_add(&s->text, s->config.host_name);
    if (s->config.own_address.len > 0) {
        HF_BUF_LIT(&s->text, " (");
        hf_buf_add(&s->text, s->config.own_address);
        HF_BUF_LIT(&s->text, ")");
    }
    HF_BUF_LIT(&s->text, " \xC2\xB7 app " HF_VERSION " \xC2\xB7 mode gateway \xC2\xB7 reason self");
    self.texts[HF_PRESENCE_LINE] = hf_buf_view(&s->text);
    if (hf_presence_self(&s->presence, &self) != 0)
        HF_LOG(&s->log, HF_LOG_WARN, "presence.incomplete", HF_TEXT("entry", HF_LIT("self")));
}

int hf_server_new(struct hf_server **out, const struct hf_server_config *config,
                  const struct hf_settings *settings, struct hf_now now)
{
    struct hf_server *s = hf_mem_zero(1, sizeof *s);
    if (!s) return HF_ERR_NOMEM;
    s->magic = HF_SERVER_MAGIC;
    s->now = now;
    s->started_at = s->turn_at = now.mono;
    s->log = config->log;
    s->heartbeats_enabled = true;
    s->health_at = HF_NEVER;
    s->upkeep_at = now.mono;
    hf_rng_init(&s->rng, config->seed);
    hf_rng_uuid(&s->rng, s->boot_id);
    hf_rng_uuid(&s->rng, s->instance_id);
    int err = hf_text_copy_config(config, &s->config, &s->config_text);
    if (!err) {
        s->settings = *settings;
        err = start_rooms(s);
    }
    if (!err) err = take_settings(s, settings);
    if (!err) err = hf_server_load(s);
    if (err) {
        hf_server_free(s);
        return err;
    }
    name_self(s);
    *out = s;
    return 0;
}

void hf_server_free(struct hf_server *s)
{
    if (!s) return;
    HF_ASSERT(s->magic == HF_SERVER_MAGIC);
    for (hf_id id = hf_pool_next(&s->conns, 0); id; id = hf_pool_next(&s->conns, id))
        hf_conn_fini(s, hf_server_conn(s, id));
    hf_server_jobs_fini(s);
    hf_ring_fini(&s->jobs);
    hf_pool_fini(&s->conns);
    hf_dueq_fini(&s->deadlines);
    hf_admit_fini(&s->admit);
    hf_pings_fini(&s->pings);
    hf_work_fini(&s->work);
    hf_presence_fini(&s->presence);
    hf_stability_fini(&s->stability);
    hf_server_login_stop(s);
    hf_outq_spare_fini(&s->spare);
    hf_buf_fini(&s->scratch);
    hf_buf_fini(&s->body);
    hf_buf_fini(&s->text);
    hf_buf_fini(&s->event);
    hf_buf_fini(&s->why);
    hf_buf_fini(&s->policy_json);
    hf_buf_fini(&s->event_loop);
    hf_blob_drop(s->health);
    hf_blob_drop(s->presence_json);
    hf_blob_drop(s->features);
    if (s->settings_text) hf_wipe(s->settings_text, s->settings_text_len);
    hf_mem_free(s->settings_text);
    hf_mem_free(s->config_text);
    hf_wipe(s, sizeof *s);
    hf_mem_free(s);
}

/* --- stage --- */

static void close_everybody(struct hf_server *s)
{
    struct hf_stage_shutdown shutdown = hf_stage_shutdown(&s->stage);
    hf_server_broadcast_shutdown(s, &shutdown);
    for (hf_id id = hf_pool_next(&s->conns, 0); id; id = hf_pool_next(&s->conns, id))
        hf_conn_close(s, hf_server_conn(s, id), HF_WS_CODE_SERVICE_RESTART,
                      HF_LIT("service restart"), "shutdown");
}

static void run_stage_act(struct hf_server *s, enum hf_stage_act act)
{
    switch (act) {
    case HF_STAGE_NONE:
        return;
    case HF_STAGE_IS_READY:
        s->tell_ready = true;
        HF_LOG(&s->log, HF_LOG_INFO, "server.started",
               HF_INT("after_ms", hf_span_ms(hf_time_since(s->now.mono, s->started_at))));
        return;
    case HF_STAGE_DRAIN:
        s->tell_draining = true;
        HF_LOG(&s->log, HF_LOG_INFO, "server.draining", HF_INT("connections", s->conns.live));
        return;
    case HF_STAGE_CLOSE_ALL:
        close_everybody(s);
        return;
    }
}

/* Work that a drain waits for: requests whose answers are still being made, and the host's. */
static size_t open_work(const struct hf_server *s)
{
    return s->waits.live + s->is_held;
}

static void step_stage(struct hf_server *s)
{
    run_stage_act(s, hf_stage_step(&s->stage, s->now.mono, open_work(s)));
    if (hf_stage_state(&s->stage) != HF_STAGE_CLOSING || s->is_stopped) return;
    if (s->conns.live > 0 || open_work(s) > 0 || hf_server_save_all(s)) return;
    s->is_stopped = true;
    s->tell_stopped = true;
}

void hf_server_item_ready(struct hf_server *s, struct hf_bytes name)
{
    run_stage_act(s, hf_stage_item_ready(&s->stage, name));
}

static void stop(struct hf_server *s, const struct hf_event *event)
{
    hf_span drain = HF_MS(s->settings.drain_timeout_ms);
    run_stage_act(s, hf_stage_stop(&s->stage, s->now.mono, drain, event->u.stop.will_restart,
                                   event->u.stop.restart_expected_ms));
}

/* --- events --- */

static void begin_turn(struct hf_server *s, const struct hf_event *event)
{
    hf_span turn = hf_time_since(s->now.mono, s->turn_at);
    hf_span slept = hf_span_min(event->u.turn.blocked_for, turn);
    if (s->has_told) hf_histogram_add(&s->metrics.fanout, turn - slept);
    s->has_told = false;
    s->turn_at = s->now.mono;
    s->cpu_used = event->u.turn.cpu_used;
    if (hf_pulse_turn(&s->pulse, s->now.mono, turn - slept, slept, s->cpu_used))
        hf_server_pulse_closed(s);
}

static void conn_event(struct hf_server *s, const struct hf_event *event,
                       struct hf_outcome *outcome)
{
    struct hf_conn *c = hf_server_conn(s, event->conn);
    if (!c) {
        /* A late event for a connection that is gone: whatever came is swallowed. */
        if (event->kind == HF_EVENT_INPUT) outcome->used_bytes = event->u.input.len;
        return;
    }
    HF_ASSERT(c->magic == HF_CONN_MAGIC);
    if (event->kind == HF_EVENT_INPUT)
        outcome->used_bytes = hf_conn_input(s, c, event->u.input.data, event->u.input.len);
    else if (event->kind == HF_EVENT_INPUT_END)
        hf_conn_input_end(s, c);
    else if (event->kind == HF_EVENT_WRITTEN)
        hf_conn_written(s, c, event->u.written_bytes);
    else
        hf_conn_closed(s, c, event->u.closed);
}

void hf_server_step(struct hf_server *s, struct hf_now now, const struct hf_event *event,
                    struct hf_outcome *outcome)
{
    HF_ASSERT(s->magic == HF_SERVER_MAGIC);
    s->now = now;
    *outcome = (struct hf_outcome){ 0 };
    switch (event->kind) {
    case HF_EVENT_ACCEPTED:
        outcome->conn = hf_conn_accept(s, &event->u.accepted);
        break;
    case HF_EVENT_INPUT:
    case HF_EVENT_WRITTEN:
        /* The many of a turn: what they mean for the stage is seen at its end. */
        conn_event(s, event, outcome);
        return;
    case HF_EVENT_INPUT_END:
    case HF_EVENT_CLOSED:
        conn_event(s, event, outcome);
        break;
    case HF_EVENT_JOB_DONE:
        hf_server_job_done(s, event->u.job);
        break;
    case HF_EVENT_ITEM_READY:
        hf_server_item_ready(s, event->u.item);
        break;
    case HF_EVENT_EXPECTED:
        hf_stage_expect(&s->stage, event->u.expected_at);
        break;
    case HF_EVENT_HELD:
        s->is_held = event->u.is_held;
        break;
    case HF_EVENT_SETTINGS:
        if (take_settings(s, event->u.settings) != 0)
            HF_LOG(&s->log, HF_LOG_ERROR, "settings.refused",
                   HF_TEXT("why", HF_LIT("out of memory; the old ones stay")));
        break;
    case HF_EVENT_STOP:
        stop(s, event);
        break;
    case HF_EVENT_TURN:
        begin_turn(s, event);
        break;
    }
    step_stage(s);
}

/* --- deadlines --- */

void hf_server_run_due(struct hf_server *s, struct hf_now now)
{
    HF_ASSERT(s->magic == HF_SERVER_MAGIC);
    s->now = now;
    if (s->is_stopped) return; /* the host was told that nothing is left to do */
    hf_server_conns_run_due(s);
    if (hf_ticks_step(&s->ticks, now.mono)) hf_server_tick(s);
    hf_server_health_run_due(s);
    hf_server_upkeep_run_due(s);
    if (!hf_time_before(now.mono, hf_heartbeat_due(&s->heartbeat))) hf_server_heartbeat(s);
    hf_server_presence_flush(s);
    step_stage(s);
    hf_pings_settle(&s->pings);
}

hf_time hf_server_due(const struct hf_server *s)
{
    if (s->is_stopped) return HF_NEVER;
    hf_time due = hf_time_min(hf_dueq_due(&s->deadlines), hf_pings_due(&s->pings));
    due = hf_time_min(due, hf_admit_due(&s->admit));
    due = hf_time_min(due, hf_ticks_due(&s->ticks));
    if (s->is_presence_stale) due = hf_time_min(due, s->now.mono);
    due = hf_time_min(due, hf_server_health_due(s));
    due = hf_time_min(due, hf_server_upkeep_due(s));
    due = hf_time_min(due, hf_stage_due(&s->stage));
    return hf_time_min(due, hf_heartbeat_due(&s->heartbeat));
}
