/* What engines tell, copied until the loop's thread hands it out. */
#include "base/assert.h"
#include "base/err.h"
#include "client/state.h"
#include "wire/json_read.h"
#include "wire/schema/greeting.h"

enum { ALIGNMENT = 16 };

void hf_draft_notice(struct hf_draft *d, enum holdfast_kind kind)
{
    *d = (struct hf_draft){ .head = { .kind = HF_ENTRY_NOTICE, .sub = (uint8_t)kind } };
    for (size_t i = 0; i < HF_NOTICE_NUMBERS; i++) d->head.numbers[i] = -1;
}

static size_t size_of(struct hf_draft *d)
{
    size_t size = sizeof d->head;
    for (size_t i = 0; i < HF_ENTRY_TEXTS; i++) {
        d->head.lens[i] = d->texts[i].len;
        size += d->texts[i].len + 1;
    }
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* A client that is behind is not read from. */
static void count_news(struct holdfast_client *c, size_t size)
{
    c->news_count++;
    c->news_bytes += size;
    bool is_behind =
        c->news_count >= HF_LIMIT_CLIENT_NEWS || c->news_bytes >= HF_LIMIT_CLIENT_NEWS_BYTES;
    if (!is_behind || c->is_held) return;
    c->is_held = true;
    hf_client_seat_hold(c->seat, true);
}

bool hf_inbox_push(struct holdfast_client *c, struct hf_draft *d)
{
    struct hf_buf *inbox = &c->loop->inbox;
    d->head.size = size_of(d);
    d->head.client = c;
    d->head.generation = hf_client_link(c->engine)->generation;
    if (hf_buf_reserve(inbox, d->head.size) != 0) {
        inbox->err = 0;
        return false;
    }
    uint8_t *at = inbox->ptr + inbox->len;
    memcpy(at, &d->head, sizeof d->head);
    at += sizeof d->head;
    for (size_t i = 0; i < HF_ENTRY_TEXTS; i++) {
        if (d->texts[i].len > 0) memcpy(at, d->texts[i].ptr, d->texts[i].len);
        at += d->texts[i].len;
        *at++ = 0;
    }
    hf_buf_used(inbox, d->head.size);
    hf_client_hold(c);
    count_news(c, d->head.size);
    return true;
}

/* --- notices --- */

static int64_t ms_or_none(hf_span span)
{
    return span == HF_SPAN_MAX ? -1 : hf_span_ms(span);
}

static void add_failure(struct hf_draft *d, const struct holdfast_client *c)
{
    struct hf_client_failure failure = hf_client_failure(c->engine);
    d->texts[HOLDFAST_NOTICE_TEXT] = failure.text;
    d->texts[HOLDFAST_NOTICE_CAUSE] = hf_bytes_cstr(hf_link_cause_name(failure.cause));
    d->texts[HOLDFAST_NOTICE_CODE] = failure.code;
    d->texts[HOLDFAST_NOTICE_DETAIL] = failure.detail;
    d->texts[HOLDFAST_NOTICE_REQUEST_ID] = failure.request_id;
    d->texts[HOLDFAST_NOTICE_ADVICE] = failure.next_step;
    d->head.numbers[HOLDFAST_NOTICE_CLOSE_CODE] = failure.close_code;
    d->head.numbers[HOLDFAST_NOTICE_HTTP_STATUS] = failure.http_status;
}

static void tell_status(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_draft d;
    hf_draft_notice(&d, HOLDFAST_ON_STATUS);
    d.head.numbers[HOLDFAST_NOTICE_STATUS] = hf_status_of(news->u.status);
    hf_inbox_push(c, &d);
}

static void tell_failure(struct holdfast_client *c, enum holdfast_kind kind)
{
    struct hf_draft d;
    hf_draft_notice(&d, kind);
    add_failure(&d, c);
    hf_inbox_push(c, &d);
}

/* A refusal is news of two kinds: the attempt failed, and whoever holds the secrets may
 * have to act. */
static void tell_error(struct holdfast_client *c)
{
    struct hf_client_failure failure = hf_client_failure(c->engine);
    tell_failure(c, HOLDFAST_ON_CONNECT_ERROR);
    if (failure.cause == HF_LINK_CAUSE_REFUSED && failure.detail.len > 0)
        tell_failure(c, HOLDFAST_ON_AUTH_ERROR);
}

static void tell_closed(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_draft d;
    hf_draft_notice(&d, HOLDFAST_ON_CLOSED);
    d.head.numbers[HOLDFAST_NOTICE_CLOSE_CODE] = news->u.closed.code;
    d.texts[HOLDFAST_NOTICE_TEXT] = news->u.closed.reason;
    hf_inbox_push(c, &d);
}

static void tell_paused(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_draft d;
    hf_draft_notice(&d, HOLDFAST_ON_PAUSED);
    add_failure(&d, c);
    d.head.numbers[HOLDFAST_NOTICE_CLOSE_CODE] = news->u.paused.close_code;
    d.head.numbers[HOLDFAST_NOTICE_WAIT_MS] = ms_or_none(news->u.paused.wait);
    d.texts[HOLDFAST_NOTICE_DETAIL] = news->u.paused.detail;
    d.texts[HOLDFAST_NOTICE_REQUEST_ID] = news->u.paused.request_id;
    d.texts[HOLDFAST_NOTICE_ADVICE] = news->u.paused.next_step;
    hf_inbox_push(c, &d);
}

static void tell_wait(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_draft d;
    bool is_start = news->kind == HF_CLIENT_IS_STARTING;
    hf_draft_notice(&d, is_start ? HOLDFAST_ON_STARTUP_WAIT : HOLDFAST_ON_RETRY);
    d.head.numbers[HOLDFAST_NOTICE_WAIT_MS] = ms_or_none(news->u.retry.wait);
    d.head.numbers[HOLDFAST_NOTICE_ATTEMPT] = news->u.retry.attempt;
    d.head.numbers[HOLDFAST_NOTICE_ELAPSED_MS] = ms_or_none(news->u.retry.elapsed);
    d.head.numbers[HOLDFAST_NOTICE_REMAINING_MS] = ms_or_none(news->u.retry.remaining);
    hf_inbox_push(c, &d);
}

static void tell_hello(struct holdfast_client *c)
{
    struct hf_draft d;
    struct hf_client_hello hello = hf_client_hello(c->engine);
    hf_draft_notice(&d, HOLDFAST_ON_HELLO);
    d.texts[HOLDFAST_NOTICE_SERVER_VERSION] = hello.server_version;
    d.texts[HOLDFAST_NOTICE_CONNECTION_ID] = hello.conn_id;
    hf_inbox_push(c, &d);
}

static void tell_gap(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_draft d;
    hf_draft_notice(&d, HOLDFAST_ON_GAP);
    d.head.numbers[HOLDFAST_NOTICE_EXPECTED] = news->u.gap.expected;
    d.head.numbers[HOLDFAST_NOTICE_RECEIVED] = news->u.gap.received;
    hf_inbox_push(c, &d);
}

static void tell_kind(struct holdfast_client *c, enum holdfast_kind kind)
{
    struct hf_draft d;
    hf_draft_notice(&d, kind);
    hf_inbox_push(c, &d);
}

/* A question that cannot be asked is answered: nothing else would ever end the wait. */
static void tell_ask(struct holdfast_client *c, const struct hf_client_news *news,
                     enum holdfast_ask_kind kind)
{
    struct hf_client_event refusal = { .kind = HF_CLIENT_REJECTED, .u.asked = news->generation };
    struct hf_draft d = {
        .head = { .kind = HF_ENTRY_ASK, .sub = (uint8_t)kind, .tag = news->generation }
    };
    if (!hf_inbox_push(c, &d)) hf_client_seat_step(c->seat, &refusal);
}

/* --- events --- */

static bool has_event_watcher(const struct holdfast_client *c)
{
    for (size_t i = 0; i < c->watcher_count; i++)
        if (c->watchers[i].is_event) return true;
    return c->options->numbers[HOLDFAST_ROLE] == HOLDFAST_NODE;
}

static void tell_event(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_draft d = { .head = { .kind = HF_ENTRY_EVENT } };
    if (!has_event_watcher(c)) return;
    /* A name with escapes is none of the protocol's. */
    if (!hf_json_get_plain(news->u.event.name, &d.texts[HF_EVENT_NAME])) return;
    d.head.numbers[0] = news->u.event.seq > 0 ? news->u.event.seq : -1;
    d.texts[HF_EVENT_PAYLOAD] = news->u.event.payload;
    hf_inbox_push(c, &d);
}

/* --- results --- */

static enum holdfast_outcome outcome_of(enum hf_client_outcome outcome)
{
    static const enum holdfast_outcome public[] = {
        [HF_CLIENT_OK] = HOLDFAST_OUTCOME_OK,
        [HF_CLIENT_SERVER_ERROR] = HOLDFAST_OUTCOME_SERVER_ERROR,
        [HF_CLIENT_TIMEOUT] = HOLDFAST_OUTCOME_TIMEOUT,
        [HF_CLIENT_CANCELLED] = HOLDFAST_OUTCOME_CANCELLED,
        [HF_CLIENT_SEND_FAILED] = HOLDFAST_OUTCOME_SEND_FAILED,
        [HF_CLIENT_LOST] = HOLDFAST_OUTCOME_CLOSED,
        [HF_CLIENT_STOPPED] = HOLDFAST_OUTCOME_STOPPED,
        [HF_CLIENT_DISPOSED] = HOLDFAST_OUTCOME_DISPOSED,
    };
    return public[outcome];
}

static void add_server_error(const struct holdfast_client *c, struct hf_draft *d,
                             struct hf_bytes error, struct hf_buf *message)
{
    struct hf_error_seen seen;
    struct hf_buf plain;
    if (hf_error_read(error, &seen) != 0) return;
    hf_buf_init(&plain, HF_LIMIT_PAYLOAD_BYTES);
    hf_json_text(seen.message, &plain);
    hf_client_redact(c->engine, message, hf_buf_view(&plain)); /* one line for people */
    hf_buf_fini(&plain);
    d->texts[HF_RESULT_MESSAGE] = hf_buf_view(message);
    d->texts[HF_RESULT_CODE] = seen.code;
    d->texts[HF_RESULT_DETAILS] = seen.details;
    d->head.is_retryable = seen.retryable;
    if (seen.has_retry_after && seen.retry_after_ms >= 0 && seen.retry_after_ms < 1e15)
        d->head.numbers[HF_RESULT_RETRY_AFTER] = (int64_t)seen.retry_after_ms;
}

/* Without memory for the answer the call still ends, as one whose answer was lost. */
static void strand(struct holdfast_client *c, uint64_t tag)
{
    struct hf_call *call = hf_pool_find(&c->loop->calls, tag);
    if (call) call->is_stranded = c->loop->has_stranded = true;
}

static void tell_result(struct holdfast_client *c, const struct hf_client_news *news,
                        enum hf_entry_kind kind)
{
    struct hf_buf message;
    struct hf_draft d = { .head = { .kind = (uint8_t)kind,
                                    .sub = (uint8_t)outcome_of(news->u.result.outcome),
                                    .tag = news->u.result.tag,
                                    .was_sent = news->u.result.was_sent } };
    hf_buf_init(&message, HF_LIMIT_PAYLOAD_BYTES);
    d.head.numbers[HF_RESULT_RETRY_AFTER] = -1;
    d.head.numbers[HF_RESULT_TOOK] = hf_span_ms(news->u.result.took);
    d.head.numbers[HF_RESULT_CLOSE_CODE] = news->u.result.close_code;
    d.texts[HF_RESULT_PAYLOAD] = news->u.result.payload;
    d.texts[HF_RESULT_ERROR] = news->u.result.error;
    d.texts[HF_RESULT_MESSAGE] = news->u.result.why;
    if (news->u.result.error.len > 0) add_server_error(c, &d, news->u.result.error, &message);
    if (!hf_inbox_push(c, &d) && kind == HF_ENTRY_RESULT) strand(c, d.head.tag);
    hf_buf_fini(&message);
}

/* While it is disposed of, only how its calls ended is still of use. */
static void note_end(struct holdfast_client *c, const struct hf_client_news *news)
{
    struct hf_call *call = hf_pool_find(&c->loop->calls, news->u.result.tag);
    if (news->kind == HF_CLIENT_IS_RESULT && call) call->was_sent = news->u.result.was_sent;
}

void hf_inbox_told(void *loop, void *client, const struct hf_client_news *news)
{
    struct holdfast_client *c = client;
    (void)loop;
    if (atomic_load(&c->life) != HF_LIVE) {
        note_end(c, news);
        return;
    }
    switch (news->kind) {
    case HF_CLIENT_IS_STATUS:
        tell_status(c, news);
        return;
    case HF_CLIENT_IS_READY:
        tell_hello(c);
        return;
    case HF_CLIENT_IS_ERROR:
        tell_error(c);
        return;
    case HF_CLIENT_IS_INSECURE:
        tell_failure(c, HOLDFAST_ON_INSECURE);
        return;
    case HF_CLIENT_IS_CLOSED:
        tell_closed(c, news);
        return;
    case HF_CLIENT_IS_PAUSED:
        tell_paused(c, news);
        return;
    case HF_CLIENT_IS_STARTING:
    case HF_CLIENT_IS_RETRY:
        tell_wait(c, news);
        return;
    case HF_CLIENT_ASK_RECONNECT:
        tell_ask(c, news, HOLDFAST_ASK_RECONNECT);
        return;
    case HF_CLIENT_ASK_HANDSHAKE:
        tell_ask(c, news, HOLDFAST_ASK_HANDSHAKE);
        return;
    case HF_CLIENT_TOKEN_DROP:
    case HF_CLIENT_TOKEN_STORE:
        hf_vault_wish(c, news);
        return;
    case HF_CLIENT_IS_EVENT:
        tell_event(c, news);
        return;
    case HF_CLIENT_IS_GAP:
        tell_gap(c, news);
        return;
    case HF_CLIENT_IS_RESTORED:
        tell_kind(c, HOLDFAST_ON_RESYNC);
        return;
    case HF_CLIENT_IS_SUBSCRIBED:
        tell_result(c, news, HF_ENTRY_SUBSCRIBED);
        return;
    case HF_CLIENT_IS_ACCEPTED:
        tell_result(c, news, HF_ENTRY_ACCEPTED);
        return;
    case HF_CLIENT_IS_RESULT:
        tell_result(c, news, HF_ENTRY_RESULT);
        return;
    case HF_CLIENT_IS_NOTIFICATION:
    case HF_CLIENT_IS_MESSAGE:
    case HF_CLIENT_IS_UNREADABLE:
        return; /* counted by the engine */
    }
    HF_UNREACHABLE();
}
