/* host/scribe.h: a thread that writes lines, so that a loop does not wait for a disk.
 *
 * One batch at a time: while it is being written the owner keeps gathering, in buffers
 * that are bounded, and drops and counts what they do not hold.  A disk, a pipe or a
 * terminal that takes nothing stops this thread and nobody else; at the end it is waited
 * for HF_LIMIT_SCRIBE_END_MS and then left to itself, so that a program still ends.
 *
 * All functions belong to the thread of the loop. */
#ifndef HF_HOST_SCRIBE_H
#define HF_HOST_SCRIBE_H

#include "base/buf.h"

#include <uv.h>

struct hf_scribe;

struct hf_scribe_config {
    uv_loop_t *loop;
    size_t bytes_max; /* of each of the two buffers; as those that are given */
    /* On the scribe's thread.  What it returns comes to `wrote`. */
    int (*write)(void *pen, const struct hf_buf *first, const struct hf_buf *second);
    /* For `write` alone, on the scribe's thread, from hf_scribe_new to hf_scribe_end.  An end
     * that returns false leaves the thread behind, and `pen` with it: nobody else may touch or
     * free what it leads to until `drop_pen`, the last that is heard of it (on either thread).
     * Without one `pen` is borrowed, then for the rest of the process. */
    void *pen;
    void (*drop_pen)(void *pen); /* may be NULL */
    /* On the loop's thread, after a batch: the next one can be given.  May be NULL; the
     * loop turns all the same. */
    void (*wrote)(void *ctx, int news);
    void *ctx;
};

/* 0 or HF_ERR_NOMEM; then `pen` is still the caller's, and the loop must turn once more. */
int hf_scribe_new(struct hf_scribe **out, const struct hf_scribe_config *config);

/* Takes what both hold and leaves empty buffers for it (an exchange): true.  False while
 * the last batch is being written; nothing is taken then, and `wrote` follows. */
bool hf_scribe_give(struct hf_scribe *s, struct hf_buf *first, struct hf_buf *second);

/* Ends it: waits a moment for the batch under way, and writes this last one in the same
 * moment.  True when all of it was written; false: the thread was left behind with `pen` and
 * what it was given.  `wrote` is not called any more; the loop runs once more, and everything
 * is freed, by the thread if that comes back later.  NULL is fine. */
bool hf_scribe_end(struct hf_scribe *s, struct hf_buf *first, struct hf_buf *second);

#endif
