#include "prog/config_keys.h"
#include "prog/nearest.h"

#include <stdio.h>
#include <string.h>

const struct hf_key hf_keys[HF_KEY_COUNT] = {
#define HF_KEY_ROW(id, type, name, initial, min, max, unit, env, openclaw_env, option, help)       \
    [HF_KEY_##id] = { name, HF_KEY_TYPE_##type, initial, min, max, unit,                           \
                      env,  openclaw_env,       option,  help },
    HF_KEYS(HF_KEY_ROW)
#undef HF_KEY_ROW
};

/* Parts of OpenClaw's section that belong to features this program does not have
 * (dependencies.md 6a); a name stands for all that is below it. */
static const char *const foreign[] = {
    "gateway.publicOrigin",
    "gateway.auth.allowTailscale",
    "gateway.auth.identityScopes",
    "gateway.auth.trustedProxy.deviceAutoApprove",
    "gateway.roles",
    "gateway.tls.caPath",
    "gateway.reload",
    "gateway.nodes.commands",
    "gateway.nodes.pairing.autoApproveCidrs",
    "gateway.nodes.pairing.sshVerify",
    "gateway.controlUi.enabled",
    "gateway.controlUi.basePath",
    "gateway.controlUi.root",
    "gateway.tailscale",
    "gateway.remote.transport",
    "gateway.remote.remotePort",
    "gateway.remote.sshTarget",
    "gateway.remote.sshIdentity",
    "gateway.http.endpoints",
    "gateway.tools",
};

enum hf_key_id hf_key_find(struct hf_bytes name)
{
    for (size_t i = 0; i < HF_KEY_COUNT; i++)
        if (hf_bytes_same(name, hf_bytes_cstr(hf_keys[i].name))) return (enum hf_key_id)i;
    return HF_KEY_COUNT;
}

void hf_key_hint(const char *name, char *out, size_t cap)
{
    struct hf_nearest nearest;
    hf_nearest_init(&nearest, name);
    for (size_t i = 0; i < HF_KEY_COUNT; i++) hf_nearest_offer(&nearest, hf_keys[i].name);
    hf_nearest_hint(&nearest, "", out, cap);
}

/* Whether `longer` is `name` and more levels. */
static bool is_below(struct hf_bytes longer, struct hf_bytes name)
{
    return longer.len > name.len && hf_bytes_starts(longer, name) && longer.ptr[name.len] == '.';
}

bool hf_key_is_parent(struct hf_bytes name)
{
    for (size_t i = 0; i < HF_KEY_COUNT; i++)
        if (is_below(hf_bytes_cstr(hf_keys[i].name), name)) return true;
    for (size_t i = 0; i < HF_COUNT(foreign); i++)
        if (is_below(hf_bytes_cstr(foreign[i]), name)) return true;
    return false;
}

bool hf_key_is_foreign(struct hf_bytes name)
{
    for (size_t i = 0; i < HF_COUNT(foreign); i++) {
        struct hf_bytes known = hf_bytes_cstr(foreign[i]);
        if (hf_bytes_same(name, known) || is_below(name, known)) return true;
    }
    return false;
}

bool hf_key_needs_restart(enum hf_key_id key)
{
    static const enum hf_key_id keys[] = {
        HF_KEY_PORT,
        HF_KEY_BIND,
        HF_KEY_BIND_HOST,
        HF_KEY_TLS_ENABLED,
        HF_KEY_TLS_MAKE,
        HF_KEY_LOG_LEVEL,
        HF_KEY_LOG_FORMAT,
        HF_KEY_LOG_BYTES,
        HF_KEY_RESTART_EXPECTED,
        HF_KEY_STARTUP_DELAY,
        HF_KEY_RELAY_MODE,
        HF_KEY_UPSTREAM,
        HF_KEY_UPSTREAM_TOKEN_FILE,
        HF_KEY_RECONNECT_ATTEMPTS,
        HF_KEY_RECONNECT_DELAY,
        HF_KEY_RECONNECT_MAX_DELAY,
        HF_KEY_SLOW_RETRY,
        HF_KEY_GOVERNOR,
        HF_KEY_RELOAD_OFF,
        HF_KEY_CONTINUE_STOPPED,
    };
    for (size_t i = 0; i < HF_COUNT(keys); i++)
        if (keys[i] == key) return true;
    return false;
}

void hf_key_expects(const struct hf_key *key, char *out, size_t cap)
{
    switch (key->type) {
    case HF_KEY_TYPE_INT:
        snprintf(out, cap, "a whole number from %lld to %lld (%s)", (long long)key->min,
                 (long long)key->max, key->unit);
        return;
    case HF_KEY_TYPE_BOOL:
        snprintf(out, cap, "true or false");
        return;
    case HF_KEY_TYPE_CHOICE:
        snprintf(out, cap, "one of %s", key->unit);
        return;
    case HF_KEY_TYPE_TEXT:
    case HF_KEY_TYPE_SECRET:
        snprintf(out, cap, "a text");
        return;
    case HF_KEY_TYPE_LIST:
        snprintf(out, cap, "a list of texts (%s)", key->unit);
        return;
    }
}
