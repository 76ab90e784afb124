/* core/endpoint.h: how far a gateway's address may be trusted.
 *
 * spec/client-lifecycle.md 6.3 and 7.1, by the name alone: nothing is resolved. */
#ifndef HF_CORE_ENDPOINT_H
#define HF_CORE_ENDPOINT_H

#include "base/bytes.h"

enum { HF_FINGERPRINT_BYTES = 32 }; /* SHA-256 of the certificate */

struct hf_endpoint {
    struct hf_bytes host; /* without brackets */
    bool is_tls;
    bool allows_plain;           /* OPENCLAW_ALLOW_INSECURE_PRIVATE_WS=1 */
    bool has_headers;            /* edge-auth headers are sent with the upgrade */
    struct hf_bytes fingerprint; /* of the certificate, as text; empty: none is pinned */
};

/* 64 hexadecimal digits, or 32 pairs of them with colons, behind an optional
 * "sha256:" (spec/client-lifecycle.md 7.1): true and the bytes. */
bool hf_endpoint_fingerprint_read(struct hf_bytes text, uint8_t out[HF_FINGERPRINT_BYTES]);

/* Why a client may not connect like this, for people; NULL when it may (7.1).  Static. */
const char *hf_endpoint_fault(const struct hf_endpoint *e);

/* Whether a stronger secret may be offered there: loopback, or TLS with a pinned
 * certificate (6.3). */
bool hf_endpoint_is_trusted(const struct hf_endpoint *e);

#endif
