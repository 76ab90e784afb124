#include "core/lockout.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

enum {
    DIGEST_BYTES = 16, /* of the digest are enough to tell secrets apart */
    ADDRESS_BYTES = 16,
    V6_NET_BYTES = 8, /* a /64 */
};

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

struct wrong_secret {
    uint8_t digest[DIGEST_BYTES];
    hf_time first_at, used_at;
};

struct hf_lockout_entry {
    struct hf_source source;
    uint32_t newer, older; /* index + 1 in the order of use */
    bool is_locked;
    hf_time locked_at, locked_until; /* of the latest lock, if is_locked */
    uint32_t secret_count;
    struct wrong_secret secrets[HF_LIMIT_AUTH_SECRETS_PER_ADDRESS];
};

struct hf_source hf_source_address(const uint8_t address[16], bool is_direct_loopback)
{
    struct hf_source source = { .kind = HF_SOURCE_LOOPBACK, .is_near = is_direct_loopback };
    if (is_direct_loopback) return source;
    source.kind = HF_SOURCE_ADDRESS;
    bool is_v4 = memcmp(address, v4_prefix, sizeof v4_prefix) == 0;
    memcpy(source.bytes, address, is_v4 ? ADDRESS_BYTES : V6_NET_BYTES);
    return source;
}

struct hf_source hf_source_device(const struct hf_device_id *id, bool is_direct_loopback)
{
    struct hf_source source = { .kind = HF_SOURCE_DEVICE, .is_near = is_direct_loopback };
    memcpy(source.bytes, id->bytes, sizeof id->bytes);
    return source;
}

int hf_lockout_init(struct hf_lockout *l, const struct hf_lockout_limits *limits,
                    uint32_t sources_max, struct hf_hash_key hash_key)
{
    *l = (struct hf_lockout){ .hash_key = hash_key, .max = sources_max };
    hf_lockout_set(l, limits);
    l->entries = hf_mem_zero(sources_max, sizeof *l->entries);
    if (!l->entries) return HF_ERR_NOMEM;
    return hf_map_init(&l->by_source, sources_max);
}

void hf_lockout_fini(struct hf_lockout *l)
{
    hf_map_fini(&l->by_source);
    hf_mem_free(l->entries);
    *l = (struct hf_lockout){ 0 };
}

void hf_lockout_set(struct hf_lockout *l, const struct hf_lockout_limits *limits)
{
    HF_ASSERT(limits->attempts_max > 0);
    HF_ASSERT(limits->attempts_max <= HF_LIMIT_AUTH_SECRETS_PER_ADDRESS);
    HF_ASSERT(limits->window > 0 && limits->locked_for > 0);
    l->limits = *limits;
}

static uint64_t hash_of(const struct hf_lockout *l, const struct hf_source *source)
{
    return hf_hash(l->hash_key, hf_bytes(source->bytes, sizeof source->bytes));
}

static struct hf_lockout_entry *find(const struct hf_lockout *l, const struct hf_source *source)
{
    uint64_t hash = hash_of(l, source);
    uint32_t at = hf_map_start(&l->by_source, hash), index;
    while (hf_map_next(&l->by_source, hash, &at, &index)) {
        struct hf_lockout_entry *entry = &l->entries[index];
        if (entry->source.kind == source->kind &&
            memcmp(entry->source.bytes, source->bytes, sizeof source->bytes) == 0)
            return entry;
    }
    return NULL;
}

static bool is_exempt(const struct hf_lockout *l, const struct hf_source *source)
{
    return source->kind == HF_SOURCE_LOOPBACK && l->limits.exempts_loopback;
}

static bool is_locked(const struct hf_lockout_entry *entry, hf_time now)
{
    return entry->is_locked && hf_time_before(now, entry->locked_until);
}

hf_span hf_lockout_left(const struct hf_lockout *l, hf_time now, const struct hf_source *source)
{
    const struct hf_lockout_entry *entry = is_exempt(l, source) ? NULL : find(l, source);
    return entry && is_locked(entry, now) ? hf_time_since(entry->locked_until, now) : 0;
}

/* --- the order of use --- */

static void unlink_entry(struct hf_lockout *l, struct hf_lockout_entry *entry)
{
    if (entry->newer)
        l->entries[entry->newer - 1].older = entry->older;
    else
        l->newest = entry->older;
    if (entry->older)
        l->entries[entry->older - 1].newer = entry->newer;
    else
        l->oldest = entry->newer;
}

static void link_newest(struct hf_lockout *l, struct hf_lockout_entry *entry)
{
    uint32_t number = (uint32_t)(entry - l->entries) + 1;
    entry->newer = 0;
    entry->older = l->newest;
    if (l->newest) l->entries[l->newest - 1].newer = number;
    l->newest = number;
    if (!l->oldest) l->oldest = number;
}

/* The one idle for longest that is not locked; when all are, simply the oldest. */
static struct hf_lockout_entry *least_missed(struct hf_lockout *l, hf_time now)
{
    for (uint32_t at = l->oldest; at; at = l->entries[at - 1].newer)
        if (!is_locked(&l->entries[at - 1], now)) return &l->entries[at - 1];
    return &l->entries[l->oldest - 1];
}

static struct hf_lockout_entry *make(struct hf_lockout *l, hf_time now,
                                     const struct hf_source *source)
{
    struct hf_lockout_entry *entry = &l->entries[l->len];
    if (l->len < l->max) {
        l->len++;
    } else {
        entry = least_missed(l, now);
        unlink_entry(l, entry);
        hf_map_drop(&l->by_source, hash_of(l, &entry->source), (uint32_t)(entry - l->entries));
    }
    memset(entry, 0, sizeof *entry);
    entry->source = *source;
    link_newest(l, entry);
    /* The map has a slot for every entry, so this cannot fail. */
    int err = hf_map_put(&l->by_source, hash_of(l, source), (uint32_t)(entry - l->entries));
    HF_ASSERT(err == 0);
    return entry;
}

/* --- counting --- */

static struct wrong_secret *find_secret(struct hf_lockout_entry *entry, const uint8_t *digest)
{
    for (uint32_t i = 0; i < entry->secret_count; i++)
        if (memcmp(entry->secrets[i].digest, digest, DIGEST_BYTES) == 0) return &entry->secrets[i];
    return NULL;
}

/* A place for one more: a free one, or that of the secret unused for longest. */
static struct wrong_secret *secret_place(struct hf_lockout_entry *entry)
{
    if (entry->secret_count < HF_COUNT(entry->secrets))
        return &entry->secrets[entry->secret_count++];
    struct wrong_secret *oldest = &entry->secrets[0];
    for (uint32_t i = 1; i < entry->secret_count; i++)
        if (hf_time_before(entry->secrets[i].used_at, oldest->used_at)) oldest = &entry->secrets[i];
    return oldest;
}

static uint32_t count_new(const struct hf_lockout_entry *entry, hf_time now, hf_span window)
{
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < entry->secret_count; i++) {
        hf_time first_at = entry->secrets[i].first_at;
        /* What led to the last lock has been paid for. */
        bool is_paid = entry->is_locked && !hf_time_before(entry->locked_at, first_at);
        if (!is_paid && hf_time_since(now, first_at) < window) fresh++;
    }
    return fresh;
}

/* Whether this secret, tried now, is the one too many. */
static bool note(struct hf_lockout_entry *entry, hf_time now,
                 const struct hf_lockout_limits *limits, const uint8_t *digest)
{
    struct wrong_secret *known = find_secret(entry, digest);
    if (known) {
        known->used_at = now;
        return false;
    }
    struct wrong_secret *secret = secret_place(entry);
    memcpy(secret->digest, digest, DIGEST_BYTES);
    secret->first_at = secret->used_at = now;
    return count_new(entry, now, limits->window) >= limits->attempts_max;
}

struct hf_lockout_failure hf_lockout_failed(struct hf_lockout *l, hf_time now,
                                            const struct hf_source *source,
                                            const uint8_t digest[HF_SHA256_BYTES])
{
    struct hf_lockout_failure failure = { .answer_at = now };
    if (source->is_near) failure.answer_at = hf_time_after(now, HF_LOCKOUT_LOOPBACK_DELAY);
    if (is_exempt(l, source)) return failure;
    struct hf_lockout_entry *entry = find(l, source);
    if (entry) {
        unlink_entry(l, entry);
        link_newest(l, entry);
    } else {
        entry = make(l, now, source);
    }
    if (is_locked(entry, now) || !note(entry, now, &l->limits, digest)) return failure;
    entry->is_locked = failure.is_locked_now = true;
    entry->locked_at = now;
    entry->locked_until = hf_time_after(now, l->limits.locked_for);
    return failure;
}
