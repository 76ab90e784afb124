/* lib/fault.h: the n-th allocation fails, for each n.
 *
 * A test that links this (fault_dep in tests/meson.build) has the functions of
 * base/mem.h wrapped by the linker: they count, and fail when told to. */
#ifndef HF_LIB_FAULT_H
#define HF_LIB_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the n-th allocation from now on fail, once; 0 makes none fail. */
void fault_arm(size_t nth);

/* Whether it has failed since it was armed. */
bool fault_was_hit(void);

/* Blocks that are allocated and not yet freed. */
size_t fault_live(void);

/* Runs `scenario` again and again, its first, second, third ... allocation
 * failing, until none is left to fail.  It returns 0 or its error: HF_ERR_NOMEM
 * exactly when an allocation failed.  No run may leave a block behind. */
void fault_each(int (*scenario)(void));

#endif
