#include "core/relay.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mem.h"

enum {
    /* A side is read while less than one buffer waits, so two may come to stand there. */
    WAITING_BYTES = 2 * HF_LIMIT_RELAY_BUFFER_BYTES,
    SENT_BYTES = HF_LIMIT_HTTP_HEAD_BYTES + 2 * HF_LIMIT_RELAY_BUFFER_BYTES,
    STATUS_AT = 9, /* "HTTP/1.1 101" */
    STATUS_BYTES = 3,
};

void hf_relay_init(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now)
{
    *r = (struct hf_relay){ .state = HF_RELAY_HEAD,
                            .deadline = hf_time_after(now, limits->head_within) };
    hf_http_reader_init(&r->reader);
    hf_buf_init(&r->sent, SENT_BYTES);
    hf_buf_init(&r->waiting[HF_RELAY_CLIENT], WAITING_BYTES);
    hf_buf_init(&r->waiting[HF_RELAY_UPSTREAM], WAITING_BYTES);
}

static void drop_request(struct hf_relay *r)
{
    hf_http_reader_fini(&r->reader);
    hf_mem_free(r->request);
    r->request = NULL;
}

void hf_relay_fini(struct hf_relay *r)
{
    drop_request(r);
    hf_buf_fini(&r->sent);
    hf_buf_fini(&r->waiting[HF_RELAY_CLIENT]);
    hf_buf_fini(&r->waiting[HF_RELAY_UPSTREAM]);
}

static uint32_t finish(struct hf_relay *r, enum hf_relay_cause cause, uint32_t act)
{
    HF_ASSERT(r->state != HF_RELAY_DONE);
    r->state = HF_RELAY_DONE;
    r->cause = cause;
    r->deadline = HF_NEVER;
    return act;
}

static uint32_t to_gate(struct hf_relay *r)
{
    return finish(r, HF_RELAY_TO_GATE, HF_RELAY_DO_GATE);
}

static enum hf_relay_side other(enum hf_relay_side side)
{
    return side == HF_RELAY_CLIENT ? HF_RELAY_UPSTREAM : HF_RELAY_CLIENT;
}

/* What ends is not given more time. */
static void wait_for(struct hf_relay *r, hf_time now, hf_span span)
{
    if (!r->is_finishing) r->deadline = hf_time_after(now, span);
}

/* Something moved. */
static void stay(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now)
{
    if (r->state != HF_RELAY_OPEN) return;
    bool is_half = r->has_ended[HF_RELAY_CLIENT] || r->has_ended[HF_RELAY_UPSTREAM] || r->broken_by;
    wait_for(r, now, is_half ? limits->half_for : limits->idle_for);
}

/* A reset behind the last byte for the side that was not reset. */
static uint32_t pass_reset(struct hf_relay *r)
{
    bool is_for_client = r->broken_by == HF_RELAY_RESET_BY_UPSTREAM;
    enum hf_relay_side side = is_for_client ? HF_RELAY_CLIENT : HF_RELAY_UPSTREAM;
    if (r->waiting[side].len > 0 || r->is_settling) return 0;
    r->is_settling = true;
    return is_for_client ? HF_RELAY_SETTLE_CLIENT : HF_RELAY_SETTLE_UPSTREAM;
}

/* Ends that are due: behind the last byte for the side. */
static uint32_t pass_ends(struct hf_relay *r)
{
    uint32_t acts = 0;
    if (r->state != HF_RELAY_OPEN && r->state != HF_RELAY_ASKED) return 0;
    if (r->broken_by) return pass_reset(r);
    for (int i = 0; i < 2; i++) {
        enum hf_relay_side side = (enum hf_relay_side)i;
        if (!r->has_ended[other(side)] || r->was_told[side] || r->waiting[side].len > 0) continue;
        /* What an upgrade holds back goes before the end. */
        if (side == HF_RELAY_UPSTREAM && r->state == HF_RELAY_ASKED) continue;
        r->was_told[side] = true;
        if (side == HF_RELAY_CLIENT)
            acts |= HF_RELAY_END_CLIENT;
        else if (!r->is_deaf)
            acts |= HF_RELAY_END_UPSTREAM;
    }
    if (r->was_told[HF_RELAY_CLIENT] && r->was_told[HF_RELAY_UPSTREAM])
        acts |= finish(r, HF_RELAY_ENDED, HF_RELAY_CLOSE);
    return acts;
}

/* --- the client's side --- */

/* Reads the head once more, as a whole, so that its spans lie in `sent`. */
static uint32_t take_request(struct hf_relay *r)
{
    size_t used;
    hf_http_reader_fini(&r->reader);
    hf_http_reader_init(&r->reader);
    if (hf_http_request_read(&r->reader, hf_bytes_head(hf_buf_view(&r->sent), r->head_len), &used,
                             r->request) != 0)
        return finish(r, HF_RELAY_NO_MEMORY, HF_RELAY_RESET);
    HF_ASSERT(r->request->state == HF_HTTP_HEAD);
    return HF_RELAY_DO_JUDGE;
}

static uint32_t read_head(struct hf_relay *r, struct hf_bytes bytes)
{
    size_t used;
    struct hf_http_request request;
    if (hf_http_request_read(&r->reader, bytes, &used, &request) != 0)
        return finish(r, HF_RELAY_NO_MEMORY, HF_RELAY_RESET);
    r->head_len += used;
    switch (request.state) {
    case HF_HTTP_NEED_MORE:
        return 0;
    case HF_HTTP_REFUSED: /* the gate says why */
        return to_gate(r);
    case HF_HTTP_HEAD:
        break;
    }
    r->request = hf_mem_new(sizeof *r->request);
    if (!r->request) return finish(r, HF_RELAY_NO_MEMORY, HF_RELAY_RESET);
    r->state = HF_RELAY_JUDGE;
    return take_request(r);
}

/* The body that was announced, and nothing behind it. */
static void pass_body(struct hf_relay *r, struct hf_bytes bytes)
{
    bytes = hf_bytes_head(bytes, r->body_left < bytes.len ? (size_t)r->body_left : bytes.len);
    r->body_left -= bytes.len;
    hf_buf_add(&r->waiting[HF_RELAY_UPSTREAM], bytes);
}

static uint32_t client_input(struct hf_relay *r, struct hf_bytes bytes)
{
    switch (r->state) {
    case HF_RELAY_HEAD:
    case HF_RELAY_JUDGE:
    case HF_RELAY_DIALING:
    case HF_RELAY_ASKED:
        hf_buf_add(&r->sent, bytes);
        if (r->state == HF_RELAY_HEAD) return read_head(r, bytes);
        if (r->state == HF_RELAY_DIALING && !r->is_upgrade) pass_body(r, bytes);
        return 0;
    case HF_RELAY_OPEN:
        if (r->is_deaf) return 0;
        if (r->has_switched)
            hf_buf_add(&r->waiting[HF_RELAY_UPSTREAM], bytes);
        else
            pass_body(r, bytes);
        return 0;
    case HF_RELAY_DONE:
        return 0;
    }
    HF_UNREACHABLE();
}

const struct hf_http_request *hf_relay_request(const struct hf_relay *r)
{
    HF_ASSERT(r->state == HF_RELAY_JUDGE);
    return r->request;
}

uint32_t hf_relay_refuse(struct hf_relay *r)
{
    HF_ASSERT(r->state == HF_RELAY_JUDGE);
    return to_gate(r);
}

uint32_t hf_relay_forward(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                          const struct hf_http_forward *forward)
{
    HF_ASSERT(r->state == HF_RELAY_JUDGE);
    r->is_upgrade = forward->is_upgrade;
    r->body_left = r->request->content_length;
    hf_http_forward_write(&r->waiting[HF_RELAY_UPSTREAM], r->request, forward);
    drop_request(r);
    if (!r->is_upgrade) pass_body(r, hf_bytes_from(hf_buf_view(&r->sent), r->head_len));
    if (hf_buf_done(&r->waiting[HF_RELAY_UPSTREAM]) != 0)
        return finish(r, HF_RELAY_NO_MEMORY, HF_RELAY_RESET);
    r->state = HF_RELAY_DIALING;
    wait_for(r, now, limits->answer_within); /* the dial has its own */
    return HF_RELAY_DO_DIAL;
}

uint32_t hf_relay_connected(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now)
{
    HF_ASSERT(r->state == HF_RELAY_DIALING);
    r->state = r->is_upgrade ? HF_RELAY_ASKED : HF_RELAY_OPEN;
    wait_for(r, now, limits->answer_within);
    if (!r->is_upgrade) hf_buf_reset(&r->sent, 0);
    return pass_ends(r);
}

uint32_t hf_relay_not_connected(struct hf_relay *r)
{
    HF_ASSERT(r->state == HF_RELAY_DIALING);
    return to_gate(r);
}

/* --- the upstream's side --- */

enum answer { UNDECIDED, SWITCHES, UNAVAILABLE, OTHER };

/* How it answers an upgrade, by its status line; before it may stand heads of others that
 * say nothing yet (1xx). */
static enum answer read_answer(struct hf_bytes bytes)
{
    static const struct hf_bytes head = HF_LIT_INIT("HTTP/1."), end = HF_LIT_INIT("\r\n\r\n");
    for (;;) {
        size_t len = bytes.len < head.len ? bytes.len : head.len;
        if (!hf_bytes_same(hf_bytes_head(bytes, len), hf_bytes_head(head, len))) return OTHER;
        if (bytes.len < STATUS_AT + STATUS_BYTES) return UNDECIDED;
        struct hf_bytes status = hf_bytes(bytes.ptr + STATUS_AT, STATUS_BYTES);
        if (hf_bytes_same(status, HF_LIT("101"))) return SWITCHES;
        if (hf_bytes_same(status, HF_LIT("503"))) return UNAVAILABLE;
        if (status.ptr[0] != '1') return OTHER;
        size_t at = hf_bytes_find_nocase(bytes, 0, end);
        if (at == bytes.len) return UNDECIDED;
        bytes = hf_bytes_from(bytes, at + end.len);
    }
}

/* An upgrade is answered.  With 101 the upstream speaks WebSocket: what the client sent
 * behind its head are frames.  Else they would be another request. */
static void open_up(struct hf_relay *r, bool is_101)
{
    r->state = HF_RELAY_OPEN;
    r->has_switched = is_101;
    r->body_left = 0;
    if (is_101)
        hf_buf_add(&r->waiting[HF_RELAY_UPSTREAM],
                   hf_bytes_from(hf_buf_view(&r->sent), r->head_len));
    hf_buf_reset(&r->sent, 0);
}

/* Held back until it is known how the upstream answers: one that is not available takes
 * nobody, and the gate says so in the words that clients know. */
static uint32_t upstream_input(struct hf_relay *r, struct hf_bytes bytes)
{
    hf_buf_add(&r->waiting[HF_RELAY_CLIENT], bytes);
    if (r->state != HF_RELAY_ASKED) return 0;
    enum answer answer = read_answer(hf_buf_view(&r->waiting[HF_RELAY_CLIENT]));
    if (answer == UNAVAILABLE) return to_gate(r);
    if (answer != UNDECIDED) open_up(r, answer == SWITCHES);
    return 0;
}

/* --- both --- */

uint32_t hf_relay_input(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                        enum hf_relay_side side, struct hf_bytes bytes)
{
    if (r->state == HF_RELAY_DONE) return 0;
    uint32_t acts = side == HF_RELAY_CLIENT ? client_input(r, bytes) : upstream_input(r, bytes);
    if (r->state == HF_RELAY_DONE) return acts;
    if (hf_buf_done(&r->sent) != 0 || hf_buf_done(&r->waiting[0]) != 0 ||
        hf_buf_done(&r->waiting[1]) != 0)
        return finish(r, HF_RELAY_NO_MEMORY, HF_RELAY_RESET);
    /* What is dropped does not keep it. */
    if (!r->is_deaf) stay(r, limits, now);
    return acts;
}

/* The upstream went away without a word about the upgrade. */
static bool is_unanswered(const struct hf_relay *r, enum hf_relay_side side)
{
    return r->state == HF_RELAY_ASKED && side == HF_RELAY_UPSTREAM &&
           r->waiting[HF_RELAY_CLIENT].len == 0;
}

uint32_t hf_relay_input_end(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                            enum hf_relay_side side)
{
    if (r->state == HF_RELAY_DONE || r->broken_by) return 0;
    r->has_ended[side] = true;
    /* Half a head is no request. */
    if (r->state == HF_RELAY_HEAD) return finish(r, HF_RELAY_ENDED, HF_RELAY_CLOSE);
    if (is_unanswered(r, side) && !r->has_ended[HF_RELAY_CLIENT]) return to_gate(r);
    /* It will not switch any more. */
    if (r->state == HF_RELAY_ASKED && side == HF_RELAY_UPSTREAM) open_up(r, false);
    stay(r, limits, now);
    return pass_ends(r);
}

static uint32_t go_deaf(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now)
{
    r->is_deaf = true;
    hf_buf_reset(&r->waiting[HF_RELAY_UPSTREAM], 0);
    stay(r, limits, now);
    return pass_ends(r);
}

uint32_t hf_relay_reset(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                        enum hf_relay_side side)
{
    enum hf_relay_cause cause =
        side == HF_RELAY_CLIENT ? HF_RELAY_RESET_BY_CLIENT : HF_RELAY_RESET_BY_UPSTREAM;
    if (r->state == HF_RELAY_DONE || r->broken_by == cause) return 0;
    if (side == HF_RELAY_UPSTREAM && r->is_deaf) return 0;
    if (is_unanswered(r, side) && !r->has_ended[HF_RELAY_CLIENT]) return to_gate(r);
    if (r->state != HF_RELAY_OPEN || r->broken_by) return finish(r, cause, HF_RELAY_RESET);
    if (side == HF_RELAY_UPSTREAM && r->has_ended[side]) return go_deaf(r, limits, now);
    r->broken_by = cause;
    hf_buf_reset(&r->waiting[side], 0);
    stay(r, limits, now);
    return pass_ends(r);
}

uint32_t hf_relay_settled(struct hf_relay *r)
{
    if (r->state == HF_RELAY_DONE || !r->is_settling) return 0;
    return finish(r, r->broken_by, HF_RELAY_RESET);
}

struct hf_bytes hf_relay_output(const struct hf_relay *r, enum hf_relay_side side)
{
    if (r->state != HF_RELAY_OPEN && r->state != HF_RELAY_ASKED) return HF_EMPTY;
    if (r->state == HF_RELAY_ASKED && side == HF_RELAY_CLIENT) return HF_EMPTY;
    return hf_bytes_head(hf_buf_view(&r->waiting[side]), HF_LIMIT_WRITE_BYTES);
}

uint32_t hf_relay_written(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                          enum hf_relay_side side, size_t count)
{
    struct hf_buf *waiting = &r->waiting[side];
    if (r->state == HF_RELAY_DONE) return 0;
    HF_ASSERT(count <= waiting->len);
    r->passed[side] += count;
    if (count == waiting->len)
        hf_buf_reset(waiting, 0);
    else
        hf_buf_take(waiting, count);
    if (count > 0) stay(r, limits, now);
    return pass_ends(r);
}

/* Whether what it says can still be passed on. */
static bool may_speak(const struct hf_relay *r, enum hf_relay_side side)
{
    if (r->has_ended[side] || r->broken_by) return false;
    switch (r->state) {
    case HF_RELAY_HEAD:
    case HF_RELAY_DIALING:
        return side == HF_RELAY_CLIENT;
    case HF_RELAY_ASKED:
    case HF_RELAY_OPEN:
        return true;
    case HF_RELAY_JUDGE:
    case HF_RELAY_DONE:
        return false;
    }
    HF_UNREACHABLE();
}

/* Whether that would be too much now.  The head has its own bound. */
static bool is_full(const struct hf_relay *r, enum hf_relay_side side)
{
    bool is_kept =
        side == HF_RELAY_CLIENT && (r->state == HF_RELAY_DIALING || r->state == HF_RELAY_ASKED);
    if (r->state == HF_RELAY_HEAD) return false;
    size_t len = is_kept ? r->sent.len : r->waiting[other(side)].len;
    return len >= HF_LIMIT_RELAY_BUFFER_BYTES;
}

bool hf_relay_wants(const struct hf_relay *r, enum hf_relay_side side)
{
    return may_speak(r, side) && !is_full(r, side);
}

bool hf_relay_holds(const struct hf_relay *r, enum hf_relay_side side)
{
    return may_speak(r, side) && is_full(r, side);
}

struct hf_bytes hf_relay_sent(const struct hf_relay *r)
{
    return hf_buf_view(&r->sent);
}

/* A client that knows of the end has only not said its own goodbye: a reset would take from
 * it what it has not read yet. */
static uint32_t give_up(struct hf_relay *r, enum hf_relay_cause cause)
{
    bool is_over = r->was_told[HF_RELAY_CLIENT] && (r->is_finishing || r->is_deaf);
    return finish(r, cause, is_over ? HF_RELAY_CLOSE : HF_RELAY_RESET);
}

uint32_t hf_relay_expire(struct hf_relay *r, hf_time now)
{
    if (r->state == HF_RELAY_DONE || hf_time_before(now, r->deadline)) return 0;
    enum hf_relay_cause cause = HF_RELAY_IDLE;
    if (r->state == HF_RELAY_HEAD) cause = HF_RELAY_HEAD_LATE;
    if (r->state == HF_RELAY_DIALING || r->state == HF_RELAY_ASKED) cause = HF_RELAY_NO_ANSWER;
    if (r->is_finishing) cause = HF_RELAY_GIVEN_UP;
    return give_up(r, cause);
}

hf_time hf_relay_due(const struct hf_relay *r)
{
    return r->deadline;
}

uint32_t hf_relay_end(struct hf_relay *r)
{
    return r->state == HF_RELAY_DONE ? 0 : give_up(r, HF_RELAY_GIVEN_UP);
}

void hf_relay_finish(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now)
{
    if (r->state == HF_RELAY_DONE || r->is_finishing) return;
    r->is_finishing = true;
    r->deadline = hf_time_min(r->deadline, hf_time_after(now, limits->finish_within));
}

const char *hf_relay_cause_name(enum hf_relay_cause cause)
{
    static const char *const names[] = {
        [HF_RELAY_NOT_DONE] = "none",
        [HF_RELAY_ENDED] = "ended",
        [HF_RELAY_TO_GATE] = "gate",
        [HF_RELAY_RESET_BY_CLIENT] = "reset-by-client",
        [HF_RELAY_RESET_BY_UPSTREAM] = "reset-by-upstream",
        [HF_RELAY_HEAD_LATE] = "head-timeout",
        [HF_RELAY_NO_ANSWER] = "upstream-no-answer",
        [HF_RELAY_IDLE] = "idle",
        [HF_RELAY_NO_MEMORY] = "out-of-memory",
        [HF_RELAY_GIVEN_UP] = "shutdown",
    };
    return names[cause];
}
