#include "base/device.h"

#include <stdio.h>

enum { TOKEN_TEXT_BYTES = 128 };

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool hf_device_id_read(struct hf_bytes text, struct hf_device_id *out)
{
    struct hf_device_id id;
    if (text.len != HF_DEVICE_ID_CHARS) return false;
    for (size_t i = 0; i < HF_DEVICE_ID_BYTES; i++) {
        int high = hex_value(text.ptr[2 * i]), low = hex_value(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = id;
    return true;
}

void hf_device_id_write(const struct hf_device_id *id, char out[HF_DEVICE_ID_CHARS])
{
    hf_hex_write(hf_bytes(id->bytes, sizeof id->bytes), out);
}

bool hf_device_id_same(const struct hf_device_id *a, const struct hf_device_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct hf_device_id hf_device_id_of(const uint8_t public_key[HF_ED25519_KEY_BYTES])
{
    struct hf_device_id id;
    hf_sha256(hf_bytes(public_key, HF_ED25519_KEY_BYTES), id.bytes);
    return id;
}

bool hf_device_has_role(const struct hf_device *device, enum hf_role role)
{
    const struct hf_device_grant *grant = &device->grants[role];
    return grant->epoch != 0 && grant->revoked_ms == 0;
}

/* The text starts with a word of its own, so that no other use of the state key
 * can ever be made to yield a token. */
void hf_device_token(struct hf_bytes state_key, const struct hf_device_id *id, enum hf_role role,
                     int64_t epoch, char out[HF_DEVICE_TOKEN_CHARS])
{
    char text[TOKEN_TEXT_BYTES], hex[HF_DEVICE_ID_CHARS];
    uint8_t mac[HF_SHA256_BYTES];
    hf_device_id_write(id, hex);
    int len = snprintf(text, sizeof text, "device-token|%.*s|%s|%lld", HF_DEVICE_ID_CHARS, hex,
                       (const char *)hf_role_name(role).ptr, (long long)epoch);
    hf_hmac_sha256(state_key, hf_bytes(text, (size_t)len), mac);
    hf_base64url_write(hf_bytes(mac, sizeof mac), out);
    hf_wipe(mac, sizeof mac);
}

void hf_name_set(struct hf_name *name, struct hf_bytes text)
{
    struct hf_bytes cut = hf_bytes_cut_utf8(text, sizeof name->ptr);
    memset(name, 0, sizeof *name);
    if (cut.len > 0) memcpy(name->ptr, cut.ptr, cut.len);
    name->len = (uint16_t)cut.len;
}

void hf_tag_set(struct hf_tag *tag, struct hf_bytes text)
{
    struct hf_bytes cut = hf_bytes_cut_utf8(text, sizeof tag->ptr);
    memset(tag, 0, sizeof *tag);
    if (cut.len > 0) memcpy(tag->ptr, cut.ptr, cut.len);
    tag->len = (uint8_t)cut.len;
}
