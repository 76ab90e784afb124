/* A gateway that is killed and comes back, with its place kept and without. */
#include "lib/town.h"

#include <stdio.h>

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The gateway is killed and back after 5 s: how long after that each client was ready
 * again, in ms, sorted. */
static void restart(struct town *t, int64_t back_ms[TOWN_CLIENTS])
{
    town_raise(t);
    hf_front_set_ready(&t->front, true);
    town_run(t, 2000);
    for (size_t i = 0; i < TOWN_CLIENTS; i++) CHECK_EQ_AT(i, t->men[i].ready_count, 1);
    world_kill(t->behind);
    hf_front_set_ready(&t->front, false);
    town_run(t, 5000);
    town_raise(t);
    hf_front_set_ready(&t->front, true);
    hf_time ready_at = t->gate->now.mono;
    town_run(t, 60000);
    for (size_t i = 0; i < TOWN_CLIENTS; i++) {
        CHECK_EQ_AT(i, t->men[i].ready_count, 2);
        back_ms[i] = hf_span_ms(hf_time_since(t->men[i].ready_at, ready_at));
    }
    qsort(back_ms, TOWN_CLIENTS, sizeof *back_ms, by_value);
}

/* supervisor 99 */
static void a_hundred_clients_are_back_within_2500_ms_of_ready(void)
{
    int64_t kept[TOWN_CLIENTS], lost[TOWN_CLIENTS];
    struct town *t = town_new(99, true);
    restart(t, kept);
    CHECK(kept[0] >= 0);
    CHECK(kept[TOWN_CLIENTS - 1] <= 2500);
    /* They saw a start, and no failure but the end of the connection. */
    for (size_t i = 0; i < TOWN_CLIENTS; i++) {
        CHECK_AT(i, t->men[i].told_starting > 0);
        CHECK_EQ_AT(i, t->men[i].told_errors, 0);
    }
    CHECK(t->front.counts.gated > TOWN_CLIENTS);
    town_free(t);

    /* Without anybody in the place the ladder decides. */
    t = town_new(99, false);
    restart(t, lost);
    printf("# ms after READY, median and last: gate %lld %lld, none %lld %lld\n",
           (long long)kept[TOWN_CLIENTS / 2], (long long)kept[TOWN_CLIENTS - 1],
           (long long)lost[TOWN_CLIENTS / 2], (long long)lost[TOWN_CLIENTS - 1]);
    CHECK(lost[TOWN_CLIENTS / 2] > kept[TOWN_CLIENTS / 2]);
    town_free(t);
}

CHECK_MAIN(a_hundred_clients_are_back_within_2500_ms_of_ready)
