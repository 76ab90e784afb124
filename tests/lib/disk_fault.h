/* lib/disk_fault.h: the n-th step to the disk fails, for each n.
 *
 * A test that links this (disk_fault_dep in tests/meson.build) has write, fsync,
 * fdatasync and rename wrapped by the linker wherever our own code calls them; those of
 * shared libraries are as they were.  A sync that does not fail is not carried out: no
 * test waits for the disk. */
#ifndef HF_LIB_DISK_FAULT_H
#define HF_LIB_DISK_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the n-th such call from now on fail with this errno, once; 0 makes none fail. */
void disk_fault_arm(size_t nth, int number);

/* Whether it has failed since it was armed. */
bool disk_fault_was_hit(void);

#endif
