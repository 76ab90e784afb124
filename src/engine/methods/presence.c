#include "engine/methods/presence.h"
#include "engine/methods/handlers.h"

static const char *const text_names[HF_PRESENCE_TEXTS] = {
    [HF_PRESENCE_CLIENT_ID] = "clientId",
    [HF_PRESENCE_MODE] = "mode",
    [HF_PRESENCE_HOST] = "host",
    [HF_PRESENCE_IP] = "ip",
    [HF_PRESENCE_VERSION] = "version",
    [HF_PRESENCE_PLATFORM] = "platform",
    [HF_PRESENCE_DEVICE_FAMILY] = "deviceFamily",
    [HF_PRESENCE_MODEL_IDENTIFIER] = "modelIdentifier",
    [HF_PRESENCE_TIME_ZONE] = "timeZone",
    [HF_PRESENCE_DEVICE_ID] = "deviceId",
    [HF_PRESENCE_INSTANCE_ID] = "instanceId",
    [HF_PRESENCE_REASON] = "reason",
    [HF_PRESENCE_LINE] = "text",
};

void hf_scopes_write(struct hf_json_writer *w, const char *key, hf_scopes scopes)
{
    hf_json_add_array(w, key);
    for (unsigned i = 0; i < HF_SCOPE_COUNT; i++)
        if (scopes & hf_scope_bit((enum hf_scope)i))
            hf_json_put_text(w, hf_scope_name((enum hf_scope)i));
    hf_json_close_array(w);
}

static void write_entry(struct hf_json_writer *w, const struct hf_presence_entry *entry)
{
    hf_json_open_object(w);
    for (size_t i = 0; i < HF_PRESENCE_TEXTS; i++)
        if (entry->texts[i].len > 0) hf_json_add_text(w, text_names[i], entry->texts[i]);
    if (entry->kind == HF_PRESENCE_CLIENT) {
        if (entry->online_since_ms > 0) hf_json_add_int(w, "onlineSince", entry->online_since_ms);
        hf_json_add_array(w, "roles");
        hf_json_put_text(w, hf_role_name(entry->role));
        hf_json_close_array(w);
        hf_scopes_write(w, "scopes", entry->scopes);
    }
    hf_json_add_int(w, "ts", entry->ts_ms);
    hf_json_close_object(w);
}

void hf_presence_write(struct hf_buf *out, const struct hf_presence *presence)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_array(&w);
    for (size_t i = 0; i < hf_presence_count(presence); i++) {
        struct hf_presence_entry entry = hf_presence_at(presence, i);
        write_entry(&w, &entry);
    }
    hf_json_close_array(&w);
}

void hf_method_system_presence(struct hf_server *s, struct hf_call *call)
{
    hf_reply_raw(s, call, hf_server_presence_json(s));
}

static const struct hf_json_rule event_rows[] = {
    { .name = "text", .type = HF_RULE_STRING, .is_required = true },
};
const struct hf_json_rules hf_params_system_event = HF_JSON_RULES(event_rows);

void hf_method_system_event(struct hf_server *s, struct hf_call *call)
{
    struct hf_bytes text = hf_bytes_trim(hf_call_text(s, call->values[0]));
    if (text.len == 0) {
        hf_reply_invalid(s, call, HF_LIT("text required"));
        return;
    }
    if (hf_presence_event(&s->presence, text, s->now.wall_ms) != 0) {
        hf_reply_unavailable(s, call, HF_LIT("out of memory"), 0);
        return;
    }
    hf_server_presence_changed(s);
    hf_reply_raw(s, call, HF_LIT("{\"ok\":true}"));
}
