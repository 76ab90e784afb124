/* client/state.h: the inside of libholdfast, shared by its own files.
 *
 * Under the loop's lock: engines, lists, the inbox.  The host tells news there; they are
 * copied into the inbox and handed to callbacks by whoever serves it, which is the loop's
 * thread, without the lock.  A client lives as long as somebody holds it: handles, a
 * life that was not disposed, entries of the inbox, work of its store. */
#ifndef HF_CLIENT_STATE_H
#define HF_CLIENT_STATE_H

#include "base/pool.h"
#include "client/options.h"
#include "holdfast/client.h"
#include "holdfast/loop.h"
#include "host/client_loop.h"

#include <stdatomic.h>

enum {
    HF_LIBRARY_LOOP_MAGIC = 0x686c6f70,
    HF_LIBRARY_CLIENT_MAGIC = 0x68636c69,
    HF_PATTERN_BYTES = 64,
    HF_NOTICE_NUMBERS = HOLDFAST_NOTICE_RECEIVED + 1,
    HF_NOTICE_TEXTS = HOLDFAST_NOTICE_CONNECTION_ID + 1,
    HF_ENTRY_TEXTS = HF_NOTICE_TEXTS,
};

enum hf_life { HF_LIVE, HF_DISPOSING, HF_DISPOSED };

/* --- the inbox --- */

enum hf_entry_kind {
    HF_ENTRY_NOTICE,     /* `sub` is its kind; numbers and texts by their keys */
    HF_ENTRY_EVENT,      /* number 0 is its seq; texts: name, payload */
    HF_ENTRY_ASK,        /* `sub` is its kind, `tag` the generation */
    HF_ENTRY_ACCEPTED,   /* of the call `tag` */
    HF_ENTRY_RESULT,     /* the same */
    HF_ENTRY_SUBSCRIBED, /* the answer to the subscription `tag` */
};

enum { HF_RESULT_PAYLOAD, HF_RESULT_ERROR, HF_RESULT_DETAILS, HF_RESULT_CODE, HF_RESULT_MESSAGE };
enum { HF_RESULT_RETRY_AFTER, HF_RESULT_TOOK, HF_RESULT_CLOSE_CODE };
enum { HF_EVENT_NAME, HF_EVENT_PAYLOAD };

struct hf_entry {
    size_t size;                    /* of the entry and the texts behind it, each with a zero */
    struct holdfast_client *client; /* held */
    uint64_t generation, tag;
    int64_t numbers[HF_NOTICE_NUMBERS];
    size_t lens[HF_ENTRY_TEXTS];
    uint8_t kind, sub;
    bool was_sent, is_retryable;
};

/* --- objects of callbacks --- */

struct holdfast_notice {
    enum holdfast_kind kind;
    const int64_t *numbers;
    const char *texts[HF_NOTICE_TEXTS];
};

struct holdfast_event {
    const char *name;
    struct hf_bytes payload;
    int64_t seq;
};

struct holdfast_result {
    enum holdfast_outcome outcome;
    bool was_sent, is_retryable;
    int64_t retry_after_ms, took_ms;
    unsigned close_code;
    struct hf_bytes payload, error, details;
    const char *code, *message;
};

/* --- clients --- */

struct hf_watcher {
    uint64_t id; /* grows */
    bool is_event;
    enum holdfast_kind kind;
    holdfast_notice_fn on_notice;
    holdfast_event_fn on_event;
    void *ctx;
    char pattern[HF_PATTERN_BYTES];
};

struct hf_call { /* in the loop's pool */
    hf_id id;
    struct holdfast_client *client;
    struct hf_call *before, *next; /* of the client, in the order of their issue */
    holdfast_result_fn fn, on_accepted;
    void *ctx;
    bool was_sent;
    bool is_stranded; /* it has ended, but there was no memory to say so */
};

struct hf_subscription {
    uint64_t id;
    holdfast_result_fn fn;
    void *ctx;
    char *undo, *params; /* owned; NULL: none */
};

/* --- what the store is to do for a client, one after the other --- */

enum { HF_VAULT_WISHES = 4, /* roles are two */ HF_VAULT_NAME_BYTES = 80 };

struct hf_vault_wish {
    bool erases;
    char name[HF_VAULT_NAME_BYTES];
    char *role, *token, *scopes; /* owned */
};

struct hf_vault {
    struct hf_client_task task;
    struct holdfast_client *client;
    struct holdfast_store hooks;
    char *directory; /* of the file store, else NULL; owned */
    struct hf_vault_wish wishes[HF_VAULT_WISHES];
    size_t wish_count;
    bool is_running; /* the first wish is the worker's */
    int err;
};

struct hf_invoke_slot {
    uint64_t id, generation;
    char *request_id, *node_id; /* owned; NULL: the slot is free */
};

struct holdfast_client {
    uint32_t magic;
    struct holdfast_loop *loop; /* held */
    atomic_uint handles;        /* what the program holds */
    atomic_uint holders;        /* handles and everything else; 0: freed */
    _Atomic(enum hf_life) life;
    void *_Atomic data;

    /* Under the lock. */
    struct holdfast_client *before, *next; /* of the loop, while not DISPOSED */
    struct holdfast_client *next_disposal;
    struct hf_client *engine;
    struct hf_client_seat *seat; /* NULL once disposed */
    struct holdfast_options *options;
    struct hf_watcher *watchers;
    size_t watcher_count;
    struct hf_call *calls, *calls_last;
    struct hf_subscription *subscriptions;
    size_t subscription_count;
    struct hf_invoke_slot *invokes; /* HF_LIMIT_CLIENT_INVOKES of them, or NULL */
    holdfast_invoke_fn on_invoke;
    void *on_invoke_ctx;
    size_t news_count, news_bytes; /* in the inbox */
    bool is_held;
    bool is_over; /* the last callback has returned */
    uint64_t callback_failures;
    /* Identity. */
    const char *client_id;
    char device_id[HF_HEX_CHARS(HF_SHA256_BYTES) + 1];
    char *stored_token, *stored_scopes; /* owned */
    struct hf_vault store;
    struct hf_url url;        /* borrows from options */
    struct hf_buf basic_auth; /* "name:password" of the address, decoded; a secret */
    bool has_pin;
    uint8_t pin[HF_SHA256_BYTES];
    struct hf_buf commands; /* of a node: JSON */
};

/* --- the loop --- */

struct holdfast_loop {
    uint32_t magic;
    atomic_uint holders;
    struct hf_client_loop *host;
    struct hf_thread server; /* the callback thread, when it has one */
    holdfast_log_fn log;
    void *log_ctx;

    /* Under the lock. */
    bool has_threads, is_ending, has_stranded;
    unsigned waiters;
    unsigned depth;             /* of callbacks that run */
    struct hf_thread callbacks; /* who calls back, or did last */
    uint64_t last_id;           /* of callbacks, subscriptions, invocations */
    struct holdfast_client *clients;
    struct holdfast_client *disposals;
    struct hf_pool calls;
    struct hf_buf inbox;

    struct hf_buf batch; /* the server's */
};

/* --- loop.c --- */

/* Takes the lock; gives it back, and wakes whoever waits for what changed. */
void hf_enter(struct holdfast_loop *l);
void hf_leave(struct holdfast_loop *l);

void hf_library_hold(struct holdfast_loop *l);
void hf_library_drop(struct holdfast_loop *l);

/* The caller is a callback, or has called one: waiting would deadlock. */
bool hf_in_callback(const struct holdfast_loop *l);

/* Waits until `holds`, under the lock: 0, HF_ERR_TIMEOUT, HF_ERR_DEADLOCK.  Drives the
 * loop meanwhile where that is the caller's to do. */
int hf_wait_until(struct holdfast_loop *l, bool (*holds)(const void *ctx), const void *ctx,
                  int64_t timeout_ms);

/* A line for the log; not under the lock. */
__attribute__((format(printf, 3, 4))) void hf_say(const struct holdfast_loop *l,
                                                  enum holdfast_log_level level, const char *format,
                                                  ...);

/* --- client.c --- */

void hf_client_hold(struct holdfast_client *c);
void hf_client_drop(struct holdfast_client *c);

/* The rest of a disposal, on the loop's thread, without the lock. */
void hf_client_end(struct holdfast_client *c);

/* --- setup.c --- */

/* The engine, with identity and token from the store. */
int hf_client_setup(struct holdfast_client *c);
void hf_client_credentials(const struct holdfast_client *c, struct hf_credentials *out);

/* --- inbox.c --- */

struct hf_draft {
    struct hf_entry head; /* size, client, generation and lens are filled in */
    struct hf_bytes texts[HF_ENTRY_TEXTS];
};
void hf_draft_notice(struct hf_draft *d, enum holdfast_kind kind);

/* Under the lock.  False without memory: the news is lost. */
bool hf_inbox_push(struct holdfast_client *c, struct hf_draft *d);

/* What the engine tells: the hook of the host's loop. */
void hf_inbox_told(void *loop, void *client, const struct hf_client_news *news);

/* --- telemetry.c --- */

enum holdfast_status hf_status_of(enum hf_client_status status);

/* --- serve.c --- */

/* Hands out what is in the inbox, and disposes of clients; on the loop's thread. */
void hf_serve(struct holdfast_loop *l);

/* Calls back for a notice at once; not under the lock. */
void hf_tell_at_once(struct holdfast_client *c, enum holdfast_kind kind);

/* --- call.c --- */

int hf_call(struct holdfast_client *c, const struct hf_client_call *call,
            const struct hf_call *record, uint64_t *id); /* under the lock */

/* Takes a call out of its client's list and the pool; under the lock.  False: stale. */
bool hf_call_take(struct holdfast_loop *l, hf_id id, struct hf_call *out);

void hf_result_of(const struct hf_entry *entry, const char *const *texts,
                  struct holdfast_result *out);

/* --- subscription.c, node.c, vault.c --- */

void hf_subscribed(struct holdfast_client *c, uint64_t id, const struct holdfast_result *result);
void hf_subscriptions_fini(struct holdfast_client *c);

/* Looks whether the event asks a node for something; not under the lock. */
void hf_node_event(struct holdfast_client *c, uint64_t generation,
                   const struct holdfast_event *event);
void hf_node_fini(struct holdfast_client *c);

/* The program's store, or files. */
int hf_vault_open(struct holdfast_client *c);

/* The device's key, read or made; and its token for the role, which may be missing. */
int hf_vault_identity(struct holdfast_client *c, uint8_t out[HF_ED25519_KEY_BYTES]);
int hf_vault_token(struct holdfast_client *c);
void hf_vault_wish(struct holdfast_client *c, const struct hf_client_news *news);
void hf_vault_fini(struct holdfast_client *c);

char *hf_text_copy(struct hf_bytes text); /* with a zero; NULL without memory */
void hf_text_drop(char *text);            /* wiped; NULL is fine */

#endif
