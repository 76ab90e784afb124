/* engine/client_state.h: what the files of the client engine share. */
#ifndef HF_ENGINE_CLIENT_STATE_H
#define HF_ENGINE_CLIENT_STATE_H

#include "base/ring.h"
#include "core/endpoint.h"
#include "core/rpc.h"
#include "engine/client.h"
#include "wire/frame.h"
#include "wire/http_body.h"
#include "wire/schema/greeting.h"
#include "wire/ws_frame.h"

enum {
    HF_CLIENT_MAGIC = 0x636c6e74,
    HF_CLIENT_NEWS = 32,
    HF_CLIENT_WORD_BYTES = 128,
    HF_CLIENT_FAILURE_BYTES = 1024,
};

struct hf_client_word { /* a short text that outlives its frame */
    uint8_t len;
    char ptr[HF_CLIENT_WORD_BYTES];
};

/* Something to tell.  `is_flush`: settle every pending call with its outcome; those
 * whose frame ends behind `written` were not sent. */
struct hf_client_item {
    struct hf_client_news news;
    bool is_flush;
    uint64_t written;
};

struct hf_client_kept { /* a subscription */
    uint64_t tag;
    bool is_asked; /* in this round */
    size_t method_len, params_len;
    char *text; /* both */
};

/* What the host must have found in the answer to the upgrade request, but did not. */
struct hf_client_refusal {
    unsigned status; /* 0: none */
    struct hf_http_body rest;
    struct hf_buf body; /* what came of it, up to HF_LIMIT_UPGRADE_BODY_BYTES */
};

struct hf_client {
    uint32_t magic;
    struct hf_client_config config;
    struct hf_now now;
    struct hf_rng rng;
    struct hf_link link;
    struct hf_rpc rpc;
    /* Secrets: what config.credentials and config.stored_scopes lie in. */
    char *secret_text;
    size_t secret_len;
    bool sent_bootstrap;                           /* with the newest connect request */
    struct hf_bytes spent_bootstrap, spent_stored; /* not sent any more, nor shown */
    /* The socket. */
    struct hf_http_reader http;
    struct hf_ws_reader ws;
    struct hf_client_refusal refusal;
    char key[HF_HTTP_KEY_CHARS];
    char call_suffix[HF_UUID_CHARS + 1]; /* of this connection's request ids */
    bool is_websocket, has_sent_close, has_write_failed;
    bool has_pong; /* the newest ping waits for room */
    uint8_t pong[HF_LIMIT_CONTROL_FRAME_BYTES], pong_len;
    struct hf_buf out;
    size_t out_sent;     /* bytes of `out` that were written */
    uint64_t out_before; /* bytes written before those in `out` */
    uint64_t ping_end;   /* where the newest ping ends in all output; 0: none waits */
    /* The conversation. */
    struct hf_buf nonce; /* of the challenge */
    bool has_challenge_ts;
    int64_t challenge_ts_ms;
    struct hf_bytes hello_payload; /* borrowed; only while it is handled */
    struct hf_client_word beat_method;
    const char *beat_off_reason; /* NULL: it is on */
    int64_t max_payload, max_buffered, last_seq;
    struct hf_client_kept *kept;
    size_t kept_len, kept_cap;
    size_t restore_waits, restore_failed; /* of the round under way */
    bool is_restoring, is_restore_after_gap;
    /* The newest hello. */
    struct hf_client_word server_version, conn_id, role;
    int64_t protocol;
    hf_span tick_every;
    struct hf_buf lists; /* methods, events, capabilities, scopes, policy */
    size_t list_len[5];
    hf_time hello_at;
    /* What is told about it. */
    int64_t rtt_ms;
    hf_time last_ping_at, last_pong_at, last_beat_at;
    struct hf_client_counters counters;
    struct hf_ring timings;
    /* The last failure and the last end. */
    enum hf_link_cause failure_cause;
    uint16_t failure_close_code;
    unsigned failure_http_status;
    hf_time failure_at;
    struct hf_client_word failure_code, failure_detail, failure_request_id, failure_next_step;
    struct hf_buf failure_text, failure_location;
    struct hf_buf close_reason, last_close_reason; /* of this socket; of the last that ended */
    uint16_t last_close_code;
    enum hf_link_state last_close_phase, phase; /* in which the end began */
    hf_time last_close_at;
    /* What the host must do. */
    uint64_t kill_socket; /* 0: none */
    bool dials, has_output, ends;
    struct hf_client_item news[HF_CLIENT_NEWS];
    size_t news_head, news_len;
    struct hf_buf text; /* scratch: a frame to send */
};

/* --- client.c --- */

/* One input of the link, and what it asks for. */
void hf_client_feed(struct hf_client *c, const struct hf_link_input *input);
void hf_client_say(struct hf_client *c, enum hf_link_input_kind kind); /* of the socket */

/* --- client_news.c --- */

void hf_client_tell(struct hf_client *c, const struct hf_client_news *news);

/* What an input of the link leaves to tell, and that it is ready. */
void hf_client_tell_end(struct hf_client *c, const struct hf_link_todo *todo);
void hf_client_tell_ready(struct hf_client *c);

/* Forgets what waits but the ends of calls. */
void hf_client_keep_results(struct hf_client *c);

/* Takes the oldest: false when nothing waits. */
bool hf_client_next_news(struct hf_client *c, struct hf_client_news *out);

/* --- client_socket.c --- */

/* Makes ready for a socket of the link's generation. */
void hf_client_begin_socket(struct hf_client *c);
void hf_client_socket_fini(struct hf_client *c);

/* Bytes that were written, all in all. */
uint64_t hf_client_written(const struct hf_client *c);

size_t hf_client_input(struct hf_client *c, uint8_t *data, size_t len);
void hf_client_take_written(struct hf_client *c, size_t bytes);
void hf_client_dialed(struct hf_client *c);

/* A text message: 0, HF_ERR_LIMIT, or HF_ERR_NOMEM and the connection is lost. */
int hf_client_send(struct hf_client *c, struct hf_bytes text);
void hf_client_send_ping(struct hf_client *c);
void hf_client_send_close(struct hf_client *c, const struct hf_link_close *close);

/* A connection whose frames do not fit into memory is of no use any more. */
void hf_client_give_up(struct hf_client *c);

/* Ends an attempt whose upgrade was answered otherwise. */
void hf_client_dial_failed(struct hf_client *c, enum hf_link_cause cause, bool will_pass);

/* --- client_secrets.c --- */

/* The secrets are other ones from now on (copied): 0 or HF_ERR_NOMEM. */
int hf_client_keep_secrets(struct hf_client *c, const struct hf_credentials *credentials,
                           struct hf_bytes scopes);
void hf_client_wipe_secrets(struct hf_client *c);
void hf_client_drop_stored(struct hf_client *c);
void hf_client_know_secrets(struct hf_client *c); /* the link is told what they allow */

/* All secrets that a text could hold; returns how many. */
enum { HF_CLIENT_SECRETS = 12 + HF_LIMIT_CLIENT_HEADERS };
size_t hf_client_secrets(const struct hf_client *c, struct hf_bytes out[HF_CLIENT_SECRETS]);

/* --- client_login.c --- */

void hf_client_challenged(struct hf_client *c, struct hf_bytes payload);

/* Makes and sends the connect request: PLANNED or PLAN_FAILED. */
void hf_client_plan(struct hf_client *c);

/* The answer to it. */
void hf_client_got_hello(struct hf_client *c, struct hf_bytes payload);
void hf_client_got_refusal(struct hf_client *c, const struct hf_error_seen *error);

/* --- client_talk.c --- */

enum { HF_CLIENT_CONNECT_NUMBER = 1, HF_CLIENT_ID_BYTES = 64 };

/* "<n>:<uuid>"; the connect request is the first of a connection. */
struct hf_bytes hf_client_write_id(const struct hf_client *c, uint64_t number,
                                   char out[HF_CLIENT_ID_BYTES]);

/* Sends a request of ours or of the owner. */
int hf_client_request(struct hf_client *c, struct hf_rpc_call *call, struct hf_bytes method,
                      struct hf_bytes params);

/* The heartbeat request (spec/client-lifecycle.md 11.4). */
void hf_client_beat(struct hf_client *c);

/* A whole text message from the server. */
void hf_client_message(struct hf_client *c, struct hf_bytes text);

/* A call is settled: tells it, and keeps how it went. */
void hf_client_settle(struct hf_client *c, const struct hf_rpc_call *call,
                      const struct hf_client_news *news);
struct hf_client_news hf_client_end_of(const struct hf_client *c, const struct hf_rpc_call *call,
                                       enum hf_client_outcome outcome, uint64_t written);
void hf_client_record(struct hf_client *c, const struct hf_rpc_call *call,
                      enum hf_client_outcome outcome, struct hf_bytes code);

/* Whether the calls of an ended connection are on their way to their owner. */
bool hf_client_is_flushing(const struct hf_client *c);

/* Whether the tick watchdog rests, after the table of calls changed. */
void hf_client_mind_watchdog(struct hf_client *c);

/* --- client_restore.c --- */

void hf_client_restore_begin(struct hf_client *c, bool is_after_gap);
void hf_client_restore_answered(struct hf_client *c, const struct hf_client_news *news);
void hf_client_restore_stop(struct hf_client *c);
void hf_client_restore_fini(struct hf_client *c);

/* --- client_facts.c --- */

/* Notes why an attempt or a connection ended; the text loses its secrets. */
void hf_client_note(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes text);
void hf_client_note_cause(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes reason);
void hf_client_note_close(struct hf_client *c, const struct hf_link_close *close);
void hf_client_note_upgrade(struct hf_client *c);

/* Appends a text from elsewhere without secrets and line ends, cut. */
void hf_client_add_text(const struct hf_client *c, struct hf_buf *out, struct hf_bytes text);

void hf_client_keep_hello(struct hf_client *c, const struct hf_greeting *greeting);

void hf_client_word_set(struct hf_client_word *word, struct hf_bytes text);

static inline struct hf_bytes hf_client_word_view(const struct hf_client_word *word)
{
    return (struct hf_bytes){ (const uint8_t *)word->ptr, word->len };
}

#endif
