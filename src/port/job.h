/* port/job.h: work that an engine must not do itself because it blocks.
 *
 * The host runs jobs one after the other, in the order they were asked for, on
 * its worker thread; the simulator runs them at a later virtual instant.  Every
 * job ends in exactly one result, also when it fails. */
#ifndef HF_PORT_JOB_H
#define HF_PORT_JOB_H

#include "base/bytes.h"
#include "base/pool.h"

enum hf_job_kind {
    HF_JOB_STORE,    /* port/store.h */
    HF_JOB_LOG_TAIL, /* the end of the log file, or what came after a cursor */
    HF_JOB_FACTS,    /* memory, load, descriptors: numbers that only the system knows */
    HF_JOB_IDENTITY, /* the key of this installation, made when there is none */
};

struct hf_store_request;
struct hf_store_result;

struct hf_log_tail_request {
    bool has_cursor;
    int64_t cursor; /* byte offset in the file, as an earlier answer gave it */
    int64_t lines_max, bytes_max;
};

/* Lines without their newline, back to back with '\n' between them in `text`. */
struct hf_log_tail_result {
    int err; /* 0, or why the file could not be read */
    char file[512];
    int64_t cursor, size;
    bool is_truncated; /* older lines were left out */
    bool is_reset;     /* the cursor was beyond the file or the file was rotated */
    struct hf_bytes text;
    size_t line_count;
};

struct hf_facts {
    int64_t rss_bytes, memory_total_bytes, memory_free_bytes;
    int64_t cpu_us; /* user + system time of the process */
    int64_t open_descriptors, descriptors_max;
    double load_1m, load_5m, load_15m;
    int64_t system_uptime_ms;
    int64_t disk_free_bytes, disk_total_bytes; /* of the state directory's file system */
};

struct hf_identity_result {
    int err;                /* 0, or why it can be neither read nor made */
    uint8_t public_key[32]; /* Ed25519 */
};

struct hf_job {
    enum hf_job_kind kind;
    hf_id id; /* the engine's; comes back with the result */
    union {
        struct hf_store_request *store; /* owned by the engine, valid until the result */
        struct hf_log_tail_request log_tail;
    } u;
};

struct hf_job_result {
    enum hf_job_kind kind;
    hf_id id;
    union {
        const struct hf_store_result *store;
        struct hf_log_tail_result log_tail;
        struct hf_facts facts;
        struct hf_identity_result identity;
    } u;
};

#endif
