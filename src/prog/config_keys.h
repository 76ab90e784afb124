/* prog/config_keys.h: every configuration key, one row each.
 *
 * Columns: id, type, name, default (as text), least and greatest value, unit (for a
 * CHOICE its words), our variable, OpenClaw's variable, flag, help.  Keys below
 * `gateway.`, `logging.` and `diagnostics.` are OpenClaw's and mean the same in its
 * openclaw.json (dependencies.md 6a); `holdfast.*` are our own and stand only in our
 * file.  The parser, `config get`, the manual and the tests come from this table. */
#ifndef HF_PROG_CONFIG_KEYS_H
#define HF_PROG_CONFIG_KEYS_H

#include "base/limits.h"
#include "prog/options.h"

#define HF_NO_OPTION HF_OPTION_COUNT

/* clang-format off */
#define HF_KEYS(X)                                                                                                          \
    X(MODE, CHOICE, "gateway.mode", "local", 0, 0, "local|remote",                                                          \
      NULL, NULL, HF_NO_OPTION, "only \"local\" runs a gateway here")                                                       \
    X(PORT, INT, "gateway.port", "18789", 0, 65535, "port",                                                                 \
      "HOLDFAST_PORT", "OPENCLAW_GATEWAY_PORT", HF_OPTION_PORT, "where it listens; 0 lets the system choose")               \
    X(BIND, TEXT, "gateway.bind", "loopback", 0, 0, "",                                                                     \
      "HOLDFAST_BIND", NULL, HF_OPTION_BIND, "auto, loopback, lan, tailnet, custom or an address")                                   \
    X(BIND_HOST, TEXT, "gateway.customBindHost", "", 0, 0, "",                                                              \
      NULL, NULL, HF_NO_OPTION, "the address for gateway.bind \"custom\"")                                                  \
    X(AUTH_MODE, CHOICE, "gateway.auth.mode", "token", 0, 0, "none|token|password|trusted-proxy",                           \
      "HOLDFAST_AUTH", NULL, HF_OPTION_AUTH, "what a client must know")                                                     \
    X(TOKEN, SECRET, "gateway.auth.token", "", 0, 0, "",                                                                    \
      "HOLDFAST_TOKEN", "OPENCLAW_GATEWAY_TOKEN", HF_OPTION_TOKEN, "the shared token")                                      \
    X(PASSWORD, SECRET, "gateway.auth.password", "", 0, 0, "",                                                              \
      "HOLDFAST_PASSWORD", "OPENCLAW_GATEWAY_PASSWORD", HF_NO_OPTION, "the shared password")                                \
    X(PROXY_USER, TEXT, "gateway.auth.trustedProxy.userHeader", "", 0, 0, "header",                                         \
      NULL, NULL, HF_NO_OPTION, "with mode \"trusted-proxy\": the header that names the user")                             \
    X(PROXY_HEADERS, LIST, "gateway.auth.trustedProxy.requiredHeaders", "", 0, 0, "headers",                                \
      NULL, NULL, HF_NO_OPTION, "headers that the proxy always sends")                                                      \
    X(PROXY_USERS, LIST, "gateway.auth.trustedProxy.allowUsers", "", 0, 0, "users",                                         \
      NULL, NULL, HF_NO_OPTION, "who may come; none: everybody whom the proxy names")                                       \
    X(PROXY_LOOPBACK, BOOL, "gateway.auth.trustedProxy.allowLoopback", "false", 0, 0, "",                                   \
      NULL, NULL, HF_NO_OPTION, "the proxy may stand on this machine; so may whoever poses as it")                          \
    X(RATE_ATTEMPTS, INT, "gateway.auth.rateLimit.maxAttempts", "10", 1, HF_LIMIT_AUTH_SECRETS_PER_ADDRESS, "secrets",      \
      NULL, NULL, HF_NO_OPTION, "distinct wrong secrets of one address before it is locked out")                            \
    X(RATE_WINDOW, INT, "gateway.auth.rateLimit.windowMs", "60000", 1000, 86400000, "ms",                                   \
      NULL, NULL, HF_NO_OPTION, "how long a wrong secret counts")                                                           \
    X(RATE_LOCKOUT, INT, "gateway.auth.rateLimit.lockoutMs", "300000", 1000, 86400000, "ms",                                \
      NULL, NULL, HF_NO_OPTION, "how long an address is locked out")                                                        \
    X(RATE_EXEMPT, BOOL, "gateway.auth.rateLimit.exemptLoopback", "true", 0, 0, "",                                         \
      NULL, NULL, HF_NO_OPTION, "never lock out this machine itself")                                                       \
    X(PROXIES, LIST, "gateway.trustedProxies", "", 0, 0, "addresses or networks",                                           \
      NULL, NULL, HF_NO_OPTION, "who may say on whose behalf it connects")                                                  \
    X(REAL_IP, BOOL, "gateway.allowRealIpFallback", "false", 0, 0, "",                                                      \
      NULL, NULL, HF_NO_OPTION, "take X-Real-IP of a trusted proxy when there is no list")                                  \
    X(TLS_ENABLED, BOOL, "gateway.tls.enabled", "false", 0, 0, "",                                                          \
      NULL, NULL, HF_NO_OPTION, "speak TLS; --tls-cert turns it on too")                                                    \
    X(TLS_MAKE, BOOL, "gateway.tls.autoGenerate", "true", 0, 0, "",                                                         \
      NULL, NULL, HF_NO_OPTION, "without certPath and keyPath: a pair of our own in the state directory")                   \
    X(TLS_CERT, TEXT, "gateway.tls.certPath", "", 0, 0, "file",                                                             \
      "HOLDFAST_TLS_CERT", NULL, HF_OPTION_TLS_CERT, "certificate chain (PEM)")                                             \
    X(TLS_KEY, TEXT, "gateway.tls.keyPath", "", 0, 0, "file",                                                               \
      "HOLDFAST_TLS_KEY", NULL, HF_OPTION_TLS_KEY, "private key (PEM)")                                                     \
    X(APPROVE_LOCAL, BOOL, "gateway.nodes.pairing.autoApproveLocal", "true", 0, 0, "",                                      \
      NULL, NULL, HF_NO_OPTION, "pair a device silently over direct loopback with the secret")                              \
    X(ORIGINS, LIST, "gateway.controlUi.allowedOrigins", "", 0, 0, "origins",                                               \
      NULL, NULL, HF_NO_OPTION, "web pages that may connect besides our own host")                                          \
    X(HOST_ORIGIN, BOOL, "gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback", "false", 0, 0, "",                   \
      NULL, NULL, HF_NO_OPTION, "accept an origin that equals the Host header")                                             \
    X(HSTS, TEXT, "gateway.http.securityHeaders.strictTransportSecurity", "", 0, 0, "",                                     \
      NULL, NULL, HF_NO_OPTION, "value of Strict-Transport-Security over TLS; empty: not sent")                             \
    X(REMOTE_URL, TEXT, "gateway.remote.url", "", 0, 0, "URL",                                                              \
      NULL, NULL, HF_NO_OPTION, "the gateway that clients use when gateway.mode is \"remote\"")                             \
    X(REMOTE_TOKEN, SECRET, "gateway.remote.token", "", 0, 0, "",                                                           \
      NULL, NULL, HF_NO_OPTION, "its token")                                                                                \
    X(REMOTE_PASSWORD, SECRET, "gateway.remote.password", "", 0, 0, "",                                                     \
      NULL, NULL, HF_NO_OPTION, "its password")                                                                             \
    X(TLS_FINGERPRINT, TEXT, "gateway.remote.tlsFingerprint", "", 0, 0, "SHA-256",                                          \
      "HOLDFAST_TLS_FINGERPRINT", NULL, HF_NO_OPTION, "clients trust a wss gateway by its certificate's fingerprint alone") \
    X(LOG_LEVEL, CHOICE, "logging.level", "info", 0, 0, "silent|fatal|error|warn|info|debug|trace",                         \
      "HOLDFAST_LOG_LEVEL", "OPENCLAW_LOG_LEVEL", HF_OPTION_LOG_LEVEL, "how much is logged; silent and fatal mean error, trace means debug")                                \
    X(LOG_FORMAT, CHOICE, "logging.consoleStyle", "text", 0, 0, "text|json|pretty|compact",                                 \
      "HOLDFAST_LOG_FORMAT", NULL, HF_OPTION_LOG_FORMAT, "form of the lines on stderr")                                     \
    X(LOG_BYTES, INT, "logging.maxFileBytes", "104857600", 4096, 1099511627776, "bytes",                                    \
      NULL, NULL, HF_NO_OPTION, "size at which the log file is rotated")                                                    \
    X(DIAGNOSTICS, BOOL, "diagnostics.enabled", "true", 0, 0, "",                                                           \
      NULL, "OPENCLAW_DIAGNOSTICS", HF_NO_OPTION, "watch the health of our own loop")                                       \
    X(STRICT_SCOPES, BOOL, "holdfast.strictScopes", "false", 0, 0, "",                                                      \
      "HOLDFAST_STRICT_SCOPES", NULL, HF_NO_OPTION, "refuse scopes that a client without device gives itself")              \
    X(PING_INTERVAL, INT, "holdfast.pingIntervalMs", "25000", 20, 3600000, "ms",                                            \
      "HOLDFAST_PING_INTERVAL_MS", NULL, HF_NO_OPTION, "one ping per client in this time")                                  \
    X(STALE_AFTER, INT, "holdfast.staleAfterMs", "100000", 20, 86400000, "ms",                                              \
      "HOLDFAST_STALE_AFTER_MS", NULL, HF_NO_OPTION,                                                                                 \
      "a link without a pong for longer is shown as not connected; not given: four times the ping interval")                         \
    X(PONG_TIMEOUT, INT, "holdfast.pongTimeoutMs", "25000", 20, 86400000, "ms",                                             \
      "HOLDFAST_PONG_TIMEOUT_MS", NULL, HF_NO_OPTION, "a written ping must be answered in this time")                       \
    X(PONG_ENFORCEMENT, BOOL, "holdfast.pongEnforcement", "true", 0, 0, "",                                                 \
      "HOLDFAST_PONG_ENFORCEMENT", NULL, HF_NO_OPTION, "close a link whose pong is overdue")                                \
    X(TICK_INTERVAL, INT, "holdfast.tickIntervalMs", "15000", 100, 3600000, "ms",                                           \
      "HOLDFAST_TICK_INTERVAL_MS", NULL, HF_NO_OPTION, "one tick event in this time; clients follow it")                    \
    X(HANDSHAKE_TIMEOUT, INT, "holdfast.handshakeTimeoutMs", "15000", 1, INT32_MAX, "ms",                                            \
      "HOLDFAST_HANDSHAKE_TIMEOUT_MS", "OPENCLAW_HANDSHAKE_TIMEOUT_MS", HF_NO_OPTION, "from the upgrade to hello-ok")       \
    X(HEALTH_REFRESH, INT, "holdfast.healthRefreshMs", "60000", 100, 3600000, "ms",                                         \
      "HOLDFAST_HEALTH_REFRESH_MS", NULL, HF_NO_OPTION, "age at which the health snapshot is made anew")                    \
    X(DRAIN_TIMEOUT, INT, "holdfast.drainTimeoutMs", "315000", 0, 600000, "ms",                                             \
      "HOLDFAST_DRAIN_TIMEOUT_MS", NULL, HF_NO_OPTION, "how long running requests may take after SIGTERM")                  \
    X(RESTART_EXPECTED, INT, "holdfast.restartExpectedMs", "2000", 0, 3600000, "ms",                                        \
      "HOLDFAST_RESTART_EXPECTED_MS", NULL, HF_NO_OPTION, "told to clients when SIGUSR2 stops us for a restart")            \
    X(PREAUTH_PER_ADDRESS, INT, "holdfast.preauthPerAddressMax", "0", 0, HF_LIMIT_PREAUTH_CONNECTIONS, "connections",       \
      "HOLDFAST_PREAUTH_PER_ADDRESS_MAX", "OPENCLAW_MAX_PREAUTH_CONNECTIONS_PER_IP", HF_NO_OPTION,                          \
      "sockets of one address that have not logged in; 0: only the pool as a whole is bounded")                             \
    X(MAX_PAYLOAD, INT, "holdfast.maxPayloadBytes", "26214400", 65536, HF_LIMIT_PAYLOAD_BYTES, "bytes",                     \
      "HOLDFAST_MAX_PAYLOAD_BYTES", NULL, HF_NO_OPTION, "largest message")                                                  \
    X(MAX_BUFFERED, INT, "holdfast.maxBufferedBytes", "52428800", 65536, HF_LIMIT_BUFFERED_BYTES, "bytes",                  \
      "HOLDFAST_MAX_BUFFERED_BYTES", NULL, HF_NO_OPTION, "unsent bytes of one client before it counts as too slow")         \
    X(RELAY_MODE, CHOICE, "holdfast.mode", "terminate", 0, 0, "terminate|relay",                                            \
      "HOLDFAST_MODE", NULL, HF_OPTION_MODE, "relay: hold the place in front of the upstream")                              \
    X(UPSTREAM, TEXT, "holdfast.upstream", "", 0, 0, "",                                                                    \
      "HOLDFAST_UPSTREAM", NULL, HF_OPTION_UPSTREAM, "the gateway behind us, ws://HOST:PORT or wss://HOST:PORT")            \
    X(UPSTREAM_TOKEN_FILE, TEXT, "holdfast.upstreamTokenFile", "", 0, 0, "file",                                            \
      "HOLDFAST_UPSTREAM_TOKEN_FILE", NULL, HF_OPTION_UPSTREAM_TOKEN_FILE,                                                  \
      "the token of the program that we keep; not given: it is handed ours")                                                \
    X(STARTUP_DELAY, INT, "holdfast.startupDelayMs", "0", 0, 3600000, "ms",                                                 \
      "HOLDFAST_STARTUP_DELAY_MS", NULL, HF_OPTION_STARTUP_DELAY, "stay in start-up this long, for tests of clients")       \
    X(RECONNECT_ATTEMPTS, INT, "holdfast.supervisor.reconnectAttempts", "10", 1, 1000, "tries",                             \
      "HOLDFAST_RECONNECT_ATTEMPTS", NULL, HF_OPTION_RECONNECT_ATTEMPTS,                                                    \
      "tries in a row to have a lost program back, each after twice the delay, before it is called failed")                 \
    X(RECONNECT_DELAY, INT, "holdfast.supervisor.reconnectDelayMs", "1000", 100, 3600000, "ms",                             \
      "HOLDFAST_RECONNECT_DELAY_MS", NULL, HF_OPTION_RECONNECT_DELAY, "before the first of these tries")                    \
    X(RECONNECT_MAX_DELAY, INT, "holdfast.supervisor.reconnectMaxDelayMs", "30000", 100, 3600000, "ms",                     \
      "HOLDFAST_RECONNECT_MAX_DELAY_MS", NULL, HF_OPTION_RECONNECT_MAX_DELAY, "the longest delay between them")             \
    X(SLOW_RETRY, BOOL, "holdfast.supervisor.slowRetry", "true", 0, 0, "",                                                  \
      NULL, NULL, HF_NO_OPTION, "when the tries are used up go on, once in 300 s")                                          \
    X(GOVERNOR, CHOICE, "holdfast.supervisor.governor", "budget", 0, 0, "budget|breaker",                                   \
      NULL, NULL, HF_NO_OPTION,                                                                                             \
      "breaker: as older supervisors, restarts in the cooldown are refused, and all of them for 10 min after 4 in 10 min")  \
    X(RELOAD_OFF, CHOICE, "holdfast.supervisor.reloadOff", "refuse", 0, 0, "refuse|restart",                                \
      NULL, NULL, HF_NO_OPTION, "what \"ctl reload\" is for a program whose gateway.reload.mode is \"off\"")                \
    X(CONTINUE_STOPPED, BOOL, "holdfast.supervisor.continueStopped", "false", 0, 0, "",                                     \
      NULL, NULL, HF_NO_OPTION, "send CONT, once, to a program that a signal has stopped")
/* clang-format on */

enum hf_key_id {
#define HF_KEY_ENUM(id, ...) HF_KEY_##id,
    HF_KEYS(HF_KEY_ENUM)
#undef HF_KEY_ENUM
        HF_KEY_COUNT,
};

enum hf_key_type {
    HF_KEY_TYPE_INT,
    HF_KEY_TYPE_BOOL,
    HF_KEY_TYPE_CHOICE, /* one of the words in `unit` */
    HF_KEY_TYPE_TEXT,
    HF_KEY_TYPE_SECRET, /* a text that is never shown */
    HF_KEY_TYPE_LIST,   /* of texts */
};

struct hf_key {
    const char *name;
    enum hf_key_type type;
    const char *initial; /* the default, as text */
    int64_t min, max;    /* INT */
    const char *unit;
    const char *env, *openclaw_env; /* or NULL */
    enum hf_option option;          /* or HF_NO_OPTION */
    const char *help;
};

extern const struct hf_key hf_keys[HF_KEY_COUNT];

/* HF_KEY_COUNT when there is none of that name. */
enum hf_key_id hf_key_find(struct hf_bytes name);

/* ": did you mean KEY?" for a name that is nearly one, or nothing. */
void hf_key_hint(const char *name, char *out, size_t cap);

/* Whether keys below `name` exist, so that an object may stand there. */
bool hf_key_is_parent(struct hf_bytes name);

/* A key of OpenClaw's `gateway.` that this program knows of and does not serve. */
bool hf_key_is_foreign(struct hf_bytes name);

/* Whether a change of the key takes effect at the next start only. */
bool hf_key_needs_restart(enum hf_key_id key);

/* "a whole number from 0 to 65535 (port)": what the key expects, for messages. */
void hf_key_expects(const struct hf_key *key, char *out, size_t cap);

#endif
