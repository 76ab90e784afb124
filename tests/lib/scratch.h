/* lib/scratch.h: a directory of a test's own, gone afterwards. */
#ifndef HF_LIB_SCRATCH_H
#define HF_LIB_SCRATCH_H

#include "lib/check.h"

#include <dirent.h>
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

static inline void scratch_drop(const struct scratch *s)
{
    DIR *dir = opendir(s->dir);
    CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    CHECK_EQ(rmdir(s->dir), 0);
}

#endif
