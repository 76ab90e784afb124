#include "wire/http_head.h"
#include "base/ascii.h"
#include "base/crypto.h"

enum { KEY_BYTES = 16, VERSION_CHARS = 8 /* "HTTP/1.1" */ };

static struct hf_http_fault fault(unsigned status, const char *what)
{
    return (struct hf_http_fault){ status, what };
}

static bool is_visible(struct hf_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') return false;
    return true;
}

/* The length of "http://" or "https://" at the head, or 0. */
static size_t scheme_len(struct hf_bytes target)
{
    struct hf_bytes http = HF_LIT("http://"), https = HF_LIT("https://");
    if (hf_bytes_same_nocase(hf_bytes_head(target, http.len), http)) return http.len;
    if (hf_bytes_same_nocase(hf_bytes_head(target, https.len), https)) return https.len;
    return 0;
}

/* Path and query: what stands behind scheme and host, perhaps nothing. */
static struct hf_bytes target_rest(struct hf_bytes target)
{
    size_t at = scheme_len(target);
    if (at == 0) return target;
    while (at < target.len && target.ptr[at] != '/' && target.ptr[at] != '?') at++;
    return hf_bytes_from(target, at);
}

struct hf_bytes hf_http_target_path(struct hf_bytes target)
{
    struct hf_bytes rest = target_rest(target);
    struct hf_bytes path = hf_bytes_head(rest, hf_bytes_find(rest, 0, '?'));
    return path.len > 0 ? path : HF_LIT("/");
}

struct hf_bytes hf_http_target_query(struct hf_bytes target)
{
    struct hf_bytes rest = target_rest(target);
    return hf_bytes_from(rest, hf_bytes_find(rest, 0, '?') + 1);
}

static struct hf_http_fault target_check(struct hf_bytes method, struct hf_bytes target)
{
    if (!is_visible(target) || hf_bytes_find(target, 0, '#') < target.len)
        return fault(400, "the target holds a byte that is not allowed");
    if (hf_bytes_same(method, HF_LIT("CONNECT"))) return fault(501, "CONNECT is not supported");
    if (hf_bytes_same(method, HF_LIT("OPTIONS")) && hf_bytes_same(target, HF_LIT("*")))
        return fault(0, NULL);
    if (target.ptr[0] == '/' || scheme_len(target) > 0) return fault(0, NULL);
    return fault(400, "the target is not a path");
}

static struct hf_http_fault version_read(struct hf_bytes text, unsigned *minor)
{
    if (text.len != VERSION_CHARS || !hf_bytes_starts(text, HF_LIT("HTTP/")) ||
        !hf_ascii_is_digit(text.ptr[5]) || text.ptr[6] != '.' || !hf_ascii_is_digit(text.ptr[7]))
        return fault(400, "the request line has no version");
    if (text.ptr[5] != '1' || text.ptr[7] > '1')
        return fault(505, "only HTTP/1.0 and HTTP/1.1 are spoken");
    *minor = text.ptr[7] - '0';
    return fault(0, NULL);
}

/* method SP target SP version, one space each (RFC 9112 section 3). */
static struct hf_http_fault request_line_read(struct hf_bytes line, struct hf_http_request *out)
{
    size_t first = hf_bytes_find(line, 0, ' ');
    size_t second = hf_bytes_find(line, first + 1, ' ');
    out->method = hf_bytes_head(line, first);
    if (!hf_http_is_token(out->method)) return fault(400, "the method is not a token");
    if (second == line.len) return fault(400, "the request line has no version");
    out->target = hf_bytes_from(hf_bytes_head(line, second), first + 1);
    if (out->target.len == 0) return fault(400, "the request line has no target");
    struct hf_http_fault found = version_read(hf_bytes_from(line, second + 1), &out->minor);
    return found.status != 0 ? found : target_check(out->method, out->target);
}

static struct hf_http_fault host_check(const struct hf_http_request *req)
{
    struct hf_bytes host = HF_EMPTY;
    size_t count = hf_http_count(&req->fields, HF_LIT("host"));
    if (count > 1) return fault(400, "there are two Host fields");
    if (count == 0 && req->minor > 0) return fault(400, "there is no Host field");
    hf_http_find(&req->fields, HF_LIT("host"), &host);
    if (!is_visible(host)) return fault(400, "the Host holds a byte that is not allowed");
    return fault(0, NULL);
}

static bool all_digits(struct hf_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!hf_ascii_is_digit(text.ptr[i])) return false;
    return text.len > 0;
}

/* A body whose end is not certain is how requests are smuggled: one plain length
 * or none (RFC 9112 section 6.3). */
static struct hf_http_fault body_check(struct hf_http_request *req)
{
    struct hf_bytes text;
    uint64_t len;
    size_t count = hf_http_count(&req->fields, HF_LIT("content-length"));
    if (hf_http_count(&req->fields, HF_LIT("transfer-encoding")) > 0)
        return count > 0 ? fault(400, "there are two body lengths")
                         : fault(501, "Transfer-Encoding is not supported");
    if (count > 1) return fault(400, "there are two body lengths");
    if (!hf_http_find(&req->fields, HF_LIT("content-length"), &text)) return fault(0, NULL);
    if (!all_digits(text)) return fault(400, "the Content-Length is not a number");
    if (!hf_bytes_u64(text, &len) || len > HF_LIMIT_HTTP_BODY_BYTES)
        return fault(413, "the body is too large");
    req->content_length = (size_t)len;
    return fault(0, NULL);
}

int hf_http_request_read(struct hf_http_reader *r, struct hf_bytes data, size_t *used,
                         struct hf_http_request *out)
{
    struct hf_http_read head;
    int err = hf_http_head_read(r, data, 414, &out->fields, &head);
    out->method = out->target = HF_EMPTY;
    out->minor = 0;
    out->content_length = 0;
    out->fault = fault(0, NULL);
    /* The first line's fault comes first, also when a later line has one. */
    if (head.first_line.len > 0) out->fault = request_line_read(head.first_line, out);
    if (out->fault.status == 0) out->fault = head.fault;
    if (out->fault.status == 0 && head.state == HF_HTTP_HEAD) out->fault = host_check(out);
    if (out->fault.status == 0 && head.state == HF_HTTP_HEAD) out->fault = body_check(out);
    out->state = out->fault.status != 0 ? HF_HTTP_REFUSED : head.state;
    r->is_done = out->state != HF_HTTP_NEED_MORE;
    *used = head.used;
    return err;
}

void hf_http_accept(struct hf_bytes key, char out[HF_HTTP_ACCEPT_CHARS])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[HF_BASE64_CHARS(KEY_BYTES) + sizeof guid - 1], digest[HF_SHA1_BYTES];
    size_t len = key.len < HF_BASE64_CHARS(KEY_BYTES) ? key.len : HF_BASE64_CHARS(KEY_BYTES);
    memcpy(text, key.ptr, len);
    memcpy(text + len, guid, sizeof guid - 1);
    hf_sha1(hf_bytes(text, len + sizeof guid - 1), digest);
    hf_base64_write(hf_bytes(digest, sizeof digest), out);
}

static bool is_key(struct hf_bytes text)
{
    uint8_t raw[KEY_BYTES];
    size_t len;
    return hf_base64_read(text, raw, sizeof raw, &len) == 0 && len == sizeof raw;
}

static struct hf_http_fault upgrade_fault(const struct hf_http_request *req, struct hf_bytes *key)
{
    const struct hf_http_fields *fields = &req->fields;
    struct hf_bytes version = HF_EMPTY, key_name = HF_LIT("sec-websocket-key");
    if (!hf_bytes_same(req->method, HF_LIT("GET"))) return fault(405, "an upgrade is a GET");
    if (req->minor < 1) return fault(400, "an upgrade needs HTTP/1.1");
    if (req->content_length > 0) return fault(400, "an upgrade has no body");
    if (!hf_http_has_token(fields, HF_LIT("connection"), HF_LIT("upgrade")))
        return fault(400, "Connection does not name Upgrade (a proxy may have removed it)");
    hf_http_find(fields, HF_LIT("sec-websocket-version"), &version);
    if (!hf_bytes_same(version, HF_LIT("13")) ||
        hf_http_count(fields, HF_LIT("sec-websocket-version")) > 1)
        return fault(426, "only WebSocket version 13 is spoken");
    if (hf_http_count(fields, key_name) != 1 || !hf_http_find(fields, key_name, key) ||
        !is_key(*key))
        return fault(400, "Sec-WebSocket-Key is not 16 bytes in base64");
    return fault(0, NULL);
}

void hf_http_upgrade_check(const struct hf_http_request *req, struct hf_http_upgrade *out)
{
    struct hf_bytes key = HF_EMPTY;
    *out = (struct hf_http_upgrade){ 0 };
    if (!hf_http_has_token(&req->fields, HF_LIT("upgrade"), HF_LIT("websocket"))) return;
    struct hf_http_fault found = upgrade_fault(req, &key);
    out->status = found.status != 0 ? found.status : 101;
    out->what = found.what;
    if (found.status == 0) hf_http_accept(key, out->accept);
}

void hf_http_upgrade_write(struct hf_buf *out, const char accept[HF_HTTP_ACCEPT_CHARS])
{
    HF_BUF_LIT(out, "HTTP/1.1 101 Switching Protocols\r\n"
                    "Upgrade: websocket\r\n"
                    "Connection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: ");
    hf_buf_add(out, hf_bytes(accept, HF_HTTP_ACCEPT_CHARS));
    HF_BUF_LIT(out, "\r\n\r\n");
}

void hf_http_answer_write(struct hf_buf *out, const struct hf_http_answer *answer)
{
    hf_buf_addf(out, "HTTP/1.1 %u %s\r\n", answer->status, hf_http_status_text(answer->status));
    for (size_t i = 0; i < answer->field_count; i++) {
        hf_buf_add(out, answer->fields[i].name);
        HF_BUF_LIT(out, ": ");
        hf_buf_add(out, answer->fields[i].value);
        HF_BUF_LIT(out, "\r\n");
    }
    if (answer->status == 426)
        HF_BUF_LIT(out, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Connection: Upgrade, close\r\n");
    else
        HF_BUF_LIT(out, "Connection: close\r\n");
    HF_BUF_LIT(out, "Content-Length: ");
    hf_buf_add_u64(out, answer->body.len);
    HF_BUF_LIT(out, "\r\n\r\n");
    if (!answer->is_head) hf_buf_add(out, answer->body);
}

const char *hf_http_status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } rows[] = {
        { 101, "Switching Protocols" },
        { 200, "OK" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 426, "Upgrade Required" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (rows[i].status == status) return rows[i].text;
    return "Unknown";
}
