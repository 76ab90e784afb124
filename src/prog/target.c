#include "prog/target.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "core/endpoint.h"
#include "host/file.h"
#include "prog/paths.h"
#include "wire/net_host.h"
#include "wire/url_secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    START_MS = 60000, /* a gateway that listens nowhere for longer does something else */
};

/* Who names the gateway. */
struct address {
    const char *url;      /* NULL: the local one */
    const char *where;    /* "--url", for messages */
    enum hf_source least; /* the lowest rank a secret for it may have */
    int blame;            /* the code when it is wrong */
};

static struct address given_address(const struct hf_args *args)
{
    static const char *const names[] = { "HOLDFAST_URL", "OPENCLAW_GATEWAY_URL" };
    const char *flag = args->values[HF_OPTION_URL];
    bool is_port = args->values[HF_OPTION_PORT] != NULL;
    if (flag) return (struct address){ flag, "--url", HF_SOURCE_FLAG, HF_ERR_USAGE };
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        const char *url = hf_paths_variable(names[i]);
        if (url) return (struct address){ url, names[i], HF_SOURCE_OPENCLAW_ENV, HF_ERR_CONFIG };
    }
    return (struct address){ NULL, is_port ? "--port" : hf_keys[HF_KEY_PORT].name,
                             HF_SOURCE_DEFAULT, is_port ? HF_ERR_USAGE : HF_ERR_CONFIG };
}

/* A query may hold a token, and its place a password (client-lifecycle 14.3). */
static void show_url(struct hf_target *t)
{
    struct hf_buf shown;
    hf_buf_init(&shown, 4 * HF_TARGET_URL_BYTES);
    hf_url_redact(&shown, hf_bytes_cstr(t->url_text));
    snprintf(t->url_shown, sizeof t->url_shown, "%.*s", (int)shown.len, (const char *)shown.ptr);
    hf_buf_fini(&shown);
}

/* The library reads it again for the header that it becomes. */
static bool is_user(struct hf_bytes user)
{
    struct hf_buf plain;
    hf_buf_init(&plain, HF_LIMIT_URL_USER_BYTES);
    bool is_fine = user.len == 0 || hf_url_user_write(user, &plain) == 0;
    if (plain.ptr) hf_wipe(plain.ptr, plain.cap);
    hf_buf_fini(&plain);
    return is_fine;
}

/* A URL that cannot be read is not told: nobody knows what in it is secret. */
static int read_url(struct hf_target *t, const struct address *address, struct hf_fault *fault)
{
    const char *what, *given = address->url;
    bool is_tls = hf_config_bool(&t->config, HF_KEY_TLS_ENABLED);
    if (given)
        snprintf(t->url_text, sizeof t->url_text, "%s", given);
    else
        snprintf(t->url_text, sizeof t->url_text, "%s://127.0.0.1:%lld", is_tls ? "wss" : "ws",
                 (long long)hf_config_int(&t->config, HF_KEY_PORT));
    if (given && strlen(given) >= sizeof t->url_text)
        return hf_fault_set(fault, address->blame, "%s: the URL has more than %d bytes",
                            address->where, HF_LIMIT_URL_BYTES);
    struct hf_bytes user = HF_EMPTY;
    if (hf_url_read_login(hf_bytes_cstr(t->url_text), &t->url, &user, &what) != 0)
        return hf_fault_set(fault, address->blame, "%s: the URL is not valid: %s", address->where,
                            what);
    if (!is_user(user))
        return hf_fault_set(fault, address->blame,
                            "%s: the URL is not valid: its name and password are not "
                            "percent-encoded, or too long",
                            address->where);
    show_url(t);
    const char *allowed = hf_paths_variable("OPENCLAW_ALLOW_INSECURE_PRIVATE_WS");
    t->may_be_plain =
        t->url.is_tls || hf_net_host_is_near(t->url.host) || (allowed && strcmp(allowed, "1") == 0);
    return 0;
}

int hf_target_check_plain(const struct hf_target *t, struct hf_fault *fault)
{
    if (t->may_be_plain) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE,
                        "%.*s is not a private address: plain ws:// would show the secret to "
                        "everybody on the way",
                        (int)t->url.host.len, (const char *)t->url.host.ptr);
}

static struct hf_bytes secret_of(const struct hf_target *t, enum hf_key_id key,
                                 enum hf_source least)
{
    return t->config.values[key].source >= least ? hf_config_text(&t->config, key) : HF_EMPTY;
}

/* A file's secrets for its own gateway; flags and variables come first. */
static struct hf_bytes remote_secret(const struct hf_target *t, enum hf_key_id key,
                                     enum hf_key_id remote_key)
{
    struct hf_bytes secret = secret_of(t, key, HF_SOURCE_OPENCLAW_ENV);
    return secret.len > 0 ? secret : hf_config_text(&t->config, remote_key);
}

/* A fingerprint in a file is that of gateway.remote.url. */
static int read_pin(struct hf_target *t, bool is_remote, struct hf_fault *fault)
{
    enum hf_source least = is_remote ? HF_SOURCE_DEFAULT : HF_SOURCE_OPENCLAW_ENV;
    struct hf_bytes text = secret_of(t, HF_KEY_TLS_FINGERPRINT, least);
    if (text.len == 0) return 0;
    if (!hf_endpoint_fingerprint_read(text, t->pin))
        return hf_fault_set(fault, HF_ERR_CONFIG,
                            "gateway.remote.tlsFingerprint (HOLDFAST_TLS_FINGERPRINT) must be a "
                            "SHA-256 fingerprint: 64 hexadecimal digits, or 32 pairs with colons");
    if (!t->url.is_tls)
        return hf_fault_set(
            fault, HF_ERR_CONFIG,
            "%s shows no certificate to compare with the fingerprint in %s: use "
            "wss://",
            t->url_shown, is_remote ? "gateway.remote.tlsFingerprint" : "HOLDFAST_TLS_FINGERPRINT");
    t->has_pin = true;
    return 0;
}

/* The token that a local gateway made for itself; none is no fault yet. */
static int read_state_token(struct hf_target *t, struct hf_fault *fault)
{
    char path[HF_CONFIG_PATH_BYTES + 8];
    struct hf_buf text;
    if (t->state_dir[0] == '\0') return 0;
    snprintf(path, sizeof path, "%s/token", t->state_dir);
    hf_buf_init(&text, 2 * HF_LIMIT_SECRET_BYTES);
    int err = hf_file_read(path, HF_LIMIT_SECRET_BYTES, &text, fault);
    struct hf_bytes token = hf_bytes_trim(hf_buf_view(&text));
    if (!err && token.len < sizeof t->state_token) {
        memcpy(t->state_token, token.ptr, token.len);
        t->credentials.token = hf_bytes(t->state_token, token.len);
    }
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    return err == HF_ERR_NOT_FOUND ? 0 : err;
}

static bool is_starting_here(const struct hf_target *t)
{
    return t->is_local && t->state_dir[0] && hf_state_dir_held_ms(t->state_dir) < START_MS;
}

bool hf_target_look_again(struct hf_target *t)
{
    struct hf_fault fault;
    char before[sizeof t->state_token];
    bool was_starting = t->is_starting_here;
    memcpy(before, t->state_token, sizeof before);
    t->is_starting_here = is_starting_here(t);
    /* A token that cannot be read is told by the refusal that led here. */
    if (t->takes_state_token) read_state_token(t, &fault);
    bool is_new = memcmp(before, t->state_token, sizeof before) != 0;
    hf_wipe(before, sizeof before);
    return is_new || (t->is_starting_here && !was_starting);
}

/* The configuration; what is not the command line's fault is that of what was configured. */
static int read_config(struct hf_target *t, const struct hf_args *args, struct hf_fault *fault)
{
    int err = hf_config_load(&t->config, args, fault);
    if (!err) err = hf_paths_state_dir(args, t->state_dir, fault);
    if (!err || err == HF_ERR_USAGE || err == HF_ERR_NOMEM) return err;
    return fault->err = HF_ERR_CONFIG;
}

int hf_target_read(struct hf_target *t, const struct hf_args *args, struct hf_fault *fault)
{
    int64_t timeout_ms = HF_TARGET_TIMEOUT_MS;
    struct address address = given_address(args);
    *t = (struct hf_target){ 0 };
    int err = read_config(t, args, fault);
    bool is_remote = !err && !address.url && hf_config_is(&t->config, HF_KEY_MODE, "remote") &&
                     hf_config_text(&t->config, HF_KEY_REMOTE_URL).len > 0;
    bool is_ours = !address.url && !is_remote;
    if (is_remote) {
        address.url = t->config.values[HF_KEY_REMOTE_URL].text;
        address.where = hf_keys[HF_KEY_REMOTE_URL].name;
        address.blame = HF_ERR_CONFIG;
    }
    if (!err) err = hf_options_timeout(args, &timeout_ms, fault);
    t->timeout = HF_MS(timeout_ms);
    if (!err) err = read_url(t, &address, fault);
    if (!err) err = read_pin(t, is_remote, fault);
    if (err) return err;
    t->credentials.token = is_remote ? remote_secret(t, HF_KEY_TOKEN, HF_KEY_REMOTE_TOKEN)
                                     : secret_of(t, HF_KEY_TOKEN, address.least);
    t->credentials.password = is_remote ? remote_secret(t, HF_KEY_PASSWORD, HF_KEY_REMOTE_PASSWORD)
                                        : secret_of(t, HF_KEY_PASSWORD, address.least);
    t->is_local = hf_net_host_is_loopback(t->url.host);
    t->credentials.is_trusted = t->is_local || (t->url.is_tls && t->has_pin);
    bool has_secret = t->credentials.token.len > 0 || t->credentials.password.len > 0;
    t->is_starting_here = is_starting_here(t);
    t->takes_state_token =
        is_ours && !has_secret && !hf_config_is(&t->config, HF_KEY_AUTH_MODE, "none");
    return t->takes_state_token ? read_state_token(t, fault) : 0;
}

void hf_target_fini(struct hf_target *t)
{
    hf_wipe(t->state_token, sizeof t->state_token);
    hf_wipe(t->url_text, sizeof t->url_text);
    hf_config_fini(&t->config);
}
