#include "lib/world.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WINDOW = 65536, INPUT_CHUNK = 65536, BYTES_MAX = 128 * 1024 * 1024 };

/* --- trace --- */

void world_note(struct world *w, const char *format, ...)
{
    va_list args;
    char *line = w->trace[w->trace_count++ % WORLD_TRACE_LINES];
    int len = snprintf(line, sizeof w->trace[0], "[%lld.%03lld] ",
                       (long long)(hf_span_ms(w->now.mono.ns) / 1000),
                       (long long)(hf_span_ms(w->now.mono.ns) % 1000));
    va_start(args, format);
    vsnprintf(line + len, sizeof w->trace[0] - (size_t)len, format, args);
    va_end(args);
}

static void remove_dir(struct world *w)
{
    static const char *const names[] = { "holdfast.db", "holdfast.db-wal", "holdfast.db-shm",
                                         "holdfast.db-journal" };
    char path[160];
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", w->dir, names[i]);
        unlink(path);
    }
    rmdir(w->dir);
}

void world_fail(struct world *w, const char *format, ...)
{
    va_list args;
    size_t count = w->trace_count < WORLD_TRACE_LINES ? w->trace_count : WORLD_TRACE_LINES;
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s\n", w->trace[(w->trace_count - count + i) % WORLD_TRACE_LINES]);
    fprintf(stderr, "seed %llu: ", (unsigned long long)w->seed);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    remove_dir(w);
    check_fail(__FILE__, __LINE__, "seed %llu failed", (unsigned long long)w->seed);
}

static void sink(void *ctx, const struct hf_log_record *record)
{
    struct world *w = ctx;
    struct hf_buf line;
    hf_buf_init(&line, 4096);
    hf_log_format(&line, record);
    world_note(w, "%s %.*s", hf_log_level_name(record->level), (int)line.len, (char *)line.ptr);
    hf_buf_fini(&line);
    w->log_counts[record->level]++;
    if (w->on_log) w->on_log(w, record);
}

/* --- life --- */

static void make_dir(struct world *w)
{
    const char *base = getenv("HOLDFAST_FAST_TMPDIR");
    if (!base) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(w->dir, sizeof w->dir, "%s/holdfast-world-XXXXXX", base);
    CHECK(mkdtemp(w->dir) != NULL);
    snprintf(w->path, sizeof w->path, "%s/holdfast.db", w->dir);
}

struct world *world_new(uint64_t seed)
{
    return world_new_for(seed, WORLD_SOCKETS);
}

struct world *world_new_for(uint64_t seed, size_t sockets)
{
    struct world *w = calloc(1, sizeof *w);
    CHECK(w != NULL);
    w->sockets = calloc(sockets, sizeof *w->sockets);
    w->socket_of = calloc(sockets, sizeof *w->socket_of);
    CHECK(w->sockets && w->socket_of);
    w->socket_count = sockets;
    w->seed = seed;
    hf_rng_init_number(&w->rng, seed);
    w->now = (struct hf_now){ .mono = hf_at_ms(1000000), .wall_ms = 1795318000000 };
    w->frozen_until = w->now.mono;
    hf_settings_init(&w->settings);
    w->settings.token = HF_LIT("secrettoken");
    w->config = (struct hf_server_config){
        .log = { .sink = sink, .ctx = w, .level = HF_LOG_DEBUG },
        .host_name = HF_LIT("world"),
        .platform = HF_LIT("linux 6.1"),
        .machine = HF_LIT("x64"),
        .device_family = HF_LIT("Linux"),
        .state_dir = HF_LIT("/state"),
        .pid = 1,
        .cpu_count = 1,
    };
    memset(w->config.state_key, 7, sizeof w->config.state_key);
    make_dir(w);
    return w;
}

static void socket_fini(struct world_socket *k)
{
    hf_buf_fini(&k->up.bytes);
    hf_buf_fini(&k->down.bytes);
    hf_buf_fini(&k->unread);
    hf_buf_fini(&k->received);
    *k = (struct world_socket){ .state = WORLD_FREE };
}

void world_free(struct world *w)
{
    hf_server_free(w->server);
    if (w->has_store) hf_store_fini(&w->store);
    for (size_t i = 0; i < w->socket_count; i++) socket_fini(&w->sockets[i]);
    remove_dir(w);
    free(w->sockets);
    free(w->socket_of);
    free(w);
}

static void reset_socket(struct world_socket *k)
{
    k->state = WORLD_GONE;
    k->conn = 0;
    k->down.bytes.len = 0;
    k->up.bytes.len = 0;
    k->down_reset = true;
    k->peer_saw_end = true;
}

void world_kill(struct world *w)
{
    if (!w->server) return;
    world_note(w, "world: server killed");
    hf_server_free(w->server);
    hf_store_fini(&w->store);
    w->server = NULL;
    w->has_store = false;
    w->job_count = 0;
    for (size_t i = 0; i < w->socket_count; i++)
        if (w->sockets[i].state == WORLD_OPEN || w->sockets[i].state == WORLD_CONNECTING)
            reset_socket(&w->sockets[i]);
}

static hf_span dice_span(struct world *w, hf_span max)
{
    return max > 0 ? (hf_span)hf_rng_below(&w->rng, (uint64_t)max + 1) : 0;
}

static bool dice_percent(struct world *w, unsigned percent)
{
    return percent > 0 && hf_rng_below(&w->rng, 100) < percent;
}

/* --- what the server asks for --- */

static void step(struct world *w, const struct hf_event *event, struct hf_outcome *outcome)
{
    w->steps++;
    hf_server_step(w->server, w->now, event, outcome);
}

static struct world_socket *find_socket(struct world *w, hf_id conn, const char *why)
{
    if (hf_id_slot(conn) < w->socket_count) {
        struct world_socket *k = &w->sockets[w->socket_of[hf_id_slot(conn)]];
        if (k->state == WORLD_OPEN && k->conn == conn) return k;
    }
    world_fail(w, "%s for connection %llx, which is gone", why, (unsigned long long)conn);
}

static void digest_bytes(struct world *w, const struct hf_output *out, size_t bytes)
{
    struct hf_buf all;
    hf_buf_init(&all, 2 * HF_LIMIT_WRITE_BYTES + 64);
    hf_buf_add(&all, hf_bytes(w->digest, sizeof w->digest));
    for (size_t i = 0; i < out->count && bytes > 0; i++) {
        struct hf_bytes part = hf_bytes_head(out->spans[i], bytes);
        hf_buf_add(&all, part);
        bytes -= part.len;
    }
    hf_sha256(hf_buf_view(&all), w->digest);
    hf_buf_fini(&all);
}

static void put_down(struct world *w, struct world_socket *k, const struct hf_output *out,
                     size_t bytes)
{
    if (k->down.bytes.len == 0 && !hf_time_same(k->down.ready_at, HF_NEVER))
        k->down.ready_at = hf_time_after(w->now.mono, dice_span(w, w->weather.latency_max));
    for (size_t i = 0; i < out->count && bytes > 0; i++) {
        struct hf_bytes part = hf_bytes_head(out->spans[i], bytes);
        hf_buf_add(&k->down.bytes, part);
        bytes -= part.len;
    }
    WORLD_CHECK(w, k->down.bytes.err == 0);
}

static void write_output(struct world *w, struct world_socket *k)
{
    for (bool was_all = false;;) {
        struct hf_output out;
        struct hf_outcome outcome;
        hf_server_output(w->server, k->conn, &out);
        size_t total = 0;
        for (size_t i = 0; i < out.count; i++) total += out.spans[i].len;
        WORLD_CHECK(w, total == out.total_bytes && total <= HF_LIMIT_WRITE_BYTES);
        /* Whoever wrote all stops there: the next output is told anew. */
        WORLD_CHECK(w, !was_all || total == 0);
        was_all = out.is_all;
        k->wants_write = total > 0;
        if (total == 0) return;
        size_t room = k->down.window > k->down.bytes.len ? k->down.window - k->down.bytes.len : 0;
        size_t bytes = total < room ? total : room;
        if (bytes > 1 && dice_percent(w, w->weather.split_percent))
            bytes = 1 + (size_t)hf_rng_below(&w->rng, bytes);
        if (bytes == 0) return;
        digest_bytes(w, &out, bytes);
        put_down(w, k, &out, bytes);
        struct hf_event event = { .kind = HF_EVENT_WRITTEN, .conn = k->conn };
        event.u.written_bytes = bytes;
        step(w, &event, &outcome);
        if (bytes < total) return; /* a short write: the rest waits for the next turn */
    }
}

static void closed(struct world *w, struct world_socket *k, enum hf_lost lost)
{
    struct hf_outcome outcome;
    struct hf_event event = { .kind = HF_EVENT_CLOSED, .conn = k->conn };
    event.u.closed = lost;
    step(w, &event, &outcome);
    k->conn = 0;
    k->state = WORLD_GONE;
}

static void take_job(struct world *w, const struct hf_job *job)
{
    WORLD_CHECK(w, w->job_count < WORLD_JOBS);
    hf_time at = hf_time_after(w->now.mono, dice_span(w, w->weather.job_max));
    /* One worker: no job overtakes another. */
    if (w->job_count > 0) at = hf_time_max(at, w->jobs[w->job_count - 1].done_at);
    w->jobs[w->job_count++] = (struct world_job){
        .job = *job, .done_at = at, .fails = dice_percent(w, w->weather.job_fail_percent)
    };
}

static void drain(struct world *w)
{
    struct hf_action action;
    while (w->server && hf_server_action(w->server, &action)) {
        struct world_socket *k;
        switch (action.kind) {
        case HF_ACTION_OUTPUT:
            k = find_socket(w, action.conn, "output");
            WORLD_CHECK(w, !k->is_killed);
            k->wants_write = true;
            break;
        case HF_ACTION_PAUSE:
            find_socket(w, action.conn, "pause")->is_paused = true;
            break;
        case HF_ACTION_RESUME:
            find_socket(w, action.conn, "resume")->is_paused = false;
            break;
        case HF_ACTION_CLOSE:
            k = find_socket(w, action.conn, "close");
            WORLD_CHECK(w, !k->is_closing);
            k->is_closing = true;
            break;
        case HF_ACTION_KILL:
            k = find_socket(w, action.conn, "kill");
            WORLD_CHECK(w, !k->is_killed);
            k->is_killed = true;
            break;
        case HF_ACTION_JOB:
            take_job(w, &action.job);
            break;
        case HF_ACTION_READY:
            WORLD_CHECK(w, !w->is_ready);
            w->is_ready = true;
            w->ready_count++;
            break;
        case HF_ACTION_DRAINING:
            w->is_draining = true;
            break;
        case HF_ACTION_STOPPED:
            w->is_stopped = true;
            break;
        }
    }
}

/* Writes, then ends what is to be ended. */
static void flush(struct world *w)
{
    for (size_t i = 0; i < w->socket_count; i++) {
        struct world_socket *k = &w->sockets[i];
        if (k->state != WORLD_OPEN) continue;
        if (k->is_killed) {
            closed(w, k, HF_LOST_BY_US);
            reset_socket(k);
            continue;
        }
        if (k->wants_write) write_output(w, k);
        if (k->is_closing && !k->wants_write) {
            k->down.is_ended = true;
            closed(w, k, HF_LOST_BY_US);
        }
    }
}

void world_start(struct world *w)
{
    WORLD_CHECK(w, !w->server);
    hf_rng_bytes(&w->rng, w->config.seed, sizeof w->config.seed);
    hf_store_init(&w->store, w->path);
    w->has_store = true;
    w->is_ready = w->is_draining = w->is_stopped = false;
    w->turned_at = w->frozen_until = w->now.mono; /* a new process is not frozen */
    w->busy_for = 0;
    world_note(w, "world: server starts");
    WORLD_CHECK(w, hf_server_new(&w->server, &w->config, &w->settings, w->now) == 0);
    drain(w);
}

/* --- what reaches the server --- */

static bool accept_due(struct world *w, struct world_socket *k)
{
    struct hf_outcome outcome;
    struct hf_event event = { .kind = HF_EVENT_ACCEPTED };
    if (k->state != WORLD_CONNECTING || hf_time_before(w->now.mono, k->accept_at)) return false;
    event.u.accepted = k->peer;
    step(w, &event, &outcome);
    k->conn = outcome.conn;
    k->state = WORLD_OPEN;
    if (outcome.conn == 0) {
        reset_socket(k);
        return true;
    }
    /* A slot is free again as soon as its socket is: there are never more. */
    WORLD_CHECK(w, hf_id_slot(k->conn) < w->socket_count);
    w->socket_of[hf_id_slot(k->conn)] = (uint32_t)(k - w->sockets);
    return true;
}

static void move_up(struct world *w, struct world_socket *k)
{
    if (k->up.bytes.len == 0 || hf_time_before(w->now.mono, k->up.ready_at)) return;
    size_t bytes = k->up.bytes.len;
    if (bytes > INPUT_CHUNK) bytes = INPUT_CHUNK;
    if (bytes > 1 && dice_percent(w, w->weather.split_percent))
        bytes = 1 + (size_t)hf_rng_below(&w->rng, bytes);
    hf_buf_add(&k->unread, hf_bytes_head(hf_buf_view(&k->up.bytes), bytes));
    hf_buf_take(&k->up.bytes, bytes);
    WORLD_CHECK(w, k->unread.err == 0);
    k->up.ready_at = hf_time_after(w->now.mono, dice_span(w, w->weather.latency_max));
}

static void feed(struct world *w, struct world_socket *k)
{
    struct hf_outcome outcome;
    move_up(w, k);
    if (k->unread.len > 0 && !k->is_paused) {
        struct hf_event event = { .kind = HF_EVENT_INPUT, .conn = k->conn };
        event.u.input.data = k->unread.ptr;
        event.u.input.len = k->unread.len;
        step(w, &event, &outcome);
        WORLD_CHECK(w, outcome.used_bytes <= k->unread.len);
        hf_buf_take(&k->unread, outcome.used_bytes);
    }
    if (k->up.is_ended && !k->told_end && k->up.bytes.len == 0 && k->unread.len == 0) {
        struct hf_event event = { .kind = HF_EVENT_INPUT_END, .conn = k->conn };
        k->told_end = true;
        step(w, &event, &outcome);
    }
}

static void finish_job(struct world *w)
{
    struct world_job done = w->jobs[0];
    struct hf_outcome outcome;
    struct hf_job_result result = { .kind = done.job.kind, .id = done.job.id };
    struct hf_store_result stored = { 0 };
    struct hf_event event = { .kind = HF_EVENT_JOB_DONE };
    memmove(w->jobs, w->jobs + 1, (w->job_count - 1) * sizeof w->jobs[0]);
    w->job_count--;
    event.u.job = &result;
    switch (done.job.kind) {
    case HF_JOB_STORE:
        stored.kind = done.job.u.store->kind;
        stored.err = HF_ERR_FULL;
        if (!done.fails || stored.kind == HF_STORE_LOAD)
            hf_store_run(&w->store, done.job.u.store, &stored);
        result.u.store = &stored;
        break;
    case HF_JOB_LOG_TAIL:
        result.u.log_tail.err = done.fails ? HF_ERR_IO : 0;
        snprintf(result.u.log_tail.file, sizeof result.u.log_tail.file, "/state/holdfast.log");
        break;
    case HF_JOB_IDENTITY:
        result.u.identity.err = done.fails ? HF_ERR_IO : 0;
        memset(result.u.identity.public_key, 7, sizeof result.u.identity.public_key);
        break;
    case HF_JOB_FACTS:
        result.u.facts = (struct hf_facts){ .rss_bytes = 1 << 20, .memory_total_bytes = 1 << 30 };
        break;
    }
    step(w, &event, &outcome);
    hf_store_result_fini(&stored);
}

static void begin_turn(struct world *w)
{
    struct hf_outcome outcome;
    struct hf_event event = { .kind = HF_EVENT_TURN };
    event.u.turn.blocked_for = hf_time_since(w->now.mono, w->turned_at) - w->busy_for;
    event.u.turn.cpu_used = w->cpu_used;
    w->turned_at = w->now.mono;
    w->busy_for = 0;
    step(w, &event, &outcome);
}

/* One loop turn of the host: input, deadlines, actions, output (style.md 5). */
static void turn(struct world *w)
{
    begin_turn(w);
    for (size_t i = 0; i < w->socket_count; i++) {
        struct world_socket *k = &w->sockets[i];
        if (k->state == WORLD_OPEN && k->reset_by_peer) {
            closed(w, k, HF_LOST_RESET);
            reset_socket(k);
        }
        if (accept_due(w, k) || k->state == WORLD_OPEN) {
            if (k->state == WORLD_OPEN) feed(w, k);
        }
    }
    while (w->job_count > 0 && !hf_time_before(w->now.mono, w->jobs[0].done_at)) finish_job(w);
    hf_server_run_due(w->server, w->now);
    drain(w);
    flush(w);
    drain(w);
}

static void end_stopped(struct world *w)
{
    if (!w->server || !w->is_stopped) return;
    for (size_t i = 0; i < w->socket_count; i++) WORLD_CHECK(w, w->sockets[i].state != WORLD_OPEN);
    WORLD_CHECK(w, w->job_count == 0);
    world_note(w, "world: server stopped");
    hf_server_free(w->server);
    hf_store_fini(&w->store);
    w->server = NULL;
    w->has_store = false;
}

/* --- time --- */

static hf_time pipe_due(const struct world_pipe *pipe)
{
    return pipe->bytes.len > 0 ? pipe->ready_at : HF_NEVER;
}

static hf_time socket_due(const struct world *w, const struct world_socket *k)
{
    hf_time due = pipe_due(&k->down);
    if (k->state == WORLD_CONNECTING) return w->server ? k->accept_at : HF_NEVER;
    if (k->state != WORLD_OPEN) return due;
    due = hf_time_min(due, pipe_due(&k->up));
    if (k->reset_by_peer || k->is_killed) return w->now.mono;
    if (k->unread.len > 0 && !k->is_paused) return w->now.mono;
    if (k->up.is_ended && !k->told_end && k->up.bytes.len == 0 && k->unread.len == 0)
        return w->now.mono;
    if (k->wants_write && k->down.bytes.len < k->down.window) return w->now.mono;
    return due;
}

static hf_time world_due(const struct world *w)
{
    hf_time due = HF_NEVER;
    for (size_t i = 0; i < w->socket_count; i++)
        if (w->sockets[i].state != WORLD_FREE)
            due = hf_time_min(due, socket_due(w, &w->sockets[i]));
    if (w->server) due = hf_time_min(due, hf_server_due(w->server));
    if (w->job_count > 0) due = hf_time_min(due, w->jobs[0].done_at);
    /* A frozen process does nothing, but the network goes on. */
    return hf_time_max(due, w->frozen_until);
}

static void deliver_down(struct world *w)
{
    for (size_t i = 0; i < w->socket_count; i++) {
        struct world_socket *k = &w->sockets[i];
        if (k->state == WORLD_FREE) continue;
        if (k->down.bytes.len > 0 && !hf_time_before(w->now.mono, k->down.ready_at)) {
            size_t bytes = k->down.bytes.len;
            if (bytes > 1 && dice_percent(w, w->weather.split_percent))
                bytes = 1 + (size_t)hf_rng_below(&w->rng, bytes);
            hf_buf_add(&k->received, hf_bytes_head(hf_buf_view(&k->down.bytes), bytes));
            hf_buf_take(&k->down.bytes, bytes);
            k->down.ready_at = hf_time_after(w->now.mono, dice_span(w, w->weather.latency_max));
        }
        if (k->down.is_ended && k->down.bytes.len == 0) k->peer_saw_end = true;
    }
}

static void set_time(struct world *w, hf_time at)
{
    if (!hf_time_before(w->now.mono, at)) return;
    hf_span passed = hf_time_since(at, w->now.mono);
    w->now.mono = at;
    w->now.wall_ms += hf_span_ms(passed);
}

void world_run_until(struct world *w, hf_time until, const struct world_peers *peers)
{
    enum { STILL_MAX = 20000 };
    unsigned still = 0;
    for (;;) {
        hf_time due = world_due(w);
        if (peers) due = hf_time_min(due, peers->due(peers->ctx, w));
        if (hf_time_before(until, due)) break;
        still = hf_time_before(w->now.mono, due) ? 0 : still + 1;
        if (still > STILL_MAX) world_fail(w, "the world spins: nothing lets time pass");
        set_time(w, due);
        if (w->server && !hf_time_before(w->now.mono, w->frozen_until)) turn(w);
        deliver_down(w);
        if (peers) peers->run(peers->ctx, w);
        end_stopped(w);
    }
    set_time(w, until);
}

void world_run(struct world *w, hf_span span, const struct world_peers *peers)
{
    world_run_until(w, hf_time_after(w->now.mono, span), peers);
}

/* --- levers --- */

static void give(struct world *w, struct hf_event *event)
{
    struct hf_outcome outcome;
    if (!w->server) return;
    step(w, event, &outcome);
    drain(w);
}

void world_stop(struct world *w, bool will_restart, int64_t restart_expected_ms)
{
    struct hf_event event = { .kind = HF_EVENT_STOP };
    event.u.stop.will_restart = will_restart;
    event.u.stop.restart_expected_ms = restart_expected_ms;
    world_note(w, "world: stop");
    give(w, &event);
}

void world_item_ready(struct world *w, const char *name)
{
    struct hf_event event = { .kind = HF_EVENT_ITEM_READY };
    event.u.item = hf_bytes_cstr(name);
    give(w, &event);
}

void world_expect(struct world *w, hf_span in)
{
    struct hf_event event = { .kind = HF_EVENT_EXPECTED };
    event.u.expected_at = hf_time_after(w->now.mono, in);
    give(w, &event);
}

void world_settings(struct world *w)
{
    struct hf_event event = { .kind = HF_EVENT_SETTINGS };
    event.u.settings = &w->settings;
    give(w, &event);
}

void world_freeze(struct world *w, hf_span span)
{
    world_note(w, "world: freeze for %lld ms", (long long)hf_span_ms(span));
    w->frozen_until = hf_time_after(w->now.mono, span);
}

void world_busy(struct world *w, hf_span span, hf_span cpu)
{
    w->busy_for += span;
    w->cpu_used += cpu;
    set_time(w, hf_time_after(w->now.mono, span));
}

void world_turn(struct world *w)
{
    turn(w);
}

void world_step_wall(struct world *w, int64_t ms)
{
    world_note(w, "world: wall clock steps by %lld ms", (long long)ms);
    w->now.wall_ms += ms;
}

/* --- network --- */

int world_connect(struct world *w, const uint8_t address[16])
{
    for (size_t i = 0; i < w->socket_count; i++) {
        struct world_socket *k = &w->sockets[i];
        if (k->state == WORLD_GONE && k->is_released) socket_fini(k);
        if (k->state != WORLD_FREE) continue;
        *k = (struct world_socket){ .state = WORLD_CONNECTING };
        memcpy(k->peer.address, address, 16);
        k->peer.port = (uint16_t)(40000 + i);
        k->accept_at = hf_time_after(w->now.mono, dice_span(w, w->weather.accept_max));
        hf_buf_init(&k->up.bytes, BYTES_MAX);
        hf_buf_init(&k->down.bytes, BYTES_MAX);
        hf_buf_init(&k->unread, BYTES_MAX);
        hf_buf_init(&k->received, BYTES_MAX);
        k->up.window = k->down.window = WINDOW;
        if (!w->server) reset_socket(k);
        return (int)i;
    }
    return -1;
}

int world_connect_loopback(struct world *w)
{
    static const uint8_t loopback[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1 };
    return world_connect(w, loopback);
}

void world_send(struct world *w, int socket, struct hf_bytes bytes)
{
    struct world_socket *k = &w->sockets[socket];
    if (k->state != WORLD_OPEN && k->state != WORLD_CONNECTING) return;
    if (k->up.is_ended) return;
    if (k->up.bytes.len == 0 && !hf_time_same(k->up.ready_at, HF_NEVER))
        k->up.ready_at = hf_time_after(w->now.mono, dice_span(w, w->weather.latency_max));
    hf_buf_add(&k->up.bytes, bytes);
    WORLD_CHECK(w, k->up.bytes.err == 0);
}

void world_end(struct world *w, int socket)
{
    w->sockets[socket].up.is_ended = true;
}

void world_reset(struct world *w, int socket)
{
    struct world_socket *k = &w->sockets[socket];
    world_note(w, "world: socket %d reset by peer", socket);
    if (k->state == WORLD_CONNECTING)
        reset_socket(k);
    else if (k->state == WORLD_OPEN)
        k->reset_by_peer = true;
    k->peer_saw_end = true;
}

void world_stall(struct world *w, int socket, bool up, bool down)
{
    if (up) w->sockets[socket].up.ready_at = HF_NEVER;
    if (down) w->sockets[socket].down.ready_at = HF_NEVER;
}

void world_resume(struct world *w, int socket)
{
    w->sockets[socket].up.ready_at = w->now.mono;
    w->sockets[socket].down.ready_at = w->now.mono;
}

bool world_is_open(const struct world *w, int socket)
{
    const struct world_socket *k = &w->sockets[socket];
    return k->state == WORLD_OPEN || k->state == WORLD_CONNECTING;
}

bool world_receive(struct world *w, int socket, struct hf_buf *out)
{
    struct world_socket *k = &w->sockets[socket];
    hf_buf_add(out, hf_buf_view(&k->received));
    hf_buf_reset(&k->received, WINDOW);
    return k->peer_saw_end;
}

void world_release(struct world *w, int socket)
{
    struct world_socket *k = &w->sockets[socket];
    /* Its number is free once the server has let go of it too. */
    k->is_released = true;
    if (k->state == WORLD_GONE) socket_fini(k);
}
