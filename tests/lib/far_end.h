/* lib/far_end.h: the far end of a connection: a scripted server on a thread of its own.
 *
 * Every connection is accepted and handed to the script, which blocks as it likes and
 * must return once its peer is gone. */
#ifndef HF_LIB_FAR_END_H
#define HF_LIB_FAR_END_H

#include "lib/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

typedef void (*far_end_script)(int fd, const void *ctx);

struct far_end {
    int listener;
    uint16_t port;
    pthread_t thread;
    far_end_script script;
    const void *ctx;
};

static inline void *far_end_run(void *arg)
{
    const struct far_end *f = arg;
    for (int fd; (fd = accept(f->listener, NULL, NULL)) >= 0;) {
        f->script(fd, f->ctx);
        close(fd);
    }
    return NULL;
}

/* Listens on `family`'s loopback, accepting nobody yet. */
static inline void far_end_listen(struct far_end *f, int family, int backlog)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    bool is_v4 = family == AF_INET;
    struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t len = is_v4 ? sizeof v4 : sizeof v6;
    *f = (struct far_end){ .listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    CHECK(f->listener >= 0);
    CHECK_EQ(bind(f->listener, address, len), 0);
    CHECK_EQ(listen(f->listener, backlog), 0);
    CHECK_EQ(getsockname(f->listener, address, &len), 0);
    f->port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
}

static inline void far_end_start(struct far_end *f, int family, far_end_script script,
                                 const void *ctx)
{
    far_end_listen(f, family, 16);
    f->script = script;
    f->ctx = ctx;
    CHECK_EQ(pthread_create(&f->thread, NULL, far_end_run, f), 0);
}

static inline void far_end_stop(struct far_end *f)
{
    shutdown(f->listener, SHUT_RDWR); /* wakes the accept */
    pthread_join(f->thread, NULL);
    close(f->listener);
}

/* --- scripts --- */

/* Says nothing until the peer goes. */
static inline void far_end_silent(int fd, const void *ctx)
{
    char byte[256];
    (void)ctx;
    while (recv(fd, byte, sizeof byte, 0) > 0) continue;
}

static inline void far_end_reset(int fd)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Resets at once. */
static inline void far_end_resets(int fd, const void *ctx)
{
    (void)ctx;
    far_end_reset(fd);
}

/* Closes at once. */
static inline void far_end_closes(int fd, const void *ctx)
{
    (void)fd;
    (void)ctx;
}

#endif
