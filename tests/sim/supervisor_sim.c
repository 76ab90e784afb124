/* Starts, and who holds the place: scenarios of spec/supervisor.md section 18. */
#include "lib/nursery_case.h"

static void check_spawn_gaps(const int64_t *want, size_t count)
{
    CHECK(n.spawns > count);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ_AT(i, hf_span_ms(hf_time_since(n.spawned_at[i + 1], n.spawned_at[i])), want[i]);
}

/* supervisor 1 */
static void a_free_port_becomes_a_running_gateway(void)
{
    BEGIN({ .ready_ms = 300 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(5000);
    check_phases(0, "detect port spawn wait_ready connect warming ready");
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(nursery_alive(&n), 1);
    CHECK(nursery_status(&n).is_owned);
    CHECK_EQ(nursery_status(&n).pid, nursery_gateway(&n)->pid);
    CHECK_TEXT(nursery_status(&n).version, "2026.9.6");
    CHECK_EQ(n.notices[HF_KEEPER_NOTICE_READY], 1);
    /* Looked for and made at 2 ms; ready at 302, seen by the probe at 405; hello 2 ms later. */
    CHECK_EQ(n.tells[HF_KEEPER_TELL_STARTUP], 1);
    CHECK_TEXT(hf_bytes_cstr(n.told[HF_KEEPER_TELL_STARTUP].payload),
               "{\"configSyncMs\":2,\"spawnToReadyMs\":403,\"readyToConnectMs\":2,"
               "\"totalMs\":407,\"stages\":0}");
    end();
}

/* No metrics of what was there already. */
static void an_attached_gateway_has_no_startup_record(void)
{
    BEGIN({ .ready_ms = 100 });
    n.stranger = stranger_gateway(77);
    be_running();
    CHECK_EQ(n.tells[HF_KEEPER_TELL_STARTUP], 0);
    end();
}

/* supervisor 2: a plain listener is not ready; the challenge later is. */
static void an_open_port_without_a_challenge_is_not_ready(void)
{
    BEGIN({ .listens_mute = true, .ready_ms = 20000 });
    ask(HF_KEEPER_DO_START);
    run_ms(19000);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    CHECK(n.actions[HF_KEEPER_PROBE] >= 10); /* 1500 within, 200 apart */
    run_ms(6000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* supervisor 3: three spawns 1000 apart, noticed at once; then the ladder. */
static void an_early_exit_is_tried_three_times(void)
{
    static const int64_t gaps[] = { 1053, 1053 };
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(2200);
    CHECK_EQ(n.spawns, 3);
    check_spawn_gaps(gaps, HF_COUNT(gaps));
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 1);
    CHECK_EQ(nursery_status(&n).last_exit.code, 1);
    end();
}

/* supervisor 4 */
static void the_third_attempt_may_succeed(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 },
          { .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1 }, { .ready_ms = 10 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(6000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 3);
    end();
}

/* supervisor 5: 120 s are slow, and told so, but no reason to begin anew. */
static void a_slow_start_is_waited_for(void)
{
    BEGIN({ .ready_ms = 120000 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(119000);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    CHECK_EQ(n.log_counts[HF_LOG_WARN], 0);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(n.log_counts[HF_LOG_WARN], 1); /* gateway.startup */
    end();
}

/* supervisor 6: at the deadline of the whole its tree is ended; the ladder goes on. */
static void one_that_never_gets_ready_is_ended(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER, .listens_mute = true, .ignores_term = true, .members = 2 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(479000);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    run_ms(900);
    CHECK_EQ(final_of(tag), -1);
    run_ms(200);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    run_ms(10000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    end();
}

/* supervisor 7: "starting" is asked again in place, as the hint says. */
static void a_gateway_that_says_that_it_starts_is_asked_again(void)
{
    BEGIN({ .ready_ms = 100, .starting_ms = 6000, .hint_ms = 250 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(8000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 1);
    CHECK(n.actions[HF_KEEPER_LINK_OPEN] >= 22 && n.actions[HF_KEEPER_LINK_OPEN] <= 26);
    end();
}

/* Without a hint the ladder of 7.5 ends after 23.5 s; that is transient. */
static void the_startup_ladder_ends(void)
{
    BEGIN({ .ready_ms = 100, .starting_ms = 3600000 });
    ask(HF_KEEPER_DO_START);
    run_ms(23000);
    CHECK_EQ(phase(), HF_PHASE_CONNECT);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_OPEN], 6);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_RETRY_WAIT);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 8 */
static void another_error_of_connect_is_not_asked_again_in_place(void)
{
    BEGIN({ .ready_ms = 100, .refuses_connect = true });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(900);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_OPEN], 1);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    CHECK_EQ(nursery_alive(&n), 1); /* ours still: the ladder attaches to it again */
    run_ms(2000);
    CHECK_EQ(n.actions[HF_KEEPER_LINK_OPEN], 2);
    CHECK_EQ(n.spawns, 1);
    end();
}

#define BAD_CONFIG .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 78

/* supervisor 9, supervisor 112: repaired once, the error is gone, the counters are as they were. */
static void a_bad_configuration_is_repaired_once(void)
{
    BEGIN({ BAD_CONFIG }, { .ready_ms = 100 });
    n.config.has_doctor = true;
    n.doctor = (struct child){ .exit_ms = 3000, .exit_code = 0 };
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_REPAIR);
    CHECK_EQ(n.notices[HF_KEEPER_NOTICE_EXTEND], 1);
    CHECK_EQ(n.extended_for, HF_SECONDS(127)); /* and until all of it is gone */
    run_ms(9000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.doctors, 1);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(nursery_status(&n).error.len, 0);
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 0);
    end();
}

/* supervisor 112: the same in a start of the ladder. */
static void a_repair_in_an_automatic_start_leaves_the_counter(void)
{
    BEGIN({ .ready_ms = 100, .exit_ms = 6000, .exit_code = 1 }, { BAD_CONFIG },
          { .ready_ms = NURSERY_NEVER });
    n.config.has_doctor = true;
    n.doctor = (struct child){ .exit_ms = 100, .exit_code = 0 };
    be_running();
    run_ms(5000);
    CHECK_EQ(n.doctors, 1);
    CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
    CHECK_EQ(nursery_status(&n).error.len, 0);
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 1);
    end();
}

/* supervisor 10: still bad after the doctor: fatal, until the file changes; then one
 * operation, in which the doctor may look at the new file once. */
static void a_configuration_that_stays_bad_is_fatal(void)
{
    BEGIN({ BAD_CONFIG });
    n.config.has_doctor = true;
    n.doctor = (struct child){ .exit_ms = 100, .exit_code = 0 };
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK_EQ(phase(), HF_PHASE_FATAL);
    CHECK_EQ(n.doctors, 1);
    CHECK_EQ(n.spawns, 2);
    run_ms(3600000);
    CHECK_EQ(n.spawns, 2);
    size_t before = history();
    nursery_config(&n, "{better:true}");
    run_ms(3600000);
    check_phases(before, "detect port spawn wait_ready reclaim detect repair "
                         "detect port spawn wait_ready reclaim detect fatal");
    CHECK_EQ(n.doctors, 2);
    CHECK_EQ(n.spawns, 4);
    end();
}

/* supervisor 10, without a doctor: one spawn for each change. */
static void without_a_doctor_a_bad_configuration_is_fatal_at_once(void)
{
    BEGIN({ BAD_CONFIG }, { BAD_CONFIG }, { .ready_ms = 100 });
    ask(HF_KEEPER_DO_START);
    run_ms(3600000);
    CHECK_EQ(phase(), HF_PHASE_FATAL);
    CHECK_EQ(n.spawns, 1);
    nursery_config(&n, "{better:true}");
    run_ms(3600000);
    CHECK_EQ(phase(), HF_PHASE_FATAL);
    CHECK_EQ(n.spawns, 2);
    nursery_config(&n, "{good:true}");
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 3);
    end();
}

/* supervisor 11: the doctor and its children are ended at 120 s; the start fails. */
static void a_doctor_that_hangs_is_ended(void)
{
    BEGIN({ BAD_CONFIG });
    n.config.has_doctor = true;
    n.doctor = (struct child){ .members = 3, .ignores_term = true };
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(119900);
    CHECK_EQ(nursery_alive(&n), 4);
    CHECK_EQ(final_of(tag), -1);
    run_ms(500);
    CHECK_EQ(nursery_alive(&n), 0);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "repair command"));
    end();
}

/* Another gateway, which answers, is faster. */
static void thief_comes(bool lets_in)
{
    struct stranger thief = stranger_gateway(77);
    thief.lets_in = lets_in;
    thief.name = "node";
    nursery_steal_port(&n, thief);
}

/* 5.2: whoever took the port while ours boots is not ours for answering.  Ours waits for
 * the port, as the real one does; so do we, 15 s, and say who has it. */
static void a_port_that_is_taken_while_ours_boots_is_not_ours(void)
{
    for (int lets_in = 0; lets_in < 2; lets_in++) {
        BEGIN({ .ready_ms = 3000 });
        uint64_t tag = ask(HF_KEEPER_DO_START);
        run_ms(1000);
        thief_comes(lets_in);
        run_ms(14000);
        CHECK_EQ(phase(), HF_PHASE_WAIT_READY);
        CHECK(holds(nursery_status(&n).error, "held by node (pid 77"));
        CHECK_EQ(n.actions[HF_KEEPER_LINK_OPEN], 0); /* it does not get our credential */
        run_ms(4000);
        CHECK_EQ(nursery_alive(&n), 0);
        CHECK_EQ(n.spawns, 1);
        CHECK_EQ(final_of(tag), lets_in ? HF_KEEPER_EXECUTED : HF_KEEPER_FAILED);
        CHECK(!nursery_status(&n).is_owned);
        if (!lets_in) CHECK(holds(reason_of(tag), "port_conflict"));
        end();
    }
}

/* Gone in time, the start succeeds with the process that waited. */
static void a_port_that_is_free_again_is_ours(void)
{
    BEGIN({ .ready_ms = 3000 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(1000);
    thief_comes(true);
    run_ms(9000);
    n.stranger.is_there = false;
    run_ms(3000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 1);
    CHECK(nursery_status(&n).is_owned);
    CHECK_EQ(nursery_status(&n).pid, nursery_gateway(&n)->pid);
    CHECK_EQ(nursery_status(&n).error.len, 0);
    end();
}

/* The same while ours begins anew in its place: it lives, and is not left for another. */
static void a_port_that_is_taken_during_a_restart_in_place_is_not_ours(void)
{
    BEGIN({ .ready_ms = 100, .restart_ms = 6000, .down_ms = 4000, .frees_port = true });
    be_running();
    run_ms(1500);
    thief_comes(true);
    run_ms(7000);
    CHECK(!hf_phase_is(phase(), HF_KEEPER_RUNNING));
    CHECK_EQ(nursery_alive(&n), 1);
    n.stranger.is_there = false;
    run_ms(5000);
    CHECK(nursery_status(&n).is_owned);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 12: exit 78 because a healthy gateway owns the port. */
static void another_healthy_owner_is_used_or_told_and_not_doctored(void)
{
    for (int lets_in = 0; lets_in < 2; lets_in++) {
        BEGIN({ .ready_ms = NURSERY_NEVER, .exit_ms = 3000, .exit_code = 78 });
        n.config.has_doctor = true;
        ask(HF_KEEPER_DO_START);
        run_ms(1000);
        thief_comes(lets_in);
        run_ms(1900);
        CHECK_EQ(phase(), HF_PHASE_WAIT_READY); /* its own word is awaited */
        run_ms(1100);
        CHECK_EQ(n.doctors, 0);
        if (lets_in) CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
        if (lets_in) CHECK(!nursery_status(&n).is_owned && nursery_status(&n).pid == 0);
        if (!lets_in) CHECK_EQ(phase(), HF_PHASE_FAILED);
        if (!lets_in) CHECK(holds(nursery_status(&n).error, "port_conflict"));
        end();
    }
}

/* 7.1: the exit code wins over text; a line is read for the configuration only of a gateway
 * whose code does not tell of it. */
static void a_newer_gateway_tells_of_its_configuration_by_its_code_alone(void)
{
    static const struct {
        const char *version;
        size_t doctors;
    } rows[] = { { "2026.9.6", 0 }, { "2026.9.5", 1 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct child children[] = {
            { .ready_ms = 100, .version = rows[i].version, .says_ready = true },
            { .ready_ms = NURSERY_NEVER, .exit_ms = 50, .exit_code = 1, .line = "Invalid config" },
            { .ready_ms = 100, .version = rows[i].version, .says_ready = true },
        };
        begin(children, HF_COUNT(children));
        n.config.has_doctor = true;
        n.doctor = (struct child){ .exit_ms = 100 };
        be_running();
        nursery_crash(&n, 1, 0);
        run_ms(20000);
        CHECK_EQ_AT(i, phase(), HF_PHASE_READY);
        CHECK_EQ_AT(i, n.doctors, rows[i].doctors);
        end();
    }
}

/* supervisor 13: another process migrates: no doctor, no loop, again after 60 s. */
static void a_migration_under_way_is_waited_for(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER,
            .exit_ms = 50,
            .exit_code = 1,
            .line = "openclaw: startup migrations are already running" },
          { .ready_ms = 100 });
    n.config.has_doctor = true;
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(59900);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK_EQ(n.doctors, 0);
    CHECK_EQ(n.spawns, 1);
    run_ms(5000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* supervisor 14: nothing that waiting or a doctor would heal. */
static void a_runtime_that_cannot_run_it_is_fatal(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER,
            .exit_ms = 50,
            .exit_code = 1,
            .line = "openclaw requires Node >=22.12.0 (current: v18)\n" });
    n.config.has_doctor = true;
    ask(HF_KEEPER_DO_START);
    run_ms(3600000);
    CHECK_EQ(n.doctors, 0);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(phase(), HF_PHASE_FATAL);
    CHECK(nursery_status(&n).is_fatal);
    end();
}

/* No secret gets into a status, a result or an event. */
static void errors_are_told_without_secrets(void)
{
    struct hf_buf line;
    BEGIN({ .ready_ms = NURSERY_NEVER,
            .exit_ms = 50,
            .exit_code = 1,
            .line = "fatal: bad --token canary123456 in config\n" });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    hf_keep_fail_text(n.s, HF_LIT("cannot run gateway --token=canary123456"));
    CHECK(!holds(nursery_status(&n).error, "canary123456"));
    run_ms(2500);
    CHECK(!holds(reason_of(tag), "canary123456"));
    CHECK_EQ(hf_supervisor_line_count(n.s), 1);
    hf_buf_init(&line, 4096);
    hf_supervisor_line(n.s, 0, &line);
    CHECK(holds(hf_buf_view(&line), "bad --token") && !holds(hf_buf_view(&line), "canary123456"));
    hf_buf_fini(&line);
    for (size_t i = 0; i < n.trace_count; i++)
        CHECK_AT(i, !holds(hf_bytes_cstr(n.trace[i % NURSERY_TRACE]), "canary123456"));
    end();
}

/* supervisor 15: what cannot be executed is not tried three times. */
static void a_program_that_is_missing_is_told_at_once(void)
{
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(900);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "cannot execute"));
    CHECK_EQ(n.tells[HF_KEEPER_TELL_ERROR], 1);
    end();
}

/* supervisor 97 (the decision): no descriptor now is transient. */
static void a_spawn_without_means_is_tried_again(void)
{
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_DESCRIPTORS }, { .ready_ms = 100 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(5000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
}

/* supervisor 16 */
static void two_starts_are_one(void)
{
    BEGIN({ .ready_ms = 2000 });
    uint64_t first = ask(HF_KEEPER_DO_START), second = ask(HF_KEEPER_DO_START);
    run_ms(5000);
    CHECK_EQ(final_of(first), HF_KEEPER_EXECUTED);
    CHECK_EQ(final_of(second), HF_KEEPER_JOINED);
    CHECK_EQ(n.spawns, 1);
    end();
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    first = ask(HF_KEEPER_DO_START), second = ask(HF_KEEPER_DO_START);
    run_ms(900);
    CHECK_EQ(final_of(first), HF_KEEPER_FAILED);
    CHECK_EQ(final_of(second), HF_KEEPER_FAILED);
    CHECK(reason_of(first).len > 0 && hf_bytes_same(reason_of(first), reason_of(second)));
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 17 */
static void a_start_of_what_runs_is_nothing(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    size_t before = history();
    uint64_t tag = ask(HF_KEEPER_DO_START);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    run_ms(10000);
    CHECK_EQ(history(), before);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 93: the end between the probe and the hello is an early failure, whichever of
 * exit and close is seen first. */
static void an_exit_between_probe_and_connect_is_an_early_failure(void)
{
    for (int order = 0; order < 2; order++) {
        BEGIN({ .ready_ms = 100, .challenged_ms = 1, .exit_code = 1 }, { .ready_ms = 100 });
        n.exit_before_close = order;
        uint64_t tag = ask(HF_KEEPER_DO_START);
        run_ms(1000);
        check_phases(0, "detect port spawn wait_ready connect retry_wait");
        CHECK_EQ_AT(order, n.s->start.attempt, 2);
        run_ms(4000);
        check_phases(0, "detect port spawn wait_ready connect retry_wait detect port spawn "
                        "wait_ready connect warming ready");
        CHECK_EQ_AT(order, n.spawns, 2);
        CHECK_EQ_AT(order, final_of(tag), HF_KEEPER_EXECUTED);
        end();
    }
}

/* supervisor 94: it binds after 20 s and dies 1 ms after the challenge: three attempts, then
 * the ladder, and it never seems to run. */
static void dying_at_the_challenge_is_bounded(void)
{
    BEGIN({ .ready_ms = 20000, .challenged_ms = 1, .exit_signal = 11 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(62300);
    CHECK_EQ(final_of(tag), -1);
    run_ms(300);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    check_phases(0, "detect port spawn wait_ready connect retry_wait detect port spawn "
                    "wait_ready connect retry_wait detect port spawn wait_ready connect backoff");
    CHECK_EQ(nursery_status(&n).last_exit.signal, 11);
    run_ms(7400);
    CHECK_EQ(n.spawns, 3 + 1); /* the ladder's */
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 1);
    end();
}

/* A child that listens elsewhere is told with both ports, and ended. */
static void a_child_that_listens_elsewhere_is_an_error(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER, .other_port = 4711 });
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(900);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "18789") && holds(reason_of(tag), "4711"));
    CHECK_EQ(nursery_alive(&n), 0);
    end();
}

/* Other kinds of places: a probe, READY=1 of the child, or that it lives. */
static void places_without_a_control_connection_are_ready_by_their_kind(void)
{
    static const enum hf_place_kind kinds[] = { HF_PLACE_HTTP, HF_PLACE_TCP, HF_PLACE_NOTIFY,
                                                HF_PLACE_NONE };
    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        BEGIN({ .ready_ms = 2000 });
        n.config.place = kinds[i];
        ask(HF_KEEPER_DO_START);
        run_ms(1000);
        bool is_ready = kinds[i] == HF_PLACE_NONE;
        CHECK_EQ_AT(i, phase() == HF_PHASE_READY, is_ready);
        run_ms(3000);
        CHECK_EQ_AT(i, phase(), HF_PHASE_READY);
        CHECK_EQ_AT(i, n.actions[HF_KEEPER_LINK_OPEN], 0);
        nursery_crash(&n, 1, 0);
        run_ms(8000);
        CHECK_EQ_AT(i, n.spawns, 2);
        CHECK_EQ_AT(i, phase(), HF_PHASE_READY);
        end();
    }
}

CHECK_MAIN(a_newer_gateway_tells_of_its_configuration_by_its_code_alone,
           a_free_port_becomes_a_running_gateway, an_attached_gateway_has_no_startup_record,
           an_open_port_without_a_challenge_is_not_ready, an_early_exit_is_tried_three_times,
           the_third_attempt_may_succeed, a_slow_start_is_waited_for,
           one_that_never_gets_ready_is_ended, a_gateway_that_says_that_it_starts_is_asked_again,
           the_startup_ladder_ends, another_error_of_connect_is_not_asked_again_in_place,
           a_bad_configuration_is_repaired_once, a_repair_in_an_automatic_start_leaves_the_counter,
           a_configuration_that_stays_bad_is_fatal,
           without_a_doctor_a_bad_configuration_is_fatal_at_once, a_doctor_that_hangs_is_ended,
           a_port_that_is_taken_while_ours_boots_is_not_ours, a_port_that_is_free_again_is_ours,
           a_port_that_is_taken_during_a_restart_in_place_is_not_ours,
           another_healthy_owner_is_used_or_told_and_not_doctored,
           a_migration_under_way_is_waited_for, a_runtime_that_cannot_run_it_is_fatal,
           errors_are_told_without_secrets, a_program_that_is_missing_is_told_at_once,
           a_spawn_without_means_is_tried_again, two_starts_are_one,
           a_start_of_what_runs_is_nothing, an_exit_between_probe_and_connect_is_an_early_failure,
           dying_at_the_challenge_is_bounded, a_child_that_listens_elsewhere_is_an_error,
           places_without_a_control_connection_are_ready_by_their_kind)
