#include "core/rewrite.h"
#include "base/err.h"
#include "lib/check.h"

static struct hf_rewrites all;

static struct hf_rewrite *order(enum hf_rewrite_kind kind)
{
    hf_rewrites_fini(&all);
    CHECK_EQ(hf_rewrites_add(&all, hf_at_ms(0), 1, kind, HF_LIT("a.b"), HF_LIT("1")), 0);
    return &all.list[0];
}

enum { LAST = -1, STEPS = 10 };

/* A story: what comes in, and how it ends; before the end every step is an act. */
struct story {
    enum hf_rewrite_kind kind;
    int inputs[STEPS]; /* LAST behind them */
    enum hf_rewrite_act acts[STEPS];
    enum hf_rewrite_end end;
    const char *why; /* a part of it; NULL: none */
};

static const struct story stories[] = {
    /* Read. */
    { HF_REWRITE_GET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_READ,
      NULL },
    { HF_REWRITE_GET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_DISCONNECTED, HF_REWRITE_CONNECTED, HF_REWRITE_GOT, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_NONE, HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_READ,
      NULL },
    { HF_REWRITE_GET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_UNANSWERED, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      "did not answer" },
    { HF_REWRITE_GET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_REFUSED, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_REFUSED,
      NULL },
    { HF_REWRITE_GET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_CANNOT, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      NULL },
    { HF_REWRITE_GET, { HF_REWRITE_UNSUPPORTED, LAST }, { HF_REWRITE_END },
      HF_REWRITE_END_UNSUPPORTED, "no such method" },
    { HF_REWRITE_GET, { HF_REWRITE_GONE, LAST }, { HF_REWRITE_END }, HF_REWRITE_END_REFUSED,
      "not running" },
    { HF_REWRITE_SET, { HF_REWRITE_STOPPED, LAST }, { HF_REWRITE_END }, HF_REWRITE_END_CANCELLED,
      "stop" },
    { HF_REWRITE_SET, { HF_REWRITE_TIME, LAST }, { HF_REWRITE_END }, HF_REWRITE_END_FAILED,
      "in time" },
    /* Written. */
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_DONE, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_END },
      HF_REWRITE_END_COMMITTED,
      NULL },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_IS_SAME, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_UNCHANGED,
      "so before" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_UNFIT, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_REFUSED,
      NULL },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_REFUSED, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_END },
      HF_REWRITE_END_REFUSED,
      NULL },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_CANNOT, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      NULL },
    /* One conflict is tried again, the second is told. */
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_CONFLICT, HF_REWRITE_GOT, HF_REWRITE_DONE,
        LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET,
        HF_REWRITE_END },
      HF_REWRITE_END_COMMITTED,
      NULL },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_CONFLICT, HF_REWRITE_GOT,
        HF_REWRITE_CONFLICT, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET,
        HF_REWRITE_END },
      HF_REWRITE_END_CONFLICT,
      "somebody else" },
    /* A lost answer: the file decides. */
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_DISCONNECTED, HF_REWRITE_CONNECTED,
        HF_REWRITE_HOLDS, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_NONE, HF_REWRITE_CALL_GET,
        HF_REWRITE_END },
      HF_REWRITE_END_COMMITTED,
      "is what was sent" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_DISCONNECTED, HF_REWRITE_CONNECTED,
        HF_REWRITE_DIFFERS, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_NONE, HF_REWRITE_CALL_GET,
        HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      "is not what was sent" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_DISCONNECTED, HF_REWRITE_CONNECTED,
        HF_REWRITE_DISCONNECTED, HF_REWRITE_CONNECTED, HF_REWRITE_UNSURE, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_NONE, HF_REWRITE_CALL_GET,
        HF_REWRITE_NONE, HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      "hides" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_UNANSWERED, HF_REWRITE_HOLDS, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_COMMITTED,
      "is what was sent" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_UNANSWERED, HF_REWRITE_UNANSWERED, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_CALL_GET, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      "nobody can tell" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_DISCONNECTED, HF_REWRITE_GONE, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_NONE, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      "nobody can tell" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_DISCONNECTED, HF_REWRITE_TIME, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_NONE, HF_REWRITE_END },
      HF_REWRITE_END_FAILED,
      "nobody can tell" },
    { HF_REWRITE_SET,
      { HF_REWRITE_CONNECTED, HF_REWRITE_GOT, HF_REWRITE_STOPPED, LAST },
      { HF_REWRITE_CALL_GET, HF_REWRITE_CALL_SET, HF_REWRITE_END },
      HF_REWRITE_END_CANCELLED,
      "may have been written" },
};

static struct hf_rewrite_verdict play(size_t at, const struct story *story)
{
    struct hf_rewrite *r = order(story->kind);
    struct hf_rewrite_verdict v = { .act = HF_REWRITE_NONE };
    for (size_t i = 0; i < STEPS && story->inputs[i] != LAST; i++) {
        v = hf_rewrite_step(r, (enum hf_rewrite_input)story->inputs[i]);
        CHECK_EQ_AT(at, v.act, story->acts[i]);
    }
    return v;
}

/* supervisor 66 */
static void each_story_has_its_one_end(void)
{
    for (size_t i = 0; i < HF_COUNT(stories); i++) {
        struct hf_rewrite_verdict v = play(i, &stories[i]);
        CHECK_EQ_AT(i, v.act, HF_REWRITE_END);
        CHECK_EQ_AT(i, v.end, stories[i].end);
        CHECK_EQ_AT(i, v.why == NULL, stories[i].why == NULL);
        if (v.why) CHECK_AT(i, strstr(v.why, stories[i].why) != NULL);
    }
    hf_rewrites_fini(&all);
}

/* Whatever comes in whatever state: it ends, asks, or nothing changes but by a loss. */
static void what_does_not_belong_here_changes_nothing(void)
{
    for (int state = HF_REWRITE_WAITS; state <= HF_REWRITE_CHECKS; state++) {
        for (int input = HF_REWRITE_CONNECTED; input <= HF_REWRITE_UNANSWERED; input++) {
            struct hf_rewrite *r = order(HF_REWRITE_SET);
            r->state = (enum hf_rewrite_state)state;
            struct hf_rewrite_verdict v = hf_rewrite_step(r, (enum hf_rewrite_input)input);
            bool is_move = v.act != HF_REWRITE_NONE || input == HF_REWRITE_DISCONNECTED;
            CHECK_AT(state * 100 + input, is_move || r->state == (enum hf_rewrite_state)state);
            bool is_end =
                input == HF_REWRITE_GONE || input == HF_REWRITE_STOPPED || input == HF_REWRITE_TIME;
            CHECK_AT(state * 100 + input, !is_end || v.act == HF_REWRITE_END);
            /* Only what was sent can be committed, and only by its answer or by the file. */
            bool is_proof = (state == HF_REWRITE_WRITES && input == HF_REWRITE_DONE) ||
                            (state == HF_REWRITE_CHECKS && input == HF_REWRITE_HOLDS);
            bool is_commit = v.act == HF_REWRITE_END && v.end == HF_REWRITE_END_COMMITTED;
            CHECK_EQ_AT(state * 100 + input, is_commit, is_proof);
        }
    }
    hf_rewrites_fini(&all);
}

static int add(uint64_t tag, int64_t at_ms)
{
    return hf_rewrites_add(&all, hf_at_ms(at_ms), tag, HF_REWRITE_SET, HF_LIT("a"), HF_LIT("1"));
}

static void so_many_wait_and_one_more_is_refused(void)
{
    for (uint64_t i = 0; i < HF_LIMIT_KEEPER_REWRITES; i++) CHECK_EQ_AT(i, add(i + 1, 0), 0);
    CHECK_EQ(add(9, 0), HF_ERR_LIMIT);
    hf_rewrites_drop(&all, 1);
    CHECK_EQ(add(9, 0), 0);
    static const uint64_t tags[] = { 1, 3, 4, 9 };
    CHECK_EQ(all.count, HF_COUNT(tags));
    for (size_t i = 0; i < HF_COUNT(tags); i++) CHECK_EQ_AT(i, all.list[i].tag, tags[i]);
    hf_rewrites_fini(&all);
    CHECK_EQ(all.count, 0);
}

static void what_is_too_long_is_refused(void)
{
    static uint8_t text[HF_LIMIT_CONTROL_LINE_BYTES + 1];
    struct hf_bytes most = hf_bytes(text, sizeof text - 1), more = hf_bytes(text, sizeof text);
    CHECK_EQ(hf_rewrites_add(&all, hf_at_ms(0), 1, HF_REWRITE_SET, most, most), 0);
    CHECK_EQ(hf_rewrites_add(&all, hf_at_ms(0), 1, HF_REWRITE_SET, more, most), HF_ERR_TOO_LARGE);
    CHECK_EQ(hf_rewrites_add(&all, hf_at_ms(0), 1, HF_REWRITE_SET, most, more), HF_ERR_TOO_LARGE);
    CHECK_EQ(all.count, 1);
    hf_rewrites_fini(&all);
}

static void each_has_its_own_deadline(void)
{
    CHECK(hf_time_same(hf_rewrites_due(&all), HF_NEVER));
    CHECK_EQ(add(1, 0), 0);
    CHECK_EQ(add(2, 10), 0);
    CHECK(hf_time_same(hf_rewrites_due(&all), hf_at_ms(HF_REWRITE_WITHIN_MS)));
    CHECK_EQ(hf_rewrites_late(&all, hf_at_ms(HF_REWRITE_WITHIN_MS - 1)), 2);
    CHECK_EQ(hf_rewrites_late(&all, hf_at_ms(HF_REWRITE_WITHIN_MS)), 0);
    hf_rewrites_drop(&all, 0);
    CHECK_EQ(hf_rewrites_late(&all, hf_at_ms(HF_REWRITE_WITHIN_MS + 9)), 1);
    CHECK_EQ(hf_rewrites_late(&all, hf_at_ms(HF_REWRITE_WITHIN_MS + 10)), 0);
    hf_rewrites_fini(&all);
}

CHECK_MAIN(each_story_has_its_one_end, what_does_not_belong_here_changes_nothing,
           so_many_wait_and_one_more_is_refused, what_is_too_long_is_refused,
           each_has_its_own_deadline)
