/* What time does to connections: pings and the peer's silence, the grace of a close, a
 * handshake that takes too long. */
#include "engine/server_state.h"

void hf_conn_schedule(struct hf_server *s, struct hf_conn *c)
{
    uint32_t slot = hf_id_slot(c->id);
    hf_time exact = c->deadline, ping = HF_NEVER;
    if (c->state == HF_CONN_READY) {
        exact = hf_time_min(exact, hf_liveness_kill_due(&c->liveness, &s->liveness_cfg));
        ping = hf_liveness_ping_due(&c->liveness, &s->liveness_cfg);
    }
    hf_dueq_set(&s->deadlines, slot, exact);
    hf_pings_set(&s->pings, slot, ping);
}

static void send_ping(struct hf_server *s, struct hf_conn *c)
{
    char payload[HF_LIVENESS_PAYLOAD_MAX];
    size_t len = hf_liveness_payload(&c->liveness, s->now, payload);
    int err = hf_outq_push_control(&c->out, &s->spare, HF_WS_OP_PING, hf_bytes(payload, len));
    hf_liveness_pinged(&c->liveness, &s->liveness_cfg, s->now,
                       err ? HF_LIVENESS_FAILED : HF_LIVENESS_QUEUED);
    if (err) return;
    s->metrics.frames_out[2]++;
    hf_server_tell(s, c, HF_TODO_OUTPUT);
}

static void step_liveness(struct hf_server *s, struct hf_conn *c)
{
    hf_time kill_due = hf_liveness_kill_due(&c->liveness, &s->liveness_cfg);
    switch (hf_liveness_step(&c->liveness, &s->liveness_cfg, s->now)) {
    case HF_LIVENESS_NONE:
        break;
    case HF_LIVENESS_PING:
        send_ping(s, c);
        break;
    case HF_LIVENESS_KILL:
        c->timer_late_ms = hf_timer_late_ms(s->now.mono, kill_due);
        hf_conn_kill(s, c, "heartbeat-timeout");
        return;
    }
    hf_conn_schedule(s, c);
}

void hf_conn_ping(struct hf_server *s, struct hf_conn *c)
{
    if (c->state == HF_CONN_READY) step_liveness(s, c);
}

static void run_due(struct hf_server *s, struct hf_conn *c)
{
    if (c->state == HF_CONN_READY) {
        step_liveness(s, c);
    } else if (c->state == HF_CONN_LOGIN) {
        hf_conn_login_again(s, c);
    } else if (c->out.queued_bytes == 0 && c->state == HF_CONN_CLOSING) {
        c->deadline = HF_NEVER;
        hf_conn_end_written(s, c);
    } else {
        /* The peer neither reads nor answers: the grace is over. */
        c->state = HF_CONN_CLOSING;
        c->timer_late_ms = hf_timer_late_ms(s->now.mono, c->deadline);
        hf_conn_kill(s, c, "close-grace");
    }
}

static void expired(struct hf_server *s, struct hf_conn *c, enum hf_admit_phase phase)
{
    hf_time due = hf_time_after(c->phase_at, HF_MS(s->settings.handshake_timeout_ms));
    int64_t late_ms = hf_timer_late_ms(s->now.mono, due);
    s->metrics.handshakes[HF_HANDSHAKE_TIMEOUT]++;
    if (late_ms > 0)
        HF_LOG(&s->log, HF_LOG_WARN, "handshake.timed_out", HF_INT("conn", hf_id_slot(c->id)),
               HF_INT("timer_late_ms", late_ms));
    else
        HF_LOG(&s->log, HF_LOG_INFO, "handshake.timed_out", HF_INT("conn", hf_id_slot(c->id)));
    if (phase == HF_ADMIT_HEAD)
        hf_conn_http_fault(s, c, 408, "the request took too long");
    else
        hf_conn_close(s, c, HF_WS_CODE_NORMAL, HF_EMPTY, "handshake-timeout");
}

void hf_server_conns_run_due(struct hf_server *s)
{
    uint32_t slot;
    hf_id id;
    enum hf_admit_phase phase;
    while (hf_admit_expire(&s->admit, s->now.mono, &id, &phase)) {
        struct hf_conn *c = hf_server_conn(s, id);
        if (c) expired(s, c, phase);
    }
    while (hf_dueq_pop(&s->deadlines, s->now.mono, &slot)) {
        struct hf_conn *c = hf_pool_at(&s->conns, slot);
        if (c) run_due(s, c);
    }
    hf_pings_open(&s->pings);
    while (hf_pings_pop(&s->pings, s->now.mono, &slot)) {
        struct hf_conn *c = hf_pool_at(&s->conns, slot);
        if (c) hf_conn_ping(s, c);
    }
}
