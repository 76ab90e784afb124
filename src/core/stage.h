/* core/stage.h: how far is this server in its life?
 *
 * ONE variable from pre-listen to closing that the WebSocket gate, `/startupz`,
 * `/readyz`, READY=1 and the method gate all read, so that no two of them can
 * disagree (spec/startup-retry.md sections 1 and 2).  Named start-up items hold
 * the gate; the last one flips it, once: there is no way back from ready to
 * starting.  Pure. */
#ifndef HF_CORE_STAGE_H
#define HF_CORE_STAGE_H

#include "base/bytes.h"
#include "base/time.h"

enum { HF_STAGE_ITEMS = 16, HF_STAGE_NAME_BYTES = 48 };

enum hf_stage_state {
    HF_STAGE_PRE_LISTEN, /* S0 */
    HF_STAGE_LISTENING,  /* S1: WebSocket handlers are not attached */
    HF_STAGE_STARTING,   /* S2: start-up items are pending */
    HF_STAGE_READY,      /* S3 */
    HF_STAGE_DRAINING,   /* S4 */
    HF_STAGE_CLOSING,    /* S5 */
};

enum hf_stage_act {
    HF_STAGE_NONE,
    HF_STAGE_IS_READY,  /* tell the world (READY=1, ready line) */
    HF_STAGE_DRAIN,     /* take no new work; then ask step until CLOSE */
    HF_STAGE_CLOSE_ALL, /* `shutdown` event, then 1012 `service restart` to everybody */
};

struct hf_stage_item {
    char name[HF_STAGE_NAME_BYTES];
    uint8_t name_len;
    bool is_ready;
};

struct hf_stage { /* fields are private */
    enum hf_stage_state state;
    hf_time started_at;
    struct hf_stage_item items[HF_STAGE_ITEMS];
    uint8_t item_count, pending_count;
    bool will_restart;
    int64_t restart_expected_ms;
    hf_time drain_until;
    hf_time expected_at; /* not ready before that */
    hf_time rejects_at;  /* the second in which start-up refusals are counted */
    uint32_t rejects;
};

void hf_stage_init(struct hf_stage *s, hf_time now);

/* One more thing that must be ready before clients are; its name is copied.
 * 0, HF_ERR_LIMIT, HF_ERR_EXISTS, HF_ERR_TOO_LARGE, or HF_ERR_STATE once S2 is left. */
int hf_stage_add(struct hf_stage *s, struct hf_bytes name);

/* S0 to S1, then S1 to S2 (or straight to S3 when nothing is pending).  Elsewhere
 * they change nothing. */
void hf_stage_listen(struct hf_stage *s);
enum hf_stage_act hf_stage_attach(struct hf_stage *s);

/* The named item is ready; twice, or an unknown name, changes nothing. */
enum hf_stage_act hf_stage_item_ready(struct hf_stage *s, struct hf_bytes name);

/* A stop is asked for: any state to S4; S4 (a second stop) to S5.  `drain_for` is
 * how long open work may take; `restart_expected_ms` counts only with will_restart. */
enum hf_stage_act hf_stage_stop(struct hf_stage *s, hf_time now, hf_span drain_for,
                                bool will_restart, int64_t restart_expected_ms);

/* S4 to S5 when no work is open any more or the drain deadline is reached. */
enum hf_stage_act hf_stage_step(struct hf_stage *s, hf_time now, size_t open_work);

/* The drain deadline, or HF_NEVER. */
hf_time hf_stage_due(const struct hf_stage *s);

static inline enum hf_stage_state hf_stage_state(const struct hf_stage *s)
{
    return s->state;
}

/* What a refused `connect` or method is told: UNAVAILABLE, retryable, these values.
 * Empty spans are left out of the frame.  All text is static, with a zero behind it. */
struct hf_stage_refusal {
    bool is_refused;
    bool is_starting;        /* start-up, else draining */
    struct hf_bytes message; /* of a refused connect; a method's is its name + message */
    struct hf_bytes reason;  /* details.reason */
    struct hf_bytes phase;   /* details.phase; empty for start-up */
    int64_t retry_after_ms;
    uint16_t close_code; /* after a refused connect: 1013 */
    struct hf_bytes close_reason;
    struct hf_bytes cause; /* close cause of the log line */
};

/* Somebody knows that start-up does not end before `at` (HF_NEVER: nobody knows when):
 * clients are told to come back then, as far as they listen, 2,000 ms. */
void hf_stage_expect(struct hf_stage *s, hf_time at);

/* Asked once per valid `connect` frame, before everything else about it (section
 * 2.2).  `conn_hash` (any number of the connection) spreads the retries of a crowd:
 * 500 ms for the first 8 refusals of a second, then up to 10 ms more for each of them, at
 * most 2,000 (section 7): a few come back soon, a thousand do not come at once. */
struct hf_stage_refusal hf_stage_connect(struct hf_stage *s, hf_time now, uint64_t conn_hash);

/* Asked for each request of a connected client after authorisation.  During start-up
 * the gated families of 2.5 are refused; while draining everything but health,
 * status, configuration reads and diagnostics. */
struct hf_stage_refusal hf_stage_method(const struct hf_stage *s, struct hf_bytes method);

/* A WebSocket upgrade: 101, 503 with a text, or end the socket. */
enum hf_stage_upgrade { HF_UPGRADE_ACCEPT, HF_UPGRADE_REFUSE, HF_UPGRADE_TERMINATE };
struct hf_stage_upgrade_answer {
    enum hf_stage_upgrade verdict;
    struct hf_bytes text; /* body of the 503 */
};
struct hf_stage_upgrade_answer hf_stage_upgrade(const struct hf_stage *s);

/* `/startupz` and `/readyz` (section 1.1).  `/healthz` is always 200 `live`. */
struct hf_stage_probe {
    uint16_t http_status;
    struct hf_bytes status;         /* startupz: "draining", "starting", "started" */
    bool is_ready;                  /* readyz: `ready`, before the deep checks */
    struct hf_bytes pending_reason; /* startupz, starting: "startup-sidecars" */
    struct hf_bytes failing;        /* readyz: the one failing entry */
    int64_t uptime_ms;
};
struct hf_stage_probe hf_stage_startupz(const struct hf_stage *s, hf_time now);
struct hf_stage_probe hf_stage_readyz(const struct hf_stage *s, hf_time now);

/* Progress for details and the log: the items in order of hf_stage_add. */
struct hf_stage_progress {
    size_t total, done;
    struct hf_bytes current; /* the first pending item; empty when none */
};
struct hf_stage_progress hf_stage_progress(const struct hf_stage *s);

/* What the `shutdown` event says: restartExpectedMs only when a restart comes. */
struct hf_stage_shutdown {
    bool will_restart;
    int64_t restart_expected_ms;
};
struct hf_stage_shutdown hf_stage_shutdown(const struct hf_stage *s);

#endif
