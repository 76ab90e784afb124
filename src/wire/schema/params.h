/* wire/schema/params.h: the params of one method.
 *
 * A method states its members as a table of wire/json_rules rows; absent params
 * and null are {} (protocol/wire.md section 2). */
#ifndef HF_WIRE_SCHEMA_PARAMS_H
#define HF_WIRE_SCHEMA_PARAMS_H

#include "wire/json_rules.h"

/* Checks the `params` of a request (the empty span when absent): 0 and one span
 * per row in `values`, as hf_json_rules_check; or HF_ERR_TYPE and `why` receives
 * the whole message, "invalid <method> params: ...". */
int hf_params_read(const char *method, const struct hf_json_rules *rules, struct hf_bytes params,
                   struct hf_bytes *values, struct hf_buf *why);

#endif
