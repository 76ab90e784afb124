/* host/front_run in front of a real server, told by somebody whether the upstream is
 * ready, as a supervisor will tell it. */
#include "host/front_run.h"
#include "lib/check.h"
#include "lib/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- in the child --- */

static struct {
    struct hf_front_run *run;
    uv_poll_t words; /* 'r': ready, 'n': not ready; each is answered with itself */
    uint16_t port;   /* of the upstream */
    int asks[2], answers[2];
} child;

static void on_word(uv_poll_t *poll, int status, int events)
{
    char word;
    (void)poll;
    (void)status;
    (void)events;
    if (read(child.asks[0], &word, 1) != 1) _exit(110);
    hf_front_run_tell(child.run, word == 'r');
    if (write(child.answers[1], &word, 1) != 1) _exit(111);
}

static void attach(struct hf_loop *loop, const struct hf_settings *settings)
{
    struct hf_front_run_config config = { .settings = settings, .is_told = true };
    struct hf_fault fault;
    char place[32];
    snprintf(place, sizeof place, "127.0.0.1:%u", child.port);
    config.upstream.place = hf_bytes_cstr(place);
    hf_front_config_init(&config.front);
    if (hf_front_run_new(&child.run, loop, &config, &fault) != 0) _exit(112);
    uv_poll_init(hf_loop_uv(loop), &child.words, child.asks[0]);
    uv_poll_start(&child.words, UV_READABLE, on_word);
}

static void detach(void)
{
    uv_close((uv_handle_t *)&child.words, NULL);
    hf_front_run_close(child.run);
}

static void detached(void)
{
    hf_front_run_free(child.run);
}

/* --- the test's side --- */

static void say(char word)
{
    char answer = 0;
    CHECK_EQ(write(child.asks[1], &word, 1), 1);
    CHECK_EQ(read(child.answers[0], &answer, 1), 1);
    CHECK_EQ(answer, word);
}

/* A place in front of `port`. */
static void start_front(struct daemon *front, uint16_t port)
{
    static const struct daemon_plan plan = {
        .start_item = "upstream", .attach = attach, .detach = detach, .detached = detached
    };
    child.port = port;
    CHECK_EQ(pipe2(child.asks, O_CLOEXEC), 0);
    CHECK_EQ(pipe2(child.answers, O_CLOEXEC), 0);
    daemon_start(front, &plan);
}

static void stop_front(struct daemon *front)
{
    CHECK_EQ(daemon_stop(front), 0);
    for (int i = 0; i < 2; i++) {
        close(child.asks[i]);
        close(child.answers[i]);
    }
}

static bool can_login(uint16_t port)
{
    struct peer p;
    peer_open(&p, port);
    bool can = peer_login(&p, DAEMON_TOKEN);
    peer_close(&p);
    return can;
}

static void new_clients_are_relayed_as_it_is_told(void)
{
    struct daemon gateway, front;
    struct peer old;
    daemon_start(&gateway, &(struct daemon_plan){ 0 });
    daemon_wait_ready(&gateway);
    start_front(&front, gateway.port);
    CHECK(!can_login(front.port)); /* nobody has said that it is ready */
    say('r');
    CHECK(can_login(front.port));
    peer_open(&old, front.port);
    CHECK(peer_login(&old, DAEMON_TOKEN));
    say('n');
    CHECK(!can_login(front.port));
    /* One that is relayed stays while the upstream keeps it. */
    peer_send_text(&old, HF_LIT("{\"type\":\"req\",\"id\":\"2\",\"method\":\"health\"}"));
    CHECK(peer_wait_for(&old, "\"id\":\"2\",\"ok\":true"));
    say('r');
    CHECK(can_login(front.port));
    /* The upstream ends, and nobody says so: the gate all the same. */
    CHECK_EQ(daemon_stop(&gateway), 0);
    peer_drain(&old);
    peer_close(&old);
    CHECK(!can_login(front.port));
    stop_front(&front);
}

/* --- the two ends of one relayed connection, in our hands --- */

#define UPGRADE                                                                                    \
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define SWITCHED "HTTP/1.1 101 Switching Protocols\r\n\r\n"

enum { CLIENT, UPSTREAM, PIECE = 65536 };

struct ends {
    struct daemon front;
    int listener;
    int fds[2];
};

/* The relay is through with whatever it could do by itself: it has answered, twice, what it
 * reads beside its sockets. */
static void let_it_run(void)
{
    say('r');
    say('r');
}

/* Nothing that was sent is still on its way to the relay's socket. */
static void let_it_arrive(int fd)
{
    int left = 1;
    while (left > 0) {
        CHECK_EQ(ioctl(fd, SIOCOUTQ, &left), 0);
        sched_yield();
    }
    let_it_run();
}

static int listen_here(uint16_t *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(fd, 8), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* A WebSocket through the relay, everything passed on so far. */
static void open_ends(struct ends *e)
{
    static uint8_t head[PIECE];
    struct peer client;
    uint16_t port;
    e->listener = listen_here(&port);
    start_front(&e->front, port);
    say('r');
    peer_open(&client, e->front.port);
    peer_send(&client, HF_LIT(UPGRADE));
    e->fds[CLIENT] = client.fd;
    e->fds[UPSTREAM] = accept4(e->listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(e->fds[UPSTREAM] >= 0);
    CHECK(recv(e->fds[UPSTREAM], head, sizeof head, 0) > 0);
    CHECK_EQ(send(e->fds[UPSTREAM], SWITCHED, sizeof SWITCHED - 1, MSG_NOSIGNAL),
             (ssize_t)sizeof SWITCHED - 1);
    CHECK_EQ(recv(client.fd, head, sizeof SWITCHED - 1, MSG_WAITALL), (ssize_t)sizeof SWITCHED - 1);
    hf_buf_fini(&client.in);
}

static void close_ends(struct ends *e)
{
    for (int i = 0; i < 2; i++)
        if (e->fds[i] >= 0) close(e->fds[i]);
    close(e->listener);
    stop_front(&e->front);
}

/* Each byte says where it stands. */
static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at * 7 >> 3);
}

/* Sends until neither the relay nor the system takes more: how much was sent. */
static size_t send_until_full(int fd)
{
    static uint8_t piece[PIECE];
    size_t sent = 0, before;
    do {
        before = sent;
        for (ssize_t done = 1; done > 0; sent += done > 0 ? (size_t)done : 0) {
            for (size_t i = 0; i < PIECE; i++) piece[i] = byte_at(sent + i);
            done = send(fd, piece, PIECE, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        let_it_run();
    } while (sent > before);
    return sent;
}

static void reset(int *fd)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    CHECK_EQ(setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(*fd);
    *fd = -1;
}

/* One end sends until all buffers are full, and resets; the other has read nothing so far.  It
 * gets all that had left the first, and then the reset. */
static void a_slow_reader_gets_what_came_before_a_reset(void)
{
    static uint8_t piece[PIECE];
    for (int from = 0; from < 2; from++) {
        struct ends e;
        int unsent = 0;
        size_t got = 0;
        ssize_t more;
        open_ends(&e);
        size_t sent = send_until_full(e.fds[from]);
        CHECK_EQ(ioctl(e.fds[from], SIOCOUTQ, &unsent), 0);
        reset(&e.fds[from]);
        let_it_run();
        for (; (more = recv(e.fds[1 - from], piece, PIECE, 0)) > 0; got += (size_t)more)
            for (ssize_t i = 0; i < more; i++) CHECK_EQ(piece[i], byte_at(got + (size_t)i));
        CHECK(got >= sent - (size_t)unsent);
        CHECK(more < 0 && errno == ECONNRESET);
        close_ends(&e);
    }
}

/* An upstream says its goodbye and is gone.  What its client sends after that is refused by
 * the system, and costs the client nothing: it sends on as long as it has not read. */
static void late_bytes_are_not_answered_with_a_reset(void)
{
    struct ends e;
    char text[8];
    open_ends(&e);
    CHECK_EQ(send(e.fds[UPSTREAM], "bye", 3, MSG_NOSIGNAL), 3);
    close(e.fds[UPSTREAM]);
    e.fds[UPSTREAM] = -1;
    let_it_run();
    for (int i = 0; i < 5; i++) {
        CHECK_EQ_AT(i, send(e.fds[CLIENT], "late", 4, MSG_NOSIGNAL), 4);
        let_it_arrive(e.fds[CLIENT]);
    }
    CHECK_EQ(recv(e.fds[CLIENT], text, sizeof text, MSG_WAITALL), 3);
    CHECK_EQ(recv(e.fds[CLIENT], text, sizeof text, 0), 0);
    close_ends(&e);
}

/* A write that meets a reset has been told of it: what is read after that does not end as if
 * the upstream had ended. */
static void a_reset_that_a_write_met_is_passed_on_as_one(void)
{
    struct ends e;
    char text[8];
    open_ends(&e);
    CHECK_EQ(send(e.fds[UPSTREAM], "bye", 3, MSG_NOSIGNAL), 3);
    let_it_run();
    CHECK_EQ(kill(e.front.pid, SIGSTOP), 0);
    CHECK_EQ(send(e.fds[CLIENT], "late", 4, MSG_NOSIGNAL), 4);
    reset(&e.fds[UPSTREAM]);
    CHECK_EQ(kill(e.front.pid, SIGCONT), 0);
    CHECK_EQ(recv(e.fds[CLIENT], text, 3, MSG_WAITALL), 3);
    CHECK_EQ(recv(e.fds[CLIENT], text, sizeof text, 0), -1);
    CHECK_EQ(errno, ECONNRESET);
    close_ends(&e);
}

/* 24 MiB there and back: more than all buffers on the way, over a client that reads late. */
static void bulk_passes_with_its_back_pressure(void)
{
    enum { BULK = 24 << 20 };
    struct daemon front;
    struct peer client;
    uint16_t port;
    static uint8_t piece[PIECE];
    int listener = listen_here(&port);
    start_front(&front, port);
    say('r');
    peer_open(&client, front.port);
    peer_send(&client, HF_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    int upstream = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(upstream >= 0);
    /* What is left unread would turn its end into a reset. */
    CHECK(recv(upstream, piece, sizeof piece, 0) > 0);
    pid_t writer = fork();
    if (writer == 0) {
        /* Writes as the relay takes it; each byte says where it stands. */
        for (size_t sent = 0; sent < BULK; sent += PIECE) {
            for (size_t i = 0; i < PIECE; i++) piece[i] = byte_at(sent + i);
            for (size_t at = 0; at < PIECE;) {
                ssize_t done = send(upstream, piece + at, PIECE - at, MSG_NOSIGNAL);
                if (done <= 0) _exit(1);
                at += (size_t)done;
            }
        }
        _exit(0);
    }
    close(upstream);
    size_t got = 0;
    for (ssize_t more; (more = recv(client.fd, piece, PIECE, 0)) > 0; got += (size_t)more)
        for (ssize_t i = 0; i < more; i++) CHECK_EQ(piece[i], byte_at(got + (size_t)i));
    CHECK_EQ(got, BULK);
    CHECK(waitpid(writer, NULL, 0) == writer);
    peer_close(&client);
    close(listener);
    stop_front(&front);
}

CHECK_MAIN(new_clients_are_relayed_as_it_is_told, a_slow_reader_gets_what_came_before_a_reset,
           late_bytes_are_not_answered_with_a_reset, a_reset_that_a_write_met_is_passed_on_as_one,
           bulk_passes_with_its_back_pressure)
