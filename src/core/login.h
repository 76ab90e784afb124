/* core/login.h: may this client come in, as whom, with which scopes?
 *
 * The whole decision about a `connect` whose parameters are well-formed, in the
 * order of protocol/wire.md section 3 "Order of checks": protocol, role, browser
 * origin, device (presence, id, time, nonce, signature), shared secret or device
 * token, pairing, hello.  Texts and details are those of the traces.  Whether
 * anybody is let in at all now was asked before: core/stage.
 *
 * Pure and without memory of its own: everything comes in by value, and the same
 * input gives the same answer.  What must be changed elsewhere is told:
 *
 *   HF_LOGIN_HELLO    let it in; if `is_paired`, tell core/devices it was seen
 *   HF_LOGIN_REFUSED  answer the error, then close with close_code and reason
 *   HF_LOGIN_PAIR     ask core/devices with `ask` (ask_silent when `is_silent`):
 *                     DONE   hf_login_refuse_pairing with the plan's request id
 *                     WRITE, WAIT   judge again once the device is settled: it is
 *                            let in now, or its request is filed (DONE)
 *                     FULL, NOMEM, or the write failed   hf_login_refuse_store
 *   has_wrong_secret  in any case: tell core/lockout, and answer when it says
 *
 * The rule for who keeps the scopes they ask for (names that do not exist are
 * never granted):
 *   - a paired device: what its role was approved for, and all it asks for must
 *     be within, else the login fails;
 *   - whom a trusted proxy names, without a device: none, the Control UI included;
 *   - without a device: only `cli`/`cli` and `gateway-client`/`backend`, over direct
 *     loopback, without an Origin, with the shared secret (or auth none), and not
 *     when policy.is_strict.  Everybody else without a device comes in with none. */
#ifndef HF_CORE_LOGIN_H
#define HF_CORE_LOGIN_H

#include "base/device.h"
#include "base/time.h"
#include "wire/http_fields.h"
#include "wire/schema/connect.h"
#include "wire/schema/details.h"
#include "wire/schema/error.h"

/* `signedAt` may differ so much from the challenge's `ts`, in both directions and
 * inclusive.  Against the challenge and not the clock, so that a clock that is set
 * between the two refuses nobody; how old a challenge may be is the handshake
 * deadline's business. */
#define HF_LOGIN_SKEW_MS INT64_C(120000)

enum { HF_LOGIN_REASON_BYTES = 96 };

enum hf_auth_mode { HF_AUTH_NONE, HF_AUTH_TOKEN, HF_AUTH_PASSWORD, HF_AUTH_TRUSTED_PROXY };

/* gateway.auth.trustedProxy: an identity-aware proxy says who connects. */
struct hf_proxy_policy {
    struct hf_bytes user_header;     /* names the user; not empty in TRUSTED_PROXY */
    const struct hf_bytes *required; /* headers that must stand beside it */
    size_t required_count;
    const struct hf_bytes *users; /* who may come; none: everybody whom it names */
    size_t user_count;
    const struct hf_bytes *networks; /* where it stands, as text: for the change of it */
    size_t network_count;
    bool allows_loopback; /* it may stand on this machine */
};

/* From configuration; borrowed while logins are judged. */
struct hf_login_policy {
    enum hf_auth_mode mode;
    struct hf_bytes secret;       /* the token or password; not empty with TOKEN and PASSWORD */
    struct hf_proxy_policy proxy; /* with TRUSTED_PROXY, where `secret` is a local password */
    struct hf_bytes state_key;    /* 32 bytes; device tokens and recovery scopes derive from it */
    const struct hf_bytes *allowed_origins; /* "https://host:port", or "*" */
    size_t allowed_origin_count;
    bool allows_host_origin; /* any Origin that equals Host is accepted (dangerous) */
    bool is_strict;          /* no self-declared scopes without a device */
    bool approves_local;     /* silent approval over direct loopback; default true */

    /* Made by hf_login_policy_derive, so that no login has to. */
    uint8_t secret_digest[HF_SHA256_BYTES];
    uint8_t digest[HF_SHA256_BYTES];                        /* of what a client had to show */
    char secret_scope[HF_BASE64URL_CHARS(HF_SHA256_BYTES)]; /* recovery scope of the secret */
};

/* Completes a policy whose other fields are set; again when they change. */
void hf_login_policy_derive(struct hf_login_policy *policy);

/* Whether who came in by `method` under the policy `before` may stay under `after`: a
 * device token is its own, everybody else knew the secret (or that none was asked for)
 * and must know the new one.  Both are derived; other spans of `before` may be gone. */
bool hf_login_policy_keeps(const struct hf_login_policy *before,
                           const struct hf_login_policy *after, struct hf_bytes method);

/* --- who does the proxy say it is? --- */

enum hf_proxy_verdict {
    HF_PROXY_NOT_ASKED, /* the mode is another one */
    HF_PROXY_NAMED,
    HF_PROXY_UNTRUSTED,    /* the peer is no trusted proxy */
    HF_PROXY_LOOPBACK,     /* it stands on this machine, which was not allowed */
    HF_PROXY_OWN_ADDRESS,  /* the same, by another address of this machine */
    HF_PROXY_NO_HEADER,    /* a required header is not there once */
    HF_PROXY_NO_USER,      /* the user's header is not */
    HF_PROXY_OTHER_USER,   /* not one of those who may come */
    HF_PROXY_UNATTRIBUTED, /* it did not say for which client it speaks */
};

struct hf_proxy_peer { /* the TCP peer of the upgrade */
    bool is_trusted, is_loopback, is_own_address;
    bool is_attributed; /* a forwarding header named the client behind it */
};

struct hf_proxy_identity {
    enum hf_proxy_verdict verdict;
    struct hf_bytes user;   /* NAMED; in the fields */
    struct hf_bytes header; /* NO_HEADER: which one; in the policy */
};

struct hf_proxy_identity hf_login_proxy(const struct hf_login_policy *policy,
                                        const struct hf_proxy_peer *peer,
                                        const struct hf_http_fields *fields);

/* Where the connection comes from. */
struct hf_login_peer {
    bool is_direct_local;      /* loopback and nobody in between */
    struct hf_bytes remote_ip; /* the client's address as text; empty when direct local */
    bool has_origin;
    struct hf_bytes origin, host; /* request headers */
    struct hf_proxy_identity proxy;
};

struct hf_login_input {
    const struct hf_connect *connect;
    const struct hf_login_peer *peer;
    const struct hf_login_policy *policy;
    struct hf_bytes nonce;          /* of the challenge */
    int64_t challenge_ms;           /* its `ts` */
    const struct hf_device *device; /* the row of connect->device.id, or NULL */
    hf_span address_locked_for;     /* hf_lockout_left of the address, 0: free */
    hf_span device_locked_for;      /* hf_lockout_left of the device, 0: free */
};

enum hf_login_act { HF_LOGIN_HELLO, HF_LOGIN_REFUSED, HF_LOGIN_PAIR };

enum hf_pairing_reason {
    HF_PAIRING_NOT_PAIRED,
    HF_PAIRING_ROLE_UPGRADE,
    HF_PAIRING_SCOPE_UPGRADE,
    HF_PAIRING_METADATA_UPGRADE
};

/* Spans point into the input, into static text or into the outcome itself: valid
 * while both live, and the outcome is not copied. */
struct hf_login_outcome {
    enum hf_login_act act;

    /* HELLO: hello-ok.auth */
    enum hf_role role;
    hf_scopes scopes;
    struct hf_bytes scope_names[HF_LIMIT_SCOPES]; /* in the order asked for, no doubles */
    size_t scope_count;
    const char *method; /* "token", "password", "device-token", "trusted-proxy", "none" */
    bool is_paired;     /* `ask` tells core/devices what was seen */
    bool has_device_token;
    char device_token[HF_DEVICE_TOKEN_CHARS];
    int64_t issued_at_ms;            /* with device_token */
    bool recovery_migration_allowed; /* with device_token */
    bool has_recovery_scope;
    char recovery_scope[HF_BASE64URL_CHARS(HF_SHA256_BYTES)];

    /* PAIR */
    enum hf_pairing_reason reason;
    bool is_silent;
    struct hf_pairing_ask ask;

    /* REFUSED */
    enum hf_code code;
    struct hf_bytes message;
    struct hf_details details;
    bool is_retryable;
    int64_t retry_after_ms; /* 0: not said */
    uint16_t close_code;
    char close_reason[HF_LIMIT_CLOSE_REASON_BYTES];
    size_t close_reason_len;
    const char *cause; /* for the log: "unauthorized", "pairing-required", ... */
    char auth_reason[HF_LOGIN_REASON_BYTES]; /* what `details` says, when it is composed */
    struct hf_bytes roles_text[HF_ROLES];    /* what `details` lists */
    struct hf_bytes scopes_text[HF_SCOPE_COUNT];

    /* Always */
    bool has_wrong_secret;
    bool is_proven; /* the wrong secret counts for the device, not for the address */
    uint8_t wrong_digest[HF_SHA256_BYTES];
};

/* Judges: 0 and the outcome, or HF_ERR_NOMEM (answer as hf_login_refuse_store). */
int hf_login_judge(const struct hf_login_input *in, struct hf_login_outcome *out);

/* After HF_LOGIN_PAIR, with the outcome that said so: PAIRING_REQUIRED and the id of
 * the pending request (36 characters, borrowed as the input is). */
void hf_login_refuse_pairing(const struct hf_login_input *in, struct hf_bytes request_id,
                             struct hf_login_outcome *out);

/* After HF_LOGIN_PAIR that core/devices or the store could not carry out: UNAVAILABLE.
 * `err` is HF_ERR_LIMIT when HF_LIMIT_DEVICES is full, else why the write failed. */
void hf_login_refuse_store(int err, struct hf_login_outcome *out);

#endif
