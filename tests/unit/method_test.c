#include "core/method.h"
#include "lib/check.h"

static void the_table_is_sorted_and_has_no_name_twice(void)
{
    for (size_t i = 1; i < hf_method_count(); i++)
        CHECK_AT(i, hf_bytes_compare(hf_method_name(i - 1), hf_method_name(i)) < 0);
}

static void every_name_of_the_table_is_found(void)
{
    for (size_t i = 0; i < hf_method_count(); i++)
        CHECK_AT(i, hf_method_rule(hf_method_name(i)).kind != HF_METHOD_UNKNOWN);
}

/* The published table has 410 names; diagnostics.connections is ours. */
static void each_scope_has_as_many_methods_as_published(void)
{
    static const struct {
        enum hf_method_kind kind;
        enum hf_scope scope;
        size_t want;
    } rows[] = {
        { HF_METHOD_SCOPED, HF_SCOPE_ADMIN, 121 },  { HF_METHOD_SCOPED, HF_SCOPE_READ, 134 },
        { HF_METHOD_SCOPED, HF_SCOPE_WRITE, 83 },   { HF_METHOD_SCOPED, HF_SCOPE_APPROVALS, 16 },
        { HF_METHOD_SCOPED, HF_SCOPE_PAIRING, 14 }, { HF_METHOD_SCOPED, HF_SCOPE_QUESTIONS, 5 },
        { HF_METHOD_SCOPED, HF_SCOPE_TALK, 14 },    { HF_METHOD_OPEN, HF_SCOPE_NONE, 1 },
        { HF_METHOD_NODE, HF_SCOPE_NONE, 11 },      { HF_METHOD_DYNAMIC, HF_SCOPE_ADMIN, 12 },
    };
    size_t total = 0;
    for (size_t row = 0; row < HF_COUNT(rows); row++) {
        size_t count = 0;
        for (size_t i = 0; i < hf_method_count(); i++) {
            struct hf_method_rule rule = hf_method_rule(hf_method_name(i));
            count += rule.kind == rows[row].kind && rule.scope == rows[row].scope;
        }
        CHECK_EQ_AT(row, count, rows[row].want);
        total += count;
    }
    CHECK_EQ(total, 411);
    CHECK_EQ(hf_method_count(), total);
}

enum {
    ADMIN = 1 << HF_SCOPE_ADMIN,
    READ = 1 << HF_SCOPE_READ,
    WRITE = 1 << HF_SCOPE_WRITE,
    PAIRING = 1 << HF_SCOPE_PAIRING,
};

static void a_call_needs_its_scope_or_its_role_and_fails_closed(void)
{
    static const struct {
        const char *method;
        enum hf_role role;
        hf_scopes held;
        enum hf_method_verdict want;
        enum hf_scope missing;
    } rows[] = {
        { "status", HF_ROLE_OPERATOR, READ, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "status", HF_ROLE_OPERATOR, WRITE, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "status", HF_ROLE_OPERATOR, PAIRING, HF_METHOD_MISSING_SCOPE, HF_SCOPE_READ },
        { "status", HF_ROLE_OPERATOR, 0, HF_METHOD_MISSING_SCOPE, HF_SCOPE_READ },
        { "chat.send", HF_ROLE_OPERATOR, READ, HF_METHOD_MISSING_SCOPE, HF_SCOPE_WRITE },
        { "config.set", HF_ROLE_OPERATOR, WRITE, HF_METHOD_MISSING_SCOPE, HF_SCOPE_ADMIN },
        { "config.set", HF_ROLE_OPERATOR, ADMIN, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "device.pair.list", HF_ROLE_OPERATOR, PAIRING, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "device.pair.list", HF_ROLE_OPERATOR, READ, HF_METHOD_MISSING_SCOPE, HF_SCOPE_PAIRING },
        { "diagnostics.connections", HF_ROLE_OPERATOR, WRITE, HF_METHOD_MISSING_SCOPE,
          HF_SCOPE_ADMIN },
        /* health is answered whatever the scopes are */
        { "health", HF_ROLE_OPERATOR, 0, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "health", HF_ROLE_NODE, 0, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        /* names that are not in the table, and those decided from parameters */
        { "no.such.method", HF_ROLE_OPERATOR, WRITE, HF_METHOD_MISSING_SCOPE, HF_SCOPE_ADMIN },
        { "no.such.method", HF_ROLE_OPERATOR, ADMIN, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "sessions.patch", HF_ROLE_OPERATOR, WRITE, HF_METHOD_MISSING_SCOPE, HF_SCOPE_ADMIN },
        { "statu", HF_ROLE_OPERATOR, READ, HF_METHOD_MISSING_SCOPE, HF_SCOPE_ADMIN },
        { "status2", HF_ROLE_OPERATOR, READ, HF_METHOD_MISSING_SCOPE, HF_SCOPE_ADMIN },
        { "", HF_ROLE_OPERATOR, READ, HF_METHOD_MISSING_SCOPE, HF_SCOPE_ADMIN },
        /* roles */
        { "node.event", HF_ROLE_NODE, 0, HF_METHOD_ALLOWED, HF_SCOPE_NONE },
        { "node.event", HF_ROLE_OPERATOR, ADMIN, HF_METHOD_WRONG_ROLE, HF_SCOPE_NONE },
        { "status", HF_ROLE_NODE, 0, HF_METHOD_WRONG_ROLE, HF_SCOPE_NONE },
        { "status", HF_ROLE_NODE, ADMIN, HF_METHOD_WRONG_ROLE, HF_SCOPE_NONE },
        { "no.such.method", HF_ROLE_NODE, ADMIN, HF_METHOD_WRONG_ROLE, HF_SCOPE_NONE },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        enum hf_scope missing = HF_SCOPE_NONE;
        CHECK_EQ_AT(
            i, hf_method_check(hf_bytes_cstr(rows[i].method), rows[i].role, rows[i].held, &missing),
            rows[i].want);
        CHECK_EQ_AT(i, missing, rows[i].missing);
    }
}

CHECK_MAIN(the_table_is_sorted_and_has_no_name_twice, every_name_of_the_table_is_found,
           each_scope_has_as_many_methods_as_published,
           a_call_needs_its_scope_or_its_role_and_fails_closed)
