/* The joined machine of `holdfast run -- CMD`: a supervisor with simulated processes
 * (lib/nursery) says whether the gateway runs, the place follows (lib/town). */
#include "lib/nursery.h"
#include "lib/town.h"

#include <stdio.h>

enum { READY_MS = 5000, SLACK_MS = 100, WITHIN_MS = 2000 };

static struct nursery nursery; /* large */

struct place {
    struct town *town;
    hf_time opened_at; /* the last time that it was told to relay */
    size_t openings;
};

/* --- what the host does between the two --- */

/* The gateway of the town lives as the supervisor's process does. */
static void follow_process(struct place *p)
{
    const struct kid *k = nursery_gateway(&nursery);
    bool is_there = k && k->main_lives && !hf_time_before(nursery.now.mono, k->ready_at);
    struct world *w = p->town->behind;
    if (is_there && !w->server) world_start(w);
    if (!is_there && w->server) world_kill(w);
}

static void follow_keeper(struct place *p)
{
    struct hf_supervisor_status status = nursery_status(&nursery);
    struct hf_front_outlook outlook = hf_front_outlook(&status, nursery.now.mono);
    if (outlook.is_ready && !p->town->front.is_ready) {
        p->opened_at = p->town->gate->now.mono;
        p->openings++;
    }
    hf_front_set_ready(&p->town->front, outlook.is_ready);
    world_expect(p->town->gate, hf_time_since(outlook.expected_at, nursery.now.mono));
}

static void run(struct place *p, int64_t ms)
{
    for (int64_t i = 0; i < ms; i++) {
        nursery_run_ms(&nursery, 1);
        follow_process(p);
        follow_keeper(p);
        town_turn(p->town);
    }
}

static struct place begin(uint64_t seed, const struct child *plan, size_t count)
{
    struct place p = { .town = town_new(seed, true) };
    nursery_init(&nursery, seed);
    nursery_open(&nursery);
    nursery_plan(&nursery, plan, count);
    nursery_ask(&nursery, HF_KEEPER_DO_START);
    return p;
}

static void end(struct place *p)
{
    town_free(p->town);
    nursery_fini(&nursery);
}

/* --- scenarios --- */

/* Everybody is logged in for the nth time, within 2 s of the place's opening, and was told
 * of a start, of no failure. */
static void check_back(const struct place *p, size_t nth)
{
    int64_t last_ms = 0;
    for (size_t i = 0; i < TOWN_CLIENTS; i++) {
        const struct townsman *m = &p->town->men[i];
        int64_t ms = hf_span_ms(hf_time_since(m->ready_at, p->opened_at));
        CHECK_EQ_AT(i, m->ready_count, nth);
        CHECK_AT(i, ms >= 0 && ms <= WITHIN_MS + SLACK_MS);
        CHECK_AT(i, m->told_starting > 0);
        CHECK_EQ_AT(i, m->told_errors, 0);
        if (ms > last_ms) last_ms = ms;
    }
    printf("# all are back %lld ms after ready\n", (long long)last_ms);
}

/* supervisor 99 with its supervisor, and what comes before and after a restart */
static void clients_hear_of_starts_and_of_nothing_else(void)
{
    static const struct child plan[] = { { .ready_ms = READY_MS } };
    struct place p = begin(1, plan, 1);
    run(&p, READY_MS + 5000);
    check_back(&p, 1); /* they came before the gateway */
    nursery_ask(&nursery, HF_KEEPER_DO_RESTART);
    run(&p, READY_MS + 8000);
    check_back(&p, 2);
    nursery_crash(&nursery, -1, 9);
    run(&p, READY_MS + 10000);
    check_back(&p, 3);
    CHECK_EQ(p.openings, 3);
    end(&p);
}

/* How often the gate is asked by everybody together in 20 s. */
static uint64_t visits(struct place *p)
{
    uint64_t before = p->town->front.counts.accepted;
    run(p, 20000);
    return p->town->front.counts.accepted - before;
}

static void a_hint_is_as_long_as_nobody_starts_it(void)
{
    static const struct child starting[] = { { .ready_ms = 3600000 } };
    static const struct child crashing[] = {
        { .ready_ms = NURSERY_NEVER, .exit_ms = 10, .exit_code = 1 }
    };
    static const struct child fine[] = { { .ready_ms = 1000 } };
    struct place p = begin(2, starting, 1);
    uint64_t soon = visits(&p);
    end(&p);

    /* In quarantine, a minute before the next try: every 2 s. */
    p = begin(3, crashing, 1);
    for (int i = 0; nursery_status(&nursery).phase != HF_PHASE_QUARANTINED; i++) {
        CHECK(i < 600);
        run(&p, 1000);
    }
    run(&p, 3000);
    uint64_t seldom = visits(&p);
    CHECK(seldom <= TOWN_CLIENTS * 11);
    CHECK(soon > seldom);
    nursery_plan(&nursery, fine, 1);
    nursery_ask(&nursery, HF_KEEPER_DO_START);
    run(&p, 10000);
    check_back(&p, 1);

    /* Stopped by somebody: nobody knows when; started again they are there at once. */
    nursery_ask(&nursery, HF_KEEPER_DO_STOP);
    run(&p, 3000);
    CHECK(visits(&p) <= TOWN_CLIENTS * 11);
    nursery_ask(&nursery, HF_KEEPER_DO_START);
    run(&p, 10000);
    check_back(&p, 2);
    end(&p);
}

/* Requests, crashes and exits at any moment; then it is left alone, and everybody is in.  Who
 * was in the middle of its login when the gateway died was told of that, and of nothing else. */
static void whatever_happens_all_are_in_at_the_end(void)
{
    static const struct child plan[] = { { .ready_ms = 300 },
                                         { .ready_ms = 2000, .exit_ms = 2500, .exit_code = 1 },
                                         { .ready_ms = 700, .ignores_term = true },
                                         { .ready_ms = NURSERY_NEVER, .exit_ms = 50 },
                                         { .ready_ms = 1000 } };
    for (uint64_t seed = 10; seed < 16; seed++) {
        struct hf_rng rng;
        struct place p = begin(seed, plan, HF_COUNT(plan));
        hf_rng_init_number(&rng, seed);
        for (int i = 0; i < 25; i++) {
            run(&p, (int64_t)hf_rng_below(&rng, 1500));
            switch (hf_rng_below(&rng, 4)) {
            case 0:
                nursery_ask(&nursery, HF_KEEPER_DO_RESTART);
                break;
            case 1:
                nursery_ask(&nursery, HF_KEEPER_DO_STOP);
                break;
            case 2:
                nursery_ask(&nursery, HF_KEEPER_DO_START);
                break;
            default:
                if (nursery_gateway(&nursery)) nursery_crash(&nursery, -1, 9);
                break;
            }
        }
        nursery_ask(&nursery, HF_KEEPER_DO_START);
        for (int i = 0; nursery_status(&nursery).state != HF_KEEPER_RUNNING; i++) {
            CHECK(i < 120);
            run(&p, 1000);
        }
        run(&p, 20000);
        CHECK_EQ(nursery_status(&nursery).state, HF_KEEPER_RUNNING);
        for (size_t i = 0; i < TOWN_CLIENTS; i++) {
            CHECK_AT(i, p.town->men[i].relayed != 0);
            CHECK_EQ_AT(i, hf_client_link(p.town->men[i].guest.client)->state, HF_LINK_READY);
            CHECK_AT(i, p.town->men[i].told_errors <= nursery.spawns);
        }
        CHECK_EQ(p.town->front.counts.open, TOWN_CLIENTS);
        end(&p);
    }
}

CHECK_MAIN(clients_hear_of_starts_and_of_nothing_else, a_hint_is_as_long_as_nobody_starts_it,
           whatever_happens_all_are_in_at_the_end)
