#include "bench/load.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern char **environ;

void load_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

pid_t load_spawn(char **command)
{
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int number = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (number != 0) load_die("cannot start %s: %s", command[0], strerror(number));
    return pid;
}

static int64_t read_clock(clockid_t id)
{
    struct timespec at;
    if (clock_gettime(id, &at) != 0) load_die("cannot read a clock: %s", strerror(errno));
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* Calls `visit` for the process and everything it started (a launcher is part of its server). */
static void visit_tree(pid_t pid, void (*visit)(pid_t pid, void *ctx), void *ctx)
{
    char path[64];
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    visit(pid, ctx);
    FILE *file = fopen(path, "re");
    if (!file) return;
    while (fscanf(file, "%d", &child) == 1) visit_tree(child, visit, ctx);
    fclose(file);
}

static void add_cpu(pid_t pid, void *ctx)
{
    int64_t *sum = ctx;
    clockid_t id;
    if (clock_getcpuclockid(pid, &id) != 0) load_die("no process %d", (int)pid);
    *sum += read_clock(id);
}

int64_t load_cpu_ns(pid_t pid)
{
    int64_t sum = 0;
    visit_tree(pid, add_cpu, &sum);
    return sum;
}

int64_t load_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void load_quiet(pid_t pid)
{
    enum { LOOKS_MAX = 100, LOOK_EVERY_MS = 50, QUIET_NS = 1000000 };
    int64_t used = load_cpu_ns(pid);
    for (int i = 0; i < LOOKS_MAX; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY_MS * 1000000 }, NULL);
        int64_t fresh = load_cpu_ns(pid) - used;
        if (fresh < QUIET_NS) return;
        used += fresh;
    }
}

static void add_memory(pid_t pid, void *ctx)
{
    char path[64], line[256];
    struct load_memory *sum = ctx;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) load_die("cannot read %s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "Rss:", 4) == 0) sum->resident_kb += strtol(line + 4, NULL, 10);
        if (strncmp(line, "Private_Dirty:", 14) == 0)
            sum->private_dirty_kb += strtol(line + 14, NULL, 10);
    }
    fclose(file);
}

struct load_memory load_memory(pid_t pid)
{
    struct load_memory sum = { 0 };
    visit_tree(pid, add_memory, &sum);
    return sum;
}

static int order(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

void load_print_samples(const char *name, double *values, unsigned count)
{
    qsort(values, count, sizeof *values, order);
    printf("%s_best %.3f\n%s_median %.3f\n", name, values[0], name, values[count / 2]);
}
