/* The secrets of a supervised place: what no line, status or file may show. */
#include "base/crypto.h"
#include "host/file.h"
#include "host/supervise_state.h"

#include <string.h>
#include <sys/stat.h>

void hf_sup_secrets_open(struct hf_supervise *s)
{
    struct hf_sup_secrets *all = &s->secrets;
    all->views[0] = hf_bytes_cstr(s->config.token ? s->config.token : s->config.password);
    all->known = (struct hf_censor_known){ .secrets = all->views, .count = 1 };
    hf_sup_secrets_look(s);
}

void hf_sup_secrets_close(struct hf_supervise *s)
{
    hf_wipe(s->secrets.texts, sizeof s->secrets.texts);
}

/* Older ones stay known: what used them may still repeat them. */
static void learn(struct hf_sup_secrets *all, struct hf_bytes secret)
{
    if (secret.len == 0) return;
    for (size_t i = 0; i < all->known.count; i++)
        if (hf_bytes_same(all->views[i], secret)) return;
    size_t at = 1 + all->next++ % (HF_LIMIT_KEEPER_SECRETS - 1);
    memcpy(all->texts[at], secret.ptr, secret.len);
    all->views[at] = hf_bytes(all->texts[at], secret.len);
    if (all->known.count <= at) all->known.count = at + 1;
}

struct hf_bytes hf_sup_read_token(struct hf_supervise *s, char out[HF_STATE_PATH_BYTES])
{
    struct hf_fault fault;
    struct hf_buf text;
    if (!s->config.token_file) return hf_bytes_cstr(s->config.token);
    hf_buf_init(&text, 2 * HF_STATE_PATH_BYTES);
    if (hf_file_read(s->config.token_file, HF_STATE_PATH_BYTES - 1, &text, &fault) != 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "token.unreadable",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
    struct hf_bytes token = hf_bytes_trim(hf_buf_view(&text));
    memcpy(out, token.ptr ? token.ptr : (const uint8_t *)"", token.len);
    size_t len = token.len;
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    learn(&s->secrets, hf_bytes(out, len));
    return hf_bytes(out, len);
}

void hf_sup_secrets_look(struct hf_supervise *s)
{
    struct hf_sup_secrets *all = &s->secrets;
    char token[HF_STATE_PATH_BYTES];
    struct stat now;
    if (!s->config.token_file || stat(s->config.token_file, &now) != 0) return;
    if (now.st_ino == all->ino && now.st_mtim.tv_sec == all->changed_at.tv_sec &&
        now.st_mtim.tv_nsec == all->changed_at.tv_nsec)
        return;
    all->ino = now.st_ino;
    all->changed_at = now.st_mtim;
    hf_sup_read_token(s, token);
    hf_wipe(token, sizeof token);
}
