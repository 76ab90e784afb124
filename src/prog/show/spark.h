/* prog/show/spark.h: the last samples of one value as a line of bars.
 *
 * A fixed ring; the oldest sample makes room.  Pure. */
#ifndef HF_PROG_SHOW_SPARK_H
#define HF_PROG_SHOW_SPARK_H

#include "base/buf.h"
#include "base/limits.h"

enum { HF_SPARK_NO_SAMPLE = -1 };

struct hf_spark {
    int32_t samples[HF_LIMIT_SPARK_SAMPLES];
    uint16_t count, next;
};

/* A zeroed spark is empty.  `value` is 0 or more, or HF_SPARK_NO_SAMPLE where there was
 * nothing to measure: a hole. */
void hf_spark_push(struct hf_spark *s, int64_t value);

/* Exactly `columns` characters, the newest sample last, holes and what is older than
 * the first sample as spaces.  The highest bar is the greatest shown sample or `least`,
 * whichever is more, so that noise far below `least` stays flat; 0 is the lowest bar.
 * Without `has_unicode` in plain ASCII. */
void hf_spark_write(const struct hf_spark *s, struct hf_buf *out, unsigned columns, int64_t least,
                    bool has_unicode);

/* The greatest of the newest `count` samples, or HF_SPARK_NO_SAMPLE. */
int64_t hf_spark_max(const struct hf_spark *s, unsigned count);

#endif
