/* Reload: the policy in the gateway's file, and how it is carried out (10.6, 10.7). */
#include "base/err.h"
#include "base/limits.h"
#include "engine/supervisor_parts.h"
#include "wire/json5.h"
#include "wire/json_read.h"

enum { CALL_WITHIN_MS = 5000, LOOK_EVERY_MS = 5000 };

/* --- the policy --- */

static void read_policy(struct hf_supervisor *s, struct hf_bytes text)
{
    struct hf_buf json;
    struct hf_json5_error error;
    hf_reload_policy_init(&s->policy);
    hf_buf_init(&json, HF_LIMIT_CONFIG_BYTES);
    if (text.len > 0 && hf_json5_read(text, HF_LIMIT_JSON_DEPTH_PREAUTH, &json, &error) == 0) {
        struct hf_bytes gateway = hf_json_find(hf_json_root(hf_buf_view(&json)), "gateway");
        struct hf_bytes reload = hf_json_find(gateway, "reload"), mode = HF_EMPTY;
        double debounce_ms = 0;
        bool has = hf_json_get_double(hf_json_find(reload, "debounceMs"), &debounce_ms) == 0;
        hf_json_get_plain(hf_json_find(reload, "mode"), &mode);
        hf_reload_policy_read(&s->policy, mode, has, debounce_ms);
    }
    hf_buf_fini(&json);
}

void hf_keep_reload_read_config(struct hf_supervisor *s, bool is_forced)
{
    hf_span age = hf_time_since(s->now.mono, s->policy_at);
    bool is_fresh = !hf_time_same(s->policy_at, HF_NEVER) && age < HF_MS(HF_RELOAD_REFRESH_MS);
    if (s->asks[HF_ASK_CONFIG] || (is_fresh && !is_forced)) return; /* shared, or known */
    hf_keep_ask(s, HF_KEEPER_READ_CONFIG, HF_ASK_CONFIG);
}

static void policy_known(struct hf_supervisor *s)
{
    struct hf_intent one;
    while (!s->asks[HF_ASK_CONFIG] && hf_intents_pop(&s->intents, HF_INTENT_POLICY, &one)) {
        bool is_off = s->policy.mode == HF_RELOAD_OFF && !s->config.off_restarts;
        hf_span delay = one.delay >= 0 ? one.delay : s->policy.debounce;
        if (!one.is_debounced) {
            hf_keep_reload_run(s, one);
        } else if (is_off) {
            hf_keep_result(s, &one, HF_KEEPER_DISABLED);
        } else if (s->policy.mode == HF_RELOAD_RESTART || s->policy.mode == HF_RELOAD_OFF) {
            hf_keep_restart_debounce(s, one, delay);
        } else {
            one.stage = HF_INTENT_RELOAD_DEBOUNCE;
            hf_intents_add(&s->intents, &one); /* its place has just become free */
            hf_keep_result(s, &one, HF_KEEPER_DELAYED)->retry_after =
                hf_debounce_push(&s->reload_debounce, s->now.mono, delay);
        }
    }
}

void hf_keep_reload_config_read(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    read_policy(s, event->u.config.err ? HF_EMPTY : event->u.config.text);
    s->policy_at = s->now.mono;
    s->revision = event->u.config.revision;
    policy_known(s);
}

/* A change while nothing runs for the sake of the configuration is worth one try. */
void hf_keep_reload_config_changed(struct hf_supervisor *s, uint64_t revision)
{
    bool waits = s->phase == HF_PHASE_FATAL || s->phase == HF_PHASE_QUARANTINED;
    bool is_new = revision != s->revision;
    s->policy_at = HF_NEVER;
    s->revision = revision;
    if (!waits || !is_new || !s->is_wanted) return;
    hf_keep_start_begin(
        s, (struct hf_start_how){ .is_auto = true, .is_uncharged = true, .is_single = true },
        HF_LIT("config_changed"));
}

/* --- requests --- */

void hf_keep_reload_ask(struct hf_supervisor *s, struct hf_intent one)
{
    one.stage = HF_INTENT_POLICY;
    if (!s->is_wanted || (s->stop.is_open && !s->stop.is_cycle)) {
        hf_keep_reason(s, hf_keep_result(s, &one, HF_KEEPER_REFUSED), HF_LIT("stopped"));
    } else if (hf_intents_add(&s->intents, &one) != 0) {
        hf_keep_reason(s, hf_keep_result(s, &one, HF_KEEPER_REFUSED), HF_LIT("too_many_requests"));
    } else {
        hf_keep_reload_read_config(s, false);
        policy_known(s);
    }
}

/* The quiet time is over: the mode is looked at once more. */
void hf_keep_reload_debounced(struct hf_supervisor *s)
{
    struct hf_intent one;
    size_t left = hf_intents_count(&s->intents, HF_INTENT_RELOAD_DEBOUNCE);
    for (; left > 0 && hf_intents_pop(&s->intents, HF_INTENT_RELOAD_DEBOUNCE, &one); left--) {
        if (one.number <= s->intents.mark) {
            hf_keep_result(s, &one, HF_KEEPER_SATISFIED);
            continue;
        }
        one.stage = HF_INTENT_POLICY;
        one.is_debounced = false;
        hf_intents_add(&s->intents, &one);
    }
    if (hf_intents_count(&s->intents, HF_INTENT_POLICY) == 0) return;
    hf_keep_reload_read_config(s, true);
    policy_known(s);
}

/* --- carrying it out --- */

static void told(struct hf_supervisor *s, const char *result, const char *cause)
{
    bool is_fallback = cause != NULL;
    int64_t pid = hf_keep_pid(s);
    HF_LOG(&s->config.log, is_fallback ? HF_LOG_WARN : HF_LOG_INFO, "keeper.reload_done",
           HF_TEXT("mode", HF_LIT("reload")), HF_TEXT("result", hf_bytes_cstr(result)),
           HF_TEXT("cause", hf_bytes_cstr(cause ? cause : "")),
           HF_INT("pid_before", s->reload.is_open ? s->reload.pid_before : pid),
           HF_INT("pid_after", pid));
}

void hf_keep_reload_end(struct hf_supervisor *s)
{
    if (!s->reload.is_open) return;
    s->reload.is_open = false;
    hf_keep_disarm(s, HF_TIMER_EVIDENCE);
    hf_keep_disarm(s, HF_TIMER_REVISION);
    if (s->was_ready_notified) hf_keep_notify(s, HF_KEEPER_NOTICE_READY, 0);
}

/* The same while its connection stays: what it asked is of no interest any more. */
static void close_reload(struct hf_supervisor *s)
{
    s->asks[HF_ASK_SIGNAL] = s->asks[HF_ASK_RELOAD] = s->asks[HF_ASK_REVISION] = 0;
    hf_keep_reload_end(s);
}

/* What could not be done in place is done by a restart. */
static void fall_back(struct hf_supervisor *s, const char *cause)
{
    struct hf_intent one;
    told(s, "fallback_restart", cause);
    close_reload(s);
    while (hf_intents_pop(&s->intents, HF_INTENT_RELOADING, &one)) {
        if (one.class == HF_KEEPER_AUTO) one.class = HF_KEEPER_CONFIG;
        hf_keep_restart_ask(s, one);
    }
    hf_keep_restart_settle(s);
}

void hf_keep_reload_proven(struct hf_supervisor *s, struct hf_bytes by)
{
    if (!s->reload.is_open) return;
    if (s->intents.mark < s->reload.mark) hf_intents_mark(&s->intents, s->reload.mark);
    s->spawn_revision = s->revision;
    told(s, "applied_in_place", NULL);
    HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.reload_proven", HF_TEXT("by", by));
    close_reload(s);
    hf_keep_settle(s, HF_INTENT_RELOADING, HF_KEEPER_EXECUTED, HF_LIT("applied_in_place"));
    hf_keep_restart_settle(s);
}

static struct hf_reload_facts facts_of(struct hf_supervisor *s)
{
    bool is_running = hf_keep_state_is(s, HF_KEEPER_RUNNING);
    const struct hf_tree *t = hf_ledger_gateway(&s->ledger);
    return (struct hf_reload_facts){
        .mode = s->policy.mode,
        .off_restarts = s->config.off_restarts,
        .is_starting =
            s->start.is_open || hf_keep_state_is(s, HF_KEEPER_RECONNECTING) || s->stop.is_open,
        .is_running = is_running,
        .is_owned = is_running && !s->is_transport_only,
        .connected_for = is_running ? hf_time_since(s->now.mono, s->connected_at) : 0,
        .knows_revisions = s->revision != 0 && s->spawn_revision != 0,
        .is_applied = s->revision == s->spawn_revision,
        .has_new_secret = s->has_new_secret,
        .has_rpc = s->link.is_ready && s->link.has_restart,
        .is_holdfast = t && t->is_holdfast,
        .version = hf_word_view(&s->link.version),
    };
}

static void look_at_revision(struct hf_supervisor *s)
{
    if (s->link.has_config)
        hf_keep_link_call(s, HF_ASK_REVISION, HF_LIT("config.get"), HF_LIT("{}"),
                          HF_MS(CALL_WITHIN_MS));
}

static void await_proof(struct hf_supervisor *s)
{
    s->reload.is_signalled = true;
    hf_keep_arm(s, HF_TIMER_EVIDENCE, HF_MS(HF_RELOAD_EVIDENCE_MS));
    hf_keep_arm(s, HF_TIMER_REVISION, HF_MS(LOOK_EVERY_MS));
}

static void by_signal(struct hf_supervisor *s, enum hf_keeper_signal signal)
{
    struct hf_tree *t = hf_ledger_gateway(&s->ledger);
    if (!t) {
        fall_back(s, "not_running");
        return;
    }
    struct hf_keeper_action *a = hf_keep_ask(s, HF_KEEPER_SIGNAL, HF_ASK_SIGNAL);
    a->tree = s->reload.tree = t->id;
    a->u.signal.signal = signal;
    await_proof(s);
}

static void open_reload(struct hf_supervisor *s, struct hf_intent *one, enum hf_reload_way way)
{
    one->stage = HF_INTENT_RELOADING;
    one->is_first = true;
    hf_intents_add(&s->intents, one); /* its place has just become free */
    s->reload = (struct hf_reloading){
        .is_open = true, .mark = s->intents.newest, .way = way, .pid_before = hf_keep_pid(s)
    };
    if (s->was_ready_notified) hf_keep_notify(s, HF_KEEPER_NOTICE_RELOADING, 0);
}

static void carry_out(struct hf_supervisor *s, struct hf_reload_plan plan)
{
    if (plan.way == HF_RELOAD_BY_HUP)
        by_signal(s, HF_KEEPER_HUP);
    else if (plan.way == HF_RELOAD_BY_USR2)
        by_signal(s, HF_KEEPER_USR2);
    else if (plan.way == HF_RELOAD_BY_USR1)
        by_signal(s, HF_KEEPER_USR1);
    else if (plan.way == HF_RELOAD_IMPOSSIBLE) {
        close_reload(s);
        hf_keep_settle(s, HF_INTENT_RELOADING, HF_KEEPER_REFUSED, HF_LIT("external_gateway"));
    } else
        fall_back(s, plan.cause ? plan.cause : "unknown");
}

static void by_call(struct hf_supervisor *s)
{
    s->reload.tree = s->gateway;
    if (!hf_keep_link_call(s, HF_ASK_RELOAD, HF_LIT("gateway.restart.request"), HF_LIT("{}"),
                           HF_MS(CALL_WITHIN_MS))) {
        struct hf_reload_facts facts = facts_of(s);
        carry_out(s, hf_reload_after_rpc(&facts));
        return;
    }
    await_proof(s);
}

/* Whether the gateway is asked first which configuration stands in its file. */
static bool asks_revision(struct hf_supervisor *s, const struct hf_reload_facts *facts,
                          struct hf_intent one)
{
    bool tells = s->link.is_ready && s->link.has_config && s->link.applied.len > 0;
    if (!tells || s->reload.is_open || !hf_reload_wants_revision(facts)) return false;
    one.stage = HF_INTENT_REVISION;
    hf_intents_add(&s->intents, &one); /* its place has just become free */
    if (!s->asks[HF_ASK_FILE_REVISION])
        hf_keep_link_call(s, HF_ASK_FILE_REVISION, HF_LIT("config.get"), HF_LIT("{}"),
                          HF_MS(CALL_WITHIN_MS));
    return true;
}

static void run(struct hf_supervisor *s, struct hf_intent one, const struct hf_reload_facts *facts)
{
    struct hf_reload_plan plan = hf_reload_decide(facts);
    bool joins = s->reload.is_open && plan.way != HF_RELOAD_DISABLED;
    if (plan.way == HF_RELOAD_DISABLED) {
        hf_keep_result(s, &one, HF_KEEPER_DISABLED);
    } else if (plan.way == HF_RELOAD_DEFERRED || joins) {
        one.stage = HF_INTENT_DEFERRED;
        hf_intents_add(&s->intents, &one);
        hf_keep_result(s, &one, HF_KEEPER_DEFERRED);
    } else if (plan.way == HF_RELOAD_SKIPPED) {
        told(s, "skipped_recent_connect", NULL);
        hf_keep_reason(s, hf_keep_result(s, &one, HF_KEEPER_SATISFIED),
                       HF_LIT("skipped_recent_connect"));
    } else if (plan.way == HF_RELOAD_FORCED_RESTART) {
        told(s, "policy_forced_restart", NULL);
        hf_keep_restart_ask(s, one);
    } else {
        open_reload(s, &one, plan.way);
        if (plan.way == HF_RELOAD_BY_RPC)
            by_call(s);
        else
            carry_out(s, plan);
    }
}

void hf_keep_reload_run(struct hf_supervisor *s, struct hf_intent one)
{
    struct hf_reload_facts facts = facts_of(s);
    if (!asks_revision(s, &facts, one)) run(s, one, &facts);
}

/* The revision in its file and the one in effect: what it tells counts more than what we
 * see of the file.  One that tells nothing after all is judged by the file. */
void hf_keep_reload_told(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    struct hf_bytes file, applied = hf_word_view(&s->link.applied);
    struct hf_bytes answer = event->u.link_result.payload;
    bool is_answer = event->u.link_result.outcome == HF_KEEPER_CALL_OK;
    bool is_told =
        is_answer && hf_json_get_plain(hf_json_find(answer, "configRevisionHash"), &file);
    hf_json_get_plain(hf_json_find(answer, "appliedConfigHash"), &applied);
    for (struct hf_intent one; hf_intents_pop(&s->intents, HF_INTENT_REVISION, &one);) {
        struct hf_reload_facts facts = facts_of(s);
        facts.knows_revisions |= is_told;
        if (is_told) facts.is_applied = hf_bytes_same(file, applied);
        run(s, one, &facts);
    }
}

/* The connection ended first: decided anew on the next one. */
void hf_keep_reload_untold(struct hf_supervisor *s)
{
    for (struct hf_intent one; hf_intents_pop(&s->intents, HF_INTENT_REVISION, &one);) {
        one.stage = HF_INTENT_DEFERRED;
        hf_intents_add(&s->intents, &one);
        hf_keep_result(s, &one, HF_KEEPER_DEFERRED);
    }
}

/* --- what comes back --- */

void hf_keep_reload_called(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    if (!s->reload.is_open || event->u.link_result.outcome == HF_KEEPER_CALL_OK) return;
    struct hf_reload_facts facts = facts_of(s);
    carry_out(s, hf_reload_after_rpc(&facts));
}

void hf_keep_reload_signal_failed(struct hf_supervisor *s)
{
    if (s->reload.is_open) fall_back(s, "signal_error");
}

/* The gateway tells which configuration it has in effect. */
void hf_keep_reload_revision(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    struct hf_bytes applied;
    struct hf_bytes payload = event->u.link_result.payload;
    if (!s->reload.is_open || event->u.link_result.outcome != HF_KEEPER_CALL_OK) return;
    if (!hf_json_get_plain(hf_json_find(payload, "appliedConfigHash"), &applied)) return;
    if (s->link.applied.len == 0 || hf_bytes_same(applied, hf_word_view(&s->link.applied))) return;
    hf_word_set(&s->link.applied, applied);
    hf_keep_reload_proven(s, HF_LIT("revision"));
}

void hf_keep_reload_look_again(struct hf_supervisor *s)
{
    if (!s->reload.is_open) return;
    look_at_revision(s);
    hf_keep_arm(s, HF_TIMER_REVISION, HF_MS(LOOK_EVERY_MS));
}

void hf_keep_reload_connected(struct hf_supervisor *s, bool is_new_boot)
{
    if (!s->reload.is_open) return;
    if (is_new_boot)
        hf_keep_reload_proven(s, HF_LIT("1012"));
    else if (s->reload.tree != s->gateway) /* it had to be ended, and a new one was made */
        hf_keep_reload_proven(s, HF_LIT("new_process"));
    else
        await_proof(s);
}

/* No proof in time.  A connection that is on its way back is judged by its hello. */
void hf_keep_reload_deadline(struct hf_supervisor *s)
{
    if (s->reload.is_open && hf_keep_state_is(s, HF_KEEPER_RUNNING))
        fall_back(s, "post_signal_unchanged");
}

bool hf_keep_reload_expects_death(const struct hf_supervisor *s, uint64_t tree)
{
    return s->reload.is_open && s->reload.is_signalled && s->reload.tree == tree;
}

/* The process ended instead: one new one is the reload, and costs no budget. */
void hf_keep_reload_died(struct hf_supervisor *s)
{
    told(s, "fallback_restart", "post_signal_unhealthy");
    close_reload(s);
    hf_intents_move(&s->intents, HF_INTENT_RELOADING, HF_INTENT_CYCLE);
    s->cycle = (struct hf_cycle){ .is_open = true, .pid_before = s->last_exit.pid };
    hf_keep_start_begin(
        s, (struct hf_start_how){ .is_auto = true, .is_uncharged = true, .is_cycle = true },
        HF_LIT("post_signal_unhealthy"));
}
