#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"

#include <limits.h>
#include <stdio.h>

enum { LOG_LINE_BYTES = 512 };

/* --- the lock --- */

void hf_enter(struct holdfast_loop *l)
{
    hf_client_loop_lock(l->host);
}

/* Something waits for callbacks. */
static bool has_work(const struct holdfast_loop *l)
{
    return l->inbox.len > 0 || l->disposals || l->has_stranded;
}

static void wake(struct holdfast_loop *l)
{
    bool has_news = has_work(l) || l->is_ending;
    if (l->waiters > 0 || (l->has_threads && has_news)) hf_client_loop_signal(l->host);
}

void hf_leave(struct holdfast_loop *l)
{
    wake(l);
    hf_client_loop_unlock(l->host);
}

static void on_turned(void *loop)
{
    wake(loop);
}

static bool is_loops_thread(const struct holdfast_loop *l)
{
    return hf_thread_is_current(&l->callbacks);
}

bool hf_in_callback(const struct holdfast_loop *l)
{
    return l->depth > 0 && is_loops_thread(l);
}

void hf_say(const struct holdfast_loop *l, enum holdfast_log_level level, const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    va_list args;
    if (!l->log) return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    l->log(l->log_ctx, level, line);
}

/* --- life --- */

void hf_library_hold(struct holdfast_loop *l)
{
    atomic_fetch_add(&l->holders, 1);
}

void hf_library_drop(struct holdfast_loop *l)
{
    if (atomic_fetch_sub(&l->holders, 1) != 1) return;
    hf_client_loop_free(l->host);
    hf_pool_fini(&l->calls);
    hf_buf_fini(&l->inbox);
    hf_buf_fini(&l->batch);
    hf_mem_free(l);
}

int holdfast_loop_new(holdfast_loop **out)
{
    struct holdfast_loop *l = hf_mem_zero(1, sizeof *l);
    if (!l) return HF_ERR_NOMEM;
    struct hf_client_loop_hooks hooks = { .ctx = l, .told = hf_inbox_told, .turned = on_turned };
    int err = hf_client_loop_new(&l->host, &hooks);
    if (err) {
        hf_mem_free(l);
        return err;
    }
    l->magic = HF_LIBRARY_LOOP_MAGIC;
    l->holders = 1;
    hf_pool_init(&l->calls, sizeof(struct hf_call), HF_LIMIT_LOOP_CALLS);
    hf_buf_init(&l->inbox, SIZE_MAX);
    hf_buf_init(&l->batch, SIZE_MAX);
    hf_thread_note(&l->callbacks);
    *out = l;
    return 0;
}

void holdfast_loop_set_log(holdfast_loop *l, holdfast_log_fn fn, void *ctx)
{
    l->log = fn;
    l->log_ctx = ctx;
}

/* --- its own threads --- */

static void serve_thread(void *ctx)
{
    struct holdfast_loop *l = ctx;
    hf_enter(l);
    hf_thread_note(&l->callbacks);
    while (!l->is_ending || l->clients || has_work(l)) {
        if (!has_work(l)) {
            hf_client_loop_wait(l->host, HF_NEVER);
            continue;
        }
        hf_leave(l);
        hf_serve(l);
        hf_enter(l);
    }
    hf_leave(l);
}

int holdfast_loop_start(holdfast_loop *l)
{
    HF_ASSERT(l->magic == HF_LIBRARY_LOOP_MAGIC);
    hf_enter(l);
    bool has_started = l->has_threads;
    l->has_threads = true;
    hf_leave(l);
    if (has_started) return HF_ERR_EXISTS;
    int err = hf_client_loop_start(l->host);
    if (!err) err = hf_thread_start(&l->server, serve_thread, l);
    if (!err) return 0;
    hf_client_loop_halt(l->host);
    hf_enter(l);
    l->has_threads = false;
    hf_leave(l);
    return HF_ERR_IO;
}

/* --- the program's loop --- */

int holdfast_loop_fd(const holdfast_loop *l)
{
    return hf_client_loop_fd(l->host);
}

int holdfast_loop_timeout_ms(const holdfast_loop *l)
{
    hf_client_loop_lock(l->host);
    bool is_now = has_work(l), has_threads = l->has_threads;
    hf_client_loop_unlock(l->host);
    if (has_threads) return -1;
    return is_now ? 0 : hf_client_loop_timeout_ms(l->host);
}

static void become_home(struct holdfast_loop *l)
{
    hf_thread_note(&l->callbacks);
    hf_client_loop_adopt(l->host);
}

/* Whether the caller may drive the loop; then its callbacks run on this thread. */
static int begin_driving(struct holdfast_loop *l)
{
    HF_ASSERT(l->magic == HF_LIBRARY_LOOP_MAGIC);
    hf_enter(l);
    int err = l->has_threads ? HF_ERR_EXISTS : hf_in_callback(l) ? HF_ERR_DEADLOCK : 0;
    if (!err) become_home(l);
    hf_leave(l);
    return err;
}

int holdfast_loop_process(holdfast_loop *l)
{
    int err = begin_driving(l);
    if (err) return err;
    hf_client_loop_turn(l->host);
    hf_serve(l);
    return 0;
}

int holdfast_loop_wait(holdfast_loop *l, int64_t timeout_ms)
{
    int err = begin_driving(l);
    if (err) return err;
    int own_ms = holdfast_loop_timeout_ms(l);
    int64_t wait_ms = own_ms >= 0 && own_ms < timeout_ms ? own_ms : timeout_ms;
    if (wait_ms > INT_MAX) wait_ms = own_ms < 0 && timeout_ms == HOLDFAST_NO_TIMEOUT ? -1 : INT_MAX;
    if (wait_ms != 0) hf_client_loop_poll(l->host, (int)wait_ms);
    return holdfast_loop_process(l);
}

/* --- waiting --- */

static hf_time until_of(const struct holdfast_loop *l, int64_t timeout_ms)
{
    if (timeout_ms >= INT64_MAX / HF_MS(1)) return HF_NEVER;
    return hf_time_after(hf_client_loop_now(l->host).mono, HF_MS(timeout_ms > 0 ? timeout_ms : 0));
}

static int wait_beside(struct holdfast_loop *l, bool (*holds)(const void *ctx), const void *ctx,
                       hf_time until)
{
    bool is_late = false;
    l->waiters++;
    while (!holds(ctx) && !is_late) is_late = !hf_client_loop_wait(l->host, until);
    l->waiters--;
    return holds(ctx) ? 0 : HF_ERR_TIMEOUT;
}

/* The caller is the one who would drive the loop, so it does. */
static int wait_driving(struct holdfast_loop *l, bool (*holds)(const void *ctx), const void *ctx,
                        hf_time until)
{
    while (!holds(ctx)) {
        hf_span left = hf_time_since(until, hf_client_loop_now(l->host).mono);
        if (left <= 0) return HF_ERR_TIMEOUT;
        hf_leave(l);
        int err =
            holdfast_loop_wait(l, hf_time_same(until, HF_NEVER) ? HOLDFAST_NO_TIMEOUT
                                                                : hf_span_ms(left + HF_MS(1) - 1));
        hf_enter(l);
        /* Another thread has started the loop's own. */
        if (err) return wait_beside(l, holds, ctx, until);
    }
    return 0;
}

int hf_wait_until(struct holdfast_loop *l, bool (*holds)(const void *ctx), const void *ctx,
                  int64_t timeout_ms)
{
    int err;
    hf_enter(l);
    hf_time until = until_of(l, timeout_ms);
    if (hf_in_callback(l))
        err = HF_ERR_DEADLOCK;
    else if (!l->has_threads && is_loops_thread(l))
        err = wait_driving(l, holds, ctx, until);
    else
        err = wait_beside(l, holds, ctx, until);
    hf_leave(l);
    return err;
}

/* --- the end --- */

/* No client is made from here on, not by a callback either. */
static void dispose_all(struct holdfast_loop *l)
{
    hf_enter(l);
    l->is_ending = true;
    hf_leave(l);
    for (;;) {
        hf_enter(l);
        struct holdfast_client *c = l->clients;
        while (c && atomic_load(&c->life) != HF_LIVE) c = c->next;
        if (c) hf_client_hold(c);
        hf_leave(l);
        if (!c) return;
        holdfast_client_dispose(c);
        hf_client_drop(c);
    }
}

static void end_threads(struct holdfast_loop *l)
{
    hf_thread_join(&l->server);
    hf_client_loop_halt(l->host);
    hf_enter(l);
    l->has_threads = false;
    become_home(l);
    hf_leave(l);
}

void holdfast_loop_free(holdfast_loop *l)
{
    if (!l) return;
    int err = begin_driving(l);
    HF_ASSERT(err != HF_ERR_DEADLOCK);
    dispose_all(l);
    if (err == HF_ERR_EXISTS) end_threads(l);
    while (has_work(l)) hf_serve(l);
    hf_client_loop_close(l->host);
    hf_library_drop(l);
}

void holdfast_loop_kick(holdfast_loop *l)
{
    hf_enter(l);
    for (struct holdfast_client *c = l->clients; c; c = c->next)
        if (c->seat && atomic_load(&c->life) == HF_LIVE)
            hf_client_seat_step(c->seat, &(struct hf_client_event){ .kind = HF_CLIENT_NETWORK });
    hf_leave(l);
}
