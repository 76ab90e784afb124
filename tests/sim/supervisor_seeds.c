/* A supervisor in bad weather, by seed.
 *
 *     supervisor_seeds [--seeds N] [--seed S]
 *
 * Each seed decides how the children behave and what is asked of the supervisor for
 * half an hour of virtual time: starts, stops, restarts, reloads, crashes, hangs, closes
 * with 1012, thieves of the port, a doctor, suspends, steps of the wall clock.
 * lib/nursery holds the invariants of spec/supervisor.md section 17 at every step.  Then
 * the faults stop, and within a stated time the gateway must run, every request must
 * have had its one result, and a stop must leave nothing (supervisor 98). */
#include "base/crypto.h"
#include "base/err.h"
#include "lib/nursery.h"
#include "lib/seeds.h"

#include <signal.h>

enum { FAULTY_SECONDS = 1800, HEALTHY_SECONDS = 1200, ASKS_MAX = 400 };

static uint64_t dice(struct nursery *n, uint64_t bound)
{
    return hf_rng_below(&n->rng, bound);
}

static bool chance(struct nursery *n, unsigned percent)
{
    return dice(n, 100) < percent;
}

/* --- children --- */

static void make_sick(struct nursery *n, struct child *c)
{
    switch (dice(n, 13)) {
    case 0:
        c->exit_ms = 1 + (int64_t)dice(n, 30000);
        c->exit_code = (int)dice(n, 3);
        c->says_restart = chance(n, 50);
        return;
    case 1:
        c->exit_ms = 20 + (int64_t)dice(n, 500);
        c->exit_code = 78;
        return;
    case 2:
        c->exit_ms = 1 + (int64_t)dice(n, 200000);
        c->exit_signal = 11;
        return;
    case 3:
        c->ready_ms = NURSERY_NEVER;
        c->listens_mute = chance(n, 50);
        return;
    case 4:
        c->hang_ms = 1000 + (int64_t)dice(n, 100000);
        c->hang_for_ms = chance(n, 50) ? (int64_t)dice(n, 300000) : 0;
        c->hangs_busy = chance(n, 50);
        c->hangs_stopped = !c->hangs_busy && chance(n, 30);
        return;
    case 5:
        c->spawn_ms = NURSERY_NEVER;
        c->spawn_err = chance(n, 50) ? HF_ERR_NOT_FOUND : HF_ERR_DESCRIPTORS;
        return;
    case 6:
        c->restart_ms = 1000 + (int64_t)dice(n, 60000);
        c->down_ms = (int64_t)dice(n, 30000);
        return;
    case 7:
        c->refuses_connect = chance(n, 50);
        c->refuses_us = !c->refuses_connect;
        return;
    case 8:
        c->starting_ms = (int64_t)dice(n, 60000);
        c->hint_ms = chance(n, 50) ? 1 + (int64_t)dice(n, 3000) : 0;
        return;
    case 9:
        c->spawn_ms = (int64_t)dice(n, 15000);
        return;
    case 10:
        c->exit_ms = 20;
        c->exit_code = 79;
        return;
    case 11:
        c->bytes_a_second = 1 + (int64_t)dice(n, 100);
        return;
    default:
        c->hides_presence = true;
        return;
    }
}

static struct child make_child(struct nursery *n, bool is_sick)
{
    static const char *const versions[] = { "2026.9.6", "2026.9.1", "dev" };
    static const char *const methods[] = {
        NULL,
        ",\"gateway.restart.request\",\"channels.status\"",
        ",\"config.get\"",
        ",\"config.get\",\"config.set\"",
        ",\"config.get\",\"config.set\",\"gateway.restart.request\"",
    };
    struct child c = { .spawn_ms = (int64_t)dice(n, 50),
                       .ready_ms = (int64_t)dice(n, 3000),
                       .ignores_term = chance(n, 20),
                       .term_ms = (int64_t)dice(n, 4000),
                       .members = (unsigned)dice(n, 3),
                       .on_usr = (enum nursery_on_usr)dice(n, 4),
                       .version = versions[dice(n, 3)],
                       .methods = methods[dice(n, HF_COUNT(methods))],
                       .on_set = (enum nursery_on_set)dice(n, NURSERY_SAYS_LATER + 1),
                       .rivals = chance(n, 20) ? (unsigned)dice(n, 4) : 0,
                       .adds_meta = chance(n, 30),
                       .hides = chance(n, 30),
                       .breaks_itself = chance(n, 5),
                       .says_ready = chance(n, 50),
                       .down_ms = (int64_t)dice(n, 5000),
                       .frees_port = chance(n, 50),
                       .gives_up_ms = chance(n, 60) ? 1 + (int64_t)dice(n, 20000) : 0,
                       .has_http = chance(n, 30) };
    if (is_sick) make_sick(n, &c);
    return c;
}

static void make_plan(struct nursery *n)
{
    struct child children[NURSERY_PLAN];
    size_t count = 1 + (size_t)dice(n, NURSERY_PLAN);
    for (size_t i = 0; i < count; i++) children[i] = make_child(n, chance(n, 60));
    nursery_plan(n, children, count);
}

/* --- what happens --- */

static void ask(struct nursery *n)
{
    static const enum hf_keeper_verb verbs[] = { HF_KEEPER_DO_START,   HF_KEEPER_DO_START,
                                                 HF_KEEPER_DO_RESTART, HF_KEEPER_DO_RESTART,
                                                 HF_KEEPER_DO_RELOAD,  HF_KEEPER_DO_STOP,
                                                 HF_KEEPER_DO_QUIT };
    struct hf_keeper_request request = { .verb = verbs[dice(n, HF_COUNT(verbs))],
                                         .class = (enum hf_keeper_class)dice(n, 3),
                                         .is_debounced = chance(n, 30) };
    if (request.verb == HF_KEEPER_DO_QUIT && !chance(n, 20)) return;
    request.has_delay = request.is_debounced && chance(n, 30);
    request.delay = HF_MS(dice(n, 5000));
    if (n->tag_count < ASKS_MAX) nursery_request(n, request);
}

/* The world checks that what is told as done is so. */
static void ask_config(struct nursery *n)
{
    static const char *const keys[] = { "a", "a.b", "gateway.reload.debounceMs", "s", "a.b.c" };
    static const char *const values[] = { "1", "[1,{\"x\":2}]", "\"secret\"", "{\"b\":3}", NULL };
    if (n->tag_count < ASKS_MAX)
        nursery_config_ask(n, keys[dice(n, HF_COUNT(keys))], values[dice(n, HF_COUNT(values))]);
}

static void steal_port(struct nursery *n)
{
    if (n->stranger.is_there) {
        n->stranger.is_there = false;
        return;
    }
    struct stranger thief = { .is_known = chance(n, 80),
                              .is_same_user = chance(n, 70),
                              .answers = chance(n, 50),
                              .lets_in = chance(n, 50),
                              .pid = 77,
                              .name = "thief" };
    thief.is_same_user &= thief.is_known;
    thief.has_shutdown = chance(n, 50);
    thief.shutdown_is_unknown = chance(n, 50);
    thief.shutdown_is_mute = chance(n, 20);
    nursery_steal_port(n, thief);
}

/* Words that mean something of one that ends, and nothing of one that lives. */
static void complain(struct nursery *n)
{
    static const char *const lines[] = { "invalid config: gateway.port\n",
                                         "unsupported Node version\n",
                                         "startup migrations are already running\n",
                                         "gateway restart-loop breaker tripped: 3\n" };
    struct kid *k = nursery_gateway(n);
    struct hf_keeper_event said = { .kind = HF_KEEPER_OUTPUT };
    if (!k) return;
    said.tree = k->tree;
    said.u.output.is_stderr = true;
    said.u.output.bytes = hf_bytes_cstr(lines[dice(n, HF_COUNT(lines))]);
    nursery_say(n, &said);
}

static void happen(struct nursery *n)
{
    static const char *const configs[] = { "{}", "{gateway:{reload:{mode:'off'}}}",
                                           "{gateway:{reload:{mode:'restart'}}}",
                                           "{gateway:{reload:{debounceMs:50}}}", "not json" };
    struct hf_keeper_event woke = { .kind = HF_KEEPER_WOKE };
    switch (dice(n, 20)) {
    case 0:
        nursery_crash(n, (int)dice(n, 80), chance(n, 30) ? 15 : 0);
        return;
    case 1:
        nursery_close_link(n, chance(n, 50) ? 1012 : 1006);
        return;
    case 2:
        steal_port(n);
        return;
    case 3:
        nursery_step_wall(n, (int64_t)dice(n, 2 * 86400000) - 86400000);
        return;
    case 4:
        nursery_say(n, &woke);
        return;
    case 5:
        nursery_config(n, configs[dice(n, HF_COUNT(configs))]);
        return;
    case 6:
        if (chance(n, 30)) make_plan(n);
        return;
    case 7:
        n->journal_err = chance(n, 50) ? HF_ERR_FULL : 0;
        n->port_is_mute = chance(n, 10);
        n->mutes_pongs = chance(n, 20);
        return;
    case 8:
        if (chance(n, 20)) complain(n);
        return;
    case 9:
        nursery_repeat_exit(n, chance(n, 50) ? 78 : 0);
        return;
    case 10:
    case 11:
    case 12:
    case 13:
        ask_config(n);
        return;
    default:
        ask(n);
        return;
    }
}

static void make_weather(struct nursery *n)
{
    static const hf_span latencies[] = { 0, HF_MS(5), HF_MS(300) };
    n->latency_max = latencies[dice(n, 3)];
    n->exit_before_close = chance(n, 50);
    n->config.has_doctor = chance(n, 60);
    n->config.shuts_external = chance(n, 50);
    n->config.continues = chance(n, 30);
    n->config.place = chance(n, 80) ? HF_PLACE_GATEWAY : (enum hf_place_kind)dice(n, 5);
    n->config.ration.soft_bytes = chance(n, 50) ? 1000 : 0;
    n->config.ration.hard_bytes = chance(n, 50) ? 2000 : 0;
    n->config.ladder.jitter_percent = n->config.governor.jitter_percent = 25;
    n->doctor = (struct child){ .exit_ms = 1 + (int64_t)dice(n, 200000),
                                .exit_code = chance(n, 50) ? 0 : 1,
                                .members = (unsigned)dice(n, 3) };
    n->doctor_repairs = chance(n, 50);
}

/* --- then all is well again --- */

static void stop_faults(struct nursery *n)
{
    static const struct child well = { .ready_ms = 500, .term_ms = 100 };
    n->latency_max = 0;
    n->journal_err = 0;
    n->port_is_mute = n->mutes_pongs = false;
    n->stranger.is_there = false;
    nursery_plan(n, &well, 1);
    for (size_t i = 0; i < NURSERY_KIDS; i++) {
        struct kid *k = &n->kids[i];
        k->child.refuses_connect = k->child.refuses_us = false;
        k->child.starting_ms = 0;
        k->exit_at = k->hang_at = k->restart_at = HF_NEVER;
        if (hf_time_same(k->ready_at, HF_NEVER)) k->ready_at = n->now.mono;
        k->is_stopped = false;
        k->child.bytes_a_second = 0;
    }
    nursery_config(n, "{}");
}

static void check_answered(struct nursery *n)
{
    for (uint64_t tag = 1; tag <= n->tag_count; tag++)
        if (nursery_result(n, tag)->final != 1)
            nursery_fail(n, "request %llu has no result", (unsigned long long)tag);
}

static void check_healthy(struct nursery *n)
{
    struct hf_supervisor_status st = nursery_status(n);
    if (!st.is_wanted || st.is_fatal) return; /* as it was asked for */
    if (n->s->is_transport_only) return;      /* somebody else's gateway, and it is gone */
    if (st.state != HF_KEEPER_RUNNING)
        nursery_fail(n, "it is not running but in phase %s", hf_phase_name(st.phase));
    check_answered(n);
}

static struct nursery world;

/* An assertion of ours names no seed. */
static void on_abort(int signal)
{
    (void)signal;
    fprintf(stderr, "seed %llu: aborted\n", (unsigned long long)world.seed);
}

/* Over all that was asked, done and told. */
static void digest_of(struct nursery *n, uint8_t digest[SEEDS_DIGEST_BYTES])
{
    struct hf_buf text;
    hf_buf_init(&text, 1 << 20);
    hf_buf_addf(&text, "%llu %zu %zu %lld\n", (unsigned long long)n->steps, n->trace_count,
                n->spawns, (long long)hf_span_ms(hf_time_since(n->now.mono, hf_at_ms(0))));
    for (size_t i = 0; i < HF_COUNT(n->actions); i++) hf_buf_addf(&text, "%zu ", n->actions[i]);
    for (size_t i = 0; i < NURSERY_TRACE && i < n->trace_count; i++)
        hf_buf_addf(&text, "%s\n", n->trace[i]);
    NURSERY_CHECK(n, hf_buf_done(&text) == 0);
    hf_sha256(hf_buf_view(&text), digest);
    hf_buf_fini(&text);
}

static void run_seed(uint64_t seed, uint8_t digest[SEEDS_DIGEST_BYTES])
{
    nursery_init(&world, seed);
    make_weather(&world);
    make_plan(&world);
    nursery_open(&world);
    nursery_ask(&world, HF_KEEPER_DO_START);
    hf_time end = hf_time_after(world.now.mono, HF_SECONDS(FAULTY_SECONDS));
    while (hf_time_before(world.now.mono, end)) {
        static const uint64_t waits_ms[] = { 20, 500, 3000, 60000 };
        nursery_run_ms(&world, (int64_t)dice(&world, waits_ms[dice(&world, HF_COUNT(waits_ms))]));
        happen(&world);
    }
    stop_faults(&world);
    nursery_run(&world, HF_SECONDS(HEALTHY_SECONDS));
    check_healthy(&world);
    nursery_ask(&world, HF_KEEPER_DO_STOP);
    nursery_run(&world, HF_SECONDS(60));
    check_answered(&world);
    if (nursery_status(&world).phase != HF_PHASE_IDLE || nursery_alive(&world) > 0)
        nursery_fail(&world, "the stop left something");
    digest_of(&world, digest);
    nursery_fini(&world);
}

int main(int argc, char **argv)
{
    signal(SIGABRT, on_abort);
    return seeds_main(argc, argv, run_seed);
}
