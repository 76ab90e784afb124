#include "engine/methods/devices.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/methods/device_rows.h"
#include "engine/methods/handlers.h"

/* --- events --- */

static void tell_requested(struct hf_server *s, const struct hf_pair_event *event)
{
    const struct hf_pairing *pairing =
        hf_devices_find_pairing(&s->devices, hf_bytes(event->request_id, HF_REQUEST_ID_CHARS));
    if (!pairing) return;
    struct hf_json_writer w;
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_json_writer_init(&w, &s->why);
    hf_device_write_pairing(&w, pairing);
    hf_server_broadcast(s, "device.pair.requested", hf_buf_view(&s->why), NULL, HF_EMPTY, false);
}

static void tell_resolved(struct hf_server *s, const struct hf_pair_event *event)
{
    struct hf_json_writer w;
    char id[HF_DEVICE_ID_CHARS];
    hf_device_id_write(&event->id, id);
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_json_writer_init(&w, &s->why);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "requestId", hf_bytes(event->request_id, HF_REQUEST_ID_CHARS));
    hf_json_add_text(&w, "deviceId", hf_bytes(id, sizeof id));
    hf_json_add_text(&w, "decision",
                     event->kind == HF_PAIR_APPROVED ? HF_LIT("approved") : HF_LIT("rejected"));
    hf_json_add_int(&w, "ts", s->now.wall_ms);
    hf_json_close_object(&w);
    hf_server_broadcast(s, "device.pair.resolved", hf_buf_view(&s->why), NULL, HF_EMPTY, false);
}

static void end_sessions(struct hf_server *s, const struct hf_devices_plan *plan)
{
    char id[HF_DEVICE_ID_CHARS];
    hf_device_id_write(&plan->id, id);
    for (hf_id conn = hf_pool_next(&s->conns, 0); conn; conn = hf_pool_next(&s->conns, conn)) {
        struct hf_conn *c = hf_server_conn(s, conn);
        if (c->state != HF_CONN_READY || !plan->ends_sessions[c->client->role]) continue;
        if (hf_bytes_same(c->client->device_id, hf_bytes(id, sizeof id)))
            hf_conn_close(s, c, HF_CLOSE_INVALIDATED, HF_LIT("device removed"), "device-removed");
    }
}

void hf_server_pair_events(struct hf_server *s, const struct hf_devices_plan *plan)
{
    for (size_t i = 0; i < plan->event_count; i++) {
        const struct hf_pair_event *event = &plan->events[i];
        switch (event->kind) {
        case HF_PAIR_REQUESTED:
            tell_requested(s, event);
            break;
        case HF_PAIR_APPROVED:
        case HF_PAIR_REJECTED:
            tell_resolved(s, event);
            break;
        case HF_PAIR_CHANGED:
            hf_server_broadcast(s, "device.pair.changed", HF_LIT("{}"), NULL, HF_EMPTY, false);
            break;
        }
    }
}

/* --- methods --- */

enum { LISTED_MAX = 1000 };

void hf_method_pair_list(struct hf_server *s, struct hf_call *call)
{
    const struct hf_pairing *pairings[HF_LIMIT_PENDING_PAIRINGS];
    const struct hf_device *devices[LISTED_MAX];
    size_t pairing_count = hf_devices_list_pairings(&s->devices, pairings, HF_COUNT(pairings));
    size_t device_count = hf_devices_list(&s->devices, devices, HF_COUNT(devices));
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_array(w, "pending");
    for (size_t i = 0; i < pairing_count; i++) hf_device_write_pairing(w, pairings[i]);
    hf_json_close_array(w);
    hf_json_add_array(w, "paired");
    for (size_t i = 0; i < device_count; i++) hf_device_write(s, w, devices[i], true);
    hf_json_close_array(w);
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

static struct hf_devices_caller caller_of(const struct hf_call *call)
{
    const struct hf_conn_client *client = call->conn->client;
    struct hf_devices_caller caller = { .scopes = client->scopes };
    caller.is_device = hf_bytes_same(client->auth_method, HF_LIT("device-token")) &&
                       hf_device_id_read(client->device_id, &caller.id);
    return caller;
}

static struct hf_devices_plan *new_plan(void)
{
    return hf_mem_zero(1, sizeof(struct hf_devices_plan));
}

/* Carries out what the registry decided; `plan` is moved here. */
static void run_plan(struct hf_server *s, struct hf_call *call, enum hf_devices_act act,
                     struct hf_devices_plan *plan, hf_call_done *done)
{
    switch (act) {
    case HF_DEVICES_WRITE:
        hf_reply_plan(s, call, plan, done);
        return;
    case HF_DEVICES_DONE:
        call->plan = plan;
        done(s, call, NULL);
        break;
    case HF_DEVICES_WAIT:
        hf_reply_unavailable(s, call, HF_LIT("this device is being changed; try again"), 100);
        break;
    case HF_DEVICES_REFUSED:
        hf_reply_invalid(s, call, plan->message);
        break;
    case HF_DEVICES_FULL:
        hf_reply_unavailable(s, call, HF_LIT("too many paired devices: remove one first"), 0);
        break;
    case HF_DEVICES_NOMEM:
        hf_reply_unavailable(s, call, HF_LIT("out of memory"), 0);
        break;
    }
    hf_mem_free(plan);
}

/* Answers and returns true when the store refused. */
static bool has_failed(struct hf_server *s, struct hf_call *call)
{
    if (call->err == 0) return false;
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_buf_addf(&s->why, "the change could not be saved: %s", hf_err_text(call->err));
    hf_reply_unavailable(s, call, hf_buf_view(&s->why), 1000);
    return true;
}

static struct hf_json_writer *open_device_reply(struct hf_server *s, const struct hf_call *call)
{
    char id[HF_DEVICE_ID_CHARS];
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_device_id_write(&call->plan->id, id);
    hf_json_open_object(w);
    hf_json_add_text(w, "deviceId", hf_bytes(id, sizeof id));
    return w;
}

static const struct hf_json_rule request_rows[] = {
    { .name = "requestId", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
};
const struct hf_json_rules hf_params_pair_request = HF_JSON_RULES(request_rows);

static void approve_done(struct hf_server *s, struct hf_call *call,
                         const struct hf_job_result *result)
{
    (void)result;
    if (has_failed(s, call)) return;
    const struct hf_device *device = hf_devices_find(&s->devices, &call->plan->id);
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "requestId", hf_bytes(call->plan->request_id, HF_REQUEST_ID_CHARS));
    if (device) {
        hf_json_key(w, "device");
        hf_device_write(s, w, device, false);
    }
    hf_json_close_object(w);
    hf_reply_send(s, call);
    end_sessions(s, call->plan);
}

void hf_method_pair_approve(struct hf_server *s, struct hf_call *call)
{
    struct hf_devices_plan *plan = new_plan();
    struct hf_devices_caller caller = caller_of(call);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    if (plan)
        act = hf_devices_approve(&s->devices, s->now.wall_ms, &caller,
                                 hf_call_text(s, call->values[0]), &s->rng, plan);
    run_plan(s, call, act, plan, approve_done);
}

static void reject_done(struct hf_server *s, struct hf_call *call,
                        const struct hf_job_result *result)
{
    (void)result;
    char id[HF_DEVICE_ID_CHARS];
    if (has_failed(s, call)) return;
    hf_device_id_write(&call->plan->id, id);
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "requestId", hf_bytes(call->plan->request_id, HF_REQUEST_ID_CHARS));
    hf_json_add_text(w, "deviceId", hf_bytes(id, sizeof id));
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

void hf_method_pair_reject(struct hf_server *s, struct hf_call *call)
{
    struct hf_devices_plan *plan = new_plan();
    struct hf_devices_caller caller = caller_of(call);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    if (plan)
        act = hf_devices_reject(&s->devices, s->now.wall_ms, &caller,
                                hf_call_text(s, call->values[0]), plan);
    run_plan(s, call, act, plan, reject_done);
}

static const struct hf_json_rule remove_rows[] = {
    { .name = "deviceId", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
};
const struct hf_json_rules hf_params_pair_remove = HF_JSON_RULES(remove_rows);

static void remove_done(struct hf_server *s, struct hf_call *call,
                        const struct hf_job_result *result)
{
    (void)result;
    if (has_failed(s, call)) return;
    hf_json_close_object(open_device_reply(s, call));
    hf_reply_send(s, call);
    end_sessions(s, call->plan);
}

void hf_method_pair_remove(struct hf_server *s, struct hf_call *call)
{
    struct hf_devices_plan *plan = new_plan();
    struct hf_devices_caller caller = caller_of(call);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    if (plan)
        act = hf_devices_remove(&s->devices, s->now.wall_ms, &caller,
                                hf_call_text(s, call->values[0]), plan);
    run_plan(s, call, act, plan, remove_done);
}

static const struct hf_json_rule rename_rows[] = {
    { .name = "deviceId", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
    { .name = "label", .type = HF_RULE_STRING, .is_required = true, .min = 1, .max = 64 },
};
const struct hf_json_rules hf_params_pair_rename = HF_JSON_RULES(rename_rows);

static void rename_done(struct hf_server *s, struct hf_call *call,
                        const struct hf_job_result *result)
{
    (void)result;
    if (has_failed(s, call)) return;
    const struct hf_device *device = hf_devices_find(&s->devices, &call->plan->id);
    struct hf_json_writer *w = open_device_reply(s, call);
    if (device) hf_json_add_text(w, "label", hf_name_view(&device->label));
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

void hf_method_pair_rename(struct hf_server *s, struct hf_call *call)
{
    struct hf_devices_plan *plan = new_plan();
    struct hf_devices_caller caller = caller_of(call);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    if (plan)
        act = hf_devices_rename(&s->devices, &caller, hf_call_text(s, call->values[0]),
                                hf_call_text(s, call->values[1]), plan);
    run_plan(s, call, act, plan, rename_done);
}

static const struct hf_json_rule scope_item = { .type = HF_RULE_STRING, .min = 1 };
static const struct hf_json_rule rotate_rows[] = {
    { .name = "deviceId", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
    { .name = "role", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
    { .name = "scopes", .type = HF_RULE_ARRAY, .item = &scope_item },
};
const struct hf_json_rules hf_params_token_rotate = HF_JSON_RULES(rotate_rows);

static void rotate_done(struct hf_server *s, struct hf_call *call,
                        const struct hf_job_result *result)
{
    (void)result;
    if (has_failed(s, call)) return;
    const struct hf_devices_plan *plan = call->plan;
    struct hf_json_writer *w = open_device_reply(s, call);
    hf_json_add_text(w, "role", hf_role_name(plan->role));
    hf_scopes_write(w, "scopes", plan->scopes);
    hf_json_add_int(w, "rotatedAtMs", plan->at_ms);
    /* The device learns its token at its next connect, nobody else does. */
    hf_json_add_text(w, "tokenDelivery", HF_LIT("withheld-cross-device"));
    hf_json_close_object(w);
    hf_reply_send(s, call);
    end_sessions(s, plan);
}

void hf_method_token_rotate(struct hf_server *s, struct hf_call *call)
{
    struct hf_devices_plan *plan = new_plan();
    struct hf_devices_caller caller = caller_of(call);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    hf_scopes scopes = 0;
    uint32_t unknown = 0;
    struct hf_bytes list = call->values[2], item;
    struct hf_json_iter it = hf_json_iter(list);
    while (hf_json_next(&it, &item)) hf_scopes_add(&scopes, hf_call_text(s, item), &unknown);
    if (plan)
        act = hf_devices_rotate(&s->devices, s->now.wall_ms, &caller,
                                hf_call_text(s, call->values[0]), hf_call_text(s, call->values[1]),
                                list.len > 0 ? &scopes : NULL, &s->rng, plan);
    run_plan(s, call, act, plan, rotate_done);
}

static const struct hf_json_rule revoke_rows[] = {
    { .name = "deviceId", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
    { .name = "role", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
};
const struct hf_json_rules hf_params_token_revoke = HF_JSON_RULES(revoke_rows);

static void revoke_done(struct hf_server *s, struct hf_call *call,
                        const struct hf_job_result *result)
{
    (void)result;
    if (has_failed(s, call)) return;
    const struct hf_devices_plan *plan = call->plan;
    struct hf_json_writer *w = open_device_reply(s, call);
    hf_json_add_text(w, "role", hf_role_name(plan->role));
    hf_json_add_int(w, "revokedAtMs", plan->at_ms);
    hf_json_close_object(w);
    hf_reply_send(s, call);
    end_sessions(s, plan);
}

void hf_method_token_revoke(struct hf_server *s, struct hf_call *call)
{
    struct hf_devices_plan *plan = new_plan();
    struct hf_devices_caller caller = caller_of(call);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    if (plan)
        act = hf_devices_revoke(&s->devices, s->now.wall_ms, &caller,
                                hf_call_text(s, call->values[0]), hf_call_text(s, call->values[1]),
                                &s->rng, plan);
    run_plan(s, call, act, plan, revoke_done);
}
