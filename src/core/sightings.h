/* core/sightings.h: what was last seen of a gateway over its control connection?
 *
 * The diagnostics of spec/supervisor.md section 13: when it lived, answered, failed
 * to answer, missed a beat, closed.  Facts only: nothing is concluded here.  A
 * struct of values: an assignment is a snapshot that no later event changes. */
#ifndef HF_CORE_SIGHTINGS_H
#define HF_CORE_SIGHTINGS_H

#include "base/bytes.h"
#include "base/time.h"

enum { HF_SIGHTINGS_METHOD_BYTES = 64 };

/* Instants are HF_NEVER until it happens. */
struct hf_sightings {
    hf_time alive_at;
    hf_time call_ok_at;
    hf_time call_failed_at;
    hf_time missed_at;
    hf_time closed_at;
    hf_time channels_ok_at, channels_failed_at;
    char failed_method[HF_SIGHTINGS_METHOD_BYTES]; /* of call_failed_at; cut */
    uint8_t failed_method_len;
    uint16_t close_code;    /* of closed_at */
    uint32_t misses;        /* beats without life, in a row */
    uint32_t call_failures; /* of the transport, in a row */
};

void hf_sightings_init(struct hf_sightings *s);

/* A pong, a frame, anything from the gateway. */
void hf_sightings_alive(struct hf_sightings *s, hf_time now);

void hf_sightings_missed(struct hf_sightings *s, hf_time now);

enum hf_sighting_call {
    HF_SIGHTING_OK,
    HF_SIGHTING_DECLINED, /* the gateway's own error: it lives, the transport is well */
    HF_SIGHTING_TIMEOUT,  /* counts for the core probe alone: a feature may be slow */
    HF_SIGHTING_NOT_SENT, /* not connected, stopped, the write failed */
};
void hf_sightings_called(struct hf_sightings *s, hf_time now, struct hf_bytes method,
                         enum hf_sighting_call outcome, bool is_core_probe);

/* The control connection ended.  Its misses are over. */
void hf_sightings_closed(struct hf_sightings *s, hf_time now, uint16_t code);

/* The channels' status was read, or did not come in time. */
void hf_sightings_channels(struct hf_sightings *s, hf_time now, bool is_ok);

/* --- the check of the transport, every HF_TRANSPORT_EVERY while running --- */

#define HF_TRANSPORT_EVERY HF_SECONDS(30)

struct hf_transport_report {
    bool ok;
    bool has_uptime;
    int64_t uptime_s;  /* whole seconds since the hello */
    const char *error; /* when not ok: raised as the event `error`; static */
};

/* `connected_at` is HF_NEVER when it is not known. */
struct hf_transport_report hf_transport_check(bool is_open, hf_time connected_at, hf_time now);

#endif
