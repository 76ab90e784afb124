/* host/token_file.h: the secret in a file, read anew for every login, and what it has been.
 *
 * A rotated file needs no restart; and whatever the program of the place may repeat, this
 * secret or an older one, is known by its value.  Who looks before it passes a text on has
 * seen each content that stood there for as long as two looks.
 *
 * One thread.  The secrets never leave it but as spans, and are wiped at the end. */
#ifndef HF_HOST_TOKEN_FILE_H
#define HF_HOST_TOKEN_FILE_H

#include "base/limits.h"
#include "base/time.h"
#include "host/fault.h"
#include "host/state_dir.h"
#include "wire/censor.h"

#include <sys/stat.h>

struct hf_token_file { /* stays where it is: `known` leads into it */
    const char *path;  /* borrowed; NULL: there is none */
    struct hf_censor_known known;
    struct hf_bytes views[HF_LIMIT_KEEPER_SECRETS]; /* first the one that was given */
    char texts[HF_LIMIT_KEEPER_SECRETS][HF_STATE_PATH_BYTES];
    size_t next;
    struct stat read_as; /* the file when it was last read with success */
};

/* `given` is known for good beside what the file holds; borrowed for life, may be empty. */
void hf_token_file_init(struct hf_token_file *t, const char *path, struct hf_bytes given);
void hf_token_file_fini(struct hf_token_file *t);

/* Its text without white space around it, in `out`, known from now on: 0, or why not; then
 * `*token` is empty.  Without a path it is the secret that was given. */
int hf_token_file_read(struct hf_token_file *t, char out[HF_STATE_PATH_BYTES],
                       struct hf_bytes *token, struct hf_fault *fault);

/* Another one that no text may show, copied; shorter than HF_STATE_PATH_BYTES. */
void hf_token_file_know(struct hf_token_file *t, struct hf_bytes secret);

/* Reads it when it may be another one than at the last look: 0, or why it cannot be read.  One
 * that changed a moment ago is read again: a second change in one tick of the file system's
 * clock would not show. */
int hf_token_file_look(struct hf_token_file *t, struct hf_now now, struct hf_fault *fault);

#endif
