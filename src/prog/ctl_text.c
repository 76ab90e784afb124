#include "prog/ctl_text.h"
#include "base/iso.h"
#include "base/time.h"
#include "prog/show/text.h"
#include "prog/show/units.h"
#include "wire/json_read.h"

#include <stdio.h>

enum { SCRATCH_BYTES = 1 << 20 };

/* --- pieces --- */

/* Without what a terminal could take as a command. */
static void add_shown(struct hf_buf *out, struct hf_bytes text)
{
    hf_show_text(out, text, SCRATCH_BYTES);
}

static void add_text(struct hf_buf *out, struct hf_bytes value)
{
    struct hf_buf text;
    hf_buf_init(&text, SCRATCH_BYTES);
    hf_json_text(value, &text);
    add_shown(out, hf_buf_view(&text));
    hf_buf_fini(&text);
}

/* Any value: a string as text, else as it is written. */
static void add_value(struct hf_buf *out, struct hf_bytes value)
{
    if (hf_json_kind(value) == HF_JSON_STRING)
        add_text(out, value);
    else
        add_shown(out, value);
}

static bool find_int(struct hf_bytes object, const char *name, int64_t *out)
{
    return hf_json_get_int(hf_json_find(object, name), out) == 0;
}

static void add_instant(struct hf_buf *out, int64_t ms)
{
    char text[HF_ISO_CHARS];
    size_t len = hf_iso_write(ms, text);
    hf_buf_add(out, hf_bytes(text, len));
}

/* --- status --- */

/* What is absent, or a port that is none, is not shown. */
static void add_line_if(struct hf_buf *out, const char *label, struct hf_bytes value)
{
    if (value.len == 0 || hf_bytes_same(value, HF_LIT("0"))) return;
    hf_buf_addf(out, "%-12s ", label);
    add_value(out, value);
    hf_buf_add_byte(out, '\n');
}

static void add_phase(struct hf_buf *out, struct hf_bytes json)
{
    int64_t at = 0, since = 0;
    find_int(json, "at", &at);
    hf_buf_addf(out, "%-12s ", "phase");
    add_text(out, hf_json_find(json, "state"));
    HF_BUF_LIT(out, "/");
    add_text(out, hf_json_find(json, "phase"));
    if (find_int(json, "since", &since)) {
        HF_BUF_LIT(out, " for ");
        hf_show_ms(out, hf_wall_ms_since(at, since));
        HF_BUF_LIT(out, " (since ");
        add_instant(out, since);
        HF_BUF_LIT(out, ")");
    }
    HF_BUF_LIT(out, "\n");
}

static void add_answers(struct hf_buf *out, struct hf_bytes answers)
{
    struct hf_json_iter it = hf_json_iter(answers);
    struct hf_json_member member;
    int64_t age;
    while (hf_json_next_member(&it, &member)) {
        HF_BUF_LIT(out, "  ");
        add_text(out, member.key);
        HF_BUF_LIT(out, ": ");
        add_text(out, hf_json_find(member.value, "answer"));
        if (find_int(member.value, "ageMs", &age)) {
            HF_BUF_LIT(out, ", seen ");
            hf_show_ms(out, age);
            HF_BUF_LIT(out, " ago");
        }
        HF_BUF_LIT(out, "\n");
    }
}

static void add_bytes(struct hf_buf *out, const char *before, struct hf_bytes object,
                      const char *name)
{
    int64_t bytes;
    if (!find_int(object, name, &bytes)) return;
    hf_buf_add(out, hf_bytes_cstr(before));
    hf_show_bytes(out, bytes > 0 ? (uint64_t)bytes : 0);
}

static void add_memory(struct hf_buf *out, struct hf_bytes memory)
{
    int64_t count;
    if (memory.len == 0) return;
    hf_buf_addf(out, "%-12s ", "memory");
    if (!find_int(memory, "bytes", &count)) HF_BUF_LIT(out, "not seen yet");
    add_bytes(out, "", memory, "bytes");
    add_bytes(out, ", at most ", memory, "peakBytes");
    add_bytes(out, ", soft limit ", memory, "softBytes");
    add_bytes(out, ", hard limit ", memory, "hardBytes");
    if (find_int(memory, "recycles", &count) && count > 0)
        hf_buf_addf(out, ", recycled %lld", (long long)count);
    if (find_int(memory, "ends", &count) && count > 0)
        hf_buf_addf(out, ", ended %lld", (long long)count);
    HF_BUF_LIT(out, "\n");
}

static void add_exit(struct hf_buf *out, struct hf_bytes last)
{
    int64_t number;
    if (last.len == 0) return;
    hf_buf_addf(out, "%-12s ", "last exit");
    add_text(out, hf_json_find(last, "kind"));
    if (find_int(last, "code", &number)) hf_buf_addf(out, ", code %lld", (long long)number);
    if (find_int(last, "signal", &number)) hf_buf_addf(out, ", signal %lld", (long long)number);
    if (find_int(last, "at", &number)) {
        HF_BUF_LIT(out, ", at ");
        add_instant(out, number);
    }
    HF_BUF_LIT(out, "\n");
}

/* The breaker has opened: requests for a restart are refused. */
static void add_circuit(struct hf_buf *out, struct hf_bytes json)
{
    int64_t at = 0, until;
    if (!find_int(json, "circuit_open_until", &until)) return;
    find_int(json, "at", &at);
    hf_buf_addf(out, "%-12s refused for ", "restarts");
    hf_show_ms(out, hf_wall_ms_since(until, at));
    HF_BUF_LIT(out, "\n");
}

static void add_next(struct hf_buf *out, struct hf_bytes json)
{
    struct hf_bytes next = hf_json_find(json, "next");
    int64_t at = 0, when;
    if (next.len == 0) return;
    find_int(json, "at", &at);
    hf_buf_addf(out, "%-12s ", "next");
    add_text(out, hf_json_find(next, "action"));
    if (find_int(next, "at", &when)) {
        HF_BUF_LIT(out, " in ");
        hf_show_ms(out, hf_wall_ms_since(when, at));
    }
    HF_BUF_LIT(out, "\n");
}

static void add_lines(struct hf_buf *out, struct hf_bytes lines)
{
    struct hf_json_iter it = hf_json_iter(lines);
    struct hf_bytes line;
    if (hf_json_count(lines) == 0) return;
    HF_BUF_LIT(out, "last lines\n");
    while (hf_json_next(&it, &line)) {
        HF_BUF_LIT(out, "  ");
        add_text(out, line);
        HF_BUF_LIT(out, "\n");
    }
}

void hf_ctl_text_status(struct hf_buf *out, struct hf_bytes json)
{
    static const struct {
        const char *label, *member;
    } rows[] = {
        { "why", "why" },
        { "error", "error" },
        { "pid", "pid" },
        { "port", "port" },
        { "version", "version" },
        { "owned", "owned" },
        { "restart due", "restart_pending" },
    };
    add_phase(out, json);
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        add_line_if(out, rows[i].label, hf_json_find(json, rows[i].member));
    add_answers(out, hf_json_find(json, "answers"));
    add_memory(out, hf_json_find(json, "memory"));
    add_exit(out, hf_json_find(json, "lastExit"));
    add_circuit(out, json);
    add_next(out, json);
    add_lines(out, hf_json_find(json, "lines"));
}

/* --- the rest --- */

void hf_ctl_text_history(struct hf_buf *out, struct hf_bytes json)
{
    struct hf_json_iter it = hf_json_iter(json);
    struct hf_bytes one;
    int64_t at;
    while (hf_json_next(&it, &one)) {
        if (find_int(one, "at", &at)) add_instant(out, at);
        HF_BUF_LIT(out, "  ");
        add_text(out, hf_json_find(one, "from"));
        HF_BUF_LIT(out, " -> ");
        add_text(out, hf_json_find(one, "to"));
        HF_BUF_LIT(out, "  ");
        add_text(out, hf_json_find(one, "cause"));
        HF_BUF_LIT(out, "\n");
    }
}

/* "key: value"; those of an object one by one behind its own key. */
static void add_member(struct hf_buf *out, struct hf_bytes before,
                       const struct hf_json_member *member)
{
    struct hf_json_iter it = hf_json_iter(member->value);
    struct hf_json_member inner;
    if (before.len == 0 && hf_json_kind(member->value) == HF_JSON_OBJECT) {
        while (hf_json_next_member(&it, &inner)) add_member(out, member->key, &inner);
        return;
    }
    if (before.len > 0) add_text(out, before);
    if (before.len > 0) HF_BUF_LIT(out, " ");
    add_text(out, member->key);
    HF_BUF_LIT(out, ": ");
    add_value(out, member->value);
    HF_BUF_LIT(out, "\n");
}

void hf_ctl_text_diagnostics(struct hf_buf *out, struct hf_bytes json)
{
    struct hf_json_iter it = hf_json_iter(json);
    struct hf_json_member member;
    hf_ctl_text_status(out, hf_json_find(json, "status"));
    while (hf_json_next_member(&it, &member))
        if (!hf_json_is(member.key, HF_LIT("status"))) add_member(out, HF_EMPTY, &member);
}

void hf_ctl_text_config(struct hf_buf *out, struct hf_bytes json)
{
    struct hf_bytes raw = hf_json_find(json, "raw"), text;
    struct hf_buf whole;
    if (raw.len == 0) {
        add_value(out, hf_json_find(json, "value"));
        HF_BUF_LIT(out, "\n");
        return;
    }
    hf_buf_init(&whole, raw.len);
    hf_json_text(raw, &whole);
    for (text = hf_buf_view(&whole); text.len > 0;) {
        size_t end = hf_bytes_find(text, 0, '\n');
        add_shown(out, hf_bytes_head(text, end));
        HF_BUF_LIT(out, "\n");
        text = hf_bytes_from(text, end + 1);
    }
    hf_buf_fini(&whole);
}

void hf_ctl_text_result(struct hf_buf *out, const struct hf_control_result *result)
{
    hf_buf_addf(out, "%s: %s", hf_control_verb_name(result->verb),
                hf_control_outcome_name(result->outcome));
    if (result->pid_before > 0)
        hf_buf_addf(out, ", pid before %lld", (long long)result->pid_before);
    if (result->pid_after > 0) hf_buf_addf(out, ", pid after %lld", (long long)result->pid_after);
    if (result->retry_after_ms >= 0) {
        HF_BUF_LIT(out, ", in ");
        hf_show_ms(out, result->retry_after_ms);
    }
    if (result->reason.len > 0) {
        HF_BUF_LIT(out, ": ");
        add_shown(out, result->reason);
    }
    HF_BUF_LIT(out, "\n");
}

void hf_ctl_text_event(struct hf_buf *out, const struct hf_control_reply *reply)
{
    add_instant(out, reply->at_ms);
    HF_BUF_LIT(out, "  ");
    add_shown(out, reply->name);
    HF_BUF_LIT(out, "  ");
    add_shown(out, reply->data);
    HF_BUF_LIT(out, "\n");
}
