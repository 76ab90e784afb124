/* host/tls_make.h: a pair of certificate and key of our own, for a gateway that has none.
 *
 * Self-signed, P-256, ten years, for this machine's name and loopback.  Nobody trusts it
 * by itself: clients pin its fingerprint. */
#ifndef HF_HOST_TLS_MAKE_H
#define HF_HOST_TLS_MAKE_H

#include "host/fault.h"

#include <stdbool.h>

/* Makes both files (mode 0600, their directory 0700) when neither is there; `*was_made`
 * says so.  One without the other is left as it is: HF_ERR_EXISTS.  `host_name` is put
 * beside localhost when it can stand in a certificate. */
int hf_tls_make_missing(const char *cert_path, const char *key_path, const char *host_name,
                        bool *was_made, struct hf_fault *fault);

#endif
