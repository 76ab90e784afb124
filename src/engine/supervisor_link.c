/* The control connection, running, and what follows its loss (spec/supervisor.md 11). */
#include "base/limits.h"
#include "engine/supervisor_parts.h"
#include "wire/json_read.h"
#include "wire/schema/greeting.h"

enum {
    CHALLENGE_WITHIN_MS = 15000,
    CONNECT_WITHIN_MS = 20000,
    STATUS_WITHIN_MS = 5000,
    RESTART_CODE = 1012
};

/* --- open, abort, call --- */

void hf_keep_link_open(struct hf_supervisor *s)
{
    hf_keep_link_abort(s);
    s->link = (struct hf_keeper_link){ .id = s->link.last_id + 1,
                                       .last_id = s->link.last_id + 1,
                                       .budget = -1 };
    s->has_ready_event = false; /* one of an earlier connection says nothing of this one */
    if (s->start.is_open) hf_keep_enter(s, HF_PHASE_CONNECT, HF_LIT("answers"));
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_LINK_OPEN);
    a->link = s->link.id;
    a->within = HF_MS(CHALLENGE_WITHIN_MS);
    a->u.link_open.connect_within = HF_MS(CONNECT_WITHIN_MS);
}

void hf_keep_link_abort(struct hf_supervisor *s)
{
    if (!s->link.id) return;
    hf_keep_act(s, HF_KEEPER_LINK_ABORT)->link = s->link.id;
    if (s->link.is_ready) hf_keep_watch_standing(s, HF_STANDING_LINK_LOST);
    s->link.id = 0;
    s->link.is_ready = false;
    hf_keep_heard_no_more(s);
}

bool hf_keep_link_call(struct hf_supervisor *s, enum hf_ask ask, struct hf_bytes method,
                       struct hf_bytes params, hf_span within)
{
    if (!s->link.is_ready) return false;
    struct hf_keeper_action *a = hf_keep_ask(s, HF_KEEPER_LINK_CALL, ask);
    a->link = s->link.id;
    a->within = within;
    a->u.link_call.method = method;
    a->u.link_call.params = params;
    return true;
}

/* --- running --- */

static void told_started(struct hf_supervisor *s)
{
    hf_keep_record_startup(s);
    if (!s->start.how.is_auto || s->start.how.is_cycle) return;
    s->connect_successes++;
    hf_keep_record_reconnect(s, true);
}

static void told_restarted(struct hf_supervisor *s)
{
    HF_LOG(&s->config.log, HF_LOG_INFO, "keeper.restart_applied",
           HF_TEXT("mode", HF_LIT("restart")), HF_INT("pid_before", s->cycle.pid_before),
           HF_INT("pid_after", hf_keep_pid(s)), HF_INT("executed", s->governor.executed_total),
           HF_INT("suppressed", s->governor.suppressed_total),
           HF_INT("circuit", hf_keep_circuit_ms(s)));
    s->cycle.is_open = false;
    s->cycle.is_uncounted = true;
    hf_keep_settle(s, HF_INTENT_CYCLE, HF_KEEPER_EXECUTED, HF_EMPTY);
}

/* The new hello after a 1012 close: the process read its configuration again (10.4). */
static void mind_in_place(struct hf_supervisor *s)
{
    bool is_same =
        s->tree_at_1012 != 0 && s->tree_at_1012 == s->gateway && hf_ledger_gateway(&s->ledger);
    s->tree_at_1012 = 0;
    if (is_same) {
        hf_intents_mark(&s->intents, s->mark_at_1012);
        s->spawn_revision = s->revision;
    }
    hf_keep_reload_connected(s, is_same);
}

/* What a place without a control connection is known to be ready by. */
static const char *const ready_by[] = {
    [HF_PLACE_GATEWAY] = "probe", [HF_PLACE_HTTP] = "probe", [HF_PLACE_TCP] = "probe",
    [HF_PLACE_NOTIFY] = "notify", [HF_PLACE_NONE] = "alive",
};

void hf_keep_running_enter(struct hf_supervisor *s, bool is_owned)
{
    bool was_starting = s->start.is_open;
    s->link.is_owned = is_owned;
    if (is_owned && s->link.is_ready) s->release = s->link.version;
    s->is_transport_only = !is_owned;
    s->is_attached = s->config.place != HF_PLACE_GATEWAY;
    s->connected_at = s->now.mono;
    s->connected_at_ms = s->now.wall_ms;
    s->is_ready = s->is_draining = false;
    s->reattach_failures = 0;
    if (was_starting) {
        told_started(s);
        hf_keep_start_close(s);
    }
    s->attempts = 0;
    hf_keep_disarm(s, HF_TIMER_RECONNECT);
    hf_keep_clear_error(s);
    hf_governor_running(&s->governor, s->now.mono);
    hf_keep_enter(s, HF_PHASE_WARMING, HF_LIT("connected"));
    hf_keep_watch_begin(s);
    if (s->has_ready_event || s->is_attached)
        hf_keep_watch_ready(s, s->has_ready_event ? "event" : ready_by[s->config.place]);
    s->has_ready_event = false;
    if (s->cycle.is_open) told_restarted(s);
    hf_keep_settle(s, HF_INTENT_STARTING, HF_KEEPER_EXECUTED, HF_EMPTY);
    if (s->is_ready) hf_keep_watch_executed(s);
    mind_in_place(s);
    if (is_owned && s->link.is_ready)
        hf_keep_link_call(s, HF_ASK_BUDGET, HF_LIT("status"), HF_EMPTY, HF_MS(STATUS_WITHIN_MS));
    hf_keep_restart_settle(s);
    hf_keep_rewrite_offer(s);
}

void hf_keep_running_leave(struct hf_supervisor *s)
{
    hf_keep_disarm(s, HF_TIMER_READY_PROBE);
    hf_keep_disarm(s, HF_TIMER_CHECK);
    hf_keep_disarm(s, HF_TIMER_CHANNELS);
    hf_keep_watch_vigil(s, HF_VIGIL_END);
    hf_governor_left(&s->governor, s->now.mono);
    hf_keep_link_abort(s);
    s->is_ready = s->has_ready_event = s->is_draining = s->is_attached = false;
    s->connected_at = HF_NEVER;
    s->connected_at_ms = 0;
    s->status_changed = true;
}

/* --- hello and its opposite --- */

static bool lists(struct hf_bytes methods, const char *name)
{
    return hf_greeting_lists(methods, hf_bytes_cstr(name));
}

static void read_word(struct hf_word *word, struct hf_bytes object, const char *name)
{
    struct hf_bytes text;
    bool is_there = hf_json_get_plain(hf_json_find(object, name), &text);
    hf_word_set(word, is_there ? text : HF_EMPTY);
}

static void read_hello(struct hf_supervisor *s, struct hf_bytes hello)
{
    struct hf_keeper_link *l = &s->link;
    struct hf_bytes server = hf_json_find(hello, "server");
    struct hf_bytes methods = hf_json_find(hf_json_find(hello, "features"), "methods");
    read_word(&l->version, server, "version");
    read_word(&l->boot_id, server, "bootId");
    read_word(&l->applied, hf_json_find(hello, "snapshot"), "appliedConfigHash");
    l->lists_methods = hf_json_count(methods) > 0;
    l->has_shutdown = lists(methods, "shutdown");
    l->has_restart = lists(methods, "gateway.restart.request");
    l->has_config = lists(methods, "config.get");
    l->has_config_set = lists(methods, "config.set");
    l->has_presence = lists(methods, "system-presence");
    l->has_channels = lists(methods, "channels.status");
}

static void link_ready(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    struct hf_word boot = s->boot_before;
    if (s->start.is_open && hf_keep_place_is_taken(s, e)) {
        hf_keep_start_failed(s, HF_FAILED_PORT,
                             HF_LIT("port_conflict: another process answers on the port"));
        return;
    }
    s->link.is_ready = true;
    hf_sightings_alive(&s->sightings, s->now.mono);
    hf_keep_watch_standing(s, HF_STANDING_LINK_READY);
    read_hello(s, e->u.link_ready.hello);
    s->boot_before = s->link.boot_id;
    hf_outsider_met(&s->outsider, hf_word_view(&s->link.version));
    /* The same boot: only the connection was lost, nothing was read again. */
    bool is_same_boot =
        boot.len > 0 && hf_bytes_same(hf_word_view(&boot), hf_word_view(&s->link.boot_id));
    if (is_same_boot) s->tree_at_1012 = 0;
    if (s->start.is_open && s->start.is_candidate) {
        s->start.facts.lets_in = HF_HOLDER_YES;
        hf_keep_place_judge(s);
    } else if (s->start.is_open) {
        hf_keep_running_enter(s, true);
    } else {
        hf_keep_running_enter(s, false);
    }
}

static void link_starting(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    hf_span wait;
    bool goes_on = hf_ladder_startup(&s->start.startup_step, e->u.link_failed.has_hint,
                                     e->u.link_failed.hint_ms, &wait);
    bool is_late = goes_on && hf_time_before(s->start.deadline, hf_time_after(s->now.mono, wait));
    if (!goes_on || is_late)
        hf_keep_start_failed(s, HF_FAILED_STARTING, e->u.link_failed.why);
    else
        hf_keep_arm(s, HF_TIMER_POLL, wait);
}

static void candidate_refused(struct hf_supervisor *s)
{
    s->start.is_candidate = false;
    s->start.facts.lets_in = HF_HOLDER_NO;
    /* Who it is stands there already (5.2: wrong credential). */
    hf_keep_failf(s, "%.*s; it answers, and refuses our credential", (int)s->error_len, s->error);
    hf_keep_place_judge(s);
}

static void link_failed(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    static const enum hf_failure_kind kinds[] = {
        [HF_KEEPER_LINK_STARTING] = HF_FAILED_STARTING,
        [HF_KEEPER_LINK_CREDENTIAL] = HF_FAILED_CREDENTIAL,
        [HF_KEEPER_LINK_REFUSED] = HF_FAILED_REFUSED,
        [HF_KEEPER_LINK_UNREACHABLE] = HF_FAILED_UNREACHABLE,
        [HF_KEEPER_LINK_TIMEOUT] = HF_FAILED_TIMEOUT,
        [HF_KEEPER_LINK_UNUSABLE] = HF_FAILED_UNUSABLE,
    };
    enum hf_keeper_link_failure failure = e->u.link_failed.failure;
    s->link.id = 0;
    if (s->phase == HF_PHASE_ATTEMPT) {
        hf_keep_fail_text(s, e->u.link_failed.why);
        hf_keep_backoff_enter(s, 0, HF_LIT("transport"));
    } else if (!s->start.is_open) {
        return;
    } else if (failure == HF_KEEPER_LINK_STARTING) {
        link_starting(s, e);
    } else if (failure == HF_KEEPER_LINK_CREDENTIAL && s->start.is_candidate) {
        candidate_refused(s);
    } else {
        hf_keep_start_failed(s, kinds[failure], e->u.link_failed.why);
    }
}

static void link_closed(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    bool is_owned = s->link.is_owned;
    struct hf_tree *t = hf_ledger_gateway(&s->ledger);
    hf_sightings_closed(&s->sightings, s->now.mono, e->u.link_closed.code);
    hf_keep_watch_standing(s, HF_STANDING_LINK_LOST);
    s->link.id = 0;
    s->link.is_ready = false;
    hf_keep_heard_no_more(s);
    hf_keep_stop_unanswered(s);
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING)) return;
    hf_keep_running_leave(s);
    hf_keep_failf(s, "the control connection was closed (%u)", e->u.link_closed.code);
    if (is_owned && t && e->u.link_closed.code == RESTART_CODE) {
        s->mark_at_1012 = s->intents.newest;
        s->tree_at_1012 = t->id;
    }
    hf_keep_backoff_enter(
        s, 0, e->u.link_closed.code == RESTART_CODE ? HF_LIT("service_restart") : HF_LIT("closed"));
}

void hf_keep_link_event(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    if (e->link == 0 || e->link != s->link.id) {
        s->stale_count++;
        return;
    }
    hf_keep_heard(s, e);
    if (e->kind == HF_KEEPER_LINK_READY)
        link_ready(s, e);
    else if (e->kind == HF_KEEPER_LINK_FAILED)
        link_failed(s, e);
    else if (e->kind == HF_KEEPER_LINK_CLOSED)
        link_closed(s, e);
}
