/* The restart pipeline and its deferral (spec/supervisor.md section 10). */
#include "base/err.h"
#include "engine/supervisor_parts.h"

static struct hf_keeper_result *answer(struct hf_supervisor *s, const struct hf_intent *one,
                                       enum hf_keeper_outcome outcome, struct hf_bytes reason)
{
    struct hf_keeper_result *r = hf_keep_result(s, one, outcome);
    hf_keep_reason(s, r, reason);
    return r;
}

static bool wait_at(struct hf_supervisor *s, struct hf_intent *one, enum hf_intent_stage stage)
{
    one->stage = stage;
    if (hf_intents_add(&s->intents, one) == 0) return true;
    answer(s, one, HF_KEEPER_REFUSED, HF_LIT("too_many_requests"));
    return false;
}

static bool is_settling(const struct hf_supervisor *s)
{
    return s->start.is_open || hf_keep_state_is(s, HF_KEEPER_RECONNECTING) ||
           (s->stop.is_open && s->stop.is_cycle);
}

/* --- the cycle --- */

static void begin_cycle(struct hf_supervisor *s, bool is_auto, bool forgives, const char *cause)
{
    /* Little grace is left to what is hung. */
    bool is_hung = is_auto && s->vigil.stage == HF_VIGIL_UNRESPONSIVE;
    enum hf_grace_for purpose = is_hung ? HF_GRACE_LIVENESS : HF_GRACE_STOP;
    hf_span grace = hf_reaper_grace(purpose, s->config.stop_grace, s->link.budget);
    bool reclaims = s->cycle.reclaims_port;
    s->cycle = (struct hf_cycle){
        .is_open = true, .is_auto = is_auto, .reclaims_port = reclaims, .pid_before = hf_keep_pid(s)
    };
    if (forgives) hf_governor_forgive(&s->governor);
    HF_LOG(&s->config.log, HF_LOG_INFO, "keeper.restart_requested",
           HF_TEXT("mode", HF_LIT("restart")), HF_INT("pid_before", s->cycle.pid_before),
           HF_TEXT("cause", hf_bytes_cstr(cause)));
    if (is_hung) hf_keep_watch_vigil(s, HF_VIGIL_RESTART_BEGUN);
    hf_keep_stop_begin(s, true, false, grace, hf_bytes_cstr(cause));
}

void hf_keep_restart_over(struct hf_supervisor *s)
{
    bool was_open = s->cycle.is_open;
    s->cycle.is_open = s->cycle.is_uncounted = false;
    if (was_open) hf_keep_watch_forget(s);
}

/* --- the governor --- */

static void suppressed(struct hf_supervisor *s, const struct hf_intent *one,
                       struct hf_governor_answer verdict)
{
    struct hf_bytes why = hf_bytes_cstr(hf_governor_verdict_name(verdict.verdict));
    bool is_delay = verdict.verdict == HF_GOVERNOR_DELAY;
    hf_governor_suppressed(&s->governor);
    s->status_changed = true;
    HF_LOG(&s->config.log, HF_LOG_WARN,
           is_delay ? "keeper.restart_delayed" : "keeper.restart_refused", HF_TEXT("reason", why),
           HF_INT("retry_after_ms", hf_span_ms(verdict.retry_after)),
           HF_INT("executed", s->governor.executed_total),
           HF_INT("suppressed", s->governor.suppressed_total),
           HF_INT("circuit", hf_keep_circuit_ms(s)));
    hf_keep_record_restart(s, HF_KEEPER_TELL_RESTART_SUPPRESSED, why, verdict.retry_after);
    answer(s, one, is_delay ? HF_KEEPER_DELAYED : HF_KEEPER_REFUSED, why)->retry_after =
        verdict.retry_after;
}

static void govern(struct hf_supervisor *s, struct hf_intent one, const char *cause)
{
    bool is_auto = one.class == HF_KEEPER_AUTO;
    struct hf_governor_answer verdict = { HF_GOVERNOR_ALLOW, 0 }; /* of one that is stopped */
    if (s->is_wanted) verdict = hf_governor_ask(&s->governor, s->now, is_auto);
    if (verdict.verdict == HF_GOVERNOR_ALLOW) {
        one.is_first = true;
        if (!wait_at(s, &one, HF_INTENT_CYCLE)) return;
        begin_cycle(s, is_auto, one.class == HF_KEEPER_OPERATOR, cause);
    } else if (verdict.verdict == HF_GOVERNOR_DELAY) {
        one.is_first = hf_intents_count(&s->intents, HF_INTENT_COOLDOWN) == 0;
        if (!wait_at(s, &one, HF_INTENT_COOLDOWN)) return;
        suppressed(s, &one, verdict);
        hf_keep_arm(s, HF_TIMER_COOLDOWN, verdict.retry_after);
    } else {
        suppressed(s, &one, verdict);
        if (verdict.verdict != HF_GOVERNOR_BUDGET || !hf_keep_state_is(s, HF_KEEPER_RUNNING))
            return;
        hf_keep_running_leave(s);
        hf_keep_fail_text(s, HF_LIT("too many automatic restarts"));
        hf_keep_quarantine_enter(s, HF_LIT("restart_budget"));
    }
}

/* --- the pipeline (10.1) --- */

static void ask(struct hf_supervisor *s, struct hf_intent one, const char *cause)
{
    bool is_external = hf_keep_state_is(s, HF_KEEPER_RUNNING) && s->is_transport_only;
    bool is_stopping = s->stop.is_open && !s->stop.is_cycle;
    bool is_unasked = one.class != HF_KEEPER_OPERATOR && !s->is_wanted;
    if (is_stopping || is_unasked) {
        answer(s, &one, HF_KEEPER_REFUSED, HF_LIT("stopped"));
    } else if (s->cycle.is_open && !(s->start.is_open && s->start.has_spawned)) {
        HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.restart_joined", HF_INT("epoch", s->epoch));
        wait_at(s, &one, HF_INTENT_CYCLE);
    } else if (is_settling(s)) {
        if (wait_at(s, &one, HF_INTENT_DEFERRED)) hf_keep_result(s, &one, HF_KEEPER_DEFERRED);
    } else if (is_external && !s->config.shuts_external) {
        answer(s, &one, HF_KEEPER_REFUSED, HF_LIT("external_gateway"));
    } else if (hf_ledger_is_stuck(&s->ledger)) {
        answer(s, &one, HF_KEEPER_FAILED, HF_LIT("unkillable"));
    } else {
        govern(s, one, cause);
    }
}

void hf_keep_restart_ask(struct hf_supervisor *s, struct hf_intent one)
{
    ask(s, one, "restart");
}

static void ask_of_ourselves(struct hf_supervisor *s, enum hf_keeper_class class, const char *cause)
{
    /* What a person allowed was for that person's restart. */
    if (!s->cycle.is_open) s->cycle.reclaims_port = false;
    ask(s,
        (struct hf_intent){ .number = hf_intents_number(&s->intents),
                            .verb = HF_KEEPER_DO_RESTART,
                            .class = (uint8_t) class },
        cause);
}

void hf_keep_restart_by_vigil(struct hf_supervisor *s)
{
    ask_of_ourselves(s, HF_KEEPER_AUTO, "restart");
}

/* Not a fault of the program: as a wish of the configuration that sets the limit it costs
 * no budget, and how often it may be is core/ration's. */
void hf_keep_restart_for_memory(struct hf_supervisor *s)
{
    ask_of_ourselves(s, HF_KEEPER_CONFIG, "memory_soft");
}

/* --- several at once --- */

/* Those at `stage` that a newer process satisfies are answered; the others become one
 * restart. */
static void run_all(struct hf_supervisor *s, enum hf_intent_stage stage)
{
    struct hf_intent one;
    bool is_running = hf_keep_state_is(s, HF_KEEPER_RUNNING);
    while (is_running && hf_intents_pop_satisfied(&s->intents, stage, &one))
        hf_keep_result(s, &one, HF_KEEPER_SATISFIED);
    uint8_t class = HF_KEEPER_AUTO;
    if (hf_intents_newest(&s->intents, stage, &class) == 0) return;
    size_t left = hf_intents_count(&s->intents, stage);
    for (; left > 0 && hf_intents_pop(&s->intents, stage, &one); left--) {
        bool is_reload = one.verb == HF_KEEPER_DO_RELOAD && stage == HF_INTENT_DEFERRED;
        if (!is_reload) one.class = class; /* the strongest reason speaks for all */
        if (is_reload)
            hf_keep_reload_run(s, one);
        else
            ask(s, one, "restart");
    }
}

void hf_keep_restart_settle(struct hf_supervisor *s)
{
    if (hf_intents_count(&s->intents, HF_INTENT_DEFERRED) == 0 || is_settling(s)) return;
    if (s->reload.is_open && hf_keep_state_is(s, HF_KEEPER_RUNNING)) return;
    if (!s->is_wanted) {
        hf_keep_settle(s, HF_INTENT_DEFERRED, HF_KEEPER_CANCELLED, HF_LIT("stop"));
        return;
    }
    run_all(s, HF_INTENT_DEFERRED);
}

void hf_keep_restart_cooled(struct hf_supervisor *s)
{
    run_all(s, HF_INTENT_COOLDOWN);
}

void hf_keep_restart_debounce(struct hf_supervisor *s, struct hf_intent one, hf_span delay)
{
    if (!s->is_wanted) { /* stopped, or being stopped: a change is no reason to start */
        answer(s, &one, HF_KEEPER_REFUSED, HF_LIT("stopped"));
        return;
    }
    if (!wait_at(s, &one, HF_INTENT_DEBOUNCE)) return;
    answer(s, &one, HF_KEEPER_DELAYED, HF_LIT("debounce"))->retry_after =
        hf_debounce_push(&s->restart_debounce, s->now.mono, delay);
}

void hf_keep_restart_debounced(struct hf_supervisor *s)
{
    run_all(s, HF_INTENT_DEBOUNCE);
}
