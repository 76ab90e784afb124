#include "lib/check.h"
#include "wire/json_read.h"
#include "wire/schema/hello.h"

enum { ROOM = 4096 };

static struct hf_hello smallest(void)
{
    return (struct hf_hello){
        .server_version = HF_LIT("0.1.0"),
        .conn_id = HF_LIT("6c04ba6f"),
        .features = HF_LIT("{\"methods\":[\"health\"],\"events\":[\"tick\"]}"),
        .policy = HF_LIT("{\"maxPayload\":1}"),
        .presence = HF_LIT("[]"),
        .health = HF_LIT("{}"),
        .state_version = { 1, 2 },
        .uptime_ms = 171440,
        .auth = { .role = HF_LIT("operator") },
    };
}

/* The minimal example of protocol/wire.md section 4. */
static void the_smallest_hello_has_what_is_required_and_no_more(void)
{
    struct hf_hello hello = smallest();
    struct hf_buf out;
    hf_buf_init(&out, ROOM);
    hf_hello_write(&out, &hello);
    CHECK_TEXT(hf_buf_view(&out),
               "{\"type\":\"hello-ok\",\"protocol\":4,"
               "\"server\":{\"version\":\"0.1.0\",\"connId\":\"6c04ba6f\"},"
               "\"features\":{\"methods\":[\"health\"],\"events\":[\"tick\"]},"
               "\"snapshot\":{\"presence\":[],\"health\":{},"
               "\"stateVersion\":{\"presence\":1,\"health\":2},\"uptimeMs\":171440},"
               "\"auth\":{\"role\":\"operator\",\"scopes\":[]},\"policy\":{\"maxPayload\":1}}");
    CHECK_EQ(hf_json_check(hf_buf_view(&out), 4, NULL), 0);
    hf_buf_fini(&out);
}

static void what_depends_on_the_client_is_written_when_it_is_set(void)
{
    static const struct hf_bytes scopes[] = { HF_LIT_INIT("operator.read"),
                                              HF_LIT_INIT("operator.write") };
    struct hf_hello hello = smallest();
    struct hf_buf out;
    hello.boot_id = HF_LIT("boot");
    hello.session_defaults = HF_LIT("{\"mainKey\":\"main\"}");
    hello.suspension_phase = HF_LIT("accepting");
    hello.config_path = HF_LIT("/c");
    hello.state_dir = HF_LIT("/s");
    hello.auth_mode = HF_LIT("token");
    hello.auth.method = HF_LIT("device-token");
    hello.auth.scopes = scopes;
    hello.auth.scope_count = HF_COUNT(scopes);
    hello.auth.device_token = HF_LIT("dt");
    hello.auth.issued_at_ms = 5;
    hello.auth.recovery_migration_allowed = true;
    hello.auth.recovery_scope = HF_LIT("rs");
    hf_buf_init(&out, ROOM);
    hf_hello_write(&out, &hello);
    struct hf_bytes root = hf_json_root(hf_buf_view(&out));
    CHECK_EQ(hf_json_check(root, 4, NULL), 0);
    CHECK_TEXT(hf_json_find(hf_json_find(root, "server"), "bootId"), "\"boot\"");
    struct hf_bytes snapshot = hf_json_find(root, "snapshot");
    CHECK_TEXT(hf_json_find(snapshot, "sessionDefaults"), "{\"mainKey\":\"main\"}");
    CHECK_TEXT(hf_json_find(snapshot, "suspension"), "{\"phase\":\"accepting\"}");
    CHECK_TEXT(hf_json_find(snapshot, "configPath"), "\"/c\"");
    CHECK_TEXT(hf_json_find(snapshot, "stateDir"), "\"/s\"");
    CHECK_TEXT(hf_json_find(snapshot, "authMode"), "\"token\"");
    CHECK_TEXT(hf_json_find(root, "auth"),
               "{\"method\":\"device-token\",\"deviceToken\":\"dt\",\"issuedAtMs\":5,"
               "\"recoveryMigrationAllowed\":true,\"recoveryScope\":\"rs\",\"role\":\"operator\","
               "\"scopes\":[\"operator.read\",\"operator.write\"]}");
    hf_buf_fini(&out);
}

/* A node gets its token without the word about recovery, as from the real gateway. */
static void what_is_not_allowed_is_not_mentioned(void)
{
    struct hf_hello hello = smallest();
    struct hf_buf out;
    hello.auth.device_token = HF_LIT("dt");
    hf_buf_init(&out, ROOM);
    hf_hello_write(&out, &hello);
    CHECK_TEXT(hf_json_find(hf_json_root(hf_buf_view(&out)), "auth"),
               "{\"deviceToken\":\"dt\",\"issuedAtMs\":0,\"role\":\"operator\",\"scopes\":[]}");
    hf_buf_fini(&out);
}

CHECK_MAIN(the_smallest_hello_has_what_is_required_and_no_more,
           what_depends_on_the_client_is_written_when_it_is_set,
           what_is_not_allowed_is_not_mentioned)
