/* engine/settings.h: everything a user can set that a server needs.
 *
 * Plain values, checked by whoever made them (prog/config); the server copies
 * what it keeps.  Replaced as a whole by HF_EVENT_SETTINGS. */
#ifndef HF_ENGINE_SETTINGS_H
#define HF_ENGINE_SETTINGS_H

#include "base/bytes.h"
#include "base/limits.h"
#include "base/time.h"
#include "core/login.h" /* enum hf_auth_mode */

enum { HF_SETTINGS_LIST_MAX = HF_LIMIT_LIST_ENTRIES };

/* A short list of texts (origins, networks). */
struct hf_text_list {
    struct hf_bytes items[HF_SETTINGS_LIST_MAX];
    size_t count;
};

struct hf_settings {
    enum hf_auth_mode auth_mode;
    struct hf_bytes token, password; /* either may be empty; wiped on replacement */
    bool strict_scopes;
    bool approve_local; /* nodes.pairing.autoApproveLocal: silent approval over loopback */

    struct hf_text_list allowed_origins;
    bool allow_host_header_origin;       /* controlUi.dangerouslyAllowHostHeaderOriginFallback */
    struct hf_text_list trusted_proxies; /* addresses or CIDR networks */
    bool allow_real_ip_fallback;
    struct hf_bytes proxy_user_header; /* auth.trustedProxy.*: core/login, struct hf_proxy_policy */
    struct hf_text_list proxy_required_headers, proxy_users;
    bool proxy_allow_loopback;

    int64_t rate_max_attempts, rate_window_ms, rate_lockout_ms;
    bool rate_exempt_loopback;

    int64_t ping_interval_ms, stale_after_ms, pong_timeout_ms;
    bool pong_enforcement;
    int64_t tick_interval_ms;
    int64_t handshake_timeout_ms;
    int64_t health_refresh_ms;
    int64_t drain_timeout_ms;
    int64_t preauth_per_address_max; /* 0: only the pool as a whole is bounded */
    int64_t max_payload_bytes, max_buffered_bytes;
    bool diagnostics_enabled;
    bool strict_transport_security; /* sent with HTTP answers over TLS when set */
    struct hf_bytes strict_transport_security_value;

    /* For config.get, both redacted: what is in force, and what our file says (empty
     * without a file). */
    struct hf_bytes config_json, config_file_json;
    struct hf_bytes config_path, config_hash;
};

/* The defaults of design.md section 5 and the spec pages; no secret, token mode. */
void hf_settings_init(struct hf_settings *s);

#endif
