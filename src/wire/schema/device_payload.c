#include "wire/schema/device_payload.h"

static void add_field(struct hf_buf *out, struct hf_bytes text)
{
    hf_buf_add_byte(out, '|');
    hf_buf_add(out, text);
}

static void add_scopes(struct hf_buf *out, const struct hf_connect *connect)
{
    hf_buf_add_byte(out, '|');
    for (size_t i = 0; i < connect->scope_count; i++) {
        if (i > 0) hf_buf_add_byte(out, ',');
        hf_buf_add(out, connect->scopes[i]);
    }
}

/* Trimmed, and ASCII capitals lowered; other letters stay. */
static void add_lowered(struct hf_buf *out, struct hf_bytes text)
{
    text = hf_bytes_trim(text);
    hf_buf_add_byte(out, '|');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        hf_buf_add_byte(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c);
    }
}

static struct hf_bytes signed_token(const struct hf_connect_auth *auth)
{
    if (auth->token.len > 0) return auth->token;
    return auth->device_token.len > 0 ? auth->device_token : auth->bootstrap_token;
}

void hf_device_payload_write(struct hf_buf *out, enum hf_device_payload_version version,
                             const struct hf_connect *connect)
{
    const struct hf_connect_client *client = &connect->client;
    hf_buf_add(out, version == HF_DEVICE_PAYLOAD_V3 ? HF_LIT("v3") : HF_LIT("v2"));
    add_field(out, connect->device.id);
    add_field(out, hf_bytes_cstr(hf_client_id_name(client->id)));
    add_field(out, hf_bytes_cstr(hf_client_mode_name(client->mode)));
    add_field(out, connect->role_name);
    add_scopes(out, connect);
    hf_buf_add_byte(out, '|');
    hf_buf_add_i64(out, connect->device.signed_at_ms);
    add_field(out, signed_token(&connect->auth));
    add_field(out, connect->device.nonce);
    if (version == HF_DEVICE_PAYLOAD_V2) return;
    add_lowered(out, client->platform);
    add_lowered(out, client->device_family);
}
