#include "prog/config.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "host/file.h"
#include "prog/config_file.h"
#include "prog/paths.h"
#include "wire/http_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARNINGS_BYTES_MAX = 65536 };

/* --- layers --- */

/* Reads a file; one that was not asked for by name may be missing. */
static int read_file(struct hf_config *c, const char *path, enum hf_source source,
                     bool is_asked_for, bool *is_there, struct hf_fault *fault)
{
    *is_there = false;
    if (path[0] == '\0') return 0;
    int err = hf_config_file_read(c, path, source, fault);
    if (err == HF_ERR_NOT_FOUND && !is_asked_for) {
        *fault = (struct hf_fault){ 0 };
        return 0;
    }
    *is_there = !err;
    return err;
}

/* OpenClaw's switch is a list of flags; some words mean off. */
static struct hf_bytes diagnostics_switch(struct hf_bytes text)
{
    static const struct hf_bytes off[] = { HF_LIT_INIT("0"), HF_LIT_INIT("false"),
                                           HF_LIT_INIT("off"), HF_LIT_INIT("none") };
    for (size_t i = 0; i < HF_COUNT(off); i++)
        if (hf_bytes_same_nocase(text, off[i])) return HF_LIT("false");
    return HF_LIT("true");
}

/* As OpenClaw reads it (spec/startup-retry.md section 4): white space around it and a plus are
 * fine, more than it can hold is the most.  False: it is none, and ignored. */
static bool handshake_timeout(struct hf_bytes text, char digits[24], struct hf_bytes *out)
{
    uint64_t ms;
    text = hf_bytes_trim(text);
    if (hf_bytes_starts(text, HF_LIT("+"))) text = hf_bytes_from(text, 1);
    if (!hf_bytes_u64(text, &ms) || ms == 0) return false;
    if (ms > INT32_MAX) ms = INT32_MAX;
    *out = hf_bytes(digits, (size_t)snprintf(digits, 24, "%" PRIu64, ms));
    return true;
}

static int set_variable(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                        const char *name, struct hf_fault *fault)
{
    const char *value = name ? hf_paths_variable(name) : NULL;
    if (!value) return 0;
    struct hf_bytes text = hf_bytes_cstr(value);
    char digits[24];
    if (key == HF_KEY_HANDSHAKE_TIMEOUT && source == HF_SOURCE_OPENCLAW_ENV &&
        !handshake_timeout(text, digits, &text)) {
        hf_buf_addf(&c->warnings, "%s is not a number of milliseconds: ignored\n", name);
        return 0;
    }
    if (key == HF_KEY_DIAGNOSTICS) text = diagnostics_switch(text);
    return hf_config_set_text(c, key, source, text, name, fault);
}

static int set_environment(struct hf_config *c, struct hf_fault *fault)
{
    int err = 0;
    for (int i = 0; i < HF_KEY_COUNT && !err; i++) {
        enum hf_key_id key = (enum hf_key_id)i;
        err = set_variable(c, key, HF_SOURCE_OPENCLAW_ENV, hf_keys[i].openclaw_env, fault);
        if (!err) err = set_variable(c, key, HF_SOURCE_OWN_ENV, hf_keys[i].env, fault);
    }
    return err;
}

static int set_flags(struct hf_config *c, const struct hf_args *args, struct hf_fault *fault)
{
    int err = 0;
    for (int i = 0; i < HF_KEY_COUNT && !err; i++) {
        char where[64];
        enum hf_option option = hf_keys[i].option;
        if (option == HF_NO_OPTION || !args->values[option]) continue;
        snprintf(where, sizeof where, "--%s", hf_option_name(option));
        err = hf_config_set_text(c, (enum hf_key_id)i, HF_SOURCE_FLAG,
                                 hf_bytes_cstr(args->values[option]), where, fault);
        if (err == HF_ERR_RANGE) err = fault->err = HF_ERR_USAGE;
    }
    return err;
}

/* Names who named the file. */
static int name_fault(struct hf_fault *fault, const char *where)
{
    const struct hf_fault plain = *fault;
    return hf_fault_set(fault, plain.err, "%s: %s", where, plain.text);
}

/* A secret from a file: its text without the white space around it. */
static int set_secret_file(struct hf_config *c, enum hf_key_id key, const char *path,
                           const char *where, struct hf_fault *fault)
{
    struct hf_buf text;
    if (!path) return 0;
    hf_buf_init(&text, 2 * HF_LIMIT_SECRET_BYTES);
    int err = hf_file_read(path, HF_LIMIT_SECRET_BYTES, &text, fault);
    struct hf_bytes secret = hf_bytes_trim(hf_buf_view(&text));
    if (err) err = name_fault(fault, where);
    if (!err && secret.len == 0)
        err = hf_fault_set(fault, HF_ERR_RANGE, "%s: %s is empty", where, path);
    if (!err) err = hf_config_set_text(c, key, HF_SOURCE_FLAG, secret, where, fault);
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    return err;
}

/* --- what must fit together --- */

static int check_supported(const struct hf_config *c, struct hf_fault *fault)
{
    if (hf_config_is(c, HF_KEY_BIND, "custom") && hf_config_text(c, HF_KEY_BIND_HOST).len == 0)
        return hf_fault_set(fault, HF_ERR_MISSING,
                            "gateway.bind is \"custom\" but gateway.customBindHost is not set");
    return 0;
}

/* As the real gateway: a mode that trusts headers starts with nothing left open. */
static int check_proxy(const struct hf_config *c, struct hf_fault *fault)
{
    static const char mode[] = "gateway.auth.mode is \"trusted-proxy\"";
    struct hf_bytes header = hf_bytes_trim(hf_config_text(c, HF_KEY_PROXY_USER));
    if (!hf_config_is(c, HF_KEY_AUTH_MODE, "trusted-proxy")) return 0;
    if (header.len == 0)
        return hf_fault_set(fault, HF_ERR_MISSING,
                            "%s but gateway.auth.trustedProxy.userHeader is not set", mode);
    if (!hf_http_is_token(header))
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "gateway.auth.trustedProxy.userHeader must be the name of a header");
    if (hf_config_text(c, HF_KEY_PROXIES).len == 0)
        return hf_fault_set(fault, HF_ERR_MISSING, "%s but gateway.trustedProxies names no proxy",
                            mode);
    if (hf_config_text(c, HF_KEY_TOKEN).len > 0)
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "%s and a shared token is set, too (gateway.auth.token, "
                            "OPENCLAW_GATEWAY_TOKEN): remove one of the two",
                            mode);
    return 0;
}

static int check_tls(const struct hf_config *c, struct hf_fault *fault)
{
    bool has_cert = hf_config_text(c, HF_KEY_TLS_CERT).len > 0;
    bool has_key = hf_config_text(c, HF_KEY_TLS_KEY).len > 0;
    if (!hf_config_bool(c, HF_KEY_TLS_ENABLED) || (has_cert && has_key)) return 0;
    if (!has_cert && !has_key && hf_config_bool(c, HF_KEY_TLS_MAKE)) return 0;
    return hf_fault_set(fault, HF_ERR_MISSING, "TLS is on but %s is not set (%s)",
                        has_cert ? "gateway.tls.keyPath" : "gateway.tls.certPath",
                        has_cert ? "--tls-key" : "--tls-cert");
}

int hf_config_check(const struct hf_config *c, struct hf_fault *fault)
{
    int err = check_supported(c, fault);
    if (!err) err = check_proxy(c, fault);
    if (!err) err = check_tls(c, fault);
    if (err) return err;
    if (hf_config_is(c, HF_KEY_AUTH_MODE, "password") &&
        hf_config_text(c, HF_KEY_PASSWORD).len == 0)
        return hf_fault_set(fault, HF_ERR_MISSING,
                            "gateway.auth.mode is \"password\" but no password is set "
                            "(--password-file, HOLDFAST_PASSWORD)");
    if (hf_config_int(c, HF_KEY_STALE_AFTER) < hf_config_int(c, HF_KEY_PING_INTERVAL))
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "holdfast.staleAfterMs must not be less than holdfast.pingIntervalMs");
    return 0;
}

/* --- life --- */

/* Who names a certificate on the command line or in our variables wants TLS. */
static void turn_tls_on(struct hf_config *c)
{
    if (c->values[HF_KEY_TLS_CERT].source >= HF_SOURCE_OWN_ENV ||
        c->values[HF_KEY_TLS_KEY].source >= HF_SOURCE_OWN_ENV)
        c->values[HF_KEY_TLS_ENABLED].number = true;
}

/* spec/health-connection.md section 2: four ping intervals, unless somebody said otherwise. */
static void follow_the_pings(struct hf_config *c)
{
    if (c->values[HF_KEY_STALE_AFTER].source == HF_SOURCE_DEFAULT)
        c->values[HF_KEY_STALE_AFTER].number = 4 * hf_config_int(c, HF_KEY_PING_INTERVAL);
}

static int load(struct hf_config *c, const struct hf_args *args, struct hf_fault *fault)
{
    bool own_is_asked_for, openclaw_is_asked_for;
    int err = hf_paths_own_config(args, c->own_path, &own_is_asked_for, fault);
    if (!err) err = hf_paths_openclaw_config(args, c->openclaw_path, &openclaw_is_asked_for, fault);
    if (!err)
        err = read_file(c, c->openclaw_path, HF_SOURCE_OPENCLAW_FILE, openclaw_is_asked_for,
                        &c->has_openclaw_file, fault);
    if (!err)
        err = read_file(c, c->own_path, HF_SOURCE_OWN_FILE, own_is_asked_for, &c->has_own_file,
                        fault);
    if (!err) err = set_environment(c, fault);
    if (!err) err = set_flags(c, args, fault);
    if (!err)
        err = set_secret_file(c, HF_KEY_TOKEN, args->values[HF_OPTION_TOKEN_FILE], "--token-file",
                              fault);
    if (!err)
        err = set_secret_file(c, HF_KEY_PASSWORD, args->values[HF_OPTION_PASSWORD_FILE],
                              "--password-file", fault);
    if (err) return err;
    turn_tls_on(c);
    follow_the_pings(c);
    return 0;
}

int hf_config_init(struct hf_config *c, struct hf_fault *fault)
{
    int err = 0;
    memset(c, 0, sizeof *c);
    hf_buf_init(&c->warnings, WARNINGS_BYTES_MAX);
    for (int key = 0; key < HF_KEY_COUNT && !err; key++)
        err = hf_config_set_text(c, (enum hf_key_id)key, HF_SOURCE_DEFAULT,
                                 hf_bytes_cstr(hf_keys[key].initial), "default", fault);
    return err;
}

int hf_config_load(struct hf_config *c, const struct hf_args *args, struct hf_fault *fault)
{
    int err = hf_config_init(c, fault);
    return err ? err : load(c, args, fault);
}

void hf_config_fini(struct hf_config *c)
{
    for (size_t i = 0; i < HF_KEY_COUNT; i++) {
        if (c->values[i].text) hf_wipe(c->values[i].text, strlen(c->values[i].text));
        hf_mem_free(c->values[i].text);
    }
    hf_buf_fini(&c->warnings);
    hf_buf_fini(&c->own_json);
    memset(c, 0, sizeof *c);
}
