/* engine/metrics.h: the counters of the connection layer and their text form.
 *
 * Names and labels are those of dependencies.md section 6d; what only a Node
 * process has is left out, not faked.  Label values come from closed lists, so
 * the number of series is that of the tables. */
#ifndef HF_ENGINE_METRICS_H
#define HF_ENGINE_METRICS_H

#include "base/buf.h"
#include "base/time.h"

enum { HF_METRIC_METHODS = 64, HF_METRIC_BUCKETS = 18 };

/* Cumulative histogram of seconds; the last bucket is +Inf. */
struct hf_histogram {
    uint64_t buckets[HF_METRIC_BUCKETS + 1];
    uint64_t count;
    int64_t sum_ns;
};

void hf_histogram_add(struct hf_histogram *h, hf_span value);

enum hf_handshake_outcome {
    HF_HANDSHAKE_OK,
    HF_HANDSHAKE_REFUSED,  /* answered with an error */
    HF_HANDSHAKE_STARTING, /* told to come back */
    HF_HANDSHAKE_TIMEOUT,
    HF_HANDSHAKE_LOST, /* gone before it said connect */
    HF_HANDSHAKE_OUTCOMES,
};

enum hf_close_class {
    HF_CLOSE_1000,
    HF_CLOSE_1001,
    HF_CLOSE_1002,
    HF_CLOSE_1005,
    HF_CLOSE_1006,
    HF_CLOSE_1007,
    HF_CLOSE_1008,
    HF_CLOSE_1009,
    HF_CLOSE_1011,
    HF_CLOSE_1012,
    HF_CLOSE_1013,
    HF_CLOSE_4XXX,
    HF_CLOSE_OTHER,
    HF_CLOSE_CLASSES,
};

enum hf_abort { HF_ABORT_HEARTBEAT, HF_ABORT_SLOW, HF_ABORT_GRACE, HF_ABORT_OTHER, HF_ABORTS };

struct hf_metrics {
    uint64_t handshakes[HF_HANDSHAKE_OUTCOMES];
    uint64_t closes[HF_CLOSE_CLASSES][2]; /* by us, by the peer */
    uint64_t aborts[HF_ABORTS];
    uint64_t frames_in[3], frames_out[3]; /* text, binary, control */
    uint64_t bytes_in, bytes_out;
    uint64_t seq_gaps;
    uint64_t requests[HF_METRIC_METHODS + 1]; /* by row of the method table; the last is `other` */
    uint64_t rpc_ok, rpc_error, rpc_refused;
    uint64_t large_dropped, large_closed;
    uint64_t liveness_warnings;
    struct hf_histogram rtt, fanout, loop_delay_max;
    int64_t loop_observed_ms;
    uint64_t buffered_bytes_max;
};

/* What is counted elsewhere, as it is now. */
struct hf_metrics_now {
    uint64_t clients_operator, clients_node, connecting, closing;
    uint64_t buffered_bytes;
    int64_t rss_bytes;
    struct hf_bytes process_id, build_id;
    const char *const *methods; /* names by row */
    size_t method_count;
};

enum hf_close_class hf_close_class(unsigned code);

/* Appends the whole page: text/plain; version=0.0.4. */
void hf_metrics_write(struct hf_buf *out, const struct hf_metrics *m,
                      const struct hf_metrics_now *now);

#endif
