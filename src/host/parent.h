/* host/parent.h: is the process that started us still there?
 *
 * It is held by a descriptor of it (pidfd), so that another process with its number is
 * never taken for it.  One that is gone before it was taken has left us to process 1 or to
 * a subreaper: the first is told, the second would be watched in its place, which nothing
 * can tell; so take it first of all. */
#ifndef HF_HOST_PARENT_H
#define HF_HOST_PARENT_H

#include "host/fault.h"

struct hf_parent;
struct uv_loop_s;

/* 0 and a descriptor, which the caller closes; HF_ERR_NOT_FOUND: it is gone, or was process
 * 1 from the beginning, whose end is ours anyway; else why none can be had. */
int hf_parent_take(int *fd, struct hf_fault *fault);

/* Calls `gone` once, on the loop, when that process has ended.  `fd` is borrowed for the life of
 * the object. */
int hf_parent_new(struct hf_parent **out, struct uv_loop_s *loop, int fd, void (*gone)(void *ctx),
                  void *ctx);
void hf_parent_close(struct hf_parent *p); /* frees it as the loop runs on; NULL is fine */

#endif
