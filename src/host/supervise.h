/* host/supervise.h: the shell that gives one supervisor a life on this machine.
 *
 * Carries out what engine/supervisor asks for (processes, probes, the journal, the
 * control connection) and tells it what happened; answers the control socket.  It holds
 * no thresholds.  Runs on one libuv loop; nothing here blocks on the child. */
#ifndef HF_HOST_SUPERVISE_H
#define HF_HOST_SUPERVISE_H

#include "base/crypto.h"
#include "engine/supervisor.h"
#include "host/fault.h"
#include "host/log_sink.h"
#include "host/notify.h"
#include "wire/url.h"

struct uv_loop_s;
struct hf_supervise;

struct hf_supervise_hooks {
    void *ctx;
    void (*changed)(void *ctx); /* the status record did */
    void (*ended)(void *ctx);   /* a stop for good is done: the owner closes */
};

/* All borrowed for the life of the object but `supervisor`, which is copied. */
struct hf_supervise_config {
    struct hf_supervisor_config supervisor;
    struct hf_log log;
    struct hf_notify *notify;
    const char *state_dir, *control_path;
    struct hf_url url; /* of the gateway; not used by NOTIFY and NONE */
    bool survives;     /* our end leaves the gateway alone, and the next supervisor adopts it */
    bool hands_port;   /* the child is told port and token, and must listen there */
    const char *token; /* NULL: none */
    const char *token_file;   /* read anew for every login; NULL: `token` */
    const char *hand_file;    /* with hands_port, of `token`: read for each start; NULL: none */
    const char *password;     /* instead of both; NULL: none */
    char *const *argv;        /* the program and its arguments, verbatim */
    char *const *doctor;      /* the same of the repair command; NULL: none */
    const char *child_config; /* the file whose change is told; "": none */
    int parent_fd; /* hf_supervise_run ends with the process that this holds; -1: with none */
    bool has_identity;
    uint8_t identity[HF_ED25519_KEY_BYTES];
    struct hf_supervise_hooks hooks;
};

int hf_supervise_new(struct hf_supervise **out, struct uv_loop_s *loop,
                     const struct hf_supervise_config *config, struct hf_fault *fault);

/* Starts the gateway. */
void hf_supervise_start(struct hf_supervise *s);

/* Stops it for good, then `ended`; the second call stops at once, with KILL.  With
 * `survives` the gateway is left alone. */
void hf_supervise_stop(struct hf_supervise *s);

/* With hands_port: the token of the next child, copied; up to HF_LIMIT_SECRET_BYTES.  A reload
 * is a restart when it is another one than the gateway has. */
void hf_supervise_hand(struct hf_supervise *s, struct hf_bytes token);

/* The configuration of the gateway is to be read again. */
void hf_supervise_reload(struct hf_supervise *s);

void hf_supervise_status(const struct hf_supervise *s, struct hf_supervisor_status *out);

/* Closes everything; then run the loop until its handles are gone, and free. */
void hf_supervise_close(struct hf_supervise *s);
void hf_supervise_free(struct hf_supervise *s); /* NULL is fine */

/* The whole life on a loop of its own: starts, obeys TERM and INT (twice: at once) and
 * HUP (reload), takes the end of its parent for a TERM if that is wished, ends when the gateway is
 * stopped.  `config`'s hooks are not used.  `sink` and its file are borrowed until return, unless
 * a disk or terminal takes nothing: then their thread is left behind with them, and they are lent
 * (hf_log_sink_lend) for the rest of the process. */
int hf_supervise_run(const struct hf_supervise_config *config, struct hf_log_sink *sink,
                     struct hf_fault *fault);

#endif
