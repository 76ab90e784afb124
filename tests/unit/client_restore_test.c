/* Subscriptions of the client engine, and the legacy JSON-RPC that it may understand
 * (spec/client-lifecycle.md 9.1, spec/supervisor.md 11.4). */
#include "lib/seat.h"

static int subscribe(struct seat *s, const char *method, uint64_t tag)
{
    struct hf_client_subscription one = { .method = hf_bytes_cstr(method),
                                          .params = HF_LIT("{\"key\":\"k\"}"),
                                          .tag = tag };
    int err = hf_client_subscribe(s->client, s->now, &one);
    seat_act(s);
    return err;
}

static void give_event(struct seat *s, int seq)
{
    char text[128];
    snprintf(text, sizeof text, "{\"type\":\"event\",\"event\":\"e\",\"seq\":%d}", seq);
    seat_give_text(s, text);
}

/* Asked for after each hello in the order of their registration; then the owner is told
 * that it may read what it missed. */
static void subscriptions_come_back_in_their_order(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    CHECK_EQ(subscribe(&s, "b.subscribe", 7), 0);
    CHECK_EQ(subscribe(&s, "a.subscribe", 8), 0);
    CHECK_EQ(subscribe(&s, "c.subscribe", 7), HF_ERR_EXISTS);
    CHECK_EQ(subscribe(&s, "", 9), HF_ERR_USAGE);
    for (int round = 0; round < 2; round++) {
        s.methods[0] = s.log[0] = '\0';
        seat_login(&s, seat_hello);
        CHECK_TEXT(hf_bytes_cstr(s.log), round ? "connected ready" : "connected ready");
        seat_read_sent(&s);
        CHECK_TEXT(hf_bytes_cstr(s.methods), "connect b.subscribe a.subscribe");
        seat_answer(&s, "\"ok\":true"); /* of the newest */
        CHECK_EQ(seat_last(&s, HF_CLIENT_IS_SUBSCRIBED)->u.result.tag, 8);
        CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESTORED), (size_t)round);
        s.id[1] = '2'; /* of the one before */
        seat_answer(&s, "\"ok\":false,\"error\":{\"code\":\"FORBIDDEN\",\"message\":\"no\"}");
        const struct hf_client_news *news = seat_last(&s, HF_CLIENT_IS_SUBSCRIBED);
        CHECK_EQ(news->u.result.tag, 7);
        CHECK_EQ(news->u.result.outcome, HF_CLIENT_SERVER_ERROR);
        news = seat_last(&s, HF_CLIENT_IS_RESTORED);
        CHECK_EQ(news->u.restored.count, 2);
        CHECK_EQ(news->u.restored.failed_count, 1);
        CHECK(!news->u.restored.is_after_gap);
        CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 0);
        seat_say(&s, HF_CLIENT_CLOSED);
        seat_redial(&s);
    }
    seat_fini(&s);
}

/* client-lifecycle 9.1: a gap is followed by the same, one round at a time. */
static void a_gap_brings_them_back_too(void)
{
    struct seat s;
    seat_ready(&s);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESTORED), 1); /* there was nothing to restore */
    CHECK_EQ(subscribe(&s, "a.subscribe", 1), 0);
    seat_answer(&s, "\"ok\":true");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESTORED), 2);
    give_event(&s, 1);
    give_event(&s, 5);
    give_event(&s, 9); /* while the round goes on */
    seat_read_sent(&s);
    CHECK_TEXT(hf_bytes_cstr(s.methods), "connect a.subscribe a.subscribe");
    seat_answer(&s, "\"ok\":true");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESTORED), 3);
    CHECK(seat_last(&s, HF_CLIENT_IS_RESTORED)->u.restored.is_after_gap);
    CHECK_EQ(hf_client_restore(s.client, s.now), 0);
    give_event(&s, 12); /* while a round that no gap began goes on */
    seat_answer(&s, "\"ok\":true");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESTORED), 4);
    CHECK(seat_last(&s, HF_CLIENT_IS_RESTORED)->u.restored.is_after_gap);
    CHECK_EQ(hf_client_restore(s.client, s.now), 0);
    seat_act(&s);
    /* One without an answer is one that failed. */
    seat_run(&s, 31000);
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_SUBSCRIBED)->u.result.outcome, HF_CLIENT_TIMEOUT);
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_RESTORED)->u.restored.failed_count, 1);
    CHECK_EQ(hf_client_unsubscribe(s.client, 1), 0);
    CHECK_EQ(hf_client_unsubscribe(s.client, 1), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_client_restore(s.client, s.now), 0);
    seat_act(&s);
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_RESTORED)->u.restored.count, 0);
    seat_fini(&s);
}

/* Both sides of both bounds: how many there are, and how many are asked for at once. */
static void subscriptions_are_bounded(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    for (uint64_t tag = 1; tag <= HF_LIMIT_SUBSCRIPTIONS; tag++)
        CHECK_EQ_AT(tag, subscribe(&s, "s", tag), 0);
    CHECK_EQ(subscribe(&s, "s", 1000), HF_ERR_LIMIT);
    seat_login(&s, seat_hello);
    seat_read_sent(&s);
    CHECK_EQ(s.frames, 1 + HF_LIMIT_CLIENT_RESTORES);
    seat_answer(&s, "\"ok\":true");
    seat_read_sent(&s);
    CHECK_EQ(s.frames, 2 + HF_LIMIT_CLIENT_RESTORES);
    seat_say(&s, HF_CLIENT_CLOSED);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESTORED), 0);
    CHECK_EQ(hf_client_restore(s.client, s.now), HF_ERR_STATE);
    seat_say(&s, HF_CLIENT_DISPOSE);
    CHECK_EQ(subscribe(&s, "s", 1000), HF_ERR_CLOSED);
    seat_fini(&s);
}

static void ask(struct seat *s, uint64_t tag)
{
    struct hf_client_call one = { .method = HF_LIT("m"), .tag = tag };
    CHECK_EQ(hf_client_call(s->client, s->now, &one), 0);
    seat_act(s);
    seat_read_sent(s);
}

/* An answer to the newest request. */
static void give_legacy(struct seat *s, const char *rest)
{
    char text[SEAT_TEXT_MAX];
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}", s->id, rest);
    seat_give_text(s, text);
}

/* supervisor.md 11.4: each shape, where the option is on. */
static void legacy_messages_are_understood_where_allowed(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    config.speaks_legacy = true;
    seat_start_with(&s, &config);
    ask(&s, 1);
    give_legacy(&s, "\"result\":{\"a\":1}");
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_RESULT)->u.result.outcome, HF_CLIENT_OK);
    give_legacy(&s, "\"result\":1"); /* again: nobody waits */
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_MESSAGE), 1);
    ask(&s, 2);
    give_legacy(&s, "\"error\":{\"code\":-1,\"message\":\"no\"}");
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_RESULT)->u.result.outcome, HF_CLIENT_SERVER_ERROR);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 2);
    seat_give_text(&s, "{\"jsonrpc\":\"2.0\",\"method\":\"channel.status\",\"params\":{}}");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_NOTIFICATION), 1);
    static const char *const others[] = { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ask\"}",
                                          "{\"id\":2,\"result\":1}", "{}",
                                          "{\"type\":\"res\",\"id\":\"9:other\",\"ok\":true}" };
    for (size_t i = 0; i < HF_COUNT(others); i++) {
        seat_give_text(&s, others[i]);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_MESSAGE), 2 + i);
    }
    static const char *const dropped[] = { "[1]", "7", "\"text\"" };
    for (size_t i = 0; i < HF_COUNT(dropped); i++) {
        seat_give_text(&s, dropped[i]);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_UNREADABLE), 1 + i);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_MESSAGE), 1 + HF_COUNT(others));
    }
    /* Every one of them is a sign of life. */
    CHECK(hf_time_same(hf_client_link(s.client)->watch.frame_at, s.now.mono));
    seat_fini(&s);
}

static void legacy_messages_mean_nothing_elsewhere(void)
{
    struct seat s;
    seat_ready(&s);
    ask(&s, 1);
    size_t news = s.news_len;
    give_legacy(&s, "\"result\":{}");
    seat_give_text(&s, "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}");
    CHECK_EQ(s.news_len, news);
    seat_fini(&s);
}

CHECK_MAIN(subscriptions_come_back_in_their_order, a_gap_brings_them_back_too,
           subscriptions_are_bounded, legacy_messages_are_understood_where_allowed,
           legacy_messages_mean_nothing_elsewhere)
