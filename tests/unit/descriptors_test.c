#include "host/descriptors.h"
#include "lib/check.h"

#include <sys/resource.h>

static int64_t now_allowed(void)
{
    struct rlimit files;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    return (int64_t)files.rlim_cur;
}

static void the_limit_is_raised_up_to_what_is_wanted_and_never_lowered(void)
{
    struct rlimit small;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &small), 0);
    small.rlim_cur = 100;
    small.rlim_max = 300;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &small), 0);
    CHECK_EQ(hf_descriptors_raise(100), 100);
    CHECK_EQ(hf_descriptors_raise(101), 101);
    CHECK_EQ(now_allowed(), 101);
    CHECK_EQ(hf_descriptors_raise(50), 101);
    CHECK_EQ(hf_descriptors_raise(300), 300);
    CHECK_EQ(hf_descriptors_raise(301), 300); /* the system's own limit */
    CHECK_EQ(now_allowed(), 300);
}

/* After the test above: 100 before the first raise, 300 now. */
static void a_program_gets_the_limit_that_we_got(void)
{
    CHECK_EQ(now_allowed(), 300);
    hf_descriptors_restore();
    CHECK_EQ(now_allowed(), 100);
    hf_descriptors_restore();
    CHECK_EQ(now_allowed(), 100);
}

CHECK_MAIN(the_limit_is_raised_up_to_what_is_wanted_and_never_lowered,
           a_program_gets_the_limit_that_we_got)
