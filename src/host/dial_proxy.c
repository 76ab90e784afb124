/* The proxy's stage of a dial: a tunnel to the gateway, or why not. */
#include "base/err.h"
#include "core/proxy.h"
#include "host/dial_state.h"

#include <stdlib.h>

enum {
    AUTHORIZATION_BYTES = 2 * HF_LIMIT_PROXY_BYTES,
    ASK_BYTES = AUTHORIZATION_BYTES + 4 * HF_RESOLVE_NAME_BYTES,
    STATUS_WANTS_CREDENTIALS = 407,
};

/* --- what was configured --- */

static struct hf_bytes first_set(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = getenv(names[i]);
        if (text && text[0]) return hf_bytes_cstr(text);
    }
    return HF_EMPTY;
}

void hf_dial_environment(struct hf_bytes *proxy, struct hf_bytes *exempt)
{
    static const char *const proxies[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
    static const char *const exempts[] = { "no_proxy", "NO_PROXY" };
    *proxy = first_set(proxies, HF_COUNT(proxies));
    *exempt = first_set(exempts, HF_COUNT(exempts));
}

static const char *write_ask(struct hf_dial *d, const struct hf_proxy *proxy, uint16_t port)
{
    struct hf_buf authorization;
    hf_buf_init(&authorization, AUTHORIZATION_BYTES);
    int err = hf_proxy_authorization_write(proxy, &authorization);
    hf_buf_init(&d->ask, ASK_BYTES);
    hf_http_ask_tunnel_write(&d->ask, hf_bytes_cstr(d->name), port, hf_buf_view(&authorization));
    if (authorization.ptr) hf_wipe(authorization.ptr, authorization.cap);
    hf_buf_fini(&authorization);
    if (err == HF_ERR_SYNTAX) return "the credentials of the proxy are not percent-encoded";
    /* Told when the proxy is to be asked: it must not be asked without them. */
    if (err && err != HF_ERR_MISSING) d->ask.err = err;
    return NULL;
}

void hf_dial_proxy_choose(struct hf_dial *d, const struct hf_dial_config *config)
{
    const struct hf_url *url = &config->url;
    struct hf_proxy proxy;
    if (!url->is_tls || config->proxy.len == 0) return;
    if (hf_proxy_is_exempt(config->exempt, url->host, url->port)) return;
    if (hf_proxy_read(config->proxy, &proxy, &d->config_fault) != 0) return;
    d->is_proxied = true;
    d->via_port = proxy.port;
    hf_dial_copy(d->via_place, sizeof d->via_place, proxy.place);
    if (!hf_dial_copy(d->via_name, sizeof d->via_name, proxy.host))
        d->config_fault = "the name of the proxy is too long";
    else
        d->config_fault = write_ask(d, &proxy, url->port);
}

/* --- the tunnel --- */

void hf_dial_proxy_fini(struct hf_dial *d)
{
    if (d->ask.ptr) hf_wipe(d->ask.ptr, d->ask.cap);
    hf_buf_fini(&d->ask);
    hf_http_reader_fini(&d->answer);
}

static void write_rest(struct hf_dial *d)
{
    size_t written = 0;
    struct hf_output out = { .spans = { hf_buf_view(&d->ask) },
                             .count = 1,
                             .total_bytes = d->ask.len };
    enum hf_io io = d->ask.len > 0 ? hf_stream_write(&d->stream, &out, &written) : HF_IO_OK;
    hf_buf_take(&d->ask, written);
    if (io == HF_IO_OK || io == HF_IO_WAIT)
        hf_dial_wait(d, UV_READABLE | (d->ask.len > 0 ? UV_WRITABLE : 0));
    else
        hf_dial_fail(d, HF_ERR_IO, "the proxy did not answer: %s", hf_dial_io_text(io));
}

static void judge(struct hf_dial *d, const struct hf_http_response *response, bool has_more)
{
    d->result.http_status = response->status;
    if (response->status == STATUS_WANTS_CREDENTIALS) {
        hf_dial_fail(d, HF_ERR_DENIED, "the proxy wants credentials (HTTP 407)");
    } else if (response->status < 200 || response->status > 299) {
        hf_dial_fail(d, HF_ERR_DENIED, "the proxy refused with HTTP %u", response->status);
    } else if (has_more) {
        /* A TLS server waits to be spoken to: this is somebody else. */
        hf_dial_fail(d, HF_ERR_SYNTAX, "bytes came before they were asked for");
    } else {
        d->result.http_status = 0;
        hf_dial_proxy_fini(d);
        hf_dial_tls_begin(d);
    }
}

static void take_answer(struct hf_dial *d, struct hf_bytes data)
{
    struct hf_http_response response;
    size_t used;
    if (hf_http_response_read(&d->answer, data, &used, &response) != 0) {
        hf_dial_fail(d, HF_ERR_NOMEM, "out of memory");
        return;
    }
    switch (response.state) {
    case HF_HTTP_NEED_MORE:
        write_rest(d);
        return;
    case HF_HTTP_HEAD:
        judge(d, &response, used < data.len);
        return;
    case HF_HTTP_REFUSED:
        hf_dial_fail(d, HF_ERR_SYNTAX, "the answer of the proxy is not HTTP: %s",
                     response.fault.what);
        return;
    }
}

void hf_dial_proxy_step(struct hf_dial *d)
{
    size_t len = 0;
    uint8_t *in = d->dialer->scratch;
    enum hf_io io = hf_stream_read(&d->stream, in, HF_LIMIT_READ_BYTES, &len);
    if (io == HF_IO_OK)
        take_answer(d, hf_bytes(in, len));
    else if (io == HF_IO_WAIT)
        write_rest(d);
    else
        hf_dial_fail(d, HF_ERR_IO, "the proxy did not answer: %s", hf_dial_io_text(io));
}

void hf_dial_proxy_begin(struct hf_dial *d)
{
    d->stage = HF_DIAL_PROXY;
    hf_http_reader_init(&d->answer);
    if (!hf_dialer_scratch(d->dialer) || hf_buf_done(&d->ask) != 0)
        hf_dial_fail(d, HF_ERR_NOMEM, "out of memory");
    else
        write_rest(d);
}
