/* The sockets of a client loop: dialled, read into engines, pulled out of them. */
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/client_loop_state.h"

/* Pulls of HF_LIMIT_WRITE_BYTES per socket and turn, so that one fast reader with a long
 * queue does not hold up the others. */
enum { PULLS_PER_TURN = 16 };

static void on_ready(uv_poll_t *poll, int status, int events);

/* --- what a step leaves to do --- */

static void perform(struct hf_client_seat *s, const struct hf_client_action *action)
{
    struct hf_client_loop *l = s->loop;
    bool is_open = (s->socket && s->socket->generation == action->socket) ||
                   (s->dial && s->dial_generation == action->socket);
    switch (action->kind) {
    case HF_CLIENT_DO_KILL:
        /* A dial beside it is an older one's, about to be reset. */
        if (s->must_dial && s->dial_generation == action->socket) s->must_dial = false;
        if (is_open) s->must_reset = true;
        return;
    case HF_CLIENT_DO_DIAL:
        s->must_dial = true;
        s->dial_generation = action->socket;
        return;
    case HF_CLIENT_DO_OUTPUT:
        s->has_output = true;
        return;
    case HF_CLIENT_DO_END:
        s->must_end = true;
        return;
    case HF_CLIENT_DO_TELL:
        l->hooks.told(l->hooks.ctx, s->config.client, &action->news);
        return;
    }
}

/* Whoever is told something may step the seat again: what that leaves comes behind what is
 * being told, in its turn. */
static void drain(struct hf_client_seat *s)
{
    struct hf_client_action action;
    if (s->is_draining) return;
    s->is_draining = true;
    while (!s->has_left && hf_client_action(s->config.engine, &action)) perform(s, &action);
    s->is_draining = false;
}

void hf_client_seat_touch(struct hf_client_seat *s)
{
    drain(s);
    if (s->has_left) return;
    hf_dueq_set(&s->loop->dues, hf_id_slot(s->id), hf_client_due(s->config.engine));
    hf_client_loop_mark(s->loop, s);
}

/* The step alone; whoever calls it sees to what it leaves. */
static size_t step(struct hf_client_seat *s, const struct hf_client_event *event)
{
    size_t used = hf_client_step(s->config.engine, s->loop->now, event);
    drain(s);
    return used;
}

void hf_client_seat_step(struct hf_client_seat *s, const struct hf_client_event *event)
{
    step(s, event);
    hf_client_seat_touch(s);
}

void hf_client_seat_run_due(struct hf_client_seat *s)
{
    hf_client_run_due(s->config.engine, s->loop->now);
    hf_client_seat_touch(s);
}

void hf_client_seat_hold(struct hf_client_seat *s, bool is_held)
{
    hf_client_hold_input(s->config.engine, s->loop->now, is_held);
    hf_client_seat_touch(s);
}

bool hf_client_seat_is_quiet(const struct hf_client_seat *s)
{
    return !s->socket && !s->dial && !s->must_dial;
}

bool hf_client_seat_peer(const struct hf_client_seat *s, struct hf_client_peer *out)
{
    if (!s->socket) return false;
    *out = s->peer;
    return true;
}

/* --- the end of a socket --- */

static void on_closed(uv_handle_t *handle)
{
    hf_mem_free(handle->data);
}

/* The record ends with its handle, after this turn. */
static void drop_socket(struct hf_client_seat *s, bool with_reset)
{
    struct hf_client_socket *socket = s->socket;
    s->socket = NULL;
    s->has_output = s->must_end = false;
    if (!socket) return;
    socket->seat = NULL;
    hf_buf_fini(&socket->rest);
    uv_close((uv_handle_t *)&socket->poll, on_closed);
    if (with_reset)
        hf_stream_reset(&socket->stream);
    else
        hf_stream_close(&socket->stream);
}

static void reset(struct hf_client_seat *s)
{
    s->must_reset = false;
    hf_dial_free(s->dial);
    s->dial = NULL;
    drop_socket(s, true);
}

/* The socket is gone, whoever ended it. */
static void end_socket(struct hf_client_seat *s)
{
    uint64_t generation = s->socket->generation;
    drop_socket(s, false);
    step(s, &(struct hf_client_event){ .kind = HF_CLIENT_CLOSED, .socket = generation });
}

/* --- input --- */

static bool wants_input(const struct hf_client_seat *s)
{
    return hf_client_wants_input(s->config.engine);
}

/* Offers bytes until all are taken or the seat does not want more now. */
static size_t offer(struct hf_client_seat *s, uint8_t *data, size_t len)
{
    const struct hf_client_socket *socket = s->socket;
    size_t taken = 0;
    while (taken < len && s->socket == socket && !s->must_reset && wants_input(s)) {
        struct hf_client_event event = { .kind = HF_CLIENT_INPUT,
                                         .socket = socket->generation,
                                         .u.input = { data + taken, len - taken } };
        size_t used = step(s, &event);
        taken += used;
        if (used == 0) break;
    }
    return s->socket == socket && !s->must_reset ? taken : len;
}

/* Without memory for what is not taken now the connection is lost. */
static void take_input(struct hf_client_seat *s, size_t len)
{
    struct hf_client_loop *l = s->loop;
    size_t taken = offer(s, l->input, len);
    if (taken == len || !s->socket) return;
    hf_buf_add(&s->socket->rest, hf_bytes(l->input + taken, len - taken));
    if (hf_buf_done(&s->socket->rest) != 0) end_socket(s);
}

static void offer_rest(struct hf_client_seat *s)
{
    struct hf_client_socket *socket = s->socket;
    if (!socket || socket->rest.len == 0 || !wants_input(s)) return;
    size_t taken = offer(s, socket->rest.ptr, socket->rest.len);
    if (s->socket != socket) return;
    hf_buf_take(&socket->rest, taken < socket->rest.len ? taken : socket->rest.len);
    if (socket->rest.len == 0) hf_buf_reset(&socket->rest, 0);
}

static void read_socket(struct hf_client_seat *s)
{
    size_t len = 0;
    struct hf_client_socket *socket = s->socket;
    HF_ASSERT(socket);
    enum hf_io io = hf_stream_read(&socket->stream, s->loop->input, HF_LIMIT_READ_BYTES, &len);
    if (hf_stream_is_pending(&socket->stream)) socket->is_blocked = true;
    if (io == HF_IO_OK) take_input(s, len);
    if (s->socket != socket || (io == HF_IO_WAIT && !socket->is_broken)) return;
    if (io == HF_IO_OK && !socket->stream.is_ended) return;
    socket->has_ended = true;
}

/* What came before the socket broke is still there. */
static void read_rest(struct hf_client_seat *s)
{
    struct hf_client_socket *socket = s->socket;
    if (!socket || !socket->is_broken) return;
    while (s->socket == socket && !s->must_reset && !socket->has_ended && wants_input(s) &&
           socket->rest.len == 0)
        read_socket(s);
}

/* What had come before the end was offered first. */
static void run_end(struct hf_client_seat *s)
{
    if (s->socket && s->socket->has_ended && s->socket->rest.len == 0) end_socket(s);
}

/* --- output --- */

static const char *io_text(enum hf_io io)
{
    return io == HF_IO_TLS ? "the TLS connection failed" : "the connection was reset";
}

/* What the peer sent before it reset the connection is still read. */
static void write_failed(struct hf_client_seat *s, enum hf_io io)
{
    struct hf_client_socket *socket = s->socket;
    while (s->socket == socket && !socket->has_ended && wants_input(s) && socket->rest.len == 0) {
        size_t len = 0;
        enum hf_io got = hf_stream_read(&socket->stream, s->loop->input, HF_LIMIT_READ_BYTES, &len);
        if (got != HF_IO_OK) break;
        take_input(s, len);
    }
    if (s->socket != socket || s->must_reset) return;
    struct hf_client_event event = { .kind = HF_CLIENT_WRITE_FAILED,
                                     .socket = socket->generation,
                                     .u.why = hf_bytes_cstr(io_text(io)) };
    step(s, &event); /* which has it reset */
}

static enum hf_io write_some(struct hf_client_seat *s, size_t *written)
{
    struct hf_output out;
    *written = 0;
    if (hf_stream_is_pending(&s->socket->stream))
        return hf_stream_flush(&s->socket->stream, written);
    hf_client_output(s->config.engine, &out);
    if (out.count == 0) return HF_IO_END;
    return hf_stream_write(&s->socket->stream, &out, written);
}

static void report_written(struct hf_client_seat *s, size_t written)
{
    if (written == 0) return;
    step(s, &(struct hf_client_event){ .kind = HF_CLIENT_WRITTEN,
                                       .socket = s->socket->generation,
                                       .u.written_bytes = written });
}

static void flush(struct hf_client_seat *s)
{
    struct hf_client_socket *socket = s->socket;
    s->has_output = false;
    for (int i = 0; i < PULLS_PER_TURN; i++) {
        size_t written;
        enum hf_io io = write_some(s, &written);
        report_written(s, written);
        if (s->socket != socket || s->must_reset) return;
        switch (io) {
        case HF_IO_OK:
            continue;
        case HF_IO_WAIT:
            socket->is_blocked = true;
            return;
        case HF_IO_END:
            return;
        case HF_IO_RESET:
        case HF_IO_TLS:
        case HF_IO_ERROR:
            write_failed(s, io);
            return;
        }
    }
    socket->is_blocked = true; /* it is ready at once: the rest goes in the next turn */
}

/* --- polling --- */

static void watch(struct hf_client_seat *s)
{
    struct hf_client_socket *socket = s->socket;
    if (!socket || socket->is_broken) return;
    bool is_read = !socket->has_ended && wants_input(s) && socket->rest.len == 0;
    int events = (is_read ? UV_READABLE : 0) | (socket->is_blocked ? UV_WRITABLE : 0);
    if (events == socket->watched) return;
    socket->watched = (uint8_t)events;
    uv_poll_start(&socket->poll, events, on_ready);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct hf_client_socket *socket = poll->data;
    struct hf_client_loop *l = poll->loop->data;
    hf_client_loop_lock(l);
    struct hf_client_seat *s = socket->seat;
    if (s && status < 0) {
        /* libuv stops polling when the system reports an error of the socket. */
        socket->watched = 0;
        socket->is_broken = socket->is_blocked = true;
    } else if (s) {
        if (events & UV_WRITABLE) socket->is_blocked = false;
        if (events & UV_WRITABLE) s->has_output = true;
        if ((events & UV_READABLE) && wants_input(s)) read_socket(s);
    }
    if (s && !s->has_left) hf_client_seat_touch(s);
    hf_client_loop_unlock(l);
}

/* --- dialling --- */

static void dial_failed(struct hf_client_seat *s, const struct hf_dial_result *result)
{
    step(s, &(struct hf_client_event){ .kind = HF_CLIENT_DIAL_FAILED,
                                       .socket = s->dial_generation,
                                       .u.dial_failed = { .is_config = result->is_config,
                                                          .is_insecure = result->is_security,
                                                          .why = result->why } });
}

/* Takes the stream over: 0, or a code and it is still the caller's. */
static int open_socket(struct hf_client_seat *s, const struct hf_dial_result *result)
{
    struct hf_client_socket *socket = hf_mem_zero(1, sizeof *socket);
    if (!socket) return HF_ERR_NOMEM;
    if (uv_poll_init(&s->loop->uv, &socket->poll, result->stream->fd) != 0) {
        hf_mem_free(socket);
        return HF_ERR_IO;
    }
    socket->poll.data = socket;
    socket->stream = *result->stream;
    socket->seat = s;
    socket->generation = s->dial_generation;
    hf_buf_init(&socket->rest, HF_LIMIT_READ_BYTES);
    s->socket = socket;
    s->peer = (struct hf_client_peer){ .address = result->address,
                                       .has_cert_hash = result->has_cert_hash };
    memcpy(s->peer.cert_hash, result->cert_hash, sizeof s->peer.cert_hash);
    *result->stream = (struct hf_stream){ .fd = -1 };
    return 0;
}

static void dialed(struct hf_client_seat *s, const struct hf_dial_result *result)
{
    struct hf_dial_result failed = { .why = HF_LIT("the connection cannot be watched") };
    if (result->err) {
        dial_failed(s, result);
    } else if (open_socket(s, result) != 0) {
        hf_stream_reset(result->stream);
        dial_failed(s, &failed);
    } else {
        step(s,
             &(struct hf_client_event){ .kind = HF_CLIENT_DIALED, .socket = s->dial_generation });
    }
}

static void on_dialed(void *ctx, const struct hf_dial_result *result)
{
    struct hf_client_seat *s = ctx;
    struct hf_client_loop *l = s->loop;
    hf_client_loop_lock(l);
    s->dial = NULL;
    if (s->must_reset) {
        if (!result->err) hf_stream_reset(result->stream);
    } else {
        dialed(s, result);
    }
    if (!s->has_left) hf_client_seat_touch(s);
    hf_client_loop_unlock(l);
}

/* Nine tenths of what the engine waits, so that the dial itself can say what it was that
 * took too long: the name, the address, the proxy or TLS. */
static hf_span dial_within(const struct hf_client_seat *s)
{
    hf_span left = hf_time_since(hf_client_due(s->config.engine), s->loop->now.mono);
    hf_span within = hf_span_min(s->config.within, left);
    return hf_span_max(within - within / 10, 1);
}

static void dial(struct hf_client_seat *s)
{
    struct hf_dial_result failed = { .why = HF_LIT("out of memory") };
    struct hf_dial_config config = { .url = s->config.url,
                                     .pin = s->config.pin,
                                     .proxy = s->config.proxy,
                                     .exempt = s->config.exempt,
                                     .within = dial_within(s) };
    HF_ASSERT(!s->socket && !s->dial); /* an engine has one socket at a time */
    s->must_dial = false;
    if (hf_dial_new(&s->dial, &s->loop->dialer, &config, on_dialed, s) == 0) return;
    s->dial = NULL;
    dial_failed(s, &failed);
}

/* --- the turn of a seat --- */

static bool is_writable(const struct hf_client_seat *s)
{
    return s->socket && !s->socket->is_blocked;
}

static void run_wishes(struct hf_client_seat *s)
{
    if (s->must_reset) reset(s);
    if (s->must_dial) dial(s);
    offer_rest(s);
    read_rest(s);
    if (s->has_output && is_writable(s)) flush(s);
    if (s->must_end && !s->must_reset && is_writable(s) && !s->has_output) end_socket(s);
    run_end(s);
}

static bool has_wishes(const struct hf_client_seat *s)
{
    return s->must_reset || s->must_dial || (s->has_output && is_writable(s));
}

void hf_client_seat_run(struct hf_client_seat *s)
{
    if (s->has_left) {
        reset(s);
        hf_pool_drop(&s->loop->seats, s->id);
        hf_mem_free(s);
        return;
    }
    do run_wishes(s);
    while (has_wishes(s));
    hf_dueq_set(&s->loop->dues, hf_id_slot(s->id), hf_client_due(s->config.engine));
    watch(s);
}
