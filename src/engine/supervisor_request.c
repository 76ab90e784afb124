/* What is asked of a supervisor: start, stop, restart, reload, quit, and what is read or changed. */
#include "base/err.h"
#include "engine/supervisor_parts.h"

static void refuse(struct hf_supervisor *s, const struct hf_intent *one, struct hf_bytes reason)
{
    hf_keep_reason(s, hf_keep_result(s, one, HF_KEEPER_REFUSED), reason);
}

/* False: too many wait, and this one is refused. */
static bool add(struct hf_supervisor *s, struct hf_intent *one, enum hf_intent_stage stage)
{
    one->stage = stage;
    if (hf_intents_add(&s->intents, one) == 0) return true;
    refuse(s, one, HF_LIT("too_many_requests"));
    return false;
}

/* Who joins may ask for more: of the start that runs, or of the one that the first half of a
 * restart leads to. */
static void join_reclaims(struct hf_supervisor *s, bool reclaims)
{
    if (s->stop.is_open) {
        s->cycle.reclaims_port |= reclaims;
        return;
    }
    s->start.how.reclaims_port |= reclaims;
    s->start.facts.may_reclaim |= reclaims;
}

static void start(struct hf_supervisor *s, struct hf_intent one, bool reclaims)
{
    bool is_under_way = s->start.is_open || (s->stop.is_open && s->stop.is_cycle);
    if (s->stop.is_open && !s->stop.is_cycle) {
        one.is_first = hf_intents_count(&s->intents, HF_INTENT_START_NEXT) == 0;
        if (add(s, &one, HF_INTENT_START_NEXT)) hf_keep_result(s, &one, HF_KEEPER_DEFERRED);
    } else if (is_under_way) {
        HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.start_joined", HF_INT("epoch", s->epoch));
        if (!add(s, &one, HF_INTENT_STARTING)) return;
        join_reclaims(s, reclaims);
    } else if (hf_keep_state_is(s, HF_KEEPER_RUNNING)) {
        hf_keep_result(s, &one, HF_KEEPER_SATISFIED);
    } else if (hf_ledger_is_stuck(&s->ledger)) {
        hf_keep_reason(s, hf_keep_result(s, &one, HF_KEEPER_FAILED), HF_LIT("unkillable"));
    } else {
        one.is_first = true;
        if (!add(s, &one, HF_INTENT_STARTING)) return;
        struct hf_start_how how = { .forgives = one.class == HF_KEEPER_OPERATOR,
                                    .reclaims_port = reclaims };
        hf_keep_start_begin(s, how, HF_LIT("request"));
    }
}

/* A user's stop takes the place of the first half of a restart. */
static void begin_stop(struct hf_supervisor *s, bool is_quit)
{
    enum hf_grace_for purpose = is_quit ? HF_GRACE_QUIT : HF_GRACE_STOP;
    hf_span grace = hf_reaper_grace(purpose, s->config.stop_grace, s->link.budget);
    hf_keep_stop_begin(s, false, is_quit, grace, is_quit ? HF_LIT("quit") : HF_LIT("request"));
}

static void stop(struct hf_supervisor *s, struct hf_intent one, bool is_quit)
{
    bool is_stopping = s->stop.is_open && !s->stop.is_cycle;
    bool is_idle = s->phase == HF_PHASE_IDLE && hf_ledger_is_empty(&s->ledger);
    if (is_idle) {
        hf_keep_result(s, &one, HF_KEEPER_SATISFIED);
        return;
    }
    one.is_first = !is_stopping;
    if (!add(s, &one, HF_INTENT_STOPPING)) return;
    if (!is_stopping) {
        begin_stop(s, is_quit);
    } else {
        /* The newest wish counts: what was to start after this stop is not wanted now. */
        hf_keep_settle(s, HF_INTENT_START_NEXT, HF_KEEPER_CANCELLED, HF_LIT("stop"));
        if (is_quit && !s->stop.is_quit) begin_stop(s, true);
    }
}

static void restart(struct hf_supervisor *s, struct hf_intent one,
                    const struct hf_keeper_request *request)
{
    enum { DEBOUNCE_MS = 2000 };
    if (!request->is_debounced) {
        s->cycle.reclaims_port =
            request->reclaims_port || (s->cycle.is_open && s->cycle.reclaims_port);
        hf_keep_restart_ask(s, one);
        return;
    }
    hf_keep_restart_debounce(s, one, request->has_delay ? request->delay : HF_MS(DEBOUNCE_MS));
}

void hf_keep_request(struct hf_supervisor *s, const struct hf_keeper_request *request)
{
    struct hf_intent one = { .number = hf_intents_number(&s->intents),
                             .tag = request->tag,
                             .verb = (uint8_t)request->verb,
                             .class = (uint8_t)request->class,
                             .is_debounced = request->is_debounced,
                             .delay = request->has_delay ? request->delay : -1 };
    switch (request->verb) {
    case HF_KEEPER_DO_START:
        start(s, one, request->reclaims_port);
        return;
    case HF_KEEPER_DO_STOP:
    case HF_KEEPER_DO_QUIT:
        stop(s, one, request->verb == HF_KEEPER_DO_QUIT);
        return;
    case HF_KEEPER_DO_RESTART:
        restart(s, one, request);
        return;
    case HF_KEEPER_DO_RELOAD:
        hf_keep_reload_ask(s, one);
        return;
    case HF_KEEPER_DO_CONFIG_GET:
    case HF_KEEPER_DO_CONFIG_SET:
        hf_keep_rewrite_ask(s, request);
        return;
    }
}
