/* host/tls.h: TLS over memory buffers.
 *
 * A server's context is one loaded pair of certificate and key; connections hold the
 * one they began with, so a reload changes only new ones.  A client's context says
 * whom it trusts.  TLS 1.2 at least, session tickets, no renegotiation.  The library
 * is set up with the first context. */
#ifndef HF_HOST_TLS_H
#define HF_HOST_TLS_H

#include "base/buf.h"
#include "base/crypto.h"
#include "host/fault.h"

struct hf_tls;
struct hf_tls_conn;

/* Reads the pair: 0, or a code whose fault names the file and what is wrong with it. */
int hf_tls_new(struct hf_tls **out, const char *cert_path, const char *key_path,
               struct hf_fault *fault);
void hf_tls_free(struct hf_tls *t); /* NULL is fine; connections may outlive it */

/* Reads the pair again.  On failure the old one stays in use and the fault says why. */
int hf_tls_reload(struct hf_tls *t, const char *cert_path, const char *key_path,
                  struct hf_fault *fault);

enum hf_tls_trust {
    HF_TLS_TRUST_SYSTEM, /* a chain to a root of the system's, valid now, with the host's name */
    HF_TLS_TRUST_CALLER, /* any certificate: the caller compares its hash */
};

/* A client's context: 0, HF_ERR_NOMEM or HF_ERR_CRYPTO.  SSL_CERT_FILE and SSL_CERT_DIR
 * count where the system's trust does. */
int hf_tls_new_client(struct hf_tls **out, enum hf_tls_trust trust, struct hf_fault *fault);

int hf_tls_conn_new(struct hf_tls *t, struct hf_tls_conn **out); /* HF_ERR_NOMEM */

/* A client's side of a session with `host`, a name (sent as SNI) or an address; its
 * first message waits to be sent.  0, HF_ERR_NOMEM, or HF_ERR_SYNTAX: no certificate
 * can carry such a name. */
int hf_tls_conn_new_client(struct hf_tls *t, const char *host, struct hf_tls_conn **out);

void hf_tls_conn_free(struct hf_tls_conn *c);

/* Ciphertext from the peer in, plain text out: 0 and `*len` (0 when a record is not
 * complete), HF_ERR_CLOSED after the peer's close_notify, HF_ERR_SYNTAX when the
 * session failed (an alert may wait to be sent).  `cap` is `in.len` plus one record. */
int hf_tls_conn_read(struct hf_tls_conn *c, struct hf_bytes in, uint8_t *out, size_t cap,
                     size_t *len);

/* Encrypts all of `plain`: 0, HF_ERR_STATE before the handshake is done, or
 * HF_ERR_SYNTAX. */
int hf_tls_conn_write(struct hf_tls_conn *c, struct hf_bytes plain);

void hf_tls_conn_end(struct hf_tls_conn *c); /* a close_notify to send */

/* Ciphertext that waits for the socket, borrowed; `sent` removes its head. */
struct hf_bytes hf_tls_conn_pending(struct hf_tls_conn *c);
void hf_tls_conn_sent(struct hf_tls_conn *c, size_t bytes);

bool hf_tls_conn_is_open(const struct hf_tls_conn *c); /* the handshake is done */

/* Why the session failed, in the library's words: "certificate has expired".  Static, or
 * NULL when it did not. */
const char *hf_tls_conn_why(const struct hf_tls_conn *c);

/* Whether it failed because the peer's certificate is not trusted. */
bool hf_tls_conn_is_distrusted(const struct hf_tls_conn *c);

/* SHA-256 of the certificate that the peer showed, trusted or not; false: none. */
bool hf_tls_conn_peer_hash(const struct hf_tls_conn *c, uint8_t out[HF_SHA256_BYTES]);

#endif
