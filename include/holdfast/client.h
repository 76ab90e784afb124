/* holdfast/client.h: one client of one gateway.
 *
 * It connects, logs in, keeps the connection, and comes back when it is lost; it
 * never sends a request twice.  A handle is reference counted: holdfast_client_new
 * gives the first reference.
 *
 * Callbacks of one client come one after the other, on the loop's thread
 * (loop.h), and may call anything, holdfast_client_dispose and the last release
 * included, but nothing that waits: that returns WOULD_DEADLOCK.  After `disposed`
 * none comes.  A callback returns 0; another number is counted and logged, and
 * changes nothing (but see holdfast_invoke_fn).
 *
 * Callbacks are called in the order of their registration.  One that is removed while
 * a frame is handled is not called any more; one that is added starts with the next. */
#ifndef HOLDFAST_CLIENT_H
#define HOLDFAST_CLIENT_H

#include "holdfast/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- life --- */

/* A client that is not started.  With HOLDFAST_DEVICE its identity and token are read from the
 * store here, or made.  0; USAGE for options that cannot work, without an address for example;
 * LIMIT when the loop is full, DISPOSED when it is ending; NO_MEMORY; CORRUPT, DENIED, IO or
 * what the program's store returned when the identity cannot be used: nothing replaces it.
 * `options` may be freed afterwards. */
HOLDFAST_API int holdfast_client_new(holdfast_client **out, holdfast_loop *loop,
                                     const holdfast_options *options);

/* Another reference, and one less.  The last release of a client that was not disposed
 * disposes it.  Both take NULL. */
HOLDFAST_API holdfast_client *holdfast_client_retain(holdfast_client *client);
HOLDFAST_API void holdfast_client_release(holdfast_client *client);

/* Connects and stays connected.  Also out of BACKOFF (at once) and out of a pause, as
 * holdfast_client_resume does.  0; ALREADY_STARTED, which changes nothing, also while a stop
 * still closes the connection (holdfast_client_stop_wait waits for its end); DISPOSED. */
HOLDFAST_API int holdfast_client_start(holdfast_client *client);

/* Says goodbye and stays disconnected until the next start; pending calls end as
 * STOPPED.  stop_wait returns when the socket is gone, or TIMEOUT (the teardown
 * goes on). */
HOLDFAST_API int holdfast_client_stop(holdfast_client *client);
HOLDFAST_API int holdfast_client_stop_wait(holdfast_client *client, int64_t timeout_ms);

/* The network or the host is back: try now. */
HOLDFAST_API int holdfast_client_kick(holdfast_client *client);

/* Out of a pause.  New credentials do it by themselves: see set_token. */
HOLDFAST_API int holdfast_client_resume(holdfast_client *client);

/* Closes with 1012 and connects again, e.g. after what a node offers has changed. */
HOLDFAST_API int holdfast_client_reconnect(holdfast_client *client);

/* The end for good: the socket is reset, pending calls end as DISPOSED, `disposing`
 * and `disposed` are told once.  On the loop's thread all of that has happened when
 * this returns; elsewhere it happens soon.  dispose_wait waits for the last callback, and
 * for a device token that the store is still writing, so that the next client finds it.
 * 0 always; dispose_wait may return TIMEOUT or WOULD_DEADLOCK. */
HOLDFAST_API int holdfast_client_dispose(holdfast_client *client);
HOLDFAST_API int holdfast_client_dispose_wait(holdfast_client *client, int64_t timeout_ms);
HOLDFAST_API int holdfast_client_is_disposing(const holdfast_client *client); /* 0 or 1 */
HOLDFAST_API int holdfast_client_is_disposed(const holdfast_client *client);

/* Another shared token or password from the next attempt on; a paused client tries
 * again.  NULL or blank: none. */
HOLDFAST_API int holdfast_client_set_token(holdfast_client *client, const char *token);
HOLDFAST_API int holdfast_client_set_password(holdfast_client *client, const char *password);

/* While the host says so (1), the client sends no pings of its own; 0 ends it. */
HOLDFAST_API int holdfast_client_set_background(holdfast_client *client, int is_background);

/* The program's own pointer. */
HOLDFAST_API void holdfast_client_set_data(holdfast_client *client, void *data);
HOLDFAST_API void *holdfast_client_data(const holdfast_client *client);

/* --- what it tells --- */

enum holdfast_status {
    HOLDFAST_DISCONNECTED = 0,
    HOLDFAST_CONNECTING,
    HOLDFAST_CONNECTED,
    HOLDFAST_PAUSED, /* waits for somebody, or for a long time */
    HOLDFAST_FAILED, /* paused by a fault that has to be removed first */
    HOLDFAST_CLOSED  /* disposed */
};

enum holdfast_kind {
    HOLDFAST_ON_STATUS = 0,    /* STATUS changed */
    HOLDFAST_ON_HELLO,         /* logged in: SERVER_VERSION, CONNECTION_ID */
    HOLDFAST_ON_CONNECT_ERROR, /* an attempt failed: CAUSE, TEXT, CLOSE_CODE, HTTP_STATUS */
    HOLDFAST_ON_AUTH_ERROR,    /* refused for who we are: CODE, DETAIL, REQUEST_ID, ADVICE */
    HOLDFAST_ON_CLOSED,        /* a connection ended: CLOSE_CODE, TEXT */
    HOLDFAST_ON_PAUSED,        /* as AUTH_ERROR; WAIT_MS when it ends by itself */
    HOLDFAST_ON_RETRY,         /* the next attempt follows: WAIT_MS, ATTEMPT */
    HOLDFAST_ON_STARTUP_WAIT,  /* the gateway starts: WAIT_MS, ATTEMPT, ELAPSED_MS, REMAINING_MS */
    HOLDFAST_ON_GAP,           /* events were missed: EXPECTED, RECEIVED */
    HOLDFAST_ON_RESYNC,        /* subscriptions stand again: now take snapshots */
    HOLDFAST_ON_STORE_ERROR,   /* identity or token not kept: TEXT; the connection goes on */
    HOLDFAST_ON_INSECURE,      /* the certificate is not the pinned one; CONNECT_ERROR follows */
    HOLDFAST_ON_DISPOSING,     /* is_disposing, not yet is_disposed */
    HOLDFAST_ON_DISPOSED       /* the last callback ever */
};

enum holdfast_notice_number_key {
    HOLDFAST_NOTICE_STATUS = 0, /* enum holdfast_status */
    HOLDFAST_NOTICE_CLOSE_CODE,
    HOLDFAST_NOTICE_HTTP_STATUS,
    HOLDFAST_NOTICE_WAIT_MS,
    HOLDFAST_NOTICE_ATTEMPT, /* failures in a row */
    HOLDFAST_NOTICE_ELAPSED_MS,
    HOLDFAST_NOTICE_REMAINING_MS, /* of BUDGET_MS */
    HOLDFAST_NOTICE_EXPECTED,
    HOLDFAST_NOTICE_RECEIVED
};

enum holdfast_notice_text_key {
    HOLDFAST_NOTICE_TEXT = 0,   /* one line for people */
    HOLDFAST_NOTICE_CAUSE,      /* "TICK_TIMEOUT", "REFUSED", "DIAL" ... */
    HOLDFAST_NOTICE_CODE,       /* of the gateway: "NOT_PAIRED" */
    HOLDFAST_NOTICE_DETAIL,     /* of the gateway: "PAIRING_REQUIRED" */
    HOLDFAST_NOTICE_REQUEST_ID, /* of the pairing, checked */
    HOLDFAST_NOTICE_ADVICE,     /* of the gateway: its recommended next step */
    HOLDFAST_NOTICE_SERVER_VERSION,
    HOLDFAST_NOTICE_CONNECTION_ID
};

HOLDFAST_API enum holdfast_kind holdfast_notice_kind(const holdfast_notice *notice);
/* -1, or "", when the notice has no such value.  Borrowed until the callback ends. */
HOLDFAST_API int64_t holdfast_notice_number(const holdfast_notice *notice,
                                            enum holdfast_notice_number_key number);
HOLDFAST_API const char *holdfast_notice_text(const holdfast_notice *notice,
                                              enum holdfast_notice_text_key text);

typedef int (*holdfast_notice_fn)(holdfast_client *client, const holdfast_notice *notice,
                                  void *ctx);
typedef int (*holdfast_event_fn)(holdfast_client *client, const holdfast_event *event, void *ctx);

/* Calls `fn` for each notice of this kind.  `*id` (may be NULL) is for holdfast_client_off.
 * 0, DISPOSED, NO_MEMORY, or LIMIT at 256 callbacks of one client. */
HOLDFAST_API int holdfast_client_on(holdfast_client *client, enum holdfast_kind kind,
                                    holdfast_notice_fn fn, void *ctx, uint64_t *id);

/* Calls `fn` for each event whose name is `pattern`, in which * stands for any characters
 * and ? for one byte; commas separate patterns: "chat", "session.*,tick", "*".  As above;
 * USAGE for an empty pattern or one of more than 63 bytes. */
HOLDFAST_API int holdfast_client_on_event(holdfast_client *client, const char *pattern,
                                          holdfast_event_fn fn, void *ctx, uint64_t *id);

/* 0, or NOT_FOUND.  On the loop's thread the callback is not called any more; elsewhere it
 * may be running just now. */
HOLDFAST_API int holdfast_client_off(holdfast_client *client, uint64_t id);

/* Borrowed until the callback ends; the payload is JSON. */
HOLDFAST_API const char *holdfast_event_name(const holdfast_event *event);
HOLDFAST_API const char *holdfast_event_payload(const holdfast_event *event, size_t *len);
HOLDFAST_API int64_t holdfast_event_seq(const holdfast_event *event); /* -1: none */

/* --- calls --- */

enum holdfast_outcome {
    HOLDFAST_OUTCOME_OK = 0,
    HOLDFAST_OUTCOME_SERVER_ERROR, /* the gateway answered with an error */
    HOLDFAST_OUTCOME_TIMEOUT,
    HOLDFAST_OUTCOME_CANCELLED,
    HOLDFAST_OUTCOME_SEND_FAILED, /* the system did not take its bytes */
    HOLDFAST_OUTCOME_CLOSED,      /* the connection ended first */
    HOLDFAST_OUTCOME_STOPPED,
    HOLDFAST_OUTCOME_DISPOSED
};

typedef void (*holdfast_result_fn)(holdfast_client *client, const holdfast_result *result,
                                   void *ctx);

enum { HOLDFAST_EXPECT_FINAL = 1 }; /* an answer with status "accepted" is not the end */

struct holdfast_call_options { /* holdfast_call_options_init sets the defaults */
    /* 0: CALL_TIMEOUT_MS, and none for EXPECT_FINAL; else milliseconds from now. */
    int64_t timeout_ms;
    unsigned flags;
    /* EXPECT_FINAL: the first "accepted" answer, once; may be NULL. */
    holdfast_result_fn on_accepted;
    void *reserved[4]; /* NULL */
};

HOLDFAST_API void holdfast_call_options_init(struct holdfast_call_options *options);

/* Sends a request; `params` is JSON text or NULL, `options` may be NULL.  After 0 exactly
 * one call of `fn` follows, never before this returns (on the loop's thread) and never
 * after `disposed`; after an error none does.  `fn` NULL: nobody wants the answer.
 * `*id` (may be NULL) is for cancel.
 * NOT_CONNECTED, DISPOSED, USAGE for a method that is empty or not UTF-8, SYNTAX for broken
 * JSON, TOO_LARGE above the server's maxPayload, LIMIT when too much waits, NO_MEMORY.
 * A request with side effects should carry an idempotency key: when the outcome is
 * neither OK nor SERVER_ERROR, holdfast_result_was_sent tells whether the gateway may
 * have seen it. */
HOLDFAST_API int holdfast_client_call(holdfast_client *client, const char *method,
                                      const char *params,
                                      const struct holdfast_call_options *options,
                                      holdfast_result_fn fn, void *ctx, uint64_t *id);

/* Ends the call as CANCELLED, in a callback like every end.  Nothing is sent.  0, or
 * NOT_FOUND when it has ended. */
HOLDFAST_API int holdfast_client_cancel(holdfast_client *client, uint64_t id);

HOLDFAST_API enum holdfast_outcome holdfast_result_outcome(const holdfast_result *result);
/* "TIMEOUT"; for a failure one line for people.  Never NULL. */
HOLDFAST_API const char *holdfast_outcome_name(enum holdfast_outcome outcome);
HOLDFAST_API const char *holdfast_result_message(const holdfast_result *result);
/* JSON; empty when there is none. */
HOLDFAST_API const char *holdfast_result_payload(const holdfast_result *result, size_t *len);
/* 1: the request has left this process, at least in part; 0: the gateway never saw it. */
HOLDFAST_API int holdfast_result_was_sent(const holdfast_result *result);
/* SERVER_ERROR: the whole error object as JSON, its code, its `details` as JSON, whether
 * trying again may help, and after how long (-1: not said). */
HOLDFAST_API const char *holdfast_result_error(const holdfast_result *result, size_t *len);
HOLDFAST_API const char *holdfast_result_code(const holdfast_result *result);
HOLDFAST_API const char *holdfast_result_details(const holdfast_result *result, size_t *len);
HOLDFAST_API int holdfast_result_is_retryable(const holdfast_result *result);
HOLDFAST_API int64_t holdfast_result_retry_after_ms(const holdfast_result *result);
/* From the acceptance of the call to its end. */
HOLDFAST_API int64_t holdfast_result_took_ms(const holdfast_result *result);
/* CLOSED: the close code, else 0. */
HOLDFAST_API unsigned holdfast_result_close_code(const holdfast_result *result);

/* A result in a callback is borrowed until it ends; the copy is the caller's. */
HOLDFAST_API int holdfast_result_copy(holdfast_result **out, const holdfast_result *result);
HOLDFAST_API void holdfast_result_free(holdfast_result *result); /* NULL is fine */

/* --- subscriptions that survive a reconnect --- */

/* Sends `method` (e.g. "sessions.messages.subscribe") now if connected, and after every
 * hello and every gap again, before RESYNC is told: first subscribe, then take snapshots,
 * so that nothing falls in between.  `fn` (may be NULL) gets each answer.
 * `undo` (may be NULL) is the method that unsubscribe sends with the same params.
 * 0, USAGE, SYNTAX, DISPOSED, NO_MEMORY, or LIMIT at 256. */
HOLDFAST_API int holdfast_client_subscribe(holdfast_client *client, const char *method,
                                           const char *params, const char *undo,
                                           holdfast_result_fn fn, void *ctx, uint64_t *id);
HOLDFAST_API int holdfast_client_unsubscribe(holdfast_client *client, uint64_t id);

/* --- nodes --- */

/* What a gateway asks of a node.  Answer with reply or fail, now or later, from any thread.
 * Another number than 0 fails the request as UNAVAILABLE, unless it was answered. */
typedef int (*holdfast_invoke_fn)(holdfast_client *client, const holdfast_invoke *invoke,
                                  void *ctx);

/* One handler per client; the newest counts, NULL answers UNAVAILABLE. */
HOLDFAST_API int holdfast_client_on_invoke(holdfast_client *client, holdfast_invoke_fn fn,
                                           void *ctx);

/* Borrowed until the callback ends; the params are JSON. */
HOLDFAST_API uint64_t holdfast_invoke_id(const holdfast_invoke *invoke);
HOLDFAST_API const char *holdfast_invoke_command(const holdfast_invoke *invoke);
HOLDFAST_API const char *holdfast_invoke_params(const holdfast_invoke *invoke, size_t *len);
HOLDFAST_API int64_t holdfast_invoke_timeout_ms(const holdfast_invoke *invoke); /* -1: none */
HOLDFAST_API const char *holdfast_invoke_idempotency_key(const holdfast_invoke *invoke);

/* One answer each.  NOT_FOUND for an id that was answered, or whose connection is gone. */
HOLDFAST_API int holdfast_client_reply(holdfast_client *client, uint64_t invoke_id,
                                       const char *payload); /* JSON or NULL */
HOLDFAST_API int holdfast_client_fail(holdfast_client *client, uint64_t invoke_id, const char *code,
                                      const char *message);

/* The answer to what holdfast_options_set_ask asked for: 0, or DISPOSED.  An `ask_id` of an
 * older attempt changes nothing. */
HOLDFAST_API int holdfast_client_answer(holdfast_client *client, uint64_t ask_id, int is_allowed);

/* --- how it is --- */

enum holdfast_number_key {
    HOLDFAST_STATUS = 0, /* enum holdfast_status */
    HOLDFAST_GENERATION,
    HOLDFAST_ATTEMPTS,         /* failures in a row */
    HOLDFAST_NEXT_RETRY_MS,    /* from now; -1: none is planned */
    HOLDFAST_RTT_MS,           /* round trip of the newest ping; -1: none yet */
    HOLDFAST_LAST_ACTIVITY_MS, /* ago; -1: never; so are the next four */
    HOLDFAST_LAST_PING_MS,
    HOLDFAST_LAST_PONG_MS,
    HOLDFAST_LAST_HEARTBEAT_MS,
    HOLDFAST_LAST_CLOSE_MS,
    HOLDFAST_UPTIME_MS,              /* of this connection; -1: not connected */
    HOLDFAST_LAST_CLOSE_CODE,        /* 0: none yet */
    HOLDFAST_LAST_ERROR_CLOSE_CODE,  /* of what LAST_ERROR tells; 0: none */
    HOLDFAST_LAST_ERROR_HTTP_STATUS, /* the same */
    HOLDFAST_TICK_INTERVAL_MS,
    HOLDFAST_PENDING_CALLS,
    HOLDFAST_PENDING_UNBOUNDED,
    HOLDFAST_QUEUED_BYTES,
    HOLDFAST_CALLBACKS,      /* registered */
    HOLDFAST_COUNT_CONNECTS, /* counters since the client was made, to the end of the list */
    HOLDFAST_COUNT_HELLOS,
    HOLDFAST_COUNT_RETRIES,
    HOLDFAST_COUNT_GAPS,
    HOLDFAST_COUNT_SEQ_REGRESSIONS,
    HOLDFAST_COUNT_PARSE_ERRORS,
    HOLDFAST_COUNT_INVALID_FRAMES,
    HOLDFAST_COUNT_LATE_RESPONSES,
    HOLDFAST_COUNT_DROPPED_BEFORE_HELLO,
    HOLDFAST_COUNT_CALLBACK_FAILURES,
    HOLDFAST_COUNT_STALE_DROPPED,
    HOLDFAST_COUNT_ABORTS,
    HOLDFAST_COUNT_GRACEFUL_CLOSES
};

enum holdfast_text_key {
    HOLDFAST_STATE_NAME = 0, /* "AWAIT_HELLO" */
    HOLDFAST_SERVER_VERSION, /* of the newest hello, so are the next two */
    HOLDFAST_CONNECTION_ID,
    HOLDFAST_GRANTED_SCOPES, /* separated by spaces */
    HOLDFAST_LAST_ERROR,     /* why the last attempt or connection ended, for people */
    HOLDFAST_LAST_CAUSE,
    HOLDFAST_LAST_CODE,
    HOLDFAST_LAST_DETAIL,
    HOLDFAST_LAST_REQUEST_ID,
    HOLDFAST_DEVICE_ID, /* 64 hex digits, or "" */
    HOLDFAST_HEARTBEAT_METHOD,
    HOLDFAST_PEER_ADDRESS,    /* of the other end of the connection, or "" */
    HOLDFAST_PEER_CERTIFICATE /* SHA-256 of its certificate, 64 hex digits, or "" */
};

HOLDFAST_API int64_t holdfast_client_number(const holdfast_client *client,
                                            enum holdfast_number_key number);

/* Writes the text with a zero, cut at `cap` bytes (at least 1); returns its whole length. */
HOLDFAST_API size_t holdfast_client_text(const holdfast_client *client, enum holdfast_text_key text,
                                         char *out, size_t cap);

/* Whether the newest hello lists this method or event: 1 or 0; 0 before it. */
HOLDFAST_API int holdfast_client_has_method(const holdfast_client *client, const char *method);
HOLDFAST_API int holdfast_client_has_event(const holdfast_client *client, const char *event);

/* All numbers and texts of the two lists above as one JSON object, without secrets, as
 * holdfast_client_text.  What is not known is null or left out.  0 and "" without memory. */
HOLDFAST_API size_t holdfast_client_json(const holdfast_client *client, char *out, size_t cap);

/* --- waiting, for short programs --- */

/* These wait: on the loop's thread outside of callbacks they drive the loop meanwhile, in a
 * callback they return WOULD_DEADLOCK, in any other thread somebody else must drive it.
 * `timeout_ms` may be HOLDFAST_NO_TIMEOUT. */

/* 0 when connected, TIMEOUT, DISPOSED, or NOT_CONNECTED when the client is paused or stopped
 * and does not try: holdfast_client_text tells why. */
HOLDFAST_API int holdfast_client_wait_ready(holdfast_client *client, int64_t timeout_ms);

/* A call and its end.  0 and `*result` whatever the outcome is (free it), or an error as
 * holdfast_client_call. */
HOLDFAST_API int holdfast_client_call_wait(holdfast_client *client, const char *method,
                                           const char *params,
                                           const struct holdfast_call_options *options,
                                           holdfast_result **result);

#ifdef __cplusplus
}
#endif

#endif
