#include "base/iso.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

size_t hf_iso_write(int64_t wall_ms, char out[HF_ISO_CHARS])
{
    char text[64];
    struct tm at;
    int64_t ms = wall_ms % 1000;
    int64_t seconds = wall_ms / 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    time_t when = (time_t)seconds;
    gmtime_r(&when, &at);
    int len = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", at.tm_year + 1900,
                       at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, (int)ms);
    size_t count = (size_t)len < HF_ISO_CHARS ? (size_t)len : HF_ISO_CHARS;
    memcpy(out, text, count);
    return count;
}
