/* What the current socket brings (spec/client-lifecycle.md 3.1, T5-T21). */
#include "base/assert.h"
#include "core/link/parts.h"

enum {
    RESTART_MIN_MS = 250,
    RESTART_MAX_MS = 5000,
    OUR_FAULTS_MAX = 3,
    REFUSAL_BODY_MS = 1000,
};

static void dial_failed(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                        struct hf_link_todo *todo)
{
    l->cause = input->u.dial.cause;
    l->will_pass = l->will_pass || input->u.dial.will_pass;
    if (l->cause == HF_LINK_CAUSE_CONFIG) l->pause_after = HF_LINK_PAUSE_CONFIG;
    if (l->cause == HF_LINK_CAUSE_INSECURE) {
        l->waits_at_maximum = true;
        todo->acts |= HF_LINK_TELL_INSECURE;
    }
    todo->acts |= HF_LINK_TELL_ERROR;
    hf_link_ended(l, now, todo);
}

/* What follows the head may explain it, but not for long (spec/client-lifecycle.md
 * section 1).  The deadline ends the attempt as a DIAL_FAILED would. */
static void upgrade_refused(struct hf_link *l, hf_time now, bool will_pass)
{
    l->cause = HF_LINK_CAUSE_UPGRADE;
    l->will_pass = will_pass;
    l->deadline = hf_time_min(l->deadline, hf_time_after(now, HF_MS(REFUSAL_BODY_MS)));
}

static void hello(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                  struct hf_link_todo *todo)
{
    l->state = HF_LINK_READY;
    l->is_hello = true;
    l->hello_count++;
    l->deadline = l->budget_at = HF_NEVER;
    l->was_starting = false;
    l->has_retried_device_token = l->has_hushed_close = l->uses_device_token = false;
    l->has_switched_version = l->has_signed_older = false;
    l->rate_limited_count = l->our_fault_count = l->device_auth_count = l->startup_waits = 0;
    l->started_at = now;
    l->stable_at = hf_time_after(now, l->limits.stable_after);
    if (l->limits.stable_after == 0) hf_backoff_reset(&l->backoff, &l->limits.backoff);
    l->watch.is_quiet = l->is_background;
    hf_watch_start(&l->watch, &l->limits.watch, now, input->u.hello.tick_every,
                   input->u.hello.has_beat);
    todo->acts |= HF_LINK_TELL_READY;
}

static void shutdown_announced(struct hf_link *l, const struct hf_link_input *input)
{
    double ms = input->u.shutdown.restart_ms;
    l->will_restart = input->u.shutdown.will_restart;
    if (!l->will_restart) return;
    l->hint = HF_MS(RESTART_MIN_MS);
    if (ms > RESTART_MIN_MS) l->hint = HF_MS(ms < RESTART_MAX_MS ? (int64_t)ms : RESTART_MAX_MS);
}

/* Whether the server cannot read what we write (7.2): so it says thrice in a row. */
static bool is_our_fault(struct hf_link *l, const struct hf_link_close *close)
{
    bool says_so =
        close->code == 1008 && (hf_bytes_starts(close->reason, HF_LIT("invalid-")) ||
                                hf_bytes_starts(close->reason, HF_LIT("invalid handshake")) ||
                                hf_bytes_starts(close->reason, HF_LIT("invalid request frame")));
    l->our_fault_count = says_so ? l->our_fault_count + 1 : 0;
    return l->our_fault_count >= OUR_FAULTS_MAX;
}

/* A server that says it with the close alone (7.2 item 4). */
static bool is_stored_token_void(const struct hf_link *l, const struct hf_link_close *close)
{
    static const struct hf_bytes text = HF_LIT_INIT("device token mismatch");
    if (close->code != 1008 || !l->secrets.sends_stored_alone) return false;
    for (size_t at = 0; at + text.len <= close->reason.len; at++)
        if (hf_bytes_starts(hf_bytes_from(close->reason, at), text)) return true;
    return false;
}

static void peer_closed(struct hf_link *l, hf_time now, const struct hf_link_close *close,
                        struct hf_link_todo *todo)
{
    todo->acts |= HF_LINK_DO_END;
    todo->close = *close;
    if (l->state == HF_LINK_CLOSING) return; /* the answer to ours, or both at once */
    l->cause = HF_LINK_CAUSE_PEER_CLOSE;
    l->closed.code = close->code;
    l->is_clean = close->code == 1000 && close->reason.len == 0;
    l->waits_at_maximum =
        close->code == 1011 && hf_bytes_starts(close->reason, HF_LIT("gateway install changed"));
    if (is_our_fault(l, close)) l->pause_after = HF_LINK_PAUSE_OUR_FAULT;
    if (close->code == 4001) l->pause_after = HF_LINK_PAUSE_ACCESS;
    if (is_stored_token_void(l, close)) todo->acts |= HF_LINK_DROP_DEVICE_TOKEN;
    l->will_pass = close->code == 1012 || close->code == 1013;
    l->was_starting = l->was_starting || l->will_pass;
    l->state = HF_LINK_CLOSING;
    l->deadline = hf_time_after(now, l->limits.close_grace);
}

static void gone(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (l->cause == HF_LINK_CAUSE_NONE) l->cause = HF_LINK_CAUSE_LOST;
    hf_link_ended(l, now, todo);
}

/* In READY only; elsewhere these say nothing. */
static void heard(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                  struct hf_link_todo *todo)
{
    const struct hf_watch_limits *limits = &l->limits.watch;
    if (l->state != HF_LINK_READY) return;
    hf_watch_bytes(&l->watch, now);
    if (input->kind == HF_LINK_FRAME)
        hf_watch_frame(&l->watch, limits, now);
    else if (input->kind == HF_LINK_PONG)
        todo->has_rtt = hf_watch_pong(&l->watch, limits, now, &todo->rtt);
    else if (input->kind == HF_LINK_BEAT_ANSWERED)
        hf_watch_beat_answered(&l->watch, limits, now, input->u.is_unsupported);
}

static void upgraded(struct hf_link *l, hf_time now)
{
    l->is_upgraded = true;
    l->state = HF_LINK_AWAIT_CHALLENGE;
    l->deadline = hf_link_within(l, now, l->limits.challenge_within);
}

static void challenged(struct hf_link *l, hf_time now, bool has_nonce, struct hf_link_todo *todo)
{
    if (!has_nonce) {
        hf_link_fail_attempt(l, now, HF_LINK_CAUSE_NO_NONCE, HF_LINK_NOT_PAUSED, todo);
        return;
    }
    l->state = HF_LINK_PREPARING;
    l->deadline = hf_link_within(l, now, l->limits.connect_within);
    l->is_asking = l->limits.asks_before_login;
    todo->acts |= l->is_asking ? HF_LINK_ASK_LOGIN : HF_LINK_DO_PLAN;
}

void hf_link_deny_login(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    l->pause_after = HF_LINK_PAUSE_DENIED;
    todo->acts |= HF_LINK_TELL_ERROR;
    hf_link_abort(l, now, HF_LINK_CAUSE_DENIED, todo);
}

static void fault(struct hf_link *l, hf_time now, const struct hf_link_close *close,
                  struct hf_link_todo *todo)
{
    if (l->state == HF_LINK_CLOSING) return;
    if (!l->is_hello) todo->acts |= HF_LINK_TELL_ERROR;
    hf_link_close_with(l, now, HF_LINK_CAUSE_PEER_FAULT, *close, todo);
}

void hf_link_socket_input(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                          struct hf_link_todo *todo)
{
    /* Each step of the login counts in its state only: a second challenge or an
     * answer after the deadline says nothing. */
    bool is_opening = l->state == HF_LINK_OPENING;
    bool is_preparing = l->state == HF_LINK_PREPARING;
    bool awaits_hello = l->state == HF_LINK_AWAIT_HELLO;
    switch (input->kind) {
    case HF_LINK_DIAL_FAILED:
        if (is_opening) dial_failed(l, now, input, todo);
        return;
    case HF_LINK_UPGRADE_REFUSED:
        if (is_opening) upgrade_refused(l, now, input->u.dial.will_pass);
        return;
    case HF_LINK_UPGRADED:
        if (is_opening) upgraded(l, now);
        return;
    case HF_LINK_CHALLENGED:
        if (l->state == HF_LINK_AWAIT_CHALLENGE) challenged(l, now, input->u.has_nonce, todo);
        return;
    case HF_LINK_PLANNED:
        if (is_preparing) l->state = HF_LINK_AWAIT_HELLO;
        return;
    case HF_LINK_PLAN_FAILED:
        if (is_preparing)
            hf_link_fail_attempt(l, now, HF_LINK_CAUSE_PLAN, HF_LINK_PAUSE_PLAN, todo);
        return;
    case HF_LINK_HELLO:
        if (awaits_hello) hello(l, now, input, todo);
        return;
    case HF_LINK_HELLO_BROKEN:
        if (awaits_hello)
            hf_link_fail_attempt(l, now, HF_LINK_CAUSE_BAD_HELLO, HF_LINK_PAUSE_REFUSED, todo);
        return;
    case HF_LINK_REFUSED:
        if (awaits_hello) hf_link_refuse(l, now, &input->u.refusal, todo);
        return;
    case HF_LINK_BYTES:
    case HF_LINK_FRAME:
    case HF_LINK_PONG:
    case HF_LINK_BEAT_ANSWERED:
        heard(l, now, input, todo);
        return;
    case HF_LINK_PING_WRITTEN:
        if (l->state == HF_LINK_READY) hf_watch_ping_written(&l->watch, now);
        return;
    case HF_LINK_SHUTDOWN:
        if (l->state == HF_LINK_READY) shutdown_announced(l, input);
        return;
    case HF_LINK_FAULT:
        fault(l, now, &input->u.close, todo);
        return;
    case HF_LINK_PEER_CLOSED:
        peer_closed(l, now, &input->u.close, todo);
        return;
    case HF_LINK_GONE:
        gone(l, now, todo);
        return;
    case HF_LINK_TIME:
    case HF_LINK_START:
    case HF_LINK_KICK:
    case HF_LINK_NETWORK:
    case HF_LINK_RESUME:
    case HF_LINK_RECONNECT:
    case HF_LINK_STOP:
    case HF_LINK_DISPOSE:
    case HF_LINK_ALLOWED:
    case HF_LINK_REJECTED:
    case HF_LINK_WOKE:
    case HF_LINK_BACKGROUND:
    case HF_LINK_FOREGROUND:
        HF_UNREACHABLE(); /* not of a socket */
    }
}
