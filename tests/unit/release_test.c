#include "base/release.h"
#include "lib/check.h"

static void releases_follow_each_other_by_year_month_and_number(void)
{
    static const struct {
        const char *version;
        enum hf_release_age age;
    } rows[] = {
        { "2026.9.6", HF_RELEASE_SINCE },
        { "2026.9.5", HF_RELEASE_OLDER },
        { "2026.9.7", HF_RELEASE_SINCE },
        { "2026.8.31", HF_RELEASE_OLDER },
        { "2026.10.0", HF_RELEASE_SINCE },
        { "2025.12.9", HF_RELEASE_OLDER },
        { "2027.1.0", HF_RELEASE_SINCE },
        { "2026.9.6-beta.1", HF_RELEASE_SINCE },
        { "2026.9.5-beta.9", HF_RELEASE_OLDER },
        { "", HF_RELEASE_UNKNOWN },
        { "0.1", HF_RELEASE_UNKNOWN },
        { "2026.9.6.1", HF_RELEASE_UNKNOWN },
        { "2026.9.", HF_RELEASE_UNKNOWN },
        { "2026.x.6", HF_RELEASE_UNKNOWN },
        { "0.1.0", HF_RELEASE_UNKNOWN },
        { "2024.12.9", HF_RELEASE_UNKNOWN },
        { "-1", HF_RELEASE_UNKNOWN },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_release_age(hf_bytes_cstr(rows[i].version), HF_RELEASE_2026_9_6),
                    rows[i].age);
}

CHECK_MAIN(releases_follow_each_other_by_year_month_and_number)
