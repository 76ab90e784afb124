/* What time does to a link: deadlines of attempts and waits, and the watch of a connection. */
#include "core/link/parts.h"

/* The server is not heard any more: what waits for it cannot succeed (10.3). */
static void fail_liveness(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                          struct hf_link_todo *todo)
{
    hf_link_close_for(l, now, cause, todo);
    todo->acts |= HF_LINK_DO_FLUSH;
    l->is_flushed = true;
}

static void watch_ready(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (!hf_time_before(now, l->stable_at)) {
        hf_backoff_reset(&l->backoff, &l->limits.backoff);
        l->stable_at = HF_NEVER;
    }
    if (l->is_held) return;
    switch (hf_watch_step(&l->watch, &l->limits.watch, now, l->tick_rests)) {
    case HF_WATCH_NONE:
        return;
    case HF_WATCH_PING:
        todo->acts |= HF_LINK_DO_PING;
        return;
    case HF_WATCH_BEAT:
        todo->acts |= HF_LINK_DO_BEAT;
        return;
    case HF_WATCH_TICK_TIMEOUT:
        fail_liveness(l, now, HF_LINK_CAUSE_TICK_TIMEOUT, todo);
        return;
    case HF_WATCH_PING_TIMEOUT:
        fail_liveness(l, now, HF_LINK_CAUSE_PING_TIMEOUT, todo);
        return;
    case HF_WATCH_BEAT_TIMEOUT:
        fail_liveness(l, now, HF_LINK_CAUSE_BEAT_TIMEOUT, todo);
        return;
    }
}

/* An attempt's deadline is its own, or the budget's when that came first. */
static void attempt_timed_out(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                              struct hf_link_todo *todo)
{
    bool is_over = !hf_time_before(now, l->budget_at);
    hf_link_fail_attempt(l, now, cause, is_over ? HF_LINK_PAUSE_BUDGET : HF_LINK_NOT_PAUSED, todo);
}

void hf_link_run_due(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (l->state == HF_LINK_READY) {
        watch_ready(l, now, todo);
        return;
    }
    if (hf_time_before(now, l->deadline)) return;
    switch (l->state) {
    case HF_LINK_OPENING:
        todo->acts |= HF_LINK_TELL_ERROR;
        if (!hf_time_before(now, l->budget_at)) l->pause_after = HF_LINK_PAUSE_BUDGET;
        hf_link_abort(l, now, HF_LINK_CAUSE_UPGRADE_TIMEOUT, todo);
        return;
    case HF_LINK_AWAIT_CHALLENGE:
        attempt_timed_out(l, now, HF_LINK_CAUSE_CHALLENGE_TIMEOUT, todo);
        return;
    case HF_LINK_PREPARING:
    case HF_LINK_AWAIT_HELLO:
        attempt_timed_out(l, now, HF_LINK_CAUSE_CONNECT_TIMEOUT, todo);
        return;
    case HF_LINK_CLOSING:
        hf_link_abort(l, now, l->cause, todo);
        return;
    case HF_LINK_BACKOFF:
    case HF_LINK_PAUSED:
        hf_link_try_again(l, now, todo);
        return;
    case HF_LINK_REAUTH:
        hf_link_enter_pause(l, now, HF_LINK_PAUSE_BUDGET, todo);
        return;
    case HF_LINK_IDLE:
    case HF_LINK_READY:
    case HF_LINK_DISPOSED:
        return;
    }
}

hf_time hf_link_due(const struct hf_link *l)
{
    if (l->state != HF_LINK_READY) return l->deadline;
    if (l->is_held) return l->stable_at;
    return hf_time_min(l->stable_at, hf_watch_due(&l->watch, &l->limits.watch));
}

void hf_link_rest_tick(struct hf_link *l, bool rests)
{
    l->tick_rests = rests;
}

void hf_link_hold(struct hf_link *l, hf_time now, bool is_held)
{
    bool is_let_go = l->is_held && !is_held;
    l->is_held = is_held;
    if (is_let_go && l->state == HF_LINK_READY) hf_watch_woke(&l->watch, &l->limits.watch, now);
}
