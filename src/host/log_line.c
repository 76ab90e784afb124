#include "host/log_line.h"
#include "base/assert.h"
#include "base/limits.h"
#include "wire/json_write.h"
#include "wire/utf8.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

enum { MESSAGE_BYTES = 8192 };

/* Two or more digits at `out`; every log line passes here, so no printf. */
static void put_digits(char *out, int count, int value)
{
    while (count-- > 0) {
        out[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void hf_log_time(int64_t wall_ms, char out[HF_LOG_TIME_CHARS])
{
    int64_t ms = wall_ms % 1000 + (wall_ms % 1000 < 0 ? 1000 : 0);
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm at;
    gmtime_r(&seconds, &at);
    memcpy(out, "0000-00-00T00:00:00.000Z", HF_LOG_TIME_CHARS);
    put_digits(out, 4, at.tm_year + 1900);
    put_digits(out + 5, 2, at.tm_mon + 1);
    put_digits(out + 8, 2, at.tm_mday);
    put_digits(out + 11, 2, at.tm_hour);
    put_digits(out + 14, 2, at.tm_min);
    put_digits(out + 17, 2, at.tm_sec);
    put_digits(out + 20, 3, (int)ms);
}

void hf_log_line_text(struct hf_buf *out, int64_t wall_ms, const struct hf_log_record *record)
{
    char at[HF_LOG_TIME_CHARS];
    hf_log_time(wall_ms, at);
    hf_buf_add(out, hf_bytes(at, sizeof at));
    hf_buf_add_byte(out, ' ');
    for (const char *c = hf_log_level_name(record->level); *c; c++)
        hf_buf_add_byte(out, (uint8_t)toupper((unsigned char)*c));
    hf_buf_add_byte(out, ' ');
    hf_log_format(out, record);
    hf_buf_add_byte(out, '\n');
}

/* Texts of peers are valid; paths and names of the system need not be. */
static struct hf_bytes shown(struct hf_bytes text)
{
    if (!hf_utf8_check(text)) return HF_LIT("(not UTF-8)");
    return hf_bytes_cut_utf8(text, HF_LIMIT_LOG_VALUE_BYTES);
}

static void add_field(struct hf_json_writer *w, const struct hf_log_field *field)
{
    switch (field->kind) {
    case HF_LOG_TEXT:
        hf_json_add_text(w, field->key, shown(field->text));
        return;
    case HF_LOG_INT:
        hf_json_add_int(w, field->key, field->number);
        return;
    case HF_LOG_REAL:
        hf_json_add_double(w, field->key, field->real);
        return;
    case HF_LOG_BOOL:
        hf_json_add_bool(w, field->key, field->number != 0);
        return;
    }
}

void hf_log_line_json(struct hf_buf *out, int64_t wall_ms, const struct hf_log_record *record)
{
    char at[HF_LOG_TIME_CHARS];
    uint8_t text[MESSAGE_BYTES];
    struct hf_json_writer w;
    struct hf_buf message = { .ptr = text, .cap = sizeof text, .max = sizeof text };
    hf_log_time(wall_ms, at);
    hf_log_format(&message, record);
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "time", hf_bytes(at, sizeof at));
    hf_json_add_text(&w, "level", hf_bytes_cstr(hf_log_level_name(record->level)));
    hf_json_add_text(&w, "subsystem", HF_LIT("holdfast"));
    /* A record with more than fits is told by its event here, by its fields below. */
    bool fits = hf_buf_done(&message) == 0 && hf_utf8_check(hf_buf_view(&message));
    hf_json_add_text(&w, "message", fits ? hf_buf_view(&message) : hf_bytes_cstr(record->event));
    hf_json_add_text(&w, "event", hf_bytes_cstr(record->event));
    for (size_t i = 0; i < record->field_count; i++) add_field(&w, &record->fields[i]);
    hf_json_close_object(&w);
    hf_buf_add_byte(out, '\n');
}

int hf_log_priority(enum hf_log_level level)
{
    switch (level) {
    case HF_LOG_ERROR:
        return 3;
    case HF_LOG_WARN:
        return 4;
    case HF_LOG_INFO:
        return 6;
    case HF_LOG_DEBUG:
        return 7;
    }
    HF_UNREACHABLE();
}
