#include "host/tls.h"
#include "base/assert.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/tls_state.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

/* Ciphertext that one pull may become: records, their overhead, and what a
 * handshake adds. */
enum { CIPHER_BYTES_MAX = 2 * HF_LIMIT_WRITE_BYTES };

/* --- contexts --- */

SSL_CTX *hf_tls_context_new(const SSL_METHOD *method, struct hf_fault *fault)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context) {
        ERR_clear_error();
        hf_fault_set(fault, HF_ERR_CRYPTO, "cannot start TLS: the library gives no context");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* Tickets keep a server's state at the client; a cache here would only grow. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

/* Nobody is there to type a pass phrase. */
static int no_pass_phrase(char *out, int cap, int for_writing, void *ctx)
{
    (void)out;
    (void)cap;
    (void)for_writing;
    (void)ctx;
    return -1;
}

static int tell(struct hf_fault *fault, const char *what, const char *path)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return hf_fault_set(fault, HF_ERR_CRYPTO, "cannot use TLS %s %s: %s", what, path,
                        reason ? reason : "unknown reason");
}

static int load_pair(SSL_CTX *context, const char *cert_path, const char *key_path,
                     struct hf_fault *fault)
{
    ERR_clear_error();
    if (access(cert_path, R_OK) != 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot read TLS certificate %s: %s",
                            cert_path, strerror(errno));
    if (access(key_path, R_OK) != 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot read TLS key %s: %s", key_path,
                            strerror(errno));
    if (SSL_CTX_use_certificate_chain_file(context, cert_path) != 1)
        return tell(fault, "certificate", cert_path);
    if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1)
        return tell(fault, "key", key_path);
    return 0;
}

static SSL_CTX *new_context(const char *cert_path, const char *key_path, struct hf_fault *fault)
{
    SSL_CTX *context = hf_tls_context_new(TLS_server_method(), fault);
    if (!context) return NULL;
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    if (load_pair(context, cert_path, key_path, fault) == 0) return context;
    SSL_CTX_free(context);
    return NULL;
}

int hf_tls_new(struct hf_tls **out, const char *cert_path, const char *key_path,
               struct hf_fault *fault)
{
    struct hf_tls *t = hf_mem_zero(1, sizeof *t);
    if (!t) return hf_fault_set(fault, HF_ERR_NOMEM, "cannot start TLS: out of memory");
    t->context = new_context(cert_path, key_path, fault);
    if (!t->context) {
        hf_mem_free(t);
        return fault->err;
    }
    *out = t;
    return 0;
}

void hf_tls_free(struct hf_tls *t)
{
    if (!t) return;
    SSL_CTX_free(t->context);
    hf_mem_free(t);
}

int hf_tls_reload(struct hf_tls *t, const char *cert_path, const char *key_path,
                  struct hf_fault *fault)
{
    SSL_CTX *fresh = new_context(cert_path, key_path, fault);
    if (!fresh) return fault->err;
    /* Connections hold a reference of their own to what they began with. */
    SSL_CTX_free(t->context);
    t->context = fresh;
    return 0;
}

/* --- connections --- */

int hf_tls_session_new(struct hf_tls *t, struct hf_tls_conn **out)
{
    struct hf_tls_conn *c = hf_mem_zero(1, sizeof *c);
    if (!c) return HF_ERR_NOMEM;
    hf_buf_init(&c->pipe.out, CIPHER_BYTES_MAX);
    c->session = SSL_new(t->context);
    BIO *bio = c->session ? hf_tls_bio_new(&c->pipe) : NULL;
    if (!bio) {
        hf_tls_conn_free(c);
        return HF_ERR_NOMEM;
    }
    SSL_set_bio(c->session, bio, bio);
    *out = c;
    return 0;
}

int hf_tls_conn_new(struct hf_tls *t, struct hf_tls_conn **out)
{
    int err = hf_tls_session_new(t, out);
    if (!err) SSL_set_accept_state((*out)->session);
    return err;
}

void hf_tls_conn_free(struct hf_tls_conn *c)
{
    if (!c) return;
    SSL_free(c->session);
    hf_buf_fini(&c->pipe.out);
    hf_mem_free(c);
}

static void note_failure(struct hf_tls_conn *c)
{
    c->why = ERR_reason_error_string(ERR_peek_error());
    if (!c->why) c->why = "the session ended without a goodbye";
    ERR_clear_error();
}

static int read_records(struct hf_tls_conn *c, uint8_t *out, size_t cap, size_t *len)
{
    for (*len = 0; *len < cap;) {
        size_t got = 0;
        ERR_clear_error();
        int done = SSL_read_ex(c->session, out + *len, cap - *len, &got);
        *len += got;
        if (done == 1) continue;
        switch (SSL_get_error(c->session, done)) {
        case SSL_ERROR_WANT_READ:
            return 0;
        case SSL_ERROR_ZERO_RETURN:
            return HF_ERR_CLOSED;
        default:
            note_failure(c);
            return HF_ERR_SYNTAX;
        }
    }
    return 0;
}

int hf_tls_conn_read(struct hf_tls_conn *c, struct hf_bytes in, uint8_t *out, size_t cap,
                     size_t *len)
{
    c->pipe.in = in;
    int err = read_records(c, out, cap, len);
    HF_ASSERT(err || c->pipe.in.len == 0);
    c->pipe.in = HF_EMPTY;
    return err;
}

int hf_tls_conn_write(struct hf_tls_conn *c, struct hf_bytes plain)
{
    size_t done = 0;
    if (!hf_tls_conn_is_open(c)) return HF_ERR_STATE;
    if (plain.len == 0) return 0;
    ERR_clear_error();
    if (SSL_write_ex(c->session, plain.ptr, plain.len, &done) == 1 && done == plain.len) return 0;
    ERR_clear_error();
    return HF_ERR_SYNTAX;
}

void hf_tls_conn_end(struct hf_tls_conn *c)
{
    ERR_clear_error();
    if (hf_tls_conn_is_open(c)) SSL_shutdown(c->session);
    ERR_clear_error();
}

struct hf_bytes hf_tls_conn_pending(struct hf_tls_conn *c)
{
    return hf_buf_view(&c->pipe.out);
}

void hf_tls_conn_sent(struct hf_tls_conn *c, size_t bytes)
{
    hf_buf_take(&c->pipe.out, bytes);
    if (c->pipe.out.len == 0) hf_buf_reset(&c->pipe.out, 0);
}

bool hf_tls_conn_is_open(const struct hf_tls_conn *c)
{
    return SSL_is_init_finished(c->session);
}
