#include "base/iso.h"
#include "base/assert.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* "0000-01-01T00:00:00.000Z" and "9999-12-31T23:59:59.999Z". */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS INT64_C(253402300799999)

size_t hf_iso_write(int64_t wall_ms, char out[HF_ISO_CHARS])
{
    char text[64];
    struct tm at;
    if (wall_ms < FIRST_MS) wall_ms = FIRST_MS;
    if (wall_ms > LAST_MS) wall_ms = LAST_MS;
    int64_t ms = wall_ms % 1000;
    int64_t seconds = wall_ms / 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    time_t when = (time_t)seconds;
    HF_ASSERT(gmtime_r(&when, &at) != NULL); /* these years fit */
    int len = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", at.tm_year + 1900,
                       at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, (int)ms);
    size_t count = (size_t)len < HF_ISO_CHARS ? (size_t)len : HF_ISO_CHARS;
    memcpy(out, text, count);
    return count;
}
