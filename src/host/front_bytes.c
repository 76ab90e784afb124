/* The sockets of relayed connections. */
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/front_state.h"
#include "host/tls.h"

enum { PULLS_PER_TURN = 16 };

/* --- handles --- */

static void on_poll_closed(uv_handle_t *handle)
{
    hf_mem_free(handle);
}

static void unwatch(struct hf_front_end *end)
{
    if (!end->poll) return;
    uv_close((uv_handle_t *)end->poll, on_poll_closed);
    end->poll = NULL;
    end->watched = 0;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static int open_watch(struct hf_relayed *c, enum hf_relay_side side)
{
    struct hf_front_end *end = &c->ends[side];
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

static void watch(struct hf_relayed *c, enum hf_relay_side side)
{
    struct hf_front_end *end = &c->ends[side];
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
           HF_INT("for_ms", hf_span_ms(hf_time_since(hf_front_now(), conn->accepted_at))),
           HF_INT("to_upstream_bytes", (int64_t)relay->passed[HF_RELAY_UPSTREAM]),
           HF_INT("to_client_bytes", (int64_t)relay->passed[HF_RELAY_CLIENT]));
}

static void forget(struct hf_relayed *c)
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
    hf_front_ended(r);
}

/* Unread, it would turn the end into a reset. */
static void drop_input(struct hf_relayed *c, struct hf_front_end *end)
{
    size_t len;
    for (int i = 0; i < PULLS_PER_TURN; i++)
        if (hf_stream_read(&end->stream, c->run->input, HF_LIMIT_READ_BYTES, &len) != HF_IO_OK)
            return;
}

static void close_end(struct hf_relayed *c, struct hf_front_end *end)
{
    drop_input(c, end);
    hf_stream_close(&end->stream);
}

static void close_all(struct hf_relayed *c, bool with_reset)
{
    hf_dial_free(c->dial);
    for (int i = 0; i < 2; i++) {
        unwatch(&c->ends[i]);
        if (c->ends[i].stream.fd < 0) continue;
        if (with_reset)
            hf_stream_reset(&c->ends[i].stream);
        else
            close_end(c, &c->ends[i]);
    }
    forget(c);
}

/* The gate takes the client over, with what was read of it. */
static void to_gate(struct hf_relayed *c)
{
    struct hf_front_run *r = c->run;
    const struct hf_front_conn *conn = hf_front_find(&r->front, c->id);
    unwatch(&c->ends[HF_RELAY_CLIENT]);
    hf_loop_take(r->loop, &c->ends[HF_RELAY_CLIENT].stream, &conn->peer,
                 hf_relay_sent(&conn->relay));
    c->ends[HF_RELAY_CLIENT].stream.fd = -1;
    close_all(c, true);
}

/* --- bytes --- */

static enum hf_io write_some(struct hf_relayed *c, enum hf_relay_side side, size_t *written)
{
    struct hf_front_end *end = &c->ends[side];
    struct hf_bytes bytes = hf_front_output(&c->run->front, c->id, side);
    struct hf_output out = { .spans = { bytes }, .count = 1, .total_bytes = bytes.len };
    *written = 0;
    if (hf_stream_is_pending(&end->stream)) return hf_stream_flush(&end->stream, written);
    if (bytes.len == 0) return HF_IO_END;
    return hf_stream_write(&end->stream, &out, written);
}

static void break_end(struct hf_front_end *end)
{
    end->is_broken = true;
    end->is_blocked = false;
    unwatch(end);
}

/* Writes what waits for a side.  Acts that this led to, 0 when there are none. */
static uint32_t flush(struct hf_relayed *c, enum hf_relay_side side)
{
    struct hf_front *f = &c->run->front;
    struct hf_front_end *end = &c->ends[side];
    for (int i = 0; i < PULLS_PER_TURN && end->poll && !end->is_blocked; i++) {
        size_t written;
        enum hf_io io = write_some(c, side, &written);
        uint32_t acts = written ? hf_front_written(f, hf_front_now(), c->id, side, written) : 0;
        end->is_blocked = io == HF_IO_WAIT || i == PULLS_PER_TURN - 1;
        if (acts) return acts;
        if (io == HF_IO_END) {
            end->is_blocked = false;
            return 0;
        }
        if (io != HF_IO_OK && io != HF_IO_WAIT) break_end(end);
    }
    return 0;
}

/* Whether the last bytes before a reset have left: the socket is ready when they have. */
static uint32_t settle(struct hf_relayed *c, enum hf_relay_side side)
{
    struct hf_front_end *end = &c->ends[side];
    if (!end->is_settling || !end->poll || end->is_blocked) return 0;
    if (hf_stream_has_left(&end->stream)) return hf_front_settled(&c->run->front, c->id);
    end->is_blocked = true;
    return 0;
}

static uint32_t write_out(struct hf_relayed *c, enum hf_relay_side side)
{
    uint32_t acts = flush(c, side);
    return acts ? acts : settle(c, side);
}

static uint32_t read_end(struct hf_relayed *c, enum hf_relay_side side)
{
    struct hf_front_run *r = c->run;
    struct hf_front_end *end = &c->ends[side];
    size_t len;
    uint32_t acts = 0;
    enum hf_io io = hf_stream_read(&end->stream, r->input, HF_LIMIT_READ_BYTES, &len);
    if (hf_stream_is_pending(&end->stream)) end->is_blocked = true;
    switch (io) {
    case HF_IO_OK:
        acts = hf_front_input(&r->front, hf_front_now(), c->id, side, hf_bytes(r->input, len));
        /* What ends behind it is read in the next turn, unless TLS has said so already. */
        if (!acts && end->stream.is_ended)
            acts = hf_front_input_end(&r->front, hf_front_now(), c->id, side);
        return acts;
    case HF_IO_WAIT:
        return end->is_broken ? hf_front_reset(&r->front, hf_front_now(), c->id, side) : 0;
    case HF_IO_END:
        return hf_front_input_end(&r->front, hf_front_now(), c->id, side);
    case HF_IO_RESET:
    case HF_IO_TLS:
    case HF_IO_ERROR:
        return hf_front_reset(&r->front, hf_front_now(), c->id, side);
    }
    HF_UNREACHABLE();
}

/* Reads on from a socket that broke, as there is room for it: what came before that is still
 * there.  `*did` when there may be more. */
static uint32_t read_rest(struct hf_relayed *c, enum hf_relay_side side, bool *did)
{
    struct hf_front *f = &c->run->front;
    if (!c->ends[side].is_broken || hf_front_holds(f, c->id, side)) return 0;
    if (!hf_front_wants(f, c->id, side)) return hf_front_reset(f, hf_front_now(), c->id, side);
    *did = true;
    return read_end(c, side);
}

/* One round of a turn: `*did` when another one may find something to do. */
static uint32_t go_round(struct hf_relayed *c, bool *did)
{
    *did = false;
    uint32_t acts = write_out(c, HF_RELAY_UPSTREAM);
    if (!acts) acts = write_out(c, HF_RELAY_CLIENT);
    if (!acts) acts = read_rest(c, HF_RELAY_UPSTREAM, did);
    if (!acts) acts = read_rest(c, HF_RELAY_CLIENT, did);
    return acts;
}

void hf_relayed_pump(struct hf_relayed *c)
{
    uint32_t acts = 0;
    bool did = true;
    for (int i = 0; i < PULLS_PER_TURN && did && !acts; i++) acts = go_round(c, &did);
    if (acts) {
        hf_relayed_perform(c, acts);
        return;
    }
    for (int i = 0; i < 2; i++) {
        /* The rest in the next turn: the other socket is ready at once. */
        if (did) c->ends[i].is_blocked = true;
        watch(c, (enum hf_relay_side)i);
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct hf_relayed *c = poll->data;
    struct hf_front_run *r = c->run;
    enum hf_relay_side side =
        c->ends[HF_RELAY_CLIENT].poll == poll ? HF_RELAY_CLIENT : HF_RELAY_UPSTREAM;
    uint32_t acts = 0;
    if (status < 0) {
        break_end(&c->ends[side]);
    } else {
        if (events & UV_WRITABLE) c->ends[side].is_blocked = false;
        if (events & UV_READABLE) acts = read_end(c, side);
    }
    if (acts)
        hf_relayed_perform(c, acts);
    else
        hf_relayed_pump(c);
    hf_front_arm(r);
}

/* --- acts --- */

static void on_dialed(void *ctx, const struct hf_dial_result *result)
{
    struct hf_relayed *c = ctx;
    struct hf_front_run *r = c->run;
    c->dial = NULL;
    uint32_t acts = 0;
    bool is_open = result->err == 0;
    if (is_open) {
        c->ends[HF_RELAY_UPSTREAM].stream = *result->stream;
        is_open = open_watch(c, HF_RELAY_UPSTREAM) == 0;
    } else {
        hf_front_saw(r, false, result->why);
    }
    acts = is_open ? hf_front_connected(&r->front, hf_front_now(), c->id)
                   : hf_front_not_connected(&r->front, hf_front_now(), c->id);
    if (acts)
        hf_relayed_perform(c, acts);
    else
        hf_relayed_pump(c);
    hf_front_arm(r);
}

static void dial(struct hf_relayed *c)
{
    struct hf_front_run *r = c->run;
    if (hf_front_dial(r, &c->dial, on_dialed, c) != 0)
        hf_relayed_perform(c, hf_front_not_connected(&r->front, hf_front_now(), c->id));
    else
        hf_relayed_pump(c);
}

void hf_relayed_perform(struct hf_relayed *c, uint32_t acts)
{
    if (acts & HF_RELAY_DO_GATE) {
        to_gate(c);
        return;
    }
    if (acts & HF_RELAY_END_CLIENT) hf_stream_end(&c->ends[HF_RELAY_CLIENT].stream);
    if (acts & HF_RELAY_END_UPSTREAM) hf_stream_end(&c->ends[HF_RELAY_UPSTREAM].stream);
    if (acts & HF_RELAY_SETTLE_CLIENT) c->ends[HF_RELAY_CLIENT].is_settling = true;
    if (acts & HF_RELAY_SETTLE_UPSTREAM) c->ends[HF_RELAY_UPSTREAM].is_settling = true;
    if (acts & (HF_RELAY_RESET | HF_RELAY_CLOSE)) {
        close_all(c, acts & HF_RELAY_RESET);
        return;
    }
    if (acts & HF_RELAY_DO_DIAL)
        dial(c);
    else
        hf_relayed_pump(c);
}

/* --- opening --- */

/* The record with its watched client, or NULL; then the descriptor is still the caller's. */
struct hf_relayed *hf_relayed_open(struct hf_front_run *r, hf_id id, int fd)
{
    struct hf_relayed *c = hf_mem_zero(1, sizeof *c);
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
