#include "host/descriptors.h"

#include <sys/resource.h>

int64_t hf_descriptors_raise(int64_t wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    struct rlimit raised = files;
    raised.rlim_cur = (rlim_t)wanted < files.rlim_max ? (rlim_t)wanted : files.rlim_max;
    if (raised.rlim_cur <= files.rlim_cur) return (int64_t)files.rlim_cur;
    return (int64_t)(setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : files.rlim_cur);
}
