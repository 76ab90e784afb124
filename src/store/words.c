#include "store/words.h"
#include "base/assert.h"

static void add_word(struct hf_words *words, struct hf_bytes word)
{
    HF_ASSERT(words->len + 1 + word.len <= sizeof words->ptr);
    if (words->len > 0) words->ptr[words->len++] = ' ';
    memcpy(words->ptr + words->len, word.ptr, word.len);
    words->len += word.len;
}

struct hf_bytes hf_words_view(const struct hf_words *words)
{
    return hf_bytes(words->ptr, words->len);
}

struct hf_words hf_words_of_scopes(hf_scopes scopes)
{
    struct hf_words words = { .len = 0 };
    for (int scope = 0; scope < HF_SCOPE_COUNT; scope++)
        if (scopes & hf_scope_bit((enum hf_scope)scope))
            add_word(&words, hf_scope_name((enum hf_scope)scope));
    return words;
}

struct hf_words hf_words_of_roles(const bool has_role[HF_ROLES])
{
    struct hf_words words = { .len = 0 };
    for (int role = 0; role < HF_ROLES; role++)
        if (has_role[role]) add_word(&words, hf_role_name((enum hf_role)role));
    return words;
}

static struct hf_bytes next_word(struct hf_bytes *rest)
{
    size_t end = hf_bytes_find(*rest, 0, ' ');
    struct hf_bytes word = hf_bytes_head(*rest, end);
    *rest = hf_bytes_from(*rest, end + 1);
    return word;
}

hf_scopes hf_words_read_scopes(struct hf_bytes text)
{
    hf_scopes scopes = 0;
    uint32_t unknown = 0;
    while (text.len > 0) hf_scopes_add(&scopes, next_word(&text), &unknown);
    return scopes;
}

void hf_words_read_roles(struct hf_bytes text, bool has_role[HF_ROLES])
{
    enum hf_role role;
    while (text.len > 0)
        if (hf_role_find(next_word(&text), &role)) has_role[role] = true;
}
