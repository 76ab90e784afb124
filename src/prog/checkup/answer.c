#include "prog/checkup/answer.h"
#include "prog/show/text.h"
#include "wire/http_body.h"
#include "wire/json_read.h"

#include <stdio.h>

enum { TLS_ALERT = 0x15, TLS_HANDSHAKE = 0x16, TLS_MAJOR = 3 };

/* --- values --- */

static void copy_member(struct hf_bytes object, const char *name, char *out, size_t cap)
{
    struct hf_buf text;
    hf_buf_init(&text, HF_CHECKUP_ANSWER_BYTES);
    hf_json_text(hf_json_find(object, name), &text);
    hf_show_copy(out, cap, hf_buf_view(&text));
    hf_buf_fini(&text);
}

/* The texts of an array with commas between them. */
static void copy_list(struct hf_bytes list, char *out, size_t cap)
{
    struct hf_buf text;
    struct hf_json_iter it = hf_json_iter(list);
    struct hf_bytes value;
    hf_buf_init(&text, HF_CHECKUP_ANSWER_BYTES);
    while (hf_json_next(&it, &value)) {
        if (text.len > 0) HF_BUF_LIT(&text, ", ");
        hf_json_text(value, &text);
    }
    hf_show_copy(out, cap, hf_buf_view(&text));
    hf_buf_fini(&text);
}

static void read_body(struct hf_bytes body, struct hf_checkup_answer *out)
{
    bool is_ready;
    struct hf_bytes object = hf_json_root(body);
    if (hf_json_check(body, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL) != 0) return;
    copy_member(object, "status", out->says, sizeof out->says);
    copy_member(object, "version", out->version, sizeof out->version);
    hf_json_get_int(hf_json_find(object, "uptimeMs"), &out->uptime_ms);
    if (hf_json_get_bool(hf_json_find(object, "ready"), &is_ready) == 0) {
        out->is_gateway = true;
        out->is_positive = is_ready;
        snprintf(out->says, sizeof out->says, "%s", is_ready ? "ready" : "not ready");
        copy_list(hf_json_find(object, "failing"), out->reason, sizeof out->reason);
    } else if (hf_json_get_bool(hf_json_find(object, "ok"), &out->is_positive) == 0) {
        out->is_gateway = out->says[0] != '\0';
        copy_member(object, "pendingReason", out->reason, sizeof out->reason);
    }
}

/* Scheme and host: what stands behind may hold a secret. */
static void copy_location(struct hf_bytes location, struct hf_checkup_answer *out)
{
    size_t slashes = 0, len = 0;
    while (len < location.len && location.ptr[len] != '?' && location.ptr[len] != '#' &&
           (location.ptr[len] != '/' || ++slashes < 3))
        len++;
    struct hf_bytes shown = hf_bytes_head(location, len);
    if (hf_bytes_find(shown, 0, '@') < len) shown = HF_EMPTY; /* credentials before the host */
    hf_show_copy(out->location, sizeof out->location, shown);
}

static bool wants_tls(unsigned status, struct hf_bytes body)
{
    static const char mark[] = "HTTPS";
    return status == 400 && body.len > 0 && memmem(body.ptr, body.len, mark, sizeof mark - 1);
}

/* The body without what its sender put around it. */
static void add_body(const struct hf_http_response *res, struct hf_bytes rest, struct hf_buf *out)
{
    struct hf_http_body body;
    hf_http_body_init(&body, res);
    for (struct hf_bytes piece; (piece = hf_http_body_next(&body, &rest)).len > 0;)
        hf_buf_add(out, piece);
}

static void read_head(const struct hf_http_response *res, struct hf_bytes body,
                      struct hf_checkup_answer *out)
{
    struct hf_bytes value;
    out->speech = wants_tls(res->status, body) ? HF_CHECKUP_TLS : HF_CHECKUP_HTTP;
    out->status = res->status;
    if (hf_http_find(&res->fields, HF_LIT("Server"), &value))
        hf_show_copy(out->server, sizeof out->server, value);
    if (hf_http_find(&res->fields, HF_LIT("Location"), &value)) copy_location(value, out);
    if (!hf_http_find(&res->fields, HF_LIT("Content-Type"), &value)) return;
    out->is_html = hf_bytes_same_nocase(hf_bytes_head(value, 9), HF_LIT("text/html"));
    if (hf_bytes_same_nocase(hf_bytes_head(value, 16), HF_LIT("application/json")))
        read_body(body, out);
}

/* --- the whole --- */

void hf_checkup_answer_read(struct hf_bytes text, struct hf_checkup_answer *out)
{
    struct hf_http_reader reader;
    struct hf_http_response res = { .state = HF_HTTP_NEED_MORE };
    struct hf_buf body;
    size_t used = 0;
    int64_t took_ms = out->took_ms;
    *out = (struct hf_checkup_answer){ .speech = HF_CHECKUP_OTHER,
                                       .uptime_ms = -1,
                                       .took_ms = took_ms };
    if (text.len == 0) {
        out->speech = HF_CHECKUP_SILENT;
        return;
    }
    if (text.len >= 2 && (text.ptr[0] == TLS_ALERT || text.ptr[0] == TLS_HANDSHAKE) &&
        text.ptr[1] == TLS_MAJOR) {
        out->speech = HF_CHECKUP_TLS;
        return;
    }
    hf_http_reader_init(&reader);
    hf_buf_init(&body, HF_CHECKUP_ANSWER_BYTES);
    if (hf_http_response_read(&reader, text, &used, &res) == 0 && res.state == HF_HTTP_HEAD) {
        add_body(&res, hf_bytes_from(text, used), &body);
        read_head(&res, hf_buf_view(&body), out);
    }
    hf_buf_fini(&body);
    hf_http_reader_fini(&reader);
}
