/* core/keeper/intent.h: who still waits for an answer, and is it given already?
 *
 * spec/supervisor.md 10.2-10.4: requests are numbered; each spawn records the newest
 * number at the moment before the child can read its configuration, and a restart or
 * reload is satisfied exactly when its number is not above that mark.  Every request
 * is taken off the list once, with one final result.  Pure. */
#ifndef HF_CORE_KEEPER_INTENT_H
#define HF_CORE_KEEPER_INTENT_H

#include "base/limits.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request waits for. */
enum hf_intent_stage {
    HF_INTENT_STARTING,   /* the start operation under way */
    HF_INTENT_START_NEXT, /* a start that begins when the stop is over */
    HF_INTENT_STOPPING,
    HF_INTENT_CYCLE,    /* the restart under way */
    HF_INTENT_DEFERRED, /* the end of a start or of a reconnect */
    HF_INTENT_COOLDOWN,
    HF_INTENT_DEBOUNCE, /* a restart after a quiet time */
    HF_INTENT_RELOAD_DEBOUNCE,
    HF_INTENT_POLICY,   /* a reload whose policy is being read */
    HF_INTENT_REVISION, /* a reload whose gateway is asked what it has read */
    HF_INTENT_RELOADING,
};

struct hf_intent {
    uint64_t number;   /* of the request, from 1 */
    uint64_t tag;      /* of whoever waits; 0: nobody */
    uint8_t verb;      /* enum hf_keeper_verb */
    uint8_t class;     /* enum hf_keeper_class */
    bool is_first;     /* it began what it waits for; the others joined */
    bool is_debounced; /* POLICY: wait for a quiet time first */
    enum hf_intent_stage stage;
    hf_span delay; /* POLICY: the caller's, or -1 */
};

struct hf_intents { /* zeroed: empty; fields are private, tests may read them */
    struct hf_intent list[HF_LIMIT_KEEPER_REQUESTS]; /* oldest first */
    size_t count;
    uint64_t newest; /* number given out last */
    uint64_t mark;   /* of the current process, or of its newest reload in place */
};

/* The next number is given out; a request that is answered at once needs no place. */
uint64_t hf_intents_number(struct hf_intents *in);

/* HF_ERR_LIMIT when HF_LIMIT_KEEPER_REQUESTS wait. */
int hf_intents_add(struct hf_intents *in, const struct hf_intent *intent);

/* Takes the oldest at `stage` off the list: false when there is none. */
bool hf_intents_pop(struct hf_intents *in, enum hf_intent_stage stage, struct hf_intent *out);

/* The same for those that the mark satisfies. */
bool hf_intents_pop_satisfied(struct hf_intents *in, enum hf_intent_stage stage,
                              struct hf_intent *out);

/* Takes one at `stage` of class `class` for which nobody waits: false: there is none. */
bool hf_intents_pop_untagged(struct hf_intents *in, enum hf_intent_stage stage, uint8_t class);

/* All at `from` wait at `to` now; how many those were. */
size_t hf_intents_move(struct hf_intents *in, enum hf_intent_stage from, enum hf_intent_stage to);

size_t hf_intents_count(const struct hf_intents *in, enum hf_intent_stage stage);

/* The newest number and the strongest class (lowest value) at `stage`; 0: none. */
uint64_t hf_intents_newest(const struct hf_intents *in, enum hf_intent_stage stage, uint8_t *class);

/* A process is about to read its configuration, or has read it again: all numbers up to
 * `mark` are satisfied by it. */
static inline void hf_intents_mark(struct hf_intents *in, uint64_t mark)
{
    in->mark = mark;
}

#endif
