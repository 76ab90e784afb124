/* How long does a short program take, and how much memory at its peak? */
#include "bench/load.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES_MAX = 64 };

int load_once(const struct load_plan *plan)
{
    double ms[SAMPLES_MAX], peak_kb[SAMPLES_MAX], cpu_ms[SAMPLES_MAX];
    unsigned samples = plan->samples < SAMPLES_MAX ? plan->samples : SAMPLES_MAX;
    if (!plan->command) load_die("once wants a command");
    for (unsigned i = 0; i < samples; i++) {
        int status;
        struct rusage used;
        int64_t began = load_now_ns();
        pid_t pid = load_spawn(plan->command);
        if (wait4(pid, &status, 0, &used) != pid) load_die("wait4: %s", strerror(errno));
        ms[i] = (double)(load_now_ns() - began) / 1e6;
        if (status != 0) load_die("%s ended with status %d", plan->command[0], status);
        peak_kb[i] = (double)used.ru_maxrss;
        cpu_ms[i] = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
                    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
    }
    load_print_samples("wall_ms", ms, samples);
    load_print_samples("cpu_ms", cpu_ms, samples);
    load_print_samples("peak_kb", peak_kb, samples);
    /* A child is counted from the size of its parent: peaks below this cannot be seen. */
    printf("parent_kb %lld\n", (long long)load_memory(getpid()).resident_kb);
    return 0;
}
