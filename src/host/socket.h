/* host/socket.h: the record of one socket under a loop.
 *
 * Says only what the socket waits for; what is read and written is decided in
 * host/loop_socket.  Small, because ten thousand idle ones are normal: no buffer. */
#ifndef HF_HOST_SOCKET_H
#define HF_HOST_SOCKET_H

#include "base/buf.h"
#include "base/pool.h"
#include "host/stream.h"

#include <uv.h>

enum hf_socket_state {
    HF_SOCKET_OPEN,
    HF_SOCKET_CLOSING,   /* asked to close: writes what is queued, then FIN */
    HF_SOCKET_LINGERING, /* FIN sent, CLOSED reported: reads until the peer's FIN */
    HF_SOCKET_GONE,      /* socket closed; the record ends with the handle */
};

struct hf_socket {
    uv_poll_t poll;
    struct hf_stream stream;
    hf_id id;                     /* the engine's; 0 once CLOSED was reported */
    hf_id self;                   /* the record's own, in the loop's pool */
    struct hf_buf *rest;          /* owned; input that the engine did not take yet, or NULL */
    struct hf_socket *next_dirty; /* valid within a turn, while is_dirty */
    uint8_t state;                /* enum hf_socket_state */
    uint8_t watched;              /* enum uv_poll_event bits that are polled for */
    bool is_dirty;                /* on the loop's list of what must be written */
    bool is_paused;               /* the engine wants no input */
    bool has_ended;               /* the peer sent its FIN */
    bool is_blocked;              /* the socket took not everything: wait for WRITABLE */
};

/* Begins to watch the socket for input.  On failure the socket stays the caller's. */
int hf_socket_open(struct hf_socket *s, uv_loop_t *loop, int fd, uv_poll_cb on_ready);

/* Makes what is polled for match the flags. */
void hf_socket_watch(struct hf_socket *s, uv_poll_cb on_ready);

#endif
