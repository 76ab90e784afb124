/* lib/identity.h: device keys for tests, the same ones at every run. */
#ifndef HF_LIB_IDENTITY_H
#define HF_LIB_IDENTITY_H

#include "base/device.h"
#include "lib/check.h"

struct identity {
    uint8_t secret[HF_ED25519_KEY_BYTES], public_key[HF_ED25519_KEY_BYTES];
    struct hf_device_id id;
    char id_text[HF_DEVICE_ID_CHARS], key_text[HF_DEVICE_KEY_CHARS];
};

/* The identity with this number. */
static inline struct identity identity_of(uint32_t number)
{
    struct identity who = { .secret = { 7 } };
    memcpy(who.secret + 1, &number, sizeof number);
    CHECK_EQ(hf_ed25519_public(who.secret, who.public_key), 0);
    who.id = hf_device_id_of(who.public_key);
    hf_device_id_write(&who.id, who.id_text);
    hf_base64url_write(hf_bytes(who.public_key, sizeof who.public_key), who.key_text);
    return who;
}

static inline struct hf_bytes identity_id(const struct identity *who)
{
    return hf_bytes(who->id_text, sizeof who->id_text);
}

#endif
