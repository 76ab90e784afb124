#include "base/log.h"
#include "base/limits.h"

void hf_log_write(const struct hf_log *log, enum hf_log_level level, const char *event,
                  const struct hf_log_field *fields, size_t field_count)
{
    struct hf_log_record record = {
        .level = level, .event = event, .fields = fields, .field_count = field_count
    };
    log->sink(log->ctx, &record);
}

static const char *const level_names[] = { "error", "warn", "info", "debug" };

const char *hf_log_level_name(enum hf_log_level level)
{
    return level_names[level];
}

bool hf_log_level_read(struct hf_bytes text, enum hf_log_level *out)
{
    static const struct {
        const char *name;
        enum hf_log_level level;
    } names[] = {
        { "error", HF_LOG_ERROR },  { "warn", HF_LOG_WARN },   { "info", HF_LOG_INFO },
        { "debug", HF_LOG_DEBUG },  { "trace", HF_LOG_DEBUG }, { "fatal", HF_LOG_ERROR },
        { "silent", HF_LOG_ERROR },
    };
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        if (!hf_bytes_same(text, hf_bytes_cstr(names[i].name))) continue;
        *out = names[i].level;
        return true;
    }
    return false;
}

/* Bytes at the head that are one character which a terminal draws; 0: a control character
 * (those above 0x7F, too: U+0080 to U+009F), or no UTF-8. */
static size_t shown_len(struct hf_bytes text)
{
    uint8_t c = text.ptr[0];
    if (c < 0x80) return c >= ' ' && c != 0x7F;
    size_t len = c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (len > text.len || (c == 0xC2 && text.ptr[1] < 0xA0)) return 0;
    for (size_t i = 1; i < len; i++)
        if ((text.ptr[i] & 0xC0) != 0x80) return 0;
    return len;
}

static bool is_plain(struct hf_bytes text)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        len = shown_len(hf_bytes_from(text, i));
        if (len == 0 || text.ptr[i] == ' ' || text.ptr[i] == '"' || text.ptr[i] == '\\')
            return false;
    }
    return text.len > 0;
}

static void add_quoted(struct hf_buf *out, struct hf_bytes text)
{
    hf_buf_add_byte(out, '"');
    for (size_t i = 0, len; i < text.len; i += len ? len : 1) {
        uint8_t c = text.ptr[i];
        len = shown_len(hf_bytes_from(text, i));
        if (c == '"' || c == '\\')
            hf_buf_addf(out, "\\%c", c);
        else if (len == 0)
            hf_buf_addf(out, "\\x%02x", c);
        else
            hf_buf_add(out, hf_bytes(text.ptr + i, len));
    }
    hf_buf_add_byte(out, '"');
}

static void add_value(struct hf_buf *out, const struct hf_log_field *field)
{
    switch (field->kind) {
    case HF_LOG_TEXT: {
        struct hf_bytes text = hf_bytes_cut_utf8(field->text, HF_LIMIT_LOG_VALUE_BYTES);
        if (is_plain(text))
            hf_buf_add(out, text);
        else
            add_quoted(out, text);
        if (text.len < field->text.len) HF_BUF_LIT(out, "...");
        return;
    }
    case HF_LOG_INT:
        hf_buf_add_i64(out, field->number);
        return;
    case HF_LOG_REAL:
        hf_buf_addf(out, "%g", field->real);
        return;
    case HF_LOG_BOOL:
        hf_buf_add(out, field->number ? HF_LIT("true") : HF_LIT("false"));
        return;
    }
}

void hf_log_format(struct hf_buf *out, const struct hf_log_record *record)
{
    hf_buf_add(out, hf_bytes_cstr(record->event));
    for (size_t i = 0; i < record->field_count; i++) {
        hf_buf_add_byte(out, ' ');
        hf_buf_add(out, hf_bytes_cstr(record->fields[i].key));
        hf_buf_add_byte(out, '=');
        add_value(out, &record->fields[i]);
    }
}
