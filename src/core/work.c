#include "core/work.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

#define IDLE_FOR HF_SECONDS(1800)

struct hf_work_session {
    uint64_t hash;
    hf_time idle_at;        /* while it has no work */
    uint32_t before, after; /* neighbours among those without work; after: the next free place */
    uint32_t queue_depth;
    uint16_t key_len;
    uint8_t state; /* enum hf_work_state */
    bool is_used, is_from_queue;
    char key[HF_LIMIT_NAME_BYTES];
};

void hf_work_init(struct hf_work *w, struct hf_hash_key hash_key)
{
    *w = (struct hf_work){ .hash_key = hash_key, .changed_at = HF_NEVER };
}

void hf_work_fini(struct hf_work *w)
{
    hf_map_fini(&w->by_key);
    hf_mem_free(w->sessions);
    *w = (struct hf_work){ .changed_at = HF_NEVER };
}

static int reserve(struct hf_work *w)
{
    if (w->sessions) return 0;
    struct hf_work_session *sessions = hf_mem_zero(HF_LIMIT_SESSION_STATES, sizeof *sessions);
    if (!sessions) return HF_ERR_NOMEM;
    int err = hf_map_init(&w->by_key, HF_LIMIT_SESSION_STATES);
    if (err)
        hf_mem_free(sessions);
    else
        w->sessions = sessions;
    return err;
}

static struct hf_bytes key_of(const struct hf_work_session *session)
{
    return hf_bytes(session->key, session->key_len);
}

static bool has_work(const struct hf_work_session *session)
{
    return session->state != HF_WORK_IDLE || session->queue_depth > 0;
}

/* Turns that wait: the running one was taken from the queue but still counts in
 * its depth. */
static uint32_t queued_of(const struct hf_work_session *session)
{
    bool is_running = session->state == HF_WORK_PROCESSING && session->is_from_queue;
    return session->queue_depth - (is_running && session->queue_depth > 0);
}

static void count_in(struct hf_work *w, const struct hf_work_session *session)
{
    w->counts.active += session->state == HF_WORK_PROCESSING;
    w->counts.waiting += session->state == HF_WORK_WAITING;
    w->counts.queued += queued_of(session);
}

static void count_out(struct hf_work *w, const struct hf_work_session *session)
{
    w->counts.active -= session->state == HF_WORK_PROCESSING;
    w->counts.waiting -= session->state == HF_WORK_WAITING;
    w->counts.queued -= queued_of(session);
}

static uint32_t place_of(const struct hf_work *w, const struct hf_work_session *session)
{
    return (uint32_t)(session - w->sessions) + 1;
}

static void idle_put(struct hf_work *w, struct hf_work_session *session)
{
    uint32_t place = place_of(w, session);
    session->before = w->last_idle;
    session->after = 0;
    *(w->last_idle ? &w->sessions[w->last_idle - 1].after : &w->first_idle) = place;
    w->last_idle = place;
}

static void idle_take(struct hf_work *w, const struct hf_work_session *session)
{
    uint32_t before = session->before, after = session->after;
    *(before ? &w->sessions[before - 1].after : &w->first_idle) = after;
    *(after ? &w->sessions[after - 1].before : &w->last_idle) = before;
}

static struct hf_work_session *find(const struct hf_work *w, uint64_t hash, struct hf_bytes key)
{
    uint32_t at = hf_map_start(&w->by_key, hash), i;
    while (hf_map_next(&w->by_key, hash, &at, &i))
        if (hf_bytes_same(key_of(&w->sessions[i]), key)) return &w->sessions[i];
    return NULL;
}

static void forget(struct hf_work *w, struct hf_work_session *session)
{
    count_out(w, session);
    if (!has_work(session)) idle_take(w, session);
    hf_map_drop(&w->by_key, session->hash, place_of(w, session) - 1);
    session->is_used = false;
    session->after = w->free;
    w->free = place_of(w, session);
}

/* A place for one more session, or NULL when all of them have work. */
static struct hf_work_session *take_place(struct hf_work *w)
{
    if (!w->free && w->used < HF_LIMIT_SESSION_STATES) return &w->sessions[w->used++];
    if (!w->free && w->first_idle) forget(w, &w->sessions[w->first_idle - 1]);
    if (!w->free) return NULL;
    struct hf_work_session *session = &w->sessions[w->free - 1];
    w->free = session->after;
    return session;
}

static int add(struct hf_work *w, uint64_t hash, struct hf_bytes key, struct hf_work_session **out)
{
    int err = reserve(w);
    if (err) return err;
    struct hf_work_session *session = take_place(w);
    if (!session) return HF_ERR_LIMIT;
    session->hash = hash;
    session->state = HF_WORK_IDLE;
    session->queue_depth = 0;
    session->is_used = true;
    session->key_len = (uint16_t)key.len;
    if (key.len > 0) memcpy(session->key, key.ptr, key.len);
    idle_put(w, session);
    err = hf_map_put(&w->by_key, hash, place_of(w, session) - 1);
    HF_ASSERT(err == 0); /* as many entries as places */
    *out = session;
    return 0;
}

int hf_work_set(struct hf_work *w, hf_time now, struct hf_bytes key, enum hf_work_state state,
                uint32_t queue_depth, bool is_from_queue)
{
    if (key.len > HF_LIMIT_NAME_BYTES) return HF_ERR_TOO_LARGE;
    uint64_t hash = hf_hash(w->hash_key, key);
    struct hf_work_session *session = find(w, hash, key);
    if (!session) {
        int err = add(w, hash, key, &session);
        if (err) return err;
    }
    count_out(w, session);
    if (!has_work(session)) idle_take(w, session);
    session->state = (uint8_t)state;
    session->queue_depth = queue_depth;
    session->is_from_queue = is_from_queue;
    session->idle_at = now;
    if (!has_work(session)) idle_put(w, session);
    count_in(w, session);
    w->changed_at = now;
    return 0;
}

void hf_work_drop(struct hf_work *w, struct hf_bytes key)
{
    struct hf_work_session *session = find(w, hf_hash(w->hash_key, key), key);
    if (session) forget(w, session);
}

void hf_work_expire(struct hf_work *w, hf_time now)
{
    while (w->first_idle) {
        struct hf_work_session *session = &w->sessions[w->first_idle - 1];
        if (hf_time_since(now, session->idle_at) < IDLE_FOR) return;
        forget(w, session);
    }
}

struct hf_work_counts hf_work_counts(const struct hf_work *w)
{
    return w->counts;
}

static bool belongs(const struct hf_work_session *session, enum hf_work_category category)
{
    switch (category) {
    case HF_WORK_ACTIVE_LABELS:
        return session->state == HF_WORK_PROCESSING;
    case HF_WORK_WAITING_LABELS:
        return session->state == HF_WORK_WAITING;
    case HF_WORK_QUEUED_LABELS:
        return queued_of(session) > 0;
    }
    HF_UNREACHABLE();
}

struct hf_work_labels hf_work_labels(const struct hf_work *w, enum hf_work_category category)
{
    struct hf_work_labels labels = { .count = 0 };
    for (uint32_t i = 0; i < w->used && labels.count < HF_WORK_LABELS; i++) {
        const struct hf_work_session *session = &w->sessions[i];
        if (session->is_used && belongs(session, category))
            labels.labels[labels.count++] = hf_bytes_cut_utf8(key_of(session), HF_WORK_LABEL_BYTES);
    }
    return labels;
}

hf_time hf_work_changed_at(const struct hf_work *w)
{
    return w->changed_at;
}
