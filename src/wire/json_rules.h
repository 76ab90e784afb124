/* wire/json_rules.h: does a JSON value fit a table of rules?
 *
 * One table row per member of a closed object; rows nest.  What does not fit is
 * told in the words and in the order of the peers' own validator (recorded from
 * release 2026.9.6), because clients show these texts and tests compare them:
 *
 *   - an object: first the first missing member in table order, then the first
 *     unknown member in the order sent, then the members in table order;
 *   - `must ...` at the root, `at /client/id: must ...` below it, and
 *     `at root: unexpected property 'x'`;
 *   - at most HF_RULE_FAULTS_MAX findings; equal texts of alternatives are said once; joined by "; ".
 *
 * One difference: lengths count Unicode characters; the peers count what a reader
 * sees as one (a letter with its combining marks). */
#ifndef HF_WIRE_JSON_RULES_H
#define HF_WIRE_JSON_RULES_H

#include "base/buf.h"
#include "wire/json_scan.h"

enum {
    HF_RULE_FAULTS_MAX = 8,
    HF_RULE_ROWS_MAX = 32, /* rows of one table */
};

enum hf_rule_type {
    HF_RULE_ANY,
    HF_RULE_STRING,  /* min..max characters */
    HF_RULE_HEX,     /* a string of `min` lower-case hexadecimal digits; max is min */
    HF_RULE_INTEGER, /* min..max; a whole number, however it is written */
    HF_RULE_BOOLEAN,
    HF_RULE_TRUE,   /* the literal */
    HF_RULE_OBJECT, /* closed: `members`; without a table any object */
    HF_RULE_MAP,    /* an object, each value as `item` */
    HF_RULE_ARRAY,  /* of `item`, at most max elements */
    HF_RULE_ENUM,   /* one of the strings `allowed` */
    HF_RULE_ONE_OF, /* the same rule, which peers spell as alternatives */
    HF_RULE_CONST,  /* the one string in `allowed` */
};

struct hf_json_rules;

struct hf_json_rule {
    const char *name; /* of the member; NULL in an item */
    enum hf_rule_type type;
    bool is_required;
    bool is_unique;             /* ARRAY: no two equal strings */
    bool or_boolean;            /* ONE_OF: true and false are allowed too */
    bool or_any_of;             /* OBJECT: said as an alternative when it is none */
    int64_t min, max;           /* integers below min are refused (mind the 0); max 0 is no bound */
    const char *const *allowed; /* ends with NULL */
    const struct hf_json_rule *item;     /* ARRAY, MAP */
    const struct hf_json_rules *members; /* OBJECT */
};

struct hf_json_rules {
    const struct hf_json_rule *rows;
    size_t count;
};

/* A table as a static initialiser. */
#define HF_JSON_RULES(array)                                                                       \
    {                                                                                              \
        (array), HF_COUNT(array)                                                                   \
    }

/* Where the findings go: `why` receives "invalid <subject> <part>: <findings>". */
struct hf_json_report {
    const char *subject, *part; /* "chat.send", "params" */
    struct hf_buf *why;
};

/* Checks `value`, a span of an accepted text, as an object of these members: 0;
 * HF_ERR_TYPE when there are findings; the error of report->why.  If `values` is
 * given, it receives one span per row, empty for a member that is not there (also
 * on failure, when `value` is an object). */
int hf_json_rules_check(const struct hf_json_rules *rules, struct hf_bytes value,
                        struct hf_bytes *values, const struct hf_json_report *report);

/* The same for an object whose members are at hand already, in the order sent. */
int hf_json_rules_check_members(const struct hf_json_rules *rules,
                                const struct hf_json_member *members, size_t count,
                                struct hf_bytes *values, const struct hf_json_report *report);

/* Reports one finding of the caller's own, at the root: HF_ERR_TYPE, or the error of
 * report->why. */
int hf_json_rules_refuse(const struct hf_json_report *report, const char *finding);

/* The row that a key (a JSON string) belongs to, or rules->count. */
size_t hf_json_rules_find(const struct hf_json_rules *rules, struct hf_bytes key);

#endif
