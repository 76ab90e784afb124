#include "base/real.h"
#include "base/assert.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of this thread alone, for as long as one number takes.  The locale "C" always exists, and
 * costs nothing to name. */
static locale_t enter_c(locale_t *c)
{
    *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    HF_ASSERT(*c != (locale_t)0);
    return uselocale(*c);
}

static void leave_c(locale_t before, locale_t c)
{
    uselocale(before);
    freelocale(c);
}

bool hf_real_read(const char *text, double *out)
{
    char *end;
    locale_t c, before = enter_c(&c);
    double value = strtod(text, &end);
    leave_c(before, c);
    if (end == text || *end != '\0') return false;
    *out = value;
    return true;
}

size_t hf_real_write(double value, char out[HF_REAL_CHARS])
{
    HF_ASSERT(isfinite(value));
    int len = 0;
    locale_t c, before = enter_c(&c);
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(out, HF_REAL_CHARS, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    leave_c(before, c);
    return (size_t)len;
}
