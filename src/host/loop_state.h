/* host/loop_state.h: the inside of a loop, shared by its own files.
 *
 * loop.c owns the life of the loop and carries out actions; loop_turn.c knows when what
 * happens in a turn, and when the next one comes; loop_socket.c moves the bytes of
 * connections. */
#ifndef HF_HOST_LOOP_STATE_H
#define HF_HOST_LOOP_STATE_H

#include "base/dueq.h"
#include "host/listener.h"
#include "host/log_sink.h"
#include "host/loop.h"
#include "host/notify.h"
#include "host/socket.h"
#include "host/worker.h"

enum { HF_LOOP_MAGIC = 0x486c6f6f, HF_LOOP_SIGNALS = 4, HF_LOOP_ITEM_CHARS = 32 };

struct hf_loop {
    uint32_t magic;
    uv_loop_t uv;
    uv_timer_t timer; /* armed for `armed_for`; its firing only ends the poll */
    uv_idle_t awake;  /* active: the next poll returns at once */
    uv_check_t check; /* after poll: the second half of a turn */
    uv_signal_t signals[HF_LOOP_SIGNALS];
    hf_time armed_for;

    struct hf_server *server;
    struct hf_worker *worker;
    struct hf_listener listener;
    struct hf_tls *tls;
    struct hf_log log;
    struct hf_log_sink *sink;
    struct hf_notify *notify;
    struct hf_loop_hooks hooks;
    hf_loop_front *front; /* NULL: nobody */
    void *front_ctx;

    /* The turn: set by the first callback of a poll, used until its check. */
    bool in_turn;
    struct hf_now now;
    hf_time turn_ended_at; /* of the turn before: since then it was blocked in poll */
    hf_span cpu_used;
    hf_time cpu_read_at;

    struct hf_pool sockets;     /* struct hf_socket */
    struct hf_socket **by_slot; /* by the slot of the engine's id */
    size_t by_slot_count;
    struct hf_socket *dirty_first, *dirty_last;
    struct hf_dueq lingering; /* by the slot of `self` */
    size_t gone_count;        /* sockets that ended since memory was handed back */
    uint8_t *input;           /* HF_LIMIT_READ_BYTES, shared by all reads */

    char item_name[HF_LOOP_ITEM_CHARS]; /* the start item that is ready at item_at */
    hf_time item_at;
    hf_time keepalive_at; /* of the service manager's watchdog */
    int64_t restart_expected_ms;
    bool stop_asked; /* once */
    bool is_hasty;   /* twice: no connection is waited for */
    bool is_stopped;
    bool in_drain;         /* the action list is being worked off */
    struct hf_fault fault; /* why the loop gave up */
};

/* One event into the server, its actions carried out (output waits for the end of
 * the turn). */
void hf_loop_step(struct hf_loop *l, const struct hf_event *event, struct hf_outcome *outcome);

/* Carries out the actions that wait (output only marks its socket). */
void hf_loop_drain(struct hf_loop *l);

/* It ends, and why. */
void hf_loop_give_up(struct hf_loop *l, const struct hf_fault *fault);

/* --- loop_turn.c --- */

/* Their handles; once. */
void hf_loop_open_turns(struct hf_loop *l);

/* Begins the turn unless it has begun: reads the clocks, tells the server. */
void hf_loop_begin_turn(struct hf_loop *l);

/* The same from outside of a turn: it ends after the next poll, which does not wait. */
void hf_loop_wake(struct hf_loop *l);

/* In a turn: an item of start-up is ready. */
void hf_loop_tell_item(struct hf_loop *l, struct hf_bytes name);

/* --- loop_socket.c --- */

/* A new socket (moved) from the listener. */
void hf_loop_accept(void *loop, int fd, const struct hf_peer *peer);

/* The socket of an engine's connection, or NULL. */
struct hf_socket *hf_loop_socket(const struct hf_loop *l, hf_id conn);

/* Puts it on the list of what must be written or watched otherwise. */
void hf_loop_mark(struct hf_loop *l, struct hf_socket *s);

/* Resets it now and reports CLOSED. */
void hf_loop_kill(struct hf_loop *l, struct hf_socket *s);

/* Resets whatever still stands. */
void hf_loop_kill_all(struct hf_loop *l);

/* Gives marked sockets their turn: kept input is offered again, output pulled and
 * written, and what is polled for set. */
void hf_loop_flush(struct hf_loop *l);

/* Closes sockets that have lingered long enough. */
void hf_loop_end_lingering(struct hf_loop *l);

/* Closes every socket without a word to the server, for the end of the loop. */
void hf_loop_close_sockets(struct hf_loop *l);

#endif
