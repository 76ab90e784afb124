#include "core/sightings.h"

void hf_sightings_init(struct hf_sightings *s)
{
    *s = (struct hf_sightings){
        .alive_at = HF_NEVER,
        .call_ok_at = HF_NEVER,
        .call_failed_at = HF_NEVER,
        .missed_at = HF_NEVER,
        .closed_at = HF_NEVER,
        .channels_ok_at = HF_NEVER,
        .channels_failed_at = HF_NEVER,
    };
}

void hf_sightings_alive(struct hf_sightings *s, hf_time now)
{
    s->alive_at = now;
    s->misses = 0;
}

void hf_sightings_missed(struct hf_sightings *s, hf_time now)
{
    s->missed_at = now;
    if (s->misses < UINT32_MAX) s->misses++;
}

static void call_failed(struct hf_sightings *s, hf_time now, struct hf_bytes method)
{
    struct hf_bytes name = hf_bytes_cut_utf8(method, sizeof s->failed_method);
    s->call_failed_at = now;
    if (name.len > 0) memcpy(s->failed_method, name.ptr, name.len);
    s->failed_method_len = (uint8_t)name.len;
    if (s->call_failures < UINT32_MAX) s->call_failures++;
}

void hf_sightings_called(struct hf_sightings *s, hf_time now, struct hf_bytes method,
                         enum hf_sighting_call outcome, bool is_core_probe)
{
    switch (outcome) {
    case HF_SIGHTING_OK:
        s->call_ok_at = now;
        s->call_failures = 0;
        hf_sightings_alive(s, now);
        return;
    case HF_SIGHTING_DECLINED:
        hf_sightings_alive(s, now);
        return;
    case HF_SIGHTING_TIMEOUT:
        if (is_core_probe) call_failed(s, now, method);
        return;
    case HF_SIGHTING_NOT_SENT:
        call_failed(s, now, method);
        return;
    }
}

void hf_sightings_closed(struct hf_sightings *s, hf_time now, uint16_t code)
{
    s->closed_at = now;
    s->close_code = code;
    s->misses = 0;
}

void hf_sightings_channels(struct hf_sightings *s, hf_time now, bool is_ok)
{
    if (is_ok)
        s->channels_ok_at = now;
    else
        s->channels_failed_at = now;
}

struct hf_transport_report hf_transport_check(bool is_open, hf_time connected_at, hf_time now)
{
    struct hf_transport_report report = { .ok = is_open };
    if (!is_open) {
        report.error = "the control connection is not open";
        return report;
    }
    if (hf_time_same(connected_at, HF_NEVER)) return report;
    report.has_uptime = true;
    report.uptime_s = hf_span_max(hf_time_since(now, connected_at), 0) / HF_SECONDS(1);
    return report;
}
