/* The loop's thread: hands out the inbox, calls back, disposes of clients. */
#include "base/assert.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/limits.h"
#include "client/state.h"

enum { FAILURES_PER_LINE = 100 };

/* --- callbacks --- */

/* What a watcher is wanted for. */
struct occasion {
    bool is_event;
    enum holdfast_kind kind;
    struct hf_bytes name; /* of the event */
    uint64_t generation;  /* events: of their connection */
    uint64_t newest;      /* younger watchers are not called */
};

static bool is_wanted(const struct hf_watcher *w, const struct occasion *o)
{
    if (w->id > o->newest || w->is_event != o->is_event) return false;
    return w->is_event ? hf_glob_match(hf_bytes_cstr(w->pattern), o->name) : w->kind == o->kind;
}

/* News of a connection that its owner has ended meanwhile is dropped, and everything but
 * the disposal's own once that began. */
static bool is_stale(const struct holdfast_client *c, const struct occasion *o)
{
    bool is_connection = o->is_event || o->kind == HOLDFAST_ON_GAP;
    if (!o->is_event && (o->kind == HOLDFAST_ON_DISPOSING || o->kind == HOLDFAST_ON_DISPOSED))
        return false;
    if (atomic_load(&c->life) != HF_LIVE) return true;
    return is_connection && hf_client_link(c->engine)->generation != o->generation;
}

/* The next watcher behind `*last`, in the order of registration; false: no more. */
static bool next_watcher(struct holdfast_client *c, const struct occasion *o, uint64_t *last,
                         struct hf_watcher *out)
{
    bool is_found = false;
    hf_enter(c->loop);
    for (size_t i = 0; i < c->watcher_count && !is_found && !is_stale(c, o); i++) {
        if (c->watchers[i].id <= *last || !is_wanted(&c->watchers[i], o)) continue;
        *out = c->watchers[i];
        *last = out->id;
        is_found = true;
    }
    hf_leave(c->loop);
    return is_found;
}

static void count_failure(struct holdfast_client *c, const char *what, int result)
{
    hf_enter(c->loop);
    uint64_t count = ++c->callback_failures;
    hf_leave(c->loop);
    if (count != 1 && count % FAILURES_PER_LINE != 0) return;
    hf_say(c->loop, HOLDFAST_LOG_WARNING, "callback.failed what=%s result=%d count=%llu", what,
           result, (unsigned long long)count);
}

static const char *kind_name(enum holdfast_kind kind)
{
    static const char *const names[] = {
        [HOLDFAST_ON_STATUS] = "status",
        [HOLDFAST_ON_HELLO] = "hello",
        [HOLDFAST_ON_CONNECT_ERROR] = "connect_error",
        [HOLDFAST_ON_AUTH_ERROR] = "auth_error",
        [HOLDFAST_ON_CLOSED] = "closed",
        [HOLDFAST_ON_PAUSED] = "paused",
        [HOLDFAST_ON_RETRY] = "retry",
        [HOLDFAST_ON_STARTUP_WAIT] = "startup_wait",
        [HOLDFAST_ON_GAP] = "gap",
        [HOLDFAST_ON_RESYNC] = "resync",
        [HOLDFAST_ON_STORE_ERROR] = "store_error",
        [HOLDFAST_ON_INSECURE] = "insecure",
        [HOLDFAST_ON_DISPOSING] = "disposing",
        [HOLDFAST_ON_DISPOSED] = "disposed",
    };
    return names[kind];
}

static uint64_t newest_watcher(struct holdfast_client *c)
{
    hf_enter(c->loop);
    uint64_t newest = c->watcher_count ? c->watchers[c->watcher_count - 1].id : 0;
    hf_leave(c->loop);
    return newest;
}

static void call_notice(struct holdfast_client *c, const struct holdfast_notice *notice,
                        uint64_t generation)
{
    struct hf_watcher watcher;
    struct occasion o = { .kind = notice->kind,
                          .generation = generation,
                          .newest = newest_watcher(c) };
    for (uint64_t last = 0; next_watcher(c, &o, &last, &watcher);) {
        int result = watcher.on_notice(c, notice, watcher.ctx);
        if (result != 0) count_failure(c, kind_name(notice->kind), result);
    }
}

static void call_event(struct holdfast_client *c, const struct holdfast_event *event,
                       uint64_t generation)
{
    struct hf_watcher watcher;
    struct occasion o = { .is_event = true,
                          .name = hf_bytes_cstr(event->name),
                          .generation = generation,
                          .newest = newest_watcher(c) };
    for (uint64_t last = 0; next_watcher(c, &o, &last, &watcher);) {
        int result = watcher.on_event(c, event, watcher.ctx);
        if (result != 0) count_failure(c, "event", result);
    }
    hf_node_event(c, generation, event);
}

void hf_tell_at_once(struct holdfast_client *c, enum holdfast_kind kind)
{
    struct holdfast_notice notice = { .kind = kind };
    int64_t numbers[HF_NOTICE_NUMBERS];
    for (size_t i = 0; i < HF_NOTICE_NUMBERS; i++) numbers[i] = -1;
    for (size_t i = 0; i < HF_NOTICE_TEXTS; i++) notice.texts[i] = "";
    notice.numbers = numbers;
    call_notice(c, &notice, 0);
}

/* --- entries --- */

static void log_notice(const struct holdfast_client *c, const struct holdfast_notice *n)
{
    const int64_t *numbers = n->numbers;
    if (!c->loop->log) return;
    if (n->kind == HOLDFAST_ON_RETRY || n->kind == HOLDFAST_ON_STARTUP_WAIT)
        hf_say(c->loop, HOLDFAST_LOG_INFO, "client.%s attempt=%lld delay_ms=%lld",
               kind_name(n->kind), (long long)numbers[HOLDFAST_NOTICE_ATTEMPT],
               (long long)numbers[HOLDFAST_NOTICE_WAIT_MS]);
    else if (n->kind == HOLDFAST_ON_CONNECT_ERROR || n->kind == HOLDFAST_ON_PAUSED)
        hf_say(c->loop, HOLDFAST_LOG_WARNING, "client.%s cause=%s detail=%s text=\"%s\"",
               kind_name(n->kind), n->texts[HOLDFAST_NOTICE_CAUSE],
               n->texts[HOLDFAST_NOTICE_DETAIL], n->texts[HOLDFAST_NOTICE_TEXT]);
    else if (n->kind == HOLDFAST_ON_CLOSED)
        hf_say(c->loop, HOLDFAST_LOG_INFO, "client.closed code=%lld reason=\"%s\"",
               (long long)numbers[HOLDFAST_NOTICE_CLOSE_CODE], n->texts[HOLDFAST_NOTICE_TEXT]);
}

static void serve_notice(const struct hf_entry *entry, const char *const *texts)
{
    struct holdfast_notice notice = { .kind = (enum holdfast_kind)entry->sub,
                                      .numbers = entry->numbers };
    memcpy(notice.texts, texts, sizeof notice.texts);
    log_notice(entry->client, &notice);
    call_notice(entry->client, &notice, entry->generation);
}

static void serve_event(const struct hf_entry *entry, const char *const *texts)
{
    struct holdfast_event event = {
        .name = texts[HF_EVENT_NAME],
        .payload = hf_bytes(texts[HF_EVENT_PAYLOAD], entry->lens[HF_EVENT_PAYLOAD]),
        .seq = entry->numbers[0],
    };
    call_event(entry->client, &event, entry->generation);
}

static void serve_ask(const struct hf_entry *entry)
{
    struct holdfast_client *c = entry->client;
    const struct hf_option_ask *ask = &c->options->asks[entry->sub];
    if (atomic_load(&c->life) != HF_LIVE) return;
    ask->fn(c, (enum holdfast_ask_kind)entry->sub, entry->tag, ask->ctx);
}

static void serve_result(const struct hf_entry *entry, const char *const *texts)
{
    struct hf_call call;
    struct holdfast_result result;
    struct holdfast_loop *l = entry->client->loop;
    bool is_end = entry->kind == HF_ENTRY_RESULT;
    hf_result_of(entry, texts, &result);
    hf_enter(l);
    bool is_there = atomic_load(&entry->client->life) == HF_LIVE;
    if (is_there && is_end) {
        is_there = hf_call_take(l, entry->tag, &call);
    } else if (is_there) {
        const struct hf_call *found = hf_pool_find(&l->calls, entry->tag);
        is_there = found != NULL;
        if (found) call = *found;
    }
    hf_leave(l);
    if (!is_there) return;
    holdfast_result_fn fn = is_end ? call.fn : call.on_accepted;
    if (fn) fn(entry->client, &result, call.ctx);
}

static void serve_subscribed(const struct hf_entry *entry, const char *const *texts)
{
    struct holdfast_result result;
    hf_result_of(entry, texts, &result);
    hf_subscribed(entry->client, entry->tag, &result);
}

/* A client that was behind is read again when half of its news is gone. */
static void count_served(struct holdfast_client *c, const struct hf_entry *entry)
{
    hf_enter(c->loop);
    c->news_count--;
    c->news_bytes -= entry->size;
    bool is_ahead = c->news_count <= HF_LIMIT_CLIENT_NEWS / 2 &&
                    c->news_bytes <= HF_LIMIT_CLIENT_NEWS_BYTES / 2;
    if (c->is_held && is_ahead) {
        c->is_held = false;
        if (c->seat) hf_client_seat_hold(c->seat, false);
    }
    hf_leave(c->loop);
}

static void serve_entry(const struct hf_entry *entry)
{
    const char *texts[HF_ENTRY_TEXTS];
    const char *at = (const char *)(entry + 1);
    for (size_t i = 0; i < HF_ENTRY_TEXTS; i++) {
        texts[i] = at;
        at += entry->lens[i] + 1;
    }
    switch ((enum hf_entry_kind)entry->kind) {
    case HF_ENTRY_NOTICE:
        serve_notice(entry, texts);
        break;
    case HF_ENTRY_EVENT:
        serve_event(entry, texts);
        break;
    case HF_ENTRY_ASK:
        serve_ask(entry);
        break;
    case HF_ENTRY_ACCEPTED:
    case HF_ENTRY_RESULT:
        serve_result(entry, texts);
        break;
    case HF_ENTRY_SUBSCRIBED:
        serve_subscribed(entry, texts);
        break;
    }
    count_served(entry->client, entry);
    hf_client_drop(entry->client);
}

/* --- serving --- */

/* The next client that somebody wants disposed of, held for the caller. */
static struct holdfast_client *next_disposal(struct holdfast_loop *l)
{
    hf_enter(l);
    struct holdfast_client *c = l->disposals;
    if (c) l->disposals = c->next_disposal;
    hf_leave(l);
    return c;
}

static bool take_stranded(struct holdfast_loop *l, struct hf_call *out)
{
    hf_enter(l);
    hf_id id = 0;
    while (l->has_stranded && (id = hf_pool_next(&l->calls, id)) != 0) {
        const struct hf_call *call = hf_pool_find(&l->calls, id);
        if (call->is_stranded) break;
    }
    bool is_found = id != 0 && hf_call_take(l, id, out);
    if (is_found)
        hf_client_hold(out->client);
    else
        l->has_stranded = false;
    hf_leave(l);
    return is_found;
}

static void serve_stranded(struct holdfast_loop *l)
{
    struct hf_call call;
    while (take_stranded(l, &call)) {
        struct holdfast_result result = { .outcome = HOLDFAST_OUTCOME_CLOSED,
                                          .was_sent = true,
                                          .retry_after_ms = -1,
                                          .code = "",
                                          .message = "out of memory" };
        if (call.fn) call.fn(call.client, &result, call.ctx);
        hf_client_drop(call.client);
    }
}

void hf_serve(struct holdfast_loop *l)
{
    struct holdfast_client *c;
    hf_enter(l);
    HF_ASSERT(l->depth == 0);
    l->depth = 1;
    struct hf_buf full = l->inbox;
    l->inbox = l->batch;
    l->batch = full;
    bool has_stranded = l->has_stranded;
    hf_leave(l);
    while ((c = next_disposal(l)) != NULL) {
        hf_client_end(c);
        hf_client_drop(c);
    }
    for (size_t at = 0; at < l->batch.len;) {
        const struct hf_entry *entry = (const struct hf_entry *)(l->batch.ptr + at);
        at += entry->size;
        serve_entry(entry);
    }
    if (has_stranded) serve_stranded(l);
    hf_buf_reset(&l->batch, HF_LIMIT_READ_BYTES);
    hf_enter(l);
    l->depth = 0;
    hf_leave(l);
}
