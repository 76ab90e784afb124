#include "prog/health_text.h"
#include "base/time.h"
#include "wire/json_read.h"

static void add_age(struct hf_buf *out, int64_t age_ms)
{
    if (age_ms < 0) age_ms = 0; /* the two clocks differ */
    if (age_ms < 1000)
        hf_buf_addf(out, "%lld ms", (long long)age_ms);
    else
        hf_buf_addf(out, "%lld s", (long long)(age_ms / 1000));
}

void hf_health_line(struct hf_buf *out, struct hf_bytes block, int64_t wall_ms)
{
    bool is_connected;
    int64_t rtt_ms, heartbeat_ms;
    if (hf_json_get_bool(hf_json_find(block, "connected"), &is_connected) != 0) {
        HF_BUF_LIT(out, "connection: not reported\n");
        return;
    }
    hf_buf_addf(out, "connection: %s, round trip ", is_connected ? "connected" : "not connected");
    if (hf_json_get_int(hf_json_find(block, "rttMs"), &rtt_ms) == 0)
        hf_buf_addf(out, "%lld ms", (long long)rtt_ms);
    else
        HF_BUF_LIT(out, "not measured yet");
    if (hf_json_get_int(hf_json_find(block, "lastHeartbeatAt"), &heartbeat_ms) != 0) {
        HF_BUF_LIT(out, ", no heartbeat yet\n");
        return;
    }
    HF_BUF_LIT(out, ", last heartbeat ");
    add_age(out, hf_wall_ms_since(wall_ms, heartbeat_ms));
    HF_BUF_LIT(out, " ago\n");
}
