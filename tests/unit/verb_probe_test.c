/* `holdfast probe` against gateways, and against whoever else may sit on a port. */
#include "lib/cert.h"
#include "lib/daemon.h"
#include "lib/verb.h"
#include "wire/json_read.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { PLACE_BYTES = 64 };

/* Words, then the address. */
static struct verb_outcome probe(const char *dir, const char *scheme, uint16_t port,
                                 const char *const words[VERB_WORDS_MAX])
{
    char url[PLACE_BYTES];
    const char *all[VERB_WORDS_MAX] = { "probe", "--url", url };
    size_t count = 3;
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", scheme, port);
    for (size_t i = 0; words[i]; i++) all[count++] = words[i];
    return verb_run(dir, all);
}

static void verdict_is(size_t row, struct verb_outcome *o, int exit_code, const char *verdict)
{
    char line[PLACE_BYTES];
    snprintf(line, sizeof line, "\n%s: ", verdict);
    CHECK_EQ_AT(row, o->exit_code, exit_code);
    CHECK_EQ_AT(row, o->err.len, 0);
    if (!verb_has(&o->out, line)) CHECK_TEXT_AT(row, hf_buf_view(&o->out), line);
    verb_drop(o);
}

/* --- somebody else on the port --- */

struct stranger {
    struct scratch scratch;
    pid_t pid;
    uint16_t port;
};

/* Answers each connection with `text` and closes it; NULL: says nothing and keeps it. */
static _Noreturn void stranger_main(int listener, const char *text)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        char in[4096];
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) _exit(1);
        if (!text) continue;
        if (read(fd, in, sizeof in) < 0 || write(fd, text, strlen(text)) < 0) {
        } /* its end is all we want */
        close(fd);
    }
}

static void stranger_start(struct stranger *s, const char *text)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    scratch_make(&s->scratch);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(listen(fd, 16), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    s->port = ntohs(at.sin_port);
    s->pid = fork();
    CHECK(s->pid >= 0);
    if (s->pid == 0) stranger_main(fd, text);
    close(fd);
}

static void stranger_stop(struct stranger *s)
{
    kill(s->pid, SIGKILL);
    CHECK_EQ(verb_wait(s->pid), -SIGKILL);
    scratch_drop(&s->scratch);
}

static const struct {
    const char *says, *scheme, *verdict;
} strangers[] = {
    { NULL, "ws", "silent" },
    { "", "ws", "silent" },
    { "SSH-2.0-OpenSSH_9.2p1\r\n", "ws", "not-http" },
    { "\x15\x03\x03", "ws", "wants-tls" },
    { "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n"
      "<html>The plain HTTP request was sent to HTTPS port</html>",
      "ws", "wants-tls" },
    { "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
      "<html>Welcome</html>",
      "ws", "proxy" },
    { "HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nConnection: close\r\n\r\n", "ws", "proxy" },
    { "HTTP/1.1 301 Moved Permanently\r\nLocation: https://gw.example/x?token=canary\r\n"
      "Connection: close\r\n\r\n",
      "ws", "proxy" },
    /* Only the probes get through: the upgrade is refused with the same answer. */
    { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
      "{\"ok\":true,\"status\":\"live\"}",
      "ws", "no-websocket" },
    { "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
      "Connection: close\r\n\r\n{\"ok\":false,\"status\":\"draining\"}",
      "ws", "draining" },
    { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "wss", "wants-plain" },
    { "SSH-2.0-OpenSSH_9.2p1\r\n", "wss", "tls-failed" },
};

static void strangers_are_named(void)
{
    for (size_t i = 0; i < HF_COUNT(strangers); i++) {
        struct stranger s;
        bool is_there = strcmp(strangers[i].verdict, "draining") == 0;
        stranger_start(&s, strangers[i].says);
        struct verb_outcome o = probe(s.scratch.dir, strangers[i].scheme, s.port,
                                      VERB_WORDS("--timeout", "1500", "--token", "canary"));
        CHECK_AT(i, !verb_has(&o.out, "canary"));
        verdict_is(i, &o, is_there ? 0 : 1, strangers[i].verdict);
        stranger_stop(&s);
    }
}

/* --- gateways --- */

static void a_gateway_is_fine_or_tells_what_is_missing(void)
{
    static const struct {
        const char *const words[VERB_WORDS_MAX];
        int exit_code;
        const char *verdict;
    } rows[] = {
        { { "--token", DAEMON_TOKEN }, 0, "ok" },
        { { "--token", DAEMON_TOKEN, "--exit-code" }, 0, "ok" },
        { { "--token", "canary" }, 0, "token-wrong" },
        { { "--token", "canary", "--exit-code" }, 1, "token-wrong" },
        { { "--timeout", "5000" }, 0, "token-missing" },
        { { "--exit-code" }, 1, "token-missing" },
    };
    struct daemon d;
    daemon_start(&d, &(struct daemon_plan){ 0 });
    daemon_wait_ready(&d);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct verb_outcome o = probe(d.scratch.dir, "ws", d.port, rows[i].words);
        CHECK_AT(i, !verb_has(&o.out, "canary") && !verb_has(&o.out, DAEMON_TOKEN));
        verdict_is(i, &o, rows[i].exit_code, rows[i].verdict);
    }
    struct verb_outcome o =
        probe(d.scratch.dir, "wss", d.port, VERB_WORDS("--token", DAEMON_TOKEN));
    verdict_is(0, &o, 1, "wants-plain");
    uint16_t port = d.port;
    CHECK_EQ(daemon_stop(&d), 0);
    scratch_make(&d.scratch);
    o = probe(d.scratch.dir, "ws", port, VERB_WORDS("--token", "x"));
    verdict_is(0, &o, 1, "not-listening");
    scratch_drop(&d.scratch);
}

/* startup-retry 31: three refusals and more on the way, and then all is well; a budget of
 * 100 ms counts as 250, which is no time for a start of a minute. */
static void a_start_is_waited_for_and_named(void)
{
    struct daemon d;
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(4000) });
    struct verb_outcome o =
        probe(d.scratch.dir, "ws", d.port, VERB_WORDS("--token", DAEMON_TOKEN, "--json"));
    struct hf_bytes root = hf_json_root(hf_buf_view(&o.out));
    int64_t waits = 0;
    CHECK_EQ(o.exit_code, 0);
    CHECK_TEXT(hf_json_find(root, "ok"), "true");
    CHECK_TEXT(hf_json_find(root, "error"), "null");
    CHECK_TEXT(hf_json_find(root, "close"), "null");
    CHECK_EQ(hf_json_get_int(hf_json_find(hf_json_find(root, "login"), "startupWaits"), &waits), 0);
    CHECK(waits >= 3);
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_SECONDS(60) });
    o = probe(d.scratch.dir, "ws", d.port,
              VERB_WORDS("--token", DAEMON_TOKEN, "--timeout", "100", "--json"));
    root = hf_json_root(hf_buf_view(&o.out));
    CHECK_EQ(o.exit_code, 0);
    CHECK_TEXT(hf_json_find(root, "verdict"), "\"starting\"");
    CHECK_TEXT(hf_json_find(root, "reached"), "true");
    CHECK_TEXT(hf_json_find(root, "connectLatencyMs"), "null");
    CHECK_TEXT(hf_json_find(root, "error"), "\"starting: startup-sidecars\"");
    verb_drop(&o);
    CHECK_EQ(daemon_stop(&d), 0);
}

static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES];

static void make_cert(const char *dir)
{
    snprintf(cert_path, sizeof cert_path, "%s/cert.pem", dir);
    snprintf(key_path, sizeof key_path, "%s/key.pem", dir);
    cert_make(&(struct cert_plan){ .cert_path = cert_path,
                                   .key_path = key_path,
                                   .name = "gateway",
                                   .alt_names = "IP:127.0.0.1",
                                   .ends_in_s = 3600 });
}

static void tls_mistakes_are_named(void)
{
    struct daemon d;
    daemon_start(&d, &(struct daemon_plan){
                         .prepare = make_cert, .cert_path = cert_path, .key_path = key_path });
    daemon_wait_ready(&d);
    struct verb_outcome o = probe(d.scratch.dir, "ws", d.port, VERB_WORDS("--token", DAEMON_TOKEN));
    if (!verb_has(&o.out, "Give --url wss://127.0.0.1:"))
        CHECK_TEXT(hf_buf_view(&o.out), "Give --url wss://127.0.0.1:");
    verdict_is(0, &o, 1, "wants-tls");
    o = probe(d.scratch.dir, "wss", d.port, VERB_WORDS("--token", DAEMON_TOKEN));
    verdict_is(1, &o, 1, "tls-failed");
    CHECK_EQ(daemon_stop(&d), 0);
}

static void nothing_is_sent_to_a_public_address_in_plain_text(void)
{
    struct scratch s;
    scratch_make(&s);
    struct verb_outcome o =
        verb_run(s.dir, VERB_WORDS("probe", "--url", "ws://192.0.2.1", "--token", "canary"));
    CHECK(!verb_has(&o.out, "  address"));
    verdict_is(0, &o, 1, "plain-refused");
    o = verb_run(s.dir, VERB_WORDS("probe", "--url", "wss://gateway.invalid", "--timeout", "2000"));
    CHECK_EQ(o.exit_code, 1);
    CHECK(verb_has(&o.out, "\nno-name: ") || verb_has(&o.out, "\nunreachable: "));
    verb_drop(&o);
    scratch_drop(&s);
}

/* Whoever does not listen there is the proxy: of the gateway nothing is known. */
static void a_proxy_that_fails_is_named_as_such(void)
{
    struct scratch s;
    struct stranger proxy;
    char place[PLACE_BYTES], want[2 * PLACE_BYTES];
    scratch_make(&s);
    stranger_start(&proxy, "HTTP/1.1 403 Forbidden\r\n\r\n");
    for (int is_there = 1; is_there >= 0; is_there--) {
        snprintf(place, sizeof place, "http://127.0.0.1:%u", proxy.port);
        setenv("https_proxy", place, 1);
        if (!is_there) stranger_stop(&proxy);
        struct verb_outcome o = verb_run(
            s.dir, VERB_WORDS("probe", "--url", "wss://gateway.example", "--timeout", "2000"));
        snprintf(want, sizeof want, "through the proxy 127.0.0.1:%u: %s", proxy.port,
                 is_there ? "the proxy refused with HTTP 403" : "Connection refused");
        CHECK_AT(is_there, verb_has(&o.out, want));
        CHECK_AT(is_there, verb_has(&o.out, "no_proxy=HOST"));
        verdict_is((size_t)is_there, &o, 1, "unreachable");
    }
    unsetenv("https_proxy");
    scratch_drop(&s);
}

CHECK_MAIN(strangers_are_named, a_proxy_that_fails_is_named_as_such,
           a_gateway_is_fine_or_tells_what_is_missing, a_start_is_waited_for_and_named,
           tls_mistakes_are_named, nothing_is_sent_to_a_public_address_in_plain_text)
