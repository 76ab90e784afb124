/* lib/verb.h: a client verb in a process of its own, as a shell would start it. */
#ifndef HF_LIB_VERB_H
#define HF_LIB_VERB_H

#include "host/file.h"
#include "lib/check.h"
#include "lib/scratch.h"
#include "prog/verbs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VERB_WORDS_MAX = 16, VERB_OUTPUT_MAX = 1 << 20 };

#define VERB_WORDS(...) ((const char *const[VERB_WORDS_MAX]){ __VA_ARGS__ })

struct verb_outcome {
    int exit_code;          /* minus the signal that ended it */
    struct hf_buf out, err; /* what it printed */
};

/* In the child, whose stdin, stdout and stderr are in place: never returns. */
static inline _Noreturn void verb_main(const char *home, const char *const words[VERB_WORDS_MAX])
{
    static char *argv[VERB_WORDS_MAX + 2];
    struct hf_args args;
    struct hf_fault fault;
    int argc = 0;
    argv[argc++] = "holdfast";
    for (size_t i = 0; i < VERB_WORDS_MAX && words[i]; i++)
        argv[argc++] = (char *)(uintptr_t)words[i];
    argv[argc] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    signal(SIGPIPE, SIG_IGN);
    setenv("HOME", home, 1);
    int exit_code = hf_options_read(argc, argv, &args, &fault) == 0 ? args.verb->run(&args)
                                                                    : hf_verb_fail(&args, &fault);
    fflush(stdout);
    _exit(exit_code);
}

static inline int verb_wait(pid_t pid)
{
    int status;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline void verb_read(const char *path, struct hf_buf *out)
{
    struct hf_fault fault;
    hf_buf_init(out, 2 * VERB_OUTPUT_MAX);
    CHECK_EQ(hf_file_read(path, VERB_OUTPUT_MAX, out, &fault), 0);
}

/* Runs it to its end; `dir` is its home and holds what it prints. */
static inline struct verb_outcome verb_run(const char *dir, const char *const words[VERB_WORDS_MAX])
{
    char out_path[SCRATCH_PATH_BYTES], err_path[SCRATCH_PATH_BYTES];
    struct verb_outcome o = { 0 };
    snprintf(out_path, sizeof out_path, "%s/out", dir);
    snprintf(err_path, sizeof err_path, "%s/err", dir);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int err = open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) _exit(99);
        verb_main(dir, words);
    }
    o.exit_code = verb_wait(pid);
    verb_read(out_path, &o.out);
    verb_read(err_path, &o.err);
    return o;
}

static inline void verb_drop(struct verb_outcome *o)
{
    hf_buf_fini(&o->out);
    hf_buf_fini(&o->err);
}

static inline bool verb_has(const struct hf_buf *text, const char *part)
{
    return text->len > 0 && memmem(text->ptr, text->len, part, strlen(part)) != NULL;
}

#endif
