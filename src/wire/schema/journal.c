#include "wire/schema/journal.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

enum { VERSION = 1 };

void hf_journal_write(struct hf_buf *out, const struct hf_journal *j)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_int(&w, "version", VERSION);
    hf_json_add_int(&w, "pid", j->pid);
    hf_json_add_int(&w, "started", j->started);
    hf_json_add_text(&w, "boot", hf_bytes_cstr(j->boot));
    hf_json_add_text(&w, "program", hf_bytes_cstr(j->program));
    hf_json_add_text(&w, "group", hf_bytes_cstr(j->group));
    hf_json_add_int(&w, "port", j->port);
    hf_json_add_int(&w, "atMs", j->at_ms);
    if (j->token[0] != '\0') hf_json_add_text(&w, "token", hf_bytes_cstr(j->token));
    hf_json_close_object(&w);
    hf_buf_add_byte(out, '\n');
}

bool hf_journal_same(const struct hf_journal *a, const struct hf_journal *b)
{
    return a->pid == b->pid && a->started == b->started && strcmp(a->boot, b->boot) == 0 &&
           strcmp(a->program, b->program) == 0;
}

static bool read_text(struct hf_bytes object, const char *name, char *out, size_t cap)
{
    size_t len;
    if (hf_json_copy_text(hf_json_find(object, name), (uint8_t *)out, cap - 1, &len) != 0)
        return false;
    out[len] = '\0';
    return strlen(out) == len;
}

static bool read_int(struct hf_bytes object, const char *name, int64_t least, int64_t *out)
{
    return hf_json_get_int(hf_json_find(object, name), out) == 0 && *out >= least;
}

int hf_journal_read(struct hf_bytes text, struct hf_journal *out)
{
    struct hf_journal read = { 0 };
    struct hf_json_error error;
    int64_t version;
    if (hf_json_check(text, HF_LIMIT_JSON_DEPTH_PREAUTH, &error) != 0) return HF_ERR_CORRUPT;
    struct hf_bytes object = hf_json_root(text);
    if (!read_int(object, "version", VERSION, &version)) return HF_ERR_CORRUPT;
    if (version > VERSION) return HF_ERR_NEWER;
    if (!read_int(object, "pid", 1, &read.pid) || !read_int(object, "started", 0, &read.started) ||
        !read_int(object, "port", 0, &read.port) ||
        !read_int(object, "atMs", INT64_MIN, &read.at_ms) ||
        !read_text(object, "boot", read.boot, sizeof read.boot) ||
        !read_text(object, "program", read.program, sizeof read.program) ||
        !read_text(object, "group", read.group, sizeof read.group) || read.pid > INT32_MAX)
        return HF_ERR_CORRUPT;
    if (hf_json_find(object, "token").len > 0 &&
        !read_text(object, "token", read.token, sizeof read.token))
        return HF_ERR_CORRUPT;
    *out = read;
    return 0;
}
