#include "base/scope.h"
#include "lib/check.h"

static hf_scopes set_of(const char *const *names, size_t count)
{
    hf_scopes set = 0;
    uint32_t unknown = 0;
    for (size_t i = 0; i < count; i++) hf_scopes_add(&set, hf_bytes_cstr(names[i]), &unknown);
    return set;
}

static void every_name_is_found_again(void)
{
    for (size_t i = 0; i < HF_SCOPE_COUNT; i++) {
        enum hf_scope scope;
        CHECK_AT(i, hf_scope_find(hf_scope_name((enum hf_scope)i), &scope));
        CHECK_EQ_AT(i, scope, i);
    }
}

static void an_invented_name_is_dropped_and_counted(void)
{
    static const char *const invented[] = { "operator.everything", "operator.admi",
                                            "operator.admin ", "OPERATOR.ADMIN", "" };
    hf_scopes set = 0;
    uint32_t unknown = 0;
    hf_scopes_add(&set, HF_LIT("operator.read"), &unknown);
    for (size_t i = 0; i < HF_COUNT(invented); i++)
        hf_scopes_add(&set, hf_bytes_cstr(invented[i]), &unknown);
    CHECK_EQ(unknown, HF_COUNT(invented));
    CHECK_EQ(set, hf_scope_bit(HF_SCOPE_READ));
}

static void admin_satisfies_all_and_write_satisfies_read(void)
{
    static const struct {
        const char *held;
        enum hf_scope needed;
        bool want;
    } rows[] = {
        { "operator.admin", HF_SCOPE_ADMIN, true },
        { "operator.admin", HF_SCOPE_READ, true },
        { "operator.admin", HF_SCOPE_TALK_SECRETS, true },
        { "operator.write", HF_SCOPE_READ, true },
        { "operator.write", HF_SCOPE_WRITE, true },
        { "operator.write", HF_SCOPE_APPROVALS, false },
        { "operator.write", HF_SCOPE_ADMIN, false },
        { "operator.read", HF_SCOPE_WRITE, false },
        { "operator.pairing", HF_SCOPE_READ, false },
        { "operator.talk", HF_SCOPE_TALK_SECRETS, false },
        { "operator.pairing", HF_SCOPE_NONE, true },
        { "none at all", HF_SCOPE_NONE, true },
        { "none at all", HF_SCOPE_READ, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_scopes_allow(set_of(&rows[i].held, 1), rows[i].needed), rows[i].want);
}

static void a_set_covers_what_it_implies_and_nothing_more(void)
{
    hf_scopes write = hf_scope_bit(HF_SCOPE_WRITE), read = hf_scope_bit(HF_SCOPE_READ);
    hf_scopes admin = hf_scope_bit(HF_SCOPE_ADMIN), pairing = hf_scope_bit(HF_SCOPE_PAIRING);
    CHECK(hf_scopes_cover(write, read | write));
    CHECK(!hf_scopes_cover(write, read | pairing));
    CHECK(hf_scopes_cover(admin, read | write | pairing | admin));
    CHECK(!hf_scopes_cover(read | write | pairing, admin));
    CHECK(hf_scopes_cover(0, 0));
    CHECK(!hf_scopes_cover(0, read));
}

static void roles_have_names(void)
{
    enum hf_role role = HF_ROLE_NODE;
    CHECK(hf_role_find(HF_LIT("operator"), &role));
    CHECK_EQ(role, HF_ROLE_OPERATOR);
    CHECK(hf_role_find(hf_role_name(HF_ROLE_NODE), &role));
    CHECK_EQ(role, HF_ROLE_NODE);
    CHECK(!hf_role_find(HF_LIT("boss"), &role));
    CHECK_EQ(role, HF_ROLE_NODE);
}

CHECK_MAIN(roles_have_names, every_name_is_found_again, an_invented_name_is_dropped_and_counted,
           admin_satisfies_all_and_write_satisfies_read,
           a_set_covers_what_it_implies_and_nothing_more)
