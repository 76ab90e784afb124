/* core/work.h: how much work is open?
 *
 * The state of each session (idle, waiting, processing) and the depth of its
 * queue, and the counts that the diagnostic heartbeat and the pressure rule use
 * (spec/pressure-backoff.md section 2.3).  At most HF_LIMIT_SESSION_STATES
 * sessions; an idle one is forgotten after 30 minutes, or earlier when its place
 * is needed.  One block of memory, reserved at the first session. */
#ifndef HF_CORE_WORK_H
#define HF_CORE_WORK_H

#include "base/bytes.h"
#include "base/map.h"
#include "base/time.h"

enum { HF_WORK_LABELS = 5, HF_WORK_LABEL_BYTES = 64 };

enum hf_work_state { HF_WORK_IDLE, HF_WORK_WAITING, HF_WORK_PROCESSING };

struct hf_work_counts {
    uint32_t active, waiting, queued;
};

struct hf_work_session;

struct hf_work { /* fields are private */
    struct hf_hash_key hash_key;
    struct hf_map by_key;             /* to the place in sessions */
    struct hf_work_session *sessions; /* NULL before the first */
    uint32_t free, used;              /* first free place + 1; places ever used */
    uint32_t first_idle, last_idle;   /* sessions without any work by age, place + 1 */
    struct hf_work_counts counts;
    hf_time changed_at; /* the last change of any session, HF_NEVER before */
};

/* The labels of one category, in no promised order. */
struct hf_work_labels {
    struct hf_bytes labels[HF_WORK_LABELS]; /* borrowed until the next change */
    size_t count;
};

void hf_work_init(struct hf_work *w, struct hf_hash_key hash_key);
void hf_work_fini(struct hf_work *w);

/* The session is now in `state` with `queue_depth` turns queued, the running one
 * included when `is_from_queue`.  The key (at most HF_LIMIT_NAME_BYTES) is copied.
 * 0; HF_ERR_LIMIT: every place is held by a session with work, this one is not
 * counted; HF_ERR_TOO_LARGE: the key; HF_ERR_NOMEM. */
int hf_work_set(struct hf_work *w, hf_time now, struct hf_bytes key, enum hf_work_state state,
                uint32_t queue_depth, bool is_from_queue);

/* The session ended; an unknown key is ignored. */
void hf_work_drop(struct hf_work *w, struct hf_bytes key);

/* Forgets sessions that have been without work for 30 minutes; called at each beat. */
void hf_work_expire(struct hf_work *w, hf_time now);

struct hf_work_counts hf_work_counts(const struct hf_work *w);

/* Keys of up to HF_WORK_LABELS sessions that are processing, waiting, or have
 * turns queued; cut to HF_WORK_LABEL_BYTES. */
enum hf_work_category { HF_WORK_ACTIVE_LABELS, HF_WORK_WAITING_LABELS, HF_WORK_QUEUED_LABELS };
struct hf_work_labels hf_work_labels(const struct hf_work *w, enum hf_work_category category);

/* When the last change was, or HF_NEVER. */
hf_time hf_work_changed_at(const struct hf_work *w);

#endif
