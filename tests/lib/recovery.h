/* lib/recovery.h: what the owner of a client may rely on around lost events.
 *
 * spec/client-lifecycle.md 9.1, from what it is told: a gap is told before the event that
 * showed it and names exactly the numbers that nobody was told; behind it all
 * subscriptions are asked for again and answered in the order of their registration, and
 * the end of that round is told.  A broken promise fails the world. */
#ifndef HF_LIB_RECOVERY_H
#define HF_LIB_RECOVERY_H

#include "lib/world.h"
#include "port/client.h"
#include "wire/json_read.h"

struct recovery {     /* zeroed for each connection, before its dial */
    int64_t last_seq; /* of the newest event; 0: none yet */
    int64_t gap_to;   /* the gap was told, its event not yet; 0: none */
    struct {
        bool is_under_way, is_whole; /* whole: of all subscriptions, not of a new one only */
        bool is_after_gap;           /* a gap was told before its end */
        uint64_t last_tag;           /* that was answered in it */
        /* Asked for from within news while the end of this one may wait to be told: each is
         * a part of it, or one more. */
        size_t perhaps_more;
    } round;
    size_t asked; /* requests for subscriptions that left since the end of the round before */
};

static inline bool recovery_is_subscription(struct hf_bytes request)
{
    struct hf_bytes method = hf_json_find(request, "method");
    return hf_json_is(method, HF_LIT("sessions.messages.subscribe")) ||
           hf_json_is(method, HF_LIT("sessions.subscribe"));
}

static inline void recovery_begin_round(struct recovery *r, bool is_whole)
{
    r->round.perhaps_more += r->round.is_under_way;
    if (r->round.is_under_way) return;
    r->round.is_under_way = true;
    r->round.is_whole = is_whole;
    r->round.is_after_gap = false;
    r->round.last_tag = 0;
}

static inline void recovery_ready(struct recovery *r)
{
    r->last_seq = r->gap_to = 0;
    r->round.perhaps_more += r->round.is_under_way;
    r->round.is_under_way = false;
    recovery_begin_round(r, true);
}

/* Told before the event that showed it, and of numbers that nobody was told. */
static inline void recovery_gap(struct recovery *r, struct world *w,
                                const struct hf_client_news *news)
{
    WORLD_CHECK(w, r->gap_to == 0 && r->last_seq > 0);
    WORLD_CHECK(w, news->u.gap.expected == r->last_seq + 1);
    WORLD_CHECK(w, news->u.gap.received > news->u.gap.expected);
    r->gap_to = news->u.gap.received;
}

/* Subscriptions are asked for behind it. */
static inline void recovery_event(struct recovery *r, struct world *w, int64_t seq)
{
    if (seq == 0) return;
    WORLD_CHECK(w, r->gap_to == 0 ? r->last_seq == 0 || seq == r->last_seq + 1 : seq == r->gap_to);
    if (r->gap_to) {
        if (!r->round.is_under_way) recovery_begin_round(r, true);
        r->round.is_after_gap = true;
    }
    r->gap_to = 0;
    r->last_seq = seq;
}

/* All were asked for, and answered one after the other in the order of their registration. */
static inline void recovery_restored(struct recovery *r, struct world *w,
                                     const struct hf_client_news *news)
{
    size_t asked = news->u.restored.count - news->u.restored.failed_count;
    WORLD_CHECK(w, r->round.is_under_way || r->round.perhaps_more > 0);
    if (r->round.perhaps_more == 0)
        WORLD_CHECK(w, news->u.restored.is_after_gap == r->round.is_after_gap);
    if (!r->round.is_under_way) {
        r->round.perhaps_more--;
        r->asked = 0;
        return;
    }
    if (r->round.is_whole && news->u.restored.failed_count <= news->u.restored.count)
        WORLD_CHECK(w, r->asked >= asked);
    r->round.is_under_way = false;
    r->asked = 0;
}

static inline void recovery_subscribed(struct recovery *r, struct world *w, uint64_t tag)
{
    WORLD_CHECK(w, !r->round.is_under_way || tag > r->round.last_tag);
    r->round.last_tag = tag;
}

/* Everything that the owner is told, in its order. */
static inline void recovery_note(struct recovery *r, struct world *w,
                                 const struct hf_client_news *news)
{
    if (news->kind == HF_CLIENT_IS_READY) recovery_ready(r);
    if (news->kind == HF_CLIENT_IS_GAP) recovery_gap(r, w, news);
    if (news->kind == HF_CLIENT_IS_EVENT) recovery_event(r, w, news->u.event.seq);
    if (news->kind == HF_CLIENT_IS_SUBSCRIBED) recovery_subscribed(r, w, news->u.result.tag);
    if (news->kind == HF_CLIENT_IS_RESTORED) recovery_restored(r, w, news);
}

#endif
