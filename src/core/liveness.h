/* core/liveness.h: is the link of one authenticated connection alive, and how fast is it?
 *
 * One record per connection, at most 256 bytes, started at registration (after
 * the hello) and ended with the connection.  It decides when a ping leaves, what
 * a pong means, what the `connection` block of `health` says and when a silent
 * peer is given up (spec/health-connection.md sections 2-9 and 11).  Monotonic
 * time decides; the wall clock is only shown.  Pure: allocates nothing. */
#ifndef HF_CORE_LIVENESS_H
#define HF_CORE_LIVENESS_H

#include "base/bytes.h"
#include "base/limits.h"
#include "base/time.h"

enum { HF_LIVENESS_PAYLOAD_MAX = 20, HF_LIVENESS_SAMPLES = 16 };

/* Shared by all connections of a server; borrowed by every call below. */
struct hf_liveness_cfg {
    hf_span ping_every;  /* 25 s */
    hf_span stale_after; /* 4 x ping_every; not less than ping_every.  A longer window than
                            that keeps the newest HF_LIMIT_PENDING_PINGS pings all the same */
    hf_span pong_within; /* 25 s: from the completed write, and transport silence before it */
    bool is_enforced;    /* false: never gives up (`pongEnforcement: off`) */
};

/* 0, or HF_ERR_RANGE: a span that is not positive, or stale_after less than ping_every
 * or more than INT32_MAX milliseconds. */
int hf_liveness_cfg_check(const struct hf_liveness_cfg *cfg);

enum hf_liveness_act {
    HF_LIVENESS_NONE,
    HF_LIVENESS_PING, /* enqueue a ping with hf_liveness_payload, then call hf_liveness_pinged */
    HF_LIVENESS_KILL, /* heartbeat-timeout: reset the socket; said once */
};

enum hf_liveness_sent {
    HF_LIVENESS_QUEUED,   /* the ping frame waits to be written */
    HF_LIVENESS_NOT_OPEN, /* the connection is not open: nothing was done */
    HF_LIVENESS_FAILED,   /* it could not be enqueued: the peer has until the next ping to
                             show life */
};

enum hf_pong {
    HF_PONG_ACCEPTED,
    HF_PONG_STALE,     /* its ping is older than the stale window */
    HF_PONG_UNMATCHED, /* no pending ping has this payload */
    HF_PONG_IGNORED,   /* the connection is closing */
};

/* How far the newest ping came (`pingWriteState` of the lost-connection line). */
enum hf_ping_write { HF_PING_NONE, HF_PING_PENDING, HF_PING_COMPLETED, HF_PING_FAILED };

enum hf_liveness_state {
    HF_LIVENESS_IDLE,     /* nothing is awaited */
    HF_LIVENESS_WRITING,  /* a ping is enqueued, its last byte not yet written */
    HF_LIVENESS_AWAITING, /* a ping was written, a pong is awaited */
    HF_LIVENESS_BROKEN,   /* the newest ping could not be enqueued */
    HF_LIVENESS_CLOSED,
};

struct hf_liveness { /* fields are private; tests may read them */
    /* What every write of the connection looks at comes first. */
    uint8_t state; /* enum hf_liveness_state */
    uint8_t write; /* enum hf_ping_write */
    uint8_t pending_len;
    uint8_t sample_count, sample_next;
    uint16_t jitter_ms16; /* in 1/16 ms, saturates */
    hf_time next_ping_at;
    hf_time window_at; /* the start of the window that decides WRITING, AWAITING, BROKEN */
    struct hf_now connected;
    struct hf_now heartbeat; /* the newest accepted pong; wall_ms is meaningless without one */
    int64_t last_payload;    /* of the newest ping (`lastPingSent`); 0 before the first */
    int64_t payloads[HF_LIMIT_PENDING_PINGS]; /* pending pings, oldest first */
    hf_time enqueued_at[HF_LIMIT_PENDING_PINGS];
    uint32_t write_us[HF_LIMIT_PENDING_PINGS]; /* enqueue to write; UINT32_MAX: not written */
    uint32_t forgotten_writes;                 /* unwritten pings that are no longer pending */
    int32_t rtt_ms;                            /* smoothed; -1 before the first */
    uint64_t pings_sent, pings_skipped, pongs_accepted;
    uint64_t pongs_stale, pongs_unmatched, pending_evicted;
    uint16_t samples_ms[HF_LIVENESS_SAMPLES]; /* ring, saturates at 65535 */
};

_Static_assert(sizeof(struct hf_liveness) <= 256, "health-connection 36: at most 256 bytes");

/* Registers the connection.  The first ping is due at once. */
void hf_liveness_init(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, struct hf_now now);

/* Runs what is due at `now`; a call that is too early changes nothing.  At most
 * one act per call.  Input of the same turn was given before. */
enum hf_liveness_act hf_liveness_step(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                                      struct hf_now now);

/* When the next ping is due.  It may leave up to hf_liveness_slack later to share
 * a wake-up (core/pings).  HF_NEVER while an enforced pong is awaited. */
hf_time hf_liveness_ping_due(const struct hf_liveness *l, const struct hf_liveness_cfg *cfg);

/* When the connection is given up: exact, not batched.  HF_NEVER when nothing threatens it. */
hf_time hf_liveness_kill_due(const struct hf_liveness *l, const struct hf_liveness_cfg *cfg);

/* How late a ping may leave: 1 % of ping_every. */
hf_span hf_liveness_slack(const struct hf_liveness_cfg *cfg);

/* The payload of the ping that step just asked for, in decimal; returns its length. */
size_t hf_liveness_payload(const struct hf_liveness *l, struct hf_now now,
                           char out[HF_LIVENESS_PAYLOAD_MAX]);

/* Says what became of that ping, in the same turn.  Only QUEUED records it. */
void hf_liveness_pinged(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, struct hf_now now,
                        enum hf_liveness_sent sent);

/* The last byte of the oldest unwritten ping was accepted by the system (pings leave in order). */
void hf_liveness_written(struct hf_liveness *l, hf_time now);

/* Bytes moved on the transport in either direction (also a part of a frame).  True
 * when that moved a due instant: nearly always it did not. */
bool hf_liveness_moved(struct hf_liveness *l, hf_time now);

/* A whole pong arrived; at most 125 bytes, the codec saw to that. */
enum hf_pong hf_liveness_pong(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                              struct hf_now now, struct hf_bytes payload);

/* The close began: nothing is due any more, later pongs are ignored. */
void hf_liveness_close(struct hf_liveness *l);

/* The values of the `connection` block (section 6); absent ones are null there. */
struct hf_liveness_view {
    bool is_connected;
    bool has_rtt, has_heartbeat;
    int64_t rtt_ms;
    int64_t heartbeat_wall_ms;
};

struct hf_liveness_view hf_liveness_view(const struct hf_liveness *l,
                                         const struct hf_liveness_cfg *cfg, hf_time now);

/* Round trips for `diagnostics.connections`, over the newest HF_LIVENESS_SAMPLES
 * unsmoothed samples; all 0 when count is 0.  Jitter is the smoothed difference
 * between neighbours (gain 1/16). */
struct hf_liveness_rtt {
    size_t count;
    int64_t last_ms, min_ms, p50_ms, p95_ms, jitter_ms;
};

struct hf_liveness_rtt hf_liveness_rtt(const struct hf_liveness *l);

/* Numbers for the log line of a lost connection (section 8). */
struct hf_liveness_facts {
    enum hf_ping_write ping_write;
    bool has_pong;
    int64_t last_pong_age_ms; /* only with has_pong */
    int64_t connected_ms;
};

struct hf_liveness_facts hf_liveness_facts(const struct hf_liveness *l, hf_time now);

/* "none", "pending", "completed", "failed".  Static. */
const char *hf_ping_write_name(enum hf_ping_write write);

#endif
