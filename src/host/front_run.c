#include "host/front_run.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/tls.h"

#include <stdio.h>
#include <sys/socket.h>

enum { URL_BYTES = 512, PULLS_PER_TURN = 16 };

/* One end of a relayed connection. */
struct end {
    struct hf_stream stream; /* fd -1: not open */
    uv_poll_t *poll;         /* owned by itself: freed when it is closed */
    bool is_blocked;         /* the socket took not everything */
    int watched;
};

struct relayed {
    struct hf_front_run *run;
    hf_id id; /* the front's */
    struct end ends[2];
    struct hf_dial *dial;
    struct relayed *before, *after; /* all of them */
};

struct hf_front_run {
    struct hf_front front;
    struct hf_loop *loop;
    uv_loop_t *uv;
    uv_timer_t timer;
    hf_time armed_for;
    struct hf_dialer dialer;
    char url_text[URL_BYTES]; /* what `upstream` lies in */
    struct hf_url upstream;
    struct hf_tls *tls;
    struct hf_log log;
    struct hf_front_hooks hooks;
    struct relayed *first;
    uint8_t *input; /* HF_LIMIT_READ_BYTES */
    struct hf_dial *probe;
    hf_time probe_at; /* HF_NEVER: none waits */
    bool is_told, is_up, was_up, is_stopped, is_closed;
};

static hf_time now(void)
{
    return hf_clock_now().mono;
}

static void perform(struct relayed *c, uint32_t acts);
static void arm(struct hf_front_run *r);

/* --- handles --- */

static void on_poll_closed(uv_handle_t *handle)
{
    hf_mem_free(handle);
}

static void unwatch(struct end *end)
{
    if (!end->poll) return;
    uv_close((uv_handle_t *)end->poll, on_poll_closed);
    end->poll = NULL;
    end->watched = 0;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static int open_watch(struct relayed *c, enum hf_relay_side side)
{
    struct end *end = &c->ends[side];
    end->poll = hf_mem_new(sizeof *end->poll);
    if (!end->poll) return HF_ERR_NOMEM;
    if (uv_poll_init(c->run->uv, end->poll, end->stream.fd) != 0) {
        hf_mem_free(end->poll);
        end->poll = NULL;
        return HF_ERR_NOMEM;
    }
    end->poll->data = c;
    end->watched = 0;
    return 0;
}

static void watch(struct relayed *c, enum hf_relay_side side)
{
    struct end *end = &c->ends[side];
    if (!end->poll) return;
    bool reads = hf_front_wants(&c->run->front, c->id, side);
    int events = (reads ? UV_READABLE : 0) | (end->is_blocked ? UV_WRITABLE : 0);
    if (events == end->watched) return;
    end->watched = events;
    if (events)
        uv_poll_start(end->poll, events, on_ready);
    else
        uv_poll_stop(end->poll);
}

/* --- the end of a connection --- */

static void log_end(const struct hf_front_run *r, const struct hf_front_conn *conn)
{
    const struct hf_relay *relay = &conn->relay;
    char client[HF_NET_ADDRESS_CHARS];
    size_t len = hf_net_address_write(&conn->client, client);
    HF_LOG(&r->log, HF_LOG_INFO, "relay.ended", HF_TEXT("client", hf_bytes(client, len)),
           HF_TEXT("cause", hf_bytes_cstr(hf_relay_cause_name(relay->cause))),
           HF_INT("for_ms", hf_span_ms(hf_time_since(now(), conn->accepted_at))),
           HF_INT("to_upstream_bytes", (int64_t)relay->passed[HF_RELAY_UPSTREAM]),
           HF_INT("to_client_bytes", (int64_t)relay->passed[HF_RELAY_CLIENT]));
}

static void forget(struct relayed *c)
{
    struct hf_front_run *r = c->run;
    const struct hf_front_conn *conn = hf_front_find(&r->front, c->id);
    if (conn) log_end(r, conn);
    hf_front_drop(&r->front, c->id);
    if (c->before)
        c->before->after = c->after;
    else
        r->first = c->after;
    if (c->after) c->after->before = c->before;
    hf_mem_free(c);
}

static void close_all(struct relayed *c, bool with_reset)
{
    hf_dial_free(c->dial);
    for (int i = 0; i < 2; i++) {
        unwatch(&c->ends[i]);
        if (c->ends[i].stream.fd < 0) continue;
        if (with_reset)
            hf_stream_reset(&c->ends[i].stream);
        else
            hf_stream_close(&c->ends[i].stream);
    }
    forget(c);
}

/* The gate takes the client over, with what was read of it. */
static void to_gate(struct relayed *c)
{
    struct hf_front_run *r = c->run;
    const struct hf_front_conn *conn = hf_front_find(&r->front, c->id);
    unwatch(&c->ends[HF_RELAY_CLIENT]);
    hf_loop_take(r->loop, &c->ends[HF_RELAY_CLIENT].stream, &conn->peer,
                 hf_relay_sent(&conn->relay));
    c->ends[HF_RELAY_CLIENT].stream.fd = -1;
    close_all(c, true);
}

/* --- is the upstream there? --- */

static void set_up(struct hf_front_run *r, bool is_up, struct hf_bytes why)
{
    bool is_news = r->is_up != is_up || !r->was_up;
    r->is_up = is_up;
    hf_front_set_ready(&r->front, is_up && !r->is_stopped);
    if (!r->is_told)
        r->probe_at = is_up ? HF_NEVER : hf_time_after(now(), r->front.config.probe_every);
    if (!is_news) return;
    if (is_up)
        HF_LOG(&r->log, HF_LOG_INFO, "upstream.found", HF_TEXT("place", r->upstream.place));
    else if (r->was_up)
        HF_LOG(&r->log, HF_LOG_WARN, "upstream.lost", HF_TEXT("place", r->upstream.place),
               HF_TEXT("why", why));
    if (!is_up || r->was_up) return;
    r->was_up = true;
    if (r->hooks.up) r->hooks.up(r->hooks.ctx);
}

static int begin_dial(struct hf_front_run *r, struct hf_dial **out, hf_dial_done done, void *ctx)
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
    set_up(r, result->err == 0, result->why);
    arm(r);
}

static void probe(struct hf_front_run *r)
{
    r->probe_at = HF_NEVER;
    if (r->is_stopped || begin_dial(r, &r->probe, on_probed, r) == 0) return;
    r->probe_at = hf_time_after(now(), r->front.config.probe_every);
}

/* --- bytes --- */

static enum hf_io write_some(struct relayed *c, enum hf_relay_side side, size_t *written)
{
    struct end *end = &c->ends[side];
    struct hf_bytes bytes = hf_front_output(&c->run->front, c->id, side);
    struct hf_output out = { .spans = { bytes }, .count = 1, .total_bytes = bytes.len };
    *written = 0;
    if (hf_stream_is_pending(&end->stream)) return hf_stream_flush(&end->stream, written);
    if (bytes.len == 0) return HF_IO_END;
    return hf_stream_write(&end->stream, &out, written);
}

/* Writes what waits for a side.  Acts that this led to, 0 when there are none. */
static uint32_t flush(struct relayed *c, enum hf_relay_side side)
{
    struct hf_front *f = &c->run->front;
    for (int i = 0; i < PULLS_PER_TURN && c->ends[side].poll && !c->ends[side].is_blocked; i++) {
        size_t written;
        enum hf_io io = write_some(c, side, &written);
        uint32_t acts = written ? hf_front_written(f, now(), c->id, side, written) : 0;
        c->ends[side].is_blocked = io == HF_IO_WAIT || i == PULLS_PER_TURN - 1;
        if (acts) return acts;
        if (io == HF_IO_END) {
            c->ends[side].is_blocked = false;
            return 0;
        }
        if (io != HF_IO_OK && io != HF_IO_WAIT) return hf_front_reset(f, c->id, side);
    }
    return 0;
}

static void pump(struct relayed *c)
{
    uint32_t acts = flush(c, HF_RELAY_UPSTREAM);
    if (!acts) acts = flush(c, HF_RELAY_CLIENT);
    if (acts) {
        perform(c, acts);
        return;
    }
    watch(c, HF_RELAY_CLIENT);
    watch(c, HF_RELAY_UPSTREAM);
}

static uint32_t read_end(struct relayed *c, enum hf_relay_side side)
{
    struct hf_front_run *r = c->run;
    struct end *end = &c->ends[side];
    size_t len;
    uint32_t acts = 0;
    enum hf_io io = hf_stream_read(&end->stream, r->input, HF_LIMIT_READ_BYTES, &len);
    if (hf_stream_is_pending(&end->stream)) end->is_blocked = true;
    switch (io) {
    case HF_IO_OK:
        acts = hf_front_input(&r->front, now(), c->id, side, hf_bytes(r->input, len));
        /* What ends behind it is read in the next turn, unless TLS has said so already. */
        if (!acts && end->stream.is_ended) acts = hf_front_input_end(&r->front, now(), c->id, side);
        return acts;
    case HF_IO_WAIT:
        return 0;
    case HF_IO_END:
        return hf_front_input_end(&r->front, now(), c->id, side);
    case HF_IO_RESET:
    case HF_IO_TLS:
    case HF_IO_ERROR:
        return hf_front_reset(&r->front, c->id, side);
    }
    HF_UNREACHABLE();
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct relayed *c = poll->data;
    struct hf_front_run *r = c->run;
    enum hf_relay_side side =
        c->ends[HF_RELAY_CLIENT].poll == poll ? HF_RELAY_CLIENT : HF_RELAY_UPSTREAM;
    uint32_t acts = 0;
    if (status < 0) {
        c->ends[side].watched = 0;
        acts = hf_front_reset(&r->front, c->id, side);
    } else {
        if (events & UV_WRITABLE) c->ends[side].is_blocked = false;
        if (events & UV_READABLE) acts = read_end(c, side);
    }
    if (acts)
        perform(c, acts);
    else
        pump(c);
    arm(r);
}

/* --- acts --- */

static void on_dialed(void *ctx, const struct hf_dial_result *result)
{
    struct relayed *c = ctx;
    struct hf_front_run *r = c->run;
    c->dial = NULL;
    uint32_t acts = 0;
    bool is_open = result->err == 0;
    if (is_open) {
        c->ends[HF_RELAY_UPSTREAM].stream = *result->stream;
        is_open = open_watch(c, HF_RELAY_UPSTREAM) == 0;
    } else if (!r->is_told) {
        set_up(r, false, result->why);
    }
    acts = is_open ? hf_front_connected(&r->front, now(), c->id)
                   : hf_front_not_connected(&r->front, now(), c->id);
    if (acts)
        perform(c, acts);
    else
        pump(c);
    arm(r);
}

static void dial(struct relayed *c)
{
    struct hf_front_run *r = c->run;
    if (begin_dial(r, &c->dial, on_dialed, c) != 0)
        perform(c, hf_front_not_connected(&r->front, now(), c->id));
    else
        pump(c);
}

static void perform(struct relayed *c, uint32_t acts)
{
    if (acts & HF_RELAY_DO_GATE) {
        to_gate(c);
        return;
    }
    if (acts & HF_RELAY_END_CLIENT) hf_stream_end(&c->ends[HF_RELAY_CLIENT].stream);
    if (acts & HF_RELAY_END_UPSTREAM) hf_stream_end(&c->ends[HF_RELAY_UPSTREAM].stream);
    if (acts & (HF_RELAY_RESET | HF_RELAY_CLOSE)) {
        close_all(c, acts & HF_RELAY_RESET);
        return;
    }
    if (acts & HF_RELAY_DO_DIAL)
        dial(c);
    else
        pump(c);
}

/* --- time --- */

static void on_timer(uv_timer_t *timer)
{
    struct hf_front_run *r = timer->data;
    uint32_t acts;
    hf_id id;
    r->armed_for = HF_NEVER;
    if (!hf_time_before(now(), r->probe_at)) probe(r);
    while ((id = hf_front_expire(&r->front, now(), &acts)) != 0) {
        struct relayed *c = r->first;
        while (c && c->id != id) c = c->after;
        if (c) perform(c, acts);
    }
    arm(r);
}

static void arm(struct hf_front_run *r)
{
    hf_time due = hf_time_min(hf_front_due(&r->front), r->probe_at);
    if (r->is_closed || hf_time_same(due, r->armed_for)) return;
    r->armed_for = due;
    if (hf_time_same(due, HF_NEVER)) {
        uv_timer_stop(&r->timer);
        return;
    }
    int64_t ms = hf_span_ms(hf_time_since(due, now()) + HF_MS(1) - 1);
    uv_update_time(r->uv);
    uv_timer_start(&r->timer, on_timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

/* --- accepting --- */

/* The record with its watched client, or NULL; then the descriptor is still the caller's. */
static struct relayed *open_client(struct hf_front_run *r, hf_id id, int fd)
{
    struct relayed *c = hf_mem_zero(1, sizeof *c);
    struct hf_tls_conn *tls = NULL;
    if (!c) return NULL;
    c->run = r;
    c->id = id;
    c->ends[HF_RELAY_UPSTREAM].stream.fd = -1;
    c->ends[HF_RELAY_CLIENT].stream.fd = fd;
    if ((r->tls && hf_tls_conn_new(r->tls, &tls) != 0) || open_watch(c, HF_RELAY_CLIENT) != 0) {
        if (tls) hf_tls_conn_free(tls);
        hf_mem_free(c);
        return NULL;
    }
    c->ends[HF_RELAY_CLIENT].stream.tls = tls;
    c->after = r->first;
    if (c->after) c->after->before = c;
    r->first = c;
    return c;
}

static bool on_accepted(void *ctx, int fd, const struct hf_peer *peer)
{
    struct hf_front_run *r = ctx;
    struct hf_peer from = *peer;
    hf_id id;
    from.is_tls = r->tls != NULL;
    switch (hf_front_accept(&r->front, now(), &from, &id)) {
    case HF_FRONT_GATE:
        return false;
    case HF_FRONT_REFUSE:
        hf_stream_close(&(struct hf_stream){ .fd = fd });
        return true;
    case HF_FRONT_RELAY:
        break;
    }
    struct relayed *c = open_client(r, id, fd);
    if (c) {
        watch(c, HF_RELAY_CLIENT);
    } else {
        hf_front_drop(&r->front, id);
        hf_stream_close(&(struct hf_stream){ .fd = fd });
    }
    arm(r);
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
    r->probe_at = r->is_told ? HF_NEVER : now();
    hf_front_init(&r->front, &config->front, &config->settings->trusted_proxies);
    hf_dialer_init(&r->dialer, r->uv);
    uv_timer_init(r->uv, &r->timer);
    r->timer.data = r;
    hf_loop_set_front(loop, on_accepted, r);
    arm(r);
    *out = r;
    return 0;
}

void hf_front_run_settings(struct hf_front_run *r, const struct hf_settings *settings)
{
    hf_front_set_trusted(&r->front, &settings->trusted_proxies);
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
    while (r->first) perform(r->first, hf_front_end(&r->front, r->first->id));
    arm(r);
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
