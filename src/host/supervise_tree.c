/* Processes of a supervisor, and what they write. */
#include "base/limits.h"
#include "host/cgroup.h"
#include "host/child_env.h"
#include "host/evidence.h"
#include "host/port_holder.h"
#include "host/proc_file.h"
#include "host/supervise_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DETAIL_BYTES = 1024, DUMP_BYTES = 65536 };

/* --- output --- */

static struct hf_reader *reader_of(struct hf_supervise *s, uint64_t tree)
{
    for (size_t i = 0; i < HF_COUNT(s->readers); i++)
        if (s->readers[i].tree == tree) return &s->readers[i];
    return NULL;
}

static void on_output(void *ctx, uint64_t tree, bool is_stderr, struct hf_bytes bytes)
{
    struct hf_supervise *s = ctx;
    struct hf_keeper_event event = { .kind = HF_KEEPER_OUTPUT, .tree = tree };
    if (s->is_closing) return;
    hf_sup_secrets_look(s);
    event.u.output.is_stderr = is_stderr;
    event.u.output.bytes = bytes;
    hf_sup_event(s, &event);
}

static void end_output(struct hf_supervise *s, uint64_t tree)
{
    struct hf_reader *r = reader_of(s, tree);
    if (!r || tree == 0) return;
    hf_child_output_drain(r->output);
    hf_child_output_close(r->output);
    *r = (struct hf_reader){ 0 };
}

/* The child's ends in `fds`; 0 or the fault. */
static int open_output(struct hf_supervise *s, uint64_t tree, bool survives, bool reopens,
                       int fds[2], struct hf_fault *fault)
{
    struct hf_reader *r = reader_of(s, 0);
    const struct hf_child_output_config config = { .loop = s->loop,
                                                   .tree = tree,
                                                   .dir = survives ? s->config.state_dir : NULL,
                                                   .reopens = reopens,
                                                   .told = on_output,
                                                   .ctx = s };
    if (!r) return hf_fault_set(fault, HF_ERR_LIMIT, "too many programs write at once");
    int err = hf_child_output_open(&r->output, &config, &fds[0], &fds[1], fault);
    if (!err) r->tree = tree;
    return err;
}

/* --- making --- */

static void tell_spawn_failed(struct hf_supervise *s, uint64_t tree, int err, const char *why)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_SPAWN_FAILED, .tree = tree };
    event.u.spawn_failed.err = err;
    event.u.spawn_failed.why = hf_bytes_cstr(why);
    hf_sup_later(s, &event);
}

/* Which program and with which arguments. */
static int choose_program(struct hf_supervise *s, bool is_doctor, char *path, size_t cap,
                          char *const **argv, struct hf_fault *fault)
{
    *argv = is_doctor ? s->config.doctor : s->config.argv;
    int err = hf_program_find((*argv)[0], getenv("PATH"), path, cap);
    if (!err) return 0;
    return hf_fault_set(fault, err, "cannot run %s: %s", (*argv)[0],
                        err == HF_ERR_DENIED ? "it is not an executable file" : hf_err_text(err));
}

static int spawn_in(struct hf_supervise *s, uint64_t tree, const char *path, char *const *argv,
                    bool is_doctor, struct hf_fault *fault)
{
    struct hf_child_env env;
    int fds[2] = { -1, -1 };
    bool survives = s->config.survives && !is_doctor;
    int64_t hard_bytes = s->config.supervisor.ration.hard_bytes;
    const struct hf_child_env_spec spec = {
        .from = environ,
        .notify_socket = is_doctor ? NULL : hf_notify_in_name(s->notify_in),
        .token = s->handed[0] ? s->handed : s->config.token,
        .port = s->config.hands_port ? (uint16_t)s->config.supervisor.port : 0,
        .is_repair = is_doctor,
    };
    int err = open_output(s, tree, survives, false, fds, fault);
    if (err) return err;
    err = hf_child_env_init(&env, &spec);
    if (!err) {
        const struct hf_tree_plan plan = { .path = path,
                                           .argv = argv,
                                           .envp = env.vars,
                                           .stdout_fd = fds[0],
                                           .stderr_fd = fds[1],
                                           .survives = survives,
                                           .memory_max = is_doctor ? 0 : hard_bytes };
        err = hf_trees_spawn(s->trees, tree, &plan, fault);
        hf_child_env_fini(&env);
    } else {
        hf_fault_set(fault, err, "out of memory");
    }
    close(fds[0]);
    close(fds[1]);
    return err;
}

void hf_sup_spawn(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    char path[HF_STATE_PATH_BYTES];
    char *const *argv;
    struct hf_fault fault;
    bool is_doctor = a->u.spawn == HF_KEEPER_DOCTOR;
    if (!is_doctor) {
        s->gateway = a->tree;
        s->elsewhere_looks = 0;
        hf_sup_secrets_hand(s);
    }
    int err = choose_program(s, is_doctor, path, sizeof path, &argv, &fault);
    if (!err) err = spawn_in(s, a->tree, path, argv, is_doctor, &fault);
    if (!err) return;
    end_output(s, a->tree);
    tell_spawn_failed(s, a->tree, err, fault.text);
}

/* An operator wants whoever holds the port to go (5.3).  That it is still the same one,
 * ours to end and a gateway, is looked at once more. */
static int adopt_holder(struct hf_supervise *s, const struct hf_keeper_action *a,
                        struct hf_fault *fault)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    struct hf_port_owner owner;
    bool is_there = hf_proc_stat((pid_t)a->u.adopt.pid, text, &stat);
    hf_port_find((uint16_t)s->config.supervisor.port, &owner);
    if (!is_there || owner.pid != a->u.adopt.pid || owner.uid != (int64_t)geteuid() ||
        !hf_sup_is_gateway(&owner))
        return hf_fault_set(fault, HF_ERR_NOT_FOUND, "another process holds the port now");
    const struct hf_tree_orphan orphan = { .pid = owner.pid, .started = stat.started, .group = "" };
    return hf_trees_adopt(s->trees, a->tree, &orphan, fault);
}

/* Without its pipes it is still kept: only its lines are lost to us. */
static void hear_again(struct hf_supervise *s, uint64_t tree)
{
    int none[2];
    struct hf_fault fault;
    if (open_output(s, tree, true, true, none, &fault) != 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "child.unheard",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
}

void hf_sup_adopt(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_journal j;
    struct hf_fault fault;
    int err;
    s->gateway = a->tree;
    if (a->u.adopt.is_reclaim)
        err = adopt_holder(s, a, &fault);
    else if (hf_sup_recorded(s, &j) && j.pid == a->u.adopt.pid) {
        const struct hf_tree_orphan orphan = { .pid = (pid_t)j.pid,
                                               .started = (uint64_t)j.started,
                                               .group = j.group,
                                               .memory_max =
                                                   s->config.supervisor.ration.hard_bytes };
        hf_sup_secrets_inherit(s, &j);
        err = hf_trees_adopt(s->trees, a->tree, &orphan, &fault);
    } else
        err = hf_fault_set(&fault, HF_ERR_NOT_FOUND, "the recorded process is gone");
    if (err)
        tell_spawn_failed(s, a->tree, err, fault.text);
    else if (!a->u.adopt.is_reclaim)
        hear_again(s, a->tree);
}

/* --- news --- */

static void on_failed(struct hf_supervise *s, const struct hf_tree_news *news)
{
    char why[DETAIL_BYTES];
    end_output(s, news->tree);
    snprintf(why, sizeof why, "cannot run %s: %s", s->config.argv[0], strerror(news->number));
    tell_spawn_failed(s, news->tree, hf_fault_code(news->number), why);
}

static void on_exited(struct hf_supervise *s, const struct hf_tree_news *news)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_EXITED, .tree = news->tree };
    struct hf_reader *r = reader_of(s, news->tree);
    /* Its last words and messages come before its end. */
    hf_notify_in_drain(s->notify_in);
    if (r) hf_child_output_drain(r->output);
    event.u.exited.is_known = news->is_known;
    event.u.exited.code = news->code;
    event.u.exited.signal = news->signal;
    event.u.exited.oom_kills = (int64_t)news->oom_kills;
    hf_sup_later(s, &event);
}

bool hf_sup_is_holdfast(struct hf_supervise *s, uint64_t tree)
{
    struct hf_tree_facts facts;
    return hf_trees_facts(s->trees, tree, &facts) && facts.pid != 0 &&
           hf_evidence_is_holdfast(facts.pid);
}

static void tell_notified_ready(struct hf_supervise *s, uint64_t tree)
{
    hf_sup_later(s, &(struct hf_keeper_event){ .kind = HF_KEEPER_NOTIFIED_READY,
                                               .tree = tree,
                                               .is_holdfast = hf_sup_is_holdfast(s, tree) });
}

static void on_news(void *ctx, const struct hf_tree_news *news)
{
    struct hf_supervise *s = ctx;
    struct hf_keeper_event event = { .tree = news->tree };
    if (s->is_closing) return;
    hf_sup_turn(s);
    switch (news->kind) {
    case HF_TREE_RUNS:
        event.kind = HF_KEEPER_SPAWNED;
        event.u.spawned.pid = news->pid;
        event.is_holdfast = hf_sup_is_holdfast(s, news->tree);
        hf_sup_later(s, &event);
        s->running = news->tree;
        if (s->ready_early == news->tree) tell_notified_ready(s, news->tree);
        break;
    case HF_TREE_FAILED:
        on_failed(s, news);
        break;
    case HF_TREE_EXITED:
        on_exited(s, news);
        break;
    case HF_TREE_EMPTIED:
        end_output(s, news->tree);
        event.kind = HF_KEEPER_EMPTIED;
        hf_sup_later(s, &event);
        break;
    case HF_TREE_GUARDIAN_LOST:
        event.kind = HF_KEEPER_GUARDIAN_LOST;
        hf_sup_later(s, &event);
        break;
    }
    hf_sup_run(s);
}

/* Only what a process of the tree says about itself counts. */
static void on_notified(void *ctx, pid_t sender, const struct hf_notify_text *message)
{
    struct hf_supervise *s = ctx;
    if (s->is_closing) return;
    uint64_t tree = hf_trees_find(s->trees, sender);
    if (tree == 0 || tree != s->gateway) return;
    hf_sup_turn(s);
    if (message->has_status)
        HF_LOG(&s->config.log, HF_LOG_INFO, "child.status_told",
               HF_TEXT("status", message->status));
    if (!message->is_ready) return;
    /* One poll may bring it before the news that its program has begun. */
    if (tree == s->running)
        tell_notified_ready(s, tree);
    else
        s->ready_early = tree;
    hf_sup_run(s);
}

/* --- acts --- */

/* What a reload sends ends a program that has no handler for it, as a shell that has
 * launched the gateway and waits. */
static bool is_understood(struct hf_supervise *s, const struct hf_keeper_action *a, int number)
{
    struct hf_tree_facts facts;
    enum hf_keeper_signal signal = a->u.signal.signal;
    bool wants_handler =
        signal == HF_KEEPER_USR1 || signal == HF_KEEPER_USR2 || signal == HF_KEEPER_HUP;
    if (!wants_handler) return true;
    return hf_trees_facts(s->trees, a->tree, &facts) && hf_evidence_catches(facts.pid, number);
}

void hf_sup_signal(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    static const int numbers[] = {
        [HF_KEEPER_TERM] = SIGTERM, [HF_KEEPER_KILL] = SIGKILL, [HF_KEEPER_CONT] = SIGCONT,
        [HF_KEEPER_USR1] = SIGUSR1, [HF_KEEPER_USR2] = SIGUSR2, [HF_KEEPER_HUP] = SIGHUP,
    };
    struct hf_keeper_event event = { .kind = HF_KEEPER_SIGNAL_FAILED,
                                     .ask = a->ask,
                                     .tree = a->tree };
    int number = numbers[a->u.signal.signal];
    event.u.err = is_understood(s, a, number)
                      ? hf_trees_signal(s->trees, a->tree, number, a->u.signal.to_others)
                      : HF_ERR_STATE;
    if (event.u.err != 0) hf_sup_later(s, &event);
}

void hf_sup_survey(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    char detail[DETAIL_BYTES];
    struct hf_keeper_event event = { .kind = HF_KEEPER_SURVEYED, .ask = a->ask, .tree = a->tree };
    event.u.surveyed.count = (uint32_t)hf_trees_survey(s->trees, a->tree, detail, sizeof detail);
    event.u.surveyed.detail = hf_bytes_cstr(detail);
    hf_sup_later(s, &event);
}

/* The main process may have launched the gateway and wait for it: whoever listens on our
 * port is the one that matters. */
static char state_of(const struct hf_supervise *s, const pid_t *pids, size_t count, pid_t main)
{
    uint16_t port = (uint16_t)s->config.supervisor.port;
    pid_t listener = port != 0 ? hf_port_listener(port, pids, count) : 0;
    return hf_evidence_state(listener != 0 ? listener : main);
}

/* Of the kernel's account of the group, which forgets nobody, where there is one; else, and
 * for the wait, process by process.  -1: nobody can tell. */
static hf_span effort_of(struct hf_supervise *s, const struct hf_tree_facts *facts,
                         const pid_t *pids, size_t count)
{
    static struct hf_effort_process list[HF_LIMIT_TREE_SCAN];
    size_t living = hf_evidence_effort(pids, count, !facts->has_group_cpu, list);
    hf_span group = facts->has_group_cpu ? HF_US((int64_t)facts->group_cpu_us) : 0;
    if (living == 0 && !facts->has_group_cpu) return -1;
    return group + hf_effort_look(&s->effort, s->now.mono, list, living);
}

void hf_sup_evidence(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    static pid_t pids[HF_LIMIT_TREE_SCAN];
    struct hf_tree_facts facts;
    struct hf_keeper_event event = { .kind = HF_KEEPER_EVIDENCE, .ask = a->ask, .tree = a->tree };
    event.u.evidence.cpu_used = -1;
    if (s->effort_tree != a->tree) hf_effort_init(&s->effort);
    s->effort_tree = a->tree;
    if (hf_trees_facts(s->trees, a->tree, &facts)) {
        size_t count = hf_trees_list(s->trees, a->tree, pids, HF_COUNT(pids));
        event.u.evidence.state = state_of(s, pids, count, facts.pid);
        event.u.evidence.is_frozen = facts.is_frozen;
        event.u.evidence.cpu_used = effort_of(s, &facts, pids, count);
    }
    hf_sup_later(s, &event);
}

void hf_sup_memory(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    static pid_t pids[HF_LIMIT_TREE_SCAN];
    struct hf_keeper_event event = { .kind = HF_KEEPER_MEMORY, .ask = a->ask, .tree = a->tree };
    size_t count = hf_trees_list(s->trees, a->tree, pids, HF_COUNT(pids));
    event.u.memory.bytes = hf_evidence_memory(pids, count);
    hf_sup_later(s, &event);
}

/* Into the child's log, behind its last lines; the log of ours tells where. */
void hf_sup_dump(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    static pid_t pids[HF_LIMIT_TREE_SCAN];
    struct hf_buf dump;
    struct hf_bytes text, line;
    hf_buf_init(&dump, DUMP_BYTES);
    size_t count = hf_trees_list(s->trees, a->tree, pids, HF_COUNT(pids));
    hf_evidence_dump(pids, count, &dump);
    text = hf_buf_view(&dump);
    while (hf_proc_next_line(&text, &line)) {
        hf_sup_log_line(s, line, true);
        HF_LOG(&s->config.log, HF_LOG_WARN, "child.dumped", HF_TEXT("line", line));
    }
    hf_buf_fini(&dump);
}

/* --- life --- */

int hf_sup_trees_open(struct hf_supervise *s, struct hf_fault *fault)
{
    bool has_groups = hf_cgroup_home(s->cgroup_home) == 0;
    const struct hf_trees_config config = { .loop = s->loop,
                                            .cgroup_home = has_groups ? s->cgroup_home : NULL,
                                            .told = on_news,
                                            .ctx = s };
    int err = hf_notify_in_new(&s->notify_in, s->loop, on_notified, s, fault);
    return err ? err : hf_trees_new(&s->trees, &config, fault);
}

void hf_sup_trees_close(struct hf_supervise *s)
{
    for (size_t i = 0; i < HF_COUNT(s->readers); i++)
        if (s->readers[i].tree != 0) hf_child_output_close(s->readers[i].output);
    hf_notify_in_free(s->notify_in);
    if (s->trees) hf_trees_close(s->trees);
}
