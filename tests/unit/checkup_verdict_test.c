/* The verdict of `holdfast probe`: one row for each way to be wrong. */
#include "lib/check.h"
#include "prog/checkup/report.h"
#include "wire/json_read.h"

#include <stdio.h>

#define HTTP(code, positive, text)                                                                 \
    {                                                                                              \
        .speech = HF_CHECKUP_HTTP, .status = (code), .is_gateway = true,                           \
        .is_positive = (positive), .says = text, .uptime_ms = -1, .took_ms = 1                     \
    }
#define ALIVE HTTP(200, true, "live")
#define STARTED HTTP(200, true, "started")
#define READY HTTP(200, true, "ready")
#define FOREIGN(code)                                                                              \
    {                                                                                              \
        .speech = HF_CHECKUP_HTTP, .status = (code), .is_html = true, .server = "nginx",           \
        .uptime_ms = -1                                                                            \
    }
#define SPEECH(kind)                                                                               \
    {                                                                                              \
        .speech = (kind), .uptime_ms = -1                                                          \
    }
#define UP .reach = HF_CHECKUP_CONNECTED, .address = "127.0.0.1:18789"
#define REFUSAL(name)                                                                              \
    .cause = "REFUSED", .code = "INVALID_REQUEST", .detail = name, .close_code = 1008

static const struct {
    struct hf_checkup_facts facts;
    enum hf_verdict verdict;
    const char *advice; /* part of it; NULL: none at all */
} rows[] = {
    { { UP, .http = { ALIVE, STARTED, READY }, .is_logged_in = true, .has_health = true,
        .is_health_ok = true },
      HF_VERDICT_OK,
      NULL },
    /* An older gateway without probes over HTTP: the login alone counts. */
    { { UP, .http = { FOREIGN(200), FOREIGN(200), FOREIGN(200) }, .is_logged_in = true,
        .has_health = true, .is_health_ok = true },
      HF_VERDICT_OK,
      NULL },
    { { UP, .http = { ALIVE, STARTED, HTTP(503, false, "not ready") }, .is_logged_in = true,
        .has_health = true, .is_health_ok = true },
      HF_VERDICT_NOT_READY,
      "holdfast status" },
    { { UP, .is_logged_in = true, .has_health = true }, HF_VERDICT_NOT_READY, "holdfast logs" },
    { { UP, .is_logged_in = true, .health_error = "TIMEOUT" }, HF_VERDICT_NOT_READY, "logs" },
    { { UP, .http = { ALIVE, HTTP(503, false, "draining") }, .is_logged_in = true,
        .has_health = true, .is_health_ok = true },
      HF_VERDICT_DRAINING,
      "Wait for the restart" },
    { { .is_plain_refused = true }, HF_VERDICT_PLAIN_REFUSED, "wss://" },
    { { .reach = HF_CHECKUP_NO_NAME }, HF_VERDICT_NO_NAME, "--url" },
    { { .reach = HF_CHECKUP_REFUSED, .is_local = true }, HF_VERDICT_NOT_LISTENING, "holdfast run" },
    { { .reach = HF_CHECKUP_REFUSED }, HF_VERDICT_NOT_LISTENING, "firewall" },
    { { .reach = HF_CHECKUP_UNREACHABLE }, HF_VERDICT_UNREACHABLE, "firewall" },
    /* TLS, both ways round */
    { { UP, .url = "ws://h:1/x", .http = { SPEECH(HF_CHECKUP_TLS) }, .cause = "LOST" },
      HF_VERDICT_WANTS_TLS,
      "--url wss://h:1/x" },
    { { UP, .url = "ws://h:1", .http = { SPEECH(HF_CHECKUP_SILENT) }, .speaks_other_scheme = true },
      HF_VERDICT_WANTS_TLS,
      "--url wss://h:1" },
    { { .url = "wss://h:1",
        .is_tls = true,
        .reach = HF_CHECKUP_NO_TLS,
        .speaks_other_scheme = true },
      HF_VERDICT_WANTS_PLAIN,
      "--url ws://h:1" },
    { { .is_tls = true, .reach = HF_CHECKUP_NO_TLS }, HF_VERDICT_TLS_FAILED, "certificate" },
    /* not a gateway */
    { { UP, .http = { SPEECH(HF_CHECKUP_SILENT) }, .cause = "UPGRADE_TIMEOUT" },
      HF_VERDICT_SILENT,
      "right port" },
    { { UP, .cause = "UPGRADE_TIMEOUT" }, HF_VERDICT_SILENT, "right port" },
    { { UP, .http = { SPEECH(HF_CHECKUP_OTHER) }, .cause = "PEER_FAULT" },
      HF_VERDICT_NOT_HTTP,
      "right port" },
    { { UP, .http = { FOREIGN(200) }, .cause = "UPGRADE", .http_status = 200 },
      HF_VERDICT_PROXY,
      "GET /healthz" },
    { { UP, .http = { FOREIGN(502) }, .cause = "UPGRADE", .http_status = 502 },
      HF_VERDICT_PROXY,
      "does not reach the gateway" },
    { { UP, .http = { FOREIGN(401) }, .cause = "UPGRADE", .http_status = 401 },
      HF_VERDICT_PROXY,
      "login of its own" },
    { { UP,
        .http = { { .speech = HF_CHECKUP_HTTP, .status = 302, .location = "https://gw.example" } },
        .cause = "UPGRADE", .http_status = 302 },
      HF_VERDICT_PROXY,
      "redirects to https://gw.example" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "UPGRADE", .http_status = 403 },
      HF_VERDICT_ATTRIBUTION,
      "trustedProxies" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "UPGRADE", .http_status = 400 },
      HF_VERDICT_NO_UPGRADE,
      "proxy_http_version" },
    /* starting and stopping */
    { { UP, .http = { ALIVE, HTTP(503, false, "starting") }, .startup_waits = 3,
        .cause = "BUDGET" },
      HF_VERDICT_STARTING,
      "Wait" },
    { { UP, .is_tls = true, .cause = "STARTING", .startup_waits = 1 },
      HF_VERDICT_STARTING,
      "Wait" },
    { { UP, .http = { ALIVE, HTTP(503, false, "starting") }, .cause = "UPGRADE",
        .http_status = 503 },
      HF_VERDICT_STARTING,
      "Wait" },
    { { UP, .http = { ALIVE, HTTP(503, false, "draining") }, .cause = "UPGRADE",
        .http_status = 503 },
      HF_VERDICT_DRAINING,
      "Wait" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "REFUSED", .code = "UNAVAILABLE",
        .error = "gateway restart in progress", .close_code = 1013 },
      HF_VERDICT_DRAINING,
      "Wait" },
    /* the login */
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "CHALLENGE_TIMEOUT" },
      HF_VERDICT_NO_CHALLENGE,
      "--timeout" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "CONNECT_TIMEOUT" },
      HF_VERDICT_NO_HELLO,
      "--timeout" },
    { { UP, REFUSAL("AUTH_TOKEN_MISSING") }, HF_VERDICT_TOKEN_MISSING, "--token-file" },
    { { UP, REFUSAL("DEVICE_IDENTITY_REQUIRED") }, HF_VERDICT_TOKEN_MISSING, "--token-file" },
    { { UP, REFUSAL("DEVICE_IDENTITY_REQUIRED"), .has_token = true },
      HF_VERDICT_DEVICE,
      "--token" },
    { { UP, REFUSAL("AUTH_TOKEN_MISMATCH"), .has_token = true },
      HF_VERDICT_TOKEN_WRONG,
      "openclaw.json" },
    { { UP, REFUSAL("AUTH_PASSWORD_MISMATCH") }, HF_VERDICT_TOKEN_WRONG, "--password-file" },
    { { UP, REFUSAL("AUTH_DEVICE_TOKEN_MISMATCH") }, HF_VERDICT_TOKEN_WRONG, "revoked" },
    { { UP, REFUSAL("AUTH_RATE_LIMITED") }, HF_VERDICT_LOCKED_OUT, "Wait some minutes" },
    { { UP, .cause = "REFUSED", .code = "NOT_PAIRED", .detail = "PAIRING_REQUIRED",
        .request_id = "906def11-4a32", .close_code = 1008 },
      HF_VERDICT_PAIRING,
      "holdfast devices approve 906def11-4a32\n" },
    { { UP, .cause = "BUDGET", .detail = "PAIRING_REQUIRED" }, HF_VERDICT_PAIRING, "approve ID\n" },
    { { UP, REFUSAL("PAIRING_REQUIRED") }, HF_VERDICT_PAIRING, "holdfast devices approve ID\n" },
    { { UP, REFUSAL("DEVICE_AUTH_SIGNATURE_EXPIRED") }, HF_VERDICT_DEVICE, "clocks" },
    { { UP, REFUSAL("PROTOCOL_MISMATCH") }, HF_VERDICT_VERSION, "Update" },
    { { UP, .cause = "REFUSED", .close_code = 1002 }, HF_VERDICT_VERSION, "Update" },
    { { UP, .cause = "BAD_HELLO", .close_code = 1008 }, HF_VERDICT_VERSION, "Update" },
    { { UP, REFUSAL("SOMETHING_NEW") }, HF_VERDICT_REFUSED, "log" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "PEER_CLOSE", .close_code = 1011 },
      HF_VERDICT_LOST,
      "log" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "LOST" }, HF_VERDICT_LOST, "log" },
    { { UP, .http = { ALIVE, STARTED, READY }, .cause = "BUDGET" }, HF_VERDICT_NO_TIME, "--url" },
};

static void every_way_to_be_wrong_has_its_verdict_and_its_advice(void)
{
    bool seen[HF_VERDICT_COUNT] = { false };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf advice;
        enum hf_verdict verdict = hf_checkup_judge(&rows[i].facts);
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_verdict_name(verdict)), hf_verdict_name(rows[i].verdict));
        seen[verdict] = true;
        hf_buf_init(&advice, 4096);
        hf_checkup_advise(&rows[i].facts, verdict, &advice);
        CHECK_EQ_AT(i, hf_buf_done(&advice), 0);
        if (!rows[i].advice) CHECK_EQ_AT(i, advice.len, 0);
        if (rows[i].advice &&
            !memmem(advice.ptr, advice.len, rows[i].advice, strlen(rows[i].advice)))
            CHECK_TEXT_AT(i, hf_buf_view(&advice), rows[i].advice);
        hf_buf_fini(&advice);
    }
    for (size_t i = 0; i < HF_VERDICT_COUNT; i++) CHECK_AT(i, seen[i]);
}

/* startup-retry 3.7: what --json says of a start that took too long. */
static void both_forms_are_whole_for_every_row(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf text, json;
        enum hf_verdict verdict = rows[i].verdict;
        hf_buf_init(&text, 65536);
        hf_checkup_text(&rows[i].facts, verdict, false, &text);
        CHECK_EQ_AT(i, hf_buf_done(&text), 0);
        CHECK_AT(i, memchr(text.ptr, '\033', text.len) == NULL);
        CHECK_AT(i, memmem(text.ptr, text.len, hf_verdict_headline(verdict),
                           strlen(hf_verdict_headline(verdict))) != NULL);
        size_t lines = 0;
        for (size_t k = 0; k < text.len; k++) lines += text.ptr[k] == '\n';
        CHECK_AT(i, lines <= 24);
        hf_buf_init(&json, 65536);
        hf_checkup_json(&rows[i].facts, verdict, &json);
        struct hf_bytes root = hf_json_root(hf_buf_view(&json));
        CHECK_EQ_AT(i, hf_json_check(root, 64, NULL), 0);
        CHECK_TEXT_AT(i, hf_json_find(root, "ok"), verdict == HF_VERDICT_OK ? "true" : "false");
        if (verdict == HF_VERDICT_STARTING) {
            CHECK_TEXT_AT(i, hf_json_find(root, "error"), "\"starting: startup-sidecars\"");
            CHECK_TEXT_AT(i, hf_json_find(root, "reached"), "true");
            CHECK_TEXT_AT(i, hf_json_find(root, "connectLatencyMs"), "null");
        }
        hf_buf_fini(&text);
        hf_buf_fini(&json);
    }
}

static void a_screen_reads_like_this(void)
{
    struct hf_buf out;
    struct hf_checkup_facts f = { UP,
                                  .url = "ws://127.0.0.1:18789",
                                  .reach_ms = 1,
                                  .http = { ALIVE, STARTED, READY },
                                  .cause = "REFUSED",
                                  .error = "unauthorized: gateway token mismatch",
                                  .detail = "AUTH_TOKEN_MISMATCH",
                                  .close_code = 1008 };
    f.http[HF_CHECKUP_STARTUPZ].uptime_ms = 3661000;
    snprintf(f.http[HF_CHECKUP_STARTUPZ].version, 64, "2026.9.6");
    hf_buf_init(&out, 65536);
    hf_checkup_text(&f, hf_checkup_judge(&f), false, &out);
    CHECK_TEXT(
        hf_buf_view(&out),
        "ws://127.0.0.1:18789\n"
        "token-wrong: the token or password is not this gateway's\n"
        "\n"
        "  address    connected to 127.0.0.1:18789 in 1 ms\n"
        "  /healthz   200 live\n"
        "  /startupz  200 started, up 1 h 1 min\n"
        "  /readyz    200 ready\n"
        "  login      unauthorized: gateway token mismatch\n"
        "  versions   gateway 2026.9.6, holdfast " HF_VERSION "\n"
        "\n"
        "  do         Give it with --token-file FILE (or --password-file FILE), or set "
        "HOLDFAST_TOKEN.\n"
        "             Where it is: gateway.auth.token in openclaw.json, or the file \"token\" "
        "in the state directory of \"holdfast run\".\n");
    hf_buf_fini(&out);
}

CHECK_MAIN(every_way_to_be_wrong_has_its_verdict_and_its_advice, both_forms_are_whole_for_every_row,
           a_screen_reads_like_this)
