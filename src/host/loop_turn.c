/* The turns of a loop: the clocks, what is due, what is told, when the next one comes. */
#include "host/clock.h"
#include "host/loop_state.h"

/* The process's CPU time costs a system call, so busy turns share a reading; 10 ms
 * is 1 % of a window of the loop-health sampler. */
#define CPU_READ_EVERY HF_MS(10)

void hf_loop_begin_turn(struct hf_loop *l)
{
    if (l->in_turn) return;
    l->in_turn = true;
    l->now = hf_clock_now();
    if (hf_time_since(l->now.mono, l->cpu_read_at) >= CPU_READ_EVERY) {
        l->cpu_used = hf_clock_cpu();
        l->cpu_read_at = l->now.mono;
    }
    struct hf_event event = {
        .kind = HF_EVENT_TURN,
        .u.turn = { .blocked_for = hf_time_since(l->now.mono, l->turn_ended_at),
                    .cpu_used = l->cpu_used },
    };
    hf_loop_step(l, &event, NULL);
}

void hf_loop_tell_item(struct hf_loop *l, struct hf_bytes name)
{
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_ITEM_READY, .u.item = name }, NULL);
}

static void run_listener(struct hf_loop *l)
{
    struct hf_fault fault;
    bool was_binding = hf_listener_is_binding(&l->listener);
    if (hf_listener_run_due(&l->listener, l->now.mono, &fault) != 0) {
        hf_loop_give_up(l, &fault);
    } else if (was_binding && !hf_listener_is_binding(&l->listener)) {
        hf_loop_tell_item(l, HF_LIT("listeners"));
    }
}

/* What is due of the host's own: nothing here decides about a peer. */
static void run_own_due(struct hf_loop *l)
{
    run_listener(l);
    hf_loop_end_lingering(l);
    if (!hf_time_before(l->now.mono, l->item_at)) {
        l->item_at = HF_NEVER;
        hf_loop_tell_item(l, hf_bytes_cstr(l->item_name));
    }
    if (!hf_time_before(l->now.mono, l->keepalive_at)) {
        l->keepalive_at = hf_time_after(l->now.mono, l->notify->watchdog_every);
        hf_notify_hint(l->notify, "WATCHDOG=1");
    }
}

static void on_awake(uv_idle_t *idle)
{
    (void)idle;
}

/* libuv runs timers before it polls, but deadlines are judged after the input:
 * the timer only sees to it that this poll returns at once. */
static void on_timer(uv_timer_t *timer)
{
    struct hf_loop *l = timer->loop->data;
    l->armed_for = HF_NEVER;
    uv_idle_start(&l->awake, on_awake);
}

static void arm(struct hf_loop *l, hf_time due)
{
    if (hf_time_same(due, l->armed_for)) return;
    l->armed_for = due;
    if (hf_time_same(due, HF_NEVER)) {
        uv_timer_stop(&l->timer);
        return;
    }
    /* libuv counts whole milliseconds of the same clock: round up, never early. */
    int64_t due_ms = due.ns / HF_MS(1) + (due.ns % HF_MS(1) > 0 ? 1 : 0);
    int64_t wait_ms = due_ms - (int64_t)uv_now(&l->uv);
    uv_timer_start(&l->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void write_log(struct hf_loop *l)
{
    hf_log_sink_run_due(l->sink, l->now);
    if (hf_log_sink_wants_write(l->sink, l->now.mono) && !hf_worker_write_log(l->worker))
        hf_log_sink_postpone(l->sink, l->now.mono);
}

static hf_time next_due(const struct hf_loop *l)
{
    hf_time due = hf_time_min(hf_server_due(l->server), hf_log_sink_due(l->sink));
    due = hf_time_min(due, hf_listener_due(&l->listener));
    due = hf_time_min(due, hf_dueq_due(&l->lingering));
    due = hf_time_min(due, l->item_at);
    return hf_time_min(due, l->keepalive_at);
}

/* The second half of a turn: all input of this poll has gone in. */
static void on_check(uv_check_t *check)
{
    struct hf_loop *l = check->loop->data;
    hf_loop_begin_turn(l);
    run_own_due(l);
    hf_server_run_due(l->server, l->now);
    hf_loop_drain(l);
    hf_loop_flush(l);
    if (l->is_hasty) {
        /* The close frames are written; nobody's answer is waited for. */
        hf_loop_kill_all(l);
        hf_server_run_due(l->server, l->now);
        hf_loop_drain(l);
    }
    write_log(l);
    arm(l, next_due(l));
    uv_idle_stop(&l->awake);
    if (l->is_stopped) uv_stop(&l->uv);
    l->in_turn = false;
    l->turn_ended_at = hf_clock_now().mono;
}

/* From outside of a turn: the turn begins here and ends after the next poll, which
 * does not wait. */
void hf_loop_wake(struct hf_loop *l)
{
    hf_loop_begin_turn(l);
    uv_idle_start(&l->awake, on_awake);
}

void hf_loop_open_turns(struct hf_loop *l)
{
    uv_timer_init(&l->uv, &l->timer);
    uv_idle_init(&l->uv, &l->awake);
    uv_check_init(&l->uv, &l->check);
    uv_check_start(&l->check, on_check);
}
