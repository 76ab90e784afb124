#include "base/crypto.h"
#include "base/err.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

void hf_crypto_start(void)
{
    /* The library's configuration file takes milliseconds to read and says nothing
     * about signatures.  TLS obeys it: host/tls loads it first where there is TLS. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

bool hf_ed25519_verify(const uint8_t key[HF_ED25519_KEY_BYTES], struct hf_bytes data,
                       const uint8_t sig[HF_ED25519_SIG_BYTES])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, HF_ED25519_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, sig, HF_ED25519_SIG_BYTES, data.ptr, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

int hf_ed25519_public(const uint8_t secret[HF_ED25519_KEY_BYTES], uint8_t out[HF_ED25519_KEY_BYTES])
{
    size_t len = HF_ED25519_KEY_BYTES;
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, HF_ED25519_KEY_BYTES);
    bool good = pkey && EVP_PKEY_get_raw_public_key(pkey, out, &len) == 1;
    EVP_PKEY_free(pkey);
    return good ? 0 : HF_ERR_CRYPTO;
}

int hf_ed25519_sign(const uint8_t secret[HF_ED25519_KEY_BYTES], struct hf_bytes data,
                    uint8_t out[HF_ED25519_SIG_BYTES])
{
    size_t len = HF_ED25519_SIG_BYTES;
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, HF_ED25519_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestSign(ctx, out, &len, data.ptr, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good ? 0 : HF_ERR_CRYPTO;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t write_base64(struct hf_bytes data, const char *digits, char *out)
{
    size_t at = 0, i = 0;
    for (; i + 3 <= data.len; i += 3) {
        uint32_t bits =
            (uint32_t)data.ptr[i] << 16 | (uint32_t)data.ptr[i + 1] << 8 | data.ptr[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) out[at++] = digits[bits >> shift & 63];
    }
    if (i == data.len) return at;
    uint32_t bits = (uint32_t)data.ptr[i] << 16;
    if (i + 1 < data.len) bits |= (uint32_t)data.ptr[i + 1] << 8;
    out[at++] = digits[bits >> 18 & 63];
    out[at++] = digits[bits >> 12 & 63];
    if (i + 1 < data.len) out[at++] = digits[bits >> 6 & 63];
    return at;
}

size_t hf_base64_write(struct hf_bytes data, char *out)
{
    size_t at = write_base64(data, alphabet, out);
    while (at % 4 != 0) out[at++] = '=';
    return at;
}

size_t hf_base64url_write(struct hf_bytes data, char *out)
{
    return write_base64(data, alphabet_url, out);
}

size_t hf_hex_write(struct hf_bytes data, char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < data.len; i++) {
        out[2 * i] = hex[data.ptr[i] >> 4];
        out[2 * i + 1] = hex[data.ptr[i] & 15];
    }
    return 2 * data.len;
}

static int digit_value(const char *digits, uint8_t c)
{
    const char *at = c ? memchr(digits, c, 64) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int read_base64(struct hf_bytes text, const char *digits, uint8_t *out, size_t cap,
                       size_t *len)
{
    if (text.len % 4 == 1) return HF_ERR_SYNTAX;
    size_t need = text.len * 3 / 4;
    if (need > cap) return HF_ERR_TOO_LARGE;
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(digits, text.ptr[i]);
        if (value < 0) return HF_ERR_SYNTAX;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = (uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0) return HF_ERR_SYNTAX;
    *len = at;
    return 0;
}

int hf_base64_read(struct hf_bytes text, uint8_t *out, size_t cap, size_t *len)
{
    if (text.len % 4 != 0) return HF_ERR_SYNTAX;
    for (int i = 0; i < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; i++) text.len--;
    return read_base64(text, alphabet, out, cap, len);
}

int hf_base64url_read(struct hf_bytes text, uint8_t *out, size_t cap, size_t *len)
{
    return read_base64(text, alphabet_url, out, cap, len);
}

bool hf_secret_same(struct hf_bytes a, struct hf_bytes b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void hf_wipe(void *ptr, size_t len)
{
    OPENSSL_cleanse(ptr, len);
}
