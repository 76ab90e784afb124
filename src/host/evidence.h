/* host/evidence.h: what the kernel says about a process that does not answer.
 *
 * Reads /proc.  spec/supervisor.md 12.3: stopped is not hung, and who uses the
 * processor is at work. */
#ifndef HF_HOST_EVIDENCE_H
#define HF_HOST_EVIDENCE_H

#include "base/buf.h"
#include "base/time.h"
#include "core/effort.h"

#include <sys/types.h>

/* The state letter of a process (R S D T Z), or 0. */
char hf_evidence_state(pid_t pid);

/* Whether it has a handler for this signal: without one it would be ended by it. */
bool hf_evidence_catches(pid_t pid, int number);

/* Whether it runs this program: the very file, or one of its name. */
bool hf_evidence_is_holdfast(pid_t pid);

/* What each of these processes has used of a processor so far, without its dead children,
 * when `counts_cpu`; and what its main thread has waited for one that others used: on a
 * machine with too much to do, work is mostly that.  How many of them live, and were
 * written to `out`. */
size_t hf_evidence_effort(const pid_t *pids, size_t count, bool counts_cpu,
                          struct hf_effort_process *out);

/* What these processes took of the machine's memory: what is theirs alone, what they
 * share among themselves (once for each), and what of it was swapped out; not the files
 * that they have mapped.  -1 when none can be read. */
int64_t hf_evidence_memory(const pid_t *pids, size_t count);

/* Appends one line for each process and each of its threads: name, state, what it waits
 * in, open descriptors, CPU time.  At most HF_LIMIT_DUMP_LINES. */
void hf_evidence_dump(const pid_t *pids, size_t count, struct hf_buf *out);

#endif
