#include "engine/look.h"
#include "wire/frame.h"
#include "wire/json_read.h"

void hf_look_init(struct hf_look *l, enum hf_look_kind kind, const struct hf_url *url,
                  const uint8_t key[HF_HTTP_KEY_BYTES], struct hf_buf *out)
{
    const struct hf_http_ask ask = { .host = url->place, .target = url->target };
    *l = (struct hf_look){ .kind = kind };
    hf_http_reader_init(&l->http);
    hf_ws_reader_init(&l->ws, HF_WS_CLIENT, HF_LIMIT_PREAUTH_FRAME_BYTES);
    if (kind != HF_LOOK_GATEWAY) {
        hf_http_ask_write(out, &ask);
        return;
    }
    hf_http_key_write(key, l->key);
    hf_http_ask_upgrade_write(out, &ask, l->key);
}

void hf_look_fini(struct hf_look *l)
{
    hf_http_reader_fini(&l->http);
    hf_ws_reader_fini(&l->ws);
}

static enum hf_look_verdict other(struct hf_look *l, const char *why)
{
    l->why = why;
    return HF_LOOK_OTHER;
}

static bool is_challenge(struct hf_bytes text)
{
    struct hf_frame frame;
    return hf_frame_read(text, HF_LIMIT_JSON_DEPTH_PREAUTH, &frame) == 0 &&
           frame.kind == HF_FRAME_EVENT &&
           hf_json_is(frame.event.name, HF_LIT("connect.challenge"));
}

/* Messages that are no challenge are ignored: it may still come. */
static enum hf_look_verdict read_frames(struct hf_look *l, uint8_t *data, size_t len)
{
    for (;;) {
        struct hf_ws_item item;
        size_t used;
        if (hf_ws_read(&l->ws, data, len, &used, &item) != 0)
            return other(l, "it sends more than can be kept");
        data += used;
        len -= used;
        if (item.kind == HF_WS_CLOSE) return other(l, "it closes before its challenge");
        if (item.kind == HF_WS_ERROR) return other(l, "what it sends is no WebSocket");
        if (item.kind == HF_WS_TEXT && is_challenge(item.bytes)) return HF_LOOK_READY;
        if (item.kind == HF_WS_NEED_MORE) return HF_LOOK_WAIT;
    }
}

static enum hf_look_verdict judge(struct hf_look *l, const struct hf_http_response *response)
{
    if (l->kind == HF_LOOK_HTTP_ANY) return HF_LOOK_READY;
    if (l->kind == HF_LOOK_HTTP_2XX)
        return response->status / 100 == 2 ? HF_LOOK_READY
                                           : other(l, "it answers, but not with 2xx");
    const char *fault = hf_http_upgrade_fault(response, l->key);
    if (fault) return other(l, fault);
    l->is_upgraded = true;
    return HF_LOOK_WAIT;
}

enum hf_look_verdict hf_look_input(struct hf_look *l, uint8_t *data, size_t len)
{
    struct hf_http_response response;
    size_t used;
    if (l->is_upgraded) return read_frames(l, data, len);
    if (hf_http_response_read(&l->http, hf_bytes(data, len), &used, &response) != 0)
        return other(l, "it sends more than can be kept");
    if (response.state == HF_HTTP_NEED_MORE) return HF_LOOK_WAIT;
    if (response.state == HF_HTTP_REFUSED) return other(l, "what it answers is no HTTP");
    enum hf_look_verdict verdict = judge(l, &response);
    if (verdict != HF_LOOK_WAIT) return verdict;
    return read_frames(l, data + used, len - used);
}
