#include "prog/log_follow.h"
#include "base/err.h"
#include "base/limits.h"
#include "prog/show/text.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <string.h>

void hf_log_follow_ask(const struct hf_log_follow *f, unsigned first_lines, struct hf_buf *out)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    if (f->has_cursor) hf_json_add_int(&w, "cursor", f->cursor);
    hf_json_add_int(&w, "limit", f->has_cursor ? HF_LIMIT_LOG_TAIL_LINES : first_lines);
    hf_json_add_int(&w, "maxBytes", HF_LIMIT_LOG_TAIL_BYTES);
    hf_json_close_object(&w);
}

int hf_log_follow_take(struct hf_log_follow *f, struct hf_bytes answer, struct hf_bytes *lines,
                       unsigned *notes)
{
    int64_t cursor;
    char file[sizeof f->file];
    struct hf_buf text;
    bool is_reset = false, is_truncated = false;
    struct hf_bytes list = hf_json_find(answer, "lines");
    if (hf_json_get_whole(hf_json_find(answer, "cursor"), &cursor) != 0 ||
        hf_json_kind(list) != HF_JSON_ARRAY)
        return HF_ERR_TYPE;
    hf_json_get_bool(hf_json_find(answer, "reset"), &is_reset);
    hf_json_get_bool(hf_json_find(answer, "truncated"), &is_truncated);
    hf_buf_init(&text, answer.len + 1);
    hf_json_text(hf_json_find(answer, "file"), &text);
    hf_show_copy(file, sizeof file, hf_buf_view(&text));
    hf_buf_fini(&text);
    *notes = 0;
    bool is_first = !f->has_cursor, is_other = !is_first && strcmp(file, f->file) != 0;
    if (is_other) *notes |= HF_LOG_OTHER_FILE;
    if (!is_first && !is_other && is_reset) *notes |= HF_LOG_ROTATED;
    if (!is_first && !is_other && is_truncated) *notes |= HF_LOG_LEFT_OUT;
    memcpy(f->file, file, sizeof file);
    f->has_cursor = true;
    /* A cursor of one file means nothing in another one: that is read from its start. */
    f->cursor = is_other ? 0 : cursor;
    *lines = is_other ? HF_EMPTY : list;
    return 0;
}
