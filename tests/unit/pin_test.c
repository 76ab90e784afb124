#include "core/pin.h"
#include "lib/check.h"

#define HEX "00112233445566778899aAbBcCdDeEfF00112233445566778899aabbccddeeff"
#define PAIRS                                                                                      \
    "00:11:22:33:44:55:66:77:88:99:aA:bB:cC:dD:eE:fF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:"   \
    "ee:ff"

/* client-lifecycle 7.1: both spellings, and nothing that is near to them. */
static void a_fingerprint_is_read_or_refused(void)
{
    static const struct {
        const char *text;
        bool is_pin;
    } rows[] = {
        { HEX, true },
        { PAIRS, true },
        { "sha256:" HEX, true },
        { "SHA256:" PAIRS, true },
        { " " HEX "\n", true },
        { "", false },
        { "sha256:", false },
        { "sha1:" HEX, false },
        { HEX "0", false },
        { PAIRS ":", false },
        { PAIRS ":00", false },
        { ":" HEX, false },
        { "g"
          "0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
          false },
        { "0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", false },
        { "00-11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"
          "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
          false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        uint8_t pin[HF_SHA256_BYTES] = { 0x77 };
        CHECK_EQ_AT(i, hf_pin_read(hf_bytes_cstr(rows[i].text), pin), rows[i].is_pin);
        CHECK_EQ_AT(i, pin[0], rows[i].is_pin ? 0x00 : 0x77);
        if (rows[i].is_pin) CHECK_EQ_AT(i, pin[15], 0xFF);
        if (rows[i].is_pin) CHECK_EQ_AT(i, pin[30], 0xEE);
    }
}

CHECK_MAIN(a_fingerprint_is_read_or_refused)
