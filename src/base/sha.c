/* SHA-1, SHA-256 (FIPS 180-4) and HMAC (RFC 2104).
 *
 * Our own, because every client makes masks and nonces with them (base/rng) and checks
 * one accept key: the crypto library's first digest touches 2 MB and takes a
 * millisecond, which a client of a ws:// gateway without a device does without. */
#include "base/crypto.h"

enum {
    BLOCK_BYTES = 64,
    LENGTH_BYTES = 8,
    SHA1_WORDS = HF_SHA1_BYTES / 4,
    SHA1_ROUNDS = 80,
    SHA256_WORDS = HF_SHA256_BYTES / 4,
    SHA256_ROUNDS = 64,
};

typedef void take_block(uint32_t *state, const uint8_t block[BLOCK_BYTES]);

static uint32_t left(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t right(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* All of the data, then a one bit, zeros, and the length in bits, with the `before` bytes
 * that the state has seen, at the end of a block. */
static void digest(struct hf_bytes data, size_t before, take_block *take, uint32_t *state,
                   unsigned words, uint8_t *out)
{
    uint8_t last[2 * BLOCK_BYTES] = { 0 };
    size_t at = 0;
    for (; data.len - at >= BLOCK_BYTES; at += BLOCK_BYTES) take(state, data.ptr + at);
    size_t rest = data.len - at;
    size_t len = rest + 1 + LENGTH_BYTES > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES;
    if (rest > 0) memcpy(last, data.ptr + at, rest);
    last[rest] = 0x80;
    put(last + len - LENGTH_BYTES, (uint64_t)(before + data.len) * 8, LENGTH_BYTES);
    for (size_t i = 0; i < len; i += BLOCK_BYTES) take(state, last + i);
    for (unsigned i = 0; i < words; i++) put(out + 4 * i, state[i], 4);
    hf_wipe(last, sizeof last);
}

/* --- SHA-1: it protects nothing, RFC 6455 wants it --- */

/* The function and the constant of a round. */
static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round / 20) {
    case 0:
        return ((b & c) | (~b & d)) + 0x5A827999u;
    case 1:
        return (b ^ c ^ d) + 0x6ED9EBA1u;
    case 2:
        return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCu;
    default:
        return (b ^ c ^ d) + 0xCA62C1D6u;
    }
}

static void take_sha1(uint32_t *state, const uint8_t block[BLOCK_BYTES])
{
    uint32_t words[SHA1_ROUNDS];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (unsigned i = 0; i < 16; i++) words[i] = word_at(block + 4 * i);
    for (unsigned i = 16; i < SHA1_ROUNDS; i++)
        words[i] = left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    for (unsigned i = 0; i < SHA1_ROUNDS; i++) {
        uint32_t next = left(a, 5) + mix(i, b, c, d) + e + words[i];
        e = d;
        d = c;
        c = left(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void hf_sha1(struct hf_bytes data, uint8_t out[HF_SHA1_BYTES])
{
    uint32_t state[SHA1_WORDS] = { 0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u,
                                   0xC3D2E1F0u };
    digest(data, 0, take_sha1, state, SHA1_WORDS, out);
}

/* --- SHA-256 --- */

static const uint32_t sha256_begin[SHA256_WORDS] = { 0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u,
                                                     0xa54ff53au, 0x510e527fu, 0x9b05688cu,
                                                     0x1f83d9abu, 0x5be0cd19u };

static const uint32_t constants[SHA256_ROUNDS] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u,
    0xab1c5ed5u, 0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu,
    0x9bdc06a7u, 0xc19bf174u, 0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu,
    0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau, 0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u,
    0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u, 0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu,
    0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u, 0xa2bfe8a1u, 0xa81a664bu,
    0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u, 0x19a4c116u,
    0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u,
    0xc67178f2u,
};

static void spread(uint32_t words[SHA256_ROUNDS], const uint8_t block[BLOCK_BYTES])
{
    for (unsigned i = 0; i < 16; i++) words[i] = word_at(block + 4 * i);
    for (unsigned i = 16; i < SHA256_ROUNDS; i++) {
        uint32_t near = words[i - 2], far = words[i - 15];
        words[i] = words[i - 16] + words[i - 7] + (right(far, 7) ^ right(far, 18) ^ far >> 3) +
                   (right(near, 17) ^ right(near, 19) ^ near >> 10);
    }
}

/* Eight rounds move the words once round, so that none has to be copied. */
static void round256(const uint32_t v[SHA256_WORDS], unsigned at, uint32_t extra, uint32_t *d,
                     uint32_t *h)
{
    uint32_t a = v[-at & 7], b = v[(1 - at) & 7], c = v[(2 - at) & 7];
    uint32_t e = v[(4 - at) & 7], f = v[(5 - at) & 7], g = v[(6 - at) & 7];
    uint32_t one = *h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + extra;
    *d += one;
    *h = one + (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void take_sha256(uint32_t *state, const uint8_t block[BLOCK_BYTES])
{
    uint32_t words[SHA256_ROUNDS], v[SHA256_WORDS];
    spread(words, block);
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < SHA256_ROUNDS; i += SHA256_WORDS)
        for (unsigned k = 0; k < SHA256_WORDS; k++)
            round256(v, k, constants[i + k] + words[i + k], &v[(3 - k) & 7], &v[(7 - k) & 7]);
    for (unsigned i = 0; i < SHA256_WORDS; i++) state[i] += v[i];
    hf_wipe(words, sizeof words);
}

void hf_sha256(struct hf_bytes data, uint8_t out[HF_SHA256_BYTES])
{
    uint32_t state[SHA256_WORDS];
    memcpy(state, sha256_begin, sizeof state);
    digest(data, 0, take_sha256, state, SHA256_WORDS, out);
    hf_wipe(state, sizeof state);
}

/* --- HMAC --- */

static void keyed(const uint8_t key[BLOCK_BYTES], uint8_t pad, struct hf_bytes data,
                  uint8_t out[HF_SHA256_BYTES])
{
    uint32_t state[SHA256_WORDS];
    uint8_t block[BLOCK_BYTES];
    memcpy(state, sha256_begin, sizeof state);
    for (unsigned i = 0; i < BLOCK_BYTES; i++) block[i] = key[i] ^ pad;
    take_sha256(state, block);
    digest(data, BLOCK_BYTES, take_sha256, state, SHA256_WORDS, out);
    hf_wipe(block, sizeof block);
    hf_wipe(state, sizeof state);
}

void hf_hmac_sha256(struct hf_bytes key, struct hf_bytes data, uint8_t out[HF_SHA256_BYTES])
{
    uint8_t block[BLOCK_BYTES] = { 0 }, inner[HF_SHA256_BYTES];
    if (key.len > BLOCK_BYTES)
        hf_sha256(key, block);
    else if (key.len > 0)
        memcpy(block, key.ptr, key.len);
    keyed(block, 0x36, data, inner);
    keyed(block, 0x5C, hf_bytes(inner, sizeof inner), out);
    hf_wipe(block, sizeof block);
    hf_wipe(inner, sizeof inner);
}
