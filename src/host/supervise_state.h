/* host/supervise_state.h: the inside of host/supervise, shared by its own files.
 *
 * supervise.c owns life, turns and the queue of answers; supervise_tree.c processes,
 * supervise_log.c what is kept of their output, supervise_secret.c what nothing may show;
 * supervise_place.c port, probes, journal and configuration; supervise_link.c the control
 * connection; supervise_control.c the control socket and supervise_status.c what it shows. */
#ifndef HF_HOST_SUPERVISE_STATE_H
#define HF_HOST_SUPERVISE_STATE_H

#include "base/buf.h"
#include "core/effort.h"
#include "host/child_output.h"
#include "host/client_loop.h"
#include "host/control.h"
#include "host/dial.h"
#include "host/journal.h"
#include "host/notify_in.h"
#include "host/port_holder.h"
#include "host/probe.h"
#include "host/scribe.h"
#include "host/supervise.h"
#include "host/token_file.h"
#include "host/trees.h"

/* An event that waits for its turn, with copies of what it leads to. */
struct hf_answer {
    struct hf_answer *next;
    struct hf_keeper_event event;
    struct hf_buf text;
};

struct hf_asked { /* a probe under way */
    struct hf_supervise *s;
    uint64_t ask;
    struct hf_probe *probe; /* NULL: free */
};

struct hf_reader { /* what a tree writes */
    uint64_t tree; /* 0: free */
    struct hf_child_output *output;
};

struct hf_waiter { /* a request of the control socket that is under way */
    uint64_t tag;  /* 0: free */
    hf_id client;
    enum hf_control_verb verb;
    struct hf_buf id; /* JSON */
};

struct hf_sup_link {
    struct hf_supervise *s;
    struct hf_client_loop *loop; /* NULL until first used */
    uv_poll_t poll;
    uv_timer_t timer;
    struct hf_client *client; /* NULL: none */
    struct hf_client_seat *seat;
    uint64_t id; /* the engine's number */
    bool is_ready, is_over;
    hf_time byte_at;
    char token[HF_STATE_PATH_BYTES];
    struct hf_bytes scopes[1];
};

struct hf_supervise {
    struct hf_supervise_config config;
    uv_loop_t *loop;
    struct hf_supervisor *engine;
    struct hf_now now;
    bool in_turn, in_step;
    uv_timer_t timer;
    uv_check_t check;
    uv_idle_t awake; /* active: the next poll returns at once */
    hf_time armed_for;
    hf_span slept; /* the boot clock is ahead by so much */
    struct hf_answer *first, **last;
    /* Processes. */
    struct hf_trees *trees;
    char cgroup_home[HF_STATE_PATH_BYTES];
    struct hf_reader readers[HF_LIMIT_TREES];
    struct hf_notify_in *notify_in;
    uint64_t gateway;     /* the newest tree of a gateway */
    uint64_t effort_tree; /* whose effort this is; 0: nobody's */
    struct hf_effort effort;
    uint64_t running, ready_early;          /* trees: RUNS was told; READY=1 came before that */
    struct hf_token_file secrets;           /* of this place, for the censor and for logins */
    char token[HF_LIMIT_SECRET_BYTES + 1];  /* config.token as it is now */
    char handed[HF_LIMIT_SECRET_BYTES + 1]; /* what the gateway was made with; "": no token */
    /* What the child says, on its way to a file. */
    struct hf_scribe *scribe;  /* NULL: not open */
    struct hf_buf child_lines; /* whole lines, at most HF_LIMIT_LOG_BUFFER_BYTES */
    uint64_t child_dropped;    /* lines for which there was no room */
    char child_log_path[HF_STATE_PATH_BYTES];
    /* The place. */
    struct hf_dialer dialer;
    struct hf_asked probes[2];
    uint64_t elsewhere_looks;
    uv_fs_event_t watch;
    bool has_watch;
    uint64_t revision;
    char journal_path[HF_STATE_PATH_BYTES], survivor_path[HF_STATE_PATH_BYTES];
    /* The control connection and the control socket. */
    struct hf_sup_link link;
    struct hf_control *control;
    struct hf_waiter waiters[HF_LIMIT_CONTROL_REQUESTS + HF_LIMIT_CONTROL_STOPS];
    uint64_t last_tag, stop_tag;
    enum hf_phase told_phase; /* to the service manager */
    bool stops, is_hasty, has_told_stopping, is_closing;
};

/* --- supervise.c --- */

/* Reads the clocks once in a turn of the loop. */
void hf_sup_turn(struct hf_supervise *s);

/* Queues an event: what it leads to is copied. */
void hf_sup_later(struct hf_supervise *s, const struct hf_keeper_event *event);

/* Gives the engine what waits, carries out what it asks, until both are done. */
void hf_sup_run(struct hf_supervise *s);

/* Both: for callbacks of the loop. */
void hf_sup_event(struct hf_supervise *s, const struct hf_keeper_event *event);

/* --- supervise_secret.c --- */

void hf_sup_secrets_open(struct hf_supervise *s);
void hf_sup_secrets_close(struct hf_supervise *s);

/* The token for one login, from its file when there is one: a rotated file needs no
 * restart.  In `out`, or the configuration's. */
struct hf_bytes hf_sup_read_token(struct hf_supervise *s, char out[HF_STATE_PATH_BYTES]);

/* Another token for the next child; its file is read again, when it has one. */
void hf_sup_secrets_renew(struct hf_supervise *s, struct hf_bytes token);
void hf_sup_secrets_reread(struct hf_supervise *s);

/* The gateway is made with the token as it is now, or was with the one that `survivor`
 * tells of the process that `j` names. */
void hf_sup_secrets_hand(struct hf_supervise *s);
void hf_sup_secrets_inherit(struct hf_supervise *s, const struct hf_journal *j);

/* For whoever adopts the process of `j`; NULL or a token of nobody's: no file. */
int hf_sup_secrets_bequeath(struct hf_supervise *s, const struct hf_journal *j,
                            struct hf_fault *fault);

/* The file may be another one by now: before anything of the child is told. */
void hf_sup_secrets_look(struct hf_supervise *s);

/* --- supervise_tree.c --- */

int hf_sup_trees_open(struct hf_supervise *s, struct hf_fault *fault);
void hf_sup_trees_close(struct hf_supervise *s);
void hf_sup_spawn(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_adopt(struct hf_supervise *s, const struct hf_keeper_action *a);

/* Whether the main process of that tree is one of our own kind. */
bool hf_sup_is_holdfast(struct hf_supervise *s, uint64_t tree);
void hf_sup_signal(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_survey(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_evidence(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_memory(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_dump(struct hf_supervise *s, const struct hf_keeper_action *a);

/* --- supervise_log.c --- */

int hf_sup_log_open(struct hf_supervise *s, struct hf_fault *fault);
void hf_sup_log_close(struct hf_supervise *s);

/* The engine's log: what the child says goes to the child's own file as well. */
struct hf_log hf_sup_log(struct hf_supervise *s);

/* One line for that file, gathered; and what was gathered goes on its way. */
void hf_sup_log_line(struct hf_supervise *s, struct hf_bytes text, bool is_stderr);
void hf_sup_log_flush(struct hf_supervise *s);

/* --- supervise_place.c --- */

int hf_sup_place_open(struct hf_supervise *s, struct hf_fault *fault);
void hf_sup_place_close(struct hf_supervise *s);
void hf_sup_detect(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_check_port(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_probe(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_stop_probe(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_read_config(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_journal(struct hf_supervise *s, const struct hf_keeper_action *a);

/* Whether who listens is a program that a gateway would be. */
bool hf_sup_is_gateway(const struct hf_port_owner *owner);

/* The port on which the gateway listens instead of the one that it was told, and a sentence
 * that names both; 0: it does not, or was not told one. */
enum { HF_SUP_ELSEWHERE_BYTES = 160 };
unsigned hf_sup_elsewhere(struct hf_supervise *s, char out[HF_SUP_ELSEWHERE_BYTES]);

/* The tree whose process takes connections to that address on our port; 0: none of ours. */
uint64_t hf_sup_answering(struct hf_supervise *s, const struct hf_net_address *peer);

/* The journal's process when it lives: true and the record. */
bool hf_sup_recorded(const struct hf_supervise *s, struct hf_journal *out);

/* --- supervise_link.c --- */

void hf_sup_link_open(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_link_abort(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_link_call(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_link_ping(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_link_close(struct hf_supervise *s);

/* Whether anything has come, a pong too; arms the client's timer. */
void hf_sup_link_look(struct hf_supervise *s);

/* --- supervise_status.c --- */

enum { HF_SUP_LINES_DEFAULT = 20 };

/* JSON: the status record with at most so many of the child's last lines, diagnostics,
 * the newest transitions. */
void hf_sup_write_status(const struct hf_supervise *s, size_t line_max, struct hf_buf *out);
void hf_sup_write_diagnostics(const struct hf_supervise *s, struct hf_buf *out);
void hf_sup_write_history(const struct hf_supervise *s, size_t max, struct hf_buf *out);

/* What GET of `path` answers: as hf_control_hooks.got. */
unsigned hf_sup_got(void *ctx, struct hf_bytes path, struct hf_buf *body, const char **type);

/* --- supervise_control.c --- */

int hf_sup_control_open(struct hf_supervise *s, struct hf_fault *fault);
void hf_sup_control_close(struct hf_supervise *s);
void hf_sup_result(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_tell(struct hf_supervise *s, const struct hf_keeper_action *a);
void hf_sup_tell_manager(struct hf_supervise *s);

#endif
