/* host/client_loop.h: many client engines on one loop.
 *
 * Each client has a seat: its engine, its socket, its deadline.  Sockets, dials and the
 * timer belong to the thread that turns the loop; engines belong to whoever holds the
 * loop's lock, on any thread.  What a step asks for is carried out at once when its
 * caller turns the loop, else the loop is woken.  News is told under the lock, from
 * within the step: it is to be copied, and nothing may be called.
 *
 * The loop is turned by its owner (fd, timeout, turn), or by a thread of its own. */
#ifndef HF_HOST_CLIENT_LOOP_H
#define HF_HOST_CLIENT_LOOP_H

#include "engine/client.h"
#include "host/worker_thread.h"
#include "wire/net_address.h"

struct hf_client_loop;
struct hf_client_seat;

struct hf_client_loop_hooks {
    void *ctx;
    /* `client` is the seat's. */
    void (*told)(void *ctx, void *client, const struct hf_client_news *news);
    /* A turn ended, or a step outside of one; under the lock.  For waking others. */
    void (*turned)(void *ctx);
};

/* 0, HF_ERR_NOMEM, or HF_ERR_IO when the system has no descriptors. */
int hf_client_loop_new(struct hf_client_loop **out, const struct hf_client_loop_hooks *hooks);

/* All seats were left; its thread has ended.  Nothing turns any more, but the lock stays
 * until the free. */
void hf_client_loop_close(struct hf_client_loop *l);
void hf_client_loop_free(struct hf_client_loop *l); /* closed; NULL is fine */

/* --- the lock --- */

/* Takes the lock and reads the clocks; not recursive. */
void hf_client_loop_lock(struct hf_client_loop *l);
void hf_client_loop_unlock(struct hf_client_loop *l);

/* The clocks as they were at the latest lock, wait or turn; under the lock. */
struct hf_now hf_client_loop_now(const struct hf_client_loop *l);

/* Gives the lock up until hf_client_loop_signal or `until`: false when that is over. */
bool hf_client_loop_wait(struct hf_client_loop *l, hf_time until);
void hf_client_loop_signal(struct hf_client_loop *l); /* everybody who waits */

/* --- turning it --- */

int hf_client_loop_fd(const struct hf_client_loop *l);

/* Milliseconds until a turn is due; 0: now; -1: only the descriptor counts.  On the
 * thread that turns it. */
int hf_client_loop_timeout_ms(struct hf_client_loop *l);

/* The caller turns it from now on; under the lock. */
void hf_client_loop_adopt(struct hf_client_loop *l);

/* One turn, without waiting and without the lock. */
void hf_client_loop_turn(struct hf_client_loop *l);

/* Waits for the descriptor, at most so long (< 0: without end). */
void hf_client_loop_poll(const struct hf_client_loop *l, int timeout_ms);

/* A thread turns it from now on, until hf_client_loop_halt, which waits for it. */
int hf_client_loop_start(struct hf_client_loop *l);
void hf_client_loop_halt(struct hf_client_loop *l);

/* Makes a turn come soon; from any thread. */
void hf_client_loop_wake(struct hf_client_loop *l);

/* Work that blocks, on a thread of its own and not one of libuv's pool, which a process
 * that forks could not leave.  The task is the caller's and stays until `done`, which comes
 * under the lock, on the thread that turns the loop. */
struct hf_client_task {
    void (*run)(struct hf_client_task *task);
    void (*done)(struct hf_client_task *task);
    /* The loop's. */
    struct hf_client_loop *loop;
    struct hf_client_task *next;
    struct hf_thread thread;
};

/* Under the lock. */
void hf_client_loop_work(struct hf_client_loop *l, struct hf_client_task *task);

/* --- seats; all under the lock --- */

struct hf_client_seat_config { /* all borrowed for the life of the seat */
    struct hf_client *engine;
    void *client; /* for the hook */
    struct hf_url url;
    const uint8_t *pin;            /* of the certificate, or NULL */
    struct hf_bytes proxy, exempt; /* as of host/dial.h */
    hf_span within;                /* for the dial */
};

/* 0, HF_ERR_LIMIT at HF_LIMIT_LOOP_CLIENTS, HF_ERR_NOMEM. */
int hf_client_seat_new(struct hf_client_seat **out, struct hf_client_loop *l,
                       const struct hf_client_seat_config *config);

/* The engine and the hook are not used any more.  A socket is reset. */
void hf_client_seat_leave(struct hf_client_seat *s);

/* Steps the engine, tells the news, and sees to the rest.  Inside of the hook `told` all of
 * that comes behind what is being told. */
void hf_client_seat_step(struct hf_client_seat *s, const struct hf_client_event *event);

/* The same after the engine was called otherwise: a call, a cancel. */
void hf_client_seat_touch(struct hf_client_seat *s);

/* Its owner is behind with the news, or not any more (hf_client_hold_input). */
void hf_client_seat_hold(struct hf_client_seat *s, bool is_held);

/* Neither a socket nor a dial is left. */
bool hf_client_seat_is_quiet(const struct hf_client_seat *s);

/* The other end of the socket: false when there is none. */
struct hf_client_peer {
    struct hf_net_address address;
    bool has_cert_hash;
    uint8_t cert_hash[HF_SHA256_BYTES];
};
bool hf_client_seat_peer(const struct hf_client_seat *s, struct hf_client_peer *out);

#endif
