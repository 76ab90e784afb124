/* What the child says (spec/supervisor.md section 14): its lines into our log, and what
 * they tell about a failure. */
#include "engine/supervisor_parts.h"

static enum hf_log_level level_of(enum hf_output_level level)
{
    switch (level) {
    case HF_OUTPUT_WARN:
        return HF_LOG_WARN;
    case HF_OUTPUT_INFO:
        return HF_LOG_INFO;
    case HF_OUTPUT_DEBUG:
    case HF_OUTPUT_DROP:
        return HF_LOG_DEBUG;
    }
    return HF_LOG_DEBUG;
}

static void log_note(struct hf_supervisor *s, const struct hf_output_note *note)
{
    struct hf_bytes stream = note->is_stderr ? HF_LIT("stderr") : HF_LIT("stdout");
    enum hf_log_level level = level_of(note->level);
    switch (note->kind) {
    case HF_OUTPUT_LINE:
        HF_LOG(&s->config.log, level, "child.said", HF_TEXT("line", note->text),
               HF_TEXT("stream", stream));
        return;
    case HF_OUTPUT_REPEATS:
        HF_LOG(&s->config.log, level, "child.repeated", HF_TEXT("line", note->text),
               HF_INT("count", note->count));
        return;
    case HF_OUTPUT_STAGE:
        HF_LOG(&s->config.log, level, "child.stage", HF_TEXT("line", note->text),
               HF_BOOL("slow", note->is_slow), HF_INT("took_ms", hf_span_ms(note->took)));
        return;
    case HF_OUTPUT_UNSHOWN:
        HF_LOG(&s->config.log, level, "child.unshown", HF_INT("count", note->count));
        return;
    }
}

void hf_keep_output_run(struct hf_supervisor *s)
{
    struct hf_output_note note;
    while (hf_output_next(&s->output, s->now.mono, &note)) log_note(s, &note);
}

void hf_keep_output_took(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    if (e->tree != s->gateway && !hf_ledger_find(&s->ledger, e->tree)) {
        s->stale_count++;
        return;
    }
    bool was_safe_mode = s->output.is_safe_mode;
    hf_output_give(&s->output, e->u.output.is_stderr, e->u.output.bytes);
    hf_keep_output_run(s);
    s->status_changed |= s->output.is_safe_mode != was_safe_mode;
}

/* The main process is gone: a last line without its end is a line too. */
void hf_keep_output_ended(struct hf_supervisor *s)
{
    struct hf_output_note note;
    uint32_t cursor = 0;
    hf_output_end(&s->output, false);
    hf_output_end(&s->output, true);
    hf_keep_output_run(s);
    while (hf_output_rest(&s->output, &cursor, &note)) log_note(s, &note);
}

uint32_t hf_keep_output_marks(const struct hf_supervisor *s)
{
    uint32_t marks = 0;
    for (size_t i = 0; i < hf_output_kept_count(&s->output); i++)
        marks |= hf_failure_marks(hf_output_kept_line(&s->output, i));
    return marks;
}

size_t hf_supervisor_line_count(const struct hf_supervisor *s)
{
    return hf_output_kept_count(&s->output);
}

void hf_supervisor_line(const struct hf_supervisor *s, size_t i, struct hf_buf *out)
{
    hf_output_kept_show(&s->output, i, out);
}
