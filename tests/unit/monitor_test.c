/* The live view: what it makes of answers, and how it looks. */
#include "lib/check.h"
#include "prog/monitor/view.h"

#include <stdio.h>

#define HEALTH                                                                                     \
    "{\"ok\":true,\"eventLoop\":{\"degraded\":false,\"delayP99Ms\":20,\"delayMaxMs\":20.9,"        \
    "\"utilization\":0.42},\"connection\":{\"connected\":true,\"rttMs\":3,"                        \
    "\"lastHeartbeatAt\":1795318002004}}"

static struct hf_monitor w;

static struct hf_now at_ms(int64_t ms)
{
    return (struct hf_now){ .mono = hf_at_ms(ms), .wall_ms = 1795318000000 + ms };
}

static void connect_at(int64_t ms)
{
    hf_monitor_connected(&w, hf_at_ms(ms), HF_LIT("0.1.0"), HF_LIT("own"));
}

static void line_is(size_t row, int64_t ms, bool is_health, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 4096);
    hf_monitor_line(&w, at_ms(ms), is_health, &out);
    CHECK_EQ_AT(row, hf_buf_done(&out), 0);
    CHECK_TEXT_AT(row, hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

static void a_life_in_lines(void)
{
    hf_monitor_init(&w, hf_at_ms(0));
    line_is(0, 10, true, "2026-11-22T03:26:40.010Z connecting for 10 ms, reconnects 0\n");
    connect_at(100);
    hf_monitor_rtt(&w, 3);
    hf_monitor_health(&w, HF_LIT(HEALTH), 2);
    line_is(
        1, 3100, true,
        "2026-11-22T03:26:43.100Z connected for 3.0 s, round trip 3 ms, beat 1.0 s ago, health ok "
        "in 2 ms, loop delay 20 ms, reconnects 0\n");
    hf_monitor_event(&w, hf_at_ms(3100), HF_LIT("tick"));
    hf_monitor_event(&w, hf_at_ms(3200), HF_LIT("presence"));
    hf_monitor_event(&w, hf_at_ms(3300), HF_LIT("tick"));
    line_is(
        2, 4000, false,
        "2026-11-22T03:26:44.000Z connected for 3.9 s, round trip 3 ms, beat 1.9 s ago, health ok "
        "in 2 ms, loop delay 20 ms, events 0.8/s  tick 0.5  presence 0.2, reconnects 0\n");
    hf_monitor_lost(&w, hf_at_ms(5000), HF_MONITOR_LOST, HF_LIT("service restart (1012)"), 1500);
    line_is(
        3, 5500, true,
        "2026-11-22T03:26:45.500Z lost for 500 ms, next attempt in 1.0 s: service restart (1012), "
        "reconnects 0\n");
    hf_monitor_lost(&w, hf_at_ms(6500), HF_MONITOR_STARTING, HF_LIT("gateway starting"), 500);
    line_is(
        4, 6500, true,
        "2026-11-22T03:26:46.500Z starting for 1.5 s, next attempt in 500 ms: gateway starting, "
        "reconnects 0\n");
    hf_monitor_lost(&w, hf_at_ms(7000), HF_MONITOR_PAUSED, HF_LIT("token \033[31mmismatch"), -1);
    line_is(5, 7000, true,
            "2026-11-22T03:26:47.000Z paused for 2.0 s: token ?[31mmismatch, reconnects 0\n");
    connect_at(8000);
    CHECK_EQ(w.reconnects, 1);
}

/* Another gateway's answer to health: no block `connection`, nothing of the loop. */
static void what_a_gateway_does_not_tell_is_said_so(void)
{
    hf_monitor_init(&w, hf_at_ms(0));
    connect_at(0);
    hf_monitor_rtt(&w, -1);
    hf_monitor_health(&w, HF_LIT("{\"ok\":false}"), 7);
    line_is(
        0, 1000, true,
        "2026-11-22T03:26:41.000Z connected for 1.0 s, round trip -, beat not reported, health not "
        "ok in 7 ms, loop delay -, reconnects 0\n");
    hf_monitor_no_health(&w);
    CHECK_EQ(w.answer_ms, -1);
}

static void json_lines_have_the_same_figures(void)
{
    struct hf_buf out;
    hf_monitor_init(&w, hf_at_ms(0));
    connect_at(0);
    hf_monitor_rtt(&w, 3);
    hf_monitor_health(&w, HF_LIT(HEALTH), 2);
    hf_monitor_event(&w, hf_at_ms(500), HF_LIT("tick"));
    hf_buf_init(&out, 4096);
    hf_monitor_json(&w, at_ms(1000), false, &out);
    CHECK_TEXT(hf_buf_view(&out),
               "{\"ts\":1795318001000,\"link\":\"connected\",\"forMs\":1000,\"rttMs\":3,"
               "\"lastHeartbeatAt\":1795318002004,\"healthMs\":2,\"healthOk\":true,"
               "\"loopDelayMs\":20,\"reconnects\":0,\"gaps\":0,\"eventsWindowMs\":1000,"
               "\"events\":{\"tick\":1}}\n");
    hf_buf_fini(&out);
}

/* --- the table of connections --- */

struct connection {
    int id;
    int64_t rtt_ms;
    uint64_t queued, out;
};

static void take_connections(int64_t ms, const struct connection *rows, size_t count)
{
    struct hf_buf text;
    hf_buf_init(&text, 1 << 20);
    hf_buf_addf(&text, "{\"count\":%zu,\"clients\":%zu,\"connections\":[", count, count);
    for (size_t i = 0; i < count; i++)
        hf_buf_addf(
            &text,
            "%s{\"connId\":\"c%d\",\"clientId\":\"cli\",\"mode\":\"cli\",\"state\":\"ready\","
            "\"ageMs\":%lld,\"rttMs\":%lld,\"queuedBytes\":%llu,\"bytesOut\":%llu,"
            "\"connected\":true}",
            i ? "," : "", rows[i].id, (long long)ms, (long long)rows[i].rtt_ms,
            (unsigned long long)rows[i].queued, (unsigned long long)rows[i].out);
    HF_BUF_LIT(&text, "]}");
    CHECK_EQ(hf_buf_done(&text), 0);
    hf_monitor_connections(&w, hf_at_ms(ms), hf_buf_view(&text));
    hf_buf_fini(&text);
}

static void connections_are_followed_by_their_ids(void)
{
    static const struct connection first[] = { { 1, 3, 0, 100 }, { 2, 4, 10, 200 } };
    static const struct connection second[] = { { 3, 9, 0, 50 }, { 2, 5, 20, 2200 } };
    hf_monitor_init(&w, hf_at_ms(0));
    take_connections(1000, first, HF_COUNT(first));
    CHECK_EQ(w.row_count, 2);
    CHECK_EQ(w.queued_bytes, 10);
    CHECK_EQ(w.rows[1].out_per_second, 0); /* one sample has no rate */
    take_connections(3000, second, HF_COUNT(second));
    CHECK_EQ(w.row_count, 2);
    CHECK_TEXT(hf_bytes_cstr(w.rows[0].id), "c2");
    CHECK_EQ(w.rows[0].out_per_second, 1000);
    CHECK_EQ(w.rows[0].rtt.count, 2);
    CHECK_TEXT(hf_bytes_cstr(w.rows[1].id), "c3");
    CHECK_EQ(w.queued_bytes, 20);
    take_connections(4000, NULL, 0);
    CHECK_EQ(w.row_count, 0);
}

static void the_worst_are_shown_when_not_all_fit(void)
{
    static const struct connection rows[] = {
        { 1, 3, 0, 0 }, { 2, 9, 0, 0 }, { 3, 1, 500, 0 }, { 4, 3, 0, 0 }
    };
    const struct hf_monitor_row *out[8];
    hf_monitor_init(&w, hf_at_ms(0));
    take_connections(1000, rows, HF_COUNT(rows));
    CHECK_EQ(hf_monitor_worst(&w, out, 8), 4);
    CHECK_EQ(hf_monitor_worst(&w, out, 3), 3);
    CHECK_TEXT(hf_bytes_cstr(out[0]->id), "c1"); /* as slow as c4, but before it */
    CHECK_TEXT(hf_bytes_cstr(out[1]->id), "c2");
    CHECK_TEXT(hf_bytes_cstr(out[2]->id), "c3");
    CHECK_EQ(hf_monitor_worst(&w, out, 1), 1);
    CHECK_TEXT(hf_bytes_cstr(out[0]->id), "c3");
    CHECK_EQ(hf_monitor_worst(&w, out, 0), 0);
}

/* N and N + 1 of MONITOR_ROWS. */
static void more_connections_than_the_bound_are_counted(void)
{
    static struct connection rows[HF_LIMIT_MONITOR_ROWS + 1];
    for (int i = 0; i <= HF_LIMIT_MONITOR_ROWS; i++)
        rows[i] = (struct connection){ .id = i, .queued = 1 };
    hf_monitor_init(&w, hf_at_ms(0));
    take_connections(1000, rows, HF_LIMIT_MONITOR_ROWS);
    CHECK_EQ(w.row_count, HF_LIMIT_MONITOR_ROWS);
    take_connections(2000, rows, HF_LIMIT_MONITOR_ROWS + 1);
    CHECK_EQ(w.row_count, HF_LIMIT_MONITOR_ROWS);
    CHECK_EQ(w.connection_count, HF_LIMIT_MONITOR_ROWS + 1);
    CHECK_EQ(w.queued_bytes, HF_LIMIT_MONITOR_ROWS + 1);
    take_connections(3000, rows + 1, HF_LIMIT_MONITOR_ROWS); /* the place of a gone one is taken */
    CHECK_EQ(w.row_count, HF_LIMIT_MONITOR_ROWS);
}

/* --- the screen --- */

static void row_text(const struct hf_screen *s, unsigned row, char *out)
{
    size_t len = 0;
    for (unsigned column = 0; column < s->columns; column++) {
        uint32_t c = s->next[(size_t)row * s->columns + column].character;
        out[column] = (char)(c < 0x80 ? c : '#');
        if (c != ' ') len = column + 1;
    }
    out[len] = '\0';
}

static void screen_is(const struct hf_screen *s, const char *const *want, size_t count)
{
    char text[HF_LIMIT_SCREEN_COLUMNS + 1];
    for (unsigned row = 0; row < s->rows; row++) {
        row_text(s, row, text);
        CHECK_TEXT_AT(row, hf_bytes_cstr(text), row < count ? want[row] : "");
    }
}

static void a_screen_of_80_by_24_shows_it_all(void)
{
    static const char *const want[] = {
        "holdfast watch   ws://127.0.0.1:18789   gateway 0.1.0                  03:26:44",
        "connected for 4.0 s",
        "",
        "round trip 3 ms                                             +  beat 1.9 s ago",
        "health     2 ms                                             -  ok",
        "loop delay 20 ms                                            -  busy 42 %",
        "events     0.2/s  tick 0.2",
        "since start 0 reconnects, 0 gaps",
        "3 connections, 3 logged in, 500 B queued",
        " client             state    rtt                 queued     out        age",
        " cli/cli            ready    3 ms              + 0 B        0 B/s      1.0 s",
        " cli/cli            ready    9 ms              @ 0 B        0 B/s      1.0 s",
        " cli/cli            ready    1 ms              . 500 B      0 B/s      1.0 s",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "q quits"
    };
    static const struct connection rows[] = { { 1, 3, 0, 0 }, { 2, 9, 0, 0 }, { 3, 1, 500, 0 } };
    const struct hf_monitor_look look = { .url = "ws://127.0.0.1:18789" };
    struct hf_screen s = { 0 };
    hf_monitor_init(&w, hf_at_ms(0));
    connect_at(0);
    hf_monitor_rtt(&w, 3);
    hf_monitor_health(&w, HF_LIT(HEALTH), 2);
    hf_monitor_event(&w, hf_at_ms(500), HF_LIT("tick"));
    take_connections(1000, rows, HF_COUNT(rows));
    CHECK_EQ(hf_screen_resize(&s, 80, 24), 0);
    hf_monitor_draw(&w, at_ms(4000), &look, &s);
    screen_is(&s, want, HF_COUNT(want));
    hf_screen_fini(&s);
}

static void a_small_screen_is_no_reason_to_crash(void)
{
    static const unsigned sizes[][2] = {
        { 1, 1 }, { 20, 5 }, { 80, 10 }, { 80, 11 }, { 512, 256 }
    };
    static const struct connection rows[] = { { 1, 3, 0, 0 }, { 2, 9, 0, 0 }, { 3, 1, 500, 0 } };
    for (size_t i = 0; i < HF_COUNT(sizes); i++) {
        const struct hf_monitor_look look = { .url = "ws://x", .has_unicode = i % 2 };
        struct hf_screen s = { 0 };
        hf_monitor_init(&w, hf_at_ms(0));
        take_connections(1000, rows, HF_COUNT(rows));
        CHECK_EQ(hf_screen_resize(&s, sizes[i][0], sizes[i][1]), 0);
        hf_monitor_draw(&w, at_ms(4000), &look, &s);
        hf_monitor_lost(&w, hf_at_ms(4000), HF_MONITOR_PAUSED, HF_LIT("token mismatch"), -1);
        hf_monitor_draw(&w, at_ms(5000), &look, &s);
        hf_screen_fini(&s);
    }
}

CHECK_MAIN(a_life_in_lines, what_a_gateway_does_not_tell_is_said_so,
           json_lines_have_the_same_figures, connections_are_followed_by_their_ids,
           the_worst_are_shown_when_not_all_fit, more_connections_than_the_bound_are_counted,
           a_screen_of_80_by_24_shows_it_all, a_small_screen_is_no_reason_to_crash)
