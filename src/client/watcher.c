/* Who is called back for what. */
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"

#include <stdio.h>

static int add(struct holdfast_client *c, struct hf_watcher *watcher, uint64_t *id)
{
    if (atomic_load(&c->life) == HF_DISPOSED) return HF_ERR_CLOSED;
    if (atomic_load(&c->life) == HF_DISPOSING) return HF_ERR_CLOSED;
    if (c->watcher_count == HF_LIMIT_CLIENT_CALLBACKS) return HF_ERR_LIMIT;
    struct hf_watcher *grown =
        hf_mem_grow(c->watchers, (c->watcher_count + 1) * sizeof *c->watchers);
    if (!grown) return HF_ERR_NOMEM;
    c->watchers = grown;
    watcher->id = ++c->loop->last_id;
    grown[c->watcher_count++] = *watcher;
    if (id) *id = watcher->id;
    return 0;
}

int holdfast_client_on(holdfast_client *c, enum holdfast_kind kind, holdfast_notice_fn fn,
                       void *ctx, uint64_t *id)
{
    struct hf_watcher watcher = { .kind = kind, .on_notice = fn, .ctx = ctx };
    if ((unsigned)kind > HOLDFAST_ON_DISPOSED || !fn) return HF_ERR_USAGE;
    hf_enter(c->loop);
    int err = add(c, &watcher, id);
    hf_leave(c->loop);
    return err;
}

int holdfast_client_on_event(holdfast_client *c, const char *pattern, holdfast_event_fn fn,
                             void *ctx, uint64_t *id)
{
    struct hf_watcher watcher = { .is_event = true, .on_event = fn, .ctx = ctx };
    if (!pattern || !pattern[0] || strlen(pattern) >= HF_PATTERN_BYTES || !fn) return HF_ERR_USAGE;
    snprintf(watcher.pattern, sizeof watcher.pattern, "%s", pattern);
    hf_enter(c->loop);
    int err = add(c, &watcher, id);
    hf_leave(c->loop);
    return err;
}

int holdfast_client_off(holdfast_client *c, uint64_t id)
{
    int err = HF_ERR_NOT_FOUND;
    hf_enter(c->loop);
    for (size_t i = 0; i < c->watcher_count; i++) {
        if (c->watchers[i].id != id) continue;
        c->watcher_count--;
        memmove(&c->watchers[i], &c->watchers[i + 1], (c->watcher_count - i) * sizeof *c->watchers);
        err = 0;
        break;
    }
    hf_leave(c->loop);
    return err;
}

/* --- what callbacks are given --- */

enum holdfast_kind holdfast_notice_kind(const holdfast_notice *notice)
{
    return notice->kind;
}

int64_t holdfast_notice_number(const holdfast_notice *notice,
                               enum holdfast_notice_number_key number)
{
    return (unsigned)number < HF_NOTICE_NUMBERS ? notice->numbers[number] : -1;
}

const char *holdfast_notice_text(const holdfast_notice *notice, enum holdfast_notice_text_key text)
{
    return (unsigned)text < HF_NOTICE_TEXTS ? notice->texts[text] : "";
}

const char *holdfast_event_name(const holdfast_event *event)
{
    return event->name;
}

const char *holdfast_event_payload(const holdfast_event *event, size_t *len)
{
    if (len) *len = event->payload.len;
    return (const char *)event->payload.ptr;
}

int64_t holdfast_event_seq(const holdfast_event *event)
{
    return event->seq;
}
