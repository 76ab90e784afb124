#include "engine/settings.h"
#include "base/limits.h"

void hf_settings_init(struct hf_settings *s)
{
    *s = (struct hf_settings){
        .auth_mode = HF_AUTH_TOKEN,
        .rate_max_attempts = 10,
        .rate_window_ms = 60000,
        .rate_lockout_ms = 300000,
        .rate_exempt_loopback = true,
        .ping_interval_ms = 25000,
        .stale_after_ms = 100000,
        .pong_timeout_ms = 25000,
        .pong_enforcement = true,
        .tick_interval_ms = 15000,
        .handshake_timeout_ms = 15000,
        .health_refresh_ms = 60000,
        .drain_timeout_ms = 315000,
        .max_payload_bytes = HF_LIMIT_PAYLOAD_BYTES,
        .max_buffered_bytes = HF_LIMIT_BUFFERED_BYTES,
        .diagnostics_enabled = true,
        .approve_local = true,
    };
}
