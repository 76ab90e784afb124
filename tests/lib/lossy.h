/* lib/lossy.h: the way to a client on which events are lost.
 *
 * As a gateway leaves them out for a slow reader, but more often: those that have a number.
 * The HTTP head, answers and what is no frame pass untouched. */
#ifndef HF_LIB_LOSSY_H
#define HF_LIB_LOSSY_H

#include "lib/world.h"
#include "wire/json_read.h"

struct lossy {
    struct hf_buf raw; /* not passed on yet: less than a frame */
    bool is_past_head; /* frames follow */
};

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

static inline bool lossy_is_numbered(struct hf_bytes piece)
{
    struct hf_bytes text = hf_bytes_from(piece, hf_bytes_find(piece, 0, '{'));
    return piece.ptr[0] == 0x81 && hf_json_find(text, "seq").len > 0;
}

/* Passes on what came whole; of the numbered events `percent` are lost. */
static inline void lossy_pass(struct lossy *l, struct world *w, unsigned percent,
                              struct hf_buf *out)
{
    size_t len;
    while (l->raw.len > 0 && (len = lossy_piece_len(l, hf_buf_view(&l->raw))) > 0) {
        struct hf_bytes piece = hf_bytes_head(hf_buf_view(&l->raw), len);
        bool may_be_lost = l->is_past_head && lossy_is_numbered(piece);
        if (!may_be_lost || hf_rng_below(&w->rng, 100) >= percent) hf_buf_add(out, piece);
        hf_buf_take(&l->raw, len);
    }
}

/* The connection has ended: the rest as it is, cut. */
static inline void lossy_end(struct lossy *l, struct hf_buf *out)
{
    hf_buf_add(out, hf_buf_view(&l->raw));
    hf_buf_reset(&l->raw, 0);
    l->is_past_head = false;
}

#endif
