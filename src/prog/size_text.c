#include "prog/size_text.h"

#include <string.h>

static const char units[] = "kmgt";

/* How often 1024 is in the unit; -1: it is none. */
static int power_of(struct hf_bytes unit)
{
    if (unit.len == 0) return 0;
    const char *at = memchr(units, unit.ptr[0] | 0x20, sizeof units - 1);
    struct hf_bytes rest = hf_bytes_from(unit, 1);
    bool is_plain = rest.len == 0 || hf_bytes_same_nocase(rest, HF_LIT("b")) ||
                    hf_bytes_same_nocase(rest, HF_LIT("ib"));
    return at && is_plain ? (int)(at - units) + 1 : -1;
}

bool hf_size_read(struct hf_bytes text, int64_t *out)
{
    size_t digits = 0;
    uint64_t count;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
    int power = power_of(hf_bytes_from(text, digits));
    if (power < 0 || !hf_bytes_u64(hf_bytes_head(text, digits), &count) || count == 0) return false;
    uint64_t max = (uint64_t)INT64_MAX >> (10 * power);
    if (count > max) return false;
    *out = (int64_t)(count << (10 * power));
    return true;
}
