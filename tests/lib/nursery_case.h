/* lib/nursery_case.h: what the scenarios of a supervisor share. */
#ifndef HF_LIB_NURSERY_CASE_H
#define HF_LIB_NURSERY_CASE_H

#include "base/err.h"
#include "lib/check.h"
#include "lib/nursery.h"

static struct nursery n;

static inline void begin(const struct child *children, size_t count)
{
    nursery_init(&n, 1);
    nursery_plan(&n, children, count);
}

/* A world whose children are these, one by one; `n.config` may be changed before the
 * supervisor is opened by the first request. */
#define BEGIN(...)                                                                                 \
    do {                                                                                           \
        static const struct child children[] = { __VA_ARGS__ };                                    \
        begin(children, HF_COUNT(children));                                                       \
    } while (0)

static inline uint64_t ask(enum hf_keeper_verb verb)
{
    if (!n.s) nursery_open(&n);
    return nursery_ask(&n, verb);
}

static inline uint64_t ask_as(enum hf_keeper_verb verb, enum hf_keeper_class class)
{
    return nursery_request(&n, (struct hf_keeper_request){ .verb = verb, .class = class });
}

static inline uint64_t ask_debounced(enum hf_keeper_verb verb, int64_t delay_ms)
{
    return nursery_request(&n, (struct hf_keeper_request){ .verb = verb,
                                                           .is_debounced = true,
                                                           .has_delay = delay_ms >= 0,
                                                           .delay = HF_MS(delay_ms) });
}

static inline void run_ms(int64_t ms)
{
    nursery_run_ms(&n, ms);
}

/* Started, and ready. */
static inline void be_running(void)
{
    ask(HF_KEEPER_DO_START);
    run_ms(5000);
    NURSERY_CHECK(&n, nursery_status(&n).phase == HF_PHASE_READY);
}

static inline void end(void)
{
    nursery_fini(&n);
}

static inline enum hf_phase phase(void)
{
    return nursery_status(&n).phase;
}

static inline int final_of(uint64_t tag)
{
    return nursery_result(&n, tag)->final ? (int)nursery_result(&n, tag)->outcome : -1;
}

static inline struct hf_bytes reason_of(uint64_t tag)
{
    return hf_bytes_cstr(nursery_result(&n, tag)->reason);
}

static inline bool holds(struct hf_bytes text, const char *part)
{
    return hf_bytes_find_nocase(text, 0, hf_bytes_cstr(part)) < text.len;
}

/* The phases since the `from`-th transition, in their order. */
static inline void check_phases(size_t from, const char *want)
{
    char got[512] = "";
    for (size_t i = from; i < hf_supervisor_history_count(n.s); i++) {
        const char *name = hf_phase_name(hf_supervisor_history(n.s, i)->to);
        strncat(got, i > from ? " " : "", sizeof got - strlen(got) - 1);
        strncat(got, name, sizeof got - strlen(got) - 1);
    }
    CHECK_TEXT(hf_bytes_cstr(got), want);
}

static inline size_t history(void)
{
    return hf_supervisor_history_count(n.s);
}

#endif
