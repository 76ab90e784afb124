#include "host/control.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/scratch.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

static struct {
    struct scratch scratch;
    char path[SCRATCH_PATH_BYTES];
    uv_loop_t loop;
    struct hf_control *control;
    size_t asked;
    hf_id client;
    struct hf_control_request last;
} server;

/* Answers as a supervisor does: at once, and to all for `events`. */
static void on_asked(void *ctx, hf_id client, const struct hf_control_request *request)
{
    struct hf_buf line;
    CHECK(ctx == &server);
    server.asked++;
    server.client = client;
    server.last = *request;
    if (request->verb == HF_CONTROL_EVENTS) hf_control_observe(server.control, client);
    hf_buf_init(&line, 4096);
    hf_control_write_data(&line, request->id, request->verb, HF_LIT("{}"));
    hf_control_send(server.control, client, hf_buf_view(&line));
    hf_buf_fini(&line);
}

static unsigned on_got(void *ctx, struct hf_bytes path, struct hf_buf *body, const char **type)
{
    CHECK(ctx == &server);
    *type = "text/plain";
    hf_buf_add(body, path);
    return hf_bytes_same(path, HF_LIT("/ready")) ? 200 : 404;
}

static void open_server(void)
{
    const struct hf_control_hooks hooks = { .ctx = &server, .asked = on_asked, .got = on_got };
    struct hf_fault fault;
    memset(&server, 0, sizeof server);
    scratch_make(&server.scratch);
    snprintf(server.path, sizeof server.path, "%s/control.sock", server.scratch.dir);
    CHECK_EQ(uv_loop_init(&server.loop), 0);
    CHECK_EQ(hf_control_new(&server.control, &server.loop, server.path, &hooks, &fault), 0);
}

static void close_server(void)
{
    hf_control_free(server.control);
    CHECK_EQ(access(server.path, F_OK), -1); /* the file goes with it */
    CHECK_EQ(uv_run(&server.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(uv_loop_close(&server.loop), 0);
    scratch_drop(&server.scratch);
}

static int dial(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(to.sun_path, server.path, strlen(server.path) + 1);
    CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What comes until the other end closes or says no more for some turns. */
static struct hf_bytes hear(int fd)
{
    static char text[4 << 20];
    size_t len = 0;
    for (int quiet = 0; quiet < 20;) {
        uv_run(&server.loop, UV_RUN_NOWAIT);
        ssize_t got = recv(fd, text + len, sizeof text - len, 0);
        if (got > 0) len += (size_t)got;
        quiet = got > 0 ? 0 : quiet + 1;
    }
    return hf_bytes(text, len);
}

static bool is_closed(int fd)
{
    char byte;
    uv_run(&server.loop, UV_RUN_NOWAIT);
    ssize_t got = recv(fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

static bool holds(struct hf_bytes text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static void each_request_is_answered_with_its_id(void)
{
    struct stat info;
    open_server();
    CHECK_EQ(stat(server.path, &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0600);
    int fd = dial();
    say(fd, "{\"v\":1,\"id\":7,\"verb\":\"sta");
    hear(fd);
    CHECK_EQ(server.asked, 0);
    say(fd, "tus\"}\n\r\n{\"v\":1,\"id\":\"x\",\"verb\":\"history\"}\n");
    struct hf_bytes heard = hear(fd);
    CHECK_EQ(server.asked, 2);
    CHECK(holds(heard, "\"id\":7"));
    CHECK(holds(heard, "\"id\":\"x\""));
    close(fd);
    close_server();
}

static void what_is_no_request_is_told_and_the_connection_goes_on(void)
{
    open_server();
    int fd = dial();
    say(fd, "nonsense\n");
    CHECK(holds(hear(fd), "INVALID_REQUEST"));
    say(fd, "{\"v\":1,\"id\":9,\"verb\":\"dance\"}\n");
    struct hf_bytes heard = hear(fd);
    CHECK(holds(heard, "INVALID_REQUEST"));
    CHECK(holds(heard, "\"id\":9"));
    say(fd, "{\"v\":1,\"id\":1,\"verb\":\"status\"}\n");
    CHECK(holds(hear(fd), "\"id\":1"));
    close(fd);
    close_server();
}

static void only_observers_hear_of_events(void)
{
    open_server();
    int observer = dial(), other = dial();
    say(observer, "{\"v\":1,\"id\":1,\"verb\":\"events\"}\n");
    hear(observer);
    say(other, "{\"v\":1,\"id\":1,\"verb\":\"status\"}\n");
    hear(other);
    hf_control_tell(server.control, HF_LIT("{\"event\":\"exit\"}\n"));
    CHECK(holds(hear(observer), "exit"));
    CHECK_EQ(hear(other).len, 0);
    close(observer);
    CHECK_EQ(hear(other).len, 0); /* it is gone, and nobody minds */
    hf_control_tell(server.control, HF_LIT("{\"event\":\"exit\"}\n"));
    hf_control_send(server.control, server.client + 1000, HF_LIT("late\n"));
    close(other);
    close_server();
}

/* A reader that does not read is told so and dropped. */
static void a_slow_observer_is_dropped_with_a_word(void)
{
    static char line[65536];
    open_server();
    int fd = dial();
    say(fd, "{\"v\":1,\"id\":1,\"verb\":\"events\"}\n");
    hear(fd);
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (size_t i = 0; i < 64; i++) hf_control_tell(server.control, hf_bytes(line, sizeof line));
    CHECK(holds(hear(fd), "TOO_SLOW"));
    CHECK(is_closed(fd));
    close(fd);
    close_server();
}

static void lines_for_a_reader_have_a_bound(void)
{
    static char line[HF_LIMIT_CONTROL_QUEUE_BYTES + 1];
    memset(line, 'x', sizeof line);
    for (size_t more = 0; more <= 1; more++) {
        open_server();
        int fd = dial();
        say(fd, "{\"v\":1,\"id\":1,\"verb\":\"events\"}\n");
        size_t before = hear(fd).len;
        CHECK(before > 0);
        hf_control_tell(server.control, hf_bytes(line, HF_LIMIT_CONTROL_QUEUE_BYTES + more));
        struct hf_bytes heard = hear(fd);
        CHECK_EQ_AT(more, holds(heard, "TOO_SLOW"), more == 1);
        CHECK_EQ_AT(more, heard.len == HF_LIMIT_CONTROL_QUEUE_BYTES, more == 0);
        close(fd);
        close_server();
    }
}

static void a_line_has_a_bound(void)
{
    static char line[HF_LIMIT_CONTROL_LINE_BYTES + 1];
    static const size_t lengths[] = { HF_LIMIT_CONTROL_LINE_BYTES,
                                      HF_LIMIT_CONTROL_LINE_BYTES + 1 };
    for (size_t i = 0; i < HF_COUNT(lengths); i++) {
        open_server();
        int fd = dial();
        memset(line, ' ', lengths[i]);
        CHECK_EQ(send(fd, line, lengths[i], MSG_NOSIGNAL), (ssize_t)lengths[i]);
        struct hf_bytes heard = hear(fd);
        CHECK_EQ_AT(i, holds(heard, "TOO_LARGE"), i == 1);
        CHECK_EQ_AT(i, is_closed(fd), i == 1);
        close(fd);
        close_server();
    }
}

static void no_more_clients_than_the_bound(void)
{
    int fds[HF_LIMIT_CONTROL_CLIENTS + 1];
    open_server();
    for (size_t i = 0; i < HF_COUNT(fds); i++) {
        fds[i] = dial();
        for (int turn = 0; turn < 3; turn++) uv_run(&server.loop, UV_RUN_NOWAIT);
        CHECK_EQ_AT(i, is_closed(fds[i]), i == HF_LIMIT_CONTROL_CLIENTS);
    }
    close(fds[0]);
    hear(fds[1]);
    int again = dial();
    say(again, "{\"v\":1,\"id\":1,\"verb\":\"status\"}\n");
    CHECK(holds(hear(again), "\"id\":1"));
    close(again);
    for (size_t i = 1; i < HF_COUNT(fds); i++) close(fds[i]);
    close_server();
}

static void a_request_of_http_gets_one_answer(void)
{
    static const struct {
        const char *request, *status, *body; /* NULL: none */
    } rows[] = {
        { "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n/ready" },
        { "GET /other?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ", "\r\n\r\n/other" },
        { "HEAD /ready HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", NULL },
        { "POST /ready HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 ", NULL },
        { "GET /ready\r\n\r\n", "HTTP/1.1 400 ", NULL },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        open_server();
        int fd = dial();
        say(fd, rows[i].request);
        struct hf_bytes heard = hear(fd);
        CHECK_AT(i, hf_bytes_starts(heard, hf_bytes_cstr(rows[i].status)));
        if (rows[i].body)
            CHECK_AT(i, hf_bytes_ends(heard, hf_bytes_cstr(rows[i].body)));
        else
            CHECK_AT(i, !holds(heard, "\r\n\r\n/ready"));
        CHECK_AT(i, is_closed(fd));
        close(fd);
        close_server();
    }
}

static void a_socket_that_nobody_holds_is_replaced(void)
{
    const struct hf_control_hooks hooks = { .ctx = &server, .asked = on_asked, .got = on_got };
    struct hf_control *second;
    struct hf_fault fault;
    char path[SCRATCH_PATH_BYTES + 128];
    open_server();
    CHECK_EQ(hf_control_new(&second, &server.loop, server.path, &hooks, &fault), 0);
    int fd = dial();
    say(fd, "{\"v\":1,\"id\":1,\"verb\":\"status\"}\n");
    hear(fd);
    CHECK_EQ(server.asked, 1);
    close(fd);
    hf_control_free(second);
    memset(path, 'x', sizeof path);
    memcpy(path, server.scratch.dir, strlen(server.scratch.dir));
    path[strlen(server.scratch.dir)] = '/';
    path[sizeof path - 1] = '\0';
    CHECK_EQ(hf_control_new(&second, &server.loop, path, &hooks, &fault), HF_ERR_TOO_LARGE);
    snprintf(path, sizeof path, "%s/no/control.sock", server.scratch.dir);
    CHECK_EQ(hf_control_new(&second, &server.loop, path, &hooks, &fault), HF_ERR_NOT_FOUND);
    CHECK(strstr(fault.text, path) != NULL);
    close_server();
}

/* A path that was meant for something else costs nobody a file. */
static void a_file_in_the_way_is_left_alone(void)
{
    const struct hf_control_hooks hooks = { .ctx = &server, .asked = on_asked, .got = on_got };
    struct hf_fault fault;
    struct stat info;
    open_server();
    char path[SCRATCH_PATH_BYTES];
    struct hf_control *second = NULL;
    snprintf(path, sizeof path, "%s/precious", server.scratch.dir);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs("precious", file) >= 0 && fclose(file) == 0);
    CHECK_EQ(hf_control_new(&second, &server.loop, path, &hooks, &fault), HF_ERR_EXISTS);
    CHECK(strstr(fault.text, path) != NULL);
    CHECK_EQ(stat(path, &info), 0);
    CHECK_EQ(info.st_size, 8);
    close_server();
}

/* It is closed instead of waking the loop for ever, and whoever comes later is served. */
static void without_descriptors_a_client_is_turned_away(void)
{
    struct rlimit before, none;
    open_server();
    uv_run(&server.loop, UV_RUN_NOWAIT);
    int client = dial();
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(client); /* the lowest that is free: all below it are taken */
    none = (struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max };
    close(next);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int i = 0; i < 3; i++) uv_run(&server.loop, UV_RUN_NOWAIT);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(is_closed(client));
    close(client);
    client = dial();
    say(client, "{\"v\":1,\"id\":7,\"verb\":\"status\"}\n");
    CHECK(holds(hear(client), "\"id\":7"));
    close(client);
    close_server();
}

CHECK_MAIN(a_file_in_the_way_is_left_alone, without_descriptors_a_client_is_turned_away,
           each_request_is_answered_with_its_id,
           what_is_no_request_is_told_and_the_connection_goes_on, only_observers_hear_of_events,
           a_slow_observer_is_dropped_with_a_word, lines_for_a_reader_have_a_bound,
           a_line_has_a_bound, no_more_clients_than_the_bound, a_request_of_http_gets_one_answer,
           a_socket_that_nobody_holds_is_replaced)
