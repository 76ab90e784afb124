#include "prog/status_text.h"
#include "prog/health_text.h"
#include "prog/show/text.h"
#include "prog/show/units.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

enum { FIELD_BYTES = 64, LINE_BYTES = 200, SCRATCH_BYTES = 65536, SHOWN_CLIENTS = 6 };

static const struct {
    const char *method, *member;
} parts[HF_STATUS_PARTS_COUNT] = {
#define HF_STATUS_PART_ROW(id, method, member) [HF_STATUS_##id] = { method, member },
    HF_STATUS_PARTS(HF_STATUS_PART_ROW)
#undef HF_STATUS_PART_ROW
};

const char *hf_status_method(enum hf_status_part part)
{
    return parts[part].method;
}

/* --- values --- */

static int64_t number_of(struct hf_bytes object, const char *name)
{
    double value = -1;
    if (hf_json_get_double(hf_json_find(object, name), &value) != 0) return -1;
    return value >= 0 && value < 1e15 ? (int64_t)value : -1;
}

static void add_text(struct hf_buf *out, struct hf_bytes value, size_t max)
{
    struct hf_buf text;
    hf_buf_init(&text, SCRATCH_BYTES);
    hf_json_text(value, &text);
    hf_show_text(out, hf_buf_view(&text), max);
    hf_buf_fini(&text);
}

static bool is_true(struct hf_bytes object, const char *name)
{
    bool value = false;
    hf_json_get_bool(hf_json_find(object, name), &value);
    return value;
}

/* --- lines --- */

static void add_gateway(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_bytes system = s->answers[HF_STATUS_SYSTEM], status = s->answers[HF_STATUS_STATUS];
    int64_t pid = number_of(system, "pid"), uptime_ms = number_of(system, "uptimeMs");
    hf_buf_addf(out, "gateway      version %s at %s", s->version, s->url);
    if (pid < 0) pid = number_of(status, "pid");
    if (pid >= 0) hf_buf_addf(out, ", pid %lld", (long long)pid);
    if (hf_json_kind(hf_json_find(system, "hostname")) == HF_JSON_STRING) {
        HF_BUF_LIT(out, " on ");
        add_text(out, hf_json_find(system, "hostname"), FIELD_BYTES);
    }
    if (uptime_ms >= 0) {
        HF_BUF_LIT(out, ", up ");
        hf_show_ms(out, uptime_ms);
    }
    HF_BUF_LIT(out, "\n");
}

static void add_state(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_bytes health = s->answers[HF_STATUS_HEALTH];
    struct hf_bytes loop = hf_json_find(health, "eventLoop");
    if (health.len == 0) return;
    hf_buf_addf(out, "health       %s", is_true(health, "ok") ? "ok" : "not ok");
    if (number_of(loop, "delayMaxMs") >= 0) {
        HF_BUF_LIT(out, ", loop delay up to ");
        hf_show_ms(out, number_of(loop, "delayMaxMs"));
    }
    if (is_true(loop, "degraded")) HF_BUF_LIT(out, ", its loop is overloaded");
    if (is_true(hf_json_find(health, "modelRuntime"), "degraded"))
        HF_BUF_LIT(out, ", models are degraded");
    HF_BUF_LIT(out, "\n");
}

static void add_machine(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_bytes system = s->answers[HF_STATUS_SYSTEM], status = s->answers[HF_STATUS_STATUS];
    int64_t rss = number_of(hf_json_find(system, "processMemory"), "rssBytes");
    int64_t free_bytes = number_of(system, "memoryFreeBytes");
    int64_t disk = number_of(system, "diskAvailableBytes");
    if (rss < 0) rss = number_of(hf_json_find(status, "processMemory"), "rssBytes");
    if (rss < 0) return;
    HF_BUF_LIT(out, "memory       ");
    hf_show_bytes(out, (uint64_t)rss);
    if (free_bytes >= 0) {
        HF_BUF_LIT(out, "; free on its machine: memory ");
        hf_show_bytes(out, (uint64_t)free_bytes);
    }
    if (disk >= 0) {
        HF_BUF_LIT(out, ", disk ");
        hf_show_bytes(out, (uint64_t)disk);
    }
    HF_BUF_LIT(out, "\n");
}

static void add_work(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_bytes health = s->answers[HF_STATUS_HEALTH], status = s->answers[HF_STATUS_STATUS];
    struct hf_bytes tasks = hf_json_find(status, "tasks"), agents = hf_json_find(health, "agents");
    int64_t sessions = number_of(hf_json_find(status, "sessions"), "count");
    if (sessions < 0) sessions = number_of(hf_json_find(health, "sessions"), "count");
    if (sessions < 0 && agents.len == 0) return;
    hf_buf_addf(out, "work         %lld sessions, %zu agents",
                (long long)(sessions > 0 ? sessions : 0), hf_json_count(agents));
    if (number_of(tasks, "active") >= 0)
        hf_buf_addf(
            out, ", %lld tasks active, %lld failed", (long long)number_of(tasks, "active"),
            (long long)(number_of(tasks, "failures") > 0 ? number_of(tasks, "failures") : 0));
    HF_BUF_LIT(out, "\n");
}

/* Names of who is here, without the gateway itself. */
static void add_presence(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_json_iter it = hf_json_iter(s->answers[HF_STATUS_PRESENCE]);
    struct hf_bytes entry;
    size_t count = 0;
    if (s->answers[HF_STATUS_PRESENCE].len == 0) return;
    HF_BUF_LIT(out, "present      ");
    while (hf_json_next(&it, &entry)) {
        bool is_self = hf_json_is(hf_json_find(entry, "reason"), HF_LIT("self"));
        bool is_gone = hf_json_is(hf_json_find(entry, "reason"), HF_LIT("disconnect"));
        if (is_self || is_gone || hf_json_find(entry, "clientId").len == 0) continue;
        if (count++ >= SHOWN_CLIENTS) continue;
        if (count > 1) HF_BUF_LIT(out, ", ");
        add_text(out, hf_json_find(entry, "clientId"), FIELD_BYTES);
        HF_BUF_LIT(out, " (");
        add_text(out, hf_json_find(entry, "mode"), FIELD_BYTES);
        HF_BUF_LIT(out, ")");
    }
    if (count > SHOWN_CLIENTS) hf_buf_addf(out, " and %zu more", count - SHOWN_CLIENTS);
    if (count == 0) HF_BUF_LIT(out, "no user interface, no node");
    HF_BUF_LIT(out, "\n");
}

static void add_connections(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_bytes answer = s->answers[HF_STATUS_CONNECTIONS], row;
    struct hf_json_iter it = hf_json_iter(hf_json_find(answer, "connections"));
    uint64_t queued = 0, drops = 0, stale = 0;
    if (answer.len == 0) return;
    while (hf_json_next(&it, &row)) {
        int64_t bytes = number_of(row, "queuedBytes"), dropped = number_of(row, "drops");
        bool is_connected = true;
        queued += bytes > 0 ? (uint64_t)bytes : 0;
        drops += dropped > 0 ? (uint64_t)dropped : 0;
        stale +=
            hf_json_get_bool(hf_json_find(row, "connected"), &is_connected) == 0 && !is_connected;
    }
    hf_buf_addf(out, "connections  %lld, of which logged in %lld, not answering pings %llu; ",
                (long long)number_of(answer, "count"), (long long)number_of(answer, "clients"),
                (unsigned long long)stale);
    hf_show_bytes(out, queued);
    hf_buf_addf(out, " queued, %llu events dropped\n", (unsigned long long)drops);
}

/* Which method told nothing, and why. */
static void add_holes(const struct hf_status *s, struct hf_buf *out)
{
    for (size_t i = 0; i < HF_STATUS_PARTS_COUNT; i++) {
        if (s->errors[i].len == 0) continue;
        hf_buf_addf(out, "not told     %s: ", parts[i].method);
        add_text(out, hf_json_find(s->errors[i], "message"), LINE_BYTES);
        HF_BUF_LIT(out, "\n");
    }
}

void hf_status_text(const struct hf_status *s, int64_t wall_ms, struct hf_buf *out)
{
    add_gateway(s, out);
    add_state(s, out);
    add_machine(s, out);
    add_work(s, out);
    add_presence(s, out);
    add_connections(s, out);
    if (s->answers[HF_STATUS_HEALTH].len > 0) {
        struct hf_bytes block = hf_json_find(s->answers[HF_STATUS_HEALTH], "connection");
        HF_BUF_LIT(out, "this ");
        hf_health_line(out, block, wall_ms);
    }
    add_holes(s, out);
}

void hf_status_json(const struct hf_status *s, struct hf_buf *out)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "url", hf_bytes_cstr(s->url));
    hf_json_add_text(&w, "version", hf_bytes_cstr(s->version));
    for (size_t i = 0; i < HF_STATUS_PARTS_COUNT; i++)
        hf_json_add_raw(&w, parts[i].member, s->answers[i].len ? s->answers[i] : HF_LIT("null"));
    hf_json_add_object(&w, "errors");
    for (size_t i = 0; i < HF_STATUS_PARTS_COUNT; i++)
        if (s->errors[i].len) hf_json_add_raw(&w, parts[i].member, s->errors[i]);
    hf_json_close_object(&w);
    hf_json_close_object(&w);
}
