#include "host/client_loop.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/client_loop_state.h"
#include "host/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

/* --- the lock --- */

void hf_client_loop_lock(struct hf_client_loop *l)
{
    uv_mutex_lock(&l->lock);
    l->now = hf_clock_now();
}

void hf_client_loop_unlock(struct hf_client_loop *l)
{
    uv_mutex_unlock(&l->lock);
}

struct hf_now hf_client_loop_now(const struct hf_client_loop *l)
{
    return l->now;
}

bool hf_client_loop_wait(struct hf_client_loop *l, hf_time until)
{
    if (hf_time_same(until, HF_NEVER)) {
        uv_cond_wait(&l->changed, &l->lock);
    } else {
        hf_span left = hf_time_since(until, l->now.mono);
        if (left > 0) uv_cond_timedwait(&l->changed, &l->lock, (uint64_t)left);
    }
    l->now = hf_clock_now();
    return hf_time_before(l->now.mono, until);
}

void hf_client_loop_signal(struct hf_client_loop *l)
{
    uv_cond_broadcast(&l->changed);
}

static bool is_turner(const struct hf_client_loop *l)
{
    return hf_thread_is_current(&l->turner) && (!l->has_thread || l->in_turn);
}

void hf_client_loop_wake(struct hf_client_loop *l)
{
    uv_async_send(&l->wake);
}

/* --- turns --- */

static void on_awake(uv_idle_t *idle)
{
    (void)idle;
}

/* libuv runs timers before it polls, but deadlines are judged after the input: the timer
 * only sees to it that this poll returns at once. */
static void on_timer(uv_timer_t *timer)
{
    struct hf_client_loop *l = timer->loop->data;
    hf_client_loop_lock(l);
    l->armed_for = HF_NEVER;
    hf_client_loop_unlock(l);
    uv_idle_start(&l->awake, on_awake);
}

static void arm(struct hf_client_loop *l)
{
    hf_time due = hf_dueq_due(&l->dues);
    if (hf_time_same(due, l->armed_for)) return;
    l->armed_for = due;
    if (hf_time_same(due, HF_NEVER)) {
        uv_timer_stop(&l->timer);
        return;
    }
    uv_update_time(&l->uv);
    /* libuv counts whole milliseconds of the same clock: round up, never early. */
    int64_t due_ms = due.ns / HF_MS(1) + (due.ns % HF_MS(1) > 0 ? 1 : 0);
    int64_t wait_ms = due_ms - (int64_t)uv_now(&l->uv);
    uv_timer_start(&l->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void run_dirty(struct hf_client_loop *l)
{
    for (struct hf_client_seat *s; (s = l->dirty_first) != NULL;) {
        l->dirty_first = s->next_dirty;
        if (!l->dirty_first) l->dirty_last = NULL;
        s->is_dirty = false;
        hf_client_seat_run(s);
    }
}

static void end_tasks(struct hf_client_loop *l)
{
    while (l->done_first) {
        struct hf_client_task *task = l->done_first;
        l->done_first = task->next;
        l->task_count--;
        hf_thread_join(&task->thread); /* which has nothing left to do */
        task->done(task);
    }
}

static void run_due(struct hf_client_loop *l)
{
    uint32_t slot;
    while (hf_dueq_pop(&l->dues, l->now.mono, &slot)) {
        struct hf_client_seat *const *s = hf_pool_at(&l->seats, slot);
        if (s && !(*s)->has_left) hf_client_seat_run_due(*s);
    }
}

/* A host that slept has a boot clock that went on (spec/client-lifecycle.md 11.4). */
static void look_for_sleep(struct hf_client_loop *l)
{
    if (!hf_clock_has_slept(&l->slept)) return;
    for (hf_id id = 0; (id = hf_pool_next(&l->seats, id)) != 0;) {
        struct hf_client_seat *s = *(struct hf_client_seat **)hf_pool_find(&l->seats, id);
        if (!s->has_left)
            hf_client_seat_step(s, &(struct hf_client_event){ .kind = HF_CLIENT_WOKE });
    }
}

/* What a turn ends with, after all input of this poll has gone in. */
static void finish(struct hf_client_loop *l)
{
    bool was_in_turn = l->in_turn;
    l->in_turn = true;
    run_dirty(l);
    run_due(l);
    run_dirty(l);
    end_tasks(l);
    run_dirty(l);
    arm(l);
    l->in_turn = was_in_turn;
    if (l->hooks.turned) l->hooks.turned(l->hooks.ctx);
}

static void on_check(uv_check_t *check)
{
    struct hf_client_loop *l = check->loop->data;
    hf_client_loop_lock(l);
    look_for_sleep(l);
    finish(l);
    if (l->must_halt) uv_stop(&l->uv);
    hf_client_loop_unlock(l);
    uv_idle_stop(&l->awake);
}

/* The turn that it makes come does the rest. */
static void on_wake(uv_async_t *async)
{
    (void)async;
}

void hf_client_loop_mark(struct hf_client_loop *l, struct hf_client_seat *s)
{
    if (!s->is_dirty) {
        s->is_dirty = true;
        s->next_dirty = NULL;
        if (l->dirty_last)
            l->dirty_last->next_dirty = s;
        else
            l->dirty_first = s;
        l->dirty_last = s;
    }
    if (!is_turner(l))
        hf_client_loop_wake(l);
    else if (!l->in_turn)
        finish(l);
}

static void run_loop(struct hf_client_loop *l, uv_run_mode mode)
{
    hf_client_loop_lock(l);
    hf_thread_note(&l->turner);
    l->in_turn = true;
    hf_client_loop_unlock(l);
    uv_run(&l->uv, mode);
    hf_client_loop_lock(l);
    l->in_turn = false;
    hf_client_loop_unlock(l);
}

void hf_client_loop_turn(struct hf_client_loop *l)
{
    run_loop(l, UV_RUN_NOWAIT);
}

int hf_client_loop_fd(const struct hf_client_loop *l)
{
    return uv_backend_fd(&l->uv);
}

int hf_client_loop_timeout_ms(struct hf_client_loop *l)
{
    uv_update_time(&l->uv);
    return uv_backend_timeout(&l->uv);
}

void hf_client_loop_poll(const struct hf_client_loop *l, int timeout_ms)
{
    struct pollfd fd = { .fd = uv_backend_fd(&l->uv), .events = POLLIN };
    poll(&fd, 1, timeout_ms);
}

static void run_thread(void *ctx)
{
    run_loop(ctx, UV_RUN_DEFAULT);
}

void hf_client_loop_adopt(struct hf_client_loop *l)
{
    hf_thread_note(&l->turner);
}

int hf_client_loop_start(struct hf_client_loop *l)
{
    hf_client_loop_lock(l);
    l->has_thread = true; /* from here on nobody else turns it */
    hf_client_loop_unlock(l);
    return hf_thread_start(&l->thread, run_thread, l);
}

void hf_client_loop_halt(struct hf_client_loop *l)
{
    hf_client_loop_lock(l);
    l->must_halt = true;
    hf_client_loop_unlock(l);
    hf_client_loop_wake(l);
    hf_thread_join(&l->thread);
    hf_client_loop_lock(l);
    l->has_thread = l->must_halt = false;
    hf_client_loop_unlock(l);
}

static void run_task(void *ctx)
{
    struct hf_client_task *task = ctx;
    struct hf_client_loop *l = task->loop;
    task->run(task);
    hf_client_loop_lock(l);
    task->next = l->done_first;
    l->done_first = task;
    hf_client_loop_signal(l);
    hf_client_loop_wake(l);
    hf_client_loop_unlock(l);
}

void hf_client_loop_work(struct hf_client_loop *l, struct hf_client_task *task)
{
    task->loop = l;
    l->task_count++;
    if (hf_thread_start(&task->thread, run_task, task) == 0) return;
    /* Better late than never: without a thread the work is done here. */
    task->run(task);
    task->next = l->done_first;
    l->done_first = task;
    hf_client_loop_wake(l);
}

/* --- life --- */

int hf_client_loop_new(struct hf_client_loop **out, const struct hf_client_loop_hooks *hooks)
{
    struct hf_client_loop *l = hf_mem_zero(1, sizeof *l);
    if (!l) return HF_ERR_NOMEM;
    l->input = hf_mem_new(HF_LIMIT_READ_BYTES);
    if (!l->input || uv_loop_init(&l->uv) != 0) {
        int err = l->input ? HF_ERR_IO : HF_ERR_NOMEM;
        hf_mem_free(l->input);
        hf_mem_free(l);
        return err;
    }
    l->magic = HF_CLIENT_LOOP_MAGIC;
    l->uv.data = l;
    l->hooks = *hooks;
    l->armed_for = HF_NEVER;
    hf_thread_note(&l->turner);
    l->slept = hf_clock_slept();
    uv_mutex_init(&l->lock);
    uv_cond_init(&l->changed);
    hf_pool_init(&l->seats, sizeof(struct hf_client_seat *), HF_LIMIT_LOOP_CLIENTS);
    hf_dueq_init(&l->dues);
    hf_dialer_init(&l->dialer, &l->uv);
    uv_timer_init(&l->uv, &l->timer);
    uv_idle_init(&l->uv, &l->awake);
    uv_check_init(&l->uv, &l->check);
    uv_check_start(&l->check, on_check);
    uv_async_init(&l->uv, &l->wake, on_wake); /* uv_loop_init has opened one already */
    *out = l;
    return 0;
}

/* The handles that only the loop itself has are closed here; sockets and dials close
 * their own. */
void hf_client_loop_close(struct hf_client_loop *l)
{
    HF_ASSERT(l->magic == HF_CLIENT_LOOP_MAGIC);
    HF_ASSERT(!l->thread.is_running);
    hf_client_loop_lock(l);
    hf_thread_note(&l->turner);
    l->in_turn = true;
    finish(l);
    while (l->task_count > 0) {
        if (!l->done_first) hf_client_loop_wait(l, HF_NEVER);
        finish(l);
    }
    hf_client_loop_unlock(l);
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->awake, NULL);
    uv_close((uv_handle_t *)&l->wake, NULL);
    /* The check still ends the turns of what has work left. */
    uv_unref((uv_handle_t *)&l->check);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&l->check, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    HF_ASSERT(uv_loop_close(&l->uv) == 0);
    HF_ASSERT(hf_pool_next(&l->seats, 0) == 0);
    hf_dialer_fini(&l->dialer);
}

void hf_client_loop_free(struct hf_client_loop *l)
{
    if (!l) return;
    hf_dueq_fini(&l->dues);
    hf_pool_fini(&l->seats);
    uv_mutex_destroy(&l->lock);
    uv_cond_destroy(&l->changed);
    hf_mem_free(l->input);
    hf_mem_free(l);
}

/* --- seats --- */

int hf_client_seat_new(struct hf_client_seat **out, struct hf_client_loop *l,
                       const struct hf_client_seat_config *config)
{
    void *item;
    hf_id id;
    struct hf_client_seat *s = hf_mem_zero(1, sizeof *s);
    int err = s ? hf_pool_new(&l->seats, &id, &item) : HF_ERR_NOMEM;
    if (err) {
        hf_mem_free(s);
        return err;
    }
    err = hf_dueq_reserve(&l->dues, hf_id_slot(id));
    if (err) {
        hf_pool_drop(&l->seats, id);
        hf_mem_free(s);
        return err;
    }
    *s = (struct hf_client_seat){ .config = *config, .loop = l, .id = id };
    *(struct hf_client_seat **)item = s;
    *out = s;
    return 0;
}

void hf_client_seat_leave(struct hf_client_seat *s)
{
    s->has_left = s->must_reset = true;
    s->must_dial = s->has_output = s->must_end = false;
    hf_dueq_set(&s->loop->dues, hf_id_slot(s->id), HF_NEVER);
    hf_client_loop_mark(s->loop, s);
}
