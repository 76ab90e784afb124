/* lib/world.h: the second host: one server on a simulated machine and network.
 *
 * Virtual clock, one seed.  Sockets are pairs of byte pipes that split reads,
 * take short writes, stall and reset; jobs run late (the store is the real one,
 * on a file) or fail; the wall clock steps; the whole process freezes, stops or
 * is killed and started again.  Every step is checked: no action for a connection
 * that is gone, nothing after a close, one result per job.  A broken rule ends the
 * test with the seed and the last lines of the trace.
 *
 * The same seed gives the same bytes: world_digest is over everything that left
 * the server. */
#ifndef HF_LIB_WORLD_H
#define HF_LIB_WORLD_H

#include "engine/server.h"
#include "port/store.h"
#include "store/run.h"

enum { WORLD_SOCKETS = 64, WORLD_TRACE_LINES = 400, WORLD_JOBS = 1024 };

/* How unfriendly a world is; zeroed is a perfect one with a latency of 0. */
struct world_weather {
    hf_span latency_max;    /* each chunk takes up to this long */
    unsigned split_percent; /* chance that a chunk is cut at a random byte */
    hf_span job_max;        /* each job takes up to this long */
    unsigned job_fail_percent;
    hf_span accept_max;
};

struct world_pipe { /* bytes under way in one direction */
    struct hf_buf bytes;
    hf_time ready_at; /* nothing is delivered before; HF_NEVER: stalled */
    size_t window;    /* bytes that fit; a full pipe refuses writes */
    bool is_ended;    /* FIN follows the bytes */
};

enum world_socket_state { WORLD_FREE, WORLD_CONNECTING, WORLD_OPEN, WORLD_GONE };

struct world_socket {
    enum world_socket_state state;
    hf_id conn; /* the server's; 0 before the accept */
    struct hf_peer peer;
    hf_time accept_at;
    struct world_pipe up, down; /* to the server, to the peer */
    struct hf_buf unread;       /* delivered to the server but not taken yet */
    bool wants_write, is_paused, is_closing, is_killed, told_end, reset_by_peer;
    bool down_reset;        /* the peer's side was told of a reset */
    struct hf_buf received; /* what reached the peer and was not taken yet */
    bool peer_saw_end;
    bool is_released; /* the peer's side is not looked at any more */
};

struct world_job {
    struct hf_job job;
    hf_time done_at;
    bool fails;
};

struct world {
    uint64_t seed;
    struct hf_rng rng;
    struct hf_now now;
    struct world_weather weather;
    struct hf_settings settings;
    struct hf_server_config config;
    struct hf_server *server; /* NULL while it is down */
    struct world_socket *sockets;
    size_t socket_count;
    uint32_t *socket_of; /* its number by slot of the connection */
    struct world_job jobs[WORLD_JOBS];
    size_t job_count;
    char dir[64], path[96];
    struct hf_store store;
    bool has_store;
    hf_time turned_at, frozen_until;
    hf_span busy_for, cpu_used; /* since the last turn; since the start */
    bool is_ready, is_draining, is_stopped;
    unsigned ready_count;
    uint8_t digest[32];
    char trace[WORLD_TRACE_LINES][256];
    size_t trace_count;
    size_t log_counts[4];
    uint64_t steps;
    void (*on_log)(struct world *w, const struct hf_log_record *record);
    void *ctx;
};

/* A perfect world whose server is not started, with WORLD_SOCKETS sockets or as
 * many as are asked for.  Free it. */
struct world *world_new(uint64_t seed);
struct world *world_new_for(uint64_t seed, size_t sockets);
void world_free(struct world *w);

/* Ends the test: prints the seed, the reason and the trace. */
__attribute__((noreturn, format(printf, 2, 3))) void world_fail(struct world *w, const char *format,
                                                                ...);
__attribute__((format(printf, 2, 3))) void world_note(struct world *w, const char *format, ...);

#define WORLD_CHECK(w, cond)                                                                       \
    do {                                                                                           \
        if (!(cond)) world_fail((w), "%s:%d: not true: %s", __FILE__, __LINE__, #cond);            \
    } while (0)

/* --- the server --- */

void world_start(struct world *w);
void world_kill(struct world *w); /* as kill -9: every socket is reset, jobs are lost */
void world_stop(struct world *w, bool will_restart, int64_t restart_expected_ms);
void world_item_ready(struct world *w, const char *name);
void world_expect(struct world *w, hf_span in); /* start-up does not end before that */
void world_freeze(struct world *w, hf_span span);
/* The last turn took `span`, with `cpu` of work in it: the time passes at once, and
 * what fell due meanwhile runs late. */
void world_busy(struct world *w, hf_span span, hf_span cpu);
void world_turn(struct world *w); /* one loop turn now, whatever is due */
void world_step_wall(struct world *w, int64_t ms);
void world_settings(struct world *w); /* gives w->settings to the running server */

/* --- the network, as the peers see it --- */

/* Connects from this address: a socket number, or -1 when none is free. */
int world_connect(struct world *w, const uint8_t address[16]);
int world_connect_loopback(struct world *w);
void world_send(struct world *w, int socket, struct hf_bytes bytes);
void world_end(struct world *w, int socket);   /* FIN */
void world_reset(struct world *w, int socket); /* RST */
void world_stall(struct world *w, int socket, bool up, bool down);
void world_resume(struct world *w, int socket);
bool world_is_open(const struct world *w, int socket);
/* Takes what arrived, appended to `out`.  True when the connection has ended. */
bool world_receive(struct world *w, int socket, struct hf_buf *out);
void world_release(struct world *w, int socket); /* the number may be used again */

/* --- time --- */

/* Runs everything that is due up to and including `until`, calling `peers` (may
 * be NULL) after each instant; `due` says when it wants to be called next. */
struct world_peers {
    void (*run)(void *ctx, struct world *w);
    hf_time (*due)(void *ctx, struct world *w);
    void *ctx;
};
void world_run_until(struct world *w, hf_time until, const struct world_peers *peers);
void world_run(struct world *w, hf_span span, const struct world_peers *peers);

#endif
