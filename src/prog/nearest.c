#include "prog/nearest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, added, taken away or swapped with their neighbour:
 * the table of all beginnings, of which three rows are kept. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint8_t rows[3][HF_NEAREST_BYTES + 1];
    for (size_t j = 0; j <= b_len; j++) rows[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= a_len; i++) {
        const uint8_t *above = rows[(i - 1) % 3], *over = rows[(i + 1) % 3];
        uint8_t *row = rows[i % 3];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b_len; j++) {
            uint8_t changed = (uint8_t)(above[j - 1] + (a[i - 1] != b[j - 1]));
            row[j] = least(changed, (uint8_t)(1 + least(above[j], row[j - 1])));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], (uint8_t)(1 + over[j - 2]));
        }
    }
    return rows[a_len % 3][b_len];
}

void hf_nearest_init(struct hf_nearest *n, const char *typed)
{
    size_t len = strlen(typed);
    *n = (struct hf_nearest){ .typed = typed,
                              .distance = len > HF_NEAREST_BYTES ? 0 : (len + 2) / 3 + 1 };
}

void hf_nearest_offer(struct hf_nearest *n, const char *name)
{
    size_t typed_len = strlen(n->typed), len = strlen(name);
    if (n->distance == 0 || len > HF_NEAREST_BYTES) return;
    size_t found = distance(n->typed, typed_len, name, len);
    if (found >= n->distance || found >= len) return;
    n->distance = found;
    n->name = name;
}

void hf_nearest_hint(const struct hf_nearest *n, const char *mark, char *out, size_t cap)
{
    out[0] = '\0';
    if (n->name) snprintf(out, cap, ": did you mean %s%s?", mark, n->name);
}
