#include "core/output.h"
#include "base/limits.h"
#include "lib/check.h"

#include <stdio.h>

static const struct hf_bytes secrets[] = { HF_LIT_INIT("canary-4711-canary") };
static const struct hf_censor_known known = { secrets, 1 };

static struct hf_output_room begun(void)
{
    struct hf_output_room o;
    CHECK_EQ(hf_output_init(&o, (struct hf_hash_key){ 1, 2 }, &known), 0);
    return o;
}

/* All notes of some bytes as text: "W:line|D50:line|S:trace|U7". */
static void tell(struct hf_output_room *o, int64_t ms, bool is_stderr, struct hf_bytes bytes,
                 struct hf_buf *told)
{
    static const char letters[] = "-DIW";
    struct hf_output_note note;
    hf_output_give(o, is_stderr, bytes);
    while (hf_output_next(o, hf_at_ms(ms), &note)) {
        if (told->len > 0) hf_buf_add_byte(told, '|');
        switch (note.kind) {
        case HF_OUTPUT_LINE:
            hf_buf_addf(told, "%c:", letters[note.level]);
            break;
        case HF_OUTPUT_REPEATS:
            hf_buf_addf(told, "%c%u:", letters[note.level], (unsigned)note.count);
            break;
        case HF_OUTPUT_STAGE:
            hf_buf_addf(told, "S%c:", letters[note.level]);
            break;
        case HF_OUTPUT_UNSHOWN:
            hf_buf_addf(told, "U%u", (unsigned)note.count);
            break;
        }
        hf_buf_add(told, note.text);
    }
}

static void lines_are_sorted_by_what_they_say(void)
{
    static const struct {
        const char *line, *want;
        bool is_stdout;
    } rows[] = {
        { "", "" },
        { " \t", "" },
        { "something broke", "W:something broke" },
        { "something broke", "I:something broke", true },
        { "[1;31mred[0m line", "W:[1;31mred[0m line" }, /* no escape: text */
        { "\x1b[1;31mred\x1b[0m line", "W:red line" },
        { "\x1b]0;title\x07x", "W:x" },
        { "\x1b]0;title\x1b\\x", "W:x" },
        { "\x1b(Bx\x1b", "W:x" },
        { "a\x01"
          "b\x7f"
          "c",
          "W:abc" },
        { "a\tb", "W:a\tb" },
        { "a\xC2\x80"
          "b\xC2\x9B"
          "31m\xC2\x9F\xC2\xA0.",
          "W:ab31m\xC2\xA0." },
        { "a\xff"
          "b\xC3",
          "W:a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD" },
        { "\xC3\xA4\xF0\x9F\x98\x80", "W:\xC3\xA4\xF0\x9F\x98\x80" },
        { "\xED\xA0\x80x", "W:\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx" },
        { "openclaw-control-ui gave TOKEN_MISMATCH", "" },
        { "closed before connect: token mismatch", "" },
        { "[ws] closed before connect code=1005", "D:[ws] closed before connect code=1005" },
        { "[ws] closed before connect code=1006 phase=ws_upgrade_started ua=n/a",
          "D:[ws] closed before connect code=1006 phase=ws_upgrade_started ua=n/a" },
        { "[ws] closed before connect code=1006 ua=n/a",
          "W:[ws] closed before connect code=1006 ua=n/a" },
        { "(node:1) ExperimentalWarning: SQLite", "D:(node:1) ExperimentalWarning: SQLite" },
        { "DeprecationWarning: x", "D:DeprecationWarning: x" },
        { "(Use `node --trace-deprecation ...`)", "D:(Use `node --trace-deprecation ...`)" },
        { "Debugger attached.", "D:Debugger attached." },
        { "Config warnings:", "D:Config warnings:" },
        { "dangerous config flags enabled", "D:dangerous config flags enabled" },
        { "NODE_OPTIONS has --require x", "D:NODE_OPTIONS has --require x" },
        { "legacy prefix x was renamed", "D:legacy prefix x was renamed" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_output_room o = begun();
        struct hf_buf told;
        hf_buf_init(&told, 4096);
        tell(&o, 0, !rows[i].is_stdout, hf_bytes_cstr(rows[i].line), &told);
        tell(&o, 0, !rows[i].is_stdout, HF_LIT("\n"), &told);
        CHECK_TEXT_AT(i, hf_buf_view(&told), rows[i].want);
        hf_buf_fini(&told);
        hf_output_fini(&o);
    }
}

/* supervisor 87 */
static void lines_are_the_same_wherever_they_are_cut(void)
{
    static const struct hf_bytes text = HF_LIT_INIT(
        "one\r\n\x1b[31mtwo\x1b[0m \xC3\xA4\n\nstartup trace: a 12.5ms\rone\n[ws] closed "
        "before connect code=1005\nlast");
    static const char want[] = "W:one|W:two \xC3\xA4|SI:startup trace: a 12.5ms|D:[ws] closed "
                               "before connect code=1005|W:last";
    for (size_t cut = 0; cut <= text.len; cut++) {
        struct hf_output_room o = begun();
        struct hf_buf told;
        hf_buf_init(&told, 4096);
        tell(&o, 0, true, hf_bytes_head(text, cut), &told);
        tell(&o, 0, true, hf_bytes_from(text, cut), &told);
        hf_output_end(&o, true);
        tell(&o, 0, true, HF_EMPTY, &told);
        CHECK_TEXT_AT(cut, hf_buf_view(&told), want);
        hf_buf_fini(&told);
        hf_output_fini(&o);
    }
}

/* supervisor 87: 20 KiB in one line, and one byte more than the limit. */
static void a_line_longer_than_16_kib_is_cut(void)
{
    static uint8_t text[HF_LIMIT_OUTPUT_LINE_BYTES + 4096 + 3];
    static const size_t lens[] = { HF_LIMIT_OUTPUT_LINE_BYTES, HF_LIMIT_OUTPUT_LINE_BYTES + 1,
                                   20480 };
    for (size_t i = 0; i < HF_COUNT(lens); i++)
        for (size_t cut = 1; cut < lens[i]; cut += 1777) {
            struct hf_lines l;
            struct hf_bytes line, head, tail;
            size_t count = 0, first = 0;
            memset(text, 'x', sizeof text);
            text[lens[i]] = '\n';
            text[lens[i] + 1] = 'y';
            text[lens[i] + 2] = '\n';
            head = hf_bytes(text, cut);
            tail = hf_bytes(text + cut, lens[i] + 3 - cut);
            hf_lines_init(&l);
            while (hf_lines_next(&l, &head, &line) || hf_lines_next(&l, &tail, &line)) {
                if (count++ == 0) first = line.len;
            }
            CHECK_EQ_AT(cut, first, HF_LIMIT_OUTPUT_LINE_BYTES);
            CHECK_EQ_AT(cut, count, 2);
            CHECK(!hf_lines_last(&l, &line));
            hf_lines_fini(&l);
        }
}

static void a_line_without_an_end_is_told_once_and_carries_16_kib_at_most(void)
{
    static uint8_t text[4096];
    struct hf_lines l;
    struct hf_bytes line;
    size_t count = 0;
    memset(text, 'x', sizeof text);
    hf_lines_init(&l);
    for (int i = 0; i < 1000; i++) {
        struct hf_bytes data = hf_bytes(text, sizeof text);
        while (hf_lines_next(&l, &data, &line)) count++;
        CHECK(l.carried.cap <= HF_LIMIT_OUTPUT_LINE_BYTES);
    }
    CHECK_EQ(count, 1);
    CHECK(!hf_lines_last(&l, &line));
    hf_lines_fini(&l);
}

/* supervisor 88 */
static void repeats_are_told_every_50_times_and_at_the_end(void)
{
    struct hf_output_room o = begun();
    struct hf_buf told;
    struct hf_output_note note;
    uint32_t cursor = 0;
    char line[64];
    hf_buf_init(&told, 65536);
    for (int i = 1; i <= 530; i++) {
        int len = snprintf(line, sizeof line, "2026-11-%02d T%d: retry %d\n", i % 30, i, i * 7);
        tell(&o, 0, true, hf_bytes(line, (size_t)len), &told);
    }
    size_t reports = 0;
    for (size_t i = 0; i < told.len; i++) reports += told.ptr[i] == '|';
    CHECK_EQ(reports, 10); /* one warning, then 50, 100, ... 500 */
    CHECK(hf_bytes_starts(hf_buf_view(&told), HF_LIT("W:2026-11-01 T1: retry 7|D50:")));
    CHECK_EQ(o.fold.folded, 529);
    CHECK(hf_output_rest(&o, &cursor, &note));
    CHECK_EQ(note.count, 530);
    CHECK_TEXT(note.text, "2026-11-01 T1: retry 7");
    CHECK(!hf_output_rest(&o, &cursor, &note));
    hf_buf_fini(&told);
    hf_output_fini(&o);
}

static void letters_of(uint32_t n, char out[8])
{
    for (int i = 0; i < 7; i++, n /= 26) out[i] = (char)('a' + n % 26);
    out[7] = '\n';
}

/* supervisor 88: distinct lines, one second each so that all are new ones that are told. */
static void the_table_forgets_the_line_least_recently_seen(void)
{
    struct hf_output_room o = begun();
    struct hf_buf told;
    char line[8];
    hf_buf_init(&told, 65536);
    for (uint32_t i = 0; i < HF_LIMIT_OUTPUT_KEYS; i++) {
        letters_of(i, line);
        tell(&o, i * 1000, true, hf_bytes(line, sizeof line), &told);
    }
    CHECK_EQ(o.fold.len, HF_LIMIT_OUTPUT_KEYS);
    /* The first is seen again; then one more line makes the second the oldest. */
    letters_of(0, line);
    hf_buf_reset(&told, 65536);
    tell(&o, 600000, true, hf_bytes(line, sizeof line), &told);
    CHECK_EQ(told.len, 0);
    letters_of(HF_LIMIT_OUTPUT_KEYS, line);
    tell(&o, 601000, true, hf_bytes(line, sizeof line), &told);
    CHECK_EQ(o.fold.len, HF_LIMIT_OUTPUT_KEYS);
    hf_buf_reset(&told, 65536);
    letters_of(0, line);
    tell(&o, 602000, true, hf_bytes(line, sizeof line), &told);
    CHECK_EQ(told.len, 0);
    letters_of(1, line);
    tell(&o, 603000, true, hf_bytes(line, sizeof line), &told);
    CHECK_TEXT(hf_buf_view(&told), "W:baaaaaa");
    hf_buf_fini(&told);
    hf_output_fini(&o);
}

/* supervisor 88: 100,000 distinct lines within one second. */
static void a_flood_of_new_lines_is_counted(void)
{
    struct hf_output_room o = begun();
    struct hf_output_note note;
    char line[8];
    size_t told = 0;
    CHECK(hf_time_same(hf_output_due(&o), HF_NEVER));
    for (uint32_t i = 0; i < 100000; i++) {
        letters_of(i, line);
        hf_output_give(&o, true, hf_bytes(line, sizeof line));
        while (hf_output_next(&o, hf_at_ms(i / 200), &note)) told++;
        if (i < HF_LIMIT_OUTPUT_TOLD) CHECK_EQ(told, i + 1);
        CHECK(o.fold.len <= HF_LIMIT_OUTPUT_KEYS);
    }
    CHECK_EQ(told, HF_LIMIT_OUTPUT_TOLD);
    CHECK_EQ(hf_output_kept_count(&o), HF_LIMIT_OUTPUT_KEPT);
    CHECK(hf_time_same(hf_output_due(&o), hf_at_ms(1000)));
    CHECK(!hf_output_next(&o, hf_at_ms(999), &note));
    CHECK(hf_output_next(&o, hf_at_ms(1000), &note));
    CHECK_EQ(note.kind, HF_OUTPUT_UNSHOWN);
    CHECK_EQ(note.count, 100000 - HF_LIMIT_OUTPUT_TOLD);
    CHECK(hf_time_same(hf_output_due(&o), HF_NEVER));
    CHECK(!hf_output_next(&o, hf_at_ms(1000), &note));
    hf_output_fini(&o);
}

/* supervisor 89 */
static void stages_of_the_start_are_collected(void)
{
    static const struct {
        const char *line, *name;
        bool is_trace, has_stage, has_total;
        int64_t took_us, total_us;
    } rows[] = {
        { "startup trace: config.load 12ms", "config.load", true, true, false, 12000, 0 },
        { "2026-11-27T10:00:00.123Z STARTUP Trace: a b 12.5ms total=20.25ms", "a b", true, true,
          true, 12500, 20250 },
        { "startup trace: x 10000ms [total=10001ms]", "x", true, true, true, 10000000, 10001000 },
        { "startup trace: plugins loaded", "", true, false, false, 0, 0 },
        { "startup trace: 12ms", "", true, false, false, 0, 0 },
        { "startup trace: a 1.ms", "", true, false, false, 0, 0 },
        { "startup trace: a 1234567890123ms", "", true, false, false, 0, 0 },
        { "startup trace:", "", true, false, false, 0, 0 },
        { "startup tracer: a 1ms", "", false, false, false, 0, 0 },
        { "trace: a 1ms", "", false, false, false, 0, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_trace_stage stage = { .took = 0 };
        bool has_stage;
        CHECK_EQ_AT(i, hf_trace_read(hf_bytes_cstr(rows[i].line), &has_stage, &stage),
                    rows[i].is_trace);
        CHECK_EQ_AT(i, has_stage, rows[i].has_stage);
        CHECK_TEXT_AT(i, stage.name, rows[i].name);
        CHECK_EQ_AT(i, stage.took, HF_US(rows[i].took_us));
        CHECK_EQ_AT(i, stage.has_total, rows[i].has_total);
        CHECK_EQ_AT(i, stage.total, HF_US(rows[i].total_us));
    }

    struct hf_output_room o = begun();
    struct hf_buf told;
    hf_buf_init(&told, 4096);
    tell(&o, 0, true,
         HF_LIT("startup trace: a 9999.9ms total=9999.9ms\nstartup trace: b 10000ms\n"
                "\x1b[2mstartup trace: c 5ms total=20000ms\x1b[0m\nstartup trace: detail\n"),
         &told);
    CHECK_TEXT(hf_buf_view(&told),
               "SI:startup trace: a 9999.9ms total=9999.9ms|SW:startup trace: b 10000ms|"
               "SI:startup trace: c 5ms total=20000ms|SI:startup trace: detail");
    CHECK_EQ(o.trace.count, 3);
    CHECK_TEXT(hf_bytes(o.trace.last.text, o.trace.last.len), "c");
    CHECK_TEXT(hf_bytes(o.trace.slowest.text, o.trace.slowest.len), "b");
    CHECK_EQ(o.trace.slowest_took, HF_SECONDS(10));
    CHECK_EQ(o.trace.total, HF_SECONDS(20));
    hf_buf_fini(&told);
    hf_output_fini(&o);
}

/* supervisor 90: in no note and in no line that is kept. */
static void secrets_do_not_come_out(void)
{
    struct hf_output_room o = begun();
    struct hf_buf told;
    hf_buf_init(&told, 65536);
    for (int i = 0; i < 51; i++)
        tell(&o, 0, true, HF_LIT("using token=abc123 and canary-4711-canary\n"), &told);
    tell(&o, 0, true, HF_LIT("startup trace: canary-4711-canary 5ms\n"), &told);
    for (size_t i = 0; i < hf_output_kept_count(&o); i++) hf_output_kept_show(&o, i, &told);
    CHECK_EQ(hf_buf_done(&told), 0);
    CHECK_EQ(hf_bytes_find_nocase(hf_buf_view(&told), 0, HF_LIT("canary")), told.len);
    CHECK_EQ(hf_bytes_find_nocase(hf_buf_view(&told), 0, HF_LIT("abc123")), told.len);
    hf_buf_fini(&told);
    hf_output_fini(&o);
}

/* supervisor 90: a secret that lies over the end of what is kept of a line. */
static void a_cut_shows_no_part_of_a_secret(void)
{
    static const size_t cuts[] = { HF_OUTPUT_SAMPLE_BYTES, HF_LIMIT_OUTPUT_KEPT_BYTES,
                                   HF_LIMIT_OUTPUT_LINE_BYTES };
    static const char *const tails[] = { "canary-4711-canary it is", "ws://me:canary@host/ it is" };
    static char text[HF_LIMIT_OUTPUT_LINE_BYTES + 64];
    for (size_t i = 0; i < HF_COUNT(cuts) * HF_COUNT(tails); i++)
        for (size_t before = 1; before < 24; before++) {
            size_t cut = cuts[i / 2] - before;
            const char *tail = tails[i % 2];
            struct hf_output_room o = begun();
            struct hf_output_note note;
            struct hf_buf told;
            uint32_t cursor = 0;
            hf_buf_init(&told, SIZE_MAX);
            memset(text, '.', sizeof text);
            memcpy(text + cut, tail, strlen(tail));
            text[cut + strlen(tail)] = '\n';
            for (int k = 0; k < 2; k++)
                tell(&o, 0, true, hf_bytes(text, cut + strlen(tail) + 1), &told);
            while (hf_output_rest(&o, &cursor, &note)) hf_buf_add(&told, note.text);
            CHECK_EQ_AT(i, cursor, 1);
            hf_output_kept_show(&o, 1, &told);
            CHECK_EQ_AT(i, hf_buf_done(&told), 0);
            CHECK_EQ_AT(before, hf_bytes_find_nocase(hf_buf_view(&told), 0, HF_LIT("cana")),
                        told.len);
            hf_buf_fini(&told);
            hf_output_fini(&o);
        }
}

/* A process that dies while it writes. */
static void half_a_last_line_shows_no_half_of_a_secret(void)
{
    struct hf_output_room o = begun();
    struct hf_buf told;
    hf_buf_init(&told, 4096);
    tell(&o, 0, false, HF_LIT("it is canary-47"), &told);
    hf_output_end(&o, false);
    tell(&o, 0, true, HF_EMPTY, &told);
    CHECK_TEXT(hf_buf_view(&told), "I:it is [redacted]");
    hf_buf_fini(&told);
    hf_output_fini(&o);
}

static void the_last_120_lines_are_kept(void)
{
    static const size_t counts[] = { HF_LIMIT_OUTPUT_KEPT, HF_LIMIT_OUTPUT_KEPT + 1 };
    for (size_t k = 0; k < HF_COUNT(counts); k++) {
        struct hf_output_room o = begun();
        struct hf_buf told;
        char line[16];
        hf_buf_init(&told, 65536);
        for (size_t i = 0; i < counts[k]; i++) {
            int len = snprintf(line, sizeof line, " %zu \n\n", i);
            tell(&o, 0, i % 2, hf_bytes(line, (size_t)len), &told);
        }
        CHECK_EQ(hf_output_kept_count(&o), HF_LIMIT_OUTPUT_KEPT);
        CHECK_TEXT(hf_output_kept_line(&o, 0), k == 0 ? "0" : "1");
        hf_output_reset(&o);
        CHECK_EQ(hf_output_kept_count(&o) + o.fold.len, 0);
        hf_buf_fini(&told);
        hf_output_fini(&o);
    }
}

static void a_kept_line_is_cut_at_its_bound(void)
{
    static char text[HF_LIMIT_OUTPUT_KEPT_BYTES + 2];
    for (size_t len = HF_LIMIT_OUTPUT_KEPT_BYTES; len <= HF_LIMIT_OUTPUT_KEPT_BYTES + 1; len++) {
        struct hf_output_room o = begun();
        struct hf_buf told;
        hf_buf_init(&told, 65536);
        memset(text, 'x', len);
        text[len] = '\n';
        tell(&o, 0, true, hf_bytes(text, len + 1), &told);
        CHECK_EQ(hf_output_kept_line(&o, 0).len, HF_LIMIT_OUTPUT_KEPT_BYTES);
        hf_buf_fini(&told);
        hf_output_fini(&o);
    }
}

static void another_process_begins_with_nothing(void)
{
    struct hf_output_room o = begun();
    struct hf_buf told;
    hf_buf_init(&told, 4096);
    tell(&o, 0, true, HF_LIT("same\nhalf"), &told);
    hf_output_reset(&o);
    hf_output_end(&o, true);
    tell(&o, 0, true, HF_LIT("same\n"), &told);
    CHECK_TEXT(hf_buf_view(&told), "W:same|W:same");
    hf_buf_fini(&told);
    hf_output_fini(&o);
}

CHECK_MAIN(lines_are_sorted_by_what_they_say, lines_are_the_same_wherever_they_are_cut,
           a_line_longer_than_16_kib_is_cut,
           a_line_without_an_end_is_told_once_and_carries_16_kib_at_most,
           repeats_are_told_every_50_times_and_at_the_end,
           the_table_forgets_the_line_least_recently_seen, a_flood_of_new_lines_is_counted,
           stages_of_the_start_are_collected, secrets_do_not_come_out,
           a_cut_shows_no_part_of_a_secret, half_a_last_line_shows_no_half_of_a_secret,
           the_last_120_lines_are_kept, a_kept_line_is_cut_at_its_bound,
           another_process_begins_with_nothing)
