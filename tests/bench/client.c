/* What does a client of libholdfast cost its program?  Prints `name value`, decides nothing.
 *
 * Usage: client idle|calls|events PORT TOKEN COUNT
 *        client flood PORT TOKEN COUNT PID
 *
 * All clients of a run live in this process, on its one thread. */
#include "bench/client.h"
#include "bench/load.h"

#include <errno.h>
#include <holdfast/holdfast.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTING_MAX = 64, /* at a time, so that no accept queue overflows */
    READY_SECONDS_MAX = 120,
    SETTLE_MS = 8000, /* a connection counts as stable after 5 s: no timer of that is left */
    WATCH_MS = 30000, /* one ping of each client */
    SAMPLES = 15,
    WARM_UP = 200
};

static const uint8_t mask[HF_WS_MASK_BYTES] = { 0x12, 0x34, 0x56, 0x78 };

/* --- the heap of the rooms, counted (the linker's --wrap) --- */

static bool counts_allocations;
static unsigned long allocations;

void *__real_hf_mem_new(size_t size);
void *__real_hf_mem_zero(size_t count, size_t size);
void *__real_hf_mem_grow(void *ptr, size_t size);
void *__wrap_hf_mem_new(size_t size);
void *__wrap_hf_mem_zero(size_t count, size_t size);
void *__wrap_hf_mem_grow(void *ptr, size_t size);

void *__wrap_hf_mem_new(size_t size)
{
    allocations += counts_allocations;
    return __real_hf_mem_new(size);
}

void *__wrap_hf_mem_zero(size_t count, size_t size)
{
    allocations += counts_allocations;
    return __real_hf_mem_zero(count, size);
}

void *__wrap_hf_mem_grow(void *ptr, size_t size)
{
    allocations += counts_allocations;
    return __real_hf_mem_grow(ptr, size);
}

/* --- the clients --- */

struct crowd {
    holdfast_loop *loop;
    holdfast_options *options;
    holdfast_client **clients;
    unsigned count, ready;
    unsigned long events, answers;
};

static void must(int error, const char *what)
{
    if (error != 0) load_die("%s: %s", what, holdfast_error_text(error));
}

static int on_hello(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct crowd *crowd = ctx;
    (void)client;
    (void)notice;
    crowd->ready++;
    return 0;
}

static int on_lost(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)ctx;
    if (holdfast_client_is_disposing(client)) return 0;
    load_die("a client is not connected: %s", holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT));
}

static int on_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct crowd *crowd = ctx;
    (void)client;
    (void)event;
    crowd->events++;
    return 0;
}

static void on_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct crowd *crowd = ctx;
    (void)client;
    if (holdfast_result_outcome(result) != HOLDFAST_OUTCOME_OK)
        load_die("a call failed: %s", holdfast_result_message(result));
    crowd->answers++;
}

static void crowd_add(struct crowd *crowd, const char *pattern)
{
    holdfast_client *client;
    must(holdfast_client_new(&client, crowd->loop, crowd->options), "no client");
    crowd->clients[crowd->count++] = client;
    must(holdfast_client_on(client, HOLDFAST_ON_HELLO, on_hello, crowd, NULL), "on hello");
    must(holdfast_client_on(client, HOLDFAST_ON_CONNECT_ERROR, on_lost, crowd, NULL), "on error");
    must(holdfast_client_on(client, HOLDFAST_ON_CLOSED, on_lost, crowd, NULL), "on closed");
    must(holdfast_client_on_event(client, pattern, on_event, crowd, NULL), "on event");
    must(holdfast_client_start(client), "start");
}

/* Returns how often there was something to do. */
static unsigned long run_for(struct crowd *crowd, int64_t ms)
{
    unsigned long turns = 0;
    int64_t until = load_now_ns() + ms * 1000000;
    for (;;) {
        int64_t left_ms = (until - load_now_ns()) / 1000000;
        if (left_ms <= 0) return turns;
        must(holdfast_loop_wait(crowd->loop, left_ms), "the loop");
        if (load_now_ns() < until) turns++;
    }
}

/* How many clients have sent a ping in the last `ms`. */
static unsigned count_pings(const struct crowd *crowd, int64_t ms)
{
    unsigned count = 0;
    for (unsigned i = 0; i < crowd->count; i++) {
        int64_t ago_ms = holdfast_client_number(crowd->clients[i], HOLDFAST_LAST_PING_MS);
        if (ago_ms >= 0 && ago_ms <= ms) count++;
    }
    return count;
}

static void crowd_open(struct crowd *crowd, const struct load_plan *plan, const char *pattern)
{
    char url[64];
    int64_t until = load_now_ns() + (int64_t)READY_SECONDS_MAX * 1000000000;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", plan->port);
    must(holdfast_options_set_text(crowd->options, HOLDFAST_URL, url), "address");
    must(holdfast_options_set_text(crowd->options, HOLDFAST_TOKEN, plan->token), "token");
    while (crowd->ready < plan->clients) {
        while (crowd->count < plan->clients && crowd->count - crowd->ready < CONNECTING_MAX)
            crowd_add(crowd, pattern);
        must(holdfast_loop_wait(crowd->loop, 1000), "the loop");
        if (load_now_ns() > until) load_die("%u of %u are connected", crowd->ready, plan->clients);
    }
}

static void crowd_init(struct crowd *crowd, const struct load_plan *plan)
{
    *crowd = (struct crowd){ .clients = calloc(plan->clients, sizeof *crowd->clients) };
    if (!crowd->clients) load_die("out of memory");
    must(holdfast_loop_new(&crowd->loop), "no loop");
    must(holdfast_options_new(&crowd->options), "no options");
}

static void crowd_fini(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->count; i++) {
        holdfast_client_dispose(crowd->clients[i]);
        holdfast_client_release(crowd->clients[i]);
    }
    holdfast_options_free(crowd->options);
    holdfast_loop_free(crowd->loop);
    free(crowd->clients);
}

static int64_t thread_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- figures --- */

static double heap_bytes(void)
{
    struct mallinfo2 now = mallinfo2();
    return (double)now.uordblks + (double)now.hblkhd;
}

/* Memory of each client, and what the thread does while nothing happens. */
static void idle(const struct load_plan *plan)
{
    struct crowd crowd;
    struct rusage before, after;
    crowd_init(&crowd, plan);
    run_for(&crowd, 1);
    double heap = heap_bytes();
    struct load_memory memory = load_memory(getpid());
    crowd_open(&crowd, plan, "*");
    run_for(&crowd, SETTLE_MS);
    struct load_memory full = load_memory(getpid());
    printf("heap_bytes %.0f\n", (heap_bytes() - heap) / plan->clients);
    printf("rss_bytes %.0f\n",
           (double)(full.resident_kb - memory.resident_kb) * 1024 / plan->clients);
    crowd.events = 0;
    getrusage(RUSAGE_THREAD, &before);
    int64_t cpu = thread_cpu_ns();
    unsigned long turns = run_for(&crowd, WATCH_MS);
    cpu = thread_cpu_ns() - cpu;
    getrusage(RUSAGE_THREAD, &after);
    printf("seconds %d\nturns %lu\nturns_per_second %.3f\nsleeps %ld\n", WATCH_MS / 1000, turns,
           (double)turns * 1e3 / WATCH_MS, after.ru_nvcsw - before.ru_nvcsw);
    printf("pings %u\nevents %lu\ncpu_us_per_second %.1f\n", count_pings(&crowd, WATCH_MS),
           crowd.events, (double)cpu / WATCH_MS);
    crowd_fini(&crowd);
}

static void call_once(struct crowd *crowd)
{
    unsigned long before = crowd->answers;
    must(holdfast_client_call(crowd->clients[0], "health", NULL, NULL, on_result, crowd, NULL),
         "call");
    while (crowd->answers == before)
        must(holdfast_loop_wait(crowd->loop, HOLDFAST_NO_TIMEOUT), "the loop");
}

/* A blocking socket with what it sent and was not looked at yet: nothing else. */
struct bare {
    int fd;
    size_t len;
    uint8_t in[1 << 16];
};

static void transmit(const struct bare *bare, struct hf_bytes bytes)
{
    if (send(bare->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) != (ssize_t)bytes.len)
        load_die("send: %s", strerror(errno));
}

/* Without pongs a run that takes long on a busy machine would lose its connection; one in
 * 25 s is no part of the figure. */
static void answer_ping(const struct bare *bare, struct hf_bytes payload)
{
    struct hf_buf pong;
    hf_buf_init(&pong, 256);
    hf_ws_frame_write(&pong, HF_WS_OP_PONG, payload, mask);
    if (hf_buf_done(&pong) != 0) load_die("out of memory");
    transmit(bare, hf_buf_view(&pong));
    hf_buf_fini(&pong);
}

/* Takes the whole frames out: true when one of them is an answer.  Events are passed over. */
static bool take_frames(struct bare *bare)
{
    static const char answer[] = "{\"type\":\"res\"";
    bool is_answered = false;
    size_t at = 0;
    while (bare->len - at >= 2) {
        const uint8_t *frame = bare->in + at;
        size_t head = frame[1] == 126 ? 4 : 2, size = frame[1];
        if (size == 127) load_die("an answer of more than 64 KB");
        if (bare->len - at < head) break;
        if (head == 4) size = (size_t)frame[2] << 8 | frame[3];
        if (bare->len - at < head + size) break;
        struct hf_bytes payload = hf_bytes(frame + head, size);
        if ((frame[0] & 0x0f) == HF_WS_OP_PING) answer_ping(bare, payload);
        is_answered |= hf_bytes_starts(payload, hf_bytes(answer, sizeof answer - 1));
        at += head + size;
    }
    bare->len -= at;
    if (bare->len > 0) memmove(bare->in, bare->in + at, bare->len);
    return is_answered;
}

/* The same exchange: one send and what reads it takes. */
static void exchange_once(struct bare *bare, struct hf_bytes request)
{
    transmit(bare, request);
    do {
        ssize_t got = recv(bare->fd, bare->in + bare->len, sizeof bare->in - bare->len, 0);
        if (got <= 0) load_die("recv: %s", got == 0 ? "FIN" : strerror(errno));
        bare->len += (size_t)got;
    } while (!take_frames(bare));
}

/* CPU of this thread for a call through the library, and for the bare exchange. */
static void calls(const struct load_plan *plan, unsigned rounds)
{
    static const char text[] =
        "{\"type\":\"req\",\"id\":\"1\",\"method\":\"health\",\"params\":{}}";
    struct crowd crowd;
    struct load_client raw;
    static struct bare bare;
    struct hf_buf request;
    double library_us[SAMPLES], raw_us[SAMPLES];
    crowd_init(&crowd, plan);
    crowd_open(&crowd, plan, "*");
    load_client_open(&raw, plan);
    bare.fd = raw.fd;
    hf_buf_init(&request, 1024);
    hf_ws_frame_write(&request, HF_WS_OP_TEXT, hf_bytes(text, sizeof text - 1), mask);
    if (hf_buf_done(&request) != 0) load_die("out of memory");
    for (unsigned i = 0; i < WARM_UP; i++) call_once(&crowd);
    for (unsigned sample = 0; sample < SAMPLES; sample++) {
        int64_t began = thread_cpu_ns();
        for (unsigned i = 0; i < rounds; i++) call_once(&crowd);
        int64_t between = thread_cpu_ns();
        for (unsigned i = 0; i < rounds; i++) exchange_once(&bare, hf_buf_view(&request));
        library_us[sample] = (double)(between - began) / 1e3 / rounds;
        raw_us[sample] = (double)(thread_cpu_ns() - between) / 1e3 / rounds;
    }
    load_print_samples("library_us", library_us, SAMPLES);
    load_print_samples("raw_us", raw_us, SAMPLES);
    hf_buf_fini(&request);
    load_client_close(&raw);
    crowd_fini(&crowd);
}

static void receive_events(struct crowd *crowd, struct load_client *actor,
                           const struct load_plan *plan, unsigned count)
{
    for (unsigned long wanted = crowd->events + count; crowd->events < wanted;) {
        unsigned long before = crowd->events;
        load_client_ask(actor, plan, 1);
        counts_allocations = true;
        while (crowd->events == before)
            must(holdfast_loop_wait(crowd->loop, HOLDFAST_NO_TIMEOUT), "the loop");
        counts_allocations = false;
        load_clients_settle(actor, 1, plan);
    }
}

/* Allocations while events come in that another client causes, one at a time. */
static void events(const struct load_plan *plan, unsigned count)
{
    struct crowd crowd;
    struct load_client actor;
    struct load_plan ask = *plan;
    ask.method = "system-event";
    ask.params = "{\"text\":\"bench\"}";
    crowd_init(&crowd, plan);
    load_client_open(&actor, &ask);
    counts_allocations = true;
    crowd_open(&crowd, plan, "presence");
    counts_allocations = false;
    if (allocations == 0) load_die("the heap is not counted: nobody connects without it");
    receive_events(&crowd, &actor, &ask, WARM_UP);
    allocations = 0;
    double heap = heap_bytes();
    unsigned long before = crowd.events;
    receive_events(&crowd, &actor, &ask, count);
    printf("allocations %.3f\nheap_bytes %.3f\n",
           (double)allocations / (double)(crowd.events - before),
           (heap_bytes() - heap) / (double)(crowd.events - before));
    load_client_close(&actor);
    crowd_fini(&crowd);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc < 5) load_die("usage: client idle|calls|events|flood PORT TOKEN COUNT [PID]");
    unsigned count = (unsigned)strtoul(argv[4], NULL, 10);
    struct load_plan plan = { .port = (uint16_t)strtoul(argv[2], NULL, 10),
                              .token = argv[3],
                              .clients = 1 };
    if (count == 0) load_die("%s is no count", argv[4]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (strcmp(argv[1], "idle") == 0) {
        plan.clients = count;
        idle(&plan);
    } else if (strcmp(argv[1], "calls") == 0)
        calls(&plan, count);
    else if (strcmp(argv[1], "events") == 0)
        events(&plan, count);
    else if (strcmp(argv[1], "flood") == 0 && argc == 6) {
        plan.clients = count;
        plan.pid = (pid_t)strtol(argv[5], NULL, 10);
        client_flood(&plan);
    } else
        load_die("unknown verb %s", argv[1]);
    return 0;
}
