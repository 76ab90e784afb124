#include "prog/config_json.h"
#include "wire/json_write.h"

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
