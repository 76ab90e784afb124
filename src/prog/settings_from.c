#include "prog/settings_from.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "prog/config_json.h"
#include "wire/net_address.h"
#include "wire/net_host.h"

#include <stdio.h>
#include <string.h>

static int read_list(const struct hf_config *c, enum hf_key_id key, struct hf_text_list *out,
                     struct hf_fault *fault)
{
    struct hf_bytes items = hf_config_text(c, key);
    for (size_t from = 0; from < items.len;) {
        size_t end = hf_bytes_find(items, from, '\n');
        if (out->count == HF_SETTINGS_LIST_MAX)
            return hf_fault_set(fault, HF_ERR_LIMIT, "%s holds more than %d entries",
                                hf_keys[key].name, HF_SETTINGS_LIST_MAX);
        out->items[out->count++] = hf_bytes(items.ptr + from, end - from);
        from = end + 1;
    }
    return 0;
}

static int check_networks(const struct hf_text_list *list, struct hf_fault *fault)
{
    struct hf_net_range ignored;
    for (size_t i = 0; i < list->count; i++)
        if (!hf_net_range_read(list->items[i], &ignored))
            return hf_fault_set(fault, HF_ERR_RANGE,
                                "gateway.trustedProxies: \"%.*s\" is neither an address nor a "
                                "network like 10.0.0.0/8",
                                (int)list->items[i].len, (const char *)list->items[i].ptr);
    return 0;
}

static enum hf_auth_mode auth_mode(const struct hf_config *c)
{
    if (hf_config_is(c, HF_KEY_AUTH_MODE, "none")) return HF_AUTH_NONE;
    if (hf_config_is(c, HF_KEY_AUTH_MODE, "password")) return HF_AUTH_PASSWORD;
    if (hf_config_is(c, HF_KEY_AUTH_MODE, "trusted-proxy")) return HF_AUTH_TRUSTED_PROXY;
    return HF_AUTH_TOKEN;
}

bool hf_settings_wants_token(const struct hf_config *c)
{
    return auth_mode(c) == HF_AUTH_TOKEN && hf_config_text(c, HF_KEY_TOKEN).len == 0;
}

static int write_text(const struct hf_config *c, struct hf_settings_text *text)
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_config_json(c, &text->json);
    hf_sha256(hf_buf_view(&text->json), digest);
    hf_hex_write(hf_bytes(digest, sizeof digest), text->hash);
    return hf_buf_done(&text->json);
}

static void copy_numbers(const struct hf_config *c, struct hf_settings *out)
{
    out->strict_scopes = hf_config_bool(c, HF_KEY_STRICT_SCOPES);
    out->approve_local = hf_config_bool(c, HF_KEY_APPROVE_LOCAL);
    out->allow_host_header_origin = hf_config_bool(c, HF_KEY_HOST_ORIGIN);
    out->proxy_allow_loopback = hf_config_bool(c, HF_KEY_PROXY_LOOPBACK);
    out->allow_real_ip_fallback = hf_config_bool(c, HF_KEY_REAL_IP);
    out->rate_max_attempts = hf_config_int(c, HF_KEY_RATE_ATTEMPTS);
    out->rate_window_ms = hf_config_int(c, HF_KEY_RATE_WINDOW);
    out->rate_lockout_ms = hf_config_int(c, HF_KEY_RATE_LOCKOUT);
    out->rate_exempt_loopback = hf_config_bool(c, HF_KEY_RATE_EXEMPT);
    out->ping_interval_ms = hf_config_int(c, HF_KEY_PING_INTERVAL);
    out->stale_after_ms = hf_config_int(c, HF_KEY_STALE_AFTER);
    out->pong_timeout_ms = hf_config_int(c, HF_KEY_PONG_TIMEOUT);
    out->pong_enforcement = hf_config_bool(c, HF_KEY_PONG_ENFORCEMENT);
    out->tick_interval_ms = hf_config_int(c, HF_KEY_TICK_INTERVAL);
    out->handshake_timeout_ms = hf_config_int(c, HF_KEY_HANDSHAKE_TIMEOUT);
    out->health_refresh_ms = hf_config_int(c, HF_KEY_HEALTH_REFRESH);
    out->drain_timeout_ms = hf_config_int(c, HF_KEY_DRAIN_TIMEOUT);
    out->preauth_per_address_max = hf_config_int(c, HF_KEY_PREAUTH_PER_ADDRESS);
    out->max_payload_bytes = hf_config_int(c, HF_KEY_MAX_PAYLOAD);
    out->max_buffered_bytes = hf_config_int(c, HF_KEY_MAX_BUFFERED);
    out->diagnostics_enabled = hf_config_bool(c, HF_KEY_DIAGNOSTICS);
}

static int read_lists(const struct hf_config *c, struct hf_settings *out, struct hf_fault *fault)
{
    int err = read_list(c, HF_KEY_ORIGINS, &out->allowed_origins, fault);
    if (!err) err = read_list(c, HF_KEY_PROXIES, &out->trusted_proxies, fault);
    if (!err) err = check_networks(&out->trusted_proxies, fault);
    if (!err) err = read_list(c, HF_KEY_PROXY_HEADERS, &out->proxy_required_headers, fault);
    return err ? err : read_list(c, HF_KEY_PROXY_USERS, &out->proxy_users, fault);
}

int hf_settings_from(const struct hf_config *c, struct hf_bytes token, struct hf_settings *out,
                     struct hf_settings_text *text, struct hf_fault *fault)
{
    hf_settings_init(out);
    copy_numbers(c, out);
    out->auth_mode = auth_mode(c);
    out->token = hf_config_text(c, HF_KEY_TOKEN).len > 0 ? hf_config_text(c, HF_KEY_TOKEN) : token;
    out->password = hf_config_text(c, HF_KEY_PASSWORD);
    out->proxy_user_header = hf_bytes_trim(hf_config_text(c, HF_KEY_PROXY_USER));
    out->strict_transport_security_value = hf_config_text(c, HF_KEY_HSTS);
    out->strict_transport_security = out->strict_transport_security_value.len > 0;
    int err = read_lists(c, out, fault);
    if (err) return err;
    err = write_text(c, text);
    if (err) return hf_fault_set(fault, err, "the configuration: %s", hf_err_text(err));
    out->config_json = hf_buf_view(&text->json);
    out->config_file_json = hf_buf_view(&c->own_json);
    out->config_path = hf_bytes_cstr(c->own_path);
    out->config_hash = hf_bytes(text->hash, sizeof text->hash);
    return 0;
}

void hf_settings_text_fini(struct hf_settings_text *text)
{
    hf_buf_fini(&text->json);
}

static bool is_address(const struct hf_net_address *a, const char *text)
{
    struct hf_net_address other;
    return hf_net_address_read(hf_bytes_cstr(text), &other) && hf_net_address_same(a, &other);
}

/* Whether who connects to that address of this machine comes to us.  The loopback has more
 * addresses than the two that we usually listen on. */
static bool hears(const struct hf_listen_spec *listen, const struct hf_net_address *a)
{
    switch (listen->bind) {
    case HF_BIND_LOOPBACK:
    case HF_BIND_TAILNET:
        return is_address(a, "127.0.0.1") || is_address(a, "::1");
    case HF_BIND_LAN:
        return hf_net_is_loopback(a);
    case HF_BIND_ADDRESS:
        if (strcmp(listen->address, "0.0.0.0") == 0 || strcmp(listen->address, "::") == 0)
            return hf_net_is_loopback(a);
        return is_address(a, listen->address) ||
               (listen->needs_loopback && is_address(a, "127.0.0.1"));
    }
    HF_UNREACHABLE();
}

bool hf_settings_is_own_place(const struct hf_listen_spec *listen, const struct hf_url *upstream)
{
    struct hf_net_address v4, v6, other;
    if (upstream->port != listen->port) return false;
    hf_net_address_read(HF_LIT("127.0.0.1"), &v4);
    hf_net_address_read(HF_LIT("::1"), &v6);
    if (!hf_net_address_read(upstream->host, &other))
        return hf_net_host_is_loopback(upstream->host) &&
               (hears(listen, &v4) || hears(listen, &v6));
    /* Who connects to "any address" comes to the loopback. */
    if (is_address(&other, "0.0.0.0")) other = v4;
    if (is_address(&other, "::")) other = v6;
    return hears(listen, &other);
}

static int check_mode(const struct hf_config *c, bool has_program, bool is_relay,
                      struct hf_fault *fault)
{
    if (has_program && !is_relay)
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "holdfast.mode is \"terminate\", but in front of a program there is "
                            "only \"relay\" in this version");
    if (!is_relay && hf_config_text(c, HF_KEY_UPSTREAM).len > 0)
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "holdfast.upstream is set, but only holdfast.mode \"relay\" "
                            "(--mode relay) has a use for it");
    if (!has_program && hf_config_text(c, HF_KEY_UPSTREAM_TOKEN_FILE).len > 0)
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "holdfast.upstreamTokenFile is set, but only who keeps a program "
                            "(holdfast run -- CMD) logs in to what is behind");
    return 0;
}

static int read_upstream(const struct hf_config *c, struct hf_settings_place *out,
                         struct hf_fault *fault)
{
    struct hf_bytes url = hf_config_text(c, HF_KEY_UPSTREAM);
    const char *what;
    if (url.len == 0)
        return hf_fault_set(fault, HF_ERR_MISSING,
                            "holdfast.mode is \"relay\" but there is nothing to relay to "
                            "(--upstream URL, HOLDFAST_UPSTREAM, or a program: -- CMD ARG...)");
    if (hf_url_read(url, &out->upstream, &what) != 0)
        return hf_fault_set(fault, HF_ERR_SYNTAX, "holdfast.upstream: %s", what);
    if (hf_settings_is_own_place(&out->listen, &out->upstream))
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "holdfast.upstream is the place where we are to listen ourselves");
    return 0;
}

/* In front of a program of ours there is always a relay, and its place is not read here. */
static int check_upstream(const struct hf_config *c, bool has_program,
                          struct hf_settings_place *out, struct hf_fault *fault)
{
    bool is_unsaid = c->values[HF_KEY_RELAY_MODE].source == HF_SOURCE_DEFAULT;
    out->is_relay = hf_config_is(c, HF_KEY_RELAY_MODE, "relay") || (has_program && is_unsaid);
    int err = check_mode(c, has_program, out->is_relay, fault);
    return err || !out->is_relay || has_program ? err : read_upstream(c, out, fault);
}

static bool is_loopback_spec(const struct hf_listen_spec *listen)
{
    struct hf_net_address address;
    if (listen->bind == HF_BIND_LOOPBACK) return true;
    return listen->bind == HF_BIND_ADDRESS &&
           hf_net_address_read(hf_bytes_cstr(listen->address), &address) &&
           hf_net_is_loopback(&address);
}

bool hf_settings_names_in_vain(const struct hf_settings *settings,
                               const struct hf_listen_spec *listen)
{
    struct hf_net_address here;
    struct hf_net_range range;
    if (is_loopback_spec(listen)) return false;
    hf_net_address_read(HF_LIT("127.0.0.1"), &here);
    for (size_t i = 0; i < settings->trusted_proxies.count; i++)
        if (hf_net_range_read(settings->trusted_proxies.items[i], &range) &&
            hf_net_range_has(&range, &here))
            return false;
    return true;
}

int hf_settings_listen(const struct hf_config *c, struct hf_listen_spec *out,
                       struct hf_fault *fault)
{
    struct hf_net_address address;
    struct hf_bytes bind = hf_config_text(c, HF_KEY_BIND);
    *out = (struct hf_listen_spec){ .port = (uint16_t)hf_config_int(c, HF_KEY_PORT) };
    if (hf_config_is(c, HF_KEY_MODE, "remote"))
        return hf_fault_set(fault, HF_ERR_RANGE,
                            "gateway.mode is \"remote\": this machine is meant to use a gateway "
                            "elsewhere; set it to \"local\" to run one here");
    if (hf_bytes_same(bind, HF_LIT("loopback")) || hf_bytes_same(bind, HF_LIT("auto"))) return 0;
    if (hf_bytes_same(bind, HF_LIT("lan"))) {
        out->bind = HF_BIND_LAN;
        return 0;
    }
    if (hf_bytes_same(bind, HF_LIT("tailnet"))) {
        out->bind = HF_BIND_TAILNET;
        return 0;
    }
    bool is_custom = hf_bytes_same(bind, HF_LIT("custom"));
    bool is_flag = !is_custom && c->values[HF_KEY_BIND].source == HF_SOURCE_FLAG;
    if (is_custom) bind = hf_config_text(c, HF_KEY_BIND_HOST);
    if (!hf_net_address_read(bind, &address))
        return hf_fault_set(fault, is_flag ? HF_ERR_USAGE : HF_ERR_RANGE,
                            "%s: \"%.*s\" is not loopback, lan, tailnet or an IP address",
                            is_flag     ? "--bind"
                            : is_custom ? "gateway.customBindHost"
                                        : "gateway.bind",
                            (int)bind.len, (const char *)bind.ptr);
    size_t len = hf_net_address_write(&address, out->address);
    out->address[len] = '\0';
    out->bind = HF_BIND_ADDRESS;
    /* As the real gateway: who names one address of the machine still reaches it locally. */
    out->needs_loopback = is_custom && strcmp(out->address, "127.0.0.1") != 0 &&
                          strcmp(out->address, "0.0.0.0") != 0 && strcmp(out->address, "::") != 0;
    return 0;
}

int hf_settings_check(const struct hf_config *c, bool has_program, struct hf_settings_place *out,
                      struct hf_fault *fault)
{
    struct hf_settings lists;
    hf_settings_init(&lists);
    int err = hf_config_check(c, fault);
    if (!err) err = read_lists(c, &lists, fault);
    if (!err) err = hf_settings_listen(c, &out->listen, fault);
    return err ? err : check_upstream(c, has_program, out, fault);
}
