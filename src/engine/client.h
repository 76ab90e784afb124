/* engine/client.h: one client of a gateway as a pure machine.
 *
 * Keeps one connection alive over core/link: upgrade, challenge, connect, requests
 * with deadlines, events, close.  Takes events and the time, returns actions, owns
 * no socket and reads no clock (port/client.h).  Bounded by base/limits.h. */
#ifndef HF_ENGINE_CLIENT_H
#define HF_ENGINE_CLIENT_H

#include "base/crypto.h"
#include "core/credentials.h"
#include "core/link.h"
#include "port/action.h"
#include "port/client.h"
#include "wire/schema/connect.h"
#include "wire/url.h"

struct hf_client;

/* Everything it leads to is borrowed for the life of the client. */
struct hf_client_config {
    uint8_t seed[HF_RNG_SEED_BYTES];
    struct hf_link_limits link;
    struct hf_url url;
    /* Versions, client, role, scopes, capabilities: all of the connect request but
     * its secrets and its device. */
    struct hf_connect connect;
    struct hf_credentials credentials;
    bool has_device;
    uint8_t device_secret[HF_ED25519_KEY_BYTES]; /* Ed25519 */
    hf_span call_within;                         /* deadline of a call that names none */
};

/* 0 or HF_ERR_NOMEM.  Quiet until START. */
int hf_client_new(struct hf_client **out, const struct hf_client_config *config);
void hf_client_free(struct hf_client *c); /* NULL is fine; calls still open are dropped */

/* One event in.  For INPUT returns how many bytes were taken: the engine stops behind
 * a frame that makes news, and the rest is offered again after the actions. */
size_t hf_client_step(struct hf_client *c, struct hf_now now, const struct hf_client_event *event);

void hf_client_run_due(struct hf_client *c, struct hf_now now);
hf_time hf_client_due(const struct hf_client *c);

/* Takes the next action: false when there is none. */
bool hf_client_action(struct hf_client *c, struct hf_client_action *out);

/* What is to be written now; `out->count` 0 means nothing. */
void hf_client_output(struct hf_client *c, struct hf_output *out);

struct hf_client_call {
    struct hf_bytes method; /* not empty */
    struct hf_bytes params; /* JSON, or empty */
    uint64_t tag;           /* comes back with the result */
    hf_span within;         /* 0: the default (none with expects_final); HF_SPAN_MAX: none */
    bool expects_final;
};

/* Sends a request; exactly one IS_RESULT follows unless an error is returned:
 * HF_ERR_STATE unless it is ready, HF_ERR_TOO_LARGE above the server's maxPayload,
 * HF_ERR_LIMIT when too much waits, HF_ERR_NOMEM. */
int hf_client_call(struct hf_client *c, struct hf_now now, const struct hf_client_call *call);

/* Settles the call with this tag as CANCELLED: 0, HF_ERR_NOT_FOUND when it is settled,
 * or HF_ERR_LIMIT while so much news waits that the actions must be taken first. */
int hf_client_cancel(struct hf_client *c, uint64_t tag);

/* Why the last attempt or connection ended, for people and programs. */
struct hf_client_failure {
    enum hf_link_cause cause;
    uint16_t close_code;
    unsigned http_status;       /* UPGRADE */
    struct hf_bytes text;       /* one line */
    struct hf_bytes code;       /* REFUSED: "NOT_PAIRED" */
    struct hf_bytes detail;     /* REFUSED: "PAIRING_REQUIRED" */
    struct hf_bytes request_id; /* of the pairing */
};
struct hf_client_failure hf_client_failure(const struct hf_client *c);

const struct hf_link *hf_client_link(const struct hf_client *c);

/* Of the newest hello-ok; empty before it. */
struct hf_bytes hf_client_server_version(const struct hf_client *c);

/* Round trip of the newest ping of ours, or -1. */
int64_t hf_client_rtt_ms(const struct hf_client *c);

#endif
