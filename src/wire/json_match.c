#include "wire/json_match.h"
#include "wire/json_read.h"

/* Members that are not where they were are searched for: so many bytes in all. */
enum { SEARCH_BYTES = 1 << 26 };

struct match {
    struct hf_bytes mark;
    size_t searched;
};

static enum hf_json_match match(struct match *m, struct hf_bytes wanted, struct hf_bytes found);

struct hf_bytes hf_json_at(struct hf_bytes root, struct hf_bytes path)
{
    while (path.len > 0 && root.len > 0) {
        struct hf_bytes key = hf_bytes_head(path, hf_bytes_find(path, 0, '.'));
        root = hf_json_find_key(root, key);
        path = hf_bytes_from(path, key.len + 1);
    }
    return root;
}

/* Both are strings. */
static bool is_same_text(struct hf_bytes a, struct hf_bytes b)
{
    struct hf_buf text;
    if (hf_bytes_same(a, b)) return true;
    hf_buf_init(&text, a.len);
    hf_json_text(a, &text);
    bool is_same = hf_buf_done(&text) == 0 && hf_json_is(b, hf_buf_view(&text));
    hf_buf_fini(&text);
    return is_same;
}

static bool is_same_number(struct hf_bytes a, struct hf_bytes b)
{
    double x, y;
    if (hf_bytes_same(a, b)) return true;
    return hf_json_get_double(a, &x) == 0 && hf_json_get_double(b, &y) == 0 && x == y;
}

static enum hf_json_match match_scalars(struct hf_bytes wanted, struct hf_bytes found)
{
    enum hf_json_kind kind = hf_json_kind(wanted);
    bool is_same;
    if (kind == HF_JSON_STRING)
        is_same = hf_json_kind(found) == kind && is_same_text(wanted, found);
    else if (kind == HF_JSON_NUMBER)
        is_same = hf_json_kind(found) == kind && is_same_number(wanted, found);
    else
        is_same = hf_bytes_same(wanted, found);
    return is_same ? HF_JSON_MATCHES : HF_JSON_DIFFERS;
}

static enum hf_json_match worse(enum hf_json_match a, enum hf_json_match b)
{
    return a > b ? a : b;
}

static enum hf_json_match match_arrays(struct match *m, struct hf_bytes wanted,
                                       struct hf_bytes found)
{
    struct hf_json_iter w = hf_json_iter(wanted), f = hf_json_iter(found);
    struct hf_bytes one, other;
    enum hf_json_match all = HF_JSON_MATCHES;
    while (hf_json_next(&w, &one)) {
        if (!hf_json_next(&f, &other)) return HF_JSON_DIFFERS;
        all = worse(all, match(m, one, other));
    }
    return hf_json_next(&f, &other) ? HF_JSON_DIFFERS : all;
}

/* Of two members with one name the last one counts, on both sides. */
static bool is_last(struct match *m, struct hf_bytes object, const struct hf_json_member *member)
{
    struct hf_json_member other;
    bool is_last = true;
    if (object.len > SEARCH_BYTES - m->searched) return true;
    m->searched += object.len;
    for (struct hf_json_iter it = hf_json_iter(object); hf_json_next_member(&it, &other);)
        if (other.value.ptr > member->value.ptr && hf_bytes_same(other.key, member->key))
            is_last = false;
    return is_last;
}

/* A member that is not where it would be if nothing had been added or moved. */
static enum hf_json_match match_moved(struct match *m, struct hf_bytes wanted,
                                      struct hf_bytes found, struct hf_bytes key)
{
    struct hf_buf name;
    size_t cost = wanted.len + found.len;
    enum hf_json_match all = HF_JSON_UNSURE;
    if (cost > SEARCH_BYTES - m->searched) return all;
    m->searched += cost;
    hf_buf_init(&name, key.len);
    hf_json_text(key, &name);
    if (hf_buf_done(&name) == 0)
        all = match(m, hf_json_find_key(wanted, hf_buf_view(&name)),
                    hf_json_find_key(found, hf_buf_view(&name)));
    hf_buf_fini(&name);
    return all;
}

static enum hf_json_match match_objects(struct match *m, struct hf_bytes wanted,
                                        struct hf_bytes found)
{
    struct hf_json_iter w = hf_json_iter(wanted), f = hf_json_iter(found);
    struct hf_json_member one, other;
    enum hf_json_match all = HF_JSON_MATCHES;
    while (all != HF_JSON_DIFFERS && hf_json_next_member(&w, &one)) {
        bool is_next = hf_json_next_member(&f, &other) && hf_bytes_same(one.key, other.key);
        enum hf_json_match here = is_next ? match(m, one.value, other.value) : HF_JSON_DIFFERS;
        if (!is_next || (here == HF_JSON_DIFFERS && !is_last(m, wanted, &one)))
            here = match_moved(m, wanted, found, one.key);
        all = worse(all, here);
    }
    return all;
}

static enum hf_json_match match(struct match *m, struct hf_bytes wanted, struct hf_bytes found)
{
    enum hf_json_kind kind = hf_json_kind(wanted);
    bool is_hidden = m->mark.len > 0 && hf_json_is(found, m->mark);
    if (is_hidden) return hf_json_is(wanted, m->mark) ? HF_JSON_MATCHES : HF_JSON_UNSURE;
    if (kind != HF_JSON_ARRAY && kind != HF_JSON_OBJECT) return match_scalars(wanted, found);
    if (hf_json_kind(found) != kind) return HF_JSON_DIFFERS;
    return kind == HF_JSON_ARRAY ? match_arrays(m, wanted, found) : match_objects(m, wanted, found);
}

enum hf_json_match hf_json_match(struct hf_bytes wanted, struct hf_bytes found,
                                 struct hf_bytes mark)
{
    struct match m = { .mark = mark };
    return match(&m, wanted, found);
}
