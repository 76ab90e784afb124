/* The bytes of connections: accepted, read into the server, pulled out of it. */
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/loop_state.h"
#include "host/tls.h"

/* Pulls of HF_LIMIT_WRITE_BYTES per socket and turn, so that one fast reader with
 * a long queue does not hold up the others. */
enum { PULLS_PER_TURN = 16 };

static void on_ready(uv_poll_t *poll, int status, int events);

static struct hf_loop *loop_of(uv_handle_t *handle)
{
    return handle->loop->data;
}

struct hf_socket *hf_loop_socket(const struct hf_loop *l, hf_id conn)
{
    uint32_t slot = hf_id_slot(conn);
    if (slot >= l->by_slot_count) return NULL;
    struct hf_socket *s = l->by_slot[slot];
    return s && s->id == conn ? s : NULL;
}

void hf_loop_mark(struct hf_loop *l, struct hf_socket *s)
{
    if (s->is_dirty || s->state == HF_SOCKET_GONE) return;
    s->is_dirty = true;
    s->next_dirty = NULL;
    if (l->dirty_last)
        l->dirty_last->next_dirty = s;
    else
        l->dirty_first = s;
    l->dirty_last = s;
}

static struct hf_socket *next_marked(struct hf_loop *l)
{
    struct hf_socket *s = l->dirty_first;
    if (!s) return NULL;
    l->dirty_first = s->next_dirty;
    if (!l->dirty_first) l->dirty_last = NULL;
    s->is_dirty = false;
    /* A thousand of them are no longer in the nearest cache when their turn comes. */
    if (l->dirty_first) __builtin_prefetch(&l->dirty_first->stream);
    return s;
}

/* --- the end of a socket --- */

static void on_closed(uv_handle_t *handle)
{
    struct hf_socket *s = handle->data;
    struct hf_loop *l = loop_of(handle);
    hf_pool_drop(&l->sockets, s->self);
    if (++l->gone_count < HF_LIMIT_TRIM_AFTER) return;
    l->gone_count = 0;
    hf_mem_trim();
}

static void drop_rest(struct hf_socket *s)
{
    if (!s->rest) return;
    hf_buf_fini(s->rest);
    hf_mem_free(s->rest);
    s->rest = NULL;
}

/* The record ends now; the handle (and with it the memory) after this turn. */
static void end_socket(struct hf_loop *l, struct hf_socket *s, bool with_reset)
{
    s->state = HF_SOCKET_GONE;
    drop_rest(s);
    hf_dueq_set(&l->lingering, hf_id_slot(s->self), HF_NEVER);
    uv_close((uv_handle_t *)&s->poll, on_closed);
    if (with_reset)
        hf_stream_reset(&s->stream);
    else
        hf_stream_close(&s->stream);
}

static void report_closed(struct hf_loop *l, struct hf_socket *s, enum hf_lost lost)
{
    hf_id id = s->id;
    if (id == 0) return;
    s->id = 0;
    l->by_slot[hf_id_slot(id)] = NULL;
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_CLOSED, .conn = id, .u.closed = lost },
                 NULL);
}

void hf_loop_kill(struct hf_loop *l, struct hf_socket *s)
{
    end_socket(l, s, true);
    report_closed(l, s, HF_LOST_BY_US);
}

void hf_loop_kill_all(struct hf_loop *l)
{
    for (hf_id id = 0; (id = hf_pool_next(&l->sockets, id)) != 0;) {
        struct hf_socket *s = hf_pool_find(&l->sockets, id);
        if (s->state == HF_SOCKET_OPEN || s->state == HF_SOCKET_CLOSING) hf_loop_kill(l, s);
    }
}

static void lose(struct hf_loop *l, struct hf_socket *s, enum hf_io io)
{
    end_socket(l, s, false);
    report_closed(l, s, hf_stream_lost(io));
}

/* Everything has left: FIN, and CLOSED to the engine.  A close now would answer
 * what the peer still sends with a reset, which can cost it our last bytes, so the
 * socket lingers on its own until the peer's FIN. */
static void finish(struct hf_loop *l, struct hf_socket *s)
{
    /* After the peer's FIN the close itself sends ours. */
    if (!s->has_ended || s->stream.tls) hf_stream_end(&s->stream);
    if (s->has_ended) {
        end_socket(l, s, false);
        report_closed(l, s, HF_LOST_BY_PEER);
        return;
    }
    s->state = HF_SOCKET_LINGERING;
    s->is_paused = s->is_blocked = false;
    drop_rest(s);
    hf_dueq_set(&l->lingering, hf_id_slot(s->self),
                hf_time_after(l->now.mono, HF_MS(HF_LIMIT_LINGER_MS)));
    hf_socket_watch(s, on_ready);
    report_closed(l, s, HF_LOST_BY_US);
}

void hf_loop_end_lingering(struct hf_loop *l)
{
    uint32_t slot;
    while (hf_dueq_pop(&l->lingering, l->now.mono, &slot)) {
        struct hf_socket *s = hf_pool_at(&l->sockets, slot);
        if (s && s->state == HF_SOCKET_LINGERING) end_socket(l, s, false);
    }
}

void hf_loop_close_sockets(struct hf_loop *l)
{
    for (hf_id id = 0; (id = hf_pool_next(&l->sockets, id)) != 0;) {
        struct hf_socket *s = hf_pool_find(&l->sockets, id);
        if (s->state != HF_SOCKET_GONE) end_socket(l, s, false);
    }
}

/* --- accepting --- */

static int grow_slots(struct hf_loop *l, size_t slot)
{
    if (slot < l->by_slot_count) return 0;
    size_t count = l->by_slot_count ? l->by_slot_count * 2 : 64;
    while (count <= slot) count *= 2;
    struct hf_socket **grown = hf_mem_grow(l->by_slot, count * sizeof *grown);
    if (!grown) return HF_ERR_NOMEM;
    for (size_t i = l->by_slot_count; i < count; i++) grown[i] = NULL;
    l->by_slot = grown;
    l->by_slot_count = count;
    return 0;
}

/* The record with its handle, or NULL; then the stream is still the caller's. */
static struct hf_socket *open_socket(struct hf_loop *l, const struct hf_stream *stream)
{
    void *item;
    hf_id self;
    if (hf_pool_new(&l->sockets, &self, &item) != 0) return NULL;
    struct hf_socket *s = item;
    if (hf_dueq_reserve(&l->lingering, hf_id_slot(self)) != 0) goto refuse;
    if (hf_socket_open(s, &l->uv, stream->fd, on_ready) != 0) goto refuse;
    s->self = self;
    s->stream = *stream;
    return s;
refuse:
    hf_pool_drop(&l->sockets, self);
    return NULL;
}

/* Tells the server.  The record, or NULL when it is refused and gone. */
static struct hf_socket *admit(struct hf_loop *l, const struct hf_stream *stream,
                               const struct hf_peer *peer)
{
    struct hf_outcome outcome = { 0 };
    struct hf_event event = { .kind = HF_EVENT_ACCEPTED, .u.accepted = *peer };
    event.u.accepted.is_tls = l->tls != NULL;
    struct hf_socket *s = open_socket(l, stream);
    if (!s) {
        hf_stream_close(&(struct hf_stream){ .fd = stream->fd, .tls = stream->tls });
        return NULL;
    }
    hf_server_step(l->server, l->now, &event, &outcome);
    if (outcome.conn == 0) {
        end_socket(l, s, false);
        return NULL;
    }
    if (grow_slots(l, hf_id_slot(outcome.conn)) != 0) {
        s->id = 0;
        end_socket(l, s, true);
        event = (struct hf_event){ .kind = HF_EVENT_CLOSED,
                                   .conn = outcome.conn,
                                   .u.closed = HF_LOST_IO_ERROR };
        hf_loop_step(l, &event, NULL);
        return NULL;
    }
    s->id = outcome.conn;
    l->by_slot[hf_id_slot(s->id)] = s;
    return s;
}

void hf_loop_accept(void *loop, int fd, const struct hf_peer *peer)
{
    struct hf_loop *l = loop;
    struct hf_stream stream = { .fd = fd };
    if (l->front && l->front(l->front_ctx, fd, peer)) return;
    hf_loop_begin_turn(l);
    if (l->tls && hf_tls_conn_new(l->tls, &stream.tls) != 0) {
        hf_stream_close(&stream);
        return;
    }
    if (admit(l, &stream, peer)) hf_loop_drain(l);
}

/* --- input --- */

/* Keeps what the engine does not take now.  Without memory the peer is lost. */
static bool keep_rest(struct hf_socket *s, struct hf_bytes rest)
{
    s->rest = hf_mem_new(sizeof *s->rest);
    if (!s->rest) return false;
    hf_buf_init(s->rest, rest.len);
    hf_buf_add(s->rest, rest);
    return hf_buf_done(s->rest) == 0;
}

/* Offers bytes until all are taken, the engine takes none, or the socket is gone.
 * Returns how many were taken. */
static size_t offer(struct hf_loop *l, struct hf_socket *s, uint8_t *data, size_t len)
{
    size_t taken = 0;
    while (taken < len && s->state != HF_SOCKET_GONE && s->id != 0) {
        struct hf_outcome outcome = { 0 };
        struct hf_event event = { .kind = HF_EVENT_INPUT,
                                  .conn = s->id,
                                  .u.input = { .data = data + taken, .len = len - taken } };
        hf_loop_step(l, &event, &outcome);
        HF_ASSERT(outcome.used_bytes <= len - taken);
        taken += outcome.used_bytes;
        if (outcome.used_bytes == 0) break;
    }
    return taken;
}

void hf_loop_take(struct hf_loop *l, const struct hf_stream *stream, const struct hf_peer *peer,
                  struct hf_bytes input)
{
    hf_loop_begin_turn(l);
    struct hf_socket *s = admit(l, stream, peer);
    if (!s) return;
    hf_loop_drain(l);
    if (s->state == HF_SOCKET_GONE || s->id == 0) return;
    /* Offered with the flush of this turn, as what the server once did not take. */
    if (!keep_rest(s, input)) lose(l, s, HF_IO_ERROR);
    hf_loop_mark(l, s);
}

static void feed(struct hf_loop *l, struct hf_socket *s, uint8_t *data, size_t len)
{
    size_t taken = offer(l, s, data, len);
    if (s->state == HF_SOCKET_GONE || s->id == 0 || taken == len) return;
    if (!keep_rest(s, hf_bytes(data + taken, len - taken))) lose(l, s, HF_IO_ERROR);
    hf_loop_mark(l, s);
}

static void end_input(struct hf_loop *l, struct hf_socket *s)
{
    s->has_ended = true;
    hf_loop_mark(l, s);
    hf_loop_step(l, &(struct hf_event){ .kind = HF_EVENT_INPUT_END, .conn = s->id }, NULL);
}

/* Whether the peer said goodbye behind what it sent (TLS), and all that was taken. */
static bool is_at_end(const struct hf_socket *s)
{
    return s->stream.is_ended && !s->has_ended && !s->rest && s->id != 0;
}

/* Offers kept input again, after the actions.  Only a paused connection takes
 * nothing, and its RESUME marks the socket. */
static void offer_rest(struct hf_loop *l, struct hf_socket *s)
{
    if (!s->rest || s->is_paused || s->id == 0) return;
    size_t taken = offer(l, s, s->rest->ptr, s->rest->len);
    if (!s->rest) return;
    hf_buf_take(s->rest, taken);
    if (s->rest->len == 0) drop_rest(s);
    if (is_at_end(s)) end_input(l, s);
}

static void read_lingering(struct hf_loop *l, struct hf_socket *s, enum hf_io io)
{
    if (io != HF_IO_OK && io != HF_IO_WAIT) end_socket(l, s, false);
}

static void read_socket(struct hf_loop *l, struct hf_socket *s)
{
    size_t len;
    enum hf_io io = hf_stream_read(&s->stream, l->input, HF_LIMIT_READ_BYTES, &len);
    if (hf_stream_is_pending(&s->stream)) s->is_blocked = true;
    if (s->state == HF_SOCKET_LINGERING) {
        read_lingering(l, s, io);
        return;
    }
    switch (io) {
    case HF_IO_OK:
        feed(l, s, l->input, len);
        if (is_at_end(s)) end_input(l, s);
        return;
    case HF_IO_WAIT:
        hf_loop_mark(l, s);
        return;
    case HF_IO_END:
        end_input(l, s);
        return;
    case HF_IO_RESET:
    case HF_IO_TLS:
    case HF_IO_ERROR:
        lose(l, s, io);
        return;
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct hf_loop *l = loop_of((uv_handle_t *)poll);
    struct hf_socket *s = poll->data;
    hf_loop_begin_turn(l);
    if (status < 0) {
        /* libuv stops polling when the system reports an error of the socket. */
        s->watched = 0;
        lose(l, s, hf_stream_failure(&s->stream));
        return;
    }
    if (events & UV_WRITABLE) {
        s->is_blocked = false;
        hf_loop_mark(l, s);
    }
    if (events & UV_READABLE) read_socket(l, s);
}

/* --- output --- */

/* Writes one pull (or what is left of the last one): HF_IO_END once nothing more
 * is to be written. */
static enum hf_io write_some(struct hf_loop *l, struct hf_socket *s, size_t *written)
{
    struct hf_output out;
    *written = 0;
    if (hf_stream_is_pending(&s->stream)) return hf_stream_flush(&s->stream, written);
    if (s->id == 0) return HF_IO_END;
    hf_server_output(l->server, s->id, &out);
    if (out.count == 0) return HF_IO_END;
    enum hf_io io = hf_stream_write(&s->stream, &out, written);
    return io == HF_IO_OK && out.is_all ? HF_IO_END : io;
}

static void report_written(struct hf_loop *l, struct hf_socket *s, size_t written)
{
    if (written == 0) return;
    hf_loop_step(
        l,
        &(struct hf_event){ .kind = HF_EVENT_WRITTEN, .conn = s->id, .u.written_bytes = written },
        NULL);
}

static void flush_socket(struct hf_loop *l, struct hf_socket *s)
{
    for (int i = 0; i < PULLS_PER_TURN; i++) {
        size_t written;
        enum hf_io io = write_some(l, s, &written);
        report_written(l, s, written);
        if (s->state == HF_SOCKET_GONE) return;
        switch (io) {
        case HF_IO_OK:
            continue;
        case HF_IO_WAIT:
            s->is_blocked = true;
            return;
        case HF_IO_END:
            if (s->state == HF_SOCKET_CLOSING) finish(l, s);
            return;
        case HF_IO_RESET:
        case HF_IO_TLS:
        case HF_IO_ERROR:
            lose(l, s, io);
            return;
        }
    }
    s->is_blocked = true; /* the socket is ready at once: it goes on in the next turn */
}

void hf_loop_flush(struct hf_loop *l)
{
    for (struct hf_socket *s; (s = next_marked(l)) != NULL;) {
        if (s->state == HF_SOCKET_GONE) continue;
        offer_rest(l, s);
        if (s->state != HF_SOCKET_GONE && !s->is_blocked) flush_socket(l, s);
        if (s->state != HF_SOCKET_GONE) hf_socket_watch(s, on_ready);
    }
}
