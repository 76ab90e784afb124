/* libholdfast against a real gateway: its life, its callbacks, its ends. */
#include "lib/library.h"

static const struct daemon_plan plain = { 0 };

static const char *const kind_names[] = {
    "status", "hello", "connect_error", "auth_error",  "closed",   "paused",    "retry",
    "wait",   "gap",   "resync",        "store_error", "insecure", "disposing", "disposed",
};

static int note(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    (void)client;
    library_tell(l, kind_names[holdfast_notice_kind(notice)]);
    return 0;
}

static void watch_all(struct library *l, holdfast_client *client)
{
    for (int kind = 0; kind <= HOLDFAST_ON_DISPOSED; kind++)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)kind, note, l, NULL), 0);
}

/* --- the whole of it --- */

static void one_call(struct library *l)
{
    size_t len;
    char text[256];
    holdfast_result *result;
    holdfast_client *client = library_client(l);
    watch_all(l, client);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(holdfast_client_start(client), HOLDFAST_ERROR_ALREADY_STARTED);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_STATUS), HOLDFAST_CONNECTED);
    CHECK_EQ(holdfast_client_has_method(client, "health"), 1);
    CHECK_EQ(holdfast_client_has_method(client, "healt"), 0);
    CHECK(holdfast_client_text(client, HOLDFAST_CONNECTION_ID, text, sizeof text) > 0);
    CHECK_EQ(holdfast_client_call_wait(client, "health", NULL, NULL, &result), 0);
    CHECK_EQ(holdfast_result_outcome(result), HOLDFAST_OUTCOME_OK);
    CHECK(strncmp(holdfast_result_payload(result, &len), "{\"ok\":true", 10) == 0);
    CHECK(len > 10);
    holdfast_result_free(result);
    CHECK_EQ(holdfast_client_call_wait(client, "no.such", "{}", NULL, &result), 0);
    CHECK_EQ(holdfast_result_outcome(result), HOLDFAST_OUTCOME_SERVER_ERROR);
    CHECK(strlen(holdfast_result_code(result)) > 0 && strlen(holdfast_result_message(result)) > 0);
    CHECK(holdfast_result_was_sent(result));
    holdfast_result_free(result);
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_STATUS), HOLDFAST_DISCONNECTED);
    CHECK_EQ(holdfast_client_call_wait(client, "health", NULL, NULL, &result),
             HOLDFAST_ERROR_NOT_CONNECTED);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK(holdfast_client_is_disposed(client));
    CHECK_EQ(holdfast_client_start(client), HOLDFAST_ERROR_DISPOSED);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_COUNT_HELLOS), 1);
    holdfast_client_release(client);
}

static void a_client_connects_calls_stops_and_ends(void)
{
    library_run(one_call, &plain);
}

/* --- callbacks --- */

static int try_to_wait(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    holdfast_result *result;
    (void)notice;
    CHECK_EQ(holdfast_client_stop_wait(client, 1000), HOLDFAST_ERROR_WOULD_DEADLOCK);
    CHECK_EQ(holdfast_client_wait_ready(client, 1000), HOLDFAST_ERROR_WOULD_DEADLOCK);
    CHECK_EQ(holdfast_client_call_wait(client, "health", NULL, NULL, &result),
             HOLDFAST_ERROR_WOULD_DEADLOCK);
    if (l->drive == DRIVEN) CHECK_EQ(holdfast_loop_process(l->loop), HOLDFAST_ERROR_WOULD_DEADLOCK);
    atomic_fetch_add(&l->count, 1);
    return 0;
}

/* client-lifecycle 80. */
static void wait_in_callback(struct library *l)
{
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_HELLO, try_to_wait, l, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 1);
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), 0);
    holdfast_client_release(client);
}

static void waiting_in_a_callback_is_refused(void)
{
    library_run(wait_in_callback, &plain);
}

CHECK_MAIN(a_client_connects_calls_stops_and_ends, waiting_in_a_callback_is_refused)
