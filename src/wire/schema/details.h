/* wire/schema/details.h: the `details` object of an error, as a list of members.
 *
 * For errors whose details depend on the case (pairing, protocol mismatch): core
 * fills in values, and the engine writes them where it writes the error. */
#ifndef HF_WIRE_SCHEMA_DETAILS_H
#define HF_WIRE_SCHEMA_DETAILS_H

#include "base/buf.h"

enum { HF_DETAILS_MAX = 14 };

enum hf_details_kind { HF_DETAILS_TEXT, HF_DETAILS_INT, HF_DETAILS_BOOL, HF_DETAILS_LIST };

struct hf_details_member {
    const char *name; /* static */
    enum hf_details_kind kind;
    struct hf_bytes text;        /* TEXT: borrowed, valid UTF-8 */
    int64_t number;              /* INT, BOOL */
    const struct hf_bytes *list; /* LIST of texts: borrowed */
    size_t list_count;
};

struct hf_details {
    struct hf_details_member members[HF_DETAILS_MAX];
    size_t count;
};

/* Appends a member; more than HF_DETAILS_MAX is a bug of the caller. */
void hf_details_add_text(struct hf_details *d, const char *name, struct hf_bytes text);
void hf_details_add_int(struct hf_details *d, const char *name, int64_t value);
void hf_details_add_bool(struct hf_details *d, const char *name, bool value);
void hf_details_add_list(struct hf_details *d, const char *name, const struct hf_bytes *list,
                         size_t count);

/* Appends the object to `out`; nothing when there is no member. */
void hf_details_write(struct hf_buf *out, const struct hf_details *d);

#endif
