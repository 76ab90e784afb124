#include "core/link/refusal.h"

static const struct {
    struct hf_bytes detail;
    enum hf_refusal_kind kind;
} rules[] = {
    { HF_LIT_INIT("AUTH_TOKEN_MISSING"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("AUTH_BOOTSTRAP_TOKEN_INVALID"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("AUTH_PASSWORD_MISSING"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("AUTH_PASSWORD_MISMATCH"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("AUTH_SCOPE_MISMATCH"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("AUTH_VERIFIED_USER_REQUIRED"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("CONTROL_UI_BUILD_MISMATCH"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("CONTROL_UI_DEVICE_IDENTITY_REQUIRED"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("DEVICE_IDENTITY_REQUIRED"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("PROTOCOL_MISMATCH"), HF_REFUSAL_VERSION },
    { HF_LIT_INIT("CLIENT_VERSION_MISMATCH"), HF_REFUSAL_PAUSE },
    { HF_LIT_INIT("AUTH_RATE_LIMITED"), HF_REFUSAL_RATE_LIMITED },
    { HF_LIT_INIT("AUTH_TOKEN_MISMATCH"), HF_REFUSAL_WRONG_TOKEN },
    { HF_LIT_INIT("AUTH_IDENTITY_HEADER_REQUIRED"), HF_REFUSAL_WRONG_TOKEN },
    { HF_LIT_INIT("AUTH_DEVICE_TOKEN_MISMATCH"), HF_REFUSAL_WRONG_DEVICE_TOKEN },
    { HF_LIT_INIT("PAIRING_REQUIRED"), HF_REFUSAL_PAIRING },
    { HF_LIT_INIT("DEVICE_AUTH_SIGNATURE_INVALID"), HF_REFUSAL_SIGNATURE },
};

static bool is_starting(const struct hf_refusal *r)
{
    return r->is_retryable && hf_bytes_same(r->code, HF_LIT("UNAVAILABLE")) &&
           hf_bytes_same(r->reason, HF_LIT("startup-sidecars"));
}

enum hf_refusal_kind hf_refusal_judge(const struct hf_refusal *r)
{
    if (is_starting(r)) return HF_REFUSAL_STARTING;
    for (size_t i = 0; i < HF_COUNT(rules); i++) {
        if (!hf_bytes_same(r->detail, rules[i].detail)) continue;
        bool is_told_to_wait =
            r->keeps_trying || hf_bytes_same(r->next_step, HF_LIT("wait_then_retry"));
        if (rules[i].kind == HF_REFUSAL_PAIRING && is_told_to_wait) return HF_REFUSAL_RETRY;
        return rules[i].kind;
    }
    bool advises_retry =
        r->advises_device_token || hf_bytes_same(r->next_step, HF_LIT("retry_with_device_token"));
    if (advises_retry) return HF_REFUSAL_WRONG_TOKEN;
    if (hf_bytes_starts(r->detail, HF_LIT("DEVICE_AUTH_"))) return HF_REFUSAL_DEVICE_AUTH;
    if (r->names_auth_field) return HF_REFUSAL_AUTH_FIELD;
    return r->is_retryable ? HF_REFUSAL_WILL_PASS : HF_REFUSAL_RETRY;
}
