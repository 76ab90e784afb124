/* Preloaded into a program: while the file $HF_SLEPT exists, the machine has slept for an
 * hour, which only the boot clock counts. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *at)
{
    const char *path = getenv("HF_SLEPT");
    long failed = syscall(SYS_clock_gettime, id, at);
    if (!failed && id == CLOCK_BOOTTIME && path && access(path, F_OK) == 0) at->tv_sec += 3600;
    return (int)failed;
}
