#include "lib/daemon.h"
#include "base/limits.h"
#include "host/log_sink.h"
#include "host/loop.h"
#include "host/notify.h"
#include "host/state_dir.h"
#include "host/tls.h"
#include "wire/ws_frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { PATIENCE_SECONDS = 20, IN_BYTES_MAX = 64 << 20 };

/* --- the child --- */

static struct {
    const struct daemon_plan *plan;
    struct hf_loop *loop;
    int news_fd;
} child;

static void tell_ready(void *ctx)
{
    (void)ctx;
    if (write(child.news_fd, "R", 1) != 1) _exit(120);
}

static void set_up(struct hf_settings *settings)
{
    hf_settings_init(settings);
    settings->token = HF_LIT(DAEMON_TOKEN);
    if (child.plan->adjust) child.plan->adjust(settings);
}

static void on_reload(void *ctx)
{
    struct hf_settings settings;
    (void)ctx;
    set_up(&settings);
    if (child.plan->reload) child.plan->reload(&settings);
    hf_loop_settings(child.loop, &settings);
}

/* Binds as `holdfast run` does, or hands over sockets as a service manager does. */
static int listen_on(const struct hf_listen_spec *spec, struct hf_fault *fault)
{
    struct hf_listen_set set;
    if (child.plan->send_buffer == 0) return hf_loop_bind(child.loop, spec, fault);
    int err = hf_listen_open(&set, spec, fault);
    for (size_t i = 0; i < set.count; i++)
        setsockopt(set.fds[i], SOL_SOCKET, SO_SNDBUF, &child.plan->send_buffer, sizeof(int));
    return err ? err : hf_loop_serve(child.loop, &set, fault);
}

static int run_loop(const char *dir, struct hf_log_sink *sink, const char *log_path)
{
    struct hf_fault fault = { 0 };
    struct hf_settings settings;
    struct hf_notify notify;
    struct hf_tls *tls = NULL;
    struct hf_server_config server = { .log = hf_log_sink_log(sink, HF_LOG_INFO) };
    struct hf_listen_spec spec = { .bind = HF_BIND_LOOPBACK, .port = child.plan->port };
    hf_notify_init(&notify);
    set_up(&settings);
    server.start_items[server.start_item_count++] = HF_LIT("listeners");
    if (child.plan->startup_delay > 0)
        server.start_items[server.start_item_count++] = HF_LIT("startup-delay");
    if (child.plan->start_item)
        server.start_items[server.start_item_count++] = hf_bytes_cstr(child.plan->start_item);
    if (child.plan->cert_path &&
        hf_tls_new(&tls, child.plan->cert_path, child.plan->key_path, &fault) != 0)
        return 121;
    struct hf_loop_config config = { .server = &server,
                                     .settings = &settings,
                                     .sink = sink,
                                     .notify = &notify,
                                     .state_dir = dir,
                                     .log_path = log_path,
                                     .tls = tls,
                                     .hooks = { .ready = tell_ready, .reload = on_reload },
                                     .handles_signals = true,
                                     .restart_expected_ms = DAEMON_RESTART_MS };
    if (hf_loop_new(&child.loop, &config, &fault) != 0) return 122;
    if (child.plan->attach) child.plan->attach(child.loop, &settings);
    int err = listen_on(&spec, &fault);
    uint16_t port = hf_loop_port(child.loop);
    if (write(child.news_fd, &port, sizeof port) != sizeof port) return 123;
    if (child.plan->startup_delay > 0)
        hf_loop_item_ready_after(child.loop, HF_LIT("startup-delay"), child.plan->startup_delay);
    if (!err) err = hf_loop_run(child.loop, &fault);
    if (child.plan->detach) child.plan->detach();
    hf_loop_free(child.loop);
    if (child.plan->detached) child.plan->detached();
    hf_tls_free(tls);
    hf_notify_fini(&notify);
    hf_log_sink_flush(sink);
    return err ? 1 : 0;
}

static int run_child(const char *dir)
{
    struct hf_log_sink sink;
    struct hf_log_file file;
    char err_path[SCRATCH_PATH_BYTES], log_path[SCRATCH_PATH_BYTES];
    signal(SIGPIPE, SIG_IGN);
    if (child.plan->descriptors > 0) {
        struct rlimit files = { child.plan->descriptors, child.plan->descriptors };
        if (setrlimit(RLIMIT_NOFILE, &files) != 0) return 124;
    }
    snprintf(err_path, sizeof err_path, "%s/stderr", dir);
    snprintf(log_path, sizeof log_path, "%s/holdfast.log", dir);
    int err_fd = open(err_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    hf_log_file_init(&file, log_path, HF_LIMIT_LOG_FILE_BYTES);
    hf_log_sink_init(&sink, err_fd, HF_LOG_FORMAT_TEXT, &file);
    int exit_code = run_loop(dir, &sink, log_path);
    hf_log_sink_fini(&sink);
    hf_log_file_fini(&file);
    close(err_fd);
    return exit_code;
}

/* --- the daemon as its parent sees it --- */

void daemon_start(struct daemon *d, const struct daemon_plan *plan)
{
    int news[2];
    scratch_make(&d->scratch);
    if (plan->prepare) plan->prepare(d->scratch.dir);
    CHECK_EQ(pipe2(news, O_CLOEXEC), 0);
    child.plan = plan;
    d->pid = fork();
    if (d->pid == 0) {
        /* A test that fails in between leaves nobody behind. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(news[0]);
        child.news_fd = news[1];
        exit(run_child(d->scratch.dir));
    }
    close(news[1]);
    d->news_fd = news[0];
    CHECK_EQ(read(d->news_fd, &d->port, sizeof d->port), sizeof d->port);
}

void daemon_wait_ready(struct daemon *d)
{
    char byte;
    CHECK_EQ(read(d->news_fd, &byte, 1), 1);
}

int daemon_wait_end(struct daemon *d)
{
    int status = 0;
    CHECK(waitpid(d->pid, &status, 0) == d->pid);
    close(d->news_fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int daemon_stop(struct daemon *d)
{
    kill(d->pid, SIGTERM);
    int exit_code = daemon_wait_end(d);
    scratch_drop(&d->scratch);
    return exit_code;
}

bool daemon_has_logged(const struct daemon *d, const char *text)
{
    static char all[1 << 20];
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s/stderr", d->scratch.dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, all, sizeof all);
    close(fd);
    return len > 0 && memmem(all, (size_t)len, text, strlen(text)) != NULL;
}

hf_span daemon_cpu(const struct daemon *d)
{
    clockid_t clock;
    struct timespec used;
    CHECK_EQ(clock_getcpuclockid(d->pid, &clock), 0);
    CHECK_EQ(clock_gettime(clock, &used), 0);
    return HF_SECONDS(used.tv_sec) + used.tv_nsec;
}

/* --- peers --- */

void peer_open(struct peer *p, uint16_t port)
{
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    *p = (struct peer){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    hf_buf_init(&p->in, IN_BYTES_MAX);
    CHECK(p->fd >= 0);
    setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    CHECK_EQ(connect(p->fd, (struct sockaddr *)&to, sizeof to), 0);
}

void peer_close(struct peer *p)
{
    SSL_free(p->ssl);
    close(p->fd);
    hf_buf_fini(&p->in);
}

void peer_send(struct peer *p, struct hf_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t done = p->ssl ? SSL_write(p->ssl, bytes.ptr, (int)bytes.len)
                              : send(p->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (done <= 0) {
            p->was_reset = true;
            return;
        }
        bytes = hf_bytes_from(bytes, (size_t)done);
    }
}

/* Reads once; false at the end. */
static bool receive(struct peer *p)
{
    CHECK_EQ(hf_buf_reserve(&p->in, 65536), 0);
    uint8_t *to = p->in.ptr + p->in.len;
    ssize_t got = p->ssl ? SSL_read(p->ssl, to, 65536) : recv(p->fd, to, 65536, 0);
    if (got > 0) {
        hf_buf_used(&p->in, (size_t)got);
        return true;
    }
    CHECK(p->ssl || got == 0 || errno == ECONNRESET);
    p->has_ended = got == 0;
    p->was_reset = got < 0;
    return false;
}

bool peer_wait_for(struct peer *p, const char *text)
{
    size_t len = strlen(text);
    for (;;) {
        const uint8_t *at = p->in.len > 0 ? memmem(p->in.ptr, p->in.len, text, len) : NULL;
        if (at) {
            hf_buf_take(&p->in, (size_t)(at - p->in.ptr) + len);
            return true;
        }
        if (!receive(p)) return false;
    }
}

void peer_drain(struct peer *p)
{
    while (receive(p)) hf_buf_take(&p->in, p->in.len);
}

void peer_upgrade(struct peer *p)
{
    peer_send(p, HF_LIT("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
    CHECK(peer_wait_for(p, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    CHECK(peer_wait_for(p, "connect.challenge"));
}

void peer_add_text(struct hf_buf *out, struct hf_bytes text)
{
    static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
    uint8_t head[HF_WS_HEAD_BYTES];
    hf_buf_add(out, hf_bytes(head, hf_ws_head_write(head, HF_WS_OP_TEXT, text.len, mask)));
    for (size_t i = 0; i < text.len; i++) hf_buf_add_byte(out, text.ptr[i] ^ mask[i % 4]);
    CHECK_EQ(hf_buf_done(out), 0);
}

void peer_send_text(struct peer *p, struct hf_bytes text)
{
    struct hf_buf frame;
    hf_buf_init(&frame, text.len + HF_WS_HEAD_BYTES);
    peer_add_text(&frame, text);
    peer_send(p, hf_buf_view(&frame));
    hf_buf_fini(&frame);
}

bool peer_login(struct peer *p, const char *token)
{
    char text[512];
    peer_upgrade(p);
    int len = snprintf(text, sizeof text,
                       "{\"type\":\"req\",\"id\":\"login\",\"method\":\"connect\",\"params\":{"
                       "\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"cli\","
                       "\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"cli\"},"
                       "\"scopes\":[\"operator.admin\"],\"auth\":{\"token\":\"%s\"}}}",
                       token);
    peer_send_text(p, hf_bytes(text, (size_t)len));
    return peer_wait_for(p, "hello-ok");
}
