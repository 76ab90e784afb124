#include "core/output/fold.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

enum { MASKED_BYTES = 512 }; /* lines that agree so far are the same */

#define FOLD_NONE UINT32_MAX

int hf_fold_init(struct hf_fold *f, struct hf_hash_key hash_key)
{
    *f = (struct hf_fold){ .hash_key = hash_key, .oldest = FOLD_NONE, .newest = FOLD_NONE };
    f->keys = hf_mem_zero(HF_LIMIT_OUTPUT_KEYS, sizeof *f->keys);
    if (!f->keys) return HF_ERR_NOMEM;
    int err = hf_map_init(&f->by_digest, HF_LIMIT_OUTPUT_KEYS);
    if (err != 0) hf_fold_fini(f);
    return err;
}

void hf_fold_fini(struct hf_fold *f)
{
    hf_map_fini(&f->by_digest);
    hf_mem_free(f->keys);
    *f = (struct hf_fold){ .oldest = FOLD_NONE, .newest = FOLD_NONE };
}

void hf_fold_reset(struct hf_fold *f)
{
    for (uint32_t i = 0; i < f->len; i++) hf_map_drop(&f->by_digest, f->keys[i].digest, i);
    f->len = 0;
    f->oldest = f->newest = FOLD_NONE;
    f->folded = 0;
}

/* Written so that the compiler makes it wide. */
static bool has_digits(struct hf_bytes line)
{
    unsigned found = 0;
    for (size_t i = 0; i < line.len; i++) found |= (unsigned)((uint8_t)(line.ptr[i] - '0') < 10);
    return found != 0;
}

uint64_t hf_fold_digest(const struct hf_fold *f, struct hf_bytes line)
{
    uint8_t masked[MASKED_BYTES];
    size_t len = 0;
    struct hf_bytes head = hf_bytes_head(line, sizeof masked);
    if (!has_digits(head)) return hf_hash(f->hash_key, head);
    for (size_t i = 0; i < line.len && len < sizeof masked; i++) {
        uint8_t c = line.ptr[i];
        masked[len] = hf_ascii_is_digit(c) ? '0' : c;
        len += !hf_ascii_is_digit(c) || i == 0 || !hf_ascii_is_digit(line.ptr[i - 1]);
    }
    return hf_hash(f->hash_key, hf_bytes(masked, len));
}

/* --- the order of use --- */

static void unlink_key(struct hf_fold *f, uint32_t i)
{
    struct hf_fold_key *key = &f->keys[i];
    if (key->older == FOLD_NONE)
        f->oldest = key->newer;
    else
        f->keys[key->older].newer = key->newer;
    if (key->newer == FOLD_NONE)
        f->newest = key->older;
    else
        f->keys[key->newer].older = key->older;
}

static void link_newest(struct hf_fold *f, uint32_t i)
{
    f->keys[i].older = f->newest;
    f->keys[i].newer = FOLD_NONE;
    if (f->newest == FOLD_NONE)
        f->oldest = i;
    else
        f->keys[f->newest].newer = i;
    f->newest = i;
}

static bool find(const struct hf_fold *f, uint64_t digest, uint32_t *out)
{
    uint32_t at = hf_map_start(&f->by_digest, digest);
    while (hf_map_next(&f->by_digest, digest, &at, out))
        if (f->keys[*out].digest == digest) return true;
    return false;
}

uint64_t hf_fold_seen(struct hf_fold *f, uint64_t digest)
{
    uint32_t i;
    if (!find(f, digest, &i)) return 0;
    if (i != f->newest) {
        unlink_key(f, i);
        link_newest(f, i);
    }
    f->folded++;
    return ++f->keys[i].seen;
}

void hf_fold_add(struct hf_fold *f, uint64_t digest, struct hf_bytes shown)
{
    uint32_t i = f->len;
    if (i == HF_LIMIT_OUTPUT_KEYS) {
        i = f->oldest;
        unlink_key(f, i);
        hf_map_drop(&f->by_digest, f->keys[i].digest, i);
    } else {
        f->len++;
    }
    struct hf_fold_key *key = &f->keys[i];
    struct hf_bytes sample = hf_bytes_cut_utf8(shown, sizeof key->sample);
    key->digest = digest;
    key->seen = 1;
    key->len = (uint16_t)sample.len;
    if (sample.len > 0) memcpy(key->sample, sample.ptr, sample.len);
    link_newest(f, i);
    hf_map_put(&f->by_digest, digest, i); /* one entry per place: it fits */
}

bool hf_fold_is_report(uint64_t seen)
{
    return seen % HF_OUTPUT_REPORT_EVERY == 0;
}

const struct hf_fold_key *hf_fold_rest(const struct hf_fold *f, uint32_t *cursor)
{
    while (*cursor < f->len) {
        const struct hf_fold_key *key = &f->keys[(*cursor)++];
        if (key->seen > 1 && !hf_fold_is_report(key->seen)) return key;
    }
    return NULL;
}
