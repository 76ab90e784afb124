#include "base/limits.h"
#include "bench/load.h"
#include "wire/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 60, IN_BYTES = 1 << 18, OUT_BYTES_MAX = 1 << 20 };

static const char upgrade[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
static const uint8_t mask[HF_WS_MASK_BYTES] = { 0x12, 0x34, 0x56, 0x78 };

/* One buffer for all reads: a client that waits holds nothing. */
static uint8_t in[IN_BYTES];

static bool send_all(const struct load_client *c, struct hf_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t done = send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (done <= 0) return false;
        bytes = hf_bytes_from(bytes, (size_t)done);
    }
    return true;
}

static bool send_frame(const struct load_client *c, enum hf_ws_opcode opcode,
                       struct hf_bytes payload)
{
    struct hf_buf frame;
    hf_buf_init(&frame, OUT_BYTES_MAX);
    hf_ws_frame_write(&frame, opcode, payload, mask);
    bool was_sent = send_all(c, hf_buf_view(&frame));
    hf_buf_fini(&frame);
    return was_sent;
}

/* --- what comes in --- */

static void count_frame(struct load_client *c, const struct load_plan *plan, struct hf_bytes text)
{
    struct hf_frame frame;
    if (hf_frame_read(text, HF_LIMIT_JSON_DEPTH, &frame) != 0) load_die("a frame is no frame");
    if (frame.kind == HF_FRAME_RES) {
        if (!frame.res.ok) load_die("refused: %.*s", (int)text.len, (const char *)text.ptr);
        c->responses++;
        c->response_bytes = text.len;
        return;
    }
    struct hf_bytes name = frame.event.name; /* with its quotes */
    if (!plan->event || name.len != strlen(plan->event) + 2) return;
    if (memcmp(name.ptr + 1, plan->event, name.len - 2) != 0) return;
    c->events++;
    c->event_bytes = text.len;
}

static void take_bytes(struct load_client *c, const struct load_plan *plan, uint8_t *data,
                       size_t len)
{
    size_t used;
    struct hf_ws_item item;
    for (; len > 0; data += used, len -= used) {
        if (hf_ws_read(&c->reader, data, len, &used, &item) != 0) load_die("out of memory");
        if (item.kind == HF_WS_TEXT) count_frame(c, plan, item.bytes);
        if (item.kind == HF_WS_PING && !plan->ignores_pings)
            send_frame(c, HF_WS_OP_PONG, item.bytes);
        if (item.kind == HF_WS_ERROR) load_die("the server broke the protocol: %s", item.what);
    }
}

static ssize_t receive(const struct load_client *c, int flags)
{
    ssize_t got;
    do got = recv(c->fd, in, sizeof in, flags);
    while (got < 0 && errno == EINTR);
    return got;
}

void load_client_read(struct load_client *c, const struct load_plan *plan)
{
    ssize_t got = receive(c, 0);
    if (got <= 0) load_die("a connection ended: %s", got == 0 ? "FIN" : strerror(errno));
    take_bytes(c, plan, in, (size_t)got);
}

void load_clients_settle(struct load_client *clients, unsigned count, const struct load_plan *plan)
{
    for (unsigned i = 0; i < count; i++) {
        ssize_t got;
        while ((got = receive(&clients[i], MSG_DONTWAIT)) > 0)
            take_bytes(&clients[i], plan, in, (size_t)got);
        if (got == 0) load_die("a connection ended while it was idle");
    }
}

/* --- login --- */

static bool open_socket(struct load_client *c, const struct load_plan *plan, int receive_bytes)
{
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(plan->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int yes = 1;
    *c = (struct load_client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    if (c->fd < 0) load_die("no socket: %s", strerror(errno));
    hf_ws_reader_init(&c->reader, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (receive_bytes > 0)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    return connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

/* Sends the upgrade and waits for the challenge, which is the first frame. */
static bool open_websocket(struct load_client *c)
{
    static const char end[] = "\r\n\r\n", challenge[] = "connect.challenge";
    size_t len = 0;
    if (!send_all(c, hf_bytes(upgrade, sizeof upgrade - 1))) return false;
    for (;;) {
        ssize_t got = recv(c->fd, in + len, sizeof in - len, 0);
        if (got <= 0) return false;
        len += (size_t)got;
        if (len > 12 && memcmp(in, "HTTP/1.1 101", 12) != 0) return false;
        const uint8_t *head_end = memmem(in, len, end, sizeof end - 1);
        if (head_end &&
            memmem(head_end, len - (size_t)(head_end - in), challenge, sizeof challenge - 1))
            return true;
    }
}

static enum load_login log_in(struct load_client *c, const struct load_plan *plan)
{
    char text[512];
    int len = snprintf(text, sizeof text,
                       "{\"type\":\"req\",\"id\":\"login\",\"method\":\"connect\",\"params\":{"
                       "\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"cli\","
                       "\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"cli\"},"
                       "\"role\":\"operator\",\"scopes\":[\"operator.admin\"],"
                       "\"auth\":{\"token\":\"%s\"}}}",
                       plan->token);
    static const char hello[] = "\"type\":\"hello-ok\"";
    size_t used;
    struct hf_ws_item item;
    if (!send_frame(c, HF_WS_OP_TEXT, hf_bytes(text, (size_t)len))) return LOAD_LOGIN_NO_ANSWER;
    for (;;) {
        ssize_t got = receive(c, 0);
        if (got <= 0) return LOAD_LOGIN_NO_ANSWER;
        for (size_t at = 0; at < (size_t)got; at += used) {
            if (hf_ws_read(&c->reader, in + at, (size_t)got - at, &used, &item) != 0)
                load_die("out of memory");
            if (item.kind != HF_WS_TEXT) continue;
            if (!memmem(item.bytes.ptr, item.bytes.len, "\"type\":\"res\"", 12)) continue;
            if (!memmem(item.bytes.ptr, item.bytes.len, hello, sizeof hello - 1))
                return LOAD_LOGIN_REFUSED;
            c->response_bytes = item.bytes.len;
            /* What follows (events, the first ping) is counted like the rest. */
            take_bytes(c, plan, in + at + used, (size_t)got - at - used);
            return LOAD_LOGIN_DONE;
        }
    }
}

enum load_login load_client_try(struct load_client *c, const struct load_plan *plan,
                                int receive_bytes)
{
    enum load_login login = LOAD_LOGIN_NO_ANSWER;
    if (open_socket(c, plan, receive_bytes) && open_websocket(c)) login = log_in(c, plan);
    if (login != LOAD_LOGIN_DONE) load_client_close(c);
    return login;
}

void load_client_open(struct load_client *c, const struct load_plan *plan)
{
    enum load_login login = load_client_try(c, plan, 0);
    if (login != LOAD_LOGIN_DONE)
        load_die("no hello-ok: %s", login == LOAD_LOGIN_REFUSED ? "refused" : "no answer");
}

struct load_client *load_clients_open(const struct load_plan *plan, unsigned count)
{
    struct load_client *clients = calloc(count, sizeof *clients);
    if (!clients) load_die("out of memory");
    for (unsigned i = 0; i < count; i++) load_client_open(&clients[i], plan);
    return clients;
}

void load_client_close(struct load_client *c)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(c->fd);
    hf_ws_reader_fini(&c->reader);
}

void load_clients_close(struct load_client *clients, unsigned count)
{
    for (unsigned i = 0; i < count; i++) load_client_close(&clients[i]);
    free(clients);
}

/* --- requests --- */

void load_client_ask(struct load_client *c, const struct load_plan *plan, unsigned count)
{
    static unsigned last_id;
    char text[512];
    struct hf_buf out;
    hf_buf_init(&out, OUT_BYTES_MAX);
    for (unsigned i = 0; i < count; i++) {
        int len = snprintf(text, sizeof text,
                           "{\"type\":\"req\",\"id\":\"%u\",\"method\":\"%s\",\"params\":%s}",
                           ++last_id, plan->method, plan->params ? plan->params : "{}");
        hf_ws_frame_write(&out, HF_WS_OP_TEXT, hf_bytes(text, (size_t)len), mask);
    }
    if (hf_buf_done(&out) != 0 || !send_all(c, hf_buf_view(&out))) load_die("cannot send requests");
    hf_buf_fini(&out);
}
