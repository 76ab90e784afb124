#include "host/listen.h"
#include "base/err.h"
#include "host/port_holder.h"
#include "lib/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct hf_fault fault;

static bool connects(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is_open = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    close(fd);
    return is_open;
}

static void every_bind_mode_listens(void)
{
    static const struct hf_listen_spec rows[] = {
        { .bind = HF_BIND_LOOPBACK },
        { .bind = HF_BIND_LAN },
        { .bind = HF_BIND_TAILNET },
        { .bind = HF_BIND_ADDRESS, .address = "127.0.0.1" },
        { .bind = HF_BIND_ADDRESS, .address = "127.0.0.2", .needs_loopback = true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_listen_set set;
        CHECK_EQ_AT(i, hf_listen_open(&set, &rows[i], &fault), 0);
        CHECK_AT(i, set.count >= 1);
        CHECK_AT(i, set.port != 0);
        CHECK_AT(i, connects(set.port));
        hf_listen_close(&set);
        CHECK_EQ_AT(i, set.count, 0);
    }
}

static void accepted_sockets_inherit_no_delay(void)
{
    struct hf_listen_set set;
    struct hf_listen_spec spec = { .bind = HF_BIND_LOOPBACK };
    int on = 0;
    socklen_t len = sizeof on;
    CHECK_EQ(hf_listen_open(&set, &spec, &fault), 0);
    CHECK(connects(set.port));
    int fd = accept(set.fds[0], NULL, NULL);
    CHECK(fd >= 0);
    CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    CHECK_EQ(on, 1);
    close(fd);
    hf_listen_close(&set);
}

static void a_taken_port_names_its_holder(void)
{
    struct hf_listen_set first, second;
    struct hf_listen_spec spec = { .bind = HF_BIND_LOOPBACK };
    char pid[32];
    CHECK_EQ(hf_listen_open(&first, &spec, &fault), 0);
    spec.port = first.port;
    CHECK_EQ(hf_listen_open(&second, &spec, &fault), HF_ERR_IN_USE);
    CHECK_EQ(second.count, 0);
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    CHECK(strstr(fault.text, pid) != NULL);
    hf_listen_close(&first);
}

static void what_cannot_be_bound_is_named(void)
{
    struct hf_listen_set set;
    struct hf_listen_spec spec = { .bind = HF_BIND_ADDRESS, .address = "not-an-address" };
    CHECK_EQ(hf_listen_open(&set, &spec, &fault), HF_ERR_USAGE);
    CHECK(strstr(fault.text, "not-an-address") != NULL);
    spec = (struct hf_listen_spec){ .bind = HF_BIND_ADDRESS, .address = "192.0.2.1" };
    CHECK(hf_listen_open(&set, &spec, &fault) < 0);
    CHECK(strstr(fault.text, "192.0.2.1") != NULL);
}

static void addresses_are_sixteen_bytes_with_ipv4_mapped(void)
{
    static const uint8_t v4_want[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 1, 2, 3 };
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(80) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(81) };
    uint8_t got[16];
    uint16_t port;
    v4.sin_addr.s_addr = htonl(0x0A010203);
    v6.sin6_addr = in6addr_loopback;
    hf_listen_address((struct sockaddr *)&v4, got, &port);
    CHECK_BYTES(hf_bytes(got, 16), hf_bytes(v4_want, 16));
    CHECK_EQ(port, 80);
    hf_listen_address((struct sockaddr *)&v6, got, &port);
    CHECK_BYTES(hf_bytes(got, 16), hf_bytes(&in6addr_loopback, 16));
    CHECK_EQ(port, 81);
}

/* In a child, whose descriptor 3 is what the manager hands over. */
static int inherit_in_child(int fd, const char *count, long pid_offset)
{
    pid_t child = fork();
    if (child == 0) {
        struct hf_listen_set set;
        char pid[32];
        snprintf(pid, sizeof pid, "%ld", (long)getpid() + pid_offset);
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", count, 1);
        if (dup2(fd, 3) < 0) _exit(100);
        int err = hf_listen_inherit(&set, &fault);
        bool is_cleared = !getenv("LISTEN_FDS") && !getenv("LISTEN_PID");
        _exit(!is_cleared ? 101 : err ? 102 : (int)set.count);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void sockets_of_the_manager_are_taken_over(void)
{
    struct hf_listen_set set;
    struct hf_listen_spec spec = { .bind = HF_BIND_LOOPBACK };
    CHECK_EQ(hf_listen_open(&set, &spec, &fault), 0);
    int datagram = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_EQ(inherit_in_child(set.fds[0], "1", 0), 1);
    CHECK_EQ(inherit_in_child(set.fds[0], "1", 1), 0); /* for another process */
    CHECK_EQ(inherit_in_child(set.fds[0], "0", 0), 0);
    CHECK_EQ(inherit_in_child(set.fds[0], "x", 0), 0);
    CHECK_EQ(inherit_in_child(set.fds[0], "9", 0), 102); /* one more than HF_LISTEN_MAX */
    CHECK_EQ(inherit_in_child(datagram, "1", 0), 102);
    close(datagram);
    hf_listen_close(&set);
}

static void a_silent_holder_is_no_healthy_gateway(void)
{
    struct hf_listen_set set;
    struct hf_listen_spec spec = { .bind = HF_BIND_LOOPBACK };
    CHECK_EQ(hf_listen_open(&set, &spec, &fault), 0);
    uint16_t port = set.port;
    hf_listen_close(&set);
    CHECK(!hf_port_is_healthy_gateway(port)); /* nobody at all */
}

CHECK_MAIN(every_bind_mode_listens, accepted_sockets_inherit_no_delay,
           a_taken_port_names_its_holder, what_cannot_be_bound_is_named,
           addresses_are_sixteen_bytes_with_ipv4_mapped, sockets_of_the_manager_are_taken_over,
           a_silent_holder_is_no_healthy_gateway)
