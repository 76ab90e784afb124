/* `holdfast config`: shows, changes and checks the configuration. */
#include "host/file.h"
#include "host/tls.h"
#include "prog/config_file.h"
#include "prog/config_json.h"
#include "prog/kept.h"
#include "prog/nearest.h"
#include "prog/paths.h"
#include "prog/settings_from.h"
#include "prog/verbs.h"
#include "wire/json5_edit.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const source_names[] = {
    [HF_SOURCE_DEFAULT] = "default",
    [HF_SOURCE_OPENCLAW_FILE] = "openclaw.json",
    [HF_SOURCE_OWN_FILE] = "file",
    [HF_SOURCE_OPENCLAW_ENV] = "OPENCLAW_ variable",
    [HF_SOURCE_OWN_ENV] = "HOLDFAST_ variable",
    [HF_SOURCE_FLAG] = "flag",
};

/* --- limits --- */

static int get_limits(bool as_json)
{
    size_t count;
    const struct hf_limit *limits = hf_limits(&count);
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_writer_init(&w, &out);
    if (as_json) hf_json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        if (!as_json) {
            hf_buf_addf(&out, "%-26s %12lld %-14s %s; %s\n", limits[i].name,
                        (long long)limits[i].value, limits[i].unit, limits[i].reason,
                        limits[i].effect);
            continue;
        }
        hf_json_open_object(&w);
        hf_json_add_text(&w, "name", hf_bytes_cstr(limits[i].name));
        hf_json_add_int(&w, "value", limits[i].value);
        hf_json_add_text(&w, "unit", hf_bytes_cstr(limits[i].unit));
        hf_json_add_text(&w, "reason", hf_bytes_cstr(limits[i].reason));
        hf_json_add_text(&w, "effect", hf_bytes_cstr(limits[i].effect));
        hf_json_close_object(&w);
    }
    if (as_json) hf_json_close_array(&w);
    return hf_verb_print(&out);
}

/* --- get --- */

static int tell_bad_key(const struct hf_args *args, const char *name)
{
    char hint[2 * HF_NEAREST_BYTES];
    struct hf_fault fault;
    hf_key_hint(name, hint, sizeof hint);
    hf_fault_set(&fault, HF_ERR_USAGE, "no such key: \"%s\"%s", name, hint);
    return hf_verb_fail(args, &fault);
}

/* The value as a person types it: texts without quotes. */
static void add_shown(struct hf_buf *out, const struct hf_config *c, enum hf_key_id key)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    if (hf_keys[key].type == HF_KEY_TYPE_TEXT || hf_keys[key].type == HF_KEY_TYPE_CHOICE)
        hf_config_add_shown(out, hf_config_text(c, key));
    else
        hf_config_write(c, key, true, &w);
}

static int get_one(const struct hf_config *c, const struct hf_args *args)
{
    const char *name = args->operands[1];
    bool as_json = args->values[HF_OPTION_JSON] != NULL;
    struct hf_buf out;
    enum hf_key_id key = hf_key_find(hf_bytes_cstr(name));
    if (key == HF_KEY_COUNT) return tell_bad_key(args, name);
    hf_buf_init(&out, HF_CONFIG_TEXT_BYTES_MAX);
    if (as_json) {
        struct hf_json_writer w;
        hf_json_writer_init(&w, &out);
        hf_json_open_object(&w);
        hf_json_add_text(&w, "key", hf_bytes_cstr(name));
        hf_json_key(&w, "value");
        hf_config_write(c, key, true, &w);
        hf_json_add_text(&w, "source", hf_bytes_cstr(source_names[c->values[key].source]));
        hf_json_close_object(&w);
    } else {
        add_shown(&out, c, key);
        hf_buf_add_byte(&out, '\n');
    }
    return hf_verb_print(&out);
}

static int get_all(const struct hf_config *c, bool as_json)
{
    struct hf_buf out = { 0 };
    if (as_json) {
        hf_config_json(c, &out);
        return hf_verb_print(&out);
    }
    hf_buf_init(&out, HF_CONFIG_TEXT_BYTES_MAX);
    for (int i = 0; i < HF_KEY_COUNT; i++) {
        enum hf_key_id key = (enum hf_key_id)i;
        hf_buf_addf(&out, "%s = ", hf_keys[i].name);
        add_shown(&out, c, key);
        hf_buf_addf(&out, "  (%s)\n", source_names[c->values[key].source]);
    }
    return hf_verb_print(&out);
}

static int get(const struct hf_args *args)
{
    struct hf_config c;
    struct hf_fault fault;
    bool as_json = args->values[HF_OPTION_JSON] != NULL;
    if (args->values[HF_OPTION_LIMITS]) return get_limits(as_json);
    int exit_code = HF_EXIT_DONE;
    if (hf_config_load(&c, args, &fault) != 0)
        exit_code = hf_verb_refuse(args, &fault);
    else if (args->operand_count > 1)
        exit_code = get_one(&c, args);
    else
        exit_code = get_all(&c, as_json);
    hf_config_fini(&c);
    return exit_code;
}

/* --- validate --- */

static int check_tls_pair(const struct hf_config *c, struct hf_fault *fault)
{
    struct hf_tls *tls = NULL;
    if (!hf_config_bool(c, HF_KEY_TLS_ENABLED)) return 0;
    if (hf_config_text(c, HF_KEY_TLS_CERT).len == 0) return 0; /* a pair of our own is made */
    int err =
        hf_tls_new(&tls, c->values[HF_KEY_TLS_CERT].text, c->values[HF_KEY_TLS_KEY].text, fault);
    hf_tls_free(tls);
    return err;
}

/* A file may be meant for `run` alone or for `run -- CMD`: it fits one of them, and a warning
 * tells what keeps it from the first. */
static int check_run(struct hf_config *c, struct hf_fault *fault)
{
    struct hf_settings_place place;
    struct hf_kept kept = { .control = "" };
    int err = hf_settings_check(c, false, &place, fault);
    if (!err) return 0;
    struct hf_fault ignored;
    if (hf_settings_check(c, true, &place, &ignored) != 0 ||
        hf_kept_upstream(&kept, c, &ignored) != 0)
        return err;
    hf_buf_addf(&c->warnings, "only \"holdfast run -- CMD\" starts with this: %s\n", fault->text);
    *fault = (struct hf_fault){ 0 };
    return 0;
}

static int check_all(struct hf_config *c, const struct hf_args *args, struct hf_fault *fault)
{
    int err = hf_config_load(c, args, fault);
    if (!err) err = check_run(c, fault);
    if (!err) err = hf_kept_check(c, fault);
    return err ? err : check_tls_pair(c, fault);
}

static void add_warnings(struct hf_json_writer *w, struct hf_bytes lines)
{
    hf_json_add_array(w, "warnings");
    for (size_t from = 0; from < lines.len;) {
        size_t end = hf_bytes_find(lines, from, '\n');
        hf_json_put_text(w, hf_bytes(lines.ptr + from, end - from));
        from = end + 1;
    }
    hf_json_close_array(w);
}

static int print_verdict(const struct hf_config *c, const struct hf_fault *fault)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", fault->err == 0);
    hf_json_add_text(&w, "path", hf_bytes_cstr(c->own_path));
    if (fault->err) hf_json_add_text(&w, "error", hf_bytes_cstr(fault->text));
    add_warnings(&w, hf_buf_view(&c->warnings));
    hf_json_close_object(&w);
    return hf_verb_print(&out);
}

static int validate(const struct hf_args *args)
{
    struct hf_config c;
    struct hf_fault fault = { 0 };
    int exit_code = HF_EXIT_DONE;
    bool is_fine = check_all(&c, args, &fault) == 0;
    if (c.warnings.len > 0) fwrite(c.warnings.ptr, 1, c.warnings.len, stderr);
    if (args->values[HF_OPTION_JSON]) exit_code = print_verdict(&c, &fault);
    if (!is_fine && args->values[HF_OPTION_JSON])
        exit_code = fault.err == HF_ERR_USAGE ? HF_EXIT_USAGE : HF_EXIT_REFUSED;
    else if (!is_fine)
        exit_code = hf_verb_refuse(args, &fault);
    else if (!args->values[HF_OPTION_JSON])
        printf("%s: ok\n", c.has_own_file ? c.own_path : "configuration");
    hf_config_fini(&c);
    return exit_code;
}

/* --- set --- */

/* The new value as JSON, checked against its row. */
static int make_json(enum hf_key_id key, const char *value, struct hf_buf *out,
                     struct hf_fault *fault)
{
    struct hf_config c;
    struct hf_json_writer w;
    int err = hf_config_init(&c, fault);
    if (!err)
        err =
            hf_config_set_text(&c, key, HF_SOURCE_FLAG, hf_bytes_cstr(value), "config set", fault);
    hf_json_writer_init(&w, out);
    if (!err) hf_config_write(&c, key, false, &w);
    hf_config_fini(&c);
    return err;
}

/* What will stand in the file must be as readable as what stands there. */
static int check_text(struct hf_bytes text, const char *path, struct hf_fault *fault)
{
    struct hf_config c;
    int err = hf_config_init(&c, fault);
    if (!err) err = hf_config_text_read(&c, text, path, HF_SOURCE_OWN_FILE, fault);
    hf_config_fini(&c);
    return err;
}

static int make_parent(const char *path, struct hf_fault *fault)
{
    char directory[HF_CONFIG_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return 0;
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
    int number = hf_file_make_directories(directory);
    if (number == 0) return 0;
    return hf_fault_set(fault, hf_fault_code(number), "cannot make %s: %s", directory,
                        strerror(number));
}

static int edit_text(struct hf_bytes before, const char *path, enum hf_key_id key,
                     struct hf_bytes json, struct hf_buf *after, struct hf_fault *fault)
{
    struct hf_json5_error error;
    int err = hf_json5_edit(before, hf_bytes_cstr(hf_keys[key].name), json, HF_CONFIG_JSON_DEPTH,
                            after, &error);
    if (err && error.line > 0)
        hf_fault_set(fault, err, "%s:%zu:%zu: %s", path, error.line, error.column, error.what);
    else if (err)
        hf_fault_set(fault, err, "%s: %s", path, error.what);
    return err;
}

static int edit_file(const char *path, enum hf_key_id key, struct hf_bytes json,
                     struct hf_fault *fault)
{
    struct hf_buf before, after;
    hf_buf_init(&before, 2 * HF_LIMIT_CONFIG_BYTES);
    hf_buf_init(&after, HF_LIMIT_CONFIG_BYTES);
    int err = hf_file_read(path, HF_LIMIT_CONFIG_BYTES, &before, fault);
    if (err == HF_ERR_NOT_FOUND) err = make_parent(path, fault);
    if (!err) err = edit_text(hf_buf_view(&before), path, key, json, &after, fault);
    if (!err) err = check_text(hf_buf_view(&after), path, fault);
    if (!err) err = hf_file_replace(path, hf_buf_view(&after), 0600, fault);
    hf_buf_fini(&before);
    hf_buf_fini(&after);
    return err;
}

/* Only the value 1 turns it on, as in OpenClaw. */
static bool is_managed_elsewhere(void)
{
    const char *value = getenv("OPENCLAW_CONFIG_READONLY");
    return value && strcmp(value, "1") == 0;
}

static int print_set(const char *path, enum hf_key_id key)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, HF_CONFIG_TEXT_BYTES_MAX);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", true);
    hf_json_add_text(&w, "path", hf_bytes_cstr(path));
    hf_json_add_text(&w, "key", hf_bytes_cstr(hf_keys[key].name));
    hf_json_close_object(&w);
    return hf_verb_print(&out);
}

static int set(const struct hf_args *args)
{
    char path[HF_CONFIG_PATH_BYTES];
    bool is_asked_for;
    struct hf_buf json;
    struct hf_fault fault;
    enum hf_key_id key = hf_key_find(hf_bytes_cstr(args->operands[1]));
    if (key == HF_KEY_COUNT) return tell_bad_key(args, args->operands[1]);
    hf_buf_init(&json, HF_LIMIT_CONFIG_BYTES);
    int exit_code = HF_EXIT_DONE;
    if (hf_paths_own_config(args, path, &is_asked_for, &fault) != 0) {
        exit_code = hf_verb_refuse(args, &fault);
    } else if (is_managed_elsewhere()) {
        hf_fault_set(&fault, HF_ERR_READONLY,
                     "the configuration is managed from outside (OPENCLAW_CONFIG_READONLY=1): "
                     "change it there");
        exit_code = hf_verb_fail(args, &fault);
    } else if (path[0] == '\0') {
        hf_fault_set(&fault, HF_ERR_USAGE, "no place for the file: give --config or set HOME");
        exit_code = hf_verb_fail(args, &fault);
    } else if (make_json(key, args->operands[2], &json, &fault) != 0) {
        exit_code = hf_verb_refuse(args, &fault);
    } else if (edit_file(path, key, hf_buf_view(&json), &fault) != 0) {
        exit_code = hf_err_is_environment(fault.err) ? hf_verb_fail(args, &fault)
                                                     : hf_verb_refuse(args, &fault);
    } else if (args->values[HF_OPTION_JSON]) {
        exit_code = print_set(path, key);
    }
    hf_buf_fini(&json);
    return exit_code;
}

int hf_verb_config(const struct hf_args *args)
{
    static const struct {
        const char *name;
        int least, most; /* operands, with the name */
        int (*run)(const struct hf_args *args);
    } actions[] = { { "get", 1, 2, get }, { "set", 3, 3, set }, { "validate", 1, 1, validate } };
    struct hf_fault fault;
    const char *name = args->operand_count > 0 ? args->operands[0] : "";
    for (size_t i = 0; i < HF_COUNT(actions); i++)
        if (strcmp(name, actions[i].name) == 0 && args->operand_count >= actions[i].least &&
            args->operand_count <= actions[i].most)
            return actions[i].run(args);
    hf_fault_set(&fault, HF_ERR_USAGE, "config wants: get [KEY] | set KEY VALUE | validate");
    return hf_verb_fail(args, &fault);
}
