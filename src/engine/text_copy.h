/* engine/text_copy.h: copies of the two structs a server is given, with all
 * their texts in one block that the copy owns. */
#ifndef HF_ENGINE_TEXT_COPY_H
#define HF_ENGINE_TEXT_COPY_H

#include "engine/server.h"

/* `*text` (to be freed with hf_mem_free; wipe its `*len` bytes first: secrets)
 * holds every text of `*to`.  0, or HF_ERR_NOMEM and nothing is changed. */
int hf_text_copy_settings(const struct hf_settings *from, struct hf_settings *to, char **text,
                          size_t *len);
int hf_text_copy_config(const struct hf_server_config *from, struct hf_server_config *to,
                        char **text);

#endif
