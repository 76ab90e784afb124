#include "lib/disk_fault.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static size_t countdown;
static int number_of_fault;
static bool was_hit;

/* The linker's names for the wrapped functions and the ones behind them. */
ssize_t __real_write(int fd, const void *bytes, size_t count);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *bytes, size_t count);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);

static bool fails_now(void)
{
    if (countdown == 0 || --countdown > 0) return false;
    was_hit = true;
    errno = number_of_fault;
    return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t count)
{
    return fails_now() ? -1 : __real_write(fd, bytes, count);
}

int __wrap_fsync(int fd)
{
    (void)fd;
    return fails_now() ? -1 : 0;
}

int __wrap_fdatasync(int fd)
{
    (void)fd;
    return fails_now() ? -1 : 0;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails_now() ? -1 : __real_rename(from, to);
}

void disk_fault_arm(size_t nth, int number)
{
    countdown = nth;
    number_of_fault = number;
    was_hit = false;
}

bool disk_fault_was_hit(void)
{
    return was_hit;
}
