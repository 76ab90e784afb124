#include "wire/schema/gateway_config.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/json5_edit.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* A character is written with six bytes at most, and a member with a few more of its own. */
enum { JSON_BYTES_MAX = 4 * HF_LIMIT_CONFIG_BYTES, PARAMS_BYTES_MAX = 8 * HF_LIMIT_CONFIG_BYTES };

static const struct hf_bytes mark = HF_LIT_INIT("__OPENCLAW_REDACTED__");

static void wipe(struct hf_buf *b)
{
    if (b->ptr) hf_wipe(b->ptr, b->cap);
    hf_buf_fini(b);
}

static bool is_false(struct hf_bytes value)
{
    bool is_true = true;
    return hf_json_get_bool(value, &is_true) == 0 && !is_true;
}

/* --- reading --- */

static void add_value(struct hf_json_writer *w, struct hf_bytes payload, struct hf_bytes path)
{
    struct hf_bytes raw = hf_json_find(payload, "raw");
    struct hf_bytes value = hf_json_at(hf_json_find(payload, "parsed"), path);
    if (path.len > 0) hf_json_add_text(w, "key", path);
    if (path.len == 0 && hf_json_kind(raw) == HF_JSON_STRING)
        hf_json_add_raw(w, "raw", raw);
    else if (value.len > 0)
        hf_json_add_raw(w, "value", value);
}

void hf_gateway_config_view(struct hf_bytes payload, struct hf_bytes path, struct hf_buf *out)
{
    static const char *const names[] = { "exists", "valid", "hash" };
    struct hf_json_writer w;
    struct hf_bytes file = hf_json_find(payload, "path");
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    if (file.len > 0) hf_json_add_raw(&w, "file", file);
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        struct hf_bytes value = hf_json_find(payload, names[i]);
        if (value.len > 0) hf_json_add_raw(&w, names[i], value);
    }
    add_value(&w, payload, path);
    hf_json_close_object(&w);
}

/* --- writing --- */

const char *hf_draft_fit_text(enum hf_draft_fit fit)
{
    static const char *const texts[] = {
        [HF_DRAFT_FITS] = "it fits",
        [HF_DRAFT_SAME] = "it was so before",
        [HF_DRAFT_INVALID] = "the gateway's configuration is not valid: repair it first",
        [HF_DRAFT_UNNAMED] = "the gateway tells no hash of its configuration",
        [HF_DRAFT_NO_PLACE] = "something on the way to this key is not an object",
        [HF_DRAFT_TOO_LARGE] = "the configuration is larger than CONFIG_BYTES",
    };
    return texts[fit];
}

/* The text to write upon: appended to `out`; false: there is none. */
static bool read_text(struct hf_bytes payload, struct hf_buf *out)
{
    struct hf_bytes raw = hf_json_find(payload, "raw"), parsed = hf_json_find(payload, "parsed");
    if (is_false(hf_json_find(payload, "exists")))
        HF_BUF_LIT(out, "{}\n");
    else if (hf_json_kind(raw) == HF_JSON_STRING)
        hf_json_text(raw, out);
    else if (hf_json_kind(parsed) == HF_JSON_OBJECT)
        hf_buf_add(out, parsed);
    else
        return false;
    return true;
}

static bool is_same(struct hf_bytes one, struct hf_bytes other)
{
    return hf_json_match(one, other, HF_EMPTY) == HF_JSON_MATCHES &&
           hf_json_match(other, one, HF_EMPTY) == HF_JSON_MATCHES;
}

static enum hf_draft_fit edit(struct hf_draft *d, struct hf_bytes text, struct hf_bytes path,
                              struct hf_bytes value, struct hf_buf *after)
{
    struct hf_json5_error error;
    int err = hf_json5_edit(text, path, value, HF_GATEWAY_CONFIG_DEPTH, after, &error);
    if (!err) err = hf_json5_read(hf_buf_view(after), HF_GATEWAY_CONFIG_DEPTH, &d->sent, &error);
    if (err == HF_ERR_TYPE) return HF_DRAFT_NO_PLACE;
    if (err == HF_ERR_LIMIT || err == HF_ERR_NOMEM) return HF_DRAFT_TOO_LARGE;
    return err ? HF_DRAFT_INVALID : HF_DRAFT_FITS;
}

static void write_params(struct hf_draft *d, struct hf_bytes text)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, &d->params);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "raw", text);
    if (d->hash.len > 0) hf_json_add_text(&w, "baseHash", hf_buf_view(&d->hash));
    hf_json_close_object(&w);
}

static enum hf_draft_fit write_upon(struct hf_draft *d, struct hf_bytes payload,
                                    struct hf_bytes path, struct hf_bytes value,
                                    struct hf_buf *before, struct hf_buf *after)
{
    bool is_named = hf_json_kind(hf_json_find(payload, "hash")) == HF_JSON_STRING ||
                    is_false(hf_json_find(payload, "exists"));
    bool is_valid = !is_false(hf_json_find(payload, "valid")) && read_text(payload, before);
    if (hf_buf_done(before) != 0) return HF_DRAFT_TOO_LARGE;
    if (!is_valid) return HF_DRAFT_INVALID;
    if (!is_named) return HF_DRAFT_UNNAMED;
    if (is_same(value, hf_json_at(hf_json_find(payload, "parsed"), path))) return HF_DRAFT_SAME;
    hf_json_text(hf_json_find(payload, "hash"), &d->hash);
    enum hf_draft_fit fit = edit(d, hf_buf_view(before), path, value, after);
    if (fit == HF_DRAFT_FITS) write_params(d, hf_buf_view(after));
    bool is_whole = hf_buf_done(&d->params) == 0 && hf_buf_done(&d->hash) == 0;
    return fit == HF_DRAFT_FITS && !is_whole ? HF_DRAFT_TOO_LARGE : fit;
}

enum hf_draft_fit hf_draft_write(struct hf_draft *d, struct hf_bytes payload, struct hf_bytes path,
                                 struct hf_bytes value)
{
    struct hf_buf before, after;
    hf_draft_fini(d);
    hf_buf_init(&d->params, PARAMS_BYTES_MAX);
    hf_buf_init(&d->sent, JSON_BYTES_MAX);
    hf_buf_init(&d->hash, HF_LIMIT_NAME_BYTES);
    hf_buf_init(&before, HF_LIMIT_CONFIG_BYTES);
    hf_buf_init(&after, HF_LIMIT_CONFIG_BYTES);
    enum hf_draft_fit fit = write_upon(d, payload, path, value, &before, &after);
    wipe(&before);
    wipe(&after);
    return fit;
}

/* `parsed`, or what `raw` says where there is none: appended to `scratch` then. */
static struct hf_bytes found_in(struct hf_bytes payload, struct hf_buf *scratch)
{
    struct hf_bytes parsed = hf_json_find(payload, "parsed");
    struct hf_json5_error error;
    struct hf_buf text;
    if (hf_json_kind(parsed) == HF_JSON_OBJECT) return parsed;
    hf_buf_init(&text, HF_LIMIT_CONFIG_BYTES);
    hf_json_text(hf_json_find(payload, "raw"), &text);
    bool is_read = hf_buf_done(&text) == 0 &&
                   hf_json5_read(hf_buf_view(&text), HF_GATEWAY_CONFIG_DEPTH, scratch, &error) == 0;
    wipe(&text);
    return is_read ? hf_json_root(hf_buf_view(scratch)) : HF_EMPTY;
}

static enum hf_json_match match(const struct hf_draft *d, struct hf_bytes found,
                                struct hf_bytes path)
{
    struct hf_bytes sent = hf_json_root(hf_buf_view(&d->sent));
    enum hf_json_match all = hf_json_match(sent, found, mark);
    if (all != HF_JSON_MATCHES) return all;
    /* What came in beside what was set may be the gateway's, or be left of what stood there. */
    bool is_exact =
        hf_json_match(hf_json_at(found, path), hf_json_at(sent, path), HF_EMPTY) == HF_JSON_MATCHES;
    return is_exact ? HF_JSON_MATCHES : HF_JSON_UNSURE;
}

enum hf_json_match hf_draft_check(const struct hf_draft *d, struct hf_bytes payload,
                                  struct hf_bytes path)
{
    struct hf_buf scratch;
    bool is_as_before =
        d->hash.len > 0 && hf_json_is(hf_json_find(payload, "hash"), hf_buf_view(&d->hash));
    if (is_as_before) return HF_JSON_DIFFERS;
    hf_buf_init(&scratch, JSON_BYTES_MAX);
    enum hf_json_match how = match(d, found_in(payload, &scratch), path);
    wipe(&scratch);
    return how;
}

void hf_draft_fini(struct hf_draft *d)
{
    wipe(&d->params);
    wipe(&d->sent);
    hf_buf_fini(&d->hash);
}

/* --- errors of config.set --- */

/* The real gateway has no code of its own for a conflict: its message ends like this, in
 * whatever way it was seen. */
enum hf_gateway_config_error hf_gateway_config_error(struct hf_bytes error)
{
    struct hf_bytes message = hf_json_find(error, "message");
    struct hf_bytes advice = HF_LIT("re-run config.get");
    if (hf_json_is(hf_json_find(error, "code"), HF_LIT("UNAVAILABLE")))
        return HF_GATEWAY_CONFIG_CANNOT;
    if (hf_bytes_find_nocase(message, 0, advice) < message.len) return HF_GATEWAY_CONFIG_CONFLICT;
    return HF_GATEWAY_CONFIG_REFUSED;
}
