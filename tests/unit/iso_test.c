#include "base/iso.h"
#include "lib/check.h"

static const struct {
    int64_t ms;
    const char *want;
} rows[] = {
    { 0, "1970-01-01T00:00:00.000Z" },
    { -1, "1969-12-31T23:59:59.999Z" },
    { 1795407309693, "2026-11-23T04:15:09.693Z" },
    { -62167219200000, "0000-01-01T00:00:00.000Z" },
    { -62167219200001, "0000-01-01T00:00:00.000Z" },
    { 253402300799999, "9999-12-31T23:59:59.999Z" },
    { 253402300800000, "9999-12-31T23:59:59.999Z" },
    { INT64_MIN, "0000-01-01T00:00:00.000Z" },
    { INT64_MAX, "9999-12-31T23:59:59.999Z" },
};

static void an_instant_is_told_or_the_nearest_that_can_be(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char text[HF_ISO_CHARS];
        CHECK_TEXT_AT(i, hf_bytes(text, hf_iso_write(rows[i].ms, text)), rows[i].want);
    }
}

CHECK_MAIN(an_instant_is_told_or_the_nearest_that_can_be)
