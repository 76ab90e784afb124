#include "host/notify.h"
#include "base/bytes.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A connected datagram socket to `name`, or -1. */
static int connect_to(const char *name)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof to.sun_path) return -1;
    memcpy(to.sun_path, name, len);
    if (name[0] == '@') to.sun_path[0] = '\0'; /* the abstract name space */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&to,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
        return fd;
    close(fd);
    return -1;
}

static hf_span watchdog_every(void)
{
    uint64_t every_us = 0, pid = 0;
    const char *pid_text = getenv("WATCHDOG_PID");
    if (!hf_bytes_u64(hf_bytes_cstr(getenv("WATCHDOG_USEC")), &every_us)) return 0;
    if (pid_text && (!hf_bytes_u64(hf_bytes_cstr(pid_text), &pid) || pid != (uint64_t)getpid()))
        return 0;
    if (every_us > (uint64_t)HF_SPAN_MAX / 1000) return 0;
    return HF_US((int64_t)every_us) / 2;
}

void hf_notify_init(struct hf_notify *n)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *n = (struct hf_notify){ .fd = name ? connect_to(name) : -1 };
    if (n->fd >= 0) n->watchdog_every = watchdog_every();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void hf_notify_fini(struct hf_notify *n)
{
    if (n->fd >= 0) close(n->fd);
    *n = (struct hf_notify){ .fd = -1 };
}

static bool send_now(const struct hf_notify *n, const char *message)
{
    ssize_t done;
    do done = send(n->fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT);
    while (done < 0 && errno == EINTR);
    return done >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void hf_notify_hint(const struct hf_notify *n, const char *message)
{
    if (n->fd >= 0) send_now(n, message);
}

void hf_notify_send(const struct hf_notify *n, const char *message)
{
    struct pollfd room = { .fd = n->fd, .events = POLLOUT };
    if (n->fd < 0 || send_now(n, message)) return;
    poll(&room, 1, HF_NOTIFY_WAIT_MS);
    send_now(n, message);
}

void hf_notify_reloading(const struct hf_notify *n, struct hf_now now)
{
    char message[64];
    snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)(now.mono.ns / HF_US(1)));
    hf_notify_send(n, message);
}
