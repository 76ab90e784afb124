/* core/devices/place.h: what the registry keeps for one device id.
 *
 * Private to the room.  A place exists while its device is paired, has a pending
 * request, or is being changed. */
#ifndef HF_CORE_DEVICES_PLACE_H
#define HF_CORE_DEVICES_PLACE_H

#include "core/devices.h"

struct hf_devices_place {
    hf_id self;
    hf_id pairing;   /* its pending request's slot, or 0 */
    bool is_device;  /* `device` is paired; its id counts in any case */
    bool is_pending; /* the request in `pairing` is durable */
    bool is_busy;    /* a change is being written */
    bool is_unsaved; /* last seen is newer than the store's */
    struct hf_device device;
};

struct hf_devices_place *hf_place_find(const struct hf_devices *d, const struct hf_device_id *id);

/* The place of an id, made if need be: 0, HF_ERR_LIMIT, HF_ERR_NOMEM. */
int hf_place_make(struct hf_devices *d, const struct hf_device_id *id,
                  struct hf_devices_place **out);

/* Gives the place up when nothing is left in it. */
void hf_place_tidy(struct hf_devices *d, struct hf_devices_place *place);

/* Its pending request, or NULL. */
struct hf_pairing *hf_place_pairing(const struct hf_devices *d,
                                    const struct hf_devices_place *place);

/* Reserves room for a pending request: 0, HF_ERR_LIMIT, HF_ERR_NOMEM. */
int hf_place_reserve_pairing(struct hf_devices *d, struct hf_devices_place *place);

/* --- the parts of a plan --- */

void hf_plan_init(struct hf_devices_plan *plan, const struct hf_device_id *id, int64_t now_ms);
enum hf_devices_act hf_plan_refuse(struct hf_devices_plan *plan, struct hf_bytes message);
enum hf_devices_act hf_plan_failed(int err); /* FULL or NOMEM */

struct hf_device_change *hf_plan_change(struct hf_devices_plan *plan,
                                        enum hf_device_change_kind kind);
void hf_plan_drop_pairing(struct hf_devices_plan *plan, const struct hf_device_id *id);
void hf_plan_event(struct hf_devices_plan *plan, enum hf_pair_event_kind kind,
                   const struct hf_device_id *id, const char *request_id);

/* From here until it is settled the place belongs to the plan. */
void hf_plan_claim(struct hf_devices_plan *plan, struct hf_devices_place *place);

/* The plan is complete: WRITE. */
enum hf_devices_act hf_plan_write(struct hf_devices *d, struct hf_devices_plan *plan);

void hf_plan_facts(struct hf_device_facts *facts, const struct hf_pairing_ask *ask);
bool hf_pairing_is_expired(const struct hf_pairing *row, int64_t now_ms);

/* Grants the role.  One that was revoked starts anew: what it could do before does
 * not come back unseen.  A wider grant gets a new token, the same one keeps it. */
void hf_plan_approve_role(struct hf_device_grant *grant, int64_t now_ms, hf_scopes scopes,
                          struct hf_rng *rng);
void hf_plan_approve_device(struct hf_device *row, int64_t now_ms, enum hf_approved_via via);
void hf_plan_renew_epoch(struct hf_device_grant *grant, struct hf_rng *rng);

#endif
