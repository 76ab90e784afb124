#include "prog/checkup/report.h"
#include "prog/show/units.h"
#include "wire/json_write.h"

#include <string.h>

static const struct {
    const char *path, *name;
} paths[HF_CHECKUP_PATHS] = {
    [HF_CHECKUP_HEALTHZ] = { "/healthz", "healthz" },
    [HF_CHECKUP_STARTUPZ] = { "/startupz", "startupz" },
    [HF_CHECKUP_READYZ] = { "/readyz", "readyz" },
};

/* --- for people --- */

static void add_answer(struct hf_buf *out, const struct hf_checkup_answer *a)
{
    switch (a->speech) {
    case HF_CHECKUP_NOT_ASKED:
        return;
    case HF_CHECKUP_SILENT:
        HF_BUF_LIT(out, " no answer");
        return;
    case HF_CHECKUP_TLS:
        HF_BUF_LIT(out, " it wants TLS");
        return;
    case HF_CHECKUP_OTHER:
        HF_BUF_LIT(out, " not HTTP");
        return;
    case HF_CHECKUP_HTTP:
        break;
    }
    hf_buf_addf(out, " %u", a->status);
    if (a->says[0]) hf_buf_addf(out, " %s", a->says);
    if (a->reason[0]) hf_buf_addf(out, " (%s)", a->reason);
    if (a->uptime_ms >= 0) {
        HF_BUF_LIT(out, ", up ");
        hf_show_ms(out, a->uptime_ms);
    }
    if (!a->is_gateway && a->is_html) HF_BUF_LIT(out, ", an HTML page");
    if (!a->is_gateway && a->server[0]) hf_buf_addf(out, ", from %s", a->server);
}

static void add_reach(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    if (f->reach == HF_CHECKUP_NOT_TRIED) return;
    HF_BUF_LIT(out, "  address    ");
    if (f->reach == HF_CHECKUP_CONNECTED) {
        hf_buf_addf(out, "connected %s %s in ", f->is_proxied ? "through the proxy" : "to",
                    f->address);
        hf_show_ms(out, f->reach_ms);
    } else {
        hf_buf_add(out, hf_bytes_cstr(f->reach_text));
    }
    HF_BUF_LIT(out, "\n");
}

static void add_http(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    for (size_t i = 0; i < HF_CHECKUP_PATHS; i++) {
        if (f->http[i].speech == HF_CHECKUP_NOT_ASKED) continue;
        hf_buf_addf(out, "  %-10s", paths[i].path);
        add_answer(out, &f->http[i]);
        HF_BUF_LIT(out, "\n");
    }
}

static void add_login(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    if (!f->is_logged_in && (f->cause[0] == '\0' || strcmp(f->error, f->reach_text) == 0)) return;
    HF_BUF_LIT(out, "  login      ");
    if (!f->is_logged_in) {
        hf_buf_add(out, hf_bytes_cstr(f->error[0] ? f->error : "no answer in time"));
        HF_BUF_LIT(out, "\n");
        return;
    }
    HF_BUF_LIT(out, "hello after ");
    hf_show_ms(out, f->login_ms);
    if (f->startup_waits > 0)
        hf_buf_addf(out, " (it was starting: %u attempts before)", f->startup_waits);
    HF_BUF_LIT(out, "\n");
}

static void add_health(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    if (!f->is_logged_in) return;
    HF_BUF_LIT(out, "  health     ");
    if (!f->has_health) {
        hf_buf_addf(out, "no answer: %s\n", f->health_error);
        return;
    }
    hf_buf_add(out, hf_bytes_cstr(f->is_health_ok ? "ok" : "not ok"));
    if (f->rtt_ms >= 0) {
        HF_BUF_LIT(out, ", round trip ");
        hf_show_ms(out, f->rtt_ms);
    }
    if (f->loop_delay_ms >= 0) {
        HF_BUF_LIT(out, ", loop delay up to ");
        hf_show_ms(out, f->loop_delay_ms);
    }
    if (f->is_loop_degraded) HF_BUF_LIT(out, " (its loop is overloaded)");
    HF_BUF_LIT(out, "\n");
}

static void add_versions(const struct hf_checkup_facts *f, struct hf_buf *out)
{
    const char *gateway =
        f->server_version[0] ? f->server_version : f->http[HF_CHECKUP_STARTUPZ].version;
    if (gateway[0]) hf_buf_addf(out, "  versions   gateway %s, holdfast %s\n", gateway, HF_VERSION);
}

static void add_advice(const struct hf_checkup_facts *f, enum hf_verdict verdict,
                       struct hf_buf *out)
{
    struct hf_buf lines;
    hf_buf_init(&lines, HF_CHECKUP_ANSWER_BYTES);
    hf_checkup_advise(f, verdict, &lines);
    struct hf_bytes text = hf_buf_view(&lines);
    const char *mark = "\n  do         ";
    for (size_t from = 0; from < text.len;) {
        size_t end = hf_bytes_find(text, from, '\n');
        hf_buf_add(out, hf_bytes_cstr(mark));
        hf_buf_add(out, hf_bytes(text.ptr + from, end - from + 1));
        mark = "             ";
        from = end + 1;
    }
    hf_buf_fini(&lines);
}

static const char *colour_of(enum hf_verdict verdict)
{
    if (verdict == HF_VERDICT_OK) return "\033[32m";
    bool will_pass = verdict == HF_VERDICT_STARTING || verdict == HF_VERDICT_DRAINING ||
                     verdict == HF_VERDICT_NOT_READY;
    return will_pass ? "\033[33m" : "\033[31m";
}

void hf_checkup_text(const struct hf_checkup_facts *f, enum hf_verdict verdict, bool has_colour,
                     struct hf_buf *out)
{
    hf_buf_addf(out, "%s\n%s%s%s: %s\n\n", f->url, has_colour ? colour_of(verdict) : "",
                hf_verdict_name(verdict), has_colour ? "\033[0m" : "",
                hf_verdict_headline(verdict));
    add_reach(f, out);
    add_http(f, out);
    add_login(f, out);
    add_health(f, out);
    add_versions(f, out);
    add_advice(f, verdict, out);
}

/* --- for programs --- */

static void put_text(struct hf_json_writer *w, const char *key, const char *text)
{
    if (text[0])
        hf_json_add_text(w, key, hf_bytes_cstr(text));
    else
        hf_json_add_null(w, key);
}

static void put_ms(struct hf_json_writer *w, const char *key, int64_t ms)
{
    if (ms >= 0)
        hf_json_add_int(w, key, ms);
    else
        hf_json_add_null(w, key);
}

static void put_http(const struct hf_checkup_facts *f, struct hf_json_writer *w)
{
    hf_json_add_object(w, "http");
    for (size_t i = 0; i < HF_CHECKUP_PATHS; i++) {
        const struct hf_checkup_answer *a = &f->http[i];
        if (a->speech != HF_CHECKUP_HTTP) {
            hf_json_add_null(w, paths[i].name);
            continue;
        }
        hf_json_add_object(w, paths[i].name);
        hf_json_add_int(w, "status", a->status);
        hf_json_add_bool(w, "isGateway", a->is_gateway);
        put_text(w, "says", a->says);
        put_text(w, "reason", a->reason);
        put_ms(w, "uptimeMs", a->uptime_ms);
        put_text(w, "server", a->server);
        put_ms(w, "ms", a->took_ms);
        hf_json_close_object(w);
    }
    hf_json_close_object(w);
}

static void put_login(const struct hf_checkup_facts *f, struct hf_json_writer *w)
{
    put_ms(w, "connectLatencyMs", f->is_logged_in ? f->login_ms : -1);
    if (f->is_logged_in || f->close_code == 0) {
        hf_json_add_null(w, "close");
    } else {
        hf_json_add_object(w, "close");
        hf_json_add_int(w, "code", f->close_code);
        hf_json_close_object(w);
    }
    hf_json_add_object(w, "login");
    hf_json_add_bool(w, "ok", f->is_logged_in);
    put_text(w, "cause", f->is_logged_in ? "" : f->cause);
    put_text(w, "code", f->is_logged_in ? "" : f->code);
    put_text(w, "detail", f->is_logged_in ? "" : f->detail);
    put_text(w, "requestId", f->is_logged_in ? "" : f->request_id);
    hf_json_add_int(w, "startupWaits", f->startup_waits);
    put_text(w, "scopes", f->scopes);
    hf_json_close_object(w);
}

static void put_health(const struct hf_checkup_facts *f, struct hf_json_writer *w)
{
    if (!f->has_health) {
        hf_json_add_null(w, "health");
        return;
    }
    hf_json_add_object(w, "health");
    hf_json_add_bool(w, "ok", f->is_health_ok);
    put_ms(w, "rttMs", f->rtt_ms);
    put_ms(w, "loopDelayMs", f->loop_delay_ms);
    hf_json_add_bool(w, "loopDegraded", f->is_loop_degraded);
    hf_json_close_object(w);
}

static void put_advice(const struct hf_checkup_facts *f, enum hf_verdict verdict,
                       struct hf_json_writer *w)
{
    struct hf_buf lines;
    hf_buf_init(&lines, HF_CHECKUP_ANSWER_BYTES);
    hf_checkup_advise(f, verdict, &lines);
    struct hf_bytes text = hf_buf_view(&lines);
    hf_json_add_array(w, "advice");
    for (size_t from = 0; from < text.len;) {
        size_t end = hf_bytes_find(text, from, '\n');
        hf_json_put_text(w, hf_bytes(text.ptr + from, end - from));
        from = end + 1;
    }
    hf_json_close_array(w);
    hf_buf_fini(&lines);
}

/* "starting: startup-sidecars" (spec/startup-retry.md 3.7), or the line for people. */
static void put_error(const struct hf_checkup_facts *f, enum hf_verdict verdict,
                      struct hf_json_writer *w)
{
    const char *line = f->error[0] ? f->error : f->reach_text;
    if (verdict == HF_VERDICT_OK)
        hf_json_add_null(w, "error");
    else if (verdict == HF_VERDICT_STARTING)
        hf_json_add_text(w, "error", HF_LIT("starting: startup-sidecars"));
    else
        hf_json_add_text(w, "error", hf_bytes_cstr(line[0] ? line : hf_verdict_headline(verdict)));
}

void hf_checkup_json(const struct hf_checkup_facts *f, enum hf_verdict verdict, struct hf_buf *out)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", verdict == HF_VERDICT_OK);
    hf_json_add_text(&w, "verdict", hf_bytes_cstr(hf_verdict_name(verdict)));
    hf_json_add_text(&w, "summary", hf_bytes_cstr(hf_verdict_headline(verdict)));
    hf_json_add_bool(&w, "reached", hf_verdict_is_reached(verdict));
    hf_json_add_text(&w, "url", hf_bytes_cstr(f->url));
    put_error(f, verdict, &w);
    put_advice(f, verdict, &w);
    hf_json_add_object(&w, "address");
    put_text(&w, "connected", f->address);
    hf_json_add_bool(&w, "proxy", f->is_proxied);
    put_ms(&w, "ms", f->reach_ms);
    put_text(&w, "error", f->reach_text);
    hf_json_close_object(&w);
    put_http(f, &w);
    put_login(f, &w);
    put_health(f, &w);
    put_text(&w, "gatewayVersion",
             f->server_version[0] ? f->server_version : f->http[HF_CHECKUP_STARTUPZ].version);
    hf_json_add_text(&w, "holdfastVersion", HF_LIT(HF_VERSION));
    hf_json_close_object(&w);
}
