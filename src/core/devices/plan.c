#include "base/assert.h"
#include "base/err.h"
#include "base/time.h"
#include "core/devices/place.h"

/* Epochs start at a random number and grow by random steps, so that no token that
 * was withdrawn becomes right again when its device is removed and pairs anew. */
#define EPOCH_STEP ((uint64_t)1 << 32)
#define EPOCH_START ((uint64_t)1 << 48)

void hf_plan_init(struct hf_devices_plan *plan, const struct hf_device_id *id, int64_t now_ms)
{
    memset(plan, 0, sizeof *plan);
    if (id) plan->id = *id;
    plan->at_ms = now_ms;
}

enum hf_devices_act hf_plan_refuse(struct hf_devices_plan *plan, struct hf_bytes message)
{
    plan->message = message;
    return HF_DEVICES_REFUSED;
}

enum hf_devices_act hf_plan_failed(int err)
{
    return err == HF_ERR_LIMIT ? HF_DEVICES_FULL : HF_DEVICES_NOMEM;
}

struct hf_device_change *hf_plan_change(struct hf_devices_plan *plan,
                                        enum hf_device_change_kind kind)
{
    HF_ASSERT(plan->change_count < HF_PLAN_CHANGES);
    struct hf_device_change *change = &plan->changes[plan->change_count++];
    change->kind = kind;
    return change;
}

void hf_plan_event(struct hf_devices_plan *plan, enum hf_pair_event_kind kind,
                   const struct hf_device_id *id, const char *request_id)
{
    HF_ASSERT(plan->event_count < HF_PLAN_EVENTS);
    struct hf_pair_event *event = &plan->events[plan->event_count++];
    event->kind = kind;
    event->id = *id;
    if (request_id) memcpy(event->request_id, request_id, HF_REQUEST_ID_CHARS);
}

void hf_plan_claim(struct hf_devices_plan *plan, struct hf_devices_place *place)
{
    HF_ASSERT(!place->is_busy);
    HF_ASSERT(plan->place_count < HF_PLAN_CHANGES);
    place->is_busy = true;
    plan->places[plan->place_count++] = place->self;
}

static void move_counts(struct hf_devices *d, const struct hf_devices_plan *plan, int direction)
{
    d->device_count = (uint32_t)((int)d->device_count + direction * plan->device_delta);
    d->pairing_count = (uint32_t)((int)d->pairing_count + direction * plan->pairing_delta);
}

enum hf_devices_act hf_plan_write(struct hf_devices *d, struct hf_devices_plan *plan)
{
    move_counts(d, plan, 1);
    return HF_DEVICES_WRITE;
}

void hf_plan_drop_pairing(struct hf_devices_plan *plan, const struct hf_device_id *id)
{
    hf_plan_change(plan, HF_DELETE_PAIRING)->u.id = *id;
    plan->pairing_delta--;
}

void hf_plan_facts(struct hf_device_facts *facts, const struct hf_pairing_ask *ask)
{
    hf_name_set(&facts->display_name, ask->display_name);
    hf_name_set(&facts->platform, ask->platform);
    hf_name_set(&facts->device_family, ask->device_family);
    hf_tag_set(&facts->client_id, ask->client_id);
    hf_tag_set(&facts->client_mode, ask->client_mode);
    hf_tag_set(&facts->remote_ip, ask->remote_ip);
}

bool hf_pairing_is_expired(const struct hf_pairing *row, int64_t now_ms)
{
    return hf_wall_ms_since(now_ms, row->refreshed_ms) >= HF_PAIRING_KEPT_MS;
}

void hf_plan_renew_epoch(struct hf_device_grant *grant, struct hf_rng *rng)
{
    /* A file may hold any number: behind the last one it begins anew. */
    if (grant->epoch == 0 || grant->epoch > INT64_MAX - (int64_t)EPOCH_STEP)
        grant->epoch = (int64_t)(1 + hf_rng_below(rng, EPOCH_START));
    else
        grant->epoch += (int64_t)(1 + hf_rng_below(rng, EPOCH_STEP));
}

void hf_plan_approve_role(struct hf_device_grant *grant, int64_t now_ms, hf_scopes scopes,
                          struct hf_rng *rng)
{
    bool is_fresh = grant->epoch == 0 || grant->revoked_ms != 0;
    if (is_fresh) {
        grant->scopes = scopes;
        grant->created_ms = now_ms;
        grant->rotated_ms = 0;
        grant->revoked_ms = 0;
    } else if (!hf_scopes_cover(grant->scopes, scopes)) {
        grant->scopes |= scopes;
        grant->rotated_ms = now_ms;
    } else {
        return;
    }
    hf_plan_renew_epoch(grant, rng);
}

void hf_plan_approve_device(struct hf_device *row, int64_t now_ms, enum hf_approved_via via)
{
    if (row->created_ms == 0) row->created_ms = now_ms;
    row->approved_ms = now_ms;
    row->approved_via = via;
}

static void apply(struct hf_devices *d, const struct hf_device_change *change)
{
    switch (change->kind) {
    case HF_PUT_DEVICE: {
        struct hf_devices_place *place = hf_place_find(d, &change->u.device.id);
        struct hf_device seen = place->device;
        bool was_device = place->is_device;
        place->device = change->u.device;
        place->is_device = true;
        /* A login while the row was being written knows better. */
        if (was_device && seen.last_seen_ms > place->device.last_seen_ms) {
            place->device.facts = seen.facts;
            place->device.last_seen_ms = seen.last_seen_ms;
        } else {
            place->is_unsaved = false;
        }
        return;
    }
    case HF_DELETE_DEVICE: {
        struct hf_devices_place *place = hf_place_find(d, &change->u.id);
        place->device = (struct hf_device){ .id = change->u.id };
        place->is_device = false;
        place->is_unsaved = false;
        return;
    }
    case HF_PUT_PAIRING: {
        struct hf_devices_place *place = hf_place_find(d, &change->u.pairing.id);
        place->is_pending = true;
        *hf_place_pairing(d, place) = change->u.pairing;
        return;
    }
    case HF_DELETE_PAIRING:
        hf_place_find(d, &change->u.id)->is_pending = false;
        return;
    }
    HF_UNREACHABLE();
}

void hf_devices_settle(struct hf_devices *d, struct hf_devices_plan *plan, bool is_durable)
{
    if (is_durable) {
        for (size_t i = 0; i < plan->change_count; i++) apply(d, &plan->changes[i]);
    } else {
        move_counts(d, plan, -1);
    }
    for (size_t i = 0; i < plan->place_count; i++) {
        struct hf_devices_place *place = hf_pool_find(&d->places, plan->places[i]);
        place->is_busy = false;
        hf_place_tidy(d, place);
    }
    plan->place_count = 0;
}

void hf_devices_seen(struct hf_devices *d, int64_t now_ms, const struct hf_pairing_ask *facts)
{
    struct hf_devices_place *place = hf_place_find(d, &facts->id);
    if (!place || !place->is_device) return;
    hf_plan_facts(&place->device.facts, facts);
    place->device.last_seen_ms = now_ms;
    place->is_unsaved = true;
}

enum hf_devices_act hf_devices_save(struct hf_devices *d, struct hf_devices_plan *plan)
{
    bool is_waiting = false;
    hf_plan_init(plan, NULL, 0);
    hf_id id = d->save_cursor;
    uint32_t left = d->places.live;
    while (left-- > 0 && plan->change_count < HF_PLAN_CHANGES) {
        id = hf_pool_next(&d->places, id);
        if (!id) id = hf_pool_next(&d->places, 0);
        struct hf_devices_place *place = hf_pool_find(&d->places, id);
        if (!place->is_unsaved) continue;
        if (place->is_busy) {
            is_waiting = true;
            continue;
        }
        hf_plan_change(plan, HF_PUT_DEVICE)->u.device = place->device;
        hf_plan_claim(plan, place);
    }
    d->save_cursor = id;
    if (plan->change_count > 0) return hf_plan_write(d, plan);
    return is_waiting ? HF_DEVICES_WAIT : HF_DEVICES_DONE;
}

enum hf_devices_act hf_devices_expire(struct hf_devices *d, int64_t now_ms,
                                      struct hf_devices_plan *plan)
{
    hf_plan_init(plan, NULL, now_ms);
    for (hf_id id = hf_pool_next(&d->places, 0); id; id = hf_pool_next(&d->places, id)) {
        struct hf_devices_place *place = hf_pool_find(&d->places, id);
        const struct hf_pairing *row = hf_place_pairing(d, place);
        if (!row || place->is_busy || !hf_pairing_is_expired(row, now_ms)) continue;
        plan->id = row->id;
        memcpy(plan->request_id, row->request_id, HF_REQUEST_ID_CHARS);
        hf_plan_event(plan, HF_PAIR_REJECTED, &row->id, row->request_id);
        hf_plan_drop_pairing(plan, &row->id);
        hf_plan_claim(plan, place);
        return hf_plan_write(d, plan);
    }
    return HF_DEVICES_DONE;
}

int64_t hf_devices_expire_due_ms(const struct hf_devices *d)
{
    int64_t due = INT64_MAX;
    for (hf_id id = hf_pool_next(&d->places, 0); id; id = hf_pool_next(&d->places, id)) {
        const struct hf_devices_place *place = hf_pool_find(&d->places, id);
        const struct hf_pairing *row = hf_place_pairing(d, place);
        if (!row || place->is_busy) continue;
        if (row->refreshed_ms > INT64_MAX - HF_PAIRING_KEPT_MS) continue;
        int64_t at = row->refreshed_ms + HF_PAIRING_KEPT_MS;
        if (at < due) due = at;
    }
    return due;
}
