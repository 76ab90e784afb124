#include "core/keeper/intent.h"
#include "base/err.h"

#include <string.h>

uint64_t hf_intents_number(struct hf_intents *in)
{
    return ++in->newest;
}

int hf_intents_add(struct hf_intents *in, const struct hf_intent *intent)
{
    if (in->count == HF_LIMIT_KEEPER_REQUESTS) return HF_ERR_LIMIT;
    in->list[in->count++] = *intent;
    return 0;
}

static void take(struct hf_intents *in, size_t i)
{
    in->count--;
    memmove(&in->list[i], &in->list[i + 1], (in->count - i) * sizeof in->list[0]);
}

static bool pop(struct hf_intents *in, enum hf_intent_stage stage, uint64_t up_to,
                struct hf_intent *out)
{
    for (size_t i = 0; i < in->count; i++) {
        if (in->list[i].stage != stage || in->list[i].number > up_to) continue;
        *out = in->list[i];
        take(in, i);
        return true;
    }
    return false;
}

bool hf_intents_pop(struct hf_intents *in, enum hf_intent_stage stage, struct hf_intent *out)
{
    return pop(in, stage, UINT64_MAX, out);
}

bool hf_intents_pop_satisfied(struct hf_intents *in, enum hf_intent_stage stage,
                              struct hf_intent *out)
{
    return pop(in, stage, in->mark, out);
}

bool hf_intents_pop_untagged(struct hf_intents *in, enum hf_intent_stage stage, uint8_t class)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct hf_intent *one = &in->list[i];
        if (one->stage != stage || one->class != class || one->tag) continue;
        take(in, i);
        return true;
    }
    return false;
}

size_t hf_intents_move(struct hf_intents *in, enum hf_intent_stage from, enum hf_intent_stage to)
{
    size_t moved = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (in->list[i].stage != from) continue;
        in->list[i].stage = to;
        moved++;
    }
    return moved;
}

size_t hf_intents_count(const struct hf_intents *in, enum hf_intent_stage stage)
{
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++) count += in->list[i].stage == stage;
    return count;
}

uint64_t hf_intents_newest(const struct hf_intents *in, enum hf_intent_stage stage, uint8_t *class)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < in->count; i++) {
        const struct hf_intent *one = &in->list[i];
        if (one->stage != stage) continue;
        *class = newest == 0 || one->class < *class ? one->class : *class;
        if (one->number > newest) newest = one->number;
    }
    return newest;
}
