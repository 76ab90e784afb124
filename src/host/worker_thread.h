/* host/worker_thread.h: threads for whoever runs a loop.
 *
 * The only way to get one beside host/resolve. */
#ifndef HF_HOST_WORKER_THREAD_H
#define HF_HOST_WORKER_THREAD_H

#include <stdbool.h>
#include <uv.h>

struct hf_thread {
    uv_thread_t id;
    bool is_running; /* started and not joined */
};

/* Runs `run(ctx)` on a thread of its own: 0 or HF_ERR_NOMEM.  It takes no signals:
 * those of the process belong to the program.  `t` stays where it is until the join. */
int hf_thread_start(struct hf_thread *t, void (*run)(void *ctx), void *ctx);

/* Waits for its end; legal on what was never started. */
void hf_thread_join(struct hf_thread *t);

/* Nobody waits for it any more: it ends by itself, at the latest with the process. */
void hf_thread_leave(struct hf_thread *t);

/* Names the thread that calls, which nobody joins; and whether it is that one. */
void hf_thread_note(struct hf_thread *t);
bool hf_thread_is_current(const struct hf_thread *t);

#endif
