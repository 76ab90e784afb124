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

/* --- for verbs that go their own way --- */

/* Opens the session of a target that was read, and connects; when that was too early for a
 * gateway which starts here, once more within the same time.  0 and `*is_connected`; or as
 * hf_session_open. */
int hf_ask_connect(struct hf_ask *ask, const struct hf_session_plan *plan, bool *is_connected,
                   struct hf_fault *fault);

/* Whether the gateway of this state directory refused us, and there is something new to try
 * with: it has made its token meanwhile.  The target has it then. */
bool hf_ask_has_news(struct hf_ask *ask);

/* Tells a failure of the connection, with what to do about it; `why` is empty for what the
 * session says itself.  HF_EXIT_FAILED. */
int hf_ask_fail(struct hf_ask *ask, const char *why);

/* The same for a server's error.  HF_EXIT_FAILED. */
int hf_ask_fail_with(struct hf_ask *ask, const holdfast_result *result);

/* "0.1.0": of the gateway's hello. */
void hf_ask_version(const struct hf_ask *ask, char *out, size_t cap);

/* The least scope that the method needs (protocol/wire.md section 3).  Static. */
const char *hf_ask_scope(const char *method);

#endif
