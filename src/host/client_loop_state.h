/* host/client_loop_state.h: the inside of a client loop, shared by its own files.
 *
 * client_loop.c owns the lock, the turns and the timer; client_seat.c the sockets. */
#ifndef HF_HOST_CLIENT_LOOP_STATE_H
#define HF_HOST_CLIENT_LOOP_STATE_H

#include "base/dueq.h"
#include "base/pool.h"
#include "host/client_loop.h"
#include "host/dial.h"

enum { HF_CLIENT_LOOP_MAGIC = 0x636c6c70 };

struct hf_client_loop {
    uint32_t magic;
    uv_loop_t uv;
    uv_timer_t timer;
    uv_idle_t awake; /* active: the coming poll does not wait */
    uv_check_t check;
    uv_async_t wake;
    struct hf_dialer dialer;
    struct hf_client_loop_hooks hooks;
    struct hf_thread thread;
    uint8_t *input; /* what was read from one socket; the turning thread's */

    uv_mutex_t lock; /* guards what follows */
    uv_cond_t changed;
    struct hf_thread turner; /* who turns the loop, or did last */
    bool in_turn;            /* the end of the turn sees to what is dirty; the turner's */
    bool has_thread, must_halt;
    struct hf_now now;
    hf_span slept;        /* how far the boot clock is ahead of the monotonic one */
    struct hf_pool seats; /* of pointers: a pool takes room for many, and most loops have one */
    struct hf_dueq dues;  /* by slot */
    hf_time armed_for;
    struct hf_client_seat *dirty_first, *dirty_last;
    struct hf_client_task *done_first; /* tasks whose `done` is to come */
    size_t task_count;                 /* tasks that run, or are done */
};

/* One connection; ends with its handle. */
struct hf_client_socket {
    uv_poll_t poll;
    struct hf_stream stream;
    struct hf_client_seat *seat; /* NULL: the seat has no use for it any more */
    uint64_t generation;
    struct hf_buf rest; /* input that was not taken yet */
    uint8_t watched;    /* enum uv_poll_event bits that are polled for */
    bool is_blocked;    /* the socket took not everything: wait for WRITABLE */
    bool has_ended;     /* no more input comes */
    bool is_broken;     /* it takes no more; what came before that is read without its poll */
};

struct hf_client_seat {
    struct hf_client_seat_config config;
    struct hf_client_loop *loop;
    hf_id id;
    struct hf_client_seat *next_dirty;
    struct hf_client_socket *socket;
    struct hf_dial *dial;
    uint64_t dial_generation;
    struct hf_client_peer peer;
    /* What the turning thread must do, in this order. */
    bool is_dirty, must_reset, must_dial, has_output, must_end;
    bool has_left;
    bool is_draining; /* the engine's actions are being taken */
};

/* Puts the seat on the list of what the turning thread must see to; wakes it, or does it
 * now when that is the caller, outside of a turn. */
void hf_client_loop_mark(struct hf_client_loop *l, struct hf_client_seat *s);

/* --- client_seat.c --- */

/* Carries out what the seat must do.  The seat may be gone afterwards. */
void hf_client_seat_run(struct hf_client_seat *s);

/* Its deadline has come. */
void hf_client_seat_run_due(struct hf_client_seat *s);

#endif
