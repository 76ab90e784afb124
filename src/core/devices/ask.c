#include "core/devices/place.h"

static bool same_facts(const struct hf_device_facts *a, const struct hf_device_facts *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* both were cleared before they were set */
}

static bool covers(const struct hf_pairing *row, const struct hf_pairing_ask *ask)
{
    return row->has_role[ask->role] && hf_scopes_cover(row->scopes, ask->scopes);
}

/* Makes room for one more pending request: the oldest one that is not being
 * changed goes.  False when all are. */
static bool evict_pairing(struct hf_devices *d, struct hf_devices_plan *plan)
{
    struct hf_devices_place *oldest = NULL;
    const struct hf_pairing *oldest_row = NULL;
    for (hf_id id = hf_pool_next(&d->places, 0); id; id = hf_pool_next(&d->places, id)) {
        struct hf_devices_place *place = hf_pool_find(&d->places, id);
        const struct hf_pairing *row = hf_place_pairing(d, place);
        if (!row || place->is_busy) continue;
        if (oldest_row && oldest_row->refreshed_ms <= row->refreshed_ms) continue;
        oldest = place;
        oldest_row = row;
    }
    if (!oldest) return false;
    hf_plan_event(plan, HF_PAIR_REJECTED, &oldest_row->id, oldest_row->request_id);
    hf_plan_drop_pairing(plan, &oldest_row->id);
    hf_plan_claim(plan, oldest);
    return true;
}

/* A retry that asks for no more than the pending request: the same request. */
static enum hf_devices_act refresh(struct hf_devices *d, int64_t now_ms,
                                   const struct hf_pairing_ask *ask, struct hf_devices_place *place,
                                   struct hf_devices_plan *plan)
{
    struct hf_pairing *row = hf_place_pairing(d, place);
    struct hf_device_facts facts;
    memset(&facts, 0, sizeof facts);
    hf_plan_facts(&facts, ask);
    memcpy(plan->request_id, row->request_id, HF_REQUEST_ID_CHARS);
    if (same_facts(&facts, &row->facts)) {
        row->refreshed_ms = now_ms;
        return HF_DEVICES_DONE;
    }
    struct hf_device_change *change = hf_plan_change(plan, HF_PUT_PAIRING);
    change->u.pairing = *row;
    change->u.pairing.facts = facts;
    change->u.pairing.refreshed_ms = now_ms;
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}

static void fill_pairing(struct hf_pairing *row, int64_t now_ms, const struct hf_pairing_ask *ask,
                         const struct hf_pairing *old, struct hf_rng *rng)
{
    char uuid[HF_UUID_CHARS + 1];
    hf_rng_uuid(rng, uuid);
    memcpy(row->request_id, uuid, sizeof row->request_id);
    row->id = ask->id;
    memcpy(row->public_key, ask->public_key, sizeof row->public_key);
    hf_plan_facts(&row->facts, ask);
    row->role = ask->role;
    row->has_role[ask->role] = true;
    row->scopes = ask->scopes;
    if (old) {
        for (int role = 0; role < HF_ROLES; role++)
            row->has_role[role] = row->has_role[role] || old->has_role[role];
        row->scopes |= old->scopes;
    }
    row->requested_ms = row->refreshed_ms = now_ms;
}

enum hf_devices_act hf_devices_ask(struct hf_devices *d, int64_t now_ms,
                                   const struct hf_pairing_ask *ask, struct hf_rng *rng,
                                   struct hf_devices_plan *plan)
{
    struct hf_devices_place *place;
    hf_plan_init(plan, &ask->id, now_ms);
    int err = hf_place_make(d, &ask->id, &place);
    if (err) return hf_plan_failed(err);
    if (place->is_busy) return HF_DEVICES_WAIT;
    const struct hf_pairing *old = hf_place_pairing(d, place);
    if (old && !hf_pairing_is_expired(old, now_ms) && covers(old, ask))
        return refresh(d, now_ms, ask, place, plan);
    err = hf_place_reserve_pairing(d, place);
    if (err) {
        hf_place_tidy(d, place);
        return hf_plan_failed(err);
    }
    hf_plan_claim(plan, place);
    if (!old && d->pairing_count >= d->limits.pairings && !evict_pairing(d, plan)) {
        place->is_busy = false;
        hf_place_tidy(d, place);
        return HF_DEVICES_WAIT;
    }
    struct hf_pairing *row = &hf_plan_change(plan, HF_PUT_PAIRING)->u.pairing;
    fill_pairing(row, now_ms, ask, old && !hf_pairing_is_expired(old, now_ms) ? old : NULL, rng);
    row->is_repair = place->is_device;
    memcpy(plan->request_id, row->request_id, HF_REQUEST_ID_CHARS);
    if (old) hf_plan_event(plan, HF_PAIR_REJECTED, &old->id, old->request_id);
    if (!old) plan->pairing_delta++;
    hf_plan_event(plan, HF_PAIR_REQUESTED, &ask->id, row->request_id);
    return hf_plan_write(d, plan);
}

/* Whether approving `row` grants all that the pending request asks for. */
static bool answers(const struct hf_device *row, const struct hf_pairing *pairing)
{
    for (int role = 0; role < HF_ROLES; role++)
        if (pairing->has_role[role] && !hf_device_has_role(row, (enum hf_role)role)) return false;
    return hf_scopes_cover(row->grants[HF_ROLE_OPERATOR].scopes, pairing->scopes);
}

enum hf_devices_act hf_devices_ask_silent(struct hf_devices *d, int64_t now_ms,
                                          const struct hf_pairing_ask *ask, struct hf_rng *rng,
                                          struct hf_devices_plan *plan)
{
    struct hf_devices_place *place;
    hf_plan_init(plan, &ask->id, now_ms);
    int err = hf_place_make(d, &ask->id, &place);
    if (err) return hf_plan_failed(err);
    if (place->is_busy) return HF_DEVICES_WAIT;
    if (!place->is_device && d->device_count >= d->limits.devices) {
        hf_place_tidy(d, place);
        return HF_DEVICES_FULL;
    }
    struct hf_device *row = &hf_plan_change(plan, HF_PUT_DEVICE)->u.device;
    *row = place->device;
    memcpy(row->public_key, ask->public_key, sizeof row->public_key);
    memset(&row->facts, 0, sizeof row->facts);
    hf_plan_facts(&row->facts, ask);
    row->role = ask->role;
    hf_plan_approve_role(&row->grants[ask->role], now_ms, ask->scopes, rng);
    hf_plan_approve_device(row, now_ms, HF_APPROVED_SILENT);
    if (!place->is_device) plan->device_delta++;

    const struct hf_pairing *pairing = hf_place_pairing(d, place);
    if (pairing && answers(row, pairing)) {
        memcpy(plan->request_id, pairing->request_id, HF_REQUEST_ID_CHARS);
        hf_plan_drop_pairing(plan, &ask->id);
    } else {
        char uuid[HF_UUID_CHARS + 1];
        hf_rng_uuid(rng, uuid);
        memcpy(plan->request_id, uuid, HF_REQUEST_ID_CHARS);
    }
    hf_plan_event(plan, HF_PAIR_APPROVED, &ask->id, plan->request_id);
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}
