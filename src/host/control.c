#include "host/control.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "wire/http_head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

enum { BACKLOG = 16, READ_BYTES = 4096, LAST_WORD_BYTES = 256, BODY_BYTES = 1 << 20 };

struct client {
    struct hf_control *control;
    hf_id id;
    int fd;
    uv_poll_t poll;
    struct hf_buf in, out;
    bool observes;
    bool is_ending; /* what is queued is written, then it is closed */
    bool is_closed;
};

struct hf_control {
    struct hf_control_hooks hooks;
    struct uv_loop_s *loop;
    int fd;
    int reserve_fd; /* given up for a moment when there are no descriptors */
    uv_poll_t poll;
    struct hf_pool clients; /* struct client * */
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

static void on_ready(uv_poll_t *handle, int status, int events);

/* --- one client's end --- */

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    close(c->fd);
    if (c->in.ptr) hf_wipe(c->in.ptr, c->in.cap); /* config.set may bring a secret */
    hf_buf_fini(&c->in);
    hf_buf_fini(&c->out);
    hf_mem_free(c);
}

static void drop(struct client *c)
{
    if (c->is_closed) return;
    c->is_closed = true;
    hf_pool_drop(&c->control->clients, c->id);
    uv_close((uv_handle_t *)&c->poll, on_client_closed);
}

/* --- writing --- */

static void flush(struct client *c)
{
    while (c->out.len > 0) {
        ssize_t done = send(c->fd, c->out.ptr, c->out.len, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && errno == EAGAIN) break;
        if (done < 0) {
            drop(c);
            return;
        }
        hf_buf_take(&c->out, (size_t)done);
    }
    if (c->out.len == 0 && c->is_ending) {
        drop(c);
        return;
    }
    uv_poll_start(&c->poll,
                  (c->is_ending ? 0 : UV_READABLE) | UV_DISCONNECT | (c->out.len ? UV_WRITABLE : 0),
                  on_ready);
}

/* What does not fit ends it: the room for the last word is kept free. */
static void queue(struct client *c, struct hf_bytes lines)
{
    if (c->is_closed || c->is_ending) return;
    if (c->out.len + lines.len > HF_LIMIT_CONTROL_QUEUE_BYTES) {
        hf_control_write_error(&c->out, HF_EMPTY, "TOO_SLOW",
                               HF_LIT("too much waits for this reader: it is dropped"));
        c->is_ending = true;
    } else {
        hf_buf_add(&c->out, lines);
    }
    if (hf_buf_done(&c->out) != 0)
        drop(c);
    else
        flush(c);
}

/* --- requests --- */

static void refuse(struct client *c, struct hf_bytes id, const char *code, struct hf_bytes why)
{
    struct hf_buf text;
    hf_buf_init(&text, READ_BYTES);
    hf_control_write_error(&text, id, code, why);
    if (hf_buf_done(&text) == 0) queue(c, hf_buf_view(&text));
    hf_buf_fini(&text);
}

static void take_line(struct client *c, struct hf_bytes line)
{
    struct hf_control_request request;
    struct hf_buf scratch;
    const char *what = "";
    hf_buf_init(&scratch, HF_LIMIT_CONTROL_LINE_BYTES);
    int err = hf_control_read_request(line, &scratch, &request, &what);
    if (!err)
        c->control->hooks.asked(c->control->hooks.ctx, c->id, &request);
    else if (err == HF_ERR_TYPE)
        refuse(c, request.id, "INVALID_REQUEST", hf_bytes_cstr(what));
    else
        refuse(c, HF_EMPTY, "INVALID_REQUEST", HF_LIT("the line is no JSON object"));
    hf_buf_fini(&scratch);
}

static void answer_http(struct client *c, const struct hf_http_request *request)
{
    struct hf_buf body;
    const char *type = "application/json";
    struct hf_http_field fields[] = { { HF_LIT("Content-Type"), HF_EMPTY },
                                      { HF_LIT("Cache-Control"), HF_LIT("no-store") } };
    struct hf_http_answer answer = { .fields = fields, .field_count = HF_COUNT(fields) };
    hf_buf_init(&body, BODY_BYTES);
    answer.is_head = hf_bytes_same(request->method, HF_LIT("HEAD"));
    if (request->state == HF_HTTP_REFUSED) {
        answer.status = request->fault.status;
    } else if (!answer.is_head && !hf_bytes_same(request->method, HF_LIT("GET"))) {
        answer.status = 405;
    } else {
        struct hf_bytes path = hf_http_target_path(request->target);
        answer.status = c->control->hooks.got(c->control->hooks.ctx, path, &body, &type);
    }
    fields[0].value = hf_bytes_cstr(type);
    answer.body = hf_buf_view(&body);
    hf_http_answer_write(&c->out, &answer);
    hf_buf_fini(&body);
    c->is_ending = true;
    if (hf_buf_done(&c->out) != 0)
        drop(c);
    else
        flush(c);
}

static bool is_http(const struct client *c)
{
    struct hf_bytes in = hf_buf_view(&c->in);
    return hf_bytes_starts(in, HF_LIT("GET ")) || hf_bytes_starts(in, HF_LIT("HEAD ")) ||
           hf_bytes_starts(in, HF_LIT("POST "));
}

static void take_http(struct client *c)
{
    struct hf_http_reader reader;
    struct hf_http_request request;
    size_t used;
    hf_http_reader_init(&reader);
    if (hf_http_request_read(&reader, hf_buf_view(&c->in), &used, &request) != 0)
        drop(c);
    else if (request.state != HF_HTTP_NEED_MORE)
        answer_http(c, &request);
    hf_http_reader_fini(&reader);
}

static void take_input(struct client *c)
{
    while (!c->is_closed && !c->is_ending) {
        if (is_http(c)) {
            take_http(c);
            return;
        }
        size_t end = hf_bytes_find(hf_buf_view(&c->in), 0, '\n');
        if (end == c->in.len) return;
        struct hf_bytes line = hf_bytes_trim(hf_bytes(c->in.ptr, end));
        if (line.len > 0) take_line(c, line);
        if (!c->is_closed) hf_buf_take(&c->in, end + 1);
    }
}

static void read_some(struct client *c)
{
    uint8_t part[READ_BYTES];
    ssize_t got = recv(c->fd, part, sizeof part, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        drop(c);
        return;
    }
    hf_buf_add(&c->in, hf_bytes(part, (size_t)got));
    if (hf_buf_done(&c->in) == 0) {
        take_input(c);
        return;
    }
    refuse(c, HF_EMPTY, "TOO_LARGE", HF_LIT("a request is longer than its bound"));
    c->is_ending = true;
    flush(c);
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct client *c = handle->data;
    if (status < 0) {
        drop(c);
        return;
    }
    if (events & UV_READABLE) read_some(c);
    if (!c->is_closed && (events & UV_WRITABLE)) flush(c);
    /* Whoever only closed its half has read all it wants once nothing is queued. */
    if (!c->is_closed && (events & UV_DISCONNECT) && !(events & UV_READABLE)) drop(c);
}

/* --- the listener --- */

static bool is_allowed(int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) return false;
    return who.uid == geteuid() || who.uid == 0;
}

static void welcome(struct hf_control *control, int fd)
{
    void *item;
    hf_id id;
    struct client *c = NULL;
    if (is_allowed(fd) && hf_pool_new(&control->clients, &id, &item) == 0) {
        c = hf_mem_zero(1, sizeof *c);
        if (!c || uv_poll_init(control->loop, &c->poll, fd) != 0) {
            hf_pool_drop(&control->clients, id);
            hf_mem_free(c);
            c = NULL;
        }
    }
    if (!c) {
        close(fd);
        return;
    }
    *(struct client **)item = c;
    c->control = control;
    c->id = id;
    c->fd = fd;
    c->poll.data = c;
    hf_buf_init(&c->in, HF_LIMIT_CONTROL_LINE_BYTES);
    hf_buf_init(&c->out, HF_LIMIT_CONTROL_QUEUE_BYTES + LAST_WORD_BYTES);
    uv_poll_start(&c->poll, UV_READABLE | UV_DISCONNECT, on_ready);
}

/* Without a descriptor it would wait at the door, and wake us, for ever. */
static void turn_away(struct hf_control *c)
{
    if (c->reserve_fd >= 0) close(c->reserve_fd);
    int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    c->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_connection(uv_poll_t *handle, int status, int events)
{
    struct hf_control *c = handle->data;
    (void)status;
    (void)events;
    int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        welcome(c, fd);
    else if (errno == EMFILE || errno == ENFILE)
        turn_away(c);
}

/* What a supervisor left that was killed; any other file is somebody's. */
static int remove_left(const char *path)
{
    struct stat info;
    if (lstat(path, &info) != 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(info.st_mode)) return EEXIST;
    return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
}

static int bind_at(struct hf_control *c)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    memcpy(at.sun_path, c->path, strlen(c->path) + 1);
    int number = remove_left(c->path);
    if (number) return number;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) return errno;
    mode_t before = umask(0177);
    number = bind(c->fd, (struct sockaddr *)&at, sizeof at) == 0 ? 0 : errno;
    umask(before);
    if (!number && listen(c->fd, BACKLOG) != 0) number = errno;
    return number;
}

int hf_control_new(struct hf_control **out, struct uv_loop_s *loop, const char *path,
                   const struct hf_control_hooks *hooks, struct hf_fault *fault)
{
    if (strlen(path) >= sizeof(*out)->path)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE,
                            "the path of the control socket is longer than the system takes (%zu "
                            "bytes): give a shorter one with --control: %s",
                            sizeof(*out)->path - 1, path);
    struct hf_control *c = hf_mem_zero(1, sizeof *c);
    if (!c) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    c->hooks = *hooks;
    c->loop = loop;
    c->fd = -1;
    memcpy(c->path, path, strlen(path) + 1);
    int number = bind_at(c);
    if (!number) number = -uv_poll_init(loop, &c->poll, c->fd);
    if (number) {
        if (c->fd >= 0) close(c->fd);
        hf_mem_free(c);
        return hf_fault_set(fault, hf_fault_code(number), "cannot listen on control socket %s: %s",
                            path, strerror(number));
    }
    hf_pool_init(&c->clients, sizeof(struct client *), HF_LIMIT_CONTROL_CLIENTS);
    c->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    c->poll.data = c;
    uv_poll_start(&c->poll, UV_READABLE, on_connection);
    *out = c;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct hf_control *c = handle->data;
    close(c->fd);
    if (c->reserve_fd >= 0) close(c->reserve_fd);
    hf_pool_fini(&c->clients);
    hf_mem_free(c);
}

static struct client *find(const struct hf_control *c, hf_id id)
{
    struct client **item = hf_pool_find(&c->clients, id);
    return item ? *item : NULL;
}

void hf_control_free(struct hf_control *c)
{
    if (!c) return;
    for (hf_id id = hf_pool_next(&c->clients, 0); id; id = hf_pool_next(&c->clients, id)) {
        struct client *client = find(c, id);
        if (client) drop(client);
    }
    unlink(c->path);
    uv_close((uv_handle_t *)&c->poll, on_closed);
}

/* --- use --- */

void hf_control_send(struct hf_control *c, hf_id id, struct hf_bytes lines)
{
    struct client *client = find(c, id);
    if (client) queue(client, lines);
}

void hf_control_observe(struct hf_control *c, hf_id id)
{
    struct client *client = find(c, id);
    if (client) client->observes = true;
}

void hf_control_tell(struct hf_control *c, struct hf_bytes line)
{
    for (hf_id id = hf_pool_next(&c->clients, 0); id; id = hf_pool_next(&c->clients, id)) {
        struct client *client = find(c, id);
        if (client && client->observes) queue(client, line);
    }
}
