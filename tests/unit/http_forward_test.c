#include "wire/http_forward.h"
#include "lib/check.h"

/* What is passed on of a head; the client is 192.0.2.7, through TLS, when it is named. */
static void check(size_t row, const char *head, bool is_upgrade, bool names_client,
                  const char *want)
{
    struct hf_http_reader reader;
    struct hf_http_request request;
    struct hf_http_forward forward = { .is_upgrade = is_upgrade,
                                       .client = names_client ? HF_LIT("192.0.2.7") : HF_EMPTY,
                                       .is_tls = true };
    struct hf_buf out;
    size_t used;
    hf_buf_init(&out, 65536);
    hf_http_reader_init(&reader);
    CHECK_EQ_AT(row, hf_http_request_read(&reader, hf_bytes_cstr(head), &used, &request), 0);
    CHECK_EQ_AT(row, request.state, HF_HTTP_HEAD);
    hf_http_forward_write(&out, &request, &forward);
    CHECK_TEXT_AT(row, hf_buf_view(&out), want);
    hf_http_reader_fini(&reader);
    hf_buf_fini(&out);
}

static void a_head_keeps_its_fields_and_loses_its_claims(void)
{
    static const struct {
        const char *head;
        bool is_upgrade, names_client;
        const char *want;
    } rows[] = {
        { "GET /a?b=c HTTP/1.1\r\nHost: h:1\r\nX-Y:  z \r\nConnection: keep-alive\r\nKeep-Alive: 5\r\n\r\n",
          false, false, "GET /a?b=c HTTP/1.1\r\nHost: h:1\r\nX-Y: z\r\nConnection: close\r\n\r\n" },
        { "GET / HTTP/1.0\r\nHost: h\r\n\r\n", false, true,
          "GET / HTTP/1.0\r\nHost: h\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n" },
        { "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
          "Sec-WebSocket-Key: k\r\n\r\n",
          true, true,
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          "Sec-WebSocket-Key: k\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n" },
        { "GET / HTTP/1.1\r\nHost: h\r\nx-forwarded-for: 127.0.0.1\r\nX-Forwarded-Host: a\r\nFORWARDED: for=127.0.0.1\r\n"
          "X-Real-IP: ::1\r\nTailscale-User-Login: root\r\nA: b\r\n\r\n",
          false, true,
          "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n" },
        /* RFC 9110 section 7.6.1 */
        { "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, x-y\r\n"
          "HTTP2-Settings: a\r\nTE: trailers\r\nTrailer: z\r\nProxy-Connection: close\r\nX-Y: z\r\nX-Z: z\r\n\r\n",
          false, false, "GET / HTTP/1.1\r\nHost: h\r\nX-Z: z\r\nConnection: close\r\n\r\n" },
        { "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nConnection: X-Y\r\n"
          "Keep-Alive: 5\r\nX-Y: z\r\nTE: trailers\r\n\r\n",
          true, false,
          "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" },
        { "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: host, content-length\r\n\r\n",
          false, false,
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\n" },
        { "POST /v1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", false, false,
          "POST /v1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\n" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        check(i, rows[i].head, rows[i].is_upgrade, rows[i].names_client, rows[i].want);
}

static void the_fields_that_speak_of_who_asks(void)
{
    static const struct {
        const char *name;
        bool is_attribution;
    } rows[] = {
        { "X-Forwarded-For", true },     { "x-forwarded-port", true },
        { "Forwarded", true },           { "X-Real-Ip", true },
        { "Tailscale-User-Name", true }, { "Forwarded-For", false },
        { "X-Forwarded", false },        { "Host", false },
        { "X-Real-IPs", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_http_is_attribution(hf_bytes_cstr(rows[i].name)), rows[i].is_attribution);
}

CHECK_MAIN(a_head_keeps_its_fields_and_loses_its_claims, the_fields_that_speak_of_who_asks)
