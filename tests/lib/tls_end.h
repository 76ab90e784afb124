/* lib/tls_end.h: a TLS server as a far end, whose bytes can be cut, dripped and reset. */
#ifndef HF_LIB_TLS_END_H
#define HF_LIB_TLS_END_H

#include "lib/cert.h"
#include "lib/far_end.h"
#include "lib/scratch.h"

#include <netinet/tcp.h>
#include <openssl/ssl.h>

struct tls_end {
    SSL_CTX *context;
    bool drips;  /* a byte at a time */
    bool cuts;   /* after `cut_after` bytes of ours ... */
    bool resets; /* ... with a reset, else with a FIN */
    bool speaks; /* says something right behind the handshake */
    size_t cut_after;
    size_t *sent; /* how many bytes of ours have left; may be NULL */
    char *heard;  /* what the client sent in plain text, 64 bytes; may be NULL */
};

/* Sends what waits: false once the connection is to be cut, or gone. */
static inline bool tls_end_flush(const struct tls_end *t, int fd, BIO *out, size_t *left)
{
    char bytes[16384];
    int len;
    while ((len = BIO_read(out, bytes, t->drips ? 1 : (int)sizeof bytes)) > 0) {
        size_t part = t->cuts && (size_t)len > *left ? *left : (size_t)len;
        if (part > 0 && send(fd, bytes, part, MSG_NOSIGNAL) < 0) return false;
        if (t->sent) *t->sent += part;
        *left -= t->cuts ? part : 0;
        if (t->cuts && *left == 0) {
            if (t->resets) far_end_reset(fd);
            return false;
        }
    }
    return true;
}

/* Answers each "hello" with "welcome". */
static inline void tls_end_talk(const struct tls_end *t, SSL *session)
{
    char text[64];
    int len;
    while ((len = SSL_read(session, text, sizeof text)) > 0) {
        if (t->heard) snprintf(t->heard, 64, "%.*s", len, text);
        SSL_write(session, "welcome", 7);
    }
}

static inline void tls_end_serve(int fd, const void *ctx)
{
    const struct tls_end *t = ctx;
    char bytes[16384];
    int on = 1;
    bool has_spoken = false;
    size_t left = t->cut_after;
    SSL *session = SSL_new(t->context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(session, in, out);
    SSL_set_accept_state(session);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (ssize_t len; (len = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        BIO_write(in, bytes, (int)len);
        if (!SSL_is_init_finished(session)) SSL_do_handshake(session);
        if (SSL_is_init_finished(session)) {
            if (t->speaks && !has_spoken) SSL_write(session, "welcome", 7);
            has_spoken = true;
            tls_end_talk(t, session);
        }
        if (!tls_end_flush(t, fd, out, &left)) break;
    }
    SSL_free(session);
}

/* The context of a server with the pair that the plan made. */
static inline void tls_end_init(struct tls_end *t, const struct cert_plan *plan)
{
    *t = (struct tls_end){ .context = SSL_CTX_new(TLS_server_method()) };
    CHECK_EQ(SSL_CTX_use_certificate_file(t->context, plan->cert_path, SSL_FILETYPE_PEM), 1);
    CHECK_EQ(SSL_CTX_use_PrivateKey_file(t->context, plan->key_path, SSL_FILETYPE_PEM), 1);
}

#endif
