/* From a request's head to a WebSocket that was challenged. */
#include "base/mem.h"
#include "engine/server_state.h"

static struct hf_conn_login *make_login(const struct hf_http_request *req,
                                        const struct hf_proxy_identity *proxy)
{
    struct hf_bytes host = HF_EMPTY, origin = HF_EMPTY;
    bool has_origin = hf_http_find(&req->fields, HF_LIT("Origin"), &origin);
    hf_http_find(&req->fields, HF_LIT("Host"), &host);
    const struct hf_bytes texts[] = { host, origin, proxy->user, proxy->header };
    size_t need = 0;
    for (size_t i = 0; i < HF_COUNT(texts); i++) need += texts[i].len;
    struct hf_conn_login *login = hf_mem_zero(1, sizeof *login + need);
    if (!login) return NULL;
    struct hf_bytes *const kept[] = { &login->host, &login->origin, &login->proxy.user,
                                      &login->proxy.header };
    login->has_origin = has_origin;
    login->proxy.verdict = proxy->verdict;
    char *at = login->text;
    for (size_t i = 0; i < HF_COUNT(texts); at += texts[i++].len) {
        if (texts[i].len > 0) memcpy(at, texts[i].ptr, texts[i].len);
        *kept[i] = hf_bytes(at, texts[i].len);
    }
    return login;
}

static void send_challenge(struct hf_server *s, struct hf_conn *c)
{
    hf_rng_uuid(&s->rng, c->login->nonce);
    c->login->challenged_wall_ms = s->now.wall_ms;
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_buf_addf(&s->body,
                "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":\"%s\","
                "\"ts\":%lld}}",
                c->login->nonce, (long long)s->now.wall_ms);
    hf_conn_send_text(s, c, hf_buf_view(&s->body));
}

/* Answers 101 and turns the connection into a WebSocket. */
static void upgrade(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req,
                    const struct hf_http_upgrade *check, bool is_proxied)
{
    struct hf_proxy_identity proxy = hf_conn_proxy_identity(s, c, req, is_proxied);
    c->login = make_login(req, &proxy);
    hf_buf_reset(&s->text, SIZE_MAX);
    hf_http_upgrade_write(&s->text, check->accept);
    struct hf_blob *head = c->login ? hf_blob_new(hf_buf_view(&s->text)) : NULL;
    if (!head || hf_outq_push_raw(&c->out, &s->spare, head) != 0) {
        hf_blob_drop(head);
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    hf_blob_drop(head);
    /* A ping right behind the request is answered, but not before the 101. */
    hf_outq_fence(&c->out);
    c->login->is_proxied = is_proxied;
    hf_http_reader_fini(&c->reader.http);
    c->is_websocket = true;
    hf_ws_reader_init(&c->reader.ws, HF_WS_SERVER, HF_LIMIT_PREAUTH_FRAME_BYTES);
    c->state = HF_CONN_OPEN;
    c->phase_at = s->now.mono;
    hf_admit_upgraded(&s->admit, s->now.mono, c->id);
    hf_gate_init(&c->gate);
    send_challenge(s, c);
}

void hf_conn_upgrade(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req,
                     const struct hf_http_upgrade *check, bool is_proxied)
{
    struct hf_stage_upgrade_answer gate = hf_stage_upgrade(&s->stage);
    if (check->status != 101) {
        hf_conn_http_text(s, c, check->status, hf_bytes_cstr(check->what), false);
        return;
    }
    /* A closed protocol of the real gateway's own workers lives there. */
    if (hf_bytes_same(hf_http_target_path(req->target), HF_LIT("/__openclaw__/worker"))) {
        hf_conn_http_text(s, c, 404, HF_LIT("Not Found"), false);
        return;
    }
    switch (gate.verdict) {
    case HF_UPGRADE_ACCEPT:
        upgrade(s, c, req, check, is_proxied);
        return;
    case HF_UPGRADE_REFUSE:
        hf_conn_http_text(s, c, 503, gate.text, false);
        return;
    case HF_UPGRADE_TERMINATE:
        hf_conn_kill(s, c, "closing");
        return;
    }
}
