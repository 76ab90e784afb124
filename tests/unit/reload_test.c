#include "core/reload.h"
#include "lib/check.h"

#define NOT_A_NUMBER (0.0 / 0.0)

/* supervisor 58: what stands in the file, and what it means. */
static const struct {
    const char *mode;
    bool has_debounce;
    double debounce_ms;
    enum hf_reload_mode want;
    int64_t want_ms;
} policies[] = {
    { "", false, 0, HF_RELOAD_HYBRID, 1200 },
    { "hybrid", true, 0, HF_RELOAD_HYBRID, 0 },
    { "reload", true, 50, HF_RELOAD_RELOAD, 50 },
    { "restart", true, -100, HF_RELOAD_RESTART, 0 },
    { "off", true, 600000, HF_RELOAD_OFF, 60000 },
    { "OFF", true, 1200.6, HF_RELOAD_HYBRID, 1201 },
    { "hot", true, 60000.4, HF_RELOAD_HYBRID, 60000 },
    { "off ", true, NOT_A_NUMBER, HF_RELOAD_HYBRID, 1200 },
    { "restart", true, 1e300 * 10, HF_RELOAD_RESTART, 60000 },
};

static void a_policy_is_what_it_says_or_the_default(void)
{
    for (size_t i = 0; i < HF_COUNT(policies); i++) {
        struct hf_reload_policy got;
        hf_reload_policy_read(&got, hf_bytes_cstr(policies[i].mode), policies[i].has_debounce,
                              policies[i].debounce_ms);
        CHECK_EQ_AT(i, got.mode, policies[i].want);
        CHECK_EQ_AT(i, hf_span_ms(got.debounce), policies[i].want_ms);
    }
}

#define RUNS .is_running = true, .is_owned = true, .connected_for = HF_MS(60000)

static const struct {
    struct hf_reload_facts facts;
    const char *version;
    enum hf_reload_way way;
    const char *cause;
} plans[] = {
    { { .mode = HF_RELOAD_OFF, RUNS }, "", HF_RELOAD_DISABLED, "" },
    { { .mode = HF_RELOAD_OFF, .off_restarts = true, RUNS }, "", HF_RELOAD_FORCED_RESTART, "" },
    { { .mode = HF_RELOAD_RESTART, RUNS }, "", HF_RELOAD_FORCED_RESTART, "" },
    { { .mode = HF_RELOAD_RESTART, .is_starting = true }, "", HF_RELOAD_FORCED_RESTART, "" },
    { { .is_starting = true }, "", HF_RELOAD_DEFERRED, "" },
    { { 0 }, "", HF_RELOAD_FALLBACK, "not_running" },
    { { RUNS, .has_rpc = true }, "2026.9.6", HF_RELOAD_BY_RPC, "" },
    { { RUNS }, "2026.9.6", HF_RELOAD_BY_USR2, "" },
    { { RUNS }, "2026.9.5", HF_RELOAD_BY_USR1, "" },
    { { RUNS }, "2026.10.0", HF_RELOAD_BY_USR2, "" },
    { { RUNS }, "2027.1.1-beta.3", HF_RELOAD_BY_USR2, "" },
    { { RUNS }, "2025.12.31", HF_RELOAD_BY_USR1, "" },
    { { RUNS }, "2026.9", HF_RELOAD_FALLBACK, "no_signal" },
    { { RUNS }, "2026.9.6.1", HF_RELOAD_FALLBACK, "no_signal" },
    { { RUNS }, "", HF_RELOAD_FALLBACK, "no_signal" },
    { { RUNS }, "dev", HF_RELOAD_FALLBACK, "no_signal" },
    { { .is_running = true, .connected_for = HF_MS(60000) }, "2026.9.6", HF_RELOAD_IMPOSSIBLE, "" },
    { { .is_running = true, .has_rpc = true }, "2026.9.6", HF_RELOAD_BY_RPC, "" },
    /* One of our own kind has another word for it, and versions that are no dates. */
    { { RUNS }, "0.1.0", HF_RELOAD_FALLBACK, "no_signal" },
    { { RUNS }, "2024.12.31", HF_RELOAD_FALLBACK, "no_signal" },
    { { RUNS, .is_holdfast = true }, "0.1.0", HF_RELOAD_BY_HUP, "" },
    { { RUNS, .is_holdfast = true }, "", HF_RELOAD_BY_HUP, "" },
    { { RUNS, .is_holdfast = true, .has_rpc = true }, "2026.9.6", HF_RELOAD_BY_HUP, "" },
    { { .is_running = true, .is_holdfast = true }, "0.1.0", HF_RELOAD_IMPOSSIBLE, "" },
    /* What stands in its environment, only a new process can have. */
    { { RUNS, .has_new_secret = true, .is_holdfast = true },
      "0.1.0",
      HF_RELOAD_FALLBACK,
      "new_secret" },
    { { RUNS, .has_new_secret = true, .has_rpc = true },
      "2026.9.6",
      HF_RELOAD_FALLBACK,
      "new_secret" },
    { { RUNS, .mode = HF_RELOAD_OFF, .has_new_secret = true }, "2026.9.6", HF_RELOAD_DISABLED, "" },
    { { .is_running = true, .has_new_secret = true, .has_rpc = true },
      "2026.9.6",
      HF_RELOAD_BY_RPC,
      "" },
};

static void the_means_are_tried_in_their_order(void)
{
    for (size_t i = 0; i < HF_COUNT(plans); i++) {
        struct hf_reload_facts facts = plans[i].facts;
        facts.version = hf_bytes_cstr(plans[i].version);
        struct hf_reload_plan got = hf_reload_decide(&facts);
        CHECK_EQ_AT(i, got.way, plans[i].way);
        CHECK_TEXT_AT(i, hf_bytes_cstr(got.cause ? got.cause : ""), plans[i].cause);
    }
}

/* Right after a connect only an equal revision is a reason to do nothing. */
static void a_change_made_right_after_the_start_is_not_lost(void)
{
    struct hf_reload_facts facts = { RUNS, .knows_revisions = true, .is_applied = true };
    facts.connected_for = HF_MS(7999);
    CHECK_EQ(hf_reload_decide(&facts).way, HF_RELOAD_SKIPPED);
    facts.connected_for = HF_MS(8000);
    CHECK_EQ(hf_reload_decide(&facts).way, HF_RELOAD_FALLBACK);
    facts.connected_for = HF_MS(3000);
    facts.is_applied = false;
    CHECK_EQ(hf_reload_decide(&facts).way, HF_RELOAD_FALLBACK);
    facts.is_applied = true;
    facts.knows_revisions = false;
    CHECK_EQ(hf_reload_decide(&facts).way, HF_RELOAD_FALLBACK);
    /* The revision is OpenClaw's file's: one of our own kind has another one. */
    facts.knows_revisions = facts.is_holdfast = true;
    CHECK_EQ(hf_reload_decide(&facts).way, HF_RELOAD_BY_HUP);
}

/* supervisor 61: a question is worth its answer only where the answer decides. */
static void the_revision_is_wanted_only_right_after_a_connect(void)
{
    static const struct {
        struct hf_reload_facts facts;
        bool want;
    } rows[] = {
        { { .is_running = true, .connected_for = HF_MS(7999) }, true },
        { { .is_running = true, .connected_for = HF_MS(8000) }, false },
        { { .is_running = false, .connected_for = HF_MS(1) }, false },
        { { .is_running = true, .is_starting = true }, false },
        { { .is_running = true, .mode = HF_RELOAD_OFF, .off_restarts = true }, false },
        { { .is_running = true, .mode = HF_RELOAD_RESTART }, false },
        { { .is_running = true, .mode = HF_RELOAD_RELOAD }, true },
        { { .is_running = true, .is_owned = true, .is_holdfast = true }, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_reload_wants_revision(&rows[i].facts), rows[i].want);
}

static void ways_have_their_names(void)
{
    CHECK_TEXT(hf_bytes_cstr(hf_reload_way_name(HF_RELOAD_SKIPPED)), "skipped_recent_connect");
    CHECK_TEXT(hf_bytes_cstr(hf_reload_way_name(HF_RELOAD_FORCED_RESTART)),
               "policy_forced_restart");
    CHECK_TEXT(hf_bytes_cstr(hf_reload_way_name(HF_RELOAD_IMPOSSIBLE)), "impossible");
    CHECK_TEXT(hf_bytes_cstr(hf_reload_way_name(HF_RELOAD_BY_HUP)), "sighup");
    CHECK_TEXT(hf_bytes_cstr(hf_reload_way_name(HF_RELOAD_FALLBACK)), "fallback_restart");
}

CHECK_MAIN(a_policy_is_what_it_says_or_the_default, the_means_are_tried_in_their_order,
           a_change_made_right_after_the_start_is_not_lost,
           the_revision_is_wanted_only_right_after_a_connect, ways_have_their_names)
