#include "core/stability.h"
#include "base/limits.h"
#include "lib/check.h"

static struct hf_stability filled(size_t count)
{
    struct hf_stability s;
    CHECK_EQ(hf_stability_init(&s), 0);
    for (size_t i = 1; i <= count; i++) {
        /* Each third is a warning. */
        struct hf_stability_record record = { .type = HF_STABILITY_HEARTBEAT };
        record.u.heartbeat.active = (uint32_t)i;
        if (i % 3 == 0)
            record = (struct hf_stability_record){ .type = HF_STABILITY_LIVENESS_WARNING };
        CHECK_EQ_AT(i, hf_stability_push(&s, 1000 + (int64_t)i, &record), i);
    }
    return s;
}

static void an_empty_ring_finds_nothing(void)
{
    struct hf_stability s = filled(0);
    struct hf_stability_query query = { .limit = 50 };
    struct hf_stability_answer answer = hf_stability_find(&s, &query);
    CHECK_EQ(answer.count + answer.shown + answer.dropped, 0);
    CHECK_EQ(answer.first_seq + answer.last_seq, 0);
    CHECK(hf_stability_next(&s, &query, &answer.cursor) == NULL);
    hf_stability_fini(&s);
}

static void queries_filter_by_type_and_since_and_show_the_newest(void)
{
    static const struct {
        struct hf_stability_query query;
        size_t count, shown;
        uint64_t first, last, first_shown;
    } rows[] = {
        { { .limit = 50 }, 9, 9, 1, 9, 1 },
        { { .limit = 9 }, 9, 9, 1, 9, 1 },
        { { .limit = 8 }, 9, 8, 1, 9, 2 },
        { { .limit = 1 }, 9, 1, 1, 9, 9 },
        { { .limit = 50, .since_seq = 4 }, 5, 5, 5, 9, 5 },
        { { .limit = 50, .since_seq = 9 }, 0, 0, 0, 0, 0 },
        { { .limit = 50, .since_seq = 99 }, 0, 0, 0, 0, 0 },
        { { .limit = 50, .has_type = true, .type = HF_STABILITY_LIVENESS_WARNING }, 3, 3, 3, 9, 3 },
        { { .limit = 2, .has_type = true, .type = HF_STABILITY_LIVENESS_WARNING }, 3, 2, 3, 9, 6 },
        { { .limit = 50, .has_type = true, .type = HF_STABILITY_HEARTBEAT, .since_seq = 5 },
          2,
          2,
          7,
          8,
          7 },
        { { .limit = 50, .has_type = true, .type = HF_STABILITY_PAYLOAD_LARGE }, 0, 0, 0, 0, 0 },
    };
    struct hf_stability s = filled(9);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_stability_answer answer = hf_stability_find(&s, &rows[i].query);
        CHECK_EQ_AT(i, answer.count, rows[i].count);
        CHECK_EQ_AT(i, answer.shown, rows[i].shown);
        CHECK_EQ_AT(i, answer.first_seq, rows[i].first);
        CHECK_EQ_AT(i, answer.last_seq, rows[i].last);
        uint64_t cursor = answer.cursor;
        size_t walked = 0;
        const struct hf_stability_record *record;
        while ((record = hf_stability_next(&s, &rows[i].query, &cursor)) != NULL)
            if (walked++ == 0) CHECK_EQ_AT(i, record->seq, rows[i].first_shown);
        CHECK_EQ_AT(i, walked, rows[i].shown);
    }
    hf_stability_fini(&s);
}

static void records_keep_their_fields_and_time(void)
{
    struct hf_stability s = filled(2);
    struct hf_stability_query query = { .limit = 1 };
    struct hf_stability_answer answer = hf_stability_find(&s, &query);
    const struct hf_stability_record *record = hf_stability_next(&s, &query, &answer.cursor);
    CHECK_EQ(record->ts_ms, 1002);
    CHECK_EQ(record->u.heartbeat.active, 2);
    hf_stability_fini(&s);
}

static void the_ring_holds_1000_and_counts_what_falls_out(void)
{
    enum { MAX = HF_LIMIT_STABILITY_RECORDS };
    struct hf_stability_query query = { .limit = MAX };
    struct hf_stability s = filled(MAX);
    struct hf_stability_answer answer = hf_stability_find(&s, &query);
    CHECK_EQ(answer.dropped, 0);
    CHECK_EQ(answer.count, MAX);
    CHECK_EQ(answer.by_type[HF_STABILITY_LIVENESS_WARNING], MAX / 3);
    hf_stability_fini(&s);

    s = filled(MAX + 1);
    answer = hf_stability_find(&s, &query);
    CHECK_EQ(answer.dropped, 1);
    CHECK_EQ(answer.count, MAX);
    CHECK_EQ(answer.first_seq, 2);
    CHECK_EQ(answer.last_seq, MAX + 1);
    uint64_t from_the_start = 0;
    CHECK_EQ(hf_stability_next(&s, &query, &from_the_start)->seq, 2);
    hf_stability_fini(&s);
}

static void types_are_found_by_their_names(void)
{
    enum hf_stability_type type;
    for (size_t i = 0; i < HF_STABILITY_TYPE_COUNT; i++) {
        CHECK_AT(i,
                 hf_stability_type_find(hf_stability_type_name((enum hf_stability_type)i), &type));
        CHECK_EQ_AT(i, type, i);
    }
    CHECK(!hf_stability_type_find(HF_LIT("diagnostic.heartbea"), &type));
    CHECK(!hf_stability_type_find(HF_EMPTY, &type));
}

CHECK_MAIN(an_empty_ring_finds_nothing, queries_filter_by_type_and_since_and_show_the_newest,
           records_keep_their_fields_and_time, the_ring_holds_1000_and_counts_what_falls_out,
           types_are_found_by_their_names)
