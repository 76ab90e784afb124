/* host/log_tail.h: the end of a log file, or what came after a cursor.  Blocking. */
#ifndef HF_HOST_LOG_TAIL_H
#define HF_HOST_LOG_TAIL_H

#include "base/buf.h"
#include "port/job.h"

/* Answers a logs.tail: whole lines only, at most what the request and
 * HF_LIMIT_LOG_TAIL_* allow, the newest ones.  A file that is not there yet is
 * empty.  `text` is emptied and holds what out->text is borrowed from. */
void hf_log_tail_read(const char *path, const struct hf_log_tail_request *request,
                      struct hf_buf *text, struct hf_log_tail_result *out);

#endif
