#include "host/token_file.h"

#include "base/assert.h"
#include "base/crypto.h"
#include "host/file.h"

#include <errno.h>
#include <string.h>

/* The coarsest clock of a file system that people have: 2 s (FAT). */
enum { TICK_MS = 2000 };

void hf_token_file_init(struct hf_token_file *t, const char *path, struct hf_bytes given)
{
    *t = (struct hf_token_file){ .path = path, .views = { given } };
    t->known = (struct hf_censor_known){ .secrets = t->views, .count = 1 };
}

void hf_token_file_fini(struct hf_token_file *t)
{
    hf_wipe(t->texts, sizeof t->texts);
}

int hf_token_file_read(struct hf_token_file *t, char out[HF_STATE_PATH_BYTES],
                       struct hf_bytes *token, struct hf_fault *fault)
{
    struct hf_buf text;
    *token = t->views[0];
    if (!t->path) return 0;
    hf_buf_init(&text, 2 * HF_STATE_PATH_BYTES);
    int err = hf_file_read(t->path, HF_STATE_PATH_BYTES - 1, &text, fault);
    struct hf_bytes found = err ? HF_EMPTY : hf_bytes_trim(hf_buf_view(&text));
    if (found.len > 0) memcpy(out, found.ptr, found.len);
    *token = hf_bytes(out, found.len);
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    hf_token_file_know(t, *token);
    return err;
}

/* Older ones stay known: what used them may still repeat them. */
void hf_token_file_know(struct hf_token_file *t, struct hf_bytes secret)
{
    HF_ASSERT(secret.len < HF_STATE_PATH_BYTES);
    if (secret.len == 0) return;
    for (size_t i = 0; i < t->known.count; i++)
        if (hf_bytes_same(t->views[i], secret)) return;
    size_t at = 1 + t->next++ % (HF_LIMIT_KEEPER_SECRETS - 1);
    memcpy(t->texts[at], secret.ptr, secret.len);
    t->views[at] = hf_bytes(t->texts[at], secret.len);
    if (t->known.count <= at) t->known.count = at + 1;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* A rewrite in place shows in the times alone: secrets have one length. */
static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

static bool is_young(const struct stat *info, int64_t wall_ms)
{
    return wall_ms - (int64_t)info->st_ctim.tv_sec * 1000 < TICK_MS;
}

int hf_token_file_look(struct hf_token_file *t, struct hf_now now, struct hf_fault *fault)
{
    char text[HF_STATE_PATH_BYTES];
    struct hf_bytes token;
    struct stat before;
    if (!t->path) return 0;
    if (stat(t->path, &before) != 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot read %s: %s", t->path,
                            strerror(errno));
    if (is_same(&before, &t->read_as)) return 0;
    int err = hf_token_file_read(t, text, &token, fault);
    hf_wipe(text, sizeof text);
    /* As it was before it was read: what changed meanwhile is another one at the next look. */
    if (!err && !is_young(&before, now.wall_ms)) t->read_as = before;
    return err;
}
