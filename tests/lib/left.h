/* lib/left.h: what a test has left behind: processes that carry its mark. */
#ifndef HF_LIB_LEFT_H
#define HF_LIB_LEFT_H

#include "lib/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Whether a file of /proc holds the text. */
static inline bool left_in(const char *pid, const char *file, const char *mark)
{
    char path[300], text[65536];
    snprintf(path, sizeof path, "/proc/%.20s/%s", pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t len = read(fd, text, sizeof text);
    close(fd);
    return len > 0 && memmem(text, (size_t)len, mark, strlen(mark)) != NULL;
}

/* How many living processes, this one aside, have the mark in their environment or
 * their arguments. */
static inline size_t left_count(const char *mark)
{
    size_t count = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == (long)getpid()) continue;
        if (left_in(entry->d_name, "environ", mark) || left_in(entry->d_name, "cmdline", mark))
            count++;
    }
    if (dir) closedir(dir);
    return count;
}

#endif
