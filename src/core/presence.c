#include "core/presence.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

enum { KEPT_MS = 300000 }; /* an entry that is nobody's */

static const struct hf_bytes gone = HF_LIT_INIT("disconnect");

struct hf_presence_slot {
    struct hf_presence_entry entry; /* its texts lie in `block` */
    uint8_t *block;                 /* NULL: the slot is free */
    hf_id conn;                     /* 0: no connection stands behind it */
};

int hf_presence_init(struct hf_presence *p)
{
    *p = (struct hf_presence){ .presence_version = 1, .health_version = 1 };
    p->slots = hf_mem_zero(HF_LIMIT_PRESENCE_ENTRIES, sizeof *p->slots);
    return p->slots ? 0 : HF_ERR_NOMEM;
}

void hf_presence_fini(struct hf_presence *p)
{
    for (size_t i = 0; p->slots && i < HF_LIMIT_PRESENCE_ENTRIES; i++)
        hf_mem_free(p->slots[i].block);
    hf_mem_free(p->slots);
    *p = (struct hf_presence){ 0 };
}

static struct hf_presence_slot *slot_at(const struct hf_presence *p, size_t i)
{
    return &p->slots[p->order[i]];
}

/* Where entries that are not the gateway's own begin. */
static size_t first_other(const struct hf_presence *p)
{
    return p->len > 0 && slot_at(p, 0)->entry.kind == HF_PRESENCE_SELF;
}

static void order_take(struct hf_presence *p, size_t i)
{
    p->len--;
    memmove(&p->order[i], &p->order[i + 1], (p->len - i) * sizeof p->order[0]);
}

static void order_put(struct hf_presence *p, size_t i, size_t slot)
{
    memmove(&p->order[i + 1], &p->order[i], (p->len - i) * sizeof p->order[0]);
    p->order[i] = (uint16_t)slot;
    p->len++;
}

static void drop_at(struct hf_presence *p, size_t i)
{
    struct hf_presence_slot *slot = slot_at(p, i);
    hf_mem_free(slot->block);
    *slot = (struct hf_presence_slot){ .block = NULL };
    order_take(p, i);
}

/* Drops the oldest that nobody stands behind, else the oldest client. */
static void make_room(struct hf_presence *p)
{
    size_t victim = p->len - 1;
    for (size_t i = first_other(p); i < p->len; i++)
        if (slot_at(p, i)->conn == 0) victim = i;
    drop_at(p, victim);
}

/* The longest head of a text that an entry may keep. */
static struct hf_bytes kept(struct hf_bytes text)
{
    return hf_bytes_cut_utf8(text, HF_LIMIT_NAME_BYTES);
}

/* Copies the texts into one block of their own; `entry` then points there. */
static uint8_t *copy_texts(struct hf_presence_entry *entry)
{
    size_t len = 1; /* never an empty block: NULL means free */
    for (size_t i = 0; i < HF_PRESENCE_TEXTS; i++) len += kept(entry->texts[i]).len;
    uint8_t *block = hf_mem_new(len), *end = block;
    for (size_t i = 0; block && i < HF_PRESENCE_TEXTS; i++) {
        struct hf_bytes text = kept(entry->texts[i]);
        if (text.len > 0) memcpy(end, text.ptr, text.len);
        entry->texts[i] = hf_bytes(end, text.len);
        end += text.len;
    }
    return block;
}

/* Adds the entry in front (self before all), in place of the one at `old` (p->len:
 * of nobody). */
static int add(struct hf_presence *p, struct hf_presence_entry entry, hf_id conn, size_t old)
{
    uint8_t *block = copy_texts(&entry);
    if (!block) return HF_ERR_NOMEM;
    if (old < p->len)
        drop_at(p, old);
    else if (p->len == HF_LIMIT_PRESENCE_ENTRIES)
        make_room(p);
    size_t free = 0;
    while (p->slots[free].block) free++;
    p->slots[free] = (struct hf_presence_slot){ .entry = entry, .block = block, .conn = conn };
    order_put(p, entry.kind == HF_PRESENCE_SELF ? 0 : first_other(p), free);
    p->presence_version++;
    return 0;
}

int hf_presence_self(struct hf_presence *p, const struct hf_presence_entry *entry)
{
    HF_ASSERT(entry->kind == HF_PRESENCE_SELF);
    return add(p, *entry, 0, first_other(p) ? 0 : p->len);
}

bool hf_presence_lists(struct hf_bytes mode, enum hf_role role)
{
    return role == HF_ROLE_NODE || hf_bytes_same(mode, HF_LIT("ui")) ||
           hf_bytes_same(mode, HF_LIT("webchat")) || hf_bytes_same(mode, HF_LIT("node"));
}

/* The text that says which client this is: its instance, else its device. */
static struct hf_bytes identity(const struct hf_presence_entry *entry)
{
    struct hf_bytes instance = entry->texts[HF_PRESENCE_INSTANCE_ID];
    return kept(instance.len > 0 ? instance : entry->texts[HF_PRESENCE_DEVICE_ID]);
}

static size_t find_client(const struct hf_presence *p, struct hf_bytes id)
{
    size_t i = id.len > 0 ? 0 : p->len;
    for (; i < p->len; i++) {
        const struct hf_presence_entry *entry = &slot_at(p, i)->entry;
        if (entry->kind == HF_PRESENCE_CLIENT && hf_bytes_same(identity(entry), id)) break;
    }
    return i;
}

int hf_presence_connect(struct hf_presence *p, hf_id conn, const struct hf_presence_entry *entry)
{
    HF_ASSERT(entry->kind == HF_PRESENCE_CLIENT && conn != 0);
    return add(p, *entry, conn, find_client(p, identity(entry)));
}

bool hf_presence_disconnect(struct hf_presence *p, hf_id conn, int64_t wall_ms)
{
    size_t i = 0;
    while (i < p->len && (conn == 0 || slot_at(p, i)->conn != conn)) i++;
    if (i == p->len) return false;
    size_t slot = p->order[i];
    p->slots[slot].conn = 0;
    p->slots[slot].entry.texts[HF_PRESENCE_REASON] = gone;
    p->slots[slot].entry.ts_ms = wall_ms;
    order_take(p, i);
    order_put(p, first_other(p), slot);
    p->presence_version++;
    return true;
}

int hf_presence_event(struct hf_presence *p, struct hf_bytes text, int64_t wall_ms)
{
    struct hf_presence_entry entry = { .kind = HF_PRESENCE_EVENT, .ts_ms = wall_ms };
    entry.texts[HF_PRESENCE_LINE] = kept(text);
    size_t i = 0;
    for (; i < p->len; i++) {
        const struct hf_presence_entry *other = &slot_at(p, i)->entry;
        if (other->kind == HF_PRESENCE_EVENT &&
            hf_bytes_same(other->texts[HF_PRESENCE_LINE], kept(text)))
            break;
    }
    return add(p, entry, 0, i);
}

bool hf_presence_expire(struct hf_presence *p, int64_t wall_ms)
{
    size_t len = p->len;
    for (size_t i = p->len; i > first_other(p); i--) {
        const struct hf_presence_slot *slot = slot_at(p, i - 1);
        if (slot->conn == 0 && wall_ms - slot->entry.ts_ms > KEPT_MS) drop_at(p, i - 1);
    }
    if (p->len == len) return false;
    p->presence_version++;
    return true;
}

size_t hf_presence_count(const struct hf_presence *p)
{
    return p->len;
}

struct hf_presence_entry hf_presence_at(const struct hf_presence *p, size_t i)
{
    HF_ASSERT(i < p->len);
    return slot_at(p, i)->entry;
}

struct hf_presence_version hf_presence_version(const struct hf_presence *p)
{
    return (struct hf_presence_version){ .presence = p->presence_version,
                                         .health = p->health_version };
}

void hf_presence_health_changed(struct hf_presence *p)
{
    p->health_version++;
}
