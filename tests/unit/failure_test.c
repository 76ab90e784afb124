#include "core/failure.h"
#include "lib/check.h"

/* supervisor 72: a hint respawns at once and is not charged; 73: TERM from outside;
 * 74: the kills of the kernel. */
static void an_exit_while_running_is_judged_by_its_code(void)
{
    static const struct {
        struct hf_exit exit;
        enum hf_exit_act act;
        bool is_charged;
        const char *why;
    } rows[] = {
        { { .is_known = true, .code = 0, .has_hint = true }, HF_EXIT_RESPAWN, false, "handover" },
        { { .is_known = true, .code = 0 }, HF_EXIT_LADDER, true, "clean" },
        { { .is_known = true, .code = 1 }, HF_EXIT_LADDER, true, "failed" },
        { { .is_known = true, .code = 1, .has_hint = true }, HF_EXIT_LADDER, true, "failed" },
        { { .is_known = true, .code = 77 }, HF_EXIT_LADDER, true, "failed" },
        { { .is_known = true, .code = 78 }, HF_EXIT_LOOK, false, "refused" },
        { { .is_known = true, .code = 78, .is_asked = true }, HF_EXIT_LOOK, false, "refused" },
        { { .is_known = true, .code = 79 }, HF_EXIT_FATAL, false, "parked" },
        { { .is_known = true, .code = 80 }, HF_EXIT_LADDER, true, "failed" },
        { { .is_known = true, .code = 130 }, HF_EXIT_LADDER, true, "external_stop" },
        { { .is_known = true, .code = 143 }, HF_EXIT_LADDER, true, "external_stop" },
        { { .is_known = true, .code = 143, .is_asked = true }, HF_EXIT_DONE, false, "asked" },
        { { .is_known = true, .signal = HF_SIGNAL_INT }, HF_EXIT_LADDER, true, "external_stop" },
        { { .is_known = true, .signal = HF_SIGNAL_TERM }, HF_EXIT_LADDER, true, "external_stop" },
        { { .is_known = true, .signal = HF_SIGNAL_TERM, .is_asked = true },
          HF_EXIT_DONE,
          false,
          "asked" },
        { { .is_known = true, .signal = HF_SIGNAL_KILL, .is_asked = true },
          HF_EXIT_DONE,
          false,
          "asked" },
        { { .is_known = true, .signal = HF_SIGNAL_KILL }, HF_EXIT_LADDER, true, "killed" },
        { { .is_known = true, .signal = HF_SIGNAL_KILL, .oom_kills = 1 },
          HF_EXIT_LADDER,
          true,
          "oom_kill" },
        { { .is_known = true, .signal = 11 }, HF_EXIT_LADDER, true, "crash" },
        { { .is_known = true, .signal = 6 }, HF_EXIT_LADDER, true, "crash" },
        { { .is_known = true, .signal = 7 }, HF_EXIT_LADDER, true, "crash" },
        { { .is_known = true, .code = 0, .is_asked = true }, HF_EXIT_DONE, false, "asked" },
        { { .is_known = false }, HF_EXIT_LADDER, true, "unknown" }, /* adopted */
        { { .is_known = false, .is_asked = true }, HF_EXIT_DONE, false, "asked" },
        { { .is_known = true, .signal = HF_SIGNAL_KILL, .is_asked = true, .is_over_memory = true },
          HF_EXIT_DONE,
          false,
          "memory_limit" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_exit_verdict got = hf_exit_judge(&rows[i].exit);
        CHECK_EQ_AT(i, got.act, rows[i].act);
        CHECK_EQ_AT(i, got.is_charged, rows[i].is_charged);
        CHECK_TEXT_AT(i, hf_bytes_cstr(got.why), rows[i].why);
    }
}

static void lines_of_the_child_are_marked(void)
{
    static const struct {
        const char *line;
        uint32_t marks;
    } rows[] = {
        { "", 0 },
        { "listening on 127.0.0.1:18789", 0 },
        { "OpenClaw requires Node >=22.12.0 <25", HF_MARK_RUNTIME },
        { "Unsupported Node.js version v18.1.0", HF_MARK_RUNTIME },
        { "Node version 18.0.0 is outside the supported range", HF_MARK_RUNTIME },
        { "this node is not supported by the host", 0 }, /* a node of the gateway */
        { "the plugin requires node role", 0 },
        { "SQLite is fine", 0 },
        { "SQLite 3.44 is not WAL-reset-safe", HF_MARK_RUNTIME },
        { "startup migrations are already running", HF_MARK_MIGRATION },
        { "Retry after the other gateway finishes.", HF_MARK_MIGRATION },
        { "Invalid config at ~/.openclaw/openclaw.json", HF_MARK_CONFIG },
        { "CONFIG INVALID", HF_MARK_CONFIG },
        { "Fatal configuration error: x", HF_MARK_CONFIG },
        { "Unrecognized key: \"foo\"", HF_MARK_CONFIG },
        { "startup migrations blocked", HF_MARK_CONFIG },
        { "startup migration 3 failed", HF_MARK_CONFIG },
        { "Startup migrations did not complete cleanly", HF_MARK_CONFIG },
        { "failed startup migration", 0 }, /* the other order says nothing */
        { "migration needed: openclaw doctor --fix", HF_MARK_CONFIG },
        { "Run: openclaw doctor --fix", HF_MARK_CONFIG },
        { "see openclaw doctor --fix", 0 },
        /* As the release of 2026.9.6 writes them. */
        { "openclaw: Node 20.20.2: node:sqlite is unavailable; use 24.16+/26.1+ or a build with the "
          "fix.",
          HF_MARK_RUNTIME },
        { "openclaw: Node 24.1.0: node:sqlite truncates TEXT at embedded NUL (nodejs/node#61954); "
          "use 24.16+/26.1+ or a build with the fix",
          HF_MARK_RUNTIME },
        { "openclaw: Node 24.16.0: SQLite 3.45.0 is not WAL-reset-safe; use SQLite 3.51.3+",
          HF_MARK_RUNTIME },
        { "openclaw: Node 22.1.0: openclaw requires Node >=24.16.0 <25, or >=26.1.0.",
          HF_MARK_RUNTIME },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_failure_marks(hf_bytes_cstr(rows[i].line)), rows[i].marks);
}

#define EXITED(number) .kind = HF_FAILED_EXITED, .exit = { .is_known = true, .code = (number) }

/* supervisor 3, 4, 8, 9, 10, 12, 13, 14, 15: what is decided of them. */
static void a_failed_start_is_judged_in_this_order(void)
{
    static const struct {
        struct hf_failure f;
        enum hf_failure_act act;
        int64_t wait_ms;
        const char *why;
    } rows[] = {
        { { EXITED(1) }, HF_FAILURE_RETRY, 1000, "early_exit" },
        { { EXITED(0) }, HF_FAILURE_RETRY, 1000, "early_exit" },
        { { EXITED(1), .attempt = 2 }, HF_FAILURE_RETRY, 1000, "early_exit" },
        { { EXITED(1), .attempt = 3 }, HF_FAILURE_FAIL, 0, "early_exit" },
        { { .kind = HF_FAILED_EXITED, .exit = { .is_known = true, .signal = 11 } },
          HF_FAILURE_RETRY,
          1000,
          "early_exit" },
        { { EXITED(79), .may_repair = true }, HF_FAILURE_FATAL, 0, "parked" },
        { { EXITED(78), .may_repair = true }, HF_FAILURE_LOOK, 0, "refused" },
        { { EXITED(78), .may_repair = true, .owner = HF_OWNER_USABLE },
          HF_FAILURE_ATTACH,
          0,
          "owned_by_another" },
        { { EXITED(78), .may_repair = true, .owner = HF_OWNER_OTHER },
          HF_FAILURE_CONFLICT,
          0,
          "port_conflict" },
        { { EXITED(78), .may_repair = true, .owner = HF_OWNER_NOBODY },
          HF_FAILURE_REPAIR,
          0,
          "config_invalid" },
        { { EXITED(78), .owner = HF_OWNER_NOBODY }, HF_FAILURE_FATAL, 0, "config_invalid" },
        { { EXITED(1), .marks = HF_MARK_CONFIG, .may_repair = true },
          HF_FAILURE_REPAIR,
          0,
          "config_invalid" },
        { { EXITED(1), .marks = HF_MARK_CONFIG }, HF_FAILURE_FATAL, 0, "config_invalid" },
        /* The exit code of newer ones tells of the configuration: no text does. */
        { { EXITED(1), .marks = HF_MARK_CONFIG, .version = HF_LIT_INIT("2026.9.6") },
          HF_FAILURE_RETRY,
          1000,
          "early_exit" },
        { { EXITED(1), .marks = HF_MARK_CONFIG, .version = HF_LIT_INIT("2026.9.5") },
          HF_FAILURE_FATAL,
          0,
          "config_invalid" },
        { { EXITED(1), .marks = 7, .version = HF_LIT_INIT("2026.9.6") },
          HF_FAILURE_FATAL,
          0,
          "runtime_incompatible" },
        { { EXITED(1), .marks = 6, .version = HF_LIT_INIT("2026.9.6") },
          HF_FAILURE_LATER,
          60000,
          "migration_running" },
        { { EXITED(1), .marks = HF_MARK_MIGRATION | HF_MARK_CONFIG, .may_repair = true },
          HF_FAILURE_LATER,
          60000,
          "migration_running" },
        { { EXITED(1), .marks = 7, .may_repair = true },
          HF_FAILURE_FATAL,
          0,
          "runtime_incompatible" },
        { { EXITED(78), .marks = 7, .may_repair = true },
          HF_FAILURE_FATAL,
          0,
          "runtime_incompatible" },
        { { .kind = HF_FAILED_NOT_READY }, HF_FAILURE_FAIL, 0, "not_ready" },
        { { .kind = HF_FAILED_STARTING }, HF_FAILURE_RETRY, 1000, "gateway_starting" },
        { { .kind = HF_FAILED_UNREACHABLE }, HF_FAILURE_RETRY, 1000, "unreachable" },
        { { .kind = HF_FAILED_UNREACHABLE, .attempt = 3 }, HF_FAILURE_FAIL, 0, "unreachable" },
        { { .kind = HF_FAILED_TIMEOUT }, HF_FAILURE_RETRY, 1000, "connect_timeout" },
        { { .kind = HF_FAILED_CREDENTIAL }, HF_FAILURE_FAIL, 0, "credential_refused" },
        { { .kind = HF_FAILED_REFUSED }, HF_FAILURE_FAIL, 0, "connect_refused" },
        { { .kind = HF_FAILED_UNUSABLE }, HF_FAILURE_FAIL, 0, "unusable_target" },
        { { .kind = HF_FAILED_PORT }, HF_FAILURE_RETRY, 1000, "port_occupied" },
        { { .kind = HF_FAILED_ELSEWHERE }, HF_FAILURE_FAIL, 0, "listens_elsewhere" },
        { { .kind = HF_FAILED_NO_PROGRAM }, HF_FAILURE_FAIL, 0, "not_executable" },
        { { .kind = HF_FAILED_NO_MEANS }, HF_FAILURE_RETRY, 1000, "spawn_failed" },
        { { .kind = HF_FAILED_CONTAINMENT }, HF_FAILURE_RETRY, 1000, "containment_lost" },
        { { .kind = HF_FAILED_MEMORY }, HF_FAILURE_RETRY, 1000, "memory_limit" },
        { { .kind = HF_FAILED_EXITED, .marks = HF_MARK_CONFIG },
          HF_FAILURE_FATAL,
          0,
          "config_invalid" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_failure f = rows[i].f;
        f.attempts_max = 3;
        if (f.attempt == 0) f.attempt = 1;
        struct hf_failure_verdict got = hf_failure_judge(&f);
        CHECK_EQ_AT(i, got.act, rows[i].act);
        CHECK_EQ_AT(i, hf_span_ms(got.wait), rows[i].wait_ms);
        CHECK_TEXT_AT(i, hf_bytes_cstr(got.why), rows[i].why);
    }
}

/* supervisor 73 */
static void three_stops_within_300_s_are_somebody_else_s_supervisor(void)
{
    static const struct {
        int64_t ms;
        bool is_told;
    } rows[] = {
        { 0, false },      { 1000, false },   { 300000, false }, /* the first is too old by now */
        { 300999, true },                                        /* 1,000 to 300,999 */
        { 301000, false }, { 301001, false }, { 301002, true },
    };
    struct hf_stops s = { .len = 0 };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_stops_add(&s, hf_at_ms(rows[i].ms)), rows[i].is_told);
}

CHECK_MAIN(an_exit_while_running_is_judged_by_its_code, lines_of_the_child_are_marked,
           a_failed_start_is_judged_in_this_order,
           three_stops_within_300_s_are_somebody_else_s_supervisor)
