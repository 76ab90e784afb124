/* engine/server_rpc.h: requests of registered clients and their answers.
 *
 * A handler is given a call whose parameters were checked and answers it exactly
 * once: with hf_reply_open ... hf_reply_send, with hf_reply_error, or later, by
 * hf_reply_job.  Nothing is replayed and nothing is answered twice. */
#ifndef HF_ENGINE_SERVER_RPC_H
#define HF_ENGINE_SERVER_RPC_H

#include "engine/server_state.h"

struct hf_method;

enum { HF_CALL_VALUES_MAX = 24 };

struct hf_call {
    struct hf_conn *conn;
    const struct hf_method *method;
    struct hf_bytes id;                         /* JSON, echoed */
    struct hf_bytes params;                     /* JSON, or empty */
    struct hf_bytes values[HF_CALL_VALUES_MAX]; /* JSON by row of the method's params */
    struct hf_devices_plan *plan; /* in a done function: the change that was made durable */
    int err;                      /* in a done function: 0, or why the store refused */
};

/* Begins the answer: write one JSON value into the writer. */
struct hf_json_writer *hf_reply_open(struct hf_server *s, const struct hf_call *call);
void hf_reply_send(struct hf_server *s, const struct hf_call *call);

/* Answers with `json` as it is. */
void hf_reply_raw(struct hf_server *s, const struct hf_call *call, struct hf_bytes json);

void hf_reply_error(struct hf_server *s, const struct hf_call *call, const struct hf_error *error);
void hf_reply_invalid(struct hf_server *s, const struct hf_call *call, struct hf_bytes message);
/* UNAVAILABLE, retryable after `retry_ms`. */
void hf_reply_unavailable(struct hf_server *s, const struct hf_call *call, struct hf_bytes message,
                          int64_t retry_ms);

/* Answers when the host has done the job: `done` is called with a call that has
 * the same id and no values.  If the job cannot be asked for, the call is answered
 * UNAVAILABLE here. */
void hf_reply_job(struct hf_server *s, const struct hf_call *call, struct hf_job *job,
                  hf_call_done *done);

/* The same for a change of the device registry: `plan` (moved here) is written and
 * settled before `done` runs, which must look at call->err. */
void hf_reply_plan(struct hf_server *s, const struct hf_call *call, struct hf_devices_plan *plan,
                   hf_call_done *done);

/* The text of a string value of the parameters: a span of the request, or decoded into s->text,
 * where all of them have room as long as each is asked for once. */
struct hf_bytes hf_call_text(struct hf_server *s, struct hf_bytes value);

#endif
