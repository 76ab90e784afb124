#include "engine/look.h"
#include "base/crypto.h"
#include "lib/check.h"

#define UPGRADE "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: "
#define CHALLENGE                                                                                  \
    "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":\"n\",\"ts\":1}}"

static const uint8_t key[HF_HTTP_KEY_BYTES] = { 1, 2, 3 };

static struct hf_url url(void)
{
    struct hf_url u;
    const char *what;
    CHECK_EQ(hf_url_read(HF_LIT("ws://127.0.0.1:18789/x"), &u, &what), 0);
    return u;
}

/* The answer that fits our key, then frames. */
static void add_upgrade(struct hf_buf *b)
{
    char text[HF_HTTP_KEY_CHARS], accept[HF_HTTP_ACCEPT_CHARS];
    hf_http_key_write(key, text);
    hf_http_accept(hf_bytes(text, sizeof text), accept);
    HF_BUF_LIT(b, UPGRADE ACCEPT);
    hf_buf_add(b, hf_bytes(accept, sizeof accept));
    HF_BUF_LIT(b, "\r\n\r\n");
}

/* Feeds the bytes in pieces of `step`: the verdict. */
static enum hf_look_verdict look_at(enum hf_look_kind kind, struct hf_bytes answer, size_t step)
{
    struct hf_look l;
    struct hf_buf request;
    const struct hf_url u = url();
    enum hf_look_verdict verdict = HF_LOOK_WAIT;
    uint8_t copy[4096];
    CHECK(answer.len <= sizeof copy);
    memcpy(copy, answer.ptr, answer.len);
    hf_buf_init(&request, 4096);
    hf_look_init(&l, kind, &u, key, &request);
    CHECK(hf_bytes_starts(hf_buf_view(&request), HF_LIT("GET /x HTTP/1.1\r\n")));
    for (size_t at = 0; at < answer.len && verdict == HF_LOOK_WAIT; at += step)
        verdict = hf_look_input(&l, copy + at, answer.len - at < step ? answer.len - at : step);
    CHECK_EQ(verdict == HF_LOOK_OTHER, l.why != NULL);
    hf_look_fini(&l);
    hf_buf_fini(&request);
    return verdict;
}

static void check_at_every_cut(enum hf_look_kind kind, struct hf_bytes answer,
                               enum hf_look_verdict want)
{
    for (size_t step = 1; step <= answer.len; step++)
        CHECK_EQ_AT(step, look_at(kind, answer, step), want);
}

/* supervisor 2: an open port, even an open WebSocket, is not ready; the challenge is. */
static void a_gateway_is_ready_with_its_challenge(void)
{
    static const struct {
        const char *first, *second;
        enum hf_look_verdict want;
    } rows[] = {
        { NULL, NULL, HF_LOOK_WAIT },
        { CHALLENGE, NULL, HF_LOOK_READY },
        { "{\"type\":\"event\",\"event\":\"tick\"}", NULL, HF_LOOK_WAIT },
        { "nonsense", NULL, HF_LOOK_WAIT },
        { "{\"type\":\"event\",\"event\":\"tick\"}", CHALLENGE, HF_LOOK_READY },
        { "nonsense", CHALLENGE, HF_LOOK_READY },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf answer;
        hf_buf_init(&answer, 4096);
        add_upgrade(&answer);
        if (rows[i].first)
            hf_ws_frame_write(&answer, HF_WS_OP_TEXT, hf_bytes_cstr(rows[i].first), NULL);
        if (rows[i].second)
            hf_ws_frame_write(&answer, HF_WS_OP_TEXT, hf_bytes_cstr(rows[i].second), NULL);
        check_at_every_cut(HF_LOOK_GATEWAY, hf_buf_view(&answer), rows[i].want);
        hf_buf_fini(&answer);
    }
}

static void what_closes_or_breaks_is_no_gateway(void)
{
    struct hf_buf answer;
    hf_buf_init(&answer, 4096);
    add_upgrade(&answer);
    hf_ws_close_write(&answer, 1013, HF_LIT("starting"), NULL);
    check_at_every_cut(HF_LOOK_GATEWAY, hf_buf_view(&answer), HF_LOOK_OTHER);
    hf_buf_reset(&answer, 4096);
    add_upgrade(&answer);
    HF_BUF_LIT(&answer, "\xFF\xFF");
    check_at_every_cut(HF_LOOK_GATEWAY, hf_buf_view(&answer), HF_LOOK_OTHER);
    hf_buf_fini(&answer);
}

static void answers_of_web_servers_are_judged_by_what_was_asked(void)
{
    static const struct {
        const char *answer;
        enum hf_look_verdict gateway, good, any;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", HF_LOOK_OTHER, HF_LOOK_READY,
          HF_LOOK_READY },
        { "HTTP/1.1 204 No Content\r\n\r\n", HF_LOOK_OTHER, HF_LOOK_READY, HF_LOOK_READY },
        { "HTTP/1.1 302 Found\r\n\r\n", HF_LOOK_OTHER, HF_LOOK_OTHER, HF_LOOK_READY },
        { "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", HF_LOOK_OTHER, HF_LOOK_OTHER,
          HF_LOOK_READY },
        { UPGRADE ACCEPT "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n", HF_LOOK_OTHER, HF_LOOK_OTHER,
          HF_LOOK_READY },
        { "SSH-2.0-x\r\n\r\n", HF_LOOK_OTHER, HF_LOOK_OTHER, HF_LOOK_OTHER },
        { "HTTP/1.1 200 OK\r\n", HF_LOOK_WAIT, HF_LOOK_WAIT, HF_LOOK_WAIT },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes answer = hf_bytes_cstr(rows[i].answer);
        check_at_every_cut(HF_LOOK_GATEWAY, answer, rows[i].gateway);
        check_at_every_cut(HF_LOOK_HTTP_2XX, answer, rows[i].good);
        check_at_every_cut(HF_LOOK_HTTP_ANY, answer, rows[i].any);
    }
}

CHECK_MAIN(a_gateway_is_ready_with_its_challenge, what_closes_or_breaks_is_no_gateway,
           answers_of_web_servers_are_judged_by_what_was_asked)
