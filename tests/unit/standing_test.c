#include "core/standing.h"
#include "base/bytes.h"
#include "lib/check.h"

#define U HF_STANDING_UNKNOWN
#define N HF_STANDING_NO
#define Y HF_STANDING_YES
enum { LOOK = -1 }; /* a row that gives nothing */

struct row {
    int64_t ms;
    int given;
    enum hf_standing_word alive, reachable, responsive, ready;
};

static struct hf_standing run(const struct row *rows, size_t count)
{
    struct hf_standing_limits limits;
    struct hf_standing s;
    hf_standing_limits_init(&limits);
    hf_standing_init(&s, &limits);
    for (size_t i = 0; i < count; i++) {
        hf_time now = hf_at_ms(rows[i].ms);
        const enum hf_standing_word want[] = { rows[i].alive, rows[i].reachable, rows[i].responsive,
                                               rows[i].ready };
        if (rows[i].given != LOOK) hf_standing_step(&s, now, (enum hf_standing_input)rows[i].given);
        for (int q = 0; q < HF_STANDING_QUESTIONS; q++)
            CHECK_EQ_AT(i * 10 + (size_t)q,
                        hf_standing_answer(&s, now, (enum hf_standing_question)q).word, want[q]);
    }
    return s;
}

static void each_answer_can_be_true_without_the_next(void)
{
    static const struct row rows[] = {
        { 0, LOOK, U, U, U, U },
        { 1, HF_STANDING_PROCESS_RUNS, Y, U, U, U },
        { 2, HF_STANDING_PROBE_FAILED, Y, N, U, U },
        { 3, HF_STANDING_PROBE_OK, Y, Y, U, U },
        { 4, HF_STANDING_LINK_READY, Y, Y, Y, N },
        { 5, HF_STANDING_START_OVER, Y, Y, Y, Y },
        { 6, HF_STANDING_CALL_MISSED, Y, Y, N, N }, /* it hangs, but it is there */
        { 7, HF_STANDING_CALL_ANSWERED, Y, Y, Y, Y },
        { 8, HF_STANDING_DRAINS, Y, Y, Y, N },
        { 9, HF_STANDING_LINK_LOST, Y, Y, N, N },
        { 10, HF_STANDING_PROCESS_GONE, N, N, N, N },
        { 100000, LOOK, N, N, N, N },
        { 100001, HF_STANDING_PROCESS_RUNS, Y, U, U, U }, /* another one */
        { 100002, HF_STANDING_DETACHED, U, U, U, U },
    };
    run(rows, HF_COUNT(rows));
}

/* A process that says that it is ready, without a connection of ours, is not believed;
 * answers to calls of a link that is gone are late. */
static void what_the_process_says_of_itself_is_no_evidence(void)
{
    static const struct row rows[] = {
        { 1, HF_STANDING_PROCESS_RUNS, Y, U, U, U },
        { 2, HF_STANDING_START_OVER, Y, U, U, U },
        { 3, HF_STANDING_LINK_ALIVE, Y, U, U, U },
        { 4, HF_STANDING_CALL_ANSWERED, Y, U, U, U },
        { 5, HF_STANDING_LINK_READY, Y, Y, Y, N },
        { 6, HF_STANDING_LINK_LOST, Y, Y, N, N },
        { 7, HF_STANDING_CALL_ANSWERED, Y, Y, N, N },
    };
    run(rows, HF_COUNT(rows));
}

static void old_evidence_is_no_answer(void)
{
    static const struct row rows[] = {
        { 0, HF_STANDING_PROCESS_RUNS, Y, U, U, U },
        { 0, HF_STANDING_LINK_READY, Y, Y, Y, N },
        { 0, HF_STANDING_START_OVER, Y, Y, Y, Y },
        { 44999, LOOK, Y, Y, Y, Y },
        { 45000, LOOK, Y, U, U, U },
        { 45001, HF_STANDING_LINK_ALIVE, Y, Y, U, U }, /* frames are no answers */
        { 45002, HF_STANDING_CALL_ANSWERED, Y, Y, Y, Y },
        { 90001, LOOK, Y, Y, Y, Y },
        { 90002, LOOK, Y, U, U, U },
    };
    run(rows, HF_COUNT(rows));
}

static void answers_have_the_age_of_their_evidence(void)
{
    static const struct row rows[] = {
        { 0, HF_STANDING_PROCESS_RUNS, Y, U, U, U },
        { 100, HF_STANDING_LINK_READY, Y, Y, Y, N },
        { 200, HF_STANDING_START_OVER, Y, Y, Y, Y },
        { 30100, HF_STANDING_CALL_ANSWERED, Y, Y, Y, Y },
    };
    struct hf_standing s = run(rows, HF_COUNT(rows));
    struct hf_standing_answer got = hf_standing_answer(&s, hf_at_ms(31000), HF_STANDING_RESPONSIVE);
    CHECK(hf_time_same(got.seen_at, hf_at_ms(30100)));
    CHECK(hf_time_same(got.since_at, hf_at_ms(100)));
    got = hf_standing_answer(&s, hf_at_ms(31000), HF_STANDING_READY);
    CHECK(hf_time_same(got.seen_at, hf_at_ms(30100)));
    CHECK(hf_time_same(got.since_at, hf_at_ms(200)));
    got = hf_standing_answer(&s, hf_at_ms(80000), HF_STANDING_RESPONSIVE);
    CHECK(hf_time_same(got.since_at, hf_at_ms(75100))); /* when it became unknown */
}

static void a_call_is_asked_for_every_30_s_of_a_link(void)
{
    struct hf_standing_limits limits;
    struct hf_standing s;
    hf_standing_limits_init(&limits);
    hf_standing_init(&s, &limits);
    CHECK(hf_time_same(hf_standing_due(&s), HF_NEVER));
    hf_standing_step(&s, hf_at_ms(0), HF_STANDING_LINK_READY);
    CHECK(hf_time_same(hf_standing_due(&s), hf_at_ms(30000)));
    CHECK(!hf_standing_call(&s, hf_at_ms(29999)));
    CHECK(hf_standing_call(&s, hf_at_ms(30000)));
    CHECK(!hf_standing_call(&s, hf_at_ms(30000)));
    CHECK(hf_standing_call(&s, hf_at_ms(60000)));
    hf_standing_step(&s, hf_at_ms(60001), HF_STANDING_LINK_LOST);
    CHECK(!hf_standing_call(&s, hf_at_ms(90000)));
}

static void names_are_fixed(void)
{
    static const char *const questions[] = { "alive", "reachable", "responsive", "ready" };
    static const char *const words[] = { "unknown", "no", "yes" };
    for (size_t i = 0; i < HF_COUNT(questions); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_standing_name((enum hf_standing_question)i)),
                      questions[i]);
    for (size_t i = 0; i < HF_COUNT(words); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_standing_word_name((enum hf_standing_word)i)), words[i]);
}

CHECK_MAIN(each_answer_can_be_true_without_the_next, what_the_process_says_of_itself_is_no_evidence,
           old_evidence_is_no_answer, answers_have_the_age_of_their_evidence,
           a_call_is_asked_for_every_30_s_of_a_link, names_are_fixed)
