#include "wire/schema/details.h"
#include "base/assert.h"
#include "wire/json_write.h"

static struct hf_details_member *add(struct hf_details *d, const char *name,
                                     enum hf_details_kind kind)
{
    HF_ASSERT(d->count < HF_DETAILS_MAX);
    struct hf_details_member *member = &d->members[d->count++];
    *member = (struct hf_details_member){ .name = name, .kind = kind };
    return member;
}

void hf_details_add_text(struct hf_details *d, const char *name, struct hf_bytes text)
{
    add(d, name, HF_DETAILS_TEXT)->text = text;
}

void hf_details_add_int(struct hf_details *d, const char *name, int64_t value)
{
    add(d, name, HF_DETAILS_INT)->number = value;
}

void hf_details_add_bool(struct hf_details *d, const char *name, bool value)
{
    add(d, name, HF_DETAILS_BOOL)->number = value;
}

void hf_details_add_list(struct hf_details *d, const char *name, const struct hf_bytes *list,
                         size_t count)
{
    struct hf_details_member *member = add(d, name, HF_DETAILS_LIST);
    member->list = list;
    member->list_count = count;
}

static void write_member(struct hf_json_writer *w, const struct hf_details_member *member)
{
    switch (member->kind) {
    case HF_DETAILS_TEXT:
        hf_json_add_text(w, member->name, member->text);
        return;
    case HF_DETAILS_INT:
        hf_json_add_int(w, member->name, member->number);
        return;
    case HF_DETAILS_BOOL:
        hf_json_add_bool(w, member->name, member->number != 0);
        return;
    case HF_DETAILS_LIST:
        hf_json_add_array(w, member->name);
        for (size_t i = 0; i < member->list_count; i++) hf_json_put_text(w, member->list[i]);
        hf_json_close_array(w);
        return;
    }
    HF_UNREACHABLE();
}

void hf_details_write(struct hf_buf *out, const struct hf_details *d)
{
    struct hf_json_writer w;
    if (d->count == 0) return;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    for (size_t i = 0; i < d->count; i++) write_member(&w, &d->members[i]);
    hf_json_close_object(&w);
}
