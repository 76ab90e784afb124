/* A supervisor on a loop of its own. */
#include "host/clock.h"
#include "host/supervise.h"

#include <signal.h>
#include <uv.h>

enum { SIGNALS = 3 };

struct run {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_timer_t log_timer;
    uv_signal_t signals[SIGNALS];
    struct hf_supervise *supervise;
    struct hf_log_sink *sink;
    const struct hf_log *log;
    bool is_ending;
};

static void on_ended(void *ctx)
{
    struct run *r = ctx;
    r->is_ending = true;
    uv_stop(&r->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *r = handle->data;
    HF_LOG(r->log, HF_LOG_INFO, "signal.received", HF_INT("signal", number));
    if (number == SIGHUP)
        hf_supervise_reload(r->supervise);
    else
        hf_supervise_stop(r->supervise);
}

static void on_log_due(uv_timer_t *timer)
{
    (void)timer; /* the turn that it makes writes */
}

/* Before each poll: what the turn has said is written. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct run *r = prepare->data;
    struct hf_now now = hf_clock_now();
    hf_log_sink_run_due(r->sink, now);
    if (!hf_log_sink_is_empty(r->sink)) hf_log_sink_flush(r->sink);
    hf_time due = hf_log_sink_due(r->sink);
    if (hf_time_same(due, HF_NEVER)) {
        uv_timer_stop(&r->log_timer);
        return;
    }
    int64_t wait_ms = hf_span_ms(hf_time_since(due, now.mono)) + 1;
    uv_timer_start(&r->log_timer, on_log_due, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void start(struct run *r)
{
    static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
    uv_prepare_init(&r->loop, &r->prepare);
    r->prepare.data = r;
    uv_prepare_start(&r->prepare, on_prepare);
    uv_timer_init(&r->loop, &r->log_timer);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&r->loop, &r->signals[i]);
        r->signals[i].data = r;
        uv_signal_start(&r->signals[i], on_signal, numbers[i]);
    }
}

static void stop(struct run *r)
{
    hf_supervise_close(r->supervise);
    uv_close((uv_handle_t *)&r->prepare, NULL);
    uv_close((uv_handle_t *)&r->log_timer, NULL);
    for (size_t i = 0; i < SIGNALS; i++) uv_close((uv_handle_t *)&r->signals[i], NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    uv_loop_close(&r->loop);
    hf_supervise_free(r->supervise);
}

int hf_supervise_run(const struct hf_supervise_config *config, struct hf_log_sink *sink,
                     struct hf_fault *fault)
{
    struct run r = { .sink = sink, .log = &config->log };
    struct hf_supervise_config own = *config;
    own.hooks = (struct hf_supervise_hooks){ .ctx = &r, .ended = on_ended };
    if (uv_loop_init(&r.loop) != 0)
        return hf_fault_set(fault, HF_ERR_DESCRIPTORS, "the system has no descriptors for a loop");
    start(&r);
    int err = hf_supervise_new(&r.supervise, &r.loop, &own, fault);
    if (!err) {
        hf_supervise_start(r.supervise);
        while (!r.is_ending && uv_run(&r.loop, UV_RUN_DEFAULT) != 0) {
        }
    }
    stop(&r);
    return err;
}
