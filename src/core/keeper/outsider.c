#include "core/keeper/outsider.h"

void hf_outsider_met(struct hf_outsider *o, struct hf_bytes version)
{
    version = hf_bytes_head(version, HF_OUTSIDER_VERSION_BYTES);
    if (hf_bytes_same(version, hf_bytes(o->version, o->version_len))) return;
    *o = (struct hf_outsider){ .version_len = (uint8_t)version.len };
    if (version.len) memcpy(o->version, version.ptr, version.len);
}

void hf_outsider_answered(struct hf_outsider *o, enum hf_outsider_answer answer)
{
    if (answer == HF_OUTSIDER_YES) o->memory = HF_OUTSIDER_SUPPORTED;
    if (answer == HF_OUTSIDER_UNKNOWN_METHOD) o->memory = HF_OUTSIDER_UNSUPPORTED;
}
