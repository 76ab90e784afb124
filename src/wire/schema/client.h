/* wire/schema/client.h: the names of clients, their modes and capabilities.
 *
 * protocol/wire.md section 3.  Each set is one table: enumerator and spelling. */
#ifndef HF_WIRE_SCHEMA_CLIENT_H
#define HF_WIRE_SCHEMA_CLIENT_H

#include "base/bytes.h"

#define HF_CLIENT_IDS(X)                                                                           \
    X(WEBCHAT_UI, "webchat-ui")                                                                    \
    X(CONTROL_UI, "openclaw-control-ui")                                                           \
    X(BROWSER_COPILOT, "openclaw-browser-copilot")                                                 \
    X(TUI, "openclaw-tui")                                                                         \
    X(WEBCHAT, "webchat")                                                                          \
    X(CLI, "cli")                                                                                  \
    X(GATEWAY_CLIENT, "gateway-client")                                                            \
    X(MACOS, "openclaw-macos")                                                                     \
    X(LINUX, "openclaw-linux")                                                                     \
    X(IOS, "openclaw-ios")                                                                         \
    X(WATCHOS, "openclaw-watchos")                                                                 \
    X(ANDROID, "openclaw-android")                                                                 \
    X(NODE_HOST, "node-host")                                                                      \
    X(WORKER, "openclaw-worker")                                                                   \
    X(TEST, "test")                                                                                \
    X(FINGERPRINT, "fingerprint")                                                                  \
    X(PROBE, "openclaw-probe")

#define HF_CLIENT_MODES(X)                                                                         \
    X(WEBCHAT, "webchat")                                                                          \
    X(CLI, "cli")                                                                                  \
    X(UI, "ui")                                                                                    \
    X(BACKEND, "backend")                                                                          \
    X(NODE, "node")                                                                                \
    X(WORKER, "worker")                                                                            \
    X(PROBE, "probe")                                                                              \
    X(TEST, "test")

/* Capabilities that were seen; others are kept as text only. */
#define HF_CAPS(X)                                                                                 \
    X(TOOL_EVENTS, "tool-events")                                                                  \
    X(SESSION_SCOPED_EVENTS, "session-scoped-events")                                              \
    X(AGENT_KIND, "agent-kind")                                                                    \
    X(APPROVALS, "approvals")                                                                      \
    X(PLUGIN_APPROVALS, "plugin-approvals")                                                        \
    X(TASK_SUGGESTIONS, "task-suggestions")                                                        \
    X(INLINE_WIDGETS, "inline-widgets")                                                            \
    X(MODEL_CATALOG_SNAPSHOT, "model-catalog-snapshot")                                            \
    X(MODEL_SELECTION_POLICY, "model-selection-policy")                                            \
    X(TERMINAL_OFFSET_SEQ, "terminal-offset-seq")                                                  \
    X(TERMINAL_SESSION_METADATA, "terminal-session-metadata")                                      \
    X(TERMINAL_UPLOAD_PATH_STYLE, "terminal-upload-path-style")                                    \
    X(UI_COMMANDS, "ui-commands")                                                                  \
    X(USAGE_REFRESHING, "usage-refreshing")

enum hf_client_id {
#define HF_CLIENT_ID_ENUM(name, text) HF_CLIENT_ID_##name,
    HF_CLIENT_IDS(HF_CLIENT_ID_ENUM)
#undef HF_CLIENT_ID_ENUM
        HF_CLIENT_ID_COUNT,
};

enum hf_client_mode {
#define HF_CLIENT_MODE_ENUM(name, text) HF_CLIENT_MODE_##name,
    HF_CLIENT_MODES(HF_CLIENT_MODE_ENUM)
#undef HF_CLIENT_MODE_ENUM
        HF_CLIENT_MODE_COUNT,
};

enum hf_cap {
#define HF_CAP_ENUM(name, text) HF_CAP_##name,
    HF_CAPS(HF_CAP_ENUM)
#undef HF_CAP_ENUM
        HF_CAP_COUNT,
};

typedef uint32_t hf_caps; /* bits 1 << enum hf_cap */

static inline hf_caps hf_cap_bit(enum hf_cap cap)
{
    return (hf_caps)1 << cap;
}

/* The spelling.  Static, with a zero. */
const char *hf_client_id_name(enum hf_client_id id);
const char *hf_client_mode_name(enum hf_client_mode mode);

/* All spellings in order of the enumerators, then NULL: a row of wire/json_rules. */
extern const char *const hf_client_id_names[];
extern const char *const hf_client_mode_names[];

/* The enumerator of a spelling: true and it, or false. */
bool hf_client_id_find(struct hf_bytes name, enum hf_client_id *out);
bool hf_client_mode_find(struct hf_bytes name, enum hf_client_mode *out);
bool hf_cap_find(struct hf_bytes name, enum hf_cap *out);

#endif
