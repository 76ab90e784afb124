/* While it runs: liveness, ready, what is seen and told: spec/supervisor.md section 18. */
#include "lib/nursery_case.h"

#include <stdio.h>

/* Lines of the trace with this level and event. */
static size_t logged(char level, const char *event)
{
    char want[96];
    size_t count = 0;
    snprintf(want, sizeof want, "] %c %s ", level, event);
    for (size_t i = 0; i < n.trace_count && i < NURSERY_TRACE; i++)
        count += strstr(n.trace[i], want) != NULL;
    return count;
}

/* --- liveness --- */

/* supervisor 75, supervisor 81: pongs are lost, but frames flow. */
static void lost_pongs_are_no_misses_while_frames_flow(void)
{
    BEGIN({ .ready_ms = 100 });
    n.mutes_pongs = true;
    be_running();
    for (int i = 0; i < 120; i++) {
        nursery_event(&n, "health", "{}");
        run_ms(5000);
    }
    CHECK(n.pings >= 19);
    CHECK_EQ(hf_supervisor_sightings(n.s).misses, 0);
    CHECK(hf_time_same(hf_supervisor_sightings(n.s).missed_at, HF_NEVER));
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 75: pings at 30, 60, 90 s, each a miss 12 s later; the third is told. */
static void missed_pongs_are_told_and_nothing_more(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    nursery_gateway(&n)->child.hangs_busy = true;
    nursery_gateway(&n)->hang_at = n.now.mono;
    hf_time connected_at = n.s->connected_at;
    for (int64_t i = 1; i <= 3; i++) {
        hf_time missed_at = hf_time_after(connected_at, HF_MS(30000 * i + 12000));
        nursery_run(&n, hf_time_since(missed_at, n.now.mono) - HF_MS(1));
        CHECK_EQ_AT(i, hf_supervisor_sightings(n.s).misses, i - 1);
        run_ms(1);
        CHECK_EQ_AT(i, hf_supervisor_sightings(n.s).misses, i);
        CHECK(hf_supervisor_condition(n.s, n.now).reasons & (1u << HF_CONDITION_DEGRADED));
    }
    run_ms(40000);
    CHECK_EQ(logged('W', "gateway.heartbeats_missed"), 1);
    CHECK_EQ(logged('D', "gateway.heartbeat_back"), 0);
    nursery_gateway(&n)->hang_at = HF_NEVER;
    run_ms(15000);
    CHECK_EQ(logged('D', "gateway.heartbeat_back"), 1);
    CHECK_EQ(hf_supervisor_sightings(n.s).misses, 0);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 101: whatever comes is life, and no miss is left. */
static void every_kind_of_message_clears_the_misses(void)
{
    static const enum hf_keeper_event_kind kinds[] = { HF_KEEPER_LINK_LIFE, HF_KEEPER_LINK_EVENT,
                                                       HF_KEEPER_LINK_MESSAGE,
                                                       HF_KEEPER_LINK_RESULT };
    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        BEGIN({ .ready_ms = 100 });
        be_running();
        nursery_gateway(&n)->hang_at = n.now.mono;
        run_ms(80000);
        CHECK_EQ_AT(i, hf_supervisor_sightings(n.s).misses, 2);
        struct hf_keeper_event event = { .kind = kinds[i], .link = n.link };
        nursery_say(&n, &event); /* RESULT: OK, of a call that is unknown */
        CHECK_EQ_AT(i, hf_supervisor_sightings(n.s).misses, 0);
        CHECK_EQ_AT(i, n.s->vigil.misses, 0);
        CHECK_AT(i, hf_time_same(hf_supervisor_sightings(n.s).alive_at, n.now.mono));
        end();
    }
}

static void check_recovery(const char *state)
{
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(hf_supervisor_vigil(n.s)).state), state);
}

/* The snapshot of 12.3: from the verdict to the hello of the new process, or to the end of the
 * operation that should have brought one. */
static void a_restart_for_silence_is_told_as_long_as_it_lasts(void)
{
    static const bool rows[] = { true, false };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct child children[] = {
            { .ready_ms = 100, .says_ready = true, .hang_ms = 6000, .ignores_term = true },
            { .ready_ms = 100, .says_ready = true },
        };
        if (!rows[i])
            children[1] =
                (struct child){ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND };
        begin(children, HF_COUNT(children));
        be_running();
        while (phase() != HF_PHASE_STOPPING) run_ms(1);
        enum hf_phase last = rows[i] ? HF_PHASE_READY : HF_PHASE_BACKOFF;
        for (; phase() != last && phase() != HF_PHASE_WARMING; run_ms(1))
            check_recovery("restart-executing");
        check_recovery("healthy");
        end();
    }
}

/* supervisor 76: silent and idle: dumped, ended, replaced once, within 98 s. */
static void a_gateway_that_hangs_is_replaced_once(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .ignores_term = true }, { .ready_ms = 100 });
    be_running();
    run_ms(85000);
    CHECK_EQ(n.spawns, 1);
    run_ms(15000);
    CHECK_EQ(n.actions[HF_KEEPER_DUMP], 1);
    CHECK_EQ(n.spawns, 2);
    run_ms(600000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* The same for a place without a control connection: its probes are the life. */
static void a_web_server_that_hangs_is_replaced(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .ignores_term = true }, { .ready_ms = 100 });
    n.config.place = HF_PLACE_HTTP;
    be_running();
    run_ms(85000);
    CHECK_EQ(n.spawns, 1);
    run_ms(50000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* It lives and lets nobody in: after three operations it is dumped and replaced. */
static void one_that_never_answers_connect_is_replaced_at_last(void)
{
    BEGIN({ .ready_ms = 100, .ignores_connect = true }, { .ready_ms = 100 });
    ask(HF_KEEPER_DO_START);
    run_ms(127000); /* two operations of three attempts of 20 s, and 1 s between them */
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(n.actions[HF_KEEPER_DUMP], 0);
    run_ms(70000);
    CHECK_EQ(n.actions[HF_KEEPER_DUMP], 1);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* Whatever it answers, it answers: the ladder goes on, and nothing is ended. */
static void one_that_answers_with_errors_is_not_ended(void)
{
    BEGIN({ .ready_ms = 100, .refuses_connect = true });
    ask(HF_KEEPER_DO_START);
    run_ms(600000);
    CHECK_EQ(n.spawns, 1); /* it answers: no reason to end it */
    end();
}

/* supervisor 77: 100 s of work are left alone, 200 s are not. */
static void a_busy_gateway_is_given_longer(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 100000, .hangs_busy = true });
    be_running();
    run_ms(96000);
    CHECK_EQ(phase(), HF_PHASE_VERIFYING);
    run_ms(60000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 200000, .hangs_busy = true },
          { .ready_ms = 100 });
    be_running();
    run_ms(175000);
    CHECK_EQ(n.spawns, 1);
    run_ms(25000);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 78: stopped by a signal is no hang. */
static void a_suspended_gateway_is_left_alone(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 400000, .hangs_stopped = true });
    be_running();
    run_ms(300000);
    CHECK_EQ(n.s->vigil.stage, HF_VIGIL_SUSPENDED);
    CHECK_EQ(phase(), HF_PHASE_VERIFYING);
    CHECK_EQ(n.spawns, 1);
    run_ms(200000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 78, its other half: what is suspended loses its connection, and the kernel
 * goes on accepting for it.  Whatever is tried, it is left alone, and it is told why. */
static void a_suspended_gateway_whose_connection_is_lost_is_left_alone(void)
{
    static const uint16_t codes[] = { 1006, 1012, 4000 };
    for (size_t i = 0; i < HF_COUNT(codes); i++) {
        BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 400000, .hangs_stopped = true });
        be_running();
        run_ms(2000);
        nursery_close_link(&n, codes[i]);
        run_ms(60000);
        CHECK_EQ_AT(i, n.s->vigil.stage, HF_VIGIL_SUSPENDED);
        CHECK_AT(i, hf_supervisor_condition(n.s, n.now).reasons & (1u << HF_CONDITION_SUSPENDED));
        CHECK_AT(i, holds(nursery_status(&n).error, "suspended"));
        run_ms(300000);
        CHECK_EQ_AT(i, phase(), HF_PHASE_WAIT_READY);
        run_ms(60000);
        CHECK_EQ_AT(i, phase(), HF_PHASE_READY);
        CHECK_EQ_AT(i, nursery_status(&n).error.len, 0);
        CHECK_EQ_AT(i, n.spawns, 1);
        CHECK_EQ_AT(i, n.actions[HF_KEEPER_SIGNAL] + n.actions[HF_KEEPER_END], 0);
        end();
    }
}

/* supervisor 77, without a connection: work is waited for until 180 s of silence. */
static void a_busy_gateway_whose_connection_is_lost_is_given_longer(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 100000, .hangs_busy = true });
    be_running();
    run_ms(2000);
    nursery_close_link(&n, 1006);
    run_ms(60000);
    CHECK_EQ(n.s->vigil.stage, HF_VIGIL_BUSY);
    CHECK(hf_supervisor_condition(n.s, n.now).reasons & (1u << HF_CONDITION_BUSY));
    run_ms(60000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hangs_busy = true }, { .ready_ms = 100 });
    be_running();
    run_ms(2000);
    nursery_close_link(&n, 1006);
    run_ms(170000);
    CHECK_EQ(n.spawns, 1);
    run_ms(20000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(n.actions[HF_KEEPER_DUMP], 1);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* One that answers over HTTP lives: the next try is one of the connection. */
static void one_that_answers_only_http_is_not_ended_at_the_first_try(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 40000, .has_http = true });
    be_running();
    run_ms(2000);
    nursery_close_link(&n, 1006);
    run_ms(60000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 79: only HTTP answers: a new connection, the process is left alone. */
static void when_only_http_answers_the_connection_is_made_anew(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 95000, .has_http = true });
    be_running();
    run_ms(120000);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_OPEN], 2);
    CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
    end();
}

static bool is_told_unavailable(void)
{
    return hf_supervisor_condition(n.s, n.now).reasons & (1u << HF_CONDITION_EXTERNAL);
}

/* supervisor 80 */
static void somebody_else_s_hung_gateway_is_never_signalled(void)
{
    BEGIN({ .ready_ms = 100 });
    n.stranger = stranger_gateway(7);
    n.stranger.shutdown_is_mute = true;
    ask(HF_KEEPER_DO_START);
    run_ms(100);
    CHECK(!is_told_unavailable());
    n.stranger.answers = false;
    run_ms(200000);
    CHECK(!hf_phase_is(phase(), HF_KEEPER_RUNNING));
    CHECK(is_told_unavailable());
    CHECK_EQ(n.actions[HF_KEEPER_SIGNAL] + n.actions[HF_KEEPER_END] + n.spawns, 0);
    n.stranger.answers = true;
    run_ms(60000);
    CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
    CHECK(!is_told_unavailable());
    n.stranger.answers = false;
    run_ms(3600000); /* also when the ladder is at its end */
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    CHECK(is_told_unavailable());
    ask(HF_KEEPER_DO_STOP);
    run_ms(10);
    CHECK_EQ(phase(), HF_PHASE_IDLE);
    CHECK(!is_told_unavailable()); /* nobody asks for it any more */
    CHECK_EQ(n.s->vigil.stage, HF_VIGIL_IDLE);
    end();
}

/* supervisor 82: our clock stands still meanwhile; the silence before it counts no more. */
static void a_silence_that_the_machine_slept_in_begins_anew(void)
{
    for (int is_told = 0; is_told < 2; is_told++) {
        BEGIN({ .ready_ms = 100, .hang_ms = 6000, .hang_for_ms = 150000 });
        be_running();
        run_ms(80000);
        nursery_step_wall(&n, 3600000);
        if (is_told) nursery_say(&n, &(struct hf_keeper_event){ .kind = HF_KEEPER_WOKE });
        size_t before = history();
        run_ms(71000);                          /* it comes back to itself */
        CHECK_EQ(history() > before, !is_told); /* untold it would be looked into */
        CHECK(!is_told || phase() == HF_PHASE_READY);
        end();
    }
}

/* supervisor 82, supervisor 96: the machine slept for an hour; the wall clock jumped. */
static void a_sleep_of_the_machine_restarts_nothing(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    n.now.mono = hf_time_after(n.now.mono, HF_SECONDS(3600));
    nursery_step_wall(&n, 3600000);
    nursery_say(&n, &(struct hf_keeper_event){ .kind = HF_KEEPER_WOKE });
    run_ms(60000);
    CHECK_EQ(n.spawns, 1);
    CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
    nursery_step_wall(&n, -86400000);
    run_ms(60000);
    nursery_step_wall(&n, 2 * 86400000);
    run_ms(60000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 96: each wait is the same, wherever the wall clock goes meanwhile. */
static void the_wall_clock_moves_no_wait(void)
{
    static const int64_t jumps_ms[] = { 0, 86400000, -86400000, -172800000 };
    int64_t waited_ms[4] = { 0 };
    for (size_t i = 0; i < HF_COUNT(jumps_ms); i++) {
        for (size_t what = 0; what < HF_COUNT(waited_ms); what++) {
            BEGIN({ .ready_ms = 100, .says_ready = true, .term_ms = 10 });
            be_running();
            size_t spawns = 1;
            uint64_t tag = 0;
            if (what == 0) {
                nursery_crash(&n, 1, 0); /* the ladder */
            } else if (what == 1) {
                ask(HF_KEEPER_DO_RESTART); /* the cooldown */
                run_ms(1000);
                spawns = 2;
                tag = ask(HF_KEEPER_DO_RESTART);
                CHECK_EQ(nursery_result(&n, tag)->first, HF_KEEPER_DELAYED);
            } else if (what == 2) {
                for (int k = 0; k < 6; k++, spawns++) { /* the quarantine */
                    nursery_crash(&n, 1, 0);
                    if (k < 5) run_ms(9000);
                }
                run_ms(9000);
                CHECK(nursery_status(&n).is_quarantined);
                spawns = n.spawns;
            } else {
                nursery_close_link(&n, 1012); /* a deferral */
                run_ms(10);
                tag = ask(HF_KEEPER_DO_RESTART);
                CHECK_EQ(nursery_result(&n, tag)->first, HF_KEEPER_DEFERRED);
            }
            nursery_step_wall(&n, jumps_ms[i]);
            hf_time from = n.now.mono;
            for (int64_t ms = 0; n.spawns == spawns && ms < 400000; ms++) run_ms(1);
            int64_t took_ms = hf_span_ms(hf_time_since(n.now.mono, from));
            if (i == 0) waited_ms[what] = took_ms;
            CHECK_AT(what, took_ms > 0 && took_ms < 400000);
            CHECK_EQ_AT(what, took_ms, waited_ms[what]);
            nursery_step_wall(&n, -jumps_ms[i]);
            run_ms(10000);
            CHECK_EQ_AT(what, phase(), HF_PHASE_READY);
            if (tag) CHECK_EQ_AT(what, final_of(tag), HF_KEEPER_EXECUTED);
            end();
        }
    }
}

/* --- ready --- */

/* supervisor 83: probes at 1.5, 3, 5, 8, 12, 30 s, then each 30 s; one transition. */
static void ready_is_probed_at_the_listed_times(void)
{
    static const int64_t at[] = { 1500, 3000, 5000, 8000, 12000 };
    BEGIN({ .ready_ms = 100, .hides_presence = true });
    ask(HF_KEEPER_DO_START);
    run_ms(110);
    hf_time connected_at = n.s->connected_at;
    while (!hf_phase_is(phase(), HF_KEEPER_RUNNING)) run_ms(1);
    connected_at = n.s->connected_at;
    size_t calls = n.actions[HF_KEEPER_LINK_CALL]; /* status */
    for (size_t i = 0; i < HF_COUNT(at); i++) {
        nursery_run(&n, hf_time_since(hf_time_after(connected_at, HF_MS(at[i] - 1)), n.now.mono));
        CHECK_EQ_AT(i, n.actions[HF_KEEPER_LINK_CALL], calls + i);
        run_ms(1);
        CHECK_EQ_AT(i, n.actions[HF_KEEPER_LINK_CALL], calls + i + 1);
    }
    CHECK_EQ(phase(), HF_PHASE_WARMING); /* supervisor 111: no answer yet */
    run_ms(17000);
    CHECK_EQ(phase(), HF_PHASE_WARMING);
    run_ms(1100);
    CHECK_EQ(phase(), HF_PHASE_READY); /* from 30 s on it is: told as fallback */
    CHECK_TEXT(nursery_status(&n).cause, "fallback");
    end();
}

/* One that does not list the probe cannot tell: absent, not false; ready at the fallback. */
static void a_gateway_that_is_too_old_to_tell_is_untold(void)
{
    BEGIN({ .ready_ms = 100, .lacks_presence = true });
    ask(HF_KEEPER_DO_START);
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_WARMING);
    CHECK_EQ(nursery_status(&n).ready, HF_READY_UNTOLD);
    run_ms(30000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(nursery_status(&n).ready, HF_READY_YES);
    ask(HF_KEEPER_DO_STOP);
    run_ms(100);
    CHECK_EQ(nursery_status(&n).ready, HF_READY_NO);
    end();
}

/* supervisor 83, supervisor 111: an event before `running` is kept; both together are one. */
static void a_ready_event_is_ready_at_once_and_once(void)
{
    BEGIN({ .ready_ms = 100, .says_ready = true });
    ask(HF_KEEPER_DO_START);
    run_ms(400);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_TEXT(nursery_status(&n).cause, "event");
    size_t before = history();
    nursery_event(&n, "ready", "{}");
    run_ms(5000);
    CHECK_EQ(history(), before);
    CHECK_EQ(n.notices[HF_KEEPER_NOTICE_READY], 1);
    end();
}

/* supervisor 83: the event after the probe changes nothing; an answer that never comes is
 * asked for each 30 s while events show that it lives. */
static void ready_probes_that_are_not_answered_go_on(void)
{
    BEGIN({ .ready_ms = 100 });
    ask(HF_KEEPER_DO_START);
    run_ms(3000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_TEXT(nursery_status(&n).cause, "probe");
    size_t before = history();
    nursery_event(&n, "gateway.ready", "{}");
    CHECK_EQ(history(), before);
    CHECK_EQ(n.notices[HF_KEEPER_NOTICE_READY], 1);
    end();
    BEGIN({ .ready_ms = 100 });
    ask(HF_KEEPER_DO_START);
    while (!hf_phase_is(phase(), HF_KEEPER_RUNNING)) run_ms(1);
    hf_time connected_at = n.s->connected_at;
    run_ms(10); /* status is answered */
    nursery_gateway(&n)->hang_at = n.now.mono;
    size_t seen = n.s->ready_probes, late = 0;
    for (int ms = 0; ms < 150000; ms++) {
        if (ms % 10000 == 0) nursery_event(&n, "health", "{}");
        run_ms(1);
        if (n.s->ready_probes == seen) continue;
        seen = n.s->ready_probes;
        int64_t at_ms = hf_span_ms(hf_time_since(n.now.mono, connected_at));
        if (at_ms >= 30000) CHECK_EQ(at_ms, 30000 * (int64_t)++late);
    }
    CHECK_EQ(late, 5);
    CHECK_EQ(phase(), HF_PHASE_WARMING);
    end();
}

static void say_ready_early(void)
{
    while (phase() != HF_PHASE_CONNECT) run_ms(1);
    struct hf_keeper_event early = { .kind = HF_KEEPER_LINK_EVENT, .link = n.link };
    early.u.link_event.name = HF_LIT("gateway.ready");
    nursery_say(&n, &early);
    CHECK_EQ(phase(), HF_PHASE_CONNECT);
}

/* supervisor 111: it comes before `running` is entered: ready with it, and no probe.  Of a
 * connection that failed after it nothing is kept. */
static void a_ready_event_before_running_is_kept_for_its_connection(void)
{
    BEGIN({ .ready_ms = 100 });
    ask(HF_KEEPER_DO_START);
    say_ready_early();
    size_t before = history();
    run_ms(10);
    check_phases(before, "warming ready");
    CHECK_TEXT(nursery_status(&n).cause, "event");
    run_ms(3000);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_CALL], 1); /* status; never system-presence */
    end();
    BEGIN({ .ready_ms = 100 });
    ask(HF_KEEPER_DO_START);
    say_ready_early();
    nursery_crash(&n, 1, 0);
    run_ms(1300);
    CHECK_EQ(phase(), HF_PHASE_WARMING);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 106: the check is an event, and never more. */
static void the_transport_is_checked_each_30_seconds(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    run_ms(60000);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_ERROR], 0);
    n.s->link.is_ready = false; /* its close is under way */
    hf_keep_watch_check(n.s);
    struct hf_keeper_action a;
    size_t errors = 0;
    while (hf_supervisor_action(n.s, &a))
        errors += a.kind == HF_KEEPER_TELL && a.u.tell.kind == HF_KEEPER_TELL_ERROR;
    CHECK_EQ(errors, 1);
    CHECK_EQ(phase(), HF_PHASE_READY);
    n.s->link.is_ready = true;
    nursery_crash(&n, 1, 0); /* not run outside running */
    run_ms(10);
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    CHECK(hf_time_same(n.s->timers[HF_TIMER_CHECK], HF_NEVER));
    hf_keep_watch_check(n.s);
    CHECK(!hf_supervisor_action(n.s, &a));
    CHECK(hf_time_same(n.s->timers[HF_TIMER_CHECK], HF_NEVER));
    end();
}

/* --- what is said --- */

/* The one line of the trace with this level and event holds all of these words. */
static void check_fields(char level, const char *event, const char *words)
{
    char want[96], part[64];
    const char *line = NULL;
    snprintf(want, sizeof want, "] %c %s ", level, event);
    for (size_t i = 0; i < n.trace_count && i < NURSERY_TRACE && !line; i++)
        if (strstr(n.trace[i], want)) line = n.trace[i];
    if (!line) nursery_fail(&n, "not logged: %s", want);
    for (int used = 0; sscanf(words, "%63s%n", part, &used) == 1; words += used)
        if (!strstr(line, part)) nursery_fail(&n, "no %s in: %s", part, line);
}

/* supervisor 113: its fields; pids are counted from 1000 on. */
static void the_own_log_says_what_belongs_to_it(void)
{
    BEGIN({ .ready_ms = 100, .says_ready = true, .term_ms = 10 },
          { .ready_ms = 100, .says_ready = true, .term_ms = 10, .on_usr = NURSERY_SAYS_READY });
    be_running();
    check_fields('I', "keeper.start_requested", "port=18789 state=stopped");
    check_fields('I', "gateway.ready", "by=event");
    nursery_config(&n, "{changed:1}");
    ask(HF_KEEPER_DO_RELOAD);
    run_ms(15001);
    check_fields('W', "keeper.reload_done",
                 "mode=reload result=fallback_restart cause=post_signal_unchanged pid_before=1000 "
                 "pid_after=1000");
    run_ms(1000);
    check_fields('I', "keeper.restart_requested", "mode=restart pid_before=1000");
    check_fields('I', "keeper.restart_applied",
                 "mode=restart pid_before=1000 pid_after=1001 executed=0 suppressed=0 circuit=0");
    ask(HF_KEEPER_DO_RESTART);
    check_fields('W', "keeper.restart_delayed",
                 "reason=cooldown retry_after_ms= executed=1 suppressed=1 circuit=0");
    run_ms(10000);
    nursery_config(&n, "{changed:1}");
    ask(HF_KEEPER_DO_RELOAD);
    run_ms(100);
    check_fields('I', "keeper.reload_done",
                 "mode=reload result=applied_in_place pid_before=1002 pid_after=1002");
    run_ms(10000);
    nursery_crash(&n, 3, 0);
    run_ms(10);
    check_fields('W', "child.exited", "pid=1002 code=3");
    check_fields('W', "keeper.reconnect_scheduled", "attempt=1 max=10 delay_ms=1000");
    ask(HF_KEEPER_DO_STOP);
    check_fields('I', "keeper.stop_requested", "state=running"); /* of the first restart */
    end();
    BEGIN({ .ready_ms = 100, .hang_ms = 6000, .ignores_term = true });
    n.config.governor.budget = 0;
    be_running();
    run_ms(120000);
    check_fields('W', "keeper.restart_refused",
                 "reason=budget retry_after_ms=0 executed=0 suppressed=1 circuit=0");
    end();
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    n.config.ladder.attempts_max = 1;
    ask(HF_KEEPER_DO_START);
    run_ms(2000);
    check_fields('E', "keeper.start_failed", "port=18789 attempts=1 what=gateway why= error=");
    check_fields('E', "keeper.reconnects_exhausted", "max=1");
    end();
}

/* supervisor 113: each row of 14.1 once per cause, at its level. */
static void the_own_log_says_each_thing_once(void)
{
    BEGIN({ .ready_ms = 100, .term_ms = 10, .says_ready = true });
    be_running();
    CHECK_EQ(logged('I', "keeper.start_requested"), 1);
    CHECK_EQ(logged('I', "gateway.ready"), 1);
    CHECK_EQ(logged('I', "gateway.startup"), 1);
    ask(HF_KEEPER_DO_RESTART);
    ask(HF_KEEPER_DO_RESTART);
    run_ms(400);
    CHECK_EQ(logged('I', "keeper.restart_requested"), 1);
    CHECK_EQ(logged('D', "keeper.restart_joined"), 1);
    CHECK_EQ(logged('I', "keeper.restart_applied"), 1);
    ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(logged('W', "keeper.restart_delayed"), 1);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_RESTART_SUPPRESSED], 1);
    run_ms(10000);
    nursery_crash(&n, 3, 0);
    run_ms(10);
    CHECK_EQ(logged('W', "child.exited"), 1);
    CHECK_EQ(logged('W', "keeper.reconnect_scheduled"), 1);
    run_ms(500);
    ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(logged('I', "keeper.stop_requested"), 1 + 2); /* and those of both restarts */
    end();
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    n.config.ladder.attempts_max = 1;
    ask(HF_KEEPER_DO_START);
    ask(HF_KEEPER_DO_START);
    run_ms(2000);
    CHECK_EQ(logged('D', "keeper.start_joined"), 1);
    CHECK_EQ(logged('E', "keeper.start_failed"), 2);
    CHECK_EQ(logged('E', "keeper.reconnects_exhausted"), 1);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_RECONNECT], 1);
    ask(HF_KEEPER_DO_START);
    ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(logged('D', "keeper.start_superseded"), 1);
    end();
}

/* The health summary, the diagnostics and the four answers follow what was seen. */
static void health_and_answers_follow_what_was_seen(void)
{
    BEGIN({ .ready_ms = 100, .hang_ms = 6000 });
    be_running();
    CHECK_EQ(hf_supervisor_condition(n.s, n.now).state, HF_CONDITION_HEALTHY);
    for (int q = 0; q < HF_STANDING_QUESTIONS; q++)
        CHECK_EQ_AT(q, hf_supervisor_answer(n.s, n.now, (enum hf_standing_question)q).word,
                    HF_STANDING_YES);
    run_ms(88000);
    struct hf_condition ill = hf_supervisor_condition(n.s, n.now);
    CHECK_EQ(ill.state, HF_CONDITION_IS_DEGRADED);
    CHECK(ill.reasons & (1u << HF_CONDITION_VERIFYING));
    CHECK_EQ(hf_supervisor_answer(n.s, n.now, HF_STANDING_ALIVE).word, HF_STANDING_YES);
    CHECK(hf_supervisor_answer(n.s, n.now, HF_STANDING_RESPONSIVE).word != HF_STANDING_YES);
    CHECK(hf_supervisor_sightings(n.s).call_failures > 0);
    ask(HF_KEEPER_DO_STOP);
    run_ms(20000);
    CHECK(hf_supervisor_condition(n.s, n.now).reasons & (1u << HF_CONDITION_NOT_RUNNING));
    CHECK(hf_supervisor_answer(n.s, n.now, HF_STANDING_ALIVE).word != HF_STANDING_YES);
    end();
}

/* supervisor 107: each fact has its own cause, and a copy stays as it was. */
static void what_was_seen_is_set_by_its_own_cause(void)
{
    BEGIN({ .ready_ms = 100, .says_ready = true });
    be_running();
    struct hf_keeper_event life = { .kind = HF_KEEPER_LINK_LIFE, .link = n.link };
    struct hf_sightings before = hf_supervisor_sightings(n.s), after;
    CHECK(hf_time_before(before.call_ok_at, HF_NEVER)); /* status, after the hello */
    CHECK(hf_time_same(before.closed_at, HF_NEVER) && hf_time_same(before.missed_at, HF_NEVER));
    run_ms(10);
    nursery_say(&n, &life);
    after = hf_supervisor_sightings(n.s);
    CHECK(hf_time_same(after.alive_at, n.now.mono) && !hf_time_same(before.alive_at, n.now.mono));
    CHECK(hf_time_same(after.call_ok_at, before.call_ok_at));
    nursery_gateway(&n)->hang_at = n.now.mono; /* the next call of ours runs into its deadline */
    run_ms(32000);
    after = hf_supervisor_sightings(n.s);
    CHECK(after.call_failures > 0 && hf_time_before(after.call_failed_at, HF_NEVER));
    CHECK_TEXT(hf_bytes(after.failed_method, after.failed_method_len), "system-presence");
    CHECK_EQ(after.misses, 0);
    run_ms(8000); /* and the next ping into its own */
    CHECK_EQ(hf_supervisor_sightings(n.s).misses, 1);
    CHECK_EQ(after.misses, 0);
    CHECK(hf_time_same(hf_supervisor_sightings(n.s).alive_at, after.alive_at));
    CHECK_EQ(hf_supervisor_sightings(n.s).call_failures, after.call_failures);
    nursery_gateway(&n)->hang_at = HF_NEVER;
    nursery_close_link(&n, 4000);
    run_ms(1);
    CHECK_EQ(hf_supervisor_sightings(n.s).close_code, 4000);
    run_ms(5000);
    nursery_close_link(&n, 1012);
    run_ms(1);
    CHECK_EQ(hf_supervisor_sightings(n.s).close_code, 1012);
    end();
}

/* It says so on its stdout, in lines of which the pipe breaks one; another process begins
 * without it. */
static void safe_mode_is_what_the_gateway_says(void)
{
    static const char *const parts[] = { "[gateway] gateway restart-loop brea",
                                         "ker tripped: 3 unclean boot(s) within 300000ms\n" };
    static const char over[] = "gateway restart-loop breaker recovered; channel auto-start\n";
    BEGIN({ .ready_ms = 100 });
    be_running();
    struct hf_keeper_event said = { .kind = HF_KEEPER_OUTPUT, .tree = nursery_gateway(&n)->tree };
    for (size_t i = 0; i < HF_COUNT(parts); i++) {
        CHECK(!nursery_status(&n).is_safe_mode);
        said.u.output.bytes = hf_bytes_cstr(parts[i]);
        nursery_say(&n, &said);
    }
    CHECK(nursery_status(&n).is_safe_mode);
    CHECK(hf_supervisor_condition(n.s, n.now).reasons & (1u << HF_CONDITION_SAFE_MODE));
    said.u.output.bytes = hf_bytes_cstr(over);
    nursery_say(&n, &said);
    CHECK(!nursery_status(&n).is_safe_mode);
    for (size_t i = 0; i < HF_COUNT(parts); i++) { /* the same line again is the same news */
        said.u.output.bytes = hf_bytes_cstr(parts[i]);
        nursery_say(&n, &said);
    }
    CHECK(nursery_status(&n).is_safe_mode);
    ask(HF_KEEPER_DO_RESTART);
    run_ms(5000);
    CHECK(!nursery_status(&n).is_safe_mode);
    end();
}

/* --- observers --- */

/* supervisor 102: each event is told once, by its kind; `tick` not at all. */
static void each_event_is_told_once(void)
{
    static const struct {
        const char *name;
        enum hf_keeper_tell want;
    } rows[] = {
        { "channel.status", HF_KEEPER_TELL_CHANNEL_STATUS },
        { "channel.status_changed", HF_KEEPER_TELL_CHANNEL_STATUS },
        { "chat", HF_KEEPER_TELL_CHAT_MESSAGE },
        { "gateway.ready", HF_KEEPER_TELL_GATEWAY_READY },
        { "ready", HF_KEEPER_TELL_GATEWAY_READY },
        { "health", HF_KEEPER_TELL_NOTIFICATION },
        { "presence", HF_KEEPER_TELL_NOTIFICATION },
    };
    BEGIN({ .ready_ms = 100 });
    be_running();
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        size_t sum = 0, before = n.tells[rows[i].want];
        for (size_t k = 0; k < HF_COUNT(n.tells); k++) sum += n.tells[k];
        char payload[32];
        snprintf(payload, sizeof payload, "{\"row\":%zu}", i);
        nursery_event(&n, rows[i].name, payload);
        CHECK_EQ_AT(i, n.tells[rows[i].want], before + 1);
        bool is_named = rows[i].want == HF_KEEPER_TELL_NOTIFICATION;
        CHECK_TEXT(hf_bytes_cstr(n.told[rows[i].want].payload), payload);
        CHECK_TEXT(hf_bytes_cstr(n.told[rows[i].want].name), is_named ? rows[i].name : "");
        for (size_t k = 0; k < HF_COUNT(n.tells); k++) sum -= n.tells[k];
        CHECK_EQ_AT(i, (size_t)0 - sum, 1);
        nursery_event(&n, "tick", "{}");
        CHECK_EQ_AT(i, n.tells[rows[i].want], before + 1);
    }
    struct hf_keeper_event message = { .kind = HF_KEEPER_LINK_MESSAGE, .link = n.link };
    message.u.link_message = HF_LIT("{\"odd\":1}");
    nursery_say(&n, &message);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_MESSAGE], 1);
    CHECK_TEXT(hf_bytes_cstr(n.told[HF_KEEPER_TELL_MESSAGE].payload), "{\"odd\":1}");
    end();
}

/* supervisor 102: the rows that have causes of our own: status, exit, error. */
static void causes_of_our_own_are_told_once(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    size_t before = n.tells[HF_KEEPER_TELL_STATUS];
    run_ms(60000);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_STATUS], before); /* nothing changed */
    nursery_crash(&n, 7, 0);
    run_ms(10);
    CHECK(n.tells[HF_KEEPER_TELL_STATUS] > before);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_EXIT], 1);
    CHECK_EQ(n.told[HF_KEEPER_TELL_EXIT].code, 7);
    CHECK_EQ(n.told[HF_KEEPER_TELL_EXIT].signal, 0);
    run_ms(10000);
    nursery_crash(&n, 0, 11);
    run_ms(10);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_EXIT], 2);
    CHECK_EQ(n.told[HF_KEEPER_TELL_EXIT].code, -1);
    CHECK_EQ(n.told[HF_KEEPER_TELL_EXIT].signal, 11);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_ERROR], 0);
    end();
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    ask(HF_KEEPER_DO_START);
    run_ms(900);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_ERROR], 1);
    CHECK_TEXT(hf_bytes_cstr(n.told[HF_KEEPER_TELL_ERROR].payload), "cannot execute gateway");
    CHECK_EQ(n.tells[HF_KEEPER_TELL_EXIT], 0);
    end();
}

/* supervisor 102: the rows of JSON-RPC: the own name, and a notification each. */
static void a_legacy_notification_is_told_as_one_too(void)
{
    static const struct {
        const char *name, *params;
        enum hf_keeper_tell own; /* NOTIFICATION: it has none */
    } rows[] = {
        { "error", "{\"message\":\"no room\"}", HF_KEEPER_TELL_ERROR },
        { "channel.status", "{}", HF_KEEPER_TELL_CHANNEL_STATUS },
        { "chat", "{}", HF_KEEPER_TELL_CHAT_MESSAGE },
        { "gateway.ready", "{}", HF_KEEPER_TELL_GATEWAY_READY },
        { "presence", "{}", HF_KEEPER_TELL_NOTIFICATION },
    };
    BEGIN({ .ready_ms = 100 });
    be_running();
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        bool has_own = rows[i].own != HF_KEEPER_TELL_NOTIFICATION;
        size_t own = n.tells[rows[i].own], general = n.tells[HF_KEEPER_TELL_NOTIFICATION];
        struct hf_keeper_event said = { .kind = HF_KEEPER_LINK_EVENT, .link = n.link };
        said.u.link_event.name = hf_bytes_cstr(rows[i].name);
        said.u.link_event.payload = hf_bytes_cstr(rows[i].params);
        said.u.link_event.is_notification = true;
        nursery_say(&n, &said);
        CHECK_EQ_AT(i, n.tells[HF_KEEPER_TELL_NOTIFICATION], general + 1);
        CHECK_TEXT_AT(i, hf_bytes_cstr(n.told[HF_KEEPER_TELL_NOTIFICATION].name), rows[i].name);
        if (has_own) CHECK_EQ_AT(i, n.tells[rows[i].own], own + 1);
    }
    CHECK_TEXT(hf_bytes_cstr(n.told[HF_KEEPER_TELL_ERROR].payload), "no room");
    size_t errors = n.tells[HF_KEEPER_TELL_ERROR];
    nursery_event(&n, "error", "{}"); /* of the protocol it is a notification alone */
    CHECK_EQ(n.tells[HF_KEEPER_TELL_ERROR], errors);
    end();
}

/* supervisor 95 (the decision): a journal that cannot be written stops nothing. */
static void an_unwritable_journal_is_told(void)
{
    BEGIN({ .ready_ms = 100 });
    n.journal_err = HF_ERR_FULL;
    be_running();
    CHECK(!nursery_status(&n).is_journal_written);
    n.journal_err = 0;
    ask(HF_KEEPER_DO_RESTART);
    run_ms(5000);
    CHECK(nursery_status(&n).is_journal_written);
    end();
}

/* A guardian that dies first is a containment fault: ended, told, begun anew. */
static void a_lost_guardian_ends_its_tree(void)
{
    BEGIN({ .ready_ms = 100, .members = 2 });
    be_running();
    struct hf_keeper_event e = { .kind = HF_KEEPER_GUARDIAN_LOST,
                                 .tree = nursery_gateway(&n)->tree };
    nursery_say(&n, &e);
    CHECK_EQ(n.actions[HF_KEEPER_END], 1);
    run_ms(6000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.s->governor.charged_count, 1);
    end();
}

CHECK_MAIN(the_wall_clock_moves_no_wait, ready_probes_that_are_not_answered_go_on,
           lost_pongs_are_no_misses_while_frames_flow, missed_pongs_are_told_and_nothing_more,
           every_kind_of_message_clears_the_misses,
           a_restart_for_silence_is_told_as_long_as_it_lasts, a_gateway_that_hangs_is_replaced_once,
           a_web_server_that_hangs_is_replaced, one_that_never_answers_connect_is_replaced_at_last,
           one_that_answers_with_errors_is_not_ended, a_busy_gateway_is_given_longer,
           a_suspended_gateway_is_left_alone,
           a_suspended_gateway_whose_connection_is_lost_is_left_alone,
           a_busy_gateway_whose_connection_is_lost_is_given_longer,
           one_that_answers_only_http_is_not_ended_at_the_first_try,
           when_only_http_answers_the_connection_is_made_anew,
           somebody_else_s_hung_gateway_is_never_signalled,
           a_silence_that_the_machine_slept_in_begins_anew, a_sleep_of_the_machine_restarts_nothing,
           ready_is_probed_at_the_listed_times, a_gateway_that_is_too_old_to_tell_is_untold,
           a_ready_event_is_ready_at_once_and_once,
           a_ready_event_before_running_is_kept_for_its_connection,
           the_transport_is_checked_each_30_seconds, the_own_log_says_each_thing_once,
           the_own_log_says_what_belongs_to_it, causes_of_our_own_are_told_once,
           health_and_answers_follow_what_was_seen, what_was_seen_is_set_by_its_own_cause,
           safe_mode_is_what_the_gateway_says, each_event_is_told_once,
           a_legacy_notification_is_told_as_one_too, an_unwritable_journal_is_told,
           a_lost_guardian_ends_its_tree)
