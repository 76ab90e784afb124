#include "host/loop.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/loop_state.h"
#include "port/store.h"

#include <signal.h>
#include <stdio.h>

/* --- actions --- */

static void close_connection(struct hf_loop *l, hf_id conn)
{
    struct hf_socket *s = hf_loop_socket(l, conn);
    if (!s) return;
    s->state = HF_SOCKET_CLOSING;
    hf_loop_mark(l, s);
}

static void pause_connection(struct hf_loop *l, hf_id conn, bool is_paused)
{
    struct hf_socket *s = hf_loop_socket(l, conn);
    if (!s) return;
    s->is_paused = is_paused;
    hf_loop_mark(l, s);
}

static void perform(struct hf_loop *l, const struct hf_action *action)
{
    struct hf_socket *s;
    switch (action->kind) {
    case HF_ACTION_OUTPUT:
        s = hf_loop_socket(l, action->conn);
        /* A blocked socket is not even tried: its readiness comes by itself. */
        if (s && !s->is_blocked) hf_loop_mark(l, s);
        return;
    case HF_ACTION_PAUSE:
        pause_connection(l, action->conn, true);
        return;
    case HF_ACTION_RESUME:
        pause_connection(l, action->conn, false);
        return;
    case HF_ACTION_CLOSE:
        close_connection(l, action->conn);
        return;
    case HF_ACTION_KILL:
        s = hf_loop_socket(l, action->conn);
        if (s) hf_loop_kill(l, s);
        return;
    case HF_ACTION_JOB:
        /* Whoever asks for the end of the log wants what was just told, too. */
        if (action->job.kind == HF_JOB_LOG_TAIL) hf_worker_write_log(l->worker);
        hf_worker_push(l->worker, &action->job);
        return;
    case HF_ACTION_READY:
        hf_notify_send(l->notify, "READY=1\nSTATUS=serving");
        if (l->hooks.ready) l->hooks.ready(l->hooks.ctx);
        return;
    case HF_ACTION_DRAINING:
        hf_notify_send(l->notify, "STOPPING=1\nSTATUS=draining");
        if (l->hooks.draining) l->hooks.draining(l->hooks.ctx);
        return;
    case HF_ACTION_STOPPED:
        l->is_stopped = true;
        return;
    }
}

void hf_loop_drain(struct hf_loop *l)
{
    struct hf_action action;
    /* An action may end in a step of its own (KILL in CLOSED): the outer call goes
     * on with what that added. */
    if (l->in_drain) return;
    l->in_drain = true;
    while (hf_server_action(l->server, &action)) perform(l, &action);
    l->in_drain = false;
}

void hf_loop_step(struct hf_loop *l, const struct hf_event *event, struct hf_outcome *outcome)
{
    struct hf_outcome ignored = { 0 };
    HF_ASSERT(l->in_turn);
    hf_server_step(l->server, l->now, event, outcome ? outcome : &ignored);
    hf_loop_drain(l);
}

void hf_loop_give_up(struct hf_loop *l, const struct hf_fault *fault)
{
    l->fault = *fault;
    l->is_stopped = true;
}

/* Without its store the gateway would stay in start-up for ever. */
static void check_load(struct hf_loop *l, const struct hf_job_result *result)
{
    struct hf_fault fault;
    if (result->kind != HF_JOB_STORE || result->u.store->kind != HF_STORE_LOAD) return;
    if (result->u.store->err == 0) return;
    hf_fault_set(&fault, result->u.store->err, "cannot open %s: %s",
                 hf_worker_store_path(l->worker), hf_err_text(result->u.store->err));
    hf_loop_give_up(l, &fault);
}

static void on_job_done(void *loop, const struct hf_job_result *result)
{
    struct hf_loop *l = loop;
    hf_loop_begin_turn(l);
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_JOB_DONE, .u.job = result }, NULL);
    check_load(l, result);
}

/* --- signals --- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct hf_loop *l = handle->loop->data;
    hf_loop_begin_turn(l);
    if (number != SIGHUP) {
        HF_LOG(&l->log, HF_LOG_INFO, "signal.received", HF_INT("signal", number),
               HF_BOOL("again", l->stop_asked));
        hf_loop_stop(l, number == SIGUSR2 ? l->restart_expected_ms : -1);
        return;
    }
    hf_notify_reloading(l->notify, l->now);
    if (l->hooks.reload) l->hooks.reload(l->hooks.ctx);
    hf_notify_send(l->notify, "READY=1");
}

static void start_signals(struct hf_loop *l)
{
    static const int numbers[HF_LOOP_SIGNALS] = { SIGTERM, SIGINT, SIGUSR2, SIGHUP };
    for (size_t i = 0; i < HF_LOOP_SIGNALS; i++) {
        uv_signal_init(&l->uv, &l->signals[i]);
        uv_signal_start(&l->signals[i], on_signal, numbers[i]);
    }
}

/* --- life --- */

static int start_worker(struct hf_loop *l, const struct hf_loop_config *config)
{
    struct hf_worker_config worker = { .loop = &l->uv,
                                       .sink = config->sink,
                                       .state_dir = config->state_dir,
                                       .log_path = config->log_path,
                                       .done = on_job_done,
                                       .ctx = l };
    return hf_worker_new(&l->worker, &worker);
}

static int start(struct hf_loop *l, const struct hf_loop_config *config)
{
    struct hf_now now = hf_clock_now();
    l->turn_ended_at = now.mono;
    hf_pool_init(&l->sockets, sizeof(struct hf_socket), HF_LIMIT_SOCKETS);
    hf_dueq_init(&l->lingering);
    hf_loop_open_turns(l);
    hf_listener_init(&l->listener, &l->uv, &l->log, hf_loop_accept, l);
    if (config->handles_signals) start_signals(l);
    l->input = hf_mem_new(HF_LIMIT_READ_BYTES);
    if (!l->input) return HF_ERR_NOMEM;
    hf_crypto_start();
    int err = start_worker(l, config);
    if (!err) err = hf_server_new(&l->server, config->server, config->settings, now);
    return err;
}

int hf_loop_new(struct hf_loop **out, const struct hf_loop_config *config, struct hf_fault *fault)
{
    struct hf_loop *l = hf_mem_zero(1, sizeof *l);
    if (!l) return hf_fault_set(fault, HF_ERR_NOMEM, "cannot start: out of memory");
    l->log = config->server->log;
    l->sink = config->sink;
    l->tls = config->tls;
    l->notify = config->notify;
    l->hooks = config->hooks;
    l->restart_expected_ms = config->restart_expected_ms;
    l->armed_for = l->item_at = HF_NEVER;
    /* The first keep-alive goes out in the first turn. */
    l->keepalive_at = l->notify->watchdog_every > 0 ? hf_at_ms(0) : HF_NEVER;
    int failed = uv_loop_init(&l->uv);
    if (failed) {
        hf_mem_free(l);
        return hf_fault_set(fault, HF_ERR_IO, "cannot start the event loop: %s",
                            uv_strerror(failed));
    }
    l->uv.data = l;
    l->magic = HF_LOOP_MAGIC;
    int err = start(l, config);
    if (err) {
        hf_loop_free(l);
        return hf_fault_set(fault, err, "cannot start the gateway: %s", hf_err_text(err));
    }
    *out = l;
    return 0;
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void hf_loop_free(struct hf_loop *l)
{
    if (!l) return;
    HF_ASSERT(l->magic == HF_LOOP_MAGIC);
    hf_loop_close_sockets(l);
    hf_listener_close(&l->listener);
    if (l->worker) hf_worker_stop(l->worker);
    uv_walk(&l->uv, close_handle, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    HF_ASSERT(uv_loop_close(&l->uv) == 0);
    hf_worker_free(l->worker);
    hf_server_free(l->server);
    hf_dueq_fini(&l->lingering);
    hf_pool_fini(&l->sockets);
    hf_mem_free(l->by_slot);
    hf_mem_free(l->input);
    hf_mem_free(l);
}

/* --- what others ask of it --- */

int hf_loop_serve(struct hf_loop *l, const struct hf_listen_set *set, struct hf_fault *fault)
{
    int err = hf_listener_serve(&l->listener, set, fault);
    if (!err) hf_loop_item_ready(l, HF_LIT("listeners"));
    return err;
}

int hf_loop_bind(struct hf_loop *l, const struct hf_listen_spec *spec, struct hf_fault *fault)
{
    int err = hf_listener_bind(&l->listener, spec, hf_clock_now().mono, fault);
    if (!err) hf_loop_item_ready(l, HF_LIT("listeners"));
    return err == HF_ERR_BUSY ? 0 : err;
}

void hf_loop_set_front(struct hf_loop *l, hf_loop_front *front, void *ctx)
{
    l->front = front;
    l->front_ctx = ctx;
}

struct uv_loop_s *hf_loop_uv(struct hf_loop *l)
{
    return &l->uv;
}

uint16_t hf_loop_port(const struct hf_loop *l)
{
    return l->listener.set.port;
}

void hf_loop_item_ready(struct hf_loop *l, struct hf_bytes name)
{
    hf_loop_wake(l);
    hf_loop_tell_item(l, name);
}

void hf_loop_item_ready_after(struct hf_loop *l, struct hf_bytes name, hf_span after)
{
    HF_ASSERT(name.len < HF_LOOP_ITEM_CHARS && hf_time_same(l->item_at, HF_NEVER));
    hf_loop_wake(l);
    snprintf(l->item_name, sizeof l->item_name, "%.*s", (int)name.len, (const char *)name.ptr);
    l->item_at = hf_time_after(l->now.mono, after);
}

void hf_loop_expect(struct hf_loop *l, hf_time at)
{
    hf_loop_wake(l);
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_EXPECTED, .u.expected_at = at }, NULL);
}

void hf_loop_hold(struct hf_loop *l, bool is_held)
{
    hf_loop_wake(l);
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_HELD, .u.is_held = is_held }, NULL);
}

void hf_loop_settings(struct hf_loop *l, const struct hf_settings *settings)
{
    hf_loop_wake(l);
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_SETTINGS, .u.settings = settings }, NULL);
}

void hf_loop_stop(struct hf_loop *l, int64_t restart_expected_ms)
{
    struct hf_event event = {
        .kind = HF_EVENT_STOP,
        .u.stop = { .will_restart = restart_expected_ms >= 0,
                    .restart_expected_ms = restart_expected_ms },
    };
    hf_loop_wake(l);
    l->is_hasty = l->stop_asked;
    l->stop_asked = true;
    hf_loop_step(l, &event, NULL);
    if (l->is_hasty && l->hooks.hurried) l->hooks.hurried(l->hooks.ctx);
}

int hf_loop_run(struct hf_loop *l, struct hf_fault *fault)
{
    HF_ASSERT(l->magic == HF_LOOP_MAGIC);
    hf_loop_wake(l);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    if (l->fault.err) *fault = l->fault;
    return l->fault.err;
}
