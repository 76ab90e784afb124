/* base/sort.h: puts an array in order.
 *
 * libc's sort under our name, for the floors that see no <stdlib.h>.  Not stable:
 * the comparison decides between items that are alike. */
#ifndef HF_BASE_SORT_H
#define HF_BASE_SORT_H

#include <stdlib.h>

static inline void hf_sort(void *items, size_t count, size_t item_size,
                           int (*compare)(const void *a, const void *b))
{
    if (count > 1) qsort(items, count, item_size, compare);
}

#endif
