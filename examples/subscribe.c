/* Stays connected and prints events, also over restarts of the gateway.
 *
 *     HOLDFAST_URL=... HOLDFAST_TOKEN=... subscribe PATTERN [COUNT]
 *
 * The loop has threads of its own; main waits until COUNT events have come (or for ever).
 * What a client should do after a reconnect or a gap: subscriptions come first, by
 * themselves; then RESYNC says that snapshots may be taken. */
#include <holdfast/holdfast.h>

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

static sem_t printed;

static int on_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    size_t len;
    const char *payload = holdfast_event_payload(event, &len);
    (void)client;
    (void)ctx;
    printf("%s %.*s\n", holdfast_event_name(event), (int)len, payload);
    fflush(stdout);
    sem_post(&printed);
    return 0;
}

static void on_sessions(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    (void)client;
    (void)ctx;
    if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_OK)
        fprintf(stderr, "the list of sessions is fresh\n");
}

static int on_resync(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)notice;
    (void)ctx;
    /* Nothing falls between the subscription and this. */
    holdfast_client_call(client, "sessions.list", "{}", NULL, on_sessions, NULL, NULL);
    return 0;
}

static int on_retry(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    char why[256];
    (void)ctx;
    holdfast_client_text(client, HOLDFAST_LAST_ERROR, why, sizeof why);
    fprintf(stderr, "%s; trying again in %lld ms\n", why,
            (long long)holdfast_notice_number(notice, HOLDFAST_NOTICE_WAIT_MS));
    return 0;
}

int main(int argc, char **argv)
{
    holdfast_loop *loop;
    holdfast_options *options;
    holdfast_client *client;
    long count = argc > 2 ? atol(argv[2]) : -1;
    if (argc < 2 || sem_init(&printed, 0, 0) != 0) return 2;
    if (holdfast_loop_new(&loop) != 0 || holdfast_loop_start(loop) != 0) return 1;
    if (holdfast_options_new(&options) != 0) return 1;
    holdfast_options_set_text(options, HOLDFAST_URL, getenv("HOLDFAST_URL"));
    holdfast_options_set_text(options, HOLDFAST_TOKEN, getenv("HOLDFAST_TOKEN"));
    if (holdfast_client_new(&client, loop, options) != 0) return 1;
    holdfast_client_on_event(client, argv[1], on_event, NULL, NULL);
    holdfast_client_on(client, HOLDFAST_ON_RESYNC, on_resync, NULL, NULL);
    holdfast_client_on(client, HOLDFAST_ON_RETRY, on_retry, NULL, NULL);
    holdfast_client_subscribe(client, "sessions.subscribe", "{}", NULL, NULL, NULL, NULL);
    holdfast_client_start(client);
    while (count != 0)
        if (sem_wait(&printed) == 0) count--;
    holdfast_client_dispose_wait(client, HOLDFAST_NO_TIMEOUT);
    holdfast_client_release(client);
    holdfast_options_free(options);
    holdfast_loop_free(loop);
    return 0;
}
