#include "core/keeper/ledger.h"

struct hf_tree *hf_ledger_add(struct hf_ledger *l, uint64_t epoch, hf_time now, bool is_doctor)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++) {
        struct hf_tree *t = &l->trees[i];
        if (t->id) continue;
        *t = (struct hf_tree){ .id = ++l->last_id,
                               .epoch = epoch,
                               .state = HF_TREE_MAKING,
                               .is_doctor = is_doctor,
                               .made_at = now };
        return t;
    }
    return NULL;
}

struct hf_tree *hf_ledger_find(struct hf_ledger *l, uint64_t id)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++)
        if (id && l->trees[i].id == id) return &l->trees[i];
    return NULL;
}

void hf_ledger_drop(struct hf_ledger *l, uint64_t id)
{
    struct hf_tree *t = hf_ledger_find(l, id);
    if (t) *t = (struct hf_tree){ 0 };
}

struct hf_tree *hf_ledger_at(struct hf_ledger *l, size_t i)
{
    return l->trees[i].id ? &l->trees[i] : NULL;
}

static struct hf_tree *wanted(struct hf_ledger *l, bool is_doctor)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++) {
        struct hf_tree *t = &l->trees[i];
        bool is_going = t->is_unwanted || t->state == HF_TREE_LEFT;
        if (t->id && t->is_doctor == is_doctor && !is_going) return t;
    }
    return NULL;
}

struct hf_tree *hf_ledger_gateway(struct hf_ledger *l)
{
    return wanted(l, false);
}

struct hf_tree *hf_ledger_doctor(struct hf_ledger *l)
{
    return wanted(l, true);
}

bool hf_ledger_is_empty(const struct hf_ledger *l)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++)
        if (l->trees[i].id) return false;
    return true;
}

bool hf_ledger_is_stuck(const struct hf_ledger *l)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++)
        if (l->trees[i].id && l->trees[i].reaper.state == HF_REAPER_STUCK) return true;
    return false;
}

void hf_ledger_hand_over(struct hf_ledger *l, uint64_t epoch)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++)
        if (l->trees[i].id) l->trees[i].epoch = epoch;
}
