/* One value: from text or JSON, checked against its row, and back. */
#include "base/crypto.h"
#include "base/mem.h"
#include "prog/config_json.h"
#include "prog/show/text.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>

enum { EXPECTS_BYTES = 192, SHOWN_BYTES = 64, LIST_BYTES_MAX = 65536 };

/* `given`, the text or JSON of it, is told unless it may be a secret. */
static int refuse(struct hf_fault *fault, enum hf_key_id key, struct hf_bytes given,
                  const char *where)
{
    char expects[EXPECTS_BYTES], shown[SHOWN_BYTES] = "";
    bool is_secret = hf_keys[key].type == HF_KEY_TYPE_SECRET;
    bool is_json_text = given.len > 1 && given.ptr[0] == '"';
    if (is_json_text) given = hf_bytes(given.ptr + 1, given.len - 2);
    if (!is_secret) hf_show_copy(shown, sizeof shown, given);
    hf_key_expects(&hf_keys[key], expects, sizeof expects);
    return hf_fault_set(fault, HF_ERR_RANGE, "%s: %s must be %s%s%s%s", where, hf_keys[key].name,
                        expects, is_secret ? "" : ", not \"", shown, is_secret ? "" : "\"");
}

static int put_text(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                    struct hf_bytes text, struct hf_fault *fault)
{
    char *copy = hf_mem_new(text.len + 1);
    if (!copy) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    struct hf_value *value = &c->values[key];
    if (value->text) hf_wipe(value->text, strlen(value->text));
    hf_mem_free(value->text);
    value->text = copy;
    value->source = source;
    return 0;
}

static int put_number(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                      int64_t number)
{
    c->values[key].number = number;
    c->values[key].source = source;
    return 0;
}

/* --- by type --- */

static int put_int(struct hf_config *c, enum hf_key_id key, enum hf_source source, int64_t number,
                   struct hf_bytes given, const char *where, struct hf_fault *fault)
{
    if (number < hf_keys[key].min || number > hf_keys[key].max)
        return refuse(fault, key, given, where);
    return put_number(c, key, source, number);
}

static int put_choice(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                      struct hf_bytes word, const char *where, struct hf_fault *fault)
{
    struct hf_bytes words = hf_bytes_cstr(hf_keys[key].unit);
    int64_t place = 0;
    for (size_t from = 0; from <= words.len; place++) {
        size_t end = hf_bytes_find(words, from, '|');
        if (hf_bytes_same(hf_bytes(words.ptr + from, end - from), word)) {
            put_number(c, key, source, place);
            return put_text(c, key, source, word, fault);
        }
        from = end + 1;
    }
    return refuse(fault, key, word, where);
}

static int put_secret(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                      struct hf_bytes text, const char *where, struct hf_fault *fault)
{
    if (text.len <= HF_LIMIT_SECRET_BYTES) return put_text(c, key, source, text, fault);
    return hf_fault_set(fault, HF_ERR_RANGE, "%s: %s has more than %d bytes", where,
                        hf_keys[key].name, HF_LIMIT_SECRET_BYTES);
}

static bool read_bool(struct hf_bytes text, bool *out)
{
    static const struct {
        struct hf_bytes word;
        bool means;
    } words[] = {
        { HF_LIT_INIT("true"), true },   { HF_LIT_INIT("1"), true },
        { HF_LIT_INIT("yes"), true },    { HF_LIT_INIT("on"), true },
        { HF_LIT_INIT("false"), false }, { HF_LIT_INIT("0"), false },
        { HF_LIT_INIT("no"), false },    { HF_LIT_INIT("off"), false },
    };
    for (size_t i = 0; i < HF_COUNT(words); i++) {
        if (!hf_bytes_same_nocase(text, words[i].word)) continue;
        *out = words[i].means;
        return true;
    }
    return false;
}

/* A list in a variable has commas; in the value it has newlines. */
static int put_list_text(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                         struct hf_bytes text, struct hf_fault *fault)
{
    struct hf_buf items;
    hf_buf_init(&items, LIST_BYTES_MAX);
    for (size_t from = 0; from < text.len;) {
        size_t end = hf_bytes_find(text, from, ',');
        struct hf_bytes item = hf_bytes_trim(hf_bytes(text.ptr + from, end - from));
        if (items.len > 0 && item.len > 0) hf_buf_add_byte(&items, '\n');
        hf_buf_add(&items, item);
        from = end + 1;
    }
    int err = hf_buf_done(&items);
    if (err)
        hf_fault_set(fault, err, "%s: the list is too long", hf_keys[key].name);
    else
        err = put_text(c, key, source, hf_buf_view(&items), fault);
    hf_buf_fini(&items);
    return err;
}

int hf_config_set_text(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                       struct hf_bytes text, const char *where, struct hf_fault *fault)
{
    uint64_t number;
    bool truth;
    switch (hf_keys[key].type) {
    case HF_KEY_TYPE_INT:
        if (!hf_bytes_u64(text, &number) || number > INT64_MAX)
            return refuse(fault, key, text, where);
        return put_int(c, key, source, (int64_t)number, text, where, fault);
    case HF_KEY_TYPE_BOOL:
        if (!read_bool(text, &truth)) return refuse(fault, key, text, where);
        return put_number(c, key, source, truth);
    case HF_KEY_TYPE_CHOICE:
        return put_choice(c, key, source, text, where, fault);
    case HF_KEY_TYPE_TEXT:
        return put_text(c, key, source, text, fault);
    case HF_KEY_TYPE_SECRET:
        return put_secret(c, key, source, text, where, fault);
    case HF_KEY_TYPE_LIST:
        return put_list_text(c, key, source, text, fault);
    }
    return refuse(fault, key, text, where);
}

/* --- from JSON --- */

/* Appends the text of a JSON string: 0, HF_ERR_TYPE for other values and for texts
 * with a line break or NUL, which no key can mean, or the buffer's error. */
static int read_string(struct hf_bytes json, struct hf_buf *out)
{
    if (hf_json_kind(json) != HF_JSON_STRING) return HF_ERR_TYPE;
    size_t before = out->len;
    hf_json_text(json, out);
    struct hf_bytes text = hf_bytes_from(hf_buf_view(out), before);
    if (hf_buf_done(out) != 0) return hf_buf_done(out);
    bool is_line =
        hf_bytes_find(text, 0, '\n') == text.len && hf_bytes_find(text, 0, '\0') == text.len;
    return is_line ? 0 : HF_ERR_TYPE;
}

static int tell(struct hf_fault *fault, enum hf_key_id key, struct hf_bytes json, const char *where,
                int err)
{
    if (err == HF_ERR_TYPE) return refuse(fault, key, json, where);
    return hf_fault_set(fault, err, "%s: %s: %s", where, hf_keys[key].name, hf_err_text(err));
}

static int put_list_json(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                         struct hf_bytes json, const char *where, struct hf_fault *fault)
{
    struct hf_buf items;
    struct hf_bytes item;
    int err = hf_json_kind(json) == HF_JSON_ARRAY ? 0 : HF_ERR_TYPE;
    hf_buf_init(&items, LIST_BYTES_MAX);
    for (struct hf_json_iter it = hf_json_iter(json); !err && hf_json_next(&it, &item);) {
        if (items.len > 0) hf_buf_add_byte(&items, '\n');
        err = read_string(item, &items);
    }
    err = err ? tell(fault, key, json, where, err)
              : put_text(c, key, source, hf_buf_view(&items), fault);
    hf_buf_fini(&items);
    return err;
}

static int put_string_json(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                           struct hf_bytes json, const char *where, struct hf_fault *fault)
{
    struct hf_buf text;
    hf_buf_init(&text, LIST_BYTES_MAX);
    int err = read_string(json, &text);
    if (err)
        err = tell(fault, key, json, where, err);
    else if (hf_keys[key].type == HF_KEY_TYPE_CHOICE)
        err = put_choice(c, key, source, hf_buf_view(&text), where, fault);
    else if (hf_keys[key].type == HF_KEY_TYPE_SECRET)
        err = put_secret(c, key, source, hf_buf_view(&text), where, fault);
    else
        err = put_text(c, key, source, hf_buf_view(&text), fault);
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    return err;
}

int hf_config_set_json(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                       struct hf_bytes json, const char *where, struct hf_fault *fault)
{
    int64_t number;
    bool truth;
    switch (hf_keys[key].type) {
    case HF_KEY_TYPE_INT:
        if (hf_json_get_whole(json, &number) != 0) return refuse(fault, key, json, where);
        return put_int(c, key, source, number, json, where, fault);
    case HF_KEY_TYPE_BOOL:
        if (hf_json_get_bool(json, &truth) != 0) return refuse(fault, key, json, where);
        return put_number(c, key, source, truth);
    case HF_KEY_TYPE_CHOICE:
    case HF_KEY_TYPE_TEXT:
    case HF_KEY_TYPE_SECRET:
        return put_string_json(c, key, source, json, where, fault);
    case HF_KEY_TYPE_LIST:
        return put_list_json(c, key, source, json, where, fault);
    }
    return refuse(fault, key, json, where);
}

/* --- reading --- */

int64_t hf_config_int(const struct hf_config *c, enum hf_key_id key)
{
    return c->values[key].number;
}

bool hf_config_bool(const struct hf_config *c, enum hf_key_id key)
{
    return c->values[key].number != 0;
}

struct hf_bytes hf_config_text(const struct hf_config *c, enum hf_key_id key)
{
    return hf_bytes_cstr(c->values[key].text);
}

bool hf_config_is(const struct hf_config *c, enum hf_key_id key, const char *word)
{
    return hf_bytes_same(hf_config_text(c, key), hf_bytes_cstr(word));
}

bool hf_config_same(const struct hf_config *a, const struct hf_config *b, enum hf_key_id key)
{
    return a->values[key].number == b->values[key].number &&
           hf_bytes_same(hf_config_text(a, key), hf_config_text(b, key));
}

static void write_list(struct hf_bytes items, struct hf_json_writer *w)
{
    hf_json_open_array(w);
    for (size_t from = 0; from < items.len;) {
        size_t end = hf_bytes_find(items, from, '\n');
        hf_json_put_text(w, hf_bytes(items.ptr + from, end - from));
        from = end + 1;
    }
    hf_json_close_array(w);
}

void hf_config_write(const struct hf_config *c, enum hf_key_id key, bool hides,
                     struct hf_json_writer *w)
{
    struct hf_bytes text = hf_config_text(c, key);
    switch (hf_keys[key].type) {
    case HF_KEY_TYPE_INT:
        hf_json_put_int(w, hf_config_int(c, key));
        return;
    case HF_KEY_TYPE_BOOL:
        hf_json_put_bool(w, hf_config_bool(c, key));
        return;
    case HF_KEY_TYPE_TEXT:
        if (hides) {
            hf_config_put_shown(w, text);
            return;
        }
        hf_json_put_text(w, text);
        return;
    case HF_KEY_TYPE_CHOICE:
        hf_json_put_text(w, text);
        return;
    case HF_KEY_TYPE_SECRET:
        hf_json_put_text(w, hides && text.len > 0 ? HF_LIT("(hidden)") : text);
        return;
    case HF_KEY_TYPE_LIST:
        write_list(text, w);
        return;
    }
}
