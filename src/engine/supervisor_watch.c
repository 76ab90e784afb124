/* Ready, the transport check and the liveness ladder (spec/supervisor.md 12, 13). */
#include "engine/supervisor_parts.h"

enum {
    READY_WITHIN_MS = 5000,
    CHECK_EVERY_MS = 30000,
    /* Twice within the 120 s for which a failure is remembered (13), so that one that lasts
     * stays told; seldom enough that a gateway with many channels does not feel it. */
    CHANNELS_EVERY_MS = 60000,
    CHANNELS_WITHIN_MS = 10000 /* a feature may be slower than the core probe */
};

static const struct hf_bytes core_probe = HF_LIT_INIT("system-presence");

/* --- ready (12.4) --- */

static void arm_ready_probe(struct hf_supervisor *s)
{
    hf_time at = hf_time_after(s->connected_at, hf_ladder_ready_probe(s->ready_probes));
    s->timers[HF_TIMER_READY_PROBE] = hf_time_max(at, s->now.mono);
}

/* A restart counts as executed when its new process is ready (10.5). */
void hf_keep_watch_executed(struct hf_supervisor *s)
{
    if (!s->cycle.is_uncounted) return;
    s->cycle.is_uncounted = false;
    hf_governor_executed(&s->governor, s->now);
    hf_keep_record_restart(s, HF_KEEPER_TELL_RESTART_EXECUTED, HF_EMPTY, 0);
}

void hf_keep_watch_ready(struct hf_supervisor *s, const char *by)
{
    if (s->is_ready) return;
    s->is_ready = true;
    s->asks[HF_ASK_READY] = 0;
    hf_keep_disarm(s, HF_TIMER_READY_PROBE);
    hf_governor_ready(&s->governor, s->now.mono);
    hf_keep_watch_standing(s, HF_STANDING_START_OVER);
    HF_LOG(&s->config.log, HF_LOG_INFO, "gateway.ready", HF_TEXT("by", hf_bytes_cstr(by)));
    if (s->phase == HF_PHASE_WARMING) hf_keep_enter(s, HF_PHASE_READY, hf_bytes_cstr(by));
    s->status_changed = true;
    if (!s->was_ready_notified) hf_keep_notify(s, HF_KEEPER_NOTICE_READY, 0);
    s->was_ready_notified = true;
    if (s->link.has_channels) hf_keep_arm(s, HF_TIMER_CHANNELS, HF_MS(CHANNELS_EVERY_MS));
    hf_keep_watch_executed(s);
}

void hf_keep_watch_ready_probe(struct hf_supervisor *s)
{
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING) || s->is_ready) return;
    s->ready_probes++;
    hf_keep_link_call(s, HF_ASK_READY, core_probe, HF_EMPTY, HF_MS(READY_WITHIN_MS));
    arm_ready_probe(s);
}

void hf_keep_watch_ready_answered(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    enum hf_keeper_call_outcome outcome = event->u.link_result.outcome;
    hf_span since = hf_time_since(s->now.mono, s->connected_at);
    bool may_assume = since >= HF_MS(HF_LADDER_ASSUME_READY_MS);
    if (outcome == HF_KEEPER_CALL_OK)
        hf_keep_watch_ready(s, "probe");
    else if (outcome == HF_KEEPER_CALL_ERROR && may_assume)
        hf_keep_watch_ready(s, "fallback");
}

/* --- what was seen (13) --- */

void hf_keep_watch_standing(struct hf_supervisor *s, enum hf_standing_input input)
{
    hf_standing_step(&s->standing, s->now.mono, input);
}

/* A call of our own now and then, so that "responsive" rests on one. */
void hf_keep_watch_standing_due(struct hf_supervisor *s)
{
    if (!hf_standing_call(&s->standing, s->now.mono)) return;
    if (!hf_keep_link_call(s, HF_ASK_STANDING, core_probe, HF_EMPTY, HF_MS(READY_WITHIN_MS)))
        hf_keep_watch_standing(s, HF_STANDING_CALL_MISSED);
}

void hf_keep_watch_called(struct hf_supervisor *s, struct hf_bytes method,
                          enum hf_keeper_call_outcome outcome, bool is_core_probe)
{
    static const enum hf_sighting_call seen[] = {
        [HF_KEEPER_CALL_OK] = HF_SIGHTING_OK,
        [HF_KEEPER_CALL_ERROR] = HF_SIGHTING_DECLINED,
        [HF_KEEPER_CALL_TIMEOUT] = HF_SIGHTING_TIMEOUT,
        [HF_KEEPER_CALL_NOT_SENT] = HF_SIGHTING_NOT_SENT,
    };
    bool has_answer = outcome == HF_KEEPER_CALL_OK || outcome == HF_KEEPER_CALL_ERROR;
    hf_sightings_called(&s->sightings, s->now.mono, method, seen[outcome], is_core_probe);
    if (has_answer)
        hf_keep_watch_standing(s, HF_STANDING_CALL_ANSWERED);
    else if (is_core_probe || outcome == HF_KEEPER_CALL_NOT_SENT) /* a feature may be slow */
        hf_keep_watch_standing(s, HF_STANDING_CALL_MISSED);
}

/* --- its channels (13) --- */

/* As the gateway has them in memory, no channel is asked; and never of one that has other
 * worries: while it warms up, drains, is silent or busy. */
void hf_keep_watch_channels(struct hf_supervisor *s)
{
    if (!s->link.has_channels) return;
    hf_keep_arm(s, HF_TIMER_CHANNELS, HF_MS(CHANNELS_EVERY_MS));
    if (s->phase != HF_PHASE_READY) return;
    hf_keep_link_call(s, HF_ASK_CHANNELS, HF_LIT("channels.status"), HF_LIT("{\"probe\":false}"),
                      HF_MS(CHANNELS_WITHIN_MS));
}

void hf_keep_watch_channels_answered(struct hf_supervisor *s, enum hf_keeper_call_outcome outcome)
{
    switch (outcome) {
    case HF_KEEPER_CALL_OK:
        hf_sightings_channels(&s->sightings, s->now.mono, true);
        return;
    case HF_KEEPER_CALL_TIMEOUT:
        hf_sightings_channels(&s->sightings, s->now.mono, false);
        return;
    case HF_KEEPER_CALL_ERROR: /* the method, or the right to it, is not there: no failure */
        s->link.has_channels = false;
        return;
    case HF_KEEPER_CALL_NOT_SENT: /* the connection's fault */
        return;
    }
}

/* --- the transport, every 30 s (13) --- */

static void look_at_place(struct hf_supervisor *s)
{
    struct hf_keeper_action *a = hf_keep_ask(s, HF_KEEPER_PROBE, HF_ASK_PROBE);
    a->within = HF_MS(READY_WITHIN_MS);
    a->u.probe = HF_KEEPER_LOOK_READY;
}

void hf_keep_watch_check(struct hf_supervisor *s)
{
    bool can_probe = s->config.place == HF_PLACE_HTTP || s->config.place == HF_PLACE_TCP;
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING)) return;
    hf_keep_arm(s, HF_TIMER_CHECK, HF_MS(CHECK_EVERY_MS));
    if (can_probe) look_at_place(s);
    if (s->is_attached) return;
    struct hf_transport_report report =
        hf_transport_check(s->link.is_ready, s->connected_at, s->now.mono);
    if (!report.ok) hf_keep_tell(s, HF_KEEPER_TELL_ERROR, hf_bytes_cstr(report.error));
}

void hf_keep_watch_place_probed(struct hf_supervisor *s, enum hf_keeper_probe result)
{
    bool is_ready = result == HF_KEEPER_PROBE_READY;
    hf_keep_watch_vigil(s, is_ready ? HF_VIGIL_LIFE : HF_VIGIL_MISS);
}

/* --- the ladder (12.3) --- */

void hf_keep_watch_begin(struct hf_supervisor *s)
{
    bool is_gateway = s->config.place == HF_PLACE_GATEWAY;
    bool can_probe = s->config.place == HF_PLACE_HTTP || s->config.place == HF_PLACE_TCP;
    s->ready_probes = 0;
    hf_keep_arm(s, HF_TIMER_CHECK, HF_MS(CHECK_EVERY_MS));
    if (is_gateway) arm_ready_probe(s);
    if (!is_gateway && !can_probe) return; /* that it lives is all that can be known */
    struct hf_vigil_input input = { .kind = HF_VIGIL_START };
    input.u.ways = (struct hf_vigil_ways){ .has_call = is_gateway,
                                           .has_http = true,
                                           .is_external = s->is_transport_only };
    hf_keep_watch_vigil_input(s, &input);
}

/* A restart for its silence stays told until it has its end. */
void hf_keep_watch_forget(struct hf_supervisor *s)
{
    if (s->vigil.stage == HF_VIGIL_RESTARTING && s->cycle.is_open) return;
    hf_keep_watch_vigil(s, HF_VIGIL_FORGET);
}

static hf_time silent_since(struct hf_supervisor *s)
{
    hf_time made_at = hf_ledger_gateway(&s->ledger)->made_at, alive_at = s->vigil.alive_at;
    bool was_alive = !hf_time_same(alive_at, HF_NEVER) && hf_time_before(made_at, alive_at);
    return was_alive ? alive_at : made_at;
}

void hf_keep_watch_doubt(struct hf_supervisor *s)
{
    struct hf_vigil_input input = { .kind = HF_VIGIL_DOUBT };
    input.u.doubt.ways = (struct hf_vigil_ways){ .has_http = true };
    input.u.doubt.silent_since = silent_since(s);
    hf_keep_watch_vigil_input(s, &input);
}

static void probe(struct hf_supervisor *s)
{
    struct hf_keeper_action *a = hf_keep_ask(s, HF_KEEPER_PROBE, HF_ASK_ALIVE);
    a->within = HF_MS(READY_WITHIN_MS);
    a->u.probe = s->config.place == HF_PLACE_GATEWAY ? HF_KEEPER_LOOK_ALIVE : HF_KEEPER_LOOK_READY;
    hf_keep_link_call(s, HF_ASK_VIGIL, core_probe, HF_EMPTY, HF_MS(READY_WITHIN_MS));
}

/* Why one that lives does not let us in. */
static void explain_silence(struct hf_supervisor *s)
{
    if (s->vigil.stage == HF_VIGIL_SUSPENDED)
        hf_keep_fail_text(s,
                          HF_LIT("the gateway is suspended: a signal stopped it, or it is frozen"));
    else if (s->vigil.stage == HF_VIGIL_BUSY)
        hf_keep_fail_text(s, HF_LIT("the gateway is busy and does not answer"));
}

/* The phase that goes with the stage of the ladder. */
static void show_stage(struct hf_supervisor *s)
{
    bool is_well = s->vigil.stage == HF_VIGIL_HEALTHY;
    if (s->vigil.stage == HF_VIGIL_IDLE) return; /* whoever ended the watch says more */
    HF_LOG(&s->config.log, is_well ? HF_LOG_INFO : HF_LOG_WARN, "gateway.liveness_changed",
           HF_TEXT("stage", hf_bytes_cstr(hf_vigil_stage_name(s->vigil.stage))));
    s->status_changed = true;
    if (s->start.is_open) explain_silence(s);
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING)) return;
    if (!is_well)
        hf_keep_enter(s, HF_PHASE_VERIFYING, hf_bytes_cstr(hf_vigil_stage_name(s->vigil.stage)));
    else if (s->phase == HF_PHASE_VERIFYING)
        hf_keep_enter(s,
                      s->is_draining ? HF_PHASE_DRAINING
                      : s->is_ready  ? HF_PHASE_READY
                                     : HF_PHASE_WARMING,
                      HF_LIT("life"));
}

static void told_misses(struct hf_supervisor *s)
{
    HF_LOG(&s->config.log, HF_LOG_WARN, "gateway.heartbeats_missed",
           HF_INT("misses", s->vigil.misses),
           HF_INT("deadline_ms", hf_span_ms(s->config.vigil.pong_within)),
           HF_INT("pid", hf_keep_pid(s)),
           HF_TEXT("state", hf_bytes_cstr(hf_keeper_state_name(hf_phase_state(s->phase)))),
           HF_BOOL("is_wanted", s->is_wanted),
           HF_TEXT("why", HF_LIT("a busy gateway answers late; only silence is acted on")));
}

static void reconnect(struct hf_supervisor *s)
{
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING)) return;
    hf_keep_running_leave(s);
    hf_keep_fail_text(s, HF_LIT("the control connection is silent"));
    hf_keep_backoff_enter(s, 0, HF_LIT("silent"));
}

static void act_on_tree(struct hf_supervisor *s, uint32_t acts)
{
    struct hf_tree *t = hf_ledger_gateway(&s->ledger);
    if (!t) return;
    if (acts & HF_VIGIL_DO_SAMPLE)
        hf_keep_ask(s, HF_KEEPER_READ_EVIDENCE, HF_ASK_EVIDENCE)->tree = t->id;
    if ((acts & HF_VIGIL_DO_CONTINUE) && s->config.continues) {
        struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_SIGNAL);
        a->tree = t->id;
        a->u.signal.signal = HF_KEEPER_CONT;
    }
    if (acts & HF_VIGIL_DO_DUMP) hf_keep_act(s, HF_KEEPER_DUMP)->tree = t->id;
}

/* While it starts the verdict is the operation's. */
static void end_doubt(struct hf_supervisor *s, uint32_t acts)
{
    if (acts & HF_VIGIL_DO_RESTART)
        hf_keep_start_is_hung(s);
    else if (s->vigil.stage == HF_VIGIL_HEALTHY)
        hf_keep_start_is_half_alive(s);
}

void hf_keep_watch_vigil_input(struct hf_supervisor *s, const struct hf_vigil_input *input)
{
    uint32_t acts = hf_vigil_step(&s->vigil, s->now.mono, input);
    if (acts & HF_VIGIL_CANCEL_RESTART)
        while (hf_intents_pop_untagged(&s->intents, HF_INTENT_COOLDOWN, HF_KEEPER_AUTO)) continue;
    if (acts & HF_VIGIL_TELL_STAGE) show_stage(s);
    if (acts & HF_VIGIL_NOTE_MISS) hf_sightings_missed(&s->sightings, s->now.mono);
    if (acts & HF_VIGIL_TELL_MISSES) told_misses(s);
    if ((acts & HF_VIGIL_DO_PING) && s->link.is_ready)
        hf_keep_act(s, HF_KEEPER_LINK_PING)->link = s->link.id;
    if (acts & HF_VIGIL_DO_PROBE) probe(s);
    act_on_tree(s, acts);
    if (acts & HF_VIGIL_DO_RECONNECT) reconnect(s);
    if (s->start.is_open && s->phase == HF_PHASE_WAIT_READY)
        end_doubt(s, acts);
    else if (acts & HF_VIGIL_DO_RESTART)
        hf_keep_restart_by_vigil(s);
}

void hf_keep_watch_vigil(struct hf_supervisor *s, enum hf_vigil_input_kind kind)
{
    hf_keep_watch_vigil_input(s, &(struct hf_vigil_input){ .kind = kind });
}
