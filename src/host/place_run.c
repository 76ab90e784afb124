#include "host/place_run.h"

#include "base/err.h"
#include "base/mem.h"
#include "host/clock.h"

#include <uv.h>

struct hf_place {
    struct hf_loop *loop;
    struct hf_front_run *front;
    struct hf_supervise *keeper;
    uv_prepare_t prepare;
    bool survives;
    bool has_started, has_changed, is_stopping, has_ended, is_closed;
};

/* --- what the keeper says --- */

static void on_changed(void *ctx)
{
    struct hf_place *p = ctx;
    p->has_changed = true;
}

static void look(struct hf_place *p)
{
    struct hf_supervisor_status status;
    hf_supervise_status(p->keeper, &status);
    struct hf_front_outlook outlook = hf_front_outlook(&status, hf_clock_now().mono);
    p->has_changed = false;
    hf_loop_expect(p->loop, outlook.expected_at);
    hf_front_run_tell(p->front, outlook.is_ready && !p->is_stopping);
}

/* Before each wait: all that this turn has changed is known. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct hf_place *p = prepare->data;
    if (!p->has_started && !p->is_stopping && hf_loop_port(p->loop) != 0) {
        p->has_started = true;
        hf_supervise_start(p->keeper);
    }
    if (p->has_changed) look(p);
}

/* --- its end --- */

static void on_finished(void *ctx)
{
    struct hf_place *p = ctx;
    if (!p->is_closed) hf_loop_hold(p->loop, false);
}

/* The gateway is gone: its last words are on their way to the clients.  One that survives
 * us has no last words. */
static void on_ended(void *ctx)
{
    struct hf_place *p = ctx;
    if (p->has_ended) return;
    p->has_ended = true;
    bool is_quit = !p->is_stopping; /* `ctl quit` ends the gateway, survivor or not */
    if (is_quit) hf_loop_stop(p->loop, -1);
    if (p->survives && !is_quit) hf_front_run_stop(p->front);
    hf_front_run_finish(p->front, on_finished, p);
}

void hf_place_stop(struct hf_place *p)
{
    p->is_stopping = p->has_changed = true;
    if (p->has_ended) return;
    hf_supervise_stop(p->keeper);
}

/* --- life --- */

int hf_place_new(struct hf_place **out, struct hf_loop *loop, const struct hf_place_config *config,
                 struct hf_fault *fault)
{
    struct hf_place *p = hf_mem_zero(1, sizeof *p);
    struct hf_front_run_config front = config->front;
    struct hf_supervise_config keeper = config->keeper;
    *out = p;
    if (!p) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    p->loop = loop;
    p->survives = keeper.survives;
    front.is_told = true;
    keeper.hooks =
        (struct hf_supervise_hooks){ .ctx = p, .changed = on_changed, .ended = on_ended };
    uv_prepare_init(hf_loop_uv(loop), &p->prepare);
    p->prepare.data = p;
    int err = hf_front_run_new(&p->front, loop, &front, fault);
    if (!err) err = hf_supervise_new(&p->keeper, hf_loop_uv(loop), &keeper, fault);
    if (err) return err;
    hf_loop_hold(loop, true);
    uv_prepare_start(&p->prepare, on_prepare);
    return 0;
}

void hf_place_reload(struct hf_place *p, const struct hf_settings *settings)
{
    hf_front_run_settings(p->front, settings);
    if (settings->auth_mode == HF_AUTH_TOKEN) hf_supervise_hand(p->keeper, settings->token);
    hf_supervise_reload(p->keeper);
}

void hf_place_close(struct hf_place *p)
{
    if (!p || p->is_closed) return;
    p->is_closed = true;
    uv_close((uv_handle_t *)&p->prepare, NULL);
    hf_front_run_close(p->front);
    hf_supervise_close(p->keeper);
}

void hf_place_free(struct hf_place *p)
{
    if (!p) return;
    hf_front_run_free(p->front);
    hf_supervise_free(p->keeper);
    hf_mem_free(p);
}
