#include "host/parent.h"
#include "lib/check.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

static struct hf_fault fault;

/* The word of a grandchild, whose parent has its own life. */
static int read_word(int fd)
{
    uint8_t word = 255;
    CHECK_EQ(read(fd, &word, 1), 1);
    return word;
}

static void say(int fd, int word)
{
    uint8_t byte = (uint8_t)word;
    if (write(fd, &byte, 1) != 1) _exit(1);
}

static bool has_ended(int fd, int timeout_ms)
{
    struct pollfd one = { .fd = fd, .events = POLLIN };
    return poll(&one, 1, timeout_ms) == 1;
}

/* Says 1 when it has taken its parent, which lives; 2 when that has ended. */
static void watch(int out)
{
    int fd;
    if (hf_parent_take(&fd, &fault) != 0 || has_ended(fd, 0)) _exit(1);
    say(out, 1);
    if (has_ended(fd, -1)) say(out, 2);
    _exit(0);
}

static void the_end_of_a_parent_is_seen(void)
{
    int out[2];
    CHECK_EQ(pipe(out), 0);
    pid_t parent = fork();
    if (parent == 0) {
        if (fork() == 0) watch(out[1]);
        for (;;) pause();
    }
    close(out[1]);
    CHECK_EQ(read_word(out[0]), 1);
    kill(parent, SIGKILL);
    CHECK_EQ(read_word(out[0]), 2);
    CHECK_EQ(waitpid(parent, NULL, 0), parent);
    close(out[0]);
}

/* Somebody has taken it over: process 1, or a subreaper, which is like any parent. */
static void take_late(int out, pid_t parent)
{
    int fd = -1;
    while (getppid() == parent) continue;
    int err = hf_parent_take(&fd, &fault);
    bool is_right = getppid() == 1 ? err == HF_ERR_NOT_FOUND && fd < 0 : err == 0 && fd >= 0;
    say(out, is_right);
    _exit(0);
}

static void a_parent_that_has_ended_before_is_told(void)
{
    int out[2];
    CHECK_EQ(pipe(out), 0);
    pid_t parent = fork();
    if (parent == 0) {
        pid_t self = getpid();
        if (fork() == 0) take_late(out[1], self);
        _exit(0);
    }
    close(out[1]);
    CHECK_EQ(waitpid(parent, NULL, 0), parent);
    CHECK_EQ(read_word(out[0]), 1);
    close(out[0]);
}

/* --- on a loop --- */

static void count(void *ctx)
{
    ++*(int *)ctx;
}

static void it_is_told_once_on_the_loop(void)
{
    struct hf_parent *p;
    uv_loop_t loop;
    int fds[2], ended = 0; /* a pipe stands in for the process: it is readable from now on */
    CHECK_EQ(pipe(fds), 0);
    CHECK_EQ(uv_loop_init(&loop), 0);
    CHECK_EQ(hf_parent_new(&p, &loop, fds[0], count, &ended), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    CHECK_EQ(ended, 0);
    say(fds[1], 1);
    for (int i = 0; i < 3; i++) uv_run(&loop, UV_RUN_NOWAIT);
    CHECK_EQ(ended, 1);
    hf_parent_close(p);
    hf_parent_close(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_EQ(uv_loop_close(&loop), 0);
    close(fds[0]);
    close(fds[1]);
}

CHECK_MAIN(the_end_of_a_parent_is_seen, a_parent_that_has_ended_before_is_told,
           it_is_told_once_on_the_loop)
