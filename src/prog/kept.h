/* prog/kept.h: a program that is kept running, as the command line describes it.
 *
 * `holdfast supervise -- CMD` and `holdfast run -- CMD` share the flags of the supervisor:
 * this turns them into what host/supervise is given.  Everything is read and checked before
 * anything is done; a fault names its flag. */
#ifndef HF_PROG_KEPT_H
#define HF_PROG_KEPT_H

#include "host/state_dir.h"
#include "host/supervise.h"
#include "prog/config.h"

struct hf_kept {
    struct hf_supervise_config host; /* borrows from here, the arguments and the configuration */
    struct hf_buf summary;
    bool has_parent; /* --exit-with-parent: host.parent_fd is open */
    bool is_orphan;  /* the same, and it has ended already (told): nothing is to be begun */
    char url[HF_LIMIT_URL_BYTES + sizeof "http://"]; /* tcp:// is read as one of those */
    char control[HF_CONFIG_PATH_BYTES];
    char secret[HF_LIMIT_SECRET_BYTES + 1]; /* or the path of its file */
    char *doctor[HF_LIMIT_REMEDY_WORDS + 1];
};

/* The program and how it is kept.  hf_kept_fini ends it, also after an error. */
int hf_kept_read(struct hf_kept *k, const struct hf_args *args, const struct hf_config *c,
                 struct hf_notify *notify, struct hf_fault *fault);
void hf_kept_fini(struct hf_kept *k); /* wipes secrets */

/* Whether the keys of the supervisor fit together: HF_ERR_RANGE, or HF_ERR_USAGE when a
 * flag gave one that does not. */
int hf_kept_check(const struct hf_config *c, struct hf_fault *fault);

/* Where it listens and how it is seen to be ready, by the scheme of `given` (design.md
 * section 4).  `flag` begins the message: "--url". */
int hf_kept_address(struct hf_kept *k, const char *flag, const char *given, struct hf_fault *fault);

/* The same by holdfast.upstream, when that is set: a place in front of which we can be. */
int hf_kept_upstream(struct hf_kept *k, const struct hf_config *c, struct hf_fault *fault);

/* Without an address of its own it is told one: a loopback port that is free and not
 * `public_port`, or the one of a survivor that the journal in `state_dir` names. */
int hf_kept_hand_port(struct hf_kept *k, uint16_t public_port, const char *state_dir,
                      struct hf_fault *fault);

/* Its secret, one of three, copied; none when it is empty.  HF_ERR_TOO_LARGE. */
int hf_kept_token(struct hf_kept *k, struct hf_bytes token, struct hf_fault *fault); /* handed */
int hf_kept_token_file(struct hf_kept *k, struct hf_bytes path, struct hf_fault *fault);
int hf_kept_password(struct hf_kept *k, struct hf_bytes password, struct hf_fault *fault);

/* Its place in the state directory, borrowed: the control socket, and random numbers. */
int hf_kept_place(struct hf_kept *k, const struct hf_args *args, const struct hf_state_dir *state,
                  struct hf_fault *fault);

#endif
