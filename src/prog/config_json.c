#include "prog/config_json.h"
#include "wire/censor.h"
#include "wire/json_read.h"
#include "wire/json_write.h"
#include "wire/url_secret.h"

#include <stdio.h>
#include <string.h>

/* How many bytes of `name`, up to and with a dot, are levels that `before` has too. */
static size_t shared_levels(struct hf_bytes before, struct hf_bytes name)
{
    size_t shared = 0;
    for (size_t i = 0; i < before.len && i < name.len && before.ptr[i] == name.ptr[i]; i++)
        if (name.ptr[i] == '.') shared = i + 1;
    return shared;
}

static size_t count_dots(struct hf_bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) count += text.ptr[i] == '.';
    return count;
}

/* Rows with a common beginning stand together in the table, so that an object is
 * closed once and never opened again. */
void hf_config_json(const struct hf_config *c, struct hf_buf *out)
{
    struct hf_json_writer w;
    struct hf_bytes before = HF_EMPTY;
    hf_buf_fini(out);
    hf_buf_init(out, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    for (int key = 0; key < HF_KEY_COUNT; key++) {
        struct hf_bytes name = hf_bytes_cstr(hf_keys[key].name);
        size_t at = shared_levels(before, name);
        size_t closes = count_dots(hf_bytes_from(before, at));
        for (size_t i = 0; i < closes; i++) hf_json_close_object(&w);
        for (size_t end; (end = hf_bytes_find(name, at, '.')) < name.len; at = end + 1) {
            hf_json_key_text(&w, hf_bytes(name.ptr + at, end - at));
            hf_json_open_object(&w);
        }
        hf_json_key_text(&w, hf_bytes_from(name, at));
        hf_config_write(c, (enum hf_key_id)key, true, &w);
        before = name;
    }
    for (size_t i = count_dots(before) + 1; i > 0; i--) hf_json_close_object(&w);
}

/* --- of a file --- */

/* The table's secrets, and what sounds like one in parts of the file that it does not know. */
static bool is_secret(const char *name, struct hf_bytes member)
{
    enum hf_key_id key = hf_key_find(hf_bytes_cstr(name));
    return key == HF_KEY_COUNT ? hf_censor_is_secret(member)
                               : hf_keys[key].type == HF_KEY_TYPE_SECRET;
}

/* A secret may be an object that says where it is kept; those members are none. */
static bool is_reference(struct hf_bytes member)
{
    return hf_bytes_same(member, HF_LIT("source")) || hf_bytes_same(member, HF_LIT("provider")) ||
           hf_bytes_same(member, HF_LIT("id"));
}

void hf_config_add_shown(struct hf_buf *out, struct hf_bytes text)
{
    if (hf_bytes_find_nocase(text, 0, HF_LIT("://")) == text.len)
        hf_buf_add(out, text);
    else
        hf_url_redact(out, text);
}

void hf_config_put_shown(struct hf_json_writer *w, struct hf_bytes text)
{
    struct hf_buf shown;
    hf_buf_init(&shown, 3 * text.len + 64);
    hf_config_add_shown(&shown, text);
    if (!w->out->err) w->out->err = hf_buf_done(&shown);
    hf_json_put_text(w, hf_buf_view(&shown));
    hf_buf_fini(&shown);
}

static void put_string(struct hf_json_writer *w, struct hf_bytes value)
{
    struct hf_buf text;
    hf_buf_init(&text, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_text(value, &text);
    if (!w->out->err) w->out->err = hf_buf_done(&text);
    hf_config_put_shown(w, hf_buf_view(&text));
    hf_buf_fini(&text);
}

static void put_object(struct hf_json_writer *w, const char *prefix, struct hf_bytes object,
                       bool is_hidden);

/* One value of that name; `is_hidden` is that of a secret. */
static void put_value(struct hf_json_writer *w, const char *name, struct hf_bytes value,
                      bool is_hidden)
{
    struct hf_bytes item;
    enum hf_json_kind kind = hf_json_kind(value);
    if (kind == HF_JSON_OBJECT) {
        put_object(w, name, value, is_hidden);
    } else if (kind == HF_JSON_ARRAY) {
        hf_json_open_array(w);
        for (struct hf_json_iter it = hf_json_iter(value); hf_json_next(&it, &item);)
            put_value(w, name, item, is_hidden);
        hf_json_close_array(w);
    } else if (is_hidden) {
        hf_json_put_text(w, HF_LIT("(hidden)"));
    } else if (kind == HF_JSON_STRING) {
        put_string(w, value);
    } else {
        hf_json_put_raw(w, value);
    }
}

/* A name that does not fit is left out: it is none of ours. */
static void put_object(struct hf_json_writer *w, const char *prefix, struct hf_bytes object,
                       bool is_hidden)
{
    struct hf_json_member member;
    hf_json_open_object(w);
    for (struct hf_json_iter it = hf_json_iter(object); hf_json_next_member(&it, &member);) {
        char name[HF_CONFIG_NAME_BYTES];
        uint8_t key[HF_CONFIG_NAME_BYTES];
        size_t len;
        if (hf_json_copy_text(member.key, key, sizeof key, &len) != 0) continue;
        int total = snprintf(name, sizeof name, "%s%s%.*s", prefix, prefix[0] ? "." : "", (int)len,
                             (const char *)key);
        if (total >= (int)sizeof name) continue;
        bool is_kept = is_hidden && is_reference(hf_bytes(key, len));
        hf_json_key_text(w, hf_bytes(key, len));
        put_value(w, name, member.value,
                  !is_kept && (is_hidden || is_secret(name, hf_bytes(key, len))));
    }
    hf_json_close_object(w);
}

void hf_config_json_of_file(struct hf_bytes object, struct hf_buf *out)
{
    struct hf_json_writer w;
    hf_buf_fini(out);
    hf_buf_init(out, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_writer_init(&w, out);
    put_object(&w, "", object, false);
}
