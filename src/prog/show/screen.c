#include "prog/show/screen.h"
#include "base/err.h"
#include "base/mem.h"

#include <string.h>

enum {
    BLANK = ' ',
    UNKNOWN = '?',
    GAP_CELLS = 4,   /* shorter than a cursor position */
    CELL_BYTES = 24, /* a position, an attribute and a character */
    FRAME_BYTES = 64,
};

static const char *const attributes[] = {
    [HF_STYLE_PLAIN] = "\033[0m",   [HF_STYLE_TITLE] = "\033[0;1m", [HF_STYLE_FAINT] = "\033[0;2m",
    [HF_STYLE_GOOD] = "\033[0;32m", [HF_STYLE_WARN] = "\033[0;33m", [HF_STYLE_BAD] = "\033[0;31m",
};

/* --- size --- */

static void blank(struct hf_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cells[i] = (struct hf_cell){ .character = BLANK, .style = HF_STYLE_PLAIN };
}

int hf_screen_resize(struct hf_screen *s, unsigned columns, unsigned rows)
{
    if (columns > HF_LIMIT_SCREEN_COLUMNS) columns = HF_LIMIT_SCREEN_COLUMNS;
    if (rows > HF_LIMIT_SCREEN_ROWS) rows = HF_LIMIT_SCREEN_ROWS;
    if (columns == 0) columns = 1;
    if (rows == 0) rows = 1;
    size_t count = (size_t)columns * rows;
    struct hf_cell *cells = hf_mem_zero(2 * count, sizeof *cells);
    if (!cells) return HF_ERR_NOMEM;
    hf_mem_free(s->shown);
    *s = (struct hf_screen){ .columns = columns, .rows = rows, .shown = cells };
    s->next = cells + count;
    blank(cells, 2 * count);
    return 0;
}

void hf_screen_fini(struct hf_screen *s)
{
    hf_mem_free(s->shown);
    *s = (struct hf_screen){ 0 };
}

void hf_screen_forget(struct hf_screen *s)
{
    s->is_known = false;
}

void hf_screen_clear(struct hf_screen *s)
{
    blank(s->next, (size_t)s->columns * s->rows);
}

/* --- text --- */

/* Characters of which every terminal makes one cell. */
static bool is_narrow(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x20, 0x7e },     { 0xa0, 0xac },     { 0xae, 0x2ff },    { 0x370, 0x482 },
        { 0x48a, 0x52f },   { 0x2010, 0x2027 }, { 0x2030, 0x205e }, { 0x20a0, 0x20bf },
        { 0x2190, 0x21ff }, { 0x2500, 0x25fc },
    };
    for (size_t i = 0; i < HF_COUNT(ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return true;
    return false;
}

/* Takes one character off the head; a byte that begins none counts as one. */
static uint32_t take_character(struct hf_bytes *text)
{
    uint8_t first = text->ptr[0];
    size_t len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    uint32_t character = first < 0x80 ? first : first & (0xffu >> (len + 1));
    if (len > text->len || (first >= 0x80 && len == 1)) {
        *text = hf_bytes_from(*text, 1);
        return UNKNOWN;
    }
    for (size_t i = 1; i < len; i++) character = character << 6 | (text->ptr[i] & 0x3fu);
    *text = hf_bytes_from(*text, len);
    return is_narrow(character) ? character : UNKNOWN;
}

unsigned hf_screen_put(struct hf_screen *s, unsigned row, unsigned column, enum hf_style style,
                       struct hf_bytes text)
{
    while (text.len > 0 && row < s->rows && column < s->columns) {
        struct hf_cell *cell = &s->next[(size_t)row * s->columns + column++];
        cell->character = take_character(&text);
        cell->style = (uint8_t)style;
    }
    return column;
}

/* --- drawing --- */

struct pen {
    struct hf_buf *out;
    bool has_colour;
    uint8_t style;
};

static void add_character(struct hf_buf *out, uint32_t c)
{
    if (c < 0x80) {
        hf_buf_add_byte(out, (uint8_t)c);
    } else if (c < 0x800) {
        hf_buf_add_byte(out, (uint8_t)(0xc0 | c >> 6));
        hf_buf_add_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        hf_buf_add_byte(out, (uint8_t)(0xe0 | c >> 12));
        hf_buf_add_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        hf_buf_add_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

static void set_style(struct pen *pen, uint8_t style)
{
    if (!pen->has_colour || pen->style == style) return;
    hf_buf_add(pen->out, hf_bytes_cstr(attributes[style]));
    pen->style = style;
}

static bool differs(const struct hf_cell *a, const struct hf_cell *b)
{
    return a->character != b->character || a->style != b->style;
}

static void draw_row(struct hf_screen *s, unsigned row, struct pen *pen)
{
    const struct hf_cell *next = &s->next[(size_t)row * s->columns];
    const struct hf_cell *shown = &s->shown[(size_t)row * s->columns];
    unsigned cursor = UINT32_MAX; /* the column where the terminal's is, if in this row */
    for (unsigned column = 0; column < s->columns; column++) {
        if (!differs(&next[column], &shown[column])) continue;
        if (cursor > column || column - cursor > GAP_CELLS) {
            hf_buf_addf(pen->out, "\033[%u;%uH", row + 1, column + 1);
            cursor = column;
        }
        for (; cursor <= column; cursor++) {
            set_style(pen, next[cursor].style);
            add_character(pen->out, next[cursor].character);
        }
    }
}

void hf_screen_draw(struct hf_screen *s, struct hf_buf *out, bool has_colour)
{
    struct pen pen = { .out = out, .has_colour = has_colour };
    size_t count = (size_t)s->columns * s->rows;
    if (!s->is_known) {
        HF_BUF_LIT(out, "\033[0m\033[2J");
        blank(s->shown, count);
        s->is_known = true;
    }
    for (unsigned row = 0; row < s->rows; row++) draw_row(s, row, &pen);
    set_style(&pen, HF_STYLE_PLAIN);
    memcpy(s->shown, s->next, count * sizeof *s->shown);
}

size_t hf_screen_draw_max(const struct hf_screen *s)
{
    return (size_t)s->columns * s->rows * CELL_BYTES + FRAME_BYTES;
}
