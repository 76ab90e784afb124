/* core/reload.h: how a running gateway is made to read its configuration again.
 *
 * spec/supervisor.md 10.6 and 10.7: the policy in the gateway's own file, and the order
 * of means: its RPC, the signal that its version understands, a restart.  One of our own
 * kind reads everything again at HUP, what is behind it too.  Pure. */
#ifndef HF_CORE_RELOAD_H
#define HF_CORE_RELOAD_H

#include "base/bytes.h"
#include "base/time.h"

enum hf_reload_mode { HF_RELOAD_HYBRID, HF_RELOAD_RELOAD, HF_RELOAD_RESTART, HF_RELOAD_OFF };

struct hf_reload_policy {
    enum hf_reload_mode mode;
    hf_span debounce; /* whole milliseconds, 0 to 60000 */
};

enum { HF_RELOAD_REFRESH_MS = 15000, HF_RELOAD_EVIDENCE_MS = 15000, HF_RELOAD_RECENT_MS = 8000 };

/* Also what an unreadable file means. */
void hf_reload_policy_init(struct hf_reload_policy *policy);

/* `mode` is empty when it is missing or no text; `debounce_ms` counts only when there is
 * a number.  Anything else means the default. */
void hf_reload_policy_read(struct hf_reload_policy *policy, struct hf_bytes mode, bool has_debounce,
                           double debounce_ms);

struct hf_reload_facts {
    enum hf_reload_mode mode;
    bool off_restarts;         /* the compatible meaning of `off` */
    bool is_starting;          /* or reconnecting */
    bool is_running, is_owned; /* is_running: with a control connection */
    hf_span connected_for;
    /* The revision in effect is that of the file: as the gateway tells, else by the
     * content of the file when the process began. */
    bool knows_revisions, is_applied;
    bool has_new_secret;     /* another one than it was made with: only a new process gets it */
    bool has_rpc;            /* it advertises gateway.restart.request */
    bool is_holdfast;        /* the program that would get the signal: HUP is its word */
    struct hf_bytes version; /* of the gateway */
};

enum hf_reload_way {
    HF_RELOAD_DISABLED,
    HF_RELOAD_FORCED_RESTART, /* policy_forced_restart */
    HF_RELOAD_DEFERRED,
    HF_RELOAD_SKIPPED, /* skipped_recent_connect */
    HF_RELOAD_BY_RPC,
    HF_RELOAD_BY_USR2,
    HF_RELOAD_BY_USR1,
    HF_RELOAD_BY_HUP,
    HF_RELOAD_FALLBACK,   /* fallback_restart, `cause` */
    HF_RELOAD_IMPOSSIBLE, /* somebody else's gateway, without the RPC */
};

struct hf_reload_plan {
    enum hf_reload_way way;
    const char *cause; /* FALLBACK: "not_running", "no_signal", "new_secret"; static */
};

struct hf_reload_plan hf_reload_decide(const struct hf_reload_facts *facts);

/* Whether the plan depends on the revisions: only then the gateway is worth a question. */
bool hf_reload_wants_revision(const struct hf_reload_facts *facts);

/* The way after one that failed: from the RPC to the signal. */
struct hf_reload_plan hf_reload_after_rpc(const struct hf_reload_facts *facts);

const char *hf_reload_way_name(enum hf_reload_way way); /* "skipped_recent_connect"; static */

#endif
