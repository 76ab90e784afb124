#include "host/identity.h"

#include <stdio.h>

/* PKCS #8 of an Ed25519 key is this and the 32 bytes. */
static const uint8_t pkcs8_head[16] = { 0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                        0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };

enum { PKCS8_BYTES = sizeof pkcs8_head + HF_ED25519_KEY_BYTES };

static const char pem_begin[] = "-----BEGIN PRIVATE KEY-----\n";
static const char pem_end[] = "\n-----END PRIVATE KEY-----\n";

size_t hf_identity_write(const uint8_t key[HF_ED25519_KEY_BYTES], char out[HF_IDENTITY_PEM_BYTES])
{
    uint8_t der[PKCS8_BYTES];
    char text[HF_BASE64_CHARS(PKCS8_BYTES)];
    memcpy(der, pkcs8_head, sizeof pkcs8_head);
    memcpy(der + sizeof pkcs8_head, key, HF_ED25519_KEY_BYTES);
    hf_base64_write(hf_bytes(der, sizeof der), text);
    int len = snprintf(out, HF_IDENTITY_PEM_BYTES, "%s%.*s%s", pem_begin, (int)sizeof text, text,
                       pem_end);
    hf_wipe(der, sizeof der);
    hf_wipe(text, sizeof text);
    return (size_t)len;
}

bool hf_identity_read(struct hf_bytes pem, uint8_t out[HF_ED25519_KEY_BYTES])
{
    uint8_t der[PKCS8_BYTES];
    size_t len = 0;
    struct hf_bytes begin = hf_bytes(pem_begin, sizeof pem_begin - 1);
    if (!hf_bytes_starts(pem, begin)) return false;
    struct hf_bytes body = hf_bytes_from(pem, begin.len);
    body = hf_bytes_trim(hf_bytes_head(body, hf_bytes_find(body, 0, '-')));
    bool is_fine = hf_base64_read(body, der, sizeof der, &len) == 0 && len == sizeof der &&
                   memcmp(der, pkcs8_head, sizeof pkcs8_head) == 0;
    if (is_fine) memcpy(out, der + sizeof pkcs8_head, HF_ED25519_KEY_BYTES);
    hf_wipe(der, sizeof der);
    return is_fine;
}
