/* How long from the start of a server to its first hello-ok? */
#include "bench/load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

enum { START_SECONDS_MAX = 600, STOP_SECONDS_MAX = 30, RETRY_US = 200 };

static void wait_a_little(long us)
{
    nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

static void stop(pid_t pid)
{
    int64_t until = load_now_ns() + (int64_t)STOP_SECONDS_MAX * 1000000000;
    kill(pid, SIGTERM);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (load_now_ns() > until) kill(pid, SIGKILL);
        wait_a_little(1000);
    }
}

int load_start(const struct load_plan *plan)
{
    struct load_client client;
    if (!plan->command) load_die("start wants a command");
    int64_t began = load_now_ns();
    pid_t pid = load_spawn(plan->command);
    while (load_client_try(&client, plan, 0) != LOAD_LOGIN_DONE) {
        bool has_ended = waitpid(pid, NULL, WNOHANG) != 0;
        if (has_ended) load_die("%s ended", plan->command[0]);
        if (load_now_ns() - began > (int64_t)START_SECONDS_MAX * 1000000000) {
            stop(pid);
            load_die("no hello-ok in %d s", START_SECONDS_MAX);
        }
        wait_a_little(RETRY_US);
    }
    int64_t took = load_now_ns() - began, cpu = load_cpu_ns(pid);
    printf("hello_ms %.2f\ncpu_ms %.2f\n", (double)took / 1e6, (double)cpu / 1e6);
    load_client_close(&client);
    stop(pid);
    return 0;
}
