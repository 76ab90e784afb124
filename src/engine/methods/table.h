/* engine/methods/table.h: the methods that this gateway answers.
 *
 * One row per method: its name, the scope it needs (as core/method has it),
 * its parameters, its limit, who answers, and the handler.  What is not in the
 * table is not advertised and fails closed (protocol/wire.md section 5). */
#ifndef HF_ENGINE_METHODS_TABLE_H
#define HF_ENGINE_METHODS_TABLE_H

#include "engine/server_rpc.h"
#include "wire/json_rules.h"

/* Who answers a method; an upstream link becomes the second with the edge. */
enum hf_provider { HF_PROVIDER_LOCAL };

struct hf_method {
    const char *name;
    enum hf_scope scope; /* HF_SCOPE_NONE: anybody who is registered */
    const struct hf_json_rules *params;
    uint32_t params_bytes_max; /* larger parameters are an invalid request */
    enum hf_provider provider;
    void (*run)(struct hf_server *s, struct hf_call *call);
};

/* The row of a method and its number, or NULL. */
const struct hf_method *hf_method_find(struct hf_bytes name);
size_t hf_method_row(const struct hf_method *method);

/* All rows in table order; i < hf_method_rows(). */
size_t hf_method_rows(void);
const struct hf_method *hf_method_at(size_t i);

#endif
