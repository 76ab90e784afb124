/* prog/monitor/model.h: what `holdfast watch` and `health --watch` know.
 *
 * Takes the answers of `health` and `diagnostics.connections`, events and changes of
 * the connection as they come; remembers samples for the bars.  At most
 * HF_LIMIT_MONITOR_ROWS connections are kept.  Pure. */
#ifndef HF_PROG_MONITOR_MODEL_H
#define HF_PROG_MONITOR_MODEL_H

#include "base/buf.h"
#include "prog/show/rates.h"
#include "prog/show/spark.h"

enum hf_monitor_link {
    HF_MONITOR_CONNECTING,
    HF_MONITOR_CONNECTED,
    HF_MONITOR_STARTING, /* the gateway says that it starts */
    HF_MONITOR_LOST,     /* another attempt follows at retry_at */
    HF_MONITOR_PAUSED,   /* none follows */
};

/* Why there is no table of connections. */
enum hf_monitor_table {
    HF_MONITOR_NO_TABLE_YET,
    HF_MONITOR_TABLE,
    HF_MONITOR_NOT_ALLOWED,
    HF_MONITOR_UNKNOWN
};

enum { HF_MONITOR_LABEL_BYTES = 40, HF_MONITOR_TEXT_BYTES = 192, HF_MONITOR_ID_BYTES = 40 };

struct hf_monitor_row {
    char id[HF_MONITOR_ID_BYTES]; /* connId, or the place of a connection that has none yet */
    char label[HF_MONITOR_LABEL_BYTES], state[16], ip[48];
    struct hf_spark rtt;
    int64_t rtt_ms, age_ms; /* rtt_ms -1: none yet */
    uint64_t queued_bytes, bytes_out;
    uint64_t out_per_second;
    bool is_connected, is_own, is_seen;
};

struct hf_monitor {
    /* the connection to the gateway */
    enum hf_monitor_link link;
    hf_time since, retry_at;
    char text[HF_MONITOR_TEXT_BYTES]; /* of the last failure */
    char version[64], own_id[HF_MONITOR_ID_BYTES];
    uint32_t reconnects, gaps;
    bool was_connected;
    /* its own figures */
    struct hf_spark rtt, answer, loop;
    int64_t rtt_ms, answer_ms, heartbeat_at_ms; /* -1: unknown */
    bool is_reported;                           /* the gateway's block `connection` is there */
    bool is_ok;
    /* of the gateway */
    int64_t loop_p99_ms, loop_max_ms, utilization_percent; /* -1: unknown */
    bool is_degraded;
    struct hf_rates events;
    /* its connections */
    enum hf_monitor_table table;
    struct hf_monitor_row rows[HF_LIMIT_MONITOR_ROWS];
    size_t row_count;
    int64_t connection_count, client_count;
    uint64_t queued_bytes; /* of all connections that were told of */
    hf_time table_at;
};

void hf_monitor_init(struct hf_monitor *w, hf_time now);

/* --- the connection --- */

void hf_monitor_connected(struct hf_monitor *w, hf_time now, struct hf_bytes version,
                          struct hf_bytes own_id);
/* `text` says why.  A wait of less than nothing: none follows. */
void hf_monitor_lost(struct hf_monitor *w, hf_time now, enum hf_monitor_link link,
                     struct hf_bytes text, int64_t wait_ms);

/* --- figures --- */

/* A round trip of our own ping, or -1 when there is none yet: one sample. */
void hf_monitor_rtt(struct hf_monitor *w, int64_t rtt_ms);

/* The answer to `health` after so many milliseconds. */
void hf_monitor_health(struct hf_monitor *w, struct hf_bytes payload, int64_t took_ms);
void hf_monitor_no_health(struct hf_monitor *w); /* none came: a hole in the bars */

/* The answer to `diagnostics.connections`. */
void hf_monitor_connections(struct hf_monitor *w, hf_time now, struct hf_bytes payload);
void hf_monitor_no_table(struct hf_monitor *w, enum hf_monitor_table why);

void hf_monitor_event(struct hf_monitor *w, hf_time now, struct hf_bytes name);
void hf_monitor_gap(struct hf_monitor *w);

/* Rows to show when there is room for `cap`: all, or the ones with the most queued
 * bytes, then the slowest, in the gateway's order.  Returns how many. */
size_t hf_monitor_worst(const struct hf_monitor *w, const struct hf_monitor_row **out, size_t cap);

#endif
