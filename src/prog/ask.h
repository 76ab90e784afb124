/* prog/ask.h: one request to a gateway, for verbs that ask and print.
 *
 * Connects, waits through a start of the gateway, calls, and takes the answer, all
 * within one --timeout (spec/startup-retry.md 3.6).  A failure is one line on stderr
 * that says what to do, or with --json one document on stdout (dependencies.md 7). */
#ifndef HF_PROG_ASK_H
#define HF_PROG_ASK_H

#include "prog/session.h"

struct hf_ask {
    struct hf_target target;
    struct hf_session session;
};

struct hf_ask_call {
    const char *method;
    const char *params; /* JSON, or NULL */
    bool expects_final;
};

/* Connects with these scopes, at most HF_SESSION_SCOPES of them; `likes_admin` as in
 * hf_session_plan.  HF_EXIT_DONE, or the failure was told.  End it with hf_ask_close
 * either way. */
int hf_ask_open(struct hf_ask *ask, const struct hf_args *args, const char *const *scopes,
                size_t count, bool likes_admin);

/* Calls and copies the payload (JSON, or empty) to `answer`, a new buffer that the caller
 * ends, also after a failure.  HF_EXIT_DONE, or the failure was told. */
int hf_ask_call(struct hf_ask *ask, const struct hf_ask_call *call, struct hf_buf *answer);

/* The same, but a server's error is an answer: `*is_error`, and it is its error object. */
int hf_ask_try(struct hf_ask *ask, const struct hf_ask_call *call, struct hf_buf *answer,
               bool *is_error);

void hf_ask_close(struct hf_ask *ask);

/* "0.1.0": of the gateway's hello. */
void hf_ask_version(const struct hf_ask *ask, char *out, size_t cap);

/* The least scope that the method needs (protocol/wire.md section 3).  Static. */
const char *hf_ask_scope(const char *method);

#endif
