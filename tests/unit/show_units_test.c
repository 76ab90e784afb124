#include "lib/check.h"
#include "prog/show/units.h"

static void bytes_have_one_digit_behind_the_point(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        { 0, "0 B" },
        { 1023, "1023 B" },
        { 1024, "1.0 KiB" },
        { 1535, "1.4 KiB" },
        { 1536, "1.5 KiB" },
        { 1048575, "1023.9 KiB" },
        { 1048576, "1.0 MiB" },
        { 26214400, "25.0 MiB" },
        { 1ull << 40, "1.0 TiB" },
        { UINT64_MAX, "15.9 EiB" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 64);
        hf_show_bytes(&out, rows[i].bytes);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].text);
        hf_buf_fini(&out);
    }
}

static void spans_show_their_two_largest_units(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        { -5, "0 ms" },
        { 0, "0 ms" },
        { 999, "999 ms" },
        { 1000, "1.0 s" },
        { 1999, "1.9 s" },
        { 59999, "59.9 s" },
        { 60000, "1 min 0 s" },
        { 3599999, "59 min 59 s" },
        { 3600000, "1 h 0 min" },
        { 86399999, "23 h 59 min" },
        { 86400000, "1 d 0 h" },
        { 183600000, "2 d 3 h" },
        { INT64_MAX, "106751991167 d 7 h" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 64);
        hf_show_ms(&out, rows[i].ms);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].text);
        hf_buf_fini(&out);
    }
}

static void rates_are_per_second(void)
{
    static const struct {
        uint64_t count;
        int64_t ms;
        const char *text;
    } rows[] = {
        { 5, 0, "0" },        { 0, 1000, "0" },     { 4, 10000, "0.4" },      { 1, 1000, "1.0" },
        { 99, 10000, "9.9" }, { 100, 10000, "10" }, { 12345, 1000, "12345" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 64);
        hf_show_rate(&out, rows[i].count, rows[i].ms);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].text);
        hf_buf_fini(&out);
    }
}

CHECK_MAIN(bytes_have_one_digit_behind_the_point, spans_show_their_two_largest_units,
           rates_are_per_second)
