#include "prog/checkup/verdict.h"

#include <string.h>

static const struct {
    const char *name, *headline;
    bool is_reached;
} rows[HF_VERDICT_COUNT] = {
#define HF_VERDICT_ROW(id, name, is_reached, headline)                                             \
    [HF_VERDICT_##id] = { name, headline, is_reached },
    HF_VERDICTS(HF_VERDICT_ROW)
#undef HF_VERDICT_ROW
};

const char *hf_verdict_name(enum hf_verdict verdict)
{
    return rows[verdict].name;
}

const char *hf_verdict_headline(enum hf_verdict verdict)
{
    return rows[verdict].headline;
}

bool hf_verdict_is_reached(enum hf_verdict verdict)
{
    return rows[verdict].is_reached;
}

/* --- judging --- */

static bool is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

static bool says(const struct hf_checkup_facts *f, enum hf_checkup_path path, const char *word)
{
    return f->http[path].is_gateway && is(f->http[path].says, word);
}

static bool is_draining(const struct hf_checkup_facts *f)
{
    return says(f, HF_CHECKUP_STARTUPZ, "draining") ||
           strstr(f->http[HF_CHECKUP_READYZ].reason, "gateway-draining") != NULL;
}

/* UNAVAILABLE, and the close reason is the only place that says why
 * (spec/startup-retry.md 2.4). */
static bool is_refused_for_a_restart(const struct hf_checkup_facts *f)
{
    return is(f->code, "UNAVAILABLE") && f->close_code == 1013 &&
           (strstr(f->error, "restart") || strstr(f->error, "suspen"));
}

/* Reading HTTP or the login, a gateway was recognised. */
static bool is_gateway(const struct hf_checkup_facts *f)
{
    for (size_t i = 0; i < HF_CHECKUP_PATHS; i++)
        if (f->http[i].is_gateway) return true;
    return false;
}

/* A refusal of `connect` by its detail code, or by the code when there is none. */
static enum hf_verdict judge_refusal(const struct hf_checkup_facts *f)
{
    static const struct {
        const char *detail;
        enum hf_verdict verdict;
    } details[] = {
        { "AUTH_TOKEN_MISSING", HF_VERDICT_TOKEN_MISSING },
        { "AUTH_PASSWORD_MISSING", HF_VERDICT_TOKEN_MISSING },
        { "AUTH_REQUIRED", HF_VERDICT_TOKEN_MISSING },
        { "AUTH_TOKEN_MISMATCH", HF_VERDICT_TOKEN_WRONG },
        { "AUTH_PASSWORD_MISMATCH", HF_VERDICT_TOKEN_WRONG },
        { "AUTH_UNAUTHORIZED", HF_VERDICT_TOKEN_WRONG },
        { "AUTH_BOOTSTRAP_TOKEN_INVALID", HF_VERDICT_TOKEN_WRONG },
        { "AUTH_DEVICE_TOKEN_MISMATCH", HF_VERDICT_TOKEN_WRONG },
        { "AUTH_SCOPE_MISMATCH", HF_VERDICT_PAIRING },
        { "AUTH_RATE_LIMITED", HF_VERDICT_LOCKED_OUT },
        { "PAIRING_REQUIRED", HF_VERDICT_PAIRING },
        { "PROTOCOL_MISMATCH", HF_VERDICT_VERSION },
        { "CLIENT_VERSION_MISMATCH", HF_VERDICT_VERSION },
    };
    for (size_t i = 0; i < HF_COUNT(details); i++)
        if (is(f->detail, details[i].detail)) return details[i].verdict;
    /* Without an identity a missing secret is told as a missing device. */
    if (is(f->detail, "DEVICE_IDENTITY_REQUIRED") && !f->has_token) return HF_VERDICT_TOKEN_MISSING;
    if (strncmp(f->detail, "DEVICE_", 7) == 0) return HF_VERDICT_DEVICE;
    if (f->close_code == 1002) return HF_VERDICT_VERSION;
    return HF_VERDICT_REFUSED;
}

/* The WebSocket upgrade got another answer than 101. */
static enum hf_verdict judge_upgrade(const struct hf_checkup_facts *f)
{
    if (f->http_status == 503 && is_gateway(f))
        return is_draining(f) ? HF_VERDICT_DRAINING : HF_VERDICT_STARTING;
    if (f->http_status == 403 && is_gateway(f)) return HF_VERDICT_ATTRIBUTION;
    return is_gateway(f) ? HF_VERDICT_NO_UPGRADE : HF_VERDICT_PROXY;
}

/* The login went wrong below the protocol: what the first bytes were says more. */
static enum hf_verdict judge_speech(const struct hf_checkup_facts *f)
{
    const struct hf_checkup_answer *first = &f->http[HF_CHECKUP_HEALTHZ];
    if (f->speaks_other_scheme || first->speech == HF_CHECKUP_TLS)
        return f->is_tls ? HF_VERDICT_WANTS_PLAIN : HF_VERDICT_WANTS_TLS;
    if (first->speech == HF_CHECKUP_SILENT) return HF_VERDICT_SILENT;
    if (first->speech == HF_CHECKUP_OTHER) return HF_VERDICT_NOT_HTTP;
    if (first->speech == HF_CHECKUP_HTTP && !is_gateway(f)) return HF_VERDICT_PROXY;
    if (says(f, HF_CHECKUP_STARTUPZ, "starting")) return HF_VERDICT_STARTING;
    if (is_draining(f)) return HF_VERDICT_DRAINING;
    return HF_VERDICT_COUNT;
}

static enum hf_verdict judge_login(const struct hf_checkup_facts *f)
{
    if (is_refused_for_a_restart(f)) return HF_VERDICT_DRAINING;
    /* Some refusals are tried again until the time is over; the last one counts. */
    if (is(f->cause, "REFUSED") || (is(f->cause, "BUDGET") && f->detail[0]))
        return judge_refusal(f);
    if (is(f->cause, "BAD_HELLO")) return HF_VERDICT_VERSION;
    if (f->startup_waits > 0 || is(f->cause, "STARTING")) return HF_VERDICT_STARTING;
    enum hf_verdict verdict = judge_speech(f);
    if (verdict != HF_VERDICT_COUNT) return verdict;
    if (is(f->cause, "UPGRADE")) return judge_upgrade(f);
    if (is(f->cause, "CHALLENGE_TIMEOUT") || is(f->cause, "NO_NONCE"))
        return HF_VERDICT_NO_CHALLENGE;
    if (is(f->cause, "CONNECT_TIMEOUT")) return HF_VERDICT_NO_HELLO;
    if (is(f->cause, "UPGRADE_TIMEOUT")) return HF_VERDICT_SILENT;
    if (is(f->cause, "PEER_CLOSE") || is(f->cause, "LOST") || is(f->cause, "PEER_FAULT"))
        return HF_VERDICT_LOST;
    return HF_VERDICT_NO_TIME;
}

enum hf_verdict hf_checkup_judge(const struct hf_checkup_facts *f)
{
    if (f->is_plain_refused) return HF_VERDICT_PLAIN_REFUSED;
    if (f->is_logged_in) {
        if (is_draining(f)) return HF_VERDICT_DRAINING;
        bool is_unready =
            f->http[HF_CHECKUP_READYZ].is_gateway && !f->http[HF_CHECKUP_READYZ].is_positive;
        bool is_ill = !f->has_health || !f->is_health_ok;
        return is_unready || is_ill ? HF_VERDICT_NOT_READY : HF_VERDICT_OK;
    }
    switch (f->reach) {
    case HF_CHECKUP_NO_NAME:
        return HF_VERDICT_NO_NAME;
    case HF_CHECKUP_REFUSED:
        return HF_VERDICT_NOT_LISTENING;
    case HF_CHECKUP_UNREACHABLE:
        return HF_VERDICT_UNREACHABLE;
    case HF_CHECKUP_NO_TLS:
        return f->speaks_other_scheme ? HF_VERDICT_WANTS_PLAIN : HF_VERDICT_TLS_FAILED;
    case HF_CHECKUP_NOT_TRIED:
    case HF_CHECKUP_CONNECTED:
        break;
    }
    return judge_login(f);
}

/* --- advice --- */

static void advise_address(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    HF_BUF_LIT(out, "Is the address right?  --url URL or --port PORT gives another one.\n");
    if (f->is_proxied)
        HF_BUF_LIT(out,
                   "Is the proxy right?  https_proxy or all_proxy names it; no_proxy=HOST goes "
                   "past it.\n");
    if (f->is_local)
        HF_BUF_LIT(out, "Is the gateway running?  \"holdfast run\" starts one here.\n");
    else
        HF_BUF_LIT(out,
                   "Is the gateway running, bound to an address that others reach (--bind lan), "
                   "and does the firewall let the port through?\n");
}

static void advise_secret(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    HF_BUF_LIT(out, "Give it with --token-file FILE (or --password-file FILE), or set "
                    "HOLDFAST_TOKEN.\n");
    HF_BUF_LIT(out,
               "Where it is: gateway.auth.token in openclaw.json, or the file \"token\" in the "
               "state directory of \"holdfast run\".\n");
    if (is(f->detail, "AUTH_DEVICE_TOKEN_MISMATCH"))
        HF_BUF_LIT(out, "It was this device's own token: it was revoked or rotated, so give the "
                        "shared one once.\n");
}

static void advise_pairing(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    HF_BUF_LIT(out, "On the gateway's machine, see who asks and approve it:\n");
    hf_buf_addf(out, "holdfast devices approve %s\n", f->request_id[0] ? f->request_id : "ID");
    hf_buf_addf(out, "(for OpenClaw: openclaw devices approve %s)\n",
                f->request_id[0] ? f->request_id : "ID");
}

static void advise_proxy(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    const struct hf_checkup_answer *first = &f->http[HF_CHECKUP_HEALTHZ];
    if (first->location[0])
        hf_buf_addf(out, "It redirects to %s: give that address with --url.\n", first->location);
    if (first->status == 401 || first->status == 403 || first->status == 407)
        HF_BUF_LIT(out, "It wants a login of its own: let /healthz and the WebSocket pass without "
                        "one, or go around it.\n");
    else if (first->status >= 502 && first->status <= 504)
        HF_BUF_LIT(out, "It does not reach the gateway behind it: probe the gateway's own "
                        "address on its machine.\n");
    else
        HF_BUF_LIT(out, "Is it the right port?  A gateway answers GET /healthz with JSON.\n");
}

static void advise_starting(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    (void)f;
    HF_BUF_LIT(out,
               "Wait: clients connect by themselves when it is ready.  A larger --timeout lets "
               "this command wait, too.\n");
}

static void advise_tls(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    size_t scheme = f->is_tls ? sizeof "wss" - 1 : sizeof "ws" - 1;
    const char *rest = strlen(f->url) > scheme ? f->url + scheme : "";
    hf_buf_addf(out, "Give --url %s%s\n", f->is_tls ? "ws" : "wss", rest);
}

void hf_checkup_advise(const struct hf_checkup_facts *f, enum hf_verdict verdict,
                       struct hf_buf *out)
{
    switch (verdict) {
    case HF_VERDICT_OK:
        return;
    case HF_VERDICT_NOT_READY:
        HF_BUF_LIT(out, "See what it waits for: \"holdfast status\" and \"holdfast logs\".\n");
        return;
    case HF_VERDICT_STARTING:
        advise_starting(f, out);
        return;
    case HF_VERDICT_DRAINING:
        HF_BUF_LIT(out, "Wait for the restart; if none follows, start the gateway again.\n");
        return;
    case HF_VERDICT_PLAIN_REFUSED:
        HF_BUF_LIT(out, "Use wss://, or a tunnel to the gateway's machine and ws://127.0.0.1.\n");
        return;
    case HF_VERDICT_NO_NAME:
    case HF_VERDICT_NOT_LISTENING:
    case HF_VERDICT_UNREACHABLE:
    case HF_VERDICT_NO_TIME:
        advise_address(f, out);
        return;
    case HF_VERDICT_WANTS_TLS:
    case HF_VERDICT_WANTS_PLAIN:
        advise_tls(f, out);
        return;
    case HF_VERDICT_TLS_FAILED:
        HF_BUF_LIT(out,
                   "Is the name in the certificate the one in the address, is it still valid, and "
                   "does this system trust its issuer?\n");
        HF_BUF_LIT(out,
                   "If the fingerprint above is the gateway's own, set HOLDFAST_TLS_FINGERPRINT to "
                   "it.\n");
        return;
    case HF_VERDICT_SILENT:
    case HF_VERDICT_NOT_HTTP:
        HF_BUF_LIT(out,
                   "Is it the right port?  If it is, the gateway hangs: see \"holdfast logs\" on "
                   "its machine, and restart it.\n");
        return;
    case HF_VERDICT_PROXY:
        advise_proxy(f, out);
        return;
    case HF_VERDICT_ATTRIBUTION:
        HF_BUF_LIT(out, "Name the proxy's address in gateway.trustedProxies of the gateway.\n");
        return;
    case HF_VERDICT_NO_UPGRADE:
        HF_BUF_LIT(out,
                   "Let the proxy pass upgrades (for nginx: proxy_http_version 1.1 and the fields "
                   "Upgrade and Connection).\n");
        return;
    case HF_VERDICT_NO_CHALLENGE:
    case HF_VERDICT_NO_HELLO:
        HF_BUF_LIT(out,
                   "The gateway is busy or hangs: try a larger --timeout, then look at its log.\n");
        return;
    case HF_VERDICT_TOKEN_MISSING:
    case HF_VERDICT_TOKEN_WRONG:
        advise_secret(f, out);
        return;
    case HF_VERDICT_LOCKED_OUT:
        HF_BUF_LIT(out, "Wait some minutes, then try once with the right token.\n");
        return;
    case HF_VERDICT_PAIRING:
        advise_pairing(f, out);
        return;
    case HF_VERDICT_DEVICE:
        HF_BUF_LIT(out,
                   "Give the gateway's shared token with --token-file FILE; if it still refuses, "
                   "compare the clocks of both machines.\n");
        return;
    case HF_VERDICT_VERSION:
        HF_BUF_LIT(out,
                   "Update the older one of the two: holdfast " HF_VERSION " speaks version 4.\n");
        return;
    case HF_VERDICT_REFUSED:
    case HF_VERDICT_LOST:
        HF_BUF_LIT(out, "The gateway's log says more: \"holdfast logs\" on its machine.\n");
        return;
    case HF_VERDICT_COUNT:
        return;
    }
}
