#include "base/err.h"
#include "base/limits.h"
#include "lib/dial_case.h"
#include "lib/fault.h"
#include "lib/tls_end.h"

#include <poll.h>

#define GATEWAY "gateway.example"

static struct dial_case c;
static struct scratch scratch;
static struct far_end gateway, proxy;
static struct tls_end server;
static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES];
static char proxy_text[1200];

/* --- the proxy --- */

struct script {
    const char *answer; /* NULL: none; "" at once: closes */
    bool drips, resets, tunnels;
};

static struct {
    char asked[4096]; /* the head that came */
    size_t len;
} heard;

static bool read_head(int fd)
{
    heard.len = 0;
    while (heard.len < 4 || memcmp(heard.asked + heard.len - 4, "\r\n\r\n", 4) != 0) {
        if (heard.len == sizeof heard.asked - 1) return false;
        if (recv(fd, heard.asked + heard.len, 1, 0) != 1) return false;
        heard.len++;
    }
    heard.asked[heard.len] = '\0';
    return true;
}

static bool carry(int from, int to)
{
    char bytes[16384];
    ssize_t len = recv(from, bytes, sizeof bytes, 0);
    return len > 0 && send(to, bytes, (size_t)len, MSG_NOSIGNAL) == len;
}

static void run_tunnel(int fd)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(gateway.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd both[] = { { .fd = fd, .events = POLLIN }, { .fd = other, .events = POLLIN } };
    bool goes_on = connect(other, (struct sockaddr *)&to, sizeof to) == 0;
    while (goes_on && poll(both, 2, -1) > 0) {
        if (both[0].revents) goes_on = carry(fd, other);
        if (goes_on && both[1].revents) goes_on = carry(other, fd);
    }
    close(other);
}

static void serve(int fd, const void *ctx)
{
    const struct script *script = ctx;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!read_head(fd)) return;
    size_t len = script->answer ? strlen(script->answer) : 0;
    for (size_t at = 0, part; at < len; at += part) {
        part = script->drips ? 1 : len;
        if (send(fd, script->answer + at, part, MSG_NOSIGNAL) < 0) return;
    }
    if (script->tunnels)
        run_tunnel(fd);
    else if (script->resets)
        far_end_reset(fd);
    else if (!script->answer || script->answer[0])
        far_end_silent(fd, NULL);
}

/* --- the scene: a gateway that only the proxy reaches --- */

static void begin(const struct script *script, const char *user)
{
    scratch_make(&scratch);
    snprintf(cert_path, sizeof cert_path, "%s/crt", scratch.dir);
    snprintf(key_path, sizeof key_path, "%s/key", scratch.dir);
    const struct cert_plan plan = { .cert_path = cert_path,
                                    .key_path = key_path,
                                    .name = "gateway",
                                    .alt_names = "DNS:" GATEWAY,
                                    .begins_in_s = -3600,
                                    .ends_in_s = 3600 };
    cert_make(&plan);
    setenv("SSL_CERT_FILE", cert_path, 1);
    tls_end_init(&server, &plan);
    far_end_start(&gateway, AF_INET, tls_end_serve, &server);
    far_end_start(&proxy, AF_INET, serve, script);
    snprintf(proxy_text, sizeof proxy_text, "http://%s127.0.0.1:%u", user, proxy.port);
    heard.len = 0;
    dial_begin(&c);
    c.config.proxy = hf_bytes_cstr(proxy_text);
}

static void end(void)
{
    hf_stream_reset(&c.stream);
    far_end_stop(&proxy);
    far_end_stop(&gateway);
    dial_end(&c);
    SSL_CTX_free(server.context);
    scratch_drop(&scratch);
}

#define TUNNEL "HTTP/1.1 200 Connection established\r\n\r\n"

static void a_tunnel_leads_to_the_gateway(void)
{
    static const struct {
        struct script script;
        const char *user, *want;
    } rows[] = {
        { { TUNNEL, .tunnels = true },
          "",
          "CONNECT " GATEWAY ":8443 HTTP/1.1\r\nHost: " GATEWAY ":8443\r\n\r\n" },
        { { TUNNEL, .tunnels = true, .drips = true },
          "Aladdin:open%20sesame@",
          "CONNECT " GATEWAY ":8443 HTTP/1.1\r\nHost: " GATEWAY
          ":8443\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n" },
        { { "HTTP/1.0 200\r\nVia: x\r\n\r\n", .tunnels = true },
          "",
          "CONNECT " GATEWAY ":8443 HTTP/1.1\r\nHost: " GATEWAY ":8443\r\n\r\n" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        begin(&rows[i].script, rows[i].user);
        CHECK_EQ_AT(i, dial_once(&c, "wss", GATEWAY, 8443), 0);
        CHECK_AT(i, c.result.has_cert_hash);
        CHECK_EQ_AT(i, c.result.http_status, 0);
        CHECK_TEXT_AT(i, hf_bytes(heard.asked, heard.len), rows[i].want);
        end();
    }
}

/* The pin is the gateway's, whoever carries the bytes. */
static void a_pin_is_compared_through_the_tunnel(void)
{
    static const struct script script = { TUNNEL, .tunnels = true };
    static const uint8_t pin[HF_SHA256_BYTES];
    begin(&script, "");
    c.config.pin = pin;
    CHECK_EQ(dial_once(&c, "wss", GATEWAY, 8443), HF_ERR_DENIED);
    CHECK(c.result.is_security);
    CHECK(dial_said(&c, "cannot connect to " GATEWAY ":8443 through the proxy 127.0.0.1:"));
    end();
}

static void what_a_proxy_does_instead_is_named(void)
{
    static const struct {
        struct script script;
        int err;
        unsigned status;
        const char *text;
    } rows[] = {
        { { "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n" },
          HF_ERR_DENIED,
          407,
          "the proxy wants credentials (HTTP 407)" },
        { { "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nnever" },
          HF_ERR_DENIED,
          403,
          "the proxy refused with HTTP 403" },
        { { "HTTP/1.1 502 Bad\r\n\r\n", .drips = true }, HF_ERR_DENIED, 502, "HTTP 502" },
        { { "HTTP/1.1 302 Found\r\nLocation: http://x/?token=canary\r\n\r\n" },
          HF_ERR_DENIED,
          302,
          "HTTP 302" },
        { { "HTTP/1.1 100 Continue\r\n\r\n" }, HF_ERR_DENIED, 100, "HTTP 100" },
        { { TUNNEL "\x16\x03\x03" }, HF_ERR_SYNTAX, 200, "bytes came before" },
        { { "SSH-2.0-OpenSSH_9.2\r\n" }, HF_ERR_SYNTAX, 0, "the answer of the proxy is not HTTP" },
        { { "HTTP/2 200\r\n\r\n" }, HF_ERR_SYNTAX, 0, "the answer of the proxy is not HTTP" },
        { { "HTTP/1.1 200 OK\nX: y\n\n" }, HF_ERR_SYNTAX, 0, "the answer of the proxy is not" },
        { { "\x15\x03\x03\x00\x02\x02\x28\r\n" }, HF_ERR_SYNTAX, 0, "is not HTTP" },
        { { "" }, HF_ERR_IO, 0, "the proxy did not answer: the connection was closed" },
        { { "HTTP/1.1 200", .resets = true }, HF_ERR_IO, 0, "the connection was reset" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        begin(&rows[i].script, "me:canary@");
        CHECK_EQ_AT(i, dial_once(&c, "wss", GATEWAY, 8443), rows[i].err);
        CHECK_EQ_AT(i, c.result.http_status, rows[i].status);
        CHECK_EQ_AT(i, c.result.stage, HF_DIAL_PROXY);
        CHECK_AT(i, dial_said(&c, rows[i].text));
        CHECK_AT(i, !dial_said(&c, "canary"));
        CHECK_AT(i, !c.result.is_config && !c.result.is_security);
        end();
    }
}

/* The head of an answer has the bound of every head. */
static void an_endless_answer_is_cut_off(void)
{
    static char text[2 * HF_LIMIT_HTTP_HEAD_BYTES];
    static struct script script = { text };
    size_t len = (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nX: ");
    memset(text + len, 'x', sizeof text - len - 1);
    begin(&script, "");
    CHECK_EQ(dial_once(&c, "wss", GATEWAY, 8443), HF_ERR_SYNTAX);
    CHECK(dial_said(&c, "the answer of the proxy is not HTTP"));
    end();
}

static void a_proxy_that_stalls_costs_the_time_that_was_given(void)
{
    static const struct script script = { NULL };
    begin(&script, "");
    c.config.within = HF_MS(30);
    CHECK_EQ(dial_once(&c, "wss", GATEWAY, 8443), HF_ERR_TIMEOUT);
    CHECK(dial_said(&c, "it took too long"));
    end();
}

static void a_proxy_that_is_not_there_is_named(void)
{
    static const struct script script = { NULL };
    char want[160];
    begin(&script, "me:canary@");
    uint16_t port = proxy.port;
    far_end_stop(&proxy);
    CHECK_EQ(dial_once(&c, "wss", GATEWAY, 8443), HF_ERR_IO);
    snprintf(want, sizeof want,
             "cannot connect to " GATEWAY
             ":8443 through the proxy 127.0.0.1:%u: Connection refused",
             port);
    CHECK_TEXT(hf_bytes_cstr(c.why), want);
    CHECK(c.result.is_refused && c.result.is_proxied);
    CHECK_EQ(c.result.port, port);
    far_end_start(&proxy, AF_INET, serve, &script);
    end();
}

static void whom_the_proxy_is_not_for_is_dialled_directly(void)
{
    static const struct script script = { "HTTP/1.1 403 No\r\n\r\n" };
    begin(&script, "");
    /* The loopback, and plain text, never go there. */
    CHECK_EQ(dial_once(&c, "ws", "127.0.0.1", gateway.port), 0);
    hf_stream_reset(&c.stream);
    CHECK_EQ(dial_once(&c, "wss", "localhost", gateway.port), HF_ERR_DENIED);
    CHECK(dial_said(&c, "hostname mismatch"));
    /* This machine again, by a name that the list must hold. */
    c.config.exempt = HF_LIT("a.example 0.0.0.0/8");
    CHECK_EQ(dial_once(&c, "wss", "0.0.0.0", gateway.port), HF_ERR_DENIED);
    CHECK(dial_said(&c, "IP address mismatch"));
    CHECK_EQ(heard.len, 0);
    end();
}

static void a_setting_that_cannot_work_is_a_fault_of_the_configuration(void)
{
    static const struct {
        const char *proxy, *text;
    } rows[] = {
        { "socks5://me:canary@p:1080", "only proxies of the scheme http://" },
        { "http://me:canary%@p:1", "not percent-encoded" },
        { "http://me:canary@p:0", "the port must be" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        dial_begin(&c);
        c.config.proxy = hf_bytes_cstr(rows[i].proxy);
        CHECK_EQ_AT(i, dial_once(&c, "wss", GATEWAY, 1), HF_ERR_USAGE);
        CHECK_AT(i, c.result.is_config);
        CHECK_AT(i, dial_said(&c, rows[i].text));
        CHECK_AT(i, !dial_said(&c, "canary"));
        dial_end(&c);
    }
}

static void the_environment_is_read_in_its_order(void)
{
    static const char *const names[] = { "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy" };
    struct hf_bytes found, exempt;
    for (size_t i = 0; i < HF_COUNT(names); i++) unsetenv(names[i]);
    unsetenv("no_proxy");
    setenv("NO_PROXY", "upper", 1);
    hf_dial_environment(&found, &exempt);
    CHECK_EQ(found.len, 0);
    CHECK_TEXT(exempt, "upper");
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        setenv(names[i], names[i], 1);
        hf_dial_environment(&found, &exempt);
        CHECK_TEXT_AT(i, found, names[i]);
    }
    setenv("https_proxy", "", 1); /* empty is as if it were not there */
    setenv("no_proxy", "lower", 1);
    hf_dial_environment(&found, &exempt);
    CHECK_TEXT(found, "HTTPS_PROXY");
    CHECK_TEXT(exempt, "lower");
}

/* client-lifecycle 60: while the proxy takes its time, at whatever turn. */
static void asking_can_be_cancelled_at_any_turn(void)
{
    enum { TURNS = 40 };
    static const struct script script = { TUNNEL, .tunnels = true, .drips = true };
    begin(&script, "me:secret@");
    size_t before = open_descriptors();
    for (unsigned turn = 0; turn < TURNS; turn++) {
        dial_start(&c, "wss", GATEWAY, 8443);
        dial_cancel_after(&c, turn);
        hf_stream_reset(&c.stream);
    }
    far_end_stop(&proxy);
    far_end_stop(&gateway);
    CHECK_EQ(open_descriptors(), before - 2); /* the listeners */
    far_end_start(&proxy, AF_INET, serve, &script);
    far_end_start(&gateway, AF_INET, tls_end_serve, &server);
    end();
}

/* A dial through the proxy, on a loop of its own: its error. */
static int dial_anew(void)
{
    struct hf_dial_config config = { .proxy = hf_bytes_cstr(proxy_text), .within = HF_SECONDS(30) };
    const char *what;
    dial_begin(&c);
    CHECK_EQ(hf_url_read(HF_LIT("wss://" GATEWAY ":8443"), &config.url, &what), 0);
    int err = hf_dial_new(&c.dial, &c.dialer, &config, dial_told, &c);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    CHECK_EQ(c.told_count, err ? 0 : 1);
    dial_end(&c);
    return err ? err : c.result.err;
}

static void without_memory_a_dial_is_an_error_and_leaves_nothing(void)
{
    static const struct script script = { TUNNEL, .tunnels = true, .drips = true };
    bool was_hit = true;
    begin(&script, "me:secret@");
    dial_end(&c);
    CHECK_EQ(dial_anew(), 0);
    size_t before = fault_live();
    for (size_t nth = 1; was_hit; nth++) {
        fault_arm(nth);
        int err = dial_anew();
        was_hit = fault_was_hit();
        fault_arm(0);
        CHECK_AT(nth, (err != 0) == was_hit);
        CHECK_AT(nth, nth > 1 || err == HF_ERR_NOMEM);
        CHECK_EQ_AT(nth, fault_live(), before);
    }
    dial_begin(&c);
    end();
}

CHECK_MAIN(a_tunnel_leads_to_the_gateway, a_pin_is_compared_through_the_tunnel,
           what_a_proxy_does_instead_is_named, an_endless_answer_is_cut_off,
           a_proxy_that_stalls_costs_the_time_that_was_given, a_proxy_that_is_not_there_is_named,
           whom_the_proxy_is_not_for_is_dialled_directly,
           a_setting_that_cannot_work_is_a_fault_of_the_configuration,
           the_environment_is_read_in_its_order,
           without_memory_a_dial_is_an_error_and_leaves_nothing,
           asking_can_be_cancelled_at_any_turn)
