#include "host/tls.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/cert.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <openssl/ssl.h>

enum { PLAIN_BYTES = HF_LIMIT_READ_BYTES };

static struct hf_fault fault;
static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES];

/* A client of the library with memory on both sides. */
struct client {
    SSL_CTX *context;
    SSL *session;
    BIO *to_client, *to_server;
};

static void client_open(struct client *c, int version_max)
{
    c->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(c->context, version_max);
    if (version_max < TLS1_2_VERSION) SSL_CTX_set_security_level(c->context, 0);
    c->session = SSL_new(c->context);
    c->to_client = BIO_new(BIO_s_mem());
    c->to_server = BIO_new(BIO_s_mem());
    SSL_set_bio(c->session, c->to_client, c->to_server);
    SSL_set_connect_state(c->session);
}

static void client_close(struct client *c)
{
    SSL_free(c->session);
    SSL_CTX_free(c->context);
}

static void make_pair(struct scratch *s, const char *name)
{
    snprintf(cert_path, sizeof cert_path, "%s/%s.crt", s->dir, name);
    snprintf(key_path, sizeof key_path, "%s/%s.key", s->dir, name);
    cert_write(cert_path, key_path, name);
}

/* Carries bytes both ways, at most `chunk` at a time, until nothing moves.  What
 * the server reads is appended to `got`. */
static int pump(struct client *c, struct hf_tls_conn *server, size_t chunk, struct hf_buf *got)
{
    static uint8_t cipher[HF_LIMIT_READ_BYTES - 16384], plain[PLAIN_BYTES];
    for (;;) {
        bool moved = false;
        int len =
            BIO_read(c->to_server, cipher, (int)(chunk < sizeof cipher ? chunk : sizeof cipher));
        if (len > 0) {
            size_t plain_len;
            int err = hf_tls_conn_read(server, hf_bytes(cipher, (size_t)len), plain, sizeof plain,
                                       &plain_len);
            hf_buf_add(got, hf_bytes(plain, plain_len));
            if (err) return err;
            moved = true;
        }
        struct hf_bytes pending = hf_tls_conn_pending(server);
        if (pending.len > 0) {
            size_t part = pending.len < chunk ? pending.len : chunk;
            BIO_write(c->to_client, pending.ptr, (int)part);
            hf_tls_conn_sent(server, part);
            moved = true;
        }
        if (!SSL_is_init_finished(c->session)) SSL_do_handshake(c->session);
        if (!moved && BIO_ctrl_pending(c->to_server) == 0) return 0;
    }
}

static void a_session_opens_and_carries_bytes_both_ways(void)
{
    static const size_t chunks[] = { 1, 7, 1400, 65536 };
    struct scratch s;
    struct hf_tls *tls;
    scratch_make(&s);
    make_pair(&s, "one");
    CHECK_EQ(hf_tls_new(&tls, cert_path, key_path, &fault), 0);
    for (size_t i = 0; i < HF_COUNT(chunks); i++) {
        struct client c;
        struct hf_tls_conn *server;
        struct hf_buf got;
        uint8_t back[64];
        hf_buf_init(&got, 1 << 20);
        client_open(&c, 0);
        CHECK_EQ(hf_tls_conn_new(tls, &server), 0);
        CHECK(!hf_tls_conn_is_open(server));
        CHECK_EQ(hf_tls_conn_write(server, HF_LIT("too early")), HF_ERR_STATE);
        SSL_do_handshake(c.session);
        CHECK_EQ_AT(i, pump(&c, server, chunks[i], &got), 0);
        CHECK_AT(i, hf_tls_conn_is_open(server));
        CHECK(SSL_write(c.session, "hello", 5) == 5);
        CHECK_EQ_AT(i, pump(&c, server, chunks[i], &got), 0);
        CHECK_TEXT_AT(i, hf_buf_view(&got), "hello");
        CHECK_EQ(hf_tls_conn_write(server, HF_LIT("welcome")), 0);
        CHECK_EQ_AT(i, pump(&c, server, chunks[i], &got), 0);
        int len = SSL_read(c.session, back, sizeof back);
        CHECK_TEXT_AT(i, hf_bytes(back, len > 0 ? (size_t)len : 0), "welcome");
        hf_tls_conn_free(server);
        client_close(&c);
        hf_buf_fini(&got);
    }
    hf_tls_free(tls);
    scratch_drop(&s);
}

static void old_versions_and_noise_are_refused(void)
{
    struct scratch s;
    struct hf_tls *tls;
    struct client c;
    struct hf_tls_conn *server;
    struct hf_buf got;
    size_t len;
    static uint8_t plain[PLAIN_BYTES];
    scratch_make(&s);
    make_pair(&s, "one");
    hf_buf_init(&got, 1 << 16);
    CHECK_EQ(hf_tls_new(&tls, cert_path, key_path, &fault), 0);
    client_open(&c, TLS1_1_VERSION);
    CHECK_EQ(hf_tls_conn_new(tls, &server), 0);
    SSL_do_handshake(c.session);
    CHECK_EQ(pump(&c, server, 65536, &got), HF_ERR_SYNTAX);
    CHECK(hf_tls_conn_pending(server).len > 0); /* the alert that says why */
    hf_tls_conn_free(server);
    client_close(&c);
    CHECK_EQ(hf_tls_conn_new(tls, &server), 0);
    CHECK_EQ(hf_tls_conn_read(server, HF_LIT("GET / HTTP/1.1\r\n\r\n"), plain, sizeof plain, &len),
             HF_ERR_SYNTAX);
    hf_tls_conn_free(server);
    hf_buf_fini(&got);
    hf_tls_free(tls);
    scratch_drop(&s);
}

static void a_goodbye_ends_the_input(void)
{
    struct scratch s;
    struct hf_tls *tls;
    struct client c;
    struct hf_tls_conn *server;
    struct hf_buf got;
    scratch_make(&s);
    make_pair(&s, "one");
    hf_buf_init(&got, 1 << 16);
    CHECK_EQ(hf_tls_new(&tls, cert_path, key_path, &fault), 0);
    client_open(&c, 0);
    CHECK_EQ(hf_tls_conn_new(tls, &server), 0);
    SSL_do_handshake(c.session);
    CHECK_EQ(pump(&c, server, 65536, &got), 0);
    CHECK(SSL_write(c.session, "last", 4) == 4);
    SSL_shutdown(c.session);
    CHECK_EQ(pump(&c, server, 65536, &got), HF_ERR_CLOSED);
    CHECK_TEXT(hf_buf_view(&got), "last");
    hf_tls_conn_free(server);
    client_close(&c);
    hf_buf_fini(&got);
    hf_tls_free(tls);
    scratch_drop(&s);
}

static void a_reload_serves_new_sessions_and_a_bad_pair_changes_nothing(void)
{
    struct scratch s;
    struct hf_tls *tls;
    struct client old_client, new_client;
    struct hf_tls_conn *old_conn, *new_conn;
    struct hf_buf got;
    char first_key[SCRATCH_PATH_BYTES], name[64];
    scratch_make(&s);
    hf_buf_init(&got, 1 << 16);
    make_pair(&s, "one");
    snprintf(first_key, sizeof first_key, "%s", key_path);
    CHECK_EQ(hf_tls_new(&tls, cert_path, key_path, &fault), 0);
    client_open(&old_client, 0);
    CHECK_EQ(hf_tls_conn_new(tls, &old_conn), 0);
    make_pair(&s, "two");
    /* The new certificate with the old key is no pair. */
    CHECK_EQ(hf_tls_reload(tls, cert_path, first_key, &fault), HF_ERR_CRYPTO);
    CHECK(strstr(fault.text, first_key) != NULL);
    CHECK_EQ(hf_tls_reload(tls, "/no/such/file", key_path, &fault), HF_ERR_NOT_FOUND);
    CHECK(strstr(fault.text, "/no/such/file") != NULL);
    CHECK_EQ(hf_tls_reload(tls, cert_path, key_path, &fault), 0);
    client_open(&new_client, 0);
    CHECK_EQ(hf_tls_conn_new(tls, &new_conn), 0);
    SSL_do_handshake(old_client.session);
    SSL_do_handshake(new_client.session);
    CHECK_EQ(pump(&old_client, old_conn, 65536, &got), 0);
    CHECK_EQ(pump(&new_client, new_conn, 65536, &got), 0);
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(old_client.session)),
                              NID_commonName, name, sizeof name);
    CHECK_TEXT(hf_bytes_cstr(name), "one");
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(new_client.session)),
                              NID_commonName, name, sizeof name);
    CHECK_TEXT(hf_bytes_cstr(name), "two");
    hf_tls_conn_free(old_conn);
    hf_tls_conn_free(new_conn);
    client_close(&old_client);
    client_close(&new_client);
    hf_buf_fini(&got);
    hf_tls_free(tls);
    scratch_drop(&s);
}

static void files_that_are_no_pair_are_named(void)
{
    struct scratch s;
    struct hf_tls *tls;
    char rubbish[SCRATCH_PATH_BYTES];
    scratch_make(&s);
    make_pair(&s, "one");
    snprintf(rubbish, sizeof rubbish, "%s/rubbish", s.dir);
    FILE *out = fopen(rubbish, "we");
    fputs("not a certificate", out);
    fclose(out);
    CHECK_EQ(hf_tls_new(&tls, rubbish, key_path, &fault), HF_ERR_CRYPTO);
    CHECK(strstr(fault.text, "certificate") != NULL && strstr(fault.text, rubbish) != NULL);
    CHECK_EQ(hf_tls_new(&tls, cert_path, rubbish, &fault), HF_ERR_CRYPTO);
    CHECK(strstr(fault.text, "key") != NULL && strstr(fault.text, rubbish) != NULL);
    scratch_drop(&s);
}

CHECK_MAIN(a_session_opens_and_carries_bytes_both_ways, old_versions_and_noise_are_refused,
           a_goodbye_ends_the_input, a_reload_serves_new_sessions_and_a_bad_pair_changes_nothing,
           files_that_are_no_pair_are_named)
