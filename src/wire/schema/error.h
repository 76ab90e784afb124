/* wire/schema/error.h: the error of a response.
 *
 * protocol/wire.md section 5.  One table of codes, one of detail codes. */
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
        HF_CODE_COUNT,
};

/* What `details.code` says beside the code. */
#define HF_DETAILS(X)                                                                              \
    X(AUTH_REQUIRED)                                                                               \
    X(AUTH_UNAUTHORIZED)                                                                           \
    X(AUTH_TOKEN_MISSING)                                                                          \
    X(AUTH_TOKEN_MISMATCH)                                                                         \
    X(AUTH_TOKEN_NOT_CONFIGURED)                                                                   \
    X(AUTH_PASSWORD_MISSING)                                                                       \
    X(AUTH_PASSWORD_MISMATCH)                                                                      \
    X(AUTH_PASSWORD_NOT_CONFIGURED)                                                                \
    X(AUTH_BOOTSTRAP_TOKEN_INVALID)                                                                \
    X(AUTH_DEVICE_TOKEN_MISMATCH)                                                                  \
    X(AUTH_SCOPE_MISMATCH)                                                                         \
    X(AUTH_IDENTITY_HEADER_REQUIRED)                                                               \
    X(AUTH_RATE_LIMITED)                                                                           \
    X(DEVICE_IDENTITY_REQUIRED)                                                                    \
    X(CONTROL_UI_DEVICE_IDENTITY_REQUIRED)                                                         \
    X(CONTROL_UI_ORIGIN_NOT_ALLOWED)                                                               \
    X(DEVICE_AUTH_INVALID)                                                                         \
    X(DEVICE_AUTH_DEVICE_ID_MISMATCH)                                                              \
    X(DEVICE_AUTH_PUBLIC_KEY_INVALID)                                                              \
    X(DEVICE_AUTH_SIGNATURE_INVALID)                                                               \
    X(DEVICE_AUTH_SIGNATURE_EXPIRED)                                                               \
    X(DEVICE_AUTH_NONCE_REQUIRED)                                                                  \
    X(DEVICE_AUTH_NONCE_MISMATCH)                                                                  \
    X(PROTOCOL_MISMATCH)                                                                           \
    X(PAIRING_REQUIRED)                                                                            \
    X(MISSING_SCOPE)

enum hf_detail {
#define HF_DETAIL_ENUM(name) HF_DETAIL_##name,
    HF_DETAILS(HF_DETAIL_ENUM)
#undef HF_DETAIL_ENUM
        HF_DETAIL_COUNT,
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

/* Appends a whole response, {"type":"res","id":<id>,"ok":false,"error":{...}}; `id`
 * is JSON. */
void hf_error_write_res(struct hf_buf *out, struct hf_bytes id, const struct hf_error *error);

#endif
