#include "base/rng.h"
#include "lib/check.h"
#include "prog/show/screen.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS = 20, ROWS = 5, OUT_MAX = 1 << 20 };

/* --- a terminal: enough of one to see what a person would see --- */

struct terminal {
    uint32_t cells[ROWS][COLUMNS];
    char attributes[ROWS][COLUMNS][8];
    unsigned row, column;
    char attribute[8];
};

static void terminal_clear(struct terminal *t)
{
    *t = (struct terminal){ .attribute = "0" };
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned column = 0; column < COLUMNS; column++) {
            t->cells[row][column] = ' ';
            snprintf(t->attributes[row][column], 8, "0");
        }
}

static size_t terminal_escape(struct terminal *t, const char *text)
{
    size_t len = strcspn(text, "mHJ");
    char *behind = NULL;
    CHECK(text[1] == '[');
    if (text[len] == 'm') {
        snprintf(t->attribute, sizeof t->attribute, "%.*s", (int)len - 2, text + 2);
    } else if (text[len] == 'H') {
        t->row = (unsigned)strtoul(text + 2, &behind, 10) - 1;
        t->column = (unsigned)strtoul(behind + 1, NULL, 10) - 1;
    } else {
        CHECK_EQ(text[2], '2');
        terminal_clear(t);
    }
    return len + 1;
}

static void terminal_take(struct terminal *t, const struct hf_buf *out)
{
    static char text[OUT_MAX + 1];
    memcpy(text, out->ptr, out->len);
    text[out->len] = '\0';
    for (size_t at = 0; at < out->len;) {
        uint8_t first = (uint8_t)text[at];
        if (first == 0x1b) {
            at += terminal_escape(t, text + at);
            continue;
        }
        size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : 3;
        uint32_t character = first < 0x80 ? first : first & (0xffu >> (len + 1));
        for (size_t i = 1; i < len; i++) character = character << 6 | (text[at + i] & 0x3f);
        CHECK(t->row < ROWS && t->column < COLUMNS);
        snprintf(t->attributes[t->row][t->column], 8, "%s", t->attribute);
        t->cells[t->row][t->column++] = character;
        at += len;
    }
}

static void draw(struct hf_screen *s, struct terminal *t, bool has_colour, size_t *bytes)
{
    struct hf_buf out;
    hf_buf_init(&out, hf_screen_draw_max(s));
    hf_screen_draw(s, &out, has_colour);
    CHECK_EQ(hf_buf_done(&out), 0);
    *bytes = out.len;
    if (out.len > 0) terminal_take(t, &out);
    hf_buf_fini(&out);
}

static void row_is(size_t at, const struct terminal *t, unsigned row, const char *want)
{
    char text[COLUMNS + 1] = { 0 };
    for (unsigned column = 0; column < COLUMNS; column++)
        text[column] = (char)(t->cells[row][column] < 0x80 ? t->cells[row][column] : '#');
    CHECK_TEXT_AT(at, hf_bytes_head(hf_bytes_cstr(text), strlen(want)), want);
}

/* --- tests --- */

static void text_is_cut_at_the_edges(void)
{
    struct hf_screen s = { 0 };
    struct terminal t;
    size_t bytes;
    terminal_clear(&t);
    CHECK_EQ(hf_screen_resize(&s, COLUMNS, ROWS), 0);
    CHECK_EQ(hf_screen_put(&s, 0, 0, HF_STYLE_PLAIN, HF_LIT("holdfast")), 8);
    CHECK_EQ(hf_screen_put(&s, 1, 15, HF_STYLE_PLAIN, HF_LIT("too long for it")), COLUMNS);
    CHECK_EQ(hf_screen_put(&s, 2, COLUMNS, HF_STYLE_PLAIN, HF_LIT("x")), COLUMNS);
    CHECK_EQ(hf_screen_put(&s, ROWS, 0, HF_STYLE_PLAIN, HF_LIT("x")), 0);
    draw(&s, &t, true, &bytes);
    row_is(0, &t, 0, "holdfast            ");
    row_is(1, &t, 1, "               too l");
    row_is(2, &t, 2, "                    ");
    hf_screen_fini(&s);
}

/* Nothing of a peer's text moves the cursor or leaves its cell. */
static void what_is_not_one_cell_wide_is_shown_as_a_question_mark(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "a\033[2Jb", "a?[2Jb" },
        { "a\nb\tc\rd\x7f", "a?b?c?d?" },
        { "\u00fc\u2588\u2026x", "###x" },
        { "\u4e16x", "?x" },
        { "e\u0301x", "e?x" },
        { "\U0001f600x", "?x" },
        { "\xc3", "?" },
        { "\x80x", "?x" },
        { "\u200bx", "?x" },
        { "\u00adx", "?x" },
        { "\u202ex", "?x" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_screen s = { 0 };
        struct terminal t;
        size_t bytes;
        terminal_clear(&t);
        CHECK_EQ(hf_screen_resize(&s, COLUMNS, ROWS), 0);
        hf_screen_put(&s, 0, 0, HF_STYLE_PLAIN, hf_bytes_cstr(rows[i].text));
        draw(&s, &t, true, &bytes);
        row_is(i, &t, 0, rows[i].want);
        hf_screen_fini(&s);
    }
}

static void only_what_differs_is_written(void)
{
    struct hf_screen s = { 0 };
    struct terminal t;
    size_t first, bytes;
    terminal_clear(&t);
    CHECK_EQ(hf_screen_resize(&s, COLUMNS, ROWS), 0);
    for (unsigned row = 0; row < ROWS; row++)
        hf_screen_put(&s, row, 0, HF_STYLE_PLAIN, HF_LIT("round trip 3 ms"));
    draw(&s, &t, true, &first);
    draw(&s, &t, true, &bytes);
    CHECK_EQ(bytes, 0);
    hf_screen_put(&s, 2, 11, HF_STYLE_PLAIN, HF_LIT("4"));
    draw(&s, &t, true, &bytes);
    CHECK_EQ(bytes, sizeof "\033[3;12H4" - 1);
    row_is(0, &t, 2, "round trip 4 ms");
    hf_screen_forget(&s);
    draw(&s, &t, true, &bytes);
    CHECK(bytes >= first);
    hf_screen_fini(&s);
}

static void no_colour_means_no_attribute(void)
{
    struct hf_screen s = { 0 };
    struct hf_buf out;
    CHECK_EQ(hf_screen_resize(&s, COLUMNS, ROWS), 0);
    hf_screen_put(&s, 0, 0, HF_STYLE_BAD, HF_LIT("lost"));
    hf_buf_init(&out, hf_screen_draw_max(&s));
    hf_screen_draw(&s, &out, false);
    CHECK_TEXT(hf_buf_view(&out), "\033[0m\033[2J\033[1;1Hlost");
    hf_buf_fini(&out);
    hf_screen_fini(&s);
}

/* Whatever is drawn after whatever else, the terminal shows the frame. */
static void random_frames_arrive_as_they_are(void)
{
    static const char *const attributes[] = { "0", "0;1", "0;2", "0;32", "0;33", "0;31" };
    static const char *const texts[] = {
        "a", "bc", "\u2588\u2581", "   ", "a longer line", "\u00fc"
    };
    struct hf_screen s = { 0 };
    struct hf_rng rng;
    struct terminal t;
    size_t bytes;
    hf_rng_init_number(&rng, 7);
    terminal_clear(&t);
    CHECK_EQ(hf_screen_resize(&s, COLUMNS, ROWS), 0);
    for (size_t frame = 0; frame < 2000; frame++) {
        if (hf_rng_below(&rng, 4) == 0) hf_screen_clear(&s);
        if (hf_rng_below(&rng, 50) == 0) hf_screen_forget(&s);
        for (size_t i = hf_rng_below(&rng, 6); i > 0; i--)
            hf_screen_put(&s, (unsigned)hf_rng_below(&rng, ROWS + 1),
                          (unsigned)hf_rng_below(&rng, COLUMNS + 1),
                          (enum hf_style)hf_rng_below(&rng, HF_COUNT(attributes)),
                          hf_bytes_cstr(texts[hf_rng_below(&rng, HF_COUNT(texts))]));
        draw(&s, &t, true, &bytes);
        for (unsigned row = 0; row < ROWS; row++)
            for (unsigned column = 0; column < COLUMNS; column++) {
                const struct hf_cell *cell = &s.next[row * COLUMNS + column];
                CHECK_EQ_AT(frame, t.cells[row][column], cell->character);
                CHECK_TEXT_AT(frame, hf_bytes_cstr(t.attributes[row][column]),
                              attributes[cell->style]);
            }
    }
    hf_screen_fini(&s);
}

/* N and N + 1 of SCREEN_COLUMNS and SCREEN_ROWS. */
static void a_size_beyond_the_bounds_is_cut(void)
{
    struct hf_screen s = { 0 };
    CHECK_EQ(hf_screen_resize(&s, HF_LIMIT_SCREEN_COLUMNS, HF_LIMIT_SCREEN_ROWS), 0);
    CHECK_EQ(s.columns, HF_LIMIT_SCREEN_COLUMNS);
    CHECK_EQ(s.rows, HF_LIMIT_SCREEN_ROWS);
    CHECK_EQ(hf_screen_resize(&s, HF_LIMIT_SCREEN_COLUMNS + 1, HF_LIMIT_SCREEN_ROWS + 1), 0);
    CHECK_EQ(s.columns, HF_LIMIT_SCREEN_COLUMNS);
    CHECK_EQ(s.rows, HF_LIMIT_SCREEN_ROWS);
    CHECK_EQ(hf_screen_resize(&s, 0, 0), 0); /* a terminal that does not know its size */
    CHECK_EQ(s.columns, 1);
    hf_screen_fini(&s);
}

CHECK_MAIN(text_is_cut_at_the_edges, what_is_not_one_cell_wide_is_shown_as_a_question_mark,
           only_what_differs_is_written, no_colour_means_no_attribute,
           random_frames_arrive_as_they_are, a_size_beyond_the_bounds_is_cut)
