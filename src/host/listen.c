#include "host/listen.h"
#include "base/bytes.h"
#include "host/port_holder.h"
#include "host/tailnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel cuts it to net.core.somaxconn. */
enum { BACKLOG = 4096, FIRST_INHERITED_FD = 3, SAME_PORT_TRIES = 16 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t address_len(const union address *a)
{
    return a->any.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6;
}

static bool read_address(const char *text, uint16_t port, union address *out)
{
    *out = (union address){ 0 };
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

void hf_listen_address(const struct sockaddr *from, uint8_t address[16], uint16_t *port)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
    memset(address, 0, 16);
    *port = 0;
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(address, mapped, sizeof mapped);
        memcpy(address + sizeof mapped, &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
    } else if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(address, &v6.sin6_addr, 16);
        *port = ntohs(v6.sin6_port);
    }
}

static uint16_t bound_port(int fd)
{
    union address bound = { 0 };
    socklen_t len = sizeof bound;
    uint8_t ignored[16];
    uint16_t port = 0;
    if (getsockname(fd, &bound.any, &len) == 0) hf_listen_address(&bound.any, ignored, &port);
    return port;
}

/* Options that accepted sockets inherit, so that they cost nothing per connection. */
static void set_options(int fd, bool is_dual)
{
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_dual ? &off : &on, sizeof on);
}

/* The listening socket, or the negative error number. */
static int open_one(const union address *address, bool is_dual)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    set_options(fd, is_dual);
    if (bind(fd, &address->any, address_len(address)) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int number = errno;
    close(fd);
    return -number;
}

static int open_text(const char *text, uint16_t port, bool is_dual)
{
    union address address;
    if (!read_address(text, port, &address)) return -EINVAL;
    return open_one(&address, is_dual);
}

static int tell(struct hf_fault *fault, const char *text, uint16_t port, int number)
{
    int err = hf_fault_code(number);
    if (err == HF_ERR_IN_USE) {
        char holder[128];
        hf_port_holder(port, holder, sizeof holder);
        return hf_fault_set(fault, err, "cannot listen on %s port %u: the port is taken by %s",
                            text, port, holder);
    }
    if (err == HF_ERR_DENIED)
        return hf_fault_set(fault, err, "cannot listen on %s port %u: not allowed%s", text, port,
                            port < 1024 ? " (ports below 1024 need a privilege)" : "");
    return hf_fault_set(fault, err, "cannot listen on %s port %u: %s", text, port,
                        strerror(number));
}

static void add(struct hf_listen_set *set, int fd)
{
    if (set->count == 0) set->port = bound_port(fd);
    set->fds[set->count++] = fd;
}

static bool is_missing_family(int number)
{
    return number == EADDRNOTAVAIL || number == EAFNOSUPPORT || number == EPROTONOSUPPORT;
}

/* 127.0.0.1 must work; ::1 joins on the same port where the machine has it. */
static int open_loopback(struct hf_listen_set *set, uint16_t port, struct hf_fault *fault)
{
    int number = 0;
    for (int i = 0; i < SAME_PORT_TRIES; i++) {
        int v4 = open_text("127.0.0.1", port, false);
        if (v4 < 0) return tell(fault, "127.0.0.1", port, -v4);
        add(set, v4);
        int v6 = open_text("::1", set->port, false);
        if (v6 >= 0) add(set, v6);
        number = v6 < 0 && !is_missing_family(-v6) ? -v6 : 0;
        if (number == 0) return 0;
        uint16_t taken = set->port;
        hf_listen_close(set);
        /* A port that the system chose for one family may be taken in the other. */
        if (port != 0 || number != EADDRINUSE) return tell(fault, "::1", taken, number);
    }
    return tell(fault, "::1", port, number);
}

static int open_lan(struct hf_listen_set *set, uint16_t port, struct hf_fault *fault)
{
    int fd = open_text("::", port, true);
    if (fd < 0 && is_missing_family(-fd)) fd = open_text("0.0.0.0", port, false);
    if (fd < 0) return tell(fault, "all addresses", port, -fd);
    add(set, fd);
    return 0;
}

static int open_address(struct hf_listen_set *set, const struct hf_listen_spec *spec,
                        struct hf_fault *fault)
{
    int fd = open_text(spec->address, spec->port, strcmp(spec->address, "::") == 0);
    if (fd == -EINVAL)
        return hf_fault_set(fault, HF_ERR_USAGE, "cannot listen on \"%s\": not an IP address",
                            spec->address);
    if (fd < 0) return tell(fault, spec->address, spec->port, -fd);
    add(set, fd);
    if (!spec->needs_loopback) return 0;
    fd = open_text("127.0.0.1", set->port, false);
    if (fd >= 0) {
        add(set, fd);
        return 0;
    }
    uint16_t port = set->port;
    hf_listen_close(set);
    return tell(fault, "127.0.0.1", port, -fd);
}

static int open_tailnet(struct hf_listen_set *set, uint16_t port, struct hf_fault *fault)
{
    struct hf_listen_spec spec = { .port = port, .needs_loopback = true };
    size_t len = hf_tailnet_find(spec.address);
    if (len == 0) return open_loopback(set, port, fault);
    spec.address[len] = '\0';
    return open_address(set, &spec, fault);
}

int hf_listen_open(struct hf_listen_set *set, const struct hf_listen_spec *spec,
                   struct hf_fault *fault)
{
    *set = (struct hf_listen_set){ 0 };
    switch (spec->bind) {
    case HF_BIND_LOOPBACK:
        return open_loopback(set, spec->port, fault);
    case HF_BIND_LAN:
        return open_lan(set, spec->port, fault);
    case HF_BIND_TAILNET:
        return open_tailnet(set, spec->port, fault);
    case HF_BIND_ADDRESS:
        return open_address(set, spec, fault);
    }
    return hf_fault_set(fault, HF_ERR_USAGE, "unknown bind mode");
}

static bool is_listening_tcp(int fd)
{
    int listens = 0, type = 0;
    socklen_t len = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 || !listens) return false;
    len = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

int hf_listen_inherit(struct hf_listen_set *set, struct hf_fault *fault)
{
    uint64_t pid = 0, count = 0;
    const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
    *set = (struct hf_listen_set){ 0 };
    bool is_ours = hf_bytes_u64(hf_bytes_cstr(pid_text), &pid) && pid == (uint64_t)getpid() &&
                   hf_bytes_u64(hf_bytes_cstr(count_text), &count) && count > 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (!is_ours) return 0;
    if (count > HF_LISTEN_MAX)
        return hf_fault_set(fault, HF_ERR_LIMIT, "LISTEN_FDS hands over %llu sockets, at most %d",
                            (unsigned long long)count, HF_LISTEN_MAX);
    for (int fd = FIRST_INHERITED_FD; fd < FIRST_INHERITED_FD + (int)count; fd++) {
        if (!is_listening_tcp(fd))
            return hf_fault_set(fault, HF_ERR_USAGE,
                                "descriptor %d of LISTEN_FDS is not a listening stream socket", fd);
        int on = 1;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        add(set, fd);
    }
    return 0;
}

void hf_listen_close(struct hf_listen_set *set)
{
    for (size_t i = 0; i < set->count; i++) close(set->fds[i]);
    *set = (struct hf_listen_set){ 0 };
}
