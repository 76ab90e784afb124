/* A supervisor on a loop of its own. */
#include "base/limits.h"
#include "host/clock.h"
#include "host/parent.h"
#include "host/scribe.h"
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
    struct hf_parent *parent; /* NULL: nobody's */
    struct hf_log_sink *sink;
    struct hf_scribe *scribe;
    struct hf_buf err_lines, file_lines; /* on their way from the sink to the scribe */
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

static void on_parent_gone(void *ctx)
{
    struct run *r = ctx;
    HF_LOG(r->log, HF_LOG_INFO, "parent.ended",
           HF_TEXT("why_we_end", HF_LIT("--exit-with-parent")));
    hf_supervise_stop(r->supervise);
}

static void on_log_due(uv_timer_t *timer)
{
    (void)timer; /* the turn that it makes writes */
}

/* On the scribe's thread. */
static int write_log(void *pen, const struct hf_buf *err_lines, const struct hf_buf *file_lines)
{
    hf_log_sink_write(pen, err_lines, file_lines);
    return 0;
}

static void take_log(struct run *r)
{
    bool has_room = r->err_lines.len == 0 && r->file_lines.len == 0;
    if (has_room) hf_log_sink_take(r->sink, &r->err_lines, &r->file_lines);
}

/* While the last batch is being written the sink gathers, and drops what is too much. */
static void give_log(struct run *r, struct hf_now now)
{
    take_log(r);
    if (r->err_lines.len == 0 && r->file_lines.len == 0) return;
    bool is_taken = hf_scribe_give(r->scribe, &r->err_lines, &r->file_lines);
    if (!is_taken && !hf_log_sink_is_empty(r->sink)) hf_log_sink_postpone(r->sink, now.mono);
}

static void drop_log(struct run *r)
{
    hf_buf_reset(&r->err_lines, 0);
    hf_buf_reset(&r->file_lines, 0);
    take_log(r);
}

/* Before each poll: what the turn has said goes on its way. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct run *r = prepare->data;
    struct hf_now now = hf_clock_now();
    hf_log_sink_run_due(r->sink, now);
    give_log(r, now);
    hf_time due = hf_log_sink_due(r->sink);
    if (hf_time_same(due, HF_NEVER)) {
        uv_timer_stop(&r->log_timer);
        return;
    }
    int64_t wait_ms = hf_span_ms(hf_time_since(due, now.mono)) + 1;
    uv_timer_start(&r->log_timer, on_log_due, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static int start(struct run *r, int parent_fd, struct hf_fault *fault)
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
    hf_buf_init(&r->err_lines, HF_LIMIT_LOG_BUFFER_BYTES);
    hf_buf_init(&r->file_lines, HF_LIMIT_LOG_BUFFER_BYTES);
    const struct hf_scribe_config config = {
        .loop = &r->loop, .bytes_max = HF_LIMIT_LOG_BUFFER_BYTES, .write = write_log, .pen = r->sink
    };
    int err = hf_scribe_new(&r->scribe, &config);
    if (err) return hf_fault_set(fault, err, "no thread can be had for the log");
    if (parent_fd >= 0) err = hf_parent_new(&r->parent, &r->loop, parent_fd, on_parent_gone, r);
    return err ? hf_fault_set(fault, err, "the process that started us cannot be watched") : 0;
}

static void stop(struct run *r)
{
    hf_supervise_close(r->supervise);
    if (r->scribe) take_log(r);
    /* A disk or terminal that takes nothing does not hold up our end: the rest is lost. */
    bool is_written = hf_scribe_end(r->scribe, &r->err_lines, &r->file_lines);
    uv_close((uv_handle_t *)&r->prepare, NULL);
    uv_close((uv_handle_t *)&r->log_timer, NULL);
    for (size_t i = 0; i < SIGNALS; i++) uv_close((uv_handle_t *)&r->signals[i], NULL);
    hf_parent_close(r->parent);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    uv_loop_close(&r->loop);
    hf_supervise_free(r->supervise);
    if (!is_written) {
        drop_log(r);
        hf_log_sink_lend(r->sink);
    }
    hf_buf_fini(&r->err_lines);
    hf_buf_fini(&r->file_lines);
}

int hf_supervise_run(const struct hf_supervise_config *config, struct hf_log_sink *sink,
                     struct hf_fault *fault)
{
    struct run r = { .sink = sink, .log = &config->log };
    struct hf_supervise_config own = *config;
    own.hooks = (struct hf_supervise_hooks){ .ctx = &r, .ended = on_ended };
    if (uv_loop_init(&r.loop) != 0)
        return hf_fault_set(fault, HF_ERR_DESCRIPTORS, "the system has no descriptors for a loop");
    int err = start(&r, config->parent_fd, fault);
    if (!err) err = hf_supervise_new(&r.supervise, &r.loop, &own, fault);
    if (!err) {
        hf_supervise_start(r.supervise);
        while (!r.is_ending && uv_run(&r.loop, UV_RUN_DEFAULT) != 0) {
        }
    }
    stop(&r);
    return err;
}
