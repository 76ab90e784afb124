/* Stops and restarts: scenarios of spec/supervisor.md section 18. */
#include "lib/nursery_case.h"

#include <stdio.h>

/* supervisor 28: TERM, it exits, stopped; no KILL. */
static void a_stop_asks_and_waits(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 700 });
    be_running();
    size_t before = history();
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(phase(), HF_PHASE_STOPPING);
    CHECK_EQ(n.signals[HF_KEEPER_TERM], 1);
    run_ms(699);
    CHECK_EQ(final_of(tag), -1);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    check_phases(before, "stopping idle");
    CHECK_EQ(n.actions[HF_KEEPER_END], 0);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_ABORT], 1);
    struct hf_supervisor_status st = nursery_status(&n);
    CHECK(st.pid == 0 && st.connected_at_ms == 0 && st.error.len == 0 && !st.has_uptime);
    CHECK_EQ(st.next, HF_NEXT_NOTHING);
    end();
}

/* supervisor 78, its end: TERM waits for one that a signal stopped, so it is told to go on. */
static void a_suspended_gateway_ends_by_its_term(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 700, .hang_ms = 6000, .hangs_stopped = true });
    be_running();
    run_ms(20000);
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(710);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.actions[HF_KEEPER_END], 0);
    CHECK(n.signals[HF_KEEPER_CONT] >= 1);
    end();
}

/* Where this text stands in the trace, behind `from`. */
static size_t traced(size_t from, const char *text)
{
    for (size_t i = from; i < n.trace_count; i++)
        if (strstr(n.trace[i % NURSERY_TRACE], text)) return i;
    nursery_fail(&n, "not in the trace: %s", text);
}

/* supervisor 28: the order of 8.1: timers and what waits, the connection, TERM. */
static void a_stop_goes_in_its_order(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 700, .says_ready = true });
    be_running();
    ask(HF_KEEPER_DO_RESTART);
    run_ms(1500);
    uint64_t delayed = ask(HF_KEEPER_DO_RESTART);
    uint64_t quiet = nursery_request(
        &n, (struct hf_keeper_request){ .verb = HF_KEEPER_DO_RESTART, .is_debounced = true });
    CHECK_EQ(nursery_result(&n, delayed)->first, HF_KEEPER_DELAYED);
    size_t from = n.trace_count;
    ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(final_of(delayed), HF_KEEPER_CANCELLED);
    CHECK_EQ(final_of(quiet), HF_KEEPER_CANCELLED);
    char result[32];
    snprintf(result, sizeof result, "result %llu ", (unsigned long long)delayed);
    size_t asked = traced(from, "keeper.stop_requested"), cancelled = traced(from, result);
    size_t aborted = traced(from, "-> abort"), signalled = traced(from, "-> signal 0");
    CHECK(asked < cancelled && cancelled < aborted && aborted < signalled);
    /* Nothing is armed but the grace. */
    for (size_t i = 0; i < HF_TIMER_COUNT; i++) CHECK_AT(i, hf_time_same(n.s->timers[i], HF_NEVER));
    CHECK(hf_time_same(hf_debounce_due(&n.s->restart_debounce), HF_NEVER));
    CHECK_EQ(hf_span_ms(hf_time_since(hf_supervisor_due(n.s), n.now.mono)), 10000);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_IDLE);
    end();
}

/* supervisor 29: KILL at the grace; it resolves only after the death. */
static void a_deaf_process_is_killed_at_the_grace(void)
{
    BEGIN({ .ready_ms = 100, .ignores_term = true });
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(9999);
    CHECK_EQ(n.actions[HF_KEEPER_END], 0);
    run_ms(1);
    CHECK_EQ(n.actions[HF_KEEPER_END], 1);
    CHECK_EQ(final_of(tag), -1);
    run_ms(2);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
}

static void check_quiet_after_stop(const char *where)
{
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(20000);
    if (final_of(tag) != HF_KEEPER_EXECUTED || phase() != HF_PHASE_IDLE || nursery_alive(&n) > 0)
        nursery_fail(&n, "a stop during %s left something", where);
    size_t before = history();
    run_ms(600000);
    CHECK_EQ(history(), before);
}

/* supervisor 33 */
static void a_stop_in_any_phase_ends_stopped(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER });
    ask(HF_KEEPER_DO_START);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    check_quiet_after_stop("wait_ready");
    end();
    BEGIN({ .ready_ms = 100, .starting_ms = 60000 });
    ask(HF_KEEPER_DO_START);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_CONNECT);
    check_quiet_after_stop("connect");
    end();
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 78 });
    n.config.has_doctor = true;
    n.doctor = (struct child){ .members = 2, .ignores_term = true };
    ask(HF_KEEPER_DO_START);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_REPAIR);
    check_quiet_after_stop("repair");
    end();
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 });
    ask(HF_KEEPER_DO_START);
    run_ms(500);
    CHECK_EQ(phase(), HF_PHASE_RETRY_WAIT);
    check_quiet_after_stop("retry_wait");
    end();
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 });
    ask(HF_KEEPER_DO_START);
    run_ms(2500);
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    check_quiet_after_stop("backoff"); /* supervisor 71: its timer does nothing */
    end();
}

/* supervisor 71: a start that is asked for begins an epoch; the timer of the one before it
 * does nothing at its time, nor does anything else begin. */
static void the_reconnect_timer_of_an_older_epoch_does_nothing(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 },
          { .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 },
          { .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 },
          { .ready_ms = NURSERY_NEVER });
    ask(HF_KEEPER_DO_START);
    while (phase() != HF_PHASE_BACKOFF) run_ms(1);
    CHECK_EQ(n.spawns, 3);
    CHECK_EQ(nursery_status(&n).next, HF_NEXT_RECONNECT);
    nursery_run(&n, nursery_status(&n).next_in - HF_MS(1));
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    uint64_t epoch = nursery_status(&n).epoch;
    ask(HF_KEEPER_DO_START);
    run_ms(60000);
    CHECK_EQ(nursery_status(&n).epoch, epoch + 1);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    CHECK_EQ(n.spawns, 4);
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 0);
    end();
}

/* supervisor 32: a stop at any instant around the making of the process, 10,000 times. */
static void a_stop_while_a_process_is_made_leaves_none(void)
{
    for (uint64_t seed = 1; seed <= 10000; seed++) {
        nursery_init(&n, seed);
        struct child child = { .spawn_ms = (int64_t)hf_rng_below(&n.rng, 60),
                               .ready_ms = (int64_t)hf_rng_below(&n.rng, 60),
                               .ignores_term = hf_rng_below(&n.rng, 2) };
        nursery_plan(&n, &child, 1);
        ask(HF_KEEPER_DO_START);
        run_ms((int64_t)hf_rng_below(&n.rng, 130));
        uint64_t tag = ask(HF_KEEPER_DO_STOP);
        run_ms(30000);
        CHECK_EQ_AT(seed, final_of(tag), HF_KEEPER_EXECUTED);
        CHECK_EQ_AT(seed, nursery_alive(&n), 0);
        CHECK_EQ_AT(seed, phase(), HF_PHASE_IDLE);
        end();
    }
}

/* supervisor 34: what was started before the stop is not what runs after it. */
static void a_start_right_after_a_stop_of_a_start_gives_a_fresh_process(void)
{
    BEGIN({ .spawn_ms = 500, .ready_ms = 100 });
    uint64_t first = ask(HF_KEEPER_DO_START);
    run_ms(100);
    uint64_t stop = ask(HF_KEEPER_DO_STOP), second = ask(HF_KEEPER_DO_START);
    CHECK_EQ(final_of(first), HF_KEEPER_SUPERSEDED);
    CHECK_EQ(final_of(second), -1);
    run_ms(5000);
    CHECK_EQ(final_of(stop), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(second), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(nursery_alive(&n), 1);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* supervisor 35 */
static void a_start_during_a_long_stop_runs_after_it(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 8000 });
    be_running();
    uint64_t stop = ask(HF_KEEPER_DO_STOP);
    run_ms(1000);
    uint64_t start = ask(HF_KEEPER_DO_START);
    run_ms(6000);
    CHECK_EQ(final_of(start), -1);
    run_ms(6000);
    CHECK_EQ(final_of(stop), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(start), HF_KEEPER_EXECUTED);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK(nursery_status(&n).is_owned && nursery_status(&n).is_wanted);
    end();
}

/* supervisor 36 */
static void three_stops_are_one(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 3000 });
    be_running();
    uint64_t tags[3];
    for (size_t i = 0; i < 3; i++) tags[i] = ask(HF_KEEPER_DO_STOP);
    run_ms(5000);
    CHECK_EQ(final_of(tags[0]), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(tags[1]), HF_KEEPER_JOINED);
    CHECK_EQ(final_of(tags[2]), HF_KEEPER_JOINED);
    CHECK_EQ(n.signals[HF_KEEPER_TERM], 2);   /* to the main process, to the rest */
    CHECK_EQ(n.actions[HF_KEEPER_SIGNAL], 5); /* and CONT behind each, also for what it waits for */
    CHECK_EQ(final_of(ask(HF_KEEPER_DO_STOP)), HF_KEEPER_SATISFIED);
    end();
}

static void attach(bool unknown, bool mute)
{
    BEGIN({ .ready_ms = 100 });
    n.config.shuts_external = true;
    n.stranger = stranger_gateway(77);
    n.stranger.has_shutdown = true;
    n.stranger.shutdown_is_unknown = unknown;
    n.stranger.shutdown_is_mute = mute;
    ask(HF_KEEPER_DO_START);
    run_ms(100);
}

/* supervisor 37: asked once; what it answered is remembered; no answer holds nobody up. */
static void somebody_else_s_gateway_is_asked_to_shut_down(void)
{
    attach(false, false);
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(100);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.calls_shutdown, 1);
    CHECK_EQ(n.s->outsider.memory, HF_OUTSIDER_SUPPORTED);
    end();
    attach(true, false);
    ask(HF_KEEPER_DO_STOP);
    run_ms(100);
    CHECK_EQ(n.s->outsider.memory, HF_OUTSIDER_UNSUPPORTED);
    ask(HF_KEEPER_DO_START);
    run_ms(100);
    tag = ask(HF_KEEPER_DO_STOP);
    run_ms(100);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.calls_shutdown, 1);
    end();
    attach(false, true);
    tag = ask(HF_KEEPER_DO_STOP);
    run_ms(4999);
    CHECK_EQ(final_of(tag), -1);
    run_ms(2);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.s->outsider.memory, HF_OUTSIDER_UNKNOWN);
    end();
}

/* supervisor 38 */
static void by_default_somebody_else_s_gateway_is_left_alone(void)
{
    attach(false, false);
    n.s->config.shuts_external = false;
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.calls_shutdown, 0);
    CHECK(n.stranger.is_there);
    end();
}

/* supervisor 39: the connection is reset; nobody waits for an answer to a close. */
static void a_stop_does_not_wait_for_the_connection(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 50 });
    be_running();
    nursery_gateway(&n)->hang_at = n.now.mono;
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_ABORT], 1);
    run_ms(60);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
}

/* supervisor 40: a reload by call, and our own probe beside it, are under way. */
static void calls_under_way_end_once_with_the_stop(void)
{
    BEGIN({ .ready_ms = 100,
            .says_ready = true,
            .term_ms = 50,
            .methods = ",\"gateway.restart.request\"" });
    be_running();
    nursery_run(&n, hf_time_since(hf_time_after(n.s->connected_at, HF_MS(29000)), n.now.mono));
    nursery_gateway(&n)->hang_at = n.now.mono;
    nursery_config(&n, "{changed:1}");
    uint64_t tag = ask(HF_KEEPER_DO_RELOAD), joined = ask(HF_KEEPER_DO_RELOAD);
    run_ms(1500);
    uint64_t link = n.s->link.id, call = n.s->asks[HF_ASK_RELOAD];
    CHECK(call != 0 && n.s->asks[HF_ASK_STANDING] != 0);
    struct hf_sightings before = hf_supervisor_sightings(n.s);
    CHECK_EQ(final_of(tag), -1);
    uint64_t stop = ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(final_of(tag), HF_KEEPER_CANCELLED);
    CHECK_TEXT(reason_of(tag), "stop");
    CHECK_EQ(final_of(joined), HF_KEEPER_CANCELLED);
    struct hf_sightings after = hf_supervisor_sightings(n.s);
    CHECK_EQ(after.call_failures, before.call_failures + 2);
    CHECK(hf_time_same(after.call_failed_at, n.now.mono));
    /* Their answers come late. */
    struct hf_keeper_event late = { .kind = HF_KEEPER_LINK_RESULT, .link = link, .ask = call };
    nursery_say(&n, &late);
    run_ms(60000);
    CHECK_EQ(final_of(stop), HF_KEEPER_EXECUTED);
    CHECK_EQ(hf_supervisor_sightings(n.s).call_failures, after.call_failures);
    CHECK(!hf_time_before(before.call_ok_at, hf_supervisor_sightings(n.s).call_ok_at));
    CHECK_EQ(nursery_result(&n, tag)->final + nursery_result(&n, joined)->final, 2);
    end();
}

/* supervisor 41: the gateway's own budget is granted: 60 s and 5 more. */
static void a_gateway_that_drains_is_given_its_time(void)
{
    BEGIN({ .ready_ms = 100, .budget_ms = 60000, .term_ms = 40000 });
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(n.notices[HF_KEEPER_NOTICE_EXTEND], 1); /* whoever keeps us waits as long */
    CHECK_EQ(n.extended_for, HF_SECONDS(65 + 2 + 5));
    run_ms(39990);
    CHECK_EQ(final_of(tag), -1);
    run_ms(100);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.actions[HF_KEEPER_END], 0);
    end();
}

/* supervisor 42: what survives KILL is named; a later start refuses until it is gone. */
static void what_survives_kill_is_told(void)
{
    BEGIN({ .ready_ms = 100, .ignores_term = true, .is_stuck = true }, { .ready_ms = 100 });
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(14999);
    CHECK_EQ(final_of(tag), -1);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_UNKILLABLE);
    CHECK(holds(reason_of(tag), "d_wait"));
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    CHECK_EQ(final_of(ask(HF_KEEPER_DO_START)), HF_KEEPER_FAILED);
    tag = ask(HF_KEEPER_DO_STOP);
    run_ms(1000);
    CHECK_EQ(final_of(tag), HF_KEEPER_UNKILLABLE);
    nursery_unstick(&n);
    run_ms(10);
    CHECK_EQ(phase(), HF_PHASE_IDLE);
    tag = ask(HF_KEEPER_DO_START);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
}

/* A restart that cannot end the old process goes on when it is gone at last. */
static void a_restart_of_what_survives_kill_goes_on_later(void)
{
    BEGIN({ .ready_ms = 100, .ignores_term = true, .is_stuck = true }, { .ready_ms = 100 });
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    run_ms(15010);
    CHECK_EQ(final_of(tag), HF_KEEPER_UNKILLABLE);
    run_ms(60000);
    CHECK_EQ(n.spawns, 1);
    nursery_unstick(&n);
    run_ms(60000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* supervisor 43: within 3 s, nothing left, no call. */
static void quit_is_bounded(void)
{
    BEGIN({ .ready_ms = 100, .ignores_term = true, .members = 5 });
    be_running();
    size_t calls = n.actions[HF_KEEPER_LINK_CALL];
    uint64_t tag = ask(HF_KEEPER_DO_QUIT);
    run_ms(1010);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK(holds(reason_of(tag), "owned process"));
    CHECK_EQ(nursery_alive(&n), 0);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_CALL], calls);
    end();
    BEGIN({ .ready_ms = 100, .ignores_term = true, .is_stuck = true });
    be_running();
    tag = ask(HF_KEEPER_DO_QUIT);
    run_ms(2999);
    CHECK_EQ(final_of(tag), -1);
    run_ms(1);
    CHECK_EQ(final_of(tag), HF_KEEPER_UNKILLABLE);
    end();
}

/* --- restart --- */

/* supervisor 44 */
static void a_restart_gives_a_new_process(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 300 });
    be_running();
    int64_t before = nursery_status(&n).pid;
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    run_ms(5000);
    const struct nursery_result *r = nursery_result(&n, tag);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(r->pid_before, before);
    CHECK_EQ(r->pid_after, nursery_status(&n).pid);
    CHECK(r->pid_after != before);
    CHECK_EQ(nursery_status(&n).executed, 1);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_RESTART_EXECUTED], 1);
    end();
}

/* supervisor 45 */
static void two_restarts_at_once_are_one_cycle(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 300 });
    be_running();
    uint64_t first = ask(HF_KEEPER_DO_RESTART), second = ask(HF_KEEPER_DO_RESTART);
    run_ms(9000);
    CHECK_EQ(final_of(first), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(second), HF_KEEPER_JOINED);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 46: after the spawn the configuration was read already: one more cycle. */
static void a_restart_asked_right_after_the_spawn_is_not_lost(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 300 });
    be_running();
    uint64_t first = ask(HF_KEEPER_DO_RESTART);
    run_ms(320); /* the new child is 10 ms old */
    CHECK_EQ(n.spawns, 2);
    uint64_t second = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(nursery_result(&n, second)->first, HF_KEEPER_DEFERRED);
    run_ms(15000);
    CHECK_EQ(final_of(first), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(second), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 3);
    end();
}

/* supervisor 47, supervisor 48 */
static void restarts_during_a_start_become_one_afterwards(void)
{
    BEGIN({ .ready_ms = 3000, .term_ms = 300 });
    ask(HF_KEEPER_DO_START);
    run_ms(1000);
    uint64_t tags[50];
    for (size_t i = 0; i < HF_COUNT(tags); i++) tags[i] = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(nursery_result(&n, tags[0])->first, HF_KEEPER_DEFERRED);
    CHECK(nursery_status(&n).is_restart_pending);
    run_ms(60000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(final_of(tags[0]), HF_KEEPER_EXECUTED);
    for (size_t i = 1; i < HF_COUNT(tags); i++) CHECK_EQ_AT(i, final_of(tags[i]), HF_KEEPER_JOINED);
    CHECK_EQ(nursery_status(&n).executed, 1);
    end();
}

/* supervisor 49: its own restart in place after the request is what was asked for. */
static void a_restart_that_happened_by_itself_satisfies(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 10, .says_ready = true, .down_ms = 500 });
    be_running();
    ask(HF_KEEPER_DO_RESTART);
    run_ms(1000);
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(nursery_result(&n, tag)->first, HF_KEEPER_DELAYED);
    nursery_gateway(&n)->restart_at = n.now.mono; /* 1012, and begins anew */
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 49: deferred by a reconnect, held by the cooldown, and meanwhile it happens. */
static void a_deferred_restart_that_happened_by_itself_is_satisfied(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 10, .says_ready = true, .down_ms = 500 });
    be_running();
    ask(HF_KEEPER_DO_RESTART);
    run_ms(300);
    CHECK_EQ(nursery_status(&n).executed, 1);
    nursery_close_link(&n, 1006);
    run_ms(10);
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(nursery_result(&n, tag)->first, HF_KEEPER_DEFERRED);
    run_ms(1090);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(nursery_result(&n, tag)->interim, 2); /* DELAYED */
    nursery_gateway(&n)->restart_at = n.now.mono;  /* 1012, and begins anew */
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* The connection alone was lost: nothing was read again, and the restart runs. */
static void a_new_connection_to_the_same_boot_satisfies_nothing(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 10 });
    be_running();
    nursery_close_link(&n, 1012);
    run_ms(10);
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(nursery_result(&n, tag)->first, HF_KEEPER_DEFERRED);
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 50 */
static void a_stop_cancels_what_was_deferred(void)
{
    BEGIN({ .ready_ms = 3000 });
    ask(HF_KEEPER_DO_START);
    run_ms(1000);
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(final_of(tag), HF_KEEPER_CANCELLED);
    run_ms(60000);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 51 */
static void within_the_cooldown_a_restart_is_delayed_and_not_lost(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 10, .says_ready = true });
    be_running();
    uint64_t first = ask(HF_KEEPER_DO_RESTART);
    run_ms(1000);
    CHECK_EQ(final_of(first), HF_KEEPER_EXECUTED);
    uint64_t second = ask(HF_KEEPER_DO_RESTART), third = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(nursery_result(&n, second)->first, HF_KEEPER_DELAYED);
    CHECK(nursery_result(&n, second)->retry_after > HF_MS(1400));
    CHECK_EQ(nursery_status(&n).suppressed, 2);
    CHECK_EQ(nursery_status(&n).next, HF_NEXT_RESTART);
    run_ms(1400);
    CHECK_EQ(n.spawns, 2);
    run_ms(3000);
    CHECK_EQ(n.spawns, 3);
    CHECK_EQ(final_of(second), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(third), HF_KEEPER_JOINED);
    end();
}

/* supervisor 52 */
static void a_restart_whose_start_fails_goes_on_by_the_ladder(void)
{
    BEGIN({ .ready_ms = 100 }, { .ready_ms = NURSERY_NEVER, .exit_ms = 10, .exit_code = 1 },
          { .ready_ms = NURSERY_NEVER, .exit_ms = 10, .exit_code = 1 },
          { .ready_ms = NURSERY_NEVER, .exit_ms = 10, .exit_code = 1 }, { .ready_ms = 100 });
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    run_ms(2500);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(nursery_status(&n).is_wanted);
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    run_ms(8000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(nursery_status(&n).executed, 0);
    end();
}

/* supervisor 53: a call each 500 ms for 30 s is a cycle each 10 s, not none. */
static void a_steady_stream_of_restarts_is_not_put_off_for_ever(void)
{
    BEGIN({ .ready_ms = 10, .term_ms = 10, .says_ready = true });
    be_running();
    uint64_t last = 0;
    for (int i = 0; i < 60; i++) {
        last = ask_debounced(HF_KEEPER_DO_RESTART, -1);
        run_ms(500);
    }
    run_ms(20000);
    CHECK_EQ(n.spawns, 1 + 3);
    for (size_t i = 1; i < 3; i++)
        CHECK(hf_time_since(n.spawned_at[i + 1], n.spawned_at[i]) <= HF_MS(11000));
    CHECK_EQ(nursery_result(&n, last)->final, 1);
    end();
}

/* supervisor 55: an hour of a crash loop: five in 300 s, then 60, 120, 300, 300 s; an
 * operator restarts it at once. */
static void a_crash_loop_ends_in_quarantine(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 100, .exit_code = 1 });
    ask(HF_KEEPER_DO_START);
    while (phase() != HF_PHASE_QUARANTINED) run_ms(1);
    CHECK_EQ(n.spawns, 3 * (1 + 5)); /* each start tries three times */
    run_ms(59900);
    CHECK_EQ(n.spawns, 3 * (1 + 5));
    run_ms(200);
    CHECK_EQ(n.spawns, 3 * (1 + 5) + 1); /* a single attempt, after 60 s */
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_QUARANTINED);
    CHECK(nursery_status(&n).is_quarantined && nursery_status(&n).quarantined_until_ms > 0);
    CHECK_EQ(nursery_status(&n).next, HF_NEXT_QUARANTINE);
    size_t at = n.spawns - 1;
    run_ms(3480000);
    static const int64_t gaps[] = { 120000, 300000, 300000 };
    for (size_t i = 0; i < HF_COUNT(gaps); i++) {
        int64_t gap = hf_span_ms(hf_time_since(n.spawned_at[at + i + 1], n.spawned_at[at + i]));
        CHECK_AT(i, gap >= gaps[i] && gap < gaps[i] + 300);
    }
    size_t before = n.spawns;
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    run_ms(50);
    CHECK_EQ(n.spawns, before + 1);
    CHECK_EQ(final_of(tag), -1);
    CHECK(!nursery_status(&n).is_quarantined);
    end();
}

/* supervisor 56: ready for 10 s and down again is no recovery; for 121 s it is.  The
 * budget of the other rows is so small that it would be spent without it. */
static void flapping_does_not_reset_the_budget(void)
{
    static const struct {
        int64_t ready_ms; /* and down again */
        uint32_t budget;
        bool is_quarantined;
    } rows[] = {
        { 10000, 5, true }, { 119900, 2, true }, { 120100, 2, false }, { 121000, 2, false }
    };
    enum { READY_AFTER_MS = 205 }; /* it is made: two probes, and the hello */
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct child child = { .ready_ms = 10,
                               .exit_ms = READY_AFTER_MS + rows[i].ready_ms,
                               .exit_code = 1,
                               .says_ready = true };
        nursery_init(&n, 1);
        nursery_plan(&n, &child, 1);
        n.config.governor.budget = rows[i].budget;
        be_running();
        bool was_quarantined = false;
        for (int64_t ms = 0; ms < 1200000; ms += 500) {
            run_ms(500);
            was_quarantined |= nursery_status(&n).is_quarantined;
        }
        CHECK_EQ_AT(i, was_quarantined, rows[i].is_quarantined);
        if (!rows[i].is_quarantined) CHECK_EQ_AT(i, n.s->governor.charged_count, 1);
        end();
    }
}

/* supervisor 57 */
static void a_superseded_restart_counts_as_nothing(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 3000 });
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_RESTART);
    run_ms(100);
    ask(HF_KEEPER_DO_STOP);
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_CANCELLED);
    CHECK_EQ(nursery_status(&n).executed, 0);
    CHECK_EQ(nursery_status(&n).suppressed, 0);
    CHECK_EQ(phase(), HF_PHASE_IDLE);
    end();
}

/* --- bounds --- */

static size_t finals(uint64_t from, uint64_t to, enum hf_keeper_outcome outcome)
{
    size_t count = 0;
    for (uint64_t tag = from; tag <= to; tag++) count += final_of(tag) == (int)outcome;
    return count;
}

/* As many as may wait, and one more; a cooldown answers each of them twice in one step. */
static void requests_have_a_bound(void)
{
    enum { N = HF_LIMIT_KEEPER_REQUESTS };
    BEGIN({ .ready_ms = 1000, .term_ms = 10, .says_ready = true });
    ask(HF_KEEPER_DO_START);
    uint64_t first = ask(HF_KEEPER_DO_RESTART);
    for (int i = 2; i < N; i++) ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(finals(1, N, HF_KEEPER_REFUSED), 0);
    uint64_t beyond = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(final_of(beyond), HF_KEEPER_REFUSED);
    CHECK_TEXT(reason_of(beyond), "too_many_requests");
    run_ms(2500);
    CHECK_EQ(finals(first, N, HF_KEEPER_SATISFIED), N - 1); /* made after all of them */
    ask(HF_KEEPER_DO_RESTART);
    run_ms(1100);
    CHECK_EQ(phase(), HF_PHASE_READY);
    nursery_close_link(&n, 1006); /* it reconnects within the cooldown, to the same process */
    run_ms(1);
    first = ask_as(HF_KEEPER_DO_RESTART, HF_KEEPER_CONFIG);
    for (int i = 1; i < N; i++) ask_as(HF_KEEPER_DO_RESTART, HF_KEEPER_CONFIG);
    n.actions_max = 0;
    run_ms(60000);
    CHECK_EQ(finals(first, first + N - 1, HF_KEEPER_EXECUTED) +
                 finals(first, first + N - 1, HF_KEEPER_JOINED) +
                 finals(first, first + N - 1, HF_KEEPER_SATISFIED),
             N);
    CHECK(n.actions_max > 2 * N);
    CHECK(n.actions_max < HF_LIMIT_KEEPER_ACTIONS);
    end();
}

/* The last HF_LIMIT_KEEPER_HISTORY transitions: one more, and the oldest is forgotten. */
static void the_history_has_a_bound(void)
{
    BEGIN({ .ready_ms = 100 });
    size_t before = 0;
    while (before < HF_LIMIT_KEEPER_HISTORY) {
        ask(before == 0 || phase() == HF_PHASE_IDLE ? HF_KEEPER_DO_START : HF_KEEPER_DO_STOP);
        run_ms(5000);
        CHECK(hf_supervisor_history_count(n.s) > before);
        before = hf_supervisor_history_count(n.s);
    }
    CHECK_EQ(before, HF_LIMIT_KEEPER_HISTORY);
    struct hf_transition second = *hf_supervisor_history(n.s, 1);
    ask(phase() == HF_PHASE_IDLE ? HF_KEEPER_DO_START : HF_KEEPER_DO_STOP); /* one transition */
    CHECK_EQ(hf_supervisor_history_count(n.s), HF_LIMIT_KEEPER_HISTORY);
    CHECK_EQ(hf_supervisor_history(n.s, 0)->at_ms, second.at_ms);
    CHECK_EQ(hf_supervisor_history(n.s, 0)->to, second.to);
    end();
}

CHECK_MAIN(
    requests_have_a_bound, the_history_has_a_bound, a_stop_asks_and_waits,
    a_suspended_gateway_ends_by_its_term, a_deaf_process_is_killed_at_the_grace,
    a_stop_goes_in_its_order, a_stop_in_any_phase_ends_stopped,
    the_reconnect_timer_of_an_older_epoch_does_nothing, a_stop_while_a_process_is_made_leaves_none,
    a_start_right_after_a_stop_of_a_start_gives_a_fresh_process,
    a_start_during_a_long_stop_runs_after_it, three_stops_are_one,
    somebody_else_s_gateway_is_asked_to_shut_down, by_default_somebody_else_s_gateway_is_left_alone,
    a_stop_does_not_wait_for_the_connection, calls_under_way_end_once_with_the_stop,
    a_gateway_that_drains_is_given_its_time, what_survives_kill_is_told,
    a_restart_of_what_survives_kill_goes_on_later, quit_is_bounded, a_restart_gives_a_new_process,
    two_restarts_at_once_are_one_cycle, a_restart_asked_right_after_the_spawn_is_not_lost,
    restarts_during_a_start_become_one_afterwards, a_restart_that_happened_by_itself_satisfies,
    a_deferred_restart_that_happened_by_itself_is_satisfied,
    a_new_connection_to_the_same_boot_satisfies_nothing, a_stop_cancels_what_was_deferred,
    within_the_cooldown_a_restart_is_delayed_and_not_lost,
    a_restart_whose_start_fails_goes_on_by_the_ladder,
    a_steady_stream_of_restarts_is_not_put_off_for_ever, a_crash_loop_ends_in_quarantine,
    flapping_does_not_reset_the_budget, a_superseded_restart_counts_as_nothing)
