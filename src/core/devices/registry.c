#include "base/assert.h"
#include "base/err.h"
#include "base/sort.h"
#include "core/devices/place.h"

/* Places for paired devices, for pending requests, and as many again for changes
 * that are being written while the bounds are full. */
static uint32_t places_max(const struct hf_devices_limits *limits)
{
    return limits->devices + 2 * limits->pairings;
}

int hf_devices_init(struct hf_devices *d, const struct hf_devices_limits *limits,
                    struct hf_hash_key hash_key)
{
    HF_ASSERT(limits->devices > 0 && limits->pairings > 0);
    *d = (struct hf_devices){ .limits = *limits, .hash_key = hash_key };
    uint32_t max = places_max(limits);
    hf_pool_init(&d->places, sizeof(struct hf_devices_place), max);
    hf_pool_init(&d->pairings, sizeof(struct hf_pairing), 2 * limits->pairings);
    return hf_map_init(&d->by_id, max);
}

void hf_devices_fini(struct hf_devices *d)
{
    hf_map_fini(&d->by_id);
    hf_pool_fini(&d->pairings);
    hf_pool_fini(&d->places);
    *d = (struct hf_devices){ 0 };
}

static uint64_t hash_of(const struct hf_devices *d, const struct hf_device_id *id)
{
    return hf_hash(d->hash_key, hf_bytes(id->bytes, sizeof id->bytes));
}

struct hf_devices_place *hf_place_find(const struct hf_devices *d, const struct hf_device_id *id)
{
    uint64_t hash = hash_of(d, id);
    uint32_t at = hf_map_start(&d->by_id, hash), slot;
    while (hf_map_next(&d->by_id, hash, &at, &slot)) {
        struct hf_devices_place *place = hf_pool_at(&d->places, slot);
        if (hf_device_id_same(&place->device.id, id)) return place;
    }
    return NULL;
}

int hf_place_make(struct hf_devices *d, const struct hf_device_id *id,
                  struct hf_devices_place **out)
{
    struct hf_devices_place *place = hf_place_find(d, id);
    if (!place) {
        hf_id self;
        void *item;
        int err = hf_pool_new(&d->places, &self, &item);
        if (err) return err;
        /* The map has a slot for every place, so this cannot fail. */
        err = hf_map_put(&d->by_id, hash_of(d, id), hf_id_slot(self));
        HF_ASSERT(err == 0);
        place = item;
        place->self = self;
        place->device.id = *id;
    }
    *out = place;
    return 0;
}

void hf_place_tidy(struct hf_devices *d, struct hf_devices_place *place)
{
    if (place->is_busy) return;
    if (!place->is_pending && place->pairing) {
        hf_pool_drop(&d->pairings, place->pairing);
        place->pairing = 0;
    }
    if (place->is_device || place->is_pending) return;
    hf_map_drop(&d->by_id, hash_of(d, &place->device.id), hf_id_slot(place->self));
    hf_pool_drop(&d->places, place->self);
}

struct hf_pairing *hf_place_pairing(const struct hf_devices *d,
                                    const struct hf_devices_place *place)
{
    return place->is_pending ? hf_pool_find(&d->pairings, place->pairing) : NULL;
}

int hf_place_reserve_pairing(struct hf_devices *d, struct hf_devices_place *place)
{
    void *item;
    return place->pairing ? 0 : hf_pool_new(&d->pairings, &place->pairing, &item);
}

static bool is_sound(const struct hf_device_id *id, const uint8_t public_key[HF_ED25519_KEY_BYTES])
{
    struct hf_device_id own = hf_device_id_of(public_key);
    return hf_device_id_same(&own, id);
}

static int load_device(struct hf_devices *d, const struct hf_device *row)
{
    struct hf_devices_place *place;
    if (!is_sound(&row->id, row->public_key)) return 0;
    int err = hf_place_make(d, &row->id, &place);
    if (err) return err;
    if (!place->is_device) d->device_count++;
    place->is_device = true;
    place->device = *row;
    return 0;
}

static int load_pairing(struct hf_devices *d, const struct hf_pairing *row)
{
    struct hf_devices_place *place;
    if (!is_sound(&row->id, row->public_key)) return 0;
    int err = hf_place_make(d, &row->id, &place);
    if (!err) err = hf_place_reserve_pairing(d, place);
    if (err) return err;
    if (!place->is_pending) d->pairing_count++;
    place->is_pending = true;
    *hf_place_pairing(d, place) = *row;
    return 0;
}

int hf_devices_load(struct hf_devices *d, const struct hf_device *devices, size_t device_count,
                    const struct hf_pairing *pairings, size_t pairing_count)
{
    int err = 0;
    size_t skip = device_count > d->limits.devices ? device_count - d->limits.devices : 0;
    for (size_t i = skip; i < device_count && !err; i++) err = load_device(d, &devices[i]);
    skip = pairing_count > d->limits.pairings ? pairing_count - d->limits.pairings : 0;
    for (size_t i = skip; i < pairing_count && !err; i++) err = load_pairing(d, &pairings[i]);
    return err;
}

const struct hf_device *hf_devices_find(const struct hf_devices *d, const struct hf_device_id *id)
{
    const struct hf_devices_place *place = hf_place_find(d, id);
    return place && place->is_device ? &place->device : NULL;
}

const struct hf_pairing *hf_devices_find_pairing(const struct hf_devices *d,
                                                 struct hf_bytes request_id)
{
    for (hf_id id = hf_pool_next(&d->pairings, 0); id; id = hf_pool_next(&d->pairings, id)) {
        const struct hf_pairing *row = hf_pool_find(&d->pairings, id);
        const struct hf_devices_place *place = hf_place_find(d, &row->id);
        if (!place || !place->is_pending || place->pairing != id) continue;
        if (hf_bytes_same(hf_bytes(row->request_id, sizeof row->request_id), request_id))
            return row;
    }
    return NULL;
}

static int newest_device_first(const void *a, const void *b)
{
    const struct hf_device *left = *(const struct hf_device *const *)a;
    const struct hf_device *right = *(const struct hf_device *const *)b;
    if (left->approved_ms != right->approved_ms)
        return left->approved_ms < right->approved_ms ? 1 : -1;
    return memcmp(left->id.bytes, right->id.bytes, sizeof left->id.bytes);
}

size_t hf_devices_list(const struct hf_devices *d, const struct hf_device **out, size_t cap)
{
    size_t count = 0;
    for (hf_id id = hf_pool_next(&d->places, 0); id && count < cap;
         id = hf_pool_next(&d->places, id)) {
        const struct hf_devices_place *place = hf_pool_find(&d->places, id);
        if (place->is_device) out[count++] = &place->device;
    }
    hf_sort(out, count, sizeof *out, newest_device_first);
    return count;
}

static int newest_pairing_first(const void *a, const void *b)
{
    const struct hf_pairing *left = *(const struct hf_pairing *const *)a;
    const struct hf_pairing *right = *(const struct hf_pairing *const *)b;
    if (left->requested_ms != right->requested_ms)
        return left->requested_ms < right->requested_ms ? 1 : -1;
    return memcmp(left->request_id, right->request_id, sizeof left->request_id);
}

size_t hf_devices_list_pairings(const struct hf_devices *d, const struct hf_pairing **out,
                                size_t cap)
{
    size_t count = 0;
    for (hf_id id = hf_pool_next(&d->places, 0); id && count < cap;
         id = hf_pool_next(&d->places, id)) {
        const struct hf_pairing *row = hf_place_pairing(d, hf_pool_find(&d->places, id));
        if (row) out[count++] = row;
    }
    hf_sort(out, count, sizeof *out, newest_pairing_first);
    return count;
}
