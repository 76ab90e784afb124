/* core/method.h: may this connection call this method?
 *
 * The table holds the published rule of every method; a name that is not in it
 * fails closed to `operator.admin` (protocol/methods.md, protocol/wire.md
 * section 5).  Scope names and sets are base/scope.  Pure and constant. */
#ifndef HF_CORE_METHOD_H
#define HF_CORE_METHOD_H

#include "base/scope.h"

enum hf_method_kind {
    HF_METHOD_SCOPED,  /* needs `scope` */
    HF_METHOD_OPEN,    /* needs nothing (`health`) */
    HF_METHOD_NODE,    /* needs the node role */
    HF_METHOD_DYNAMIC, /* decided from its parameters; admin until a handler knows better */
    HF_METHOD_UNKNOWN, /* not in the table: admin */
};

struct hf_method_rule {
    enum hf_method_kind kind;
    enum hf_scope scope; /* ADMIN for DYNAMIC and UNKNOWN; HF_SCOPE_NONE for OPEN and NODE */
};

/* The rule of a method; never misses (UNKNOWN). */
struct hf_method_rule hf_method_rule(struct hf_bytes method);

/* The table's names in byte order; i < hf_method_count(). */
size_t hf_method_count(void);
struct hf_bytes hf_method_name(size_t i);

enum hf_method_verdict {
    HF_METHOD_ALLOWED,
    HF_METHOD_MISSING_SCOPE, /* FORBIDDEN `missing scope: <name>`, details MISSING_SCOPE */
    HF_METHOD_WRONG_ROLE,    /* INVALID_REQUEST `unauthorized role: <role>` */
};

/* May this role with these scopes call the method?  `*missing` is set for
 * MISSING_SCOPE only.  Fails closed: an unknown method is missing admin. */
enum hf_method_verdict hf_method_check(struct hf_bytes method, enum hf_role role, hf_scopes held,
                                       enum hf_scope *missing);

#endif
