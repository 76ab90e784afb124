/* core/link.h: the life of a client that reconnects.
 *
 * spec/client-lifecycle.md and section 3 of spec/startup-retry.md.  One machine per
 * client: inputs with the time go in, the acts to perform come out.  It owns no
 * socket; it counts generations, and input of a socket that is not the current one
 * changes nothing but a counter.  At any instant there is at most one of: an
 * attempt, a reconnect timer, a pause that ends by itself.  Pure. */
#ifndef HF_CORE_LINK_H
#define HF_CORE_LINK_H

#include "core/link/backoff.h"
#include "core/link/refusal.h"
#include "core/link/watch.h"

enum hf_link_state {
    HF_LINK_IDLE, /* never started, or stopped */
    HF_LINK_OPENING,
    HF_LINK_AWAIT_CHALLENGE,
    HF_LINK_PREPARING, /* the connect request is being made */
    HF_LINK_AWAIT_HELLO,
    HF_LINK_READY,
    HF_LINK_CLOSING, /* a close is on its way */
    HF_LINK_BACKOFF,
    HF_LINK_REAUTH, /* the reconnect hook is asked */
    HF_LINK_PAUSED,
    HF_LINK_DISPOSED,
};

/* Why a connection or an attempt ended: name, close code, close reason.  A code of
 * 0 means that nothing is written. */
#define HF_LINK_CAUSES(X)                                                                          \
    X(NONE, 0, "")                                                                                 \
    X(CONFIG, 0, "")   /* it cannot work as configured; never retried */                           \
    X(DIAL, 0, "")     /* no socket: resolver, refused, unreachable, TLS */                        \
    X(INSECURE, 0, "") /* the gateway's certificate is not the pinned one */                       \
    X(UPGRADE, 0, "")  /* an HTTP answer other than 101 */                                         \
    X(UPGRADE_TIMEOUT, 0, "")                                                                      \
    X(NO_NONCE, 1008, "connect challenge missing nonce")                                           \
    X(CHALLENGE_TIMEOUT, 1008, "connect challenge timeout")                                        \
    X(CONNECT_TIMEOUT, 4000, "connect timeout")                                                    \
    X(PLAN, 1008, "connect failed") /* the connect request could not be made */                    \
    X(DENIED, 0, "")                /* a hook said no */                                           \
    X(STARTING, 1013, "gateway starting")                                                          \
    X(REFUSED, 1008, "connect failed")                                                             \
    X(BAD_HELLO, 1008, "connect failed")                                                           \
    X(PEER_CLOSE, 0, "")                                                                           \
    X(LOST, 0, "")       /* the socket ended without a close frame */                              \
    X(PEER_FAULT, 0, "") /* bytes that are no WebSocket; the input brings code and reason */       \
    X(TICK_TIMEOUT, 4000, "tick timeout")                                                          \
    X(PING_TIMEOUT, 4000, "ping timeout")                                                          \
    X(BEAT_TIMEOUT, 4000, "heartbeat timeout")                                                     \
    X(RECONNECT, 1012, "service restart") /* asked for by the application */                       \
    X(STOPPED, 1000, "")                                                                           \
    X(BUDGET, 0, "") /* the time to get connected is used up */                                    \
    X(DISPOSED, 0, "")

enum hf_link_cause {
#define HF_LINK_CAUSE_ENUM(name, code, reason) HF_LINK_CAUSE_##name,
    HF_LINK_CAUSES(HF_LINK_CAUSE_ENUM)
#undef HF_LINK_CAUSE_ENUM
};

/* Why it is paused. */
enum hf_link_pause {
    HF_LINK_NOT_PAUSED,
    HF_LINK_PAUSE_CONFIG,
    HF_LINK_PAUSE_DENIED,
    HF_LINK_PAUSE_PLAN,
    HF_LINK_PAUSE_REFUSED,
    HF_LINK_PAUSE_RATE_LIMITED, /* ends by itself */
    HF_LINK_PAUSE_PAIRING,      /* ends by itself when polling is on */
    HF_LINK_PAUSE_ACCESS,       /* close 4001 */
    HF_LINK_PAUSE_OUR_FAULT,    /* closed three times for frames it cannot read */
    HF_LINK_PAUSE_ATTEMPTS,     /* attempts_max failures, or the one of a one-shot */
    HF_LINK_PAUSE_BUDGET,
};

struct hf_link_limits {
    struct hf_backoff_limits backoff;
    struct hf_watch_limits watch;
    hf_span upgrade_within, challenge_within, connect_within; /* > 0 */
    hf_span stop_grace, close_grace;
    hf_span stable_after;       /* READY for so long resets the backoff; 0: at once */
    hf_span pairing_poll;       /* 0: a pairing pause does not end by itself */
    hf_span startup_jitter;     /* at most this much on top of a start-up hint */
    hf_span budget;             /* from start to hello, all attempts; 0: none */
    uint32_t attempts_max;      /* failures in a row; 0: no limit */
    bool is_one_shot;           /* gives up at a failure that waiting does not heal */
    bool asks_before_reconnect; /* ASK_RECONNECT before every attempt but the first */
    bool asks_before_login;     /* ASK_LOGIN before the connect request is made */
    bool may_offer_older;       /* a node: speaks the version before as well (8.4) */
    bool may_sign_older;        /* the older text for signatures may be tried once (7.3) */
};

enum hf_link_input_kind {
    HF_LINK_TIME, /* nothing but the time */
    HF_LINK_START,
    HF_LINK_KICK,      /* the network or the host is back: try now */
    HF_LINK_NETWORK,   /* it changed: as KICK, and a connection is probed */
    HF_LINK_RESUME,    /* out of a pause; also when credentials changed */
    HF_LINK_RECONNECT, /* with `close`; its code may be 0 */
    HF_LINK_STOP,
    HF_LINK_DISPOSE,
    HF_LINK_ALLOWED, /* the answers to ASK_...; `generation` as it was then */
    HF_LINK_REJECTED,
    HF_LINK_WOKE, /* the host slept */
    HF_LINK_BACKGROUND,
    HF_LINK_FOREGROUND,
    /* Of the socket with this generation: */
    HF_LINK_DIAL_FAILED,     /* cause CONFIG, DIAL, INSECURE or UPGRADE; it is closed */
    HF_LINK_UPGRADE_REFUSED, /* the head said so; a body may follow, then DIAL_FAILED */
    HF_LINK_UPGRADED,
    HF_LINK_CHALLENGED,
    HF_LINK_PLANNED, /* the connect request is written */
    HF_LINK_PLAN_FAILED,
    HF_LINK_HELLO,
    HF_LINK_HELLO_BROKEN,
    HF_LINK_REFUSED,
    HF_LINK_BYTES,
    HF_LINK_FRAME, /* a valid event or response */
    HF_LINK_PING_WRITTEN,
    HF_LINK_PONG,
    HF_LINK_BEAT_ANSWERED,
    HF_LINK_SHUTDOWN, /* the `shutdown` event */
    HF_LINK_FAULT,    /* the peer broke the protocol: close with `close` */
    HF_LINK_PEER_CLOSED,
    HF_LINK_GONE, /* the socket is closed for good */
};

struct hf_link_close {
    uint16_t code;
    struct hf_bytes reason; /* borrowed */
};

struct hf_link_input {
    enum hf_link_input_kind kind;
    uint64_t generation; /* of the socket or of the question */
    union {
        struct {
            enum hf_link_cause cause;
            bool will_pass; /* the server says that waiting helps (503) */
        } dial;
        bool has_nonce;             /* CHALLENGED */
        struct hf_refusal refusal;  /* REFUSED */
        struct hf_link_close close; /* FAULT, PEER_CLOSED, RECONNECT */
        struct {
            hf_span tick_every; /* > 0 */
            bool has_beat;
        } hello;
        bool is_unsupported; /* BEAT_ANSWERED */
        struct {
            bool will_restart;
            double restart_ms;
        } shutdown;
    } u;
};

/* What the caller must do, in this order. */
enum hf_link_act {
    HF_LINK_DO_ABORT = 1 << 0,          /* reset the socket: it is forgotten already */
    HF_LINK_DO_CLOSE = 1 << 1,          /* write a close frame behind what is queued */
    HF_LINK_DO_END = 1 << 2,            /* write what is queued, close the socket, say GONE */
    HF_LINK_TELL_INSECURE = 1 << 3,     /* the certificate is not the pinned one */
    HF_LINK_TELL_ERROR = 1 << 4,        /* an attempt failed: `cause` */
    HF_LINK_DROP_DEVICE_TOKEN = 1 << 5, /* the stored token of this role is void */
    HF_LINK_DO_FLUSH = 1 << 6,          /* settle every pending request with `cause` */
    HF_LINK_TELL_CLOSED = 1 << 7,       /* a connection ended; once per socket */
    HF_LINK_TELL_PAUSED = 1 << 8,       /* hf_link.pause says why, `wait` how long */
    HF_LINK_TELL_STARTING = 1 << 9,     /* a start-up wait of `wait` begins */
    HF_LINK_TELL_RETRY = 1 << 10,       /* the reconnect timer runs for `wait` */
    HF_LINK_TELL_STATUS = 1 << 11,      /* hf_link_status changed */
    HF_LINK_TELL_READY = 1 << 12,
    HF_LINK_DO_PLAN = 1 << 13, /* make and write the connect request */
    HF_LINK_DO_PING = 1 << 14,
    HF_LINK_DO_BEAT = 1 << 15,
    HF_LINK_ASK_RECONNECT = 1 << 16, /* ask the hook, answer ALLOWED or REJECTED */
    HF_LINK_ASK_LOGIN = 1 << 17,     /* the same, before the connect request */
    HF_LINK_DO_DIAL = 1 << 18,       /* open a socket for hf_link.generation */
};

struct hf_link_todo {
    uint32_t acts;
    enum hf_link_cause cause;
    struct hf_link_close close; /* DO_CLOSE, TELL_CLOSED */
    hf_span wait;
    bool has_rtt; /* after a PONG that was awaited */
    hf_span rtt;
};

enum hf_link_status {
    HF_LINK_IS_DISCONNECTED,
    HF_LINK_IS_CONNECTING,
    HF_LINK_IS_CONNECTED,
    HF_LINK_IS_PAUSED,
    HF_LINK_IS_FAILED, /* paused until a fault is removed: configuration, a hook, ourselves */
    HF_LINK_IS_CLOSED,
};

/* What could be done with the secrets at hand (spec/client-lifecycle.md 7.2, 7.5). */
struct hf_link_secrets {
    bool may_add_stored;     /* both tokens, to a trusted place, would be news to the server */
    bool may_go_without;     /* another secret may take the stored token's place there */
    bool sends_stored_alone; /* the stored token is what a login sends */
};

enum { HF_LINK_DETAIL_BYTES = 48 };

struct hf_link { /* fields are private; tests and diagnostics may read them */
    struct hf_link_limits limits;
    struct hf_rng *rng;
    enum hf_link_state state;
    enum hf_link_status told_status;
    enum hf_link_pause pause;
    uint64_t generation; /* grows with every attempt, with stop and with dispose */
    uint64_t socket;     /* the generation whose socket is open; 0: none */
    struct hf_backoff backoff;
    struct hf_watch watch;
    hf_time deadline;  /* of the state; HF_NEVER: none */
    hf_time stable_at; /* READY only: the backoff is reset then */
    hf_time budget_at;
    hf_time started_at;
    hf_time attempt_ended_at;
    /* Of the attempt under way. */
    enum hf_link_cause cause;
    enum hf_link_pause pause_after; /* CLOSING: where the end leads; NOT_PAUSED: to a retry */
    struct hf_link_close closed;    /* code only: how the socket ended; 1006 without a close */
    hf_span hint;                   /* what the server or the shutdown event said; -1: nothing */
    bool is_upgraded, is_hello, is_flushed, will_stop, will_pass;
    bool is_clean;         /* the peer closed with 1000 and no reason */
    bool waits_at_maximum; /* the next wait is the longest one */
    bool will_restart;     /* a shutdown event announced it */
    bool is_asking;        /* PREPARING: the hook has not answered yet */
    /* Since the last hello. */
    bool has_retried_device_token;
    bool has_hushed_close;
    bool has_switched_version;
    bool has_signed_older;
    bool uses_device_token; /* the next plan sends the stored device token as well */
    uint32_t rate_limited_count;
    uint32_t our_fault_count;
    uint32_t device_auth_count;
    uint32_t startup_waits;
    char device_auth_detail[HF_LINK_DETAIL_BYTES];
    /* Of the client. */
    bool offers_older;      /* the next plan offers the protocol version before */
    bool signs_older;       /* the next plan signs the older text */
    bool drops_auth_fields; /* the server does not know the optional ones */
    bool was_starting;      /* a start-up or restart was seen since the start */
    bool tick_rests;
    bool is_held; /* nothing is read from the server */
    bool is_background;
    struct hf_link_secrets secrets;
    uint32_t attempt_count, hello_count, startup_count;
    uint64_t stale_count;
};

/* The defaults of spec/client-lifecycle.md section 1. */
void hf_link_limits_init(struct hf_link_limits *limits);

/* The same for a mobile host: whoever failed ten times waits up to 300 s. */
void hf_link_limits_mobile(struct hf_link_limits *limits);

/* For one look at a gateway: gives up within `budget`, of which 250 ms are the least
 * (spec/startup-retry.md 3.6). */
void hf_link_limits_probe(struct hf_link_limits *limits, hf_span budget);

/* A time limit in the environment: white space around it, a `+`, digits, not 0: true and
 * whole milliseconds, at most 2147483647.  Anything else is ignored. */
bool hf_link_env_ms(struct hf_bytes text, int64_t *out_ms);

/* Where the limits of a login come from (spec/startup-retry.md section 4). */
struct hf_link_timeouts {
    struct hf_bytes handshake_env; /* OPENCLAW_HANDSHAKE_TIMEOUT_MS, or empty */
    struct hf_bytes challenge_env; /* OPENCLAW_CONNECT_CHALLENGE_TIMEOUT_MS, or empty */
    hf_span handshake;             /* as configured; 0: 15 s */
    hf_span challenge;             /* the application's wish; 0: none */
};
void hf_link_limits_timeouts(struct hf_link_limits *limits, const struct hf_link_timeouts *t);

/* `rng` is borrowed for the life of the link. */
void hf_link_init(struct hf_link *l, const struct hf_link_limits *limits, struct hf_rng *rng);

/* One input.  Fills `todo`.  Returns 0, HF_ERR_STATE for a START that changes nothing,
 * or HF_ERR_CLOSED after DISPOSE. */
int hf_link_step(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                 struct hf_link_todo *todo);

/* When to call step with TIME, or HF_NEVER. */
hf_time hf_link_due(const struct hf_link *l);

/* Whether the tick watchdog rests: requests wait and all of them have deadlines. */
void hf_link_rest_tick(struct hf_link *l, bool rests);

/* Whether we ourselves do not read: the silence says nothing about the server then, and
 * every window of a connection begins anew at the end. */
void hf_link_hold(struct hf_link *l, hf_time now, bool is_held);

/* The secrets changed. */
void hf_link_know_secrets(struct hf_link *l, const struct hf_link_secrets *secrets);

/* How long it has been since START or the last hello, and what is left of the budget
 * (HF_SPAN_MAX: there is none). */
hf_span hf_link_elapsed(const struct hf_link *l, hf_time now);
hf_span hf_link_remaining(const struct hf_link *l, hf_time now);

enum hf_link_status hf_link_status(const struct hf_link *l);

const char *hf_link_state_name(enum hf_link_state state); /* "AWAIT_HELLO"; static */
const char *hf_link_cause_name(enum hf_link_cause cause); /* "TICK_TIMEOUT"; static */

/* "service restart" for 1012; "" for codes without a name (7.2).  Static. */
const char *hf_link_code_name(unsigned code);

#endif
