#include "prog/config_json.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>

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

/* A text is hidden; a reference to where the secret is kept is none. */
static bool is_secret(const char *name, struct hf_bytes value)
{
    enum hf_key_id key = hf_key_find(hf_bytes_cstr(name));
    return key != HF_KEY_COUNT && hf_keys[key].type == HF_KEY_TYPE_SECRET &&
           hf_json_kind(value) != HF_JSON_OBJECT;
}

static void put_object(struct hf_json_writer *w, const char *prefix, struct hf_bytes object)
{
    struct hf_json_member member;
    hf_json_open_object(w);
    for (struct hf_json_iter it = hf_json_iter(object); hf_json_next_member(&it, &member);) {
        char name[HF_CONFIG_NAME_BYTES];
        uint8_t key[HF_CONFIG_NAME_BYTES];
        size_t len;
        /* Whoever read the file refused names that do not fit. */
        if (hf_json_copy_text(member.key, key, sizeof key, &len) != 0) continue;
        snprintf(name, sizeof name, "%s%s%.*s", prefix, prefix[0] ? "." : "", (int)len,
                 (const char *)key);
        hf_json_key_text(w, hf_bytes(key, len));
        if (is_secret(name, member.value))
            hf_json_put_text(w, HF_LIT("(hidden)"));
        else if (hf_json_kind(member.value) == HF_JSON_OBJECT)
            put_object(w, name, member.value);
        else
            hf_json_put_raw(w, member.value);
    }
    hf_json_close_object(w);
}

void hf_config_json_of_file(struct hf_bytes object, struct hf_buf *out)
{
    struct hf_json_writer w;
    hf_buf_fini(out);
    hf_buf_init(out, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_writer_init(&w, out);
    put_object(&w, "", object);
}
