/* host/stream.h: the bytes of one non-blocking socket, plain or through TLS.
 *
 * Neither waits nor buffers: what the system does not take now is the caller's
 * to offer again, except ciphertext, which cannot be taken back (see pending). */
#ifndef HF_HOST_STREAM_H
#define HF_HOST_STREAM_H

#include "port/action.h"
#include "port/event.h"

struct hf_tls_conn;

struct hf_stream {
    int fd;                 /* owned; -1 once closed */
    uint32_t plain_pending; /* plain bytes whose ciphertext waits */
    bool is_ended;          /* TLS: the peer said goodbye, perhaps behind other bytes */
    bool is_broken; /* a write has met the reset: what is read ends with it, not with an end */
    struct hf_tls_conn *tls; /* owned; NULL for plain text */
};

enum hf_io {
    HF_IO_OK,    /* something moved */
    HF_IO_WAIT,  /* nothing moves until the socket is ready */
    HF_IO_END,   /* the peer sends no more */
    HF_IO_RESET, /* the peer or the network reset it */
    HF_IO_TLS,   /* the TLS handshake or record layer failed */
    HF_IO_ERROR, /* any other error of the system */
};

/* Reads at most `cap` bytes (at least HF_LIMIT_READ_BYTES of room). */
enum hf_io hf_stream_read(struct hf_stream *s, uint8_t *out, size_t cap, size_t *len);

/* Writes what was pulled.  `*written` is what has left: with TLS all of it or
 * nothing.  HF_IO_WAIT: not everything left. */
enum hf_io hf_stream_write(struct hf_stream *s, const struct hf_output *out, size_t *written);

/* Whether ciphertext waits for the socket; then hf_stream_flush must finish it
 * before the next write. */
bool hf_stream_is_pending(const struct hf_stream *s);

/* Goes on with waiting ciphertext.  `*written` is the plain text whose
 * ciphertext has left with it. */
enum hf_io hf_stream_flush(struct hf_stream *s, size_t *written);

/* No more will be written: FIN, with TLS a close_notify before it. */
void hf_stream_end(struct hf_stream *s);

/* Whether all that was written has left this machine.  If not, the socket is ready to write
 * only when it has: for who writes no more. */
bool hf_stream_has_left(const struct hf_stream *s);

/* Why the socket failed, when the system only said that it did. */
enum hf_io hf_stream_failure(const struct hf_stream *s);

void hf_stream_close(struct hf_stream *s);
void hf_stream_reset(struct hf_stream *s); /* RST; what is unsent is lost */

/* How the engine calls it: for RESET, TLS and ERROR. */
enum hf_lost hf_stream_lost(enum hf_io io);

#endif
