/* lib/seeds.h: the frame of a program that runs worlds by seed.
 *
 *     NAME [--seeds N] [--seed S]
 *
 * One child per processor, each with its share of the seeds; every 50th seed runs twice
 * and must give the same bytes.  Ends with `N passed, N failed`. */
#ifndef HF_LIB_SEEDS_H
#define HF_LIB_SEEDS_H

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS_REPLAY_EVERY = 50, SEEDS_WORKERS_MAX = 8, SEEDS_DIGEST_BYTES = 32 };

/* Runs one seed and ends the process when it fails; `digest` is over all its bytes. */
typedef void (*seeds_run)(uint64_t seed, uint8_t digest[SEEDS_DIGEST_BYTES]);

static inline void seeds_check(seeds_run run, uint64_t seed)
{
    uint8_t first[SEEDS_DIGEST_BYTES], second[SEEDS_DIGEST_BYTES];
    run(seed, first);
    if (seed % SEEDS_REPLAY_EVERY != 0) return;
    run(seed, second);
    if (memcmp(first, second, sizeof first) == 0) return;
    fprintf(stderr, "seed %llu does not replay to the byte\n", (unsigned long long)seed);
    exit(EXIT_FAILURE);
}

static inline bool seeds_run_all(seeds_run run, uint64_t from, uint64_t count)
{
    pid_t children[SEEDS_WORKERS_MAX];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t workers = cpus < 1 ? 1 : cpus > SEEDS_WORKERS_MAX ? SEEDS_WORKERS_MAX : (uint64_t)cpus;
    bool good = true;
    if (count < workers) workers = count;
    for (uint64_t i = 0; i < workers; i++) {
        children[i] = fork();
        if (children[i] < 0) return false;
        if (children[i] > 0) continue;
        for (uint64_t seed = from + i; seed < from + count; seed += workers) seeds_check(run, seed);
        exit(EXIT_SUCCESS);
    }
    for (uint64_t i = 0; i < workers; i++) {
        int status;
        good &= waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status) &&
                WEXITSTATUS(status) == EXIT_SUCCESS;
    }
    return good;
}

static inline int seeds_main(int argc, char **argv, seeds_run run)
{
    uint64_t from = 1, count = 200;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0) count = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seed") != 0) continue;
        from = strtoull(argv[i + 1], NULL, 10);
        count = 1;
    }
    /* Large tables stay untouched pages, as in a real process, however often they start. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    bool good = seeds_run_all(run, from, count);
    printf("%llu passed, %d failed\n", (unsigned long long)(good ? count : count - 1),
           good ? 0 : 1);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
