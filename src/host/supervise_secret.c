/* The secrets of a supervised place: what no line, status or file may show. */
#include "base/crypto.h"
#include "base/err.h"
#include "host/file.h"
#include "host/supervise_state.h"

#include <stdio.h>
#include <string.h>

void hf_sup_secrets_open(struct hf_supervise *s)
{
    const char *given = s->config.token ? s->config.token : s->config.password;
    hf_token_file_init(&s->secrets, s->config.token_file, hf_bytes_cstr(given));
    hf_sup_secrets_look(s);
    if (s->config.hands_port && s->config.token)
        snprintf(s->token, sizeof s->token, "%s", s->config.token);
}

void hf_sup_secrets_close(struct hf_supervise *s)
{
    hf_token_file_fini(&s->secrets);
    hf_wipe(s->handed, sizeof s->handed);
    hf_wipe(s->token, sizeof s->token);
}

/* --- what the gateway was handed --- */

static void know(struct hf_supervise *s, const char *token)
{
    size_t len = strlen(token);
    if (len < HF_STATE_PATH_BYTES) hf_token_file_know(&s->secrets, hf_bytes(token, len));
}

static void tell_if_new(struct hf_supervise *s)
{
    if (s->handed[0] != '\0' && strcmp(s->handed, s->token) != 0)
        hf_sup_later(s, &(struct hf_keeper_event){ .kind = HF_KEEPER_SECRET_CHANGED });
}

void hf_sup_secrets_renew(struct hf_supervise *s, struct hf_bytes token)
{
    if (!s->config.hands_port || !s->config.token || token.len == 0 || token.len >= sizeof s->token)
        return;
    memcpy(s->token, token.ptr, token.len);
    s->token[token.len] = '\0';
    know(s, s->token);
    tell_if_new(s);
}

void hf_sup_secrets_reread(struct hf_supervise *s)
{
    struct hf_buf text;
    struct hf_fault fault;
    if (!s->config.hand_file) return;
    hf_buf_init(&text, 2 * HF_LIMIT_SECRET_BYTES);
    if (hf_file_read(s->config.hand_file, HF_LIMIT_SECRET_BYTES, &text, &fault) != 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "token.unreadable",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
    else
        hf_sup_secrets_renew(s, hf_bytes_trim(hf_buf_view(&text)));
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
}

void hf_sup_secrets_hand(struct hf_supervise *s)
{
    s->handed[0] = '\0'; /* whatever it is, the next one gets it */
    hf_sup_secrets_reread(s);
    memcpy(s->handed, s->token, sizeof s->handed);
}

void hf_sup_secrets_inherit(struct hf_supervise *s, const struct hf_journal *j)
{
    struct hf_journal kept;
    struct hf_fault ignored; /* without it the token of today is as good as any */
    memcpy(s->handed, s->token, sizeof s->handed);
    if (s->handed[0] == '\0') return;
    if (hf_journal_load(s->survivor_path, &kept, &ignored) == 0 && hf_journal_same(&kept, j) &&
        kept.token[0] != '\0') {
        memcpy(s->handed, kept.token, sizeof kept.token);
        know(s, s->handed);
    }
    hf_wipe(&kept, sizeof kept);
}

int hf_sup_secrets_bequeath(struct hf_supervise *s, const struct hf_journal *j,
                            struct hf_fault *fault)
{
    struct hf_journal kept;
    if (!j || s->handed[0] == '\0' || strlen(s->handed) >= sizeof kept.token)
        return hf_journal_clear(s->survivor_path, fault);
    kept = *j;
    memcpy(kept.token, s->handed, sizeof kept.token);
    int err = hf_journal_save(s->survivor_path, &kept, fault);
    hf_wipe(&kept, sizeof kept);
    return err;
}

/* --- the file that it is in --- */

struct hf_bytes hf_sup_read_token(struct hf_supervise *s, char out[HF_STATE_PATH_BYTES])
{
    struct hf_fault fault;
    struct hf_bytes token;
    if (!s->config.token_file) return hf_bytes_cstr(s->handed[0] ? s->handed : s->config.token);
    if (hf_token_file_read(&s->secrets, out, &token, &fault) != 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "token.unreadable",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
    return token;
}

/* One that cannot be read is told when a login wants it. */
void hf_sup_secrets_look(struct hf_supervise *s)
{
    struct hf_fault fault;
    hf_token_file_look(&s->secrets, s->now, &fault);
}
