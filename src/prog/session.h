/* prog/session.h: one client of libholdfast, as the verbs use it.
 *
 * Made from a target, driven by the verb itself: no thread is started.  A short verb
 * connects and calls within one --timeout, waiting through a start of the gateway
 * (spec/startup-retry.md 3.6); a live one stays and comes back by itself. */
#ifndef HF_PROG_SESSION_H
#define HF_PROG_SESSION_H

#include "base/buf.h"
#include "holdfast/holdfast.h"
#include "prog/progress.h"
#include "prog/target.h"

enum { HF_SESSION_SCOPES = 3, HF_SESSION_TEXT_BYTES = 512 };

struct hf_session_plan {
    const struct hf_target *target;            /* borrowed for the life of the session */
    const struct hf_args *args;                /* as well */
    const char *scopes[HF_SESSION_SCOPES + 1]; /* up to the first NULL */
    bool likes_admin;   /* operator.admin as well, where it needs nobody's approval: here */
    bool is_probe;      /* mode "probe", which may offer version 3 */
    bool stays;         /* connects again whenever it is lost, and has no budget */
    hf_span ping_every; /* of our own; 0: none */
};

struct hf_session {
    struct hf_session_plan plan;
    holdfast_loop *loop;
    holdfast_client *client;
    struct hf_progress progress;
    hf_time started_at, until; /* of a short verb */
    unsigned startup_waits;    /* times that the gateway said it starts */
    bool is_ready, is_paused;
    bool has_answer; /* of the call under way; it may be told as late as in close */
    holdfast_result *answer;
};

/* Sets it up; nothing is sent.  HF_ERR_* with a fault.  End it with close either way. */
int hf_session_open(struct hf_session *s, const struct hf_session_plan *plan,
                    struct hf_fault *fault);

/* Starts it, and runs it until it is connected: true; or until it gave up or the time is
 * over: false, and hf_session_failure tells why. */
bool hf_session_connect(struct hf_session *s);

/* One call within what is left of the time.  0 and `*result` (free it), whatever its
 * outcome; or an error of the library. */
int hf_session_call(struct hf_session *s, const char *method, const char *params,
                    bool expects_final, holdfast_result **result);

/* One text of the client, fit for a terminal. */
void hf_session_text(const struct hf_session *s, enum holdfast_text_key key, char *out, size_t cap);

/* One line that says why there is no connection, and names a start of the gateway. */
void hf_session_failure(const struct hf_session *s, struct hf_buf *out);

/* Says goodbye, so that the gateway does not log a lost connection, and ends it.
 * Legal on a zeroed one. */
void hf_session_close(struct hf_session *s);

#endif
