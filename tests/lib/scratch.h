/* lib/scratch.h: a directory of a test's own, gone afterwards. */
#ifndef HF_LIB_SCRATCH_H
#define HF_LIB_SCRATCH_H

#include "lib/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_PATH_BYTES = 512 };

struct scratch {
    char dir[SCRATCH_PATH_BYTES / 2];
    char path[SCRATCH_PATH_BYTES]; /* "<dir>/holdfast.db" */
};

static inline void scratch_make(struct scratch *s)
{
    const char *base = getenv("TMPDIR");
    snprintf(s->dir, sizeof s->dir, "%s/holdfast-XXXXXX", base ? base : "/tmp");
    CHECK(mkdtemp(s->dir) != NULL);
    snprintf(s->path, sizeof s->path, "%s/holdfast.db", s->dir);
}

static inline int scratch_remove(const char *path, const struct stat *info, int kind,
                                 struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void scratch_drop(const struct scratch *s)
{
    CHECK_EQ(nftw(s->dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
