/* host/loop.h: the shell that gives one server a life on this machine.
 *
 * Per turn: both clocks are read once, input events go in first, then the
 * deadlines that are due, then actions are carried out, then output is pulled
 * and written (style.md section 5).  One timer carries the server's next
 * deadline; nothing else wakes an idle loop.  Every socket is ours and
 * non-blocking; reads of all connections share one buffer, writes take the spans
 * that the server renders, so an idle connection costs its record only.
 *
 * One thread.  The hooks run on it, never inside of a call into the server. */
#ifndef HF_HOST_LOOP_H
#define HF_HOST_LOOP_H

#include "engine/server.h"
#include "host/fault.h"
#include "host/listen.h"
#include "host/stream.h"

struct hf_loop;
struct hf_log_sink;
struct uv_loop_s;
struct hf_notify;
struct hf_tls;

struct hf_loop_hooks {
    void *ctx;
    void (*ready)(void *ctx);    /* clients are admitted from now on */
    void (*reload)(void *ctx);   /* SIGHUP: answer with hf_loop_settings, or do nothing */
    void (*draining)(void *ctx); /* a stop has begun; may be NULL */
    void (*hurried)(void *ctx);  /* a second one: no time is left; may be NULL */
};

/* Sees each accepted socket first: true when it took it (moved), false when it is the
 * server's. */
typedef bool hf_loop_front(void *ctx, int fd, const struct hf_peer *peer);

struct hf_loop_config {
    const struct hf_server_config *server; /* copied by the server */
    const struct hf_settings *settings;    /* copied by the server */
    struct hf_log_sink *sink;              /* borrowed for the life of the loop */
    struct hf_notify *notify;              /* borrowed for the life of the loop */
    const char *state_dir, *log_path;      /* copied */
    struct hf_tls *tls;                    /* borrowed; NULL: plain text */
    struct hf_loop_hooks hooks;
    bool handles_signals;        /* TERM, INT, USR2, HUP of the process are this loop's */
    int64_t restart_expected_ms; /* what SIGUSR2, a stop for a restart, tells the clients */
};

/* 0, or a code whose fault is filled. */
int hf_loop_new(struct hf_loop **out, const struct hf_loop_config *config, struct hf_fault *fault);
void hf_loop_free(struct hf_loop *l); /* NULL is fine */

/* Accepts on these sockets from now on (moved to the loop), or binds, with
 * HF_LIMIT_BIND_TRIES tries; then the start item "listeners" is ready.  When
 * binding fails for good, hf_loop_run returns with the fault. */
int hf_loop_serve(struct hf_loop *l, const struct hf_listen_set *set, struct hf_fault *fault);
int hf_loop_bind(struct hf_loop *l, const struct hf_listen_spec *spec, struct hf_fault *fault);

/* Puts somebody in front of the server, or nobody (NULL). */
void hf_loop_set_front(struct hf_loop *l, hf_loop_front *front, void *ctx);

/* A client of the front for the server after all: its stream (moved, and watched by
 * nobody), and what was read of it. */
void hf_loop_take(struct hf_loop *l, const struct hf_stream *stream, const struct hf_peer *peer,
                  struct hf_bytes input);

/* For handles of others that live on this loop; closed before hf_loop_free ends, which
 * runs it for the last time. */
struct uv_loop_s *hf_loop_uv(struct hf_loop *l);

/* Where clients reach it; 0 before it listens. */
uint16_t hf_loop_port(const struct hf_loop *l);

/* The start item `name` is ready, at once or in `after`. */
void hf_loop_item_ready(struct hf_loop *l, struct hf_bytes name);
void hf_loop_item_ready_after(struct hf_loop *l, struct hf_bytes name, hf_span after);

/* Start-up does not end before `at` (HF_NEVER: nobody knows when). */
void hf_loop_expect(struct hf_loop *l, hf_time at);

/* A stop waits while the owner holds the loop: it drains, answers what comes as a gateway
 * that stops, and ends when it is let go. */
void hf_loop_hold(struct hf_loop *l, bool is_held);

void hf_loop_settings(struct hf_loop *l, const struct hf_settings *settings);

/* Drains and stops; the second call stops at once.  `restart_expected_ms` < 0: no
 * restart is expected. */
void hf_loop_stop(struct hf_loop *l, int64_t restart_expected_ms);

/* Runs until everything is closed and durable: 0, or the reason, told in `fault`
 * (the port stays taken, the store cannot be opened). */
int hf_loop_run(struct hf_loop *l, struct hf_fault *fault);

#endif
