#include "core/reload.h"
#include "base/assert.h"
#include "base/release.h"

enum { DEBOUNCE_DEFAULT_MS = 1200, DEBOUNCE_MAX_MS = 60000 };

void hf_reload_policy_init(struct hf_reload_policy *policy)
{
    *policy = (struct hf_reload_policy){ HF_RELOAD_HYBRID, HF_MS(DEBOUNCE_DEFAULT_MS) };
}

static int64_t clamp_ms(double ms)
{
    if (!(ms > 0)) return 0;
    if (ms >= DEBOUNCE_MAX_MS) return DEBOUNCE_MAX_MS;
    return (int64_t)(ms + 0.5);
}

void hf_reload_policy_read(struct hf_reload_policy *policy, struct hf_bytes mode, bool has_debounce,
                           double debounce_ms)
{
    static const struct {
        struct hf_bytes word;
        enum hf_reload_mode mode;
    } words[] = {
        { HF_LIT_INIT("hybrid"), HF_RELOAD_HYBRID },
        { HF_LIT_INIT("reload"), HF_RELOAD_RELOAD },
        { HF_LIT_INIT("restart"), HF_RELOAD_RESTART },
        { HF_LIT_INIT("off"), HF_RELOAD_OFF },
    };
    bool is_number = has_debounce && debounce_ms == debounce_ms; /* false for NaN */
    hf_reload_policy_init(policy);
    for (size_t i = 0; i < HF_COUNT(words); i++)
        if (hf_bytes_same(mode, words[i].word)) policy->mode = words[i].mode;
    if (is_number) policy->debounce = HF_MS(clamp_ms(debounce_ms));
}

static struct hf_reload_plan by_signal(struct hf_bytes version)
{
    switch (hf_release_age(version, HF_RELEASE_2026_9_6)) {
    case HF_RELEASE_UNKNOWN:
        return (struct hf_reload_plan){ HF_RELOAD_FALLBACK, "no_signal" };
    case HF_RELEASE_OLDER:
        return (struct hf_reload_plan){ HF_RELOAD_BY_USR1, NULL };
    case HF_RELEASE_SINCE:
        return (struct hf_reload_plan){ HF_RELOAD_BY_USR2, NULL };
    }
    HF_UNREACHABLE();
}

static bool takes_hup(const struct hf_reload_facts *f)
{
    return f->is_holdfast && f->is_owned;
}

/* Right after a connect it may hold the newest configuration already. */
static bool is_recent(const struct hf_reload_facts *f)
{
    return f->connected_for < HF_MS(HF_RELOAD_RECENT_MS);
}

bool hf_reload_wants_revision(const struct hf_reload_facts *f)
{
    bool is_forced = f->mode == HF_RELOAD_OFF || f->mode == HF_RELOAD_RESTART;
    return !is_forced && !f->is_starting && f->is_running && !f->has_new_secret && !takes_hup(f) &&
           is_recent(f);
}

struct hf_reload_plan hf_reload_decide(const struct hf_reload_facts *f)
{
    bool is_off = f->mode == HF_RELOAD_OFF;
    if (is_off && !f->off_restarts) return (struct hf_reload_plan){ HF_RELOAD_DISABLED, NULL };
    if (is_off || f->mode == HF_RELOAD_RESTART)
        return (struct hf_reload_plan){ HF_RELOAD_FORCED_RESTART, NULL };
    if (f->is_starting) return (struct hf_reload_plan){ HF_RELOAD_DEFERRED, NULL };
    if (!f->is_running) return (struct hf_reload_plan){ HF_RELOAD_FALLBACK, "not_running" };
    if (f->is_owned && f->has_new_secret)
        return (struct hf_reload_plan){ HF_RELOAD_FALLBACK, "new_secret" };
    if (takes_hup(f)) return (struct hf_reload_plan){ HF_RELOAD_BY_HUP, NULL };
    if (is_recent(f) && f->knows_revisions && f->is_applied)
        return (struct hf_reload_plan){ HF_RELOAD_SKIPPED, NULL };
    if (f->has_rpc) return (struct hf_reload_plan){ HF_RELOAD_BY_RPC, NULL };
    return hf_reload_after_rpc(f);
}

struct hf_reload_plan hf_reload_after_rpc(const struct hf_reload_facts *f)
{
    if (!f->is_owned) return (struct hf_reload_plan){ HF_RELOAD_IMPOSSIBLE, NULL };
    return by_signal(f->version);
}

const char *hf_reload_way_name(enum hf_reload_way way)
{
    static const char *const names[] = {
        "disabled",
        "policy_forced_restart",
        "deferred",
        "skipped_recent_connect",
        "rpc",
        "sigusr2",
        "sigusr1",
        "sighup",
        "fallback_restart",
        "impossible",
    };
    HF_ASSERT(way < HF_COUNT(names));
    return names[way];
}
