#include "lib/cert.h"
#include "lib/check.h"
#include "lib/daemon.h"

#include <openssl/ssl.h>

static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES];
static struct scratch pair;
static SSL_CTX *client;

static void grow_config(struct hf_settings *settings)
{
    static char text[100000];
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"x\":\"", 6);
    memcpy(text + sizeof text - 2, "\"}", 2);
    settings->config_json = hf_bytes(text, sizeof text);
}

static void start(struct daemon *d)
{
    scratch_make(&pair);
    snprintf(cert_path, sizeof cert_path, "%s/crt", pair.dir);
    snprintf(key_path, sizeof key_path, "%s/key", pair.dir);
    cert_write(cert_path, key_path, "holdfast");
    const struct daemon_plan plan = {
        .cert_path = cert_path, .key_path = key_path, .adjust = grow_config, .send_buffer = 16384
    };
    daemon_start(d, &plan);
    daemon_wait_ready(d);
    client = SSL_CTX_new(TLS_client_method());
}

static void stop(struct daemon *d)
{
    SSL_CTX_free(client);
    CHECK_EQ(daemon_stop(d), 0);
    scratch_drop(&pair);
}

static void open_tls(struct peer *p, uint16_t port)
{
    peer_open(p, port);
    p->ssl = SSL_new(client);
    SSL_set_fd(p->ssl, p->fd);
    CHECK_EQ(SSL_connect(p->ssl), 1);
}

static void a_client_logs_in_through_tls(void)
{
    struct daemon d;
    struct peer p;
    start(&d);
    open_tls(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    peer_close(&p);
    stop(&d);
}

static void a_slow_tls_reader_gets_every_byte_in_order(void)
{
    enum { CALLS = 40 };
    struct daemon d;
    struct peer p;
    start(&d);
    open_tls(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    for (int i = 0; i < CALLS; i++) {
        char text[128];
        int len = snprintf(text, sizeof text,
                           "{\"type\":\"req\",\"id\":\"call-%d\",\"method\":\"config.get\"}", i);
        peer_send_text(&p, hf_bytes(text, (size_t)len));
    }
    for (int i = 0; i < CALLS; i++) {
        char id[32];
        snprintf(id, sizeof id, "\"id\":\"call-%d\"", i);
        CHECK_AT(i, peer_wait_for(&p, id));
    }
    peer_close(&p);
    stop(&d);
}

static void a_probe_through_tls_ends_with_a_goodbye(void)
{
    struct daemon d;
    struct peer p;
    start(&d);
    open_tls(&p, d.port);
    peer_send(&p, HF_LIT("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(peer_wait_for(&p, "\"status\":\"live\"}"));
    peer_drain(&p);
    CHECK(p.has_ended);
    CHECK(SSL_get_shutdown(p.ssl) & SSL_RECEIVED_SHUTDOWN);
    peer_close(&p);
    stop(&d);
}

static void a_goodbye_right_behind_the_last_request_ends_the_connection(void)
{
    struct daemon d;
    struct peer p;
    start(&d);
    open_tls(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    peer_send_text(&p, HF_LIT("{\"type\":\"req\",\"id\":\"last\",\"method\":\"health\"}"));
    /* The socket itself stays open: only the goodbye tells. */
    SSL_shutdown(p.ssl);
    while (!daemon_has_logged(&d, "conn.lost")) usleep(1000);
    peer_close(&p);
    stop(&d);
}

static void plain_text_on_the_tls_port_is_lost_and_logged(void)
{
    struct daemon d;
    struct peer bad, good;
    start(&d);
    peer_open(&bad, d.port);
    peer_send(&bad, HF_LIT("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    peer_drain(&bad);
    open_tls(&good, d.port);
    CHECK(peer_login(&good, DAEMON_TOKEN));
    peer_close(&bad);
    peer_close(&good);
    stop(&d);
}

CHECK_MAIN(a_client_logs_in_through_tls, a_slow_tls_reader_gets_every_byte_in_order,
           a_probe_through_tls_ends_with_a_goodbye,
           a_goodbye_right_behind_the_last_request_ends_the_connection,
           plain_text_on_the_tls_port_is_lost_and_logged)
