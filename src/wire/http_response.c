#include "wire/http_response.h"
#include "base/crypto.h"

_Static_assert(HF_BASE64_CHARS(HF_HTTP_KEY_BYTES) == HF_HTTP_KEY_CHARS, "base64 of the key");

enum {
    STATUS_AT = 9, /* behind "HTTP/1.1 " */
    STATUS_CHARS = 3,
    REASON_AT = STATUS_AT + STATUS_CHARS + 1,
    RESPONSE_FAULT = 502, /* any status but 0: a client has nobody to answer */
};

static struct hf_http_fault fault(const char *what)
{
    return (struct hf_http_fault){ what ? RESPONSE_FAULT : 0, what };
}

/* HTTP/1.x SP status SP reason (RFC 9112 section 4); the last space may be
 * missing with the reason, as some proxies send it. */
static struct hf_http_fault status_line_read(struct hf_bytes line, struct hf_http_response *out)
{
    uint64_t status;
    if (line.len < REASON_AT - 1 || !hf_bytes_starts(line, HF_LIT("HTTP/1.")) ||
        (line.ptr[7] != '0' && line.ptr[7] != '1') || line.ptr[8] != ' ')
        return fault("the status line is not HTTP/1.x");
    struct hf_bytes digits = hf_bytes_head(hf_bytes_from(line, STATUS_AT), STATUS_CHARS);
    if (!hf_bytes_u64(digits, &status) || status < 100 || status > 599)
        return fault("the status is not a number from 100 to 599");
    if (line.len >= REASON_AT && line.ptr[REASON_AT - 1] != ' ')
        return fault("the status is not a number from 100 to 599");
    out->status = (unsigned)status;
    out->minor = line.ptr[7] - '0';
    out->reason = hf_bytes_from(line, REASON_AT);
    return fault(NULL);
}

static struct hf_http_fault body_read(struct hf_http_response *res)
{
    struct hf_bytes text;
    size_t lengths = hf_http_count(&res->fields, HF_LIT("content-length"));
    size_t encodings = hf_http_count(&res->fields, HF_LIT("transfer-encoding"));
    if (lengths + encodings > 1) return fault("there are two body lengths");
    if (hf_http_find(&res->fields, HF_LIT("transfer-encoding"), &text)) {
        if (!hf_bytes_same_nocase(text, HF_LIT("chunked")))
            return fault("the transfer encoding is not known");
        res->is_chunked = true;
    }
    if (hf_http_find(&res->fields, HF_LIT("content-length"), &text)) {
        if (!hf_bytes_u64(text, &res->content_length))
            return fault("the Content-Length is not a number");
        res->has_length = true;
    }
    return fault(NULL);
}

int hf_http_response_read(struct hf_http_reader *r, struct hf_bytes data, size_t *used,
                          struct hf_http_response *out)
{
    struct hf_http_read head;
    int err = hf_http_head_read(r, data, RESPONSE_FAULT, &out->fields, &head);
    out->status = out->minor = 0;
    out->reason = HF_EMPTY;
    out->has_length = out->is_chunked = false;
    out->content_length = 0;
    out->fault = fault(NULL);
    if (head.first_line.len > 0) out->fault = status_line_read(head.first_line, out);
    if (out->fault.status == 0) out->fault = head.fault;
    if (out->fault.status == 0 && head.state == HF_HTTP_HEAD) out->fault = body_read(out);
    out->state = out->fault.status != 0 ? HF_HTTP_REFUSED : head.state;
    r->is_done = out->state != HF_HTTP_NEED_MORE;
    *used = head.used;
    return err;
}

void hf_http_key_write(const uint8_t random[HF_HTTP_KEY_BYTES], char out[HF_HTTP_KEY_CHARS])
{
    hf_base64_write(hf_bytes(random, HF_HTTP_KEY_BYTES), out);
}

static void ask_start(struct hf_buf *out, const struct hf_http_ask *ask)
{
    HF_BUF_LIT(out, "GET ");
    hf_buf_add(out, ask->target);
    HF_BUF_LIT(out, " HTTP/1.1\r\nHost: ");
    hf_buf_add(out, ask->host);
    HF_BUF_LIT(out, "\r\n");
    for (size_t i = 0; i < ask->field_count; i++) {
        hf_buf_add(out, ask->fields[i].name);
        HF_BUF_LIT(out, ": ");
        hf_buf_add(out, ask->fields[i].value);
        HF_BUF_LIT(out, "\r\n");
    }
}

void hf_http_ask_upgrade_write(struct hf_buf *out, const struct hf_http_ask *ask,
                               const char key[HF_HTTP_KEY_CHARS])
{
    ask_start(out, ask);
    HF_BUF_LIT(out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    hf_buf_add(out, hf_bytes(key, HF_HTTP_KEY_CHARS));
    HF_BUF_LIT(out, "\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

void hf_http_ask_write(struct hf_buf *out, const struct hf_http_ask *ask)
{
    ask_start(out, ask);
    HF_BUF_LIT(out, "Connection: close\r\n\r\n");
}

static void add_place(struct hf_buf *out, struct hf_bytes host, uint16_t port)
{
    bool is_v6 = hf_bytes_find(host, 0, ':') < host.len;
    if (is_v6) HF_BUF_LIT(out, "[");
    hf_buf_add(out, host);
    if (is_v6) HF_BUF_LIT(out, "]");
    HF_BUF_LIT(out, ":");
    hf_buf_add_u64(out, port);
}

void hf_http_ask_tunnel_write(struct hf_buf *out, struct hf_bytes host, uint16_t port,
                              struct hf_bytes authorization)
{
    HF_BUF_LIT(out, "CONNECT ");
    add_place(out, host, port);
    HF_BUF_LIT(out, " HTTP/1.1\r\nHost: ");
    add_place(out, host, port);
    if (authorization.len > 0) HF_BUF_LIT(out, "\r\nProxy-Authorization: ");
    hf_buf_add(out, authorization);
    HF_BUF_LIT(out, "\r\n\r\n");
}

const char *hf_http_upgrade_fault(const struct hf_http_response *res,
                                  const char key[HF_HTTP_KEY_CHARS])
{
    const struct hf_http_fields *fields = &res->fields;
    struct hf_bytes got = HF_EMPTY;
    char want[HF_HTTP_ACCEPT_CHARS];
    if (res->status != 101) return "the status is not 101";
    if (!hf_http_has_token(fields, HF_LIT("upgrade"), HF_LIT("websocket")))
        return "Upgrade does not name websocket";
    if (!hf_http_has_token(fields, HF_LIT("connection"), HF_LIT("upgrade")))
        return "Connection does not name Upgrade";
    hf_http_accept(hf_bytes(key, HF_HTTP_KEY_CHARS), want);
    hf_http_find(fields, HF_LIT("sec-websocket-accept"), &got);
    if (!hf_bytes_same(got, hf_bytes(want, sizeof want)))
        return "Sec-WebSocket-Accept does not belong to the key";
    if (hf_http_count(fields, HF_LIT("sec-websocket-extensions")) > 0)
        return "an extension was chosen that was not offered";
    if (hf_http_count(fields, HF_LIT("sec-websocket-protocol")) > 0)
        return "a subprotocol was chosen that was not offered";
    return NULL;
}
