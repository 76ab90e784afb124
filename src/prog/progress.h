/* prog/progress.h: one line on stderr for what takes more than a second.
 *
 * Only where a person looks: stderr is a terminal and --quiet was not given.  The line
 * is redrawn in place and wiped at the end, so that nothing of it stays. */
#ifndef HF_PROG_PROGRESS_H
#define HF_PROG_PROGRESS_H

#include "base/time.h"
#include "prog/options.h"

struct hf_progress {
    bool is_wanted, is_shown;
    hf_time started_at, shown_at;
    hf_span budget; /* of the whole */
};

enum { HF_PROGRESS_EVERY_MS = 250 };

void hf_progress_begin(struct hf_progress *p, const struct hf_args *args, hf_time now,
                       hf_span budget);

/* Shows "holdfast: WHAT (2 s of 10 s)"; too early or too soon: nothing. */
void hf_progress_show(struct hf_progress *p, hf_time now, const char *what);
void hf_progress_end(struct hf_progress *p);

#endif
