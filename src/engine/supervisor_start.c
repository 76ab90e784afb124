/* The start operation (spec/supervisor.md section 4) but for who holds the place. */
#include "base/err.h"
#include "engine/supervisor_parts.h"

enum {
    ATTEMPTS_MAX = 3,
    SPAWN_WITHIN_MS = 10000,
    PROBE_WITHIN_MS = 1500,
    PROBE_EVERY_MS = 200,
    SUSPENDED_EVERY_MS = 5000 /* each look fills the queue of what cannot accept */
};

/* --- begin --- */

static void prepare(struct hf_supervisor *s, struct hf_start_how how)
{
    s->epoch++;
    hf_ledger_hand_over(&s->ledger, s->epoch);
    s->is_wanted = true;
    s->is_transport_only = s->is_fatal = false;
    hf_keep_watch_forget(s);
    s->quarantined_until_ms = 0;
    hf_keep_disarm(s, HF_TIMER_RECONNECT);
    if (!how.is_auto) s->attempts = 0;
    if (how.forgives) hf_governor_forgive(&s->governor);
    s->start = (struct hf_start){
        .is_open = true,
        .how = how,
        .epoch = s->epoch,
        .attempt = 1,
        .begun_at = s->now.mono,
        .spawned_at = HF_NEVER,
        .ready_at = HF_NEVER,
        .deadline = hf_time_after(s->now.mono, s->config.start_within),
        .taken_at = HF_NEVER,
    };
}

void hf_keep_start_begin(struct hf_supervisor *s, struct hf_start_how how, struct hf_bytes cause)
{
    HF_LOG(&s->config.log, HF_LOG_INFO, "keeper.start_requested", HF_INT("port", s->config.port),
           HF_TEXT("state", hf_bytes_cstr(hf_keeper_state_name(hf_phase_state(s->phase)))),
           HF_TEXT("cause", cause));
    hf_keep_link_abort(s);
    prepare(s, how);
    hf_keep_reload_read_config(s, true);
    hf_keep_start_attempt(s, cause);
}

/* What is on its way out goes first: at most one tree of ours lives. */
bool hf_keep_start_waits_for_trees(struct hf_supervisor *s)
{
    if (!hf_keep_tree_any_unwanted(s)) return false;
    if (hf_ledger_is_stuck(&s->ledger)) {
        hf_keep_fail_text(s, HF_LIT("unkillable: processes of the last gateway are left"));
        hf_keep_start_give_up(s, 0, HF_LIT("unkillable"));
        return true;
    }
    /* A phase is never its own successor, and DETECT leads to RECLAIM alone. */
    if (!hf_phase_may_follow(s->phase, HF_PHASE_RECLAIM) && s->phase != HF_PHASE_RECLAIM)
        hf_keep_enter(s, HF_PHASE_DETECT, HF_LIT("start"));
    hf_keep_enter(s, HF_PHASE_RECLAIM, HF_LIT("old_process"));
    return true;
}

void hf_keep_start_attempt(struct hf_supervisor *s, struct hf_bytes cause)
{
    s->start.startup_step = 0;
    s->start.is_candidate = s->start.must_be_free = s->start.doctor_follows = false;
    s->start.is_reattach = false;
    s->start.taken_at = HF_NEVER;
    if (hf_keep_start_waits_for_trees(s)) return;
    hf_keep_place_detect(s, cause);
}

/* The last tree that was in the way is gone. */
void hf_keep_start_trees_gone(struct hf_supervisor *s)
{
    if (s->phase != HF_PHASE_RECLAIM) return;
    if (s->start.doctor_follows)
        hf_keep_doctor_begin(s);
    else
        hf_keep_start_attempt(s, HF_LIT("old_process_gone"));
}

/* --- spawn and wait --- */

void hf_keep_start_spawn(struct hf_supervisor *s)
{
    bool is_charged = s->start.how.is_auto && !s->start.how.is_uncharged && !s->start.was_charged;
    if (is_charged && !hf_governor_charge(&s->governor, s->now.mono)) {
        hf_keep_quarantine_enter(s, HF_LIT("restart_budget"));
        return;
    }
    struct hf_tree *t = hf_keep_tree_add(s, false);
    if (!t) return;
    s->start.was_charged |= is_charged;
    s->start.has_spawned = true;
    s->gateway = t->id;
    s->spawn_revision = s->revision;
    s->has_new_secret = false;
    hf_output_reset(&s->output);
    s->tree_at_1012 = 0;
    hf_intents_mark(&s->intents, s->intents.newest);
    hf_keep_enter(s, HF_PHASE_SPAWN, HF_LIT("port_free"));
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_SPAWN);
    a->tree = t->id;
    a->u.spawn = HF_KEEPER_GATEWAY;
    hf_keep_arm(s, HF_TIMER_STEP, HF_MS(SPAWN_WITHIN_MS));
}

void hf_keep_start_spawned(struct hf_supervisor *s, struct hf_tree *t)
{
    if (t->is_adopted) {
        hf_keep_start_wait_ready(s, true);
        return;
    }
    s->start.spawned_at = s->now.mono;
    hf_keep_start_wait_ready(s, false);
}

static void probe(struct hf_supervisor *s)
{
    struct hf_keeper_action *a = hf_keep_ask(s, HF_KEEPER_PROBE, HF_ASK_PROBE);
    a->within = HF_MS(PROBE_WITHIN_MS);
    a->u.probe = HF_KEEPER_LOOK_READY;
}

void hf_keep_start_wait_ready(struct hf_supervisor *s, bool is_reattach)
{
    s->start.is_reattach = is_reattach;
    /* What the process does is looked at towards the end, so that the verdict comes at it. */
    hf_span reattach = s->config.reattach_within - s->config.vigil.probe_within;
    hf_time until = is_reattach ? hf_time_after(s->now.mono, reattach) : s->start.deadline;
    hf_keep_enter(s, HF_PHASE_WAIT_READY, is_reattach ? HF_LIT("reattach") : HF_LIT("spawned"));
    s->timers[HF_TIMER_STEP] = hf_time_max(until, s->now.mono);
    if (s->config.place == HF_PLACE_NONE)
        hf_keep_start_is_ready(s);
    else if (s->config.place != HF_PLACE_NOTIFY)
        probe(s);
    else if (is_reattach)
        hf_keep_start_is_ready(s); /* it said so before, or never will again */
}

void hf_keep_start_is_ready(struct hf_supervisor *s)
{
    if (s->asks[HF_ASK_PROBE]) hf_keep_act(s, HF_KEEPER_STOP_PROBE)->ask = s->asks[HF_ASK_PROBE];
    s->asks[HF_ASK_PROBE] = 0;
    hf_keep_disarm(s, HF_TIMER_POLL);
    hf_keep_disarm(s, HF_TIMER_STEP);
    hf_keep_watch_vigil(s, HF_VIGIL_END);
    s->start.ready_at = s->now.mono;
    if (s->config.place == HF_PLACE_GATEWAY)
        hf_keep_link_open(s);
    else
        hf_keep_running_enter(s, true);
}

void hf_keep_start_probed(struct hf_supervisor *s, const struct hf_keeper_event *event,
                          bool is_taken)
{
    if (event->u.probed.result == HF_KEEPER_PROBE_READY && !is_taken) {
        hf_keep_start_is_ready(s);
    } else if (event->u.probed.other_port) {
        hf_keep_tree_end_all(s, hf_reaper_grace(HF_GRACE_STOP, s->config.stop_grace, -1));
        hf_keep_start_failed(s, HF_FAILED_ELSEWHERE, event->u.probed.why);
    } else {
        bool is_suspended = s->vigil.stage == HF_VIGIL_SUSPENDED;
        hf_keep_arm(s, HF_TIMER_POLL, HF_MS(is_suspended ? SUSPENDED_EVERY_MS : PROBE_EVERY_MS));
        if (is_taken) {
            hf_keep_place_taken(s);
        } else if (!hf_time_same(s->start.taken_at, HF_NEVER)) {
            s->start.taken_at = HF_NEVER;
            hf_keep_clear_error(s);
        }
    }
}

/* Of one that does not let us in again: nothing speaks for it. */
void hf_keep_start_is_hung(struct hf_supervisor *s)
{
    hf_keep_tree_end_all(s, hf_reaper_grace(HF_GRACE_LIVENESS, -1, -1));
    hf_keep_start_failed(s, HF_FAILED_TIMEOUT, HF_LIT("the process does not answer"));
}

/* It lives (it answers over HTTP, or the machine slept): another connection may be had. */
void hf_keep_start_is_half_alive(struct hf_supervisor *s)
{
    hf_keep_start_failed(s, HF_FAILED_TIMEOUT, HF_LIT("it lives, and lets nobody in"));
}

/* --- deadlines --- */

static void not_ready(struct hf_supervisor *s)
{
    if (!hf_time_same(s->start.taken_at, HF_NEVER)) {
        hf_keep_place_given_up(s);
        return;
    }
    /* 2.3 (row 7) and 11.1 end whatever is silent at the re-attach deadline, 12.3 leaves alone what
     * a signal has stopped or what works: 12.3 wins, the deadline only begins its ladder. */
    if (s->start.is_reattach && hf_ledger_gateway(&s->ledger)) {
        hf_keep_watch_doubt(s);
        return;
    }
    hf_keep_tree_end_all(s, hf_reaper_grace(HF_GRACE_LIVENESS, -1, -1));
    hf_keep_start_failed(s, HF_FAILED_NOT_READY, HF_LIT("not ready in time"));
}

void hf_keep_start_deadline(struct hf_supervisor *s)
{
    if (s->phase == HF_PHASE_DETECT) {
        /* Nobody could say who listens: only a port that can be bound is proof. */
        s->asks[HF_ASK_DETECT] = s->asks[HF_ASK_PROBE] = 0;
        s->start.must_be_free = true;
        if (hf_ledger_gateway(&s->ledger))
            hf_keep_start_wait_ready(s, true);
        else
            hf_keep_place_port(s);
    } else if (s->phase == HF_PHASE_PORT) {
        hf_keep_start_failed(s, HF_FAILED_PORT, HF_LIT("the port stays occupied"));
    } else if (s->phase == HF_PHASE_SPAWN) {
        hf_keep_tree_end_all(s, 0);
        hf_keep_start_failed(s, HF_FAILED_NO_MEANS, HF_LIT("no process was made in time"));
    } else if (s->phase == HF_PHASE_WAIT_READY) {
        not_ready(s);
    } else if (s->phase == HF_PHASE_REPAIR) {
        hf_keep_doctor_late(s);
    }
}

void hf_keep_start_poll(struct hf_supervisor *s)
{
    if (s->phase == HF_PHASE_PORT)
        hf_keep_ask(s, HF_KEEPER_CHECK_PORT, HF_ASK_PORT);
    else if (s->phase == HF_PHASE_WAIT_READY)
        probe(s);
    else if (s->phase == HF_PHASE_CONNECT)
        hf_keep_link_open(s);
    else if (s->phase == HF_PHASE_RETRY_WAIT)
        hf_keep_start_attempt(s, HF_LIT("retry"));
}

/* --- failure (7.1) --- */

void hf_keep_start_close(struct hf_supervisor *s)
{
    static const enum hf_ask asks[] = { HF_ASK_DETECT, HF_ASK_PORT };
    if (s->asks[HF_ASK_PROBE]) hf_keep_act(s, HF_KEEPER_STOP_PROBE)->ask = s->asks[HF_ASK_PROBE];
    s->asks[HF_ASK_PROBE] = 0;
    for (size_t i = 0; i < HF_COUNT(asks); i++) s->asks[asks[i]] = 0;
    hf_keep_disarm(s, HF_TIMER_STEP);
    hf_keep_disarm(s, HF_TIMER_POLL);
    hf_keep_watch_vigil(s, HF_VIGIL_END);
    s->start.is_open = false;
}

void hf_keep_start_failed(struct hf_supervisor *s, enum hf_failure_kind kind, struct hf_bytes why)
{
    hf_keep_disarm(s, HF_TIMER_STEP);
    hf_keep_disarm(s, HF_TIMER_POLL);
    s->asks[HF_ASK_PROBE] = s->asks[HF_ASK_PORT] = s->asks[HF_ASK_DETECT] = 0;
    hf_keep_watch_vigil(s, HF_VIGIL_END);
    hf_keep_link_abort(s);
    struct hf_exit exit = s->start.failure.exit;
    s->start.failure = (struct hf_failure){ .kind = kind };
    if (kind == HF_FAILED_EXITED) s->start.failure.exit = exit;
    hf_keep_fail_text(s, why);
    hf_keep_start_judge(s);
}

static void look(struct hf_supervisor *s)
{
    s->start.is_looking = true;
    hf_keep_start_attempt(s, HF_LIT("exit_78"));
}

static void retry(struct hf_supervisor *s, hf_span wait, const char *why)
{
    s->start.attempt++;
    s->start.is_looking = false;
    hf_keep_enter(s, HF_PHASE_RETRY_WAIT, hf_bytes_cstr(why));
    hf_keep_arm(s, HF_TIMER_POLL, wait);
}

void hf_keep_start_judge(struct hf_supervisor *s)
{
    struct hf_failure *f = &s->start.failure;
    /* One that lives has survived whatever its lines complain about. */
    f->version = hf_word_view(&s->release);
    f->marks = hf_ledger_gateway(&s->ledger) ? 0 : hf_keep_output_marks(s);
    f->attempt = s->start.attempt;
    f->attempts_max = s->start.how.is_single ? 1 : ATTEMPTS_MAX;
    f->may_repair = hf_keep_doctor_may(s);
    struct hf_failure_verdict v = hf_failure_judge(f);
    switch (v.act) {
    case HF_FAILURE_ATTACH: /* a look that finds a usable gateway attaches by itself */
        return;
    case HF_FAILURE_LOOK:
        look(s);
        return;
    case HF_FAILURE_CONFLICT:
        hf_keep_start_conflict(s);
        return;
    case HF_FAILURE_REPAIR:
        s->start.is_looking = false;
        hf_keep_doctor_begin(s);
        return;
    case HF_FAILURE_RETRY:
        retry(s, v.wait, v.why);
        return;
    case HF_FAILURE_LATER:
    case HF_FAILURE_FAIL:
        hf_keep_start_give_up(s, v.wait, hf_bytes_cstr(v.why));
        return;
    case HF_FAILURE_FATAL:
        hf_keep_start_fatal(s, hf_bytes_cstr(v.why));
        return;
    }
}

/* --- the end that is none we wanted --- */

static void told_failed(struct hf_supervisor *s, struct hf_bytes why)
{
    if (s->error_len == 0) hf_keep_fail_text(s, why);
    HF_LOG(&s->config.log, HF_LOG_ERROR, "keeper.start_failed", HF_INT("port", s->config.port),
           HF_INT("attempts", s->start.attempt), HF_TEXT("what", s->config.summary),
           HF_TEXT("why", why), HF_TEXT("error", hf_bytes(s->error, s->error_len)));
    if (s->start.how.is_auto && !s->start.how.is_cycle) hf_keep_record_reconnect(s, false);
    hf_keep_start_close(s);
    hf_keep_restart_over(s);
    struct hf_bytes error = hf_bytes(s->error, s->error_len);
    hf_keep_settle(s, HF_INTENT_STARTING, HF_KEEPER_FAILED, error);
    hf_keep_settle(s, HF_INTENT_CYCLE, HF_KEEPER_FAILED, error);
    if (!s->reload.is_open) return;
    hf_keep_reload_end(s);
    hf_keep_settle(s, HF_INTENT_RELOADING, HF_KEEPER_FAILED, error);
}

/* It lives but does not answer us, operation after operation (11.1). */
static void mind_reattach(struct hf_supervisor *s)
{
    enum { REATTACHES_MAX = 3 };
    enum hf_failure_kind kind = s->start.failure.kind;
    bool is_silent = kind == HF_FAILED_TIMEOUT || kind == HF_FAILED_UNREACHABLE;
    bool lives = is_silent && hf_ledger_gateway(&s->ledger) != NULL;
    s->reattach_failures = lives ? s->reattach_failures + 1 : 0;
    if (s->reattach_failures < REATTACHES_MAX) return;
    s->reattach_failures = 0;
    hf_keep_act(s, HF_KEEPER_DUMP)->tree = hf_ledger_gateway(&s->ledger)->id;
    hf_keep_tree_end_all(s, hf_reaper_grace(HF_GRACE_LIVENESS, -1, -1));
}

void hf_keep_start_give_up(struct hf_supervisor *s, hf_span at_least, struct hf_bytes why)
{
    told_failed(s, why);
    mind_reattach(s);
    if (s->governor.is_quarantined)
        hf_keep_quarantine_enter(s, why);
    else
        hf_keep_backoff_enter(s, at_least, why);
    hf_keep_restart_settle(s);
}

void hf_keep_start_conflict(struct hf_supervisor *s)
{
    told_failed(s, HF_LIT("port_conflict"));
    hf_keep_enter(s, HF_PHASE_FAILED, HF_LIT("port_conflict"));
    hf_keep_backoff_enter(s, 0, HF_LIT("port_conflict"));
    hf_keep_restart_settle(s);
}

void hf_keep_start_fatal(struct hf_supervisor *s, struct hf_bytes why)
{
    told_failed(s, why);
    hf_keep_tree_end_all(s, hf_reaper_grace(HF_GRACE_STOP, s->config.stop_grace, -1));
    s->is_fatal = true;
    hf_keep_disarm(s, HF_TIMER_RECONNECT);
    hf_keep_enter(s, HF_PHASE_FATAL, why);
    hf_keep_restart_settle(s);
}
