/* wire/schema/error.h: the error of a response.
 *
 * protocol/wire.md section 5.  One table of codes; one table of detail codes with
 * the words that always go with them. */
#ifndef HF_WIRE_SCHEMA_ERROR_H
#define HF_WIRE_SCHEMA_ERROR_H

#include "base/buf.h"

#define HF_CODES(X)                                                                                \
    X(INVALID_REQUEST)                                                                             \
    X(UNAVAILABLE)                                                                                 \
    X(FORBIDDEN)                                                                                   \
    X(NOT_PAIRED)                                                                                  \
    X(NOT_LINKED)                                                                                  \
    X(AGENT_TIMEOUT)                                                                               \
    X(APPROVAL_NOT_FOUND)                                                                          \
    X(CRON_JOB_NOT_FOUND)                                                                          \
    X(MCP_APP_VIEW_EXPIRED)                                                                        \
    X(OUTBOUND_DELIVERY_QUEUED)                                                                    \
    X(USER_PREFS_LIMIT_EXCEEDED)

enum hf_code {
#define HF_CODE_ENUM(name) HF_CODE_##name,
    HF_CODES(HF_CODE_ENUM)
#undef HF_CODE_ENUM
        HF_CODE_COUNT
};

/* Detail codes: name, the member that says why ("" for none), its value, the
 * recommended next step ("" for none).  A row with authReason also says
 * canRetryWithDeviceToken. */
#define HF_DETAILS(X)                                                                              \
    X(AUTH_REQUIRED, "authReason", "unauthorized", "update_auth_credentials")                      \
    X(AUTH_UNAUTHORIZED, "authReason", "unauthorized", "update_auth_credentials")                  \
    X(AUTH_TOKEN_MISSING, "authReason", "token_missing", "update_auth_credentials")                \
    X(AUTH_TOKEN_MISMATCH, "authReason", "token_mismatch", "update_auth_credentials")              \
    X(AUTH_TOKEN_NOT_CONFIGURED, "authReason", "token_missing_config",                             \
      "update_auth_configuration")                                                                 \
    X(AUTH_PASSWORD_MISSING, "authReason", "password_missing", "update_auth_credentials")          \
    X(AUTH_PASSWORD_MISMATCH, "authReason", "password_mismatch", "update_auth_credentials")        \
    X(AUTH_PASSWORD_NOT_CONFIGURED, "authReason", "password_missing_config",                       \
      "update_auth_configuration")                                                                 \
    X(AUTH_BOOTSTRAP_TOKEN_INVALID, "authReason", "bootstrap_token_invalid",                       \
      "update_auth_credentials")                                                                   \
    X(AUTH_DEVICE_TOKEN_MISMATCH, "authReason", "device_token_mismatch",                           \
      "update_auth_credentials")                                                                   \
    X(AUTH_SCOPE_MISMATCH, "authReason", "scope_mismatch", "review_auth_configuration")            \
    X(AUTH_RATE_LIMITED, "authReason", "rate_limited", "wait_then_retry")                          \
    X(DEVICE_IDENTITY_REQUIRED, "", "", "")                                                        \
    X(CONTROL_UI_DEVICE_IDENTITY_REQUIRED, "", "", "")                                             \
    X(CONTROL_UI_ORIGIN_NOT_ALLOWED, "reason", "origin not allowed", "")                           \
    X(DEVICE_AUTH_INVALID, "reason", "device-auth-invalid", "")                                    \
    X(DEVICE_AUTH_DEVICE_ID_MISMATCH, "reason", "device-id-mismatch", "")                          \
    X(DEVICE_AUTH_PUBLIC_KEY_INVALID, "reason", "device-public-key", "")                           \
    X(DEVICE_AUTH_SIGNATURE_INVALID, "reason", "device-signature", "")                             \
    X(DEVICE_AUTH_SIGNATURE_EXPIRED, "reason", "device-signature-stale", "")                       \
    X(DEVICE_AUTH_NONCE_REQUIRED, "reason", "device-nonce-missing", "")                            \
    X(DEVICE_AUTH_NONCE_MISMATCH, "reason", "device-nonce-mismatch", "")                           \
    X(PROTOCOL_MISMATCH, "", "", "")                                                               \
    X(PAIRING_REQUIRED, "", "", "")                                                                \
    X(MISSING_SCOPE, "", "", "")

enum hf_detail {
    HF_DETAIL_NONE,
#define HF_DETAIL_ENUM(name, member, reason, next_step) HF_DETAIL_##name,
    HF_DETAILS(HF_DETAIL_ENUM)
#undef HF_DETAIL_ENUM
};

struct hf_error {
    enum hf_code code;
    struct hf_bytes message;
    struct hf_bytes details; /* JSON; left out when empty */
    bool has_retryable, retryable;
    bool has_retry_after;
    int64_t retry_after_ms; /* left out unless has_retry_after */
};

const char *hf_code_name(enum hf_code code);       /* "INVALID_REQUEST"; static */
const char *hf_detail_name(enum hf_detail detail); /* "AUTH_TOKEN_MISMATCH"; static */

/* The code of a name: true and it, or false. */
bool hf_code_find(struct hf_bytes name, enum hf_code *out);

/* Appends the details object of a row: {"code":...} with its reason and next
 * step.  `reason` replaces the row's own unless it is empty. */
void hf_error_write_details(struct hf_buf *out, enum hf_detail detail, struct hf_bytes reason);

/* Appends the error object. */
void hf_error_write(struct hf_buf *out, const struct hf_error *error);

/* Appends a whole response, {"type":"res","id":<id>,"ok":false,"error":{...}}; `id`
 * is JSON. */
void hf_error_write_res(struct hf_buf *out, struct hf_bytes id, const struct hf_error *error);

#endif
