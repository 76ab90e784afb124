/* Which gateway a client verb talks to, and what it may know of it. */
#include "prog/target.h"
#include "host/file.h"
#include "lib/check.h"
#include "lib/scratch.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct scratch scratch;
static struct hf_args args;
static struct hf_target target;
static struct hf_fault fault;
static char config_path[SCRATCH_PATH_BYTES];

static void begin(const char *openclaw)
{
    static const char *const names[] = {
        "HOLDFAST_URL",           "OPENCLAW_GATEWAY_URL",     "HOLDFAST_TOKEN",
        "OPENCLAW_GATEWAY_TOKEN", "HOLDFAST_TLS_FINGERPRINT", "OPENCLAW_GATEWAY_PASSWORD",
        "HOLDFAST_PASSWORD"
    };
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(names); i++) unsetenv(names[i]);
    setenv("HOME", scratch.dir, 1);
    memset(&args, 0, sizeof args);
    if (!openclaw) return;
    snprintf(config_path, sizeof config_path, "%s/openclaw.json", scratch.dir);
    CHECK_EQ(hf_file_replace(config_path, hf_bytes_cstr(openclaw), 0600, &fault), 0);
    args.values[HF_OPTION_OPENCLAW_CONFIG] = config_path;
}

static void end(void)
{
    hf_target_fini(&target);
    scratch_drop(&scratch);
}

#define REMOTE(url)                                                                                \
    "{ gateway: { mode: 'remote', auth: { token: 'of-the-local-one' }, remote: { url: '" url       \
    "', token: 'far', password: 'away', tlsFingerprint: 'sha256:" HEX "' } } }"

static void a_remote_gateway_of_the_configuration_is_used_with_its_own_secrets(void)
{
    begin(REMOTE("wss://far.example:8443"));
    CHECK_EQ(hf_target_read(&target, &args, &fault), 0);
    CHECK_TEXT(target.url.place, "far.example:8443");
    CHECK_TEXT(target.credentials.token, "far");
    CHECK_TEXT(target.credentials.password, "away");
    CHECK(target.has_pin && target.pin[1] == 0x11);
    CHECK(target.credentials.is_trusted); /* client-lifecycle 6.3: wss and pinned */
    end();
}

static void what_is_the_remote_gateway_s_goes_to_no_other(void)
{
    begin(REMOTE("wss://far.example"));
    args.values[HF_OPTION_URL] = "ws://127.0.0.1:1";
    CHECK_EQ(hf_target_read(&target, &args, &fault), 0);
    CHECK_TEXT(target.url.place, "127.0.0.1:1");
    CHECK_EQ(target.credentials.token.len, 0);
    CHECK_EQ(target.credentials.password.len, 0);
    CHECK(!target.has_pin);
    end();
}

static void a_variable_comes_before_the_remote_gateway_s_own_token(void)
{
    begin(REMOTE("wss://far.example"));
    setenv("HOLDFAST_TOKEN", "mine", 1);
    CHECK_EQ(hf_target_read(&target, &args, &fault), 0);
    CHECK_TEXT(target.credentials.token, "mine");
    end();
}

static void a_fingerprint_of_the_environment_is_for_every_address(void)
{
    begin(NULL);
    setenv("HOLDFAST_TLS_FINGERPRINT", HEX, 1);
    args.values[HF_OPTION_URL] = "wss://far.example";
    CHECK_EQ(hf_target_read(&target, &args, &fault), 0);
    CHECK(target.has_pin);
    end();
}

/* client-lifecycle 7.1: there would be nothing to compare. */
static void a_fingerprint_wants_wss(void)
{
    begin(REMOTE("ws://127.0.0.1:1"));
    CHECK_EQ(hf_target_read(&target, &args, &fault), HF_ERR_CONFIG);
    CHECK(strstr(fault.text, "gateway.remote.tlsFingerprint: use wss://") != NULL);
    end();
}

/* client-lifecycle 75: what a query holds is used and not shown. */
static void a_secret_in_a_query_is_not_shown(void)
{
    begin(NULL);
    args.values[HF_OPTION_URL] = "ws://127.0.0.1:1/a?token=canary&b=c";
    CHECK_EQ(hf_target_read(&target, &args, &fault), 0);
    CHECK_TEXT(target.url.target, "/a?token=canary&b=c");
    CHECK_TEXT(hf_bytes_cstr(target.url_shown), "ws://127.0.0.1:1/a?token=***&b=c");
    end();
}

static void a_fingerprint_that_is_none_is_named(void)
{
    begin(NULL);
    setenv("HOLDFAST_TLS_FINGERPRINT", HEX "0", 1);
    args.values[HF_OPTION_URL] = "wss://far.example";
    CHECK_EQ(hf_target_read(&target, &args, &fault), HF_ERR_CONFIG);
    CHECK(strstr(fault.text, "tlsFingerprint") != NULL);
    end();
}

static const struct {
    const char *flag, *variable, *openclaw;
    int err;
    const char *told;
} addresses[] = {
    { "ws://:1", NULL, NULL, HF_ERR_USAGE, "--url: the URL is not valid: the host is missing" },
    { NULL, "ws://:1", NULL, HF_ERR_CONFIG, "HOLDFAST_URL: the URL is not valid: the host" },
    { NULL, NULL, REMOTE("ws://:1"), HF_ERR_CONFIG, "gateway.remote.url: the URL is not valid" },
    { NULL, NULL, "{ gateway: { port: 0 } }", HF_ERR_CONFIG, "gateway.port: the URL is not" },
    { NULL, " ", NULL, 0, NULL },
    { NULL, NULL, "{ gateway: { auth: { mode: 'password' } } }", 0, NULL },
    { NULL, NULL, "{ gateway: { port: 'x' } }", HF_ERR_CONFIG, "gateway.port must be" },
};

static void an_address_that_is_wrong_is_blamed_on_who_gave_it(void)
{
    for (size_t i = 0; i < HF_COUNT(addresses); i++) {
        begin(addresses[i].openclaw);
        args.values[HF_OPTION_URL] = addresses[i].flag;
        if (addresses[i].variable) setenv("HOLDFAST_URL", addresses[i].variable, 1);
        CHECK_EQ_AT(i, hf_target_read(&target, &args, &fault), addresses[i].err);
        if (addresses[i].told && !strstr(fault.text, addresses[i].told))
            CHECK_TEXT_AT(i, hf_bytes_cstr(fault.text), addresses[i].told);
        end();
    }
}

/* As many as the bound, and one more. */
static void a_url_is_read_up_to_its_bound(void)
{
    char url[HF_LIMIT_URL_BYTES + 2];
    for (size_t extra = 0; extra <= 1; extra++) {
        begin(NULL);
        memset(url, 'x', sizeof url);
        memcpy(url, "ws://127.0.0.1/", 15);
        url[HF_LIMIT_URL_BYTES + extra] = '\0';
        args.values[HF_OPTION_URL] = url;
        CHECK_EQ_AT(extra, hf_target_read(&target, &args, &fault), extra ? HF_ERR_USAGE : 0);
        if (extra) CHECK(strstr(fault.text, "--url: the URL has more than 1023 bytes") != NULL);
        end();
    }
}

CHECK_MAIN(a_remote_gateway_of_the_configuration_is_used_with_its_own_secrets,
           what_is_the_remote_gateway_s_goes_to_no_other,
           a_variable_comes_before_the_remote_gateway_s_own_token,
           a_fingerprint_of_the_environment_is_for_every_address, a_fingerprint_wants_wss,
           a_secret_in_a_query_is_not_shown, a_fingerprint_that_is_none_is_named,
           an_address_that_is_wrong_is_blamed_on_who_gave_it, a_url_is_read_up_to_its_bound)
