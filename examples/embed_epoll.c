/* A client inside of a program that has an event loop of its own, here epoll(7).
 *
 *     HOLDFAST_URL=... HOLDFAST_TOKEN=... embed_epoll
 *
 * The program waits for two things at once: lines on stdin, each of which is a method to
 * call, and whatever the client waits for.  Ends with stdin, when all is answered. */
#include <holdfast/holdfast.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct program {
    holdfast_client *client;
    int waiting; /* calls without an answer */
    int is_over; /* stdin has ended */
};

static void on_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct program *program = ctx;
    size_t len;
    const char *payload = holdfast_result_payload(result, &len);
    (void)client;
    printf("%s %.*s\n", holdfast_outcome_name(holdfast_result_outcome(result)), (int)len, payload);
    fflush(stdout);
    program->waiting--;
}

static void read_line(struct program *program)
{
    char line[256];
    if (!fgets(line, sizeof line, stdin)) {
        program->is_over = 1;
        return;
    }
    line[strcspn(line, "\n")] = '\0';
    int error = holdfast_client_call(program->client, line, NULL, NULL, on_result, program, NULL);
    if (error)
        fprintf(stderr, "%s: %s\n", line, holdfast_error_text(error));
    else
        program->waiting++;
}

static int watch(int epoll, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void run(struct program *program, holdfast_loop *loop, int epoll)
{
    int holdfast_fd = holdfast_loop_fd(loop);
    int watches_stdin = 0;
    if (watch(epoll, holdfast_fd) != 0) return;
    while (!program->is_over || program->waiting > 0) {
        struct epoll_event event;
        /* Lines are read only while there is somebody to ask. */
        int is_ready =
            holdfast_client_number(program->client, HOLDFAST_STATUS) == HOLDFAST_CONNECTED;
        if (is_ready && !watches_stdin) watches_stdin = watch(epoll, STDIN_FILENO) == 0;
        int count = epoll_wait(epoll, &event, 1, holdfast_loop_timeout_ms(loop));
        if (count == 1 && event.data.fd == STDIN_FILENO) read_line(program);
        holdfast_loop_process(loop);
        if (program->is_over && watches_stdin > 0) {
            epoll_ctl(epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
            watches_stdin = -1;
        }
    }
}

int main(void)
{
    holdfast_loop *loop;
    holdfast_options *options;
    struct program program = { 0 };
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    setvbuf(stdin, NULL, _IONBF, 0); /* what epoll says of it must be true */
    if (epoll < 0 || holdfast_loop_new(&loop) != 0 || holdfast_options_new(&options) != 0) return 1;
    holdfast_options_set_text(options, HOLDFAST_URL, getenv("HOLDFAST_URL"));
    holdfast_options_set_text(options, HOLDFAST_TOKEN, getenv("HOLDFAST_TOKEN"));
    if (holdfast_client_new(&program.client, loop, options) != 0) return 1;
    holdfast_client_start(program.client);
    run(&program, loop, epoll);
    holdfast_client_release(program.client);
    holdfast_options_free(options);
    holdfast_loop_free(loop);
    close(epoll);
    return 0;
}
