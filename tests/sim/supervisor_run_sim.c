/* While it runs: reload, loss, exit: spec/supervisor.md section 18. */
#include "engine/front.h"
#include "lib/nursery_case.h"

#include <stdio.h>

/* --- reload --- */

#define RELOADABLE .ready_ms = 100, .says_ready = true, .term_ms = 10

static uint64_t reload(void)
{
    nursery_config(&n, "{changed:1}");
    return ask(HF_KEEPER_DO_RELOAD);
}

/* supervisor 59, supervisor 105: ten calls are one read; a file that changed is read again. */
static void the_policy_is_read_once_for_many_calls(void)
{
    BEGIN({ RELOADABLE });
    be_running();
    size_t before = n.reads;
    for (int i = 0; i < 10; i++) ask_debounced(HF_KEEPER_DO_RELOAD, 60000);
    run_ms(100);
    CHECK_EQ(n.reads, before); /* read at the start, less than 15 s ago */
    run_ms(15000);
    for (int i = 0; i < 10; i++) ask_debounced(HF_KEEPER_DO_RELOAD, 60000);
    run_ms(100);
    CHECK_EQ(n.reads, before + 1);
    nursery_config(&n, "{}");
    ask_debounced(HF_KEEPER_DO_RELOAD, 60000);
    run_ms(100);
    CHECK_EQ(n.reads, before + 2);
    end();
}

/* supervisor 59: what cannot be read means the default, whatever was read before. */
static void an_unreadable_policy_is_the_default(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY });
    be_running();
    nursery_config(&n, "{gateway:{reload:{mode:'off',debounceMs:7000}}}");
    CHECK_EQ(nursery_result(&n, ask(HF_KEEPER_DO_RELOAD))->final, 0);
    run_ms(10);
    CHECK_EQ(n.s->policy.mode, HF_RELOAD_OFF);
    run_ms(15000);
    n.config_err = HF_ERR_DENIED;
    uint64_t tag = ask(HF_KEEPER_DO_RELOAD);
    run_ms(100);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 1);
    CHECK_EQ(hf_span_ms(n.s->policy.debounce), 1200);
    end();
}

/* supervisor 105: the forced read of a quiet time that ends joins the one under way; both
 * get what it says. */
static void a_forced_read_joins_the_one_under_way(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY });
    be_running();
    uint64_t quiet = ask_debounced(HF_KEEPER_DO_RELOAD, 20000);
    nursery_run(&n, HF_MS(20000) - HF_MS(1) / 2);
    snprintf(n.config_text, sizeof n.config_text, "{gateway:{reload:{mode:'off'}}}");
    size_t before = n.reads;
    uint64_t tag = ask(HF_KEEPER_DO_RELOAD); /* its read takes 1 ms */
    CHECK_EQ(n.reads, before + 1);
    run_ms(10);
    CHECK_EQ(n.reads, before + 1);
    CHECK_EQ(final_of(tag), HF_KEEPER_DISABLED);
    CHECK_EQ(final_of(quiet), HF_KEEPER_DISABLED);
    end();
}

/* supervisor 58: debounceMs as it stands in the file; the answer tells what came of it. */
static void the_quiet_time_comes_from_the_file(void)
{
    static const struct {
        const char *text;
        int64_t want_ms;
    } rows[] = {
        { "{}", 1200 },
        { "{gateway:{reload:{debounceMs:1200.6}}}", 1201 },
        { "{gateway:{reload:{debounceMs:-100}}}", 0 },
        { "{gateway:{reload:{debounceMs:600000}}}", 60000 },
        { "{gateway:{reload:{debounceMs:9000}}}", 9000 },
        { "{gateway:{reload:{debounceMs:'50'}}}", 1200 },
        { "{gateway:{reload:{debounceMs:null}}}", 1200 },
        { "{gateway:{reload:{debounceMs:NaN}}}", 1200 },
        { "{gateway:{reload:{mode:'HYBRID',debounceMs:300}}}", 300 },
        { "{gateway:{reload:{mode:'sometimes',debounceMs:300}}}", 300 },
        { "{gateway:{reload:'restart'}}", 1200 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY });
        be_running();
        nursery_config(&n, rows[i].text);
        uint64_t tag = ask_debounced(HF_KEEPER_DO_RELOAD, -1);
        run_ms(1);
        CHECK_EQ_AT(i, nursery_result(&n, tag)->first, HF_KEEPER_DELAYED);
        CHECK_EQ_AT(i, hf_span_ms(nursery_result(&n, tag)->retry_after), rows[i].want_ms);
        end();
    }
}

/* supervisor 60 */
static void the_policy_decides_what_a_reload_is(void)
{
    BEGIN({ RELOADABLE });
    be_running();
    nursery_config(&n, "{gateway:{reload:{mode:'restart'}}}");
    uint64_t tag = ask(HF_KEEPER_DO_RELOAD);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 2);
    nursery_config(&n, "{gateway:{reload:{mode:'off'}}}");
    tag = ask(HF_KEEPER_DO_RELOAD);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_DISABLED);
    CHECK_EQ(n.spawns, 2);
    n.s->config.off_restarts = true;
    tag = ask(HF_KEEPER_DO_RELOAD);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 3);
    CHECK_EQ(n.signals[HF_KEEPER_USR1] + n.signals[HF_KEEPER_USR2], 0);
    end();
}

/* supervisor 61: 3 s after the connect; what the gateway tells of its revisions counts,
 * whatever we see of the file. */
static void right_after_a_connect_only_an_unchanged_revision_is_skipped(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY, .methods = ",\"config.get\"" });
    ask(HF_KEEPER_DO_START);
    run_ms(3000);
    n.s->spawn_revision = 0; /* the file as it was could not be read */
    uint64_t tag = ask(HF_KEEPER_DO_RELOAD);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    CHECK_TEXT(reason_of(tag), "skipped_recent_connect");
    tag = reload();
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 1);
    nursery_gateway(&n)->applied = n.revision; /* it watches its file itself, and we do not know */
    tag = ask(HF_KEEPER_DO_RELOAD);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 1);
    end();
}

/* supervisor 61: whoever asks together gets one answer; a connection that ends first
 * decides nothing. */
static void the_revision_is_asked_once_and_again_on_the_next_connection(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY, .methods = ",\"config.get\"" });
    ask(HF_KEEPER_DO_START);
    run_ms(3000);
    n.latency_max = 0;
    uint64_t one = ask(HF_KEEPER_DO_RELOAD), two = ask(HF_KEEPER_DO_RELOAD);
    size_t before = n.actions[HF_KEEPER_LINK_CALL];
    nursery_close_link(&n, 1006);
    CHECK_EQ(nursery_result(&n, one)->final, 0);
    CHECK_EQ(nursery_result(&n, one)->first, HF_KEEPER_DEFERRED);
    CHECK_EQ(nursery_result(&n, two)->first, HF_KEEPER_DEFERRED);
    run_ms(4000);
    CHECK_EQ(final_of(one), HF_KEEPER_SATISFIED);
    CHECK_EQ(final_of(two), HF_KEEPER_SATISFIED);
    CHECK(n.actions[HF_KEEPER_LINK_CALL] > before);
    one = ask(HF_KEEPER_DO_RELOAD);
    ask(HF_KEEPER_DO_STOP);
    run_ms(100);
    CHECK_EQ(final_of(one), HF_KEEPER_CANCELLED);
    end();
}

/* supervisor 61: a gateway that tells no revision of its file is judged by its content. */
static void right_after_a_connect_only_an_unchanged_file_is_skipped(void)
{
    static const struct child children[] = {
        { RELOADABLE, .on_usr = NURSERY_SAYS_READY },
        { RELOADABLE,
          .on_usr = NURSERY_SAYS_READY,
          .methods = ",\"config.get\"",
          .hides_revision = true },
    };
    for (size_t i = 0; i < HF_COUNT(children); i++) {
        begin(&children[i], 1);
        ask(HF_KEEPER_DO_START);
        run_ms(3000);
        uint64_t tag = ask(HF_KEEPER_DO_RELOAD);
        run_ms(10);
        CHECK_EQ_AT(i, final_of(tag), HF_KEEPER_SATISFIED);
        CHECK_TEXT_AT(i, reason_of(tag), "skipped_recent_connect");
        tag = reload();
        run_ms(10);
        CHECK_EQ_AT(i, final_of(tag), HF_KEEPER_EXECUTED);
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_USR2], 1);
        end();
    }
}

/* supervisor 62 */
static void the_signal_is_the_one_that_the_version_knows(void)
{
    static const struct {
        const char *version;
        size_t usr1, usr2;
    } rows[] = { { "2026.9.6", 0, 1 }, { "2026.12.0", 0, 1 }, { "2026.9.5", 1, 0 }, { "x", 0, 0 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct child child = { RELOADABLE, .version = rows[i].version,
                               .on_usr = NURSERY_SAYS_READY };
        nursery_init(&n, 1);
        nursery_plan(&n, &child, 1);
        be_running();
        uint64_t tag = reload();
        run_ms(9000);
        CHECK_EQ_AT(i, final_of(tag), HF_KEEPER_EXECUTED);
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_USR1], rows[i].usr1);
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_USR2], rows[i].usr2);
        end();
    }
}

/* One of our own kind: its version is no OpenClaw's, and HUP is its word, right after a
 * connect too. */
static void a_holdfast_is_reloaded_by_hup(void)
{
    static const char *const versions[] = { "0.1.0", "2026.9.6", "x" };
    for (size_t i = 0; i < HF_COUNT(versions); i++) {
        struct child child = { RELOADABLE, .version = versions[i], .is_holdfast = true,
                               .on_usr = NURSERY_NOTIFIES };
        nursery_init(&n, 1);
        nursery_plan(&n, &child, 1);
        be_running();
        int64_t pid = nursery_status(&n).pid;
        uint64_t tag = ask(HF_KEEPER_DO_RELOAD);
        run_ms(10);
        CHECK_EQ_AT(i, final_of(tag), HF_KEEPER_EXECUTED);
        CHECK_TEXT_AT(i, reason_of(tag), "applied_in_place");
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_HUP], 1);
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_USR1] + n.signals[HF_KEEPER_USR2], 0);
        CHECK_EQ_AT(i, nursery_status(&n).pid, pid);
        /* What it says without being asked proves nothing later. */
        nursery_say(&n, &(struct hf_keeper_event){ .kind = HF_KEEPER_NOTIFIED_READY,
                                                   .tree = n.s->gateway });
        CHECK_EQ_AT(i, n.s->reload.is_open, false);
        end();
    }
}

/* Another program with a version that is no date gets no signal. */
static void what_is_not_known_gets_no_signal(void)
{
    BEGIN({ RELOADABLE, .version = "0.1.0", .on_usr = NURSERY_DIES });
    be_running();
    uint64_t tag = reload();
    run_ms(9000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.signals[HF_KEEPER_USR1] + n.signals[HF_KEEPER_USR2] + n.signals[HF_KEEPER_HUP], 0);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 63: 1012 and a new hello of the same process. */
static void a_restart_in_place_proves_the_reload(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_RESTARTS, .down_ms = 2000 });
    be_running();
    int64_t pid = nursery_status(&n).pid;
    uint64_t tag = reload();
    run_ms(60000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_TEXT(reason_of(tag), "applied_in_place");
    CHECK_EQ(nursery_status(&n).pid, pid);
    CHECK_EQ(n.spawns, 1);
    CHECK(!nursery_status(&n).is_restart_pending);
    end();
}

/* supervisor 64: exit and reload race: one new process, free of charge. */
static void a_child_that_dies_on_the_signal_is_replaced_once(void)
{
    for (int order = 0; order < 2; order++) {
        BEGIN({ RELOADABLE, .on_usr = NURSERY_DIES });
        n.exit_before_close = order;
        be_running();
        uint64_t tag = reload();
        run_ms(60000);
        CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
        CHECK_EQ(n.spawns, 2);
        CHECK_EQ(n.s->governor.charged_count, 0);
        end();
    }
}

/* supervisor 65: nothing came of the signal for 15 s. */
static void an_ignored_signal_becomes_a_restart(void)
{
    BEGIN({ RELOADABLE });
    be_running();
    uint64_t tag = reload();
    run_ms(14900);
    CHECK_EQ(n.spawns, 1);
    run_ms(5000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
}

/* supervisor 65: a gateway that tells its configuration proves it by that, each 5 s. */
static void a_changed_revision_proves_the_reload(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_APPLIES, .methods = ",\"config.get\"" });
    be_running();
    uint64_t tag = reload();
    run_ms(4900);
    CHECK_EQ(final_of(tag), -1);
    run_ms(200);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_TEXT(reason_of(tag), "applied_in_place");
    CHECK_EQ(n.spawns, 1);
    end();
    BEGIN({ RELOADABLE, .methods = ",\"config.get\"" }); /* it tells the old one */
    be_running();
    tag = reload();
    run_ms(14900);
    CHECK_EQ(final_of(tag), -1);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 2);
    end();
}

/* The RPC comes first when it is advertised. */
static void a_gateway_that_can_be_asked_is_asked(void)
{
    BEGIN({ RELOADABLE, .methods = ",\"gateway.restart.request\"" });
    be_running();
    uint64_t tag = reload();
    run_ms(10);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 0);
    nursery_event(&n, "gateway.ready", "{}");
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    end();
}

/* supervisor 103 */
static void debounced_reloads_are_one(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY });
    be_running();
    run_ms(10000);
    nursery_config(&n, "{a:1}");
    for (int i = 0; i < 5; i++) {
        ask_debounced(HF_KEEPER_DO_RELOAD, -1);
        if (i < 4) run_ms(300);
    }
    run_ms(1195);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 0);
    run_ms(20);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 1);
    run_ms(1000);
    ask_debounced(HF_KEEPER_DO_RELOAD, 50);
    run_ms(70);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 2);
    run_ms(1000);
    hf_time last_at = n.now.mono;
    size_t seen = n.signals[HF_KEEPER_USR2], reloads = 0;
    for (int ms = 0; ms < 40000; ms++) {
        if (ms < 30000 && ms % 500 == 0) ask_debounced(HF_KEEPER_DO_RELOAD, -1);
        run_ms(1);
        if (n.signals[HF_KEEPER_USR2] == seen) continue;
        seen = n.signals[HF_KEEPER_USR2];
        /* 10000 after the first call of the stream, which comes up to 500 after the last one. */
        CHECK_AT(ms, hf_time_since(n.now.mono, last_at) <= HF_MS(10000 + 500 + 2));
        last_at = n.now.mono;
        reloads++;
    }
    CHECK_EQ(reloads, 3);
    size_t before = n.signals[HF_KEEPER_USR2];
    uint64_t tag = ask_debounced(HF_KEEPER_DO_RELOAD, -1);
    ask(HF_KEEPER_DO_STOP);
    run_ms(20000);
    CHECK_EQ(final_of(tag), HF_KEEPER_CANCELLED);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], before);
    end();
}

/* supervisor 104 */
static void a_debounced_reload_looks_at_the_mode_again(void)
{
    BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY });
    be_running();
    nursery_config(&n, "{gateway:{reload:{mode:'restart'}}}");
    uint64_t tag = ask_debounced(HF_KEEPER_DO_RELOAD, 500);
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(n.spawns, 2);
    nursery_config(&n, "{gateway:{reload:{mode:'off'}}}");
    tag = ask_debounced(HF_KEEPER_DO_RELOAD, 500);
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_DISABLED);
    CHECK(!n.s->reload_debounce.is_armed);
    nursery_config(&n, "{}");
    tag = ask_debounced(HF_KEEPER_DO_RELOAD, 9000);
    run_ms(10);
    ask(HF_KEEPER_DO_RESTART);
    run_ms(20000);
    CHECK_EQ(n.spawns, 3);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    CHECK_EQ(n.signals[HF_KEEPER_USR2], 0);
    end();
}

/* supervisor 104: the mode changes between the call and the fire. */
static void the_mode_counts_as_it_is_when_the_quiet_time_ends(void)
{
    static const struct {
        const char *text;
        enum hf_keeper_outcome outcome;
        size_t spawns, signals;
    } rows[] = {
        { "{gateway:{reload:{mode:'restart'}}}", HF_KEEPER_EXECUTED, 2, 0 },
        { "{gateway:{reload:{mode:'off'}}}", HF_KEEPER_DISABLED, 1, 0 },
        { "{gateway:{reload:{mode:'hybrid'}}}", HF_KEEPER_EXECUTED, 1, 1 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        BEGIN({ RELOADABLE, .on_usr = NURSERY_SAYS_READY });
        be_running();
        run_ms(5000);
        uint64_t tag = ask_debounced(HF_KEEPER_DO_RELOAD, 2000);
        run_ms(1000);
        CHECK_EQ_AT(i, nursery_result(&n, tag)->first, HF_KEEPER_DELAYED);
        nursery_config(&n, rows[i].text);
        run_ms(900);
        CHECK_EQ_AT(i, final_of(tag), -1);
        run_ms(9000);
        CHECK_EQ_AT(i, final_of(tag), rows[i].outcome);
        CHECK_EQ_AT(i, n.spawns, rows[i].spawns);
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_USR2], rows[i].signals);
        end();
    }
}

/* --- exit and loss --- */

/* supervisor 67: close and exit in both orders and at many distances: one timer, and
 * never `stopped` in between. */
static void a_crash_goes_straight_to_reconnecting(void)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        nursery_init(&n, seed);
        nursery_plan(&n, &(struct child){ .ready_ms = 100 }, 1);
        n.exit_before_close = seed % 2;
        n.latency_max = HF_MS(1 + (int64_t)(seed / 2) % 40);
        be_running();
        size_t before = history();
        nursery_crash(&n, 1, 0);
        run_ms(900);
        check_phases(before, "backoff");
        CHECK_EQ_AT(seed, nursery_status(&n).reconnect_attempts, 1);
        CHECK_EQ_AT(seed, n.tells[HF_KEEPER_TELL_EXIT], 1);
        run_ms(6000);
        CHECK_EQ_AT(seed, n.spawns, 2);
        end();
    }
}

/* supervisor 68 */
static void a_1012_is_followed_by_a_new_connection_or_a_new_process(void)
{
    BEGIN({ .ready_ms = 100, .restart_ms = 5000, .down_ms = 8000 });
    be_running();
    run_ms(15000);
    CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
    CHECK_EQ(n.spawns, 1);
    end();
    BEGIN({ .ready_ms = 100, .restart_ms = 5000, .down_ms = 3600000 }, { .ready_ms = 100 });
    be_running();
    run_ms(30000);
    CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
    CHECK_EQ(n.spawns, 2);
    end();
}

/* supervisor 69, supervisor 102: an exit that comes late is nobody's. */
static void a_late_exit_of_an_old_child_is_ignored(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    ask(HF_KEEPER_DO_RESTART);
    run_ms(9000);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_EXIT], 1);
    struct hf_keeper_event late = { .kind = HF_KEEPER_EXITED, .tree = 1 };
    late.u.exited.is_known = true;
    late.u.exited.code = 9;
    nursery_say(&n, &late);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.tells[HF_KEEPER_TELL_EXIT], 1);
    CHECK(nursery_status(&n).last_exit.code != 9);
    end();
}

/* supervisor 70: ten failing starts, then the slow lane; a manual start begins anew. */
static void the_ladder_ends_in_the_slow_lane(void)
{
    static const int64_t waits[] = { 1, 2, 4, 8, 16, 30, 30, 30, 30, 30 };
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    n.config.governor.budget = HF_LIMIT_KEEPER_BUDGET;
    ask(HF_KEEPER_DO_START);
    run_ms(190000);
    CHECK_EQ(n.spawns, 11);
    for (size_t i = 0; i < HF_COUNT(waits); i++) {
        int64_t gap = hf_span_ms(hf_time_since(n.spawned_at[i + 1], n.spawned_at[i]));
        CHECK_AT(i, gap >= waits[i] * 1000 && gap < waits[i] * 1000 + 20);
    }
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 10);
    CHECK_EQ(nursery_status(&n).next, HF_NEXT_SLOW_RETRY);
    run_ms(600000);
    CHECK_EQ(n.spawns, 13);
    ask(HF_KEEPER_DO_START);
    run_ms(100);
    CHECK_EQ(nursery_status(&n).reconnect_attempts, 1);
    end();
}

/* supervisor 72 */
static void a_clean_exit_with_a_hint_is_followed_at_once(void)
{
    BEGIN({ .ready_ms = 100, .exit_ms = 9000, .exit_code = 0, .says_restart = true },
          { .ready_ms = 100, .exit_ms = 9000, .exit_code = 0 }, { .ready_ms = 100 });
    be_running();
    run_ms(4100);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(n.s->governor.charged_count, 0);
    run_ms(9000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    run_ms(5000);
    CHECK_EQ(n.spawns, 3);
    CHECK_EQ(n.s->governor.charged_count, 1);
    end();
}

/* supervisor 73 */
static void three_stops_by_others_are_told(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    for (int i = 0; i < 3; i++) {
        CHECK(strcmp(n.last_log, "child.stopped_by_others") != 0);
        size_t warnings = n.log_counts[HF_LOG_WARN];
        nursery_crash(&n, 0, 15);
        run_ms(20);
        /* exited, scheduled, and the third time the hint */
        CHECK_EQ_AT(i, n.log_counts[HF_LOG_WARN] - warnings, i == 2 ? 3 : 2);
        run_ms(20000);
    }
    CHECK_TEXT(hf_bytes_cstr(nursery_status(&n).last_exit.why), "external_stop");
    end();
}

/* supervisor 74 (simulated) */
static void a_kill_for_memory_is_called_so(void)
{
    BEGIN({ .ready_ms = 100 });
    be_running();
    struct hf_keeper_event e = { .kind = HF_KEEPER_EXITED, .tree = nursery_gateway(&n)->tree };
    e.u.exited.is_known = true;
    e.u.exited.code = -1;
    e.u.exited.signal = 9;
    e.u.exited.oom_kills = 1;
    nursery_say(&n, &e);
    CHECK_TEXT(hf_bytes_cstr(nursery_status(&n).last_exit.why), "oom_kill");
    end();
}

/* Rows 21 and 22: ours is attached to again; somebody else's is never replaced. */
static void somebody_else_s_gateway_is_never_replaced(void)
{
    BEGIN({ .ready_ms = 100 });
    n.stranger = stranger_gateway(7);
    ask(HF_KEEPER_DO_START);
    run_ms(100);
    n.stranger.is_there = false;
    nursery_close_link(&n, 1012);
    run_ms(600000);
    CHECK_EQ(n.spawns, 0);
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    n.stranger.is_there = true;
    run_ms(300000);
    CHECK(hf_phase_is(phase(), HF_KEEPER_RUNNING));
    CHECK_EQ(n.spawns, 0);
    end();
}

/* The service manager is told of the end of each reload that it was told of, however that
 * ends: else it takes us for reloading for ever. */
static void a_reload_that_something_else_ends_is_over_for_the_service_manager_too(void)
{
    static const enum hf_keeper_verb verbs[] = { HF_KEEPER_DO_RESTART, HF_KEEPER_DO_STOP };
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        BEGIN({ RELOADABLE, .on_usr = NURSERY_IGNORES });
        be_running();
        run_ms(20000);
        uint64_t tag = reload();
        run_ms(100);
        CHECK_EQ_AT(i, n.notices[HF_KEEPER_NOTICE_RELOADING], 1);
        CHECK_EQ_AT(i, n.notices[HF_KEEPER_NOTICE_READY], 1);
        ask(verbs[i]);
        run_ms(5000);
        CHECK_EQ_AT(i, nursery_result(&n, tag)->final, 1);
        CHECK_EQ_AT(i, n.notices[HF_KEEPER_NOTICE_RELOADING], 1);
        CHECK_EQ_AT(i, n.notices[HF_KEEPER_NOTICE_READY], 2);
        end();
    }
}

/* What is next is the earliest, and its time is counted from when it is asked for; the end of
 * a grace hides no retry. */
static void the_next_try_is_known_while_the_rest_is_being_ended(void)
{
    BEGIN({ .ready_ms = 100, .exit_ms = 5000, .exit_code = 1, .members = 2, .ignores_term = true });
    be_running();
    while (phase() != HF_PHASE_BACKOFF) run_ms(1);
    CHECK_EQ(nursery_status(&n).next, HF_NEXT_RECONNECT);
    hf_span left = nursery_status(&n).next_in;
    hf_time at = hf_time_after(n.now.mono, left);
    CHECK(hf_time_before(at, hf_keep_tree_due(n.s)));
    run_ms(300);
    CHECK_EQ(nursery_status(&n).next_in, left - HF_MS(300));
    CHECK(hf_time_same(nursery_status(&n).retry_at, at));
    struct hf_supervisor_status st = nursery_status(&n);
    CHECK(hf_time_same(hf_front_outlook(&st, n.now.mono).expected_at, at));
    end();
}

CHECK_MAIN(a_reload_that_something_else_ends_is_over_for_the_service_manager_too,
           the_next_try_is_known_while_the_rest_is_being_ended,
           the_policy_is_read_once_for_many_calls, an_unreadable_policy_is_the_default,
           a_forced_read_joins_the_one_under_way, the_quiet_time_comes_from_the_file,
           a_changed_revision_proves_the_reload, the_policy_decides_what_a_reload_is,
           right_after_a_connect_only_an_unchanged_revision_is_skipped,
           the_revision_is_asked_once_and_again_on_the_next_connection,
           right_after_a_connect_only_an_unchanged_file_is_skipped,
           the_signal_is_the_one_that_the_version_knows, a_holdfast_is_reloaded_by_hup,
           what_is_not_known_gets_no_signal, a_restart_in_place_proves_the_reload,
           a_child_that_dies_on_the_signal_is_replaced_once, an_ignored_signal_becomes_a_restart,
           a_gateway_that_can_be_asked_is_asked, debounced_reloads_are_one,
           a_debounced_reload_looks_at_the_mode_again,
           the_mode_counts_as_it_is_when_the_quiet_time_ends, a_crash_goes_straight_to_reconnecting,
           a_1012_is_followed_by_a_new_connection_or_a_new_process,
           a_late_exit_of_an_old_child_is_ignored, the_ladder_ends_in_the_slow_lane,
           a_clean_exit_with_a_hint_is_followed_at_once, three_stops_by_others_are_told,
           a_kill_for_memory_is_called_so, somebody_else_s_gateway_is_never_replaced)
