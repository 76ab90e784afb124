#include "prog/config_edit.h"
#include "prog/config_file.h"
#include "wire/json5.h"
#include "wire/json_read.h"

enum { JSON_BYTES_MAX = 4 << 20, INDENT = 2 };

struct edit {
    struct hf_bytes text;
    struct hf_buf json, places;
    struct hf_bytes name; /* what is left of the key's name */
    size_t level;         /* objects around the place */
};

static const struct hf_json5_place *place_of(const struct edit *e, struct hf_bytes value)
{
    return hf_json5_place_find(&e->places, (size_t)(value.ptr - e->json.ptr));
}

static struct hf_bytes first_level(struct hf_bytes name)
{
    return hf_bytes_head(name, hf_bytes_find(name, 0, '.'));
}

/* The value of the member `key`; the last one counts, as when it is read. */
static struct hf_bytes find_member(struct hf_bytes object, struct hf_bytes key)
{
    struct hf_json_member member;
    struct hf_bytes found = HF_EMPTY;
    for (struct hf_json_iter it = hf_json_iter(object); hf_json_next_member(&it, &member);)
        if (hf_json_is(member.key, key)) found = member.value;
    return found;
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

static void insert(const struct edit *e, size_t bracket, struct hf_bytes json, struct hf_buf *out)
{
    size_t at = insert_at(e->text, bracket), opened = 0;
    hf_buf_add(out, hf_bytes_head(e->text, at));
    hf_buf_add_byte(out, '\n');
    add_indent(out, e->level + 1);
    struct hf_bytes name = e->name;
    for (struct hf_bytes key; (key = first_level(name)).len < name.len; opened++) {
        hf_buf_add(out, key);
        HF_BUF_LIT(out, ": { ");
        name = hf_bytes_from(name, key.len + 1);
    }
    hf_buf_add(out, name);
    HF_BUF_LIT(out, ": ");
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

static int change(struct edit *e, const char *path, struct hf_bytes json, struct hf_buf *out,
                  struct hf_fault *fault)
{
    struct hf_bytes object = hf_json_root(hf_buf_view(&e->json));
    for (;; e->level++) {
        const struct hf_json5_place *place = place_of(e, object);
        if (hf_json_kind(object) != HF_JSON_OBJECT)
            return hf_fault_set(fault, HF_ERR_TYPE, "%s:%zu: this is not an object", path,
                                hf_json5_line(e->text, place ? place->text_from : 0));
        struct hf_bytes key = first_level(e->name), value = find_member(object, key);
        if (hf_json_kind(value) == HF_JSON_NONE) {
            insert(e, place->text_from, json, out);
            return 0;
        }
        if (key.len == e->name.len) {
            place = place_of(e, value);
            hf_buf_add(out, hf_bytes_head(e->text, place->text_from));
            hf_buf_add(out, json);
            hf_buf_add(out, hf_bytes_from(e->text, place->text_to));
            return 0;
        }
        e->name = hf_bytes_from(e->name, key.len + 1);
        object = value;
    }
}

int hf_config_edit(struct hf_bytes text, const char *path, const char *name, struct hf_bytes json,
                   struct hf_buf *out, struct hf_fault *fault)
{
    struct hf_json5_error error;
    struct edit e = { .text = text, .name = hf_bytes_cstr(name) };
    if (hf_bytes_trim(text).len == 0) e.text = HF_LIT("{}\n");
    hf_buf_init(&e.json, JSON_BYTES_MAX);
    hf_buf_init(&e.places, JSON_BYTES_MAX);
    int err = hf_json5_read_places(e.text, HF_CONFIG_JSON_DEPTH, &e.json, &e.places, &error);
    if (err)
        hf_fault_set(fault, err, "%s:%zu:%zu: %s", path, error.line, error.column, error.what);
    else
        err = change(&e, path, json, out, fault);
    if (!err && hf_buf_done(out) != 0)
        err = hf_fault_set(fault, hf_buf_done(out), "%s would become too large", path);
    hf_buf_fini(&e.json);
    hf_buf_fini(&e.places);
    return err;
}
