/* core/standing.h: four answers about a supervised gateway, each with its age.
 *
 *   alive       the kernel says that its process exists (pidfd; never a pid of a file)
 *   reachable   we opened a connection to it ourselves, or one that we opened is open
 *   responsive  a real call that we sent was answered within its deadline
 *   ready       it can work: it is responsive, and a probe of ours or its own ready
 *               event, on a connection of ours, said that its start is over
 *
 * Separate, because each can be true without the next.  What the process says of
 * itself (READY=1, WATCHDOG=1, lines of its log) never makes an answer better:
 * evidence is what we saw, and what was seen too long ago is no answer any more.
 * Pure. */
#ifndef HF_CORE_STANDING_H
#define HF_CORE_STANDING_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>

enum hf_standing_question {
    HF_STANDING_ALIVE,
    HF_STANDING_REACHABLE,
    HF_STANDING_RESPONSIVE,
    HF_STANDING_READY,
    HF_STANDING_QUESTIONS,
};

enum hf_standing_word { HF_STANDING_UNKNOWN, HF_STANDING_NO, HF_STANDING_YES };

enum hf_standing_input {
    HF_STANDING_PROCESS_RUNS, /* spawned, adopted, or seen again */
    HF_STANDING_PROCESS_GONE,
    HF_STANDING_PROBE_OK, /* connected, challenged, 2xx: by the kind of the place */
    HF_STANDING_PROBE_FAILED,
    HF_STANDING_LINK_READY, /* hello-ok: `connect` was answered in time */
    HF_STANDING_LINK_ALIVE, /* any frame */
    HF_STANDING_LINK_LOST,
    HF_STANDING_CALL_ANSWERED, /* also with an error: it was answered */
    HF_STANDING_CALL_MISSED,   /* its deadline passed, or it could not be sent */
    HF_STANDING_START_OVER,    /* ready */
    HF_STANDING_DRAINS,        /* it takes no new work: `shutdown` was seen */
    HF_STANDING_DETACHED,      /* nothing is watched any more: all unknown */
};

struct hf_standing_answer {
    enum hf_standing_word word;
    hf_time seen_at;  /* the newest evidence, HF_NEVER without any */
    hf_time since_at; /* the word has not changed since then */
};

struct hf_standing_limits {
    hf_span fresh_for;  /* reachable and responsive: 45 s, longer than call_every */
    hf_span call_every; /* one call in this time while the link is ready: 30 s */
};

struct hf_standing { /* fields are private */
    struct hf_standing_limits limits;
    struct hf_standing_answer seen[HF_STANDING_READY]; /* ready is concluded */
    bool is_start_over, is_draining, has_link;
    hf_time ready_said_at;
    hf_time call_due; /* HF_NEVER without a link */
};

void hf_standing_limits_init(struct hf_standing_limits *limits);
void hf_standing_init(struct hf_standing *s, const struct hf_standing_limits *limits);

void hf_standing_step(struct hf_standing *s, hf_time now, enum hf_standing_input input);

/* Whether a call is to be sent now (the core probe, with its deadline); each is asked
 * for once.  Its end is CALL_ANSWERED or CALL_MISSED. */
bool hf_standing_call(struct hf_standing *s, hf_time now);
hf_time hf_standing_due(const struct hf_standing *s);

/* The answer at `now`. */
struct hf_standing_answer hf_standing_answer(const struct hf_standing *s, hf_time now,
                                             enum hf_standing_question question);

const char *hf_standing_name(enum hf_standing_question question); /* "alive"; static */
const char *hf_standing_word_name(enum hf_standing_word word);    /* "yes"; static */

#endif
