#include "base/err.h"
#include "base/limits.h"
#include "engine/methods/handlers.h"

enum { CURSOR, LIMIT, BYTES };

static const struct hf_json_rule rows[] = {
    [CURSOR] = { .name = "cursor", .type = HF_RULE_INTEGER },
    [LIMIT] = { .name = "limit",
                .type = HF_RULE_INTEGER,
                .min = 1,
                .max = HF_LIMIT_LOG_TAIL_LINES },
    [BYTES] = { .name = "maxBytes",
                .type = HF_RULE_INTEGER,
                .min = 1,
                .max = HF_LIMIT_LOG_TAIL_BYTES },
};
const struct hf_json_rules hf_params_logs_tail = HF_JSON_RULES(rows);

enum { LINES_DEFAULT = 500, BYTES_DEFAULT = 250000 };

static void write_lines(struct hf_json_writer *w, struct hf_bytes text, size_t count)
{
    hf_json_add_array(w, "lines");
    for (size_t at = 0; count > 0; count--) {
        size_t end = hf_bytes_find(text, at, '\n');
        hf_json_put_text(w, hf_bytes_head(hf_bytes_from(text, at), end - at));
        at = end + 1;
    }
    hf_json_close_array(w);
}

static void tail_done(struct hf_server *s, struct hf_call *call, const struct hf_job_result *result)
{
    const struct hf_log_tail_result *tail = &result->u.log_tail;
    if (tail->err) {
        hf_buf_reset(&s->why, SIZE_MAX);
        hf_buf_addf(&s->why, "log read failed: %s: %s", tail->file, hf_err_text(tail->err));
        hf_reply_unavailable(s, call, hf_buf_view(&s->why), 0);
        return;
    }
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "file", hf_bytes_cstr(tail->file));
    hf_json_add_int(w, "cursor", tail->cursor);
    hf_json_add_int(w, "size", tail->size);
    write_lines(w, tail->text, tail->line_count);
    hf_json_add_bool(w, "truncated", tail->is_truncated);
    hf_json_add_bool(w, "reset", tail->is_reset);
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

void hf_method_logs_tail(struct hf_server *s, struct hf_call *call)
{
    struct hf_job job = { .kind = HF_JOB_LOG_TAIL };
    struct hf_log_tail_request *request = &job.u.log_tail;
    *request =
        (struct hf_log_tail_request){ .lines_max = LINES_DEFAULT, .bytes_max = BYTES_DEFAULT };
    request->has_cursor = hf_json_get_whole(call->values[CURSOR], &request->cursor) == 0;
    hf_json_get_whole(call->values[LIMIT], &request->lines_max);
    hf_json_get_whole(call->values[BYTES], &request->bytes_max);
    hf_reply_job(s, call, &job, tail_done);
}
