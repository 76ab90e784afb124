/* host/front_run in front of a real server, told by somebody whether the upstream is
 * ready, as a supervisor will tell it. */
#include "host/front_run.h"
#include "lib/check.h"
#include "lib/daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
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

/* 24 MiB there and back: more than all buffers on the way, over a client that reads late. */
static void bulk_passes_with_its_back_pressure(void)
{
    enum { BULK = 24 << 20, PIECE = 65536 };
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    struct daemon front;
    struct peer client;
    static uint8_t piece[PIECE];
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(listener, 8), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    start_front(&front, ntohs(address.sin_port));
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
            for (size_t i = 0; i < PIECE; i++) piece[i] = (uint8_t)((sent + i) * 7 >> 3);
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
        for (ssize_t i = 0; i < more; i++)
            CHECK_EQ(piece[i], (uint8_t)((got + (size_t)i) * 7 >> 3));
    CHECK_EQ(got, BULK);
    CHECK(waitpid(writer, NULL, 0) == writer);
    peer_close(&client);
    close(listener);
    stop_front(&front);
}

CHECK_MAIN(new_clients_are_relayed_as_it_is_told, bulk_passes_with_its_back_pressure)
