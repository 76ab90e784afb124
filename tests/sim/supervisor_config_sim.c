/* The gateway's own configuration, read and changed through its supervisor:
 * spec/supervisor.md 10.7 and 18.66. */
#include "lib/nursery_case.h"

#include <stdio.h>

#define METHODS ",\"config.get\",\"config.set\""
#define GATEWAY .ready_ms = 100, .says_ready = true, .term_ms = 10, .methods = METHODS

static void be_running_with(const char *text)
{
    be_running();
    nursery_config(&n, text);
}

static uint64_t get(const char *key)
{
    return nursery_config_ask(&n, key, NULL);
}

static uint64_t set(const char *key, const char *value)
{
    return nursery_config_ask(&n, key, value);
}

static size_t calls(void)
{
    return n.actions[HF_KEEPER_LINK_CALL];
}

static void it_is_read_as_a_whole_and_in_parts(void)
{
    static const struct {
        const char *key, *want;
    } rows[] = {
        { "",
          "{\"exists\":true,\"valid\":true,\"hash\":\"h2\",\"raw\":\"// mine\\n{a:{b:[1]}}\"}" },
        { "a", "{\"exists\":true,\"valid\":true,\"hash\":\"h2\",\"key\":\"a\","
               "\"value\":{\"b\":[1]}}" },
        { "a.b", "{\"exists\":true,\"valid\":true,\"hash\":\"h2\",\"key\":\"a.b\",\"value\":[1]}" },
        { "a.c", "{\"exists\":true,\"valid\":true,\"hash\":\"h2\",\"key\":\"a.c\"}" },
    };
    BEGIN({ GATEWAY });
    be_running_with("// mine\n{a:{b:[1]}}");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        uint64_t tag = get(rows[i].key);
        run_ms(10);
        CHECK_EQ_AT(i, final_of(tag), HF_KEEPER_EXECUTED);
        CHECK_TEXT_AT(i, hf_bytes_cstr(n.config_shown), rows[i].want);
    }
    end();
}

static void a_value_is_written_and_comments_stay(void)
{
    BEGIN({ GATEWAY });
    be_running_with("// mine\n{a:{b:1}}");
    uint64_t tag = set("a.b", "2");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_COMMITTED);
    CHECK_TEXT(hf_bytes_cstr(n.config_text), "// mine\n{a:{b:2}}");
    size_t before = calls();
    tag = set("a.b", "2.0");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_SATISFIED);
    CHECK_EQ(calls(), before + 1); /* read, and not written */
    end();
}

/* supervisor 66: one conflict is tried again upon what stands there then. */
static void somebody_else_may_be_faster_once(void)
{
    static const struct {
        unsigned rivals;
        int want;
        const char *text;
    } rows[] = { { 1, HF_KEEPER_COMMITTED, "{\n  a: { b: 2 },rival:0}" },
                 { 2, HF_KEEPER_CONFLICT, "{rival:0}" } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        BEGIN({ GATEWAY });
        be_running_with("{a:{b:1}}");
        nursery_gateway(&n)->child.rivals = rows[i].rivals;
        uint64_t tag = set("a.b", "2");
        run_ms(100);
        CHECK_EQ_AT(i, final_of(tag), rows[i].want);
        CHECK_TEXT_AT(i, hf_bytes_cstr(n.config_text), rows[i].text);
        end();
    }
}

/* supervisor 66: the answer goes down with the connection; the file decides. */
static void a_lost_answer_is_judged_by_the_file(void)
{
    static const struct {
        struct child child;
        int want;
        const char *reason, *text;
    } rows[] = {
        { { GATEWAY, .on_set = NURSERY_LOSES_ANSWER, .down_ms = 2000 },
          HF_KEEPER_COMMITTED,
          "its answer was lost, and the file is what was sent",
          "{a:{b:2},s:'secret'}" },
        { { GATEWAY, .on_set = NURSERY_LOSES_IT, .down_ms = 2000 },
          HF_KEEPER_FAILED,
          "its answer was lost, and the file is not what was sent",
          "{a:{b:1},s:'secret'}" },
        /* Written anew, with members of its own and without what it hides. */
        { { GATEWAY, .on_set = NURSERY_LOSES_ANSWER, .down_ms = 2000, .adds_meta = true,
            .hides = true },
          HF_KEEPER_COMMITTED,
          "its answer was lost, and the file is what was sent",
          "{\"meta\":1,\"a\":{\"b\":2},\"s\":\"secret\"}" },
        /* It lives, and is asked on the same connection. */
        { { GATEWAY, .on_set = NURSERY_SAYS_NOTHING },
          HF_KEEPER_COMMITTED,
          "its answer was lost, and the file is what was sent",
          "{a:{b:2},s:'secret'}" },
        { { GATEWAY, .on_set = NURSERY_WRITES_LOUDLY, .down_ms = 2000 },
          HF_KEEPER_COMMITTED,
          "",
          "{a:{b:2},s:'secret'}" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        begin(&rows[i].child, 1);
        be_running_with("{a:{b:1},s:'secret'}");
        uint64_t tag = set("a.b", "2");
        run_ms(60000);
        CHECK_EQ_AT(i, final_of(tag), rows[i].want);
        CHECK_TEXT_AT(i, reason_of(tag), rows[i].reason);
        CHECK_TEXT_AT(i, hf_bytes_cstr(n.config_text), rows[i].text);
        CHECK_EQ_AT(i, n.spawns, 1);
        CHECK_EQ_AT(i, phase(), HF_PHASE_READY); /* and it goes on */
        end();
    }
}

/* supervisor 66: what cannot be seen is not claimed. */
static void a_lost_answer_about_a_secret_is_an_error(void)
{
    BEGIN({ GATEWAY, .on_set = NURSERY_LOSES_ANSWER, .hides = true });
    be_running_with("{a:{b:1}}");
    uint64_t tag = set("a.b", "\"secret\"");
    run_ms(60000);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "hides"));
    end();
}

/* supervisor 66: a change of somebody else that came first after the loss. */
static void a_file_that_is_another_one_is_an_error(void)
{
    BEGIN({ GATEWAY, .on_set = NURSERY_LOSES_ANSWER, .down_ms = 2000 });
    be_running_with("{a:{b:1}}");
    uint64_t tag = set("a.b", "2");
    run_ms(1000);
    CHECK_TEXT(hf_bytes_cstr(n.config_text), "{a:{b:2}}");
    nursery_config(&n, "{a:{b:3}}");
    run_ms(60000);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "not what was sent"));
    end();
}

static void a_refusal_is_in_the_gateway_s_own_words(void)
{
    BEGIN({ GATEWAY, .on_set = NURSERY_SAYS_NO });
    be_running_with("{a:{b:1}}");
    uint64_t tag = set("a.b", "3");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK_TEXT(reason_of(tag), "invalid config: a.b: Invalid input \"my long secret\"");
    /* What was to be written is not said again. */
    tag = set("a.b", "{\"list\":[\"my long secret\"]}");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK(holds(reason_of(tag), "invalid config: a.b"));
    CHECK(!holds(reason_of(tag), "my long secret"));
    nursery_gateway(&n)->child.on_set = NURSERY_SAYS_LATER;
    tag = set("a.b", "3");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK_TEXT(reason_of(tag), "draining");
    CHECK_TEXT(hf_bytes_cstr(n.config_text), "{a:{b:1}}");
    end();
}

static void what_cannot_be_done_says_why(void)
{
    BEGIN({ .ready_ms = 100, .says_ready = true, .methods = ",\"config.get\"" });
    nursery_open(&n);
    uint64_t tag = get("");
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK_TEXT(reason_of(tag), "the gateway is not running");
    be_running_with("{a:1}");
    tag = set("a", "2"); /* config.get alone */
    CHECK_EQ(final_of(tag), HF_KEEPER_UNSUPPORTED);
    tag = get("a");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    tag = set("a..b", "2");
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK_TEXT(reason_of(tag), "this is no key");
    end();
    BEGIN({ GATEWAY });
    be_running_with("{a:1}");
    tag = set("a.b", "2");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK(holds(reason_of(tag), "not an object"));
    nursery_config(&n, "not json");
    tag = set("a", "2");
    run_ms(10);
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK(holds(reason_of(tag), "not valid"));
    end();
    BEGIN({ .ready_ms = 100 });
    n.config.place = HF_PLACE_TCP;
    ask(HF_KEEPER_DO_START);
    run_ms(5000);
    tag = set("a", "2");
    CHECK_EQ(final_of(tag), HF_KEEPER_UNSUPPORTED);
    end();
}

static void a_gateway_that_starts_or_drains_is_waited_for(void)
{
    BEGIN({ GATEWAY, .starting_ms = 3000, .hint_ms = 500 });
    ask(HF_KEEPER_DO_START);
    run_ms(50);
    uint64_t tag = set("a", "1");
    CHECK_EQ(nursery_result(&n, tag)->first, HF_KEEPER_DEFERRED);
    CHECK_EQ(nursery_result(&n, tag)->interim, 1);
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_COMMITTED);
    nursery_event(&n, "shutdown", "{\"restartExpectedMs\":1000}");
    size_t before = calls();
    tag = set("a", "2");
    run_ms(100);
    CHECK_EQ(calls(), before);
    CHECK_EQ(nursery_result(&n, tag)->final, 0);
    nursery_close_link(&n, 1012);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_COMMITTED);
    end();
}

static void a_stop_cancels_and_a_restart_does_not(void)
{
    BEGIN({ GATEWAY });
    be_running_with("{a:1}");
    uint64_t tag = set("a", "2");
    ask(HF_KEEPER_DO_RESTART);
    run_ms(10000);
    CHECK_EQ(final_of(tag), HF_KEEPER_COMMITTED);
    CHECK_EQ(n.spawns, 2);
    uint64_t first = set("a", "3"), second = get("a");
    ask(HF_KEEPER_DO_STOP);
    CHECK_EQ(final_of(first), HF_KEEPER_CANCELLED);
    CHECK_EQ(final_of(second), HF_KEEPER_CANCELLED);
    run_ms(1000);
    CHECK_EQ(phase(), HF_PHASE_IDLE);
    end();
}

/* One is under way, the others wait for it in their order; one more is refused by name. */
static void so_many_wait_and_one_more_is_refused(void)
{
    uint64_t tags[HF_LIMIT_KEEPER_REWRITES];
    BEGIN({ GATEWAY });
    be_running_with("{a:0}");
    for (size_t i = 0; i < HF_COUNT(tags); i++) {
        static const char *const values[] = { "1", "2", "3", "4" };
        tags[i] = set("a", values[i]);
        CHECK_EQ_AT(i, nursery_result(&n, tags[i])->interim, i > 0);
    }
    uint64_t more = set("a", "9");
    CHECK_EQ(final_of(more), HF_KEEPER_REFUSED);
    CHECK_TEXT(reason_of(more), "too_many_requests");
    run_ms(100);
    for (size_t i = 0; i < HF_COUNT(tags); i++)
        CHECK_EQ_AT(i, final_of(tags[i]), HF_KEEPER_COMMITTED);
    CHECK_TEXT(hf_bytes_cstr(n.config_text), "{a:4}");
    end();
}

static void its_time_is_bounded(void)
{
    BEGIN({ GATEWAY, .on_set = NURSERY_LOSES_ANSWER, .down_ms = 10000000 },
          { .ready_ms = NURSERY_NEVER });
    be_running_with("{a:0}");
    uint64_t first = set("a", "1");
    run_ms(1000);
    uint64_t second = set("a", "2");
    run_ms(HF_REWRITE_WITHIN_MS - 1001);
    CHECK_EQ(nursery_result(&n, first)->final, 0);
    run_ms(1);
    CHECK_EQ(final_of(first), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(first), "nobody can tell"));
    CHECK_EQ(nursery_result(&n, second)->final, 0);
    run_ms(1000);
    CHECK_EQ(final_of(second), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(second), "in time"));
    end();
}

/* A configuration with which it cannot live: what waits ends when nothing comes by itself. */
static void a_gateway_that_does_not_come_back_ends_it(void)
{
    BEGIN({ GATEWAY, .on_set = NURSERY_LOSES_ANSWER, .breaks_itself = true, .exit_code = 79 });
    be_running_with("{a:0}");
    uint64_t tag = set("a", "1");
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_FATAL);
    CHECK_EQ(final_of(tag), HF_KEEPER_FAILED);
    CHECK(holds(reason_of(tag), "nobody can tell"));
    end();
}

static void inject(enum hf_ask what, enum hf_keeper_call_outcome outcome, struct hf_bytes payload)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_RESULT,
                                     .link = n.link,
                                     .ask = n.s->asks[what] };
    event.u.link_result.outcome = outcome;
    event.u.link_result.payload = payload;
    nursery_say(&n, &event);
}

/* What could not be sent is not tried without end on the connection that did not take it. */
static void what_was_not_sent_waits_for_the_next_connection(void)
{
    BEGIN({ GATEWAY });
    be_running_with("{a:0}");
    uint64_t tag = set("a", "1");
    size_t before = calls();
    inject(HF_ASK_CONFIG_GET, HF_KEEPER_CALL_NOT_SENT, HF_EMPTY);
    run_ms(5000);
    CHECK_EQ(calls(), before);
    CHECK_EQ(nursery_result(&n, tag)->final, 0);
    nursery_close_link(&n, 1006);
    run_ms(5000);
    CHECK_EQ(final_of(tag), HF_KEEPER_COMMITTED);
    end();
}

/* A view of so many bytes, and of one more. */
static void what_is_shown_has_its_bound(void)
{
    static const char head[] = "{\"exists\":true,\"raw\":\"", tail[] = "\"}";
    for (size_t more = 0; more < 2; more++) {
        struct hf_buf payload;
        BEGIN({ GATEWAY });
        be_running_with("{a:0}");
        uint64_t tag = get("");
        hf_buf_init(&payload, 1 << 20);
        hf_buf_add(&payload, hf_bytes_cstr(head));
        for (size_t i = sizeof head + sizeof tail - 2; i < HF_LIMIT_CONFIG_VIEW_BYTES + more; i++)
            hf_buf_add_byte(&payload, 'x');
        hf_buf_add(&payload, hf_bytes_cstr(tail));
        inject(HF_ASK_CONFIG_GET, HF_KEEPER_CALL_OK, hf_buf_view(&payload));
        CHECK_EQ_AT(more, final_of(tag), more ? HF_KEEPER_REFUSED : HF_KEEPER_EXECUTED);
        if (more) CHECK(holds(reason_of(tag), "config_view_bytes"));
        hf_buf_fini(&payload);
        end();
    }
}

CHECK_MAIN(it_is_read_as_a_whole_and_in_parts, a_value_is_written_and_comments_stay,
           somebody_else_may_be_faster_once, a_lost_answer_is_judged_by_the_file,
           a_lost_answer_about_a_secret_is_an_error, a_file_that_is_another_one_is_an_error,
           a_refusal_is_in_the_gateway_s_own_words, what_cannot_be_done_says_why,
           a_gateway_that_starts_or_drains_is_waited_for, a_stop_cancels_and_a_restart_does_not,
           so_many_wait_and_one_more_is_refused, its_time_is_bounded,
           a_gateway_that_does_not_come_back_ends_it,
           what_was_not_sent_waits_for_the_next_connection, what_is_shown_has_its_bound)
