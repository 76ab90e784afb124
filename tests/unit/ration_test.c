#include "core/ration.h"
#include "lib/check.h"

enum { SOFT = 1000, HARD = 2000 };

static const struct hf_ration_limits limits = { .soft_bytes = SOFT,
                                                .hard_bytes = HARD,
                                                .every = HF_MS(10),
                                                .soft_for = HF_MS(50),
                                                .apart = HF_MS(1000) };

static struct hf_ration r;

static void begin(const struct hf_ration_limits *chosen)
{
    hf_ration_init(&r, chosen);
    hf_ration_begin(&r, hf_at_ms(0));
}

struct row {
    int64_t ms, bytes;
    bool is_serving;
    enum hf_ration_act want;
};

static void run(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_EQ_AT(i, hf_ration_step(&r, hf_at_ms(rows[i].ms), rows[i].bytes, rows[i].is_serving),
                    rows[i].want);
}

static void the_soft_limit_counts_without_a_break(void)
{
    static const struct row rows[] = {
        { 0, SOFT, true, HF_RATION_NONE },        /* at the limit is within it */
        { 10, SOFT + 1, true, HF_RATION_NONE },   /* one above: the time begins */
        { 59, SOFT + 1, true, HF_RATION_NONE },   /* the last instant before */
        { 59, SOFT, true, HF_RATION_NONE },       /* a break */
        { 70, SOFT + 1, true, HF_RATION_NONE },   /* it begins anew */
        { 100, SOFT + 1, false, HF_RATION_NONE }, /* not serving is a break, too */
        { 110, SOFT + 1, true, HF_RATION_NONE },
        { 120, -1, true, HF_RATION_NONE }, /* not seen is none */
        { 159, SOFT + 1, true, HF_RATION_NONE },
        { 160, SOFT + 1, true, HF_RATION_RECYCLE },
        { 170, SOFT + 1, true, HF_RATION_NONE },
    };
    begin(&limits);
    run(rows, HF_COUNT(rows));
    CHECK_EQ(r.recycles, 1);
    CHECK(hf_ration_is_high(&r));
}

/* One whose everyday need is above its limit is told of once, and recycled rarely. */
static void recycling_is_bounded(void)
{
    static const struct row next[] = {
        { 70, SOFT + 1, true, HF_RATION_NONE },
        { 120, SOFT + 1, true, HF_RATION_TELL },
        { 130, SOFT + 1, true, HF_RATION_NONE },
        { 1049, SOFT + 1, true, HF_RATION_NONE },
        { 1050, SOFT + 1, true, HF_RATION_RECYCLE },
    };
    begin(&limits);
    hf_ration_step(&r, hf_at_ms(0), SOFT + 1, true);
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(50), SOFT + 1, true), HF_RATION_RECYCLE);
    hf_ration_begin(&r, hf_at_ms(60));
    CHECK_EQ(r.bytes, -1);
    CHECK(!hf_ration_is_high(&r));
    run(next, HF_COUNT(next));
}

static void above_the_hard_limit_it_is_ended_once(void)
{
    static const struct row rows[] = {
        { 10, HARD, false, HF_RATION_NONE },
        { 20, HARD + 1, false, HF_RATION_END }, /* also while it starts */
        { 30, HARD + 1, false, HF_RATION_NONE },
    };
    begin(&limits);
    run(rows, HF_COUNT(rows));
    CHECK_EQ(r.ends, 1);
    CHECK_EQ(r.peak_bytes, HARD + 1);
    CHECK(hf_time_same(hf_ration_due(&r), HF_NEVER));
    hf_ration_begin(&r, hf_at_ms(40));
    CHECK_EQ(r.peak_bytes, 0);
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(50), HARD + 1, true), HF_RATION_END);
}

static void it_is_looked_at_in_regular_steps(void)
{
    begin(&limits);
    CHECK(hf_time_same(hf_ration_due(&r), hf_at_ms(10)));
    hf_ration_look(&r, hf_at_ms(13));
    CHECK(hf_time_same(hf_ration_due(&r), hf_at_ms(23)));
    hf_ration_end(&r);
    CHECK(hf_time_same(hf_ration_due(&r), HF_NEVER));
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(30), HARD + 1, true), HF_RATION_NONE);
}

static void each_limit_works_alone_and_none_looks_at_nothing(void)
{
    struct hf_ration_limits chosen;
    hf_ration_limits_init(&chosen);
    begin(&chosen);
    CHECK(hf_time_same(hf_ration_due(&r), HF_NEVER));
    chosen.soft_bytes = SOFT;
    begin(&chosen);
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(0), INT64_MAX, true), HF_RATION_NONE);
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(10000), INT64_MAX, true), HF_RATION_RECYCLE);
    chosen.soft_bytes = 0;
    chosen.hard_bytes = HARD;
    begin(&chosen);
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(0), HARD, true), HF_RATION_NONE);
    CHECK_EQ(hf_ration_step(&r, hf_at_ms(60000), HARD + 1, true), HF_RATION_END);
}

CHECK_MAIN(the_soft_limit_counts_without_a_break, recycling_is_bounded,
           above_the_hard_limit_it_is_ended_once, it_is_looked_at_in_regular_steps,
           each_limit_works_alone_and_none_looks_at_nothing)
