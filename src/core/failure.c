#include "core/failure.h"

#include "base/assert.h"
#include "base/release.h"

#define RETRY_WAIT HF_MS(1000)
#define MIGRATION_WAIT HF_SECONDS(60)
#define STOPS_WINDOW HF_SECONDS(300)

/* --- exits --- */

static bool is_stop_signal(int signal)
{
    return signal == HF_SIGNAL_INT || signal == HF_SIGNAL_TERM;
}

static enum hf_exit_kind signal_kind(const struct hf_exit *e)
{
    if (e->is_asked) return HF_EXIT_ASKED;
    if (is_stop_signal(e->signal)) return HF_EXIT_STOPPED;
    return e->signal == HF_SIGNAL_KILL ? HF_EXIT_KILLED : HF_EXIT_CRASHED;
}

enum hf_exit_kind hf_exit_kind(const struct hf_exit *e)
{
    if (!e->is_known) return e->is_asked ? HF_EXIT_ASKED : HF_EXIT_FAILED;
    if (e->signal != 0) return signal_kind(e);
    switch (e->code) {
    case 0:
        if (e->is_asked) return HF_EXIT_ASKED;
        return e->has_hint ? HF_EXIT_HANDOVER : HF_EXIT_CLEAN;
    case HF_EXIT_CONFIG:
        return HF_EXIT_REFUSED;
    case HF_EXIT_PARKED:
        return HF_EXIT_TO_PARK;
    case 128 + HF_SIGNAL_INT:
    case 128 + HF_SIGNAL_TERM:
        return e->is_asked ? HF_EXIT_ASKED : HF_EXIT_STOPPED;
    default:
        return e->is_asked ? HF_EXIT_ASKED : HF_EXIT_FAILED;
    }
}

const char *hf_exit_word(const struct hf_exit *e)
{
    switch (hf_exit_kind(e)) {
    case HF_EXIT_CLEAN:
        return "clean";
    case HF_EXIT_HANDOVER:
        return "handover";
    case HF_EXIT_ASKED:
        return e->is_over_memory ? "memory_limit" : "asked";
    case HF_EXIT_FAILED:
        return e->is_known ? "failed" : "unknown";
    case HF_EXIT_REFUSED:
        return "refused";
    case HF_EXIT_TO_PARK:
        return "parked";
    case HF_EXIT_STOPPED:
        return "external_stop";
    case HF_EXIT_KILLED:
        return e->oom_kills > 0 ? "oom_kill" : "killed";
    case HF_EXIT_CRASHED:
        return "crash";
    }
    HF_UNREACHABLE();
}

static enum hf_exit_act exit_act(enum hf_exit_kind kind)
{
    switch (kind) {
    case HF_EXIT_ASKED:
        return HF_EXIT_DONE;
    case HF_EXIT_HANDOVER:
        return HF_EXIT_RESPAWN;
    case HF_EXIT_CLEAN:
    case HF_EXIT_FAILED:
    case HF_EXIT_STOPPED:
    case HF_EXIT_KILLED:
    case HF_EXIT_CRASHED:
        return HF_EXIT_LADDER;
    case HF_EXIT_REFUSED:
        return HF_EXIT_LOOK;
    case HF_EXIT_TO_PARK:
        return HF_EXIT_FATAL;
    }
    HF_UNREACHABLE();
}

struct hf_exit_verdict hf_exit_judge(const struct hf_exit *e)
{
    enum hf_exit_act act = exit_act(hf_exit_kind(e));
    /* Every automatic restart that nobody asked for is charged, also after an exit of 0:
     * a program that exits cleanly in a loop is a loop. */
    return (struct hf_exit_verdict){ act, act == HF_EXIT_LADDER, hf_exit_word(e) };
}

/* --- text --- */

enum { PHRASE_PARTS = 2 };

/* Parts in lower case that stand in a line in this order. */
static const struct {
    uint32_t mark;
    struct hf_bytes parts[PHRASE_PARTS];
} phrases[] = {
    { HF_MARK_RUNTIME, { HF_LIT_INIT("unsupported node"), HF_LIT_INIT("version") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("node version"), HF_LIT_INIT("supported") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("node.js"), HF_LIT_INIT("not supported") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("node.js"), HF_LIT_INIT("outside the supported range") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("requires node"), HF_LIT_INIT(">=") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("requires node.js"), HF_LIT_INIT("") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("required node"), HF_LIT_INIT("version") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("sqlite"), HF_LIT_INIT("wal-reset") } },
    { HF_MARK_RUNTIME, { HF_LIT_INIT("node:sqlite"), HF_LIT_INIT("or a build with the fix") } },
    { HF_MARK_MIGRATION, { HF_LIT_INIT("migration"), HF_LIT_INIT("already running") } },
    { HF_MARK_MIGRATION, { HF_LIT_INIT("retry after"), HF_LIT_INIT("gateway finishes") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("invalid config"), HF_LIT_INIT("") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("config invalid"), HF_LIT_INIT("") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("fatal configuration error"), HF_LIT_INIT("") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("unrecognized key"), HF_LIT_INIT("") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("startup migration"), HF_LIT_INIT("blocked") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("startup migration"), HF_LIT_INIT("failed") } },
    { HF_MARK_CONFIG,
      { HF_LIT_INIT("startup migration"), HF_LIT_INIT("did not complete cleanly") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("migration"), HF_LIT_INIT("openclaw doctor --fix") } },
    { HF_MARK_CONFIG, { HF_LIT_INIT("run: openclaw doctor --fix"), HF_LIT_INIT("") } },
};

static bool has_parts(struct hf_bytes line, const struct hf_bytes parts[PHRASE_PARTS])
{
    size_t at = hf_bytes_find_nocase(line, 0, parts[0]);
    if (at == line.len) return false;
    return parts[1].len == 0 || hf_bytes_find_nocase(line, at + parts[0].len, parts[1]) < line.len;
}

uint32_t hf_failure_marks(struct hf_bytes line)
{
    uint32_t marks = 0;
    for (size_t i = 0; i < HF_COUNT(phrases); i++)
        if (has_parts(line, phrases[i].parts)) marks |= phrases[i].mark;
    return marks;
}

/* --- a start that failed --- */

static const struct {
    bool is_transient;
    const char *why;
} kinds[] = {
    [HF_FAILED_EXITED] = { true, "early_exit" },
    /* The deadline is that of the whole start: nothing of it is left for a retry. */
    [HF_FAILED_NOT_READY] = { false, "not_ready" },
    [HF_FAILED_STARTING] = { true, "gateway_starting" },
    [HF_FAILED_UNREACHABLE] = { true, "unreachable" },
    [HF_FAILED_TIMEOUT] = { true, "connect_timeout" },
    [HF_FAILED_CREDENTIAL] = { false, "credential_refused" },
    [HF_FAILED_REFUSED] = { false, "connect_refused" },
    [HF_FAILED_UNUSABLE] = { false, "unusable_target" },
    [HF_FAILED_PORT] = { true, "port_occupied" },
    [HF_FAILED_ELSEWHERE] = { false, "listens_elsewhere" },
    [HF_FAILED_NO_PROGRAM] = { false, "not_executable" },
    [HF_FAILED_NO_MEANS] = { true, "spawn_failed" },
    [HF_FAILED_CONTAINMENT] = { true, "containment_lost" },
    [HF_FAILED_MEMORY] = { true, "memory_limit" },
};

static struct hf_failure_verdict verdict(enum hf_failure_act act, hf_span wait, const char *why)
{
    return (struct hf_failure_verdict){ act, wait, why };
}

/* 78 says configuration, or that another healthy gateway owns the place. */
static struct hf_failure_verdict judge_refusal(const struct hf_failure *f)
{
    switch (f->owner) {
    case HF_OWNER_NOT_LOOKED:
        return verdict(HF_FAILURE_LOOK, 0, "refused");
    case HF_OWNER_USABLE:
        return verdict(HF_FAILURE_ATTACH, 0, "owned_by_another");
    case HF_OWNER_OTHER:
        return verdict(HF_FAILURE_CONFLICT, 0, "port_conflict");
    case HF_OWNER_NOBODY:
        break;
    }
    return verdict(f->may_repair ? HF_FAILURE_REPAIR : HF_FAILURE_FATAL, 0, "config_invalid");
}

/* The exit code wins over text (7.1): of a gateway whose code tells of its configuration, no line
 * is read for that.  The runtime and a migration have no code of their own. */
static uint32_t readable_marks(const struct hf_failure *f)
{
    bool tells_by_code = hf_release_age(f->version, HF_RELEASE_2026_9_6) == HF_RELEASE_SINCE;
    return tells_by_code ? f->marks & ~(uint32_t)HF_MARK_CONFIG : f->marks;
}

struct hf_failure_verdict hf_failure_judge(const struct hf_failure *f)
{
    HF_ASSERT(f->attempt > 0);
    bool has_code = f->kind == HF_FAILED_EXITED && f->exit.is_known && f->exit.signal == 0;
    bool is_refused = has_code && f->exit.code == HF_EXIT_CONFIG;
    uint32_t marks = readable_marks(f);
    if (has_code && f->exit.code == HF_EXIT_PARKED) return verdict(HF_FAILURE_FATAL, 0, "parked");
    if (marks & HF_MARK_RUNTIME) return verdict(HF_FAILURE_FATAL, 0, "runtime_incompatible");
    if (marks & HF_MARK_MIGRATION)
        return verdict(HF_FAILURE_LATER, MIGRATION_WAIT, "migration_running");
    if (is_refused) return judge_refusal(f);
    if (marks & HF_MARK_CONFIG)
        return verdict(f->may_repair ? HF_FAILURE_REPAIR : HF_FAILURE_FATAL, 0, "config_invalid");
    if (kinds[f->kind].is_transient && f->attempt < f->attempts_max)
        return verdict(HF_FAILURE_RETRY, RETRY_WAIT, kinds[f->kind].why);
    return verdict(HF_FAILURE_FAIL, 0, kinds[f->kind].why);
}

/* --- somebody else's hand --- */

bool hf_stops_add(struct hf_stops *s, hf_time now)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->len; i++)
        if (hf_time_since(now, s->at[i]) < STOPS_WINDOW) s->at[kept++] = s->at[i];
    s->len = kept;
    s->at[s->len++] = now;
    if (s->len < HF_STOPS_TOLD) return false;
    s->len = 0;
    return true;
}
