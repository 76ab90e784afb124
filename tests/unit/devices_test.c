#include "core/devices/place.h"
#include "lib/registry.h"

/* --- two steps --- */

static void nothing_is_true_before_it_is_durable(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    CHECK_EQ(registry_ask_silent(&r, 10, &who, HF_ROLE_OPERATOR, READ), HF_DEVICES_WRITE);
    CHECK(hf_devices_find(&r.devices, &who.id) == NULL);
    CHECK_EQ(registry_count_devices(&r), 0);
    registry_settle(&r, true);
    CHECK(hf_devices_find(&r.devices, &who.id) != NULL);
    CHECK_EQ(registry_ask(&r, 10, &who, ADMIN), HF_DEVICES_WRITE);
    CHECK(hf_devices_find_pairing(&r.devices, registry_request(&r)) == NULL);
    registry_settle(&r, true);
    CHECK(hf_devices_find_pairing(&r.devices, registry_request(&r)) != NULL);
    registry_stop(&r);
}

static void a_failed_write_changes_nothing(void)
{
    struct registry r;
    struct identity paired = identity_of(1), stranger = identity_of(2);
    registry_start(&r);
    registry_pair(&r, 10, &paired, READ);
    int64_t epoch = registry_grant(&r, &paired, HF_ROLE_OPERATOR).epoch;
    CHECK_EQ(registry_ask_silent(&r, 11, &stranger, HF_ROLE_OPERATOR, READ), HF_DEVICES_WRITE);
    registry_settle(&r, false);
    CHECK_EQ(registry_ask(&r, 11, &stranger, READ), HF_DEVICES_WRITE);
    registry_settle(&r, false);
    CHECK_EQ(hf_devices_remove(&r.devices, 12, &registry_admin, identity_id(&paired), &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, false);
    CHECK_EQ(hf_devices_revoke(&r.devices, 12, &registry_admin, identity_id(&paired),
                               HF_LIT("operator"), &r.rng, &r.plan),
             HF_DEVICES_WRITE);
    registry_settle(&r, false);
    CHECK_EQ(registry_count_devices(&r), 1);
    CHECK_EQ(registry_count_pairings(&r), 0);
    CHECK_EQ(r.devices.device_count, 1);
    CHECK_EQ(r.devices.pairing_count, 0);
    CHECK_EQ(r.devices.places.live, 1);
    CHECK_EQ(r.devices.pairings.live, 0);
    CHECK_EQ(registry_grant(&r, &paired, HF_ROLE_OPERATOR).epoch, epoch);
    registry_stop(&r);
}

static void a_second_change_of_a_device_waits_for_the_first(void)
{
    struct registry r;
    struct hf_devices_plan first;
    struct identity who = identity_of(1), other = identity_of(2);
    registry_start(&r);
    registry_pair(&r, 10, &who, READ);
    CHECK_EQ(
        hf_devices_rename(&r.devices, &registry_admin, identity_id(&who), HF_LIT("a"), &r.plan),
        HF_DEVICES_WRITE);
    first = r.plan;
    CHECK_EQ(registry_ask(&r, 11, &who, ADMIN), HF_DEVICES_WAIT);
    CHECK_EQ(registry_ask_silent(&r, 11, &who, HF_ROLE_OPERATOR, ADMIN), HF_DEVICES_WAIT);
    CHECK_EQ(
        hf_devices_rename(&r.devices, &registry_admin, identity_id(&who), HF_LIT("b"), &r.plan),
        HF_DEVICES_WAIT);
    CHECK_EQ(hf_devices_remove(&r.devices, 11, &registry_admin, identity_id(&who), &r.plan),
             HF_DEVICES_WAIT);
    CHECK_EQ(hf_devices_rotate(&r.devices, 11, &registry_admin, identity_id(&who),
                               HF_LIT("operator"), NULL, &r.rng, &r.plan),
             HF_DEVICES_WAIT);
    CHECK_EQ(registry_ask(&r, 11, &other, READ), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    hf_devices_settle(&r.devices, &first, true);
    CHECK_TEXT(hf_name_view(&hf_devices_find(&r.devices, &who.id)->label), "a");
    CHECK_EQ(registry_ask(&r, 12, &who, ADMIN), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

/* A new device's first change makes the second one wait too. */
static void a_device_that_is_only_being_written_is_busy_already(void)
{
    struct registry r;
    struct hf_devices_plan first;
    struct identity who = identity_of(1);
    registry_start(&r);
    CHECK_EQ(registry_ask(&r, 10, &who, READ), HF_DEVICES_WRITE);
    first = r.plan;
    CHECK_EQ(registry_ask(&r, 11, &who, READ), HF_DEVICES_WAIT);
    hf_devices_settle(&r.devices, &first, false);
    CHECK_EQ(registry_ask(&r, 12, &who, READ), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

/* --- asking --- */

static void however_often_it_retries_a_device_has_one_request(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    CHECK_EQ(registry_ask(&r, 10, &who, READ | WRITE), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.event_count, 1);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REQUESTED);
    registry_settle(&r, true);
    memcpy(id, r.plan.request_id, sizeof id);
    for (int64_t ms = 11; ms < 20; ms++) {
        CHECK_EQ_AT(ms, registry_ask(&r, ms, &who, READ), HF_DEVICES_DONE);
        CHECK_BYTES_AT(ms, registry_request(&r), hf_bytes(id, sizeof id));
        CHECK_EQ_AT(ms, r.plan.event_count, 0);
    }
    CHECK_EQ(registry_count_pairings(&r), 1);
    CHECK_EQ(hf_devices_find_pairing(&r.devices, hf_bytes(id, sizeof id))->requested_ms, 10);
    registry_stop(&r);
}

static void a_request_whose_facts_changed_keeps_its_id(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    struct hf_pairing_ask asked = registry_ask_of(&who, HF_ROLE_OPERATOR, READ);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    registry_file(&r, 10, &who, READ);
    memcpy(id, r.plan.request_id, sizeof id);
    asked.display_name = HF_LIT("kitchen");
    CHECK_EQ(hf_devices_ask(&r.devices, 11, &asked, &r.rng, &r.plan), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.event_count, 0);
    registry_settle(&r, true);
    const struct hf_pairing *row = hf_devices_find_pairing(&r.devices, hf_bytes(id, sizeof id));
    CHECK(row != NULL);
    CHECK_TEXT(hf_name_view(&row->facts.display_name), "kitchen");
    registry_stop(&r);
}

/* What an operator was shown is what is approved: a wider ask is a new request. */
static void a_wider_ask_gets_a_new_id_that_covers_both(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    registry_file(&r, 10, &who, READ);
    memcpy(id, r.plan.request_id, sizeof id);
    CHECK_EQ(registry_ask(&r, 11, &who, PAIRING), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.event_count, 2);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REJECTED);
    CHECK(memcmp(r.plan.events[0].request_id, id, sizeof id) == 0);
    CHECK_EQ(r.plan.events[1].kind, HF_PAIR_REQUESTED);
    registry_settle(&r, true);
    CHECK(hf_devices_find_pairing(&r.devices, hf_bytes(id, sizeof id)) == NULL);
    CHECK_EQ(hf_devices_find_pairing(&r.devices, registry_request(&r))->scopes, READ | PAIRING);
    CHECK_EQ(registry_ask(&r, 12, &who, READ), HF_DEVICES_DONE);
    CHECK_EQ(registry_ask(&r, 13, &who, PAIRING), HF_DEVICES_DONE);
    CHECK_EQ(registry_count_pairings(&r), 1);
    registry_stop(&r);
}

/* One device that connects in both roles does not fight with itself. */
static void two_roles_of_one_device_share_a_request(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    struct hf_pairing_ask node = registry_ask_of(&who, HF_ROLE_NODE, 0);
    registry_start(&r);
    registry_file(&r, 10, &who, READ);
    CHECK_EQ(hf_devices_ask(&r.devices, 11, &node, &r.rng, &r.plan), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK_EQ(registry_ask(&r, 12, &who, READ), HF_DEVICES_DONE);
    CHECK_EQ(hf_devices_ask(&r.devices, 13, &node, &r.rng, &r.plan), HF_DEVICES_DONE);
    CHECK_EQ(registry_approve(&r, 14, &registry_admin, registry_request(&r)), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK(hf_device_has_role(hf_devices_find(&r.devices, &who.id), HF_ROLE_OPERATOR));
    CHECK(hf_device_has_role(hf_devices_find(&r.devices, &who.id), HF_ROLE_NODE));
    registry_stop(&r);
}

/* As the server is built: HF_LIMIT_PENDING_PAIRINGS requests, and one more. */
static void a_registry_of_the_real_size_keeps_the_newest_requests(void)
{
    static const struct hf_devices_limits real = { .devices = HF_LIMIT_DEVICES,
                                                   .pairings = HF_LIMIT_PENDING_PAIRINGS };
    struct registry r;
    CHECK_EQ(hf_devices_init(&r.devices, &real, (struct hf_hash_key){ 1, 2 }), 0);
    hf_rng_init_number(&r.rng, 1);
    for (uint32_t i = 0; i <= HF_LIMIT_PENDING_PAIRINGS; i++) {
        struct identity who = identity_of(i + 1);
        CHECK_EQ_AT(i, r.devices.pairing_count, i);
        registry_file(&r, 10 + i, &who, READ);
    }
    CHECK_EQ(r.devices.pairing_count, HF_LIMIT_PENDING_PAIRINGS);
    registry_stop(&r);
}

static void at_the_bound_the_oldest_request_is_dropped(void)
{
    struct registry r;
    struct identity who[4];
    char oldest[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    for (uint32_t i = 0; i < 4; i++) who[i] = identity_of(i + 1);
    for (uint32_t i = 0; i < 3; i++) {
        registry_file(&r, 10 + i, &who[i], READ);
        if (i == 0) memcpy(oldest, r.plan.request_id, sizeof oldest);
    }
    CHECK_EQ(registry_count_pairings(&r), 3);
    CHECK_EQ(registry_ask(&r, 20, &who[3], READ), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.change_count, 2);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REJECTED);
    registry_settle(&r, true);
    CHECK_EQ(registry_count_pairings(&r), 3);
    CHECK(hf_devices_find_pairing(&r.devices, hf_bytes(oldest, sizeof oldest)) == NULL);
    CHECK_EQ(r.devices.places.live, 3);
    registry_stop(&r);
}

static void the_oldest_request_stays_while_it_is_being_changed(void)
{
    struct registry r;
    struct hf_devices_plan reject;
    struct identity who[4];
    char ids[3][HF_REQUEST_ID_CHARS];
    registry_start(&r);
    for (uint32_t i = 0; i < 4; i++) who[i] = identity_of(i + 1);
    for (uint32_t i = 0; i < 3; i++) {
        registry_file(&r, 10 + i, &who[i], READ);
        memcpy(ids[i], r.plan.request_id, sizeof ids[i]);
    }
    CHECK_EQ(hf_devices_reject(&r.devices, 20, &registry_admin, hf_bytes(ids[0], sizeof ids[0]),
                               &reject),
             HF_DEVICES_WRITE);
    CHECK_EQ(registry_ask(&r, 21, &who[3], READ), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    hf_devices_settle(&r.devices, &reject, false);
    CHECK(hf_devices_find_pairing(&r.devices, hf_bytes(ids[0], sizeof ids[0])) != NULL);
    registry_stop(&r);
}

static void when_all_requests_are_being_changed_a_new_one_waits(void)
{
    struct registry r;
    struct hf_devices_plan plans[3];
    struct identity stranger = identity_of(9);
    registry_start(&r);
    for (uint32_t i = 0; i < 3; i++) {
        struct identity who = identity_of(i + 1);
        CHECK_EQ(registry_ask(&r, 10, &who, READ), HF_DEVICES_WRITE);
        plans[i] = r.plan;
    }
    CHECK_EQ(registry_ask(&r, 11, &stranger, READ), HF_DEVICES_WAIT);
    CHECK_EQ(r.devices.places.live, 3);
    hf_devices_settle(&r.devices, &plans[0], false);
    CHECK_EQ(registry_ask(&r, 12, &stranger, READ), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    hf_devices_settle(&r.devices, &plans[1], true);
    hf_devices_settle(&r.devices, &plans[2], true);
    CHECK_EQ(registry_count_pairings(&r), 3);
    registry_stop(&r);
}

static void a_paired_device_that_asks_for_more_repairs(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    registry_pair(&r, 10, &who, READ);
    registry_file(&r, 11, &who, READ | ADMIN);
    CHECK(hf_devices_find_pairing(&r.devices, registry_request(&r))->is_repair);
    registry_stop(&r);
}

/* --- upkeep --- */

static void last_seen_is_saved_later_and_in_turns(void)
{
    struct registry r;
    registry_start(&r);
    CHECK_EQ(hf_devices_save(&r.devices, &r.plan), HF_DEVICES_DONE);
    for (uint32_t i = 0; i < 4; i++) {
        struct identity who = identity_of(i + 1);
        struct hf_pairing_ask facts = registry_ask_of(&who, HF_ROLE_OPERATOR, READ);
        registry_pair(&r, 10, &who, READ);
        facts.display_name = HF_LIT("seen");
        if (i < 2) hf_devices_seen(&r.devices, 20 + i, &facts);
    }
    struct identity who = identity_of(1);
    CHECK_EQ(hf_devices_find(&r.devices, &who.id)->last_seen_ms, 20);
    CHECK_EQ(hf_devices_save(&r.devices, &r.plan), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.change_count, 2);
    CHECK_EQ(r.plan.event_count, 0);
    registry_settle(&r, false); /* not durable: it is tried again */
    CHECK_EQ(hf_devices_save(&r.devices, &r.plan), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    CHECK_EQ(hf_devices_save(&r.devices, &r.plan), HF_DEVICES_DONE);
    registry_stop(&r);
}

/* A store that fails for a while does not keep some devices from ever being saved. */
static void saving_goes_round(void)
{
    enum { DEVICES = 6 };
    static const struct hf_devices_limits limits = { .devices = DEVICES, .pairings = 1 };
    struct registry r;
    bool was_planned[DEVICES] = { false };
    CHECK_EQ(hf_devices_init(&r.devices, &limits, (struct hf_hash_key){ 1, 2 }), 0);
    hf_rng_init_number(&r.rng, 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct identity who = identity_of(i);
        struct hf_pairing_ask facts = registry_ask_of(&who, HF_ROLE_OPERATOR, READ);
        registry_pair(&r, 10, &who, READ);
        hf_devices_seen(&r.devices, 20 + i, &facts);
    }
    for (int round = 0; round < 2; round++) {
        CHECK_EQ_AT(round, hf_devices_save(&r.devices, &r.plan), HF_DEVICES_WRITE);
        CHECK_EQ_AT(round, r.plan.change_count, HF_PLAN_CHANGES);
        for (size_t i = 0; i < r.plan.change_count; i++)
            was_planned[r.plan.changes[i].u.device.last_seen_ms - 20] = true;
        registry_settle(&r, false);
    }
    for (size_t i = 0; i < DEVICES; i++) CHECK_AT(i, was_planned[i]);
    registry_stop(&r);
}

static void a_login_while_its_row_is_being_written_is_not_lost(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    struct hf_pairing_ask facts = registry_ask_of(&who, HF_ROLE_OPERATOR, READ);
    registry_start(&r);
    registry_pair(&r, 10, &who, READ);
    CHECK_EQ(
        hf_devices_rename(&r.devices, &registry_admin, identity_id(&who), HF_LIT("a"), &r.plan),
        HF_DEVICES_WRITE);
    struct hf_devices_plan rename = r.plan;
    facts.display_name = HF_LIT("new name");
    hf_devices_seen(&r.devices, 30, &facts);
    CHECK_EQ(hf_devices_save(&r.devices, &r.plan), HF_DEVICES_WAIT);
    hf_devices_settle(&r.devices, &rename, true);
    const struct hf_device *device = hf_devices_find(&r.devices, &who.id);
    CHECK_EQ(device->last_seen_ms, 30);
    CHECK_TEXT(hf_name_view(&device->facts.display_name), "new name");
    CHECK_TEXT(hf_name_view(&device->label), "a");
    CHECK_EQ(hf_devices_save(&r.devices, &r.plan), HF_DEVICES_WRITE);
    registry_settle(&r, true);
    registry_stop(&r);
}

static void a_request_expires_at_its_instant(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    char id[HF_REQUEST_ID_CHARS];
    registry_start(&r);
    CHECK_EQ(hf_devices_expire_due_ms(&r.devices), INT64_MAX);
    registry_file(&r, 10, &who, READ);
    memcpy(id, r.plan.request_id, sizeof id);
    CHECK_EQ(registry_ask(&r, 100, &who, READ),
             HF_DEVICES_DONE); /* each try starts the time anew */
    CHECK_EQ(hf_devices_expire_due_ms(&r.devices), 100 + HF_PAIRING_KEPT_MS);
    CHECK_EQ(hf_devices_expire(&r.devices, 99 + HF_PAIRING_KEPT_MS, &r.plan), HF_DEVICES_DONE);
    CHECK_EQ(
        registry_approve(&r, 100 + HF_PAIRING_KEPT_MS, &registry_admin, hf_bytes(id, sizeof id)),
        HF_DEVICES_REFUSED);
    CHECK_EQ(hf_devices_expire(&r.devices, 100 + HF_PAIRING_KEPT_MS, &r.plan), HF_DEVICES_WRITE);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REJECTED);
    registry_settle(&r, true);
    CHECK_EQ(r.devices.places.live, 0);
    registry_stop(&r);
}

/* A file may hold any number. */
static void rows_with_impossible_numbers_do_no_harm(void)
{
    struct registry r;
    struct hf_pairing row = { .refreshed_ms = INT64_MIN };
    struct hf_device_grant grant = { .epoch = INT64_MAX };
    registry_start(&r);
    CHECK(hf_pairing_is_expired(&row, 100));
    row.refreshed_ms = INT64_MAX;
    CHECK(!hf_pairing_is_expired(&row, -100));
    hf_plan_renew_epoch(&grant, &r.rng);
    CHECK(grant.epoch > 0 && grant.epoch < INT64_MAX);
    struct identity who = identity_of(1);
    registry_file(&r, INT64_MAX - HF_PAIRING_KEPT_MS, &who, READ);
    CHECK_EQ(hf_devices_expire_due_ms(&r.devices), INT64_MAX);
    CHECK_EQ(registry_ask(&r, INT64_MAX - HF_PAIRING_KEPT_MS + 1, &who, READ), HF_DEVICES_DONE);
    CHECK_EQ(hf_devices_expire_due_ms(&r.devices), INT64_MAX);
    registry_stop(&r);
}

static void an_expired_request_is_replaced_and_not_merged(void)
{
    struct registry r;
    struct identity who = identity_of(1);
    registry_start(&r);
    registry_file(&r, 10, &who, ADMIN);
    registry_file(&r, 10 + HF_PAIRING_KEPT_MS, &who, READ);
    CHECK_EQ(r.plan.events[0].kind, HF_PAIR_REJECTED);
    CHECK_EQ(hf_devices_find_pairing(&r.devices, registry_request(&r))->scopes, READ);
    CHECK_EQ(registry_count_pairings(&r), 1);
    CHECK_EQ(r.devices.pairing_count, 1);
    registry_stop(&r);
}

/* --- loading --- */

static void what_was_stored_is_there_after_a_restart(void)
{
    struct registry before, after;
    struct identity paired = identity_of(1), pending = identity_of(2);
    registry_start(&before);
    registry_pair(&before, 10, &paired, READ);
    registry_file(&before, 11, &pending, WRITE);
    CHECK_EQ(hf_devices_init(&after.devices, &registry_limits, (struct hf_hash_key){ 3, 4 }), 0);
    CHECK_EQ(hf_devices_load(&after.devices, hf_devices_find(&before.devices, &paired.id), 1,
                             hf_devices_find_pairing(&before.devices, registry_request(&before)),
                             1),
             0);
    CHECK_EQ(registry_grant(&after, &paired, HF_ROLE_OPERATOR).epoch,
             registry_grant(&before, &paired, HF_ROLE_OPERATOR).epoch);
    CHECK(hf_devices_find_pairing(&after.devices, registry_request(&before)) != NULL);
    CHECK_EQ(after.devices.device_count, 1);
    CHECK_EQ(after.devices.pairing_count, 1);
    registry_stop(&before);
    registry_stop(&after);
}

static void rows_beyond_the_bound_and_rows_that_lie_are_left_out(void)
{
    struct registry r;
    struct hf_device rows[6];
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < 6; i++) {
        struct identity who = identity_of(i + 1);
        rows[i].id = who.id;
        rows[i].approved_ms = i;
        memcpy(rows[i].public_key, who.public_key, sizeof rows[i].public_key);
    }
    rows[5].public_key[0] ^= 1;
    registry_start(&r);
    CHECK_EQ(hf_devices_load(&r.devices, rows, 6, NULL, 0), 0);
    CHECK_EQ(registry_count_devices(&r), 3);
    CHECK(hf_devices_find(&r.devices, &rows[1].id) == NULL);
    CHECK(hf_devices_find(&r.devices, &rows[2].id) != NULL);
    CHECK(hf_devices_find(&r.devices, &rows[5].id) == NULL);
    registry_stop(&r);
}

static void lists_start_with_the_newest(void)
{
    struct registry r;
    const struct hf_device *devices[4];
    const struct hf_pairing *pairings[3];
    registry_start(&r);
    for (uint32_t i = 0; i < 3; i++) {
        struct identity who = identity_of(i + 1), other = identity_of(i + 10);
        registry_pair(&r, 10 + i, &who, READ);
        registry_file(&r, 10 + i, &other, READ);
    }
    CHECK_EQ(hf_devices_list(&r.devices, devices, HF_COUNT(devices)), 3);
    CHECK_EQ(hf_devices_list_pairings(&r.devices, pairings, HF_COUNT(pairings)), 3);
    for (int64_t i = 0; i < 3; i++) {
        CHECK_EQ_AT(i, devices[i]->approved_ms, 12 - i);
        CHECK_EQ_AT(i, pairings[i]->requested_ms, 12 - i);
    }
    registry_stop(&r);
}

CHECK_MAIN(the_oldest_request_stays_while_it_is_being_changed, saving_goes_round,
           nothing_is_true_before_it_is_durable, a_failed_write_changes_nothing,
           a_second_change_of_a_device_waits_for_the_first,
           a_device_that_is_only_being_written_is_busy_already,
           however_often_it_retries_a_device_has_one_request,
           a_request_whose_facts_changed_keeps_its_id, a_wider_ask_gets_a_new_id_that_covers_both,
           two_roles_of_one_device_share_a_request, at_the_bound_the_oldest_request_is_dropped,
           a_registry_of_the_real_size_keeps_the_newest_requests,
           when_all_requests_are_being_changed_a_new_one_waits,
           a_paired_device_that_asks_for_more_repairs, last_seen_is_saved_later_and_in_turns,
           a_login_while_its_row_is_being_written_is_not_lost, a_request_expires_at_its_instant,
           rows_with_impossible_numbers_do_no_harm, an_expired_request_is_replaced_and_not_merged,
           what_was_stored_is_there_after_a_restart,
           rows_beyond_the_bound_and_rows_that_lie_are_left_out, lists_start_with_the_newest)
