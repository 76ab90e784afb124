#include "wire/json5_edit.h"
#include "base/crypto.h"
#include "base/err.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

enum { JSON_BYTES_MAX = 4 << 20, INDENT = 2 };

struct edit {
    struct hf_bytes text;
    struct hf_buf json, places;
    struct hf_bytes path; /* what is left of it */
    size_t level;         /* objects around the place */
};

static const struct hf_json5_place *place_of(const struct edit *e, struct hf_bytes value)
{
    return hf_json5_place_find(&e->places, (size_t)(value.ptr - e->json.ptr));
}

static struct hf_bytes first_key(struct hf_bytes path)
{
    return hf_bytes_head(path, hf_bytes_find(path, 0, '.'));
}

bool hf_json5_path_is_valid(struct hf_bytes path)
{
    struct hf_bytes key;
    while ((key = first_key(path)).len > 0 && key.len < path.len)
        path = hf_bytes_from(path, key.len + 1);
    return key.len > 0;
}

static void add_indent(struct hf_buf *out, size_t level)
{
    for (size_t i = 0; i < level * INDENT; i++) hf_buf_add_byte(out, ' ');
}

/* Where a new first member goes: behind the bracket, and behind a comment that
 * ends its line. */
static size_t insert_at(struct hf_bytes text, size_t bracket)
{
    size_t at = bracket + 1;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) at++;
    if (!hf_bytes_starts(hf_bytes_from(text, at), HF_LIT("//"))) return bracket + 1;
    return hf_bytes_find(text, at, '\n');
}

static bool is_plain(struct hf_bytes key)
{
    for (size_t i = 0; i < key.len; i++) {
        uint8_t c = key.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return key.len > 0;
}

static void add_key(struct hf_buf *out, struct hf_bytes key)
{
    if (is_plain(key))
        hf_buf_add(out, key);
    else
        hf_json_quote(out, key);
    HF_BUF_LIT(out, ": ");
}

static void insert(const struct edit *e, size_t bracket, struct hf_bytes json, struct hf_buf *out)
{
    size_t at = insert_at(e->text, bracket), opened = 0;
    hf_buf_add(out, hf_bytes_head(e->text, at));
    hf_buf_add_byte(out, '\n');
    add_indent(out, e->level + 1);
    struct hf_bytes path = e->path;
    for (struct hf_bytes key; (key = first_key(path)).len < path.len; opened++) {
        add_key(out, key);
        HF_BUF_LIT(out, "{ ");
        path = hf_bytes_from(path, key.len + 1);
    }
    add_key(out, path);
    hf_buf_add(out, json);
    while (opened-- > 0) HF_BUF_LIT(out, " }");
    hf_buf_add_byte(out, ',');
    struct hf_bytes rest = hf_bytes_from(e->text, at);
    if (hf_bytes_starts(hf_bytes_trim(rest), HF_LIT("}")) && hf_bytes_starts(rest, HF_LIT("}"))) {
        hf_buf_add_byte(out, '\n');
        add_indent(out, e->level);
    }
    hf_buf_add(out, rest);
}

static void replace(const struct edit *e, struct hf_bytes value, struct hf_bytes json,
                    struct hf_buf *out)
{
    const struct hf_json5_place *place = place_of(e, value);
    hf_buf_add(out, hf_bytes_head(e->text, place->text_from));
    hf_buf_add(out, json);
    hf_buf_add(out, hf_bytes_from(e->text, place->text_to));
}

static int change(struct edit *e, struct hf_bytes json, struct hf_buf *out,
                  struct hf_json5_error *error)
{
    struct hf_bytes object = hf_json_root(hf_buf_view(&e->json));
    for (;; e->level++) {
        const struct hf_json5_place *place = place_of(e, object);
        if (hf_json_kind(object) != HF_JSON_OBJECT) {
            size_t line = hf_json5_line(e->text, place ? place->text_from : 0);
            *error = (struct hf_json5_error){ HF_ERR_TYPE, line, 1, "this is not an object" };
            return HF_ERR_TYPE;
        }
        struct hf_bytes key = first_key(e->path), value = hf_json_find_key(object, key);
        if (hf_json_kind(value) == HF_JSON_NONE) {
            insert(e, place->text_from, json, out);
            return 0;
        }
        if (key.len == e->path.len) {
            replace(e, value, json, out);
            return 0;
        }
        e->path = hf_bytes_from(e->path, key.len + 1);
        object = value;
    }
}

static void wipe(struct hf_buf *b)
{
    if (b->ptr) hf_wipe(b->ptr, b->cap);
    hf_buf_fini(b);
}

int hf_json5_edit(struct hf_bytes text, struct hf_bytes path, struct hf_bytes json,
                  uint32_t depth_max, struct hf_buf *out, struct hf_json5_error *error)
{
    struct edit e = { .text = text, .path = path };
    if (hf_bytes_trim(text).len == 0) e.text = HF_LIT("{}\n");
    hf_buf_init(&e.json, JSON_BYTES_MAX);
    hf_buf_init(&e.places, JSON_BYTES_MAX);
    int err = hf_json5_read_places(e.text, depth_max, &e.json, &e.places, error);
    if (!err) err = change(&e, json, out, error);
    if (!err && hf_buf_done(out) != 0) {
        err = hf_buf_done(out);
        *error = (struct hf_json5_error){ err, 0, 0, "the text would become too large" };
    }
    wipe(&e.json);
    hf_buf_fini(&e.places);
    return err;
}
