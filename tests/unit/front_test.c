#include "engine/front.h"
#include "base/limits.h"
#include "lib/check.h"

#include <stdio.h>

#define UP HF_RELAY_UPSTREAM
#define CLIENT HF_RELAY_CLIENT

#define UPGRADE_LINES                                                                              \
    "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"        \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "GET / HTTP/1.1\r\n" UPGRADE_LINES "\r\n"
#define NAMED                                                                                      \
    "GET / HTTP/1.1\r\n" UPGRADE_LINES                                                             \
    "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n\r\n"
#define SWITCHED "HTTP/1.1 101 Switching Protocols\r\n\r\n"

static struct hf_peer peer_at(const char *address)
{
    struct hf_peer peer = { .port = 1 };
    struct hf_net_address a;
    CHECK(hf_net_address_read(hf_bytes_cstr(address), &a));
    memcpy(peer.address, a.bytes, sizeof peer.address);
    return peer;
}

static void begin(struct hf_front *f)
{
    static const struct hf_settings settings = {
        .trusted_proxies = { .items = { HF_LIT_INIT("10.0.0.0/8") }, .count = 1 },
        .allow_real_ip_fallback = true,
    };
    struct hf_front_config config;
    hf_front_config_init(&config);
    hf_front_init(f, &config, &settings);
    hf_front_set_ready(f, true);
}

static hf_id accept_from(struct hf_front *f, const char *address)
{
    struct hf_peer peer = peer_at(address);
    hf_id id = 0;
    CHECK_EQ(hf_front_accept(f, hf_at_ms(0), &peer, &id), HF_FRONT_RELAY);
    return id;
}

static uint32_t give(struct hf_front *f, hf_id id, enum hf_relay_side side, const char *text)
{
    CHECK(hf_front_wants(f, id, side));
    return hf_front_input(f, hf_at_ms(0), id, side, hf_bytes_cstr(text));
}

/* All that waits for a side is `want`, and is written. */
static uint32_t take(struct hf_front *f, hf_id id, enum hf_relay_side side, const char *want)
{
    struct hf_bytes got = hf_front_output(f, id, side);
    CHECK_TEXT(got, want);
    return hf_front_written(f, hf_at_ms(0), id, side, got.len);
}

static void a_client_goes_to_the_gate_until_the_upstream_is_ready(void)
{
    struct hf_front f;
    struct hf_peer peer = peer_at("192.0.2.7");
    hf_id id = 0;
    begin(&f);
    hf_front_set_ready(&f, false);
    CHECK_EQ(hf_front_accept(&f, hf_at_ms(0), &peer, &id), HF_FRONT_GATE);
    hf_front_set_ready(&f, true);
    CHECK_EQ(hf_front_accept(&f, hf_at_ms(0), &peer, &id), HF_FRONT_RELAY);
    /* One that is relayed stays when the upstream is said not to be ready; one whose head
     * comes only then does not go there any more. */
    CHECK_EQ(give(&f, id, CLIENT, UPGRADE), HF_RELAY_DO_DIAL);
    hf_id slow = accept_from(&f, "192.0.2.8");
    hf_front_set_ready(&f, false);
    CHECK_EQ(give(&f, id, CLIENT, "frames"), 0);
    CHECK_EQ(give(&f, slow, CLIENT, UPGRADE), HF_RELAY_DO_GATE);
    CHECK_EQ(f.counts.accepted, 3);
    CHECK_EQ(f.counts.gated, 2);
    hf_front_fini(&f);
}

static void a_websocket_is_passed_both_ways_untouched(void)
{
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "192.0.2.7");
    CHECK_EQ(give(&f, id, CLIENT, UPGRADE "early"), HF_RELAY_DO_DIAL);
    CHECK_EQ(give(&f, id, CLIENT, " frames"), 0);
    CHECK_EQ(hf_front_output(&f, id, UP).len, 0); /* there is no upstream yet */
    CHECK_EQ(hf_front_connected(&f, hf_at_ms(0), id), 0);
    CHECK_EQ(take(&f, id, UP, NAMED), 0);
    CHECK_EQ(hf_front_output(&f, id, UP).len, 0); /* held until it has switched */
    CHECK_EQ(give(&f, id, UP, "HTTP/1.1 10"), 0);
    CHECK_EQ(take(&f, id, CLIENT, ""), 0); /* nobody knows what it will be */
    CHECK_EQ(hf_front_output(&f, id, UP).len, 0);
    CHECK_EQ(give(&f, id, UP, "1 Switching\r\n\r\nhi"), 0);
    CHECK_EQ(take(&f, id, UP, "early frames"), 0);
    CHECK_EQ(take(&f, id, CLIENT, "HTTP/1.1 101 Switching\r\n\r\nhi"), 0);
    CHECK_EQ(give(&f, id, CLIENT, "GET / HTTP/1.1\r\n\r\n"), 0); /* bytes are bytes now */
    CHECK_EQ(take(&f, id, UP, "GET / HTTP/1.1\r\n\r\n"), 0);
    CHECK_EQ(f.counts.bytes[UP], sizeof NAMED - 1 + 12 + 18);

    /* An end goes behind what waits; the second one closes. */
    CHECK_EQ(give(&f, id, UP, "bye"), 0);
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, UP), 0);
    CHECK_EQ(take(&f, id, CLIENT, "bye"), HF_RELAY_END_CLIENT);
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, CLIENT),
             HF_RELAY_END_UPSTREAM | HF_RELAY_CLOSE);
    hf_front_drop(&f, id);
    CHECK_EQ(f.counts.open, 0);
    CHECK_EQ(hf_front_input(&f, hf_at_ms(0), id, UP, HF_LIT("late")), 0);
    hf_front_fini(&f);
}

/* Nothing that a client sends behind a request is read as a second one. */
static void a_connection_carries_one_request(void)
{
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "192.0.2.7");
    CHECK_EQ(give(&f, id, CLIENT, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"),
             HF_RELAY_DO_DIAL);
    CHECK_EQ(give(&f, id, CLIENT, "c"), 0);
    CHECK_EQ(hf_front_connected(&f, hf_at_ms(0), id), 0);
    CHECK_EQ(take(&f, id, UP,
                  "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n"
                  "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n\r\nabc"),
             0);
    CHECK_EQ(give(&f, id, CLIENT, "deGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
    CHECK_EQ(take(&f, id, UP, "de"), 0);
    CHECK_EQ(give(&f, id, CLIENT, UPGRADE), 0);
    CHECK_EQ(hf_front_output(&f, id, UP).len, 0);
    CHECK_EQ(give(&f, id, UP, "HTTP/1.1 200 OK\r\n\r\n"), 0);
    CHECK_EQ(take(&f, id, CLIENT, "HTTP/1.1 200 OK\r\n\r\n"), 0);
    hf_front_fini(&f);
}

static void an_upgrade_that_is_refused_lets_nothing_more_through(void)
{
    static const char *const answers[] = { "HTTP/1.1 403 Forbidden\r\n\r\n",
                                           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n",
                                           "SSH-2.0-x\r\n", "HTTP/1.1 1010\r\n\r\n" };
    for (size_t i = 0; i < HF_COUNT(answers); i++) {
        struct hf_front f;
        bool is_101 = i == 3; /* 101 and whatever follows: the upstream has switched */
        begin(&f);
        hf_id id = accept_from(&f, "192.0.2.7");
        CHECK_EQ_AT(i, give(&f, id, CLIENT, UPGRADE UPGRADE), HF_RELAY_DO_DIAL);
        CHECK_EQ_AT(i, hf_front_connected(&f, hf_at_ms(0), id), 0);
        CHECK_EQ_AT(i, take(&f, id, UP, NAMED), 0);
        CHECK_EQ_AT(i, give(&f, id, UP, answers[i]), 0);
        CHECK_EQ_AT(i, hf_front_output(&f, id, UP).len, is_101 ? sizeof UPGRADE - 1 : 0);
        CHECK_EQ_AT(i, take(&f, id, CLIENT, answers[i]), 0);
        hf_front_fini(&f);
    }
}

/* What comes before the answer decides nothing, in whatever pieces it comes. */
static void an_interim_answer_is_waited_behind(void)
{
    static const char *const pieces[] = { "HTTP/1.1 1", "00 Continue\r\n\r",
                                          "\nHTTP/1.1 103 Early Hints\r\nA: b\r\n",
                                          "\r\nHTTP/1.1 10" };
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "192.0.2.7");
    CHECK_EQ(give(&f, id, CLIENT, UPGRADE "frames"), HF_RELAY_DO_DIAL);
    CHECK_EQ(hf_front_connected(&f, hf_at_ms(0), id), 0);
    CHECK_EQ(take(&f, id, UP, NAMED), 0);
    for (size_t i = 0; i < HF_COUNT(pieces); i++) {
        CHECK_EQ_AT(i, give(&f, id, UP, pieces[i]), 0);
        CHECK_EQ_AT(i, hf_front_output(&f, id, UP).len + hf_front_output(&f, id, CLIENT).len, 0);
    }
    CHECK_EQ(give(&f, id, UP, "1 Go\r\n\r\n"), 0);
    CHECK_EQ(take(&f, id, UP, "frames"), 0);
    CHECK_EQ(take(&f, id, CLIENT,
                  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
                  "HTTP/1.1 101 Go\r\n\r\n"),
             0);
    hf_front_fini(&f);
}

/* It takes nobody: the gate says so in the words that clients know. */
static void an_upstream_that_is_not_available_is_the_gates_matter(void)
{
    static const char *const answers[] = { "HTTP/1.1 503 Service Unavailable\r\n\r\n",
                                           "HTTP/1.0 503", NULL /* its end */, "" /* a reset */ };
    for (size_t i = 0; i < HF_COUNT(answers); i++) {
        struct hf_front f;
        begin(&f);
        hf_id id = accept_from(&f, "127.0.0.1");
        give(&f, id, CLIENT, UPGRADE "frames");
        hf_front_connected(&f, hf_at_ms(0), id);
        CHECK_EQ_AT(i, hf_front_written(&f, hf_at_ms(0), id, UP, 10), 0);
        if (!answers[i])
            CHECK_EQ_AT(i, hf_front_input_end(&f, hf_at_ms(0), id, UP), HF_RELAY_DO_GATE);
        else if (answers[i][0] == '\0')
            CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(0), id, UP), HF_RELAY_DO_GATE);
        else
            CHECK_EQ_AT(i, give(&f, id, UP, answers[i]), HF_RELAY_DO_GATE);
        CHECK_TEXT_AT(i, hf_relay_sent(&hf_front_find(&f, id)->relay), UPGRADE "frames");
        CHECK_EQ_AT(i, hf_front_output(&f, id, CLIENT).len, 0);
        hf_front_fini(&f);
    }
}

static void who_asks_is_named_by_the_address_that_counts(void)
{
    static const struct {
        const char *peer, *lines, *named; /* NULL: goes to the gate, which refuses it */
    } rows[] = {
        { "192.0.2.7", "", "192.0.2.7" },
        { "2001:db8::1", "", "2001:db8::1" },
        { "127.0.0.1", "", "" }, /* local, and looks local */
        { "::1", "", "" },
        { "127.0.0.1", "X-Forwarded-For: 192.0.2.9\r\n", NULL },
        { "192.0.2.7", "X-Forwarded-For: 127.0.0.1\r\n", NULL },
        { "192.0.2.7", "Forwarded: for=127.0.0.1\r\n", NULL },
        { "192.0.2.7", "X-Real-IP: 127.0.0.1\r\n", NULL },
        { "192.0.2.7", "Tailscale-User-Login: root\r\n", NULL },
        { "10.1.2.3", "", NULL }, /* for whom does it ask? */
        { "10.1.2.3", "X-Forwarded-For: 127.0.0.1, 192.0.2.9\r\n", "192.0.2.9" },
        { "10.1.2.3", "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-For: 10.9.9.9\r\n", "192.0.2.9" },
        { "10.1.2.3", "Forwarded: for=192.0.2.9\r\n", "192.0.2.9" },
        { "10.1.2.3", "X-Forwarded-For: 127.0.0.1\r\n", NULL },
        { "10.1.2.3", "X-Forwarded-For: nobody\r\n", NULL },
        { "10.1.2.3", "X-Real-IP: 192.0.2.9\r\n", "192.0.2.9" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_front f;
        char head[512], want[128];
        begin(&f);
        hf_id id = accept_from(&f, rows[i].peer);
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" UPGRADE_LINES "%s\r\n", rows[i].lines);
        CHECK_EQ_AT(i, give(&f, id, CLIENT, head),
                    rows[i].named ? HF_RELAY_DO_DIAL : HF_RELAY_DO_GATE);
        if (!rows[i].named) {
            CHECK_TEXT_AT(i, hf_relay_sent(&hf_front_find(&f, id)->relay), head);
        } else {
            hf_front_connected(&f, hf_at_ms(0), id);
            struct hf_bytes got = hf_front_output(&f, id, UP);
            snprintf(want, sizeof want, "x-forwarded-for: %s\r\n", rows[i].named);
            bool is_there = hf_bytes_find_nocase(got, 0, hf_bytes_cstr(want)) < got.len;
            CHECK_EQ_AT(i, is_there, rows[i].named[0] != '\0');
            size_t first = hf_bytes_find_nocase(got, 0, HF_LIT("x-forwarded-for"));
            CHECK_EQ_AT(i, first < got.len, rows[i].named[0] != '\0');
            CHECK_EQ_AT(i, hf_bytes_find_nocase(got, first + 1, HF_LIT("x-forwarded-for")),
                        got.len);
        }
        hf_front_fini(&f);
    }
}

static void what_cannot_be_relayed_goes_to_the_gate_with_its_bytes(void)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nrest", /* refused */
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", /* no key */
        "\n\n",
    };
    for (size_t i = 0; i < HF_COUNT(heads); i++) {
        struct hf_front f;
        begin(&f);
        hf_id id = accept_from(&f, "127.0.0.1");
        CHECK_EQ_AT(i, give(&f, id, CLIENT, heads[i]), HF_RELAY_DO_GATE);
        CHECK_TEXT_AT(i, hf_relay_sent(&hf_front_find(&f, id)->relay), heads[i]);
        CHECK_AT(i, !hf_front_wants(&f, id, CLIENT));
        hf_front_drop(&f, id);
        hf_front_fini(&f);
    }
    /* The upstream was just lost: everything so far, also behind the head. */
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "127.0.0.1");
    CHECK_EQ(give(&f, id, CLIENT, UPGRADE "a"), HF_RELAY_DO_DIAL);
    CHECK_EQ(give(&f, id, CLIENT, "b"), 0);
    CHECK_EQ(hf_front_not_connected(&f, hf_at_ms(0), id), HF_RELAY_DO_GATE);
    CHECK_TEXT(hf_relay_sent(&hf_front_find(&f, id)->relay), UPGRADE "ab");
    CHECK_EQ(f.counts.fell_back, 1);
    hf_front_fini(&f);
}

static void a_side_is_read_while_less_than_64_kib_wait_for_the_other(void)
{
    static uint8_t bulk[HF_LIMIT_RELAY_BUFFER_BYTES];
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "127.0.0.1");
    give(&f, id, CLIENT, UPGRADE);
    hf_front_connected(&f, hf_at_ms(0), id);
    hf_front_written(&f, hf_at_ms(0), id, UP, hf_front_output(&f, id, UP).len);
    give(&f, id, UP, SWITCHED);
    hf_front_written(&f, hf_at_ms(0), id, CLIENT, sizeof SWITCHED - 1);
    for (int side = 0; side < 2; side++) {
        enum hf_relay_side from = (enum hf_relay_side)side, to = side == UP ? CLIENT : UP;
        CHECK_EQ(hf_front_input(&f, hf_at_ms(0), id, from, hf_bytes(bulk, sizeof bulk - 1)), 0);
        CHECK_AT(side, hf_front_wants(&f, id, from));
        CHECK_EQ(hf_front_input(&f, hf_at_ms(0), id, from, hf_bytes(bulk, 1)), 0);
        CHECK_AT(side, !hf_front_wants(&f, id, from));
        CHECK_AT(side, hf_front_wants(&f, id, to) || side == 1); /* the other way is its own */
        CHECK_EQ(hf_front_written(&f, hf_at_ms(0), id, to, 1), 0);
        CHECK_AT(side, hf_front_wants(&f, id, from));
    }
    hf_front_fini(&f);
}

/* Times in ms after the accept; limits: head 15 s, answer 30 s, idle 600 s, half 60 s. */
static void nobody_is_waited_for_without_end(void)
{
    struct hf_front f;
    uint32_t acts;
    begin(&f);
    hf_id head = accept_from(&f, "127.0.0.1");
    hf_id asked = accept_from(&f, "127.0.0.1");
    hf_id open = accept_from(&f, "127.0.0.1");
    hf_id half = accept_from(&f, "127.0.0.1");
    give(&f, asked, CLIENT, UPGRADE);
    hf_front_connected(&f, hf_at_ms(0), asked);
    hf_id both[] = { open, half };
    for (size_t i = 0; i < 2; i++) {
        give(&f, both[i], CLIENT, UPGRADE);
        hf_front_connected(&f, hf_at_ms(0), both[i]);
        hf_front_written(&f, hf_at_ms(0), both[i], UP, hf_front_output(&f, both[i], UP).len);
        give(&f, both[i], UP, SWITCHED);
        hf_front_written(&f, hf_at_ms(1000), both[i], CLIENT, sizeof SWITCHED - 1);
    }
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(2000), half, UP), HF_RELAY_END_CLIENT);

    static const struct {
        int64_t ms;
        enum hf_relay_cause cause;
    } rows[] = {
        { 15000, HF_RELAY_HEAD_LATE },
        { 30000, HF_RELAY_NO_ANSWER },
        { 62000, HF_RELAY_IDLE },
        { 601000, HF_RELAY_IDLE },
    };
    const hf_id order[] = { head, asked, half, open };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_AT(i, hf_time_same(hf_front_due(&f), hf_at_ms(rows[i].ms)));
        CHECK_EQ_AT(i, hf_front_expire(&f, hf_at_ms(rows[i].ms - 1), &acts), 0);
        CHECK_EQ_AT(i, hf_front_expire(&f, hf_at_ms(rows[i].ms), &acts), order[i]);
        CHECK_EQ_AT(i, acts, HF_RELAY_RESET);
        CHECK_EQ_AT(i, hf_front_find(&f, order[i])->relay.cause, rows[i].cause);
        hf_front_drop(&f, order[i]);
    }
    CHECK(hf_time_same(hf_front_due(&f), HF_NEVER));
    hf_front_fini(&f);
}

static void a_reset_is_passed_on_as_one(void)
{
    static const struct {
        enum hf_relay_side side;
        enum hf_relay_cause cause;
    } rows[] = { { CLIENT, HF_RELAY_RESET_BY_CLIENT }, { UP, HF_RELAY_RESET_BY_UPSTREAM } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_front f;
        begin(&f);
        hf_id id = accept_from(&f, "127.0.0.1");
        give(&f, id, CLIENT, UPGRADE);
        hf_front_connected(&f, hf_at_ms(0), id);
        give(&f, id, UP, "H");
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(0), id, rows[i].side), HF_RELAY_RESET);
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(0), id, rows[i].side), 0);
        CHECK_EQ_AT(i, hf_front_find(&f, id)->relay.cause, rows[i].cause);
        hf_front_fini(&f);
    }
}

/* A WebSocket through which everything has passed so far. */
static hf_id open_from(struct hf_front *f, const char *address)
{
    hf_id id = accept_from(f, address);
    give(f, id, CLIENT, UPGRADE);
    hf_front_connected(f, hf_at_ms(0), id);
    hf_front_written(f, hf_at_ms(0), id, UP, hf_front_output(f, id, UP).len);
    give(f, id, UP, SWITCHED);
    CHECK_EQ(take(f, id, CLIENT, SWITCHED), 0);
    return id;
}

/* Its goodbye is not lost because it went away hastily, whichever side it is. */
static void what_came_before_a_reset_goes_before_it(void)
{
    static const struct {
        enum hf_relay_side broken, other;
        uint32_t settle;
        enum hf_relay_cause cause;
    } rows[] = { { UP, CLIENT, HF_RELAY_SETTLE_CLIENT, HF_RELAY_RESET_BY_UPSTREAM },
                 { CLIENT, UP, HF_RELAY_SETTLE_UPSTREAM, HF_RELAY_RESET_BY_CLIENT } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        enum hf_relay_side broken = rows[i].broken, other = rows[i].other;
        struct hf_front f;
        begin(&f);
        hf_id id = open_from(&f, "127.0.0.1");
        give(&f, id, broken, "bye");
        give(&f, id, other, "unread");
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(500), id, broken), 0);
        CHECK_AT(i, hf_time_same(hf_front_due(&f), hf_at_ms(60500)));
        CHECK_AT(i, !hf_front_wants(&f, id, CLIENT) && !hf_front_wants(&f, id, UP));
        CHECK_AT(i, !hf_front_holds(&f, id, CLIENT) && !hf_front_holds(&f, id, UP));
        CHECK_EQ_AT(i, hf_front_output(&f, id, broken).len, 0); /* nobody is there to read it */
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(600), id, broken), 0);
        CHECK_EQ_AT(i, hf_front_input_end(&f, hf_at_ms(600), id, other), 0);
        CHECK_EQ_AT(i, hf_front_settled(&f, id), 0); /* not asked for yet */
        CHECK_EQ_AT(i, hf_front_written(&f, hf_at_ms(1000), id, other, 1), 0);
        CHECK_AT(i, hf_time_same(hf_front_due(&f), hf_at_ms(61000)));
        CHECK_EQ_AT(i, take(&f, id, other, "ye"), rows[i].settle);
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(1000), id, broken), 0);
        CHECK_EQ_AT(i, hf_front_settled(&f, id), HF_RELAY_RESET);
        CHECK_EQ_AT(i, hf_front_find(&f, id)->relay.cause, rows[i].cause);
        CHECK_EQ_AT(i, hf_front_settled(&f, id), 0);
        hf_front_fini(&f);
    }
}

static void two_resets_are_waited_for_by_nobody(void)
{
    struct hf_front f;
    begin(&f);
    hf_id id = open_from(&f, "127.0.0.1");
    give(&f, id, UP, "bye");
    CHECK_EQ(hf_front_reset(&f, hf_at_ms(0), id, UP), 0);
    CHECK_EQ(hf_front_reset(&f, hf_at_ms(0), id, CLIENT), HF_RELAY_RESET);
    CHECK_EQ(hf_front_find(&f, id)->relay.cause, HF_RELAY_RESET_BY_CLIENT);
    hf_front_fini(&f);
}

/* While too much waits for the client, what a broken upstream has said is read later. */
static void a_full_side_holds_the_other(void)
{
    static uint8_t bulk[HF_LIMIT_RELAY_BUFFER_BYTES];
    struct hf_front f;
    begin(&f);
    hf_id id = open_from(&f, "127.0.0.1");
    hf_front_input(&f, hf_at_ms(0), id, UP, hf_bytes(bulk, sizeof bulk - 1));
    CHECK(hf_front_wants(&f, id, UP) && !hf_front_holds(&f, id, UP));
    hf_front_input(&f, hf_at_ms(0), id, UP, hf_bytes(bulk, 1));
    CHECK(!hf_front_wants(&f, id, UP) && hf_front_holds(&f, id, UP));
    CHECK(!hf_front_holds(&f, id, CLIENT));
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, UP), 0);
    CHECK(!hf_front_wants(&f, id, UP) && !hf_front_holds(&f, id, UP)); /* it has said all */
    hf_front_fini(&f);
}

/* A gateway that has said goodbye refuses what its clients still send: they get its goodbye
 * all the same, and are not reset for it.  Times in ms; limit: 60 s. */
static void late_bytes_do_not_cost_the_last_words(void)
{
    struct hf_front f;
    uint32_t acts;
    for (int i = 0; i < 3; i++) {
        begin(&f);
        hf_id id = open_from(&f, "127.0.0.1");
        give(&f, id, UP, "bye");
        CHECK_EQ_AT(i, hf_front_input_end(&f, hf_at_ms(0), id, UP), 0);
        if (i == 0) CHECK_EQ(take(&f, id, CLIENT, "bye"), HF_RELAY_END_CLIENT);
        give(&f, id, CLIENT, "late");
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(1000), id, UP), 0);
        CHECK_EQ_AT(i, hf_front_output(&f, id, UP).len, 0);
        if (i > 0) CHECK_EQ_AT(i, take(&f, id, CLIENT, "bye"), HF_RELAY_END_CLIENT);
        CHECK_EQ_AT(i, hf_front_input(&f, hf_at_ms(20000), id, CLIENT, HF_LIT("later")), 0);
        CHECK_EQ_AT(i, hf_front_output(&f, id, UP).len, 0);
        CHECK_EQ_AT(i, hf_front_reset(&f, hf_at_ms(20000), id, UP), 0);
        if (i < 2) {
            CHECK_EQ_AT(i, hf_front_input_end(&f, hf_at_ms(30000), id, CLIENT), HF_RELAY_CLOSE);
            CHECK_EQ_AT(i, hf_front_find(&f, id)->relay.cause, HF_RELAY_ENDED);
        } else {                    /* it has no goodbye, and what it sends wins no time */
            int64_t due_ms = 60000; /* the last byte that it took */
            CHECK_EQ(hf_front_expire(&f, hf_at_ms(due_ms - 1), &acts), 0);
            CHECK_EQ(hf_front_expire(&f, hf_at_ms(due_ms), &acts), id);
            CHECK_EQ(acts, HF_RELAY_CLOSE);
        }
        hf_front_fini(&f);
    }
}

static void an_upstream_that_ends_within_its_answer_ends_the_client(void)
{
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "127.0.0.1");
    give(&f, id, CLIENT, UPGRADE "frames");
    hf_front_connected(&f, hf_at_ms(0), id);
    hf_front_written(&f, hf_at_ms(0), id, UP, hf_front_output(&f, id, UP).len);
    give(&f, id, UP, "HTTP/1.1 10");
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, UP), 0);
    CHECK_EQ(take(&f, id, CLIENT, "HTTP/1.1 10"), HF_RELAY_END_CLIENT);
    CHECK_EQ(hf_front_output(&f, id, UP).len, 0);
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, CLIENT),
             HF_RELAY_END_UPSTREAM | HF_RELAY_CLOSE);
    hf_front_fini(&f);
}

static void a_client_that_ends_in_its_head_is_closed(void)
{
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "127.0.0.1");
    give(&f, id, CLIENT, "GET / HT");
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, CLIENT), HF_RELAY_CLOSE);
    hf_front_fini(&f);
}

/* The client is done with asking before it is answered. */
static void half_a_connection_is_passed_on_too(void)
{
    struct hf_front f;
    begin(&f);
    hf_id id = accept_from(&f, "127.0.0.1");
    give(&f, id, CLIENT, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, CLIENT), 0);
    CHECK_EQ(hf_front_connected(&f, hf_at_ms(0), id), 0);
    CHECK_EQ(take(&f, id, UP, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
             HF_RELAY_END_UPSTREAM);
    CHECK_EQ(give(&f, id, UP, "answer"), 0);
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(0), id, UP), 0);
    CHECK_EQ(take(&f, id, CLIENT, "answer"), HF_RELAY_END_CLIENT | HF_RELAY_CLOSE);
    hf_front_fini(&f);
}

static void the_bounds_hold(void)
{
    struct hf_front f;
    struct hf_peer peer = peer_at("192.0.2.7"), other = peer_at("192.0.2.8");
    hf_id id = 0, first = 0;
    uint32_t acts;
    begin(&f);
    /* The pool of those without a head: the oldest one goes. */
    for (uint32_t i = 0; i < HF_LIMIT_PREAUTH_CONNECTIONS; i++) {
        CHECK_EQ_AT(i, hf_front_accept(&f, hf_at_ms(0), &peer, &id), HF_FRONT_RELAY);
        if (i == 0) first = id;
    }
    CHECK_EQ(hf_front_expire(&f, hf_at_ms(1), &acts), 0);
    CHECK_EQ(hf_front_accept(&f, hf_at_ms(1), &peer, &id), HF_FRONT_RELAY);
    CHECK_EQ(hf_front_expire(&f, hf_at_ms(1), &acts), first);
    CHECK_EQ(acts, HF_RELAY_RESET);
    hf_front_drop(&f, first);
    hf_front_fini(&f);

    /* One address, then all of them. */
    begin(&f);
    for (uint32_t i = 0; i < HF_LIMIT_RELAY_CONNECTIONS; i++) {
        bool is_first_half = i < HF_LIMIT_RELAY_CONNECTIONS / 2;
        const struct hf_peer *from = is_first_half ? &peer : &other;
        CHECK_EQ_AT(i, hf_front_accept(&f, hf_at_ms(0), from, &id), HF_FRONT_RELAY);
        CHECK_EQ_AT(i, give(&f, id, CLIENT, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), HF_RELAY_DO_DIAL);
        if (i == HF_LIMIT_RELAY_CONNECTIONS / 2 - 1)
            CHECK_EQ(hf_front_accept(&f, hf_at_ms(0), &peer, &id), HF_FRONT_REFUSE);
    }
    struct hf_peer third = peer_at("192.0.2.9");
    CHECK_EQ(hf_front_accept(&f, hf_at_ms(0), &third, &id), HF_FRONT_REFUSE);
    CHECK_EQ(f.counts.refused, 2);
    CHECK_EQ(f.counts.open, HF_LIMIT_RELAY_CONNECTIONS);
    hf_front_fini(&f);
}

/* Times in ms; limit: 2 s. */
static void what_a_going_upstream_has_said_is_still_passed_on(void)
{
    struct hf_front f;
    struct hf_peer peer = peer_at("127.0.0.1");
    uint32_t acts;
    hf_id ids[3], id;
    begin(&f);
    for (size_t i = 0; i < 3; i++) {
        ids[i] = accept_from(&f, "127.0.0.1");
        if (i == 2) break; /* no head yet */
        give(&f, ids[i], CLIENT, UPGRADE);
        hf_front_connected(&f, hf_at_ms(0), ids[i]);
        hf_front_written(&f, hf_at_ms(0), ids[i], UP, hf_front_output(&f, ids[i], UP).len);
        give(&f, ids[i], UP, SWITCHED "bye");
    }
    hf_front_finish(&f, hf_at_ms(1000));
    CHECK_EQ(hf_front_accept(&f, hf_at_ms(1000), &peer, &id), HF_FRONT_GATE);
    CHECK_EQ(give(&f, ids[2], CLIENT, UPGRADE), HF_RELAY_DO_GATE);
    hf_front_drop(&f, ids[2]);
    /* One takes it and ends, the other does neither; bytes win no time. */
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(1000), ids[0], UP), 0);
    CHECK_EQ(take(&f, ids[0], CLIENT, SWITCHED "bye"), HF_RELAY_END_CLIENT);
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(1000), ids[0], CLIENT),
             HF_RELAY_END_UPSTREAM | HF_RELAY_CLOSE);
    hf_front_drop(&f, ids[0]);
    CHECK_EQ(hf_front_written(&f, hf_at_ms(2900), ids[1], CLIENT, 3), 0);
    CHECK_EQ(hf_front_expire(&f, hf_at_ms(2999), &acts), 0);
    CHECK_EQ(hf_front_expire(&f, hf_at_ms(3000), &acts), ids[1]);
    CHECK_EQ(acts, HF_RELAY_RESET);
    CHECK_EQ(hf_front_find(&f, ids[1])->relay.cause, HF_RELAY_GIVEN_UP);
    hf_front_fini(&f);
    /* A third knows of the end and is busy: it is not reset for that. */
    begin(&f);
    id = open_from(&f, "127.0.0.1");
    hf_front_finish(&f, hf_at_ms(1000));
    CHECK_EQ(hf_front_input_end(&f, hf_at_ms(1000), id, UP), HF_RELAY_END_CLIENT);
    CHECK_EQ(hf_front_expire(&f, hf_at_ms(3000), &acts), id);
    CHECK_EQ(acts, HF_RELAY_CLOSE);
    CHECK_EQ(hf_front_find(&f, id)->relay.cause, HF_RELAY_GIVEN_UP);
    hf_front_fini(&f);
}

enum { NEVER = -1 };

static hf_time at(int64_t ms)
{
    return ms == NEVER ? HF_NEVER : hf_at_ms(7 + ms);
}

/* What the keeper says, and what clients are told: both in ms from now. */
static void the_outlook_is_the_keepers(void)
{
    static const struct {
        enum hf_phase phase;
        bool is_wanted;
        int64_t retry_ms;
        bool is_ready;
        int64_t expected_ms;
    } rows[] = {
        { HF_PHASE_IDLE, false, NEVER, false, NEVER },
        { HF_PHASE_STOPPING, false, NEVER, false, NEVER },
        { HF_PHASE_STOPPING, true, NEVER, false, 0 },
        { HF_PHASE_DETECT, true, NEVER, false, 0 },
        { HF_PHASE_SPAWN, true, NEVER, false, 0 },
        { HF_PHASE_WAIT_READY, true, NEVER, false, 0 },
        { HF_PHASE_CONNECT, true, NEVER, false, 0 },
        { HF_PHASE_REPAIR, true, NEVER, false, 0 },
        { HF_PHASE_RETRY_WAIT, true, NEVER, false, 0 },
        { HF_PHASE_WARMING, true, NEVER, true, 0 },
        { HF_PHASE_READY, true, NEVER, true, 0 },
        { HF_PHASE_READY, true, 900, true, 0 },
        { HF_PHASE_VERIFYING, true, NEVER, true, 0 },
        { HF_PHASE_DRAINING, true, NEVER, false, 0 },
        { HF_PHASE_BACKOFF, true, 16000, false, 16000 },
        { HF_PHASE_ATTEMPT, true, NEVER, false, 0 },
        { HF_PHASE_FAILED, true, 300000, false, 300000 },
        { HF_PHASE_QUARANTINED, true, 60000, false, 60000 },
        { HF_PHASE_FATAL, false, NEVER, false, NEVER },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_supervisor_status status = { .state = hf_phase_state(rows[i].phase),
                                               .phase = rows[i].phase,
                                               .is_wanted = rows[i].is_wanted,
                                               .retry_at = at(rows[i].retry_ms) };
        struct hf_front_outlook outlook = hf_front_outlook(&status, hf_at_ms(7));
        CHECK_EQ_AT(i, outlook.is_ready, rows[i].is_ready);
        CHECK_AT(i, hf_time_same(outlook.expected_at, at(rows[i].expected_ms)));
    }
}

CHECK_MAIN(what_came_before_a_reset_goes_before_it, two_resets_are_waited_for_by_nobody,
           a_full_side_holds_the_other, late_bytes_do_not_cost_the_last_words,
           what_a_going_upstream_has_said_is_still_passed_on, the_outlook_is_the_keepers,
           an_upstream_that_is_not_available_is_the_gates_matter,
           a_client_goes_to_the_gate_until_the_upstream_is_ready,
           a_websocket_is_passed_both_ways_untouched, a_connection_carries_one_request,
           an_upgrade_that_is_refused_lets_nothing_more_through, an_interim_answer_is_waited_behind,
           who_asks_is_named_by_the_address_that_counts,
           what_cannot_be_relayed_goes_to_the_gate_with_its_bytes,
           a_side_is_read_while_less_than_64_kib_wait_for_the_other,
           nobody_is_waited_for_without_end, a_reset_is_passed_on_as_one,
           an_upstream_that_ends_within_its_answer_ends_the_client,
           a_client_that_ends_in_its_head_is_closed, half_a_connection_is_passed_on_too,
           the_bounds_hold)
