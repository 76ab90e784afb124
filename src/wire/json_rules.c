#include "wire/json_rules.h"
#include "base/assert.h"
#include "base/err.h"
#include "wire/json_read.h"

/* Where a value stands: the chain of members and indexes up to the root (NULL). */
struct place {
    const struct place *parent;
    struct hf_bytes key; /* JSON string; empty for an element */
    const char *name;    /* a row's member; wins over key */
    size_t index;
};

struct checker {
    const struct hf_json_report *report;
    struct hf_buf *why; /* the report's */
    size_t count;       /* findings, repeated ones too */
};

static const char must_be_string[] = "must be string";
static const char must_be_boolean[] = "must be boolean";
static const char must_be_object[] = "must be object";
static const char must_be_constant[] = "must be equal to constant";
static const char must_match_any[] = "must match a schema in anyOf";

static void check_value(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                        const struct place *place);

/* --- telling --- */

static void write_place(struct hf_buf *why, const struct place *place)
{
    if (!place) return;
    write_place(why, place->parent);
    hf_buf_add_byte(why, '/');
    if (place->name)
        hf_buf_add(why, hf_bytes_cstr(place->name));
    else if (place->key.len > 0)
        hf_json_text(place->key, why);
    else
        hf_buf_add_u64(why, place->index);
}

static void start_report(const struct hf_json_report *report)
{
    HF_BUF_LIT(report->why, "invalid ");
    hf_buf_add(report->why, hf_bytes_cstr(report->subject));
    hf_buf_add_byte(report->why, ' ');
    hf_buf_add(report->why, hf_bytes_cstr(report->part));
    HF_BUF_LIT(report->why, ": ");
}

/* Begins a finding: false when there are enough. */
static bool start_finding(struct checker *c, const struct place *place)
{
    if (c->count >= HF_RULE_FAULTS_MAX) return false;
    if (c->count == 0)
        start_report(c->report);
    else
        HF_BUF_LIT(c->why, "; ");
    c->count++;
    if (!place) return true;
    HF_BUF_LIT(c->why, "at ");
    write_place(c->why, place);
    HF_BUF_LIT(c->why, ": ");
    return true;
}

static void say(struct checker *c, const struct place *place, const char *text)
{
    if (start_finding(c, place)) hf_buf_add(c->why, hf_bytes_cstr(text));
}

/* A finding with a number in its text. */
static void say_bound(struct checker *c, const struct place *place, const char *before,
                      int64_t number, const char *behind)
{
    if (!start_finding(c, place)) return;
    hf_buf_add(c->why, hf_bytes_cstr(before));
    hf_buf_add_i64(c->why, number);
    hf_buf_add(c->why, hf_bytes_cstr(behind));
}

static void say_missing(struct checker *c, const struct place *place, const char *name)
{
    if (!start_finding(c, place)) return;
    HF_BUF_LIT(c->why, "must have required property '");
    hf_buf_add(c->why, hf_bytes_cstr(name));
    hf_buf_add_byte(c->why, '\'');
}

static void say_unknown(struct checker *c, const struct place *place, struct hf_bytes key)
{
    if (!start_finding(c, place)) return;
    if (!place) HF_BUF_LIT(c->why, "at root: ");
    HF_BUF_LIT(c->why, "unexpected property '");
    hf_json_text(key, c->why);
    hf_buf_add_byte(c->why, '\'');
}

/* --- objects --- */

size_t hf_json_rules_find(const struct hf_json_rules *rules, struct hf_bytes key)
{
    struct hf_bytes plain;
    bool is_plain = hf_json_get_plain(key, &plain);
    for (size_t i = 0; i < rules->count; i++) {
        struct hf_bytes name = hf_bytes_cstr(rules->rows[i].name);
        if (is_plain ? hf_bytes_same(plain, name) : hf_json_is(key, name)) return i;
    }
    return rules->count;
}

static bool is_blank(struct hf_bytes key)
{
    struct hf_bytes plain;
    return hf_json_get_plain(key, &plain) && hf_bytes_trim(plain).len == 0;
}

/* The members of an object by row, and the key of one without a row: the first whose name
 * can be read, else any, else empty. */
struct sorted {
    struct hf_bytes *values;
    struct hf_bytes unknown;
};

static void sort_start(const struct hf_json_rules *rules, struct sorted *s, struct hf_bytes *values)
{
    HF_ASSERT(rules->count <= HF_RULE_ROWS_MAX);
    *s = (struct sorted){ .values = values };
    for (size_t i = 0; i < rules->count; i++) values[i] = HF_EMPTY;
}

static void sort_member(const struct hf_json_rules *rules, struct sorted *s,
                        const struct hf_json_member *member)
{
    size_t row = hf_json_rules_find(rules, member->key);
    if (row < rules->count)
        s->values[row] = member->value;
    else if (s->unknown.len == 0 || is_blank(s->unknown))
        s->unknown = member->key;
}

static void sort_object(const struct hf_json_rules *rules, struct sorted *s, struct hf_bytes object)
{
    struct hf_json_iter it = hf_json_iter(object);
    struct hf_json_member member;
    while (hf_json_next_member(&it, &member)) sort_member(rules, s, &member);
}

static void check_sorted(struct checker *c, const struct hf_json_rules *rules,
                         const struct sorted *s, const struct place *place)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rows[i].is_required && s->values[i].len == 0) {
            say_missing(c, place, rules->rows[i].name);
            break;
        }
    if (s->unknown.len > 0 && is_blank(s->unknown))
        say(c, place, "must not have additional properties");
    else if (s->unknown.len > 0)
        say_unknown(c, place, s->unknown);
    for (size_t i = 0; i < rules->count; i++) {
        struct place member = { .parent = place, .name = rules->rows[i].name };
        if (s->values[i].len > 0) check_value(c, &rules->rows[i], s->values[i], &member);
    }
}

static void check_inner(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                        const struct place *place)
{
    struct hf_bytes values[HF_RULE_ROWS_MAX];
    if (hf_json_kind(value) != HF_JSON_OBJECT) {
        say(c, place, must_be_object);
        if (rule->or_any_of) say(c, place, must_match_any);
        return;
    }
    if (!rule->members) return;
    struct sorted s;
    sort_start(rule->members, &s, values);
    sort_object(rule->members, &s, value);
    check_sorted(c, rule->members, &s, place);
}

static void check_map(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                      const struct place *place)
{
    if (hf_json_kind(value) != HF_JSON_OBJECT) {
        say(c, place, must_be_object);
        return;
    }
    struct hf_json_iter it = hf_json_iter(value);
    struct hf_json_member member;
    while (hf_json_next_member(&it, &member)) {
        struct place inner = { .parent = place, .key = member.key };
        check_value(c, rule->item, member.value, &inner);
    }
}

/* --- arrays --- */

static bool same_strings(struct hf_bytes a, struct hf_bytes b)
{
    struct hf_bytes plain;
    if (hf_json_get_plain(a, &plain)) return hf_json_is(b, plain);
    if (hf_json_get_plain(b, &plain)) return hf_json_is(a, plain);
    return hf_bytes_same(a, b);
}

/* Looks at the first rule->max elements only: more are refused anyway. */
static bool has_twins(const struct hf_json_rule *rule, struct hf_bytes array)
{
    struct hf_json_iter it = hf_json_iter(array);
    struct hf_bytes one, other;
    for (int64_t i = 0; i < rule->max && hf_json_next(&it, &one); i++) {
        struct hf_json_iter rest = it;
        for (int64_t k = i + 1; k < rule->max && hf_json_next(&rest, &other); k++)
            if (same_strings(one, other)) return true;
    }
    return false;
}

static void check_array(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                        const struct place *place)
{
    if (hf_json_kind(value) != HF_JSON_ARRAY) {
        say(c, place, "must be array");
        return;
    }
    if (rule->max > 0 && hf_json_count(value) > (size_t)rule->max)
        say_bound(c, place, "must not have more than ", rule->max, " items");
    if (rule->is_unique && has_twins(rule, value)) say(c, place, "must not have duplicate items");
    struct hf_json_iter it = hf_json_iter(value);
    struct hf_bytes element;
    for (size_t i = 0; hf_json_next(&it, &element); i++) {
        struct place inner = { .parent = place, .index = i };
        check_value(c, rule->item, element, &inner);
    }
}

/* --- scalars --- */

static void check_string(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                         const struct place *place)
{
    if (hf_json_kind(value) != HF_JSON_STRING) {
        say(c, place, must_be_string);
        return;
    }
    if (rule->min == 0 && rule->max == 0) return;
    int64_t chars = (int64_t)hf_json_chars(value);
    int64_t max = rule->type == HF_RULE_HEX ? rule->min : rule->max;
    if (chars < rule->min)
        say_bound(c, place, "must not have fewer than ", rule->min, " characters");
    if (max > 0 && chars > max) say_bound(c, place, "must not have more than ", max, " characters");
}

static bool is_lower_hex(struct hf_bytes value, int64_t digits)
{
    struct hf_bytes text;
    if (!hf_json_get_plain(value, &text) || text.len != (size_t)digits) return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return true;
}

static void check_hex(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                      const struct place *place)
{
    check_string(c, rule, value, place);
    if (hf_json_kind(value) == HF_JSON_STRING && !is_lower_hex(value, rule->min))
        say_bound(c, place, "must match pattern \"^[a-f0-9]{", rule->min, "}$\"");
}

static void check_integer(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                          const struct place *place)
{
    int64_t number;
    if (hf_json_get_whole(value, &number) != 0)
        say(c, place, "must be integer");
    else if (number < rule->min)
        say_bound(c, place, "must be >= ", rule->min, "");
    else if (rule->max > 0 && number > rule->max)
        say_bound(c, place, "must be <= ", rule->max, "");
}

static void check_boolean(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                          const struct place *place)
{
    bool is_true = false;
    if (hf_json_get_bool(value, &is_true) != 0) say(c, place, must_be_boolean);
    if (rule->type == HF_RULE_TRUE && !is_true) say(c, place, must_be_constant);
}

static bool is_allowed(const struct hf_json_rule *rule, struct hf_bytes value)
{
    if (rule->or_boolean && hf_json_kind(value) == HF_JSON_BOOL) return true;
    for (size_t i = 0; rule->allowed[i]; i++)
        if (hf_json_is(value, hf_bytes_cstr(rule->allowed[i]))) return true;
    return false;
}

/* What each alternative of its own has to say, then that none fits.  What is said again is
 * counted only. */
static void say_no_alternative(struct checker *c, const struct hf_json_rule *rule,
                               struct hf_bytes value, const struct place *place)
{
    bool is_string = hf_json_kind(value) == HF_JSON_STRING;
    if (rule->or_boolean) say(c, place, must_be_boolean);
    if (!is_string) say(c, place, must_be_string);
    say(c, place, must_be_constant);
    for (size_t i = 1; rule->allowed[i]; i++) c->count += is_string ? 1 : 2;
    if (rule->type == HF_RULE_ONE_OF) say(c, place, must_match_any);
}

static void check_value(struct checker *c, const struct hf_json_rule *rule, struct hf_bytes value,
                        const struct place *place)
{
    switch (rule->type) {
    case HF_RULE_ANY:
        return;
    case HF_RULE_STRING:
        check_string(c, rule, value, place);
        return;
    case HF_RULE_HEX:
        check_hex(c, rule, value, place);
        return;
    case HF_RULE_INTEGER:
        check_integer(c, rule, value, place);
        return;
    case HF_RULE_BOOLEAN:
    case HF_RULE_TRUE:
        check_boolean(c, rule, value, place);
        return;
    case HF_RULE_OBJECT:
        check_inner(c, rule, value, place);
        return;
    case HF_RULE_MAP:
        check_map(c, rule, value, place);
        return;
    case HF_RULE_ARRAY:
        check_array(c, rule, value, place);
        return;
    case HF_RULE_ENUM:
        if (!is_allowed(rule, value)) say(c, place, "must be equal to one of the allowed values");
        return;
    case HF_RULE_CONST:
    case HF_RULE_ONE_OF:
        if (!is_allowed(rule, value)) say_no_alternative(c, rule, value, place);
        return;
    }
    HF_UNREACHABLE();
}

static int verdict(const struct checker *c)
{
    if (c->count == 0) return 0;
    return hf_buf_done(c->why) != 0 ? hf_buf_done(c->why) : HF_ERR_TYPE;
}

int hf_json_rules_check(const struct hf_json_rules *rules, struct hf_bytes value,
                        struct hf_bytes *values, const struct hf_json_report *report)
{
    struct hf_bytes own[HF_RULE_ROWS_MAX];
    struct checker c = { .report = report, .why = report->why };
    struct sorted s;
    if (hf_json_kind(value) != HF_JSON_OBJECT) {
        say(&c, NULL, must_be_object);
        return verdict(&c);
    }
    sort_start(rules, &s, values ? values : own);
    sort_object(rules, &s, value);
    check_sorted(&c, rules, &s, NULL);
    return verdict(&c);
}

int hf_json_rules_check_members(const struct hf_json_rules *rules,
                                const struct hf_json_member *members, size_t count,
                                struct hf_bytes *values, const struct hf_json_report *report)
{
    struct hf_bytes own[HF_RULE_ROWS_MAX];
    struct checker c = { .report = report, .why = report->why };
    struct sorted s;
    sort_start(rules, &s, values ? values : own);
    for (size_t i = 0; i < count; i++) sort_member(rules, &s, &members[i]);
    check_sorted(&c, rules, &s, NULL);
    return verdict(&c);
}

int hf_json_rules_refuse(const struct hf_json_report *report, const char *finding)
{
    struct checker c = { .report = report, .why = report->why };
    say(&c, NULL, finding);
    return verdict(&c);
}
