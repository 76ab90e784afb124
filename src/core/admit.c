#include "core/admit.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

enum { FIRST_CAP = 64 };

struct link { /* slot + 1 of the neighbours in one list */
    uint32_t before, after;
};

struct hf_admit_conn {
    hf_id id;
    hf_time due; /* while in heads or hellos */
    struct link by_due, by_age;
    uint32_t address; /* index */
    uint8_t phase;    /* enum hf_admit_phase */
    bool is_timed;    /* in heads (phase HEAD) or hellos */
    bool is_silent;   /* in silent */
};

struct hf_admit_address {
    uint8_t key[HF_ADMIT_ADDRESS_BYTES];
    uint32_t total, preauth;
    uint32_t next_free; /* index + 1, while free */
};

void hf_admit_init(struct hf_admit *a, const struct hf_admit_limits *limits,
                   struct hf_hash_key hash_key)
{
    *a = (struct hf_admit){ .limits = *limits, .hash_key = hash_key };
}

void hf_admit_fini(struct hf_admit *a)
{
    hf_mem_free(a->conns);
    hf_mem_free(a->addresses);
    hf_map_fini(&a->by_address);
    *a = (struct hf_admit){ 0 };
}

void hf_admit_set_limits(struct hf_admit *a, const struct hf_admit_limits *limits)
{
    a->limits = *limits;
}

int hf_admit_reserve(struct hf_admit *a, uint32_t slot)
{
    HF_ASSERT(slot < HF_LIMIT_CONNECTIONS);
    if (slot < a->cap) return 0;
    if (!a->by_address.slots) {
        int err = hf_map_init(&a->by_address, HF_LIMIT_CONNECTIONS);
        if (err) return err;
    }
    uint32_t cap = a->cap ? a->cap : FIRST_CAP;
    while (cap <= slot) cap *= 2;
    struct hf_admit_conn *conns = hf_mem_grow(a->conns, cap * sizeof *conns);
    if (!conns) return HF_ERR_NOMEM;
    a->conns = conns;
    struct hf_admit_address *addresses = hf_mem_grow(a->addresses, cap * sizeof *addresses);
    if (!addresses) return HF_ERR_NOMEM;
    a->addresses = addresses;
    memset(conns + a->cap, 0, (cap - a->cap) * sizeof *conns);
    a->cap = cap;
    return 0;
}

/* --- lists --- */

static struct link *due_link(struct hf_admit *a, uint32_t place)
{
    return &a->conns[place - 1].by_due;
}

static struct link *age_link(struct hf_admit *a, uint32_t place)
{
    return &a->conns[place - 1].by_age;
}

typedef struct link *link_of(struct hf_admit *a, uint32_t place);

/* Puts `place` behind `before`; 0 is the front. */
static void list_put(struct hf_admit *a, struct hf_admit_list *list, link_of *of, uint32_t before,
                     uint32_t place)
{
    uint32_t after = before ? of(a, before)->after : list->first;
    *of(a, place) = (struct link){ .before = before, .after = after };
    *(before ? &of(a, before)->after : &list->first) = place;
    *(after ? &of(a, after)->before : &list->last) = place;
}

static void list_take(struct hf_admit *a, struct hf_admit_list *list, link_of *of, uint32_t place)
{
    struct link link = *of(a, place);
    *(link.before ? &of(a, link.before)->after : &list->first) = link.after;
    *(link.after ? &of(a, link.after)->before : &list->last) = link.before;
}

static struct hf_admit_list *timed_list(struct hf_admit *a, const struct hf_admit_conn *c)
{
    return c->phase == HF_ADMIT_HEAD ? &a->heads : &a->hellos;
}

static uint32_t place_of(const struct hf_admit *a, const struct hf_admit_conn *c)
{
    return (uint32_t)(c - a->conns) + 1;
}

static void stop_timer(struct hf_admit *a, struct hf_admit_conn *c)
{
    if (!c->is_timed) return;
    list_take(a, timed_list(a, c), due_link, place_of(a, c));
    c->is_timed = false;
}

/* Deadlines of one list mostly come in order; after a change of the limits a new
 * one may belong further ahead. */
static void start_timer(struct hf_admit *a, struct hf_admit_conn *c, hf_time due)
{
    struct hf_admit_list *list = timed_list(a, c);
    uint32_t before = list->last;
    while (before && hf_time_before(due, a->conns[before - 1].due))
        before = due_link(a, before)->before;
    list_put(a, list, due_link, before, place_of(a, c));
    c->due = due;
    c->is_timed = true;
}

static void end_silence(struct hf_admit *a, struct hf_admit_conn *c)
{
    if (!c->is_silent) return;
    list_take(a, &a->silent, age_link, place_of(a, c));
    c->is_silent = false;
}

/* --- addresses --- */

static uint64_t address_hash(const struct hf_admit *a, const uint8_t *key)
{
    return hf_hash(a->hash_key, hf_bytes(key, HF_ADMIT_ADDRESS_BYTES));
}

static struct hf_admit_address *find_address(const struct hf_admit *a, const uint8_t *key)
{
    uint64_t hash = address_hash(a, key);
    uint32_t at = hf_map_start(&a->by_address, hash), i;
    while (hf_map_next(&a->by_address, hash, &at, &i))
        if (memcmp(a->addresses[i].key, key, HF_ADMIT_ADDRESS_BYTES) == 0) return &a->addresses[i];
    return NULL;
}

/* There is always a place: no more addresses than connections are in use. */
static struct hf_admit_address *new_address(struct hf_admit *a, const uint8_t *key)
{
    uint32_t i = a->used_addresses;
    if (a->free_address) {
        i = a->free_address - 1;
        a->free_address = a->addresses[i].next_free;
    } else {
        a->used_addresses++;
    }
    a->addresses[i] = (struct hf_admit_address){ 0 };
    memcpy(a->addresses[i].key, key, HF_ADMIT_ADDRESS_BYTES);
    int err = hf_map_put(&a->by_address, address_hash(a, key), i);
    HF_ASSERT(err == 0);
    return &a->addresses[i];
}

static void leave_address(struct hf_admit *a, uint32_t i)
{
    struct hf_admit_address *address = &a->addresses[i];
    if (--address->total > 0) return;
    hf_map_drop(&a->by_address, address_hash(a, address->key), i);
    address->next_free = a->free_address;
    a->free_address = i + 1;
}

/* --- life of a connection --- */

static struct hf_admit_conn *find_conn(struct hf_admit *a, hf_id id)
{
    uint32_t slot = hf_id_slot(id);
    if (slot >= a->cap || a->conns[slot].phase == HF_ADMIT_FREE) return NULL;
    return a->conns[slot].id == id ? &a->conns[slot] : NULL;
}

static void leave_pool(struct hf_admit *a, struct hf_admit_conn *c)
{
    stop_timer(a, c);
    end_silence(a, c);
    if (c->phase == HF_ADMIT_IN) return;
    a->addresses[c->address].preauth--;
    a->preauth--;
}

/* The oldest silent socket, of `address` if that is not NULL; or NULL. */
static struct hf_admit_conn *oldest_silent(struct hf_admit *a,
                                           const struct hf_admit_address *address)
{
    for (uint32_t place = a->silent.first; place; place = age_link(a, place)->after) {
        struct hf_admit_conn *c = &a->conns[place - 1];
        if (!address || &a->addresses[c->address] == address) return c;
    }
    return NULL;
}

/* Says whether the pool takes one more from `address` (NULL: a new one), and who
 * has to go for it. */
static struct hf_admit_verdict pool_room(struct hf_admit *a, const struct hf_admit_address *address)
{
    struct hf_admit_verdict verdict = { .why = HF_ADMIT_OK };
    uint32_t own_max = a->limits.preauth_per_address;
    struct hf_admit_conn *victim = NULL;
    if (address && own_max > 0 && address->preauth >= own_max) {
        victim = oldest_silent(a, address);
        if (!victim) verdict.why = HF_ADMIT_PREAUTH_PER_ADDRESS;
    } else if (a->preauth >= a->limits.preauth) {
        victim = oldest_silent(a, NULL);
        if (!victim) verdict.why = HF_ADMIT_PREAUTH;
    }
    if (victim) verdict.evict = victim->id;
    return verdict;
}

struct hf_admit_verdict hf_admit_accept(struct hf_admit *a, hf_time now, hf_id conn,
                                        const uint8_t address[HF_ADMIT_ADDRESS_BYTES])
{
    uint32_t slot = hf_id_slot(conn);
    HF_ASSERT(slot < a->cap && a->conns[slot].phase == HF_ADMIT_FREE);
    struct hf_admit_address *from = find_address(a, address);
    if (a->total >= a->limits.connections) return (struct hf_admit_verdict){ HF_ADMIT_TOTAL, 0 };
    if (from && from->total >= a->limits.per_address)
        return (struct hf_admit_verdict){ HF_ADMIT_PER_ADDRESS, 0 };
    struct hf_admit_verdict verdict = pool_room(a, from);
    if (verdict.why != HF_ADMIT_OK) return verdict;
    if (verdict.evict) {
        hf_admit_drop(a, verdict.evict);
        from = find_address(a, address); /* it may have been the last of this address */
    }
    if (!from) from = new_address(a, address);
    struct hf_admit_conn *c = &a->conns[slot];
    *c = (struct hf_admit_conn){ .id = conn,
                                 .address = (uint32_t)(from - a->addresses),
                                 .phase = HF_ADMIT_HEAD,
                                 .is_silent = true };
    start_timer(a, c, hf_time_after(now, a->limits.head_within));
    list_put(a, &a->silent, age_link, a->silent.last, slot + 1);
    from->total++;
    from->preauth++;
    a->total++;
    a->preauth++;
    return verdict;
}

void hf_admit_upgraded(struct hf_admit *a, hf_time now, hf_id conn)
{
    struct hf_admit_conn *c = find_conn(a, conn);
    if (!c || c->phase != HF_ADMIT_HEAD || !c->is_timed) return;
    stop_timer(a, c);
    c->phase = HF_ADMIT_SILENT;
    start_timer(a, c, hf_time_after(now, a->limits.hello_within));
}

void hf_admit_asked(struct hf_admit *a, hf_id conn)
{
    struct hf_admit_conn *c = find_conn(a, conn);
    if (!c || c->phase != HF_ADMIT_SILENT) return;
    end_silence(a, c);
    c->phase = HF_ADMIT_ASKED;
}

void hf_admit_hello(struct hf_admit *a, hf_id conn)
{
    struct hf_admit_conn *c = find_conn(a, conn);
    if (!c || c->phase == HF_ADMIT_IN) return;
    leave_pool(a, c);
    c->phase = HF_ADMIT_IN;
}

void hf_admit_drop(struct hf_admit *a, hf_id conn)
{
    struct hf_admit_conn *c = find_conn(a, conn);
    if (!c) return;
    leave_pool(a, c);
    leave_address(a, c->address);
    c->phase = HF_ADMIT_FREE;
    a->total--;
}

/* --- deadlines --- */

static hf_time first_due(const struct hf_admit *a, const struct hf_admit_list *list)
{
    return list->first ? a->conns[list->first - 1].due : HF_NEVER;
}

hf_time hf_admit_due(const struct hf_admit *a)
{
    return hf_time_min(first_due(a, &a->heads), first_due(a, &a->hellos));
}

bool hf_admit_expire(struct hf_admit *a, hf_time now, hf_id *conn, enum hf_admit_phase *phase)
{
    hf_time due = hf_admit_due(a);
    if (hf_time_same(due, HF_NEVER) || hf_time_before(now, due)) return false;
    bool is_head = hf_time_same(first_due(a, &a->heads), due);
    struct hf_admit_conn *c = &a->conns[(is_head ? a->heads.first : a->hellos.first) - 1];
    stop_timer(a, c);
    end_silence(a, c);
    *conn = c->id;
    *phase = (enum hf_admit_phase)c->phase;
    return true;
}

bool hf_admit_request(uint32_t in_flight, size_t queued_bytes)
{
    return in_flight < HF_LIMIT_REQUESTS_IN_FLIGHT && queued_bytes <= HF_LIMIT_BUSY_BYTES;
}
