#include "engine/methods/handlers.h"

static const struct hf_json_rules no_params = { NULL, 0 };

enum { SMALL = 65536 };

#define LOCAL(method, needed, rules, handler)                                                      \
    {                                                                                              \
        .name = (method), .scope = HF_SCOPE_##needed, .params = (rules),                           \
        .params_bytes_max = SMALL, .provider = HF_PROVIDER_LOCAL, .run = (handler)                 \
    }

/* Sorted by name.  Without a table of parameters a method takes anything, as the
 * real gateway's does. */
static const struct hf_method rows[] = {
    LOCAL("agents.list", READ, &no_params, hf_method_agents_list),
    LOCAL("commands.list", READ, &hf_params_commands_list, hf_method_commands_list),
    LOCAL("config.get", READ, &no_params, hf_method_config_get),
    LOCAL("device.pair.approve", PAIRING, &hf_params_pair_request, hf_method_pair_approve),
    LOCAL("device.pair.list", PAIRING, &no_params, hf_method_pair_list),
    LOCAL("device.pair.reject", PAIRING, &hf_params_pair_request, hf_method_pair_reject),
    LOCAL("device.pair.remove", PAIRING, &hf_params_pair_remove, hf_method_pair_remove),
    LOCAL("device.pair.rename", PAIRING, &hf_params_pair_rename, hf_method_pair_rename),
    LOCAL("device.token.revoke", PAIRING, &hf_params_token_revoke, hf_method_token_revoke),
    LOCAL("device.token.rotate", PAIRING, &hf_params_token_rotate, hf_method_token_rotate),
    LOCAL("diagnostics.connections", ADMIN, &no_params, hf_method_connections),
    LOCAL("diagnostics.stability", READ, NULL, hf_method_stability),
    LOCAL("gateway.identity.get", READ, NULL, hf_method_identity_get),
    LOCAL("health", NONE, NULL, hf_method_health),
    LOCAL("last-heartbeat", READ, NULL, hf_method_last_heartbeat),
    LOCAL("logs.tail", READ, &hf_params_logs_tail, hf_method_logs_tail),
    LOCAL("models.list", READ, &hf_params_models_list, hf_method_models_list),
    LOCAL("sessions.list", READ, &hf_params_sessions_list, hf_method_sessions_list),
    LOCAL("sessions.messages.subscribe", READ, &hf_params_messages_subscribe,
          hf_method_messages_subscribe),
    LOCAL("sessions.messages.unsubscribe", READ, &hf_params_messages_unsubscribe,
          hf_method_messages_unsubscribe),
    LOCAL("sessions.subscribe", READ, &hf_params_sessions_list, hf_method_sessions_subscribe),
    LOCAL("set-heartbeats", ADMIN, NULL, hf_method_set_heartbeats),
    LOCAL("status", READ, NULL, hf_method_status),
    LOCAL("system-event", ADMIN, &hf_params_system_event, hf_method_system_event),
    LOCAL("system-presence", READ, NULL, hf_method_system_presence),
    LOCAL("system.info", READ, &no_params, hf_method_system_info),
};

_Static_assert(HF_COUNT(rows) <= HF_METRIC_METHODS, "each method has its own counter");

const struct hf_method *hf_method_find(struct hf_bytes name)
{
    size_t low = 0, high = HF_COUNT(rows);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = hf_bytes_compare(name, hf_bytes_cstr(rows[middle].name));
        if (order == 0) return &rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t hf_method_row(const struct hf_method *method)
{
    return (size_t)(method - rows);
}

size_t hf_method_rows(void)
{
    return HF_COUNT(rows);
}

const struct hf_method *hf_method_at(size_t i)
{
    return &rows[i];
}
