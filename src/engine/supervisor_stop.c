/* Stop, the first half of a restart, and the emergency quit (spec/supervisor.md 8). */
#include "engine/supervisor_parts.h"

enum { SHUTDOWN_WITHIN_MS = 5000, SURVEY_WITHIN_MS = 1000, QUIT_WITHIN_MS = 3000 };

/* Nothing of what was under way goes on; whoever waits for it is told. */
static void cancel_work(struct hf_supervisor *s, bool is_cycle)
{
    static const enum hf_timer timers[] = {
        HF_TIMER_STEP,        HF_TIMER_POLL,  HF_TIMER_RECONNECT,
        HF_TIMER_READY_PROBE, HF_TIMER_CHECK, HF_TIMER_CHANNELS,
    };
    if (s->start.is_open) {
        HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.start_superseded",
               HF_TEXT("phase", hf_bytes_cstr(hf_phase_name(s->phase))),
               HF_INT("expected", s->start.epoch), HF_INT("current", s->epoch));
        hf_keep_start_close(s);
    }
    for (size_t i = 0; i < HF_COUNT(timers); i++) hf_keep_disarm(s, timers[i]);
    hf_keep_reload_end(s);
    hf_intents_move(&s->intents, HF_INTENT_RELOADING, HF_INTENT_CYCLE); /* a restart is one too */
    s->quarantined_until_ms = 0;
    s->reattach_failures = 0;
    s->tree_at_1012 = 0;
    if (is_cycle) return;
    hf_keep_rewrite_end_all(s, HF_REWRITE_STOPPED);
    hf_keep_disarm(s, HF_TIMER_COOLDOWN);
    hf_debounce_cancel(&s->restart_debounce);
    hf_debounce_cancel(&s->reload_debounce);
    hf_keep_restart_over(s);
    hf_keep_settle(s, HF_INTENT_STARTING, HF_KEEPER_SUPERSEDED, HF_LIT("stop"));
    for (int stage = HF_INTENT_START_NEXT; stage <= HF_INTENT_RELOADING; stage++)
        if (stage != HF_INTENT_STOPPING)
            hf_keep_settle(s, (enum hf_intent_stage)stage, HF_KEEPER_CANCELLED, HF_LIT("stop"));
}

static bool asks_outsider(struct hf_supervisor *s)
{
    bool is_external = s->link.is_ready && !s->link.is_owned;
    bool is_listed = !s->link.lists_methods || s->link.has_shutdown;
    return is_external && s->config.shuts_external && !s->stop.is_quit &&
           hf_outsider_may_ask(&s->outsider, is_listed);
}

static void finish(struct hf_supervisor *s)
{
    bool is_cycle = s->stop.is_cycle, is_quit = s->stop.is_quit, had_tree = s->stop.had_tree;
    s->stop = (struct hf_stop){ 0 };
    hf_keep_disarm(s, HF_TIMER_STEP);
    if (is_cycle) {
        struct hf_start_how how = { .is_auto = s->cycle.is_auto,
                                    .is_cycle = true,
                                    .reclaims_port = s->cycle.reclaims_port };
        hf_keep_start_begin(s, how, HF_LIT("restart"));
        return;
    }
    hf_keep_clear_error(s);
    hf_keep_watch_standing(s, HF_STANDING_DETACHED);
    hf_keep_enter(s, HF_PHASE_IDLE, HF_LIT("stopped"));
    hf_keep_settle(s, HF_INTENT_STOPPING, HF_KEEPER_EXECUTED,
                   is_quit && had_tree ? HF_LIT("an owned process was ended") : HF_EMPTY);
    if (hf_intents_move(&s->intents, HF_INTENT_START_NEXT, HF_INTENT_STARTING) > 0)
        hf_keep_start_begin(s, (struct hf_start_how){ .forgives = true }, HF_LIT("start"));
}

static void tear_down(struct hf_supervisor *s)
{
    s->stop.is_asking = false;
    hf_keep_running_leave(s);
    hf_keep_watch_forget(s);
    hf_keep_link_abort(s);
    hf_keep_tree_end_all(s, s->stop.grace);
    if (s->stop.is_quit)
        hf_keep_arm(s, HF_TIMER_STEP, HF_MS(QUIT_WITHIN_MS));
    else
        hf_keep_disarm(s, HF_TIMER_STEP);
    if (hf_ledger_is_stuck(&s->ledger)) hf_keep_stop_stuck(s);
    hf_keep_stop_go_on(s);
}

void hf_keep_stop_begin(struct hf_supervisor *s, bool is_cycle, bool is_quit, hf_span grace,
                        struct hf_bytes cause)
{
    HF_LOG(&s->config.log, HF_LOG_INFO, "keeper.stop_requested",
           HF_TEXT("state", hf_bytes_cstr(hf_keeper_state_name(hf_phase_state(s->phase)))),
           HF_TEXT("cause", cause));
    s->epoch++;
    hf_ledger_hand_over(&s->ledger, s->epoch);
    s->is_wanted = is_cycle;
    s->is_fatal = s->is_transport_only = false;
    cancel_work(s, is_cycle);
    s->stop = (struct hf_stop){ .is_open = true,
                                .is_cycle = is_cycle,
                                .is_quit = is_quit,
                                .had_tree = !hf_ledger_is_empty(&s->ledger),
                                .grace = grace };
    hf_keep_enter(s, HF_PHASE_STOPPING, cause);
    if (is_quit) hf_keep_notify(s, HF_KEEPER_NOTICE_STOPPING, 0);
    if (!is_cycle && s->stop.had_tree)
        hf_keep_notify(s, HF_KEEPER_NOTICE_EXTEND, hf_reaper_longest(grace));
    if (asks_outsider(s) && hf_keep_link_call(s, HF_ASK_SHUTDOWN, HF_LIT("shutdown"), HF_EMPTY,
                                              HF_MS(SHUTDOWN_WITHIN_MS))) {
        s->stop.is_asking = true;
        hf_keep_arm(s, HF_TIMER_STEP, HF_MS(SHUTDOWN_WITHIN_MS));
        return;
    }
    tear_down(s);
}

static bool is_unknown_method(struct hf_bytes error)
{
    return hf_bytes_find_nocase(error, 0, HF_LIT("unknown method")) < error.len;
}

void hf_keep_stop_called(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    bool is_unknown = event->u.link_result.outcome == HF_KEEPER_CALL_ERROR &&
                      is_unknown_method(event->u.link_result.payload);
    if (event->u.link_result.outcome == HF_KEEPER_CALL_OK) {
        hf_outsider_answered(&s->outsider, HF_OUTSIDER_YES);
    } else {
        hf_outsider_answered(&s->outsider,
                             is_unknown ? HF_OUTSIDER_UNKNOWN_METHOD : HF_OUTSIDER_OTHER);
        HF_LOG(&s->config.log, HF_LOG_WARN, "keeper.shutdown_refused",
               HF_BOOL("is_unknown", is_unknown));
    }
    if (s->stop.is_open) tear_down(s);
}

void hf_keep_stop_go_on(struct hf_supervisor *s)
{
    if (!s->stop.is_asking && hf_ledger_is_empty(&s->ledger)) finish(s);
}

/* Something survived KILL: the stop ends with what is left (8.3). */
static void end_stuck(struct hf_supervisor *s, struct hf_bytes detail)
{
    bool was_cycle = s->stop.is_cycle;
    s->stop = (struct hf_stop){ 0 };
    hf_keep_restart_over(s);
    s->asks[HF_ASK_SURVEY] = 0;
    hf_keep_disarm(s, HF_TIMER_STEP);
    hf_keep_fail_text(s, detail);
    hf_keep_enter(s, HF_PHASE_FAILED, HF_LIT("unkillable"));
    if (was_cycle) hf_keep_backoff_enter(s, 0, HF_LIT("unkillable"));
    hf_keep_settle(s, HF_INTENT_STOPPING, HF_KEEPER_UNKILLABLE, detail);
    hf_keep_settle(s, HF_INTENT_CYCLE, HF_KEEPER_UNKILLABLE, detail);
    hf_keep_settle(s, HF_INTENT_STARTING, HF_KEEPER_FAILED, HF_LIT("unkillable"));
    hf_keep_settle(s, HF_INTENT_START_NEXT, HF_KEEPER_FAILED, HF_LIT("unkillable"));
    hf_keep_restart_settle(s);
}

void hf_keep_stop_surveyed(struct hf_supervisor *s, struct hf_bytes detail)
{
    if (s->stop.is_open)
        end_stuck(s, detail.len ? detail : HF_LIT("unkillable processes are left"));
}

/* What is left is asked for, but nobody waits long for the answer. */
void hf_keep_stop_stuck(struct hf_supervisor *s)
{
    if (s->stop.is_open && !s->stop.is_quit) hf_keep_arm(s, HF_TIMER_STEP, HF_MS(SURVEY_WITHIN_MS));
}

/* No answer came, or none will. */
void hf_keep_stop_unanswered(struct hf_supervisor *s)
{
    if (!s->stop.is_asking) return;
    s->asks[HF_ASK_SHUTDOWN] = 0;
    HF_LOG(&s->config.log, HF_LOG_WARN, "keeper.shutdown_refused", HF_BOOL("is_unknown", false));
    tear_down(s);
}

void hf_keep_stop_deadline(struct hf_supervisor *s)
{
    if (s->stop.is_asking)
        hf_keep_stop_unanswered(s);
    else if (s->stop.is_quit || hf_ledger_is_stuck(&s->ledger))
        end_stuck(s, HF_LIT("processes are left"));
}
