/* core/link/watch.h: is the server at the other end still there?
 *
 * spec/client-lifecycle.md section 11: a ping of our own (11.2), the tick watchdog
 * (11.3) and the application heartbeat (11.4), each with its own window.  Started
 * by hello-ok, given up with the connection.  Pure. */
#ifndef HF_CORE_LINK_WATCH_H
#define HF_CORE_LINK_WATCH_H

#include "base/time.h"

struct hf_watch_limits {
    hf_span tick_check_min;          /* 1 s: the watchdog looks no more often */
    hf_span ping_every, pong_within; /* 30 s, 25 s; ping_every 0: no pings */
    hf_span beat_every, beat_within; /* 60 s, 12 s; beat_every 0: no heartbeats */
    unsigned beat_misses_max;        /* 2 */
};

enum hf_watch_act {
    HF_WATCH_NONE,
    HF_WATCH_PING, /* write a ping, then say hf_watch_ping_written */
    HF_WATCH_BEAT, /* send the heartbeat request */
    HF_WATCH_TICK_TIMEOUT,
    HF_WATCH_PING_TIMEOUT,
    HF_WATCH_BEAT_TIMEOUT,
};

struct hf_watch { /* fields are private; tests may read them */
    hf_span tick_every;
    hf_time frame_at; /* of the newest valid frame */
    hf_time byte_at;  /* of the newest byte, also of control frames */
    hf_time tick_check_at;
    hf_time ping_at;         /* the next ping; HF_NEVER while one is on its way */
    hf_time ping_written_at; /* HF_NEVER unless a pong is awaited */
    hf_time beat_at;         /* the next heartbeat; HF_NEVER when off or on its way */
    hf_time beat_until;      /* its deadline; HF_NEVER unless it is on its way */
    unsigned beat_misses;
    bool has_beat;
    bool is_quiet; /* no pings */
};

/* hello-ok came.  `has_beat`: the server offers a method to probe with.  Whether
 * pings rest is kept. */
void hf_watch_start(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                    hf_span tick_every, bool has_beat);

void hf_watch_bytes(struct hf_watch *w, hf_time now); /* anything arrived */

/* A valid event or response arrived. */
void hf_watch_frame(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now);

void hf_watch_ping_written(struct hf_watch *w, hf_time now);

/* A pong arrived: true and the round trip when a ping was waiting for it. */
bool hf_watch_pong(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                   hf_span *rtt);

/* The heartbeat was answered, with a result or an error; `is_unsupported` turns it
 * off for this connection. */
void hf_watch_beat_answered(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                            bool is_unsupported);

/* The host slept: every window begins anew, and a ping is due at once. */
void hf_watch_woke(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now);

/* A ping is due at once, unless one is on its way or there are none. */
void hf_watch_probe(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now);

/* Whether pings rest; the first one afterwards is due at once. */
void hf_watch_rest_pings(struct hf_watch *w, const struct hf_watch_limits *limits, hf_time now,
                         bool rests);

/* Runs what is due, at most one act per call.  `tick_rests`: requests wait and all
 * of them have deadlines, which judge the server sooner than the watchdog. */
enum hf_watch_act hf_watch_step(struct hf_watch *w, const struct hf_watch_limits *limits,
                                hf_time now, bool tick_rests);

hf_time hf_watch_due(const struct hf_watch *w, const struct hf_watch_limits *limits);

#endif
