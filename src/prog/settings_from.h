/* prog/settings_from.h: what a configuration means for the server. */
#ifndef HF_PROG_SETTINGS_FROM_H
#define HF_PROG_SETTINGS_FROM_H

#include "engine/settings.h"
#include "host/listen.h"
#include "prog/config.h"
#include "wire/url.h"

/* Texts that the settings point into. */
struct hf_settings_text {
    struct hf_buf json; /* the configuration as one object, secrets hidden */
    char hash[64];
};

/* `out` borrows from `c`, `text` and `token` (the secret of the state directory,
 * used when the configuration has none).  HF_ERR_LIMIT for a list that is too long,
 * HF_ERR_RANGE for a network that is none; the fault names the key. */
int hf_settings_from(const struct hf_config *c, struct hf_bytes token, struct hf_settings *out,
                     struct hf_settings_text *text, struct hf_fault *fault);
void hf_settings_text_fini(struct hf_settings_text *text);

/* Whether a token is needed that the configuration does not give. */
bool hf_settings_wants_token(const struct hf_config *c);

/* Where a gateway is to be. */
struct hf_settings_place {
    struct hf_listen_spec listen;
    bool is_relay;
    struct hf_url upstream; /* with is_relay, when no program is kept; borrows */
};

/* Judges a configuration as a whole for who runs a gateway: one judgement for the start, for
 * SIGHUP and for "config validate", before anything is used.  `has_program`: one is kept
 * behind us.  The fault names the key. */
int hf_settings_check(const struct hf_config *c, bool has_program, struct hf_settings_place *out,
                      struct hf_fault *fault);

/* Whether that is where we are to listen ourselves: it would go round for ever.  Nothing is
 * looked up: of a machine's own addresses only those are known that `listen` names. */
bool hf_settings_is_own_place(const struct hf_listen_spec *listen, const struct hf_url *upstream);

/* Whether clients of other machines can come who a gateway behind us would refuse: we name
 * them to it, and it trusts nobody on this machine (as far as it reads what we read). */
bool hf_settings_names_in_vain(const struct hf_settings *settings,
                               const struct hf_listen_spec *listen);

/* Where to listen. */
int hf_settings_listen(const struct hf_config *c, struct hf_listen_spec *out,
                       struct hf_fault *fault);

#endif
