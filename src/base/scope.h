/* base/scope.h: the names of what a connection may do.
 *
 * A closed list of scope names that travel as a bit set, and the two roles.
 * Names that do not exist are dropped and counted, never kept
 * (protocol/wire.md section 3, issue: an invented scope is not granted). */
#ifndef HF_BASE_SCOPE_H
#define HF_BASE_SCOPE_H

#include "base/bytes.h"

#define HF_SCOPES(X)                                                                               \
    X(ADMIN, "operator.admin")                                                                     \
    X(READ, "operator.read")                                                                       \
    X(WRITE, "operator.write")                                                                     \
    X(APPROVALS, "operator.approvals")                                                             \
    X(PAIRING, "operator.pairing")                                                                 \
    X(QUESTIONS, "operator.questions")                                                             \
    X(TALK, "operator.talk")                                                                       \
    X(TALK_SECRETS, "operator.talk.secrets")

enum hf_scope {
#define HF_SCOPE_ENUM(name, text) HF_SCOPE_##name,
    HF_SCOPES(HF_SCOPE_ENUM)
#undef HF_SCOPE_ENUM
        HF_SCOPE_COUNT,
    HF_SCOPE_NONE = HF_SCOPE_COUNT, /* nothing is needed */
};

typedef uint32_t hf_scopes; /* bits 1 << enum hf_scope */

enum hf_role { HF_ROLE_OPERATOR, HF_ROLE_NODE };

static inline hf_scopes hf_scope_bit(enum hf_scope scope)
{
    return (hf_scopes)1 << scope;
}

/* The scope with exactly this name: true and the scope, or false. */
bool hf_scope_find(struct hf_bytes name, enum hf_scope *out);

/* Its name; scope < HF_SCOPE_COUNT.  Static. */
struct hf_bytes hf_scope_name(enum hf_scope scope);

/* "operator" or "node".  Static. */
struct hf_bytes hf_role_name(enum hf_role role);

/* The role with exactly this name: true and the role, or false. */
bool hf_role_find(struct hf_bytes name, enum hf_role *out);

/* Adds the named scope to the set; an unknown name only raises the count. */
void hf_scopes_add(hf_scopes *set, struct hf_bytes name, uint32_t *unknown_count);

/* Does `held` satisfy `needed`?  Admin satisfies all, write satisfies read,
 * HF_SCOPE_NONE is satisfied by anything. */
bool hf_scopes_allow(hf_scopes held, enum hf_scope needed);

/* Does `held` satisfy every scope of `asked`? */
bool hf_scopes_cover(hf_scopes held, hf_scopes asked);

#endif
