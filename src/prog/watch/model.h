/* prog/watch/model.h: what `holdfast watch` and `health --watch` know.
 *
 * Takes the answers of `health` and `diagnostics.connections`, events and changes of
 * the connection as they come; remembers samples for the bars.  At most
 * HF_LIMIT_WATCH_ROWS connections are kept.  Pure. */
#ifndef HF_PROG_WATCH_MODEL_H
#define HF_PROG_WATCH_MODEL_H

#include "base/buf.h"
#include "prog/show/rates.h"
#include "prog/show/spark.h"

enum hf_watch_link {
    HF_WATCH_CONNECTING,
    HF_WATCH_CONNECTED,
    HF_WATCH_STARTING, /* the gateway says that it starts */
    HF_WATCH_LOST,     /* another attempt follows at retry_at */
    HF_WATCH_PAUSED,   /* none follows */
};

/* Why there is no table of connections. */
enum hf_watch_table {
    HF_WATCH_NO_TABLE_YET,
    HF_WATCH_TABLE,
    HF_WATCH_NOT_ALLOWED,
    HF_WATCH_UNKNOWN
};

enum { HF_WATCH_LABEL_BYTES = 40, HF_WATCH_TEXT_BYTES = 192, HF_WATCH_ID_BYTES = 40 };

struct hf_watch_row {
    char id[HF_WATCH_ID_BYTES]; /* connId, or the place of a connection that has none yet */
    char label[HF_WATCH_LABEL_BYTES], state[16], ip[48];
    struct hf_spark rtt;
    int64_t rtt_ms, age_ms; /* rtt_ms -1: none yet */
    uint64_t queued_bytes, bytes_in, bytes_out, drops;
    uint64_t in_per_second, out_per_second;
    bool is_connected, is_own, is_seen;
};

struct hf_watch {
    /* the connection to the gateway */
    enum hf_watch_link link;
    hf_time since, retry_at;
    char text[HF_WATCH_TEXT_BYTES]; /* of the last failure */
    char version[64], own_id[HF_WATCH_ID_BYTES];
    uint32_t reconnects, gaps;
    bool was_connected;
    /* its own figures */
    struct hf_spark rtt, answer, loop;
    int64_t rtt_ms, answer_ms, heartbeat_at_ms; /* -1: unknown */
    bool is_reported, is_alive;                 /* the gateway's block `connection` */
    bool is_ok;
    /* of the gateway */
    int64_t loop_p99_ms, loop_max_ms, utilization_percent; /* -1: unknown */
    bool is_degraded;
    struct hf_rates events;
    /* its connections */
    enum hf_watch_table table;
    struct hf_watch_row rows[HF_LIMIT_WATCH_ROWS];
    size_t row_count;
    int64_t connection_count, client_count;
    uint64_t queued_bytes; /* of all connections that were told of */
    hf_time table_at;
};

void hf_watch_init(struct hf_watch *w, hf_time now);

/* --- the connection --- */

void hf_watch_connected(struct hf_watch *w, hf_time now, struct hf_bytes version,
                        struct hf_bytes own_id);
/* `text` says why.  A wait of less than nothing: none follows. */
void hf_watch_lost(struct hf_watch *w, hf_time now, enum hf_watch_link link, struct hf_bytes text,
                   int64_t wait_ms);

/* --- figures --- */

/* A round trip of our own ping, or -1 when there is none yet: one sample. */
void hf_watch_rtt(struct hf_watch *w, int64_t rtt_ms);

/* The answer to `health` after so many milliseconds. */
void hf_watch_health(struct hf_watch *w, struct hf_bytes payload, int64_t took_ms);
void hf_watch_no_health(struct hf_watch *w); /* none came: a hole in the bars */

/* The answer to `diagnostics.connections`. */
void hf_watch_connections(struct hf_watch *w, hf_time now, struct hf_bytes payload);
void hf_watch_no_table(struct hf_watch *w, enum hf_watch_table why);

void hf_watch_event(struct hf_watch *w, hf_time now, struct hf_bytes name);
void hf_watch_gap(struct hf_watch *w);

/* Rows to show when there is room for `cap`: all, or the ones with the most queued
 * bytes, then the slowest, in the gateway's order.  Returns how many. */
size_t hf_watch_worst(const struct hf_watch *w, const struct hf_watch_row **out, size_t cap);

#endif
