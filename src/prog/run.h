/* prog/run.h: the inside of `holdfast run`, shared by its own files.
 *
 * verb_run.c is the order of it all; run_setup.c what stands before anything runs;
 * run_live.c what is told and read again while it runs. */
#ifndef HF_PROG_RUN_H
#define HF_PROG_RUN_H

#include "host/log_sink.h"
#include "host/loop.h"
#include "host/machine.h"
#include "host/notify.h"
#include "host/place_run.h"
#include "host/state_dir.h"
#include "prog/kept.h"
#include "prog/settings_from.h"

/* Everything that lives as long as the gateway does. */
struct hf_run {
    const struct hf_args *args;
    struct hf_config config;
    struct hf_settings settings;
    struct hf_settings_text settings_text;
    char token[HF_STATE_TOKEN_CHARS + 1];
    struct hf_state_dir state;
    struct hf_log_file log_file;
    struct hf_log_sink sink;
    struct hf_log log;
    struct hf_notify notify, silence; /* the keeper of a program tells the manager, not the loop */
    struct hf_machine machine;
    struct hf_server_config server;
    struct hf_listen_spec spec;
    struct hf_listen_set inherited;
    struct hf_tls *tls;
    struct hf_loop *loop;
    /* In front of another gateway: `front` alone, or with a program of ours behind it. */
    bool is_relay, has_program;
    struct hf_url upstream; /* with is_relay */
    struct hf_front_run *front;
    struct hf_state_dir keeper_state; /* the same directory, under the lock of supervisors */
    struct hf_kept kept;
    struct hf_place *place;
    struct hf_parent *parent; /* that we end with; NULL: nobody */
};

/* --- run_setup.c, in this order --- */

int hf_run_read_config(struct hf_run *r, struct hf_fault *fault);
int hf_run_open_state(struct hf_run *r, struct hf_fault *fault);
int hf_run_load_tls(struct hf_run *r, struct hf_fault *fault);
int hf_run_make_settings(struct hf_run *r, struct hf_fault *fault);
int hf_run_make_server(struct hf_run *r, struct hf_fault *fault);

/* Where the program behind us is reached, and its secret. */
int hf_run_make_kept(struct hf_run *r, struct hf_fault *fault);

void hf_run_tell_warnings(struct hf_run *r, const struct hf_config *c);

/* The state directory's token, when `c` needs one and it was not read before. */
int hf_run_make_token(struct hf_run *r, const struct hf_config *c, struct hf_fault *fault);

/* Certificate and key of `c` again; nothing without TLS. */
int hf_run_reload_tls(struct hf_run *r, const struct hf_config *c, struct hf_fault *fault);

/* --- run_live.c --- */

/* One line for people and the log: where clients connect. */
void hf_run_tell_ready(const struct hf_run *r);

/* SIGHUP: everything is read again beside what is in use; only when all of it is fine does
 * anything change. */
void hf_run_reload(struct hf_run *r);

#endif
