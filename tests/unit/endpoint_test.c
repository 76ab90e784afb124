#include "core/endpoint.h"
#include "lib/check.h"

#define HEX32 "00112233445566778899aabbccddeeff"
#define PAIRS16 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

/* client-lifecycle 7.1: both spellings, and nothing that is near to them. */
static void a_fingerprint_is_64_digits_or_32_pairs(void)
{
    static const struct {
        const char *text;
        bool is_one;
    } rows[] = {
        { HEX32 HEX32, true },
        { "sha256:" HEX32 HEX32, true },
        { "SHA256:" PAIRS16 ":" PAIRS16, true },
        { " " PAIRS16 ":" PAIRS16 " ", true },
        { HEX32 HEX32 "0", false },
        { HEX32 "0112233445566778899aabbccddeeff", false },
        { HEX32 "0g112233445566778899aabbccddeeff", false },
        { PAIRS16 "-" PAIRS16, false },
        { PAIRS16 ":" PAIRS16 ":", false },
        { "sha1:" HEX32 HEX32, false },
        { "sha256:", false },
        { " " HEX32 HEX32 "\n", true },
        { PAIRS16 ":" PAIRS16 ":00", false },
        { ":" HEX32 HEX32, false },
        { "g" HEX32 HEX32, false },
        { "00-11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:" PAIRS16, false },
        { "", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        uint8_t bytes[HF_FINGERPRINT_BYTES] = { 0x77 };
        CHECK_EQ_AT(i, hf_endpoint_fingerprint_read(hf_bytes_cstr(rows[i].text), bytes),
                    rows[i].is_one);
        CHECK_EQ_AT(i, bytes[0], rows[i].is_one ? 0x00 : 0x77);
        if (rows[i].is_one) CHECK_AT(i, bytes[1] == 0x11 && bytes[31] == 0xFF);
    }
}

/* client-lifecycle 6.3 */
static void loopback_and_pinned_tls_are_trusted(void)
{
    static const struct {
        const char *host;
        bool is_tls, is_pinned, is_trusted;
    } rows[] = {
        { "localhost", false, false, true }, { "192.168.1.1", false, false, false },
        { "h.example", true, false, false }, { "h.example", true, true, true },
        { "h.example", false, true, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_endpoint e = { .host = hf_bytes_cstr(rows[i].host), .is_tls = rows[i].is_tls };
        if (rows[i].is_pinned) e.fingerprint = HF_LIT(HEX32 HEX32);
        CHECK_EQ_AT(i, hf_endpoint_is_trusted(&e), rows[i].is_trusted);
    }
}

CHECK_MAIN(a_fingerprint_is_64_digits_or_32_pairs, loopback_and_pinned_tls_are_trusted)
