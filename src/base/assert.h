/* base/assert.h: checks that stay on in release builds.
 *
 * A failed check is a bug of ours: it prints the place and the expression to
 * stderr and aborts the process.  A peer's fault is never an assertion. */
#ifndef HF_BASE_ASSERT_H
#define HF_BASE_ASSERT_H

#include <stdio.h>
#include <stdlib.h>

#define HF_ASSERT(cond)                                                                            \
    do {                                                                                           \
        if (!(cond)) hf_assert_failed(__FILE__, __LINE__, #cond);                                  \
    } while (0)

#define HF_UNREACHABLE() hf_assert_failed(__FILE__, __LINE__, "unreachable")

__attribute__((noreturn, cold)) static inline void hf_assert_failed(const char *file, int line,
                                                                    const char *what)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
    abort();
}

#endif
