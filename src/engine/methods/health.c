#include "engine/methods/handlers.h"

/* The requesting connection's own facts, spliced behind the shared body
 * (spec/health-connection.md section 6). */
static void write_connection(struct hf_server *s, const struct hf_conn *c, struct hf_json_writer *w)
{
    struct hf_liveness_view view = hf_liveness_view(&c->liveness, &s->liveness_cfg, s->now.mono);
    hf_json_add_object(w, "connection");
    hf_json_add_bool(w, "connected", view.is_connected);
    if (view.has_rtt)
        hf_json_add_int(w, "rttMs", view.rtt_ms);
    else
        hf_json_add_null(w, "rttMs");
    if (view.has_heartbeat)
        hf_json_add_int(w, "lastHeartbeatAt", view.heartbeat_wall_ms);
    else
        hf_json_add_null(w, "lastHeartbeatAt");
    hf_json_close_object(w);
}

void hf_method_health(struct hf_server *s, struct hf_call *call)
{
    bool is_probe = false;
    hf_json_get_bool(hf_json_find(call->params, "probe"), &is_probe);
    struct hf_bytes shared = hf_server_health(s, is_probe);
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_put_members(w, shared);
    hf_json_add_raw(w, "modelRuntime", HF_LIT("{\"degraded\":false,\"pendingAgents\":[]}"));
    hf_server_write_event_loop(s, w);
    write_connection(s, call->conn, w);
    hf_json_close_object(w);
    hf_reply_send(s, call);
}
