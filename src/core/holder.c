#include "core/holder.h"

#include "base/assert.h"

bool hf_holder_is_service(struct hf_bytes unit)
{
    return hf_bytes_ends(unit, HF_LIT(".service"));
}

static struct hf_holder_verdict is(enum hf_holder_class class, enum hf_holder_act act)
{
    return (struct hf_holder_verdict){ class, act };
}

static struct hf_holder_verdict judge_owned(const struct hf_holder_facts *f)
{
    switch (f->answers) {
    case HF_HOLDER_UNKNOWN:
        return is(HF_HOLDER_OWNED, HF_HOLDER_PROBE);
    case HF_HOLDER_YES:
        return is(HF_HOLDER_OWNED, HF_HOLDER_CONNECT);
    case HF_HOLDER_NO:
        break;
    }
    return is(HF_HOLDER_OWNED, HF_HOLDER_WAIT);
}

static struct hf_holder_verdict judge_recorded(const struct hf_holder_facts *f)
{
    /* One that does not listen (yet) cannot answer. */
    enum hf_holder_known answers = f->is_listening ? f->answers : HF_HOLDER_NO;
    switch (answers) {
    case HF_HOLDER_UNKNOWN:
        return is(HF_HOLDER_ADOPTABLE, HF_HOLDER_PROBE);
    case HF_HOLDER_YES:
        return is(HF_HOLDER_ADOPTABLE, HF_HOLDER_ADOPT);
    case HF_HOLDER_NO:
        break;
    }
    return is(HF_HOLDER_ADOPTABLE, HF_HOLDER_WAIT);
}

/* What the operator's flag adds: a gateway of the same user that is of no use to us.  One
 * that a service manager keeps would only come back. */
static enum hf_holder_act refuse(const struct hf_holder_facts *f)
{
    bool may = f->may_reclaim && f->is_same_user && f->is_gateway_program && !f->is_unit;
    return may ? HF_HOLDER_KILL : HF_HOLDER_CONFLICT;
}

static struct hf_holder_verdict judge_other(const struct hf_holder_facts *f)
{
    if (!f->is_same_user) return is(HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT);
    if (f->answers == HF_HOLDER_UNKNOWN) return is(HF_HOLDER_STRANGER, HF_HOLDER_PROBE);
    if (f->answers == HF_HOLDER_NO) return is(HF_HOLDER_STRANGER, refuse(f));
    switch (f->lets_in) {
    case HF_HOLDER_UNKNOWN:
        return is(HF_HOLDER_STRANGER, HF_HOLDER_LOGIN);
    case HF_HOLDER_YES:
        return is(HF_HOLDER_EXTERNAL, HF_HOLDER_ATTACH);
    case HF_HOLDER_NO:
        return is(HF_HOLDER_FOREIGN, refuse(f));
    }
    HF_UNREACHABLE();
}

struct hf_holder_verdict hf_holder_judge(const struct hf_holder_facts *f)
{
    if (f->is_ours) return judge_owned(f);
    if (f->is_listening && !f->is_recorded) return judge_other(f);
    if (f->is_recorded || f->lives_recorded) return judge_recorded(f);
    return is(HF_HOLDER_NONE, HF_HOLDER_SPAWN);
}

const char *hf_holder_class_name(enum hf_holder_class class)
{
    switch (class) {
    case HF_HOLDER_NONE:
        return "none";
    case HF_HOLDER_OWNED:
        return "owned";
    case HF_HOLDER_ADOPTABLE:
        return "adoptable";
    case HF_HOLDER_EXTERNAL:
        return "external_gateway";
    case HF_HOLDER_FOREIGN:
        return "foreign_gateway";
    case HF_HOLDER_STRANGER:
        return "stranger";
    }
    HF_UNREACHABLE();
}
