/* wire/schema/greeting.h: what a server says to a client that logs in.
 *
 * protocol/wire.md sections 3-5 as a client reads them: the challenge, hello-ok and
 * the error of a response.  Members that we do not know are ignored.  Spans lie in
 * the text that was read; a name that is written with escapes counts as absent. */
#ifndef HF_WIRE_SCHEMA_GREETING_H
#define HF_WIRE_SCHEMA_GREETING_H

#include "base/bytes.h"

struct hf_challenge {
    struct hf_bytes nonce; /* trimmed; empty when there is none */
    bool has_ts;           /* an integer >= 0 that a double holds exactly */
    int64_t ts_ms;
};

/* The payload of `connect.challenge`; anything may be missing. */
void hf_challenge_read(struct hf_bytes payload, struct hf_challenge *out);

struct hf_greeting {
    int64_t protocol;
    struct hf_bytes server_version, conn_id;
    struct hf_bytes methods, events, capabilities; /* JSON arrays, or empty */
    struct hf_bytes policy;                        /* JSON object, or empty */
    struct hf_bytes role, device_token;
    struct hf_bytes scopes;        /* JSON array, or empty */
    struct hf_bytes device_tokens; /* of other roles: JSON array, or empty */
    int64_t tick_ms;               /* > 0 */
    int64_t max_payload, max_buffered;
};

/* The payload of the answer to `connect`: 0, or HF_ERR_TYPE when it is no hello-ok.
 * A policy that is not there has the protocol's defaults. */
int hf_greeting_read(struct hf_bytes payload, struct hf_greeting *out);

/* One of `device_tokens`; false when a member is not there. */
struct hf_device_token {
    struct hf_bytes role, token;
    struct hf_bytes scopes; /* JSON array, or empty */
};
bool hf_device_token_read(struct hf_bytes value, struct hf_device_token *out);

/* Whether a JSON array of strings holds `name`. */
bool hf_greeting_lists(struct hf_bytes array, struct hf_bytes name);

struct hf_error_seen {
    struct hf_bytes code;                                  /* "UNAVAILABLE" */
    struct hf_bytes message;                               /* a JSON string */
    struct hf_bytes details;                               /* JSON, or empty */
    struct hf_bytes detail, reason, next_step, request_id; /* members of details */
    bool retryable, is_pause_denied, advises_device_token;
    bool names_auth_field; /* an optional member of connect's `auth` is not known there */
    bool has_retry_after;
    double retry_after_ms;
};

/* The error of a response: 0, or HF_ERR_TYPE when code or message is not there or
 * a member has another type (such a response is ignored, client-lifecycle.md 9).
 * A retryAfterMs that is no number counts as absent (startup-retry.md 3.2). */
int hf_error_read(struct hf_bytes error, struct hf_error_seen *out);

/* The body of an HTTP answer as an error: the object itself or its member `error`,
 * whose `type` counts where there is no `code`.  0, or HF_ERR_TYPE. */
int hf_error_read_body(struct hf_bytes body, struct hf_error_seen *out);

#endif
