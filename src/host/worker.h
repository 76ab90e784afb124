/* host/worker.h: the one thread beside the loop, for everything that blocks.
 *
 * Takes jobs in order, at most HF_LIMIT_STORE_REQUESTS of them, and hands each
 * result back on the loop's thread.  Also writes the log.  The store and the log
 * file belong to this thread while it runs. */
#ifndef HF_HOST_WORKER_H
#define HF_HOST_WORKER_H

#include "host/fault.h"
#include "host/log_sink.h"
#include "port/job.h"

#include <uv.h>

struct hf_worker;

struct hf_worker_config {
    uv_loop_t *loop;
    struct hf_log_sink *sink; /* borrowed */
    const char *state_dir;    /* copied */
    const char *log_path;     /* copied */
    /* On the loop's thread; the result is borrowed until it returns. */
    void (*done)(void *ctx, const struct hf_job_result *result);
    void *ctx;
};

int hf_worker_new(struct hf_worker **out, const struct hf_worker_config *config);

/* Finishes what is queued, ends the thread and closes the loop's handle.  Results
 * not yet handed back are dropped.  Free it when the loop has run once more. */
void hf_worker_stop(struct hf_worker *w);
void hf_worker_free(struct hf_worker *w); /* NULL is fine */

/* The file of the store, for messages. */
const char *hf_worker_store_path(const struct hf_worker *w);

/* The engine never has more than HF_LIMIT_STORE_REQUESTS jobs at a time; one more
 * is a bug. */
void hf_worker_push(struct hf_worker *w, const struct hf_job *job);

/* Hands over what the sink gathered; false while the last batch is being written. */
bool hf_worker_write_log(struct hf_worker *w);

#endif
