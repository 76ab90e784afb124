/* Who holds the place when it starts: spec/supervisor.md section 18. */
#include "lib/nursery_case.h"

static void put_stranger(bool is_same_user, bool answers, bool lets_in)
{
    n.stranger = (struct stranger){ .is_there = true,
                                    .is_known = is_same_user,
                                    .is_same_user = is_same_user,
                                    .answers = answers,
                                    .lets_in = lets_in,
                                    .pid = 4242,
                                    .name = "httpd" };
}

static size_t all_signals(void)
{
    size_t sum = n.actions[HF_KEEPER_END] + n.actions[HF_KEEPER_ADOPT];
    for (size_t i = 0; i < HF_COUNT(n.signals); i++) sum += n.signals[i];
    return sum;
}

/* supervisor 18: named, never signalled; gone, the next step of the ladder succeeds. */
static void a_stranger_is_named_and_left_alone(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, false, false);
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(10);
    CHECK_EQ(phase(), HF_PHASE_DETECT); /* it may still answer */
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "port_conflict") && holds(reason_of(tag), "4242"));
    CHECK(holds(reason_of(tag), "httpd") && holds(reason_of(tag), "uid 1000"));
    n.stranger.is_there = false;
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(all_signals(), 0);
    end();
}

/* supervisor 19 */
static void a_stranger_of_another_user_has_no_pid(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(false, true, true);
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(100);
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    CHECK(holds(reason_of(tag), "another user") && !holds(reason_of(tag), "4242"));
    CHECK_EQ(n.actions[HF_KEEPER_PROBE], 0);
    CHECK_EQ(all_signals(), 0);
    end();
}

/* supervisor 20: used, not owned, no pid, and left alone by the stop. */
static void somebody_else_s_gateway_is_used_and_left_alone(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, true, true);
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(3000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK(!nursery_status(&n).is_owned && nursery_status(&n).pid == 0);
    tag = ask(HF_KEEPER_DO_STOP);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK(n.stranger.is_there);
    CHECK_EQ(all_signals() + n.spawns + n.calls_shutdown, 0);
    end();
}

/* supervisor 21 */
static void a_gateway_that_refuses_us_is_a_conflict(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, true, false);
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(100);
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    CHECK(holds(reason_of(tag), "port_conflict") && holds(reason_of(tag), "pid 4242"));
    CHECK(holds(reason_of(tag), "refuses our credential"));
    CHECK_EQ(all_signals(), 0);
    end();
}

/* supervisor 22: ours by the journal, silent: ended as a tree, then a new one. */
static void our_own_stale_process_is_replaced(void)
{
    BEGIN({ .ready_ms = 100 });
    nursery_orphan(&n, &(struct child){ .listens_mute = true,
                                        .ready_ms = NURSERY_NEVER,
                                        .members = 2,
                                        .ignores_term = true });
    ask(HF_KEEPER_DO_START);
    run_ms(14000);
    CHECK_EQ(n.spawns, 0);
    CHECK_EQ(n.actions[HF_KEEPER_ADOPT], 1);
    run_ms(20000);
    CHECK_EQ(n.spawns, 1);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* supervisor 23: the journal's pid is somebody else by now. */
static void a_recycled_pid_is_not_signalled(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, false, false);
    n.stranger.pid = 1000;
    ask(HF_KEEPER_DO_START);
    run_ms(20000);
    CHECK_EQ(all_signals(), 0);
    end();
}

/* supervisor 24 (the decision): one of the journal that answers is ours again. */
static void a_recorded_gateway_is_adopted(void)
{
    BEGIN({ .ready_ms = 100 });
    nursery_orphan(&n, &(struct child){ 0 });
    int64_t pid = n.recorded_pid;
    ask(HF_KEEPER_DO_START);
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 0);
    CHECK_EQ(nursery_status(&n).pid, pid);
    CHECK(nursery_status(&n).is_owned);
    nursery_crash(&n, 0, 0); /* its status cannot be read: a failure */
    run_ms(8000);
    CHECK(!nursery_status(&n).last_exit.is_known);
    CHECK_EQ(n.spawns, 1);
    end();
}

/* supervisor 26: a port that nobody can be found for is waited for, 15 s. */
static void a_port_that_is_not_free_yet_is_waited_for(void)
{
    BEGIN({ .ready_ms = 100 });
    n.busy_until = hf_time_after(n.now.mono, HF_MS(12000));
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(11900);
    CHECK_EQ(n.spawns, 0);
    CHECK_EQ(phase(), HF_PHASE_PORT);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
    BEGIN({ .ready_ms = 100 });
    n.busy_until = hf_time_after(n.now.mono, HF_MS(15500));
    ask(HF_KEEPER_DO_START);
    run_ms(15100);
    CHECK_EQ(phase(), HF_PHASE_RETRY_WAIT);
    end();
}

/* When nobody can say who listens, only a free port is proof. */
static void without_an_answer_only_a_free_port_is_proof(void)
{
    BEGIN({ .ready_ms = 100 });
    n.port_is_mute = true;
    ask(HF_KEEPER_DO_START);
    run_ms(4999);
    CHECK_EQ(phase(), HF_PHASE_DETECT);
    run_ms(4000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
    BEGIN({ .ready_ms = 100 });
    n.port_is_mute = true;
    put_stranger(true, true, true);
    ask(HF_KEEPER_DO_START);
    run_ms(5100);
    CHECK_EQ(phase(), HF_PHASE_RETRY_WAIT);
    CHECK_EQ(n.spawns, 0);
    end();
}

/* supervisor 114 */
static void a_service_s_gateway_is_named_by_its_unit(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, false, false);
    n.stranger.unit = "openclaw.service";
    uint64_t tag = ask(HF_KEEPER_DO_START);
    run_ms(6000);
    CHECK(holds(reason_of(tag), "unit openclaw.service"));
    CHECK_EQ(all_signals(), 0);
    end();
}

/* What a living gateway has complained about, it has survived: no repair beside it, and no
 * end of it. */
static void the_text_of_one_that_lives_is_no_verdict(void)
{
    static const char *const lines[] = { "Invalid config: gateway.port\n",
                                         "unsupported Node version\n" };
    for (size_t i = 0; i < HF_COUNT(lines); i++) {
        BEGIN({ .ready_ms = 100, .refuses_connect = true });
        n.config.has_doctor = true;
        ask(HF_KEEPER_DO_START);
        run_ms(50);
        struct hf_keeper_event said = { .kind = HF_KEEPER_OUTPUT, .tree = 1 };
        said.u.output.is_stderr = true;
        said.u.output.bytes = hf_bytes_cstr(lines[i]);
        nursery_say(&n, &said);
        run_ms(60000);
        CHECK_EQ_AT(i, n.doctors, 0);
        CHECK_EQ_AT(i, n.spawns, 1);
        CHECK_AT(i, !nursery_status(&n).is_fatal);
        CHECK_EQ_AT(i, nursery_alive(&n), 1);
        end();
    }
}

/* --force-reclaim: an operator's word, for a gateway program of the same user. */
static void an_operator_may_reclaim_the_port(void)
{
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, false, false);
    n.stranger.is_gateway_program = true;
    nursery_open(&n);
    nursery_request(
        &n, (struct hf_keeper_request){ .verb = HF_KEEPER_DO_START, .reclaims_port = true });
    run_ms(20000);
    CHECK(!n.stranger.is_there);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.spawns, 1);
    end();
    /* The same by one who joins a start that looks at the stranger just now. */
    BEGIN({ .ready_ms = 100 });
    put_stranger(true, false, false);
    n.stranger.is_gateway_program = true;
    ask(HF_KEEPER_DO_START);
    run_ms(100);
    CHECK_EQ(phase(), HF_PHASE_DETECT);
    nursery_request(
        &n, (struct hf_keeper_request){ .verb = HF_KEEPER_DO_START, .reclaims_port = true });
    run_ms(20000);
    CHECK(!n.stranger.is_there);
    CHECK_EQ(phase(), HF_PHASE_READY);
    end();
}

/* The same by one who joins a restart in its first half: it holds for the start after it. */
static void who_joins_a_restart_may_reclaim_the_port(void)
{
    for (int reclaims = 0; reclaims <= 1; reclaims++) {
        BEGIN({ .ready_ms = 100, .term_ms = 500 }, { .ready_ms = 100 });
        be_running();
        ask(HF_KEEPER_DO_RESTART);
        run_ms(100);
        CHECK_EQ(phase(), HF_PHASE_STOPPING);
        nursery_request(&n, (struct hf_keeper_request){ .verb = HF_KEEPER_DO_START,
                                                        .reclaims_port = reclaims });
        put_stranger(true, false, false);
        n.stranger.is_gateway_program = true;
        run_ms(20000);
        CHECK_EQ_AT(reclaims, n.stranger.is_there, !reclaims);
        end();
    }
}

/* What an operator allowed was for one restart: the next one, by ourselves, leaves a stranger
 * that came to the port meanwhile alone. */
static void an_operators_word_is_for_one_restart(void)
{
    BEGIN({ .ready_ms = 100 }, { .ready_ms = 100, .bytes = 2000, .term_ms = 500 },
          { .ready_ms = 100 });
    n.config.ration.soft_bytes = 1000;
    be_running();
    nursery_request(
        &n, (struct hf_keeper_request){ .verb = HF_KEEPER_DO_RESTART, .reclaims_port = true });
    run_ms(5000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    for (int i = 0; i < 400 && phase() != HF_PHASE_STOPPING; i++) run_ms(100);
    CHECK_EQ(phase(), HF_PHASE_STOPPING); /* above its soft limit */
    put_stranger(true, false, false);
    n.stranger.is_gateway_program = true;
    run_ms(20000);
    CHECK(n.stranger.is_there);
    end();
}

CHECK_MAIN(who_joins_a_restart_may_reclaim_the_port, an_operators_word_is_for_one_restart,
           a_stranger_is_named_and_left_alone, a_stranger_of_another_user_has_no_pid,
           somebody_else_s_gateway_is_used_and_left_alone, a_gateway_that_refuses_us_is_a_conflict,
           our_own_stale_process_is_replaced, a_recycled_pid_is_not_signalled,
           a_recorded_gateway_is_adopted, a_port_that_is_not_free_yet_is_waited_for,
           without_an_answer_only_a_free_port_is_proof, a_service_s_gateway_is_named_by_its_unit,
           the_text_of_one_that_lives_is_no_verdict, an_operator_may_reclaim_the_port)
