/* host/tls.h: TLS on the server's side, over memory buffers.
 *
 * A context is one loaded pair of certificate and key; connections hold the one
 * they began with, so a reload changes only new ones.  TLS 1.2 at least, session
 * tickets, no renegotiation.  The library is set up at the first load. */
#ifndef HF_HOST_TLS_H
#define HF_HOST_TLS_H

#include "base/buf.h"
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

int hf_tls_conn_new(struct hf_tls *t, struct hf_tls_conn **out); /* HF_ERR_NOMEM */
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

#endif
