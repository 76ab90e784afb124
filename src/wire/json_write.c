#include "wire/json_write.h"
#include "base/assert.h"
#include "base/real.h"
#include "wire/json_run.h"

#include <math.h>

void hf_json_writer_init(struct hf_json_writer *w, struct hf_buf *out)
{
    *w = (struct hf_json_writer){ .out = out };
}

/* A value starts here: the comma before it, and its key must be said. */
static void start_value(struct hf_json_writer *w)
{
    bool in_object = w->depth > 0 && (w->objects & 1);
    HF_ASSERT(in_object == w->has_key);
    HF_ASSERT(w->depth > 0 || !w->wants_comma);
    if (w->wants_comma) hf_buf_add_byte(w->out, ',');
    w->wants_comma = true;
    w->has_key = false;
}

static void open_container(struct hf_json_writer *w, bool is_object)
{
    HF_ASSERT(w->depth < HF_JSON_WRITE_DEPTH);
    start_value(w);
    hf_buf_add_byte(w->out, is_object ? '{' : '[');
    w->objects = w->objects << 1 | is_object;
    w->depth++;
    w->wants_comma = false;
}

static void close_container(struct hf_json_writer *w, bool is_object)
{
    HF_ASSERT(w->depth > 0);
    HF_ASSERT((w->objects & 1) == is_object);
    HF_ASSERT(!w->has_key);
    hf_buf_add_byte(w->out, is_object ? '}' : ']');
    w->objects >>= 1;
    w->depth--;
    w->wants_comma = true;
}

void hf_json_open_object(struct hf_json_writer *w)
{
    open_container(w, true);
}

void hf_json_close_object(struct hf_json_writer *w)
{
    close_container(w, true);
}

void hf_json_open_array(struct hf_json_writer *w)
{
    open_container(w, false);
}

void hf_json_close_array(struct hf_json_writer *w)
{
    close_container(w, false);
}

/* A member starts here: the comma before it, and a value must follow its key. */
static void start_member(struct hf_json_writer *w)
{
    HF_ASSERT(w->depth > 0 && (w->objects & 1) && !w->has_key);
    if (w->wants_comma) hf_buf_add_byte(w->out, ',');
    w->wants_comma = false;
    w->has_key = true;
}

void hf_json_key_text(struct hf_json_writer *w, struct hf_bytes key)
{
    start_member(w);
    hf_json_quote(w->out, key);
    hf_buf_add_byte(w->out, ':');
}

void hf_json_key(struct hf_json_writer *w, const char *key)
{
    start_member(w);
    hf_buf_add_byte(w->out, '"');
    hf_buf_add(w->out, hf_bytes_cstr(key));
    HF_BUF_LIT(w->out, "\":");
}

/* --- values --- */

static void add_escape(struct hf_buf *out, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    uint8_t text[] = { '\\', 'u', '0', '0', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 0xF] };
    size_t len = sizeof text;
    if (c >= 0x20 || letters[c]) {
        text[1] = c >= 0x20 ? c : (uint8_t)letters[c];
        len = 2;
    }
    hf_buf_add(out, hf_bytes(text, len));
}

void hf_json_escape(struct hf_buf *out, struct hf_bytes text)
{
    if (text.len == 0) return;
    const uint8_t *at = text.ptr, *end = text.ptr + text.len;
    while (at < end) {
        const uint8_t *to = hf_json_run(at, end, HF_JSON_RUN_TEXT);
        hf_buf_add(out, hf_bytes(at, (size_t)(to - at)));
        if (to < end) add_escape(out, *to++);
        at = to;
    }
}

void hf_json_quote(struct hf_buf *out, struct hf_bytes text)
{
    /* Usually nothing is escaped; then this is the only growth. */
    hf_buf_reserve(out, text.len + 2);
    hf_buf_add_byte(out, '"');
    hf_json_escape(out, text);
    hf_buf_add_byte(out, '"');
}

void hf_json_put_text(struct hf_json_writer *w, struct hf_bytes text)
{
    start_value(w);
    hf_json_quote(w->out, text);
}

void hf_json_put_int(struct hf_json_writer *w, int64_t value)
{
    start_value(w);
    hf_buf_add_i64(w->out, value);
}

void hf_json_put_uint(struct hf_json_writer *w, uint64_t value)
{
    start_value(w);
    hf_buf_add_u64(w->out, value);
}

void hf_json_put_bool(struct hf_json_writer *w, bool value)
{
    hf_json_put_raw(w, value ? HF_LIT("true") : HF_LIT("false"));
}

void hf_json_put_null(struct hf_json_writer *w)
{
    hf_json_put_raw(w, HF_LIT("null"));
}

void hf_json_put_double(struct hf_json_writer *w, double value)
{
    /* Whole numbers up to 2^53 are exact as integers. */
    if (fabs(value) <= 0x1p53 && value == floor(value)) {
        hf_json_put_int(w, (int64_t)value);
        return;
    }
    if (!isfinite(value)) {
        hf_json_put_null(w);
        return;
    }
    char text[HF_REAL_CHARS];
    hf_json_put_raw(w, hf_bytes(text, hf_real_write(value, text)));
}

void hf_json_put_raw(struct hf_json_writer *w, struct hf_bytes json)
{
    HF_ASSERT(json.len > 0);
    start_value(w);
    hf_buf_add(w->out, json);
}

/* --- members --- */

void hf_json_add_text(struct hf_json_writer *w, const char *key, struct hf_bytes text)
{
    hf_json_key(w, key);
    hf_json_put_text(w, text);
}

void hf_json_add_text_if(struct hf_json_writer *w, const char *key, struct hf_bytes text)
{
    if (text.len > 0) hf_json_add_text(w, key, text);
}

void hf_json_add_int(struct hf_json_writer *w, const char *key, int64_t value)
{
    hf_json_key(w, key);
    hf_json_put_int(w, value);
}

void hf_json_add_uint(struct hf_json_writer *w, const char *key, uint64_t value)
{
    hf_json_key(w, key);
    hf_json_put_uint(w, value);
}

void hf_json_add_bool(struct hf_json_writer *w, const char *key, bool value)
{
    hf_json_key(w, key);
    hf_json_put_bool(w, value);
}

void hf_json_add_null(struct hf_json_writer *w, const char *key)
{
    hf_json_key(w, key);
    hf_json_put_null(w);
}

void hf_json_add_double(struct hf_json_writer *w, const char *key, double value)
{
    hf_json_key(w, key);
    hf_json_put_double(w, value);
}

void hf_json_add_raw(struct hf_json_writer *w, const char *key, struct hf_bytes json)
{
    hf_json_key(w, key);
    hf_json_put_raw(w, json);
}

void hf_json_put_members(struct hf_json_writer *w, struct hf_bytes object)
{
    HF_ASSERT(w->depth > 0 && (w->objects & 1) && !w->has_key);
    HF_ASSERT(object.len >= 2 && object.ptr[0] == '{' && object.ptr[object.len - 1] == '}');
    struct hf_bytes members = hf_bytes_trim(hf_bytes(object.ptr + 1, object.len - 2));
    if (members.len == 0) return;
    if (w->wants_comma) hf_buf_add_byte(w->out, ',');
    hf_buf_add(w->out, members);
    w->wants_comma = true;
}

void hf_json_add_object(struct hf_json_writer *w, const char *key)
{
    hf_json_key(w, key);
    hf_json_open_object(w);
}

void hf_json_add_array(struct hf_json_writer *w, const char *key)
{
    hf_json_key(w, key);
    hf_json_open_array(w);
}
