/* core/credentials.h: which secrets a login sends.
 *
 * The table of spec/client-lifecycle.md 6.3.  Everything is borrowed; an empty span
 * is a secret that is not there.  Pure. */
#ifndef HF_CORE_CREDENTIALS_H
#define HF_CORE_CREDENTIALS_H

#include "base/bytes.h"

struct hf_credentials {
    struct hf_bytes token, password, bootstrap_token;
    struct hf_bytes device_token;        /* given by the application */
    struct hf_bytes stored_device_token; /* of an earlier login, for this role */
    bool prefers_bootstrap;
    bool is_trusted; /* loopback, or TLS with a pinned certificate */
};

struct hf_credential_choice {
    struct hf_bytes token, device_token, bootstrap_token, password;
    bool uses_stored; /* the stored device token decides: its scopes are asked for */
};

/* `retries_with_device_token`: the one retry of 7.5 is under way. */
struct hf_credential_choice hf_credentials_choose(const struct hf_credentials *c,
                                                  bool retries_with_device_token);

/* Whether that retry would send anything new (7.5). */
bool hf_credentials_may_retry(const struct hf_credentials *c);

/* Whether a login without the stored device token would send another secret, to a
 * place that may see it (7.5). */
bool hf_credentials_may_go_without(const struct hf_credentials *c);

#endif
