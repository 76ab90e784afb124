#include "prog/size_text.h"
#include "lib/check.h"

static void sizes_are_read_as_people_write_them(void)
{
    static const struct {
        const char *text;
        int64_t want; /* 0: none */
    } rows[] = {
        { "1", 1 },
        { "4096", 4096 },
        { "512K", INT64_C(512) << 10 },
        { "512m", INT64_C(512) << 20 },
        { "2G", INT64_C(2) << 30 },
        { "2gb", INT64_C(2) << 30 },
        { "2GiB", INT64_C(2) << 30 },
        { "1T", INT64_C(1) << 40 },
        { "8388607T", INT64_C(8388607) << 40 }, /* the most that fits */
        { "8388608T", 0 },
        { "9223372036854775807", INT64_MAX },
        { "9223372036854775808", 0 },
        { "99999999999999999999", 0 },
        { "", 0 },
        { "0", 0 },
        { "0M", 0 },
        { "M", 0 },
        { "-1", 0 },
        { "1.5G", 0 },
        { "1 G", 0 },
        { "1Gi", 0 },
        { "1GBx", 0 },
        { "1b", 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int64_t got = 0;
        CHECK_EQ_AT(i, hf_size_read(hf_bytes_cstr(rows[i].text), &got), rows[i].want != 0);
        CHECK_EQ_AT(i, got, rows[i].want);
    }
}

CHECK_MAIN(sizes_are_read_as_people_write_them)
