/* Preloaded into a program: clocks that a test holds.
 *
 * While the file $HF_CLOCK exists the monotonic clocks stand still: so many milliseconds after
 * they were first read with it there as the file says.  Who writes another number into it makes
 * time pass; the file stays until the program ends.  While the file $HF_SLEPT exists, the machine
 * has slept for an hour, which only the boot clock counts. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000, MS = 1000000 };

static int real(clockid_t id, struct timespec *at)
{
    return (int)syscall(SYS_clock_gettime, id, at);
}

static long long read_ns(clockid_t id)
{
    struct timespec at;
    real(id, &at);
    return (long long)at.tv_sec * SECOND + at.tv_nsec;
}

/* The number in the file: false when there is none. */
static bool read_held(long long *ms)
{
    char text[32];
    const char *path = getenv("HF_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return false;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    *ms = strtoll(text, NULL, 10);
    return len > 0;
}

/* Where all of them stand; the boot clock by so much further as it was at first. */
static bool hold(clockid_t id, struct timespec *at)
{
    static long long since, ahead; /* 0: not held yet */
    long long ms, none = 0;
    if (!read_held(&ms)) return false;
    if (__atomic_load_n(&since, __ATOMIC_ACQUIRE) == 0) {
        long long now = read_ns(CLOCK_MONOTONIC);
        __atomic_store_n(&ahead, read_ns(CLOCK_BOOTTIME) - now, __ATOMIC_RELEASE);
        __atomic_compare_exchange_n(&since, &none, now, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    long long ns = __atomic_load_n(&since, __ATOMIC_ACQUIRE) + ms * MS;
    if (id == CLOCK_BOOTTIME) ns += __atomic_load_n(&ahead, __ATOMIC_ACQUIRE);
    *at = (struct timespec){ .tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND) };
    return true;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *at)
{
    bool is_steady = id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE ||
                     id == CLOCK_MONOTONIC_RAW || id == CLOCK_BOOTTIME;
    const char *slept = getenv("HF_SLEPT");
    if (is_steady && hold(id, at)) return 0;
    int failed = real(id, at);
    if (!failed && id == CLOCK_BOOTTIME && slept && access(slept, F_OK) == 0) at->tv_sec += 3600;
    return failed;
}
