#include "core/output/lines.h"

#include "base/limits.h"

enum { KEPT_MEMORY = 4096 };

void hf_lines_init(struct hf_lines *l)
{
    *l = (struct hf_lines){ .is_cutting = false };
    hf_buf_init(&l->carried, HF_LIMIT_OUTPUT_LINE_BYTES);
}

void hf_lines_fini(struct hf_lines *l)
{
    hf_buf_fini(&l->carried);
}

/* The first LF or CR, or the length. */
static size_t line_end(struct hf_bytes data)
{
    size_t lf = hf_bytes_find(data, 0, '\n');
    size_t cr = hf_bytes_find(hf_bytes_head(data, lf), 0, '\r');
    return cr;
}

static void forget_carried(struct hf_lines *l)
{
    if (!l->was_carried) return;
    hf_buf_reset(&l->carried, KEPT_MEMORY);
    l->was_carried = false;
}

static struct hf_bytes hand_carried(struct hf_lines *l)
{
    l->was_carried = true;
    return hf_buf_view(&l->carried);
}

/* Adds a part without its end to what is carried.  True when that filled it. */
static bool carry(struct hf_lines *l, struct hf_bytes part, struct hf_bytes *line)
{
    size_t room = HF_LIMIT_OUTPUT_LINE_BYTES - l->carried.len;
    hf_buf_add(&l->carried, hf_bytes_head(part, room));
    if (hf_buf_done(&l->carried) != 0) {
        *line = l->carried.len > 0 ? hand_carried(l) : hf_bytes_head(part, room);
        if (l->carried.len == 0) hf_buf_reset(&l->carried, KEPT_MEMORY); /* and its error */
        return true;
    }
    if (part.len <= room) return false;
    l->is_cutting = true;
    *line = hand_carried(l);
    return true;
}

bool hf_lines_next(struct hf_lines *l, struct hf_bytes *data, struct hf_bytes *line)
{
    forget_carried(l);
    while (data->len > 0) {
        size_t end = line_end(*data);
        struct hf_bytes part = hf_bytes_head(*data, end);
        bool has_end = end < data->len;
        *data = hf_bytes_from(*data, has_end ? end + 1 : end);
        if (l->is_cutting) {
            l->is_cutting = !has_end;
            continue;
        }
        if (has_end && l->carried.len == 0) {
            *line = hf_bytes_head(part, HF_LIMIT_OUTPUT_LINE_BYTES);
            return true;
        }
        if (carry(l, part, line)) {
            l->is_cutting = l->is_cutting && !has_end;
            return true;
        }
        if (!has_end) return false;
        *line = hand_carried(l);
        return true;
    }
    return false;
}

bool hf_lines_last(struct hf_lines *l, struct hf_bytes *line)
{
    forget_carried(l);
    l->is_cutting = false;
    if (l->carried.len == 0) return false;
    *line = hand_carried(l);
    return true;
}
