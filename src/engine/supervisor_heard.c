/* What comes over the control connection (spec/supervisor.md 11.4, 11.5). */
#include "engine/supervisor_parts.h"
#include "wire/json_read.h"

static void got_shutdown(struct hf_supervisor *s, struct hf_bytes payload)
{
    struct hf_bytes expected = hf_json_find(payload, "restartExpectedMs");
    double ms;
    s->link.will_restart = hf_json_get_double(expected, &ms) == 0 && ms >= 0;
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING)) return;
    s->is_draining = true;
    hf_keep_watch_standing(s, HF_STANDING_DRAINS);
    hf_keep_enter(s, HF_PHASE_DRAINING, HF_LIT("shutdown"));
}

static void got_ready(struct hf_supervisor *s)
{
    if (s->reload.is_open && s->reload.is_signalled) hf_keep_reload_proven(s, HF_LIT("ready"));
    if (hf_keep_state_is(s, HF_KEEPER_RUNNING))
        hf_keep_watch_ready(s, "event");
    else
        s->has_ready_event = true;
}

static enum hf_keeper_tell tell_of(struct hf_bytes name)
{
    if (hf_bytes_same(name, HF_LIT("chat"))) return HF_KEEPER_TELL_CHAT_MESSAGE;
    if (hf_bytes_same(name, HF_LIT("gateway.ready")) || hf_bytes_same(name, HF_LIT("ready")))
        return HF_KEEPER_TELL_GATEWAY_READY;
    if (hf_bytes_same(name, HF_LIT("channel.status")) ||
        hf_bytes_same(name, HF_LIT("channel.status_changed")))
        return HF_KEEPER_TELL_CHANNEL_STATUS;
    return HF_KEEPER_TELL_NOTIFICATION;
}

/* The text of a legacy `error`; of one without a message, all that it says. */
static struct hf_bytes error_text(struct hf_bytes params)
{
    struct hf_bytes text;
    return hf_json_get_plain(hf_json_find(params, "message"), &text) ? text : params;
}

/* A legacy notification is told as one, besides the name of its own that it may have. */
static void link_event(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    struct hf_bytes name = e->u.link_event.name, payload = e->u.link_event.payload;
    bool is_legacy = e->u.link_event.is_notification;
    if (!is_legacy && hf_bytes_same(name, HF_LIT("tick"))) return;
    enum hf_keeper_tell kind = tell_of(name);
    if (is_legacy && hf_bytes_same(name, HF_LIT("error")))
        hf_keep_tell(s, HF_KEEPER_TELL_ERROR, error_text(payload));
    else if (kind != HF_KEEPER_TELL_NOTIFICATION)
        hf_keep_tell(s, kind, payload);
    if (is_legacy || kind == HF_KEEPER_TELL_NOTIFICATION) {
        struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_TELL);
        a->u.tell.kind = HF_KEEPER_TELL_NOTIFICATION;
        a->u.tell.name = name;
        a->u.tell.payload = payload;
    }
    if (kind == HF_KEEPER_TELL_GATEWAY_READY) got_ready(s);
    if (hf_bytes_same(name, HF_LIT("shutdown"))) got_shutdown(s, payload);
}

static void read_status(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    struct hf_bytes status = e->u.link_result.payload;
    double budget_ms;
    if (e->u.link_result.outcome != HF_KEEPER_CALL_OK) return;
    if (hf_json_get_double(hf_json_find(status, "shutdownBudget"), &budget_ms) == 0 &&
        budget_ms >= 0 && budget_ms < 1e9)
        s->link.budget = HF_MS((int64_t)budget_ms);
}

static void answered_vigil(struct hf_supervisor *s, bool has_answer)
{
    hf_keep_watch_vigil_input(s,
                              &(struct hf_vigil_input){ .kind = has_answer ? HF_VIGIL_CALL_ANSWERED
                                                                           : HF_VIGIL_CALL_FAILED,
                                                        .probe = s->vigil.probe });
}

/* The calls of ours; each is asked at most once at a time. */
static const struct {
    enum hf_ask ask;
    struct hf_bytes method;
    bool is_core_probe;
} calls[] = {
    { HF_ASK_VIGIL, HF_LIT_INIT("system-presence"), true },
    { HF_ASK_STANDING, HF_LIT_INIT("system-presence"), true },
    { HF_ASK_READY, HF_LIT_INIT("system-presence"), true },
    { HF_ASK_SHUTDOWN, HF_LIT_INIT("shutdown"), false },
    { HF_ASK_BUDGET, HF_LIT_INIT("status"), false },
    { HF_ASK_RELOAD, HF_LIT_INIT("gateway.restart.request"), false },
    { HF_ASK_REVISION, HF_LIT_INIT("config.get"), false },
    { HF_ASK_CHANNELS, HF_LIT_INIT("channels.status"), false },
    { HF_ASK_FILE_REVISION, HF_LIT_INIT("config.get"), false },
    { HF_ASK_CONFIG_GET, HF_LIT_INIT("config.get"), false },
    { HF_ASK_CONFIG_SET, HF_LIT_INIT("config.set"), false },
};

void hf_keep_heard_no_more(struct hf_supervisor *s)
{
    for (size_t i = 0; i < HF_COUNT(calls); i++) {
        if (!s->asks[calls[i].ask]) continue;
        s->asks[calls[i].ask] = 0;
        hf_keep_watch_called(s, calls[i].method, HF_KEEPER_CALL_NOT_SENT, calls[i].is_core_probe);
    }
    hf_keep_reload_untold(s);
    hf_keep_rewrite_lost(s);
}

/* Which call of ours that was. */
static void note_call(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    for (size_t i = 0; i < HF_COUNT(calls); i++)
        if (e->ask && s->asks[calls[i].ask] == e->ask)
            hf_keep_watch_called(s, calls[i].method, e->u.link_result.outcome,
                                 calls[i].is_core_probe);
}

static void link_result(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    bool has_answer = e->u.link_result.outcome == HF_KEEPER_CALL_OK ||
                      e->u.link_result.outcome == HF_KEEPER_CALL_ERROR;
    note_call(s, e);
    if (hf_keep_answered(s, HF_ASK_STANDING, e->ask)) return;
    if (hf_keep_answered(s, HF_ASK_VIGIL, e->ask))
        answered_vigil(s, has_answer);
    else if (hf_keep_answered(s, HF_ASK_READY, e->ask))
        hf_keep_watch_ready_answered(s, e);
    else if (hf_keep_answered(s, HF_ASK_SHUTDOWN, e->ask))
        hf_keep_stop_called(s, e);
    else if (hf_keep_answered(s, HF_ASK_BUDGET, e->ask))
        read_status(s, e);
    else if (hf_keep_answered(s, HF_ASK_RELOAD, e->ask))
        hf_keep_reload_called(s, e);
    else if (hf_keep_answered(s, HF_ASK_REVISION, e->ask))
        hf_keep_reload_revision(s, e);
    else if (hf_keep_answered(s, HF_ASK_CHANNELS, e->ask))
        hf_keep_watch_channels_answered(s, e->u.link_result.outcome);
    else if (hf_keep_answered(s, HF_ASK_FILE_REVISION, e->ask))
        hf_keep_reload_told(s, e);
    else if (hf_keep_answered(s, HF_ASK_CONFIG_GET, e->ask))
        hf_keep_rewrite_got(s, e);
    else if (hf_keep_answered(s, HF_ASK_CONFIG_SET, e->ask))
        hf_keep_rewrite_set(s, e);
}

static void link_message(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_TELL);
    a->u.tell.kind = HF_KEEPER_TELL_MESSAGE;
    a->u.tell.payload = e->u.link_message;
}

static bool is_life(const struct hf_keeper_event *e)
{
    if (e->kind == HF_KEEPER_LINK_RESULT)
        return e->u.link_result.outcome == HF_KEEPER_CALL_OK ||
               e->u.link_result.outcome == HF_KEEPER_CALL_ERROR;
    return e->kind == HF_KEEPER_LINK_LIFE || e->kind == HF_KEEPER_LINK_EVENT ||
           e->kind == HF_KEEPER_LINK_MESSAGE;
}

void hf_keep_heard(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    if (is_life(e)) {
        if (s->sightings.misses > 0)
            HF_LOG(&s->config.log, HF_LOG_DEBUG, "gateway.heartbeat_back",
                   HF_INT("misses", s->sightings.misses));
        hf_sightings_alive(&s->sightings, s->now.mono);
        hf_keep_watch_standing(s, HF_STANDING_LINK_ALIVE);
        hf_keep_watch_vigil(s, HF_VIGIL_LIFE);
    }
    if (e->kind == HF_KEEPER_LINK_EVENT)
        link_event(s, e);
    else if (e->kind == HF_KEEPER_LINK_RESULT)
        link_result(s, e);
    else if (e->kind == HF_KEEPER_LINK_MESSAGE)
        link_message(s, e);
}
