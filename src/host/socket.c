#include "host/socket.h"
#include "base/err.h"

int hf_socket_open(struct hf_socket *s, uv_loop_t *loop, int fd, uv_poll_cb on_ready)
{
    int failed = uv_poll_init(loop, &s->poll, fd);
    if (failed) return failed == UV_ENOMEM ? HF_ERR_NOMEM : HF_ERR_IO;
    s->stream.fd = fd;
    s->poll.data = s;
    hf_socket_watch(s, on_ready);
    return 0;
}

static bool wants_input(const struct hf_socket *s)
{
    return !s->is_paused && !s->has_ended && !s->rest && s->state != HF_SOCKET_GONE;
}

void hf_socket_watch(struct hf_socket *s, uv_poll_cb on_ready)
{
    int events = (wants_input(s) ? UV_READABLE : 0) | (s->is_blocked ? UV_WRITABLE : 0);
    if (events == s->watched) return;
    s->watched = (uint8_t)events;
    /* Changing what is polled for costs two system calls, so it is rare. */
    uv_poll_start(&s->poll, events, on_ready);
}
