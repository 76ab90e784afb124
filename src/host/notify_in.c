#include "host/notify_in.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/entropy.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

enum { NAME_RANDOM_BYTES = 16 };

struct hf_notify_in {
    uv_poll_t poll;
    int fd;
    hf_notify_in_told told; /* NULL: freed */
    void *ctx;
    char name[HF_NOTIFY_IN_NAME_BYTES];
};

/* --- reading --- */

/* Who sent it, as the kernel knows; 0 when it does not say.  Descriptors that come
 * along (FDSTORE) are not for us. */
static pid_t sender_of(struct msghdr *packet)
{
    struct ucred who = { 0 };
    for (struct cmsghdr *head = CMSG_FIRSTHDR(packet); head; head = CMSG_NXTHDR(packet, head)) {
        if (head->cmsg_level != SOL_SOCKET) continue;
        if (head->cmsg_type == SCM_CREDENTIALS) memcpy(&who, CMSG_DATA(head), sizeof who);
        if (head->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            close(fd);
        }
    }
    return who.pid;
}

/* One message: false when there is none. */
static bool read_message(struct hf_notify_in *n)
{
    char text[HF_LIMIT_NOTIFY_BYTES + 1];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(253 * sizeof(int))];
    } control;
    struct iovec part = { text, sizeof text };
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t got = recvmsg(n->fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return errno == EINTR;
    pid_t sender = sender_of(&packet);
    if (got > HF_LIMIT_NOTIFY_BYTES || sender <= 0) return true;
    struct hf_notify_text message = hf_notify_text_read(hf_bytes(text, (size_t)got));
    n->told(n->ctx, sender, &message);
    return true;
}

void hf_notify_in_drain(struct hf_notify_in *n)
{
    for (int i = 0; i < HF_LIMIT_NOTIFY_BATCH && n->told && read_message(n); i++) {
    }
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    hf_notify_in_drain(handle->data);
}

/* --- life --- */

static int bind_to_name(struct hf_notify_in *n)
{
    uint8_t random[NAME_RANDOM_BYTES];
    char text[HF_BASE64URL_CHARS(NAME_RANDOM_BYTES)];
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int one = 1;
    if (hf_entropy(random, sizeof random) != 0) return EIO;
    hf_base64url_write(hf_bytes(random, sizeof random), text);
    int len = snprintf(n->name, sizeof n->name, "@holdfast-%.*s", (int)sizeof text, text);
    memcpy(at.sun_path, n->name, (size_t)len);
    at.sun_path[0] = '\0';
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd < 0) return errno;
    if (setsockopt(n->fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) != 0) return errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    return bind(n->fd, (struct sockaddr *)&at, size) == 0 ? 0 : errno;
}

int hf_notify_in_new(struct hf_notify_in **out, struct uv_loop_s *loop, hf_notify_in_told told,
                     void *ctx, struct hf_fault *fault)
{
    struct hf_notify_in *n = hf_mem_zero(1, sizeof *n);
    if (!n) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    n->fd = -1;
    n->told = told;
    n->ctx = ctx;
    int number = bind_to_name(n);
    if (!number) number = -uv_poll_init(loop, &n->poll, n->fd);
    if (number) {
        if (n->fd >= 0) close(n->fd);
        hf_mem_free(n);
        return hf_fault_set(fault, hf_fault_code(number),
                            "cannot make the child's NOTIFY_SOCKET: %s", strerror(number));
    }
    n->poll.data = n;
    uv_poll_start(&n->poll, UV_READABLE, on_readable);
    *out = n;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct hf_notify_in *n = handle->data;
    close(n->fd);
    hf_mem_free(n);
}

void hf_notify_in_free(struct hf_notify_in *n)
{
    if (!n) return;
    n->told = NULL;
    uv_close((uv_handle_t *)&n->poll, on_closed);
}

const char *hf_notify_in_name(const struct hf_notify_in *n)
{
    return n->name;
}
