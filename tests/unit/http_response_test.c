#include "wire/http_response.h"
#include "lib/check.h"

enum { TEXT_MAX = 4096 };

static const struct {
    const char *text;
    enum hf_http_state state;
    unsigned status;
    const char *what; /* REFUSED, else the reason phrase */
} responses[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", HF_HTTP_HEAD, 200, "OK" },
    { "HTTP/1.0 404 Not  Found\r\n\r\n", HF_HTTP_HEAD, 404, "Not  Found" },
    { "HTTP/1.1 503 \r\n\r\n", HF_HTTP_HEAD, 503, "" },
    { "HTTP/1.1 503\r\n\r\n", HF_HTTP_HEAD, 503, "" },
    { "HTTP/1.1 100 Go\r\n\r\n", HF_HTTP_HEAD, 100, "Go" },
    { "HTTP/1.1 599 x\r\n\r\n", HF_HTTP_HEAD, 599, "x" },
    { "HTTP/1.1 200 OK\r\n", HF_HTTP_NEED_MORE, 0, "" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HF_HTTP_HEAD, 200, "OK" },
    { "HTTP/1.1 099 x\r\n\r\n", HF_HTTP_REFUSED, 0, "the status is not a number from 100 to 599" },
    { "HTTP/1.1 600 x\r\n\r\n", HF_HTTP_REFUSED, 0, "the status is not a number from 100 to 599" },
    { "HTTP/1.1 2000 x\r\n\r\n", HF_HTTP_REFUSED, 0, "the status is not a number from 100 to 599" },
    { "HTTP/1.1 20x x\r\n\r\n", HF_HTTP_REFUSED, 0, "the status is not a number from 100 to 599" },
    { "HTTP/2.0 200 x\r\n\r\n", HF_HTTP_REFUSED, 0, "the status line is not HTTP/1.x" },
    { "HTTP/1.2 200 x\r\n\r\n", HF_HTTP_REFUSED, 0, "the status line is not HTTP/1.x" },
    { "SSH-2.0-OpenSSH_9\r\n", HF_HTTP_REFUSED, 0, "the status line is not HTTP/1.x" },
    { "HTTP/1.1 200 OK\n\n", HF_HTTP_REFUSED, 0, "a line does not end with CRLF" },
    { "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", HF_HTTP_REFUSED, 0,
      "the Content-Length is not a number" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", HF_HTTP_REFUSED, 0,
      "there are two body lengths" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", HF_HTTP_REFUSED,
      0, "there are two body lengths" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", HF_HTTP_REFUSED, 0,
      "the transfer encoding is not known" },
};

static void check_response(size_t row, size_t cut)
{
    struct hf_bytes text = hf_bytes_cstr(responses[row].text);
    struct hf_http_reader r;
    struct hf_http_response res;
    size_t used;
    hf_http_reader_init(&r);
    CHECK_EQ(hf_http_response_read(&r, hf_bytes_head(text, cut), &used, &res), 0);
    if (res.state == HF_HTTP_NEED_MORE)
        CHECK_EQ(hf_http_response_read(&r, hf_bytes_from(text, cut), &used, &res), 0);
    CHECK_EQ_AT(row, res.state, responses[row].state);
    if (res.state == HF_HTTP_HEAD) {
        CHECK_EQ_AT(row, res.status, responses[row].status);
        CHECK_TEXT_AT(row, res.reason, responses[row].what);
    } else if (res.state == HF_HTTP_REFUSED) {
        CHECK_TEXT_AT(row, hf_bytes_cstr(res.fault.what), responses[row].what);
    }
    hf_http_reader_fini(&r);
}

static void responses_are_read_or_refused_however_they_are_cut(void)
{
    for (size_t i = 0; i < HF_COUNT(responses); i++)
        for (size_t cut = 0; cut <= strlen(responses[i].text); cut++) check_response(i, cut);
}

static void a_response_tells_how_long_its_body_is(void)
{
    struct hf_bytes text =
        HF_LIT("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n");
    struct hf_http_reader r;
    struct hf_http_response res;
    size_t used;
    hf_http_reader_init(&r);
    CHECK_EQ(hf_http_response_read(&r, text, &used, &res), 0);
    CHECK(res.has_length && !res.is_chunked);
    CHECK(res.content_length == UINT64_MAX);
    hf_http_reader_fini(&r);
    text = HF_LIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n");
    hf_http_reader_init(&r);
    CHECK_EQ(hf_http_response_read(&r, text, &used, &res), 0);
    CHECK(!res.has_length && res.is_chunked);
    hf_http_reader_fini(&r);
}

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: WebSocket\r\n"
#define CONNECTION "Connection: upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static const struct {
    const char *text;
    const char *fault;
} upgrades[] = {
    { SWITCHING UPGRADE CONNECTION ACCEPT "\r\n", NULL },
    { "HTTP/1.1 200 OK\r\n" UPGRADE CONNECTION ACCEPT "\r\n", "the status is not 101" },
    { SWITCHING CONNECTION ACCEPT "\r\n", "Upgrade does not name websocket" },
    { SWITCHING UPGRADE ACCEPT "\r\n", "Connection does not name Upgrade" },
    { SWITCHING UPGRADE CONNECTION "\r\n", "Sec-WebSocket-Accept does not belong to the key" },
    { SWITCHING UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
      "Sec-WebSocket-Accept does not belong to the key" },
    { SWITCHING UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
      "an extension was chosen that was not offered" },
    { SWITCHING UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: x\r\n\r\n",
      "a subprotocol was chosen that was not offered" },
};

static void an_upgrade_answer_must_fit_the_key_and_add_nothing(void)
{
    for (size_t i = 0; i < HF_COUNT(upgrades); i++) {
        struct hf_http_reader r;
        struct hf_http_response res;
        size_t used;
        hf_http_reader_init(&r);
        CHECK_EQ(hf_http_response_read(&r, hf_bytes_cstr(upgrades[i].text), &used, &res), 0);
        CHECK_EQ_AT(i, res.state, HF_HTTP_HEAD);
        const char *fault = hf_http_upgrade_fault(&res, KEY);
        CHECK_TEXT_AT(i, hf_bytes_cstr(fault), upgrades[i].fault);
        hf_http_reader_fini(&r);
    }
}

static void our_own_request_is_accepted_by_our_own_server(void)
{
    struct hf_http_field more = { HF_LIT_INIT("Origin"), HF_LIT_INIT("https://a") };
    struct hf_http_ask ask = {
        .host = HF_LIT("h:18789"), .target = HF_LIT("/x"), .fields = &more, .field_count = 1
    };
    struct hf_http_reader r;
    struct hf_http_request req;
    struct hf_http_response res;
    struct hf_http_upgrade upgrade;
    struct hf_buf out;
    char key[HF_HTTP_KEY_CHARS];
    size_t used;
    hf_http_key_write((const uint8_t *)"the sample nonce", key);
    CHECK_TEXT(hf_bytes(key, sizeof key), KEY);
    hf_buf_init(&out, TEXT_MAX);
    hf_http_ask_upgrade_write(&out, &ask, key);
    CHECK_TEXT(hf_buf_view(&out),
               "GET /x HTTP/1.1\r\nHost: h:18789\r\nOrigin: https://a\r\n"
               "Upgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n");
    hf_http_reader_init(&r);
    CHECK_EQ(hf_http_request_read(&r, hf_buf_view(&out), &used, &req), 0);
    hf_http_upgrade_check(&req, &upgrade);
    CHECK_EQ(upgrade.status, 101);
    hf_http_reader_fini(&r);

    hf_buf_reset(&out, SIZE_MAX);
    hf_http_upgrade_write(&out, upgrade.accept);
    hf_http_reader_init(&r);
    CHECK_EQ(hf_http_response_read(&r, hf_buf_view(&out), &used, &res), 0);
    CHECK(hf_http_upgrade_fault(&res, key) == NULL);
    hf_http_reader_fini(&r);
    hf_buf_fini(&out);
}

static void a_plain_request_closes_its_connection(void)
{
    struct hf_http_ask ask = { .host = HF_LIT("h"), .target = HF_LIT("/startupz") };
    struct hf_buf out;
    hf_buf_init(&out, TEXT_MAX);
    hf_http_ask_write(&out, &ask);
    CHECK_TEXT(hf_buf_view(&out), "GET /startupz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    hf_buf_fini(&out);
}

static void a_tunnel_is_asked_for(void)
{
    static const struct {
        const char *host;
        uint16_t port;
        const char *authorization, *want;
    } rows[] = {
        { "gw.example", 443, "",
          "CONNECT gw.example:443 HTTP/1.1\r\nHost: gw.example:443\r\n\r\n" },
        { "fd00::1", 1, "", "CONNECT [fd00::1]:1 HTTP/1.1\r\nHost: [fd00::1]:1\r\n\r\n" },
        { "a", 65535, "Basic eA==",
          "CONNECT a:65535 HTTP/1.1\r\nHost: a:65535\r\nProxy-Authorization: Basic eA==\r\n\r\n" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 256);
        hf_http_ask_tunnel_write(&out, hf_bytes_cstr(rows[i].host), rows[i].port,
                                 hf_bytes_cstr(rows[i].authorization));
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

CHECK_MAIN(a_tunnel_is_asked_for, responses_are_read_or_refused_however_they_are_cut,
           a_response_tells_how_long_its_body_is,
           an_upgrade_answer_must_fit_the_key_and_add_nothing,
           our_own_request_is_accepted_by_our_own_server, a_plain_request_closes_its_connection)
