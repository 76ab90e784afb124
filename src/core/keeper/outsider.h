/* core/keeper/outsider.h: may we ask a gateway that is not ours to shut down?
 *
 * spec/supervisor.md 8.1 step 4: what a server answered to `shutdown` once is remembered
 * for as long as its version stays the same.  Pure. */
#ifndef HF_CORE_KEEPER_OUTSIDER_H
#define HF_CORE_KEEPER_OUTSIDER_H

#include "base/bytes.h"

enum hf_outsider_memory { HF_OUTSIDER_UNKNOWN, HF_OUTSIDER_SUPPORTED, HF_OUTSIDER_UNSUPPORTED };

enum { HF_OUTSIDER_VERSION_BYTES = 64 };

struct hf_outsider { /* zeroed: knows nothing */
    enum hf_outsider_memory memory;
    uint8_t version_len;
    uint8_t version[HF_OUTSIDER_VERSION_BYTES];
};

/* Hello of a server: another version forgets. */
void hf_outsider_met(struct hf_outsider *o, struct hf_bytes version);

/* `is_listed`: its hello lists the method, or lists no methods at all. */
static inline bool hf_outsider_may_ask(const struct hf_outsider *o, bool is_listed)
{
    return is_listed && o->memory != HF_OUTSIDER_UNSUPPORTED;
}

enum hf_outsider_answer { HF_OUTSIDER_YES, HF_OUTSIDER_UNKNOWN_METHOD, HF_OUTSIDER_OTHER };
void hf_outsider_answered(struct hf_outsider *o, enum hf_outsider_answer answer);

#endif
