#include "base/limits.h"
#include "lib/check.h"

static void every_bound_tells_its_unit_reason_and_effect_once(void)
{
    size_t count;
    const struct hf_limit *limits = hf_limits(&count);
    CHECK(count > 0);
    for (size_t i = 0; i < count; i++) {
        CHECK_AT(i, limits[i].value > 0);
        CHECK_AT(i, strlen(limits[i].unit) > 0 && strlen(limits[i].reason) > 0);
        CHECK_AT(i, strlen(limits[i].effect) > 0);
        for (size_t k = 0; k < i; k++) CHECK_AT(i, strcmp(limits[i].name, limits[k].name) != 0);
    }
}

/* What users and peers see (design.md section 5, protocol/wire.md section 2). */
static void the_protocol_s_bounds_have_the_protocol_s_values(void)
{
    CHECK_EQ(HF_LIMIT_PREAUTH_FRAME_BYTES, 64 * 1024);
    CHECK_EQ(HF_LIMIT_PAYLOAD_BYTES, 25 * 1024 * 1024);
    CHECK_EQ(HF_LIMIT_BUFFERED_BYTES, 50 * 1024 * 1024);
    CHECK_EQ(HF_LIMIT_CONTROL_FRAME_BYTES, 125);
    CHECK_EQ(HF_LIMIT_CLOSE_REASON_BYTES, 120);
}

CHECK_MAIN(every_bound_tells_its_unit_reason_and_effect_once,
           the_protocol_s_bounds_have_the_protocol_s_values)
