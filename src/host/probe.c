#include "host/probe.h"
#include "base/err.h"
#include "base/mem.h"
#include "host/entropy.h"

#include <stdio.h>

enum { REQUEST_BYTES = 16384, WHY_BYTES = 256 };

struct hf_probe {
    struct hf_probe_config config;
    struct hf_dial *dial;
    struct hf_stream stream; /* its descriptor is -1 before it is connected */
    struct hf_look look;
    struct hf_buf request;
    size_t sent;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
    bool has_poll, is_connected;
    struct hf_net_address peer; /* when connected */
};

/* --- the end --- */

static void on_closed(uv_handle_t *handle)
{
    struct hf_probe *p = handle->data;
    if (--p->open_handles > 0) return;
    hf_stream_reset(&p->stream);
    hf_look_fini(&p->look);
    hf_buf_fini(&p->request);
    hf_mem_free(p);
}

void hf_probe_free(struct hf_probe *p)
{
    if (!p) return;
    hf_dial_free(p->dial);
    p->dial = NULL;
    if (p->has_poll) uv_close((uv_handle_t *)&p->poll, on_closed);
    p->has_poll = false;
    uv_close((uv_handle_t *)&p->timer, on_closed);
}

static void finish(struct hf_probe *p, enum hf_probe_result result, struct hf_bytes why)
{
    hf_probe_done done = p->config.done;
    void *ctx = p->config.ctx;
    char text[WHY_BYTES];
    struct hf_net_address peer = p->peer;
    bool is_connected = p->is_connected;
    /* The reason may lie in what goes now. */
    int len = snprintf(text, sizeof text, "%.*s", (int)why.len, (const char *)why.ptr);
    hf_probe_free(p);
    done(ctx, result, is_connected ? &peer : NULL,
         hf_bytes(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1));
}

static void on_late(uv_timer_t *timer)
{
    struct hf_probe *p = timer->data;
    if (p->is_connected)
        finish(p, HF_PROBE_SILENT, HF_LIT("it accepts connections and says nothing"));
    else
        finish(p, HF_PROBE_REFUSED, HF_LIT("no connection in time"));
}

/* --- the talk --- */

static void on_ready(uv_poll_t *handle, int status, int events);

static void watch(struct hf_probe *p)
{
    bool wants_write = p->sent < p->request.len || hf_stream_is_pending(&p->stream);
    uv_poll_start(&p->poll, UV_READABLE | (wants_write ? UV_WRITABLE : 0), on_ready);
}

/* What cannot be sent may still be answered: reading tells. */
static void send_request(struct hf_probe *p)
{
    size_t written = 0;
    if (hf_stream_is_pending(&p->stream)) {
        hf_stream_flush(&p->stream, &written);
        return;
    }
    if (p->sent == p->request.len) return;
    struct hf_output out = { 0 };
    out.spans[out.count++] = hf_bytes_from(hf_buf_view(&p->request), p->sent);
    out.total_bytes = p->request.len - p->sent;
    hf_stream_write(&p->stream, &out, &written);
    p->sent += written;
}

static void read_answer(struct hf_probe *p)
{
    static uint8_t scratch[HF_LIMIT_READ_BYTES];
    size_t len;
    for (;;) {
        enum hf_io io = hf_stream_read(&p->stream, scratch, sizeof scratch, &len);
        if (io == HF_IO_WAIT) break;
        if (io != HF_IO_OK) {
            finish(p, HF_PROBE_OTHER, HF_LIT("it closes the connection before an answer"));
            return;
        }
        enum hf_look_verdict verdict = hf_look_input(&p->look, scratch, len);
        if (verdict == HF_LOOK_WAIT) continue;
        finish(p, verdict == HF_LOOK_READY ? HF_PROBE_READY : HF_PROBE_OTHER,
               hf_bytes_cstr(p->look.why));
        return;
    }
    watch(p);
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct hf_probe *p = handle->data;
    (void)status;
    (void)events;
    send_request(p);
    read_answer(p);
}

static void on_dialed(void *ctx, const struct hf_dial_result *result)
{
    struct hf_probe *p = ctx;
    p->dial = NULL;
    if (result->err) {
        finish(p, HF_PROBE_REFUSED, result->why);
        return;
    }
    p->stream = *result->stream;
    *result->stream = (struct hf_stream){ .fd = -1 };
    p->is_connected = true;
    p->peer = result->address;
    if (p->config.kind == HF_PROBE_TCP) {
        finish(p, HF_PROBE_READY, HF_EMPTY);
        return;
    }
    if (uv_poll_init(p->config.dialer->loop, &p->poll, p->stream.fd) != 0) {
        finish(p, HF_PROBE_REFUSED, HF_LIT("the connection cannot be watched"));
        return;
    }
    p->poll.data = p;
    p->has_poll = true;
    p->open_handles++;
    send_request(p);
    watch(p);
}

/* --- the beginning --- */

static enum hf_look_kind look_of(enum hf_probe_kind kind)
{
    switch (kind) {
    case HF_PROBE_GATEWAY:
    case HF_PROBE_TCP:
        return HF_LOOK_GATEWAY;
    case HF_PROBE_HTTP_2XX:
        return HF_LOOK_HTTP_2XX;
    case HF_PROBE_HTTP_ANY:
        return HF_LOOK_HTTP_ANY;
    }
    return HF_LOOK_GATEWAY;
}

int hf_probe_new(struct hf_probe **out, const struct hf_probe_config *config)
{
    uint8_t key[HF_HTTP_KEY_BYTES];
    struct hf_probe *p = hf_mem_zero(1, sizeof *p);
    if (!p) return HF_ERR_NOMEM;
    int err = hf_entropy(key, sizeof key);
    p->config = *config;
    p->stream.fd = -1;
    hf_buf_init(&p->request, REQUEST_BYTES);
    hf_look_init(&p->look, look_of(config->kind), &config->url, key, &p->request);
    if (!err) err = hf_buf_done(&p->request);
    struct hf_dial_config dial = { .url = config->url, .within = config->within };
    if (!err) err = hf_dial_new(&p->dial, config->dialer, &dial, on_dialed, p);
    if (err) {
        hf_look_fini(&p->look);
        hf_buf_fini(&p->request);
        hf_mem_free(p);
        return err;
    }
    uv_timer_init(config->dialer->loop, &p->timer);
    p->timer.data = p;
    p->open_handles++;
    uv_timer_start(&p->timer, on_late, (uint64_t)hf_span_ms(config->within), 0);
    *out = p;
    return 0;
}
