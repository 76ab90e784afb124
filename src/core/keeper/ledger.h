/* core/keeper/ledger.h: which trees of processes exist because of us.
 *
 * spec/supervisor.md section 3 and 4.3: a tree is written down before it is made and is
 * struck off only when the host says that nothing of it is left, whatever became of the
 * operation that wanted it.  Superseding an epoch hands its trees to the next one.  At
 * most one gateway is wanted at a time; older ones are on their way out.  Pure. */
#ifndef HF_CORE_KEEPER_LEDGER_H
#define HF_CORE_KEEPER_LEDGER_H

#include "base/limits.h"
#include "core/keeper/reaper.h"

#include <stddef.h>

enum hf_tree_state {
    HF_TREE_NONE,
    HF_TREE_MAKING, /* asked for: it may exist already */
    HF_TREE_ALIVE,
    HF_TREE_LEFT, /* its main process has ended, others may live */
};

struct hf_tree {
    uint64_t id; /* 0: free */
    uint64_t epoch;
    enum hf_tree_state state;
    bool is_doctor, is_adopted;
    bool is_unwanted; /* to be ended, as soon as it can be */
    bool is_good;     /* a doctor that exited with 0 */
    bool is_holdfast; /* its main process is one of our own kind */
    int64_t pid;      /* ALIVE */
    hf_time made_at;
    struct hf_reaper reaper;
};

struct hf_ledger { /* zeroed: empty; fields are private, tests may read them */
    struct hf_tree trees[HF_LIMIT_KEEPER_TREES];
    uint64_t last_id;
};

/* Writes down a tree that is about to be made: NULL when HF_LIMIT_KEEPER_TREES exist. */
struct hf_tree *hf_ledger_add(struct hf_ledger *l, uint64_t epoch, hf_time now, bool is_doctor);

struct hf_tree *hf_ledger_find(struct hf_ledger *l, uint64_t id); /* NULL: there is none */

void hf_ledger_drop(struct hf_ledger *l, uint64_t id);

/* The tree at place `i` < HF_LIMIT_KEEPER_TREES, or NULL. */
struct hf_tree *hf_ledger_at(struct hf_ledger *l, size_t i);

/* The one gateway that is wanted, being made or alive, or NULL. */
struct hf_tree *hf_ledger_gateway(struct hf_ledger *l);
struct hf_tree *hf_ledger_doctor(struct hf_ledger *l);

bool hf_ledger_is_empty(const struct hf_ledger *l);

/* Whether a tree is left that cannot be ended (8.3). */
bool hf_ledger_is_stuck(const struct hf_ledger *l);

/* All that exists belongs to `epoch` from now on. */
void hf_ledger_hand_over(struct hf_ledger *l, uint64_t epoch);

#endif
