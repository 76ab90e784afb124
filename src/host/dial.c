#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/dial_state.h"
#include "host/tls.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A handle must outlive its socket by a turn of the loop, so each attempt has its own. */
struct hf_dial_watch {
    uv_poll_t poll;
    struct hf_dial *dial; /* NULL once the dial let go of it */
};

static void try_addresses(struct hf_dial *d);

/* --- what dials share --- */

void hf_dialer_init(struct hf_dialer *d, uv_loop_t *loop)
{
    *d = (struct hf_dialer){ .loop = loop, .patience = HF_MS(HF_LIMIT_DIAL_ADDRESS_MS) };
}

void hf_dialer_fini(struct hf_dialer *d)
{
    hf_tls_free(d->trusting);
    hf_tls_free(d->pinning);
    hf_mem_free(d->scratch);
    *d = (struct hf_dialer){ 0 };
}

uint8_t *hf_dialer_scratch(struct hf_dialer *d)
{
    if (!d->scratch) d->scratch = hf_mem_new(HF_LIMIT_READ_BYTES);
    return d->scratch;
}

const char *hf_dial_stage_name(enum hf_dial_stage stage)
{
    static const char *const names[] = {
        [HF_DIAL_RESOLVING] = "resolving",
        [HF_DIAL_CONNECTING] = "connecting",
        [HF_DIAL_PROXY] = "asking the proxy",
        [HF_DIAL_TLS] = "in the TLS handshake",
    };
    return names[stage];
}

/* --- the socket's handle --- */

static void on_watch_closed(uv_handle_t *handle)
{
    hf_mem_free(handle->data);
}

static void drop_watch(struct hf_dial *d)
{
    if (!d->watch) return;
    d->watch->dial = NULL;
    uv_close((uv_handle_t *)&d->watch->poll, on_watch_closed);
    d->watch = NULL;
}

static void drop_socket(struct hf_dial *d)
{
    drop_watch(d);
    hf_stream_reset(&d->stream);
}

static int open_watch(struct hf_dial *d)
{
    struct hf_dial_watch *watch = hf_mem_zero(1, sizeof *watch);
    if (!watch) return HF_ERR_NOMEM;
    if (uv_poll_init(d->dialer->loop, &watch->poll, d->stream.fd) != 0) {
        hf_mem_free(watch);
        return HF_ERR_NOMEM;
    }
    watch->poll.data = watch;
    watch->dial = d;
    d->watch = watch;
    return 0;
}

/* --- its end --- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct hf_dial *d = handle->data;
    hf_mem_free(d);
}

static void close_handles(struct hf_dial *d)
{
    hf_resolve_free(d->lookup);
    d->lookup = NULL;
    hf_dial_proxy_fini(d);
    drop_watch(d);
    uv_close((uv_handle_t *)&d->timer, on_timer_closed);
}

void hf_dial_free(struct hf_dial *d)
{
    if (!d) return;
    close_handles(d);
    hf_stream_reset(&d->stream);
}

/* The last thing that happens to a dial: the owner may do what it likes from here. */
static void tell(struct hf_dial *d)
{
    d->result.stage = d->stage;
    d->result.port = d->via_port;
    d->result.is_proxied = d->is_proxied;
    close_handles(d);
    d->done(d->ctx, &d->result);
}

void hf_dial_succeed(struct hf_dial *d)
{
    d->result.err = 0;
    d->result.stream = &d->stream;
    tell(d);
}

static void note(struct hf_dial *d, const char *why)
{
    if (d->is_proxied)
        snprintf(d->why, sizeof d->why, "cannot connect to %s through the proxy %s: %s", d->place,
                 d->via_place, why);
    else
        snprintf(d->why, sizeof d->why, "cannot connect to %s: %s", d->place, why);
}

/* One address did not work; there may be more. */
static void note_number(struct hf_dial *d, int number)
{
    d->result.is_refused = number == ECONNREFUSED;
    note(d, strerror(number));
}

static void fail(struct hf_dial *d, int err)
{
    d->result.err = err;
    d->result.why = hf_bytes_cstr(d->why);
    hf_stream_reset(&d->stream);
    tell(d);
}

void hf_dial_fail(struct hf_dial *d, int err, const char *format, ...)
{
    char text[sizeof d->why];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note(d, text);
    fail(d, err);
}

const char *hf_dial_io_text(enum hf_io io)
{
    switch (io) {
    case HF_IO_END:
        return "the connection was closed";
    case HF_IO_RESET:
        return "the connection was reset";
    case HF_IO_OK:
    case HF_IO_WAIT:
    case HF_IO_TLS:
    case HF_IO_ERROR:
        return "the socket failed";
    }
    HF_UNREACHABLE();
}

/* --- time --- */

static void on_timer(uv_timer_t *timer);

/* For the end of it all, or of the patience with this address. */
static void arm(struct hf_dial *d)
{
    hf_time at = hf_time_min(d->until, d->address_until);
    int64_t ms = hf_span_ms(hf_time_since(at, hf_clock_now().mono) + HF_MS(1) - 1);
    uv_update_time(d->dialer->loop);
    uv_timer_start(&d->timer, on_timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

/* --- sockets --- */

static void connected(struct hf_dial *d)
{
    int on = 1;
    setsockopt(d->stream.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    d->address_until = HF_NEVER;
    arm(d);
    if (d->is_proxied)
        hf_dial_proxy_begin(d);
    else if (d->is_tls)
        hf_dial_tls_begin(d);
    else
        hf_dial_succeed(d);
}

static void connect_ended(struct hf_dial *d)
{
    int number = 0;
    socklen_t len = sizeof number;
    getsockopt(d->stream.fd, SOL_SOCKET, SO_ERROR, &number, &len);
    if (number == 0) {
        connected(d);
        return;
    }
    note_number(d, number);
    drop_socket(d);
    try_addresses(d);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status; /* the socket says it again, and better */
    (void)events;
    struct hf_dial *d = ((struct hf_dial_watch *)poll->data)->dial;
    switch (d->stage) {
    case HF_DIAL_CONNECTING:
        connect_ended(d);
        return;
    case HF_DIAL_PROXY:
        hf_dial_proxy_step(d);
        return;
    case HF_DIAL_TLS:
        hf_dial_tls_step(d);
        return;
    case HF_DIAL_RESOLVING:
        HF_UNREACHABLE();
    }
}

void hf_dial_wait(struct hf_dial *d, int events)
{
    uv_poll_start(&d->watch->poll, events, on_ready);
}

static socklen_t length_of(const union hf_resolved_address *address)
{
    return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
}

static struct hf_net_address plain_address(const union hf_resolved_address *address)
{
    if (address->any.sa_family == AF_INET6) return hf_net_address_v6(address->v6.sin6_addr.s6_addr);
    uint8_t bytes[4];
    memcpy(bytes, &address->v4.sin_addr, sizeof bytes);
    return hf_net_address_v4(bytes);
}

/* The socket and its handle: 0, or an error number. */
static int open_socket(struct hf_dial *d, const union hf_resolved_address *address)
{
    d->stream.fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->stream.fd < 0) return errno;
    return open_watch(d) == 0 ? 0 : ENOMEM;
}

/* Whether the address is on its way or connected; else the text says why not. */
static bool try_address(struct hf_dial *d, const union hf_resolved_address *address)
{
    int number = open_socket(d, address);
    d->result.address = plain_address(address);
    if (number == 0 && connect(d->stream.fd, &address->any, length_of(address)) != 0)
        number = errno;
    if (number == 0 || number == EINPROGRESS) {
        hf_dial_wait(d, UV_WRITABLE);
        return true;
    }
    note_number(d, number);
    drop_socket(d);
    return false;
}

static void try_addresses(struct hf_dial *d)
{
    d->stage = HF_DIAL_CONNECTING;
    while (d->next_address < d->addresses.count) {
        const union hf_resolved_address *address = &d->addresses.items[d->next_address++];
        if (!try_address(d, address)) continue;
        /* The last one may take all that is left. */
        d->address_until = d->next_address == d->addresses.count
                               ? HF_NEVER
                               : hf_time_after(hf_clock_now().mono, d->dialer->patience);
        arm(d);
        return;
    }
    fail(d, HF_ERR_IO);
}

/* --- names --- */

static void take_addresses(struct hf_dial *d, const struct hf_resolved *resolved)
{
    d->addresses = *resolved;
    if (resolved->number != 0)
        hf_dial_fail(d, HF_ERR_IO, "%s", gai_strerror(resolved->number));
    else
        try_addresses(d);
}

static void on_resolved(void *ctx, const struct hf_resolved *resolved)
{
    struct hf_dial *d = ctx;
    d->lookup = NULL;
    take_addresses(d, resolved);
}

static void begin(struct hf_dial *d)
{
    struct hf_resolved resolved;
    d->result.is_config = d->config_fault != NULL;
    d->until = hf_time_after(hf_clock_now().mono, d->within);
    arm(d);
    if (d->config_fault)
        hf_dial_fail(d, HF_ERR_USAGE, "%s", d->config_fault);
    else if (hf_resolve_at_once(d->via_name, d->via_port, &resolved))
        take_addresses(d, &resolved);
    else if (hf_resolve_new(&d->lookup, d->dialer->loop, d->via_name, d->via_port, on_resolved,
                            d) != 0)
        hf_dial_fail(d, HF_ERR_NOMEM, "out of memory");
}

static void on_timer(uv_timer_t *timer)
{
    struct hf_dial *d = timer->data;
    hf_time now = hf_clock_now().mono;
    if (hf_time_same(d->until, HF_NEVER)) {
        begin(d);
    } else if (!hf_time_before(now, d->until)) {
        d->result.is_refused = false;
        hf_dial_fail(d, HF_ERR_TIMEOUT, "it took too long (%s)", hf_dial_stage_name(d->stage));
    } else if (!hf_time_before(now, d->address_until)) {
        d->result.is_refused = false;
        note(d, "the address does not answer");
        drop_socket(d);
        try_addresses(d);
    } else {
        arm(d); /* the loop's clock was ahead */
    }
}

/* --- its beginning --- */

bool hf_dial_copy(char *out, size_t cap, struct hf_bytes text)
{
    snprintf(out, cap, "%.*s", (int)text.len, (const char *)text.ptr);
    return text.len < cap;
}

static void copy_config(struct hf_dial *d, const struct hf_dial_config *config)
{
    const struct hf_url *url = &config->url;
    bool fits = hf_dial_copy(d->name, sizeof d->name, url->host);
    hf_dial_copy(d->place, sizeof d->place, url->place);
    hf_dial_copy(d->via_name, sizeof d->via_name, url->host);
    hf_dial_copy(d->via_place, sizeof d->via_place, url->place);
    d->via_port = url->port;
    d->is_tls = url->is_tls;
    d->has_pin = config->pin != NULL;
    if (config->pin) memcpy(d->pin, config->pin, sizeof d->pin);
    d->within = config->within;
    if (!fits)
        d->config_fault = "the name of the host is too long";
    else if (d->has_pin && !d->is_tls)
        d->config_fault = "a fingerprint is pinned, but ws:// shows no certificate";
    else
        hf_dial_proxy_choose(d, config);
}

int hf_dial_new(struct hf_dial **out, struct hf_dialer *dialer, const struct hf_dial_config *config,
                hf_dial_done done, void *ctx)
{
    struct hf_dial *d = hf_mem_zero(1, sizeof *d);
    if (!d) return HF_ERR_NOMEM;
    HF_ASSERT(config->within > 0);
    d->dialer = dialer;
    d->done = done;
    d->ctx = ctx;
    d->until = d->address_until = HF_NEVER;
    d->stream.fd = -1;
    copy_config(d, config);
    uv_timer_init(dialer->loop, &d->timer);
    d->timer.data = d;
    uv_timer_start(&d->timer, on_timer, 0, 0); /* nothing is told from within this call */
    *out = d;
    return 0;
}
