#include "base/map.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static uint64_t little_endian(const uint8_t *ptr, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) word |= (uint64_t)ptr[i] << (8 * i);
    return word;
}

uint64_t hf_hash(struct hf_hash_key key, struct hf_bytes bytes)
{
    uint64_t v[4] = { key.a ^ 0x736f6d6570736575, key.b ^ 0x646f72616e646f6d,
                      key.a ^ 0x6c7967656e657261, key.b ^ 0x7465646279746573 };
    size_t whole = bytes.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word = little_endian(bytes.ptr + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)bytes.len << 56;
    if (bytes.len > whole) last |= little_endian(bytes.ptr + whole, bytes.len - whole);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

int hf_map_init(struct hf_map *m, uint32_t max)
{
    HF_ASSERT(max > 0 && max <= (uint32_t)1 << 30);
    /* At most half full, so that walks stay short. */
    uint32_t size = 2;
    while (size < 2 * max) size *= 2;
    struct hf_map_slot *slots = hf_mem_zero(size, sizeof *slots);
    if (!slots) return HF_ERR_NOMEM;
    *m = (struct hf_map){ .slots = slots, .mask = size - 1, .max = max };
    return 0;
}

void hf_map_fini(struct hf_map *m)
{
    hf_mem_free(m->slots);
    *m = (struct hf_map){ 0 };
}

int hf_map_put(struct hf_map *m, uint64_t hash, uint32_t value)
{
    if (m->len == m->max) return HF_ERR_LIMIT;
    uint32_t at = (uint32_t)hash & m->mask;
    while (m->slots[at].value != 0) at = (at + 1) & m->mask;
    m->slots[at] = (struct hf_map_slot){ .hash = (uint32_t)hash, .value = value + 1 };
    m->len++;
    return 0;
}

/* Closes the gap at `hole` by moving back later entries of the same run that
 * would no longer be found, so that no tombstones are needed. */
static void close_gap(struct hf_map *m, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & m->mask; m->slots[at].value != 0; at = (at + 1) & m->mask) {
        uint32_t home = m->slots[at].hash & m->mask;
        if (((at - home) & m->mask) < ((at - hole) & m->mask)) continue;
        m->slots[hole] = m->slots[at];
        hole = at;
    }
    m->slots[hole] = (struct hf_map_slot){ 0 };
}

void hf_map_drop(struct hf_map *m, uint64_t hash, uint32_t value)
{
    uint32_t at = (uint32_t)hash & m->mask;
    while (m->slots[at].value != value + 1) {
        HF_ASSERT(m->slots[at].value != 0);
        at = (at + 1) & m->mask;
    }
    close_gap(m, at);
    m->len--;
}

uint32_t hf_map_start(const struct hf_map *m, uint64_t hash)
{
    return (uint32_t)hash & m->mask;
}

bool hf_map_next(const struct hf_map *m, uint64_t hash, uint32_t *at, uint32_t *value)
{
    if (m->len == 0) return false;
    while (m->slots[*at].value != 0) {
        const struct hf_map_slot *slot = &m->slots[*at];
        *at = (*at + 1) & m->mask;
        if (slot->hash != (uint32_t)hash) continue;
        *value = slot->value - 1;
        return true;
    }
    return false;
}
