#include "wire/json_rules.h"
#include "base/err.h"
#include "lib/check.h"
#include "lib/json_text.h"
#include "wire/json_read.h"

static const char *const colours[] = { "red", "green", NULL };
static const char *const thing[] = { "thing", NULL };
static const struct hf_json_rule string_item = { .type = HF_RULE_STRING };
static const struct hf_json_rule boolean_item = { .type = HF_RULE_BOOLEAN };

static const struct hf_json_rule leaf_rows[] = { { "n", HF_RULE_INTEGER, .is_required = true } };
static const struct hf_json_rules leaf = HF_JSON_RULES(leaf_rows);
static const struct hf_json_rule branch_rows[] = { { "leaf", HF_RULE_OBJECT, .members = &leaf } };
static const struct hf_json_rules branch = HF_JSON_RULES(branch_rows);
static const struct hf_json_rule branch_item = { .type = HF_RULE_OBJECT, .members = &branch };

static const struct hf_json_rule rows[] = {
    { .name = "any", .type = HF_RULE_ANY },
    { "string", HF_RULE_STRING, .min = 2, .max = 3 },
    { "hex", HF_RULE_HEX, .min = 4 },
    { "integer", HF_RULE_INTEGER, .min = -2, .max = 3 },
    { .name = "boolean", .type = HF_RULE_BOOLEAN },
    { .name = "true", .type = HF_RULE_TRUE },
    { .name = "open", .type = HF_RULE_OBJECT },
    { "map", HF_RULE_MAP, .item = &boolean_item },
    { "array", HF_RULE_ARRAY, .item = &string_item, .max = 2, .is_unique = true },
    { "enum", HF_RULE_ENUM, .allowed = colours },
    { "oneOf", HF_RULE_ONE_OF, .allowed = colours },
    { "const", HF_RULE_CONST, .allowed = thing },
    { "branches", HF_RULE_ARRAY, .item = &branch_item },
};
static const struct hf_json_rules rules = HF_JSON_RULES(rows);

static int check(struct hf_buf *json, struct hf_buf *why, const char *with_ticks)
{
    hf_buf_reset(why, SIZE_MAX);
    struct hf_bytes value = json_text(json, with_ticks);
    CHECK_EQ(hf_json_check(value, HF_JSON_DEPTH_MAX, NULL), 0);
    return hf_json_rules_check(&rules, value, NULL, &(struct hf_json_report){ "a", "b", why });
}

static void each_rule_holds_on_both_sides_of_its_bounds(void)
{
    static const struct {
        const char *json, *want; /* "" fits */
    } cases[] = {
        { "{}", "" },
        { "[]", "must be object" },
        { "{'any':[{'x':null}]}", "" },
        { "{'string':'a'}", "at /string: must not have fewer than 2 characters" },
        { "{'string':'ab'}", "" },
        { "{'string':'\xC3\xA9\xC3\xA9\xF0\x9F\x98\x80'}", "" },
        { "{'string':'\\u00e9\\ud83d\\ude00x'}", "" },
        { "{'string':'abcd'}", "at /string: must not have more than 3 characters" },
        { "{'string':null}", "at /string: must be string" },
        { "{'hex':'0a9f'}", "" },
        { "{'hex':'0A9f'}", "at /hex: must match pattern \"^[a-f0-9]{4}$\"" },
        { "{'hex':'0a9'}", "at /hex: must not have fewer than 4 characters; "
                           "at /hex: must match pattern \"^[a-f0-9]{4}$\"" },
        { "{'hex':'0a9f0'}", "at /hex: must not have more than 4 characters; "
                             "at /hex: must match pattern \"^[a-f0-9]{4}$\"" },
        { "{'hex':4}", "at /hex: must be string" },
        { "{'integer':-3}", "at /integer: must be >= -2" },
        { "{'integer':-2}", "" },
        { "{'integer':3}", "" },
        { "{'integer':3.0}", "" },
        { "{'integer':4}", "at /integer: must be <= 3" },
        { "{'integer':2.5}", "at /integer: must be integer" },
        { "{'integer':99999999999999999999}", "at /integer: must be <= 3" },
        { "{'boolean':false}", "" },
        { "{'boolean':0}", "at /boolean: must be boolean" },
        { "{'true':true}", "" },
        { "{'true':false}", "at /true: must be equal to constant" },
        { "{'true':'true'}", "at /true: must be boolean; at /true: must be equal to constant" },
        { "{'open':{'x':1}}", "" },
        { "{'open':[]}", "at /open: must be object" },
        { "{'map':{}}", "" },
        { "{'map':{'x':true,'y':false}}", "" },
        { "{'map':{'x':true,'\\u00e9':1}}", "at /map/\xC3\xA9: must be boolean" },
        { "{'map':[]}", "at /map: must be object" },
        { "{'array':['a','b']}", "" },
        { "{'array':['a','a']}", "at /array: must not have duplicate items" },
        { "{'array':['a','\\u0061']}", "at /array: must not have duplicate items" },
        { "{'array':['a','b','c']}", "at /array: must not have more than 2 items" },
        { "{'array':['a','b','a']}", "at /array: must not have more than 2 items" },
        { "{'array':['a',1]}", "at /array/1: must be string" },
        { "{'array':{}}", "at /array: must be array" },
        { "{'enum':'green'}", "" },
        { "{'enum':'Green'}", "at /enum: must be equal to one of the allowed values" },
        { "{'oneOf':'\\u0072ed'}", "" },
        { "{'oneOf':'x'}", "at /oneOf: must be equal to constant; "
                           "at /oneOf: must match a schema in anyOf" },
        { "{'const':'thing'}", "" },
        { "{'const':'x'}", "at /const: must be equal to constant" },
        { "{'const':1}", "at /const: must be string; at /const: must be equal to constant" },
        { "{'branches':[{},{'leaf':{'n':1}}]}", "" },
        { "{'branches':[{},{'leaf':{'n':'1'}}]}", "at /branches/1/leaf/n: must be integer" },
        { "{'branches':[{},{'leaf':{}}]}", "at /branches/1/leaf: must have required property 'n'" },
        { "{'branches':[{'x':1}]}", "at /branches/0: unexpected property 'x'" },
        { "{'\\u0073tring':'a'}", "at /string: must not have fewer than 2 characters" },
        { "{'x\\ny':1}", "at root: unexpected property 'x\ny'" },
    };
    struct hf_buf json, why;
    hf_buf_init(&json, 4096);
    hf_buf_init(&why, 4096);
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        bool fits = cases[i].want[0] == 0;
        CHECK_EQ_AT(i, check(&json, &why, cases[i].json), fits ? 0 : HF_ERR_TYPE);
        CHECK_TEXT_AT(i, hf_bytes_head(hf_buf_view(&why), 13), fits ? "" : "invalid a b: ");
        CHECK_TEXT_AT(i, hf_bytes_from(hf_buf_view(&why), 13), cases[i].want);
    }
    hf_buf_fini(&json);
    hf_buf_fini(&why);
}

static void eight_findings_are_said_and_the_ninth_is_not(void)
{
    struct hf_buf json, why;
    hf_buf_init(&json, 4096);
    hf_buf_init(&why, 4096);
    CHECK_EQ(check(&json, &why, "{'map':{'1':0,'2':0,'3':0,'4':0,'5':0,'6':0,'7':0,'8':0}}"),
             HF_ERR_TYPE);
    struct hf_bytes eight = hf_buf_view(&why);
    CHECK(hf_bytes_ends(eight, HF_LIT("; at /map/8: must be boolean")));
    CHECK_EQ(check(&json, &why, "{'map':{'1':0,'2':0,'3':0,'4':0,'5':0,'6':0,'7':0,'8':0,'9':0}}"),
             HF_ERR_TYPE);
    CHECK(hf_bytes_ends(hf_buf_view(&why), HF_LIT("; at /map/8: must be boolean")));
    hf_buf_fini(&json);
    hf_buf_fini(&why);
}

static void members_at_hand_are_judged_as_the_object_is(void)
{
    static const struct hf_json_member members[] = {
        { HF_LIT_INIT("\"string\""), HF_LIT_INIT("1") },
        { HF_LIT_INIT("\"zeta\""), HF_LIT_INIT("2") },
        { HF_LIT_INIT("\"string\""), HF_LIT_INIT("\"ab\"") },
    };
    struct hf_bytes values[HF_COUNT(rows)];
    struct hf_buf why;
    hf_buf_init(&why, 4096);
    struct hf_json_report report = { "a", "b", &why };
    CHECK_EQ(hf_json_rules_check_members(&rules, members, HF_COUNT(members), values, &report),
             HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&why), "invalid a b: at root: unexpected property 'zeta'");
    CHECK_TEXT(values[1], "\"ab\"");
    CHECK_EQ(hf_json_rules_check_members(&rules, members, 0, NULL, &report), 0);
    hf_buf_fini(&why);
}

static void a_finding_of_the_callers_own_is_said_like_the_others(void)
{
    struct hf_buf why;
    hf_buf_init(&why, 4096);
    CHECK_EQ(hf_json_rules_refuse(&(struct hf_json_report){ "a", "b", &why }, "too much"),
             HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&why), "invalid a b: too much");
    hf_buf_fini(&why);
}

static void rows_are_found_by_the_text_of_a_key(void)
{
    CHECK_EQ(hf_json_rules_find(&rules, HF_LIT("\"any\"")), 0);
    CHECK_EQ(hf_json_rules_find(&rules, HF_LIT("\"\\u0061ny\"")), 0);
    CHECK_EQ(hf_json_rules_find(&rules, HF_LIT("\"an\"")), HF_COUNT(rows));
    CHECK_EQ(hf_json_rules_find(&rules, HF_LIT("\"\"")), HF_COUNT(rows));
}

CHECK_MAIN(each_rule_holds_on_both_sides_of_its_bounds,
           eight_findings_are_said_and_the_ninth_is_not,
           members_at_hand_are_judged_as_the_object_is,
           a_finding_of_the_callers_own_is_said_like_the_others,
           rows_are_found_by_the_text_of_a_key)
