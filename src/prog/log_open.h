/* prog/log_open.h: the log of a verb that stays: lines on stderr and in a file. */
#ifndef HF_PROG_LOG_OPEN_H
#define HF_PROG_LOG_OPEN_H

#include "host/log_sink.h"
#include "host/state_dir.h"
#include "prog/config.h"

/* `name` is the file in the state directory.  Both objects are the caller's to end, also
 * after an error; `*log` writes to them.  HF_ERR_TOO_LARGE. */
int hf_log_open(const struct hf_config *c, const struct hf_state_dir *state, const char *name,
                struct hf_log_file *file, struct hf_log_sink *sink, struct hf_log *log,
                struct hf_fault *fault);

#endif
