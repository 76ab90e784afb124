#include "host/client_run.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/entropy.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WHY_BYTES = 384, HOST_BYTES = 256 };

struct hf_client_run {
    struct hf_client *client;
    struct hf_url url;
    hf_client_told told;
    void *ctx;
    struct hf_now now;
    bool is_done;
    int fd;          /* -1: none */
    uint64_t socket; /* the generation it belongs to */
    bool is_connecting, wants_write, ends;
    struct addrinfo *addresses, *next_address; /* while connecting */
    char why[WHY_BYTES];
    uint8_t in[HF_LIMIT_READ_BYTES];
};

/* --- life --- */

int hf_client_run_new(struct hf_client_run **out, const struct hf_client_config *config,
                      hf_client_told told, void *ctx, struct hf_fault *fault)
{
    struct hf_client_config seeded = *config;
    if (config->url.is_tls)
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "client verbs do not speak TLS in this version: give a ws:// URL");
    struct hf_client_run *r = hf_mem_zero(1, sizeof *r);
    if (!r) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    int err = hf_entropy(seeded.seed, sizeof seeded.seed);
    if (!err) err = hf_client_new(&r->client, &seeded);
    if (err) {
        hf_mem_free(r);
        return hf_fault_set(fault, err, "the client cannot be set up: %s", hf_err_text(err));
    }
    r->url = config->url;
    r->told = told;
    r->ctx = ctx;
    r->fd = -1;
    r->now = hf_clock_now();
    *out = r;
    return 0;
}

static void forget_addresses(struct hf_client_run *r)
{
    if (r->addresses) freeaddrinfo(r->addresses);
    r->addresses = r->next_address = NULL;
}

static void close_socket(struct hf_client_run *r, bool resets)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    forget_addresses(r);
    if (r->fd < 0) return;
    if (resets) setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(r->fd);
    r->fd = -1;
    r->is_connecting = r->wants_write = r->ends = false;
}

void hf_client_run_free(struct hf_client_run *r)
{
    if (!r) return;
    close_socket(r, true);
    hf_client_free(r->client);
    hf_mem_free(r);
}

struct hf_client *hf_client_run_engine(struct hf_client_run *r)
{
    return r->client;
}

/* --- events --- */

static void step(struct hf_client_run *r, enum hf_client_event_kind kind)
{
    hf_client_step(r->client, r->now,
                   &(struct hf_client_event){ .kind = kind, .socket = r->socket });
}

void hf_client_run_say(struct hf_client_run *r, enum hf_client_event_kind kind)
{
    r->now = hf_clock_now();
    step(r, kind);
}

static void end_socket(struct hf_client_run *r)
{
    close_socket(r, false);
    step(r, HF_CLIENT_CLOSED);
}

/* --- connecting --- */

static void tell_dial_failed(struct hf_client_run *r)
{
    close_socket(r, true);
    hf_client_step(r->client, r->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_DIAL_FAILED,
                                              .socket = r->socket,
                                              .u.dial_failed.why = hf_bytes_cstr(r->why) });
}

static void note_dial_error(struct hf_client_run *r, const char *why)
{
    snprintf(r->why, sizeof r->why, "cannot connect to %.*s: %s", (int)r->url.place.len,
             (const char *)r->url.place.ptr, why);
}

static void dialed(struct hf_client_run *r)
{
    int on = 1;
    r->is_connecting = false;
    setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    forget_addresses(r);
    step(r, HF_CLIENT_DIALED);
}

/* Tries the addresses in turn: one is open, one is on its way, or none is left. */
static void try_addresses(struct hf_client_run *r)
{
    while (r->next_address) {
        const struct addrinfo *address = r->next_address;
        r->next_address = address->ai_next;
        if (r->fd >= 0) close(r->fd);
        r->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (r->fd >= 0 && connect(r->fd, address->ai_addr, address->ai_addrlen) == 0) {
            dialed(r);
            return;
        }
        r->is_connecting = r->fd >= 0 && errno == EINPROGRESS;
        if (r->is_connecting) return;
        note_dial_error(r, strerror(errno));
    }
    tell_dial_failed(r);
}

static void dial(struct hf_client_run *r, uint64_t socket)
{
    char host[HOST_BYTES], port[8];
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    r->socket = socket;
    snprintf(host, sizeof host, "%.*s", (int)r->url.host.len, (const char *)r->url.host.ptr);
    snprintf(port, sizeof port, "%u", r->url.port);
    int number = getaddrinfo(host, port, &hints, &r->addresses);
    if (number != 0) {
        r->addresses = NULL;
        note_dial_error(r, gai_strerror(number));
        tell_dial_failed(r);
        return;
    }
    r->next_address = r->addresses;
    try_addresses(r);
}

static void connected(struct hf_client_run *r)
{
    int number = 0;
    socklen_t len = sizeof number;
    getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &number, &len);
    if (number == 0) {
        dialed(r);
        return;
    }
    r->is_connecting = false;
    note_dial_error(r, strerror(number));
    try_addresses(r);
}

/* --- bytes --- */

static void write_output(struct hf_client_run *r)
{
    struct hf_output out;
    r->wants_write = false;
    hf_client_output(r->client, &out);
    if (out.count == 0) return;
    ssize_t sent = send(r->fd, out.spans[0].ptr, out.spans[0].len, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        r->wants_write = true;
        return;
    }
    if (sent < 0) return; /* the next read tells why */
    hf_client_step(r->client, r->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITTEN,
                                              .socket = r->socket,
                                              .u.written_bytes = (size_t)sent });
}

static void act(struct hf_client_run *r)
{
    struct hf_client_action action;
    while (!r->is_done && hf_client_action(r->client, &action)) {
        switch (action.kind) {
        case HF_CLIENT_DO_KILL:
            if (action.socket == r->socket) close_socket(r, true);
            break;
        case HF_CLIENT_DO_DIAL:
            dial(r, action.socket);
            break;
        case HF_CLIENT_DO_OUTPUT:
            if (r->fd >= 0 && !r->is_connecting) write_output(r);
            break;
        case HF_CLIENT_DO_END:
            r->ends = true;
            break;
        case HF_CLIENT_DO_TELL:
            r->told(r->ctx, &action.news, &r->is_done);
            break;
        }
        if (r->ends && !r->wants_write && r->fd >= 0) end_socket(r);
    }
}

static void offer(struct hf_client_run *r, size_t len)
{
    uint64_t socket = r->socket;
    for (size_t at = 0; at < len && r->fd >= 0 && r->socket == socket && !r->is_done;) {
        struct hf_client_event event = { .kind = HF_CLIENT_INPUT, .socket = socket };
        event.u.input.data = r->in + at;
        event.u.input.len = len - at;
        at += hf_client_step(r->client, r->now, &event);
        act(r); /* news lie in the bytes */
    }
}

static void read_input(struct hf_client_run *r)
{
    ssize_t len = recv(r->fd, r->in, sizeof r->in, 0);
    if (len > 0)
        offer(r, (size_t)len);
    else if (len == 0 || (errno != EAGAIN && errno != EINTR))
        end_socket(r);
}

/* --- turns --- */

static void wait_for_something(struct hf_client_run *r, struct pollfd *poll_fd, hf_time until)
{
    hf_time due = hf_time_min(hf_client_due(r->client), until);
    int64_t ms = hf_span_ms(hf_time_since(due, r->now.mono) + HF_MS(1) - 1);
    *poll_fd = (struct pollfd){ .fd = r->fd, .events = POLLIN };
    if (r->is_connecting) poll_fd->events = POLLOUT;
    if (r->wants_write) poll_fd->events |= POLLOUT;
    if (ms < 0) ms = 0;
    poll(poll_fd, 1, ms < INT_MAX ? (int)ms : INT_MAX);
    r->now = hf_clock_now();
}

bool hf_client_run_until(struct hf_client_run *r, hf_time until)
{
    r->is_done = false;
    r->now = hf_clock_now();
    act(r);
    while (!r->is_done && hf_time_before(r->now.mono, until)) {
        struct pollfd poll_fd;
        wait_for_something(r, &poll_fd, until);
        if (poll_fd.revents && r->is_connecting)
            connected(r);
        else if (poll_fd.revents & ~POLLOUT)
            read_input(r);
        else if (poll_fd.revents)
            write_output(r);
        act(r);
        hf_client_run_due(r->client, r->now);
        act(r);
    }
    return r->is_done;
}
