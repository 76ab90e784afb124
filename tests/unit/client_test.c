/* The client engine against a scripted server, byte by byte: scenarios of
 * spec/client-lifecycle.md section 17 and servers that break the rules. */
#include "lib/seat.h"

#include <inttypes.h>

/* client-lifecycle 2, 12 */
static void one_connect_follows_the_challenge_and_nothing_comes_before_it(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    seat_upgrade(&s);
    size_t sent = s.sent.len;
    s.now.mono = hf_at_ms(6000);
    hf_client_run_due(s.client, s.now);
    seat_act(&s);
    CHECK_EQ(s.sent.len, sent);
    seat_give_text(&s, seat_challenge);
    seat_give_text(&s, seat_challenge);
    seat_read_sent(&s);
    CHECK_EQ(s.connects, 1);
    seat_fini(&s);
}

/* client-lifecycle 4: with a device the time must be there, without one it need not. */
static void a_device_wants_a_time_to_sign(void)
{
    for (int has_device = 0; has_device < 2; has_device++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        config.has_device = has_device;
        config.device_secret[0] = 1;
        seat_init(&s, &config);
        seat_upgrade(&s);
        seat_give_text(&s, "{\"type\":\"event\",\"event\":\"connect.challenge\","
                           "\"payload\":{\"nonce\":\"n\",\"ts\":-1}}");
        seat_read_sent(&s);
        CHECK_EQ(s.connects, !has_device);
        CHECK_EQ(hf_client_link(s.client)->state,
                 has_device ? HF_LINK_CLOSING : HF_LINK_AWAIT_HELLO);
        seat_fini(&s);
    }
}

/* client-lifecycle 10, 75: what an HTTP answer costs, and that no secret is told. */
static void an_http_answer_is_an_error_that_names_it(void)
{
    static const struct {
        const char *answer, *told;
    } rows[] = {
        { "HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP 503" },
        { "HTTP/1.1 302 Found\r\nLocation: /?token=canary\r\n\r\n", "HTTP 302" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP 200" },
        { "SSH-2.0-OpenSSH_9.2\r\n", "this is no gateway" },
        { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
          "this is no gateway" },
        { "HTTP/1.1 101 Switching Protocols\r\n\r\n", "this is no gateway" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        seat_init(&s, &config);
        seat_give(&s, hf_bytes_cstr(rows[i].answer));
        if (hf_client_link(s.client)->state == HF_LINK_OPENING) seat_step(&s, HF_CLIENT_CLOSED);
        seat_act(&s);
        struct hf_bytes text = hf_client_failure(s.client).text;
        CHECK_AT(i, memmem(text.ptr, text.len, rows[i].told, strlen(rows[i].told)) != NULL);
        CHECK_AT(i, memmem(text.ptr, text.len, "canary", 6) == NULL);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_ERROR), 1);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_RETRY), 1);
        seat_fini(&s);
    }
}

/* Early data: the challenge in the same bytes as the 101, cut at every place. */
static void the_first_bytes_may_be_cut_anywhere(void)
{
    for (size_t cut = 1;; cut++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        struct hf_buf all;
        char text[SEAT_TEXT_MAX];
        seat_init(&s, &config);
        hf_buf_init(&all, SEAT_TEXT_MAX);
        hf_buf_add(&all, hf_bytes(text, seat_upgrade_text(&s, text)));
        s.read_at = s.sent.len;
        hf_ws_frame_write(&all, HF_WS_OP_TEXT, hf_bytes_cstr(seat_challenge), NULL);
        size_t len = all.len;
        if (cut < len) seat_give(&s, hf_bytes_head(hf_buf_view(&all), cut));
        if (cut < len) seat_give(&s, hf_bytes_from(hf_buf_view(&all), cut));
        seat_read_sent(&s);
        if (cut < len) CHECK_EQ_AT(cut, s.connects, 1);
        hf_buf_fini(&all);
        seat_fini(&s);
        if (cut >= len) return;
    }
}

/* client-lifecycle 33 and servers that break RFC 6455: closed with the right code. */
static void a_broken_frame_closes_with_its_code(void)
{
    static const struct {
        uint8_t bytes[12];
        size_t len;
        unsigned code;
    } rows[] = {
        { { 0x81, 0x81, 1, 2, 3, 4, 5 }, 7, 1002 },              /* masked */
        { { 0xC1, 0x00 }, 2, 1002 },                             /* a reserved bit */
        { { 0x83, 0x00 }, 2, 1002 },                             /* an unknown opcode */
        { { 0x80, 0x00 }, 2, 1002 },                             /* continues nothing */
        { { 0x09, 0x00 }, 2, 1002 },                             /* a ping in parts */
        { { 0x89, 0x7E, 0, 126 }, 4, 1002 },                     /* a long ping */
        { { 0x81, 0x02, 0xC3, 0x28 }, 4, 1007 },                 /* no UTF-8 */
        { { 0x81, 0x7F, 0, 0, 0, 0, 1, 0x90, 0, 1 }, 10, 1009 }, /* 25 MiB and one */
        { { 0x88, 0x01, 0x03 }, 3, 1002 },                       /* half a close code */
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct seat s;
        struct hf_ws_item item = { 0 };
        size_t used;
        seat_ready(&s);
        seat_read_sent(&s);
        seat_give(&s, hf_bytes(rows[i].bytes, rows[i].len));
        CHECK_EQ_AT(i, hf_client_link(s.client)->state, HF_LINK_CLOSING);
        CHECK_EQ_AT(
            i, hf_ws_read(&s.reader, s.sent.ptr + s.read_at, s.sent.len - s.read_at, &used, &item),
            0);
        CHECK_EQ_AT(i, item.kind, HF_WS_CLOSE);
        CHECK_EQ_AT(i, item.code, rows[i].code);
        seat_fini(&s);
    }
}

static const char foreign_hello[] =
    "{\"type\":\"res\",\"id\":\"1:other\",\"ok\":true,\"payload\":{\"type\":\"hello-ok\","
    "\"protocol\":4}}";

/* client-lifecycle 11, 45: answers that nobody asked for, or of another shape. */
static void strange_answers_are_ignored(void)
{
    static const char *const rows[] = {
        foreign_hello,
        "{\"type\":\"res\",\"id\":7,\"ok\":true}",
        "{\"type\":\"res\"}",
        "{\"type\":\"event\"}",
        "{\"type\":\"event\",\"event\":\"tick\"}",
        "[]",
        "{",
        "\"\"",
    };
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    seat_upgrade(&s);
    seat_give_text(&s, seat_challenge);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        seat_give_text(&s, rows[i]);
        CHECK_EQ_AT(i, hf_client_link(s.client)->state, HF_LINK_AWAIT_HELLO);
    }
    seat_answer(&s, "\"ok\":true,\"error\":{\"code\":\"\"}");
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_AWAIT_HELLO);
    seat_answer(&s, seat_hello);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_READY), 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_EVENT), 0);
    seat_fini(&s);
}

/* T16: a hello of another protocol. */
static void a_hello_that_was_not_offered_ends_the_login(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    seat_upgrade(&s);
    seat_give_text(&s, seat_challenge);
    seat_answer(&s, "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":5}");
    CHECK_EQ(hf_client_link(s.client)->cause, HF_LINK_CAUSE_BAD_HELLO);
    seat_fini(&s);
}

/* client-lifecycle 13: both sides of the server's maxPayload. */
static void a_request_larger_than_the_server_takes_is_not_sent(void)
{
    char params[SEAT_TEXT_MAX];
    struct seat s;
    size_t fitting = 0;
    seat_ready(&s);
    for (size_t len = 800; len < 1000; len++) {
        memset(params, 'a', sizeof params);
        params[0] = params[len - 1] = '"';
        size_t sent = s.sent.len;
        struct hf_client_call call = { .method = HF_LIT("m"), .params = hf_bytes(params, len) };
        int err = hf_client_call(s.client, s.now, &call);
        seat_act(&s);
        if (err == 0) {
            fitting = s.sent.len - sent;
            continue;
        }
        CHECK_EQ(err, HF_ERR_TOO_LARGE);
        CHECK_EQ(s.sent.len, sent);
        break;
    }
    CHECK_EQ(fitting, 1000 + 8); /* the frame's header and mask around it */
    seat_fini(&s);
}

/* client-lifecycle 40: both sides of the deadline, and the late answer. */
static void a_call_without_an_answer_ends_at_its_deadline(void)
{
    struct hf_client_call call = { .method = HF_LIT("health"), .tag = 9 };
    struct seat s;
    seat_ready(&s);
    int64_t asked_ms = hf_span_ms(s.now.mono.ns);
    CHECK_EQ(hf_client_call(s.client, s.now, &call), 0);
    seat_act(&s);
    s.now.mono = hf_at_ms(asked_ms + 29999);
    hf_client_run_due(s.client, s.now);
    seat_act(&s);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 0);
    s.now.mono = hf_at_ms(asked_ms + 30000);
    hf_client_run_due(s.client, s.now);
    seat_act(&s);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 1);
    const struct hf_client_news *last = &s.news[s.news_len - 1];
    CHECK_EQ(last->u.result.tag, 9);
    CHECK_EQ(last->u.result.outcome, HF_CLIENT_TIMEOUT);
    CHECK(last->u.result.was_sent);
    seat_answer(&s, "\"ok\":true");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 1);
    seat_fini(&s);
}

/* client-lifecycle 41, 44 */
static void two_answers_and_a_cancel(void)
{
    struct hf_client_call call = { .method = HF_LIT("agent"), .tag = 5, .expects_final = true };
    struct seat s;
    seat_ready(&s);
    CHECK_EQ(hf_client_call(s.client, s.now, &call), 0);
    seat_act(&s);
    seat_answer(&s, "\"ok\":true,\"payload\":{\"status\":\"accepted\"}");
    seat_answer(&s, "\"ok\":true,\"payload\":{\"status\":\"accepted\"}");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_ACCEPTED), 1);
    seat_answer(&s, "\"ok\":true,\"payload\":{\"status\":\"ok\"}");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 1);
    CHECK_EQ(hf_client_call(s.client, s.now, &call), 0);
    CHECK_EQ(hf_client_cancel(s.client, 5), 0);
    CHECK_EQ(hf_client_cancel(s.client, 5), HF_ERR_NOT_FOUND);
    seat_act(&s);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 2);
    CHECK_EQ(s.news[s.news_len - 1].u.result.outcome, HF_CLIENT_CANCELLED);
    seat_fini(&s);
}

static void cancelling_much_at_once_waits_for_the_actions(void)
{
    struct hf_client_call call = { .method = HF_LIT("m") };
    struct seat s;
    seat_ready(&s);
    for (call.tag = 1; call.tag <= 17; call.tag++)
        CHECK_EQ(hf_client_call(s.client, s.now, &call), 0);
    for (uint64_t tag = 1; tag <= 16; tag++) CHECK_EQ(hf_client_cancel(s.client, tag), 0);
    CHECK_EQ(hf_client_cancel(s.client, 17), HF_ERR_LIMIT);
    seat_act(&s);
    CHECK_EQ(hf_client_cancel(s.client, 17), 0);
    seat_act(&s);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 17);
    seat_fini(&s);
}

static void give_event(struct seat *s, int64_t seq)
{
    char text[128];
    snprintf(text, sizeof text, "{\"type\":\"event\",\"event\":\"e\",\"seq\":%" PRId64 "}", seq);
    seat_give_text(s, text);
}

/* client-lifecycle 47, 49 */
static void a_hole_in_the_numbers_is_told_before_the_event(void)
{
    struct seat s;
    seat_ready(&s);
    give_event(&s, 5);
    give_event(&s, 6);
    give_event(&s, 9);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_GAP), 1);
    const struct hf_client_news *gap = &s.news[s.news_len - 3];
    CHECK_EQ(gap->kind, HF_CLIENT_IS_GAP);
    CHECK_EQ(gap->u.gap.expected, 7);
    CHECK_EQ(gap->u.gap.received, 9);
    give_event(&s, 8);
    give_event(&s, 10);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_GAP), 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_EVENT), 5);
    seat_fini(&s);
}

/* The largest number is a number like any other: nothing follows it. */
static void the_numbers_may_be_as_large_as_they_come(void)
{
    struct seat s;
    seat_ready(&s);
    give_event(&s, INT64_MAX);
    give_event(&s, INT64_MAX);
    give_event(&s, 1);
    give_event(&s, INT64_MAX - 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_GAP), 0);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_EVENT), 4);
    seat_fini(&s);
}

static void stop_at_a_gap(struct seat *s, const struct hf_client_news *news)
{
    if (news->kind == HF_CLIENT_IS_GAP) seat_step(s, HF_CLIENT_STOP);
}

/* client-lifecycle 48 */
static void whoever_stops_at_a_gap_gets_no_event(void)
{
    struct seat s;
    seat_ready(&s);
    s.on_news = stop_at_a_gap;
    give_event(&s, 5);
    give_event(&s, 9);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_EVENT), 1);
    seat_fini(&s);
}

/* client-lifecycle 59: answered on the way, without asking the owner. */
static void a_ping_is_answered_at_once(void)
{
    struct hf_ws_item item = { 0 };
    struct seat s;
    size_t used;
    seat_ready(&s);
    seat_read_sent(&s);
    seat_give_frame(&s, HF_WS_OP_PING, HF_LIT("42"));
    CHECK_EQ(hf_ws_read(&s.reader, s.sent.ptr + s.read_at, s.sent.len - s.read_at, &used, &item),
             0);
    CHECK_EQ(item.kind, HF_WS_PONG);
    CHECK_TEXT(item.bytes, "42");
    seat_fini(&s);
}

/* How many pongs it wrote since the last look; `last` is the payload of the newest. */
static size_t read_pongs(struct seat *s, char last[16])
{
    size_t pongs = 0, used;
    struct hf_ws_item item;
    while (s->read_at < s->sent.len) {
        CHECK_EQ(hf_ws_read(&s->reader, s->sent.ptr + s->read_at, s->sent.len - s->read_at, &used,
                            &item),
                 0);
        s->read_at += used;
        if (item.kind != HF_WS_PONG) continue;
        pongs++;
        snprintf(last, 16, "%.*s", (int)item.bytes.len, (const char *)item.bytes.ptr);
    }
    return pongs;
}

/* Pings of a server that reads nothing: those that find room are answered, of the others
 * the newest, once there is room again. */
static void pings_of_a_server_that_does_not_read_cost_a_bound(void)
{
    enum { PONG_BYTES = 2 + HF_WS_MASK_BYTES + 8, FIT = HF_LIMIT_PONGS_BYTES / PONG_BYTES + 1 };
    for (size_t pings = FIT; pings <= FIT + 2000;
         pings = pings == FIT + 1 ? FIT + 2000 : pings + 1) {
        char payload[16], last[16] = "";
        struct seat s;
        seat_ready(&s);
        seat_read_sent(&s);
        s.holds_output = true;
        for (size_t i = 1; i <= pings; i++) {
            snprintf(payload, sizeof payload, "%08zu", i);
            seat_give_frame(&s, HF_WS_OP_PING, hf_bytes_cstr(payload));
        }
        s.holds_output = false;
        seat_write(&s, SIZE_MAX);
        seat_act(&s);
        CHECK_EQ_AT(pings, read_pongs(&s, last), pings == FIT ? FIT : FIT + 1);
        CHECK_TEXT_AT(pings, hf_bytes_cstr(last), payload);
        CHECK_EQ_AT(pings, seat_count(&s, HF_CLIENT_IS_CLOSED), 0);
        seat_fini(&s);
    }
}

/* client-lifecycle 31, 85: the peer's close is echoed, and told with its name. */
static void a_close_is_echoed_and_named(void)
{
    struct hf_client_call call = { .method = HF_LIT("health"), .tag = 1 };
    struct seat s;
    seat_ready(&s);
    CHECK_EQ(hf_client_call(s.client, s.now, &call), 0);
    seat_give_frame(&s, HF_WS_OP_CLOSE,
                    HF_LIT("\x03\xF5"
                           "busy"));
    CHECK_TEXT(hf_client_failure(s.client).text, "closed (1013 try again later): busy");
    CHECK_EQ(s.ends, 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_CLOSED), 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 1);
    seat_fini(&s);
}

CHECK_MAIN(one_connect_follows_the_challenge_and_nothing_comes_before_it,
           a_device_wants_a_time_to_sign, an_http_answer_is_an_error_that_names_it,
           the_first_bytes_may_be_cut_anywhere, a_broken_frame_closes_with_its_code,
           strange_answers_are_ignored, a_hello_that_was_not_offered_ends_the_login,
           a_request_larger_than_the_server_takes_is_not_sent,
           a_call_without_an_answer_ends_at_its_deadline, two_answers_and_a_cancel,
           cancelling_much_at_once_waits_for_the_actions,
           a_hole_in_the_numbers_is_told_before_the_event, the_numbers_may_be_as_large_as_they_come,
           whoever_stops_at_a_gap_gets_no_event, a_ping_is_answered_at_once,
           pings_of_a_server_that_does_not_read_cost_a_bound, a_close_is_echoed_and_named)
