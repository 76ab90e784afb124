#include "base/rng.h"
#include "base/assert.h"
#include "base/crypto.h"

#include <string.h>

void hf_rng_init(struct hf_rng *r, const uint8_t seed[HF_RNG_SEED_BYTES])
{
    *r = (struct hf_rng){ 0 };
    memcpy(r->seed, seed, HF_RNG_SEED_BYTES);
}

void hf_rng_init_number(struct hf_rng *r, uint64_t seed)
{
    uint8_t bytes[HF_RNG_SEED_BYTES] = { 0 };
    memcpy(bytes, &seed, sizeof seed);
    hf_rng_init(r, bytes);
}

static void refill(struct hf_rng *r)
{
    uint8_t input[HF_RNG_SEED_BYTES + sizeof r->counter];
    memcpy(input, r->seed, sizeof r->seed);
    memcpy(input + sizeof r->seed, &r->counter, sizeof r->counter);
    r->counter++;
    hf_sha256(hf_bytes(input, sizeof input), r->block);
    r->left = sizeof r->block;
}

void hf_rng_bytes(struct hf_rng *r, uint8_t *out, size_t len)
{
    while (len > 0) {
        if (r->left == 0) refill(r);
        size_t count = len < r->left ? len : r->left;
        memcpy(out, r->block + sizeof r->block - r->left, count);
        r->left -= (uint32_t)count;
        out += count;
        len -= count;
    }
}

uint64_t hf_rng_u64(struct hf_rng *r)
{
    uint64_t value;
    hf_rng_bytes(r, (uint8_t *)&value, sizeof value);
    return value;
}

uint64_t hf_rng_below(struct hf_rng *r, uint64_t bound)
{
    HF_ASSERT(bound > 0);
    /* Values past the last whole multiple would favour small results. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    uint64_t value;
    do value = hf_rng_u64(r);
    while (value >= limit);
    return value % bound;
}

void hf_rng_uuid(struct hf_rng *r, char out[HF_UUID_CHARS + 1])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t raw[16];
    hf_rng_bytes(r, raw, sizeof raw);
    raw[6] = (uint8_t)((raw[6] & 0x0F) | 0x40);
    raw[8] = (uint8_t)((raw[8] & 0x3F) | 0x80);
    char *at = out;
    for (size_t i = 0; i < sizeof raw; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = hex[raw[i] >> 4];
        *at++ = hex[raw[i] & 15];
    }
    *at = '\0';
}
