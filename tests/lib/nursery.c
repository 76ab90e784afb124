#include "lib/nursery.h"
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_PID = 1000, LOG_CUT = 256 };

/* --- trace --- */

__attribute__((format(printf, 2, 3))) static void note(struct nursery *n, const char *format, ...)
{
    char *line = n->trace[n->trace_count++ % NURSERY_TRACE];
    int used = snprintf(line, sizeof n->trace[0], "[%lld] ", (long long)(n->now.mono.ns / 1000000));
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof n->trace[0] - (size_t)used, format, args);
    va_end(args);
}

void nursery_fail(struct nursery *n, const char *format, ...)
{
    va_list args;
    size_t from = n->trace_count > NURSERY_TRACE ? n->trace_count - NURSERY_TRACE : 0;
    for (size_t i = from; i < n->trace_count; i++)
        fprintf(stderr, "%s\n", n->trace[i % NURSERY_TRACE]);
    fprintf(stderr, "seed %llu, %lld ms: ", (unsigned long long)n->seed,
            (long long)(n->now.mono.ns / 1000000));
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    abort();
}

static void on_log(void *ctx, const struct hf_log_record *record)
{
    struct nursery *n = ctx;
    struct hf_buf line;
    hf_buf_init(&line, 4096);
    hf_log_format(&line, record);
    n->log_counts[record->level]++;
    note(n, "%c %.*s", "EWID"[record->level], (int)(line.len < LOG_CUT ? line.len : LOG_CUT),
         (const char *)line.ptr);
    if (record->level <= HF_LOG_INFO)
        snprintf(n->last_log, sizeof n->last_log, "%s", record->event);
    hf_buf_fini(&line);
}

/* --- life --- */

void nursery_init(struct nursery *n, uint64_t seed)
{
    *n = (struct nursery){ .seed = seed,
                           .now = { hf_at_ms(1000000), 1700000000000 },
                           .next_pid = FIRST_PID,
                           .pong_at = HF_NEVER,
                           .ready_at = HF_NEVER,
                           .busy_until = hf_at_ms(0),
                           .revision = 1 };
    hf_rng_init_number(&n->rng, seed);
    hf_supervisor_config_init(&n->config);
    n->config.log = (struct hf_log){ .sink = on_log, .ctx = n, .level = HF_LOG_DEBUG };
    n->config.place = HF_PLACE_GATEWAY;
    n->config.port = 18789;
    n->config.summary = HF_LIT("gateway");
    n->config.ladder.jitter_percent = 0;
    n->config.governor.jitter_percent = 0;
    n->plan_len = 1;
}

void nursery_open(struct nursery *n)
{
    n->config.seed[0] = (uint8_t)n->seed;
    NURSERY_CHECK(n, hf_supervisor_new(&n->s, &n->config, n->now) == 0);
}

void nursery_fini(struct nursery *n)
{
    hf_supervisor_free(n->s);
    n->s = NULL;
}

void nursery_plan(struct nursery *n, const struct child *children, size_t count)
{
    NURSERY_CHECK(n, count > 0 && count <= NURSERY_PLAN);
    memcpy(n->plan, children, count * sizeof children[0]);
    n->plan_len = count;
    n->plan_at = 0;
}

/* --- kids --- */

static struct kid *find_kid(struct nursery *n, uint64_t tree)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++)
        if (n->kids[i].tree == tree) return &n->kids[i];
    return NULL;
}

static bool lives(const struct kid *k)
{
    return k->exists && (k->main_lives || k->members > 0);
}

struct kid *nursery_gateway(struct nursery *n)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++)
        if (n->kids[i].exists && n->kids[i].main_lives && !n->kids[i].is_doctor) return &n->kids[i];
    return NULL;
}

size_t nursery_alive(const struct nursery *n)
{
    size_t count = 0;
    for (size_t i = 0; i < NURSERY_KIDS; i++)
        if (n->kids[i].exists) count += n->kids[i].main_lives + n->kids[i].members;
    return count;
}

static bool is_past(const struct nursery *n, hf_time t)
{
    return !hf_time_before(n->now.mono, t);
}

static bool is_hung(const struct nursery *n, const struct kid *k)
{
    if (k->is_stopped) return true;
    if (!is_past(n, k->hang_at)) return false;
    return k->child.hang_for_ms == 0 ||
           !is_past(n, hf_time_after(k->hang_at, HF_MS(k->child.hang_for_ms)));
}

static bool answers(const struct nursery *n, const struct kid *k)
{
    return k->main_lives && is_past(n, k->ready_at) && is_past(n, k->down_until) && !is_hung(n, k);
}

/* Its HTTP side still answers while the connection hangs; what stands still or works
 * answers nobody. */
static bool serves_http(const struct nursery *n, const struct kid *k)
{
    bool is_still = k->is_stopped || k->child.hangs_stopped || k->child.hangs_busy;
    return answers(n, k) || (k->child.has_http && !(is_hung(n, k) && is_still));
}

static bool listens(const struct nursery *n, const struct kid *k)
{
    bool has_let_go = k->child.frees_port && !is_past(n, k->down_until);
    return k->main_lives && !has_let_go && (k->child.listens_mute || is_past(n, k->ready_at));
}

static struct kid *listener(struct nursery *n)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++) {
        struct kid *k = &n->kids[i];
        if (!k->exists || k->is_doctor || !listens(n, k)) continue;
        if (!k->is_bound && n->stranger.is_there) continue;
        k->is_bound = true;
        return k;
    }
    return NULL;
}

void nursery_steal_port(struct nursery *n, struct stranger thief)
{
    if (listener(n)) return;
    n->stranger = thief;
    n->stranger.is_there = true;
}

/* --- mail --- */

static struct mail *post(struct nursery *n, enum hf_keeper_event_kind kind, hf_span after)
{
    NURSERY_CHECK(n, n->mail_len < NURSERY_MAIL);
    struct mail *m = &n->mail[n->mail_len++];
    hf_span more =
        n->latency_max > 0 ? (hf_span)hf_rng_below(&n->rng, (uint64_t)n->latency_max) : 0;
    *m = (struct mail){ .at = hf_time_after(n->now.mono, after + more), .order = n->mail_order++ };
    m->event.kind = kind;
    return m;
}

/* Mail of one tree comes in its order. */
static struct mail *post_tree(struct nursery *n, enum hf_keeper_event_kind kind, hf_span after,
                              uint64_t tree)
{
    struct mail *m = post(n, kind, after);
    m->event.tree = tree;
    for (size_t i = 0; i + 1 < n->mail_len; i++)
        if (n->mail[i].event.tree == tree && tree) m->at = hf_time_max(m->at, n->mail[i].at);
    return m;
}

static void drop_mail(struct nursery *n, enum hf_keeper_event_kind kind, uint64_t ask)
{
    for (size_t i = 0; i < n->mail_len; i++)
        if (n->mail[i].event.kind == kind && n->mail[i].event.ask == ask)
            n->mail[i--] = n->mail[--n->mail_len];
}

static void drop_link_mail(struct nursery *n, uint64_t link)
{
    for (size_t i = 0; i < n->mail_len; i++)
        if (n->mail[i].event.link == link) n->mail[i--] = n->mail[--n->mail_len];
}

/* --- deaths --- */

static void lose_link(struct nursery *n, uint16_t code, hf_span after)
{
    if (!n->link) return;
    bool was_open = n->link_is_open;
    drop_link_mail(n, n->link);
    struct mail *m = post(n, was_open ? HF_KEEPER_LINK_CLOSED : HF_KEEPER_LINK_FAILED, after);
    m->event.link = n->link;
    if (was_open)
        m->event.u.link_closed.code = code;
    else
        m->event.u.link_failed.failure = HF_KEEPER_LINK_UNREACHABLE;
    n->link = 0;
    n->link_is_open = false;
}

static void tell_empty(struct nursery *n, struct kid *k)
{
    if (lives(k) || !k->exists) return;
    post_tree(n, HF_KEEPER_EMPTIED, HF_MS(1), k->tree);
    k->exists = false;
}

static void main_ends(struct nursery *n, struct kid *k, int code, int signal)
{
    if (!k->main_lives) return;
    k->main_lives = false;
    if (k->pid == n->recorded_pid) n->recorded_pid = 0;
    if (n->link && n->link_tree == k->tree && !n->exit_before_close) lose_link(n, 1006, 0);
    struct mail *m = post_tree(n, HF_KEEPER_EXITED, HF_MS(1), k->tree);
    m->event.u.exited.is_known = !k->is_adopted;
    m->event.u.exited.code = signal ? -1 : code;
    m->event.u.exited.signal = signal;
    if (n->link && n->link_tree == k->tree) lose_link(n, 1006, HF_MS(2));
    tell_empty(n, k);
}

void nursery_crash(struct nursery *n, int code, int signal)
{
    struct kid *k = nursery_gateway(n);
    if (k) main_ends(n, k, code, signal);
}

static bool has_mail(const struct nursery *n, uint64_t tree)
{
    for (size_t i = 0; i < n->mail_len; i++)
        if (n->mail[i].event.tree == tree) return true;
    return false;
}

void nursery_repeat_exit(struct nursery *n, int code)
{
    struct hf_keeper_event again = { .kind = HF_KEEPER_EXITED };
    const struct kid *k = &n->kids[(n->kid_at + NURSERY_KIDS - 1) % NURSERY_KIDS]; /* the newest */
    if (k->exists) k = &n->kids[(n->kid_at + NURSERY_KIDS - 2) % NURSERY_KIDS];
    if (k->tree == 0 || k->exists || has_mail(n, k->tree)) return;
    size_t told = n->tells[HF_KEEPER_TELL_EXIT];
    uint64_t stale = n->s->stale_count;
    again.tree = k->tree;
    again.u.exited.is_known = true;
    again.u.exited.code = code;
    nursery_say(n, &again);
    NURSERY_CHECK(n, n->s->stale_count == stale + 1);
    NURSERY_CHECK(n, n->tells[HF_KEEPER_TELL_EXIT] == told);
}

void nursery_close_link(struct nursery *n, uint16_t code)
{
    if (n->link_is_open) lose_link(n, code, 0);
}

static void kill_all(struct nursery *n, struct kid *k)
{
    if (!k->exists || k->child.is_stuck) return;
    k->members = 0;
    if (k->main_lives)
        main_ends(n, k, 0, 9);
    else
        tell_empty(n, k);
}

/* --- actions --- */

static struct child next_child(struct nursery *n)
{
    size_t at = n->plan_at < n->plan_len ? n->plan_at++ : n->plan_len - 1;
    return n->plan[at];
}

static struct kid *new_kid(struct nursery *n, uint64_t tree)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++) {
        struct kid *k = &n->kids[n->kid_at++ % NURSERY_KIDS];
        if (k->exists) continue;
        *k = (struct kid){ .tree = tree, .pid = n->next_pid++ };
        return k;
    }
    nursery_fail(n, "no room for another tree");
}

static hf_time when(const struct nursery *n, int64_t ms)
{
    return ms < 0 ? HF_NEVER : hf_time_after(n->now.mono, HF_MS(ms));
}

static void begin_kid(struct nursery *n, struct kid *k)
{
    const struct child *c = &k->child;
    k->exists = k->main_lives = true;
    k->members = c->members;
    k->made_at = n->now.mono;
    k->ready_at = when(n, c->ready_ms);
    k->exit_at = c->exit_ms ? when(n, c->exit_ms) : HF_NEVER;
    k->hang_at = c->hang_ms ? when(n, c->hang_ms) : HF_NEVER;
    k->restart_at = c->restart_ms ? when(n, c->restart_ms) : HF_NEVER;
    k->down_until = hf_at_ms(0);
    k->gives_up_at = HF_NEVER;
    k->boot = 1;
    k->applied = n->revision;
}

void nursery_orphan(struct nursery *n, const struct child *child)
{
    struct kid *k = new_kid(n, 0);
    k->child = *child;
    begin_kid(n, k);
    n->recorded_pid = k->pid;
}

/* What could not be killed dies at last. */
void nursery_unstick(struct nursery *n)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++) {
        if (!n->kids[i].exists || !n->kids[i].child.is_stuck) continue;
        n->kids[i].child.is_stuck = false;
        kill_all(n, &n->kids[i]);
    }
}

static void check_spawn(struct nursery *n, const struct hf_keeper_action *a)
{
    struct hf_supervisor *s = n->s;
    NURSERY_CHECK(n, s->is_wanted);           /* 11 */
    for (size_t i = 0; i < NURSERY_KIDS; i++) /* 1 */
        if (n->kids[i].exists)
            nursery_fail(n, "a tree lives: %llu", (unsigned long long)n->kids[i].tree);
    if (a->u.spawn == HF_KEEPER_DOCTOR) { /* 9 */
        NURSERY_CHECK(n, n->doctor_epoch != s->epoch);
        n->doctor_epoch = s->epoch;
        return;
    }
    bool is_charged = s->start.how.is_auto && !s->start.how.is_uncharged && s->start.attempt == 1 &&
                      !s->start.has_doctored && !s->governor.is_quarantined;
    if (!s->start.how.is_auto) n->charged = 0; /* somebody's wish */
    if (!is_charged || n->config.governor.budget != NURSERY_BUDGET) return;
    size_t oldest = n->charged % NURSERY_BUDGET; /* 7 */
    if (n->charged >= NURSERY_BUDGET &&
        hf_time_since(n->now.mono, n->charged_at[oldest]) < HF_MS(300000))
        nursery_fail(n, "the sixth automatic restart within 300 s");
    n->charged_at[n->charged++ % NURSERY_BUDGET] = n->now.mono;
}

static void spawn(struct nursery *n, const struct hf_keeper_action *a)
{
    bool is_doctor = a->u.spawn == HF_KEEPER_DOCTOR;
    check_spawn(n, a);
    struct kid *k = new_kid(n, a->tree);
    k->is_doctor = is_doctor;
    k->child = is_doctor ? n->doctor : next_child(n);
    if (is_doctor)
        n->doctors++;
    else if (n->spawns < NURSERY_SPAWNS)
        n->spawned_at[n->spawns++] = n->now.mono;
    if (is_doctor && n->doctor_repairs) n->plan_at = n->plan_len - 1;
    if (k->child.spawn_ms < 0) {
        struct mail *m = post_tree(n, HF_KEEPER_SPAWN_FAILED, HF_MS(1), a->tree);
        m->event.u.spawn_failed.err = k->child.spawn_err;
        m->event.u.spawn_failed.why = HF_LIT("cannot execute gateway");
        return;
    }
    begin_kid(n, k); /* it exists before anybody is told */
    struct mail *m = post_tree(n, HF_KEEPER_SPAWNED, HF_MS(k->child.spawn_ms), a->tree);
    m->event.u.spawned.pid = k->pid;
    m->event.is_holdfast = k->child.is_holdfast;
}

static void adopt(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = NULL;
    for (size_t i = 0; i < NURSERY_KIDS; i++)
        if (n->kids[i].exists && n->kids[i].main_lives && n->kids[i].pid == a->u.adopt.pid)
            k = &n->kids[i];
    if (!k && n->stranger.is_there && n->stranger.pid == a->u.adopt.pid) {
        k = new_kid(n, a->tree);
        k->pid = n->stranger.pid;
        begin_kid(n, k);
        n->stranger.is_there = false;
    }
    struct mail *m =
        post_tree(n, k ? HF_KEEPER_SPAWNED : HF_KEEPER_SPAWN_FAILED, HF_MS(1), a->tree);
    if (!k) {
        m->event.u.spawn_failed.err = HF_ERR_NOT_FOUND;
        return;
    }
    k->tree = a->tree;
    k->is_adopted = true;
    m->event.u.spawned.pid = k->pid;
}

static void usr(struct nursery *n, struct kid *k)
{
    struct mail *m;
    switch (k->child.on_usr) {
    case NURSERY_IGNORES:
        return;
    case NURSERY_RESTARTS:
        k->restart_at = n->now.mono;
        return;
    case NURSERY_DIES:
        main_ends(n, k, 0, 10);
        return;
    case NURSERY_APPLIES:
        k->applied = n->revision;
        return;
    case NURSERY_NOTIFIES:
        post_tree(n, HF_KEEPER_NOTIFIED_READY, HF_MS(1), k->tree);
        return;
    case NURSERY_SAYS_READY:
        m = post(n, HF_KEEPER_LINK_EVENT, HF_MS(1));
        m->event.link = n->link;
        m->event.u.link_event.name = HF_LIT("gateway.ready");
        return;
    }
}

/* What a signal stopped is ended by nobody's wish alone: not because it lets nobody in
 * again.  (The evidence may be a moment older.) */
static void check_end(struct nursery *n, const struct kid *k)
{
    const struct hf_start *start = &n->s->start;
    bool is_suspended = k->exists && k->main_lives && is_hung(n, k) && k->child.hangs_stopped &&
                        hf_time_since(n->now.mono, k->hang_at) > HF_MS(10000);
    bool is_own_idea = start->is_reattach && !n->s->stop.is_open;
    if (is_suspended && is_own_idea) nursery_fail(n, "a suspended gateway is ended by itself");
}

static bool is_stopped(const struct nursery *n, const struct kid *k)
{
    return k->is_stopped || (k->child.hangs_stopped && is_hung(n, k));
}

/* TERM waits for a process that a signal has stopped. */
static void term(struct nursery *n, struct kid *k)
{
    k->term_waits = is_stopped(n, k);
    if (!k->child.ignores_term && !k->term_waits)
        k->exit_at = hf_time_after(n->now.mono, HF_MS(k->child.term_ms));
    k->child.exit_code = 0;
    k->child.exit_signal = 0;
    k->child.says_restart = false;
}

static void go_on(struct nursery *n, struct kid *k)
{
    if (!is_stopped(n, k)) return;
    k->is_stopped = false;
    k->hang_at = HF_NEVER;
    if (k->term_waits) term(n, k);
}

static void signal_kid(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = find_kid(n, a->tree);
    NURSERY_CHECK(n, k != NULL); /* 5 */
    if (a->u.signal.signal == HF_KEEPER_TERM) check_end(n, k);
    n->signals[a->u.signal.signal]++;
    if (!k->exists) return;
    if (a->u.signal.to_others) {
        if (a->u.signal.signal == HF_KEEPER_CONT) return; /* no member of these is ever stopped */
        if (!k->child.ignores_term) k->members = 0;
        if (!k->main_lives) tell_empty(n, k);
        return;
    }
    switch (a->u.signal.signal) {
    case HF_KEEPER_TERM:
        term(n, k);
        return;
    case HF_KEEPER_KILL:
        kill_all(n, k);
        return;
    case HF_KEEPER_CONT:
        go_on(n, k);
        return;
    case HF_KEEPER_USR1:
    case HF_KEEPER_USR2:
    case HF_KEEPER_HUP:
        usr(n, k);
        return;
    }
}

static void detect(struct nursery *n, const struct hf_keeper_action *a)
{
    if (n->port_is_mute) return;
    struct mail *m = post(n, HF_KEEPER_DETECTED, HF_MS(1));
    struct hf_keeper_found *f = &m->event.u.found;
    struct kid *k = listener(n);
    m->event.ask = a->ask;
    f->recorded_pid = n->recorded_pid;
    if (k) {
        *f = (struct hf_keeper_found){ .is_listening = true,
                                       .is_known = true,
                                       .tree = hf_ledger_find(&n->s->ledger, k->tree) ? k->tree : 0,
                                       .is_recorded = k->pid == n->recorded_pid,
                                       .is_same_user = true,
                                       .pid = k->pid,
                                       .recorded_pid = n->recorded_pid };
    } else if (n->stranger.is_there) {
        const struct stranger *o = &n->stranger;
        f->is_listening = true;
        f->is_known = o->is_known;
        f->is_same_user = o->is_same_user;
        f->is_recorded = o->is_recorded;
        f->is_gateway_program = o->is_gateway_program;
        f->pid = o->is_known ? o->pid : 0;
        f->uid = 1000;
        f->program = hf_bytes_cstr(o->name ? o->name : "other");
        f->unit = hf_bytes_cstr(o->unit ? o->unit : "");
    }
}

static void check_port(struct nursery *n, const struct hf_keeper_action *a)
{
    struct mail *m = post(n, HF_KEEPER_PORT_CHECKED, HF_MS(1));
    m->event.ask = a->ask;
    m->event.u.is_free = !listener(n) && !n->stranger.is_there && is_past(n, n->busy_until);
}

static void probe(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = listener(n);
    bool waits = k ? !answers(n, k) : n->stranger.is_there && !n->stranger.answers;
    if (a->u.probe == HF_KEEPER_LOOK_ALIVE && k) waits = is_hung(n, k) && !serves_http(n, k);
    struct mail *m = post(n, HF_KEEPER_PROBED, waits ? a->within : HF_MS(1));
    m->event.ask = a->ask;
    m->needs_look = true;
    m->look = a->u.probe;
}

static void open_link(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = listener(n);
    hf_span takes = HF_MS(2);
    if (k && !answers(n, k))
        takes = a->within;
    else if (k && k->child.ignores_connect)
        takes = a->u.link_open.connect_within;
    NURSERY_CHECK(n, n->link == 0);
    n->link = a->link;
    n->link_is_open = false;
    n->link_to_kid = k != NULL;
    n->link_tree = k ? k->tree : 0;
    struct mail *m = post(n, HF_KEEPER_LINK_READY, takes);
    m->event.link = a->link;
    m->needs_look = true;
}

static void abort_link(struct nursery *n, const struct hf_keeper_action *a)
{
    drop_link_mail(n, a->link);
    if (n->link != a->link) return;
    n->link = 0;
    n->link_is_open = false;
    n->pong_at = HF_NEVER;
}

/* One at a time; it is answered as soon as anybody reads. */
static void ping(struct nursery *n, const struct hf_keeper_action *a)
{
    n->pings++;
    if (a->link != n->link || !n->link_is_open || !hf_time_same(n->pong_at, HF_NEVER)) return;
    n->pong_at = hf_time_after(n->now.mono, HF_MS(1));
}

static void call(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = find_kid(n, n->link_tree);
    struct hf_bytes method = a->u.link_call.method;
    bool is_shutdown = hf_bytes_same(method, HF_LIT("shutdown"));
    bool is_channels = hf_bytes_same(method, HF_LIT("channels.status"));
    bool is_mute = !n->stranger.answers || (is_shutdown && n->stranger.shutdown_is_mute);
    bool is_mute_kid = !k || !answers(n, k) || (is_channels && k->child.mutes_channels);
    bool waits = n->link_to_kid ? is_mute_kid : is_mute;
    if (is_channels) NURSERY_CHECK(n, n->s->phase == HF_PHASE_READY);
    n->calls_channels += is_channels;
    if (a->link != n->link || !n->link_is_open) { /* its end is on the way */
        struct mail *lost = post(n, HF_KEEPER_LINK_RESULT, 0);
        lost->event.link = a->link;
        lost->event.ask = a->ask;
        lost->event.u.link_result.outcome = HF_KEEPER_CALL_NOT_SENT;
        return;
    }
    n->calls_shutdown += is_shutdown;
    struct mail *m = post(n, HF_KEEPER_LINK_RESULT, waits ? a->within : HF_MS(1));
    m->event.link = a->link;
    m->event.ask = a->ask;
    m->needs_look = true;
    snprintf(m->method, sizeof m->method, "%.*s", (int)method.len, (const char *)method.ptr);
    if (hf_bytes_same(method, HF_LIT("config.set"))) nursery_config_send(n, a);
}

/* A dump comes right before the end of what is held for hung: never of what a signal
 * stopped, nor of what has worked in silence for less than 180 s (its last life may be
 * 30 s older than its hang; the evidence a moment older than the dump). */
static void check_dump(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = find_kid(n, a->tree);
    if (!k || !k->exists || !is_hung(n, k)) return;
    hf_span hung_for = hf_time_since(n->now.mono, k->hang_at);
    bool is_fresh = hung_for < HF_MS(10000);
    if (!is_fresh && k->child.hangs_stopped) nursery_fail(n, "a suspended gateway is ended");
    if (!is_fresh && k->child.hangs_busy && hung_for < HF_MS(145000))
        nursery_fail(n, "a busy gateway is ended after %lld ms", (long long)hf_span_ms(hung_for));
}

static void read_evidence(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = find_kid(n, a->tree);
    struct mail *m = post_tree(n, HF_KEEPER_EVIDENCE, HF_MS(1), a->tree);
    bool hung = k && k->exists && is_hung(n, k);
    m->event.ask = a->ask;
    m->event.u.evidence.state = hung && (k->is_stopped || k->child.hangs_stopped) ? 'T' : 'S';
    if (hung && k->child.hangs_busy) {
        m->event.u.evidence.state = 'R';
        m->event.u.evidence.cpu_used = hf_time_since(n->now.mono, k->made_at);
    }
}

static void read_memory(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = find_kid(n, a->tree);
    struct mail *m = post_tree(n, HF_KEEPER_MEMORY, HF_MS(1), a->tree);
    m->event.ask = a->ask;
    m->event.u.memory.bytes = -1;
    if (!k || !k->exists) return;
    int64_t lived_ms = hf_span_ms(hf_time_since(n->now.mono, k->made_at));
    m->event.u.memory.bytes = k->child.bytes + k->child.bytes_a_second * lived_ms / 1000;
}

static void heard(struct nursery *n, const struct hf_keeper_result *r)
{
    nursery_config_heard(n, r);
    NURSERY_CHECK(n, r->tag > 0 && r->tag <= n->tag_count);
    struct nursery_result *got = &n->results[r->tag % NURSERY_TAGS];
    note(n, "-> result %llu %d%s %.*s", (unsigned long long)r->tag, (int)r->outcome,
         r->is_final ? "" : " (interim)", (int)r->reason.len, (const char *)r->reason.ptr);
    if (got->tag != r->tag) return; /* long ago */
    if (got->final > 0) nursery_fail(n, "request %llu has two results", (unsigned long long)r->tag);
    if (!r->is_final) {
        if (got->interim++ == 0) got->first = r->outcome;
        got->retry_after = r->retry_after;
        return;
    }
    got->final++;
    bool is_wish = r->verb == HF_KEEPER_DO_START || r->verb == HF_KEEPER_DO_RESTART;
    if (is_wish || got->is_operator) n->charged = 0; /* also a reload that became a restart */
    got->outcome = r->outcome;
    got->pid_before = r->pid_before;
    got->pid_after = r->pid_after;
    if (r->retry_after) got->retry_after = r->retry_after;
    snprintf(got->reason, sizeof got->reason, "%.*s", (int)r->reason.len,
             (const char *)r->reason.ptr);
    bool is_stop = r->verb == HF_KEEPER_DO_STOP && r->outcome == HF_KEEPER_EXECUTED;
    if (!is_stop) return;
    NURSERY_CHECK(n, nursery_alive(n) == 0); /* 2 */
    NURSERY_CHECK(n, hf_ledger_is_empty(&n->s->ledger));
}

static void tell(struct nursery *n, const struct hf_keeper_action *a)
{
    struct nursery_told *told = &n->told[a->u.tell.kind];
    n->tells[a->u.tell.kind]++;
    snprintf(told->name, sizeof told->name, "%.*s", (int)a->u.tell.name.len,
             (const char *)a->u.tell.name.ptr);
    snprintf(told->payload, sizeof told->payload, "%.*s", (int)a->u.tell.payload.len,
             (const char *)a->u.tell.payload.ptr);
    told->code = a->u.tell.code;
    told->signal = a->u.tell.signal;
}

static void journal(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k = a->tree ? find_kid(n, a->tree) : NULL;
    struct mail *m = post(n, HF_KEEPER_JOURNALED, 0);
    n->recorded_pid = k && k->main_lives ? k->pid : 0;
    m->event.ask = a->ask;
    m->event.u.err = n->journal_err;
}

static void survey(struct nursery *n, const struct hf_keeper_action *a)
{
    struct mail *m = post_tree(n, HF_KEEPER_SURVEYED, HF_MS(1), a->tree);
    m->event.ask = a->ask;
    m->event.u.surveyed.count = 1;
    m->event.u.surveyed.detail = HF_LIT("pid 1000 in d_wait");
}

static void read_config(struct nursery *n, const struct hf_keeper_action *a)
{
    struct mail *m = post(n, HF_KEEPER_CONFIG_READ, HF_MS(1));
    n->reads++;
    m->event.ask = a->ask;
    m->event.u.config.err = n->config_err;
    if (!n->config_err) m->event.u.config.text = hf_bytes_cstr(n->config_text);
    m->event.u.config.revision = n->revision;
}

static void act(struct nursery *n, const struct hf_keeper_action *a)
{
    struct kid *k;
    n->actions[a->kind]++;
    switch (a->kind) {
    case HF_KEEPER_DETECT:
        detect(n, a);
        return;
    case HF_KEEPER_CHECK_PORT:
        check_port(n, a);
        return;
    case HF_KEEPER_PROBE:
        probe(n, a);
        return;
    case HF_KEEPER_STOP_PROBE:
        drop_mail(n, HF_KEEPER_PROBED, a->ask);
        return;
    case HF_KEEPER_READ_CONFIG:
        read_config(n, a);
        return;
    case HF_KEEPER_JOURNAL:
        journal(n, a);
        return;
    case HF_KEEPER_SPAWN:
        note(n, "-> spawn %d as %llu", (int)a->u.spawn, (unsigned long long)a->tree);
        spawn(n, a);
        return;
    case HF_KEEPER_ADOPT:
        note(n, "-> adopt pid %lld", (long long)a->u.adopt.pid);
        adopt(n, a);
        return;
    case HF_KEEPER_SIGNAL:
        note(n, "-> signal %d to %llu", (int)a->u.signal.signal, (unsigned long long)a->tree);
        signal_kid(n, a);
        return;
    case HF_KEEPER_END:
        note(n, "-> end %llu", (unsigned long long)a->tree);
        k = find_kid(n, a->tree);
        NURSERY_CHECK(n, k != NULL);
        kill_all(n, k);
        return;
    case HF_KEEPER_SURVEY:
        survey(n, a);
        return;
    case HF_KEEPER_READ_EVIDENCE:
        read_evidence(n, a);
        return;
    case HF_KEEPER_READ_MEMORY:
        read_memory(n, a);
        return;
    case HF_KEEPER_DUMP:
        check_dump(n, a);
        return;
    case HF_KEEPER_LINK_OPEN:
        open_link(n, a);
        return;
    case HF_KEEPER_LINK_ABORT:
        note(n, "-> abort %llu", (unsigned long long)a->link);
        abort_link(n, a);
        return;
    case HF_KEEPER_LINK_CALL:
        call(n, a);
        return;
    case HF_KEEPER_LINK_PING:
        ping(n, a);
        return;
    case HF_KEEPER_TELL:
        tell(n, a);
        return;
    case HF_KEEPER_RESULT:
        heard(n, &a->u.result);
        return;
    case HF_KEEPER_NOTIFY:
        n->notices[a->u.notify.kind]++;
        if (a->u.notify.kind == HF_KEEPER_NOTICE_EXTEND) n->extended_for = a->within;
        return;
    }
}

/* --- invariants --- */

/* Whether it lives, or its end is on its way to the supervisor. */
static bool may_be_named(const struct nursery *n, int64_t pid)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++) {
        const struct kid *k = &n->kids[i];
        if (k->pid != pid) continue;
        if (k->exists && k->main_lives) return true;
        for (size_t m = 0; m < n->mail_len; m++)
            if (n->mail[m].event.kind == HF_KEEPER_EXITED && n->mail[m].event.tree == k->tree)
                return true;
    }
    return false;
}

/* What is over is waited for no more: a call ends with its connection, and only a gateway
 * that runs, that is asked to shut down, or that does not let us in again, is watched. */
static void check_over(struct nursery *n)
{
    const struct hf_supervisor *s = n->s;
    bool may_watch = hf_phase_state(s->phase) == HF_KEEPER_RUNNING || s->stop.is_asking ||
                     (s->start.is_open && s->start.is_reattach && s->phase == HF_PHASE_WAIT_READY);
    if (!may_watch) NURSERY_CHECK(n, hf_time_same(hf_vigil_due(&s->vigil), HF_NEVER));
    for (size_t i = HF_ASK_VIGIL; i < HF_ASK_COUNT && !s->link.is_ready; i++)
        if (s->asks[i]) nursery_fail(n, "call %zu waits without a connection", i);
}

static void check(struct nursery *n)
{
    struct hf_supervisor_status st = nursery_status(n);
    size_t gateways = 0;
    for (size_t i = 0; i < NURSERY_KIDS; i++)
        gateways += lives(&n->kids[i]) && !n->kids[i].is_doctor;
    NURSERY_CHECK(n, gateways <= 1);                                          /* 1 */
    if (st.pid) NURSERY_CHECK(n, may_be_named(n, st.pid));                    /* 6 */
    if (st.state == HF_KEEPER_RUNNING && n->config.place == HF_PLACE_GATEWAY) /* 4 */
        NURSERY_CHECK(n, st.is_connected);
    if (st.is_connected) /* whoever answers is ours, or is not said to be */
        NURSERY_CHECK(n, st.is_owned == n->link_to_kid);
    if (st.is_connected && !st.is_owned) NURSERY_CHECK(n, gateways == 0);
    if (st.phase == HF_PHASE_IDLE) /* 2 */
        NURSERY_CHECK(n, hf_time_same(hf_supervisor_due(n->s), HF_NEVER) && !st.is_wanted);
    NURSERY_CHECK(n, hf_time_before(n->now.mono, hf_supervisor_due(n->s)));
    if (st.ready != HF_READY_YES)
        n->ready_at = HF_NEVER;
    else if (hf_time_same(n->ready_at, HF_NEVER))
        n->ready_at = n->now.mono;
    if (hf_time_since(n->now.mono, n->ready_at) >= HF_MS(120000)) n->charged = 0; /* stable */
    check_over(n);
    nursery_config_check(n);
}

static void drain(struct nursery *n)
{
    struct hf_keeper_action a;
    size_t count = 0;
    for (; hf_supervisor_action(n->s, &a); count++) act(n, &a);
    if (count > n->actions_max) n->actions_max = count;
}

void nursery_say(struct nursery *n, const struct hf_keeper_event *event)
{
    n->steps++;
    hf_supervisor_step(n->s, n->now, event);
    drain(n);
    hf_supervisor_run_due(n->s, n->now);
    drain(n);
    check(n);
}

/* --- what arrives --- */

static struct hf_bytes hello(struct nursery *n, const char *version, bool has_presence,
                             const char *methods, int boot, uint64_t applied)
{
    char *text = n->hellos[n->hello_at++ % HF_COUNT(n->hellos)];
    int len = snprintf(text, NURSERY_HELLO_BYTES,
                       "{\"type\":\"hello-ok\",\"server\":{\"version\":\"%s\",\"connId\":\"c%d\","
                       "\"bootId\":\"b%d\"},\"features\":{\"methods\":[\"status\""
                       "%s%s]},\"snapshot\":{\"appliedConfigHash\":\"h%llu\"}}",
                       version ? version : "2026.9.6", ++n->conn, boot,
                       has_presence ? ",\"system-presence\"" : "", methods ? methods : "",
                       (unsigned long long)applied);
    return hf_bytes(text, (size_t)len);
}

/* Of ours, whose process it is. */
static uint64_t tree_of(struct nursery *n, const struct kid *k)
{
    return k && hf_ledger_find(&n->s->ledger, k->tree) ? k->tree : 0;
}

static void look_probe(struct nursery *n, struct mail *m)
{
    struct kid *k = listener(n);
    struct kid *g = nursery_gateway(n);
    enum hf_keeper_probe result = HF_KEEPER_PROBE_REFUSED;
    if (k)
        result = answers(n, k) || (m->look == HF_KEEPER_LOOK_ALIVE && serves_http(n, k))
                     ? HF_KEEPER_PROBE_READY
                     : HF_KEEPER_PROBE_SILENT;
    else if (n->stranger.is_there)
        result = n->stranger.answers ? HF_KEEPER_PROBE_READY : HF_KEEPER_PROBE_OTHER;
    m->event.u.probed.result = result;
    m->event.tree = tree_of(n, k);
    if (k && result == HF_KEEPER_PROBE_READY && k->child.challenged_ms)
        k->exit_at = hf_time_min(k->exit_at, when(n, k->child.challenged_ms));
    if (g && g->child.other_port && !k) {
        m->event.u.probed.other_port = g->child.other_port;
        m->event.u.probed.why = HF_LIT("expected port 18789, it listens on 4711");
    }
}

static void link_fails(struct mail *m, enum hf_keeper_link_failure failure, const char *why)
{
    m->event.kind = HF_KEEPER_LINK_FAILED;
    m->event.u.link_failed.failure = failure;
    m->event.u.link_failed.why = hf_bytes_cstr(why);
}

static void connect_kid(struct nursery *n, struct mail *m, struct kid *k)
{
    const struct child *c = &k->child;
    bool is_starting = !is_past(n, hf_time_after(k->ready_at, HF_MS(c->starting_ms)));
    if (!answers(n, k) || c->ignores_connect) {
        link_fails(m, HF_KEEPER_LINK_TIMEOUT, "connect timeout");
    } else if (is_starting) {
        link_fails(m, HF_KEEPER_LINK_STARTING, "gateway starting");
        m->event.u.link_failed.has_hint = c->hint_ms > 0;
        m->event.u.link_failed.hint_ms = (double)c->hint_ms;
    } else if (c->refuses_connect) {
        link_fails(m, HF_KEEPER_LINK_REFUSED, "invalid request");
    } else if (c->refuses_us) {
        link_fails(m, HF_KEEPER_LINK_CREDENTIAL, "unauthorized");
    } else {
        m->event.u.link_ready.hello = hello(n, c->version, !c->lacks_presence, c->methods,
                                            (int)k->pid * 100 + k->boot, k->applied);
    }
}

static void look_connect(struct nursery *n, struct mail *m)
{
    struct kid *k = listener(n);
    if (k)
        connect_kid(n, m, k);
    else if (!n->stranger.is_there || !n->stranger.answers)
        link_fails(m, HF_KEEPER_LINK_UNREACHABLE, "connection refused");
    else if (!n->stranger.lets_in)
        link_fails(m, HF_KEEPER_LINK_CREDENTIAL, "unauthorized");
    else
        m->event.u.link_ready.hello = hello(n, n->stranger.version, true,
                                            n->stranger.has_shutdown ? ",\"shutdown\"" : "", 7, 0);
    m->event.tree = tree_of(n, k);
    n->link_tree = k ? k->tree : 0;
    n->link_to_kid = k != NULL;
    n->link_is_open = m->event.kind == HF_KEEPER_LINK_READY;
    if (!n->link_is_open) n->link = 0;
    n->pong_at = HF_NEVER;
}

static void answer_stranger(struct nursery *n, struct mail *m)
{
    bool is_shutdown = strcmp(m->method, "shutdown") == 0;
    if (!n->stranger.answers || (is_shutdown && n->stranger.shutdown_is_mute)) {
        m->event.u.link_result.outcome = HF_KEEPER_CALL_TIMEOUT;
    } else if (!is_shutdown) {
        return;
    } else if (n->stranger.shutdown_is_unknown) {
        m->event.u.link_result.outcome = HF_KEEPER_CALL_ERROR;
        m->event.u.link_result.payload = HF_LIT("{\"message\":\"Unknown method: shutdown\"}");
    } else {
        n->stranger.is_there = false;
    }
}

static void look_call(struct nursery *n, struct mail *m)
{
    static char status[128];
    struct kid *k = find_kid(n, n->link_tree);
    m->event.u.link_result.outcome = HF_KEEPER_CALL_OK;
    m->event.u.link_result.payload = HF_LIT("{}");
    if (!n->link_to_kid) {
        answer_stranger(n, m);
        return;
    }
    bool is_channels = strcmp(m->method, "channels.status") == 0;
    if (!k || !answers(n, k) || (is_channels && k->child.mutes_channels)) {
        m->event.u.link_result.outcome = HF_KEEPER_CALL_TIMEOUT;
    } else if (is_channels && k->child.hides_channels) {
        m->event.u.link_result.outcome = HF_KEEPER_CALL_ERROR;
        m->event.u.link_result.payload = HF_LIT("{\"message\":\"unknown method\"}");
    } else if (strcmp(m->method, "system-presence") == 0 &&
               (k->child.hides_presence || k->child.lacks_presence)) {
        m->event.u.link_result.outcome = HF_KEEPER_CALL_ERROR;
        m->event.u.link_result.payload = HF_LIT("{\"message\":\"unknown method\"}");
    } else if (strcmp(m->method, "config.get") == 0) {
        m->event.u.link_result.payload = nursery_config_get(n, k);
    } else if (strcmp(m->method, "config.set") == 0) {
        if (!nursery_config_set(n, k, &m->event)) m->event.link = 0; /* of no connection */
    } else if (strcmp(m->method, "status") == 0 && k->child.budget_ms) {
        int len = snprintf(status, sizeof status, "{\"shutdownBudget\":%lld}",
                           (long long)k->child.budget_ms);
        m->event.u.link_result.payload = hf_bytes(status, (size_t)len);
    }
}

static void look(struct nursery *n, struct mail *m)
{
    if (m->event.kind == HF_KEEPER_PROBED)
        look_probe(n, m);
    else if (m->event.kind == HF_KEEPER_LINK_READY)
        look_connect(n, m);
    else
        look_call(n, m);
}

static void after_hello(struct nursery *n)
{
    struct kid *k = find_kid(n, n->link_tree);
    if (k && k->child.says_ready) nursery_event(n, "gateway.ready", "{}");
}

static bool deliver_one(struct nursery *n)
{
    size_t first = n->mail_len;
    for (size_t i = 0; i < n->mail_len; i++) {
        if (!is_past(n, n->mail[i].at)) continue;
        bool sooner = first == n->mail_len || hf_time_before(n->mail[i].at, n->mail[first].at) ||
                      (hf_time_same(n->mail[i].at, n->mail[first].at) &&
                       n->mail[i].order < n->mail[first].order);
        if (sooner) first = i;
    }
    if (first == n->mail_len) return false;
    struct mail m = n->mail[first];
    n->mail[first] = n->mail[--n->mail_len];
    if (m.needs_look) look(n, &m);
    nursery_say(n, &m.event);
    if (m.event.kind == HF_KEEPER_LINK_READY && n->link == m.event.link) after_hello(n);
    return true;
}

/* --- time --- */

static bool notifies(const struct nursery *n, const struct kid *k)
{
    return n->config.place == HF_PLACE_NOTIFY && !k->is_doctor && !k->has_notified;
}

/* As the real one does when another process has its port. */
static void mind_port(struct nursery *n, struct kid *k)
{
    bool is_blocked = n->stranger.is_there && listens(n, k) && !k->is_bound;
    if (k->child.gives_up_ms == 0 || k->is_doctor) return;
    if (!is_blocked)
        k->gives_up_at = HF_NEVER;
    else if (hf_time_same(k->gives_up_at, HF_NEVER))
        k->gives_up_at = hf_time_after(n->now.mono, HF_MS(k->child.gives_up_ms));
    if (!is_past(n, k->gives_up_at)) return;
    k->exit_at = n->now.mono;
    k->child.exit_code = 78;
    k->child.exit_signal = 0;
    k->child.says_restart = false;
}

static void kid_moves(struct nursery *n, struct kid *k)
{
    if (!k->exists || !k->main_lives) return;
    if (notifies(n, k) && is_past(n, k->ready_at)) {
        post_tree(n, HF_KEEPER_NOTIFIED_READY, 0, k->tree);
        k->has_notified = true;
    }
    if (is_past(n, k->restart_at)) {
        k->restart_at = HF_NEVER;
        k->down_until = hf_time_after(n->now.mono, HF_MS(k->child.down_ms));
        k->boot++;
        k->applied = n->revision;
        if (k->child.frees_port) k->is_bound = false;
        if (n->link && n->link_tree == k->tree) lose_link(n, 1012, 0);
    }
    mind_port(n, k);
    if (!is_past(n, k->exit_at)) return;
    if (k->child.says_restart && n->link_is_open && n->link_tree == k->tree)
        nursery_event(n, "shutdown", "{\"reason\":\"restart\",\"restartExpectedMs\":1000}");
    if (k->child.line) {
        struct hf_keeper_event said = { .kind = HF_KEEPER_OUTPUT, .tree = k->tree };
        said.u.output.is_stderr = true;
        said.u.output.bytes = hf_bytes_cstr(k->child.line);
        nursery_say(n, &said);
    }
    main_ends(n, k, k->child.exit_code, k->child.exit_signal);
}

static void pong(struct nursery *n)
{
    enum { LOOK_AGAIN_MS = 1000 };
    struct kid *k = find_kid(n, n->link_tree);
    bool is_well =
        n->link_to_kid ? k && answers(n, k) : n->stranger.is_there && n->stranger.answers;
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_LIFE, .link = n->link };
    n->pong_at = is_well ? HF_NEVER : hf_time_after(n->now.mono, HF_MS(LOOK_AGAIN_MS));
    if (n->link_is_open && is_well && !n->mutes_pongs) nursery_say(n, &event);
}

static hf_time next_at(const struct nursery *n)
{
    hf_time at = hf_time_min(hf_supervisor_due(n->s), n->link_is_open ? n->pong_at : HF_NEVER);
    for (size_t i = 0; i < n->mail_len; i++) at = hf_time_min(at, n->mail[i].at);
    for (size_t i = 0; i < NURSERY_KIDS; i++) {
        const struct kid *k = &n->kids[i];
        if (!k->exists || !k->main_lives) continue;
        at = hf_time_min(at, hf_time_min(k->exit_at, k->restart_at));
        at = hf_time_min(at, k->gives_up_at);
        if (notifies(n, k)) at = hf_time_min(at, k->ready_at);
    }
    return at;
}

static void turn(struct nursery *n)
{
    for (size_t i = 0; i < NURSERY_KIDS; i++) kid_moves(n, &n->kids[i]);
    while (deliver_one(n)) continue;
    if (is_past(n, n->pong_at)) pong(n);
    hf_supervisor_run_due(n->s, n->now);
    drain(n);
    check(n);
}

void nursery_run(struct nursery *n, hf_span span)
{
    hf_time end = hf_time_after(n->now.mono, span);
    for (;;) {
        hf_time at = hf_time_max(next_at(n), n->now.mono);
        if (hf_time_before(end, at)) break;
        n->now.wall_ms += hf_span_ms(hf_time_since(at, n->now.mono));
        n->now.mono = at;
        turn(n);
    }
    n->now.wall_ms += hf_span_ms(hf_time_since(end, n->now.mono));
    n->now.mono = end;
}

void nursery_run_ms(struct nursery *n, int64_t ms)
{
    nursery_run(n, HF_MS(ms));
}

void nursery_step_wall(struct nursery *n, int64_t ms)
{
    n->now.wall_ms += ms;
}

/* --- what a test says --- */

uint64_t nursery_request(struct nursery *n, struct hf_keeper_request request)
{
    if (request.class == HF_KEEPER_OPERATOR) n->charged = 0; /* may be forgiven */
    request.tag = ++n->tag_count;
    n->results[request.tag % NURSERY_TAGS] =
        (struct nursery_result){ .tag = request.tag,
                                 .is_operator = request.class == HF_KEEPER_OPERATOR,
                                 .key = request.key,
                                 .value = request.value };
    note(n, "ask %llu: verb %d class %d", (unsigned long long)request.tag, (int)request.verb,
         (int)request.class);
    struct hf_keeper_event event = { .kind = HF_KEEPER_REQUESTED };
    event.u.request = request;
    nursery_say(n, &event);
    return request.tag;
}

uint64_t nursery_ask(struct nursery *n, enum hf_keeper_verb verb)
{
    return nursery_request(n, (struct hf_keeper_request){ .verb = verb });
}

const struct nursery_result *nursery_result(const struct nursery *n, uint64_t tag)
{
    return &n->results[tag % NURSERY_TAGS];
}

void nursery_config(struct nursery *n, const char *text)
{
    snprintf(n->config_text, sizeof n->config_text, "%s", text);
    n->revision++;
    struct hf_keeper_event event = { .kind = HF_KEEPER_CONFIG_CHANGED };
    event.u.config.revision = n->revision;
    nursery_say(n, &event);
}

void nursery_event(struct nursery *n, const char *name, const char *payload)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_EVENT, .link = n->link };
    event.u.link_event.name = hf_bytes_cstr(name);
    event.u.link_event.payload = hf_bytes_cstr(payload);
    if (n->link_is_open) nursery_say(n, &event);
}

struct hf_supervisor_status nursery_status(struct nursery *n)
{
    struct hf_supervisor_status st;
    hf_supervisor_status(n->s, n->now, &st);
    return st;
}
