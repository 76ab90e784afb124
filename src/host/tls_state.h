/* host/tls_state.h: what host/tls and host/tls_client know of each other. */
#ifndef HF_HOST_TLS_STATE_H
#define HF_HOST_TLS_STATE_H

#include "host/tls.h"
#include "host/tls_bio.h"

#include <openssl/ssl.h>

struct hf_tls {
    SSL_CTX *context;
};

struct hf_tls_conn {
    struct hf_tls_pipe pipe;
    SSL *session;
    const char *why; /* the session failed: static */
    bool has_refused;
    uint8_t refused_hash[HF_SHA256_BYTES]; /* of a certificate that is not trusted */
};

/* A context with what both sides have in common; NULL: the fault says why. */
SSL_CTX *hf_tls_context_new(const SSL_METHOD *method, struct hf_fault *fault);

/* A connection over its pipe, which side it is not said yet: 0 or HF_ERR_NOMEM. */
int hf_tls_session_new(struct hf_tls *t, struct hf_tls_conn **out);

#endif
