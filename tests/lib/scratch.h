/* lib/scratch.h: a directory of a test's own, gone afterwards, also when a check failed
 * before the drop.  (What a killed test leaves, its runner removes: lib/alone.c.) */
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

static inline int scratch_remove(const char *path, const struct stat *info, int kind,
                                 struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Those that were made and not yet dropped, of this process and not of one that it forked. */
enum { SCRATCHES_MAX = 16 };
struct scratch_list {
    char dirs[SCRATCHES_MAX][SCRATCH_PATH_BYTES / 2];
    pid_t owner;
};

static inline struct scratch_list *scratch_kept(void)
{
    static struct scratch_list list;
    return &list;
}

static inline void scratch_at_exit(void)
{
    struct scratch_list *list = scratch_kept();
    for (size_t i = 0; i < SCRATCHES_MAX && list->owner == getpid(); i++)
        if (list->dirs[i][0]) nftw(list->dirs[i], scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes `to` into the place that holds `from`; "" is a free one. */
static inline void scratch_note(const char *from, const char *to)
{
    struct scratch_list *list = scratch_kept();
    if (list->owner == 0) atexit(scratch_at_exit);
    if (list->owner == 0) list->owner = getpid();
    for (size_t i = 0; i < SCRATCHES_MAX; i++) {
        if (strcmp(list->dirs[i], from) != 0) continue;
        snprintf(list->dirs[i], sizeof list->dirs[i], "%s", to);
        return;
    }
}

static inline void scratch_make(struct scratch *s)
{
    const char *base = getenv("TMPDIR");
    snprintf(s->dir, sizeof s->dir, "%s/holdfast-XXXXXX", base ? base : "/tmp");
    CHECK(mkdtemp(s->dir) != NULL);
    snprintf(s->path, sizeof s->path, "%s/holdfast.db", s->dir);
    scratch_note("", s->dir);
}

static inline void scratch_drop(const struct scratch *s)
{
    scratch_note(s->dir, "");
    CHECK_EQ(nftw(s->dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
