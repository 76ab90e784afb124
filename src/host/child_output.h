/* host/child_output.h: what a child writes to stdout and stderr, always read.
 *
 * From before its first instruction until its tree is gone, so that a chatty child
 * never blocks; nothing is kept here.  The pipes of a tree that survives are named
 * (FIFOs in the state directory): the child itself keeps them open, so that it may
 * write while no supervisor lives, up to the size of the pipe, and the next one reads
 * on. */
#ifndef HF_HOST_CHILD_OUTPUT_H
#define HF_HOST_CHILD_OUTPUT_H

#include "base/bytes.h"
#include "host/fault.h"

struct uv_loop_s;
struct hf_child_output;

/* A part of the stream as it came, not whole lines; borrowed until return. */
typedef void (*hf_child_output_told)(void *ctx, uint64_t tree, bool is_stderr,
                                     struct hf_bytes bytes);

struct hf_child_output_config {
    struct uv_loop_s *loop;
    uint64_t tree;   /* comes back with the bytes */
    const char *dir; /* of the FIFOs of a tree that survives; NULL: pipes */
    bool reopens;    /* reads the FIFOs that stand there, of an adopted tree */
    hf_child_output_told told;
    void *ctx;
};

/* The child's ends leave through `*stdout_fd` and `*stderr_fd`; the caller closes them
 * after the fork (both -1 with `reopens`).  0, or the fault is filled. */
int hf_child_output_open(struct hf_child_output **out, const struct hf_child_output_config *config,
                         int *stdout_fd, int *stderr_fd, struct hf_fault *fault);

/* Reads what is there now: its last words before its end is told. */
void hf_child_output_drain(struct hf_child_output *o);

/* No more is told; the memory goes with the loop's next turn.  NULL is fine. */
void hf_child_output_close(struct hf_child_output *o);

#endif
