#include "base/crypto.h"
#include "base/err.h"
#include "lib/check.h"

#include <openssl/evp.h>

enum { TEXT_MAX = 256 };

#define CHECK_HEX_AT(row, data, want)                                                              \
    do {                                                                                           \
        char hex_text[TEXT_MAX];                                                                   \
        CHECK_TEXT_AT(row, hf_bytes(hex_text, hf_hex_write(data, hex_text)), want);                \
    } while (0)

/* The bytes of a text of hexadecimal digits. */
static struct hf_bytes unhex(const char *hex, uint8_t out[TEXT_MAX])
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < 2 * len; i++) {
        uint8_t digit = (uint8_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return hf_bytes(out, len);
}

/* FIPS 180-4 examples. */
static const struct {
    const char *text, *sha1, *sha256;
} digests[] = {
    { "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void digests_are_those_of_fips_180_4(void)
{
    for (size_t i = 0; i < HF_COUNT(digests); i++) {
        uint8_t sha1[HF_SHA1_BYTES], sha256[HF_SHA256_BYTES];
        hf_sha1(hf_bytes_cstr(digests[i].text), sha1);
        hf_sha256(hf_bytes_cstr(digests[i].text), sha256);
        CHECK_HEX_AT(i, hf_bytes(sha1, sizeof sha1), digests[i].sha1);
        CHECK_HEX_AT(i, hf_bytes(sha256, sizeof sha256), digests[i].sha256);
    }
}

/* The library as the judge: every way in which the end falls into a block. */
static void digests_are_the_library_s_for_every_length(void)
{
    uint8_t data[300], ours[HF_SHA256_BYTES], theirs[HF_SHA256_BYTES];
    unsigned len;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 37 + 11);
    for (size_t i = 0; i <= sizeof data; i++) {
        hf_sha1(hf_bytes(data, i), ours);
        CHECK_EQ(EVP_Digest(data, i, theirs, &len, EVP_sha1(), NULL), 1);
        CHECK_BYTES_AT(i, hf_bytes(ours, HF_SHA1_BYTES), hf_bytes(theirs, len));
        hf_sha256(hf_bytes(data, i), ours);
        CHECK_EQ(EVP_Digest(data, i, theirs, &len, EVP_sha256(), NULL), 1);
        CHECK_BYTES_AT(i, hf_bytes(ours, HF_SHA256_BYTES), hf_bytes(theirs, len));
    }
}

#define AA_20 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* RFC 4231 test cases 1, 2, 3 and 6; the last is the empty key. */
static const struct {
    const char *key, *data, *want; /* key and want in hexadecimal */
} macs[] = {
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "4a656665", "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { AA_20,
      "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
      "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
      "\xdd\xdd",
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { AA_20 AA_20 AA_20 AA_20 AA_20 AA_20 "aaaaaaaaaaaaaaaaaaaaaa",
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static void macs_are_those_of_rfc_4231(void)
{
    for (size_t i = 0; i < HF_COUNT(macs); i++) {
        uint8_t key[TEXT_MAX], got[HF_SHA256_BYTES];
        hf_hmac_sha256(unhex(macs[i].key, key), hf_bytes_cstr(macs[i].data), got);
        CHECK_HEX_AT(i, hf_bytes(got, sizeof got), macs[i].want);
    }
}

static void an_empty_key_is_not_the_key_before(void)
{
    uint8_t before[HF_SHA256_BYTES], empty[HF_SHA256_BYTES];
    hf_hmac_sha256(HF_LIT("key"), HF_LIT("data"), before);
    hf_hmac_sha256(HF_EMPTY, HF_LIT("data"), empty);
    CHECK(memcmp(before, empty, sizeof before) != 0);
}

/* RFC 8032 section 7.1, tests 1 to 3. */
static const struct {
    const char *secret, *key, *data, *sig;
} signatures[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
      "d25bf5f0595bbe24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
      "387b2eaeb4302aeeb00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
      "4a7c15e9716ed28dc027beceea1ec40a" },
};

static void signatures_are_those_of_rfc_8032_and_break_with_any_bit(void)
{
    for (size_t i = 0; i < HF_COUNT(signatures); i++) {
        uint8_t secret[TEXT_MAX], key[TEXT_MAX], text[TEXT_MAX], sig[TEXT_MAX];
        uint8_t made_key[HF_ED25519_KEY_BYTES], made_sig[HF_ED25519_SIG_BYTES];
        struct hf_bytes data = unhex(signatures[i].data, text);
        unhex(signatures[i].secret, secret);
        unhex(signatures[i].key, key);
        unhex(signatures[i].sig, sig);
        CHECK_EQ_AT(i, hf_ed25519_public(secret, made_key), 0);
        CHECK_EQ_AT(i, hf_ed25519_sign(secret, data, made_sig), 0);
        CHECK_HEX_AT(i, hf_bytes(made_key, sizeof made_key), signatures[i].key);
        CHECK_HEX_AT(i, hf_bytes(made_sig, sizeof made_sig), signatures[i].sig);
        CHECK_AT(i, hf_ed25519_verify(key, data, sig));
        sig[63] ^= 1;
        CHECK_AT(i, !hf_ed25519_verify(key, data, sig));
        sig[63] ^= 1;
        key[0] ^= 1;
        CHECK_AT(i, !hf_ed25519_verify(key, data, sig));
        key[0] ^= 1;
        CHECK_AT(i, !hf_ed25519_verify(key, HF_LIT("other"), sig));
    }
}

/* RFC 4648 section 10, and two texts in which the alphabets differ. */
static const struct {
    struct hf_bytes data;
    const char *base64, *base64url, *hex;
} codings[] = {
    { HF_LIT_INIT(""), "", "", "" },
    { HF_LIT_INIT("f"), "Zg==", "Zg", "66" },
    { HF_LIT_INIT("fo"), "Zm8=", "Zm8", "666f" },
    { HF_LIT_INIT("foo"), "Zm9v", "Zm9v", "666f6f" },
    { HF_LIT_INIT("foob"), "Zm9vYg==", "Zm9vYg", "666f6f62" },
    { HF_LIT_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE", "666f6f6261" },
    { HF_LIT_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
    { HF_LIT_INIT("\xFB\xFF\xFE"), "+//+", "-__-", "fbfffe" },
    { HF_LIT_INIT("\0"), "AA==", "AA", "00" },
};

static void bytes_become_text_and_come_back(void)
{
    for (size_t i = 0; i < HF_COUNT(codings); i++) {
        struct hf_bytes data = codings[i].data;
        char text[TEXT_MAX];
        uint8_t back[TEXT_MAX];
        size_t len = hf_base64_write(data, text), back_len = 0;
        CHECK_EQ_AT(i, len, HF_BASE64_CHARS(data.len));
        CHECK_TEXT_AT(i, hf_bytes(text, len), codings[i].base64);
        CHECK_EQ_AT(i, hf_base64_read(hf_bytes(text, len), back, data.len, &back_len), 0);
        CHECK_BYTES_AT(i, hf_bytes(back, back_len), data);
        len = hf_base64url_write(data, text);
        CHECK_EQ_AT(i, len, HF_BASE64URL_CHARS(data.len));
        CHECK_TEXT_AT(i, hf_bytes(text, len), codings[i].base64url);
        CHECK_EQ_AT(i, hf_base64url_read(hf_bytes(text, len), back, data.len, &back_len), 0);
        CHECK_BYTES_AT(i, hf_bytes(back, back_len), data);
        CHECK_HEX_AT(i, data, codings[i].hex);
    }
}

static const struct {
    const char *text;
    int base64, base64url;
} bad_codings[] = {
    { "Z", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "Zg", HF_ERR_SYNTAX, 0 }, /* padding: base64 wants it, base64url takes none */
    { "Zg==", 0, HF_ERR_SYNTAX },
    { "Zg=", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "Z===", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "====", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "Zh==", HF_ERR_SYNTAX, HF_ERR_SYNTAX }, /* stray bits */
    { "Zh", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "Zm9=", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "+//+", 0, HF_ERR_SYNTAX },
    { "-__-", HF_ERR_SYNTAX, 0 },
    { "Zm 9", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "Zm9\n", HF_ERR_SYNTAX, HF_ERR_SYNTAX },
    { "Zg==Zm8=", HF_ERR_SYNTAX, HF_ERR_TOO_LARGE },
    { "Zm9vZm9v", HF_ERR_TOO_LARGE, HF_ERR_TOO_LARGE }, /* 6 bytes into room for 5 */
};

static void stray_characters_bits_and_padding_are_refused(void)
{
    for (size_t i = 0; i < HF_COUNT(bad_codings); i++) {
        struct hf_bytes text = hf_bytes_cstr(bad_codings[i].text);
        uint8_t out[5];
        size_t len;
        CHECK_EQ_AT(i, hf_base64_read(text, out, sizeof out, &len), bad_codings[i].base64);
        CHECK_EQ_AT(i, hf_base64url_read(text, out, sizeof out, &len), bad_codings[i].base64url);
    }
}

static void secrets_are_the_same_only_when_every_byte_is(void)
{
    CHECK(hf_secret_same(HF_LIT("secret"), HF_LIT("secret")));
    CHECK(hf_secret_same(HF_EMPTY, HF_EMPTY));
    CHECK(!hf_secret_same(HF_LIT("secret"), HF_LIT("secreT")));
    CHECK(!hf_secret_same(HF_LIT("secret"), HF_LIT("secre")));
    CHECK(!hf_secret_same(HF_LIT("secret"), HF_EMPTY));
}

static void wiped_bytes_are_zero(void)
{
    uint8_t secret[] = "secret";
    static const uint8_t zeros[sizeof secret];
    hf_wipe(secret, sizeof secret);
    CHECK(memcmp(secret, zeros, sizeof secret) == 0);
}

CHECK_MAIN(digests_are_those_of_fips_180_4, digests_are_the_library_s_for_every_length,
           macs_are_those_of_rfc_4231, an_empty_key_is_not_the_key_before,
           signatures_are_those_of_rfc_8032_and_break_with_any_bit, bytes_become_text_and_come_back,
           stray_characters_bits_and_padding_are_refused,
           secrets_are_the_same_only_when_every_byte_is, wiped_bytes_are_zero)
