/* host/listener.h: accepts connections on the listening sockets of a loop.
 *
 * At most HF_LIMIT_ACCEPT_BATCH a turn.  When descriptors or memory run out it
 * drops one waiting peer (so that it is not left hanging), says so once and
 * pauses; nothing spins.  Binding is tried again while the port is in use. */
#ifndef HF_HOST_LISTENER_H
#define HF_HOST_LISTENER_H

#include "base/log.h"
#include "base/time.h"
#include "host/listen.h"

#include <uv.h>

/* Takes the socket: it is the callee's from then on. */
typedef void hf_listener_accept(void *ctx, int fd, const struct hf_peer *peer);

struct hf_listener {
    uv_loop_t *loop;
    struct hf_log log;
    hf_listener_accept *accept;
    void *ctx;
    struct hf_listen_set set;
    uv_poll_t polls[HF_LISTEN_MAX];
    struct hf_peer local[HF_LISTEN_MAX]; /* its local part is that of every socket accepted there */
    bool is_wildcard[HF_LISTEN_MAX];     /* ... unless it listens on every address */
    int reserve_fd;                      /* given up to be able to accept and drop, or -1 */
    bool is_starved;                     /* stopped in this turn; run_due sets resume_at */
    hf_time resume_at;                   /* while paused, else HF_NEVER */
    bool is_short;                       /* the shortage was told */

    struct hf_listen_spec spec;
    hf_time bind_at; /* the next try, or HF_NEVER */
    int tries;
};

void hf_listener_init(struct hf_listener *l, uv_loop_t *loop, const struct hf_log *log,
                      hf_listener_accept *accept, void *ctx);

/* Accepts on `set` (moved) from the loop's next turn on. */
int hf_listener_serve(struct hf_listener *l, const struct hf_listen_set *set,
                      struct hf_fault *fault);

/* Tries to bind; while the port is in use and tries are left, HF_ERR_BUSY: run_due
 * tries again. */
int hf_listener_bind(struct hf_listener *l, const struct hf_listen_spec *spec, hf_time now,
                     struct hf_fault *fault);

/* Whether a bind waits for its next try. */
static inline bool hf_listener_is_binding(const struct hf_listener *l)
{
    return !hf_time_same(l->bind_at, HF_NEVER);
}

hf_time hf_listener_due(const struct hf_listener *l);

/* 0; or, at the last try of a bind, its error. */
int hf_listener_run_due(struct hf_listener *l, hf_time now, struct hf_fault *fault);

/* Accepts no more and closes the sockets; the handles end with the loop's next turn. */
void hf_listener_close(struct hf_listener *l);

#endif
