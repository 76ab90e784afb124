#include "base/assert.h"
#include "core/link/parts.h"

static const struct {
    const char *name;
    struct hf_link_close close;
} causes[] = {
#define HF_LINK_CAUSE_ROW(id, code, reason)                                                        \
    [HF_LINK_CAUSE_##id] = { #id, { (code), HF_LIT_INIT(reason) } },
    HF_LINK_CAUSES(HF_LINK_CAUSE_ROW)
#undef HF_LINK_CAUSE_ROW
};

struct hf_link_close hf_link_cause_close(enum hf_link_cause cause)
{
    return causes[cause].close;
}

const char *hf_link_cause_name(enum hf_link_cause cause)
{
    return causes[cause].name;
}

const char *hf_link_state_name(enum hf_link_state state)
{
    static const char *const names[] = {
        [HF_LINK_IDLE] = "IDLE",
        [HF_LINK_OPENING] = "OPENING",
        [HF_LINK_AWAIT_CHALLENGE] = "AWAIT_CHALLENGE",
        [HF_LINK_PREPARING] = "PREPARING",
        [HF_LINK_AWAIT_HELLO] = "AWAIT_HELLO",
        [HF_LINK_READY] = "READY",
        [HF_LINK_CLOSING] = "CLOSING",
        [HF_LINK_BACKOFF] = "BACKOFF",
        [HF_LINK_REAUTH] = "REAUTH",
        [HF_LINK_PAUSED] = "PAUSED",
        [HF_LINK_DISPOSED] = "DISPOSED",
    };
    return names[state];
}

const char *hf_link_code_name(unsigned code)
{
    static const struct {
        unsigned code;
        const char *name;
    } names[] = {
        { 1000, "normal closure" },
        { 1001, "going away" },
        { 1006, "abnormal closure without a close frame" },
        { 1008, "policy violation" },
        { 1009, "message too big" },
        { 1011, "internal error" },
        { 1012, "service restart" },
        { 1013, "try again later" },
        { 4000, "connection timed out" },
        { 4001, "operator access no longer active" },
    };
    for (size_t i = 0; i < HF_COUNT(names); i++)
        if (names[i].code == code) return names[i].name;
    return "";
}

static enum hf_link_status paused_status(enum hf_link_pause pause)
{
    switch (pause) {
    case HF_LINK_PAUSE_CONFIG:
    case HF_LINK_PAUSE_DENIED:
    case HF_LINK_PAUSE_PLAN:
    case HF_LINK_PAUSE_OUR_FAULT:
        return HF_LINK_IS_FAILED;
    case HF_LINK_NOT_PAUSED:
    case HF_LINK_PAUSE_REFUSED:
    case HF_LINK_PAUSE_RATE_LIMITED:
    case HF_LINK_PAUSE_PAIRING:
    case HF_LINK_PAUSE_ACCESS:
    case HF_LINK_PAUSE_ATTEMPTS:
    case HF_LINK_PAUSE_BUDGET:
        return HF_LINK_IS_PAUSED;
    }
    HF_UNREACHABLE();
}

enum hf_link_status hf_link_status(const struct hf_link *l)
{
    switch (l->state) {
    case HF_LINK_IDLE:
        return HF_LINK_IS_DISCONNECTED;
    case HF_LINK_OPENING:
    case HF_LINK_AWAIT_CHALLENGE:
    case HF_LINK_PREPARING:
    case HF_LINK_AWAIT_HELLO:
    case HF_LINK_BACKOFF:
    case HF_LINK_REAUTH:
        return HF_LINK_IS_CONNECTING;
    case HF_LINK_CLOSING:
        return l->will_stop ? HF_LINK_IS_DISCONNECTED : HF_LINK_IS_CONNECTING;
    case HF_LINK_READY:
        return HF_LINK_IS_CONNECTED;
    case HF_LINK_PAUSED:
        return paused_status(l->pause);
    case HF_LINK_DISPOSED:
        return HF_LINK_IS_CLOSED;
    }
    HF_UNREACHABLE();
}
