#include "wire/schema/device_payload.h"
#include "base/err.h"
#include "lib/check.h"

static struct hf_connect example(void)
{
    return (struct hf_connect){
        .client = { .id = HF_CLIENT_ID_TUI,
                    .mode = HF_CLIENT_MODE_UI,
                    .platform = HF_LIT("linux"),
                    .device_family = HF_LIT("Linux") },
        .role_name = HF_LIT("operator"),
        .scopes = { HF_LIT("operator.admin"), HF_LIT("operator.read") },
        .scope_count = 2,
        .has_device = true,
        .device = { .id = HF_LIT("19e6a889"),
                    .nonce = HF_LIT("df3e1708"),
                    .signed_at_ms = INT64_C(1795318620974) },
        .has_auth = true,
        .auth = { .token = HF_LIT("secrettoken") },
    };
}

static void check_payload(size_t row, enum hf_device_payload_version version,
                          const struct hf_connect *connect, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 4096);
    hf_device_payload_write(&out, version, connect);
    CHECK_EQ_AT(row, hf_buf_done(&out), 0);
    CHECK_TEXT_AT(row, hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

/* The example of protocol/wire.md section 3, shortened. */
static void both_versions_join_their_fields(void)
{
    struct hf_connect connect = example();
    check_payload(3, HF_DEVICE_PAYLOAD_V3, &connect,
                  "v3|19e6a889|openclaw-tui|ui|operator|operator.admin,operator.read|1795318620974|"
                  "secrettoken|df3e1708|linux|linux");
    check_payload(2, HF_DEVICE_PAYLOAD_V2, &connect,
                  "v2|19e6a889|openclaw-tui|ui|operator|operator.admin,operator.read|1795318620974|"
                  "secrettoken|df3e1708");
}

static void what_is_absent_leaves_its_place_empty(void)
{
    struct hf_connect connect = { .client = { .id = HF_CLIENT_ID_CLI, .mode = HF_CLIENT_MODE_CLI },
                                  .role_name = HF_LIT("node") };
    check_payload(3, HF_DEVICE_PAYLOAD_V3, &connect, "v3||cli|cli|node||0||||");
    check_payload(2, HF_DEVICE_PAYLOAD_V2, &connect, "v2||cli|cli|node||0||");
}

static void the_first_token_that_is_there_is_signed_and_never_the_password(void)
{
    static const struct {
        struct hf_connect_auth auth;
        const char *want;
    } rows[] = {
        { { .token = HF_LIT_INIT("t"),
            .device_token = HF_LIT_INIT("d"),
            .bootstrap_token = HF_LIT_INIT("b") },
          "v2||cli|cli|node||0|t|" },
        { { .device_token = HF_LIT_INIT("d"), .bootstrap_token = HF_LIT_INIT("b") },
          "v2||cli|cli|node||0|d|" },
        { { .bootstrap_token = HF_LIT_INIT("b"), .password = HF_LIT_INIT("p") },
          "v2||cli|cli|node||0|b|" },
        { { .password = HF_LIT_INIT("p") }, "v2||cli|cli|node||0||" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_connect connect = {
            .client = { .id = HF_CLIENT_ID_CLI, .mode = HF_CLIENT_MODE_CLI },
            .role_name = HF_LIT("node"),
            .auth = rows[i].auth,
        };
        check_payload(i, HF_DEVICE_PAYLOAD_V2, &connect, rows[i].want);
    }
}

static void platform_and_family_are_trimmed_and_only_ascii_is_lowered(void)
{
    static const struct {
        struct hf_bytes platform, family;
        const char *want;
    } rows[] = {
        { HF_LIT_INIT("Linux x86_64"), HF_LIT_INIT(""), "v3||cli|cli|node||0|||linux x86_64|" },
        { HF_LIT_INIT(" \tAZaz \n"), HF_LIT_INIT("[@`{"), "v3||cli|cli|node||0|||azaz|[@`{" },
        { HF_LIT_INIT("\xC3\x89"
                      "A"),
          HF_LIT_INIT("   "),
          "v3||cli|cli|node||0|||\xC3\x89"
          "a|" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_connect connect = {
            .client = { .id = HF_CLIENT_ID_CLI,
                        .mode = HF_CLIENT_MODE_CLI,
                        .platform = rows[i].platform,
                        .device_family = rows[i].family },
            .role_name = HF_LIT("node"),
        };
        check_payload(i, HF_DEVICE_PAYLOAD_V3, &connect, rows[i].want);
    }
}

static void scopes_stand_in_the_order_sent_doubles_too(void)
{
    struct hf_connect connect = example();
    connect.scopes[0] = HF_LIT("b");
    connect.scopes[1] = HF_LIT("a");
    connect.scopes[2] = HF_LIT("b");
    connect.scope_count = 3;
    check_payload(0, HF_DEVICE_PAYLOAD_V2, &connect,
                  "v2|19e6a889|openclaw-tui|ui|operator|b,a,b|1795318620974|secrettoken|df3e1708");
}

CHECK_MAIN(both_versions_join_their_fields, what_is_absent_leaves_its_place_empty,
           the_first_token_that_is_there_is_signed_and_never_the_password,
           platform_and_family_are_trimmed_and_only_ascii_is_lowered,
           scopes_stand_in_the_order_sent_doubles_too)
