/* A node: offers a command to the gateway and answers when it is invoked.
 *
 *     HOLDFAST_URL=... HOLDFAST_TOKEN=... HOLDFAST_STATE=DIRECTORY node [COUNT]
 *
 * Its identity lives in the directory (0600) and is made at the first start; the gateway's
 * owner approves it once.  Ends after COUNT requests, or never. */
#include <holdfast/holdfast.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long left;

static int on_invoke(holdfast_client *client, const holdfast_invoke *invoke, void *ctx)
{
    char payload[64];
    uint64_t id = holdfast_invoke_id(invoke);
    (void)ctx;
    printf("%s %s\n", holdfast_invoke_command(invoke), holdfast_invoke_params(invoke, NULL));
    fflush(stdout);
    if (left > 0) left--;
    if (strcmp(holdfast_invoke_command(invoke), "clock.read") != 0)
        return holdfast_client_fail(client, id, "UNAVAILABLE", "this node only knows clock.read");
    snprintf(payload, sizeof payload, "{\"now\":%lld}", (long long)time(NULL));
    return holdfast_client_reply(client, id, payload);
}

static int on_paused(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)ctx;
    fprintf(stderr, "paused: %s (%s, request %s)\n",
            holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT),
            holdfast_notice_text(notice, HOLDFAST_NOTICE_DETAIL),
            holdfast_notice_text(notice, HOLDFAST_NOTICE_REQUEST_ID));
    return 0;
}

static int set_up(holdfast_options *options)
{
    holdfast_options_set_text(options, HOLDFAST_URL, getenv("HOLDFAST_URL"));
    holdfast_options_set_text(options, HOLDFAST_TOKEN, getenv("HOLDFAST_TOKEN"));
    holdfast_options_set_text(options, HOLDFAST_STATE_DIRECTORY, getenv("HOLDFAST_STATE"));
    holdfast_options_set_text(options, HOLDFAST_DISPLAY_NAME, "clock");
    holdfast_options_set_number(options, HOLDFAST_ROLE, HOLDFAST_NODE);
    holdfast_options_set_number(options, HOLDFAST_DEVICE, HOLDFAST_DEVICE_STORED);
    holdfast_options_set_number(options, HOLDFAST_PAIRING_POLL_MS, 5000);
    return holdfast_options_add(options, HOLDFAST_COMMANDS, "clock.read");
}

int main(int argc, char **argv)
{
    holdfast_loop *loop;
    holdfast_options *options;
    holdfast_client *client;
    left = argc > 1 ? atol(argv[1]) : -1;
    if (holdfast_loop_new(&loop) != 0 || holdfast_options_new(&options) != 0) return 1;
    if (set_up(options) != 0) return 1;
    int error = holdfast_client_new(&client, loop, options);
    if (error) {
        fprintf(stderr, "node: %s\n", holdfast_error_text(error));
        return 1;
    }
    holdfast_client_on(client, HOLDFAST_ON_PAUSED, on_paused, NULL, NULL);
    holdfast_client_on_invoke(client, on_invoke, NULL);
    holdfast_client_start(client);
    while (left != 0) holdfast_loop_wait(loop, HOLDFAST_NO_TIMEOUT);
    holdfast_client_stop_wait(client, 1000); /* what is queued leaves first */
    holdfast_client_release(client);
    holdfast_options_free(options);
    holdfast_loop_free(loop);
    return 0;
}
