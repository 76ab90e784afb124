#include "lib/registry.h"

/* --- approving --- */

static void silent_approval_pairs_and_keeps_the_token_until_it_widens(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    CHECK_EQ(registry_ask_silent(&r, 10, &who, HF_ROLE_OPERATOR, READ | WRITE), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.event_count, 1);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_APPROVED);
    registry_settle(&r, true);
    struct hf_device_grant first = registry_grant(&r, &who, HF_ROLE_OPERATOR);
    CHECK_EQ(first.scopes, READ | WRITE);
    CHECK_EQ(first.created_ms, 10);
    CHECK_EQ(first.rotated_ms, 0);
    CHECK(first.epoch > 0);
    registry_pair(&r, 11, &who, READ);
    CHECK_EQ(registry_grant(&r, &who, HF_ROLE_OPERATOR).epoch, first.epoch);
    registry_pair(&r, 12, &who, ADMIN);
    struct hf_device_grant wider = registry_grant(&r, &who, HF_ROLE_OPERATOR);
    CHECK_EQ(wider.scopes, READ | WRITE | ADMIN);
    CHECK(wider.epoch > first.epoch);
    CHECK_EQ(wider.rotated_ms, 12);
    CHECK_EQ(hf_devices_find(&r.devices, &who.id)->approved_via, HF_APPROVED_SILENT);
    registry_stop(&r);
}

static void silent_approval_answers_a_pending_request_that_it_covers(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    registry_file(&r, 10, &who, READ | ADMIN);
    memcpy(id, r.plan.request_id, sizeof id);
    registry_pair(&r, 11, &who, READ);
    CHECK_EQ(registry_count_pairings(&r), 1);
    registry_pair(&r, 12, &who, ADMIN);
    CHECK(memcmp(r.plan.request_id, id, sizeof id) == 0);
    CHECK_EQ(registry_count_pairings(&r), 0);
    registry_stop(&r);
}

static void an_operator_approves_what_was_asked_for(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    registry_file(&r, 10, &who, READ);
    struct hf_bytes id = registry_request(&r);
    char copy[HF_REQUEST_ID_CHARS];
    memcpy(copy, id.ptr, sizeof copy);
    CHECK_EQ(registry_approve(&r, 20, &registry_admin, hf_bytes(copy, sizeof copy)),
             HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_APPROVED);
    registry_settle(&r, true);
    const struct hf_device *device = hf_devices_find(&r.devices, &who.id);
    CHECK_EQ(device->approved_via, HF_APPROVED_OWNER);
    CHECK_EQ(device->created_ms, 20);
    CHECK_EQ(device->approved_ms, 20);
    CHECK_TEXT(hf_tag_view(&device->facts.remote_ip), "203.0.113.9");
    CHECK_EQ(device->grants[HF_ROLE_OPERATOR].scopes, READ);
    CHECK_EQ(registry_count_pairings(&r), 0);
    CHECK_EQ(registry_approve(&r, 21, &registry_admin, hf_bytes(copy, sizeof copy)),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "unknown requestId");
    registry_stop(&r);
}

static void at_the_bound_of_devices_nobody_more_is_paired(void)
{
    struct registry r;
    struct identity last = identity_of(9);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    for (uint32_t i = 0; i < 4; i++) {
        struct identity who = identity_of(i + 1);
        registry_pair(&r, 10, &who, READ);
    }
    CHECK_EQ(registry_count_devices(&r), 4);
    CHECK_EQ(registry_ask_silent(&r, 11, &last, HF_ROLE_OPERATOR, READ), HF_DEVICES_FULL);
    CHECK_EQ(r.devices.places.live, 4);
    registry_file(&r, 12, &last, READ);
    memcpy(id, r.plan.request_id, sizeof id);
    CHECK_EQ(registry_approve(&r, 13, &registry_admin, hf_bytes(id, sizeof id)), HF_DEVICES_FULL);
    struct identity first = identity_of(1);
    registry_pair(&r, 14, &first, WRITE); /* one that is paired may still widen */
    CHECK_EQ(hf_devices_remove(&r.devices, 15, &registry_admin, identity_id(&first), &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK_EQ(registry_approve(&r, 16, &registry_admin, hf_bytes(id, sizeof id)), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

/* --- who may --- */

/* A stranger's request for `asked`, answered by a caller with `held`. */
static const struct {
    hf_scopes held;
    enum hf_role role;
    hf_scopes asked;
    bool is_device; /* the caller is another device */
    const char *message;
} approvals[] = {
    { 1u << HF_SCOPE_ADMIN, HF_ROLE_OPERATOR, 1u << HF_SCOPE_ADMIN, false, "" },
    { 1u << HF_SCOPE_ADMIN, HF_ROLE_OPERATOR, 1u << HF_SCOPE_ADMIN, true, "" },
    { 1u << HF_SCOPE_ADMIN, HF_ROLE_NODE, 0, false, "" },
    { 1u << HF_SCOPE_PAIRING, HF_ROLE_OPERATOR, 1u << HF_SCOPE_PAIRING, false, "" },
    { 1u << HF_SCOPE_PAIRING, HF_ROLE_OPERATOR, 1u << HF_SCOPE_ADMIN, false,
      "missing scope: operator.admin" },
    { 1u << HF_SCOPE_PAIRING, HF_ROLE_OPERATOR, 1u << HF_SCOPE_READ, false,
      "missing scope: operator.read" },
    { 1u << HF_SCOPE_PAIRING, HF_ROLE_NODE, 0, false, "device pairing approval denied" },
    { 1u << HF_SCOPE_PAIRING, HF_ROLE_OPERATOR, 1u << HF_SCOPE_PAIRING, true,
      "device pairing approval denied" },
};

static void nobody_grants_what_they_do_not_hold(void)
{
    for (size_t i = 0; i < HF_COUNT(approvals); i++) {
        struct registry r;
        struct identity who = identity_of(1), other = identity_of(2);
        struct hf_pairing_ask asked = registry_ask_of(&who, approvals[i].role, approvals[i].asked);
        struct hf_devices_caller caller = { .scopes = approvals[i].held,
                                            .is_device = approvals[i].is_device,
                                            .id = other.id };
        char id[HF_REQUEST_ID_CHARS];
        registry_start(&r);
        CHECK_EQ(hf_devices_ask(&r.devices, 10, &asked, &r.rng, &r.plan), HF_DEVICES_WRITE);
        registry_settle(&r, true);
        memcpy(id, r.plan.request_id, sizeof id);
        enum hf_devices_act act = registry_approve(&r, 11, &caller, hf_bytes(id, sizeof id));
        CHECK_EQ_AT(i, act, approvals[i].message[0] ? HF_DEVICES_REFUSED : HF_DEVICES_WRITE);
        CHECK_TEXT_AT(i, r.plan.message, approvals[i].message);
        if (act == HF_DEVICES_WRITE) registry_settle(&r, true);
        registry_stop(&r);
    }
}

static void a_device_without_admin_manages_only_itself(void)
{
    struct registry r;
    struct identity own = identity_of(1), other = identity_of(2);
    struct hf_devices_caller caller = { .scopes = PAIRING | READ, .is_device = true, .id = own.id };
    registry_start(&r);
    registry_pair(&r, 10, &own, PAIRING | READ);
    registry_pair(&r, 10, &other, READ);
    CHECK_EQ(hf_devices_remove(&r.devices, 11, &caller, identity_id(&other), &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "device pairing removal denied");
    CHECK_EQ(hf_devices_rename(&r.devices, &caller, identity_id(&other), HF_LIT("x"), &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "device pairing rename denied");
    CHECK_EQ(hf_devices_rotate(&r.devices, 11, &caller, identity_id(&other), HF_LIT("operator"),
                               NULL, &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "device token rotation denied");
    CHECK_EQ(hf_devices_revoke(&r.devices, 11, &caller, identity_id(&other), HF_LIT("operator"),
                               &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "device token revocation denied");
    CHECK_EQ(hf_devices_rename(&r.devices, &caller, identity_id(&own), HF_LIT(" x "), &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK_TEXT(hf_name_view(&hf_devices_find(&r.devices, &own.id)->label), "x");
    CHECK_EQ(hf_devices_rotate(&r.devices, 12, &caller, identity_id(&own), HF_LIT("operator"), NULL,
                               &r.rng, &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK_EQ(hf_devices_remove(&r.devices, 13, &caller, identity_id(&own), &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

static void a_device_with_a_node_role_is_managed_by_admins(void)
{
    struct registry r;
    struct identity own = identity_of(1);
    struct hf_devices_caller caller = { .scopes = PAIRING, .is_device = true, .id = own.id };
    registry_start(&r);
    registry_pair(&r, 10, &own, PAIRING);
    CHECK_EQ(registry_ask_silent(&r, 11, &own, HF_ROLE_NODE, 0), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK_EQ(hf_devices_remove(&r.devices, 12, &caller, identity_id(&own), &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_EQ(hf_devices_rotate(&r.devices, 12, &caller, identity_id(&own), HF_LIT("node"), NULL,
                               &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_EQ(hf_devices_rotate(&r.devices, 12, &registry_admin, identity_id(&own), HF_LIT("node"),
                               NULL, &r.rng, &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

/* With an approval comes a token that carries what was granted before, too. */
static void nobody_hands_out_a_token_that_carries_more_than_they_hold(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    struct hf_devices_caller caller = { .scopes = PAIRING };
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    registry_pair(&r, 10, &who, READ);
    registry_file(&r, 11, &who, PAIRING);
    memcpy(id, r.plan.request_id, sizeof id);
    CHECK_EQ(registry_approve(&r, 12, &caller, hf_bytes(id, sizeof id)), HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "missing scope: operator.read");
    CHECK_EQ(hf_devices_rotate(&r.devices, 12, &caller, identity_id(&who), HF_LIT("operator"), NULL,
                               &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "device token rotation denied");
    caller.scopes |= READ;
    CHECK_EQ(registry_approve(&r, 13, &caller, hf_bytes(id, sizeof id)), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

static void what_does_not_exist_is_named(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    struct hf_devices_caller device = { .scopes = PAIRING, .is_device = true, .id = who.id };
    static const struct hf_bytes nowhere = HF_LIT_INIT("5426da9d-8e5b-479f-845c-41d8b886ca9a");
    registry_start(&r);
    CHECK_EQ(hf_devices_reject(&r.devices, 1, &registry_admin, nowhere, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "unknown requestId");
    CHECK_EQ(hf_devices_reject(&r.devices, 1, &device, nowhere, &r.plan), HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "device pairing rejection denied");
    CHECK_EQ(hf_devices_remove(&r.devices, 1, &registry_admin, identity_id(&who), &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "unknown deviceId");
    CHECK_EQ(hf_devices_rename(&r.devices, &registry_admin, HF_LIT("no id"), HF_LIT("x"), &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "unknown deviceId");
    CHECK_EQ(
        hf_devices_rename(&r.devices, &registry_admin, identity_id(&who), HF_LIT("  "), &r.plan),
        HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "label required");
    registry_file(&r, 2, &who, READ);
    CHECK_EQ(hf_devices_remove(&r.devices, 3, &registry_admin, identity_id(&who), &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_TEXT(r.plan.message, "unknown deviceId");
    registry_stop(&r);
}

static void a_rejected_request_is_gone_and_the_next_try_is_a_new_one(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    registry_file(&r, 10, &who, READ);
    memcpy(id, r.plan.request_id, sizeof id);
    CHECK_EQ(hf_devices_reject(&r.devices, 11, &registry_admin, hf_bytes(id, sizeof id), &r.plan),
             HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REJECTED);
    registry_settle(&r, true);
    CHECK_EQ(r.devices.places.live, 0);
    registry_file(&r, 12, &who, READ);
    CHECK(memcmp(r.plan.request_id, id, sizeof id) != 0);
    registry_stop(&r);
}

/* --- tokens --- */

static void rotate_narrows_at_most_and_ends_the_sessions_of_its_role(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    hf_scopes narrower = READ, wider = READ | ADMIN;
    registry_start(&r);
    registry_pair(&r, 10, &who, READ | WRITE);
    int64_t epoch = registry_grant(&r, &who, HF_ROLE_OPERATOR).epoch;
    CHECK_EQ(hf_devices_rotate(&r.devices, 11, &registry_admin, identity_id(&who),
                               HF_LIT("operator"), &wider, &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_EQ(hf_devices_rotate(&r.devices, 11, &registry_admin, identity_id(&who), HF_LIT("node"),
                               NULL, &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    CHECK_EQ(hf_devices_rotate(&r.devices, 12, &registry_admin, identity_id(&who),
                               HF_LIT("operator"), &narrower, &r.rng, &r.plan),
             HF_DEVICES_WRITE);
    CHECK(r.plan.ends_sessions[HF_ROLE_OPERATOR] && !r.plan.ends_sessions[HF_ROLE_NODE]);
    CHECK_EQ(r.plan.scopes, READ);
    CHECK_EQ(r.plan.at_ms, 12);
    registry_settle(&r, true);
    struct hf_device_grant grant = registry_grant(&r, &who, HF_ROLE_OPERATOR);
    CHECK(grant.epoch > epoch);
    CHECK_EQ(grant.scopes, READ);
    CHECK_EQ(grant.rotated_ms, 12);
    registry_stop(&r);
}

static void a_revoked_role_starts_anew_with_what_is_approved_then(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    registry_pair(&r, 10, &who, READ | ADMIN);
    int64_t epoch = registry_grant(&r, &who, HF_ROLE_OPERATOR).epoch;
    for (int64_t ms = 20; ms < 22; ms++) {
        CHECK_EQ(hf_devices_revoke(&r.devices, ms, &registry_admin, identity_id(&who),
                                   HF_LIT("operator"), &r.rng, &r.plan),
                 HF_DEVICES_WRITE);
        CHECK(r.plan.ends_sessions[HF_ROLE_OPERATOR]);
        registry_settle(&r, true);
        CHECK_EQ(registry_grant(&r, &who, HF_ROLE_OPERATOR).revoked_ms, ms);
    }
    CHECK(!hf_device_has_role(hf_devices_find(&r.devices, &who.id), HF_ROLE_OPERATOR));
    CHECK_EQ(hf_devices_rotate(&r.devices, 23, &registry_admin, identity_id(&who),
                               HF_LIT("operator"), NULL, &r.rng, &r.plan),
             HF_DEVICES_REFUSED);
    registry_pair(&r, 24, &who, READ);
    struct hf_device_grant grant = registry_grant(&r, &who, HF_ROLE_OPERATOR);
    CHECK_EQ(grant.scopes, READ);
    CHECK_EQ(grant.created_ms, 24);
    CHECK_EQ(grant.revoked_ms, 0);
    CHECK(grant.epoch > epoch);
    registry_stop(&r);
}

static void a_removed_device_that_pairs_again_never_gets_an_old_token(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    int64_t epochs[20];
    registry_start(&r);
    for (size_t i = 0; i < HF_COUNT(epochs); i++) {
        registry_pair(&r, 10, &who, READ);
        epochs[i] = registry_grant(&r, &who, HF_ROLE_OPERATOR).epoch;
        for (size_t j = 0; j < i; j++) CHECK_AT(i, epochs[i] != epochs[j]);
        CHECK_EQ(hf_devices_remove(&r.devices, 11, &registry_admin, identity_id(&who), &r.plan),
                 HF_DEVICES_WRITE);
        CHECK(r.plan.ends_sessions[HF_ROLE_OPERATOR] && r.plan.ends_sessions[HF_ROLE_NODE]);
        registry_settle(&r, true);
        CHECK_EQ_AT(i, r.devices.places.live, 0);
    }
    registry_stop(&r);
}

static void removing_a_device_drops_its_request_too(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    registry_pair(&r, 10, &who, READ);
    registry_file(&r, 11, &who, ADMIN);
    CHECK_EQ(hf_devices_remove(&r.devices, 12, &registry_admin, identity_id(&who), &r.plan),
             HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.change_count, 2);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REJECTED);
    registry_settle(&r, true);
    CHECK_EQ(registry_count_pairings(&r), 0);
    CHECK_EQ(r.devices.pairings.live, 0);
    registry_stop(&r);
}

CHECK_MAIN(nobody_hands_out_a_token_that_carries_more_than_they_hold,
           silent_approval_pairs_and_keeps_the_token_until_it_widens,
           silent_approval_answers_a_pending_request_that_it_covers,
           an_operator_approves_what_was_asked_for, at_the_bound_of_devices_nobody_more_is_paired,
           nobody_grants_what_they_do_not_hold, a_device_without_admin_manages_only_itself,
           a_device_with_a_node_role_is_managed_by_admins, what_does_not_exist_is_named,
           a_rejected_request_is_gone_and_the_next_try_is_a_new_one,
           rotate_narrows_at_most_and_ends_the_sessions_of_its_role,
           a_revoked_role_starts_anew_with_what_is_approved_then,
           a_removed_device_that_pairs_again_never_gets_an_old_token,
           removing_a_device_drops_its_request_too)
