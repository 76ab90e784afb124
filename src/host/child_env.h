/* host/child_env.h: the environment of a supervised program.
 *
 * Ours, without what was meant for us alone (readiness and listening sockets, the
 * watchdog), with what a supervised gateway is told (spec/supervisor.md section 6). */
#ifndef HF_HOST_CHILD_ENV_H
#define HF_HOST_CHILD_ENV_H

#include "base/buf.h"

struct hf_child_env_spec {
    char *const *from;         /* our environment; borrowed until return */
    const char *notify_socket; /* NULL: none */
    const char *token;         /* OPENCLAW_GATEWAY_TOKEN; NULL: as it stands in `from` */
    uint16_t port;             /* OPENCLAW_GATEWAY_PORT; 0: as it stands in `from` */
    bool is_repair;            /* of a doctor: it is not traced and needs no socket */
};

struct hf_child_env {
    char **vars;        /* ends with NULL */
    struct hf_buf text; /* of the variables that were added; wiped at the end */
};

/* 0 or HF_ERR_NOMEM.  Variables that are kept are borrowed from `from`. */
int hf_child_env_init(struct hf_child_env *e, const struct hf_child_env_spec *spec);
void hf_child_env_fini(struct hf_child_env *e);

/* The program that `name` means: itself when it has a slash, else found in `path` (the
 * value of PATH; NULL: the system's default).  0; HF_ERR_NOT_FOUND; HF_ERR_DENIED when
 * it may not be executed; HF_ERR_TOO_LARGE. */
int hf_program_find(const char *name, const char *path, char *out, size_t cap);

#endif
