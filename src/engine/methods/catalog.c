#include "engine/methods/handlers.h"

/* There is no agent yet: what one would list is empty, under the members that the
 * existing clients read (protocol/methods.md). */
void hf_method_agents_list(struct hf_server *s, struct hf_call *call)
{
    hf_reply_raw(
        s, call,
        HF_LIT("{\"defaultId\":\"main\",\"ownership\":\"sole\",\"selectionRequired\":false,"
               "\"mainKey\":\"main\",\"scope\":\"per-sender\",\"agents\":[]}"));
}

/* Only the default agent's name is known, though it does not run here. */
static bool is_known_agent(struct hf_server *s, struct hf_call *call, struct hf_bytes value)
{
    struct hf_bytes agent = hf_call_text(s, value);
    if (value.len == 0 || hf_bytes_same(agent, HF_LIT("main"))) return true;
    hf_buf_reset(&s->why, SIZE_MAX);
    HF_BUF_LIT(&s->why, "unknown agent id ");
    hf_json_quote(&s->why, agent);
    hf_reply_invalid(s, call, hf_buf_view(&s->why));
    return false;
}

static const char *const command_scopes[] = { "text", "native", "both", NULL };
static const struct hf_json_rule command_rows[] = {
    { .name = "agentId", .type = HF_RULE_STRING, .min = 1 },
    { .name = "sessionKey", .type = HF_RULE_STRING, .min = 1 },
    { .name = "provider", .type = HF_RULE_STRING, .min = 1 },
    { .name = "scope", .type = HF_RULE_ONE_OF, .allowed = command_scopes },
    { .name = "includeArgs", .type = HF_RULE_BOOLEAN },
};
const struct hf_json_rules hf_params_commands_list = HF_JSON_RULES(command_rows);

void hf_method_commands_list(struct hf_server *s, struct hf_call *call)
{
    if (is_known_agent(s, call, call->values[0]))
        hf_reply_raw(s, call, HF_LIT("{\"commands\":[]}"));
}

static const char *const model_views[] = { "default", "configured", "provider-config", "all",
                                           NULL };
static const struct hf_json_rule model_rows[] = {
    { .name = "agentId", .type = HF_RULE_STRING, .min = 1 },
    { .name = "includeProviderCapabilities", .type = HF_RULE_BOOLEAN },
    { .name = "preparedOnly", .type = HF_RULE_BOOLEAN },
    { .name = "refresh", .type = HF_RULE_BOOLEAN },
    { .name = "view", .type = HF_RULE_ONE_OF, .allowed = model_views },
};
const struct hf_json_rules hf_params_models_list = HF_JSON_RULES(model_rows);

void hf_method_models_list(struct hf_server *s, struct hf_call *call)
{
    if (is_known_agent(s, call, call->values[0])) hf_reply_raw(s, call, HF_LIT("{\"models\":[]}"));
}

void hf_method_last_heartbeat(struct hf_server *s, struct hf_call *call)
{
    hf_reply_raw(s, call, HF_LIT("null"));
}

void hf_method_set_heartbeats(struct hf_server *s, struct hf_call *call)
{
    bool is_enabled;
    if (hf_json_get_bool(hf_json_find(call->params, "enabled"), &is_enabled) != 0) {
        hf_reply_invalid(s, call,
                         HF_LIT("invalid set-heartbeats params: enabled (boolean) required"));
        return;
    }
    s->heartbeats_enabled = is_enabled;
    hf_reply_raw(s, call,
                 is_enabled ? HF_LIT("{\"ok\":true,\"enabled\":true}")
                            : HF_LIT("{\"ok\":true,\"enabled\":false}"));
}
