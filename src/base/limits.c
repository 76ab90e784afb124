#include "base/limits.h"

static const struct hf_limit rows[] = {
#define HF_LIMIT_ROW(name, value, unit, reason, effect)                                            \
    { #name, (value), (unit), (reason), (effect) },
    HF_LIMITS(HF_LIMIT_ROW)
#undef HF_LIMIT_ROW
};

const struct hf_limit *hf_limits(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}
