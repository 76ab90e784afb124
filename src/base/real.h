/* base/real.h: a fraction as text, whatever the process's locale says.
 *
 * A library lives in other people's programs: with LC_NUMERIC of one that writes a comma,
 * strtod stops at the point and printf writes no point.  Both are done here as in the
 * locale "C". */
#ifndef HF_BASE_REAL_H
#define HF_BASE_REAL_H

#include <stdbool.h>
#include <stddef.h>

enum { HF_REAL_CHARS = 32 };

/* The number that the whole of `text` is: false, and `*out` untouched, when it is none. */
bool hf_real_read(const char *text, double *out);

/* The shortest of 15 to 17 digits that read back as `value`, which is finite.  Returns the
 * length; a zero is added. */
size_t hf_real_write(double value, char out[HF_REAL_CHARS]);

#endif
