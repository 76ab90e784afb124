/* `holdfast call`, `health` and `devices` against a real gateway. */
#include "host/file.h"
#include "lib/check.h"
#include "lib/daemon.h"
#include "prog/health_text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 12, OUTPUT_MAX = 1 << 20 };

struct outcome {
    int exit_code;
    int64_t took_ms;
    struct hf_buf out, err; /* what it printed */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void read_file(const char *path, struct hf_buf *out)
{
    struct hf_fault fault;
    hf_buf_init(out, 2 * OUTPUT_MAX);
    CHECK_EQ(hf_file_read(path, OUTPUT_MAX, out, &fault), 0);
}

/* The verb in a process of its own, as a shell would start it. */
static void run_child(const char *directory, char **argv, int argc)
{
    struct hf_args args;
    struct hf_fault fault;
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s/out", directory);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    snprintf(path, sizeof path, "%s/err", directory);
    int err = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) _exit(99);
    setenv("HOME", directory, 1);
    int exit_code = hf_options_read(argc, argv, &args, &fault) == 0 ? args.verb->run(&args)
                                                                    : hf_verb_fail(&fault);
    fflush(stdout);
    _exit(exit_code);
}

static struct outcome run(const struct daemon *d, const char *const words[WORDS_MAX])
{
    static char *argv[WORDS_MAX + 8];
    static char url[64];
    char path[SCRATCH_PATH_BYTES];
    struct outcome o = { 0 };
    int argc = 0, status;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", d->port);
    argv[argc++] = "holdfast";
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++) argv[argc++] = (char *)(uintptr_t)words[i];
    argv[argc++] = "--url";
    argv[argc++] = url;
    argv[argc] = NULL;
    int64_t began_ms = monotonic_ms();
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) run_child(d->scratch.dir, argv, argc);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    o.exit_code = WEXITSTATUS(status);
    o.took_ms = monotonic_ms() - began_ms;
    snprintf(path, sizeof path, "%s/out", d->scratch.dir);
    read_file(path, &o.out);
    snprintf(path, sizeof path, "%s/err", d->scratch.dir);
    read_file(path, &o.err);
    return o;
}

static void drop(struct outcome *o)
{
    hf_buf_fini(&o->out);
    hf_buf_fini(&o->err);
}

static bool has(const struct hf_buf *text, const char *part)
{
    return memmem(text->ptr, text->len, part, strlen(part)) != NULL;
}

static void start_ready(struct daemon *d)
{
    daemon_start(d, &(struct daemon_plan){ 0 });
    daemon_wait_ready(d);
}

/* One document on stdout: nothing before it, nothing behind it but a newline. */
static struct hf_bytes document(const struct outcome *o)
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
    struct outcome o = run(&d, (const char *const[WORDS_MAX]){ "health", "--token", DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 0);
    CHECK(has(&o.out, "gateway: ok, version "));
    CHECK(has(&o.out, "\nconnection: connected, round trip "));
    CHECK_EQ(o.err.len, 0);
    drop(&o);
    o = run(&d, (const char *const[WORDS_MAX]){ "health", "--token", DAEMON_TOKEN, "--json" });
    CHECK_EQ(o.exit_code, 0);
    CHECK_EQ(hf_json_count(hf_json_find(document(&o), "connection")), 3);
    drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void call_prints_the_answer_or_the_servers_error(void)
{
    struct daemon d;
    start_ready(&d);
    struct outcome o = run(
        &d, (const char *const[WORDS_MAX]){ "call", "system-presence", "--token", DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 0);
    CHECK_EQ(hf_json_kind(document(&o)), HF_JSON_ARRAY);
    drop(&o);
    o = run(&d, (const char *const[WORDS_MAX]){ "call", "no.such", "--token", DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 1);
    CHECK_EQ(o.out.len, 0);
    CHECK(has(&o.err, "INVALID_REQUEST: unknown method: no.such"));
    drop(&o);
    o = run(&d,
            (const char *const[WORDS_MAX]){ "call", "no.such", "--token", DAEMON_TOKEN, "--json" });
    CHECK_EQ(o.exit_code, 1);
    CHECK_TEXT(hf_json_find(document(&o), "ok"), "false");
    CHECK_TEXT(hf_json_find(hf_json_find(document(&o), "error"), "type"),
               "\"gateway_request_error\"");
    drop(&o);
    o = run(&d, (const char *const[WORDS_MAX]){ "call", "logs.tail", "--params", "{\"limit\":1",
                                                "--token", DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 2);
    CHECK(has(&o.err, "--params is not JSON"));
    drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void devices_are_listed(void)
{
    struct daemon d;
    start_ready(&d);
    struct outcome o =
        run(&d, (const char *const[WORDS_MAX]){ "devices", "list", "--token", DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 0);
    CHECK_TEXT(hf_buf_view(&o.out), "pending: 0\npaired: 0\n");
    drop(&o);
    o = run(&d, (const char *const[WORDS_MAX]){ "devices", "approve", "--token", DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 2);
    drop(&o);
    o = run(&d, (const char *const[WORDS_MAX]){ "devices", "reject", "nothing", "--token",
                                                DAEMON_TOKEN });
    CHECK_EQ(o.exit_code, 1);
    drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* P14: a wrong token is tried once, and the way out is told; it is never printed. */
static void a_wrong_token_says_what_to_do(void)
{
    struct daemon d;
    start_ready(&d);
    struct outcome o =
        run(&d, (const char *const[WORDS_MAX]){ "health", "--token", "canary-secret" });
    CHECK_EQ(o.exit_code, 1);
    CHECK(has(&o.err, "token mismatch"));
    CHECK(has(&o.err, "--token-file"));
    CHECK(!has(&o.err, "canary"));
    drop(&o);
    o = run(&d, (const char *const[WORDS_MAX]){ "health", "--token", "canary-secret", "--json" });
    struct hf_bytes error = hf_json_find(document(&o), "error");
    CHECK_TEXT(hf_json_find(error, "type"), "\"gateway_transport_error\"");
    CHECK_TEXT(hf_json_find(error, "detail"), "\"AUTH_TOKEN_MISMATCH\"");
    CHECK(!has(&o.out, "canary"));
    drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* startup-retry 37: ready in time, and not. */
static void every_verb_waits_through_a_start(void)
{
    static const char *const verbs[][WORDS_MAX] = {
        { "health", "--token", DAEMON_TOKEN },
        { "call", "health", "--token", DAEMON_TOKEN },
        { "devices", "list", "--token", DAEMON_TOKEN },
    };
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct daemon d;
        daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(1200) });
        struct outcome o = run(&d, verbs[i]);
        CHECK_EQ_AT(i, o.exit_code, 0);
        CHECK_EQ_AT(i, o.err.len, 0);
        CHECK_AT(i, o.out.len > 0);
        drop(&o);
        CHECK_EQ(daemon_stop(&d), 0);
    }
    struct daemon d;
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(5000) });
    struct outcome o = run(&d, (const char *const[WORDS_MAX]){ "health", "--token", DAEMON_TOKEN,
                                                               "--timeout", "600" });
    CHECK_EQ(o.exit_code, 1);
    CHECK(o.took_ms <= 650);
    CHECK(has(&o.err, "still starting (startup-sidecars)"));
    drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_place_where_nobody_listens_fails_at_once(void)
{
    struct daemon d;
    start_ready(&d);
    uint16_t port = d.port;
    CHECK_EQ(daemon_stop(&d), 0);
    scratch_make(&d.scratch);
    d.port = port;
    struct outcome o = run(&d, (const char *const[WORDS_MAX]){ "health", "--token", "x" });
    CHECK_EQ(o.exit_code, 1);
    CHECK(has(&o.err, "Connection refused"));
    CHECK(o.took_ms < 1000);
    drop(&o);
    scratch_drop(&d.scratch);
}

CHECK_MAIN(health_prints_a_line_of_its_own_connection, health_answers_people_and_programs,
           call_prints_the_answer_or_the_servers_error, devices_are_listed,
           a_wrong_token_says_what_to_do, every_verb_waits_through_a_start,
           a_place_where_nobody_listens_fails_at_once)
