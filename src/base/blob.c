#include "base/blob.h"
#include "base/assert.h"
#include "base/mem.h"

struct hf_blob *hf_blob_new(struct hf_bytes bytes)
{
    struct hf_blob *b = hf_mem_new(sizeof *b + bytes.len);
    if (!b) return NULL;
    b->refs = 1;
    b->len = bytes.len;
    if (bytes.len > 0) memcpy(b->data, bytes.ptr, bytes.len);
    return b;
}

struct hf_blob *hf_blob_hold(struct hf_blob *b)
{
    HF_ASSERT(b->refs > 0 && b->refs < UINT32_MAX);
    b->refs++;
    return b;
}

void hf_blob_drop(struct hf_blob *b)
{
    if (!b) return;
    HF_ASSERT(b->refs > 0);
    if (--b->refs == 0) hf_mem_free(b);
}
