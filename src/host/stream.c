#include "host/stream.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "host/tls.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* The largest plain text of a TLS record: what a read may find left from before. */
enum { TLS_RECORD_BYTES = 16384 };

static enum hf_io io_of(int number)
{
    switch (number) {
    case EAGAIN:
    case EINTR:
        return HF_IO_WAIT;
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return HF_IO_RESET;
    default:
        return HF_IO_ERROR;
    }
}

static enum hf_io receive(struct hf_stream *s, uint8_t *out, size_t cap, size_t *len)
{
    ssize_t got = recv(s->fd, out, cap, 0);
    if (got == 0) return s->is_broken ? HF_IO_RESET : HF_IO_END;
    if (got < 0) return io_of(errno);
    *len = (size_t)got;
    return HF_IO_OK;
}

static enum hf_io transmit(struct hf_stream *s, struct iovec *parts, size_t count, size_t *sent)
{
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    /* Nearly always there is one part, and the system takes it faster as such. */
    ssize_t done = count == 1 ? send(s->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
                              : sendmsg(s->fd, &message, MSG_NOSIGNAL);
    if (done >= 0) {
        *sent = (size_t)done;
        return HF_IO_OK;
    }
    enum hf_io io = io_of(errno);
    /* The system tells an error once.  EPIPE is none: the peer had ended before. */
    if (io != HF_IO_WAIT && errno != EPIPE) s->is_broken = true;
    return io;
}

/* Sends waiting ciphertext: OK once nothing waits. */
static enum hf_io send_pending(struct hf_stream *s)
{
    for (;;) {
        struct hf_bytes rest = hf_tls_conn_pending(s->tls);
        if (rest.len == 0) return HF_IO_OK;
        size_t sent = 0;
        struct iovec part = { .iov_base = (void *)(uintptr_t)rest.ptr, .iov_len = rest.len };
        enum hf_io io = transmit(s, &part, 1, &sent);
        if (io != HF_IO_OK) return io;
        hf_tls_conn_sent(s->tls, sent);
    }
}

static enum hf_io read_tls(struct hf_stream *s, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t cipher[HF_LIMIT_READ_BYTES - TLS_RECORD_BYTES];
    size_t got = 0;
    enum hf_io io = receive(s, cipher, sizeof cipher, &got);
    if (io != HF_IO_OK) return io;
    int err = hf_tls_conn_read(s->tls, hf_bytes(cipher, got), out, cap, len);
    /* Handshake answers, tickets and alerts go out at once; what does not fit now
     * leaves with the next flush. */
    enum hf_io sent = send_pending(s);
    if (err == HF_ERR_CLOSED) s->is_ended = true;
    if (err == HF_ERR_CLOSED) return *len > 0 ? HF_IO_OK : HF_IO_END;
    if (err) return HF_IO_TLS;
    if (*len > 0) return HF_IO_OK;
    return sent == HF_IO_OK ? HF_IO_WAIT : sent;
}

enum hf_io hf_stream_read(struct hf_stream *s, uint8_t *out, size_t cap, size_t *len)
{
    *len = 0;
    HF_ASSERT(cap >= HF_LIMIT_READ_BYTES);
    return s->tls ? read_tls(s, out, cap, len) : receive(s, out, cap, len);
}

static enum hf_io write_tls(struct hf_stream *s, const struct hf_output *out, size_t *written)
{
    for (size_t i = 0; i < out->count; i++)
        if (hf_tls_conn_write(s->tls, out->spans[i]) != 0) return HF_IO_TLS;
    s->plain_pending = (uint32_t)out->total_bytes;
    return hf_stream_flush(s, written);
}

enum hf_io hf_stream_write(struct hf_stream *s, const struct hf_output *out, size_t *written)
{
    struct iovec parts[HF_OUTPUT_SPANS];
    *written = 0;
    if (s->tls) return write_tls(s, out, written);
    for (size_t i = 0; i < out->count; i++)
        parts[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)out->spans[i].ptr,
                                   .iov_len = out->spans[i].len };
    enum hf_io io = transmit(s, parts, out->count, written);
    return io == HF_IO_OK && *written < out->total_bytes ? HF_IO_WAIT : io;
}

bool hf_stream_is_pending(const struct hf_stream *s)
{
    return s->tls && hf_tls_conn_pending(s->tls).len > 0;
}

enum hf_io hf_stream_flush(struct hf_stream *s, size_t *written)
{
    *written = 0;
    enum hf_io io = send_pending(s);
    if (io != HF_IO_OK) return io;
    *written = s->plain_pending;
    s->plain_pending = 0;
    return HF_IO_OK;
}

void hf_stream_end(struct hf_stream *s)
{
    if (s->tls) {
        hf_tls_conn_end(s->tls);
        send_pending(s);
    }
    shutdown(s->fd, SHUT_WR);
}

bool hf_stream_has_left(const struct hf_stream *s)
{
    int count = 0, low = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof low);
    return ioctl(s->fd, SIOCOUTQNSD, &count) != 0 || count == 0;
}

enum hf_io hf_stream_failure(const struct hf_stream *s)
{
    int number = 0;
    socklen_t len = sizeof number;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0) return HF_IO_ERROR;
    enum hf_io io = io_of(number ? number : ECONNRESET);
    return io == HF_IO_WAIT ? HF_IO_ERROR : io;
}

void hf_stream_close(struct hf_stream *s)
{
    if (s->tls) hf_tls_conn_free(s->tls);
    if (s->fd >= 0) close(s->fd);
    *s = (struct hf_stream){ .fd = -1 };
}

void hf_stream_reset(struct hf_stream *s)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    if (s->fd >= 0) setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    hf_stream_close(s);
}

enum hf_lost hf_stream_lost(enum hf_io io)
{
    switch (io) {
    case HF_IO_RESET:
        return HF_LOST_RESET;
    case HF_IO_TLS:
        return HF_LOST_TLS;
    case HF_IO_END:
        return HF_LOST_BY_PEER;
    case HF_IO_OK:
    case HF_IO_WAIT:
    case HF_IO_ERROR:
        return HF_LOST_IO_ERROR;
    }
    HF_UNREACHABLE();
}
