#include "prog/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { AFTER_MS = 1000 };

void hf_progress_begin(struct hf_progress *p, const struct hf_args *args, hf_time now,
                       hf_span budget)
{
    *p = (struct hf_progress){ .started_at = now, .shown_at = now, .budget = budget };
    p->is_wanted = !args->values[HF_OPTION_QUIET] && isatty(STDERR_FILENO);
}

void hf_progress_show(struct hf_progress *p, hf_time now, const char *what)
{
    hf_span elapsed = hf_time_since(now, p->started_at);
    if (!p->is_wanted || elapsed < HF_MS(AFTER_MS)) return;
    if (p->is_shown && hf_time_since(now, p->shown_at) < HF_MS(HF_PROGRESS_EVERY_MS)) return;
    p->is_shown = true;
    p->shown_at = now;
    /* Back to the first column, and what was there is wiped behind the text. */
    fprintf(stderr, "\rholdfast: %s (%lld s of %lld s)\033[K", what,
            (long long)(hf_span_ms(elapsed) / 1000), (long long)(hf_span_ms(p->budget) / 1000));
    fflush(stderr);
}

void hf_progress_end(struct hf_progress *p)
{
    if (p->is_shown) fputs("\r\033[K", stderr);
    p->is_shown = p->is_wanted = false;
}
