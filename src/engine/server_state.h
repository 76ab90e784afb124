/* engine/server_state.h: the inside of a server, shared by its own files.
 *
 * Nobody outside src/engine includes this (tests may).  server.c owns the whole,
 * server_conn.c the life of one connection and server_due.c its deadlines; server_http.c,
 * server_ingress.c, server_upgrade.c and server_login.c what happens before a client is
 * registered; server_rpc.c and methods/ requests, server_event.c the fan-out, server_job.c
 * what waits for the host and server_todo.c what the host is told. */
#ifndef HF_ENGINE_SERVER_STATE_H
#define HF_ENGINE_SERVER_STATE_H

#include "base/dueq.h"
#include "base/pool.h"
#include "core/admit.h"
#include "core/devices.h"
#include "core/fanout.h"
#include "core/gate.h"
#include "core/heartbeat.h"
#include "core/ingress.h"
#include "core/liveness.h"
#include "core/lockout.h"
#include "core/login.h"
#include "core/method.h"
#include "core/pings.h"
#include "core/presence.h"
#include "core/pulse.h"
#include "core/stability.h"
#include "core/stage.h"
#include "core/ticks.h"
#include "core/work.h"
#include "engine/metrics.h"
#include "engine/outq.h"
#include "engine/server.h"
#include "port/store.h"
#include "wire/frame.h"
#include "wire/http_head.h"
#include "wire/json_read.h"
#include "wire/json_write.h"
#include "wire/schema/connect.h"
#include "wire/schema/details.h"
#include "wire/schema/error.h"
#include "wire/schema/hello.h"

enum hf_conn_state {
    HF_CONN_HTTP,    /* reads the request head */
    HF_CONN_OPEN,    /* upgraded and challenged; waits for connect */
    HF_CONN_LOGIN,   /* connect is being decided: a store write, or a delayed answer */
    HF_CONN_READY,   /* registered: a client */
    HF_CONN_CLOSING, /* our last bytes (close frame, HTTP answer) are on their way */
    HF_CONN_DEAD,    /* the host was told to end it */
};

/* What the host has yet to be told about a connection; bits. */
enum {
    HF_TODO_OUTPUT = 1,
    HF_TODO_PAUSE = 2,
    HF_TODO_RESUME = 4,
    HF_TODO_CLOSE = 8,
    HF_TODO_KILL = 16,
};

/* The protocol's close code for a client whose authority is gone. */
enum { HF_CLOSE_INVALIDATED = 4001 };

/* What a connection needs only until it is registered; one block. */
struct hf_conn_login {
    char nonce[HF_UUID_CHARS + 1];
    bool is_proxied; /* the client's address came from a trusted proxy */
    bool has_origin;
    bool is_waiting; /* for a device row that is being written */
    bool is_counted; /* its wrong secret was told to the lock-out */
    int64_t challenged_wall_ms;
    struct hf_bytes host, origin;   /* of the upgrade; in `text` */
    struct hf_proxy_identity proxy; /* who a trusted proxy says it is; in `text` */
    struct hf_blob *connect;        /* the request frame while it is being decided */
    char text[];
};

/* What a registered client said about itself; one block. */
struct hf_conn_client {
    char conn_uuid[HF_UUID_CHARS + 1];
    uint8_t id;         /* enum hf_client_id */
    uint8_t mode;       /* enum hf_client_mode */
    uint8_t role;       /* enum hf_role */
    bool wants_index;   /* sessions.subscribe */
    uint8_t tick_place; /* what it was told about ticks: core/ticks */
    hf_scopes scopes;
    hf_caps caps;
    uint32_t in_flight;
    uint64_t requests, request_errors;
    int64_t connected_wall_ms;
    struct hf_bytes version, platform, device_family, display_name, instance_id, device_id;
    struct hf_bytes auth_method;
    struct hf_blob **keys; /* sessions.messages.subscribe: one key each; NULL while none */
    uint32_t key_count, key_cap;
    char text[];
};

enum { HF_CONN_MAGIC = 0x48436f6e };

/* In the order of use: what an event to everybody touches lies together, because
 * with a thousand receivers each further cache line of each costs more than the work
 * that is done there. */
struct hf_conn {
    uint32_t magic;
    uint8_t state;     /* enum hf_conn_state */
    uint8_t todo;      /* HF_TODO_ bits */
    bool is_websocket; /* the upgrade is done; says which reader is valid */
    bool is_paused, peer_ended, sent_close, got_close;
    bool is_answering;   /* an HTTP answer is being made */
    bool is_counted;     /* in server.client_count */
    bool is_quiet;       /* its loss is a debug line (spec/startup-retry.md 2.6) */
    uint16_t close_code; /* the first one, ours or the peer's */
    hf_id id;
    struct hf_conn *todo_prev, *todo_next; /* in server.todo, valid while todo != 0 */
    struct hf_conn_client *client;         /* from registration on */
    struct hf_outq out;
    struct hf_gate gate;
    struct hf_seq seq;
    uint64_t bytes_in, bytes_out;
    struct hf_liveness liveness; /* once registered */

    hf_time deadline; /* of this state; HF_NEVER when none */
    union {
        struct hf_http_reader http; /* in HTTP */
        struct hf_ws_reader ws;     /* after the upgrade */
    } reader;
    const char *cause;           /* why it ends; constant; NULL while it lives */
    struct hf_conn_login *login; /* from the upgrade until registration */
    struct hf_peer peer;
    struct hf_net_address client_address; /* the peer's, or what a trusted proxy said */
    hf_time accepted_at;
    hf_time phase_at; /* the accept, the upgrade (where the handshake deadline begins), our close */
    bool has_sent_message; /* a whole text message came */
    int64_t timer_late_ms; /* of the deadline that ended it; 0: it ran in time, or none did */
};

/* A request or a login that waits for a job of the host. */
enum hf_wait_kind {
    HF_WAIT_START,  /* the store's LOAD at start */
    HF_WAIT_LOGIN,  /* a device row is being written */
    HF_WAIT_CALL,   /* a method's answer */
    HF_WAIT_HTTP,   /* an HTTP answer (metrics) */
    HF_WAIT_RECORD, /* upkeep of the registry; nobody waits */
};

struct hf_call;
struct hf_method;

/* What a method does with its job's result. */
typedef void hf_call_done(struct hf_server *s, struct hf_call *call,
                          const struct hf_job_result *result);

struct hf_wait {
    enum hf_wait_kind kind;
    hf_id conn;
    struct hf_blob *id; /* CALL: the request's id, JSON */
    const struct hf_method *method;
    hf_call_done *done;             /* CALL */
    struct hf_store_request *store; /* owned here until the result */
    struct hf_devices_plan *plan;   /* the change that is being made durable, or NULL; owned */
    bool is_head;                   /* HTTP: the method was HEAD */
};

enum { HF_SERVER_MAGIC = 0x48737276, HF_KEEP_BYTES = 65536 /* of a buffer after its use */ };

struct hf_server {
    uint32_t magic;
    struct hf_server_config config; /* its spans lie in `config_text` */
    char *config_text;
    struct hf_settings settings; /* its spans lie in `settings_text` */
    char *settings_text;
    size_t settings_text_len;
    struct hf_login_policy policy; /* spans of the settings */
    struct hf_ingress_rules ingress;
    struct hf_buf policy_json; /* of hello-ok */
    struct hf_buf event_loop;  /* the newest sample as JSON; empty before the first */
    struct hf_log log;
    struct hf_rng rng;
    hf_time started_at;
    struct hf_now now; /* of the step that runs; nothing outside a step reads it */
    char boot_id[HF_UUID_CHARS + 1], instance_id[HF_UUID_CHARS + 1];

    struct hf_pool conns; /* struct hf_conn */
    struct hf_conn *todo_first, *todo_last;
    struct hf_dueq deadlines; /* by slot: what is exact */
    struct hf_pings pings;    /* by slot: what may wait to share a wake-up */
    struct hf_outq_spare spare;
    struct hf_buf scratch;               /* rendered output of one connection */
    struct hf_buf body;                  /* a response or event that is being written */
    struct hf_buf event;                 /* the body of an event, or of what is cached */
    struct hf_buf text;                  /* decoded strings of one step */
    struct hf_buf why;                   /* messages and details of one step */
    struct hf_json_writer writer;        /* of the response in `body` */
    struct hf_http_request http_request; /* of one step; too large for a stack */

    struct hf_pool waits; /* struct hf_wait */
    struct hf_ring jobs;  /* struct hf_job: not yet taken by the host */
    bool tell_ready, tell_draining, tell_stopped, is_stopped;
    bool is_held; /* the host has work that a drain waits for */

    struct hf_stage stage;
    struct hf_admit admit;
    struct hf_lockout lockout;
    struct hf_devices devices;
    struct hf_presence presence;
    struct hf_pulse pulse;
    struct hf_heartbeat heartbeat;
    struct hf_work work;
    struct hf_stability stability;
    struct hf_liveness_cfg liveness_cfg;
    struct hf_metrics metrics;
    hf_time turn_at;  /* the turn that runs began */
    hf_span cpu_used; /* as the host said last */
    bool has_told;    /* events went out in this turn: how long it takes is counted */

    struct hf_ticks ticks;
    hf_time upkeep_at;
    bool wants_upkeep;      /* something may have to be stored or dropped */
    bool is_save_failing;   /* the last upkeep could not be stored */
    uint32_t client_count;  /* registered connections */
    struct hf_blob *health; /* the cached body of `health`, a JSON object */
    int64_t health_wall_ms;
    hf_time health_at;
    struct hf_blob *presence_json; /* the array as it is now; NULL: not written yet */
    bool is_presence_stale;        /* the change was not told yet */
    struct hf_blob *features;      /* constant JSON of hello-ok */
    bool heartbeats_enabled;
};

static inline struct hf_conn *hf_server_conn(const struct hf_server *s, hf_id id)
{
    return hf_pool_find(&s->conns, id);
}

/* --- server.c --- */

void hf_server_item_ready(struct hf_server *s, struct hf_bytes name);

/* --- server_todo.c --- */

/* Marks what the host must be told about `c`; each bit is told once. */
void hf_server_tell(struct hf_server *s, struct hf_conn *c, unsigned todo_bits);
void hf_server_forget(struct hf_server *s, struct hf_conn *c); /* nothing is told any more */

/* --- server_conn.c --- */

hf_id hf_conn_accept(struct hf_server *s, const struct hf_peer *peer);
size_t hf_conn_input(struct hf_server *s, struct hf_conn *c, uint8_t *data, size_t len);
void hf_conn_written(struct hf_server *s, struct hf_conn *c, size_t bytes);
void hf_conn_fini(struct hf_server *s, struct hf_conn *c); /* its memory; not its slot */

/* Reads no more from the connection until hf_conn_resume. */
void hf_conn_pause(struct hf_server *s, struct hf_conn *c);
void hf_conn_resume(struct hf_server *s, struct hf_conn *c);

/* Queues one frame if the gate lets it (core/gate): a response, or an event that
 * takes the connection's next seq.  `body` is shared. */
void hf_conn_send(struct hf_server *s, struct hf_conn *c, struct hf_blob *body,
                  enum hf_gate_kind kind, bool has_seq);

/* The same for a response that only this connection gets; copied. */
void hf_conn_send_text(struct hf_server *s, struct hf_conn *c, struct hf_bytes text);

void hf_conn_client_free(struct hf_conn_client *client);
void hf_conn_login_free(struct hf_conn_login *login);

/* Whether the client subscribed to the messages of this session. */
bool hf_conn_client_has_key(const struct hf_conn_client *client, struct hf_bytes key);

/* --- server_due.c --- */

/* Sets the connection's deadlines anew; after anything that may move them. */
void hf_conn_schedule(struct hf_server *s, struct hf_conn *c);

void hf_conn_ping(struct hf_server *s, struct hf_conn *c); /* when one is due */

/* Whatever is due of all of them. */
void hf_server_conns_run_due(struct hf_server *s);

/* --- server_end.c --- */

/* Sends a close frame behind what is queued and waits up to the close grace for
 * the peer's.  `reason` is cut at 120 bytes.  Nothing after the first close. */
void hf_conn_close(struct hf_server *s, struct hf_conn *c, unsigned code, struct hf_bytes reason,
                   const char *cause);

/* Ends the connection once its queued bytes (an HTTP answer) are written. */
void hf_conn_finish(struct hf_server *s, struct hf_conn *c, const char *cause);

/* Resets the connection now. */
void hf_conn_kill(struct hf_server *s, struct hf_conn *c, const char *cause);

/* The last byte is queued: the host ends the socket once it has left. */
void hf_conn_end_written(struct hf_server *s, struct hf_conn *c);

/* Bytes left while our close is on its way. */
void hf_conn_keep_grace(struct hf_server *s, struct hf_conn *c);

void hf_conn_got_close(struct hf_server *s, struct hf_conn *c, const struct hf_ws_item *item);
void hf_conn_input_end(struct hf_server *s, struct hf_conn *c);
void hf_conn_closed(struct hf_server *s, struct hf_conn *c, enum hf_lost lost);

/* --- server_http.c --- */

void hf_conn_http(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req);
void hf_conn_http_fault(struct hf_server *s, struct hf_conn *c, unsigned status, const char *what);
void hf_conn_http_metrics(struct hf_server *s, struct hf_conn *c, bool is_head,
                          const struct hf_facts *facts);

/* Answers with a line of text and ends the connection when it has left. */
void hf_conn_http_text(struct hf_server *s, struct hf_conn *c, unsigned status,
                       struct hf_bytes text, bool is_head);

/* --- server_ingress.c --- */

/* Who asks; `client_address` is theirs from now on. */
enum hf_ingress hf_conn_ingress(const struct hf_server *s, struct hf_conn *c,
                                const struct hf_http_request *req);

/* Whom a trusted proxy names, where that is how clients come in. */
struct hf_proxy_identity hf_conn_proxy_identity(const struct hf_server *s, const struct hf_conn *c,
                                                const struct hf_http_request *req, bool is_proxied);

/* What a caller from elsewhere has shown: `Authorization: Bearer <secret>` with the
 * shared secret, or the name of a trusted proxy, is right.  A wrong secret counts as
 * one in a handshake (dependencies.md 6c), and a locked-out address learns nothing from
 * any secret. */
enum hf_shown { HF_SHOWN_RIGHT, HF_SHOWN_WRONG, HF_SHOWN_LOCKED };
enum hf_shown hf_conn_judge_secret(struct hf_server *s, struct hf_conn *c,
                                   const struct hf_http_request *req, bool is_proxied,
                                   hf_span *locked_for);

/* --- server_upgrade.c --- */

/* Answers a request for a WebSocket: 101 and the challenge, or why not. */
void hf_conn_upgrade(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req,
                     const struct hf_http_upgrade *check, bool is_proxied);

/* --- server_login.c --- */

int hf_server_login_start(struct hf_server *s, struct hf_hash_key hash_key);
void hf_server_login_stop(struct hf_server *s);
void hf_server_login_settings(struct hf_server *s);

/* The first frame of a connection. */
void hf_conn_first_frame(struct hf_server *s, struct hf_conn *c, struct hf_bytes text);

/* Decides again about the frame that was kept; the delay is over or the registry
 * has changed. */
void hf_conn_login_again(struct hf_server *s, struct hf_conn *c);

/* The store could not make the device durable. */
void hf_conn_login_failed(struct hf_server *s, struct hf_conn *c, int err);

/* --- server_hello.c --- */

/* Registration: from here on it is a client.  `id` is the request's. */
void hf_conn_say_hello(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
                       const struct hf_connect *connect, const struct hf_login_outcome *outcome);

/* --- server_rpc.c --- */

void hf_conn_request(struct hf_server *s, struct hf_conn *c, struct hf_bytes text);
void hf_call_finish(struct hf_server *s, struct hf_conn *c, struct hf_wait *wait,
                    const struct hf_job_result *result);

/* --- server_event.c --- */

/* Sends an event to everybody who may have it.  `payload` is JSON; `facts` may be
 * NULL; `key` is the session it is about, or empty.  `with_version` adds
 * stateVersion (presence, health). */
void hf_server_broadcast(struct hf_server *s, const char *name, struct hf_bytes payload,
                         const struct hf_fanout_facts *facts, struct hf_bytes key,
                         bool with_version);
void hf_server_broadcast_shutdown(struct hf_server *s, const struct hf_stage_shutdown *shutdown);
void hf_server_tick(struct hf_server *s);

/* The presence list changed: told once per turn, by the flush. */
void hf_server_presence_changed(struct hf_server *s);
void hf_server_presence_flush(struct hf_server *s);
struct hf_bytes hf_server_presence_json(struct hf_server *s);

/* --- server_health.c --- */

/* The cached summary, made anew when it is older than its freshness or is_probe;
 * a new one goes to everybody as the `health` event. */
struct hf_bytes hf_server_health(struct hf_server *s, bool is_probe);
struct hf_bytes hf_server_health_snapshot(struct hf_server *s); /* whatever its age */
hf_time hf_server_health_due(const struct hf_server *s);
void hf_server_health_run_due(struct hf_server *s);
struct hf_bytes hf_server_session_defaults(void);

/* Adds the member `eventLoop`; nothing before the first window closed. */
void hf_server_write_event_loop(struct hf_server *s, struct hf_json_writer *w);
void hf_server_pulse_closed(struct hf_server *s);
void hf_server_heartbeat(struct hf_server *s);
void hf_server_write_metrics(struct hf_server *s, const struct hf_facts *facts); /* into body */
int hf_server_write_constants(struct hf_server *s);                              /* features */
int hf_server_write_policy(struct hf_server *s);

/* --- server_job.c --- */

/* Asks the host for a job on behalf of `wait` (its pointers are moved here):
 * 0, HF_ERR_LIMIT when too many wait, HF_ERR_NOMEM; after an error they are the
 * caller's again.  `job->id` is set here. */
int hf_server_ask(struct hf_server *s, const struct hf_wait *wait, struct hf_job *job);
int hf_server_load(struct hf_server *s);

/* Has the store write a plan, on behalf of `wait` (both moved here).  After an
 * error the plan was settled as failed and everything is freed. */
int hf_server_write_plan(struct hf_server *s, struct hf_wait *wait, struct hf_devices_plan *plan);
/* Upkeep of the device registry: last-seen times are stored, old requests dropped. */
hf_time hf_server_upkeep_due(const struct hf_server *s);
void hf_server_upkeep_run_due(struct hf_server *s);

/* Asks the store to keep what is not kept yet: true while something is under way. */
bool hf_server_save_all(struct hf_server *s);
void hf_server_job_done(struct hf_server *s, const struct hf_job_result *result);
void hf_server_jobs_fini(struct hf_server *s);

#endif
