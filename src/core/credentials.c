#include "core/credentials.h"

bool hf_credentials_may_retry(const struct hf_credentials *c)
{
    return c->is_trusted && c->device_token.len == 0 && c->token.len > 0 &&
           c->stored_device_token.len > 0;
}

bool hf_credentials_may_go_without(const struct hf_credentials *c)
{
    bool has_other = c->token.len > 0 || c->password.len > 0 || c->bootstrap_token.len > 0;
    return c->is_trusted && has_other;
}

struct hf_credential_choice hf_credentials_choose(const struct hf_credentials *c,
                                                  bool retries_with_device_token)
{
    struct hf_credential_choice out = { .password = c->password };
    if (c->prefers_bootstrap && c->bootstrap_token.len > 0) {
        out.bootstrap_token = c->bootstrap_token;
    } else if (retries_with_device_token && hf_credentials_may_retry(c)) {
        out.token = c->token;
        out.device_token = c->stored_device_token;
    } else if (c->device_token.len > 0) {
        out.token = c->token.len > 0 ? c->token : c->device_token;
        out.device_token = c->device_token;
    } else if (c->token.len > 0) {
        out.token = c->token;
    } else if (c->password.len > 0) {
        return out;
    } else if (c->stored_device_token.len > 0) {
        out.token = out.device_token = c->stored_device_token;
        out.uses_stored = true;
    } else {
        out.bootstrap_token = c->bootstrap_token;
    }
    return out;
}
