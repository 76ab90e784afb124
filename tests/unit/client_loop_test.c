#include "host/client_loop.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"

static int turn_count;

static void told(void *ctx, void *client, const struct hf_client_news *news)
{
    (void)ctx;
    (void)client;
    (void)news;
}

static void turned(void *ctx)
{
    (void)ctx;
    turn_count++;
}

static const struct hf_client_loop_hooks hooks = { .told = told, .turned = turned };

static void a_loop_takes_so_many_clients_and_not_one_more(void)
{
    static struct hf_client_seat *seats[HF_LIMIT_LOOP_CLIENTS];
    struct hf_client_seat_config config = { .within = HF_MS(1) };
    struct hf_client_seat *one_more;
    struct hf_client_loop *l;
    CHECK_EQ(hf_client_loop_new(&l, &hooks), 0);
    hf_client_loop_lock(l);
    for (size_t i = 0; i < HF_LIMIT_LOOP_CLIENTS; i++)
        CHECK_EQ_AT(i, hf_client_seat_new(&seats[i], l, &config), 0);
    CHECK_EQ(hf_client_seat_new(&one_more, l, &config), HF_ERR_LIMIT);
    hf_client_seat_leave(seats[0]);
    CHECK_EQ(hf_client_seat_new(&one_more, l, &config), 0);
    seats[0] = one_more;
    for (size_t i = 0; i < HF_LIMIT_LOOP_CLIENTS; i++) hf_client_seat_leave(seats[i]);
    hf_client_loop_unlock(l);
    hf_client_loop_close(l);
    hf_client_loop_free(l);
}

static void an_idle_loop_waits_for_its_descriptor_only(void)
{
    struct hf_client_loop *l;
    CHECK_EQ(hf_client_loop_new(&l, &hooks), 0);
    hf_client_loop_turn(l);
    CHECK_EQ(hf_client_loop_timeout_ms(l), -1);
    turn_count = 0;
    hf_client_loop_wake(l);
    hf_client_loop_poll(l, -1);
    hf_client_loop_turn(l);
    CHECK(turn_count >= 1);
    hf_client_loop_close(l);
    hf_client_loop_free(l);
}

static void a_thread_that_turns_it_ends_when_told(void)
{
    struct hf_client_loop *l;
    CHECK_EQ(hf_client_loop_new(&l, &hooks), 0);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(hf_client_loop_start(l), 0);
        hf_client_loop_wake(l);
        hf_client_loop_halt(l);
    }
    hf_client_loop_close(l);
    hf_client_loop_free(l);
}

static void waiting_ends_at_its_instant(void)
{
    struct hf_client_loop *l;
    CHECK_EQ(hf_client_loop_new(&l, &hooks), 0);
    hf_client_loop_lock(l);
    hf_time until = hf_time_after(hf_client_loop_now(l).mono, HF_MS(2));
    while (hf_client_loop_wait(l, until)) continue;
    CHECK(!hf_time_before(hf_client_loop_now(l).mono, until));
    hf_client_loop_unlock(l);
    hf_client_loop_close(l);
    hf_client_loop_free(l);
}

CHECK_MAIN(a_loop_takes_so_many_clients_and_not_one_more,
           an_idle_loop_waits_for_its_descriptor_only, a_thread_that_turns_it_ends_when_told,
           waiting_ends_at_its_instant)
