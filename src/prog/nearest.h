/* prog/nearest.h: the known name that a mistyped one most likely means.
 *
 * A name is near when a third of the letters that were typed (rounded up) or fewer are wrong, missing, too many or
 * swapped with their neighbour.  Names beyond HF_NEAREST_BYTES are near to none. */
#ifndef HF_PROG_NEAREST_H
#define HF_PROG_NEAREST_H

#include <stddef.h>

enum { HF_NEAREST_BYTES = 64 };

struct hf_nearest {
    const char *typed;
    const char *name; /* the nearest so far, borrowed, or NULL */
    size_t distance;  /* of that one: what more must be less than */
};

void hf_nearest_init(struct hf_nearest *n, const char *typed);

/* Offers one known name; of two that are equally near the first one stays. */
void hf_nearest_offer(struct hf_nearest *n, const char *name);

/* ": did you mean \"NAME\"?" or nothing, with `mark` before the name ("--"). */
void hf_nearest_hint(const struct hf_nearest *n, const char *mark, char *out, size_t cap);

#endif
