#include "base/device.h"
#include "lib/identity.h"

static const uint8_t state_key[32] = { 1, 2, 3 };

static struct hf_bytes key(void)
{
    return hf_bytes(state_key, sizeof state_key);
}

static void an_id_is_64_lower_case_hex_digits(void)
{
    static const struct {
        const char *text;
        bool is_id;
    } rows[] = {
        { "7016318d1fd98e3c7a33c2dd18f6949c797ac0b059072c2d46d74e427b857bb1", true },
        { "7016318D1fd98e3c7a33c2dd18f6949c797ac0b059072c2d46d74e427b857bb1", false },
        { "7016318d1fd98e3c7a33c2dd18f6949c797ac0b059072c2d46d74e427b857bb", false },
        { "7016318d1fd98e3c7a33c2dd18f6949c797ac0b059072c2d46d74e427b857bb10", false },
        { "g016318d1fd98e3c7a33c2dd18f6949c797ac0b059072c2d46d74e427b857bb1", false },
        { "", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_device_id id;
        char text[HF_DEVICE_ID_CHARS];
        CHECK_EQ_AT(i, hf_device_id_read(hf_bytes_cstr(rows[i].text), &id), rows[i].is_id);
        if (!rows[i].is_id) continue;
        hf_device_id_write(&id, text);
        CHECK_TEXT_AT(i, hf_bytes(text, sizeof text), rows[i].text);
    }
}

/* From the recorded traffic: handshake-cases 072. */
static void an_id_belongs_to_its_key(void)
{
    uint8_t public_key[HF_ED25519_KEY_BYTES];
    char text[HF_DEVICE_ID_CHARS];
    size_t len;
    CHECK_EQ(hf_base64url_read(HF_LIT("QuqU6GQN7LKKDIAjulWNdYC_2PYOIzQVAamk8QarFls"), public_key,
                               sizeof public_key, &len),
             0);
    struct hf_device_id id = hf_device_id_of(public_key);
    hf_device_id_write(&id, text);
    CHECK_TEXT(hf_bytes(text, sizeof text),
               "7016318d1fd98e3c7a33c2dd18f6949c797ac0b059072c2d46d74e427b857bb1");
}

static void a_token_depends_on_key_device_role_and_epoch(void)
{
    static const uint8_t other_key[32] = { 9 };
    struct identity one = identity_of(1), two = identity_of(2);
    char tokens[6][HF_DEVICE_TOKEN_CHARS];
    hf_device_token(key(), &one.id, HF_ROLE_OPERATOR, 5, tokens[0]);
    hf_device_token(key(), &one.id, HF_ROLE_OPERATOR, 6, tokens[1]);
    hf_device_token(key(), &one.id, HF_ROLE_NODE, 5, tokens[2]);
    hf_device_token(key(), &two.id, HF_ROLE_OPERATOR, 5, tokens[3]);
    hf_device_token(hf_bytes(other_key, sizeof other_key), &one.id, HF_ROLE_OPERATOR, 5, tokens[4]);
    hf_device_token(key(), &one.id, HF_ROLE_OPERATOR, 5, tokens[5]);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = i + 1; j < 5; j++)
            CHECK_AT(i, memcmp(tokens[i], tokens[j], sizeof tokens[i]) != 0);
    CHECK(memcmp(tokens[0], tokens[5], sizeof tokens[0]) == 0);
}

static void a_token_is_32_bytes_of_base64url(void)
{
    struct identity who = identity_of(1);
    char token[HF_DEVICE_TOKEN_CHARS];
    uint8_t raw[HF_SHA256_BYTES];
    size_t len;
    hf_device_token(key(), &who.id, HF_ROLE_OPERATOR, INT64_MAX, token);
    CHECK_EQ(sizeof token, 43);
    CHECK_EQ(hf_base64url_read(hf_bytes(token, sizeof token), raw, sizeof raw, &len), 0);
    CHECK_EQ(len, 32);
}

static void a_role_counts_from_approval_to_revocation(void)
{
    struct hf_device device = { .role = HF_ROLE_OPERATOR };
    CHECK(!hf_device_has_role(&device, HF_ROLE_OPERATOR));
    device.grants[HF_ROLE_OPERATOR].epoch = 1;
    CHECK(hf_device_has_role(&device, HF_ROLE_OPERATOR));
    CHECK(!hf_device_has_role(&device, HF_ROLE_NODE));
    device.grants[HF_ROLE_OPERATOR].revoked_ms = 1;
    CHECK(!hf_device_has_role(&device, HF_ROLE_OPERATOR));
}

static void a_name_is_cut_between_characters_at_its_bound(void)
{
    char text[HF_LIMIT_NAME_BYTES + 2];
    struct hf_name name;
    memset(text, 'a', sizeof text);
    hf_name_set(&name, hf_bytes(text, HF_LIMIT_NAME_BYTES));
    CHECK_EQ(name.len, HF_LIMIT_NAME_BYTES);
    hf_name_set(&name, hf_bytes(text, HF_LIMIT_NAME_BYTES + 1));
    CHECK_EQ(name.len, HF_LIMIT_NAME_BYTES);
    memcpy(text + HF_LIMIT_NAME_BYTES - 1, "\xC3\xA4", 2);
    hf_name_set(&name, hf_bytes(text, HF_LIMIT_NAME_BYTES + 1));
    CHECK_EQ(name.len, HF_LIMIT_NAME_BYTES - 1);
    hf_name_set(&name, HF_EMPTY);
    CHECK_EQ(name.len, 0);
}

static void a_tag_is_cut_at_its_bound(void)
{
    struct hf_tag tag;
    hf_tag_set(&tag, HF_LIT("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    CHECK_TEXT(hf_tag_view(&tag), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    hf_tag_set(&tag, HF_LIT("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff0"));
    CHECK_EQ(tag.len, 39);
}

CHECK_MAIN(an_id_is_64_lower_case_hex_digits, an_id_belongs_to_its_key,
           a_token_depends_on_key_device_role_and_epoch, a_token_is_32_bytes_of_base64url,
           a_role_counts_from_approval_to_revocation, a_name_is_cut_between_characters_at_its_bound,
           a_tag_is_cut_at_its_bound)
