#include "wire/schema/client.h"

#define NAME_ROW(name, text) text,

const char *const hf_client_id_names[] = { HF_CLIENT_IDS(NAME_ROW) NULL };
const char *const hf_client_mode_names[] = { HF_CLIENT_MODES(NAME_ROW) NULL };
static const char *const cap_names[] = { HF_CAPS(NAME_ROW) NULL };

#undef NAME_ROW

_Static_assert(HF_CAP_COUNT <= 32, "hf_caps has 32 bits");

/* The index of `name` in a list that ends with NULL: true and it, or false. */
static bool find_name(const char *const *names, struct hf_bytes name, size_t *index)
{
    for (size_t i = 0; names[i]; i++)
        if (hf_bytes_same(name, hf_bytes_cstr(names[i]))) {
            *index = i;
            return true;
        }
    return false;
}

const char *hf_client_id_name(enum hf_client_id id)
{
    return hf_client_id_names[id];
}

const char *hf_client_mode_name(enum hf_client_mode mode)
{
    return hf_client_mode_names[mode];
}

bool hf_client_id_find(struct hf_bytes name, enum hf_client_id *out)
{
    size_t index;
    if (!find_name(hf_client_id_names, name, &index)) return false;
    *out = (enum hf_client_id)index;
    return true;
}

bool hf_client_mode_find(struct hf_bytes name, enum hf_client_mode *out)
{
    size_t index;
    if (!find_name(hf_client_mode_names, name, &index)) return false;
    *out = (enum hf_client_mode)index;
    return true;
}

bool hf_cap_find(struct hf_bytes name, enum hf_cap *out)
{
    size_t index;
    if (!find_name(cap_names, name, &index)) return false;
    *out = (enum hf_cap)index;
    return true;
}
