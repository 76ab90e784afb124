#include "prog/config_file.h"
#include "base/crypto.h"
#include "host/file.h"
#include "prog/config_json.h"
#include "prog/nearest.h"
#include "wire/json5.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = HF_CONFIG_NAME_BYTES, PLACES_BYTES_MAX = 1 << 22, JSON_BYTES_MAX = 4 << 20 };

/* One file that is being read; a file that it includes has one of its own. */
struct reader {
    struct hf_config *config;
    enum hf_source source;
    const char *path, *root; /* this file; the one that everything began with */
    int depth;
    struct hf_bytes text;
    struct hf_buf json, places;
    struct hf_fault *fault;
};

static int read_object(struct reader *r, const char *prefix, struct hf_bytes object);

/* "FILE:LINE" of a value. */
static const char *where(const struct reader *r, struct hf_bytes value, char out[PATH_MAX + 32])
{
    const struct hf_json5_place *place =
        hf_json5_place_find(&r->places, (size_t)(value.ptr - r->json.ptr));
    size_t line = place ? hf_json5_line(r->text, place->text_from) : 1;
    snprintf(out, PATH_MAX + 32, "%s:%zu", r->path, line);
    return out;
}

static int refuse(struct reader *r, struct hf_bytes value, const char *key, const char *why)
{
    char at[PATH_MAX + 32];
    return hf_fault_set(r->fault, HF_ERR_RANGE, "%s: %s %s", where(r, value, at), key, why);
}

static void warn(struct reader *r, struct hf_bytes value, const char *key, const char *why)
{
    char at[PATH_MAX + 32];
    hf_buf_addf(&r->config->warnings, "%s: %s %s\n", where(r, value, at), key, why);
}

/* --- variables in texts --- */

static size_t name_len(struct hf_bytes text)
{
    size_t len = 0;
    while (len < text.len &&
           (text.ptr[len] == '_' || (text.ptr[len] >= 'A' && text.ptr[len] <= 'Z') ||
            (len > 0 && text.ptr[len] >= '0' && text.ptr[len] <= '9')))
        len++;
    return len;
}

/* Replaces each ${NAME}; false with the name in `missing` when it is not set. */
static bool expand_text(struct hf_bytes text, struct hf_buf *out, char missing[NAME_BYTES])
{
    while (text.len > 0) {
        bool is_kept = hf_bytes_starts(text, HF_LIT("$${"));
        size_t head = is_kept ? 3 : 2;
        size_t len = head < text.len ? name_len(hf_bytes_from(text, head)) : 0;
        bool is_variable = (is_kept || hf_bytes_starts(text, HF_LIT("${"))) && len > 0 &&
                           len < NAME_BYTES && head + len < text.len && text.ptr[head + len] == '}';
        if (!is_variable) {
            hf_buf_add_byte(out, text.ptr[0]);
            text = hf_bytes_from(text, 1);
            continue;
        }
        snprintf(missing, NAME_BYTES, "%.*s", (int)len, (const char *)text.ptr + head);
        const char *value = getenv(missing);
        if (!is_kept && !value) return false;
        hf_buf_add(out, is_kept ? hf_bytes(text.ptr + 1, len + 3) : hf_bytes_cstr(value));
        text = hf_bytes_from(text, head + len + 1);
    }
    return true;
}

/* The value with its variables replaced, appended to `out`. */
static bool expand_value(struct hf_bytes value, struct hf_buf *out, char missing[NAME_BYTES])
{
    struct hf_bytes item;
    bool is_first = true, is_fine = true;
    if (hf_json_kind(value) == HF_JSON_ARRAY) {
        hf_buf_add_byte(out, '[');
        for (struct hf_json_iter it = hf_json_iter(value); is_fine && hf_json_next(&it, &item);) {
            if (!is_first) hf_buf_add_byte(out, ',');
            is_first = false;
            is_fine = expand_value(item, out, missing);
        }
        hf_buf_add_byte(out, ']');
        return is_fine;
    }
    if (hf_json_kind(value) != HF_JSON_STRING) {
        hf_buf_add(out, value);
        return true;
    }
    struct hf_buf plain, expanded;
    hf_buf_init(&plain, HF_LIMIT_CONFIG_BYTES);
    hf_buf_init(&expanded, HF_LIMIT_CONFIG_BYTES);
    hf_json_text(value, &plain);
    is_fine = expand_text(hf_buf_view(&plain), &expanded, missing);
    if (is_fine) hf_json_quote(out, hf_buf_view(&expanded));
    if (!out->err) out->err = plain.err ? plain.err : expanded.err;
    hf_buf_fini(&plain);
    hf_buf_fini(&expanded);
    return is_fine;
}

/* --- values --- */

/* OpenClaw's reference to a secret: { source: "env", id: "NAME" }. */
static int read_secret(struct reader *r, enum hf_key_id key, struct hf_bytes value)
{
    uint8_t name[NAME_BYTES];
    size_t len;
    char at[PATH_MAX + 32];
    const char *key_name = hf_keys[key].name;
    if (!hf_json_is(hf_json_find(value, "source"), HF_LIT("env")))
        return refuse(r, value, key_name, "must be a text or { source: \"env\", id: NAME } here");
    if (hf_json_copy_text(hf_json_find(value, "id"), name, sizeof name - 1, &len) != 0)
        return refuse(r, value, key_name, "names no variable in its \"id\"");
    name[len] = '\0';
    const char *secret = getenv((const char *)name);
    if (!secret) return refuse(r, value, key_name, "names a variable that is not set");
    return hf_config_set_text(r->config, key, r->source, hf_bytes_cstr(secret), where(r, value, at),
                              r->fault);
}

static int read_key(struct reader *r, enum hf_key_id key, struct hf_bytes value)
{
    char at[PATH_MAX + 32], missing[NAME_BYTES], why[NAME_BYTES + 64];
    struct hf_buf expanded;
    if (hf_keys[key].type == HF_KEY_TYPE_SECRET && hf_json_kind(value) == HF_JSON_OBJECT)
        return read_secret(r, key, value);
    /* OpenClaw writes false where a header is off. */
    if (key == HF_KEY_HSTS && hf_json_kind(value) == HF_JSON_BOOL) return 0;
    hf_buf_init(&expanded, JSON_BYTES_MAX);
    int err = 0;
    bool is_expanded = expand_value(value, &expanded, missing);
    if (hf_buf_done(&expanded) != 0) {
        err = hf_fault_set(r->fault, hf_buf_done(&expanded), "%s: %s: %s", where(r, value, at),
                           hf_keys[key].name, hf_err_text(hf_buf_done(&expanded)));
    } else if (is_expanded) {
        err = hf_config_set_json(r->config, key, r->source, hf_buf_view(&expanded),
                                 where(r, value, at), r->fault);
    } else {
        snprintf(why, sizeof why, "uses the variable %s, which is not set", missing);
        err = refuse(r, value, hf_keys[key].name, why);
    }
    if (expanded.ptr) hf_wipe(expanded.ptr, expanded.cap);
    hf_buf_fini(&expanded);
    return err;
}

static int refuse_unknown(struct reader *r, const char *name, struct hf_bytes value)
{
    char hint[2 * HF_NEAREST_BYTES], why[3 * HF_NEAREST_BYTES];
    hf_key_hint(name, hint, sizeof hint);
    snprintf(why, sizeof why, "is no key of holdfast%s",
             hint[0] ? hint : " (see \"holdfast config get\")");
    return refuse(r, value, name, why);
}

/* A key that the table does not have. */
static int read_unknown(struct reader *r, const char *name, struct hf_bytes value)
{
    struct hf_bytes text = hf_bytes_cstr(name);
    if (hf_key_is_foreign(text)) {
        warn(r, value, name, "is not served by holdfast and has no effect");
        return 0;
    }
    if (r->source == HF_SOURCE_OWN_FILE) return refuse_unknown(r, name, value);
    if (hf_bytes_starts(text, HF_LIT("gateway."))) warn(r, value, name, "is not known and ignored");
    return 0;
}

static int read_value(struct reader *r, const char *name, struct hf_bytes value)
{
    enum hf_key_id key = hf_key_find(hf_bytes_cstr(name));
    bool is_ours = hf_bytes_starts(hf_bytes_cstr(name), HF_LIT("holdfast."));
    if (key != HF_KEY_COUNT && (!is_ours || r->source == HF_SOURCE_OWN_FILE))
        return read_key(r, key, value);
    if (hf_key_is_parent(hf_bytes_cstr(name))) {
        if (hf_json_kind(value) == HF_JSON_OBJECT) return read_object(r, name, value);
        return refuse(r, value, name, "must be an object");
    }
    return read_unknown(r, name, value);
}

/* --- includes --- */

static int read_file(struct reader *r, const char *prefix);

/* Whether the file lies in the directory or below it; both are real paths. */
static bool is_inside(const char *file, const char *directory, size_t len)
{
    while (len > 1 && directory[len - 1] == '/') len--;
    if (len == 1 && directory[0] == '/') return true;
    return len > 0 && strncmp(file, directory, len) == 0 && file[len] == '/';
}

/* One entry of the list of roots; a leading ~ is the home directory. */
static bool is_inside_root(const char *file, const char *root, size_t len)
{
    char path[PATH_MAX], real[PATH_MAX];
    const char *home = root[0] == '~' && (len == 1 || root[1] == '/') ? getenv("HOME") : NULL;
    int skip = home ? 1 : 0;
    int total =
        snprintf(path, sizeof path, "%s%.*s", home ? home : "", (int)len - skip, root + skip);
    if (total >= (int)sizeof path || path[0] != '/' || !realpath(path, real)) return false;
    return is_inside(file, real, strlen(real));
}

/* A file of a configuration includes its own directory and what is below it, and the
 * directories of OPENCLAW_INCLUDE_ROOTS; where links lead counts, not where they stand. */
static bool may_include(const struct reader *r, const char *path)
{
    char file[PATH_MAX], own[PATH_MAX];
    const char *roots = getenv("OPENCLAW_INCLUDE_ROOTS");
    if (!realpath(path, file)) return true; /* reading it will say why */
    if (realpath(r->root, own) && is_inside(file, own, (size_t)(strrchr(own, '/') - own) + 1))
        return true;
    while (roots && *roots) {
        size_t len = strcspn(roots, ":");
        if (len > 0 && is_inside_root(file, roots, len)) return true;
        roots += len + (roots[len] == ':');
    }
    return false;
}

static int refuse_missing(struct reader *r, struct hf_bytes value, const char *name)
{
    char why[PATH_MAX + 64];
    snprintf(why, sizeof why, "names \"%s\", which is not there", name);
    return refuse(r, value, "$include", why);
}

static int include_one(struct reader *r, const char *prefix, struct hf_bytes value)
{
    uint8_t name[PATH_MAX];
    char path[2 * PATH_MAX];
    size_t len;
    if (hf_json_copy_text(value, name, sizeof name - 1, &len) != 0)
        return refuse(r, value, "$include", "must be a file name or a list of them");
    name[len] = '\0';
    if (r->depth == HF_LIMIT_INCLUDE_DEPTH)
        return refuse(r, value, "$include", "is nested too deeply (a file may include itself)");
    const char *slash = strrchr(r->path, '/');
    int directory = name[0] == '/' || !slash ? 0 : (int)(slash - r->path) + 1;
    snprintf(path, sizeof path, "%.*s%s", directory, r->path, (const char *)name);
    if (!may_include(r, path))
        return refuse(r, value, "$include",
                      "leads out of the directory of the configuration (OPENCLAW_INCLUDE_ROOTS "
                      "names more)");
    struct reader inner = { .config = r->config,
                            .source = r->source,
                            .path = path,
                            .root = r->root,
                            .depth = r->depth + 1,
                            .fault = r->fault };
    int err = read_file(&inner, prefix);
    /* The file of the user is there: HF_ERR_NOT_FOUND would say that it is not. */
    return err == HF_ERR_NOT_FOUND ? refuse_missing(r, value, (const char *)name) : err;
}

static int read_includes(struct reader *r, const char *prefix, struct hf_bytes value)
{
    struct hf_bytes item;
    int err = 0;
    if (hf_json_kind(value) == HF_JSON_NONE) return 0;
    if (hf_json_kind(value) != HF_JSON_ARRAY) return include_one(r, prefix, value);
    for (struct hf_json_iter it = hf_json_iter(value); !err && hf_json_next(&it, &item);)
        err = include_one(r, prefix, item);
    return err;
}

/* --- objects and files --- */

static int read_object(struct reader *r, const char *prefix, struct hf_bytes object)
{
    char name[NAME_BYTES];
    struct hf_json_member member;
    int err = read_includes(r, prefix, hf_json_find(object, "$include"));
    for (struct hf_json_iter it = hf_json_iter(object);
         !err && hf_json_next_member(&it, &member);) {
        uint8_t key[NAME_BYTES];
        size_t len;
        if (hf_json_is(member.key, HF_LIT("$include"))) continue;
        if (hf_json_copy_text(member.key, key, sizeof key, &len) != 0)
            return refuse(r, member.value, prefix, "holds a key that is too long");
        int total = snprintf(name, sizeof name, "%s%s%.*s", prefix, prefix[0] ? "." : "", (int)len,
                             (const char *)key);
        if (total >= NAME_BYTES)
            return refuse(r, member.value, prefix, "holds a key that is too long");
        err = read_value(r, name, member.value);
    }
    return err;
}

static int parse(struct reader *r)
{
    struct hf_json5_error error;
    int err = hf_json5_read_places(r->text, HF_CONFIG_JSON_DEPTH, &r->json, &r->places, &error);
    if (err)
        hf_fault_set(r->fault, err, "%s:%zu:%zu: %s", r->path, error.line, error.column,
                     error.what);
    return err;
}

/* For config.get, which shows what our file says beside what is in force. */
static int keep_own(struct reader *r, struct hf_bytes root)
{
    hf_config_json_of_file(root, &r->config->own_json);
    int err = hf_buf_done(&r->config->own_json);
    return err ? hf_fault_set(r->fault, err, "%s: %s", r->path, hf_err_text(err)) : 0;
}

static int read_text(struct reader *r, const char *prefix)
{
    hf_buf_init(&r->json, JSON_BYTES_MAX);
    hf_buf_init(&r->places, PLACES_BYTES_MAX);
    int err = parse(r);
    struct hf_bytes root = err ? HF_EMPTY : hf_json_root(hf_buf_view(&r->json));
    if (!err && hf_json_kind(root) != HF_JSON_OBJECT)
        err = refuse(r, root, "the file", "must hold one object");
    if (!err) err = read_object(r, prefix, root);
    if (!err && r->depth == 0 && r->source == HF_SOURCE_OWN_FILE) err = keep_own(r, root);
    if (r->json.ptr) hf_wipe(r->json.ptr, r->json.cap);
    hf_buf_fini(&r->json);
    hf_buf_fini(&r->places);
    return err;
}

static int read_file(struct reader *r, const char *prefix)
{
    struct hf_buf text;
    hf_buf_init(&text, HF_LIMIT_CONFIG_BYTES + 4096);
    int err = hf_file_read(r->path, HF_LIMIT_CONFIG_BYTES, &text, r->fault);
    r->text = hf_buf_view(&text);
    if (!err) err = read_text(r, prefix);
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    return err;
}

int hf_config_file_read(struct hf_config *c, const char *path, enum hf_source source,
                        struct hf_fault *fault)
{
    struct reader r = { .config = c, .source = source, .path = path, .root = path, .fault = fault };
    return read_file(&r, "");
}

int hf_config_text_read(struct hf_config *c, struct hf_bytes text, const char *path,
                        enum hf_source source, struct hf_fault *fault)
{
    struct reader r = {
        .config = c, .source = source, .path = path, .root = path, .text = text, .fault = fault
    };
    return read_text(&r, "");
}
