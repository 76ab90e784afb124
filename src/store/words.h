/* store/words.h: scopes and roles as they stand in the database, words with spaces
 * between them, so that a table can be read without this program. */
#ifndef HF_STORE_WORDS_H
#define HF_STORE_WORDS_H

#include "port/store.h"

enum { HF_WORDS_BYTES = 256 /* all scopes have room */ };

struct hf_words {
    char ptr[HF_WORDS_BYTES];
    size_t len;
};

struct hf_words hf_words_of_scopes(hf_scopes scopes);
struct hf_words hf_words_of_roles(const bool has_role[HF_ROLES]);
struct hf_bytes hf_words_view(const struct hf_words *words);

/* Names that this version does not know are left out: they grant nothing here. */
hf_scopes hf_words_read_scopes(struct hf_bytes text);
void hf_words_read_roles(struct hf_bytes text, bool has_role[HF_ROLES]); /* adds */

#endif
