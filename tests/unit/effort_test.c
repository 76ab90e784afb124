#include "core/effort.h"
#include "lib/check.h"

enum { PROCESSES = 3 };

/* The rows are looks of one tree, in order; `used_ms` < 0: no such process. */
static const struct {
    int64_t at_ms;
    int64_t used_ms[PROCESSES];
    uint64_t started[PROCESSES];
    int64_t want_ms;
} looks[] = {
    { 0, { 5000, 9000, -1 }, { 1, 1, 0 }, 0 },         /* what was before is no progress */
    { 1000, { 5400, 9100, -1 }, { 1, 1, 0 }, 500 },    /* each by what it used */
    { 2000, { 5500, -1, -1 }, { 1, 0, 0 }, 600 },      /* one ends: the total does not fall */
    { 3000, { 5500, -1, -1 }, { 1, 0, 0 }, 600 },      /* nothing was done */
    { 4000, { 5600, -1, 300 }, { 1, 0, 7 }, 1000 },    /* a new one with all that it used */
    { 5000, { 5600, 90000, 300 }, { 1, 1, 7 }, 2000 }, /* or as much as can have been since */
    { 6000, { 5600, 90100, 300 }, { 1, 1, 7 }, 2100 }, /* known from now on */
    { 7000, { 5500, 90100, 300 }, { 1, 1, 7 }, 2100 }, /* a number that falls */
    { 8000, { 5600, 90100, 300 }, { 1, 1, 7 }, 2200 }, /* and goes on from there */
    { 9000, { 40, 90100, 300 }, { 8, 1, 7 }, 2240 },   /* the same pid, another process */
    { 10000, { -1, -1, -1 }, { 0 }, 2240 },            /* nobody can be seen */
    { 11000, { 70, 90100, 300 }, { 8, 1, 7 }, 3610 },  /* all are new: 70, at most 1000, 300 */
    { 11000, { 90, 90100, 300 }, { 8, 1, 7 }, 3630 },  /* two looks in one instant */
};

static size_t list_of(size_t row, struct hf_effort_process out[PROCESSES])
{
    size_t count = 0;
    for (size_t i = 0; i < PROCESSES; i++)
        if (looks[row].used_ms[i] >= 0)
            out[count++] = (struct hf_effort_process){ .pid = 100 + (int64_t)i,
                                                       .started = looks[row].started[i],
                                                       .used = HF_MS(looks[row].used_ms[i]) };
    return count;
}

static void the_effort_never_falls_and_never_leaps(void)
{
    static struct hf_effort e; /* large */
    struct hf_effort_process list[PROCESSES];
    hf_effort_init(&e);
    for (size_t i = 0; i < HF_COUNT(looks); i++) {
        size_t count = list_of(i, list);
        CHECK_EQ_AT(i, hf_span_ms(hf_effort_look(&e, hf_at_ms(looks[i].at_ms), list, count)),
                    looks[i].want_ms);
    }
}

static void at_the_bound_the_rest_is_not_counted(void)
{
    static struct hf_effort e;
    static struct hf_effort_process many[HF_LIMIT_TREE_SCAN + 1];
    for (int64_t i = 0; i <= HF_LIMIT_TREE_SCAN; i++) many[i].pid = 1 + i;
    hf_effort_init(&e);
    CHECK_EQ(hf_effort_look(&e, hf_at_ms(0), many, HF_LIMIT_TREE_SCAN), 0);
    for (int64_t i = 0; i <= HF_LIMIT_TREE_SCAN; i++) many[i].used = HF_MS(1);
    CHECK_EQ(hf_span_ms(hf_effort_look(&e, hf_at_ms(1000), many, HF_LIMIT_TREE_SCAN + 1)),
             HF_LIMIT_TREE_SCAN);
}

static void the_total_has_an_end(void)
{
    static struct hf_effort e;
    struct hf_effort_process one = { .pid = 1 };
    hf_effort_init(&e);
    hf_effort_look(&e, hf_at_ms(0), &one, 1);
    one.used = INT64_MAX;
    CHECK_EQ(hf_effort_look(&e, hf_at_ms(1), &one, 1), INT64_MAX);
    one.pid = 2;
    CHECK_EQ(hf_effort_look(&e, hf_at_ms(2), &one, 1), INT64_MAX);
}

CHECK_MAIN(the_effort_never_falls_and_never_leaps, at_the_bound_the_rest_is_not_counted,
           the_total_has_an_end)
