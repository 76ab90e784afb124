/* wire/schema/hello.h: the answer to a successful `connect`.
 *
 * protocol/wire.md section 4.  What is the same for all connections (features,
 * policy, session defaults) and what is cached (presence, health) comes as JSON
 * that is spliced in. */
#ifndef HF_WIRE_SCHEMA_HELLO_H
#define HF_WIRE_SCHEMA_HELLO_H

#include "base/buf.h"
#include "wire/frame.h"

enum { HF_PROTOCOL_VERSION = 4, HF_PROTOCOL_PROBE_MIN = 3 };

struct hf_hello_auth {
    struct hf_bytes method; /* "token", "device-token", ...; left out when empty */
    struct hf_bytes role;
    const struct hf_bytes *scopes;
    size_t scope_count;
    /* Sent together, only when device_token is not empty. */
    struct hf_bytes device_token;
    int64_t issued_at_ms;
    bool recovery_migration_allowed; /* left out when false, as for nodes */
    struct hf_bytes recovery_scope;  /* left out when empty; independent of the token */
};

struct hf_hello {
    struct hf_bytes server_version, boot_id, conn_id;
    struct hf_bytes features, policy;                  /* JSON objects */
    struct hf_bytes presence;                          /* JSON array */
    struct hf_bytes health;                            /* JSON object */
    struct hf_bytes session_defaults;                  /* JSON object; left out when empty */
    struct hf_bytes suspension_phase;                  /* left out when empty */
    struct hf_bytes config_path, state_dir, auth_mode; /* for admins; left out when empty */
    struct hf_state_version state_version;
    int64_t uptime_ms;
    struct hf_hello_auth auth;
};

/* Appends the payload of the response. */
void hf_hello_write(struct hf_buf *out, const struct hf_hello *hello);

#endif
