#include "core/fanout.h"
#include "lib/check.h"

/* Scenario numbers are those of spec/pressure-backoff.md section 8. */

enum {
    ADMIN = 1 << HF_SCOPE_ADMIN,
    READ = 1 << HF_SCOPE_READ,
    WRITE = 1 << HF_SCOPE_WRITE,
    APPROVALS = 1 << HF_SCOPE_APPROVALS,
    QUESTIONS = 1 << HF_SCOPE_QUESTIONS,
    PAIRING = 1 << HF_SCOPE_PAIRING,
};

static const struct hf_fanout_facts plain = { 0 };
static const struct hf_fanout_facts tool = { .is_tool = true };
static const struct hf_fanout_facts hidden = { .is_hidden = true };
static const struct hf_fanout_facts terminal = { .is_terminal = true };

static const struct hf_fanout_rule *rule_of(const char *name, const struct hf_fanout_facts *facts)
{
    const struct hf_fanout_rule *rule = hf_fanout_rule(hf_bytes_cstr(name), facts);
    CHECK(rule != NULL);
    return rule;
}

static struct hf_fanout_view operator_with(hf_scopes scopes)
{
    return (struct hf_fanout_view){ .is_registered = true, .scopes = scopes };
}

/* events.md section 1, column "scope needed": who has exactly that scope gets it. */
static void an_event_reaches_those_with_its_scope(void)
{
    static const struct {
        const char *name;
        hf_scopes reached, missed;
    } rows[] = {
        { "presence", READ, PAIRING },
        { "presence", WRITE, 0 },
        { "chat", READ, APPROVALS | QUESTIONS | PAIRING },
        { "cron", READ, PAIRING },
        { "voicewake.routing.changed", ADMIN, PAIRING },
        { "exec.approval.requested", APPROVALS, READ | WRITE },
        { "plugin.approval.resolved", APPROVALS, READ | WRITE },
        { "openclaw.approval.requested", ADMIN, READ | WRITE },
        { "question.requested", QUESTIONS, READ | WRITE },
        { "device.pair.requested", PAIRING, READ | WRITE },
        { "node.pair.resolved", PAIRING, READ | WRITE },
        { "update.run.changed", ADMIN, READ | WRITE | APPROVALS | QUESTIONS | PAIRING },
        { "plugin.whatever.they.send", WRITE, READ },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        const struct hf_fanout_rule *rule = rule_of(rows[i].name, &plain);
        struct hf_fanout_view has = operator_with(rows[i].reached);
        struct hf_fanout_view has_not = operator_with(rows[i].missed);
        CHECK_AT(i, hf_fanout_reaches(rule, &has));
        CHECK_AT(i, !hf_fanout_reaches(rule, &has_not));
    }
}

static void unscoped_events_reach_everybody_and_nodes_get_nothing_else(void)
{
    static const char *const unscoped[] = {
        "tick", "health", "heartbeat", "shutdown", "gateway.suspension", "update.available"
    };
    struct hf_fanout_view nobody = operator_with(0);
    struct hf_fanout_view node = operator_with(ADMIN);
    node.role = HF_ROLE_NODE;
    for (size_t i = 0; i < HF_COUNT(unscoped); i++) {
        const struct hf_fanout_rule *rule = rule_of(unscoped[i], &plain);
        CHECK_AT(i, hf_fanout_reaches(rule, &nobody));
        CHECK_AT(i, hf_fanout_reaches(rule, &node));
    }
    CHECK(!hf_fanout_reaches(rule_of("presence", &plain), &node));
    CHECK(!hf_fanout_reaches(rule_of("plugin.anything", &plain), &node));
}

static void a_node_event_reaches_the_node_it_is_addressed_to(void)
{
    const struct hf_fanout_rule *rule = rule_of("node.invoke.request", &plain);
    struct hf_fanout_view node = operator_with(0), operator_view = operator_with(ADMIN);
    node.role = HF_ROLE_NODE;
    CHECK(!hf_fanout_reaches(rule, &node));
    node.is_addressed = operator_view.is_addressed = true;
    CHECK(hf_fanout_reaches(rule, &node));
    CHECK(!hf_fanout_reaches(rule, &operator_view));
}

static void an_unknown_name_reaches_nobody(void)
{
    static const char *const names[] = {
        "", "ticks", "tic", "no.such.event", "models.snapshot", "plugin", "exec.approval.", "TICK"
    };
    for (size_t i = 0; i < HF_COUNT(names); i++)
        CHECK_AT(i, hf_fanout_rule(hf_bytes_cstr(names[i]), &plain) == NULL);
}

static void nobody_gets_an_event_before_hello(void)
{
    struct hf_fanout_view view = operator_with(ADMIN);
    view.is_registered = false;
    CHECK(!hf_fanout_reaches(rule_of("tick", &plain), &view));
    CHECK(!hf_fanout_reaches(rule_of("presence", &plain), &view));
}

/* The table of counts in events.md section 1, one row per connection there; and
 * pressure-backoff 13 and 14: exactly one copy of a tool event. */
static void a_tool_run_reaches_the_connections_of_the_recorded_table(void)
{
    enum { INDEX = 1, KEY = 2, CAP = 4, SENDER = 8, NO_SCOPE = 16, SCOPED_CAP = 32 };
    static const struct {
        int facts;
        bool agent, agent_tool, chat, session_tool, session_message, sessions_changed;
    } rows[] = {
        { SENDER | CAP, true, true, true, false, false, false },
        { SENDER, true, false, true, false, false, false },
        { INDEX | KEY | CAP, true, false, true, true, true, true },
        { INDEX | KEY, true, false, true, true, true, true },
        { INDEX, true, false, true, true, true, true },
        { KEY, true, false, true, false, true, false },
        { CAP, true, false, true, false, false, false },
        { NO_SCOPE | INDEX | KEY, false, false, false, false, false, false },
        { SENDER | CAP | INDEX | KEY, true, true, true, false, true, true },
        { SCOPED_CAP | INDEX, false, false, false, false, true, true },
        { SCOPED_CAP | INDEX | KEY, true, false, true, true, true, true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int facts = rows[i].facts;
        struct hf_fanout_view view = operator_with(facts & NO_SCOPE ? PAIRING : READ);
        view.has_index_subscription = facts & INDEX;
        view.has_key_subscription = facts & KEY;
        view.has_tool_events_cap = facts & CAP;
        view.is_run_member = facts & SENDER;
        view.has_session_scoped_cap = facts & SCOPED_CAP;
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("agent", &plain), &view), rows[i].agent);
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("agent", &tool), &view), rows[i].agent_tool);
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("chat", &plain), &view), rows[i].chat);
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("session.tool", &plain), &view),
                    rows[i].session_tool);
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("session.tool", &terminal), &view),
                    rows[i].session_tool);
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("session.message", &plain), &view),
                    rows[i].session_message);
        CHECK_EQ_AT(i, hf_fanout_reaches(rule_of("sessions.changed", &plain), &view),
                    rows[i].sessions_changed);
    }
}

static void addressed_and_capability_targets_reach_one_client(void)
{
    struct hf_fanout_view view = operator_with(ADMIN);
    CHECK(!hf_fanout_reaches(rule_of("chat.send_timing", &plain), &view));
    CHECK(!hf_fanout_reaches(rule_of("ui.command", &plain), &view));
    CHECK(!hf_fanout_reaches(rule_of("session.typing", &plain), &view));
    view.is_addressed = view.has_ui_commands_cap = view.has_key_subscription = true;
    CHECK(hf_fanout_reaches(rule_of("chat.send_timing", &plain), &view));
    CHECK(hf_fanout_reaches(rule_of("ui.command", &plain), &view));
    CHECK(hf_fanout_reaches(rule_of("session.typing", &plain), &view));
}

static void session_visibility_is_the_last_filter(void)
{
    struct hf_fanout_view view = operator_with(READ);
    view.has_index_subscription = true;
    CHECK(hf_fanout_reaches(rule_of("session.message", &plain), &view));
    view.is_hidden = true;
    CHECK(!hf_fanout_reaches(rule_of("session.message", &plain), &view));
}

/* spec 1.5 */
static void each_event_has_its_class(void)
{
    static const struct {
        const char *name;
        const struct hf_fanout_facts *facts;
        enum hf_fanout_class want;
        bool may_drop;
    } rows[] = {
        { "connect.challenge", &plain, HF_FANOUT_C0, false },
        { "tick", &plain, HF_FANOUT_C0, false },
        { "health", &plain, HF_FANOUT_C0, false },
        { "shutdown", &plain, HF_FANOUT_C0, false },
        { "gateway.suspension", &plain, HF_FANOUT_C0, false },
        { "agent", &plain, HF_FANOUT_C1, false },
        { "agent", &hidden, HF_FANOUT_C2, true },
        { "agent", &tool, HF_FANOUT_C1, false },
        { "chat", &terminal, HF_FANOUT_C1, false },
        { "chat", &plain, HF_FANOUT_C2, true },
        { "chat.side_result", &plain, HF_FANOUT_C1, false },
        { "session.message", &plain, HF_FANOUT_C1, false },
        { "session.approval", &plain, HF_FANOUT_C1, false },
        { "exec.approval.requested", &plain, HF_FANOUT_C1, false },
        { "plugin.approval.resolved", &plain, HF_FANOUT_C1, false },
        { "session.sharing", &plain, HF_FANOUT_C1, false },
        { "skills.changed", &plain, HF_FANOUT_C1, false },
        { "update.run.changed", &plain, HF_FANOUT_C1, false },
        { "question.requested", &plain, HF_FANOUT_C1, false },
        { "session.tool", &terminal, HF_FANOUT_C1T, true },
        { "session.tool", &plain, HF_FANOUT_C3, true },
        { "presence", &plain, HF_FANOUT_C2, true },
        { "sessions.changed", &plain, HF_FANOUT_C2, true },
        { "cron", &plain, HF_FANOUT_C2, true },
        { "config.changed", &plain, HF_FANOUT_C2, true },
        { "heartbeat", &plain, HF_FANOUT_C2, true },
        { "task", &plain, HF_FANOUT_C2, true },
        { "task.suggestion", &plain, HF_FANOUT_C2, true },
        { "node.presence", &plain, HF_FANOUT_C2, true },
        { "device.pair.requested", &plain, HF_FANOUT_C2, true },
        { "node.pair.requested", &plain, HF_FANOUT_C2, true },
        { "voicewake.changed", &plain, HF_FANOUT_C2, true },
        { "session.typing", &plain, HF_FANOUT_C2, true },
        { "chat.send_timing", &plain, HF_FANOUT_C2, true },
        { "update.available", &plain, HF_FANOUT_C2, true },
        /* lifted: a lost approval request blocks a run */
        { "exec.approval.requested", &plain, HF_FANOUT_C1, false },
        { "plugin.approval.requested", &plain, HF_FANOUT_C1, false },
        { "openclaw.approval.resolved", &plain, HF_FANOUT_C1, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        const struct hf_fanout_rule *rule = rule_of(rows[i].name, rows[i].facts);
        CHECK_EQ_AT(i, rule->class, rows[i].want);
        CHECK_EQ_AT(i, hf_fanout_may_drop(rule), rows[i].may_drop);
        CHECK_EQ_AT(i, rule->is_unnumbered, i == 0);
    }
}

/* pressure-backoff 22 and 25: the number belongs to frames that were meant for the
 * connection, sent or dropped as slow; withheld ones leave no hole. */
static void withheld_events_consume_no_number(void)
{
    static const struct {
        const char *name;
        bool is_slow;
        uint64_t want;
    } rows[] = {
        { "tick", false, 1 },     { "device.pair.requested", false, 0 },
        { "presence", false, 2 }, { "no.such.event", false, 0 },
        { "presence", true, 3 }, /* dropped: the peer sees the gap */
        { "tick", false, 4 },
    };
    struct hf_fanout_view reader = operator_with(READ);
    struct hf_seq seq = { 0 };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        const struct hf_fanout_rule *rule = hf_fanout_rule(hf_bytes_cstr(rows[i].name), &plain);
        bool reaches = rule && hf_fanout_reaches(rule, &reader);
        if (rows[i].is_slow) CHECK_AT(i, hf_fanout_may_drop(rule));
        CHECK_EQ_AT(i, reaches ? hf_seq_next(&seq) : 0, rows[i].want);
    }
}

CHECK_MAIN(an_event_reaches_those_with_its_scope,
           unscoped_events_reach_everybody_and_nodes_get_nothing_else,
           a_node_event_reaches_the_node_it_is_addressed_to, an_unknown_name_reaches_nobody,
           nobody_gets_an_event_before_hello,
           a_tool_run_reaches_the_connections_of_the_recorded_table,
           addressed_and_capability_targets_reach_one_client, session_visibility_is_the_last_filter,
           each_event_has_its_class, withheld_events_consume_no_number)
