#include "lib/check.h"
#include "prog/show/spark.h"

static void check_line(size_t row, const struct hf_spark *s, unsigned columns, int64_t least,
                       bool has_unicode, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 4096);
    hf_spark_write(s, &out, columns, least, has_unicode);
    CHECK_TEXT_AT(row, hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

static void bars_grow_with_their_samples(void)
{
    static const struct {
        int64_t samples[9];
        unsigned columns;
        int64_t least;
        const char *want;
    } rows[] = {
        { { -2 }, 3, 1, "   " },
        { { 0, -2 }, 3, 1, "  _" },
        { { 0, 7, -2 }, 2, 1, "_@" },
        { { 0, 1, 2, 3, 4, 5, 6, 7, -2 }, 8, 1, "_.-=+*#@" },
        { { 9, 0, 7, -2 }, 2, 1, "_@" },      /* what is not shown does not scale */
        { { 1, 0, 1, -2 }, 3, 7, "._." },     /* noise stays flat */
        { { 7, -1, 7, -2 }, 3, 1, "@ @" },    /* a hole */
        { { INT64_MAX, 0, -2 }, 2, 1, "@_" }, /* too large a value is the greatest one */
        { { 3, -2 }, 0, 1, "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_spark s = { 0 };
        for (size_t k = 0; rows[i].samples[k] != -2; k++) hf_spark_push(&s, rows[i].samples[k]);
        check_line(i, &s, rows[i].columns, rows[i].least, false, rows[i].want);
    }
}

static void a_terminal_with_unicode_gets_blocks(void)
{
    struct hf_spark s = { 0 };
    hf_spark_push(&s, 0);
    hf_spark_push(&s, 7);
    check_line(0, &s, 3, 1, true, " \u2581\u2588");
}

/* N and N + 1 of SPARK_SAMPLES. */
static void the_oldest_sample_makes_room(void)
{
    struct hf_spark s = { 0 };
    hf_spark_push(&s, 9);
    CHECK_EQ(hf_spark_max(&s, 1), 9);
    for (int i = 1; i < HF_LIMIT_SPARK_SAMPLES; i++) hf_spark_push(&s, 1);
    CHECK_EQ(hf_spark_max(&s, HF_LIMIT_SPARK_SAMPLES), 9);
    CHECK_EQ(hf_spark_max(&s, HF_LIMIT_SPARK_SAMPLES - 1), 1);
    hf_spark_push(&s, 2);
    CHECK_EQ(s.count, HF_LIMIT_SPARK_SAMPLES);
    CHECK_EQ(hf_spark_max(&s, HF_LIMIT_SPARK_SAMPLES + 1), 2);
}

CHECK_MAIN(bars_grow_with_their_samples, a_terminal_with_unicode_gets_blocks,
           the_oldest_sample_makes_room)
