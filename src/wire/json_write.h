/* wire/json_write.h: appends JSON to a buffer.
 *
 * The writer sets the commas; the caller opens and closes.  Text is valid UTF-8
 * (it is escaped, not checked).  The buffer's sticky error is checked once at the
 * end (hf_buf_done).  Closing what is not open, or a member outside of an object,
 * is a bug of the caller. */
#ifndef HF_WIRE_JSON_WRITE_H
#define HF_WIRE_JSON_WRITE_H

#include "base/buf.h"

enum { HF_JSON_WRITE_DEPTH = 64 };

struct hf_json_writer {
    struct hf_buf *out; /* borrowed */
    uint64_t objects;   /* bit per open container, innermost lowest: 1 is an object */
    uint32_t depth;
    bool wants_comma; /* a value stands before the place where the next one goes */
    bool has_key;     /* a key waits for its value */
};

/* Writes behind what `out` holds. */
void hf_json_writer_init(struct hf_json_writer *w, struct hf_buf *out);

void hf_json_open_object(struct hf_json_writer *w);
void hf_json_close_object(struct hf_json_writer *w);
void hf_json_open_array(struct hf_json_writer *w);
void hf_json_close_array(struct hf_json_writer *w);

/* The key of the next value, which may be an opened container.  A `const char *`
 * key, here and below, is a name of our own: it is written as it stands, without
 * escapes; key_text takes any text. */
void hf_json_key(struct hf_json_writer *w, const char *key);
void hf_json_key_text(struct hf_json_writer *w, struct hf_bytes key);

/* One value: an array's element, the value of a key, or the whole text. */
void hf_json_put_text(struct hf_json_writer *w, struct hf_bytes text);
void hf_json_put_int(struct hf_json_writer *w, int64_t value);
void hf_json_put_uint(struct hf_json_writer *w, uint64_t value);
void hf_json_put_bool(struct hf_json_writer *w, bool value);
void hf_json_put_null(struct hf_json_writer *w);

/* 15 to 17 digits, as few as read back as the same double, without zeros at the
 * end; whole numbers up to 2^53 without a fraction; null for what JSON cannot say
 * (infinite, not a number). */
void hf_json_put_double(struct hf_json_writer *w, double value);

/* A value that is JSON already, as it is. */
void hf_json_put_raw(struct hf_json_writer *w, struct hf_bytes json);

/* A member: key and value in one call. */
void hf_json_add_text(struct hf_json_writer *w, const char *key, struct hf_bytes text);
void hf_json_add_text_if(struct hf_json_writer *w, const char *key,
                         struct hf_bytes text); /* nothing for an empty one */
void hf_json_add_int(struct hf_json_writer *w, const char *key, int64_t value);
void hf_json_add_uint(struct hf_json_writer *w, const char *key, uint64_t value);
void hf_json_add_bool(struct hf_json_writer *w, const char *key, bool value);
void hf_json_add_null(struct hf_json_writer *w, const char *key);
void hf_json_add_double(struct hf_json_writer *w, const char *key, double value);
void hf_json_add_raw(struct hf_json_writer *w, const char *key, struct hf_bytes json);

/* The members of an object that is JSON already, behind what the open object has. */
void hf_json_put_members(struct hf_json_writer *w, struct hf_bytes object);

/* Opens a container as the value of `key`. */
void hf_json_add_object(struct hf_json_writer *w, const char *key);
void hf_json_add_array(struct hf_json_writer *w, const char *key);

/* Appends `text` with quotes and escapes, without a writer; and the inside alone. */
void hf_json_quote(struct hf_buf *out, struct hf_bytes text);
void hf_json_escape(struct hf_buf *out, struct hf_bytes text);

#endif
