#include "base/buf.h"
#include "lib/check.h"
#include "prog/checkup/answer.h"

#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
#define BUSY_HEAD                                                                                  \
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nServer: nginx\r\n\r\n"

static const struct {
    const char *text;
    enum hf_checkup_speech speech;
    unsigned status;
    bool is_gateway, is_positive;
    const char *says, *reason, *version;
    int64_t uptime_ms;
} rows[] = {
    { "", HF_CHECKUP_SILENT, 0, false, false, "", "", "", -1 },
    { "\x15\x03\x03\x01", HF_CHECKUP_TLS, 0, false, false, "", "", "", -1 },
    { "\x16\x03\x01", HF_CHECKUP_TLS, 0, false, false, "", "", "", -1 },
    { "\x15", HF_CHECKUP_OTHER, 0, false, false, "", "", "", -1 },
    { "SSH-2.0-OpenSSH_9.2\r\n", HF_CHECKUP_OTHER, 0, false, false, "", "", "", -1 },
    { "HTTP/1.1 200", HF_CHECKUP_OTHER, 0, false, false, "", "", "", -1 },
    { "HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.",
      HF_CHECKUP_TLS, 400, false, false, "", "", "", -1 },
    { JSON_HEAD "{\"ok\":true,\"status\":\"live\"}", HF_CHECKUP_HTTP, 200, true, true, "live", "",
      "", -1 },
    { JSON_HEAD "{\"ok\":true,\"status\":\"started\",\"version\":\"2026.9.6\",\"uptimeMs\":49792}",
      HF_CHECKUP_HTTP, 200, true, true, "started", "", "2026.9.6", 49792 },
    { BUSY_HEAD "{\"ok\":false,\"status\":\"starting\",\"version\":\"1\",\"uptimeMs\":12,"
                "\"pendingReason\":\"startup-sidecars\"}",
      HF_CHECKUP_HTTP, 503, true, false, "starting", "startup-sidecars", "1", 12 },
    { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      "b\r\n{\"ok\":true,\r\n10\r\n\"status\":\"live\"}\r\n0\r\n\r\n",
      HF_CHECKUP_HTTP, 200, true, true, "live", "", "", -1 },
    { BUSY_HEAD "{\"ready\":false}", HF_CHECKUP_HTTP, 503, true, false, "not ready", "", "", -1 },
    { BUSY_HEAD "{\"ready\":false,\"failing\":[\"gateway-draining\",\"x\"],\"uptimeMs\":1}",
      HF_CHECKUP_HTTP, 503, true, false, "not ready", "gateway-draining, x", "", 1 },
    { JSON_HEAD "{\"ready\":true,\"failing\":[]}", HF_CHECKUP_HTTP, 200, true, true, "ready", "",
      "", -1 },
    { JSON_HEAD "{\"ok\":true}", HF_CHECKUP_HTTP, 200, false, true, "", "", "", -1 },
    { JSON_HEAD "{\"ok\":tr", HF_CHECKUP_HTTP, 200, false, false, "", "", "", -1 },
    { JSON_HEAD "[]", HF_CHECKUP_HTTP, 200, false, false, "", "", "", -1 },
    { JSON_HEAD "{\"ok\":true,\"status\":\"\\u001b[31mlive\"}", HF_CHECKUP_HTTP, 200, true, true,
      "?[31mlive", "", "", -1 },
};

static void an_answer_is_recognised_by_its_first_bytes(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_checkup_answer a = { .took_ms = 7 };
        hf_checkup_answer_read(hf_bytes_cstr(rows[i].text), &a);
        CHECK_EQ_AT(i, a.speech, rows[i].speech);
        CHECK_EQ_AT(i, a.status, rows[i].status);
        CHECK_EQ_AT(i, a.is_gateway, rows[i].is_gateway);
        CHECK_EQ_AT(i, a.is_positive, rows[i].is_positive);
        CHECK_TEXT_AT(i, hf_bytes_cstr(a.says), rows[i].says);
        CHECK_TEXT_AT(i, hf_bytes_cstr(a.reason), rows[i].reason);
        CHECK_TEXT_AT(i, hf_bytes_cstr(a.version), rows[i].version);
        CHECK_EQ_AT(i, a.uptime_ms, rows[i].uptime_ms);
        CHECK_EQ_AT(i, a.took_ms, 7);
    }
}

static void a_redirect_shows_no_secret(void)
{
    static const struct {
        const char *location, *want;
    } redirects[] = {
        { "https://gw.example/login?token=canary", "https://gw.example" },
        { "https://gw.example?token=canary", "https://gw.example" },
        { "https://gw.example#canary", "https://gw.example" },
        { "https://user:canary@gw.example/", "" },
        { "/login?canary", "/login" },
    };
    for (size_t i = 0; i < HF_COUNT(redirects); i++) {
        struct hf_checkup_answer a;
        struct hf_buf text;
        hf_buf_init(&text, 1024);
        hf_buf_addf(&text,
                    "HTTP/1.1 302 Found\r\nServer: Caddy\r\nContent-Type: text/html\r\n"
                    "Location: %s\r\n\r\n",
                    redirects[i].location);
        hf_checkup_answer_read(hf_buf_view(&text), &a);
        CHECK_EQ_AT(i, a.status, 302);
        CHECK_AT(i, a.is_html);
        CHECK_TEXT_AT(i, hf_bytes_cstr(a.server), "Caddy");
        CHECK_TEXT_AT(i, hf_bytes_cstr(a.location), redirects[i].want);
        hf_buf_fini(&text);
    }
}

CHECK_MAIN(an_answer_is_recognised_by_its_first_bytes, a_redirect_shows_no_secret)
