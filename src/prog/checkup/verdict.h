/* prog/checkup/verdict.h: what is wrong with this gateway, and what to do about it?
 *
 * One verdict from all facts; the deepest stage that was reached decides.  Pure. */
#ifndef HF_PROG_CHECKUP_VERDICT_H
#define HF_PROG_CHECKUP_VERDICT_H

#include "base/buf.h"
#include "prog/checkup/facts.h"

/* id, name in --json, is the gateway there (reached), headline */
#define HF_VERDICTS(X)                                                                             \
    X(OK, "ok", true, "the gateway answers")                                                       \
    X(NOT_READY, "not-ready", true, "the gateway answers, but is not ready for work")              \
    X(STARTING, "starting", true, "the gateway is starting")                                       \
    X(DRAINING, "draining", true, "the gateway is stopping or restarting")                         \
    X(PLAIN_REFUSED, "plain-refused", false, "plain text to a public address is refused")          \
    X(NO_NAME, "no-name", false, "the name of the host is not known")                              \
    X(NOT_LISTENING, "not-listening", false, "nobody listens there")                               \
    X(UNREACHABLE, "unreachable", false, "the host cannot be reached")                             \
    X(WANTS_TLS, "wants-tls", false, "the port speaks TLS, the address says plain ws://")          \
    X(WANTS_PLAIN, "wants-plain", false, "the port speaks plain text, the address says wss://")    \
    X(TLS_FAILED, "tls-failed", false, "the certificate is not trusted, or TLS failed")            \
    X(SILENT, "silent", false, "somebody listens, but says nothing")                               \
    X(NOT_HTTP, "not-http", false, "somebody listens, but speaks neither HTTP nor WebSocket")      \
    X(PROXY, "proxy", false, "a proxy or another web server answers in place of the gateway")      \
    X(ATTRIBUTION, "proxy-attribution", true, "the gateway does not trust the proxy in between")   \
    X(NO_UPGRADE, "no-websocket", false, "HTTP answers, but WebSocket does not get through")       \
    X(NO_CHALLENGE, "no-challenge", true, "WebSocket opens, but the gateway does not greet")       \
    X(NO_HELLO, "no-hello", true, "the gateway greets, but does not answer the login in time")     \
    X(TOKEN_MISSING, "token-missing", true, "the gateway wants a token or password")               \
    X(TOKEN_WRONG, "token-wrong", true, "the token or password is not this gateway's")             \
    X(LOCKED_OUT, "locked-out", true, "too many wrong tokens came from this address")              \
    X(PAIRING, "pairing-required", true, "this device must be approved first")                     \
    X(DEVICE, "device-refused", true, "the gateway refuses this device's identity")                \
    X(VERSION, "version-mismatch", true, "gateway and holdfast speak different protocol versions") \
    X(REFUSED, "refused", true, "the gateway refuses the login")                                   \
    X(LOST, "lost", true, "the connection ends during the login")                                  \
    X(NO_TIME, "timeout", false, "no answer came in time")

enum hf_verdict {
#define HF_VERDICT_ENUM(id, name, is_reached, headline) HF_VERDICT_##id,
    HF_VERDICTS(HF_VERDICT_ENUM)
#undef HF_VERDICT_ENUM
        HF_VERDICT_COUNT,
};

enum hf_verdict hf_checkup_judge(const struct hf_checkup_facts *f);

const char *hf_verdict_name(enum hf_verdict verdict);     /* static */
const char *hf_verdict_headline(enum hf_verdict verdict); /* static */
bool hf_verdict_is_reached(enum hf_verdict verdict);      /* a gateway is there */

/* Appends what to do, one line for each step; nothing when there is nothing to do. */
void hf_checkup_advise(const struct hf_checkup_facts *f, enum hf_verdict verdict,
                       struct hf_buf *out);

#endif
