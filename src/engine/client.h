/* engine/client.h: one client of a gateway as a pure machine.
 *
 * Keeps one connection alive over core/link: upgrade, challenge, connect, requests
 * with deadlines, events, subscriptions, close.  Takes events and the time, returns
 * actions, owns no socket and reads no clock (port/client.h).  Bounded by
 * base/limits.h.  Everything below may be called between two actions as well, from
 * whoever is told the news; nothing is called back. */
#ifndef HF_ENGINE_CLIENT_H
#define HF_ENGINE_CLIENT_H

#include "base/crypto.h"
#include "core/credentials.h"
#include "core/link.h"
#include "port/action.h"
#include "port/client.h"
#include "wire/http_fields.h"
#include "wire/schema/connect.h"
#include "wire/url.h"

struct hf_client;

/* Everything it leads to is borrowed for the life of the client, but `credentials`
 * and `stored_scopes`, which are copied. */
struct hf_client_config {
    uint8_t seed[HF_RNG_SEED_BYTES];
    struct hf_link_limits link;
    struct hf_url url;
    /* Versions, client, role, scopes, capabilities: all of the connect request but
     * its device and, of its secrets, all but the two runtime tokens.  Without scopes
     * those of the stored device token are asked for, else read and write.  A node
     * with a range of versions offers the highest and, when that is refused, the
     * lowest. */
    struct hf_connect connect;
    struct hf_credentials credentials;
    struct hf_bytes stored_scopes; /* of the stored device token: a JSON array, or empty */
    bool has_device;
    uint8_t device_secret[HF_ED25519_KEY_BYTES]; /* Ed25519 */
    hf_span call_within;                         /* of a call that names none; 0: 30 s */

    bool allows_plain;                   /* ws:// to a public address (7.1) */
    struct hf_bytes fingerprint;         /* of the certificate, as text; the host compares it */
    const struct hf_http_field *headers; /* for what stands in front of the gateway; wss only */
    size_t header_count;
    struct hf_bytes basic_auth;  /* "user:password" of the URL, decoded, or empty */
    struct hf_bytes beat_method; /* to probe with when it is offered, or empty */
    bool keeps_hello;            /* hf_client_hello has its lists */
    bool speaks_legacy;          /* JSON-RPC answers and notifications (supervisor.md 11.4) */
};

/* Why a client may not run with this, for people; NULL when it may.  Static.  The
 * client itself pauses instead of dialling. */
const char *hf_client_config_fault(const struct hf_client_config *config);

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

/* Whether its owner is behind with the news.  Then no input of a connection is wanted, which
 * keeps what waits within bounds, and no watchdog counts the silence that we make. */
void hf_client_hold_input(struct hf_client *c, struct hf_now now, bool is_held);

/* Whether bytes of the socket should be read and given now: always but for a connection
 * that is held. */
bool hf_client_wants_input(const struct hf_client *c);

/* --- secrets --- */

/* Appends a text of the gateway as wire/schema/redact shows it, without the client's own
 * secrets. */
void hf_client_redact(const struct hf_client *c, struct hf_buf *out, struct hf_bytes text);

/* Takes other secrets for the next login, and leaves a pause; copied, with the
 * stored device token among them.  0, or HF_ERR_NOMEM and nothing is changed. */
int hf_client_set_credentials(struct hf_client *c, struct hf_now now,
                              const struct hf_credentials *credentials,
                              struct hf_bytes stored_scopes);

/* The device token of this role was stored (after TOKEN_STORE): it is used from the
 * next login on.  Whoever could not store it does not call this.  The same. */
int hf_client_set_stored_token(struct hf_client *c, struct hf_now now, struct hf_bytes token,
                               struct hf_bytes scopes);

/* --- calls --- */

struct hf_client_call {
    struct hf_bytes method; /* not empty */
    struct hf_bytes params; /* JSON, or empty */
    uint64_t tag;           /* comes back with the result */
    hf_span within;         /* 0: the default (none with expects_final); HF_SPAN_MAX: none */
    bool expects_final;
};

/* Sends a request; exactly one IS_RESULT follows unless an error is returned:
 * HF_ERR_STATE unless it is ready, HF_ERR_CLOSED after DISPOSE, HF_ERR_USAGE without a
 * method, HF_ERR_TOO_LARGE above the server's maxPayload, HF_ERR_LIMIT when too much
 * waits, HF_ERR_NOMEM. */
int hf_client_call(struct hf_client *c, struct hf_now now, const struct hf_client_call *call);

/* Settles the call with this tag as CANCELLED: 0, HF_ERR_NOT_FOUND when it is settled,
 * or HF_ERR_LIMIT while so much news waits that the actions must be taken first. */
int hf_client_cancel(struct hf_client *c, uint64_t tag);

/* --- subscriptions --- */

struct hf_client_subscription {
    struct hf_bytes method; /* "sessions.messages.subscribe" */
    struct hf_bytes params; /* JSON, or empty */
    uint64_t tag;           /* comes back with IS_SUBSCRIBED */
};

/* Keeps a subscription (copied): its request is sent now when it is ready, after each
 * hello, and after a gap in the events (protocol/events.md, client-lifecycle.md 9.1),
 * in the order of their registration.  Each answer is told as IS_SUBSCRIBED, and the
 * end of each round as IS_RESTORED.  0, HF_ERR_USAGE, HF_ERR_EXISTS for a tag that is
 * there, HF_ERR_LIMIT at HF_LIMIT_SUBSCRIPTIONS or while so much news waits that the
 * actions must be taken first, HF_ERR_TOO_LARGE, HF_ERR_NOMEM, HF_ERR_CLOSED. */
int hf_client_subscribe(struct hf_client *c, struct hf_now now,
                        const struct hf_client_subscription *subscription);

/* Forgets it, without a word to the server: 0 or HF_ERR_NOT_FOUND. */
int hf_client_unsubscribe(struct hf_client *c, uint64_t tag);

/* Sends all of them again: 0, or HF_ERR_STATE unless it is ready.  A round under way
 * goes on instead. */
int hf_client_restore(struct hf_client *c, struct hf_now now);

/* --- what it says about itself --- */

enum hf_client_status hf_client_status(const struct hf_client *c);
const struct hf_link *hf_client_link(const struct hf_client *c);

/* Why the last attempt or connection ended, for people and programs.  Texts hold no
 * secret.  Borrowed until the next step, as all below. */
struct hf_client_failure {
    enum hf_link_cause cause;
    uint16_t close_code;
    unsigned http_status;       /* UPGRADE */
    struct hf_bytes text;       /* one line */
    struct hf_bytes code;       /* REFUSED: "NOT_PAIRED"; UPGRADE: "UNAVAILABLE", or the body's */
    struct hf_bytes detail;     /* REFUSED: "PAIRING_REQUIRED"; UPGRADE: a constant */
    struct hf_bytes request_id; /* of the pairing */
    struct hf_bytes next_step;  /* "wait_then_retry" */
    struct hf_bytes location;   /* UPGRADE: where it was sent to; never followed */
    hf_time at;
};
struct hf_client_failure hf_client_failure(const struct hf_client *c);

/* Of the newest hello-ok; empty before it. */
struct hf_client_hello {
    struct hf_bytes server_version, conn_id, role;
    int64_t protocol;
    int64_t max_payload, max_buffered; /* bytes */
    hf_span tick_every;
    /* JSON, or empty: with keeps_hello, and where HF_LIMIT_CLIENT_HELLO_BYTES suffice. */
    struct hf_bytes methods, events, capabilities, scopes, policy;
};
struct hf_client_hello hf_client_hello(const struct hf_client *c);

/* Whether the server offers a method; true as well when its list was not kept. */
bool hf_client_offers(const struct hf_client *c, struct hf_bytes method);

struct hf_bytes hf_client_server_version(const struct hf_client *c);

/* Round trip of the newest ping of ours, or -1. */
int64_t hf_client_rtt_ms(const struct hf_client *c);

/* How a call went; the newest HF_LIMIT_CLIENT_TIMINGS are kept. */
enum { HF_CLIENT_METHOD_BYTES = 40, HF_CLIENT_CODE_BYTES = 24 };
struct hf_client_timing {
    uint64_t tag;
    hf_time asked_at, settled_at;
    enum hf_client_outcome outcome;
    uint8_t method_len, code_len; /* cut */
    char method[HF_CLIENT_METHOD_BYTES];
    char code[HF_CLIENT_CODE_BYTES]; /* of the server's error */
};
size_t hf_client_timing_count(const struct hf_client *c);
const struct hf_client_timing *hf_client_timing(const struct hf_client *c,
                                                size_t i); /* oldest: 0 */

struct hf_client_counters {
    uint64_t connects, hellos, retries, gaps, seq_regressions;
    uint64_t unreadable;    /* messages that are no JSON */
    uint64_t invalid;       /* JSON of another shape */
    uint64_t late_answers;  /* nobody waited any more */
    uint64_t dropped_early; /* before the hello */
    uint64_t stale_events;  /* of a socket that was not ours any more */
    uint64_t aborts, graceful_closes;
};

/* All of spec/client-lifecycle.md section 15 that the engine knows.  HF_NEVER: it has
 * not happened. */
struct hf_client_diagnostics {
    enum hf_link_state state;
    enum hf_client_status status;
    enum hf_link_pause pause;
    uint64_t generation;
    uint32_t attempt; /* failures in a row */
    hf_time next_retry_at;
    struct hf_client_failure last_error;
    uint16_t last_close_code; /* 0: none */
    struct hf_bytes last_close_reason;
    hf_time last_close_at;
    enum hf_link_state last_close_phase; /* in which state it came */
    hf_time hello_at;
    hf_span uptime; /* of the connection; 0 unless READY */
    struct hf_client_hello hello;
    hf_time last_activity_at, last_ping_at, last_pong_at;
    hf_time last_beat_at;        /* when the newest heartbeat was answered */
    int64_t rtt_ms;              /* -1: none */
    struct hf_bytes beat_method; /* empty: the heartbeat is off */
    const char *beat_off_reason; /* why; NULL while it is on.  Static */
    unsigned beat_misses;
    hf_span tick_every;
    bool is_watchdog_resting, is_disposed;
    size_t pending_count, unbounded_count, subscription_count;
    size_t queued_bytes;
    struct hf_client_counters counters;
};
void hf_client_diagnose(const struct hf_client *c, struct hf_now now,
                        struct hf_client_diagnostics *out);

#endif
