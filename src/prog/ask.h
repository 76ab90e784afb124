/* prog/ask.h: one request to a gateway, for verbs that ask and print.
 *
 * Connects, waits through a start of the gateway, calls, and takes the answer, all
 * within one --timeout (spec/startup-retry.md 3.6).  A failure is one line on stderr
 * that says what to do, or with --json one document on stdout (dependencies.md 7). */
#ifndef HF_PROG_ASK_H
#define HF_PROG_ASK_H

#include "prog/target.h"

struct hf_ask {
    struct hf_bytes method, params; /* params: JSON, or empty */
    bool expects_final;
    const struct hf_args *args;
    /* Filled by hf_ask. */
    struct hf_buf answer; /* the payload, JSON */
    char server_version[64];
};

/* The exit code: HF_EXIT_DONE and the answer, or the failure was told.  End it with
 * hf_ask_fini either way. */
int hf_ask(struct hf_ask *ask);
void hf_ask_fini(struct hf_ask *ask);

#endif
