/* What the host is yet to be told.  It stands on the connections themselves, each
 * thing once, so that there is no list that could grow. */
#include "base/assert.h"
#include "base/err.h"
#include "engine/server_state.h"

void hf_server_tell(struct hf_server *s, struct hf_conn *c, unsigned todo_bits)
{
    if (c->todo == 0) {
        c->todo_prev = s->todo_last;
        c->todo_next = NULL;
        if (s->todo_last)
            s->todo_last->todo_next = c;
        else
            s->todo_first = c;
        s->todo_last = c;
    }
    c->todo = (uint8_t)(c->todo | todo_bits);
}

void hf_server_forget(struct hf_server *s, struct hf_conn *c)
{
    if (c->todo == 0) return;
    if (c->todo_prev)
        c->todo_prev->todo_next = c->todo_next;
    else
        s->todo_first = c->todo_next;
    if (c->todo_next)
        c->todo_next->todo_prev = c->todo_prev;
    else
        s->todo_last = c->todo_prev;
    c->todo = 0;
}

/* The first of the connection's bits, in the order in which they make sense: a
 * kill makes the rest pointless, output comes before its close. */
static enum hf_action_kind next_todo(struct hf_server *s, struct hf_conn *c)
{
    static const struct {
        uint8_t bit;
        enum hf_action_kind kind;
    } order[] = { { HF_TODO_KILL, HF_ACTION_KILL },
                  { HF_TODO_PAUSE, HF_ACTION_PAUSE },
                  { HF_TODO_RESUME, HF_ACTION_RESUME },
                  { HF_TODO_OUTPUT, HF_ACTION_OUTPUT },
                  { HF_TODO_CLOSE, HF_ACTION_CLOSE } };
    for (size_t i = 0; i < HF_COUNT(order); i++) {
        if (!(c->todo & order[i].bit)) continue;
        unsigned rest = order[i].bit == HF_TODO_KILL ? 0u : c->todo & ~(unsigned)order[i].bit;
        hf_server_forget(s, c);
        if (rest) hf_server_tell(s, c, rest);
        return order[i].kind;
    }
    HF_UNREACHABLE();
}

bool hf_server_action(struct hf_server *s, struct hf_action *out)
{
    HF_ASSERT(s->magic == HF_SERVER_MAGIC);
    *out = (struct hf_action){ 0 };
    if (s->jobs.len > 0) {
        out->kind = HF_ACTION_JOB;
        out->job = *(struct hf_job *)hf_ring_at(&s->jobs, 0);
        hf_ring_pop(&s->jobs, 1);
        return true;
    }
    if (s->todo_first) {
        out->conn = s->todo_first->id;
        out->kind = next_todo(s, s->todo_first);
        return true;
    }
    static const enum hf_action_kind kinds[] = { HF_ACTION_READY, HF_ACTION_DRAINING,
                                                 HF_ACTION_STOPPED };
    bool *const flags[] = { &s->tell_ready, &s->tell_draining, &s->tell_stopped };
    for (size_t i = 0; i < HF_COUNT(flags); i++) {
        if (!*flags[i]) continue;
        *flags[i] = false;
        out->kind = kinds[i];
        return true;
    }
    return false;
}

void hf_server_output(struct hf_server *s, hf_id conn, struct hf_output *out)
{
    struct hf_conn *c = hf_server_conn(s, conn);
    out->count = 0;
    out->total_bytes = 0;
    out->is_all = true;
    if (c) hf_outq_pull(&c->out, &s->scratch, out);
}
