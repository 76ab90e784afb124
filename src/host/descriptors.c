#include "host/descriptors.h"

#include <stdbool.h>
#include <sys/resource.h>

/* Of the process, as the limit itself is. */
static struct {
    bool is_raised;
    rlim_t before;
} limit;

int64_t hf_descriptors_raise(int64_t wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    struct rlimit raised = files;
    raised.rlim_cur = (rlim_t)wanted < files.rlim_max ? (rlim_t)wanted : files.rlim_max;
    if (raised.rlim_cur <= files.rlim_cur) return (int64_t)files.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) return (int64_t)files.rlim_cur;
    if (!limit.is_raised) limit.before = files.rlim_cur;
    limit.is_raised = true;
    return (int64_t)raised.rlim_cur;
}

void hf_descriptors_restore(void)
{
    struct rlimit files;
    if (!limit.is_raised || getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = limit.before;
    setrlimit(RLIMIT_NOFILE, &files);
}
