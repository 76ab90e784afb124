/* The secrets of a client: kept, changed, forgotten, and never shown. */
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/client_state.h"

void hf_client_wipe_secrets(struct hf_client *c)
{
    if (c->secret_text) hf_wipe(c->secret_text, c->secret_len);
    hf_mem_free(c->secret_text);
    c->secret_text = NULL;
    c->secret_len = 0;
    c->config.credentials = (struct hf_credentials){ 0 };
    c->config.stored_scopes = c->spent_bootstrap = c->spent_stored = HF_EMPTY;
}

/* What the link may do with what there is. */
void hf_client_know_secrets(struct hf_client *c)
{
    const struct hf_credentials *credentials = &c->config.credentials;
    struct hf_link_secrets secrets = {
        .may_add_stored = hf_credentials_may_retry(credentials),
        .may_go_without = hf_credentials_may_go_without(credentials),
        .sends_stored_alone = hf_credentials_choose(credentials, false).uses_stored,
    };
    hf_link_know_secrets(&c->link, &secrets);
}

static void keep(char **at, struct hf_bytes from, struct hf_bytes *to)
{
    *to = hf_bytes_trim(from);
    if (to->len) memcpy(*at, to->ptr, to->len);
    to->ptr = (const uint8_t *)*at;
    *at += to->len;
}

int hf_client_keep_secrets(struct hf_client *c, const struct hf_credentials *credentials,
                           struct hf_bytes scopes)
{
    struct hf_credentials kept = *credentials;
    struct hf_bytes kept_scopes, spent_bootstrap, spent_stored;
    const struct {
        struct hf_bytes from;
        struct hf_bytes *to;
    } all[] = {
        { credentials->token, &kept.token },
        { credentials->password, &kept.password },
        { credentials->bootstrap_token, &kept.bootstrap_token },
        { credentials->device_token, &kept.device_token },
        { credentials->stored_device_token, &kept.stored_device_token },
        { scopes, &kept_scopes },
        { c->spent_bootstrap, &spent_bootstrap },
        { c->spent_stored, &spent_stored },
    };
    size_t len = 1; /* never nothing */
    for (size_t i = 0; i < HF_COUNT(all); i++) len += all[i].from.len;
    char *text = hf_mem_zero(1, len), *at = text;
    if (!text) return HF_ERR_NOMEM;
    for (size_t i = 0; i < HF_COUNT(all); i++) keep(&at, all[i].from, all[i].to);
    hf_client_wipe_secrets(c);
    c->secret_text = text;
    c->secret_len = len;
    c->config.credentials = kept;
    c->config.stored_scopes = kept_scopes;
    c->spent_bootstrap = spent_bootstrap;
    c->spent_stored = spent_stored;
    hf_client_know_secrets(c);
    return 0;
}

void hf_client_drop_stored(struct hf_client *c)
{
    c->spent_stored = c->config.credentials.stored_device_token;
    c->config.credentials.stored_device_token = c->config.stored_scopes = HF_EMPTY;
    hf_client_know_secrets(c);
}

static int change_secrets(struct hf_client *c, struct hf_now now,
                          const struct hf_credentials *credentials, struct hf_bytes scopes)
{
    if (c->link.state == HF_LINK_DISPOSED) return HF_ERR_CLOSED;
    int err = hf_client_keep_secrets(c, credentials, scopes);
    if (err) return err;
    c->now = now;
    hf_client_say(c, HF_LINK_RESUME);
    return 0;
}

int hf_client_set_credentials(struct hf_client *c, struct hf_now now,
                              const struct hf_credentials *credentials,
                              struct hf_bytes stored_scopes)
{
    struct hf_credentials fresh = *credentials;
    /* Who changes another secret still has the one that the first login took. */
    if (fresh.bootstrap_token.len &&
        hf_bytes_same(hf_bytes_trim(fresh.bootstrap_token), c->spent_bootstrap)) {
        fresh.bootstrap_token = HF_EMPTY;
        fresh.prefers_bootstrap = false;
    }
    return change_secrets(c, now, &fresh, stored_scopes);
}

int hf_client_set_stored_token(struct hf_client *c, struct hf_now now, struct hf_bytes token,
                               struct hf_bytes scopes)
{
    struct hf_credentials credentials = c->config.credentials;
    credentials.stored_device_token = token;
    return change_secrets(c, now, &credentials, scopes);
}

/* "user:password" has its secret behind the colon. */
static struct hf_bytes basic_password(const struct hf_client *c)
{
    return hf_bytes_from(c->config.basic_auth, hf_bytes_find(c->config.basic_auth, 0, ':') + 1);
}

size_t hf_client_secrets(const struct hf_client *c, struct hf_bytes out[HF_CLIENT_SECRETS])
{
    const struct hf_credentials *own = &c->config.credentials;
    const struct hf_connect_auth *auth = &c->config.connect.auth;
    const struct hf_bytes all[] = {
        own->token,
        own->password,
        own->bootstrap_token,
        own->device_token,
        own->stored_device_token,
        c->spent_bootstrap,
        c->spent_stored,
        auth->approval_runtime_token,
        auth->agent_runtime_identity_token,
        basic_password(c),
        hf_buf_view(&c->nonce),
    };
    size_t count = 0;
    for (size_t i = 0; i < HF_COUNT(all); i++) out[count++] = all[i];
    for (size_t i = 0; i < c->config.header_count && i < HF_LIMIT_CLIENT_HEADERS; i++)
        out[count++] = c->config.headers[i].value;
    return count;
}
