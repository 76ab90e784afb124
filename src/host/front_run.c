#include "host/front_run.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/front_state.h"

#include <stdio.h>

hf_time hf_front_now(void)
{
    return hf_clock_now().mono;
}

/* --- is the upstream there? --- */

static void set_up(struct hf_front_run *r, bool is_up, struct hf_bytes why)
{
    bool is_news = r->is_up != is_up || !r->was_up;
    r->is_up = is_up;
    hf_front_set_ready(&r->front, is_up && !r->is_stopped);
    if (!r->is_told)
        r->probe_at = is_up ? HF_NEVER : hf_time_after(hf_front_now(), r->front.config.probe_every);
    if (!is_news) return;
    if (is_up)
        HF_LOG(&r->log, HF_LOG_INFO, "upstream.found", HF_TEXT("place", r->upstream.place));
    else if (r->was_up)
        /* Who keeps it has told why, and whether that was to be. */
        HF_LOG(&r->log, r->is_told ? HF_LOG_INFO : HF_LOG_WARN, "upstream.lost",
               HF_TEXT("place", r->upstream.place), HF_TEXT("why", why));
    if (!is_up || r->was_up) return;
    r->was_up = true;
    if (r->hooks.up) r->hooks.up(r->hooks.ctx);
}

void hf_front_saw(struct hf_front_run *r, bool is_up, struct hf_bytes why)
{
    if (!r->is_told) set_up(r, is_up, why);
}

int hf_front_dial(struct hf_front_run *r, struct hf_dial **out, hf_dial_done done, void *ctx)
{
    struct hf_dial_config config = { .url = r->upstream, .within = r->front.config.dial_within };
    return hf_dial_new(out, &r->dialer, &config, done, ctx);
}

static void on_probed(void *ctx, const struct hf_dial_result *result)
{
    struct hf_front_run *r = ctx;
    r->probe = NULL;
    if (result->err == 0) {
        struct hf_stream stream = *result->stream;
        hf_stream_reset(&stream); /* nothing was said: the upstream has nothing to remember */
    }
    hf_front_saw(r, result->err == 0, result->why);
    hf_front_arm(r);
}

static void probe(struct hf_front_run *r)
{
    r->probe_at = HF_NEVER;
    if (r->is_stopped || hf_front_dial(r, &r->probe, on_probed, r) == 0) return;
    r->probe_at = hf_time_after(hf_front_now(), r->front.config.probe_every);
}

/* --- time --- */

static void on_timer(uv_timer_t *timer)
{
    struct hf_front_run *r = timer->data;
    uint32_t acts;
    hf_id id;
    r->armed_for = HF_NEVER;
    if (!hf_time_before(hf_front_now(), r->probe_at)) probe(r);
    while ((id = hf_front_expire(&r->front, hf_front_now(), &acts)) != 0) {
        struct hf_relayed *c = r->first;
        while (c && c->id != id) c = c->after;
        if (c) hf_relayed_perform(c, acts);
    }
    hf_front_arm(r);
}

void hf_front_arm(struct hf_front_run *r)
{
    hf_time due = hf_time_min(hf_front_due(&r->front), r->probe_at);
    /* One that fires too early arms it anew: idle connections move theirs with every byte. */
    bool is_armed = !hf_time_same(r->armed_for, HF_NEVER);
    if (r->is_closed || (is_armed && !hf_time_before(due, r->armed_for))) return;
    r->armed_for = due;
    if (hf_time_same(due, HF_NEVER)) return;
    int64_t ms = hf_span_ms(hf_time_since(due, hf_front_now()) + HF_MS(1) - 1);
    uv_update_time(r->uv);
    uv_timer_start(&r->timer, on_timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

/* --- accepting --- */

static bool on_accepted(void *ctx, int fd, const struct hf_peer *peer)
{
    struct hf_front_run *r = ctx;
    struct hf_peer from = *peer;
    hf_id id;
    from.is_tls = r->tls != NULL;
    switch (hf_front_accept(&r->front, hf_front_now(), &from, &id)) {
    case HF_FRONT_GATE:
        return false;
    case HF_FRONT_REFUSE:
        hf_stream_close(&(struct hf_stream){ .fd = fd });
        return true;
    case HF_FRONT_RELAY:
        break;
    }
    struct hf_relayed *c = hf_relayed_open(r, id, fd);
    if (c) {
        hf_relayed_pump(c);
    } else {
        hf_front_drop(&r->front, id);
        hf_stream_close(&(struct hf_stream){ .fd = fd });
    }
    hf_front_arm(r);
    return true;
}

/* --- life --- */

int hf_front_run_new(struct hf_front_run **out, struct hf_loop *loop,
                     const struct hf_front_run_config *config, struct hf_fault *fault)
{
    struct hf_front_run *r = hf_mem_zero(1, sizeof *r);
    uint8_t *input = r ? hf_mem_new(HF_LIMIT_READ_BYTES) : NULL;
    const char *what;
    if (!input) {
        hf_mem_free(r);
        return hf_fault_set(fault, HF_ERR_NOMEM, "cannot start the relay: out of memory");
    }
    snprintf(r->url_text, sizeof r->url_text, "%s://%.*s/", config->upstream.is_tls ? "wss" : "ws",
             (int)config->upstream.place.len, (const char *)config->upstream.place.ptr);
    if (hf_url_read(hf_bytes_cstr(r->url_text), &r->upstream, &what) != 0) {
        hf_mem_free(input);
        hf_mem_free(r);
        return hf_fault_set(fault, HF_ERR_USAGE, "the upstream's address: %s", what);
    }
    r->loop = loop;
    r->uv = hf_loop_uv(loop);
    r->input = input;
    r->tls = config->tls;
    r->log = config->log;
    r->hooks = config->hooks;
    r->is_told = config->is_told;
    r->armed_for = HF_NEVER;
    r->probe_at = r->is_told ? HF_NEVER : hf_front_now();
    hf_front_init(&r->front, &config->front, config->settings);
    hf_dialer_init(&r->dialer, r->uv);
    uv_timer_init(r->uv, &r->timer);
    r->timer.data = r;
    hf_loop_set_front(loop, on_accepted, r);
    hf_front_arm(r);
    *out = r;
    return 0;
}

void hf_front_run_settings(struct hf_front_run *r, const struct hf_settings *settings)
{
    hf_front_set(&r->front, settings);
}

void hf_front_run_tell(struct hf_front_run *r, bool is_ready)
{
    HF_ASSERT(r->is_told);
    set_up(r, is_ready, HF_LIT("its keeper says so"));
}

const struct hf_front_counts *hf_front_run_counts(const struct hf_front_run *r)
{
    return &r->front.counts;
}

void hf_front_run_stop(struct hf_front_run *r)
{
    r->is_stopped = true;
    r->probe_at = HF_NEVER;
    hf_front_set_ready(&r->front, false);
    while (r->first) hf_relayed_perform(r->first, hf_front_end(&r->front, r->first->id));
    hf_front_arm(r);
}

void hf_front_ended(struct hf_front_run *r)
{
    void (*finished)(void *ctx) = r->finished;
    if (!finished || r->front.counts.open > 0) return;
    r->finished = NULL;
    finished(r->finished_ctx);
}

void hf_front_run_finish(struct hf_front_run *r, void (*finished)(void *ctx), void *ctx)
{
    r->finished = finished;
    r->finished_ctx = ctx;
    r->is_stopped = true;
    r->probe_at = HF_NEVER;
    hf_front_finish(&r->front, hf_front_now());
    hf_front_arm(r);
    hf_front_ended(r);
}

void hf_front_run_close(struct hf_front_run *r)
{
    if (!r) return;
    hf_front_run_stop(r);
    hf_loop_set_front(r->loop, NULL, NULL);
    hf_dial_free(r->probe);
    r->probe = NULL;
    r->is_closed = true;
    uv_close((uv_handle_t *)&r->timer, NULL);
}

void hf_front_run_free(struct hf_front_run *r)
{
    if (!r) return;
    hf_dialer_fini(&r->dialer);
    hf_front_fini(&r->front);
    hf_mem_free(r->input);
    hf_mem_free(r);
}
