#include "core/devices/place.h"

#define MISSING_SCOPE(name, text) [HF_SCOPE_##name] = HF_LIT_INIT("missing scope: " text),
static const struct hf_bytes missing_scope[HF_SCOPE_COUNT] = { HF_SCOPES(MISSING_SCOPE) };

static bool is_admin(const struct hf_devices_caller *caller)
{
    return hf_scopes_allow(caller->scopes, HF_SCOPE_ADMIN);
}

/* A device that is no admin manages only itself. */
static bool is_foreign(const struct hf_devices_caller *caller, const struct hf_device_id *id)
{
    return caller->is_device && !is_admin(caller) && !hf_device_id_same(&caller->id, id);
}

static const struct hf_pairing *find_live(const struct hf_devices *d, int64_t now_ms,
                                          struct hf_bytes request_id)
{
    const struct hf_pairing *row = hf_devices_find_pairing(d, request_id);
    return row && !hf_pairing_is_expired(row, now_ms) ? row : NULL;
}

/* The first scope that is asked for and that the caller does not hold. */
static enum hf_scope first_missing(hf_scopes held, hf_scopes asked)
{
    for (int scope = 0; scope < HF_SCOPE_COUNT; scope++)
        if ((asked & hf_scope_bit((enum hf_scope)scope)) &&
            !hf_scopes_allow(held, (enum hf_scope)scope))
            return (enum hf_scope)scope;
    return HF_SCOPE_NONE;
}

static hf_scopes scopes_after(const struct hf_devices_place *place, const struct hf_pairing *row)
{
    hf_scopes scopes = row->has_role[HF_ROLE_OPERATOR] ? row->scopes : 0;
    if (scopes && hf_device_has_role(&place->device, HF_ROLE_OPERATOR))
        scopes |= place->device.grants[HF_ROLE_OPERATOR].scopes;
    return scopes;
}

enum hf_devices_act hf_devices_approve(struct hf_devices *d, int64_t now_ms,
                                       const struct hf_devices_caller *caller,
                                       struct hf_bytes request_id, struct hf_rng *rng,
                                       struct hf_devices_plan *plan)
{
    static const struct hf_bytes denied = HF_LIT_INIT("device pairing approval denied");
    const struct hf_pairing *pairing = find_live(d, now_ms, request_id);
    hf_plan_init(plan, pairing ? &pairing->id : NULL, now_ms);
    if (!pairing)
        return hf_plan_refuse(plan, is_admin(caller) ? HF_LIT("unknown requestId") : denied);
    if (is_foreign(caller, &pairing->id)) return hf_plan_refuse(plan, denied);
    if (pairing->has_role[HF_ROLE_NODE] && !is_admin(caller)) return hf_plan_refuse(plan, denied);
    struct hf_devices_place *place = hf_place_find(d, &pairing->id);
    if (place->is_busy) return HF_DEVICES_WAIT;
    enum hf_scope missing = first_missing(caller->scopes, scopes_after(place, pairing));
    if (missing != HF_SCOPE_NONE) return hf_plan_refuse(plan, missing_scope[missing]);
    if (!place->is_device && d->device_count >= d->limits.devices) return HF_DEVICES_FULL;

    struct hf_device *row = &hf_plan_change(plan, HF_PUT_DEVICE)->u.device;
    *row = place->device;
    memcpy(row->public_key, pairing->public_key, sizeof row->public_key);
    row->facts = pairing->facts;
    row->role = pairing->role;
    for (int role = 0; role < HF_ROLES; role++)
        if (pairing->has_role[role])
            hf_plan_approve_role(&row->grants[role], now_ms,
                                 role == HF_ROLE_OPERATOR ? pairing->scopes : 0, rng);
    hf_plan_approve_device(row, now_ms, HF_APPROVED_OWNER);
    if (!place->is_device) plan->device_delta++;
    memcpy(plan->request_id, pairing->request_id, HF_REQUEST_ID_CHARS);
    hf_plan_event(plan, HF_PAIR_APPROVED, &pairing->id, pairing->request_id);
    hf_plan_drop_pairing(plan, &pairing->id);
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}

enum hf_devices_act hf_devices_reject(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes request_id, struct hf_devices_plan *plan)
{
    static const struct hf_bytes denied = HF_LIT_INIT("device pairing rejection denied");
    const struct hf_pairing *pairing = find_live(d, now_ms, request_id);
    hf_plan_init(plan, pairing ? &pairing->id : NULL, now_ms);
    bool is_limited = caller->is_device && !is_admin(caller);
    if (!pairing) return hf_plan_refuse(plan, is_limited ? denied : HF_LIT("unknown requestId"));
    if (is_foreign(caller, &pairing->id)) return hf_plan_refuse(plan, denied);
    struct hf_devices_place *place = hf_place_find(d, &pairing->id);
    if (place->is_busy) return HF_DEVICES_WAIT;
    memcpy(plan->request_id, pairing->request_id, HF_REQUEST_ID_CHARS);
    hf_plan_event(plan, HF_PAIR_REJECTED, &pairing->id, pairing->request_id);
    hf_plan_drop_pairing(plan, &pairing->id);
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}

/* The place that remove and rename are about, or NULL and why not in the plan. */
static struct hf_devices_place *managed(struct hf_devices *d,
                                        const struct hf_devices_caller *caller,
                                        struct hf_bytes device_id, struct hf_bytes denied,
                                        struct hf_devices_plan *plan)
{
    struct hf_device_id id;
    bool is_id = hf_device_id_read(hf_bytes_trim(device_id), &id);
    bool is_limited = caller->is_device && !is_admin(caller);
    struct hf_devices_place *place = is_id ? hf_place_find(d, &id) : NULL;
    if (place) plan->id = id;
    if (is_limited && (!is_id || is_foreign(caller, &id)))
        plan->message = denied;
    else if (!place || !place->is_device)
        plan->message = HF_LIT("unknown deviceId");
    else if (is_limited && place->device.grants[HF_ROLE_NODE].epoch != 0)
        plan->message = denied;
    return plan->message.len > 0 ? NULL : place;
}

enum hf_devices_act hf_devices_remove(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_devices_plan *plan)
{
    hf_plan_init(plan, NULL, now_ms);
    struct hf_devices_place *place =
        managed(d, caller, device_id, HF_LIT("device pairing removal denied"), plan);
    if (!place) return HF_DEVICES_REFUSED;
    if (place->is_busy) return HF_DEVICES_WAIT;
    const struct hf_pairing *pairing = hf_place_pairing(d, place);
    hf_plan_change(plan, HF_DELETE_DEVICE)->u.id = plan->id;
    plan->device_delta--;
    if (pairing) {
        hf_plan_event(plan, HF_PAIR_REJECTED, &plan->id, pairing->request_id);
        hf_plan_drop_pairing(plan, &plan->id);
    }
    for (int role = 0; role < HF_ROLES; role++) plan->ends_sessions[role] = true;
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}

enum hf_devices_act hf_devices_rename(struct hf_devices *d, const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_bytes label,
                                      struct hf_devices_plan *plan)
{
    label = hf_bytes_trim(label);
    hf_plan_init(plan, NULL, 0);
    if (label.len == 0) return hf_plan_refuse(plan, HF_LIT("label required"));
    struct hf_devices_place *place =
        managed(d, caller, device_id, HF_LIT("device pairing rename denied"), plan);
    if (!place) return HF_DEVICES_REFUSED;
    if (place->is_busy) return HF_DEVICES_WAIT;
    struct hf_device *row = &hf_plan_change(plan, HF_PUT_DEVICE)->u.device;
    *row = place->device;
    hf_name_set(&row->label, label);
    hf_plan_event(plan, HF_PAIR_CHANGED, &plan->id, NULL);
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}

/* The grant that rotate and revoke are about, when the caller may change it. */
static struct hf_devices_place *token_place(struct hf_devices *d,
                                            const struct hf_devices_caller *caller,
                                            struct hf_bytes device_id, struct hf_bytes role_text,
                                            struct hf_devices_plan *plan)
{
    struct hf_device_id id;
    if (!hf_device_id_read(hf_bytes_trim(device_id), &id)) return NULL;
    if (!hf_role_find(hf_bytes_trim(role_text), &plan->role)) return NULL;
    if (is_foreign(caller, &id)) return NULL;
    if (plan->role != HF_ROLE_OPERATOR && !is_admin(caller)) return NULL;
    struct hf_devices_place *place = hf_place_find(d, &id);
    if (!place || !place->is_device) return NULL;
    const struct hf_device_grant *grant = &place->device.grants[plan->role];
    if (grant->epoch == 0 || !hf_scopes_cover(caller->scopes, grant->scopes)) return NULL;
    plan->id = id;
    return place;
}

enum hf_devices_act hf_devices_rotate(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_bytes role,
                                      const hf_scopes *scopes, struct hf_rng *rng,
                                      struct hf_devices_plan *plan)
{
    static const struct hf_bytes denied = HF_LIT_INIT("device token rotation denied");
    hf_plan_init(plan, NULL, now_ms);
    struct hf_devices_place *place = token_place(d, caller, device_id, role, plan);
    if (!place) return hf_plan_refuse(plan, denied);
    if (place->is_busy) return HF_DEVICES_WAIT;
    if (!hf_device_has_role(&place->device, plan->role)) return hf_plan_refuse(plan, denied);
    hf_scopes held = place->device.grants[plan->role].scopes;
    if (scopes && !hf_scopes_cover(held, *scopes)) return hf_plan_refuse(plan, denied);
    struct hf_device *row = &hf_plan_change(plan, HF_PUT_DEVICE)->u.device;
    *row = place->device;
    struct hf_device_grant *grant = &row->grants[plan->role];
    if (scopes) grant->scopes = *scopes;
    grant->rotated_ms = now_ms;
    hf_plan_renew_epoch(grant, rng);
    plan->scopes = grant->scopes;
    plan->ends_sessions[plan->role] = true;
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}

enum hf_devices_act hf_devices_revoke(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_bytes role,
                                      struct hf_rng *rng, struct hf_devices_plan *plan)
{
    hf_plan_init(plan, NULL, now_ms);
    struct hf_devices_place *place = token_place(d, caller, device_id, role, plan);
    if (!place) return hf_plan_refuse(plan, HF_LIT("device token revocation denied"));
    if (place->is_busy) return HF_DEVICES_WAIT;
    struct hf_device *row = &hf_plan_change(plan, HF_PUT_DEVICE)->u.device;
    *row = place->device;
    struct hf_device_grant *grant = &row->grants[plan->role];
    grant->revoked_ms = now_ms;
    hf_plan_renew_epoch(grant, rng);
    plan->ends_sessions[plan->role] = true;
    hf_plan_claim(plan, place);
    return hf_plan_write(d, plan);
}
