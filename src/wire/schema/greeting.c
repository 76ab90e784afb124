#include "wire/schema/greeting.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/json_read.h"

enum { TICK_DEFAULT_MS = 30000, REQUEST_ID_MAX = 128 };

static const int64_t exact_max = (int64_t)1 << 53; /* what a double holds exactly */

static struct hf_bytes text_of(struct hf_bytes object, const char *name)
{
    struct hf_bytes text;
    return hf_json_get_plain(hf_json_find(object, name), &text) ? text : HF_EMPTY;
}

void hf_challenge_read(struct hf_bytes payload, struct hf_challenge *out)
{
    int64_t ts;
    *out = (struct hf_challenge){ .nonce = hf_bytes_trim(text_of(payload, "nonce")) };
    if (hf_json_get_whole(hf_json_find(payload, "ts"), &ts) != 0) return;
    if (ts < 0 || ts > exact_max) return;
    out->has_ts = true;
    out->ts_ms = ts;
}

/* A policy number, which must be positive to count. */
static int64_t policy_of(struct hf_bytes policy, const char *name, int64_t otherwise)
{
    int64_t value;
    bool is_there = hf_json_get_whole(hf_json_find(policy, name), &value) == 0 && value > 0;
    return is_there ? value : otherwise;
}

int hf_greeting_read(struct hf_bytes payload, struct hf_greeting *out)
{
    struct hf_bytes server = hf_json_find(payload, "server"), auth = hf_json_find(payload, "auth");
    struct hf_bytes policy = hf_json_find(payload, "policy");
    struct hf_bytes features = hf_json_find(payload, "features");
    struct hf_greeting g = {
        .server_version = text_of(server, "version"),
        .conn_id = text_of(server, "connId"),
        .methods = hf_json_find(features, "methods"),
        .events = hf_json_find(features, "events"),
        .capabilities = hf_json_find(features, "capabilities"),
        .policy = policy,
        .role = text_of(auth, "role"),
        .device_token = text_of(auth, "deviceToken"),
        .scopes = hf_json_find(auth, "scopes"),
        .device_tokens = hf_json_find(auth, "deviceTokens"),
        .tick_ms = policy_of(policy, "tickIntervalMs", TICK_DEFAULT_MS),
        .max_payload = policy_of(policy, "maxPayload", HF_LIMIT_PAYLOAD_BYTES),
        .max_buffered = policy_of(policy, "maxBufferedBytes", HF_LIMIT_BUFFERED_BYTES),
    };
    if (!hf_json_is(hf_json_find(payload, "type"), HF_LIT("hello-ok"))) return HF_ERR_TYPE;
    if (hf_json_get_whole(hf_json_find(payload, "protocol"), &g.protocol) != 0) return HF_ERR_TYPE;
    if (g.tick_ms > INT32_MAX) g.tick_ms = INT32_MAX;
    *out = g;
    return 0;
}

bool hf_device_token_read(struct hf_bytes value, struct hf_device_token *out)
{
    *out = (struct hf_device_token){ .role = text_of(value, "role"),
                                     .token = text_of(value, "deviceToken"),
                                     .scopes = hf_json_find(value, "scopes") };
    return out->role.len > 0 && out->token.len > 0;
}

bool hf_greeting_lists(struct hf_bytes array, struct hf_bytes name)
{
    struct hf_json_iter it = hf_json_iter(array);
    struct hf_bytes value;
    while (hf_json_next(&it, &value))
        if (hf_json_is(value, name)) return true;
    return false;
}

/* [A-Za-z0-9][A-Za-z0-9._:-]{0,127}; anything else is treated as absent. */
static struct hf_bytes request_id_of(struct hf_bytes details)
{
    struct hf_bytes id = text_of(details, "requestId");
    if (id.len == 0 || id.len > REQUEST_ID_MAX) return HF_EMPTY;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];
        uint8_t lower = (uint8_t)(c | 0x20);
        bool is_word = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
        bool is_mark = c == '.' || c == '_' || c == ':' || c == '-';
        if (!is_word && !(i > 0 && is_mark)) return HF_EMPTY;
    }
    return id;
}

static bool is_bool(struct hf_bytes value, bool wanted)
{
    bool got;
    return hf_json_get_bool(value, &got) == 0 && got == wanted;
}

/* An older server refuses what it does not know, and says so in words only:
 * "invalid connect params: at /auth: unexpected property 'approvalRuntimeToken'". */
static bool names_auth_field(struct hf_bytes message)
{
    static const struct hf_bytes names[] = { HF_LIT_INIT("'approvalRuntimeToken'"),
                                             HF_LIT_INIT("'agentRuntimeIdentityToken'") };
    struct hf_bytes text;
    if (!hf_json_get_plain(message, &text)) return false;
    if (!hf_bytes_starts(text, HF_LIT("invalid connect params"))) return false;
    for (size_t i = 0; i < HF_COUNT(names); i++)
        if (hf_bytes_ends(text, names[i])) return true;
    return false;
}

int hf_error_read(struct hf_bytes error, struct hf_error_seen *out)
{
    struct hf_bytes details = hf_json_find(error, "details");
    struct hf_bytes retryable = hf_json_find(error, "retryable");
    struct hf_error_seen e = {
        .code = text_of(error, "code"),
        .message = hf_json_find(error, "message"),
        .details = details,
        .detail = text_of(details, "code"),
        .reason = text_of(details, "reason"),
        .next_step = text_of(details, "recommendedNextStep"),
        .request_id = request_id_of(details),
        .retryable = is_bool(retryable, true),
        .is_pause_denied = is_bool(hf_json_find(details, "pauseReconnect"), false),
        .advises_device_token = is_bool(hf_json_find(details, "canRetryWithDeviceToken"), true),
    };
    e.names_auth_field = names_auth_field(e.message);
    if (e.code.len == 0 || hf_json_chars(e.message) == 0) return HF_ERR_TYPE;
    if (retryable.len > 0 && hf_json_kind(retryable) != HF_JSON_BOOL) return HF_ERR_TYPE;
    e.has_retry_after =
        hf_json_get_double(hf_json_find(error, "retryAfterMs"), &e.retry_after_ms) == 0;
    *out = e;
    return 0;
}

int hf_error_read_body(struct hf_bytes body, struct hf_error_seen *out)
{
    if (hf_json_check(body, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL) != 0) return HF_ERR_TYPE;
    struct hf_bytes root = hf_json_root(body), inner = hf_json_find(root, "error");
    if (hf_json_kind(inner) == HF_JSON_OBJECT) root = inner;
    if (hf_error_read(root, out) == 0) return 0;
    struct hf_error_seen e = { .code = text_of(root, "type"),
                               .message = hf_json_find(root, "message") };
    if (e.code.len == 0 || hf_json_chars(e.message) == 0) return HF_ERR_TYPE;
    *out = e;
    return 0;
}
