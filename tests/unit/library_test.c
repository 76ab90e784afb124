/* libholdfast against a real gateway: its life, its callbacks, its ends. */
#include "lib/library.h"
#include "base/limits.h"
#include "client/options.h"

#include <sys/socket.h>

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

/* --- credentials in the address --- */

static bool has_line(const char *head, const char *line)
{
    return strstr(head, line) != NULL;
}

/* Refuses, and says the secret back. */
static void wants_basic(int listener)
{
    static const char refusal[] = "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "1f\r\nBasic dXNAZXI6cDpzcyA=, p:ss , no\r\n0\r\n\r\n";
    struct fake_conn c;
    char head[4096] = "";
    size_t len = 0;
    fake_accept(&c, listener);
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t got = recv(c.fd, head + len, sizeof head - 1 - len, 0);
        if (got <= 0) _exit(1);
        head[len += (size_t)got] = '\0';
    }
    if (!has_line(head, "\r\nAuthorization: Basic dXNAZXI6cDpzcyA=\r\n")) _exit(2);
    if (!has_line(head, "\r\nHost: 127.0.0.1:")) _exit(3);
    fake_send_bytes(&c, hf_bytes(refusal, sizeof refusal - 1));
    fake_drain(&c);
    fake_close(&c);
}

static int set_login(struct library *l, const char *login)
{
    char url[HF_LIMIT_URL_USER_BYTES + 256], old[64];
    snprintf(old, sizeof old, "%s", l->options->texts[HOLDFAST_URL]);
    snprintf(url, sizeof url, "ws://%s@%s", login, strrchr(old, '/') + 1);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
    holdfast_client *client;
    int err = holdfast_client_new(&client, l->loop, l->options);
    if (!err) holdfast_client_release(client);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, old), 0);
    if (!err) CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
    return err;
}

/* As the reference client does it; client-lifecycle 14.7. */
static void log_in_with_the_address(struct library *l)
{
    char text[1024], long_name[HF_LIMIT_URL_USER_BYTES + 2];
    memset(long_name, 'x', sizeof long_name);
    long_name[HF_LIMIT_URL_USER_BYTES] = '\0'; /* and a colon behind it */
    CHECK_EQ(set_login(l, long_name), HOLDFAST_ERROR_USAGE);
    CHECK_EQ(set_login(l, "a%2"), HOLDFAST_ERROR_USAGE);
    long_name[HF_LIMIT_URL_USER_BYTES - 1] = '\0';
    char *address = strdup(l->options->texts[HOLDFAST_URL]);
    CHECK_EQ(set_login(l, long_name), 0);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, address), 0);
    free(address);
    CHECK_EQ(set_login(l, "us%40er:p%3Ass%20"), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_MAX_ATTEMPTS, 1), 0);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), HOLDFAST_ERROR_NOT_CONNECTED);
    holdfast_client_text(client, HOLDFAST_LAST_ERROR, text, sizeof text);
    CHECK(strstr(text, "HTTP 401: Basic ***"));
    CHECK(!strstr(text, "p:ss") && !strstr(text, "dXNA"));
    CHECK(holdfast_client_json(client, text, sizeof text) < sizeof text);
    CHECK(!strstr(text, "p:ss") && !strstr(text, "dXNA") && !strstr(text, "us@er"));
    CHECK(strstr(text, "\"httpStatus\":401"));
    holdfast_client_release(client);
}

static void an_address_may_hold_a_name_and_a_password(void)
{
    library_run_fake(log_in_with_the_address, wants_basic);
}

CHECK_MAIN(a_client_connects_calls_stops_and_ends, waiting_in_a_callback_is_refused,
           an_address_may_hold_a_name_and_a_password)
