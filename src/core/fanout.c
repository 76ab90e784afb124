#include "core/fanout.h"

#include "base/assert.h"

/* clang-format off */
#define ROW(name, scope, class, target) \
    { HF_LIT_INIT(name), HF_SCOPE_##scope, HF_FANOUT_##class, HF_TARGET_##target, HF_NODES_NEVER, false, false }
/* Also only with a subscription of the key for cap session-scoped-events. */
#define KEYED(name, scope, class, target) \
    { HF_LIT_INIT(name), HF_SCOPE_##scope, HF_FANOUT_##class, HF_TARGET_##target, HF_NODES_NEVER, true, false }
/* Without a scope, to nodes too. */
#define EVERYBODY(name, class) \
    { HF_LIT_INIT(name), HF_SCOPE_NONE, HF_FANOUT_##class, HF_TARGET_ALL, HF_NODES_TOO, false, false }
#define TO_NODE(name) \
    { HF_LIT_INIT(name), HF_SCOPE_NONE, HF_FANOUT_C1, HF_TARGET_ONE, HF_NODES_ONLY, false, false }

/* In byte order of the names.  `agent`, `chat` and `session.tool` stand here as
 * they usually are; their other shapes follow below.  The approval broadcasts are
 * lifted from C2 to C1: a lost request blocks a run (spec 1.5). */
static const struct hf_fanout_rule rules[] = {
    KEYED("agent", READ, C1, ALL),
    ROW("board.changed", READ, C2, ALL),
    ROW("board.command", READ, C1, UI_COMMANDS),
    KEYED("chat", READ, C2, ALL),
    ROW("chat.metadata.changed", READ, C2, ALL),
    ROW("chat.send_timing", READ, C2, ONE),
    KEYED("chat.side_result", READ, C1, ALL),
    ROW("config.changed", READ, C2, ALL),
    { HF_LIT_INIT("connect.challenge"), HF_SCOPE_NONE, HF_FANOUT_C0, HF_TARGET_ONE, HF_NODES_TOO, false, true },
    ROW("controlUi.sessionPullRequests.changed", READ, C2, ONE),
    ROW("cron", READ, C2, ALL),
    ROW("device.pair.changed", PAIRING, C2, ALL),
    ROW("device.pair.requested", PAIRING, C2, ALL),
    ROW("device.pair.resolved", PAIRING, C2, ALL),
    ROW("device.pair.setup.completed", PAIRING, C2, ALL),
    ROW("device.pair.setup.deliveryUncertain", PAIRING, C2, ALL),
    ROW("exec.approval.requested", APPROVALS, C1, ALL),
    ROW("exec.approval.resolved", APPROVALS, C1, ALL),
    EVERYBODY("gateway.suspension", C0),
    EVERYBODY("health", C0),
    EVERYBODY("heartbeat", C2),
    ROW("mentions.changed", READ, C2, ALL),
    ROW("node.hostStats", READ, C2, ALL),
    TO_NODE("node.invoke.cancel"),
    TO_NODE("node.invoke.input"),
    TO_NODE("node.invoke.request"),
    ROW("node.pair.requested", PAIRING, C2, ALL),
    ROW("node.pair.resolved", PAIRING, C2, ALL),
    ROW("node.presence", READ, C2, ALL),
    ROW("node.runnerInventory.changed", READ, C2, ALL),
    ROW("openclaw.approval.requested", APPROVALS, C1, ALL),
    ROW("openclaw.approval.resolved", APPROVALS, C1, ALL),
    ROW("plugin.approval.requested", APPROVALS, C1, ALL),
    ROW("plugin.approval.resolved", APPROVALS, C1, ALL),
    ROW("plugins.changed", READ, C2, ALL),
    ROW("plugins.controlUi.changed", READ, C2, ALL),
    ROW("plugins.install.progress", ADMIN, C2, ONE),
    ROW("portal.changed", READ, C2, ALL),
    ROW("presence", READ, C2, ALL),
    ROW("progressCard.changed", READ, C2, ALL),
    ROW("question.requested", QUESTIONS, C1, ALL),
    ROW("question.resolved", QUESTIONS, C1, ALL),
    ROW("session.approval", APPROVALS, C1, KEY),
    ROW("session.message", READ, C1, INDEX_OR_KEY),
    KEYED("session.observer", READ, C2, KEY),
    ROW("session.operation", READ, C2, ALL),
    ROW("session.sharing", READ, C1, ALL),
    ROW("session.sharing.evidence", READ, C2, ALL),
    ROW("session.suggestion", READ, C2, ALL),
    KEYED("session.tool", READ, C3, MIRROR),
    ROW("session.typing", READ, C2, KEY),
    ROW("sessions.catalog.host", READ, C2, ONE),
    ROW("sessions.changed", READ, C2, INDEX),
    EVERYBODY("shutdown", C0),
    ROW("skills.changed", READ, C1, ALL),
    ROW("task", READ, C2, ALL),
    ROW("task.suggestion", READ, C2, ALL),
    ROW("terminal.data", ADMIN, C1, ONE),
    ROW("terminal.exit", ADMIN, C1, ONE),
    EVERYBODY("tick", C0),
    ROW("ui.command", READ, C1, UI_COMMANDS),
    EVERYBODY("update.available", C2),
    ROW("update.run.changed", ADMIN, C1, ALL),
    ROW("users.prefs.changed", READ, C2, ALL),
    ROW("voicewake.changed", READ, C2, ALL),
    ROW("voicewake.routing.changed", READ, C2, ALL),
};

static const struct hf_fanout_rule agent_hidden = KEYED("agent", READ, C2, ALL);
static const struct hf_fanout_rule agent_tool = KEYED("agent", READ, C1, RUN);
static const struct hf_fanout_rule chat_terminal = KEYED("chat", READ, C1, ALL);
static const struct hf_fanout_rule mirror_terminal = KEYED("session.tool", READ, C1T, MIRROR);
static const struct hf_fanout_rule other_plugin = ROW("plugin.*", WRITE, C2, ALL);
/* clang-format on */

static const struct hf_fanout_rule *find(struct hf_bytes name)
{
    size_t low = 0, high = HF_COUNT(rules);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = hf_bytes_compare(name, rules[middle].name);
        if (order == 0) return &rules[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return hf_bytes_starts(name, HF_LIT("plugin.")) ? &other_plugin : NULL;
}

const struct hf_fanout_rule *hf_fanout_rule(struct hf_bytes name,
                                            const struct hf_fanout_facts *facts)
{
    if (hf_bytes_same(name, agent_tool.name)) {
        if (facts->is_tool) return &agent_tool;
        if (facts->is_hidden) return &agent_hidden;
    }
    if (facts->is_terminal && hf_bytes_same(name, chat_terminal.name)) return &chat_terminal;
    if (facts->is_terminal && hf_bytes_same(name, mirror_terminal.name)) return &mirror_terminal;
    return find(name);
}

bool hf_fanout_may_drop(const struct hf_fanout_rule *rule)
{
    switch (rule->class) {
    case HF_FANOUT_C0:
    case HF_FANOUT_C1:
        return false;
    case HF_FANOUT_C1T:
    case HF_FANOUT_C2:
    case HF_FANOUT_C3:
        return true;
    }
    HF_UNREACHABLE();
}

static bool fits_role(const struct hf_fanout_rule *rule, enum hf_role role)
{
    switch (rule->nodes) {
    case HF_NODES_NEVER:
        return role != HF_ROLE_NODE;
    case HF_NODES_TOO:
        return true;
    case HF_NODES_ONLY:
        return role == HF_ROLE_NODE;
    }
    HF_UNREACHABLE();
}

static bool fits_target(const struct hf_fanout_rule *rule, const struct hf_fanout_view *view)
{
    bool gets_run = view->is_run_member && view->has_tool_events_cap;
    switch (rule->target) {
    case HF_TARGET_ALL:
        return true;
    case HF_TARGET_ONE:
        return view->is_addressed;
    case HF_TARGET_RUN:
        return gets_run;
    case HF_TARGET_MIRROR:
        return view->has_index_subscription && !gets_run;
    case HF_TARGET_INDEX:
        return view->has_index_subscription;
    case HF_TARGET_INDEX_OR_KEY:
        return view->has_index_subscription || view->has_key_subscription;
    case HF_TARGET_KEY:
        return view->has_key_subscription;
    case HF_TARGET_UI_COMMANDS:
        return view->has_ui_commands_cap;
    }
    HF_UNREACHABLE();
}

bool hf_fanout_reaches(const struct hf_fanout_rule *rule, const struct hf_fanout_view *view)
{
    if (!view->is_registered || !fits_role(rule, view->role)) return false;
    if (!hf_scopes_allow(view->scopes, rule->scope)) return false;
    if (!fits_target(rule, view)) return false;
    if (rule->is_key_scoped && view->has_session_scoped_cap && !view->has_key_subscription)
        return false;
    return !view->is_hidden;
}

uint64_t hf_seq_next(struct hf_seq *seq)
{
    return ++seq->last;
}
