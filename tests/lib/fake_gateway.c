#include "lib/fake_gateway.h"
#include "lib/check.h"
#include "wire/http_head.h"
#include "wire/json_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 30, IN_BYTES = 1 << 20, FAILED = 111, READ_BYTES = 65536 };

static const char hello[] =
    "{\"type\":\"res\",\"id\":\"%s\",\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,"
    "\"server\":{\"version\":\"fake\",\"connId\":\"c\"},\"features\":{\"methods\":[\"echo\"],"
    "\"events\":[\"tick\"]},\"snapshot\":{\"presence\":[],\"health\":{},\"stateVersion\":{"
    "\"presence\":1,\"health\":1},\"uptimeMs\":1},\"auth\":{\"role\":\"operator\",\"scopes\":[]},"
    "\"policy\":{\"maxPayload\":26214400,\"maxBufferedBytes\":52428800,\"tickIntervalMs\":30000}}}";

static const char token_missing[] =
    "{\"type\":\"res\",\"id\":\"%s\",\"ok\":false,\"error\":{\"code\":\"UNAUTHORIZED\",\"message\":"
    "\"no\",\"details\":{\"code\":\"AUTH_TOKEN_MISSING\"}}}";

static void must(bool is_fine, const char *what)
{
    if (is_fine) return;
    fprintf(stderr, "# fake gateway: %s (%s)\n", what, strerror(errno));
    _exit(FAILED);
}

void fake_start(struct fake *f, void (*script)(int listener))
{
    struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof place;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&place, sizeof place) == 0);
    CHECK(listen(fd, SOMAXCONN) == 0 && getsockname(fd, (struct sockaddr *)&place, &len) == 0);
    f->port = ntohs(place.sin_port);
    f->pid = fork();
    if (f->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(PATIENCE_SECONDS);
        script(fd);
        _exit(0);
    }
    close(fd);
    CHECK(f->pid > 0);
}

int fake_end(struct fake *f)
{
    int status;
    CHECK(waitpid(f->pid, &status, 0) == f->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void fake_stop(struct fake *f)
{
    int status;
    kill(f->pid, SIGKILL);
    CHECK(waitpid(f->pid, &status, 0) == f->pid);
}

void fake_accept(struct fake_conn *c, int listener)
{
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    *c = (struct fake_conn){ .fd = accept(listener, NULL, NULL) };
    must(c->fd >= 0, "accept");
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    hf_buf_init(&c->in, IN_BYTES);
    hf_ws_reader_init(&c->ws, HF_WS_SERVER, IN_BYTES);
}

static bool receive(struct fake_conn *c)
{
    must(hf_buf_reserve(&c->in, READ_BYTES) == 0, "room");
    ssize_t got = recv(c->fd, c->in.ptr + c->in.len, READ_BYTES, 0);
    if (got > 0) hf_buf_used(&c->in, (size_t)got);
    return got > 0;
}

void fake_send_bytes(struct fake_conn *c, struct hf_bytes bytes)
{
    must(send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len, "send");
}

void fake_upgrade(struct fake_conn *c)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    char accept_text[HF_HTTP_ACCEPT_CHARS];
    struct hf_buf answer;
    while (c->in.len == 0 || !memmem(c->in.ptr, c->in.len, "\r\n\r\n", 4))
        must(receive(c), "the upgrade request");
    const char *at = memmem(c->in.ptr, c->in.len, name, sizeof name - 1);
    must(at != NULL, "the key");
    hf_http_accept(hf_bytes(at + sizeof name - 1, 24), accept_text);
    hf_buf_init(&answer, READ_BYTES);
    hf_http_upgrade_write(&answer, accept_text);
    fake_send_bytes(c, hf_buf_view(&answer));
    hf_buf_fini(&answer);
    hf_buf_reset(&c->in, IN_BYTES);
}

void fake_send(struct fake_conn *c, const char *text)
{
    struct hf_buf frame;
    hf_buf_init(&frame, strlen(text) + HF_WS_HEAD_BYTES);
    hf_ws_frame_write(&frame, HF_WS_OP_TEXT, hf_bytes_cstr(text), NULL);
    fake_send_bytes(c, hf_buf_view(&frame));
    hf_buf_fini(&frame);
}

void fake_event(struct fake_conn *c, const char *name, const char *payload, int seq)
{
    char text[READ_BYTES];
    snprintf(text, sizeof text, "{\"type\":\"event\",\"event\":\"%s\",\"payload\":%s,\"seq\":%d}",
             name, payload, seq);
    fake_send(c, text);
}

/* One item of what the client sends; false at its end. */
static bool next_item(struct fake_conn *c, struct hf_buf *text, enum hf_ws_kind *kind)
{
    for (;;) {
        struct hf_ws_item item;
        size_t used = 0;
        if (c->in.len == 0 && !receive(c)) return false;
        must(hf_ws_read(&c->ws, c->in.ptr, c->in.len, &used, &item) == 0, "memory");
        hf_buf_reset(text, IN_BYTES);
        hf_buf_add(text, item.bytes);
        hf_buf_take(&c->in, used);
        *kind = item.kind;
        if (item.kind == HF_WS_CLOSE || item.kind == HF_WS_ERROR) return false;
        if (item.kind != HF_WS_NEED_MORE) return true;
    }
}

bool fake_read(struct fake_conn *c, struct hf_buf *text)
{
    enum hf_ws_kind kind;
    while (next_item(c, text, &kind))
        if (kind == HF_WS_TEXT) return true;
    return false;
}

void fake_want(struct fake_conn *c, const char *method, char id[128])
{
    struct hf_buf text;
    hf_buf_init(&text, IN_BYTES);
    for (;;) {
        must(fake_read(c, &text), method);
        struct hf_bytes plain, root = hf_buf_view(&text);
        if (!hf_json_is(hf_json_find(root, "method"), hf_bytes_cstr(method))) continue;
        must(hf_json_get_plain(hf_json_find(root, "id"), &plain), "an id");
        snprintf(id, 128, "%.*s", (int)plain.len, (const char *)plain.ptr);
        break;
    }
    hf_buf_fini(&text);
}

void fake_answer(struct fake_conn *c, const char *id, const char *payload)
{
    char text[READ_BYTES];
    snprintf(text, sizeof text, "{\"type\":\"res\",\"id\":\"%s\",\"ok\":true,\"payload\":%s}", id,
             payload);
    fake_send(c, text);
}

void fake_hello(struct fake_conn *c)
{
    char text[2048];
    snprintf(text, sizeof text, hello, c->connect_id);
    fake_send(c, text);
}

static void challenge(struct fake_conn *c)
{
    fake_upgrade(c);
    fake_send(c, "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":"
                 "\"n-1\",\"ts\":1795318620974}}");
}

void fake_login(struct fake_conn *c)
{
    challenge(c);
    fake_want(c, "connect", c->connect_id);
    fake_hello(c);
}

/* The connect request of the next connection: whether it has the token. */
static bool has_token(struct fake_conn *c, int listener, const char *token)
{
    struct hf_buf text;
    struct hf_bytes id = HF_EMPTY;
    hf_buf_init(&text, IN_BYTES);
    fake_accept(c, listener);
    challenge(c);
    must(fake_read(c, &text), "a connect request");
    must(hf_json_get_plain(hf_json_find(hf_buf_view(&text), "id"), &id), "its id");
    snprintf(c->connect_id, sizeof c->connect_id, "%.*s", (int)id.len, (const char *)id.ptr);
    bool has = memmem(text.ptr, text.len, token, strlen(token)) != NULL;
    hf_buf_fini(&text);
    return has;
}

void fake_login_late(struct fake_conn *c, int listener, const char *token_path, const char *token)
{
    char answer[512];
    struct hf_buf text;
    hf_buf_init(&text, IN_BYTES);
    must(!has_token(c, listener, token), "nobody knows the token yet");
    FILE *out = fopen(token_path, "we");
    must(out && fputs(token, out) >= 0 && fchmod(fileno(out), 0600) == 0 && fclose(out) == 0,
         "the token's file");
    snprintf(answer, sizeof answer, token_missing, c->connect_id);
    fake_send(c, answer);
    must(!fake_read(c, &text), "the end of who was refused");
    hf_buf_fini(&text);
    fake_close(c);
    must(has_token(c, listener, token), "the token");
    fake_hello(c);
}

void fake_ping(struct fake_conn *c)
{
    struct hf_buf frame;
    enum hf_ws_kind kind;
    hf_buf_init(&frame, IN_BYTES);
    hf_ws_frame_write(&frame, HF_WS_OP_PING, HF_LIT("p"), NULL);
    fake_send_bytes(c, hf_buf_view(&frame));
    do must(next_item(c, &frame, &kind), "a pong");
    while (kind != HF_WS_PONG);
    c->ping_count++;
    hf_buf_fini(&frame);
}

bool fake_drain(struct fake_conn *c)
{
    char bytes[4096];
    ssize_t got;
    do got = recv(c->fd, bytes, sizeof bytes, 0);
    while (got > 0);
    return got < 0 && errno == ECONNRESET;
}

void fake_close(struct fake_conn *c)
{
    close(c->fd);
    hf_ws_reader_fini(&c->ws);
    hf_buf_fini(&c->in);
}
