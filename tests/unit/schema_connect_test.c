#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"
#include "lib/json_text.h"
#include "wire/json_read.h"
#include "wire/schema/connect.h"

#include <stdio.h>

#define VERSIONS "'minProtocol':4,'maxProtocol':4"
#define CLIENT_MEMBERS "'id':'cli','version':'1','platform':'linux','mode':'cli'"
#define CLIENT "'client':{" CLIENT_MEMBERS "}"
#define DEVICE_MEMBERS "'id':'d','publicKey':'k','signature':'s','signedAt':1,'nonce':'n'"
#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT " must not have fewer than 1 characters"

struct fixture {
    struct hf_buf json, scratch, why;
    struct hf_connect connect;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    hf_buf_init(&f->json, 1 << 20);
    hf_buf_init(&f->scratch, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&f->why, HF_LIMIT_PREAUTH_FRAME_BYTES);
}

static void teardown(struct fixture *f)
{
    hf_buf_fini(&f->json);
    hf_buf_fini(&f->scratch);
    hf_buf_fini(&f->why);
}

static int read_bytes(struct fixture *f, struct hf_bytes json)
{
    CHECK_EQ(hf_json_check(json, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL), 0);
    hf_buf_reset(&f->why, SIZE_MAX);
    hf_buf_reset(&f->scratch, SIZE_MAX);
    return hf_connect_read(json, &f->scratch, &f->why, &f->connect);
}

static int read(struct fixture *f, const char *with_ticks)
{
    return read_bytes(f, json_text(&f->json, with_ticks));
}

/* Members are added behind good ones of the same place; of two the last counts. */
enum place { WHOLE, IN_ROOT, IN_CLIENT, IN_DEVICE };

static int read_at(struct fixture *f, enum place place, const char *members)
{
    static const char *const before[] = {
        [WHOLE] = "",
        [IN_ROOT] = "{" VERSIONS "," CLIENT ",",
        [IN_CLIENT] = "{" VERSIONS ",'client':{" CLIENT_MEMBERS ",",
        [IN_DEVICE] = "{" VERSIONS "," CLIENT ",'device':{" DEVICE_MEMBERS ",",
    };
    static const char *const behind[] = { "", "}", "}}", "}}" };
    struct hf_buf text;
    hf_buf_init(&text, 1 << 20);
    hf_buf_addf(&text, "%s%s%s", before[place], members, behind[place]);
    hf_buf_add_byte(&text, 0);
    int err = read(f, (const char *)text.ptr);
    hf_buf_fini(&text);
    return err;
}

/* Recorded from the real gateway (release 2026.9.6) on a live socket. */
static const struct {
    enum place place;
    const char *members, *want;
} recorded[] = {
    { WHOLE, "null", "must be object" },
    { WHOLE, "[]", "must be object" },
    { WHOLE, "'x'", "must be object" },
    { WHOLE, "{}", "must have required property 'minProtocol'" },
    { WHOLE, "{'maxProtocol':4," CLIENT "}", "must have required property 'minProtocol'" },
    { WHOLE, "{'minProtocol':4," CLIENT "}", "must have required property 'maxProtocol'" },
    { WHOLE, "{" VERSIONS "}", "must have required property 'client'" },
    { IN_ROOT, "'minProtocol':0", "at /minProtocol: must be >= 1" },
    { IN_ROOT, "'minProtocol':-1", "at /minProtocol: must be >= 1" },
    { IN_ROOT, "'minProtocol':4.5", "at /minProtocol: must be integer" },
    { IN_ROOT, "'minProtocol':'4'", "at /minProtocol: must be integer" },
    { IN_ROOT, "'minProtocol':null", "at /minProtocol: must be integer" },
    { IN_ROOT, "'maxProtocol':0", "at /maxProtocol: must be >= 1" },
    { IN_ROOT, "'client':'x'", "at /client: must be object" },
    { IN_ROOT, "'client':null", "at /client: must be object" },
    { IN_ROOT, "'client':[]", "at /client: must be object" },
    { IN_ROOT, "'client':{}", "at /client: must have required property 'id'" },
    { IN_ROOT, "'client':{'version':'1','platform':'l','mode':'cli'}",
      "at /client: must have required property 'id'" },
    { IN_ROOT, "'client':{'id':'cli','platform':'l','mode':'cli'}",
      "at /client: must have required property 'version'" },
    { IN_ROOT, "'client':{'id':'cli','version':'1','mode':'cli'}",
      "at /client: must have required property 'platform'" },
    { IN_ROOT, "'client':{'id':'cli','version':'1','platform':'l'}",
      "at /client: must have required property 'mode'" },
    { IN_CLIENT, "'id':'nope'", "at /client/id: must be equal to one of the allowed values" },
    { IN_CLIENT, "'id':4", "at /client/id: must be equal to one of the allowed values" },
    { IN_CLIENT, "'id':''", "at /client/id: must be equal to one of the allowed values" },
    { IN_CLIENT, "'mode':'nope'", "at /client/mode: must be equal to one of the allowed values" },
    { IN_CLIENT, "'version':''", "at /client/version:" SHORT },
    { IN_CLIENT, "'version':1", "at /client/version: must be string" },
    { IN_CLIENT, "'platform':''", "at /client/platform:" SHORT },
    { IN_CLIENT, "'platform':1", "at /client/platform: must be string" },
    { IN_CLIENT, "'bogus':1", "at /client: unexpected property 'bogus'" },
    { IN_CLIENT, "'bogus':1,'other':2", "at /client: unexpected property 'bogus'" },
    { IN_CLIENT, "'displayName':''", "at /client/displayName:" SHORT },
    { IN_CLIENT, "'displayName':1", "at /client/displayName: must be string" },
    { IN_CLIENT, "'deviceFamily':1", "at /client/deviceFamily: must be string" },
    { IN_CLIENT, "'instanceId':''", "at /client/instanceId:" SHORT },
    { IN_CLIENT, "'modelIdentifier':''", "at /client/modelIdentifier:" SHORT },
    { IN_CLIENT, "'buildId':''", "at /client/buildId:" SHORT },
    { IN_CLIENT, "'timeZone':''", "at /client/timeZone:" SHORT },
    { IN_CLIENT, "'timeZone':'" X60 X60 X60 X60 X60 "'",
      "at /client/timeZone: must not have more than 64 characters" },
    { IN_CLIENT, "'buildId':'" X60 X60 X60 X60 X60 "'",
      "at /client/buildId: must not have more than 96 characters" },
    { IN_ROOT, "'role':1", "at /role: must be string" },
    { IN_ROOT, "'role':''", "at /role:" SHORT },
    { IN_ROOT, "'role':null", "at /role: must be string" },
    { IN_ROOT, "'scopes':'operator.read'", "at /scopes: must be array" },
    { IN_ROOT, "'scopes':null", "at /scopes: must be array" },
    { IN_ROOT, "'scopes':['operator.read',1]", "at /scopes/1: must be string" },
    { IN_ROOT, "'scopes':['']", "at /scopes/0:" SHORT },
    { IN_ROOT, "'scopes':{}", "at /scopes: must be array" },
    { IN_ROOT, "'caps':'x'", "at /caps: must be array" },
    { IN_ROOT, "'caps':['ok','']", "at /caps/1:" SHORT },
    { IN_ROOT, "'caps':[1]", "at /caps/0: must be string" },
    { IN_ROOT, "'commands':[1]", "at /commands/0: must be string" },
    { IN_ROOT, "'commands':['']", "at /commands/0:" SHORT },
    { IN_ROOT, "'commands':'x'", "at /commands: must be array" },
    { IN_ROOT, "'permissions':'x'", "at /permissions: must be object" },
    { IN_ROOT, "'permissions':[]", "at /permissions: must be object" },
    { IN_ROOT, "'permissions':{'a':1}", "at /permissions/a: must be boolean" },
    { IN_ROOT, "'workerRuns':1", "at /workerRuns: must be object" },
    { IN_ROOT, "'workerRuns':{}", "at /workerRuns: must have required property 'bundleHash'" },
    { IN_ROOT, "'workerRuns':{'bogus':1}",
      "at /workerRuns: must have required property 'bundleHash'; "
      "at /workerRuns: unexpected property 'bogus'" },
    { IN_ROOT, "'pathEnv':1", "at /pathEnv: must be string" },
    { IN_ROOT, "'locale':1", "at /locale: must be string" },
    { IN_ROOT, "'userAgent':1", "at /userAgent: must be string" },
    { IN_ROOT, "'auth':'x'", "at /auth: must be object" },
    { IN_ROOT, "'auth':null", "at /auth: must be object" },
    { IN_ROOT, "'auth':[]", "at /auth: must be object" },
    { IN_ROOT, "'auth':{'token':1}", "at /auth/token: must be string" },
    { IN_ROOT, "'auth':{'token':null}", "at /auth/token: must be string" },
    { IN_ROOT, "'auth':{'token':'t','bogus':1}", "at /auth: unexpected property 'bogus'" },
    { IN_ROOT, "'auth':{'password':1}", "at /auth/password: must be string" },
    { IN_ROOT, "'auth':{'deviceToken':1}", "at /auth/deviceToken: must be string" },
    { IN_ROOT, "'auth':{'bootstrapToken':1}", "at /auth/bootstrapToken: must be string" },
    { IN_ROOT, "'auth':{'approvalRuntimeToken':1}",
      "at /auth/approvalRuntimeToken: must be string" },
    { IN_ROOT, "'auth':{'agentRuntimeIdentityToken':1}",
      "at /auth/agentRuntimeIdentityToken: must be string" },
    { IN_ROOT, "'device':'x'", "at /device: must be object" },
    { IN_ROOT, "'device':{}", "at /device: must have required property 'id'" },
    { IN_ROOT, "'device':null", "at /device: must be object" },
    { IN_DEVICE, "'id':''", "at /device/id:" SHORT },
    { IN_ROOT, "'device':{'id':'d','signature':'s','signedAt':1,'nonce':'n'}",
      "at /device: must have required property 'publicKey'" },
    { IN_DEVICE, "'signature':''", "at /device/signature:" SHORT },
    { IN_ROOT, "'device':{'id':'d','publicKey':'k','signedAt':1,'nonce':'n'}",
      "at /device: must have required property 'signature'" },
    { IN_ROOT, "'device':{'id':'d','publicKey':'k','signature':'s','nonce':'n'}",
      "at /device: must have required property 'signedAt'" },
    { IN_DEVICE, "'signedAt':-1", "at /device/signedAt: must be >= 0" },
    { IN_DEVICE, "'signedAt':'1'", "at /device/signedAt: must be integer" },
    { IN_DEVICE, "'signedAt':1.5", "at /device/signedAt: must be integer" },
    { IN_ROOT, "'device':{'id':'d','publicKey':'k','signature':'s','signedAt':1}",
      "at /device: must have required property 'nonce'" },
    { IN_DEVICE, "'nonce':''", "at /device/nonce:" SHORT },
    { IN_DEVICE, "'bogus':1", "at /device: unexpected property 'bogus'" },
    { IN_ROOT, "'bogus':1", "at root: unexpected property 'bogus'" },
    { IN_ROOT, "'bogus':1,'alpha':2", "at root: unexpected property 'bogus'" },
    { IN_ROOT, "'modelCatalog':1",
      "at /modelCatalog: must be object; at /modelCatalog: must match a schema in anyOf" },
    { IN_CLIENT, "'id':'nope'},'bogus':1,'minProtocol':0,'auth':{",
      "at root: unexpected property 'bogus'; at /minProtocol: must be >= 1; "
      "at /client/id: must be equal to one of the allowed values" },
    { WHOLE, "{'minProtocol':4,'client':{" CLIENT_MEMBERS ",'id':'nope'}}",
      "must have required property 'maxProtocol'; "
      "at /client/id: must be equal to one of the allowed values" },
    { IN_ROOT, "'caps':[1,'']", "at /caps/0: must be string; at /caps/1:" SHORT },
    { WHOLE,
      "{'minProtocol':0,'maxProtocol':'x','client':{'id':'nope','mode':'nope'},'role':1,'bogus':1}",
      "at root: unexpected property 'bogus'; at /minProtocol: must be >= 1; "
      "at /maxProtocol: must be integer; at /client: must have required property 'version'; "
      "at /client/id: must be equal to one of the allowed values; "
      "at /client/mode: must be equal to one of the allowed values; at /role: must be string" },
    /* From the published validator of the same release. */
    { IN_ROOT, "'':1", "must not have additional properties" },
    { IN_ROOT, "'':1,' ':1,'b':1", "at root: unexpected property 'b'" },
    { IN_CLIENT, "'':1", "at /client: must not have additional properties" },
    { IN_ROOT, "'permissions':{'a/b~c':1}", "at /permissions/a/b~c: must be boolean" },
    { IN_ROOT, "'permissions':{'':1}", "at /permissions/: must be boolean" },
    { IN_ROOT, "'minProtocol':1e400", "at /minProtocol: must be integer" },
    { IN_ROOT, "'minProtocol':0,'caps':[1,2,3,4,5,6,7,8,9]",
      "at /minProtocol: must be >= 1; at /caps/0: must be string; at /caps/1: must be string; "
      "at /caps/2: must be string; at /caps/3: must be string; at /caps/4: must be string; "
      "at /caps/5: must be string; at /caps/6: must be string" },
    { IN_ROOT,
      "'workerRuns':{'bundleHash':'A','openclawVersion':'','protocolFeatures':['a','a'],"
      "'bundlePrewarm':0}",
      "at /workerRuns/bundleHash: must not have fewer than 64 characters; "
      "at /workerRuns/bundleHash: must match pattern \"^[a-f0-9]{64}$\"; "
      "at /workerRuns/openclawVersion: must not have fewer than 1 characters; "
      "at /workerRuns/protocolFeatures: must not have duplicate items; "
      "at /workerRuns/bundlePrewarm: must be >= 1" },
    { IN_ROOT,
      "'workerRuns':{'bundleHash':'" HEX64 "a','openclawVersion':'" X60 X60 "xxxxxxxxx',"
      "'protocolFeatures':[],'bundlePrewarm':9007199254740992}",
      "at /workerRuns/bundleHash: must not have more than 64 characters; "
      "at /workerRuns/bundleHash: must match pattern \"^[a-f0-9]{64}$\"; "
      "at /workerRuns/openclawVersion: must not have more than 128 characters; "
      "at /workerRuns/bundlePrewarm: must be <= 9007199254740991" },
};

static void what_the_real_gateway_refuses_is_refused_in_its_words(void)
{
    struct fixture f;
    setup(&f);
    for (size_t i = 0; i < HF_COUNT(recorded); i++) {
        int err = read_at(&f, recorded[i].place, recorded[i].members);
        CHECK_EQ_AT(i, err, HF_ERR_TYPE);
        struct hf_bytes why = hf_buf_view(&f.why);
        CHECK_TEXT_AT(i, hf_bytes_head(why, 24), "invalid connect params: ");
        CHECK_TEXT_AT(i, hf_bytes_from(why, 24), recorded[i].want);
    }
    teardown(&f);
}

static void what_the_real_gateway_accepts_is_accepted(void)
{
    static const struct {
        enum place place;
        const char *members;
    } rows[] = {
        { IN_ROOT, "'minProtocol':5" },
        { IN_ROOT, "'minProtocol':4.0,'maxProtocol':4e0" },
        { IN_ROOT, "'minProtocol':1e300" },
        { IN_ROOT, "'role':'king'" },
        { IN_ROOT, "'permissions':{'':true}" },
        { IN_ROOT, "'computerUse':1" },
        { IN_ROOT, "'computerUse':{'bogus':1}" },
        { IN_ROOT, "'pathEnv':'','locale':'','userAgent':''" },
        { IN_ROOT, "'auth':{}" },
        { IN_ROOT, "'auth':{'token':''}" },
        { IN_ROOT, "'modelCatalog':{'sessionKey':'x'}" },
        { IN_CLIENT, "'timeZone':'Nowhere/None'" },
        { IN_CLIENT, "'timeZone':'" X60 "xxxx'" },
        { IN_CLIENT, "'buildId':'" X60 X10 X10 X10 "xxxxxx'" },
        { IN_DEVICE, "'signedAt':0" },
        { IN_ROOT, "'workerRuns':{'bundleHash':'" HEX64 "','openclawVersion':'" X60 X60 "xxxxxxxx',"
                   "'protocolFeatures':['a','b'],'bundlePrewarm':9007199254740991}" },
    };
    struct fixture f;
    setup(&f);
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, read_at(&f, rows[i].place, rows[i].members), 0);
    teardown(&f);
}

static void absent_params_are_no_object(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read_bytes(&f, HF_LIT("{}")), HF_ERR_TYPE);
    hf_buf_reset(&f.why, SIZE_MAX);
    CHECK_EQ(hf_connect_read(HF_EMPTY, &f.scratch, &f.why, &f.connect), HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&f.why), "invalid connect params: must be object");
    teardown(&f);
}

static void every_member_arrives_in_its_field(void)
{
    struct fixture f;
    struct hf_connect *c = &f.connect;
    setup(&f);
    CHECK_EQ(read(&f,
                  "{'minProtocol':3,'maxProtocol':5,"
                  "'client':{'id':'openclaw-control-ui','displayName':'dn','version':'v',"
                  "'buildId':'b','platform':'p','deviceFamily':'df','modelIdentifier':'mi',"
                  "'timeZone':'tz','mode':'webchat','instanceId':'ii'},"
                  "'caps':['tool-events','unheard-of'],'commands':['c'],'computerUse':{'x':1},"
                  "'permissions':{'a':true},'pathEnv':'/bin','role':'node',"
                  "'scopes':['operator.read','operator.nope','operator.read'],"
                  "'device':{'id':'i','publicKey':'k','signature':'s','signedAt':17,'nonce':'n'},"
                  "'auth':{'token':'t','bootstrapToken':'bt','deviceToken':'dt','password':'pw',"
                  "'approvalRuntimeToken':'ar','agentRuntimeIdentityToken':'ai'},"
                  "'locale':'en','userAgent':'ua'}"),
             0);
    CHECK_EQ(c->min_protocol, 3);
    CHECK_EQ(c->max_protocol, 5);
    CHECK_EQ(c->client.id, HF_CLIENT_ID_CONTROL_UI);
    CHECK_EQ(c->client.mode, HF_CLIENT_MODE_WEBCHAT);
    CHECK_TEXT(c->client.version, "v");
    CHECK_TEXT(c->client.platform, "p");
    CHECK_TEXT(c->client.display_name, "dn");
    CHECK_TEXT(c->client.build_id, "b");
    CHECK_TEXT(c->client.device_family, "df");
    CHECK_TEXT(c->client.model_identifier, "mi");
    CHECK_TEXT(c->client.time_zone, "tz");
    CHECK_TEXT(c->client.instance_id, "ii");
    CHECK(c->has_known_role);
    CHECK_EQ(c->role, HF_ROLE_NODE);
    CHECK_TEXT(c->role_name, "node");
    CHECK_EQ(c->scope_count, 3);
    CHECK_TEXT(c->scopes[1], "operator.nope");
    CHECK_EQ(c->scope_set, hf_scope_bit(HF_SCOPE_READ));
    CHECK_EQ(c->cap_count, 2);
    CHECK_TEXT(c->caps[1], "unheard-of");
    CHECK_EQ(c->cap_set, hf_cap_bit(HF_CAP_TOOL_EVENTS));
    CHECK(c->has_device);
    CHECK_TEXT(c->device.id, "i");
    CHECK_TEXT(c->device.public_key, "k");
    CHECK_TEXT(c->device.signature, "s");
    CHECK_TEXT(c->device.nonce, "n");
    CHECK_EQ(c->device.signed_at_ms, 17);
    CHECK(c->has_auth);
    CHECK_TEXT(c->auth.token, "t");
    CHECK_TEXT(c->auth.bootstrap_token, "bt");
    CHECK_TEXT(c->auth.device_token, "dt");
    CHECK_TEXT(c->auth.password, "pw");
    CHECK_TEXT(c->auth.approval_runtime_token, "ar");
    CHECK_TEXT(c->auth.agent_runtime_identity_token, "ai");
    CHECK_TEXT(c->path_env, "/bin");
    CHECK_TEXT(c->locale, "en");
    CHECK_TEXT(c->user_agent, "ua");
    CHECK_TEXT(c->commands, "[\"c\"]");
    CHECK_TEXT(c->permissions, "{\"a\":true}");
    CHECK_TEXT(c->computer_use, "{\"x\":1}");
    teardown(&f);
}

static void what_is_not_sent_has_its_default(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read(&f, "{" VERSIONS "," CLIENT "}"), 0);
    CHECK_TEXT(f.connect.role_name, "operator");
    CHECK_EQ(f.connect.role, HF_ROLE_OPERATOR);
    CHECK(f.connect.has_known_role);
    CHECK_EQ(f.connect.scope_count, 0);
    CHECK_EQ(f.connect.scope_set, 0);
    CHECK_EQ(f.connect.cap_count, 0);
    CHECK(!f.connect.has_device);
    CHECK(!f.connect.has_auth);
    CHECK_EQ(f.connect.auth.token.len, 0);
    CHECK_EQ(f.connect.client.display_name.len, 0);
    CHECK_EQ(f.scratch.cap, 0);
    CHECK_EQ(f.why.cap, 0);
    teardown(&f);
}

static void an_unknown_role_is_kept_as_it_was_said(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read_at(&f, IN_ROOT, "'role':'king'"), 0);
    CHECK(!f.connect.has_known_role);
    CHECK_TEXT(f.connect.role_name, "king");
    teardown(&f);
}

static void text_with_escapes_is_decoded_and_stays_in_place(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read(&f,
                  "{" VERSIONS ",'client':{'i\\u0064':'c\\u006ci','version':'\\u00e9','platform':"
                  "'a\\tb','mode':'cli','displayName':'\\ud83d\\ude00'},'role':'no\\u0064e',"
                  "'scopes':['operator.\\u0072ead'],'caps':['tool-event\\u0073'],"
                  "'auth':{'token':'se\\u0063ret'}}"),
             0);
    CHECK_EQ(f.connect.client.id, HF_CLIENT_ID_CLI);
    CHECK_TEXT(f.connect.client.version, "\xC3\xA9");
    CHECK_TEXT(f.connect.client.platform, "a\tb");
    CHECK_TEXT(f.connect.client.display_name, "\xF0\x9F\x98\x80");
    CHECK_EQ(f.connect.role, HF_ROLE_NODE);
    CHECK_EQ(f.connect.scope_set, hf_scope_bit(HF_SCOPE_READ));
    CHECK_EQ(f.connect.cap_set, hf_cap_bit(HF_CAP_TOOL_EVENTS));
    CHECK_TEXT(f.connect.auth.token, "secret");
    teardown(&f);
}

/* `count` times 'name' in a list. */
static int read_list(struct fixture *f, const char *member, size_t count)
{
    struct hf_buf members;
    hf_buf_init(&members, 1 << 20);
    hf_buf_addf(&members, "'%s':[", member);
    for (size_t i = 0; i < count; i++) hf_buf_addf(&members, "%s'n%zu'", i ? "," : "", i);
    hf_buf_addf(&members, "]");
    hf_buf_add_byte(&members, 0);
    int err = read_at(f, IN_ROOT, (const char *)members.ptr);
    hf_buf_fini(&members);
    return err;
}

static void scopes_and_capabilities_are_bounded(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read_list(&f, "scopes", HF_LIMIT_SCOPES), 0);
    CHECK_EQ(f.connect.scope_count, HF_LIMIT_SCOPES);
    CHECK_EQ(read_list(&f, "scopes", HF_LIMIT_SCOPES + 1), HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&f.why),
               "invalid connect params: at /scopes: must not have more than 32 items");
    CHECK_EQ(read_list(&f, "caps", HF_LIMIT_CAPS), 0);
    CHECK_EQ(f.connect.cap_count, HF_LIMIT_CAPS);
    CHECK_EQ(read_list(&f, "caps", HF_LIMIT_CAPS + 1), HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&f.why),
               "invalid connect params: at /caps: must not have more than 64 items");
    teardown(&f);
}

static void every_client_and_mode_has_its_name(void)
{
    struct fixture f;
    char members[100];
    setup(&f);
    for (int id = 0; id < HF_CLIENT_ID_COUNT; id++) {
        snprintf(members, sizeof members, "'id':'%s'", hf_client_id_name((enum hf_client_id)id));
        CHECK_EQ_AT(id, read_at(&f, IN_CLIENT, members), 0);
        CHECK_EQ_AT(id, f.connect.client.id, id);
    }
    for (int mode = 0; mode < HF_CLIENT_MODE_COUNT; mode++) {
        snprintf(members, sizeof members, "'mode':'%s'",
                 hf_client_mode_name((enum hf_client_mode)mode));
        CHECK_EQ_AT(mode, read_at(&f, IN_CLIENT, members), 0);
        CHECK_EQ_AT(mode, f.connect.client.mode, mode);
    }
#define NAME_ROW(id, name) name,
    static const char *const caps[] = { HF_CAPS(NAME_ROW) };
#undef NAME_ROW
    for (size_t cap = 0; cap < HF_CAP_COUNT; cap++) {
        enum hf_cap found;
        CHECK_AT(cap, hf_cap_find(hf_bytes_cstr(caps[cap]), &found));
        CHECK_EQ_AT(cap, found, cap);
    }
    teardown(&f);
}

static void a_buffer_that_is_full_is_not_the_peers_fault(void)
{
    struct fixture f;
    setup(&f);
    hf_buf_fini(&f.why);
    hf_buf_init(&f.why, 10);
    CHECK_EQ(read_at(&f, IN_ROOT, "'role':1"), HF_ERR_LIMIT);
    hf_buf_fini(&f.scratch);
    hf_buf_init(&f.scratch, 10);
    CHECK_EQ(read_at(&f, IN_ROOT, "'role':'n\\u006fde'"), HF_ERR_LIMIT);
    CHECK_EQ(read_at(&f, IN_ROOT, "'role':'node'"), 0);
    teardown(&f);
}

static void what_is_written_reads_back_the_same(void)
{
    static const char *const rows[] = {
        "{" VERSIONS "," CLIENT ",'caps':[],'role':'operator','scopes':[]}",
        "{'minProtocol':3,'maxProtocol':4,'client':{'id':'node-host','displayName':'d',"
        "'version':'v','buildId':'b','platform':'p','deviceFamily':'f','modelIdentifier':'m',"
        "'timeZone':'t','mode':'node','instanceId':'i'},'caps':['a','b'],'commands':['x'],"
        "'computerUse':[],'workerRuns':{'bundleHash':'" HEX64 "','openclawVersion':'1',"
        "'protocolFeatures':[]},'permissions':{'p':false},'pathEnv':'/bin','role':'node',"
        "'scopes':['operator.read','operator.read'],"
        "'device':{" DEVICE_MEMBERS "},'auth':{'token':'1','bootstrapToken':'2','deviceToken':'3',"
        "'password':'4','approvalRuntimeToken':'5','agentRuntimeIdentityToken':'6'},"
        "'locale':'en','userAgent':'ua'}",
    };
    struct fixture f;
    struct hf_buf out;
    setup(&f);
    hf_buf_init(&out, 1 << 16);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ_AT(i, read(&f, rows[i]), 0);
        hf_buf_reset(&out, 0);
        hf_connect_write(&out, &f.connect);
        CHECK_BYTES_AT(i, hf_buf_view(&out), hf_buf_view(&f.json));
    }
    hf_buf_fini(&out);
    teardown(&f);
}

CHECK_MAIN(what_the_real_gateway_refuses_is_refused_in_its_words,
           what_the_real_gateway_accepts_is_accepted, absent_params_are_no_object,
           every_member_arrives_in_its_field, what_is_not_sent_has_its_default,
           an_unknown_role_is_kept_as_it_was_said, text_with_escapes_is_decoded_and_stays_in_place,
           scopes_and_capabilities_are_bounded, every_client_and_mode_has_its_name,
           a_buffer_that_is_full_is_not_the_peers_fault, what_is_written_reads_back_the_same)
