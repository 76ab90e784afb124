#include "base/err.h"
#include "base/limits.h"
#include "engine/methods/presence.h"
#include "engine/server_state.h"

#include <stdio.h>

static struct hf_fanout_view view_of(const struct hf_conn *c, struct hf_bytes key)
{
    const struct hf_conn_client *client = c->client;
    return (struct hf_fanout_view){
        .is_registered = c->state == HF_CONN_READY,
        .role = (enum hf_role)client->role,
        .scopes = client->scopes,
        .has_index_subscription = client->wants_index,
        .has_key_subscription = key.len > 0 && hf_conn_client_has_key(client, key),
        .has_session_scoped_cap = (client->caps & hf_cap_bit(HF_CAP_SESSION_SCOPED_EVENTS)) != 0,
        .has_tool_events_cap = (client->caps & hf_cap_bit(HF_CAP_TOOL_EVENTS)) != 0,
        .has_ui_commands_cap = (client->caps & hf_cap_bit(HF_CAP_UI_COMMANDS)) != 0,
    };
}

/* Hands the shared body to everybody whom the rule lets have it; each gets a
 * reference and the next number of its own. */
static void deliver(struct hf_server *s, const struct hf_fanout_rule *rule, struct hf_blob *body,
                    struct hf_bytes key)
{
    enum hf_gate_kind kind = hf_fanout_may_drop(rule) ? HF_GATE_DROPPABLE : HF_GATE_MUST;
    for (hf_id id = hf_pool_next(&s->conns, 0), next; id; id = next) {
        struct hf_conn *c = hf_server_conn(s, id);
        /* The next one is fetched while this one is served: a thousand are far away. */
        next = hf_pool_next(&s->conns, id);
        if (next) __builtin_prefetch(hf_server_conn(s, next)->client);
        if (c->state != HF_CONN_READY) continue;
        struct hf_fanout_view view = view_of(c, key);
        if (hf_fanout_reaches(rule, &view)) hf_conn_send(s, c, body, kind, !rule->is_unnumbered);
    }
}

void hf_server_broadcast(struct hf_server *s, const char *name, struct hf_bytes payload,
                         const struct hf_fanout_facts *facts, struct hf_bytes key,
                         bool with_version)
{
    static const struct hf_fanout_facts no_facts;
    const struct hf_fanout_rule *rule =
        hf_fanout_rule(hf_bytes_cstr(name), facts ? facts : &no_facts);
    if (!rule || s->client_count == 0) return;
    hf_buf_reset(&s->event, HF_KEEP_BYTES);
    hf_frame_open_event(&s->event, name);
    hf_buf_add(&s->event, payload);
    if (with_version) {
        struct hf_presence_version version = hf_presence_version(&s->presence);
        hf_buf_addf(&s->event, ",\"stateVersion\":{\"presence\":%llu,\"health\":%llu}",
                    (unsigned long long)version.presence, (unsigned long long)version.health);
    }
    struct hf_blob *body = hf_buf_done(&s->event) == 0 ? hf_blob_new(hf_buf_view(&s->event)) : NULL;
    if (!body) {
        HF_LOG(&s->log, HF_LOG_ERROR, "event.dropped", HF_TEXT("event", hf_bytes_cstr(name)),
               HF_TEXT("why", HF_LIT("out of memory")));
        return;
    }
    deliver(s, rule, body, key);
    s->has_told = true;
    hf_blob_drop(body);
}

void hf_server_tick(struct hf_server *s)
{
    char payload[40];
    int len = snprintf(payload, sizeof payload, "{\"ts\":%lld}", (long long)s->now.wall_ms);
    hf_server_broadcast(s, "tick", hf_bytes(payload, (size_t)len), NULL, HF_EMPTY, false);
}

void hf_server_broadcast_shutdown(struct hf_server *s, const struct hf_stage_shutdown *shutdown)
{
    char payload[96];
    int len = shutdown->will_restart
                  ? snprintf(payload, sizeof payload,
                             "{\"reason\":\"gateway restarting\",\"restartExpectedMs\":%lld}",
                             (long long)shutdown->restart_expected_ms)
                  : snprintf(payload, sizeof payload, "{\"reason\":\"gateway stopping\"}");
    hf_server_broadcast(s, "shutdown", hf_bytes(payload, (size_t)len), NULL, HF_EMPTY, false);
}

/* --- presence --- */

void hf_server_presence_changed(struct hf_server *s)
{
    hf_blob_drop(s->presence_json);
    s->presence_json = NULL;
    s->is_presence_stale = true;
}

struct hf_bytes hf_server_presence_json(struct hf_server *s)
{
    if (!s->presence_json) {
        hf_buf_reset(&s->event, HF_KEEP_BYTES);
        hf_presence_write(&s->event, &s->presence);
        if (hf_buf_done(&s->event) == 0) s->presence_json = hf_blob_new(hf_buf_view(&s->event));
    }
    return s->presence_json ? hf_blob_view(s->presence_json) : HF_LIT("[]");
}

/* Changes of one turn go out as one event. */
void hf_server_presence_flush(struct hf_server *s)
{
    if (!s->is_presence_stale) return;
    s->is_presence_stale = false;
    if (s->client_count == 0) return;
    struct hf_bytes list = hf_server_presence_json(s);
    hf_buf_reset(&s->why, SIZE_MAX);
    HF_BUF_LIT(&s->why, "{\"presence\":");
    hf_buf_add(&s->why, list);
    HF_BUF_LIT(&s->why, "}");
    if (hf_buf_done(&s->why) == 0)
        hf_server_broadcast(s, "presence", hf_buf_view(&s->why), NULL, HF_EMPTY, true);
}
