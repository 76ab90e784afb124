#include "base/err.h"
#include "base/limits.h"
#include "host/tls.h"
#include "lib/dial_case.h"
#include "lib/tls_end.h"

#include <sys/select.h>

static struct dial_case c;
static struct scratch scratch;
static struct far_end far;
static struct tls_end server;
static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES], heard[64];

/* --- the scene: a server with a certificate, and a client that may trust it --- */

enum trust { TRUSTS_NOBODY, TRUSTS_IT };

static void begin_with(struct cert_plan plan, enum trust trust)
{
    scratch_make(&scratch);
    snprintf(cert_path, sizeof cert_path, "%s/crt", scratch.dir);
    snprintf(key_path, sizeof key_path, "%s/key", scratch.dir);
    plan.cert_path = cert_path;
    plan.key_path = key_path;
    plan.name = "gateway";
    if (plan.ends_in_s == 0) {
        plan.begins_in_s = -3600;
        plan.ends_in_s = 3600;
    }
    cert_make(&plan);
    setenv("SSL_CERT_FILE", trust == TRUSTS_IT ? cert_path : "/dev/null", 1);
    setenv("SSL_CERT_DIR", scratch.dir, 1);
    tls_end_init(&server, &plan);
    memset(heard, 0, sizeof heard);
    server.heard = heard;
    dial_begin(&c);
}

static void begin(enum trust trust)
{
    begin_with((struct cert_plan){ .alt_names = "DNS:localhost,IP:127.0.0.1" }, trust);
}

static void end(void)
{
    dial_end(&c);
    SSL_CTX_free(server.context);
    scratch_drop(&scratch);
}

static int dial(const char *host)
{
    far_end_start(&far, AF_INET, tls_end_serve, &server);
    int err = dial_once(&c, "wss", host, far.port);
    if (err) far_end_stop(&far);
    return err;
}

static void pin_of_cert(uint8_t pin[HF_SHA256_BYTES])
{
    unsigned len;
    FILE *in = fopen(cert_path, "re");
    X509 *cert = PEM_read_X509(in, NULL, NULL, NULL);
    fclose(in);
    CHECK_EQ(X509_digest(cert, EVP_sha256(), pin, &len), 1);
    X509_free(cert);
}

/* What came through the stream, waiting for it as its owner would. */
static size_t read_stream(char out[64])
{
    static uint8_t in[HF_LIMIT_READ_BYTES];
    size_t len = 0, written;
    for (enum hf_io io = HF_IO_WAIT; io == HF_IO_WAIT && len == 0;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(c.stream.fd, &set);
        CHECK_EQ(select(c.stream.fd + 1, &set, NULL, NULL, NULL), 1);
        hf_stream_flush(&c.stream, &written);
        io = hf_stream_read(&c.stream, in, sizeof in, &len);
    }
    CHECK(len < 64);
    memcpy(out, in, len);
    return len;
}

static void expect_talk(void)
{
    char text[64];
    size_t written;
    struct hf_output out = { .spans = { HF_LIT("hello") }, .count = 1, .total_bytes = 5 };
    CHECK_EQ(hf_stream_write(&c.stream, &out, &written), HF_IO_OK);
    size_t len = read_stream(text);
    CHECK_TEXT(hf_bytes(text, len), "welcome");
    hf_stream_close(&c.stream);
    far_end_stop(&far);
    CHECK_TEXT(hf_bytes_cstr(heard), "hello");
}

/* --- trust --- */

static void a_trusted_certificate_with_the_right_name_opens_a_stream(void)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1" };
    for (size_t i = 0; i < HF_COUNT(hosts); i++) {
        begin(TRUSTS_IT);
        CHECK_EQ_AT(i, dial(hosts[i]), 0);
        CHECK(c.result.has_cert_hash);
        CHECK_EQ(c.result.stage, HF_DIAL_TLS);
        expect_talk();
        end();
    }
}

static void the_name_is_told_to_the_server_but_an_address_is_not(void)
{
    static const struct {
        const char *host, *name;
    } rows[] = { { "localhost", "localhost" }, { "localhost.", "localhost" }, { "127.0.0.1", "" } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_tls *tls;
        struct hf_tls_conn *conn;
        struct hf_fault fault;
        CHECK_EQ(hf_tls_new_client(&tls, HF_TLS_TRUST_CALLER, &fault), 0);
        CHECK_EQ(hf_tls_conn_new_client(tls, rows[i].host, &conn), 0);
        struct hf_bytes sent = hf_tls_conn_pending(conn);
        CHECK(sent.ptr && sent.len > 0);
        bool has_name = memmem(sent.ptr, sent.len, "localhost", 9) != NULL;
        bool has_dot = memmem(sent.ptr, sent.len, "localhost.", 10) != NULL;
        CHECK_EQ_AT(i, has_name, rows[i].name[0] != '\0');
        CHECK_AT(i, !has_dot);
        hf_tls_conn_free(conn);
        hf_tls_free(tls);
    }
}

static void what_is_wrong_with_a_certificate_is_said(void)
{
    static const struct {
        const char *alt_names;
        long begins_in_s, ends_in_s;
        enum trust trust;
        const char *host, *text;
    } rows[] = {
        { "DNS:other.example", -3600, 3600, TRUSTS_IT, "localhost", "hostname mismatch" },
        { "DNS:*.localhost", -3600, 3600, TRUSTS_IT, "localhost", "hostname mismatch" },
        { "IP:127.0.0.2", -3600, 3600, TRUSTS_IT, "127.0.0.1", "IP address mismatch" },
        { "DNS:127.0.0.1", -3600, 3600, TRUSTS_IT, "127.0.0.1", "IP address mismatch" },
        { "DNS:localhost", -7200, -3600, TRUSTS_IT, "localhost", "certificate has expired" },
        { "DNS:localhost", 3600, 7200, TRUSTS_IT, "localhost", "certificate is not yet valid" },
        { "DNS:localhost", -3600, 3600, TRUSTS_NOBODY, "localhost", "self-signed certificate" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char print[HF_HEX_CHARS(HF_SHA256_BYTES) + 1] = "";
        uint8_t hash[HF_SHA256_BYTES];
        begin_with((struct cert_plan){ .alt_names = rows[i].alt_names,
                                       .begins_in_s = rows[i].begins_in_s,
                                       .ends_in_s = rows[i].ends_in_s },
                   rows[i].trust);
        CHECK_EQ_AT(i, dial(rows[i].host), HF_ERR_DENIED);
        CHECK_AT(i, dial_said(&c, "its certificate is not trusted: "));
        CHECK_AT(i, dial_said(&c, rows[i].text));
        CHECK_AT(i, !c.result.is_config && !c.result.is_security);
        pin_of_cert(hash);
        hf_hex_write(hf_bytes(hash, sizeof hash), print);
        CHECK_AT(i, dial_said(&c, print));
        CHECK_TEXT_AT(i, hf_bytes_cstr(heard), "");
        end();
    }
}

/* As the system keeps them: a directory of certificates under the hashes of their
 * subjects, and no file is named. */
static void a_directory_of_certificates_is_trusted(void)
{
    char link_path[SCRATCH_PATH_BYTES];
    begin(TRUSTS_NOBODY);
    FILE *in = fopen(cert_path, "re");
    X509 *cert = PEM_read_X509(in, NULL, NULL, NULL);
    fclose(in);
    snprintf(link_path, sizeof link_path, "%s/%08lx.0", scratch.dir, X509_subject_name_hash(cert));
    X509_free(cert);
    CHECK_EQ(symlink(cert_path, link_path), 0);
    unsetenv("SSL_CERT_FILE");
    CHECK_EQ(dial("localhost"), 0);
    expect_talk();
    end();
}

/* --- pins --- */

/* client-lifecycle 7.1: the pin alone decides; name, dates and issuer do not count. */
static void a_pinned_certificate_needs_no_other_trust(void)
{
    uint8_t pin[HF_SHA256_BYTES];
    begin_with((struct cert_plan){ .alt_names = "DNS:other.example",
                                   .begins_in_s = -7200,
                                   .ends_in_s = -3600 },
               TRUSTS_NOBODY);
    pin_of_cert(pin);
    c.config.pin = pin;
    CHECK_EQ(dial("localhost"), 0);
    CHECK(c.result.has_cert_hash);
    CHECK_EQ(memcmp(c.result.cert_hash, pin, sizeof pin), 0);
    expect_talk();
    end();
}

/* client-lifecycle 7.1: a distinct security fault, before any byte of HTTP; trust in the
 * certificate does not help. */
static void a_pin_that_does_not_match_is_a_security_fault(void)
{
    uint8_t pin[HF_SHA256_BYTES];
    for (size_t at = 0; at < sizeof pin; at += 31) {
        begin(TRUSTS_IT);
        pin_of_cert(pin);
        pin[at] ^= 1;
        c.config.pin = pin;
        CHECK_EQ(dial("localhost"), HF_ERR_DENIED);
        CHECK(c.result.is_security && !c.result.is_config);
        CHECK(dial_said(&c, "not the one whose fingerprint is pinned"));
        CHECK_TEXT(hf_bytes_cstr(heard), "");
        end();
    }
}

/* A server that can do without a certificate finds a client that cannot. */
static void no_certificate_is_no_match(void)
{
    uint8_t pin[HF_SHA256_BYTES];
    begin(TRUSTS_IT);
    pin_of_cert(pin);
    c.config.pin = pin;
    SSL_CTX_free(server.context);
    server.context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(server.context, TLS1_2_VERSION);
    SSL_CTX_set_security_level(server.context, 0);
    SSL_CTX_set_cipher_list(server.context, "aNULL:eNULL");
    CHECK_EQ(dial("localhost"), HF_ERR_IO);
    CHECK(dial_said(&c, "the TLS handshake failed"));
    end();
}

/* --- bad servers --- */

static void old_versions_are_refused(void)
{
    begin(TRUSTS_IT);
    SSL_CTX_set_security_level(server.context, 0);
    SSL_CTX_set_min_proto_version(server.context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(server.context, TLS1_1_VERSION);
    CHECK_EQ(dial("localhost"), HF_ERR_IO);
    CHECK(dial_said(&c, "the TLS handshake failed: "));
    CHECK(dial_said(&c, "version"));
    end();
}

static void both_newer_versions_are_spoken(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (size_t i = 0; i < HF_COUNT(versions); i++) {
        begin(TRUSTS_IT);
        SSL_CTX_set_min_proto_version(server.context, versions[i]);
        SSL_CTX_set_max_proto_version(server.context, versions[i]);
        CHECK_EQ_AT(i, dial("localhost"), 0);
        expect_talk();
        end();
    }
}

static void says_http(int fd, const void *ctx)
{
    char byte[4096];
    (void)ctx;
    if (recv(fd, byte, sizeof byte, 0) <= 0) return;
    send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
    far_end_silent(fd, NULL);
}

static void says_alert(int fd, const void *ctx)
{
    char byte[4096];
    (void)ctx;
    if (recv(fd, byte, sizeof byte, 0) <= 0) return;
    send(fd, "\x15\x03\x03\x00\x02\x02\x28", 7, MSG_NOSIGNAL); /* fatal, handshake failure */
    far_end_silent(fd, NULL);
}

static void says_warning_forever(int fd, const void *ctx)
{
    (void)ctx;
    while (send(fd, "\x15\x03\x03\x00\x02\x01\x5a", 7, MSG_NOSIGNAL) > 0) continue;
}

static void takes_hello_and_closes(int fd, const void *ctx)
{
    char byte[4096];
    (void)ctx;
    recv(fd, byte, sizeof byte, 0);
}

static void takes_hello_and_resets(int fd, const void *ctx)
{
    takes_hello_and_closes(fd, ctx);
    far_end_reset(fd);
}

static void whatever_is_no_handshake_is_named(void)
{
    static const struct {
        far_end_script script;
        const char *text;
    } rows[] = {
        { says_http, "the TLS handshake failed: wrong version number" },
        { says_alert, "the TLS handshake failed: sslv3 alert handshake failure" },
        { says_warning_forever, "the TLS handshake failed: " },
        { takes_hello_and_closes, "the TLS handshake failed: the connection was closed" },
        { takes_hello_and_resets, "the TLS handshake failed: the connection was reset" },
        { far_end_closes, "the connection was " },
        { far_end_resets, "cannot connect to " },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        begin(TRUSTS_IT);
        far_end_start(&far, AF_INET, rows[i].script, NULL);
        CHECK_EQ_AT(i, dial_once(&c, "wss", "localhost", far.port), HF_ERR_IO);
        CHECK_AT(i, dial_said(&c, rows[i].text));
        far_end_stop(&far);
        end();
    }
}

static void a_server_that_stalls_costs_the_time_that_was_given(void)
{
    begin(TRUSTS_IT);
    c.config.within = HF_MS(30);
    far_end_start(&far, AF_INET, far_end_silent, NULL);
    CHECK_EQ(dial_once(&c, "wss", "localhost", far.port), HF_ERR_TIMEOUT);
    CHECK(dial_said(&c, "it took too long"));
    far_end_stop(&far);
    end();
}

static void a_server_that_speaks_first_is_refused(void)
{
    begin(TRUSTS_IT);
    /* The last flight of this version's handshake is the server's. */
    SSL_CTX_set_max_proto_version(server.context, TLS1_2_VERSION);
    server.speaks = true;
    CHECK_EQ(dial("localhost"), HF_ERR_SYNTAX);
    CHECK(dial_said(&c, "it spoke before it was asked"));
    end();
}

static void a_handshake_may_come_byte_by_byte(void)
{
    begin(TRUSTS_IT);
    server.drips = true;
    CHECK_EQ(dial("localhost"), 0);
    expect_talk();
    end();
}

/* A cut in any place ends the dial with an error; after the last byte of the handshake
 * it may be connected, and its owner learns it from the stream. */
static void a_handshake_cut_anywhere_is_an_error(void)
{
    size_t sent = 0;
    begin(TRUSTS_IT);
    SSL_CTX_set_num_tickets(server.context, 0);
    server.sent = &sent;
    CHECK_EQ(dial("localhost"), 0);
    hf_stream_close(&c.stream);
    far_end_stop(&far);
    CHECK(sent > 200);
    server.sent = NULL;
    server.cuts = true;
    for (size_t at = 1; at < sent; at += at < 100 || at + 20 > sent ? 1 : 37) {
        server.cut_after = at;
        server.resets = at % 2 == 0;
        CHECK_EQ_AT(at, dial("localhost"), HF_ERR_IO);
        CHECK_AT(at, dial_said(&c, "the TLS handshake failed: the connection was "));
    }
    end();
}

/* --- cancelling --- */

/* client-lifecycle 60: during TLS, at whatever turn. */
static void a_handshake_can_be_cancelled_at_any_turn(void)
{
    enum { TURNS = 40 };
    begin(TRUSTS_IT);
    server.drips = true;
    far_end_start(&far, AF_INET, tls_end_serve, &server);
    size_t before = open_descriptors();
    for (unsigned turn = 0; turn < TURNS; turn++) {
        dial_start(&c, "wss", "localhost", far.port);
        dial_cancel_after(&c, turn);
        hf_stream_close(&c.stream);
    }
    far_end_stop(&far);
    CHECK_EQ(open_descriptors(), before - 1); /* the listener */
    end();
}

CHECK_MAIN(a_trusted_certificate_with_the_right_name_opens_a_stream,
           the_name_is_told_to_the_server_but_an_address_is_not,
           what_is_wrong_with_a_certificate_is_said, a_directory_of_certificates_is_trusted,
           a_pinned_certificate_needs_no_other_trust, a_pin_that_does_not_match_is_a_security_fault,
           no_certificate_is_no_match, old_versions_are_refused, both_newer_versions_are_spoken,
           whatever_is_no_handshake_is_named, a_server_that_stalls_costs_the_time_that_was_given,
           a_server_that_speaks_first_is_refused, a_handshake_may_come_byte_by_byte,
           a_handshake_cut_anywhere_is_an_error, a_handshake_can_be_cancelled_at_any_turn)
