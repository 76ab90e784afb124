#include "host/worker.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/ring.h"
#include "host/facts.h"
#include "host/log_tail.h"
#include "host/state_dir.h"
#include "host/worker_thread.h"
#include "store/run.h"

#include <stdio.h>

/* A result with what it borrows from, on its way back to the loop. */
struct done {
    struct hf_job_result result;
    struct hf_store_result store;
    struct hf_buf text;
};

struct hf_worker {
    struct hf_thread thread;
    uv_async_t result_waits;
    void (*deliver)(void *ctx, const struct hf_job_result *result);
    void *ctx;

    uv_mutex_t lock; /* guards what follows, up to the blank line */
    uv_cond_t changed;
    struct hf_ring jobs; /* struct hf_job */
    bool must_end;
    bool has_done; /* `done` is the loop's; the next job waits until it is taken */
    bool has_log;  /* the lines are the thread's, else the loop's */

    struct done done;
    struct hf_buf err_lines, file_lines;

    /* The thread's own while it runs. */
    struct hf_log_sink *sink; /* its file and descriptor only */
    struct hf_store store;
    char state_dir[HF_STATE_PATH_BYTES];
    char log_path[HF_STATE_PATH_BYTES];
    char store_path[HF_STATE_PATH_BYTES];
};

/* --- on the thread --- */

static void read_identity(const char *state_dir, struct hf_identity_result *out)
{
    struct hf_fault fault;
    uint8_t secret[HF_STATE_KEY_BYTES];
    out->err = hf_state_dir_identity_in(state_dir, secret, &fault);
    if (!out->err && hf_ed25519_public(secret, out->public_key) != 0) out->err = HF_ERR_CRYPTO;
    hf_wipe(secret, sizeof secret);
}

static void run(struct hf_worker *w, const struct hf_job *job, struct done *out)
{
    *out = (struct done){ .result = { .kind = job->kind, .id = job->id } };
    switch (job->kind) {
    case HF_JOB_STORE:
        out->result.u.store = &out->store;
        hf_store_run(&w->store, job->u.store, &out->store);
        return;
    case HF_JOB_LOG_TAIL:
        hf_log_tail_read(w->log_path, &job->u.log_tail, &out->text, &out->result.u.log_tail);
        return;
    case HF_JOB_FACTS:
        hf_facts_read(w->state_dir, &out->result.u.facts);
        return;
    case HF_JOB_IDENTITY:
        read_identity(w->state_dir, &out->result.u.identity);
        return;
    }
}

static void drop_done(struct done *done)
{
    if (done->result.kind == HF_JOB_STORE) hf_store_result_fini(&done->store);
    hf_buf_fini(&done->text);
}

static void write_log(struct hf_worker *w)
{
    uv_mutex_unlock(&w->lock);
    hf_log_sink_write(w->sink, &w->err_lines, &w->file_lines);
    hf_buf_reset(&w->err_lines, HF_LIMIT_WRITE_BYTES);
    hf_buf_reset(&w->file_lines, HF_LIMIT_WRITE_BYTES);
    uv_mutex_lock(&w->lock);
    w->has_log = false;
}

static void run_next(struct hf_worker *w)
{
    struct hf_job job = *(struct hf_job *)hf_ring_at(&w->jobs, 0);
    hf_ring_pop(&w->jobs, 1);
    uv_mutex_unlock(&w->lock);
    run(w, &job, &w->done);
    uv_mutex_lock(&w->lock);
    if (w->must_end) {
        drop_done(&w->done);
        return;
    }
    w->has_done = true;
    uv_async_send(&w->result_waits);
}

/* The log goes first: logs.tail then shows what was told before it was asked. */
static void run_thread(void *ctx)
{
    struct hf_worker *w = ctx;
    uv_mutex_lock(&w->lock);
    for (;;) {
        if (w->has_log)
            write_log(w);
        else if (w->jobs.len > 0 && !w->has_done)
            run_next(w);
        else if (w->must_end)
            break;
        else
            uv_cond_wait(&w->changed, &w->lock);
    }
    uv_mutex_unlock(&w->lock);
}

/* --- on the loop --- */

static void on_result(uv_async_t *async)
{
    struct hf_worker *w = async->data;
    uv_mutex_lock(&w->lock);
    bool has_done = w->has_done;
    uv_mutex_unlock(&w->lock);
    if (!has_done) return;
    w->deliver(w->ctx, &w->done.result);
    drop_done(&w->done);
    uv_mutex_lock(&w->lock);
    w->has_done = false;
    uv_cond_signal(&w->changed);
    uv_mutex_unlock(&w->lock);
}

static int init_paths(struct hf_worker *w, const struct hf_worker_config *config)
{
    int lens[] = {
        snprintf(w->state_dir, sizeof w->state_dir, "%s", config->state_dir),
        snprintf(w->log_path, sizeof w->log_path, "%s", config->log_path),
        snprintf(w->store_path, sizeof w->store_path, "%s/holdfast.db", config->state_dir),
    };
    for (size_t i = 0; i < HF_COUNT(lens); i++)
        if (lens[i] >= HF_STATE_PATH_BYTES) return HF_ERR_TOO_LARGE;
    return 0;
}

static void on_thread_missing(uv_handle_t *async)
{
    hf_worker_free(async->data);
}

static int start(struct hf_worker *w, uv_loop_t *loop)
{
    uv_mutex_init(&w->lock);
    uv_cond_init(&w->changed);
    uv_async_init(loop, &w->result_waits, on_result);
    w->result_waits.data = w;
    int err = hf_thread_start(&w->thread, run_thread, w);
    if (err) uv_close((uv_handle_t *)&w->result_waits, on_thread_missing);
    return err;
}

int hf_worker_new(struct hf_worker **out, const struct hf_worker_config *config)
{
    struct hf_worker *w = hf_mem_zero(1, sizeof *w);
    if (!w) return HF_ERR_NOMEM;
    w->deliver = config->done;
    w->ctx = config->ctx;
    w->sink = config->sink;
    hf_buf_init(&w->err_lines, HF_LIMIT_LOG_BUFFER_BYTES);
    hf_buf_init(&w->file_lines, HF_LIMIT_LOG_BUFFER_BYTES);
    hf_store_init(&w->store, w->store_path);
    int err = init_paths(w, config);
    if (!err) err = hf_ring_init(&w->jobs, sizeof(struct hf_job), HF_LIMIT_STORE_REQUESTS);
    if (err) {
        hf_worker_free(w);
        return err;
    }
    err = start(w, config->loop);
    if (!err) *out = w;
    return err;
}

void hf_worker_stop(struct hf_worker *w)
{
    uv_mutex_lock(&w->lock);
    w->must_end = true;
    /* A result that the loop no longer takes must not hold up what is queued. */
    if (w->has_done) drop_done(&w->done);
    w->has_done = false;
    uv_cond_signal(&w->changed);
    uv_mutex_unlock(&w->lock);
    hf_thread_join(&w->thread);
    uv_close((uv_handle_t *)&w->result_waits, NULL);
    uv_mutex_destroy(&w->lock);
    uv_cond_destroy(&w->changed);
}

void hf_worker_free(struct hf_worker *w)
{
    if (!w) return;
    hf_ring_fini(&w->jobs);
    hf_store_fini(&w->store);
    hf_buf_fini(&w->err_lines);
    hf_buf_fini(&w->file_lines);
    hf_mem_free(w);
}

const char *hf_worker_store_path(const struct hf_worker *w)
{
    return w->store_path;
}

void hf_worker_push(struct hf_worker *w, const struct hf_job *job)
{
    uv_mutex_lock(&w->lock);
    struct hf_job *place = hf_ring_push(&w->jobs);
    HF_ASSERT(place);
    *place = *job;
    uv_cond_signal(&w->changed);
    uv_mutex_unlock(&w->lock);
}

bool hf_worker_write_log(struct hf_worker *w)
{
    uv_mutex_lock(&w->lock);
    bool is_free = !w->has_log;
    if (is_free) {
        hf_log_sink_take(w->sink, &w->err_lines, &w->file_lines);
        w->has_log = true;
        uv_cond_signal(&w->changed);
    }
    uv_mutex_unlock(&w->lock);
    return is_free;
}
