/* prog/verbs.h: what each verb does.  Each returns an exit code. */
#ifndef HF_PROG_VERBS_H
#define HF_PROG_VERBS_H

#include "prog/options.h"

int hf_verb_run(const struct hf_args *args);
int hf_verb_call(const struct hf_args *args);
int hf_verb_health(const struct hf_args *args);
int hf_verb_probe(const struct hf_args *args);
int hf_verb_status(const struct hf_args *args);
int hf_verb_watch(const struct hf_args *args); /* also `health --watch` */
int hf_verb_logs(const struct hf_args *args);
int hf_verb_devices(const struct hf_args *args);
int hf_verb_supervise(const struct hf_args *args);
int hf_verb_ctl(const struct hf_args *args);
int hf_verb_config(const struct hf_args *args);
int hf_verb_completion(const struct hf_args *args);
int hf_verb_version(const struct hf_args *args);
int hf_verb_help(const struct hf_args *args);

/* Tell a fault on stderr, or with --json as one document on stdout, and return the exit code (design.md section 4).  Usage is
 * always 2; else fail means 1, but 78 when somebody holds our place or the fault is that of
 * a configuration (HF_ERR_CONFIG), and refuse, for all that the user configured, means 78. */
/* `args` may be what hf_options_read left behind a fault. */
int hf_verb_fail(const struct hf_args *args, const struct hf_fault *fault);
int hf_verb_refuse(const struct hf_args *args, const struct hf_fault *fault);

/* Writes a document to stdout, with a newline at its end, and ends the buffer: an exit code. */
int hf_verb_print(struct hf_buf *text);

#endif
