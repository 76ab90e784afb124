/* The client engine without memory: in each step of a life each allocation fails once.
 * It loses a connection at most, settles every call once, and comes back. */
#include "lib/fault.h"
#include "lib/seat.h"

enum { ROUNDS = 40, NTH_MAX = 12, TAGS_MAX = 64 };

static unsigned settled[TAGS_MAX];
static uint64_t next_tag;
static size_t readies;

static void watch(struct seat *s, const struct hf_client_news *news)
{
    (void)s;
    readies += news->kind == HF_CLIENT_IS_READY;
    if (news->kind != HF_CLIENT_IS_RESULT) return;
    CHECK(news->u.result.tag < next_tag);
    settled[news->u.result.tag]++;
}

/* What an owner and a server do with a connection, one thing after the other. */
static void do_something(struct seat *s, int what)
{
    struct hf_client_call call = { .method = HF_LIT("health"), .tag = next_tag };
    struct hf_client_subscription subscription = { .method = HF_LIT("sessions.subscribe"),
                                                   .tag = next_tag };
    struct hf_credentials credentials = { .token = HF_LIT("other-token") };
    switch (what % 8) {
    case 0:
    case 4:
        if (hf_client_call(s->client, s->now, &call) == 0) next_tag++;
        break;
    case 1:
        hf_client_subscribe(s->client, s->now, &subscription);
        break;
    case 2:
        seat_answer(s, "\"ok\":true,\"payload\":{}");
        break;
    case 3:
        seat_give_text(s, "{\"type\":\"event\",\"event\":\"e\",\"seq\":7}");
        seat_give_text(s, "{\"type\":\"event\",\"event\":\"e\",\"seq\":9}");
        break;
    case 5:
        seat_give_frame(s, HF_WS_OP_PING, HF_LIT("p"));
        break;
    case 6:
        hf_client_set_credentials(s->client, s->now, &credentials, HF_LIT("[\"a\"]"));
        break;
    case 7:
        seat_give_frame(s, HF_WS_OP_CLOSE,
                        HF_LIT("\x03\xF4"
                               "restart token=x"));
        break;
    }
    seat_act(s);
}

/* Whatever state it is in, the next thing happens. */
static void go_on(struct seat *s, int round)
{
    switch (hf_client_link(s->client)->state) {
    case HF_LINK_IDLE:
        seat_say(s, HF_CLIENT_START);
        return;
    case HF_LINK_OPENING:
        if (round % 5 == 4)
            seat_give(s, HF_LIT("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy"));
        else
            seat_upgrade(s);
        return;
    case HF_LINK_AWAIT_CHALLENGE:
        seat_give_text(s, seat_challenge);
        return;
    case HF_LINK_AWAIT_HELLO:
        seat_answer(s, seat_hello);
        return;
    case HF_LINK_READY:
        do_something(s, round);
        return;
    case HF_LINK_CLOSING:
        seat_say(s, HF_CLIENT_CLOSED);
        return;
    case HF_LINK_BACKOFF:
        seat_redial(s);
        return;
    case HF_LINK_PAUSED:
    case HF_LINK_PREPARING:
    case HF_LINK_REAUTH:
    case HF_LINK_DISPOSED:
        check_fail(__FILE__, __LINE__, "it is stuck");
    }
}

/* One life in which the `nth` allocation of one round fails: whether there was one. */
static bool live(int faulty_round, size_t nth)
{
    struct hf_client_config config = seat_config_of();
    bool was_hit = false;
    struct seat s;
    config.keeps_hello = config.has_device = true;
    config.device_secret[0] = 1;
    memset(settled, 0, sizeof settled);
    next_tag = 0;
    seat_open(&s);
    s.on_news = watch;
    /* What belongs to the test has its memory already. */
    CHECK_EQ(hf_buf_reserve(&s.sent, 1 << 20), 0);
    CHECK_EQ(hf_buf_reserve(&s.texts, 1 << 20), 0);
    CHECK_EQ(hf_buf_reserve(&s.frame, 1 << 16), 0);
    CHECK_EQ(hf_client_new(&s.client, &config), 0);
    for (int round = 0; round < ROUNDS; round++) {
        s.news_len = 0;
        s.log[0] = s.methods[0] = '\0';
        if (round == faulty_round) fault_arm(nth);
        go_on(&s, round);
        if (round == faulty_round) was_hit = fault_was_hit();
        fault_arm(0);
    }
    for (int i = 0; hf_client_link(s.client)->state != HF_LINK_READY; i++) {
        CHECK(i < 20); /* it is back soon */
        go_on(&s, 0);
    }
    seat_say(&s, HF_CLIENT_DISPOSE);
    for (uint64_t tag = 0; tag < next_tag; tag++) CHECK_EQ_AT(tag, settled[tag], 1);
    seat_fini(&s);
    return was_hit;
}

static void every_allocation_of_a_life_may_fail(void)
{
    size_t hits = 0, before = fault_live();
    for (int round = 0; round < ROUNDS; round++)
        for (size_t nth = 1; nth <= NTH_MAX; nth++) {
            bool was_hit = live(round, nth);
            hits += was_hit;
            CHECK_EQ(fault_live(), before);
            if (!was_hit) break;
        }
    CHECK(hits > 20);
    CHECK(readies > 0);
}

static int make_and_free(void)
{
    struct hf_client_config config = seat_config_of();
    struct hf_client *client = NULL;
    int err = hf_client_new(&client, &config);
    hf_client_free(client);
    return err;
}

static void a_client_that_cannot_be_made_leaves_nothing(void)
{
    fault_each(make_and_free);
}

CHECK_MAIN(every_allocation_of_a_life_may_fail, a_client_that_cannot_be_made_leaves_nothing)
