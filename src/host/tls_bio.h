/* host/tls_bio.h: lets the TLS library read from a span and write into a buffer.
 *
 * Its own memory BIOs copy what they are given and keep their largest size for
 * ever; these keep nothing between calls. */
#ifndef HF_HOST_TLS_BIO_H
#define HF_HOST_TLS_BIO_H

#include "base/buf.h"

#include <openssl/bio.h>

struct hf_tls_pipe {
    struct hf_bytes in; /* ciphertext of this call; borrowed */
    struct hf_buf out;  /* ciphertext to send */
};

/* A BIO over the pipe, which must outlive it; NULL without memory. */
BIO *hf_tls_bio_new(struct hf_tls_pipe *pipe);

#endif
