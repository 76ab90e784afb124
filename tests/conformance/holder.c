/* A program that holds one client of libholdfast for a while and prints what it is told:
 * the other side of hostile_server.py.
 *
 *     holder URL TOKEN-FILE MILLISECONDS
 *
 * HOLDFAST_TLS_FINGERPRINT counts as it does for the verbs.
 * One line for each notice, "RETRY attempt=2 wait_ms=231"; after every hello it asks for
 * health.  The last line is the snapshot of the client, JSON. */
#include <holdfast/holdfast.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOKEN_BYTES = 256, SNAPSHOT_BYTES = 16384, ATTEMPT_MS = 250, CALL_MS = 250 };

static int64_t now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* Any failure here is one of the test's. */
static void must(int err, const char *what)
{
    if (err == 0) return;
    fprintf(stderr, "holder: %s: %d\n", what, err);
    exit(3);
}

static void answered(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    (void)client;
    (void)ctx;
    printf("ANSWER %s %s\n", holdfast_outcome_name(holdfast_result_outcome(result)),
           holdfast_result_message(result));
}

static int said_hello(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct holdfast_call_options options;
    holdfast_call_options_init(&options);
    options.timeout_ms = CALL_MS;
    printf("HELLO %s\n", holdfast_notice_text(notice, HOLDFAST_NOTICE_SERVER_VERSION));
    int err = holdfast_client_call(client, "health", NULL, &options, answered, ctx, NULL);
    if (err) printf("UNSENT %d\n", err);
    return 0;
}

static int told(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    printf("%s attempt=%lld wait_ms=%lld cause=%s text=%s\n", (const char *)ctx,
           (long long)holdfast_notice_number(notice, HOLDFAST_NOTICE_ATTEMPT),
           (long long)holdfast_notice_number(notice, HOLDFAST_NOTICE_WAIT_MS),
           holdfast_notice_text(notice, HOLDFAST_NOTICE_CAUSE),
           holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT));
    return 0;
}

static void listen_to(holdfast_client *client)
{
    static const struct {
        enum holdfast_kind kind;
        const char *name;
    } kinds[] = {
        { HOLDFAST_ON_CONNECT_ERROR, "ERROR" },
        { HOLDFAST_ON_AUTH_ERROR, "REFUSED" },
        { HOLDFAST_ON_CLOSED, "CLOSED" },
        { HOLDFAST_ON_PAUSED, "PAUSED" },
        { HOLDFAST_ON_RETRY, "RETRY" },
        { HOLDFAST_ON_STARTUP_WAIT, "STARTING" },
        { HOLDFAST_ON_GAP, "GAP" },
        { HOLDFAST_ON_DISPOSED, "DISPOSED" },
    };
    must(holdfast_client_on(client, HOLDFAST_ON_HELLO, said_hello, NULL, NULL), "on");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        must(
            holdfast_client_on(client, kinds[i].kind, told, (void *)(uintptr_t)kinds[i].name, NULL),
            "on");
}

static void read_token(const char *path, char out[TOKEN_BYTES])
{
    FILE *in = fopen(path, "re");
    must(in && fgets(out, TOKEN_BYTES, in) ? 0 : 1, "the token file");
    fclose(in);
}

static holdfast_options *make_options(const char *url, const char *token)
{
    static const struct {
        enum holdfast_number_option option;
        int64_t value;
    } numbers[] = {
        { HOLDFAST_BACKOFF_INITIAL_MS, 100 },        { HOLDFAST_BACKOFF_MAX_MS, 400 },
        { HOLDFAST_UPGRADE_TIMEOUT_MS, ATTEMPT_MS }, { HOLDFAST_CHALLENGE_TIMEOUT_MS, ATTEMPT_MS },
        { HOLDFAST_CONNECT_TIMEOUT_MS, ATTEMPT_MS },
    };
    holdfast_options *options;
    must(holdfast_options_new(&options), "options");
    must(holdfast_options_set_text(options, HOLDFAST_URL, url), "url");
    must(holdfast_options_set_text(options, HOLDFAST_TOKEN, token), "token");
    must(holdfast_options_set_text(options, HOLDFAST_TLS_FINGERPRINT,
                                   getenv("HOLDFAST_TLS_FINGERPRINT")),
         "fingerprint");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        must(holdfast_options_set_number(options, numbers[i].option, numbers[i].value), "number");
    return options;
}

int main(int argc, char **argv)
{
    char token[TOKEN_BYTES], snapshot[SNAPSHOT_BYTES];
    holdfast_loop *loop;
    holdfast_client *client;
    must(argc == 4 ? 0 : 1, "usage: holder URL TOKEN-FILE MILLISECONDS");
    read_token(argv[2], token);
    holdfast_options *options = make_options(argv[1], token);
    must(holdfast_loop_new(&loop), "loop");
    must(holdfast_client_new(&client, loop, options), "client");
    holdfast_options_free(options);
    listen_to(client);
    must(holdfast_client_start(client), "start");
    int64_t until = now_ms() + strtoll(argv[3], NULL, 10);
    for (int64_t left; (left = until - now_ms()) > 0;) holdfast_loop_wait(loop, left);
    holdfast_client_json(client, snapshot, sizeof snapshot);
    must(holdfast_client_dispose_wait(client, HOLDFAST_NO_TIMEOUT), "dispose");
    holdfast_client_release(client);
    holdfast_loop_free(loop);
    puts(snapshot);
    return 0;
}
