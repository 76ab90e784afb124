/* lib/json_text.h: JSON in test rows without a backslash before each quote.
 *
 *     json_text(&text, "{'a':'b'}")   makes {"a":"b"}: every ' becomes " */
#ifndef HF_LIB_JSON_TEXT_H
#define HF_LIB_JSON_TEXT_H

#include "base/buf.h"

/* Replaces what `text` holds; the view is borrowed from it. */
static inline struct hf_bytes json_text(struct hf_buf *text, const char *with_ticks)
{
    hf_buf_reset(text, SIZE_MAX);
    hf_buf_add(text, hf_bytes_cstr(with_ticks));
    for (size_t i = 0; i < text->len; i++)
        if (text->ptr[i] == '\'') text->ptr[i] = '"';
    return hf_buf_view(text);
}

#endif
