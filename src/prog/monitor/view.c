#include "prog/monitor/view.h"
#include "base/iso.h"
#include "prog/show/text.h"
#include "prog/show/units.h"
#include "wire/json_write.h"

#include <stdio.h>

enum {
    LINE_BYTES = 2048,
    LABEL_COLUMN = 0,
    VALUE_COLUMN = 11,
    BARS_COLUMN = 21,
    BARS = 40,
    NOTE_COLUMN = 63,
    TABLE_ROW = 9,
    STATE_COLUMN = 20, /* of the table: it fits 80 columns */
    RTT_COLUMN = 29,
    TABLE_BARS_COLUMN = 36,
    TABLE_BARS = 12,
    QUEUED_COLUMN = 49,
    OUT_COLUMN = 60,
    AGE_COLUMN = 71,
    RTT_LEAST_MS = 5, /* less than that is drawn as a flat line */
    LOOP_LEAST_MS = 50,
    TOP_EVENTS = 6,
};

static const char *const link_names[] = {
    [HF_MONITOR_CONNECTING] = "connecting", [HF_MONITOR_CONNECTED] = "connected",
    [HF_MONITOR_STARTING] = "starting",     [HF_MONITOR_LOST] = "lost",
    [HF_MONITOR_PAUSED] = "paused",
};

static enum hf_style link_style(enum hf_monitor_link link)
{
    if (link == HF_MONITOR_CONNECTED) return HF_STYLE_GOOD;
    return link == HF_MONITOR_LOST || link == HF_MONITOR_PAUSED ? HF_STYLE_BAD : HF_STYLE_WARN;
}

/* --- pieces of text --- */

struct drawing {
    const struct hf_monitor *w;
    struct hf_now now;
    const struct hf_monitor_look *look;
    struct hf_screen *screen;
    struct hf_buf text; /* for one piece at a time */
};

static unsigned put(struct drawing *d, unsigned row, unsigned column, enum hf_style style)
{
    unsigned end = hf_screen_put(d->screen, row, column, style, hf_buf_view(&d->text));
    hf_buf_reset(&d->text, LINE_BYTES);
    return end;
}

static void put_words(struct drawing *d, unsigned row, unsigned column, enum hf_style style,
                      const char *words)
{
    hf_screen_put(d->screen, row, column, style, hf_bytes_cstr(words));
}

static void add_ms(struct hf_buf *out, int64_t ms)
{
    if (ms >= 0)
        hf_show_ms(out, ms);
    else
        HF_BUF_LIT(out, "-");
}

static int64_t since_ms(struct hf_now now, hf_time then)
{
    return hf_span_ms(hf_time_since(now.mono, then));
}

/* "connected for 5 min 3 s", "lost for 3.0 s, next attempt in 1.0 s" */
static void add_link(const struct hf_monitor *w, struct hf_now now, struct hf_buf *out)
{
    bool is_new = w->link == HF_MONITOR_LOST && !w->was_connected;
    hf_buf_add(out, hf_bytes_cstr(is_new ? "not connected" : link_names[w->link]));
    HF_BUF_LIT(out, " for ");
    hf_show_ms(out, since_ms(now, w->since));
    if (hf_time_before(w->retry_at, HF_NEVER)) {
        HF_BUF_LIT(out, ", next attempt in ");
        hf_show_ms(out, since_ms((struct hf_now){ .mono = w->retry_at }, now.mono));
    }
}

/* Why there is no connection, or "". */
static const char *reason_of(const struct hf_monitor *w)
{
    return w->link == HF_MONITOR_CONNECTED ? "" : w->text;
}

static void add_heartbeat(const struct hf_monitor *w, struct hf_now now, struct hf_buf *out)
{
    if (!w->is_reported) {
        HF_BUF_LIT(out, "beat not reported");
        return;
    }
    HF_BUF_LIT(out, "beat ");
    if (w->heartbeat_at_ms < 0) {
        HF_BUF_LIT(out, "none yet");
        return;
    }
    hf_show_ms(out, hf_wall_ms_since(now.wall_ms, w->heartbeat_at_ms));
    HF_BUF_LIT(out, " ago");
}

static void add_events(const struct hf_monitor *w, struct hf_now now, struct hf_buf *out)
{
    const struct hf_rate *top[HF_LIMIT_RATE_NAMES + 1];
    int64_t window_ms = hf_rates_window_ms(&w->events, now.mono);
    uint64_t all = 0;
    size_t count = hf_rates_top(&w->events, top, HF_COUNT(top));
    for (size_t i = 0; i < count; i++) all += top[i]->recent;
    hf_show_rate(out, all, window_ms);
    HF_BUF_LIT(out, "/s");
    for (size_t i = 0; i < count && i < TOP_EVENTS; i++) {
        hf_buf_addf(out, "  %s ", top[i]->name);
        hf_show_rate(out, top[i]->recent, window_ms);
    }
}

/* --- the screen --- */

static void draw_head(struct drawing *d)
{
    char clock[HF_ISO_CHARS];
    put_words(d, 0, 0, HF_STYLE_TITLE, d->look->is_health ? "holdfast health" : "holdfast watch");
    hf_buf_addf(&d->text, "%s", d->look->url);
    if (d->w->version[0]) hf_buf_addf(&d->text, "   gateway %s", d->w->version);
    put(d, 0, 17, HF_STYLE_PLAIN);
    hf_iso_write(d->now.wall_ms, clock);
    if (d->screen->columns >= 60)
        hf_screen_put(d->screen, 0, d->screen->columns - 9, HF_STYLE_FAINT,
                      hf_bytes(clock + 11, 8)); /* the time of day, UTC */
    add_link(d->w, d->now, &d->text);
    put(d, 1, LABEL_COLUMN, link_style(d->w->link));
    put_words(d, 2, LABEL_COLUMN, HF_STYLE_PLAIN, reason_of(d->w));
}

static void draw_bars(struct drawing *d, unsigned row, const struct hf_spark *spark, int64_t least)
{
    hf_spark_write(spark, &d->text, BARS, least, d->look->has_unicode);
    put(d, row, BARS_COLUMN, HF_STYLE_PLAIN);
}

static void draw_figures(struct drawing *d)
{
    const struct hf_monitor *w = d->w;
    put_words(d, 3, LABEL_COLUMN, HF_STYLE_FAINT, "round trip");
    add_ms(&d->text, w->rtt_ms);
    put(d, 3, VALUE_COLUMN, HF_STYLE_TITLE);
    add_heartbeat(w, d->now, &d->text);
    put(d, 3, NOTE_COLUMN, HF_STYLE_PLAIN);
    draw_bars(d, 3, &w->rtt, RTT_LEAST_MS);
    put_words(d, 4, LABEL_COLUMN, HF_STYLE_FAINT, "health");
    add_ms(&d->text, w->answer_ms);
    put(d, 4, VALUE_COLUMN, HF_STYLE_TITLE);
    if (w->answer_ms >= 0)
        put_words(d, 4, NOTE_COLUMN, w->is_ok ? HF_STYLE_GOOD : HF_STYLE_BAD,
                  w->is_ok ? "ok" : "not ok");
    draw_bars(d, 4, &w->answer, RTT_LEAST_MS);
    put_words(d, 5, LABEL_COLUMN, HF_STYLE_FAINT, "loop delay");
    add_ms(&d->text, w->loop_max_ms);
    put(d, 5, VALUE_COLUMN, w->is_degraded ? HF_STYLE_BAD : HF_STYLE_TITLE);
    if (w->utilization_percent >= 0)
        hf_buf_addf(&d->text, "busy %lld %%", (long long)w->utilization_percent);
    put(d, 5, NOTE_COLUMN, HF_STYLE_PLAIN);
    draw_bars(d, 5, &w->loop, LOOP_LEAST_MS);
}

static void draw_counts(struct drawing *d)
{
    const struct hf_monitor *w = d->w;
    put_words(d, 6, LABEL_COLUMN, HF_STYLE_FAINT, "events");
    add_events(w, d->now, &d->text);
    put(d, 6, VALUE_COLUMN, HF_STYLE_PLAIN);
    put_words(d, 7, LABEL_COLUMN, HF_STYLE_FAINT, "since start");
    hf_buf_addf(&d->text, " %u reconnect%s, %u gap%s", w->reconnects, w->reconnects == 1 ? "" : "s",
                w->gaps, w->gaps == 1 ? "" : "s");
    put(d, 7, VALUE_COLUMN, HF_STYLE_PLAIN);
}

static void draw_row(struct drawing *d, unsigned row, const struct hf_monitor_row *c)
{
    enum hf_style style = c->is_connected ? HF_STYLE_PLAIN : HF_STYLE_WARN;
    hf_buf_addf(&d->text, "%c%.18s", c->is_own ? '>' : ' ', c->label);
    put(d, row, 0, style);
    hf_buf_addf(&d->text, "%.8s", c->state);
    put(d, row, STATE_COLUMN, style);
    add_ms(&d->text, c->rtt_ms);
    put(d, row, RTT_COLUMN, style);
    hf_spark_write(&c->rtt, &d->text, TABLE_BARS, RTT_LEAST_MS, d->look->has_unicode);
    put(d, row, TABLE_BARS_COLUMN, style);
    hf_show_bytes(&d->text, c->queued_bytes);
    put(d, row, QUEUED_COLUMN, c->queued_bytes ? HF_STYLE_WARN : style);
    hf_show_bytes(&d->text, c->out_per_second);
    HF_BUF_LIT(&d->text, "/s");
    put(d, row, OUT_COLUMN, style);
    hf_show_ms(&d->text, c->age_ms);
    put(d, row, AGE_COLUMN, style);
}

static void draw_titles(struct drawing *d)
{
    static const struct {
        unsigned column;
        const char *title;
    } titles[] = { { 1, "client" },       { STATE_COLUMN, "state" },
                   { RTT_COLUMN, "rtt" }, { QUEUED_COLUMN, "queued" },
                   { OUT_COLUMN, "out" }, { AGE_COLUMN, "age" } };
    for (size_t i = 0; i < HF_COUNT(titles); i++)
        put_words(d, TABLE_ROW, titles[i].column, HF_STYLE_FAINT, titles[i].title);
}

static void draw_table(struct drawing *d)
{
    const struct hf_monitor *w = d->w;
    const struct hf_monitor_row *shown[HF_LIMIT_MONITOR_ROWS];
    static const char *const why[] = {
        [HF_MONITOR_NO_TABLE_YET] = "",
        [HF_MONITOR_TABLE] = "",
        [HF_MONITOR_NOT_ALLOWED] =
            "its other connections: this login lacks the scope operator.admin",
        [HF_MONITOR_UNKNOWN] = "its other connections: not told here (no diagnostics.connections)",
    };
    unsigned rows = d->screen->rows > TABLE_ROW + 2 ? d->screen->rows - TABLE_ROW - 2 : 0;
    put_words(d, TABLE_ROW - 1, 0, HF_STYLE_FAINT, why[w->table]);
    if (w->table != HF_MONITOR_TABLE) return;
    hf_buf_addf(&d->text, "%lld connections, %lld logged in, ", (long long)w->connection_count,
                (long long)w->client_count);
    hf_show_bytes(&d->text, w->queued_bytes);
    HF_BUF_LIT(&d->text, " queued");
    put(d, TABLE_ROW - 1, 0, HF_STYLE_FAINT);
    draw_titles(d);
    size_t count = hf_monitor_worst(w, shown, rows < HF_COUNT(shown) ? rows : HF_COUNT(shown));
    for (size_t i = 0; i < count; i++) draw_row(d, TABLE_ROW + 1 + (unsigned)i, shown[i]);
    if ((int64_t)count >= w->connection_count) return;
    hf_buf_addf(&d->text, "   %lld more", (long long)(w->connection_count - (int64_t)count));
    put(d, d->screen->rows - 1, 8, HF_STYLE_FAINT);
}

void hf_monitor_draw(const struct hf_monitor *w, struct hf_now now,
                     const struct hf_monitor_look *look, struct hf_screen *screen)
{
    struct drawing d = { .w = w, .now = now, .look = look, .screen = screen };
    hf_buf_init(&d.text, LINE_BYTES);
    hf_screen_clear(screen);
    draw_head(&d);
    draw_figures(&d);
    draw_counts(&d);
    if (!look->is_health) draw_table(&d);
    put_words(&d, screen->rows - 1, 0, HF_STYLE_FAINT, "q quits");
    hf_buf_fini(&d.text);
}

/* --- lines --- */

void hf_monitor_line(const struct hf_monitor *w, struct hf_now now, bool is_health,
                     struct hf_buf *out)
{
    char clock[HF_ISO_CHARS];
    hf_buf_add(out, hf_bytes(clock, hf_iso_write(now.wall_ms, clock)));
    HF_BUF_LIT(out, " ");
    add_link(w, now, out);
    if (reason_of(w)[0]) hf_buf_addf(out, ": %s", reason_of(w));
    if (w->link == HF_MONITOR_CONNECTED) {
        HF_BUF_LIT(out, ", round trip ");
        add_ms(out, w->rtt_ms);
        HF_BUF_LIT(out, ", ");
        add_heartbeat(w, now, out);
        hf_buf_addf(out, ", health %s in ", w->is_ok ? "ok" : "not ok");
        add_ms(out, w->answer_ms);
        HF_BUF_LIT(out, ", loop delay ");
        add_ms(out, w->loop_max_ms);
    }
    if (w->table == HF_MONITOR_TABLE && !is_health) {
        hf_buf_addf(out, ", %lld connections, ", (long long)w->connection_count);
        hf_show_bytes(out, w->queued_bytes);
        HF_BUF_LIT(out, " queued");
    }
    if (!is_health) {
        HF_BUF_LIT(out, ", events ");
        add_events(w, now, out);
    }
    hf_buf_addf(out, ", reconnects %u\n", w->reconnects);
}

static void put_ms(struct hf_json_writer *j, const char *key, int64_t ms)
{
    if (ms >= 0)
        hf_json_add_int(j, key, ms);
    else
        hf_json_add_null(j, key);
}

static void put_events(const struct hf_monitor *w, struct hf_now now, struct hf_json_writer *j)
{
    hf_json_add_int(j, "eventsWindowMs", hf_rates_window_ms(&w->events, now.mono));
    hf_json_add_object(j, "events");
    for (size_t i = 0; i < w->events.count; i++) {
        hf_json_key_text(j, hf_bytes_cstr(w->events.rows[i].name));
        hf_json_put_uint(j, w->events.rows[i].recent);
    }
    hf_json_close_object(j);
}

static void put_table(const struct hf_monitor *w, struct hf_json_writer *j)
{
    hf_json_add_int(j, "connections", w->connection_count);
    hf_json_add_int(j, "clients", w->client_count);
    hf_json_add_uint(j, "queuedBytes", w->queued_bytes);
}

void hf_monitor_json(const struct hf_monitor *w, struct hf_now now, bool is_health,
                     struct hf_buf *out)
{
    struct hf_json_writer j;
    hf_json_writer_init(&j, out);
    hf_json_open_object(&j);
    hf_json_add_int(&j, "ts", now.wall_ms);
    hf_json_add_text(&j, "link", hf_bytes_cstr(link_names[w->link]));
    hf_json_add_int(&j, "forMs", since_ms(now, w->since));
    if (reason_of(w)[0]) hf_json_add_text(&j, "error", hf_bytes_cstr(reason_of(w)));
    put_ms(&j, "rttMs", w->rtt_ms);
    put_ms(&j, "lastHeartbeatAt", w->is_reported ? w->heartbeat_at_ms : -1);
    put_ms(&j, "healthMs", w->answer_ms);
    hf_json_add_bool(&j, "healthOk", w->answer_ms >= 0 && w->is_ok);
    put_ms(&j, "loopDelayMs", w->loop_max_ms);
    hf_json_add_uint(&j, "reconnects", w->reconnects);
    hf_json_add_uint(&j, "gaps", w->gaps);
    if (!is_health && w->table == HF_MONITOR_TABLE) put_table(w, &j);
    if (!is_health) put_events(w, now, &j);
    hf_json_close_object(&j);
    HF_BUF_LIT(out, "\n");
}

void hf_monitor_event_line(int64_t wall_ms, struct hf_bytes name, struct hf_bytes payload,
                           int64_t seq, struct hf_buf *out)
{
    char clock[HF_ISO_CHARS];
    hf_buf_add(out, hf_bytes(clock, hf_iso_write(wall_ms, clock)));
    HF_BUF_LIT(out, " ");
    hf_show_text(out, name, HF_RATES_NAME_BYTES);
    if (seq > 0) hf_buf_addf(out, " #%lld", (long long)seq);
    HF_BUF_LIT(out, " ");
    hf_show_text(out, payload, SIZE_MAX / 2);
    HF_BUF_LIT(out, "\n");
}
