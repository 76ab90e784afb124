/* engine/server.h: the gateway as one pure machine.
 *
 * Takes events and the time, keeps every connection, and returns actions.  Owns
 * no socket, reads no clock, starts no thread: libuv (src/host) and the
 * simulator (tests/sim) drive the same code.  Bounded by base/limits.h.  One
 * server belongs to one thread. */
#ifndef HF_ENGINE_SERVER_H
#define HF_ENGINE_SERVER_H

#include "base/log.h"
#include "base/rng.h"
#include "engine/settings.h"
#include "port/action.h"
#include "port/event.h"

struct hf_server;

enum { HF_START_ITEMS_MAX = 8 };

/* What stays the same for the life of a server; copied. */
struct hf_server_config {
    struct hf_log log;
    uint8_t seed[HF_RNG_SEED_BYTES];
    uint8_t state_key[32]; /* device tokens are derived from it (design.md section 3) */
    /* What must be reported by HF_EVENT_ITEM_READY before clients are admitted;
     * the store (its LOAD job) is always one more. */
    struct hf_bytes start_items[HF_START_ITEMS_MAX];
    size_t start_item_count;
    /* Facts about this host that do not change. */
    struct hf_bytes host_name, platform, machine, runtime_version, state_dir, log_file;
    struct hf_bytes own_address; /* shown in presence; may be empty */
    struct hf_bytes device_family;
    int64_t pid;
    int64_t cpu_count;
    struct hf_bytes cpu_model;
};

/* 0, or HF_ERR_NOMEM.  Asks for its LOAD job at once: drain the actions. */
int hf_server_new(struct hf_server **out, const struct hf_server_config *config,
                  const struct hf_settings *settings, struct hf_now now);

/* Frees everything; connections need not be closed.  NULL is fine. */
void hf_server_free(struct hf_server *s);

/* One event in.  `outcome` is filled for ACCEPTED and INPUT.  Never fails: what
 * goes wrong becomes an answer to a peer, an action or a log record. */
void hf_server_step(struct hf_server *s, struct hf_now now, const struct hf_event *event,
                    struct hf_outcome *outcome);

/* Runs the deadlines that are due.  Call it after the input of a turn. */
void hf_server_run_due(struct hf_server *s, struct hf_now now);

/* The next instant at which run_due must be called, or HF_NEVER. */
hf_time hf_server_due(const struct hf_server *s);

/* Takes the next action; false when there is none. */
bool hf_server_action(struct hf_server *s, struct hf_action *out);

/* What `conn` has to write now; `out->count` 0 means nothing.  Small bodies are
 * rendered into the server's one scratch buffer, so write (or copy) the spans of
 * one connection before asking for the next. */
void hf_server_output(struct hf_server *s, hf_id conn, struct hf_output *out);

#endif
