#include "host/scribe.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "host/worker_thread.h"

enum { BUFFERS = 2 };

struct hf_scribe {
    struct hf_scribe_config config;
    struct hf_thread thread;
    uv_async_t written;

    uv_mutex_t lock; /* guards what follows, up to the blank line */
    uv_cond_t changed;
    bool has_batch; /* the buffers are the thread's, else the loop's */
    bool must_end;
    bool is_heard; /* the loop's handle is open */
    bool has_news;
    int news;
    unsigned holders; /* the thread, the handle */

    struct hf_buf lines[BUFFERS];
};

/* --- both threads --- */

/* One holder less; the last one frees it. */
static void let_go(struct hf_scribe *s)
{
    uv_mutex_lock(&s->lock);
    bool is_last = --s->holders == 0;
    uv_mutex_unlock(&s->lock);
    if (!is_last) return;
    if (s->config.drop_pen) s->config.drop_pen(s->config.pen);
    for (size_t i = 0; i < BUFFERS; i++) hf_buf_fini(&s->lines[i]);
    uv_mutex_destroy(&s->lock);
    uv_cond_destroy(&s->changed);
    hf_mem_free(s);
}

/* --- on its thread --- */

static void write_batch(struct hf_scribe *s)
{
    uv_mutex_unlock(&s->lock);
    int news = s->config.write(s->config.pen, &s->lines[0], &s->lines[1]);
    for (size_t i = 0; i < BUFFERS; i++) hf_buf_reset(&s->lines[i], HF_LIMIT_WRITE_BYTES);
    uv_mutex_lock(&s->lock);
    s->has_batch = false;
    s->has_news = true;
    s->news = news;
    if (s->is_heard) uv_async_send(&s->written);
    uv_cond_broadcast(&s->changed);
}

static void run_thread(void *ctx)
{
    struct hf_scribe *s = ctx;
    uv_mutex_lock(&s->lock);
    for (;;) {
        if (s->has_batch)
            write_batch(s);
        else if (s->must_end)
            break;
        else
            uv_cond_wait(&s->changed, &s->lock);
    }
    uv_mutex_unlock(&s->lock);
    let_go(s);
}

/* --- on the loop --- */

static void on_written(uv_async_t *async)
{
    struct hf_scribe *s = async->data;
    uv_mutex_lock(&s->lock);
    bool has_news = s->has_news && s->is_heard;
    int news = s->news;
    s->has_news = false;
    uv_mutex_unlock(&s->lock);
    if (has_news && s->config.wrote) s->config.wrote(s->config.ctx, news);
}

static void on_closed(uv_handle_t *async)
{
    let_go(async->data);
}

int hf_scribe_new(struct hf_scribe **out, const struct hf_scribe_config *config)
{
    struct hf_scribe *s = hf_mem_zero(1, sizeof *s);
    if (!s) return HF_ERR_NOMEM;
    s->config = *config;
    s->is_heard = true;
    s->holders = 2;
    for (size_t i = 0; i < BUFFERS; i++) hf_buf_init(&s->lines[i], config->bytes_max);
    uv_mutex_init(&s->lock);
    uv_cond_init(&s->changed);
    uv_async_init(config->loop, &s->written, on_written);
    s->written.data = s;
    int err = hf_thread_start(&s->thread, run_thread, s);
    if (!err) {
        *out = s;
        return 0;
    }
    s->holders = 1;
    s->config.drop_pen = NULL; /* it stays the caller's */
    uv_close((uv_handle_t *)&s->written, on_closed);
    return err;
}

/* With the lock. */
static void take(struct hf_scribe *s, struct hf_buf *first, struct hf_buf *second)
{
    hf_buf_swap(&s->lines[0], first);
    hf_buf_swap(&s->lines[1], second);
    s->has_batch = true;
    uv_cond_broadcast(&s->changed);
}

bool hf_scribe_give(struct hf_scribe *s, struct hf_buf *first, struct hf_buf *second)
{
    uv_mutex_lock(&s->lock);
    bool is_free = !s->has_batch;
    if (is_free) take(s, first, second);
    uv_mutex_unlock(&s->lock);
    return is_free;
}

/* With the lock: whether the thread is done before `until` (uv_hrtime). */
static bool wait_until_free(struct hf_scribe *s, uint64_t until)
{
    while (s->has_batch) {
        uint64_t now = uv_hrtime();
        if (now >= until) return false;
        uv_cond_timedwait(&s->changed, &s->lock, until - now);
    }
    return true;
}

bool hf_scribe_end(struct hf_scribe *s, struct hf_buf *first, struct hf_buf *second)
{
    if (!s) return true;
    uint64_t until = uv_hrtime() + (uint64_t)HF_MS(HF_LIMIT_SCRIBE_END_MS);
    uv_mutex_lock(&s->lock);
    s->is_heard = false;
    bool is_done = wait_until_free(s, until);
    if (is_done && (first->len > 0 || second->len > 0)) {
        take(s, first, second);
        is_done = wait_until_free(s, until);
    }
    s->must_end = true;
    uv_cond_broadcast(&s->changed);
    uv_mutex_unlock(&s->lock);
    if (is_done)
        hf_thread_join(&s->thread);
    else
        hf_thread_leave(&s->thread);
    uv_close((uv_handle_t *)&s->written, on_closed);
    return is_done;
}
