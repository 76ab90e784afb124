/* wire/schema/connect.h: the params of `connect`.
 *
 * protocol/wire.md section 3.  Closed objects: an unknown member is refused, but
 * a top-level `modelCatalog` is tolerated.  Defaults are filled in (role operator,
 * no scopes, no capabilities); an empty span is a member that was not sent. */
#ifndef HF_WIRE_SCHEMA_CONNECT_H
#define HF_WIRE_SCHEMA_CONNECT_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/scope.h"
#include "wire/schema/client.h"

struct hf_connect_client {
    enum hf_client_id id;
    enum hf_client_mode mode;
    struct hf_bytes version, platform;
    struct hf_bytes display_name, build_id, device_family, model_identifier, time_zone, instance_id;
};

struct hf_connect_device {
    struct hf_bytes id, public_key, signature, nonce;
    int64_t signed_at_ms;
};

struct hf_connect_auth {
    struct hf_bytes token, bootstrap_token, device_token, password;
    struct hf_bytes approval_runtime_token, agent_runtime_identity_token;
};

struct hf_connect {
    int64_t min_protocol, max_protocol;
    struct hf_connect_client client;
    struct hf_bytes role_name; /* as sent */
    bool has_known_role;
    enum hf_role role; /* OPERATOR unless the name is another known one */

    /* As sent, in that order and with doubles: the device signature covers them. */
    struct hf_bytes scopes[HF_LIMIT_SCOPES];
    size_t scope_count;
    hf_scopes scope_set; /* those that exist */
    struct hf_bytes caps[HF_LIMIT_CAPS];
    size_t cap_count;
    hf_caps cap_set; /* those that we know */

    bool has_device, has_auth;
    struct hf_connect_device device;
    struct hf_connect_auth auth;

    struct hf_bytes path_env, locale, user_agent;
    struct hf_bytes commands, permissions, computer_use, worker_runs; /* JSON */
};

/* Reads `params`, a span of an accepted text (empty when absent).
 *   0             all of `out` is set.  Its spans lie in `params`; text that was
 *                 written with escapes lies in `scratch`, whose room is made first
 *   HF_ERR_TYPE   `why` receives "invalid connect params: ..."
 *   HF_ERR_NOMEM, HF_ERR_LIMIT   of `scratch` or `why`
 * A buffer with a cap of HF_LIMIT_PREAUTH_FRAME_BYTES is large enough for both. */
int hf_connect_read(struct hf_bytes params, struct hf_buf *scratch, struct hf_buf *why,
                    struct hf_connect *out);

/* Appends the params as JSON: what hf_connect_read reads back as the same. */
void hf_connect_write(struct hf_buf *out, const struct hf_connect *connect);

#endif
