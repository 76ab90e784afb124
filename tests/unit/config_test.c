#include "prog/config.h"
#include "base/err.h"
#include "base/limits.h"
#include "host/file.h"
#include "lib/check.h"
#include "lib/scratch.h"
#include "prog/config_file.h"
#include "prog/config_json.h"
#include "prog/paths.h"
#include "prog/settings_from.h"
#include "wire/json_scan.h"

static struct hf_fault fault;
static struct scratch scratch;
static char openclaw_path[SCRATCH_PATH_BYTES];
static struct hf_args args;
static struct hf_config config;

/* --- helpers: every test starts with two files and a bare environment --- */

static void put_file(const char *path, const char *text)
{
    CHECK_EQ(hf_file_replace(path, hf_bytes_cstr(text), 0600, &fault), 0);
}

static void begin(const char *own, const char *openclaw)
{
    scratch_make(&scratch);
    snprintf(openclaw_path, sizeof openclaw_path, "%s/openclaw.json", scratch.dir);
    args = (struct hf_args){ 0 };
    args.values[HF_OPTION_CONFIG] = scratch.path;
    args.values[HF_OPTION_OPENCLAW_CONFIG] = openclaw_path;
    put_file(scratch.path, own ? own : "{}");
    put_file(openclaw_path, openclaw ? openclaw : "{}");
    for (size_t i = 0; i < HF_KEY_COUNT; i++) {
        if (hf_keys[i].env) unsetenv(hf_keys[i].env);
        if (hf_keys[i].openclaw_env) unsetenv(hf_keys[i].openclaw_env);
    }
}

static int load(void)
{
    return hf_config_load(&config, &args, &fault);
}

static void end(void)
{
    hf_config_fini(&config);
    scratch_drop(&scratch);
}

static bool warns(const char *text)
{
    return config.warnings.len > 0 &&
           memmem(config.warnings.ptr, config.warnings.len, text, strlen(text)) != NULL;
}

/* --- the table --- */

static void every_row_is_whole_and_its_default_is_allowed(void)
{
    CHECK_EQ(hf_config_init(&config, &fault), 0);
    for (size_t i = 0; i < HF_KEY_COUNT; i++) {
        const struct hf_key *key = &hf_keys[i];
        CHECK_EQ_AT(i, hf_key_find(hf_bytes_cstr(key->name)), i);
        CHECK_AT(i, key->help[0] != '\0');
        CHECK_AT(i, key->type != HF_KEY_TYPE_INT || key->min < key->max);
        CHECK_AT(i, !hf_key_is_foreign(hf_bytes_cstr(key->name)));
    }
    CHECK_EQ(hf_key_find(HF_LIT("gateway")), HF_KEY_COUNT);
    CHECK(hf_key_needs_restart(HF_KEY_RESTART_EXPECTED)); /* the loop is told once */
    CHECK(!hf_key_needs_restart(HF_KEY_TICK_INTERVAL));
    hf_config_fini(&config);
}

static void the_defaults_are_those_of_the_engine(void)
{
    struct hf_settings want, got;
    struct hf_settings_text text = { { 0 }, { 0 } };
    CHECK_EQ(hf_config_init(&config, &fault), 0);
    hf_settings_init(&want);
    CHECK_EQ(hf_settings_from(&config, HF_EMPTY, &got, &text, &fault), 0);
    CHECK_EQ(got.auth_mode, want.auth_mode);
    CHECK_EQ(got.strict_scopes, want.strict_scopes);
    CHECK_EQ(got.approve_local, want.approve_local);
    CHECK_EQ(got.rate_max_attempts, want.rate_max_attempts);
    CHECK_EQ(got.rate_window_ms, want.rate_window_ms);
    CHECK_EQ(got.rate_lockout_ms, want.rate_lockout_ms);
    CHECK_EQ(got.rate_exempt_loopback, want.rate_exempt_loopback);
    CHECK_EQ(got.ping_interval_ms, want.ping_interval_ms);
    CHECK_EQ(got.stale_after_ms, want.stale_after_ms);
    CHECK_EQ(got.pong_timeout_ms, want.pong_timeout_ms);
    CHECK_EQ(got.pong_enforcement, want.pong_enforcement);
    CHECK_EQ(got.tick_interval_ms, want.tick_interval_ms);
    CHECK_EQ(got.handshake_timeout_ms, want.handshake_timeout_ms);
    CHECK_EQ(got.health_refresh_ms, want.health_refresh_ms);
    CHECK_EQ(got.drain_timeout_ms, want.drain_timeout_ms);
    CHECK_EQ(got.preauth_per_address_max, want.preauth_per_address_max);
    CHECK_EQ(got.max_payload_bytes, want.max_payload_bytes);
    CHECK_EQ(got.max_buffered_bytes, want.max_buffered_bytes);
    CHECK_EQ(got.diagnostics_enabled, want.diagnostics_enabled);
    hf_settings_text_fini(&text);
    hf_config_fini(&config);
}

static void numbers_hold_at_both_ends_and_not_beyond(void)
{
    CHECK_EQ(hf_config_init(&config, &fault), 0);
    for (size_t i = 0; i < HF_KEY_COUNT; i++) {
        const struct hf_key *key = &hf_keys[i];
        const struct {
            int64_t number;
            bool is_fine;
        } rows[] = {
            { key->min, true }, { key->max, true }, { key->min - 1, false }, { key->max + 1, false }
        };
        if (key->type != HF_KEY_TYPE_INT) continue;
        for (size_t j = 0; j < HF_COUNT(rows); j++) {
            char text[32];
            snprintf(text, sizeof text, "%lld", (long long)rows[j].number);
            int err = hf_config_set_text(&config, (enum hf_key_id)i, HF_SOURCE_FLAG,
                                         hf_bytes_cstr(text), "here", &fault);
            CHECK_EQ_AT(i, err, rows[j].is_fine ? 0 : HF_ERR_RANGE);
            err = hf_config_set_json(&config, (enum hf_key_id)i, HF_SOURCE_FLAG,
                                     hf_bytes_cstr(text), "here", &fault);
            CHECK_EQ_AT(i, err, rows[j].is_fine ? 0 : HF_ERR_RANGE);
        }
        CHECK_AT(i, strstr(fault.text, key->name) != NULL);
    }
    hf_config_fini(&config);
}

/* --- precedence --- */

static void the_later_source_wins(void)
{
    begin(NULL, NULL);
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 18789);
    CHECK_EQ(config.values[HF_KEY_PORT].source, HF_SOURCE_DEFAULT);
    hf_config_fini(&config);
    put_file(openclaw_path, "{gateway:{port:1001}}");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 1001);
    hf_config_fini(&config);
    put_file(scratch.path, "{gateway:{port:1002}}");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 1002);
    hf_config_fini(&config);
    setenv("OPENCLAW_GATEWAY_PORT", "1003", 1);
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 1003);
    hf_config_fini(&config);
    setenv("HOLDFAST_PORT", "1004", 1);
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 1004);
    hf_config_fini(&config);
    args.values[HF_OPTION_PORT] = "1005";
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 1005);
    CHECK_EQ(config.values[HF_KEY_PORT].source, HF_SOURCE_FLAG);
    end();
}

static void secrets_come_from_files_and_variables(void)
{
    char path[SCRATCH_PATH_BYTES];
    begin(NULL, NULL);
    snprintf(path, sizeof path, "%s/secret", scratch.dir);
    put_file(path, "  from-file\n");
    setenv("OPENCLAW_GATEWAY_TOKEN", "from-env", 1);
    CHECK_EQ(load(), 0);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_TOKEN), "from-env");
    hf_config_fini(&config);
    args.values[HF_OPTION_TOKEN_FILE] = path;
    CHECK_EQ(load(), 0);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_TOKEN), "from-file");
    hf_config_fini(&config);
    put_file(path, "\n");
    CHECK_EQ(load(), HF_ERR_RANGE);
    CHECK(strstr(fault.text, path) != NULL);
    end();
}

/* --- openclaw.json --- */

static void an_openclaw_file_is_read_as_it_is(void)
{
    begin(NULL, "// a comment\n"
                "{\n"
                "  agents: { defaults: { model: 'x' } },\n"
                "  channels: { telegram: { enabled: true } },\n"
                "  gateway: {\n"
                "    mode: 'local', port: 19001, bind: 'loopback',\n"
                "    auth: { mode: 'token', token: 'tok', rateLimit: { maxAttempts: 3 } },\n"
                "    trustedProxies: ['10.0.0.0/8', '::1',],\n"
                "    controlUi: { enabled: true, allowedOrigins: ['https://a.example'] },\n"
                "    http: { securityHeaders: { strictTransportSecurity: false } },\n"
                "  },\n"
                "}\n");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 19001);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_TOKEN), "tok");
    CHECK_EQ(hf_config_int(&config, HF_KEY_RATE_ATTEMPTS), 3);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_PROXIES), "10.0.0.0/8\n::1");
    CHECK_TEXT(hf_config_text(&config, HF_KEY_ORIGINS), "https://a.example");
    CHECK_TEXT(hf_config_text(&config, HF_KEY_HSTS), "");
    CHECK(warns("gateway.controlUi.enabled is not served"));
    CHECK(!warns("agents"));
    end();
}

static void unknown_gateway_keys_are_named_once_with_their_line(void)
{
    begin(NULL,
          "{\n gateway: {\n  port: 1,\n  novelty: { deep: 1 },\n  auth: { surprise: 2 },\n },\n"
          " holdfast: { strictScopes: true },\n}");
    CHECK_EQ(load(), 0);
    CHECK(warns("openclaw.json:4: gateway.novelty is not known and ignored\n"));
    CHECK(warns("openclaw.json:5: gateway.auth.surprise is not known and ignored\n"));
    CHECK(!warns("deep"));
    /* Our own keys mean nothing in OpenClaw's file. */
    CHECK(!hf_config_bool(&config, HF_KEY_STRICT_SCOPES));
    end();
}

static void includes_are_read_and_what_stands_beside_them_wins(void)
{
    char more[SCRATCH_PATH_BYTES], text[SCRATCH_PATH_BYTES];
    begin(NULL, "{ $include: 'more.json', gateway: { $include: ['gw.json'], bind: 'lan' } }");
    snprintf(more, sizeof more, "%s/more.json", scratch.dir);
    put_file(more, "{ gateway: { port: 5, auth: { token: 't' } } }");
    snprintf(more, sizeof more, "%s/gw.json", scratch.dir);
    put_file(more, "{ port: 6, bind: 'loopback' }");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 6);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_BIND), "lan");
    CHECK_TEXT(hf_config_text(&config, HF_KEY_TOKEN), "t");
    hf_config_fini(&config);
    snprintf(text, sizeof text, "{ $include: '%s' }", openclaw_path);
    put_file(openclaw_path, text);
    CHECK_EQ(load(), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "include itself") != NULL);
    end();
}

/* Also in a file that nobody named, where a missing file would be no fault. */
static void an_included_file_that_is_missing_is_a_fault_of_the_line_that_names_it(void)
{
    char path[SCRATCH_PATH_BYTES];
    begin("{ gateway: {\n $include: 'gone.json5', port: 1234 } }", NULL);
    CHECK_EQ(load(), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "holdfast.db:2: $include names \"gone.json5\", which") != NULL);
    hf_config_fini(&config);
    snprintf(path, sizeof path, "%s/holdfast", scratch.dir);
    CHECK_EQ(hf_file_make_directories(path), 0);
    snprintf(path, sizeof path, "%s/holdfast/holdfast.json5", scratch.dir);
    put_file(path, "{ $include: ['gone.json5'] }");
    args.values[HF_OPTION_CONFIG] = NULL;
    setenv("XDG_CONFIG_HOME", scratch.dir, 1);
    CHECK_EQ(load(), HF_ERR_RANGE);
    unsetenv("XDG_CONFIG_HOME");
    end();
}

/* A file elsewhere, by its path, by a detour and by a link, without roots and with them. */
static void includes_stay_in_their_directory_unless_roots_are_named(void)
{
    struct scratch elsewhere;
    char link[SCRATCH_PATH_BYTES], roots[2 * SCRATCH_PATH_BYTES], text[2 * SCRATCH_PATH_BYTES];
    scratch_make(&elsewhere);
    put_file(elsewhere.path, "{ gateway: { port: 7 } }");
    for (int i = 0; i < 3; i++) {
        begin(NULL, NULL);
        snprintf(link, sizeof link, "%s/link.json", scratch.dir);
        CHECK_EQ_AT(i, symlink(elsewhere.path, link), 0);
        if (i == 0)
            snprintf(text, sizeof text, "{ $include: '%s' }", elsewhere.path);
        else if (i == 1)
            snprintf(text, sizeof text, "{ $include: '..%s/holdfast.db' }",
                     strrchr(elsewhere.dir, '/'));
        else
            snprintf(text, sizeof text, "{ $include: 'link.json' }");
        put_file(openclaw_path, text);
        unsetenv("OPENCLAW_INCLUDE_ROOTS");
        CHECK_EQ_AT(i, load(), HF_ERR_RANGE);
        CHECK_AT(i, strstr(fault.text, "leads out of the directory") != NULL);
        hf_config_fini(&config);
        snprintf(roots, sizeof roots, ":/no/such/place:%s/:", elsewhere.dir);
        setenv("OPENCLAW_INCLUDE_ROOTS", roots, 1);
        CHECK_EQ_AT(i, load(), 0);
        CHECK_EQ_AT(i, hf_config_int(&config, HF_KEY_PORT), 7);
        hf_config_fini(&config);
        /* A name that only begins like the root is another directory. */
        snprintf(roots, sizeof roots, "%.*s", (int)strlen(elsewhere.dir) - 1, elsewhere.dir);
        setenv("OPENCLAW_INCLUDE_ROOTS", roots, 1);
        CHECK_EQ_AT(i, load(), HF_ERR_RANGE);
        unsetenv("OPENCLAW_INCLUDE_ROOTS");
        end();
    }
    scratch_drop(&elsewhere);
}

static void variables_in_texts_are_replaced(void)
{
    begin(NULL, "{ gateway: { auth: { token: 'a-${HF_TEST_NAME}-$${HF_TEST_NAME}-${lower}' } } }");
    setenv("HF_TEST_NAME", "value", 1);
    CHECK_EQ(load(), 0);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_TOKEN), "a-value-${HF_TEST_NAME}-${lower}");
    hf_config_fini(&config);
    unsetenv("HF_TEST_NAME");
    CHECK_EQ(load(), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "HF_TEST_NAME") != NULL);
    end();
}

static void a_secret_reference_to_the_environment_is_followed(void)
{
    begin(NULL, "{ gateway: { auth: { token: { source: 'env', provider: 'default', "
                "id: 'HF_TEST_SECRET' } } } }");
    setenv("HF_TEST_SECRET", "s3cret", 1);
    CHECK_EQ(load(), 0);
    CHECK_TEXT(hf_config_text(&config, HF_KEY_TOKEN), "s3cret");
    hf_config_fini(&config);
    put_file(openclaw_path, "{ gateway: { auth: { token: { source: 'exec', id: 'x' } } } }");
    CHECK_EQ(load(), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "openclaw.json:1: gateway.auth.token") != NULL);
    end();
}

/* --- faults --- */

static const struct {
    const char *own, *openclaw, *told;
} faults[] = {
    { "{ gateway: {\n port: 'x' } }", NULL,
      "holdfast.db:2: gateway.port must be a whole number from 0 to 65535 (port), not \"x\"" },
    { "{ gateway: { auth: { token: 5551234 } } }", NULL, "gateway.auth.token must be a text" },
    { "{\n\n gateway: { port: 65536 } }", NULL, "holdfast.db:3: gateway.port must be" },
    { "{ gateway: { port: 1.5 } }", NULL, "gateway.port must be a whole number" },
    { "{ gateway: { auth: { mode: 'magic' } } }", NULL,
      "gateway.auth.mode must be one of none|token|password|trusted-proxy" },
    { "{ gateway: { trustedProxies: 'x' } }", NULL, "gateway.trustedProxies must be a list" },
    { "{ gateway: { trustedProxies: [1] } }", NULL, "gateway.trustedProxies must be a list" },
    { "{ gateway: 5 }", NULL, "holdfast.db:1: gateway must be an object" },
    { "{ gatewai: {} }", NULL, "gatewai is no key of holdfast" },
    { "{ gateway: { prot: 5 } }", NULL,
      "gateway.prot is no key of holdfast: did you mean gateway.port?" },
    { "{ x: 5 }", NULL, "x is no key of holdfast (see \"holdfast config get\")" },
    { "{ gateway: {\n port: 5 ", NULL, "holdfast.db:2:" },
    { "[]", NULL, "must hold one object" },
    { "", NULL, "holdfast.db:1:1:" },
    { NULL, "{\n gateway: { port: true } }", "openclaw.json:2: gateway.port must be" },
    { NULL, "{ gateway: { auth: { mode: 'trusted-proxy' } } }", "userHeader is not set" },
    { NULL, "{ gateway: { auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'a b' } } } }",
      "must be the name of a header" },
    { NULL, "{ gateway: { auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-u' } } } }",
      "gateway.trustedProxies names no proxy" },
    { NULL,
      "{ gateway: { trustedProxies: ['10.0.0.1'], auth: { mode: 'trusted-proxy', token: 't',"
      " trustedProxy: { userHeader: 'x-u' } } } }",
      "a shared token is set, too" },
    { "{ gateway: { bind: 'custom' } }", NULL, "gateway.customBindHost is not set" },
    { "{ gateway: { tls: { enabled: true, autoGenerate: false } } }", NULL,
      "gateway.tls.certPath is not set" },
    { "{ gateway: { tls: { enabled: true, certPath: 'c' } } }", NULL, "gateway.tls.keyPath" },
    { "{ gateway: { auth: { mode: 'password' } } }", NULL, "no password is set" },
    { "{ holdfast: { pingIntervalMs: 5000, staleAfterMs: 4999 } }", NULL, "holdfast.staleAfterMs" },
};

static const struct {
    const char *own;
    enum hf_bind bind;
    const char *address;
    bool needs_loopback;
} binds[] = {
    { "{}", HF_BIND_LOOPBACK, "", false },
    { "{ gateway: { bind: 'auto' } }", HF_BIND_LOOPBACK, "", false },
    { "{ gateway: { bind: 'lan' } }", HF_BIND_LAN, "", false },
    { "{ gateway: { bind: 'tailnet' } }", HF_BIND_TAILNET, "", false },
    { "{ gateway: { bind: '192.0.2.7' } }", HF_BIND_ADDRESS, "192.0.2.7", false },
    { "{ gateway: { bind: 'custom', customBindHost: '192.0.2.7' } }", HF_BIND_ADDRESS, "192.0.2.7",
      true },
    { "{ gateway: { bind: 'custom', customBindHost: '127.0.0.1' } }", HF_BIND_ADDRESS, "127.0.0.1",
      false },
    { "{ gateway: { bind: 'custom', customBindHost: '0.0.0.0' } }", HF_BIND_ADDRESS, "0.0.0.0",
      false },
};

static void every_bind_setting_says_where_to_listen(void)
{
    struct hf_listen_spec spec;
    for (size_t i = 0; i < HF_COUNT(binds); i++) {
        begin(binds[i].own, NULL);
        CHECK_EQ_AT(i, load(), 0);
        CHECK_EQ_AT(i, hf_settings_listen(&config, &spec, &fault), 0);
        CHECK_EQ_AT(i, spec.bind, binds[i].bind);
        CHECK_TEXT_AT(i, hf_bytes_cstr(spec.address), binds[i].address);
        CHECK_EQ_AT(i, spec.needs_loopback, binds[i].needs_loopback);
        end();
    }
}

static void every_fault_names_file_line_key_and_what_was_expected(void)
{
    for (size_t i = 0; i < HF_COUNT(faults); i++) {
        begin(faults[i].own, faults[i].openclaw);
        int err = load();
        CHECK_AT(i, (err ? err : hf_config_check(&config, &fault)) < 0);
        if (!strstr(fault.text, faults[i].told))
            CHECK_TEXT_AT(i, hf_bytes_cstr(fault.text), faults[i].told);
        CHECK_AT(i, strstr(fault.text, "5551234") == NULL); /* it may be a secret */
        end();
    }
}

/* A flag is wrong usage, a variable or a file a wrong configuration (design.md section 4). */
static void a_bad_variable_or_flag_is_named(void)
{
    begin(NULL, NULL);
    setenv("HOLDFAST_PORT", "high", 1);
    CHECK_EQ(load(), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "HOLDFAST_PORT: gateway.port must be") != NULL);
    hf_config_fini(&config);
    unsetenv("HOLDFAST_PORT");
    args.values[HF_OPTION_LOG_FORMAT] = "xml";
    CHECK_EQ(load(), HF_ERR_USAGE);
    CHECK(strstr(fault.text, "--log-format: logging.consoleStyle must be one of") != NULL);
    end();
}

/* HF_LIMIT_SECRET_BYTES, wherever a secret comes from. */
static void a_secret_is_taken_up_to_its_bound(void)
{
    for (size_t extra = 0; extra <= 1; extra++) {
        char text[HF_LIMIT_SECRET_BYTES + 2], path[SCRATCH_PATH_BYTES];
        memset(text, 's', sizeof text);
        text[HF_LIMIT_SECRET_BYTES + extra] = '\0';
        begin(NULL, NULL);
        setenv("HOLDFAST_TOKEN", text, 1);
        CHECK_EQ_AT(extra, load(), extra ? HF_ERR_RANGE : 0);
        if (extra)
            CHECK(strstr(fault.text, "HOLDFAST_TOKEN: gateway.auth.token has more than 4096") !=
                  NULL);
        unsetenv("HOLDFAST_TOKEN");
        hf_config_fini(&config);
        snprintf(path, sizeof path, "%s/secret", scratch.dir);
        put_file(path, text);
        args.values[HF_OPTION_TOKEN_FILE] = path;
        CHECK_EQ_AT(extra, load(), extra ? HF_ERR_TOO_LARGE : 0);
        end();
    }
}

/* HF_LIMIT_INCLUDE_DEPTH files below the first one. */
static void includes_are_followed_up_to_their_bound(void)
{
    for (int depth = HF_LIMIT_INCLUDE_DEPTH; depth <= HF_LIMIT_INCLUDE_DEPTH + 1; depth++) {
        bool is_fine = depth == HF_LIMIT_INCLUDE_DEPTH;
        begin("{ $include: '1.json5' }", NULL);
        for (int i = 1; i <= depth; i++) {
            char path[SCRATCH_PATH_BYTES], text[64];
            snprintf(path, sizeof path, "%s/%d.json5", scratch.dir, i);
            snprintf(text, sizeof text, "{ $include: '%d.json5' }", i + 1);
            put_file(path, i == depth ? "{ gateway: { port: 7 } }" : text);
        }
        CHECK_EQ_AT(depth, load(), is_fine ? 0 : HF_ERR_RANGE);
        if (is_fine) CHECK_EQ(hf_config_int(&config, HF_KEY_PORT), 7);
        end();
    }
}

static void a_variable_that_is_blank_counts_as_not_set(void)
{
    static const char *const blanks[] = { " ", "\t", "undefined", "null" };
    begin(NULL, NULL);
    for (size_t i = 0; i < HF_COUNT(blanks); i++) {
        setenv("HOLDFAST_PORT", blanks[i], 1);
        CHECK_EQ_AT(i, load(), 0);
        CHECK_EQ_AT(i, hf_config_int(&config, HF_KEY_PORT), 18789);
        hf_config_fini(&config);
    }
    unsetenv("HOLDFAST_PORT");
    end();
}

static void a_file_that_is_missing_by_right_leaves_no_fault_behind(void)
{
    begin(NULL, NULL);
    args.values[HF_OPTION_CONFIG] = NULL;
    setenv("XDG_CONFIG_HOME", scratch.dir, 1);
    CHECK_EQ(load(), 0);
    CHECK_EQ(fault.err, 0);
    CHECK(!config.has_own_file);
    unsetenv("XDG_CONFIG_HOME");
    end();
}

/* What only a server must keep is no fault for who asks one. */
static void rules_of_the_server_do_not_stop_its_clients(void)
{
    begin(NULL, "{ gateway: { auth: { mode: 'password' } } }");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_config_check(&config, &fault), HF_ERR_MISSING);
    end();
}

static const struct {
    const char *own;
    bool has_program;
    const char *told; /* NULL: it is fine */
} wholes[] = {
    { "{}", false, NULL },
    { "{ gateway: { tls: { enabled: true } } }", false, NULL },
    { "{ gateway: { auth: { mode: 'password' } } }", false, "no password is set" },
    { "{ gateway: { trustedProxies: ['x'] } }", false, "gateway.trustedProxies: \"x\"" },
    { "{ gateway: { bind: 'x' } }", false, "gateway.bind: \"x\"" },
    { "{ holdfast: { mode: 'relay' } }", false, "nothing to relay to" },
    { "{ holdfast: { mode: 'relay' } }", true, NULL },
    { "{ holdfast: { mode: 'relay', upstream: 'gopher://x' } }", false, "holdfast.upstream" },
    { "{ holdfast: { upstreamTokenFile: 'x' } }", false, "only who keeps a program" },
    { "{ holdfast: { upstreamTokenFile: 'x' } }", true, NULL },
};

static void a_configuration_is_judged_as_a_whole_by_one_rule(void)
{
    struct hf_settings_place place;
    for (size_t i = 0; i < HF_COUNT(wholes); i++) {
        begin(wholes[i].own, NULL);
        CHECK_EQ_AT(i, load(), 0);
        int err = hf_settings_check(&config, wholes[i].has_program, &place, &fault);
        CHECK_EQ_AT(i, err != 0, wholes[i].told != NULL);
        if (wholes[i].told) CHECK_AT(i, strstr(fault.text, wholes[i].told) != NULL);
        end();
    }
}

static const struct {
    const char *bind, *upstream;
    bool is_own;
} places[] = {
    { "loopback", "ws://127.0.0.1:18789", true },
    { "loopback", "ws://localhost:18789", true },
    { "loopback", "ws://localhost.:18789", true },
    { "loopback", "ws://[::1]:18789", true },
    { "loopback", "ws://0.0.0.0:18789", true },
    { "loopback", "ws://[::]:18789", true },
    { "loopback", "ws://127.0.0.1:18790", false },
    { "loopback", "ws://127.0.0.2:18789", false },
    { "loopback", "ws://192.0.2.7:18789", false },
    { "loopback", "ws://gateway.example:18789", false },
    { "tailnet", "ws://127.0.0.1:18789", true },
    { "lan", "ws://127.0.0.2:18789", true },
    { "lan", "ws://192.0.2.7:18789", false },
    { "0.0.0.0", "ws://127.0.0.2:18789", true },
    { "192.0.2.7", "ws://192.0.2.7:18789", true },
    { "192.0.2.7", "ws://192.0.2.8:18789", false },
    { "192.0.2.7", "ws://127.0.0.1:18789", false }, /* the usual pair: one here, one for others */
    { "192.0.2.7", "ws://localhost:18789", false },
    { "127.0.0.1", "ws://localhost:18789", true },
    { "127.0.0.1", "ws://[::1]:18789", false },
    { "127.0.0.2", "ws://127.0.0.1:18789", false },
};

/* What is relayed to must not be the place where we listen, which is more than a port. */
static void another_address_with_our_port_is_not_our_own_place(void)
{
    struct hf_settings_place place;
    for (size_t i = 0; i < HF_COUNT(places); i++) {
        char own[256];
        snprintf(own, sizeof own,
                 "{ gateway: { bind: '%s' }, holdfast: { mode: 'relay', upstream: '%s' } }",
                 places[i].bind, places[i].upstream);
        begin(own, NULL);
        CHECK_EQ_AT(i, load(), 0);
        CHECK_EQ_AT(i, hf_settings_check(&config, false, &place, &fault),
                    places[i].is_own ? HF_ERR_RANGE : 0);
        if (places[i].is_own) CHECK_AT(i, strstr(fault.text, "listen ourselves") != NULL);
        end();
    }
}

static const struct {
    enum hf_option option;
    size_t len;
    int err;
} given_paths[] = {
    { HF_OPTION_CONFIG, 0, HF_ERR_USAGE },
    { HF_OPTION_CONFIG, HF_CONFIG_PATH_BYTES - 1, 0 },
    { HF_OPTION_CONFIG, HF_CONFIG_PATH_BYTES, HF_ERR_USAGE },
    { HF_OPTION_OPENCLAW_CONFIG, 0, HF_ERR_USAGE },
    { HF_OPTION_STATE_DIR, 0, HF_ERR_USAGE },
    { HF_OPTION_STATE_DIR, HF_CONFIG_PATH_BYTES, HF_ERR_USAGE },
    { HF_OPTION_CONTROL, 0, HF_ERR_USAGE },
    { HF_OPTION_CONTROL, 107, 0 },
    { HF_OPTION_CONTROL, 108, HF_ERR_USAGE },
};

static int read_path(enum hf_option option, const struct hf_args *flags,
                     char out[HF_CONFIG_PATH_BYTES])
{
    bool is_asked_for;
    if (option == HF_OPTION_CONFIG) return hf_paths_own_config(flags, out, &is_asked_for, &fault);
    if (option == HF_OPTION_OPENCLAW_CONFIG)
        return hf_paths_openclaw_config(flags, out, &is_asked_for, &fault);
    if (option == HF_OPTION_CONTROL) return hf_paths_control(flags, "/state", out, &fault);
    return hf_paths_state_dir(flags, out, &fault);
}

/* Neither an empty path nor a part of a long one stands for what somebody named. */
static void a_path_that_is_given_is_taken_whole_or_refused_by_name(void)
{
    for (size_t i = 0; i < HF_COUNT(given_paths); i++) {
        char path[HF_CONFIG_PATH_BYTES + 1], out[HF_CONFIG_PATH_BYTES];
        struct hf_args flags = { 0 };
        memset(path, 'x', sizeof path);
        path[given_paths[i].len] = '\0';
        flags.values[given_paths[i].option] = path;
        CHECK_EQ_AT(i, read_path(given_paths[i].option, &flags, out), given_paths[i].err);
        if (given_paths[i].err)
            CHECK_AT(i, strstr(fault.text, hf_option_name(given_paths[i].option)) != NULL);
        else
            CHECK_TEXT_AT(i, hf_bytes_cstr(out), path);
    }
}

static void a_file_that_was_asked_for_must_be_there(void)
{
    begin(NULL, NULL);
    args.values[HF_OPTION_CONFIG] = "/no/such/holdfast.json5";
    CHECK_EQ(load(), HF_ERR_NOT_FOUND);
    CHECK(strstr(fault.text, "/no/such/holdfast.json5") != NULL);
    end();
}

static void lists_of_networks_are_checked_and_bounded(void)
{
    struct hf_settings settings;
    struct hf_settings_text text = { { 0 }, { 0 } };
    struct hf_buf many;
    begin("{ gateway: { trustedProxies: ['10.0.0.0/8', 'nonsense'] } }", NULL);
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_settings_from(&config, HF_EMPTY, &settings, &text, &fault), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "nonsense") != NULL);
    hf_buf_init(&many, 65536);
    for (int i = 0; i <= HF_SETTINGS_LIST_MAX; i++) {
        int err = hf_config_set_text(&config, HF_KEY_PROXIES, HF_SOURCE_FLAG, hf_buf_view(&many),
                                     "here", &fault);
        CHECK_EQ(err, 0);
        CHECK_EQ_AT(i, hf_settings_from(&config, HF_EMPTY, &settings, &text, &fault), 0);
        CHECK_EQ_AT(i, settings.trusted_proxies.count, i);
        hf_buf_addf(&many, "10.0.0.%d,", i);
    }
    hf_config_set_text(&config, HF_KEY_PROXIES, HF_SOURCE_FLAG, hf_buf_view(&many), "here", &fault);
    CHECK_EQ(hf_settings_from(&config, HF_EMPTY, &settings, &text, &fault), HF_ERR_LIMIT);
    hf_buf_fini(&many);
    hf_settings_text_fini(&text);
    end();
}

/* --- what others see --- */

static void the_configuration_as_json_is_valid_and_hides_secrets(void)
{
    struct hf_json_error error;
    struct hf_buf out = { 0 };
    begin("{ gateway: { auth: { token: 'do-not-show' } } }", NULL);
    CHECK_EQ(load(), 0);
    hf_config_json(&config, &out);
    CHECK_EQ(hf_json_check(hf_buf_view(&out), 16, &error), 0);
    CHECK(memmem(out.ptr, out.len, "do-not-show", 11) == NULL);
    CHECK(memmem(out.ptr, out.len, "\"token\":\"(hidden)\"", 18) != NULL);
    CHECK(memmem(out.ptr, out.len, "\"rateLimit\":{\"maxAttempts\":10,", 30) != NULL);
    hf_buf_fini(&out);
    end();
}

static void our_file_is_shown_as_it_stands_there_without_its_secrets(void)
{
    struct hf_settings settings;
    struct hf_settings_text text = { 0 };
    begin("{ // a comment\n $include: [], gateway: { port: 1, bind: '${HF_TEST_BIND}',"
          " auth: { token: 'do-not-show', password: { source: 'env', id: 'HF_TEST_BIND' } } },"
          " 'gateway.auth.token': 'do-not-show' }",
          "{ gateway: { mode: 'local' } }");
    setenv("HF_TEST_BIND", "loopback", 1);
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_settings_from(&config, HF_EMPTY, &settings, &text, &fault), 0);
    CHECK_TEXT(settings.config_file_json,
               "{\"$include\":[],\"gateway\":{\"port\":1,\"bind\":\"${HF_TEST_BIND}\","
               "\"auth\":{\"token\":\"(hidden)\",\"password\":{\"source\":\"env\","
               "\"id\":\"HF_TEST_BIND\"}}},\"gateway.auth.token\":\"(hidden)\"}");
    CHECK(memmem(settings.config_json.ptr, settings.config_json.len, "${HF", 4) == NULL);
    unsetenv("HF_TEST_BIND");
    hf_settings_text_fini(&text);
    end();
}

/* What a part of the file that is not ours holds is judged by its name, lists included, and
 * a URL is shown without who logs in by it. */
static void what_sounds_secret_in_foreign_parts_is_hidden(void)
{
    struct hf_settings settings;
    struct hf_settings_text text = { 0 };
    begin("{ gateway: { remote: { url: 'wss://me:canary@far/?token=canary' }, tools: { n: 1,"
          " apiKey: 'canary', url: 'https://me:canary@far/', ok: 'seen', list: [ 'seen',"
          " { token: 'canary', n: 2 }, [ { password: ['canary', 7] } ] ], secret: {"
          " source: 'env', provider: 'p', id: 'NAME', value: 'canary' } } } }",
          NULL);
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_settings_from(&config, HF_EMPTY, &settings, &text, &fault), 0);
    CHECK_TEXT(settings.config_file_json,
               "{\"gateway\":{\"remote\":{\"url\":\"wss://***:***@far/?token=***\"},\"tools\":{"
               "\"n\":1,\"apiKey\":\"(hidden)\",\"url\":\"https://***:***@far/\",\"ok\":\"seen\","
               "\"list\":[\"seen\",{\"token\":\"(hidden)\",\"n\":2},[{\"password\":[\"(hidden)\","
               "\"(hidden)\"]}]],\"secret\":{\"source\":\"env\",\"provider\":\"p\",\"id\":\"NAME\","
               "\"value\":\"(hidden)\"}}}}");
    CHECK(memmem(settings.config_json.ptr, settings.config_json.len, "canary", 6) == NULL);
    hf_settings_text_fini(&text);
    end();
}

static void without_our_file_there_is_nothing_to_show_of_it(void)
{
    struct hf_settings settings;
    struct hf_settings_text text = { 0 };
    begin(NULL, "{ gateway: { port: 1 } }");
    args.values[HF_OPTION_CONFIG] = NULL;
    setenv("HOME", scratch.dir, 1);
    unsetenv("XDG_CONFIG_HOME");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_settings_from(&config, HF_EMPTY, &settings, &text, &fault), 0);
    CHECK_EQ(settings.config_file_json.len, 0);
    CHECK(settings.config_path.len > 0);
    hf_settings_text_fini(&text);
    end();
}

static void a_bind_setting_says_where_to_listen(void)
{
    static const struct {
        const char *bind, *host;
        int err;
        enum hf_bind want;
        const char *address;
    } rows[] = {
        { "loopback", "", 0, HF_BIND_LOOPBACK, "" },
        { "auto", "", 0, HF_BIND_LOOPBACK, "" },
        { "lan", "", 0, HF_BIND_LAN, "" },
        { "192.0.2.7", "", 0, HF_BIND_ADDRESS, "192.0.2.7" },
        { "custom", "::1", 0, HF_BIND_ADDRESS, "::1" },
        { "everywhere", "", HF_ERR_USAGE, 0, "" },
    };
    CHECK_EQ(hf_config_init(&config, &fault), 0);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_listen_spec spec;
        hf_config_set_text(&config, HF_KEY_BIND, HF_SOURCE_FLAG, hf_bytes_cstr(rows[i].bind), "x",
                           &fault);
        hf_config_set_text(&config, HF_KEY_BIND_HOST, HF_SOURCE_FLAG, hf_bytes_cstr(rows[i].host),
                           "x", &fault);
        CHECK_EQ_AT(i, hf_settings_listen(&config, &spec, &fault), rows[i].err);
        if (rows[i].err) continue;
        CHECK_EQ_AT(i, spec.bind, rows[i].want);
        CHECK_TEXT_AT(i, hf_bytes_cstr(spec.address), rows[i].address);
        CHECK_EQ_AT(i, spec.port, 18789);
    }
    hf_config_fini(&config);
}

static void a_machine_that_uses_a_remote_gateway_runs_none(void)
{
    struct hf_listen_spec spec;
    begin(NULL, "{ gateway: { mode: 'remote' } }");
    CHECK_EQ(load(), 0);
    CHECK_EQ(hf_settings_listen(&config, &spec, &fault), HF_ERR_RANGE);
    CHECK(strstr(fault.text, "gateway.mode is \"remote\"") != NULL);
    end();
}

static void paths_follow_flags_variables_and_the_home_directory(void)
{
    static const struct {
        const char *name, *value; /* set on top of the rows before */
        const char *openclaw, *own, *state;
    } rows[] = {
        { "HOME", "/h", "/h/.openclaw/openclaw.json", "/h/.config/holdfast/holdfast.json5",
          "/h/.local/state/holdfast" },
        { "XDG_CONFIG_HOME", "relative", "/h/.openclaw/openclaw.json",
          "/h/.config/holdfast/holdfast.json5", "/h/.local/state/holdfast" },
        { "XDG_CONFIG_HOME", "/c", "/h/.openclaw/openclaw.json", "/c/holdfast/holdfast.json5",
          "/h/.local/state/holdfast" },
        { "XDG_STATE_HOME", "/s", "/h/.openclaw/openclaw.json", "/c/holdfast/holdfast.json5",
          "/s/holdfast" },
        { "OPENCLAW_PROFILE", "dev", "/h/.openclaw-dev/openclaw.json", "/c/holdfast/holdfast.json5",
          "/s/holdfast" },
        { "OPENCLAW_HOME", "/o", "/o/.openclaw-dev/openclaw.json", "/c/holdfast/holdfast.json5",
          "/s/holdfast" },
        { "OPENCLAW_STATE_DIR", "undefined", "/o/.openclaw-dev/openclaw.json",
          "/c/holdfast/holdfast.json5", "/s/holdfast" },
        { "OPENCLAW_STATE_DIR", "/d", "/d/openclaw.json", "/c/holdfast/holdfast.json5",
          "/s/holdfast" },
        { "OPENCLAW_CONFIG_PATH", " ", "/d/openclaw.json", "/c/holdfast/holdfast.json5",
          "/s/holdfast" },
        { "OPENCLAW_CONFIG_PATH", "/f.json", "/f.json", "/c/holdfast/holdfast.json5",
          "/s/holdfast" },
        { "HOLDFAST_CONFIG", "/mine", "/f.json", "/mine", "/s/holdfast" },
        { "HOLDFAST_STATE_DIR", "/place", "/f.json", "/mine", "/place" },
    };
    static const struct hf_args none;
    for (size_t i = 0; i < HF_COUNT(rows); i++) unsetenv(rows[i].name);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char path[HF_CONFIG_PATH_BYTES];
        bool is_asked_for;
        setenv(rows[i].name, rows[i].value, 1);
        CHECK_EQ_AT(i, hf_paths_openclaw_config(&none, path, &is_asked_for, &fault), 0);
        CHECK_TEXT_AT(i, hf_bytes_cstr(path), rows[i].openclaw);
        CHECK_EQ_AT(i, hf_paths_own_config(&none, path, &is_asked_for, &fault), 0);
        CHECK_TEXT_AT(i, hf_bytes_cstr(path), rows[i].own);
        CHECK_EQ_AT(i, is_asked_for, strcmp(rows[i].own, "/mine") == 0);
        CHECK_EQ_AT(i, hf_paths_state_dir(&none, path, &fault), 0);
        CHECK_TEXT_AT(i, hf_bytes_cstr(path), rows[i].state);
    }
}

/* HF_LIMIT_CONFIG_BYTES: a file of that size is read, a larger one is refused by name. */
static void a_file_is_read_up_to_its_bound(void)
{
    for (size_t extra = 0; extra <= 1; extra++) {
        static char text[HF_LIMIT_CONFIG_BYTES + 2];
        begin(NULL, NULL);
        memset(text, ' ', sizeof text);
        memcpy(text, "{}", 2);
        text[HF_LIMIT_CONFIG_BYTES + extra] = '\0';
        put_file(scratch.path, text);
        CHECK_EQ_AT(extra, load(), extra ? HF_ERR_TOO_LARGE : 0);
        if (extra) CHECK(strstr(fault.text, scratch.path) != NULL);
        end();
    }
}

/* health-connection, section 2. */
static void the_stale_window_follows_the_pings(void)
{
    static const struct {
        const char *own;
        int64_t want_ms;
    } rows[] = { { "{}", 100000 },
                 { "{ holdfast: { pingIntervalMs: 110000 } }", 440000 },
                 { "{ holdfast: { pingIntervalMs: 50 } }", 200 },
                 { "{ holdfast: { pingIntervalMs: 50, staleAfterMs: 100 } }", 100 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        begin(rows[i].own, NULL);
        CHECK_EQ_AT(i, load(), 0);
        CHECK_EQ_AT(i, hf_config_int(&config, HF_KEY_STALE_AFTER), rows[i].want_ms);
        end();
    }
}

/* startup-retry 32, the server's half: as section 4 wants OPENCLAW_HANDSHAKE_TIMEOUT_MS. */
static void openclaws_handshake_timeout_is_read_as_openclaw_does(void)
{
    static const struct {
        const char *text;
        int64_t want_ms;
        bool is_ignored;
    } rows[] = { { "30000", 30000, false },
                 { " 30000 ", 30000, false },
                 { "+30000", 30000, false },
                 { "1", 1, false },
                 { "0", 7000, true },
                 { "-5", 7000, true },
                 { "abc", 7000, true },
                 { "1.5", 7000, true },
                 { "++3", 7000, true },
                 { "2147483647", 2147483647, false },
                 { "2147483648", 2147483647, false } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        begin("{ holdfast: { handshakeTimeoutMs: 7000 } }", NULL);
        setenv("OPENCLAW_HANDSHAKE_TIMEOUT_MS", rows[i].text, 1);
        CHECK_EQ_AT(i, load(), 0);
        CHECK_EQ_AT(i, hf_config_int(&config, HF_KEY_HANDSHAKE_TIMEOUT), rows[i].want_ms);
        CHECK_EQ_AT(i, warns("OPENCLAW_HANDSHAKE_TIMEOUT_MS"), rows[i].is_ignored);
        end();
    }
    unsetenv("OPENCLAW_HANDSHAKE_TIMEOUT_MS");
}

/* Clients of other machines whom the gateway behind us would refuse. */
static void a_relay_knows_when_it_names_in_vain(void)
{
    static const struct {
        struct hf_listen_spec listen;
        const char *trusted;
        bool is_in_vain;
    } rows[] = {
        { { .bind = HF_BIND_LOOPBACK }, NULL, false },
        { { .bind = HF_BIND_ADDRESS, .address = "127.0.0.1" }, NULL, false },
        { { .bind = HF_BIND_ADDRESS, .address = "::1" }, NULL, false },
        { { .bind = HF_BIND_ADDRESS, .address = "192.0.2.1" }, NULL, true },
        { { .bind = HF_BIND_ADDRESS, .address = "::" }, NULL, true },
        { { .bind = HF_BIND_TAILNET }, NULL, true },
        { { .bind = HF_BIND_LAN }, NULL, true },
        { { .bind = HF_BIND_LAN }, "10.0.0.0/8", true },
        { { .bind = HF_BIND_LAN }, "127.0.0.1", false },
        { { .bind = HF_BIND_LAN }, "127.0.0.0/8", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_settings settings;
        hf_settings_init(&settings);
        settings.trusted_proxies.items[0] = hf_bytes_cstr(rows[i].trusted);
        settings.trusted_proxies.count = rows[i].trusted != NULL;
        CHECK_EQ_AT(i, hf_settings_names_in_vain(&settings, &rows[i].listen), rows[i].is_in_vain);
    }
}

CHECK_MAIN(a_relay_knows_when_it_names_in_vain, the_stale_window_follows_the_pings,
           openclaws_handshake_timeout_is_read_as_openclaw_does,
           our_file_is_shown_as_it_stands_there_without_its_secrets,
           what_sounds_secret_in_foreign_parts_is_hidden,
           without_our_file_there_is_nothing_to_show_of_it, a_file_is_read_up_to_its_bound,
           every_bind_setting_says_where_to_listen, every_row_is_whole_and_its_default_is_allowed,
           the_defaults_are_those_of_the_engine, numbers_hold_at_both_ends_and_not_beyond,
           the_later_source_wins, secrets_come_from_files_and_variables,
           an_openclaw_file_is_read_as_it_is, unknown_gateway_keys_are_named_once_with_their_line,
           includes_are_read_and_what_stands_beside_them_wins,
           an_included_file_that_is_missing_is_a_fault_of_the_line_that_names_it,
           includes_stay_in_their_directory_unless_roots_are_named, variables_in_texts_are_replaced,
           a_secret_reference_to_the_environment_is_followed,
           every_fault_names_file_line_key_and_what_was_expected, a_bad_variable_or_flag_is_named,
           a_secret_is_taken_up_to_its_bound, includes_are_followed_up_to_their_bound,
           a_variable_that_is_blank_counts_as_not_set,
           a_file_that_is_missing_by_right_leaves_no_fault_behind,
           rules_of_the_server_do_not_stop_its_clients,
           a_configuration_is_judged_as_a_whole_by_one_rule,
           another_address_with_our_port_is_not_our_own_place,
           a_path_that_is_given_is_taken_whole_or_refused_by_name,
           a_file_that_was_asked_for_must_be_there, lists_of_networks_are_checked_and_bounded,
           the_configuration_as_json_is_valid_and_hides_secrets,
           a_bind_setting_says_where_to_listen, a_machine_that_uses_a_remote_gateway_runs_none,
           paths_follow_flags_variables_and_the_home_directory)
