/* bench/measure.h: how long does one call take?  CPU time, the best of several rounds. */
#ifndef HF_BENCH_MEASURE_H
#define HF_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

static inline int64_t measure_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nanoseconds of one work(ctx). */
static inline double measure_call(void (*work)(void *ctx), void *ctx)
{
    enum { ROUNDS = 7, ROUND_NS = 20000000 };
    double best = 0;
    size_t calls = 1;
    for (int round = 0; round < ROUNDS;) {
        int64_t start = measure_cpu_ns();
        for (size_t i = 0; i < calls; i++) work(ctx);
        int64_t taken = measure_cpu_ns() - start;
        if (taken < ROUND_NS) {
            calls *= 2;
            continue;
        }
        double each = (double)taken / (double)calls;
        if (round == 0 || each < best) best = each;
        round++;
    }
    return best;
}

#endif
