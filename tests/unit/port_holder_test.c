#include "host/port_holder.h"
#include "lib/check.h"
#include "wire/net_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A listener on one address; the port is the system's choice when 0. */
static int listen_at(const char *address, uint16_t *port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = { 0 };
    bool is_v6 = strchr(address, ':') != NULL;
    int one = 1, fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = is_v6 ? sizeof at.v6 : sizeof at.v4;
    CHECK(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one); /* both of a pair */
    if (is_v6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
        at.v6.sin6_family = AF_INET6;
        at.v6.sin6_port = htons(*port);
        CHECK_EQ(inet_pton(AF_INET6, address, &at.v6.sin6_addr), 1);
    } else {
        at.v4.sin_family = AF_INET;
        at.v4.sin_port = htons(*port);
        CHECK_EQ(inet_pton(AF_INET, address, &at.v4.sin_addr), 1);
    }
    CHECK_EQ(bind(fd, &at.any, len), 0);
    CHECK_EQ(listen(fd, 4), 0);
    CHECK_EQ(getsockname(fd, &at.any, &len), 0);
    *port = ntohs(at.v4.sin_port);
    return fd;
}

/* The listener lives on in a child alone, which has no other. */
static pid_t hold_in_child(int fd, int other)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (other >= 0) close(other);
        pause();
        _exit(0);
    }
    CHECK(pid > 0);
    close(fd);
    return pid;
}

static void end_child(pid_t pid)
{
    CHECK_EQ(kill(pid, SIGKILL), 0);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

/* supervisor 26 (its second half), supervisor 27 */
static void whoever_takes_loopbacks_port_is_named(void)
{
    static const char *const addresses[] = { "127.0.0.1", "0.0.0.0", "::1", "::", "127.0.0.9" };
    for (size_t i = 0; i < HF_COUNT(addresses); i++) {
        struct hf_port_owner owner;
        uint16_t port = 0;
        char text[64], want[64];
        int fd = listen_at(addresses[i], &port);
        hf_port_find(port, &owner);
        CHECK_AT(i, owner.is_listening);
        CHECK_EQ_AT(i, owner.pid, getpid());
        CHECK_EQ_AT(i, owner.uid, getuid());
        CHECK_TEXT_AT(i, hf_bytes_cstr(owner.program), "port_holder_test");
        snprintf(want, sizeof want, "pid %ld (port_holder_test)", (long)getpid());
        hf_port_holder(port, text, sizeof text);
        CHECK_TEXT_AT(i, hf_bytes_cstr(text), want);
        CHECK_EQ_AT(i, hf_port_is_free(port), i == 4); /* 127.0.0.9 leaves 127.0.0.1 alone */
        pid_t self = getpid();
        CHECK_EQ_AT(i, hf_port_of(&self, 1), port);
        CHECK_EQ_AT(i, hf_port_of(&self, 0), 0);
        pid_t both[] = { getppid(), self };
        CHECK_EQ_AT(i, hf_port_listener(port, both, 2), self);
        CHECK_EQ_AT(i, hf_port_listener(port, both, 1), 0);
        close(fd);
        hf_port_find(port, &owner);
        CHECK_AT(i, !owner.is_listening && owner.pid == 0);
        CHECK_AT(i, hf_port_is_free(port));
        hf_port_holder(port, text, sizeof text);
        CHECK_TEXT_AT(i, hf_bytes_cstr(text), "another process");
    }
}

static struct hf_net_address address(const char *text)
{
    struct hf_net_address a;
    CHECK(hf_net_address_read(hf_bytes_cstr(text), &a));
    return a;
}

/* supervisor 5.2: the listener that the system prefers is who answers. */
static void a_connection_comes_to_the_listener_that_fits_best(void)
{
    static const struct {
        const char *mine, *theirs, *to; /* listeners; a connection's address */
        bool comes_to_me;
    } rows[] = {
        { "127.0.0.1", NULL, "127.0.0.1", true },
        { "0.0.0.0", NULL, "127.0.0.1", true },
        { "0.0.0.0", "127.0.0.1", "127.0.0.1", false },
        { "127.0.0.1", "0.0.0.0", "127.0.0.1", true },
        { "::1", "127.0.0.1", "127.0.0.1", false },
        { "::1", "127.0.0.1", "::1", true },
        { "::", "127.0.0.1", "127.0.0.1", false },
        { "::", "127.0.0.1", "::1", true },
        { "127.0.0.1", NULL, "::1", false },      /* nobody is there */
        { "127.0.0.1", NULL, "192.0.2.1", true }, /* not of this machine */
        { NULL, "127.0.0.1", "127.0.0.1", false },
    };
    pid_t self = getpid(), parent = getppid();
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        uint16_t port = 0;
        int theirs = -1;
        int mine = rows[i].mine ? listen_at(rows[i].mine, &port) : -1;
        if (rows[i].theirs) theirs = listen_at(rows[i].theirs, &port);
        pid_t other = theirs < 0 ? -1 : hold_in_child(theirs, mine);
        struct hf_net_address to = address(rows[i].to);
        CHECK_EQ_AT(i, hf_port_comes_to(&to, port, &self, 1), rows[i].comes_to_me);
        bool is_known = rows[i].theirs != NULL && !rows[i].comes_to_me;
        if (is_known) CHECK_AT(i, hf_port_comes_to(&to, port, &other, 1));
        if (rows[i].mine && !is_known && i != 9)
            CHECK_AT(i, !hf_port_comes_to(&to, port, &parent, 1) &&
                            !hf_port_comes_to(&to, port, &self, 0));
        if (mine >= 0) close(mine);
        if (other > 0) end_child(other);
    }
}

static void a_closed_connection_does_not_keep_a_port(void)
{
    uint16_t port = 0;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = listen_at("127.0.0.1", &port);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons(port);
    CHECK_EQ(connect(client, (struct sockaddr *)&to, sizeof to), 0);
    int server = accept(listener, NULL, NULL);
    CHECK(server >= 0);
    close(server); /* the listener's side closes first and waits */
    char byte;
    CHECK_EQ(read(client, &byte, 1), 0);
    close(client);
    close(listener);
    CHECK(hf_port_is_free(port));
}

static void a_picked_port_is_free(void)
{
    uint16_t port = hf_port_pick();
    CHECK(port > 0);
    CHECK(hf_port_is_free(port));
}

CHECK_MAIN(whoever_takes_loopbacks_port_is_named, a_connection_comes_to_the_listener_that_fits_best,
           a_closed_connection_does_not_keep_a_port, a_picked_port_is_free)
