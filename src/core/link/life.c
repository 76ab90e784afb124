/* The states of a link and what moves it between them (spec/client-lifecycle.md 3.1). */
#include "base/assert.h"
#include "base/err.h"
#include "core/link/parts.h"

enum { KICK_APART_MS = 250 };

void hf_link_init(struct hf_link *l, const struct hf_link_limits *limits, struct hf_rng *rng)
{
    HF_ASSERT(limits->backoff.initial > 0);
    HF_ASSERT(limits->backoff.initial <= limits->backoff.max);
    *l = (struct hf_link){ .limits = *limits,
                           .rng = rng,
                           .deadline = HF_NEVER,
                           .stable_at = HF_NEVER,
                           .budget_at = HF_NEVER,
                           .attempt_ended_at = { INT64_MIN } };
    hf_backoff_init(&l->backoff, &limits->backoff);
}

/* --- attempts --- */

hf_time hf_link_within(const struct hf_link *l, hf_time now, hf_span span)
{
    return hf_time_min(hf_time_after(now, span), l->budget_at);
}

void hf_link_begin(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    l->generation++;
    l->socket = l->generation;
    l->attempt_count++;
    l->state = HF_LINK_OPENING;
    l->pause = HF_LINK_NOT_PAUSED;
    l->deadline = hf_link_within(l, now, l->limits.upgrade_within);
    l->cause = HF_LINK_CAUSE_NONE;
    l->pause_after = HF_LINK_NOT_PAUSED;
    l->closed = (struct hf_link_close){ .code = 1006 };
    l->hint = -1;
    l->is_upgraded = l->is_hello = l->is_flushed = false;
    l->will_stop = l->will_pass = l->is_clean = l->waits_at_maximum = l->will_restart = false;
    l->is_asking = false;
    todo->acts |= HF_LINK_DO_DIAL;
}

void hf_link_try_again(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (!l->limits.asks_before_reconnect) {
        hf_link_begin(l, now, todo);
        return;
    }
    l->generation++;
    l->state = HF_LINK_REAUTH;
    l->pause = HF_LINK_NOT_PAUSED;
    l->deadline = l->budget_at;
    todo->acts |= HF_LINK_ASK_RECONNECT;
}

void hf_link_abort(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                   struct hf_link_todo *todo)
{
    if (l->cause == HF_LINK_CAUSE_NONE) l->cause = cause;
    todo->acts |= HF_LINK_DO_ABORT;
    hf_link_ended(l, now, todo);
}

void hf_link_close_with(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                        struct hf_link_close close, struct hf_link_todo *todo)
{
    bool is_stop = cause == HF_LINK_CAUSE_STOPPED;
    l->cause = cause;
    l->closed.code = close.code;
    l->state = HF_LINK_CLOSING;
    l->deadline = hf_time_after(now, is_stop ? l->limits.stop_grace : l->limits.close_grace);
    todo->acts |= HF_LINK_DO_CLOSE;
    todo->cause = cause;
    todo->close = close;
}

static void reconnect(struct hf_link *l, hf_time now, const struct hf_link_close *close,
                      struct hf_link_todo *todo)
{
    if (l->state != HF_LINK_READY) return;
    if (close->code)
        hf_link_close_with(l, now, HF_LINK_CAUSE_RECONNECT, *close, todo);
    else
        hf_link_close_for(l, now, HF_LINK_CAUSE_RECONNECT, todo);
}

void hf_link_close_for(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                       struct hf_link_todo *todo)
{
    hf_link_close_with(l, now, cause, hf_link_cause_close(cause), todo);
}

void hf_link_fail_attempt(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                          enum hf_link_pause pause, struct hf_link_todo *todo)
{
    l->pause_after = pause;
    todo->acts |= HF_LINK_TELL_ERROR;
    hf_link_close_for(l, now, cause, todo);
}

/* --- what the owner wants --- */

static void resume(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (l->state != HF_LINK_PAUSED) return;
    if (l->pause == HF_LINK_PAUSE_ATTEMPTS) hf_backoff_reset(&l->backoff, &l->limits.backoff);
    if (l->limits.budget) l->budget_at = hf_time_after(now, l->limits.budget);
    hf_link_try_again(l, now, todo);
}

static int start(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    switch (l->state) {
    case HF_LINK_IDLE:
        l->started_at = now;
        l->budget_at = l->limits.budget ? hf_time_after(now, l->limits.budget) : HF_NEVER;
        l->was_starting = l->offers_older = l->signs_older = l->drops_auth_fields = false;
        hf_link_begin(l, now, todo);
        return 0;
    case HF_LINK_BACKOFF:
        hf_link_try_again(l, now, todo);
        return 0;
    case HF_LINK_PAUSED:
        resume(l, now, todo);
        return 0;
    case HF_LINK_OPENING:
    case HF_LINK_AWAIT_CHALLENGE:
    case HF_LINK_PREPARING:
    case HF_LINK_AWAIT_HELLO:
    case HF_LINK_READY:
    case HF_LINK_CLOSING:
    case HF_LINK_REAUTH:
    case HF_LINK_DISPOSED:
        return HF_ERR_STATE;
    }
    HF_UNREACHABLE();
}

/* At once, but not right behind the end of the last attempt (8.4). */
static void kick(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (l->state != HF_LINK_BACKOFF) return;
    hf_time soonest = hf_time_after(l->attempt_ended_at, HF_MS(KICK_APART_MS));
    if (hf_time_before(now, soonest))
        l->deadline = hf_time_min(l->deadline, soonest);
    else
        hf_link_try_again(l, now, todo);
}

/* What was learned about the way to the server may be wrong now. */
static void network_changed(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (l->state == HF_LINK_READY) hf_watch_probe(&l->watch, &l->limits.watch, now);
    kick(l, now, todo);
}

static void show(struct hf_link *l, hf_time now, bool is_background, struct hf_link_todo *todo)
{
    l->is_background = is_background;
    if (l->state == HF_LINK_READY)
        hf_watch_rest_pings(&l->watch, &l->limits.watch, now, is_background);
    if (!is_background) network_changed(l, now, todo);
}

static void stop(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    bool was_closing = l->state == HF_LINK_CLOSING;
    bool was_login = l->socket && !l->is_hello;
    if (l->will_stop && was_closing) return;
    l->generation++;
    l->will_stop = true;
    todo->cause = HF_LINK_CAUSE_STOPPED;
    if (!l->socket) {
        l->state = HF_LINK_IDLE;
        l->deadline = HF_NEVER;
        return;
    }
    if (!l->is_flushed) todo->acts |= HF_LINK_DO_FLUSH;
    l->is_flushed = true;
    if (was_login && !was_closing) todo->acts |= HF_LINK_TELL_ERROR;
    if (!l->is_upgraded)
        hf_link_abort(l, now, HF_LINK_CAUSE_STOPPED, todo);
    else if (was_closing)
        l->deadline = hf_time_min(l->deadline, hf_time_after(now, l->limits.stop_grace));
    else
        hf_link_close_for(l, now, HF_LINK_CAUSE_STOPPED, todo);
}

static void dispose(struct hf_link *l, struct hf_link_todo *todo)
{
    l->generation++;
    if (l->socket) todo->acts |= HF_LINK_DO_ABORT;
    todo->acts |= HF_LINK_DO_FLUSH;
    todo->cause = HF_LINK_CAUSE_DISPOSED;
    l->socket = 0;
    l->state = HF_LINK_DISPOSED;
    l->told_status = HF_LINK_IS_CLOSED; /* no status is told once disposal began (section 5) */
    l->deadline = l->stable_at = HF_NEVER;
}

static void hook_answered(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                          struct hf_link_todo *todo)
{
    bool is_allowed = input->kind == HF_LINK_ALLOWED;
    bool is_login = l->state == HF_LINK_PREPARING && l->is_asking;
    if ((!is_login && l->state != HF_LINK_REAUTH) || input->generation != l->generation) {
        l->stale_count++;
        return;
    }
    if (is_login) {
        l->is_asking = false;
        if (is_allowed)
            todo->acts |= HF_LINK_DO_PLAN;
        else
            hf_link_deny_login(l, now, todo);
        return;
    }
    if (is_allowed) {
        hf_link_begin(l, now, todo);
        return;
    }
    todo->acts |= HF_LINK_TELL_ERROR;
    todo->cause = HF_LINK_CAUSE_DENIED;
    hf_link_enter_pause(l, now, HF_LINK_PAUSE_DENIED, todo);
}

/* --- the whole --- */

static int run_input(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                     struct hf_link_todo *todo)
{
    switch (input->kind) {
    case HF_LINK_TIME:
        hf_link_run_due(l, now, todo);
        return 0;
    case HF_LINK_START:
        return start(l, now, todo);
    case HF_LINK_KICK:
        kick(l, now, todo);
        return 0;
    case HF_LINK_NETWORK:
        network_changed(l, now, todo);
        return 0;
    case HF_LINK_RESUME:
        resume(l, now, todo);
        return 0;
    case HF_LINK_RECONNECT:
        reconnect(l, now, &input->u.close, todo);
        return 0;
    case HF_LINK_STOP:
        stop(l, now, todo);
        return 0;
    case HF_LINK_DISPOSE:
        dispose(l, todo);
        return 0;
    case HF_LINK_ALLOWED:
    case HF_LINK_REJECTED:
        hook_answered(l, now, input, todo);
        return 0;
    case HF_LINK_WOKE:
        if (l->state == HF_LINK_READY) hf_watch_woke(&l->watch, &l->limits.watch, now);
        return 0;
    case HF_LINK_BACKGROUND:
    case HF_LINK_FOREGROUND:
        show(l, now, input->kind == HF_LINK_BACKGROUND, todo);
        return 0;
    case HF_LINK_DIAL_FAILED:
    case HF_LINK_UPGRADE_REFUSED:
    case HF_LINK_UPGRADED:
    case HF_LINK_CHALLENGED:
    case HF_LINK_PLANNED:
    case HF_LINK_PLAN_FAILED:
    case HF_LINK_HELLO:
    case HF_LINK_HELLO_BROKEN:
    case HF_LINK_REFUSED:
    case HF_LINK_BYTES:
    case HF_LINK_FRAME:
    case HF_LINK_PING_WRITTEN:
    case HF_LINK_PONG:
    case HF_LINK_BEAT_ANSWERED:
    case HF_LINK_SHUTDOWN:
    case HF_LINK_FAULT:
    case HF_LINK_PEER_CLOSED:
    case HF_LINK_GONE:
        if (input->generation == l->socket && l->socket)
            hf_link_socket_input(l, now, input, todo);
        else
            l->stale_count++;
        return 0;
    }
    HF_UNREACHABLE();
}

int hf_link_step(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                 struct hf_link_todo *todo)
{
    *todo = (struct hf_link_todo){ 0 };
    if (l->state == HF_LINK_DISPOSED) return HF_ERR_CLOSED;
    int err = run_input(l, now, input, todo);
    enum hf_link_status status = hf_link_status(l);
    if (status != l->told_status) todo->acts |= HF_LINK_TELL_STATUS;
    l->told_status = status;
    return err;
}

void hf_link_know_secrets(struct hf_link *l, const struct hf_link_secrets *secrets)
{
    l->secrets = *secrets;
}

hf_span hf_link_elapsed(const struct hf_link *l, hf_time now)
{
    return hf_time_since(now, l->started_at);
}

hf_span hf_link_remaining(const struct hf_link *l, hf_time now)
{
    if (hf_time_same(l->budget_at, HF_NEVER)) return HF_SPAN_MAX;
    return hf_span_max(0, hf_time_since(l->budget_at, now));
}
