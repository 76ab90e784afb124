#include "wire/schema/params.h"
#include "wire/json_read.h"

int hf_params_read(const char *method, const struct hf_json_rules *rules, struct hf_bytes params,
                   struct hf_bytes *values, struct hf_buf *why)
{
    enum hf_json_kind kind = hf_json_kind(params);
    if (kind == HF_JSON_NONE || kind == HF_JSON_NULL) params = HF_LIT("{}");
    return hf_json_rules_check(rules, params, values,
                               &(struct hf_json_report){ method, "params", why });
}
