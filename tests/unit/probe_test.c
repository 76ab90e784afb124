#include "host/probe.h"
#include "lib/daemon.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    uv_loop_t loop;
    struct hf_dialer dialer;
    size_t answers;
    enum hf_probe_result result;
    bool has_peer;
    struct hf_net_address peer;
    char why[256];
} prober;

static void done(void *ctx, enum hf_probe_result result, const struct hf_net_address *peer,
                 struct hf_bytes why)
{
    prober.has_peer = peer != NULL;
    if (peer) prober.peer = *peer;
    CHECK(ctx == &prober);
    prober.answers++;
    prober.result = result;
    memcpy(prober.why, why.ptr, why.len);
    prober.why[why.len] = '\0';
}

static struct hf_probe *start(enum hf_probe_kind kind, const char *host, uint16_t port,
                              hf_span within)
{
    static char text[128];
    const char *what;
    struct hf_probe *p;
    struct hf_probe_config config = {
        .dialer = &prober.dialer, .kind = kind, .within = within, .done = done, .ctx = &prober
    };
    snprintf(text, sizeof text, "http://%s:%u/healthz", host, port);
    CHECK_EQ(hf_url_read(hf_bytes_cstr(text), &config.url, &what), 0);
    CHECK_EQ(hf_probe_new(&p, &config), 0);
    return p;
}

static void open_prober(void)
{
    memset(&prober, 0, sizeof prober);
    CHECK_EQ(uv_loop_init(&prober.loop), 0);
    hf_dialer_init(&prober.dialer, &prober.loop);
}

static void close_prober(void)
{
    CHECK_EQ(uv_run(&prober.loop, UV_RUN_DEFAULT), 0);
    hf_dialer_fini(&prober.dialer);
    CHECK_EQ(uv_loop_close(&prober.loop), 0);
}

static enum hf_probe_result probe(enum hf_probe_kind kind, const char *host, uint16_t port,
                                  hf_span within)
{
    open_prober();
    start(kind, host, port, within);
    close_prober();
    CHECK_EQ(prober.answers, 1);
    CHECK_EQ(prober.result == HF_PROBE_READY, prober.why[0] == '\0');
    return prober.result;
}

static void a_real_gateway_is_ready_in_every_way(void)
{
    struct daemon d;
    struct daemon_plan plan = { 0 };
    daemon_start(&d, &plan);
    daemon_wait_ready(&d);
    static const enum hf_probe_kind kinds[] = { HF_PROBE_GATEWAY, HF_PROBE_HTTP_2XX,
                                                HF_PROBE_HTTP_ANY, HF_PROBE_TCP };
    static const char *const hosts[] = { "127.0.0.1", "localhost" };
    for (size_t i = 0; i < HF_COUNT(kinds); i++)
        for (size_t h = 0; h < HF_COUNT(hosts); h++)
            CHECK_AT(i, probe(kinds[i], hosts[h], d.port, HF_SECONDS(20)) == HF_PROBE_READY &&
                            prober.has_peer && hf_net_is_loopback(&prober.peer));
    CHECK_EQ(daemon_stop(&d), 0);
}

/* A listener; accepts nothing itself. */
static int listen_anywhere(int backlog, uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(listen(fd, backlog), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* supervisor 2: its process half */
static void an_open_port_that_says_nothing_is_silent(void)
{
    uint16_t port;
    int fd = listen_anywhere(16, &port);
    CHECK_EQ(probe(HF_PROBE_GATEWAY, "127.0.0.1", port, HF_MS(50)), HF_PROBE_SILENT);
    CHECK_EQ(probe(HF_PROBE_HTTP_ANY, "127.0.0.1", port, HF_MS(50)), HF_PROBE_SILENT);
    CHECK_EQ(probe(HF_PROBE_TCP, "127.0.0.1", port, HF_SECONDS(20)), HF_PROBE_READY);
    close(fd);
    CHECK_EQ(probe(HF_PROBE_TCP, "127.0.0.1", port, HF_SECONDS(20)), HF_PROBE_REFUSED);
    CHECK_EQ(probe(HF_PROBE_GATEWAY, "127.0.0.1", port, HF_SECONDS(20)), HF_PROBE_REFUSED);
    CHECK(!prober.has_peer);
}

static void whoever_hangs_up_is_another(void)
{
    uint16_t port;
    int fd = listen_anywhere(16, &port);
    open_prober();
    start(HF_PROBE_GATEWAY, "127.0.0.1", port, HF_SECONDS(20));
    int peer = -1;
    while (peer < 0) {
        uv_run(&prober.loop, UV_RUN_NOWAIT);
        peer = accept(fd, NULL, NULL);
    }
    close(peer);
    close_prober();
    CHECK_EQ(prober.answers, 1);
    CHECK_EQ(prober.result, HF_PROBE_OTHER);
    close(fd);
}

static void a_probe_that_is_ended_says_nothing(void)
{
    uint16_t port;
    int fd = listen_anywhere(16, &port);
    for (int turns = 0; turns < 4; turns++) {
        open_prober();
        struct hf_probe *p = start(HF_PROBE_GATEWAY, "127.0.0.1", port, HF_SECONDS(20));
        for (int i = 0; i < turns; i++) uv_run(&prober.loop, UV_RUN_NOWAIT);
        hf_probe_free(p);
        close_prober();
        CHECK_EQ_AT(turns, prober.answers, 0);
    }
    close(fd);
}

CHECK_MAIN(a_real_gateway_is_ready_in_every_way, an_open_port_that_says_nothing_is_silent,
           whoever_hangs_up_is_another, a_probe_that_is_ended_says_nothing)
