/* core/link/refusal.h: what an error that answered `connect` means for the next attempt.
 *
 * spec/client-lifecycle.md 7.2 item 1, 7.3 and spec/startup-retry.md 3.1.  Codes
 * and members decide; the message never does.  Pure and constant. */
#ifndef HF_CORE_LINK_REFUSAL_H
#define HF_CORE_LINK_REFUSAL_H

#include "base/bytes.h"

/* The facts of an error that count.  Borrowed; empty spans for what was not sent. */
struct hf_refusal {
    struct hf_bytes code;      /* "UNAVAILABLE" */
    struct hf_bytes detail;    /* details.code */
    struct hf_bytes reason;    /* details.reason */
    struct hf_bytes next_step; /* details.recommendedNextStep */
    bool is_retryable;         /* `retryable` is true */
    bool keeps_trying;         /* details.pauseReconnect is false */
    bool advises_device_token; /* details.canRetryWithDeviceToken is true */
    bool names_auth_field;     /* an optional member of `auth` is not known there */
    bool has_retry_after;      /* `retryAfterMs` is a number */
    double retry_after_ms;     /* as sent */
};

enum hf_refusal_kind {
    HF_REFUSAL_STARTING,           /* the gateway is starting: wait for its hint, silently */
    HF_REFUSAL_RETRY,              /* a failure like others */
    HF_REFUSAL_WILL_PASS,          /* the same, but the server says that waiting helps */
    HF_REFUSAL_PAUSE,              /* waiting does not help */
    HF_REFUSAL_RATE_LIMITED,       /* a pause that ends by itself */
    HF_REFUSAL_PAIRING,            /* somebody must approve this device */
    HF_REFUSAL_WRONG_TOKEN,        /* a pause unless a stored device token may be tried */
    HF_REFUSAL_WRONG_DEVICE_TOKEN, /* a pause; the stored token of this role is void */
    HF_REFUSAL_DEVICE_AUTH,        /* retried, but three of one kind in a row pause */
    HF_REFUSAL_SIGNATURE,          /* the same; the older text for signatures may help */
    HF_REFUSAL_VERSION,            /* a pause, unless another version may be offered */
    HF_REFUSAL_AUTH_FIELD,         /* works without that field */
};

enum hf_refusal_kind hf_refusal_judge(const struct hf_refusal *r);

#endif
