#include "base/time.h"
#include "lib/check.h"

static const struct {
    int64_t at, span, want;
} sums[] = {
    { 0, 0, 0 },
    { 5, 7, 12 },
    { 5, -7, -2 },
    { INT64_MAX - 1, 1, INT64_MAX },
    { INT64_MAX - 1, 2, INT64_MAX }, /* saturates */
    { INT64_MIN, -1, INT64_MIN },
    { INT64_MAX, -1, INT64_MAX }, /* never stays never */
    { 1, INT64_MAX, INT64_MAX },
};

static void instants_saturate_and_never_stays_never(void)
{
    for (size_t i = 0; i < HF_COUNT(sums); i++)
        CHECK_EQ_AT(i, hf_time_after((hf_time){ sums[i].at }, sums[i].span).ns, sums[i].want);
}

static const struct {
    int64_t now, then, want;
} spans[] = {
    { 5, 3, 2 },
    { 3, 5, -2 },
    { 3, 3, 0 },
    { INT64_MAX, 0, INT64_MAX },
    { INT64_MAX, -1, INT64_MAX },
    { INT64_MIN, 1, INT64_MIN },
    { 0, INT64_MAX, -INT64_MAX },
};

static void spans_between_instants_saturate(void)
{
    for (size_t i = 0; i < HF_COUNT(spans); i++)
        CHECK_EQ_AT(i, hf_time_since((hf_time){ spans[i].now }, (hf_time){ spans[i].then }),
                    spans[i].want);
}

static void instants_and_spans_have_an_order(void)
{
    hf_time early = hf_at_ms(1), late = hf_at_ms(2);
    CHECK(hf_time_before(early, late));
    CHECK(!hf_time_before(early, early));
    CHECK(hf_time_before(late, HF_NEVER));
    CHECK(hf_time_same(hf_time_min(early, late), early));
    CHECK(hf_time_same(hf_time_min(late, early), early));
    CHECK(hf_time_same(hf_time_max(early, late), late));
    CHECK(hf_time_same(hf_time_max(late, early), late));
    CHECK_EQ(hf_span_min(1, 2), 1);
    CHECK_EQ(hf_span_max(1, 2), 2);
}

static void units_are_exact_and_milliseconds_truncate(void)
{
    CHECK_EQ(HF_SECONDS(2), HF_MS(2000));
    CHECK_EQ(HF_MS(2), HF_US(2000));
    CHECK_EQ(hf_at_ms(3).ns, HF_MS(3));
    CHECK_EQ(hf_span_ms(HF_MS(3) - 1), 2);
    CHECK_EQ(hf_span_ms(-HF_MS(3) + 1), -2);
}

CHECK_MAIN(instants_saturate_and_never_stays_never, spans_between_instants_saturate,
           instants_and_spans_have_an_order, units_are_exact_and_milliseconds_truncate)
