/* port/action.h: what an engine asks its host to do.
 *
 * What is to be done stands on the connections themselves, each thing once, so there
 * is no list that could grow; the host takes action by action after every step.  No
 * action calls back into the engine: results come as events. */
#ifndef HF_PORT_ACTION_H
#define HF_PORT_ACTION_H

#include "base/pool.h"
#include "port/job.h"

enum hf_action_kind {
    HF_ACTION_OUTPUT,   /* the connection has output: pull it, write it, report WRITTEN */
    HF_ACTION_PAUSE,    /* read no more from the connection ... */
    HF_ACTION_RESUME,   /* ... until this */
    HF_ACTION_CLOSE,    /* write what is queued, then end the socket with FIN; report CLOSED */
    HF_ACTION_KILL,     /* reset the socket now, drop what is unsent; report CLOSED */
    HF_ACTION_JOB,      /* do this off the loop, then report JOB_DONE with the same id */
    HF_ACTION_READY,    /* start-up is complete: clients are admitted from now on */
    HF_ACTION_DRAINING, /* no new work is taken; connections are being closed */
    HF_ACTION_STOPPED,  /* everything is closed and durable: the host may exit */
};

struct hf_action {
    enum hf_action_kind kind;
    hf_id conn;        /* OUTPUT, PAUSE, RESUME, CLOSE, KILL */
    struct hf_job job; /* JOB: moved to the host, which gives it back in the result */
};

/* Bytes of one connection to write now, borrowed until the next step.  At most
 * HF_LIMIT_WRITE_BYTES in all. */
enum { HF_OUTPUT_SPANS = 64 };

struct hf_output {
    size_t count;
    size_t total_bytes;
    bool is_all; /* nothing waits behind it */
    struct hf_bytes spans[HF_OUTPUT_SPANS];
};

#endif
