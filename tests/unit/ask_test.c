/* `holdfast call`, `health`, `status`, `logs` and `devices` against a real gateway. */
#include "base/crypto.h"
#include "holdfast/holdfast.h"
#include "lib/daemon.h"
#include "lib/fake_gateway.h"
#include "lib/identity.h"
#include "lib/verb.h"
#include "prog/health_text.h"
#include "wire/json_read.h"

enum { PATIENCE_MS = 20000 };

/* The words, and the daemon's address behind them. */
static struct verb_outcome run(const struct daemon *d, const char *const words[VERB_WORDS_MAX])
{
    char url[64];
    const char *all[VERB_WORDS_MAX] = { NULL };
    size_t count = 0;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", d->port);
    while (words[count]) count++;
    memcpy(all, words, count * sizeof all[0]);
    all[count++] = "--url";
    all[count] = url;
    return verb_run(d->scratch.dir, all);
}

static void start_ready(struct daemon *d)
{
    daemon_start(d, &(struct daemon_plan){ 0 });
    daemon_wait_ready(d);
}

/* One document on stdout: nothing before it, nothing behind it but a newline. */
static struct hf_bytes document(const struct verb_outcome *o)
{
    struct hf_bytes text = hf_buf_view(&o->out);
    CHECK_EQ(hf_json_check(text, 64, NULL), 0);
    return hf_json_root(text);
}

/* client-lifecycle 87, health-connection 6.7 */
static void health_prints_a_line_of_its_own_connection(void)
{
    static const struct {
        const char *block, *line;
    } rows[] = {
        { "{\"connected\":true,\"rttMs\":null,\"lastHeartbeatAt\":null}",
          "connection: connected, round trip not measured yet, no heartbeat yet\n" },
        { "{\"connected\":true,\"rttMs\":3,\"lastHeartbeatAt\":99001}",
          "connection: connected, round trip 3 ms, last heartbeat 999 ms ago\n" },
        { "{\"connected\":false,\"rttMs\":3,\"lastHeartbeatAt\":1000}",
          "connection: not connected, round trip 3 ms, last heartbeat 99 s ago\n" },
        { "{\"connected\":true,\"rttMs\":0,\"lastHeartbeatAt\":100500}",
          "connection: connected, round trip 0 ms, last heartbeat 0 ms ago\n" },
        { "{\"connected\":true,\"rttMs\":0,\"lastHeartbeatAt\":-9223372036854775808}",
          "connection: connected, round trip 0 ms, last heartbeat 9223372036854775 s ago\n" },
        { "", "connection: not reported\n" },
        { "null", "connection: not reported\n" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 256);
        hf_health_line(&out, hf_bytes_cstr(rows[i].block), 100000);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].line);
        hf_buf_fini(&out);
    }
}

/* client-lifecycle 87 */
static void health_answers_people_and_programs(void)
{
    struct daemon d;
    start_ready(&d);
    struct verb_outcome o = run(&d, VERB_WORDS("health", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    CHECK(verb_has(&o.out, "gateway: ok, version "));
    CHECK(verb_has(&o.out, "\nconnection: connected, round trip "));
    CHECK_EQ(o.err.len, 0);
    verb_drop(&o);
    o = run(&d, VERB_WORDS("health", "--token", DAEMON_TOKEN, "--json"));
    CHECK_EQ(o.exit_code, 0);
    CHECK_EQ(hf_json_count(hf_json_find(document(&o), "connection")), 3);
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void call_prints_the_answer_or_the_servers_error(void)
{
    struct daemon d;
    start_ready(&d);
    struct verb_outcome o = run(&d, VERB_WORDS("call", "system-presence", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    CHECK_EQ(hf_json_kind(document(&o)), HF_JSON_ARRAY);
    verb_drop(&o);
    o = run(&d, VERB_WORDS("call", "no.such", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 1);
    CHECK_EQ(o.out.len, 0);
    CHECK(verb_has(&o.err, "INVALID_REQUEST: unknown method: no.such"));
    verb_drop(&o);
    o = run(&d, VERB_WORDS("call", "no.such", "--token", DAEMON_TOKEN, "--json"));
    CHECK_EQ(o.exit_code, 1);
    CHECK_TEXT(hf_json_find(document(&o), "ok"), "false");
    CHECK_TEXT(hf_json_find(hf_json_find(document(&o), "error"), "type"),
               "\"gateway_request_error\"");
    verb_drop(&o);
    o = run(&d,
            VERB_WORDS("call", "logs.tail", "--params", "{\"limit\":1", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 2);
    CHECK(verb_has(&o.err, "--params is not JSON"));
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void devices_are_listed(void)
{
    struct daemon d;
    start_ready(&d);
    struct verb_outcome o = run(&d, VERB_WORDS("devices", "list", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    CHECK_TEXT(hf_buf_view(&o.out), "pending: 0\npaired: 0\n");
    verb_drop(&o);
    o = run(&d, VERB_WORDS("devices", "approve", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 2);
    verb_drop(&o);
    o = run(&d, VERB_WORDS("devices", "reject", "nothing", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 1);
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* P14: a wrong token is tried once, and the way out is told; it is never printed. */
static void a_wrong_token_says_what_to_do(void)
{
    struct daemon d;
    start_ready(&d);
    struct verb_outcome o = run(&d, VERB_WORDS("health", "--token", "canary-secret"));
    CHECK_EQ(o.exit_code, 1);
    CHECK(verb_has(&o.err, "token mismatch"));
    CHECK(verb_has(&o.err, "--token-file"));
    CHECK(!verb_has(&o.err, "canary"));
    verb_drop(&o);
    o = run(&d, VERB_WORDS("health", "--token", "canary-secret", "--json"));
    struct hf_bytes error = hf_json_find(document(&o), "error");
    CHECK_TEXT(hf_json_find(error, "type"), "\"gateway_transport_error\"");
    CHECK_TEXT(hf_json_find(error, "detail"), "\"AUTH_TOKEN_MISMATCH\"");
    CHECK(!verb_has(&o.out, "canary"));
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* A second device, with a key of its own, that the gateway does not approve by itself. */
struct device {
    holdfast_loop *loop;
    holdfast_client *client;
    char id[80], request_id[132];
};

static void device_open(struct device *device, const struct daemon *d, uint32_t number)
{
    struct identity who = identity_of(number);
    char url[64], key[64] = "";
    holdfast_options *options;
    *device = (struct device){ 0 };
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", d->port);
    hf_base64url_write(hf_bytes(who.secret, sizeof who.secret), key);
    CHECK_EQ(holdfast_options_new(&options), 0);
    CHECK_EQ(holdfast_options_set_text(options, HOLDFAST_URL, url), 0);
    CHECK_EQ(holdfast_options_set_text(options, HOLDFAST_TOKEN, DAEMON_TOKEN), 0);
    CHECK_EQ(holdfast_options_set_text(options, HOLDFAST_DEVICE_KEY, key), 0);
    CHECK_EQ(holdfast_options_set_text(options, HOLDFAST_CLIENT_ID, "openclaw-tui"), 0);
    CHECK_EQ(holdfast_options_set_text(options, HOLDFAST_CLIENT_MODE, "ui"), 0);
    CHECK_EQ(holdfast_options_add(options, HOLDFAST_SCOPES, "operator.read"), 0);
    CHECK_EQ(holdfast_options_set_text(options, HOLDFAST_STATE_DIRECTORY, d->scratch.dir), 0);
    CHECK_EQ(holdfast_loop_new(&device->loop), 0);
    CHECK_EQ(holdfast_client_new(&device->client, device->loop, options), 0);
    holdfast_options_free(options);
    CHECK_EQ(holdfast_client_start(device->client), 0);
    while (holdfast_client_text(device->client, HOLDFAST_LAST_REQUEST_ID, device->request_id,
                                sizeof device->request_id) == 0)
        holdfast_loop_wait(device->loop, PATIENCE_MS);
    holdfast_client_text(device->client, HOLDFAST_DEVICE_ID, device->id, sizeof device->id);
    CHECK(device->id[0]);
}

static void device_close(struct device *device)
{
    holdfast_client_release(device->client);
    holdfast_loop_free(device->loop);
}

static void approve_nobody(struct hf_settings *settings)
{
    settings->approve_local = false;
}

/* A real pairing from end to end: it waits, is seen, let in, and thrown out. */
static void a_device_is_approved_and_revoked(void)
{
    struct daemon d;
    struct device device;
    daemon_start(&d, &(struct daemon_plan){ .adjust = approve_nobody });
    daemon_wait_ready(&d);
    device_open(&device, &d, 1);
    struct verb_outcome o = run(&d, VERB_WORDS("devices", "list", "--token", DAEMON_TOKEN));
    CHECK(verb_has(&o.out, "pending: 1\n"));
    CHECK(verb_has(&o.out, device.request_id));
    verb_drop(&o);
    o = run(&d, VERB_WORDS("devices", "approve", device.request_id, "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    CHECK(verb_has(&o.out, "approved "));
    verb_drop(&o);
    CHECK_EQ(holdfast_client_kick(device.client), 0);
    CHECK_EQ(holdfast_client_wait_ready(device.client, PATIENCE_MS), 0);
    o = run(&d, VERB_WORDS("devices", "list", "--token", DAEMON_TOKEN));
    CHECK(verb_has(&o.out, "pending: 0\npaired: 1\n"));
    CHECK(verb_has(&o.out, device.id));
    verb_drop(&o);
    o = run(&d, VERB_WORDS("devices", "revoke", device.id, "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    CHECK(verb_has(&o.out, "revoked "));
    verb_drop(&o);
    while (holdfast_client_number(device.client, HOLDFAST_STATUS) == HOLDFAST_CONNECTED)
        holdfast_loop_wait(device.loop, PATIENCE_MS);
    CHECK_EQ(holdfast_client_number(device.client, HOLDFAST_LAST_CLOSE_CODE), 4001);
    device_close(&device);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_device_is_rejected(void)
{
    struct daemon d;
    struct device device;
    daemon_start(&d, &(struct daemon_plan){ .adjust = approve_nobody });
    daemon_wait_ready(&d);
    device_open(&device, &d, 2);
    struct verb_outcome o =
        run(&d, VERB_WORDS("devices", "reject", device.request_id, "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    verb_drop(&o);
    o = run(&d, VERB_WORDS("devices", "list", "--token", DAEMON_TOKEN));
    CHECK_TEXT(hf_buf_view(&o.out), "pending: 0\npaired: 0\n");
    verb_drop(&o);
    device_close(&device);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void status_is_one_screen_or_one_document(void)
{
    static const char *const members[] = { "health", "status", "system", "presence",
                                           "connections" };
    struct daemon d;
    start_ready(&d);
    struct verb_outcome o = run(&d, VERB_WORDS("status", "--token", DAEMON_TOKEN));
    CHECK_EQ(o.exit_code, 0);
    CHECK_EQ(o.err.len, 0);
    CHECK(verb_has(&o.out, "gateway      version "));
    CHECK(verb_has(&o.out, "\nhealth       ok"));
    CHECK(verb_has(&o.out, "\nconnections  1, of which logged in 1"));
    CHECK(verb_has(&o.out, "\nthis connection: connected, round trip "));
    CHECK(!verb_has(&o.out, "not told"));
    verb_drop(&o);
    o = run(&d, VERB_WORDS("status", "--token", DAEMON_TOKEN, "--json"));
    CHECK_EQ(o.exit_code, 0);
    for (size_t i = 0; i < HF_COUNT(members); i++)
        CHECK_AT(i, hf_json_count(hf_json_find(document(&o), members[i])) > 0);
    CHECK_TEXT(hf_json_find(document(&o), "errors"), "{}");
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void logs_print_the_end_of_the_log(void)
{
    struct daemon d;
    start_ready(&d);
    /* The line of the first connection may still be on its way to the file. */
    for (bool is_there = false; !is_there;) {
        struct verb_outcome o =
            run(&d, VERB_WORDS("logs", "--lines", "1", "--token", DAEMON_TOKEN));
        CHECK_EQ(o.exit_code, 0);
        CHECK_EQ(o.err.len, 0);
        is_there = verb_has(&o.out, " info conn.");
        CHECK(o.out.len == 0 || memchr(o.out.ptr, '\n', o.out.len) == o.out.ptr + o.out.len - 1);
        verb_drop(&o);
    }
    struct verb_outcome o = run(&d, VERB_WORDS("logs", "--token", DAEMON_TOKEN, "--json"));
    CHECK_EQ(hf_json_kind(hf_json_find(document(&o), "lines")), HF_JSON_ARRAY);
    verb_drop(&o);
    o = run(&d, VERB_WORDS("logs", "--lines", "0"));
    CHECK_EQ(o.exit_code, 2);
    CHECK(verb_has(&o.err, "--lines wants 1 to 5000"));
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* startup-retry 37: ready in time, and not. */
static void every_verb_waits_through_a_start(void)
{
    static const char *const verbs[][VERB_WORDS_MAX] = {
        { "health", "--token", DAEMON_TOKEN },
        { "call", "health", "--token", DAEMON_TOKEN },
        { "devices", "list", "--token", DAEMON_TOKEN },
        { "status", "--token", DAEMON_TOKEN },
        { "logs", "--token", DAEMON_TOKEN },
        { "probe", "--exit-code", "--token", DAEMON_TOKEN },
    };
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct daemon d;
        daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(1200) });
        struct verb_outcome o = run(&d, verbs[i]);
        CHECK_EQ_AT(i, o.exit_code, 0);
        CHECK_EQ_AT(i, o.err.len, 0);
        CHECK_AT(i, o.out.len > 0);
        verb_drop(&o);
        CHECK_EQ(daemon_stop(&d), 0);
    }
}

static void a_start_that_takes_too_long_is_named(void)
{
    static const struct {
        const char *const words[VERB_WORDS_MAX];
        bool is_on_stdout;
        const char *told;
    } rows[] = {
        { { "health", "--token", DAEMON_TOKEN, "--timeout", "600" },
          false,
          "still starting (startup-sidecars)" },
        { { "status", "--token", DAEMON_TOKEN, "--timeout", "600" },
          false,
          "still starting (startup-sidecars)" },
        { { "logs", "--token", DAEMON_TOKEN, "--timeout", "600" },
          false,
          "still starting (startup-sidecars)" },
        { { "probe", "--exit-code", "--token", DAEMON_TOKEN, "--timeout", "600" },
          true,
          "\nstarting: the gateway is starting\n" },
        { { "probe", "--exit-code", "--token", DAEMON_TOKEN, "--timeout", "600", "--json" },
          true,
          "\"error\":\"starting: startup-sidecars\"" },
    };
    struct daemon d;
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_SECONDS(60) });
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct verb_outcome o = run(&d, rows[i].words);
        CHECK_EQ_AT(i, o.exit_code, 1);
        CHECK_AT(i, verb_has(rows[i].is_on_stdout ? &o.out : &o.err, rows[i].told));
        verb_drop(&o);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

/* The system's resolver may take longer than a person has time: it is not waited for. */
static void a_slow_resolver_does_not_hold_a_verb(void)
{
    struct scratch s;
    scratch_make(&s);
    struct verb_outcome o =
        verb_run(s.dir, VERB_WORDS("health", "--url", "wss://gateway.invalid", "--timeout", "300"));
    CHECK_EQ(o.exit_code, 1);
    CHECK(verb_has(&o.err, "gateway.invalid"));
    verb_drop(&o);
    scratch_drop(&s);
}

/* --- a gateway that makes its token --- */

static const char first_token[] = "a-token-that-was-not-there-before-000000000";
static char token_path[SCRATCH_PATH_BYTES];

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "we");
    CHECK(out && fputs(text, out) >= 0 && fchmod(fileno(out), 0600) == 0);
    fclose(out);
}

/* Makes its token when somebody has come without it; ends the visits before the login that
 * `probe` pays. */
static int early_visits;

static void makes_its_token(int listener)
{
    struct fake_conn c;
    char id[128];
    for (int i = 0; i < early_visits; i++) {
        fake_accept(&c, listener);
        fake_close(&c);
    }
    fake_login_late(&c, listener, token_path, first_token);
    fake_want(&c, "health", id);
    fake_answer(&c, id, "{\"ok\":true}");
    fake_drain(&c);
    fake_close(&c);
}

/* startup-retry 35: the token is read again when the verb was refused without it. */
static void a_verb_that_came_before_the_first_token_reads_it_then(void)
{
    static const struct {
        const char *verb, *says;
        int early_visits; /* to /healthz, and with TLS for who says nothing to that */
    } verbs[] = { { "health", "gateway: ok", 0 }, { "probe", "\nok: ", 2 } };
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct scratch s;
        struct fake gateway;
        char lock_path[SCRATCH_PATH_BYTES], port[8], pid[32];
        scratch_make(&s);
        snprintf(token_path, sizeof token_path, "%s/token", s.dir);
        snprintf(lock_path, sizeof lock_path, "%s/lock", s.dir);
        snprintf(pid, sizeof pid, "pid %ld\n", (long)getpid());
        write_file(lock_path, pid); /* it starts just now */
        early_visits = verbs[i].early_visits;
        fake_start(&gateway, makes_its_token);
        snprintf(port, sizeof port, "%u", gateway.port);
        setenv("HOLDFAST_STATE_DIR", s.dir, 1);
        struct verb_outcome o = verb_run(s.dir, VERB_WORDS(verbs[i].verb, "--port", port));
        unsetenv("HOLDFAST_STATE_DIR");
        CHECK_TEXT_AT(i, hf_buf_view(&o.err), "");
        CHECK_EQ_AT(i, o.exit_code, 0);
        CHECK_AT(i, verb_has(&o.out, verbs[i].says));
        CHECK_EQ_AT(i, fake_end(&gateway), 0);
        verb_drop(&o);
        scratch_drop(&s);
    }
}

static void a_place_where_nobody_listens_fails_at_once(void)
{
    struct daemon d;
    start_ready(&d);
    uint16_t port = d.port;
    CHECK_EQ(daemon_stop(&d), 0);
    scratch_make(&d.scratch);
    d.port = port;
    /* A day would be left for waiting. */
    struct verb_outcome o = run(&d, VERB_WORDS("health", "--token", "x", "--timeout", "86400000"));
    CHECK_EQ(o.exit_code, 1);
    CHECK(verb_has(&o.err, "Connection refused"));
    verb_drop(&o);
    scratch_drop(&d.scratch);
}

CHECK_MAIN(health_prints_a_line_of_its_own_connection, health_answers_people_and_programs,
           call_prints_the_answer_or_the_servers_error, devices_are_listed,
           a_device_is_approved_and_revoked, a_device_is_rejected,
           status_is_one_screen_or_one_document, logs_print_the_end_of_the_log,
           a_wrong_token_says_what_to_do, every_verb_waits_through_a_start,
           a_start_that_takes_too_long_is_named, a_slow_resolver_does_not_hold_a_verb,
           a_place_where_nobody_listens_fails_at_once,
           a_verb_that_came_before_the_first_token_reads_it_then)
