/* lib/peer.h: a protocol client for simulated worlds.
 *
 * Opens a socket of a world, upgrades, reads the challenge, logs in, answers
 * pings, calls methods and keeps what came.  It checks what every client may rely
 * on: one answer per request, event numbers without a hole unless it was slow,
 * whole frames, no frame before the hello but the challenge, no ping before it. */
#ifndef HF_LIB_PEER_H
#define HF_LIB_PEER_H

#include "base/blob.h"
#include "base/ring.h"
#include "lib/identity.h"
#include "lib/world.h"
#include "wire/http_response.h"
#include "wire/ws_frame.h"

enum { PEER_KEPT = 256, PEER_CALLS = 64 };

enum peer_state {
    PEER_IDLE,
    PEER_HTTP,      /* the 101 is awaited */
    PEER_CHALLENGE, /* the challenge is awaited */
    PEER_LOGIN,     /* challenged: connect is sent, or held back (keeps_silent) */
    PEER_READY,
    PEER_REFUSED, /* an error answered connect */
    PEER_ENDED,
};

struct peer_config {
    const char *client_id, *mode, *role, *token;
    const char *scopes;  /* JSON array */
    const char *caps;    /* JSON array */
    const char *origin;  /* header, or NULL */
    const char *headers; /* more header lines, or NULL */
    const struct identity *identity;
    const char *device_token; /* put in auth.deviceToken, or NULL */
    const char *platform;
    uint8_t address[16]; /* zeroed: 127.0.0.1 */
    int min_protocol, max_protocol;
    bool keeps_silent; /* does not send connect by itself */
    bool no_pong;      /* never answers a ping */
};

struct peer_message { /* one frame that came, oldest first in peer.kept */
    enum hf_ws_kind kind;
    hf_time at;
    struct hf_blob *text;
};

struct peer_call {
    uint32_t id;
    bool answered, ok;
    hf_time sent_at, answered_at;
    struct hf_blob *answer; /* the payload or the error, JSON */
};

struct peer {
    struct world *world;
    struct peer_config config;
    enum peer_state state;
    int socket;
    struct hf_http_reader http;
    struct hf_ws_reader ws;
    struct hf_buf in, text;
    char nonce[64];
    int64_t challenge_ms;
    struct hf_ring kept; /* struct peer_message */
    struct peer_call calls[PEER_CALLS];
    uint32_t call_count; /* ids given out */
    int64_t last_seq;
    bool may_miss_events;
    uint16_t close_code;
    char close_reason[128];
    struct hf_blob *hello;   /* its payload */
    struct hf_blob *refusal; /* the error object of the connect answer */
    hf_time ready_at, ended_at;
    unsigned pings, gaps;
    unsigned http_status; /* of an upgrade that was refused */
    char device_token[64];
};

/* The usual operator: cli/cli, token `secrettoken`, admin and read. */
struct peer_config peer_operator(void);

void peer_init(struct peer *p, struct world *w, const struct peer_config *config);
void peer_fini(struct peer *p);

/* Connects and upgrades; the rest happens in peer_run. */
void peer_open(struct peer *p);
void peer_close(struct peer *p, unsigned code); /* sends a close frame (1005: empty) */
void peer_drop(struct peer *p);                 /* resets the socket, forgets the connection */

/* Reads what came and answers it. */
void peer_run(struct peer *p);

void peer_send_connect(struct peer *p);
void peer_send_text(struct peer *p, struct hf_bytes text);
void peer_send_frame(struct peer *p, enum hf_ws_opcode opcode, struct hf_bytes payload);

/* Sends a request; `params` is JSON or NULL.  Returns its number. */
uint32_t peer_call(struct peer *p, const char *method, const char *params);
/* Its record; NULL when it is too old. */
struct peer_call *peer_find_call(struct peer *p, uint32_t id);
/* Runs the world until the answer is there: the payload (ok) or the error. */
struct hf_bytes peer_answer(struct peer *p, uint32_t id, bool *ok);

/* The i-th newest event with this name, its payload; empty when there is none. */
struct hf_bytes peer_event(struct peer *p, const char *name);
size_t peer_event_count(struct peer *p, const char *name);

/* --- several at once, as the `peers` of world_run --- */

struct peers {
    struct peer *all;
    size_t count;
};
struct world_peers peers_of(struct peers *peers);

/* One peer that logs in and is ready: the common beginning of a scenario. */
void peer_login(struct peer *p, struct world *w, const struct peer_config *config);
void peer_run_world(struct peer *p, hf_span span);

#endif
