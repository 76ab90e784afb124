#include "core/gate.h"

#include "base/assert.h"

void hf_gate_init(struct hf_gate *g)
{
    *g = (struct hf_gate){ 0 };
}

struct hf_gate_verdict hf_gate_step(struct hf_gate *g, size_t queued_bytes, size_t limit_bytes,
                                    enum hf_gate_kind kind)
{
    if (g->is_shut) return (struct hf_gate_verdict){ .act = HF_GATE_SHUT };
    if (queued_bytes <= limit_bytes) {
        g->is_reported = false;
        return (struct hf_gate_verdict){ .act = HF_GATE_SEND };
    }
    bool report = !g->is_reported;
    g->is_reported = true;
    if (kind == HF_GATE_DROPPABLE) {
        if (g->dropped < UINT32_MAX) g->dropped++;
        return (struct hf_gate_verdict){ .act = HF_GATE_DROP, .report = report };
    }
    g->is_shut = true;
    return (struct hf_gate_verdict){ .act = HF_GATE_CLOSE, .report = report };
}

const char *hf_gate_reason(enum hf_gate_act act)
{
    switch (act) {
    case HF_GATE_DROP:
        return "ws_send_buffer_drop";
    case HF_GATE_CLOSE:
        return "ws_send_buffer_close";
    case HF_GATE_SEND:
    case HF_GATE_SHUT:
        break;
    }
    HF_UNREACHABLE();
}

const char *hf_gate_cause(enum hf_gate_kind kind)
{
    return kind == HF_GATE_RESPONSE ? "outbound-buffer-exceeded" : "slow-consumer";
}

uint32_t hf_gate_dropped(const struct hf_gate *g)
{
    return g->dropped;
}
