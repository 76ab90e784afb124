/* Clients of libholdfast that several threads start, use, stop and end, all at once. */
#include "base/rng.h"
#include "host/worker_thread.h"
#include "lib/library.h"

enum { ROUNDS = 4, THREADS = 4, CLIENTS = 3, STEPS = 500, PART_MS = 2 };

struct crowd {
    struct library library;
    holdfast_client *clients[CLIENTS];
    atomic_int asked, answered, ended;
};

struct hand {
    struct hf_thread thread;
    struct crowd *crowd;
    struct hf_rng rng;
};

static int note_end(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct crowd *crowd = ctx;
    char text[256];
    (void)notice;
    holdfast_client_json(client, text, sizeof text);
    atomic_fetch_add(&crowd->ended, 1);
    return 0;
}

static int note_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)event;
    (void)ctx;
    return holdfast_client_is_disposed(client); /* never: it is the last to be told */
}

/* Now and then it asks again from inside. */
static void note_answer(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct crowd *crowd = ctx;
    int count = atomic_fetch_add(&crowd->answered, 1);
    if (holdfast_result_outcome(result) != HOLDFAST_OUTCOME_OK || count % 4 != 0) return;
    if (holdfast_client_call(client, "health", "{}", NULL, note_answer, crowd, NULL) == 0)
        atomic_fetch_add(&crowd->asked, 1);
}

static void call(struct hand *hand, holdfast_client *client, bool cancels)
{
    uint64_t id;
    int err = holdfast_client_call(client, "health", "{}", NULL, note_answer, hand->crowd, &id);
    if (err) return;
    atomic_fetch_add(&hand->crowd->asked, 1);
    if (cancels) holdfast_client_cancel(client, id);
}

static void call_and_wait(holdfast_client *client)
{
    holdfast_result *result;
    struct holdfast_call_options options;
    holdfast_call_options_init(&options);
    options.timeout_ms = PART_MS;
    if (holdfast_client_call_wait(client, "health", NULL, &options, &result) == 0)
        holdfast_result_free(result);
}

static void watch(holdfast_client *client)
{
    uint64_t id;
    if (holdfast_client_on_event(client, "tick", note_event, NULL, &id) == 0)
        CHECK_EQ(holdfast_client_off(client, id), 0);
}

static void subscribe(holdfast_client *client)
{
    uint64_t id;
    if (holdfast_client_subscribe(client, "health", "{}", NULL, NULL, NULL, &id) == 0)
        holdfast_client_unsubscribe(client, id);
}

static void step(struct hand *hand, holdfast_client *client)
{
    char text[4096];
    switch (hf_rng_below(&hand->rng, 16)) {
    case 0:
        holdfast_client_stop(client);
        return;
    case 1:
        holdfast_client_stop_wait(client, PART_MS);
        return;
    case 2:
    case 3:
        holdfast_client_start(client);
        return;
    case 4:
        holdfast_client_reconnect(client);
        return;
    case 5:
        holdfast_client_kick(client);
        return;
    case 6:
        holdfast_client_set_token(client, DAEMON_TOKEN);
        return;
    case 7:
        CHECK(holdfast_client_json(client, text, sizeof text) < sizeof text);
        return;
    case 8:
        holdfast_client_wait_ready(client, PART_MS);
        return;
    case 9:
        watch(client);
        return;
    case 10:
        subscribe(client);
        return;
    case 11:
        holdfast_loop_kick(hand->crowd->library.loop);
        return;
    case 12:
        call_and_wait(client);
        return;
    case 13:
        call(hand, client, true);
        return;
    default:
        call(hand, client, false);
        return;
    }
}

/* In the second half one of them ends each client, and the others go on with it. */
static void use_all(void *ctx)
{
    struct hand *hand = ctx;
    for (int i = 0; i < STEPS; i++) {
        size_t at = hf_rng_below(&hand->rng, CLIENTS);
        step(hand, hand->crowd->clients[at]);
        if (i > STEPS / 2 && hf_rng_below(&hand->rng, STEPS) == 0)
            holdfast_client_dispose(hand->crowd->clients[at]);
    }
}

static void use_them_at_once(struct crowd *crowd, int round)
{
    struct hand hands[THREADS];
    for (size_t i = 0; i < CLIENTS; i++) {
        crowd->clients[i] = library_client(&crowd->library);
        CHECK_EQ(holdfast_client_on(crowd->clients[i], HOLDFAST_ON_DISPOSED, note_end, crowd, NULL),
                 0);
    }
    for (int i = 0; i < THREADS; i++) {
        hands[i].crowd = crowd;
        hf_rng_init_number(&hands[i].rng, (uint64_t)(round * THREADS + i + 1));
        CHECK_EQ(hf_thread_start(&hands[i].thread, use_all, &hands[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) hf_thread_join(&hands[i].thread);
    for (size_t i = 0; i < CLIENTS; i++) {
        CHECK_EQ(holdfast_client_dispose_wait(crowd->clients[i], LIBRARY_PATIENCE_MS), 0);
        holdfast_client_release(crowd->clients[i]);
    }
}

/* Whatever the order is: every client ends, once, and so does every call that was taken. */
static void clients_may_be_used_by_many_threads(void)
{
    static struct crowd crowd;
    library_open(&crowd.library, THREADED, &(struct daemon_plan){ 0 });
    holdfast_options *options = crowd.library.options;
    CHECK_EQ(holdfast_options_set_number(options, HOLDFAST_BACKOFF_INITIAL_MS, 1), 0);
    CHECK_EQ(holdfast_options_set_number(options, HOLDFAST_BACKOFF_MAX_MS, 2), 0);
    for (int round = 0; round < ROUNDS; round++) use_them_at_once(&crowd, round);
    CHECK_EQ(atomic_load(&crowd.ended), ROUNDS * CLIENTS);
    CHECK(atomic_load(&crowd.answered) > 0);
    CHECK_EQ(atomic_load(&crowd.answered), atomic_load(&crowd.asked));
    library_close(&crowd.library);
}

CHECK_MAIN(clients_may_be_used_by_many_threads)
