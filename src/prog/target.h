/* prog/target.h: which gateway a client verb talks to, and with which secrets.
 *
 * design.md section 4: flag > HOLDFAST_* > OPENCLAW_* > file > default, which is
 * gateway.remote.url when gateway.mode is "remote", else the local gateway with the
 * token of the state directory.  An address that was given takes no secret of a lower
 * rank than its own source: --url wants its secrets from flags, a variable from flags or
 * variables.  What stands below gateway.remote is for gateway.remote.url only. */
#ifndef HF_PROG_TARGET_H
#define HF_PROG_TARGET_H

#include "base/crypto.h"
#include "base/time.h"
#include "core/credentials.h"
#include "host/state_dir.h"
#include "prog/config.h"
#include "wire/url.h"

enum { HF_TARGET_URL_BYTES = HF_LIMIT_URL_BYTES + 1, HF_TARGET_TIMEOUT_MS = 10000 };

struct hf_target {
    struct hf_config config;
    char url_text[HF_TARGET_URL_BYTES];
    char url_shown[HF_TARGET_URL_BYTES]; /* the same for people: without what sounds secret */
    struct hf_url url;                   /* spans of url_text */
    char state_token[HF_STATE_TOKEN_CHARS + 1];
    struct hf_credentials credentials; /* spans of config and state_token */
    hf_span timeout;
    bool has_pin; /* a wss gateway is known by this fingerprint alone */
    uint8_t pin[HF_SHA256_BYTES];
    char state_dir[HF_CONFIG_PATH_BYTES]; /* empty: nothing tells where */
    bool is_local;                        /* a loopback address */
    bool may_be_plain;                    /* ws:// is allowed to go there */
    bool is_starting_here;  /* a gateway of this state directory was started just now, so
                              that a refused connection means "not yet" */
    bool takes_state_token; /* the gateway of this state directory is meant, with its token */
};

/* Fills `t`, which hf_target_fini must end, also after an error.  HF_ERR_USAGE for
 * what the command line got wrong, HF_ERR_CONFIG for what a file or a variable did; the
 * fault names it. */
int hf_target_read(struct hf_target *t, const struct hf_args *args, struct hf_fault *fault);

/* Looks again at what a gateway that starts here has made meanwhile, its lock and its token:
 * whether another try may end better. */
bool hf_target_look_again(struct hf_target *t);

/* HF_ERR_USAGE when plain text would go to a public address: 0 otherwise. */
int hf_target_check_plain(const struct hf_target *t, struct hf_fault *fault);
void hf_target_fini(struct hf_target *t); /* wipes secrets */

#endif
