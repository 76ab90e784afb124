/* base/blob.h: shared immutable bytes.
 *
 * A body that goes to many connections is encoded once and referred to from
 * each queue.  Counted by reference, for one thread only. */
#ifndef HF_BASE_BLOB_H
#define HF_BASE_BLOB_H

#include "base/bytes.h"

struct hf_blob {
    uint32_t refs;
    size_t len;
    uint8_t data[];
};

/* A blob with one reference and a copy of `bytes`, or NULL without memory. */
struct hf_blob *hf_blob_new(struct hf_bytes bytes);

struct hf_blob *hf_blob_hold(struct hf_blob *b); /* returns b */
void hf_blob_drop(struct hf_blob *b);            /* NULL is fine */

static inline struct hf_bytes hf_blob_view(const struct hf_blob *b)
{
    return (struct hf_bytes){ b->data, b->len };
}

#endif
