/* The control socket of a supervisor: requests, results, observers. */
#include "base/limits.h"
#include "host/supervise_state.h"

#include <stdio.h>

enum { TEXT_BYTES = 1 << 19, HISTORY_DEFAULT = 20 };

/* --- requests --- */

static void answer(struct hf_supervise *s, hf_id client, const struct hf_control_request *r)
{
    struct hf_buf data, line;
    hf_buf_init(&data, TEXT_BYTES);
    hf_buf_init(&line, TEXT_BYTES);
    if (r->verb == HF_CONTROL_STATUS)
        hf_sup_write_status(s, r->limit > 0 ? (size_t)r->limit : HF_SUP_LINES_DEFAULT, &data);
    else if (r->verb == HF_CONTROL_DIAGNOSTICS)
        hf_sup_write_diagnostics(s, &data);
    else if (r->verb == HF_CONTROL_HISTORY)
        hf_sup_write_history(s, r->limit > 0 ? (size_t)r->limit : HISTORY_DEFAULT, &data);
    else
        HF_BUF_LIT(&data, "{}");
    if (r->verb == HF_CONTROL_EVENTS) hf_control_observe(s->control, client);
    hf_control_write_data(&line, r->id, r->verb, hf_buf_view(&data));
    if (hf_buf_done(&data) == 0 && hf_buf_done(&line) == 0)
        hf_control_send(s->control, client, hf_buf_view(&line));
    hf_buf_fini(&line);
    hf_buf_fini(&data);
}

static void refuse(struct hf_supervise *s, hf_id client, struct hf_bytes id, const char *code,
                   const char *why)
{
    struct hf_buf line;
    hf_buf_init(&line, TEXT_BYTES);
    hf_control_write_error(&line, id, code, hf_bytes_cstr(why));
    if (hf_buf_done(&line) == 0) hf_control_send(s->control, client, hf_buf_view(&line));
    hf_buf_fini(&line);
}

static struct hf_waiter *waiter_of(struct hf_supervise *s, uint64_t tag)
{
    for (size_t i = 0; i < HF_COUNT(s->waiters); i++)
        if (s->waiters[i].tag == tag) return &s->waiters[i];
    return NULL;
}

/* NULL: too many wait.  However many restarts wait, a stop finds a place. */
static struct hf_waiter *free_waiter(struct hf_supervise *s, enum hf_control_verb verb)
{
    bool is_stop = verb == HF_CONTROL_STOP || verb == HF_CONTROL_QUIT;
    size_t count = is_stop ? HF_COUNT(s->waiters) : HF_LIMIT_CONTROL_REQUESTS;
    for (size_t i = 0; i < count; i++)
        if (s->waiters[i].tag == 0) return &s->waiters[i];
    return NULL;
}

static enum hf_keeper_verb keeper_verb(enum hf_control_verb verb)
{
    if (verb == HF_CONTROL_START) return HF_KEEPER_DO_START;
    if (verb == HF_CONTROL_STOP) return HF_KEEPER_DO_STOP;
    if (verb == HF_CONTROL_RESTART) return HF_KEEPER_DO_RESTART;
    if (verb == HF_CONTROL_CONFIG_GET) return HF_KEEPER_DO_CONFIG_GET;
    if (verb == HF_CONTROL_CONFIG_SET) return HF_KEEPER_DO_CONFIG_SET;
    return verb == HF_CONTROL_RELOAD ? HF_KEEPER_DO_RELOAD : HF_KEEPER_DO_QUIT;
}

static void pass_on(struct hf_supervise *s, hf_id client, const struct hf_control_request *r)
{
    struct hf_waiter *w = free_waiter(s, r->verb);
    struct hf_keeper_event event = { .kind = HF_KEEPER_REQUESTED };
    if (!w) {
        refuse(s, client, r->id, "TOO_MANY", "too many requests wait for their results");
        return;
    }
    *w = (struct hf_waiter){ .tag = ++s->last_tag, .client = client, .verb = r->verb };
    hf_buf_init(&w->id, HF_LIMIT_CONTROL_LINE_BYTES);
    hf_buf_add(&w->id, r->id);
    event.u.request = (struct hf_keeper_request){
        .tag = w->tag,
        .verb = keeper_verb(r->verb),
        .class = r->is_config ? HF_KEEPER_CONFIG : HF_KEEPER_OPERATOR,
        .is_debounced = r->is_debounced,
        .has_delay = r->has_delay,
        .delay = HF_MS(r->delay_ms),
        .reclaims_port = r->reclaims_port,
        .reason = r->reason,
        .key = r->key,
        .value = r->value,
    };
    if (r->verb == HF_CONTROL_RELOAD) hf_sup_secrets_reread(s);
    if (r->verb == HF_CONTROL_QUIT) {
        s->stops = s->is_hasty = true;
        s->stop_tag = w->tag;
    }
    hf_sup_event(s, &event);
}

static void on_asked(void *ctx, hf_id client, const struct hf_control_request *r)
{
    struct hf_supervise *s = ctx;
    hf_sup_turn(s);
    switch (r->verb) {
    case HF_CONTROL_STATUS:
    case HF_CONTROL_DIAGNOSTICS:
    case HF_CONTROL_HISTORY:
    case HF_CONTROL_EVENTS:
        answer(s, client, r);
        return;
    case HF_CONTROL_START:
    case HF_CONTROL_STOP:
    case HF_CONTROL_RESTART:
    case HF_CONTROL_RELOAD:
    case HF_CONTROL_QUIT:
    case HF_CONTROL_CONFIG_GET:
    case HF_CONTROL_CONFIG_SET:
        pass_on(s, client, r);
        return;
    case HF_CONTROL_VERB_COUNT:
        return;
    }
}

static enum hf_control_outcome outcome_of(enum hf_keeper_outcome outcome)
{
    static const enum hf_control_outcome outcomes[] = {
        [HF_KEEPER_DEFERRED] = HF_OUTCOME_DEFERRED,
        [HF_KEEPER_DELAYED] = HF_OUTCOME_DELAYED,
        [HF_KEEPER_EXECUTED] = HF_OUTCOME_EXECUTED,
        [HF_KEEPER_JOINED] = HF_OUTCOME_JOINED,
        [HF_KEEPER_SATISFIED] = HF_OUTCOME_SATISFIED,
        [HF_KEEPER_REFUSED] = HF_OUTCOME_REFUSED,
        [HF_KEEPER_CANCELLED] = HF_OUTCOME_CANCELLED,
        [HF_KEEPER_SUPERSEDED] = HF_OUTCOME_SUPERSEDED,
        [HF_KEEPER_DISABLED] = HF_OUTCOME_DISABLED,
        [HF_KEEPER_UNKILLABLE] = HF_OUTCOME_UNKILLABLE,
        [HF_KEEPER_FAILED] = HF_OUTCOME_FAILED,
        [HF_KEEPER_COMMITTED] = HF_OUTCOME_COMMITTED,
        [HF_KEEPER_CONFLICT] = HF_OUTCOME_CONFLICT,
        [HF_KEEPER_UNSUPPORTED] = HF_OUTCOME_UNSUPPORTED,
    };
    return outcomes[outcome];
}

static void send_result(struct hf_supervise *s, struct hf_waiter *w,
                        const struct hf_keeper_result *result)
{
    struct hf_buf line;
    const struct hf_control_result out = {
        .id = hf_buf_view(&w->id),
        .verb = w->verb,
        .outcome = outcome_of(result->outcome),
        .is_final = result->is_final,
        .pid_before = result->pid_before,
        .pid_after = result->pid_after,
        .retry_after_ms = result->retry_after > 0 ? hf_span_ms(result->retry_after) : -1,
        .reason = result->reason,
    };
    hf_buf_init(&line, TEXT_BYTES);
    if (result->data.len > 0)
        hf_control_write_data(&line, out.id, out.verb, result->data);
    else
        hf_control_write_result(&line, &out);
    if (hf_buf_done(&line) == 0) hf_control_send(s->control, w->client, hf_buf_view(&line));
    hf_buf_fini(&line);
}

void hf_sup_result(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    const struct hf_keeper_result *result = &a->u.result;
    struct hf_waiter *w = result->tag != 0 ? waiter_of(s, result->tag) : NULL;
    if (w) send_result(s, w, result);
    if (w && result->is_final) {
        hf_buf_fini(&w->id);
        *w = (struct hf_waiter){ 0 };
    }
    if (!s->stops || result->tag != s->stop_tag || !result->is_final) return;
    if (s->config.hooks.ended) s->config.hooks.ended(s->config.hooks.ctx);
}

/* --- observers --- */

static const char *name_of(const struct hf_keeper_action *a)
{
    switch (a->u.tell.kind) {
    case HF_KEEPER_TELL_STATUS:
        return "status";
    case HF_KEEPER_TELL_EXIT:
        return "exit";
    case HF_KEEPER_TELL_ERROR:
        return "error";
    case HF_KEEPER_TELL_CHANNEL_STATUS:
        return "channel:status";
    case HF_KEEPER_TELL_CHAT_MESSAGE:
        return "chat:message";
    case HF_KEEPER_TELL_GATEWAY_READY:
        return "gateway:ready";
    case HF_KEEPER_TELL_NOTIFICATION:
        return "notification";
    case HF_KEEPER_TELL_MESSAGE:
        return "message";
    case HF_KEEPER_TELL_RESTART_EXECUTED:
        return "gateway.restart.executed";
    case HF_KEEPER_TELL_RESTART_SUPPRESSED:
        return "gateway.restart.suppressed";
    case HF_KEEPER_TELL_RECONNECT:
        return "gateway.reconnect";
    case HF_KEEPER_TELL_STARTUP:
        return "gateway.startup";
    }
    return "message";
}

static void write_payload(struct hf_supervise *s, const struct hf_keeper_action *a,
                          struct hf_buf *out)
{
    if (a->u.tell.kind == HF_KEEPER_TELL_STATUS)
        hf_sup_write_status(s, 0, out);
    else if (a->u.tell.kind == HF_KEEPER_TELL_EXIT)
        hf_control_write_exit(out, a->u.tell.code, a->u.tell.signal);
    else if (a->u.tell.kind == HF_KEEPER_TELL_ERROR)
        hf_control_write_text(out, "message", a->u.tell.payload);
    else if (a->u.tell.kind == HF_KEEPER_TELL_NOTIFICATION)
        hf_control_write_notification(out, a->u.tell.name, a->u.tell.payload);
    else
        hf_buf_add(out, a->u.tell.payload);
}

/* The service manager shows one line of what we do. */
void hf_sup_tell_manager(struct hf_supervise *s)
{
    char text[256];
    struct hf_supervisor_status st;
    hf_supervisor_status(s->engine, s->now, &st);
    if (st.phase == s->told_phase) return;
    s->told_phase = st.phase;
    snprintf(text, sizeof text, "STATUS=gateway %s (%s): %.*s", hf_keeper_state_name(st.state),
             hf_phase_name(st.phase), (int)st.cause.len, (const char *)st.cause.ptr);
    hf_notify_hint(s->config.notify, text);
}

void hf_sup_tell(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_buf payload, line;
    if (a->u.tell.kind == HF_KEEPER_TELL_STATUS && s->config.hooks.changed)
        s->config.hooks.changed(s->config.hooks.ctx);
    hf_buf_init(&payload, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&line, HF_LIMIT_PAYLOAD_BYTES);
    write_payload(s, a, &payload);
    hf_control_write_event(&line, name_of(a), s->now.wall_ms, hf_buf_view(&payload));
    if (hf_buf_done(&payload) == 0 && hf_buf_done(&line) == 0)
        hf_control_tell(s->control, hf_buf_view(&line));
    hf_buf_fini(&line);
    hf_buf_fini(&payload);
}

/* --- life --- */

int hf_sup_control_open(struct hf_supervise *s, struct hf_fault *fault)
{
    const struct hf_control_hooks hooks = { .ctx = s, .asked = on_asked, .got = hf_sup_got };
    return hf_control_new(&s->control, s->loop, s->config.control_path, &hooks, fault);
}

void hf_sup_control_close(struct hf_supervise *s)
{
    for (size_t i = 0; i < HF_COUNT(s->waiters); i++) hf_buf_fini(&s->waiters[i].id);
    hf_control_free(s->control);
    s->control = NULL;
}
