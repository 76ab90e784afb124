/* `holdfast run --mode relay` in front of another `holdfast run`, both real, over loopback.
 * HF_EXE names the program. */
#include "host/file.h"
#include "lib/check.h"
#include "lib/daemon.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_CHARS = 8, LINE_BYTES = 256 };

static struct scratch scratch;

struct program {
    pid_t pid;
    int out_fd;
    char port_text[PORT_CHARS];
    uint16_t port;
};

/* A port that was free a moment ago. */
static void choose_port(struct program *p)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    p->port = ntohs(address.sin_port);
    snprintf(p->port_text, sizeof p->port_text, "%u", p->port);
}

static void start(struct program *p, const char *const *argv)
{
    int out[2];
    char home[SCRATCH_PATH_BYTES + 8];
    snprintf(home, sizeof home, "HOME=%s", scratch.dir);
    CHECK_EQ(pipe2(out, O_CLOEXEC), 0);
    p->pid = fork();
    if (p->pid == 0) {
        char *env[] = { home, NULL };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], STDOUT_FILENO);
        int log = open("/dev/null", O_WRONLY);
        dup2(log, STDERR_FILENO);
        execve(argv[0], (char **)(uintptr_t)argv, env);
        _exit(127);
    }
    close(out[1]);
    p->out_fd = out[0];
}

static void start_gateway(struct program *p)
{
    char dir[SCRATCH_PATH_BYTES];
    snprintf(dir, sizeof dir, "%s/gateway", scratch.dir);
    const char *argv[] = { getenv("HF_EXE"), "run",         "--port",
                           p->port_text,     "--state-dir", dir,
                           "--token",        DAEMON_TOKEN,  NULL };
    start(p, argv);
}

static void start_relay(struct program *p, const struct program *gateway)
{
    char dir[SCRATCH_PATH_BYTES], url[64];
    snprintf(dir, sizeof dir, "%s/relay", scratch.dir);
    snprintf(url, sizeof url, "ws://127.0.0.1:%s", gateway->port_text);
    const char *argv[] = { getenv("HF_EXE"), "run", "--port", p->port_text,
                           "--state-dir",    dir,   "--mode", "relay",
                           "--upstream",     url,   NULL };
    start(p, argv);
}

/* Its one line on stdout; it ends with the program otherwise. */
static bool wait_ready(struct program *p)
{
    char line[LINE_BYTES];
    size_t len = 0;
    while (len < sizeof line && read(p->out_fd, line + len, 1) == 1)
        if (line[len++] == '\n') break;
    return hf_bytes_starts(hf_bytes(line, len), HF_LIT("holdfast ready url=ws://"));
}

static int end(struct program *p, int signal)
{
    int status = 0;
    kill(p->pid, signal);
    CHECK(waitpid(p->pid, &status, 0) == p->pid);
    close(p->out_fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Until somebody accepts on the port; the program does not say when it merely listens. */
static void wait_listening(const struct program *p)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(p->port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int failed = connect(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
        if (!failed) return;
        CHECK_EQ(kill(p->pid, 0), 0);
        usleep(1000);
    }
}

/* One GET on a connection of its own: whether the whole answer has `text`. */
static bool get_has(uint16_t port, const char *path, const char *headers, const char *text)
{
    char request[LINE_BYTES];
    struct peer p;
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", path, headers);
    peer_open(&p, port);
    peer_send(&p, hf_bytes_cstr(request));
    bool has = peer_wait_for(&p, text);
    peer_close(&p);
    return has;
}

/* A whole handshake that the gate answers: refused, retryable, with a hint. */
static void check_gate(uint16_t port)
{
    struct peer p;
    peer_open(&p, port);
    CHECK(!peer_login(&p, DAEMON_TOKEN));
    peer_close(&p);

    peer_open(&p, port);
    peer_upgrade(&p);
    peer_send_text(&p, HF_LIT("{\"type\":\"req\",\"id\":\"1\",\"method\":\"connect\",\"params\":{"
                              "\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"cli\","
                              "\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"cli\"}}}"));
    CHECK(peer_wait_for(&p, "\"code\":\"UNAVAILABLE\""));
    CHECK(peer_wait_for(&p, "startup-sidecars"));
    CHECK(peer_wait_for(&p, "\"retryAfterMs\":"));
    peer_close(&p);
}

static void check_relayed(uint16_t port)
{
    struct peer p;
    peer_open(&p, port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    peer_send_text(&p, HF_LIT("{\"type\":\"req\",\"id\":\"2\",\"method\":\"health\"}"));
    CHECK(peer_wait_for(&p, "\"id\":\"2\",\"ok\":true"));
    peer_close(&p);
}

static void the_place_is_held_across_the_life_of_what_is_behind(void)
{
    struct program gateway, relay;
    struct peer client;
    scratch_make(&scratch);
    choose_port(&gateway);
    choose_port(&relay);
    start_relay(&relay, &gateway);
    wait_listening(&relay);
    /* Nothing behind: the gate, and the truth. */
    check_gate(relay.port);
    CHECK(get_has(relay.port, "/healthz", "", "\"status\":\"live\""));
    CHECK(get_has(relay.port, "/startupz", "", "HTTP/1.1 503"));
    CHECK(get_has(relay.port, "/readyz", "", "HTTP/1.1 503"));

    start_gateway(&gateway);
    CHECK(wait_ready(&gateway));
    CHECK(wait_ready(&relay));
    check_relayed(relay.port);
    CHECK(get_has(relay.port, "/readyz", "", "\"ready\":true"));

    /* It dies: its clients end with it, new ones meet the gate at once. */
    peer_open(&client, relay.port);
    CHECK(peer_login(&client, DAEMON_TOKEN));
    CHECK_EQ(end(&gateway, SIGKILL), -SIGKILL);
    peer_drain(&client);
    CHECK(client.has_ended || client.was_reset);
    peer_close(&client);
    check_gate(relay.port);
    CHECK(get_has(relay.port, "/readyz", "", "HTTP/1.1 503"));

    start_gateway(&gateway);
    CHECK(wait_ready(&gateway));
    for (bool is_back = false; !is_back;) {
        peer_open(&client, relay.port);
        is_back = peer_login(&client, DAEMON_TOKEN);
        peer_close(&client);
    }
    /* A stop of ours ends the relayed ones and leaves the gateway alone. */
    peer_open(&client, relay.port);
    CHECK(peer_login(&client, DAEMON_TOKEN));
    CHECK_EQ(end(&relay, SIGTERM), 0);
    peer_drain(&client);
    peer_close(&client);
    check_relayed(gateway.port);
    CHECK_EQ(end(&gateway, SIGTERM), 0);
    scratch_drop(&scratch);
}

/* Whoever claims to be somebody else is refused by the relay itself, on probes of
 * readiness too. */
static void a_claim_to_be_somebody_else_is_refused(void)
{
    static const char *const claims[] = { "X-Forwarded-For: 127.0.0.1\r\n",
                                          "Forwarded: for=127.0.0.1\r\n",
                                          "X-Real-IP: 127.0.0.1\r\n" };
    struct program gateway, relay;
    scratch_make(&scratch);
    choose_port(&gateway);
    choose_port(&relay);
    start_gateway(&gateway);
    start_relay(&relay, &gateway);
    CHECK(wait_ready(&gateway));
    CHECK(wait_ready(&relay));
    for (size_t i = 0; i < HF_COUNT(claims); i++) {
        CHECK_AT(i, get_has(relay.port, "/readyz", claims[i], "proxy_attribution_required"));
        CHECK_AT(i, get_has(relay.port, "/readyz", claims[i], "HTTP/1.1 403"));
        /* But that the process lives is told to everybody, as without a relay. */
        CHECK_AT(i, get_has(relay.port, "/healthz", claims[i], "HTTP/1.1 200"));
        CHECK_AT(i, get_has(gateway.port, "/healthz", claims[i], "HTTP/1.1 200"));
    }
    /* One request a connection: a second one behind it is never answered. */
    struct peer p;
    peer_open(&p, relay.port);
    peer_send(
        &p,
        HF_LIT("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /readyz HTTP/1.1\r\nHost: h\r\n\r\n"));
    CHECK(peer_wait_for(&p, "HTTP/1.1 200"));
    CHECK(!peer_wait_for(&p, "HTTP/1.1 "));
    peer_close(&p);
    CHECK_EQ(end(&relay, SIGTERM), 0);
    CHECK_EQ(end(&gateway, SIGTERM), 0);
    scratch_drop(&scratch);
}

static void a_relay_without_sense_is_refused(void)
{
    static const struct {
        const char *words[6];
        int exit_code;
    } rows[] = {
        { { "--mode", "relay" }, 78 },
        { { "--upstream", "ws://127.0.0.1:1" }, 78 },
        { { "--mode", "relay", "--upstream", "ftp://127.0.0.1:1" }, 78 },
        { { "--mode", "relay", "--upstream", "ws://user:pw@127.0.0.1:1" }, 78 },
        { { "--mode", "relay", "--upstream", "ws://127.0.0.1:18789" }, 78 }, /* itself */
        { { "--mode", "relay", "--upstream", "ws://localhost:18789" }, 78 },
        { { "--mode", "around", "--upstream", "ws://127.0.0.1:1" }, 2 },
    };
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        const char *argv[10] = { getenv("HF_EXE"), "run", "--state-dir", scratch.dir };
        struct program p;
        int status = 0;
        for (size_t k = 0; k < 6 && rows[i].words[k]; k++) argv[4 + k] = rows[i].words[k];
        start(&p, argv);
        CHECK_AT(i, waitpid(p.pid, &status, 0) == p.pid);
        close(p.out_fd);
        CHECK_EQ_AT(i, WIFEXITED(status) ? WEXITSTATUS(status) : -1, rows[i].exit_code);
    }
    scratch_drop(&scratch);
}

CHECK_MAIN(the_place_is_held_across_the_life_of_what_is_behind,
           a_claim_to_be_somebody_else_is_refused, a_relay_without_sense_is_refused)
