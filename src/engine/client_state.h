/* engine/client_state.h: what the files of the client engine share. */
#ifndef HF_ENGINE_CLIENT_STATE_H
#define HF_ENGINE_CLIENT_STATE_H

#include "core/rpc.h"
#include "engine/client.h"
#include "wire/http_response.h"
#include "wire/schema/greeting.h"
#include "wire/ws_frame.h"

enum { HF_CLIENT_MAGIC = 0x636c6e74, HF_CLIENT_NEWS = 16, HF_CLIENT_WORD_BYTES = 128 };

struct hf_client_word { /* a short text that outlives its frame */
    uint8_t len;
    char ptr[HF_CLIENT_WORD_BYTES];
};

/* In the queue of news: settle every pending call. */
enum { HF_CLIENT_FLUSH_MARK = HF_CLIENT_IS_RESULT + 1 };

struct hf_client {
    uint32_t magic;
    struct hf_client_config config;
    struct hf_now now;
    struct hf_rng rng;
    struct hf_link link;
    struct hf_rpc rpc;
    /* The socket. */
    struct hf_http_reader http;
    struct hf_ws_reader ws;
    char key[HF_HTTP_KEY_CHARS];
    char call_suffix[HF_UUID_CHARS + 1]; /* of this connection's request ids */
    bool is_websocket, has_sent_close;
    struct hf_buf out;
    size_t out_sent;     /* bytes of `out` that were written */
    uint64_t out_before; /* bytes written before those in `out` */
    uint64_t ping_end;   /* where the newest ping ends in all output; 0: none waits */
    /* The conversation. */
    struct hf_challenge challenge; /* borrowed; only during DO_PLAN */
    bool has_beat_call;
    uint64_t beat_tag;
    struct hf_bytes beat_method;
    int64_t max_payload, max_buffered, last_seq;
    struct hf_client_word server_version;
    int64_t rtt_ms;
    uint64_t gap_count, seq_regression_count, invalid_count, dropped_count;
    /* The last failure. */
    enum hf_link_cause failure_cause;
    uint16_t failure_close_code;
    unsigned failure_http_status;
    struct hf_client_word failure_code, failure_detail, failure_request_id;
    struct hf_buf failure_text;
    /* What the host must do. */
    uint64_t kill_socket; /* 0: none */
    bool dials, has_output, ends;
    struct hf_client_news news[HF_CLIENT_NEWS];
    size_t news_head, news_len;
    struct hf_buf text; /* scratch: a frame to send */
};

/* One input of the link, and what it asks for. */
void hf_client_feed(struct hf_client *c, const struct hf_link_input *input);
void hf_client_say(struct hf_client *c, enum hf_link_input_kind kind); /* of the socket */

void hf_client_tell(struct hf_client *c, const struct hf_client_news *news);

/* A text message (wiped from the scratch afterwards): 0, HF_ERR_LIMIT, HF_ERR_NOMEM. */
int hf_client_send(struct hf_client *c, struct hf_bytes text);

/* Makes and sends the connect request: PLANNED or PLAN_FAILED. */
void hf_client_plan(struct hf_client *c);

/* The heartbeat request (spec/client-lifecycle.md 11.4). */
void hf_client_beat(struct hf_client *c);

/* A whole text message from the server. */
void hf_client_message(struct hf_client *c, struct hf_bytes text);

/* Notes why an attempt or a connection ended. */
void hf_client_note(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes text);

void hf_client_word_set(struct hf_client_word *word, struct hf_bytes text);

static inline struct hf_bytes hf_client_word_view(const struct hf_client_word *word)
{
    return (struct hf_bytes){ (const uint8_t *)word->ptr, word->len };
}

#endif
