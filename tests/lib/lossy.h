/* lib/lossy.h: the way to a client on which events are lost and overtake answers.
 *
 * As a gateway leaves events out for a slow reader, but more often: those that have a number.
 * And as a gateway that thinks long about a request: from some answer on they all wait for
 * the next events, in their order.  The HTTP head and what is no frame pass untouched. */
#ifndef HF_LIB_LOSSY_H
#define HF_LIB_LOSSY_H

#include "lib/world.h"
#include "wire/json_read.h"

enum { LOSSY_EVENTS = 2 }; /* that overtake the answers */

struct lossy {
    struct hf_buf raw;  /* not passed on yet: less than a frame */
    struct hf_buf late; /* answers that wait */
    unsigned events;    /* and for so many events */
    bool is_past_head;  /* frames follow */
    bool has_events;    /* and the login is over */
};

struct lossy_odds { /* percent */
    unsigned lost;  /* of the events with a number */
    unsigned late;  /* of the answers behind such an event */
};

static inline void lossy_init(struct lossy *l)
{
    *l = (struct lossy){ 0 };
    hf_buf_init(&l->raw, HF_LIMIT_BUFFERED_BYTES);
    hf_buf_init(&l->late, HF_LIMIT_BUFFERED_BYTES);
}

static inline void lossy_fini(struct lossy *l)
{
    hf_buf_fini(&l->raw);
    hf_buf_fini(&l->late);
}

/* Another connection: nothing is left of the one before. */
static inline void lossy_reset(struct lossy *l)
{
    hf_buf_reset(&l->raw, 0);
    hf_buf_reset(&l->late, 0);
    l->is_past_head = l->has_events = false;
}

/* Of the HTTP head, of one frame, or of all when it is no gateway's; 0: not there yet. */
static inline size_t lossy_piece_len(struct lossy *l, struct hf_bytes raw)
{
    if (!l->is_past_head) {
        const uint8_t *end = memmem(raw.ptr, raw.len, "\r\n\r\n", 4);
        if (!end) return 0;
        l->is_past_head = hf_bytes_starts(raw, HF_LIT("HTTP/1.1 101"));
        return l->is_past_head ? (size_t)(end + 4 - raw.ptr) : raw.len;
    }
    size_t head = raw.len > 1 ? 2 : 0, len = head ? raw.ptr[1] & 127 : 0;
    if (len == 126) head = 4;
    if (len == 127) head = 10;
    if (head == 0 || raw.len < head) return 0;
    for (size_t i = 2, size = 0; i < head; i++) len = size = size << 8 | raw.ptr[i];
    return raw.len < head + len ? 0 : head + len;
}

enum lossy_kind { LOSSY_OTHER, LOSSY_EVENT, LOSSY_ANSWER };

static inline enum lossy_kind lossy_kind_of(const struct lossy *l, struct hf_bytes piece)
{
    struct hf_bytes text = hf_bytes_from(piece, hf_bytes_find(piece, 0, '{'));
    if (!l->is_past_head || piece.ptr[0] != 0x81) return LOSSY_OTHER;
    if (hf_json_find(text, "seq").len > 0) return LOSSY_EVENT;
    return hf_json_is(hf_json_find(text, "type"), HF_LIT("res")) ? LOSSY_ANSWER : LOSSY_OTHER;
}

static inline void lossy_pass_late(struct lossy *l, struct hf_buf *out)
{
    hf_buf_add(out, hf_buf_view(&l->late));
    hf_buf_reset(&l->late, 0);
}

static inline void lossy_pass_one(struct lossy *l, struct world *w, struct lossy_odds odds,
                                  struct hf_bytes piece, struct hf_buf *out)
{
    enum lossy_kind kind = lossy_kind_of(l, piece);
    bool is_first = kind == LOSSY_ANSWER && l->late.len == 0 && l->has_events &&
                    hf_rng_below(&w->rng, 100) < odds.late;
    if (is_first) l->events = LOSSY_EVENTS;
    if (is_first || (kind == LOSSY_ANSWER && l->late.len > 0)) {
        hf_buf_add(&l->late, piece);
        return;
    }
    l->has_events |= kind == LOSSY_EVENT;
    if (kind == LOSSY_EVENT && hf_rng_below(&w->rng, 100) < odds.lost) return;
    hf_buf_add(out, piece);
    if (kind == LOSSY_EVENT && l->late.len > 0 && --l->events == 0) lossy_pass_late(l, out);
}

/* Passes on what came whole. */
static inline void lossy_pass(struct lossy *l, struct world *w, struct lossy_odds odds,
                              struct hf_buf *out)
{
    size_t len;
    while (l->raw.len > 0 && (len = lossy_piece_len(l, hf_buf_view(&l->raw))) > 0) {
        lossy_pass_one(l, w, odds, hf_bytes_head(hf_buf_view(&l->raw), len), out);
        hf_buf_take(&l->raw, len);
    }
    if (odds.late == 0) lossy_pass_late(l, out);
}

/* The connection has ended: the rest as it is, cut. */
static inline void lossy_end(struct lossy *l, struct hf_buf *out)
{
    lossy_pass_late(l, out);
    hf_buf_add(out, hf_buf_view(&l->raw));
    lossy_reset(l);
}

#endif
