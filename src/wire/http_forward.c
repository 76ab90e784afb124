#include "wire/http_forward.h"

static const struct hf_bytes connection = HF_LIT_INIT("connection");

static bool starts_nocase(struct hf_bytes name, struct hf_bytes lower)
{
    return hf_bytes_same_nocase(hf_bytes_head(name, lower.len), lower);
}

bool hf_http_is_attribution(struct hf_bytes name)
{
    return starts_nocase(name, HF_LIT("x-forwarded-")) ||
           starts_nocase(name, HF_LIT("tailscale-")) ||
           hf_bytes_same_nocase(name, HF_LIT("forwarded")) ||
           hf_bytes_same_nocase(name, HF_LIT("x-real-ip"));
}

static bool is_one_of(struct hf_bytes name, const struct hf_bytes *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hf_bytes_same_nocase(name, names[i])) return true;
    return false;
}

/* Speaks of this connection only (RFC 9110 section 7.6.1), by itself or because Connection
 * names it.  That can take away no field which says whom the request is for and where it
 * ends: what follows would be read as another one. */
static bool is_of_the_hop(const struct hf_http_fields *fields, struct hf_bytes name,
                          bool is_upgrade)
{
    static const struct hf_bytes always[] = { HF_LIT_INIT("connection"), HF_LIT_INIT("keep-alive"),
                                              HF_LIT_INIT("proxy-connection"), HF_LIT_INIT("te"),
                                              HF_LIT_INIT("trailer") };
    static const struct hf_bytes never[] = { HF_LIT_INIT("host"), HF_LIT_INIT("content-length"),
                                             HF_LIT_INIT("transfer-encoding") };
    if (hf_bytes_same_nocase(name, HF_LIT("upgrade"))) return !is_upgrade;
    if (is_one_of(name, always, HF_COUNT(always))) return true;
    return !is_one_of(name, never, HF_COUNT(never)) && hf_http_has_token(fields, connection, name);
}

static void add_field(struct hf_buf *out, struct hf_bytes name, struct hf_bytes value)
{
    hf_buf_add(out, name);
    HF_BUF_LIT(out, ": ");
    hf_buf_add(out, value);
    HF_BUF_LIT(out, "\r\n");
}

static void add_client(struct hf_buf *out, const struct hf_http_forward *forward)
{
    add_field(out, HF_LIT("X-Forwarded-For"), forward->client);
    add_field(out, HF_LIT("X-Forwarded-Proto"), forward->is_tls ? HF_LIT("https") : HF_LIT("http"));
}

void hf_http_forward_write(struct hf_buf *out, const struct hf_http_request *request,
                           const struct hf_http_forward *forward)
{
    const struct hf_http_fields *fields = &request->fields;
    bool is_asked = false; /* Connection: Upgrade stands there */
    hf_buf_add(out, request->method);
    hf_buf_add_byte(out, ' ');
    hf_buf_add(out, request->target);
    HF_BUF_LIT(out, " HTTP/1.");
    hf_buf_add_u64(out, request->minor);
    HF_BUF_LIT(out, "\r\n");
    for (size_t i = 0; i < fields->count; i++) {
        struct hf_bytes name = fields->items[i].name;
        if (hf_http_is_attribution(name)) continue;
        if (forward->is_upgrade && !is_asked && hf_bytes_same_nocase(name, connection)) {
            add_field(out, name, HF_LIT("Upgrade"));
            is_asked = true;
        }
        if (is_of_the_hop(fields, name, forward->is_upgrade)) continue;
        add_field(out, name, fields->items[i].value);
    }
    if (!is_asked) add_field(out, HF_LIT("Connection"), HF_LIT("close"));
    if (forward->client.len > 0) add_client(out, forward);
    HF_BUF_LIT(out, "\r\n");
}
