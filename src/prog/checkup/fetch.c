#include "prog/checkup/fetch.h"
#include "base/err.h"
#include "host/clock.h"
#include "prog/show/text.h"
#include "wire/http_response.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

struct fetch {
    const struct hf_url *url;
    const uint8_t *pin;
    hf_time started_at, until;
    struct hf_checkup_fetched *out;
    struct hf_stream stream; /* once connected */
};

static int64_t left_ms(hf_time until)
{
    int64_t ms = hf_span_ms(hf_time_since(until, hf_clock_now().mono) + HF_MS(1) - 1);
    return ms > 0 ? ms : 0;
}

/* --- connecting --- */

static enum hf_checkup_reach reach_of(const struct hf_dial_result *result)
{
    if (result->stage == HF_DIAL_TLS) return HF_CHECKUP_NO_TLS;
    /* Of the gateway nothing is known while its proxy cannot be used. */
    if (result->is_proxied) return HF_CHECKUP_UNREACHABLE;
    if (result->stage == HF_DIAL_RESOLVING && result->err != HF_ERR_TIMEOUT)
        return HF_CHECKUP_NO_NAME;
    return result->is_refused ? HF_CHECKUP_REFUSED : HF_CHECKUP_UNREACHABLE;
}

static void write_address(struct fetch *f, const struct hf_dial_result *result)
{
    char text[HF_NET_ADDRESS_CHARS];
    size_t len = hf_net_address_write(&result->address, text);
    bool is_v6 = memchr(text, ':', len) != NULL;
    snprintf(f->out->address, sizeof f->out->address, "%s%.*s%s:%u", is_v6 ? "[" : "", (int)len,
             text, is_v6 ? "]" : "", result->port);
}

static void dialed(void *ctx, const struct hf_dial_result *result)
{
    struct fetch *f = ctx;
    f->out->is_proxied = result->is_proxied;
    if (result->err) {
        hf_show_copy(f->out->reach_text, sizeof f->out->reach_text, result->why);
        f->out->reach = reach_of(result);
        f->out->speaks_tls = f->out->reach == HF_CHECKUP_NO_TLS && result->err == HF_ERR_DENIED;
        return;
    }
    f->stream = *result->stream;
    *result->stream = (struct hf_stream){ .fd = -1 };
    f->out->reach = HF_CHECKUP_CONNECTED;
    f->out->reach_ms = hf_span_ms(hf_time_since(hf_clock_now().mono, f->started_at));
    write_address(f, result);
}

static void dial(struct hf_checkup_fetcher *fetcher, struct fetch *f, hf_span within)
{
    struct hf_dial *d;
    struct hf_dial_config config = { .url = *f->url, .pin = f->pin, .within = within };
    hf_dial_environment(&config.proxy, &config.exempt);
    f->out->reach = HF_CHECKUP_UNREACHABLE;
    if (hf_dial_new(&d, &fetcher->dialer, &config, dialed, f) != 0)
        snprintf(f->out->reach_text, sizeof f->out->reach_text, "out of memory");
    uv_run(&fetcher->loop, UV_RUN_DEFAULT); /* ends with the dial, which has its own deadline */
}

/* --- asking --- */

static bool wait_for(struct fetch *f, short events)
{
    struct pollfd poll_fd = { .fd = f->stream.fd, .events = events };
    int64_t ms = left_ms(f->until);
    return ms > 0 && poll(&poll_fd, 1, (int)ms) > 0;
}

static void send_request(struct fetch *f, struct hf_bytes request)
{
    while (request.len > 0 || hf_stream_is_pending(&f->stream)) {
        size_t written = 0;
        struct hf_output out = { .spans = { request }, .count = 1, .total_bytes = request.len };
        enum hf_io io = hf_stream_is_pending(&f->stream)
                            ? hf_stream_flush(&f->stream, &written)
                            : hf_stream_write(&f->stream, &out, &written);
        request = hf_bytes_from(request, written);
        if (io != HF_IO_OK && io != HF_IO_WAIT) return;
        if (io == HF_IO_WAIT && !wait_for(f, POLLOUT)) return;
    }
}

static void read_answer(struct fetch *f, struct hf_buf *text)
{
    static uint8_t in[HF_LIMIT_READ_BYTES];
    while (text->len < HF_CHECKUP_ANSWER_BYTES) {
        size_t len = 0;
        enum hf_io io = hf_stream_read(&f->stream, in, sizeof in, &len);
        hf_buf_add(text, hf_bytes_head(hf_bytes(in, len), HF_CHECKUP_ANSWER_BYTES - text->len));
        if (io != HF_IO_OK && io != HF_IO_WAIT) return;
        if (io == HF_IO_WAIT && !wait_for(f, POLLIN)) return;
    }
}

static void ask(struct fetch *f, const char *path)
{
    struct hf_buf text;
    const struct hf_http_ask request = { .host = f->url->place, .target = hf_bytes_cstr(path) };
    hf_time asked_at = hf_clock_now().mono;
    hf_buf_init(&text, HF_CHECKUP_ANSWER_BYTES);
    hf_http_ask_write(&text, &request);
    send_request(f, hf_buf_view(&text));
    hf_buf_reset(&text, HF_CHECKUP_ANSWER_BYTES);
    read_answer(f, &text); /* who closes at once may have said why */
    f->out->answer.took_ms = hf_span_ms(hf_time_since(hf_clock_now().mono, asked_at));
    hf_checkup_answer_read(hf_buf_view(&text), &f->out->answer);
    hf_buf_fini(&text);
}

/* --- the whole --- */

int hf_checkup_fetcher_init(struct hf_checkup_fetcher *fetcher, struct hf_fault *fault)
{
    *fetcher = (struct hf_checkup_fetcher){ 0 };
    if (uv_loop_init(&fetcher->loop) != 0)
        return hf_fault_set(fault, HF_ERR_IO, "no descriptor is left");
    hf_dialer_init(&fetcher->dialer, &fetcher->loop);
    fetcher->is_open = true;
    return 0;
}

void hf_checkup_fetcher_fini(struct hf_checkup_fetcher *fetcher)
{
    if (!fetcher->is_open) return;
    hf_dialer_fini(&fetcher->dialer);
    uv_loop_close(&fetcher->loop);
    fetcher->is_open = false;
}

void hf_checkup_fetch(struct hf_checkup_fetcher *fetcher, const struct hf_url *url,
                      const uint8_t *pin, const char *path, hf_span within,
                      struct hf_checkup_fetched *out)
{
    struct fetch f = { .url = url, .pin = pin, .out = out, .stream.fd = -1 };
    *out = (struct hf_checkup_fetched){ .reach_ms = -1 };
    f.started_at = hf_clock_now().mono;
    f.until = hf_time_after(f.started_at, within);
    dial(fetcher, &f, within);
    if (out->reach != HF_CHECKUP_CONNECTED) return;
    if (path) ask(&f, path);
    hf_stream_close(&f.stream);
}
