/* holdfast/options.h: how a client connects.
 *
 * Made once, given to holdfast_client_new, which copies what it needs.  Not thread
 * safe: one thread fills it.  Secrets are wiped when it is freed. */
#ifndef HOLDFAST_OPTIONS_H
#define HOLDFAST_OPTIONS_H

#include "holdfast/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum holdfast_text_option {
    /* "ws://127.0.0.1:18789"; ws, wss.  "wss://name:password@host" (percent-encoded) sends an
     * "Authorization: Basic" with the upgrade, for what stands in front of the gateway. */
    HOLDFAST_URL = 0,
    HOLDFAST_TOKEN, /* the gateway's shared secrets; blank: none */
    HOLDFAST_PASSWORD,
    HOLDFAST_BOOTSTRAP_TOKEN,
    HOLDFAST_DEVICE_TOKEN,    /* instead of a stored one */
    HOLDFAST_DEVICE_KEY,      /* 32 raw bytes of an Ed25519 private key, base64url */
    HOLDFAST_STATE_DIRECTORY, /* of the file store; default: $XDG_STATE_HOME/holdfast-client */
    HOLDFAST_CLIENT_ID,       /* one of the protocol's names; default "gateway-client" */
    HOLDFAST_CLIENT_MODE,     /* default "backend", for nodes "node" */
    HOLDFAST_CLIENT_VERSION,  /* default: of the library */
    HOLDFAST_DISPLAY_NAME,
    HOLDFAST_PLATFORM,      /* default "linux" */
    HOLDFAST_DEVICE_FAMILY, /* default "Linux" */
    HOLDFAST_MODEL_IDENTIFIER,
    HOLDFAST_TIME_ZONE,
    HOLDFAST_INSTANCE_ID,
    HOLDFAST_LOCALE,
    HOLDFAST_USER_AGENT,
    HOLDFAST_PATH_ENV,        /* nodes */
    HOLDFAST_PERMISSIONS,     /* nodes: a JSON object */
    HOLDFAST_TLS_FINGERPRINT, /* SHA-256 of the certificate, 64 hex digits or colon pairs */
    HOLDFAST_PROXY,           /* of wss: "http://host:port"; "": none; default: HTTPS_PROXY */
    HOLDFAST_NO_PROXY         /* hosts to dial directly; default: NO_PROXY */
};

enum holdfast_list_option {
    HOLDFAST_SCOPES = 0, /* default: operator.read and operator.write; nodes: none */
    HOLDFAST_CAPS,
    HOLDFAST_COMMANDS /* nodes */
};

enum holdfast_role { HOLDFAST_OPERATOR = 0, HOLDFAST_NODE };

enum holdfast_device {
    HOLDFAST_DEVICE_NONE = 0, /* no identity; the shared secret alone */
    HOLDFAST_DEVICE_STORED    /* from the store, made there at the first use */
};

/* Times are milliseconds. */
enum holdfast_number_option {
    HOLDFAST_ROLE = 0,        /* enum holdfast_role */
    HOLDFAST_DEVICE,          /* enum holdfast_device; a DEVICE_KEY needs no store */
    HOLDFAST_MIN_PROTOCOL,    /* 4; 3 is for nodes and probes */
    HOLDFAST_MAX_PROTOCOL,    /* 4 */
    HOLDFAST_CALL_TIMEOUT_MS, /* 30000: a call that names none */
    /* The next three: OPENCLAW_HANDSHAKE_TIMEOUT_MS and OPENCLAW_CONNECT_CHALLENGE_TIMEOUT_MS
     * of the environment replace the default. */
    HOLDFAST_UPGRADE_TIMEOUT_MS,     /* 15000: from the dial to the HTTP answer */
    HOLDFAST_CHALLENGE_TIMEOUT_MS,   /* 15000 */
    HOLDFAST_CONNECT_TIMEOUT_MS,     /* 15000: from the connect request to the hello */
    HOLDFAST_BUDGET_MS,              /* 0: from start to hello, all attempts; 0: no limit */
    HOLDFAST_BACKOFF_INITIAL_MS,     /* 1000 */
    HOLDFAST_BACKOFF_MAX_MS,         /* 30000 */
    HOLDFAST_BACKOFF_JITTER_PERCENT, /* 25, upwards only */
    HOLDFAST_STABLE_MS,              /* 5000: connected for so long resets the backoff */
    HOLDFAST_MAX_ATTEMPTS,           /* 0: no limit; else paused after so many failures */
    HOLDFAST_ONE_SHOT,               /* 0; 1: gives up at a failure that waiting does not heal */
    HOLDFAST_PAIRING_POLL_MS,        /* 0: a pairing pause waits for resume; else at least 5000 */
    HOLDFAST_PING_INTERVAL_MS,       /* 30000; 0: no pings of our own */
    HOLDFAST_HEARTBEAT_INTERVAL_MS,  /* 60000; 0: none */
    HOLDFAST_MOBILE,                 /* 0; 1: after ten failures the delays grow to 300 s */
    HOLDFAST_PREFERS_BOOTSTRAP,      /* 0 */
    HOLDFAST_ALLOW_PLAIN             /* 0; 1: ws:// to public addresses too */
};

/* 0 or NO_MEMORY. */
HOLDFAST_API int holdfast_options_new(holdfast_options **out);
HOLDFAST_API void holdfast_options_free(holdfast_options *options); /* NULL is fine */

/* The value is copied; NULL gives the default back.  0, USAGE for an unknown option or
 * a value that it cannot have, TOO_LARGE, NO_MEMORY. */
HOLDFAST_API int holdfast_options_set_text(holdfast_options *options,
                                           enum holdfast_text_option option, const char *value);

/* 0, or USAGE for an unknown option or a value outside of its range. */
HOLDFAST_API int holdfast_options_set_number(holdfast_options *options,
                                             enum holdfast_number_option option, int64_t value);

/* Adds one value; the first one replaces the default.  LIMIT at 32 scopes, 64 caps,
 * 256 commands. */
HOLDFAST_API int holdfast_options_add(holdfast_options *options, enum holdfast_list_option option,
                                      const char *value);

/* --- where identity and tokens are kept --- */

/* Names are letters, digits, '-' and '.', at most 80 bytes: good file names.  The
 * functions run on a thread of the library or inside of holdfast_client_new, one at a
 * time for each client; they must not call into the library.  Each returns 0,
 * NOT_FOUND (read and erase), or another error, which is reported as STORE_ERROR. */
struct holdfast_store {
    void *ctx;
    /* At most `cap` bytes to `out`; `*len` is set. */
    int (*read)(void *ctx, const char *name, void *out, size_t cap, size_t *len);
    /* Durable and in one step: whoever reads sees the old bytes or the new ones. */
    int (*write)(void *ctx, const char *name, const void *data, size_t len);
    int (*erase)(void *ctx, const char *name);
    void *reserved[4]; /* NULL */
};

/* Instead of the file store (0600, temporary file, fsync, rename, fsync of the
 * directory).  The structure is copied, `ctx` is the caller's. */
HOLDFAST_API int holdfast_options_set_store(holdfast_options *options,
                                            const struct holdfast_store *store);

/* --- asking the program before something leaves --- */

enum holdfast_ask_kind {
    HOLDFAST_ASK_RECONNECT = 0, /* before every attempt but the first */
    HOLDFAST_ASK_HANDSHAKE      /* after the challenge, before secrets leave; see PEER_ADDRESS */
};

/* Answered with holdfast_client_answer, now or later, from any thread; a handshake that is
 * not answered in time ends its attempt.  No pauses the client. */
typedef void (*holdfast_ask_fn)(holdfast_client *client, enum holdfast_ask_kind kind,
                                uint64_t ask_id, void *ctx);

/* NULL: it is allowed without asking. */
HOLDFAST_API int holdfast_options_set_ask(holdfast_options *options, enum holdfast_ask_kind kind,
                                          holdfast_ask_fn fn, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
