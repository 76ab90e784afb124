/* host/journal.h: the file that names the process which a supervisor has started.
 *
 * It is there for the next supervisor of the same boot: a record of an older one names
 * nobody.  So it outlives each end of a process, and nobody waits for the disk: it is
 * written on the loop's thread, at once behind the start that it tells of. */
#ifndef HF_HOST_JOURNAL_H
#define HF_HOST_JOURNAL_H

#include "host/fault.h"
#include "wire/schema/journal.h"

#include <sys/types.h>

/* Fills what the kernel says about a living process: boot and program.  False when it
 * is gone. */
bool hf_journal_describe(pid_t pid, struct hf_journal *out);

/* Replaces the record in one step. */
int hf_journal_save(const char *path, const struct hf_journal *j, struct hf_fault *fault);

/* There is none from now on. */
int hf_journal_clear(const char *path, struct hf_fault *fault);

/* 0, HF_ERR_NOT_FOUND, or why it cannot be read. */
int hf_journal_load(const char *path, struct hf_journal *out, struct hf_fault *fault);

/* Whether the process that the record names lives, and is the same. */
bool hf_journal_is_alive(const struct hf_journal *j);

#endif
