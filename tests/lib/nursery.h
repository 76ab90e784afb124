/* lib/nursery.h: a simulated machine for one supervisor.
 *
 * The second host of engine/supervisor: processes, the port, strangers, a doctor, the
 * control connection, all on a virtual clock.  Children behave by their `child`; each
 * spawn takes the next one of the plan, and the last one for ever.  Every step is
 * checked against the invariants of spec/supervisor.md section 17; a broken one ends
 * the test with the seed and the last lines of the trace. */
#ifndef HF_LIB_NURSERY_H
#define HF_LIB_NURSERY_H

#include "engine/supervisor.h"
#include "engine/supervisor_parts.h"

enum {
    NURSERY_KIDS = 16,
    NURSERY_BUDGET = 5,
    NURSERY_MAIL = 256,
    NURSERY_PLAN = 16,
    NURSERY_TAGS = 4096,
    NURSERY_SPAWNS = 4096,
    NURSERY_TRACE = 400,
    NURSERY_HELLO_BYTES = 512,
    NURSERY_TOLD_BYTES = 512,
    NURSERY_LINE_BYTES = 288,
    NURSERY_CONFIG_BYTES = 1024,
    NURSERY_NEVER = -1,
};

enum nursery_on_usr {
    NURSERY_IGNORES,
    NURSERY_RESTARTS,
    NURSERY_DIES,
    NURSERY_SAYS_READY,
    NURSERY_NOTIFIES, /* READY=1 to its NOTIFY_SOCKET */
    NURSERY_APPLIES,  /* the file, and says so when config.get is asked */
};

/* What a gateway does with config.set. */
enum nursery_on_set {
    NURSERY_WRITES,
    NURSERY_WRITES_LOUDLY, /* and restarts in place after its answer */
    NURSERY_LOSES_IT,      /* restarts in place, and nothing is written */
    NURSERY_LOSES_ANSWER,  /* writes, restarts in place, and never answers */
    NURSERY_SAYS_NOTHING,  /* writes, and never answers */
    NURSERY_SAYS_NO,       /* "invalid config: ..." with the value that it dislikes */
    NURSERY_SAYS_LATER,    /* UNAVAILABLE */
};

/* How a child behaves; zeroed: ready at once, lives until TERM, which it obeys. */
struct child {
    int64_t spawn_ms; /* until it exists; NURSERY_NEVER: it cannot be made (`spawn_err`) */
    int spawn_err;
    int64_t ready_ms;      /* until it listens and answers; NURSERY_NEVER */
    bool listens_mute;     /* listens at once, but does not answer before ready_ms */
    int64_t exit_ms;       /* it ends by itself; 0: it does not */
    int64_t challenged_ms; /* it ends so long after its first challenge; 0: it does not */
    int exit_code, exit_signal;
    bool ignores_term;
    int64_t term_ms;      /* from TERM to its end */
    unsigned members;     /* others of its tree, which only KILL ends if `ignores_term` */
    bool is_stuck;        /* survives KILL */
    int64_t starting_ms;  /* answers connect with "starting" for so long after ready */
    int64_t hint_ms;      /* of that; 0: none */
    int64_t hang_ms;      /* stops all input and output then; 0: never */
    int64_t hang_for_ms;  /* 0: for ever */
    bool hangs_busy;      /* and uses the processor */
    bool hangs_stopped;   /* state T */
    bool has_http;        /* /healthz is answered even while it hangs */
    bool refuses_connect; /* answers connect with another error */
    bool ignores_connect; /* answers the challenge, and connect never */
    bool refuses_us;      /* or with a credential error */
    int64_t restart_ms;   /* closes 1012 so long after ready, as if it restarted in place; 0 */
    int64_t down_ms;      /* and answers nothing for so long */
    bool frees_port;      /* nor listens meanwhile */
    int64_t gives_up_ms;  /* exits with 78 when the port is taken for so long; 0: it waits */
    enum nursery_on_usr on_usr;
    enum nursery_on_set on_set;
    unsigned rivals;    /* so often somebody else changes the file right before config.set */
    bool adds_meta;     /* to what it writes, as the real one */
    bool hides;         /* the value "secret" */
    bool breaks_itself; /* what it writes makes it end, for good */
    bool is_holdfast;
    const char *version; /* of the gateway; NULL: "2026.9.6" */
    const char *methods; /* more of them: ",\"shutdown\""; NULL: none */
    int64_t budget_ms;   /* status.shutdownBudget; 0: not told */
    bool says_ready;     /* the event gateway.ready right after hello */
    bool hides_revision; /* config.get: only that in effect, not that of the file */
    bool hides_presence; /* system-presence: unknown method */
    bool lacks_presence; /* and it is not listed */
    bool mutes_channels; /* channels.status: no answer */
    bool hides_channels; /* or unknown method */
    bool says_restart;   /* a shutdown event with a hint before it ends by itself */
    unsigned other_port;
    int64_t bytes;          /* of memory, from its making on */
    int64_t bytes_a_second; /* and more in each second */
    const char *line;       /* on stderr before it ends by itself */
};

struct kid { /* one tree */
    uint64_t tree;
    bool exists, is_doctor, is_adopted, main_lives;
    int64_t pid;
    unsigned members;
    struct child child;
    hf_time made_at, ready_at, exit_at, down_until, hang_at, restart_at;
    bool is_stopped, term_waits, has_notified;
    bool is_bound;       /* it has the port: whoever came first */
    hf_time gives_up_at; /* HF_NEVER: nobody else has it */
    int boot;
    uint64_t applied; /* the revision of the file that it has in effect */
    hf_span cpu;
};

struct stranger { /* somebody else on the port */
    bool is_there;
    bool is_known, is_same_user, is_recorded, is_gateway_program;
    bool answers, lets_in;
    bool has_shutdown, shutdown_is_unknown, shutdown_is_mute;
    int64_t pid;
    const char *name, *unit, *version;
};

/* A healthy gateway of the same user, which we did not start. */
static inline struct stranger stranger_gateway(int64_t pid)
{
    return (struct stranger){ .is_there = true,
                              .is_known = true,
                              .is_same_user = true,
                              .answers = true,
                              .lets_in = true,
                              .pid = pid };
}

struct mail { /* an event under way */
    hf_time at;
    uint64_t order;
    struct hf_keeper_event event;
    bool needs_look; /* PROBED, LINK_...: decided when it arrives */
    enum hf_keeper_look look;
    char method[32];
};

struct nursery_result {
    uint64_t tag;
    unsigned interim, final;
    bool is_operator;
    enum hf_keeper_outcome outcome, first;
    int64_t pid_before, pid_after;
    hf_span retry_after;
    char reason[160];
    struct hf_bytes key, value; /* CONFIG_...: of the request */
};

struct nursery {
    uint64_t seed;
    struct hf_rng rng;
    struct hf_now now;
    struct hf_supervisor_config config;
    struct hf_supervisor *s;
    /* The world. */
    struct child plan[NURSERY_PLAN];
    size_t plan_len, plan_at;
    struct child doctor;
    bool doctor_repairs; /* from now on spawns are of plan[plan_len - 1] */
    struct kid kids[NURSERY_KIDS];
    size_t kid_at;
    struct stranger stranger;
    hf_time busy_until; /* the port cannot be bound before, though nobody listens */
    bool port_is_mute;  /* DETECT gets no answer */
    struct mail mail[NURSERY_MAIL];
    size_t mail_len;
    uint64_t mail_order;
    int64_t next_pid, recorded_pid;
    uint64_t link;
    bool link_is_open, link_to_kid;
    uint64_t link_tree;
    int conn;
    hf_time pong_at; /* the pong that is owed; HF_NEVER: none */
    bool mutes_pongs;
    char hellos[8][NURSERY_HELLO_BYTES];
    size_t hello_at;
    char config_text[NURSERY_CONFIG_BYTES], config_sent[2 * NURSERY_CONFIG_BYTES];
    char config_answer[8 * NURSERY_CONFIG_BYTES];
    char config_shown[256]; /* what the newest CONFIG_GET read; cut */
    int config_err;         /* it cannot be read */
    uint64_t revision;
    int journal_err;
    hf_span latency_max; /* each answer takes up to this long */
    bool exit_before_close;
    /* What was seen. */
    size_t actions[HF_KEEPER_NOTIFY + 1], actions_max; /* the most of one step */
    size_t tells[HF_KEEPER_TELL_STARTUP + 1];
    struct nursery_told { /* the newest of each kind */
        char name[64], payload[NURSERY_TOLD_BYTES];
        int code, signal;
    } told[HF_KEEPER_TELL_STARTUP + 1];
    size_t notices[HF_KEEPER_NOTICE_EXTEND + 1];
    size_t signals[HF_KEEPER_HUP + 1];
    size_t calls_shutdown, calls_channels, pings, log_counts[4], reads;
    hf_time spawned_at[NURSERY_SPAWNS];
    size_t spawns, doctors;
    struct nursery_result results[NURSERY_TAGS];
    size_t tag_count;
    hf_time charged_at[NURSERY_BUDGET], ready_at;
    size_t charged;
    uint64_t doctor_epoch;
    hf_span extended_for; /* of the newest EXTEND */
    char last_log[128];
    char trace[NURSERY_TRACE][NURSERY_LINE_BYTES];
    size_t trace_count;
    uint64_t steps;
};

void nursery_init(struct nursery *n, uint64_t seed); /* `config` may be changed before open */
void nursery_open(struct nursery *n);
void nursery_fini(struct nursery *n);

__attribute__((noreturn, format(printf, 2, 3))) void nursery_fail(struct nursery *n,
                                                                  const char *format, ...);
#define NURSERY_CHECK(n, cond)                                                                     \
    do {                                                                                           \
        if (!(cond)) nursery_fail((n), "%s:%d: not true: %s", __FILE__, __LINE__, #cond);          \
    } while (0)

void nursery_plan(struct nursery *n, const struct child *children, size_t count);

/* A request; returns its tag. */
uint64_t nursery_ask(struct nursery *n, enum hf_keeper_verb verb);
uint64_t nursery_request(struct nursery *n, struct hf_keeper_request request);
const struct nursery_result *nursery_result(const struct nursery *n, uint64_t tag);

void nursery_run(struct nursery *n, hf_span span);
void nursery_run_ms(struct nursery *n, int64_t ms);
void nursery_say(struct nursery *n, const struct hf_keeper_event *event);
void nursery_step_wall(struct nursery *n, int64_t ms);

/* Somebody else takes the port, if nobody has it. */
void nursery_steal_port(struct nursery *n, struct stranger thief);

/* The main process of the gateway, or NULL. */
struct kid *nursery_gateway(struct nursery *n);
size_t nursery_alive(const struct nursery *n); /* processes of all trees */
void nursery_orphan(struct nursery *n,
                    const struct child *child); /* of the journal, lives already */
void nursery_unstick(struct nursery *n);
void nursery_crash(struct nursery *n, int code, int signal);
/* The end of a former child is told once more, long after it was, and changes nothing. */
void nursery_repeat_exit(struct nursery *n, int code);
void nursery_close_link(struct nursery *n, uint16_t code);
void nursery_config(struct nursery *n, const char *text); /* the file changes, and is told */
void nursery_event(struct nursery *n, const char *name, const char *payload);

/* --- nursery_config.c: config.get and config.set of a gateway; the file is config_text --- */

struct hf_bytes nursery_config_get(struct nursery *n, const struct kid *k);

/* What is sent with config.set, kept until it arrives; then what comes of it: whether it is
 * answered at all, and how. */
void nursery_config_send(struct nursery *n, const struct hf_keeper_action *a);
bool nursery_config_set(struct nursery *n, struct kid *k, struct hf_keeper_event *result);

/* COMMITTED and SATISFIED are told only while the value stands in the file. */
void nursery_config_heard(struct nursery *n, const struct hf_keeper_result *result);

/* An order is under way exactly while one of its calls is, and none waits for what does not
 * come by itself. */
void nursery_config_check(struct nursery *n);

uint64_t nursery_config_ask(struct nursery *n, const char *key, const char *value); /* NULL: get */

struct hf_supervisor_status nursery_status(struct nursery *n);

#endif
