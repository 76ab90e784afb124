#include "wire/http_forward.h"

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

/* Speaks of this connection only. */
static bool is_of_the_hop(struct hf_bytes name)
{
    return hf_bytes_same_nocase(name, HF_LIT("connection")) ||
           hf_bytes_same_nocase(name, HF_LIT("keep-alive")) ||
           hf_bytes_same_nocase(name, HF_LIT("proxy-connection"));
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
    hf_buf_add(out, request->method);
    hf_buf_add_byte(out, ' ');
    hf_buf_add(out, request->target);
    HF_BUF_LIT(out, " HTTP/1.");
    hf_buf_add_u64(out, request->minor);
    HF_BUF_LIT(out, "\r\n");
    for (size_t i = 0; i < fields->count; i++) {
        struct hf_bytes name = fields->items[i].name;
        if (hf_http_is_attribution(name)) continue;
        if (!forward->is_upgrade && is_of_the_hop(name)) continue;
        add_field(out, name, fields->items[i].value);
    }
    if (!forward->is_upgrade) add_field(out, HF_LIT("Connection"), HF_LIT("close"));
    if (forward->client.len > 0) add_client(out, forward);
    HF_BUF_LIT(out, "\r\n");
}
