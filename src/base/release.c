#include "base/release.h"

#include <stddef.h>

enum { PARTS = 3, FIRST_YEAR = 2025 };

static bool read(struct hf_bytes text, uint64_t parts[PARTS])
{
    text = hf_bytes_head(text, hf_bytes_find(text, 0, '-'));
    for (size_t i = 0; i < PARTS; i++) {
        size_t dot = hf_bytes_find(text, 0, '.');
        if (!hf_bytes_u64(hf_bytes_head(text, dot), &parts[i])) return false;
        if ((dot < text.len) != (i + 1 < PARTS)) return false;
        text = hf_bytes_from(text, dot + 1);
    }
    return true;
}

enum hf_release_age hf_release_age(struct hf_bytes version, struct hf_bytes since)
{
    uint64_t is[PARTS], first[PARTS];
    if (!read(version, is) || !read(since, first) || is[0] < FIRST_YEAR) return HF_RELEASE_UNKNOWN;
    for (size_t i = 0; i < PARTS; i++)
        if (is[i] != first[i]) return is[i] < first[i] ? HF_RELEASE_OLDER : HF_RELEASE_SINCE;
    return HF_RELEASE_SINCE;
}
