/* The client's side: whom it trusts, and what it learns about the peer. */
#include "base/mem.h"
#include "host/tls_state.h"
#include "wire/net_address.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { NAME_BYTES = 256, HASH_CHARS = 8 };

static bool hash_of(const X509 *cert, uint8_t out[HF_SHA256_BYTES])
{
    unsigned len = 0;
    return cert && X509_digest(cert, EVP_sha256(), out, &len) == 1 && len == HF_SHA256_BYTES;
}

/* A certificate that is refused is not kept by the session. */
static int on_verified(int is_ok, X509_STORE_CTX *chain)
{
    SSL *session = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct hf_tls_conn *c = SSL_get_app_data(session);
    if (SSL_get_verify_mode(session) == SSL_VERIFY_NONE) return 1;
    if (!is_ok) c->has_refused = hash_of(X509_STORE_CTX_get0_cert(chain), c->refused_hash);
    return is_ok;
}

static int no_trust(struct hf_fault *fault)
{
    ERR_clear_error();
    return hf_fault_set(fault, HF_ERR_CRYPTO, "cannot find the certificates this system trusts");
}

/* "12ab34cd.0": a certificate under the hash of its subject, found without reading the
 * others. */
static bool is_hash_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == HASH_CHARS && strcmp(name + HASH_CHARS, ".0") == 0;
}

static bool has_hash_names(const char *path)
{
    bool is_found = false;
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && !is_found && (entry = readdir(dir)) != NULL;)
        is_found = is_hash_name(entry->d_name);
    if (dir) closedir(dir);
    return is_found;
}

/* The one large file of all roots takes 30 ms to read: a directory in which they are
 * found one by one is preferred, unless somebody names a file. */
static bool trust_system(SSL_CTX *context)
{
    const char *dir = getenv(X509_get_default_cert_dir_env());
    bool has_file = getenv(X509_get_default_cert_file_env()) != NULL;
    if (has_file || !has_hash_names(dir ? dir : X509_get_default_cert_dir()))
        return SSL_CTX_set_default_verify_paths(context) == 1;
    return SSL_CTX_set_default_verify_dir(context) == 1;
}

int hf_tls_new_client(struct hf_tls **out, enum hf_tls_trust trust, struct hf_fault *fault)
{
    struct hf_tls *t = hf_mem_zero(1, sizeof *t);
    if (!t) return hf_fault_set(fault, HF_ERR_NOMEM, "cannot start TLS: out of memory");
    int err = 0;
    t->context = hf_tls_context_new(TLS_client_method(), fault);
    if (!t->context) err = fault->err;
    if (!err && trust == HF_TLS_TRUST_SYSTEM && !trust_system(t->context)) err = no_trust(fault);
    if (err) {
        hf_tls_free(t);
        return err;
    }
    SSL_CTX_set_verify(t->context, trust == HF_TLS_TRUST_SYSTEM ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       on_verified);
    *out = t;
    return 0;
}

/* Tells the session whom it talks to. */
static bool set_peer(SSL *session, const char *host)
{
    struct hf_net_address address;
    X509_VERIFY_PARAM *wanted = SSL_get0_param(session);
    if (hf_net_address_read(hf_bytes_cstr(host), &address)) {
        size_t skip = hf_net_is_v4(&address) ? HF_NET_ADDRESS_BYTES - 4 : 0;
        return X509_VERIFY_PARAM_set1_ip(wanted, address.bytes + skip,
                                         HF_NET_ADDRESS_BYTES - skip) == 1;
    }
    /* The dot that makes a name absolute is the resolver's, not the certificate's. */
    char name[NAME_BYTES];
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.') len--;
    if (len == 0 || len >= sizeof name) return false;
    memcpy(name, host, len);
    name[len] = '\0';
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(wanted, name, len) == 1 &&
           SSL_set_tlsext_host_name(session, name) == 1;
}

int hf_tls_conn_new_client(struct hf_tls *t, const char *host, struct hf_tls_conn **out)
{
    struct hf_tls_conn *c;
    int err = hf_tls_session_new(t, &c);
    if (err) return err;
    SSL_set_connect_state(c->session);
    SSL_set_app_data(c->session, c);
    ERR_clear_error();
    if (!set_peer(c->session, host)) {
        ERR_clear_error();
        hf_tls_conn_free(c);
        return HF_ERR_SYNTAX;
    }
    SSL_do_handshake(c->session); /* it cannot end before the peer has answered */
    ERR_clear_error();
    if (hf_buf_done(&c->pipe.out) != 0 || c->pipe.out.len == 0) {
        hf_tls_conn_free(c);
        return HF_ERR_NOMEM;
    }
    *out = c;
    return 0;
}

bool hf_tls_conn_is_distrusted(const struct hf_tls_conn *c)
{
    return c->why && SSL_get_verify_result(c->session) != X509_V_OK &&
           SSL_get_verify_mode(c->session) != SSL_VERIFY_NONE;
}

const char *hf_tls_conn_why(const struct hf_tls_conn *c)
{
    return hf_tls_conn_is_distrusted(c)
               ? X509_verify_cert_error_string(SSL_get_verify_result(c->session))
               : c->why;
}

bool hf_tls_conn_peer_hash(const struct hf_tls_conn *c, uint8_t out[HF_SHA256_BYTES])
{
    if (!c->has_refused) return hash_of(SSL_get0_peer_certificate(c->session), out);
    memcpy(out, c->refused_hash, sizeof c->refused_hash);
    return true;
}
