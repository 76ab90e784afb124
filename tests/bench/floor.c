/* The least that any gateway must do: sockets, and bytes that were ready before.
 *
 * Upgrades, says hello, answers each frame and sends events with constant bytes of
 * the sizes it is told, one read and one write per turn.  It parses nothing but
 * frame lengths and knows no client: its cost is what the system calls cost.
 *
 * Usage: floor HELLO_BYTES RESPONSE_BYTES EVENT_BYTES   (0: no events)
 * Prints `floor ready port=N`. */
#include "base/bytes.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 32768, READY_MAX = 256, MASK_BYTES = 4, FRAMES_MAX = 64 };

enum state { GONE, HEAD, LOGIN, OPEN };

static const char upgraded[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
static const char challenge[] =
    "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":\"0\",\"ts\":0}}";

/* Frames, ready to send; responses and events FRAMES_MAX times in a row. */
struct frames {
    uint8_t *bytes;
    size_t each;
};

static struct frames greeting, hello, response, event;
static uint8_t states[CLIENTS_MAX]; /* by descriptor */
static int last_fd, poll_fd, listen_fd;
static uint8_t in[HF_LIMIT_READ_BYTES];

static void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t put_head(uint8_t *out, size_t len)
{
    out[0] = 0x81;
    if (len < 126) {
        out[1] = (uint8_t)len;
        return 2;
    }
    if (len > UINT16_MAX) die("a frame is too large");
    out[1] = 126;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    return 4;
}

/* `count` frames of `size` bytes of payload: the text with filling in its last string. */
static struct frames make(const char *before, const char *after, size_t size, size_t count)
{
    size_t text = strlen(before) + strlen(after);
    if (size < text) size = text;
    struct frames made = { .bytes = malloc((size + 4) * count) };
    if (!made.bytes) die("memory");
    size_t head = put_head(made.bytes, size);
    uint8_t *at = made.bytes + head;
    memset(at, 'x', size);
    memcpy(at, before, strlen(before));
    memcpy(at + size - strlen(after), after, strlen(after));
    made.each = head + size;
    for (size_t i = 1; i < count; i++) memcpy(made.bytes + i * made.each, made.bytes, made.each);
    return made;
}

static void transmit(int fd, const struct frames *frames, size_t count)
{
    if (send(fd, frames->bytes, frames->each * count, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN)
        states[fd] = GONE;
}

static void broadcast(size_t count)
{
    for (int fd = 0; fd <= last_fd; fd++)
        if (states[fd] == OPEN) transmit(fd, &event, count);
}

/* Whole masked frames in the bytes; the clients send them in one piece. */
static size_t count_frames(size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at + 2 <= len && count < FRAMES_MAX; count++) {
        size_t payload = in[at + 1] & 0x7f;
        size_t head = 2 + MASK_BYTES;
        if (payload == 126) {
            payload = (size_t)in[at + 2] << 8 | in[at + 3];
            head += 2;
        }
        /* A pong asks for nothing. */
        if ((in[at] & 0x0f) != 1) count--;
        at += head + payload;
    }
    return count;
}

static void take(int fd, size_t len)
{
    size_t count;
    switch ((enum state)states[fd]) {
    case GONE:
        return;
    case HEAD:
        states[fd] = LOGIN;
        transmit(fd, &greeting, 1);
        return;
    case LOGIN:
        states[fd] = OPEN;
        transmit(fd, &hello, 1);
        return;
    case OPEN:
        count = count_frames(len);
        if (count == 0) return;
        if (event.each > 0) broadcast(count);
        transmit(fd, &response, count);
        return;
    }
}

static void read_client(int fd)
{
    ssize_t got = recv(fd, in, sizeof in, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0) take(fd, (size_t)got);
    if (got > 0 && states[fd] != GONE) return;
    states[fd] = GONE;
    close(fd);
}

static void accept_clients(void)
{
    int fd, yes = 1;
    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event wanted = { .events = EPOLLIN, .data.fd = fd };
        if (fd >= CLIENTS_MAX) die("too many clients");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        states[fd] = HEAD;
        if (fd > last_fd) last_fd = fd;
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &wanted) != 0) die("epoll");
    }
}

static void start_listening(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listen_fd, (struct sockaddr *)&at, len) != 0 || listen(listen_fd, 1024) != 0)
        die("listen");
    getsockname(listen_fd, (struct sockaddr *)&at, &len);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = { .events = EPOLLIN, .data.fd = listen_fd };
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listen_fd, &wanted);
    printf("floor ready port=%u\n", ntohs(at.sin_port));
    fflush(stdout);
}

/* The upgrade and the challenge are one write. */
static struct frames make_greeting(void)
{
    struct frames first = make(challenge, "", 0, 1);
    struct frames made = { .each = sizeof upgraded - 1 + first.each };
    made.bytes = malloc(made.each);
    if (!made.bytes) die("memory");
    memcpy(made.bytes, upgraded, sizeof upgraded - 1);
    memcpy(made.bytes + sizeof upgraded - 1, first.bytes, first.each);
    free(first.bytes);
    return made;
}

int main(int argc, char **argv)
{
    struct epoll_event ready[READY_MAX];
    if (argc != 4) {
        fputs("usage: floor HELLO_BYTES RESPONSE_BYTES EVENT_BYTES\n", stderr);
        return 2;
    }
    greeting = make_greeting();
    hello = make(
        "{\"type\":\"res\",\"id\":\"1\",\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"fill\":\"",
        "\"}}", strtoul(argv[1], NULL, 10), 1);
    response = make("{\"type\":\"res\",\"id\":\"1\",\"ok\":true,\"payload\":{\"fill\":\"", "\"}}",
                    strtoul(argv[2], NULL, 10), FRAMES_MAX);
    if (strtoul(argv[3], NULL, 10) > 0)
        event = make("{\"type\":\"event\",\"event\":\"health\",\"payload\":{\"fill\":\"",
                     "\"},\"seq\":1}", strtoul(argv[3], NULL, 10), FRAMES_MAX);
    start_listening();
    for (;;) {
        int count = epoll_wait(poll_fd, ready, READY_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd == listen_fd)
                accept_clients();
            else
                read_client(ready[i].data.fd);
        }
    }
}
