#include "base/scope.h"

static const struct hf_bytes names[HF_SCOPE_COUNT] = {
#define HF_SCOPE_NAME(name, text) HF_LIT_INIT(text),
    HF_SCOPES(HF_SCOPE_NAME)
#undef HF_SCOPE_NAME
};

bool hf_scope_find(struct hf_bytes name, enum hf_scope *out)
{
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        if (!hf_bytes_same(names[i], name)) continue;
        *out = (enum hf_scope)i;
        return true;
    }
    return false;
}

struct hf_bytes hf_scope_name(enum hf_scope scope)
{
    return names[scope];
}

struct hf_bytes hf_role_name(enum hf_role role)
{
    return role == HF_ROLE_NODE ? HF_LIT("node") : HF_LIT("operator");
}

bool hf_role_find(struct hf_bytes name, enum hf_role *out)
{
    bool is_node = hf_bytes_same(name, hf_role_name(HF_ROLE_NODE));
    if (!is_node && !hf_bytes_same(name, hf_role_name(HF_ROLE_OPERATOR))) return false;
    *out = is_node ? HF_ROLE_NODE : HF_ROLE_OPERATOR;
    return true;
}

void hf_scopes_add(hf_scopes *set, struct hf_bytes name, uint32_t *unknown_count)
{
    enum hf_scope scope;
    if (hf_scope_find(name, &scope))
        *set |= hf_scope_bit(scope);
    else
        ++*unknown_count;
}

/* Everything that `held` satisfies. */
static hf_scopes implied(hf_scopes held)
{
    if (held & hf_scope_bit(HF_SCOPE_ADMIN)) return hf_scope_bit(HF_SCOPE_COUNT) - 1;
    if (held & hf_scope_bit(HF_SCOPE_WRITE)) held |= hf_scope_bit(HF_SCOPE_READ);
    return held;
}

bool hf_scopes_allow(hf_scopes held, enum hf_scope needed)
{
    return needed == HF_SCOPE_NONE || (implied(held) & hf_scope_bit(needed)) != 0;
}

bool hf_scopes_cover(hf_scopes held, hf_scopes asked)
{
    return (asked & ~implied(held)) == 0;
}
