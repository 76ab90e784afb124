/* lib/registry.h: a registry of devices, a plan and dice, for tests of core/devices. */
#ifndef HF_LIB_REGISTRY_H
#define HF_LIB_REGISTRY_H

#include "core/devices.h"
#include "lib/identity.h"

static const struct hf_devices_limits registry_limits = { .devices = 4, .pairings = 3 };

#define READ hf_scope_bit(HF_SCOPE_READ)
#define WRITE hf_scope_bit(HF_SCOPE_WRITE)
#define ADMIN hf_scope_bit(HF_SCOPE_ADMIN)
#define PAIRING hf_scope_bit(HF_SCOPE_PAIRING)

static const struct hf_devices_caller registry_admin = { .scopes = 1u << HF_SCOPE_ADMIN };

struct registry {
    struct hf_devices devices;
    struct hf_rng rng;
    struct hf_devices_plan plan;
};

static inline void registry_start(struct registry *r)
{
    CHECK_EQ(hf_devices_init(&r->devices, &registry_limits, (struct hf_hash_key){ 1, 2 }), 0);
    hf_rng_init_number(&r->rng, 1);
}

static inline void registry_stop(struct registry *r)
{
    hf_devices_fini(&r->devices);
}

static inline struct hf_pairing_ask registry_ask_of(const struct identity *who, enum hf_role role,
                                                    hf_scopes scopes)
{
    struct hf_pairing_ask ask = { .id = who->id,
                                  .role = role,
                                  .scopes = scopes,
                                  .platform = HF_LIT("linux"),
                                  .client_id = HF_LIT("openclaw-tui"),
                                  .client_mode = HF_LIT("ui"),
                                  .remote_ip = HF_LIT("203.0.113.9") };
    memcpy(ask.public_key, who->public_key, sizeof ask.public_key);
    return ask;
}

static inline enum hf_devices_act registry_ask(struct registry *r, int64_t ms,
                                               const struct identity *who, hf_scopes scopes)
{
    struct hf_pairing_ask asked = registry_ask_of(who, HF_ROLE_OPERATOR, scopes);
    return hf_devices_ask(&r->devices, ms, &asked, &r->rng, &r->plan);
}

static inline enum hf_devices_act registry_ask_silent(struct registry *r, int64_t ms,
                                                      const struct identity *who, enum hf_role role,
                                                      hf_scopes scopes)
{
    struct hf_pairing_ask asked = registry_ask_of(who, role, scopes);
    return hf_devices_ask_silent(&r->devices, ms, &asked, &r->rng, &r->plan);
}

static inline void registry_settle(struct registry *r, bool is_durable)
{
    hf_devices_settle(&r->devices, &r->plan, is_durable);
}

static inline void registry_pair(struct registry *r, int64_t ms, const struct identity *who,
                                 hf_scopes scopes)
{
    CHECK_EQ(registry_ask_silent(r, ms, who, HF_ROLE_OPERATOR, scopes), HF_DEVICES_WRITE);
    registry_settle(r, true);
}

static inline void registry_file(struct registry *r, int64_t ms, const struct identity *who,
                                 hf_scopes scopes)
{
    CHECK_EQ(registry_ask(r, ms, who, scopes), HF_DEVICES_WRITE);
    registry_settle(r, true);
}

static inline struct hf_bytes registry_request(const struct registry *r)
{
    return hf_bytes(r->plan.request_id, sizeof r->plan.request_id);
}

static inline enum hf_devices_act registry_approve(struct registry *r, int64_t ms,
                                                   const struct hf_devices_caller *caller,
                                                   struct hf_bytes id)
{
    return hf_devices_approve(&r->devices, ms, caller, id, &r->rng, &r->plan);
}

static inline struct hf_device_grant registry_grant(const struct registry *r,
                                                    const struct identity *who, enum hf_role role)
{
    const struct hf_device *device = hf_devices_find(&r->devices, &who->id);
    CHECK(device != NULL);
    return device->grants[role];
}

static inline size_t registry_count_devices(const struct registry *r)
{
    const struct hf_device *rows[4];
    return hf_devices_list(&r->devices, rows, HF_COUNT(rows));
}

static inline size_t registry_count_pairings(const struct registry *r)
{
    const struct hf_pairing *rows[3];
    return hf_devices_list_pairings(&r->devices, rows, HF_COUNT(rows));
}

#endif
