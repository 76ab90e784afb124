#include "host/child_output.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* A larger pipe makes fewer turns; the kernel may refuse it. */
enum { PIPE_BYTES = 1 << 20, STREAMS = 2 };

struct stream {
    struct hf_child_output *output;
    uv_poll_t poll;
    int fd;
    bool is_stderr;
};

struct hf_child_output {
    struct hf_child_output_config config;
    struct stream streams[STREAMS];
    unsigned open_handles;
    bool is_closed;
};

static const char *const fifo_names[STREAMS] = { "child.out", "child.err" };

/* --- reading --- */

static void on_closed(uv_handle_t *handle)
{
    struct stream *s = handle->data;
    struct hf_child_output *o = s->output;
    close(s->fd);
    s->fd = -1;
    if (--o->open_handles == 0 && o->is_closed) hf_mem_free(o);
}

static void close_stream(struct stream *s)
{
    if (s->fd >= 0 && !uv_is_closing((uv_handle_t *)&s->poll))
        uv_close((uv_handle_t *)&s->poll, on_closed);
}

/* One read: false when there is nothing now. */
static bool read_once(struct stream *s)
{
    /* All streams of a process share it: they belong to one loop. */
    static uint8_t scratch[HF_LIMIT_READ_BYTES];
    struct hf_child_output *o = s->output;
    ssize_t got;
    do got = read(s->fd, scratch, sizeof scratch);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        o->config.told(o->config.ctx, o->config.tree, s->is_stderr, hf_bytes(scratch, (size_t)got));
        return true;
    }
    /* The last writer is gone, or the pipe is broken: nothing will come any more. */
    if (got == 0 || errno != EAGAIN) close_stream(s);
    return false;
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    read_once(handle->data);
}

void hf_child_output_drain(struct hf_child_output *o)
{
    for (size_t i = 0; i < STREAMS; i++) {
        struct stream *s = &o->streams[i];
        /* What the pipe can hold; a writer that goes on waits for its turn. */
        for (size_t n = 0; n <= PIPE_BYTES; n += HF_LIMIT_READ_BYTES)
            if (s->fd < 0 || uv_is_closing((uv_handle_t *)&s->poll) || !read_once(s)) break;
    }
}

void hf_child_output_close(struct hf_child_output *o)
{
    if (!o || o->is_closed) return;
    o->is_closed = true;
    for (size_t i = 0; i < STREAMS; i++) close_stream(&o->streams[i]);
    if (o->open_handles == 0) hf_mem_free(o);
}

/* --- opening --- */

static int open_pipe(int *read_fd, int *write_fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    *read_fd = ends[0];
    *write_fd = ends[1];
    return 0;
}

static int open_fifo(const struct hf_child_output_config *c, size_t which, int *read_fd,
                     int *write_fd)
{
    char path[HF_STATE_PATH_BYTES];
    int len = snprintf(path, sizeof path, "%s/%s", c->dir, fifo_names[which]);
    if (len >= (int)sizeof path) return ENAMETOOLONG;
    if (!c->reopens) {
        /* One that an older tree still writes to is left to it. */
        if (unlink(path) != 0 && errno != ENOENT) return errno;
        if (mkfifo(path, 0600) != 0) return errno;
    }
    /* For both directions: a reader that never sees an end of file, and a writer that
     * is never killed for want of a reader. */
    *read_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (*read_fd < 0) return errno;
    if (c->reopens) return 0;
    *write_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return *write_fd < 0 ? errno : 0;
}

static int open_stream(struct hf_child_output *o, size_t which, int *write_fd)
{
    struct stream *s = &o->streams[which];
    int number = o->config.dir ? open_fifo(&o->config, which, &s->fd, write_fd)
                               : open_pipe(&s->fd, write_fd);
    if (number) return number;
    fcntl(s->fd, F_SETPIPE_SZ, PIPE_BYTES);
    int err = uv_poll_init(o->config.loop, &s->poll, s->fd);
    if (err) return -err;
    s->poll.data = s;
    o->open_handles++;
    return -uv_poll_start(&s->poll, UV_READABLE, on_readable);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

int hf_child_output_open(struct hf_child_output **out, const struct hf_child_output_config *config,
                         int *stdout_fd, int *stderr_fd, struct hf_fault *fault)
{
    struct hf_child_output *o = hf_mem_zero(1, sizeof *o);
    *stdout_fd = *stderr_fd = -1;
    if (!o) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    o->config = *config;
    for (size_t i = 0; i < STREAMS; i++)
        o->streams[i] = (struct stream){ .output = o, .fd = -1, .is_stderr = i == 1 };
    int number = open_stream(o, 0, stdout_fd);
    if (!number) number = open_stream(o, 1, stderr_fd);
    if (!number) {
        *out = o;
        return 0;
    }
    close_fd(stdout_fd);
    close_fd(stderr_fd);
    for (size_t i = 0; i < STREAMS; i++)
        if (!o->streams[i].poll.data) close_fd(&o->streams[i].fd);
    hf_child_output_close(o);
    return hf_fault_set(fault, hf_fault_code(number), "cannot read the child's output: %s",
                        strerror(number));
}
