#include "base/glob.h"

/* One star is remembered: a later star makes the earlier one's choice final. */
static bool match_one(struct hf_bytes pattern, struct hf_bytes name)
{
    size_t at = 0, behind_star = SIZE_MAX, retry = 0;
    for (size_t i = 0; i < name.len;) {
        if (at < pattern.len && pattern.ptr[at] == '*') {
            behind_star = ++at;
            retry = i;
        } else if (at < pattern.len && (pattern.ptr[at] == '?' || pattern.ptr[at] == name.ptr[i])) {
            at++;
            i++;
        } else if (behind_star != SIZE_MAX) {
            at = behind_star;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == '*') at++;
    return at == pattern.len;
}

bool hf_glob_match(struct hf_bytes patterns, struct hf_bytes name)
{
    for (size_t from = 0; from <= patterns.len;) {
        size_t end = hf_bytes_find(patterns, from, ',');
        struct hf_bytes pattern = hf_bytes_head(hf_bytes_from(patterns, from), end - from);
        if (match_one(hf_bytes_trim(pattern), name)) return true;
        from = end + 1;
    }
    return false;
}
