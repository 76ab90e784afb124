/* core/output/fold.h: has this line been said before?
 *
 * Lines are the same when they differ in numbers only (timestamps, pids, ports are
 * masked).  The first one is new, then every HF_OUTPUT_REPORT_EVERYth is reported;
 * at the end what is left over.  Remembers HF_LIMIT_OUTPUT_KEYS lines, the least
 * recently seen is forgotten.  Two lines whose 64-bit digests agree count as one.
 * Allocates in init only. */
#ifndef HF_CORE_OUTPUT_FOLD_H
#define HF_CORE_OUTPUT_FOLD_H

#include "base/map.h"

enum { HF_OUTPUT_REPORT_EVERY = 50, HF_OUTPUT_SAMPLE_BYTES = 200 };

struct hf_fold_key {
    uint64_t digest;
    uint64_t seen;
    uint32_t older, newer; /* places in the order of use, FOLD_NONE at the ends */
    uint16_t len;
    uint8_t sample[HF_OUTPUT_SAMPLE_BYTES]; /* what it was added with, cut */
};

struct hf_fold { /* fields are private */
    struct hf_hash_key hash_key;
    struct hf_map by_digest;
    struct hf_fold_key *keys;
    uint32_t len, oldest, newest;
    uint64_t folded; /* repeats that were not told line by line */
};

/* 0 or HF_ERR_NOMEM. */
int hf_fold_init(struct hf_fold *f, struct hf_hash_key hash_key);
void hf_fold_fini(struct hf_fold *f);

/* Forgets everything (a new process). */
void hf_fold_reset(struct hf_fold *f);

/* The digest of a line without its numbers. */
uint64_t hf_fold_digest(const struct hf_fold *f, struct hf_bytes line);

/* Counts one more of a line that is known: its count, or 0 when it is new. */
uint64_t hf_fold_seen(struct hf_fold *f, uint64_t digest);

/* Remembers a new line, and its head as it may be shown. */
void hf_fold_add(struct hf_fold *f, uint64_t digest, struct hf_bytes shown);

/* Whether this count is reported. */
bool hf_fold_is_report(uint64_t seen);

/* The end: the lines that were seen since their last report, one by one; `*cursor` is 0
 * at first.  NULL at the end. */
const struct hf_fold_key *hf_fold_rest(const struct hf_fold *f, uint32_t *cursor);

#endif
