/* What a client tells its owner: queued as it happens, told one by one with the actions. */
#include "base/assert.h"
#include "engine/client_state.h"

/* --- what waits to be told --- */

static struct hf_client_item *item_at(struct hf_client *c, size_t i)
{
    return &c->news[(c->news_head + i) % HF_CLIENT_NEWS];
}

/* Whether nothing depends on it being told: it describes a state that has passed. */
static bool may_be_dropped(const struct hf_client *c, const struct hf_client_item *item)
{
    enum hf_client_news_kind kind = item->news.kind;
    bool is_question = kind == HF_CLIENT_ASK_RECONNECT || kind == HF_CLIENT_ASK_HANDSHAKE;
    if (item->is_flush) return false;
    if (is_question) return item->news.generation != c->link.generation;
    return kind != HF_CLIENT_IS_RESULT && kind != HF_CLIENT_IS_ACCEPTED &&
           kind != HF_CLIENT_TOKEN_STORE && kind != HF_CLIENT_TOKEN_DROP;
}

/* Somebody starts and stops it over and over without taking the actions. */
static void drop_oldest(struct hf_client *c)
{
    size_t at = 0;
    while (at < c->news_len && !may_be_dropped(c, item_at(c, at))) at++;
    HF_ASSERT(at < c->news_len);
    for (; at + 1 < c->news_len; at++) *item_at(c, at) = *item_at(c, at + 1);
    c->news_len--;
}

static struct hf_client_item *push_item(struct hf_client *c)
{
    if (c->news_len == HF_CLIENT_NEWS) drop_oldest(c);
    return &c->news[(c->news_head + c->news_len++) % HF_CLIENT_NEWS];
}

void hf_client_tell(struct hf_client *c, const struct hf_client_news *news)
{
    struct hf_client_item *item = push_item(c);
    *item = (struct hf_client_item){ .news = *news };
    item->news.generation = c->link.generation;
}

static void tell_kind(struct hf_client *c, enum hf_client_news_kind kind)
{
    hf_client_tell(c, &(struct hf_client_news){ .kind = kind });
}

static enum hf_client_outcome outcome_of(enum hf_link_cause cause, bool is_send_failed)
{
    if (cause == HF_LINK_CAUSE_STOPPED) return HF_CLIENT_STOPPED;
    if (cause == HF_LINK_CAUSE_DISPOSED) return HF_CLIENT_DISPOSED;
    return is_send_failed ? HF_CLIENT_SEND_FAILED : HF_CLIENT_LOST;
}

/* All pending calls end; told one by one while the actions are taken. */
static void tell_flush(struct hf_client *c, enum hf_link_cause cause)
{
    if (hf_client_is_flushing(c)) return;
    struct hf_client_item *item = push_item(c);
    *item = (struct hf_client_item){ .is_flush = true, .written = hf_client_written(c) };
    item->news.u.result.outcome = outcome_of(cause, c->has_write_failed);
}

static void tell_retry(struct hf_client *c, enum hf_client_news_kind kind, hf_span wait)
{
    bool is_start = kind == HF_CLIENT_IS_STARTING;
    struct hf_client_news news = {
        .kind = kind,
        .u.retry = { .attempt = is_start ? c->link.startup_waits : c->link.backoff.failures,
                     .wait = wait,
                     .elapsed = hf_link_elapsed(&c->link, c->now.mono),
                     .remaining = hf_link_remaining(&c->link, c->now.mono) },
    };
    hf_client_tell(c, &news);
}

/* The end of a connection, with what its close said. */
static void tell_closed(struct hf_client *c, uint16_t code)
{
    c->last_close_code = code;
    c->last_close_at = c->now.mono;
    c->last_close_phase = c->phase;
    hf_buf_reset(&c->last_close_reason, HF_LIMIT_NAME_BYTES);
    hf_buf_add(&c->last_close_reason, hf_buf_view(&c->close_reason));
    hf_client_tell(c,
                   &(struct hf_client_news){ .kind = HF_CLIENT_IS_CLOSED, .u.closed.code = code });
}

static void tell_paused(struct hf_client *c, const struct hf_link_todo *todo)
{
    bool was_open = todo->acts & HF_LINK_TELL_CLOSED;
    struct hf_client_news news = { .kind = HF_CLIENT_IS_PAUSED,
                                   .u.paused = { .close_code = was_open ? todo->close.code : 0,
                                                 .wait = todo->wait } };
    hf_client_tell(c, &news);
}

static void drop_stored(struct hf_client *c)
{
    hf_client_drop_stored(c);
    hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_TOKEN_DROP,
                                                .u.token.role = c->config.connect.role_name });
}

/* What an end leaves to tell, in the order of enum hf_link_act. */
void hf_client_tell_end(struct hf_client *c, const struct hf_link_todo *todo)
{
    if (todo->acts & HF_LINK_TELL_INSECURE) tell_kind(c, HF_CLIENT_IS_INSECURE);
    if (todo->acts & HF_LINK_TELL_ERROR) tell_kind(c, HF_CLIENT_IS_ERROR);
    if (todo->acts & HF_LINK_DROP_DEVICE_TOKEN) drop_stored(c);
    if (todo->acts & HF_LINK_DO_FLUSH) tell_flush(c, todo->cause);
    if (todo->acts & HF_LINK_TELL_CLOSED) tell_closed(c, todo->close.code);
    if (todo->acts & HF_LINK_TELL_PAUSED) tell_paused(c, todo);
    if (todo->acts & HF_LINK_TELL_STARTING) tell_retry(c, HF_CLIENT_IS_STARTING, todo->wait);
    if (todo->acts & HF_LINK_TELL_RETRY) {
        c->counters.retries++;
        tell_retry(c, HF_CLIENT_IS_RETRY, todo->wait);
    }
}

void hf_client_tell_ready(struct hf_client *c)
{
    hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_READY,
                                                .u.ready.hello = c->hello_payload });
    c->hello_at = c->now.mono;
    hf_client_restore_begin(c, false);
}

void hf_client_keep_results(struct hf_client *c)
{
    for (size_t left = c->news_len; left > 0; left--) {
        struct hf_client_item item = *item_at(c, 0);
        c->news_head = (c->news_head + 1) % HF_CLIENT_NEWS;
        c->news_len--;
        if (item.is_flush || item.news.kind == HF_CLIENT_IS_RESULT) *push_item(c) = item;
    }
}

/* --- telling it --- */

/* One pending call of an ended connection: false when all are settled. */
static bool flush_one(struct hf_client *c, const struct hf_client_item *item,
                      struct hf_client_news *out)
{
    struct hf_rpc_call call;
    enum hf_client_outcome outcome = item->news.u.result.outcome;
    do {
        if (!hf_rpc_pop(&c->rpc, &call)) {
            hf_rpc_restart(&c->rpc);
            hf_client_mind_watchdog(c);
            return false;
        }
    } while (call.kind != HF_RPC_CALL);
    if (outcome == HF_CLIENT_SEND_FAILED && call.end_at <= item->written) outcome = HF_CLIENT_LOST;
    *out = hf_client_end_of(c, &call, outcome, item->written);
    hf_client_record(c, &call, outcome, HF_EMPTY);
    return true;
}

/* An event of a connection that its owner has ended meanwhile is not told (9.1). */
static bool is_outdated(const struct hf_client *c, const struct hf_client_news *news)
{
    return news->kind == HF_CLIENT_IS_EVENT && news->generation != c->link.generation;
}

/* The texts of news that may have waited: as they are now. */
static void fill_texts(const struct hf_client *c, struct hf_client_news *news)
{
    if (news->kind == HF_CLIENT_IS_CLOSED)
        news->u.closed.reason = hf_buf_view(&c->last_close_reason);
    if (news->kind != HF_CLIENT_IS_PAUSED) return;
    news->u.paused.reason = hf_buf_view(&c->failure_text);
    news->u.paused.detail = hf_client_word_view(&c->failure_detail);
    news->u.paused.request_id = hf_client_word_view(&c->failure_request_id);
    news->u.paused.next_step = hf_client_word_view(&c->failure_next_step);
}

bool hf_client_next_news(struct hf_client *c, struct hf_client_news *out)
{
    while (c->news_len > 0) {
        const struct hf_client_item *first = &c->news[c->news_head];
        bool is_flush = first->is_flush;
        if (is_flush && flush_one(c, first, out)) return true;
        *out = first->news;
        c->news_head = (c->news_head + 1) % HF_CLIENT_NEWS;
        c->news_len--;
        if (is_flush || is_outdated(c, out)) continue;
        fill_texts(c, out);
        return true;
    }
    return false;
}
