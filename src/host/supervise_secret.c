/* The secrets of a supervised place: what no line, status or file may show. */
#include "host/supervise_state.h"

#include <string.h>

void hf_sup_secrets_open(struct hf_supervise *s)
{
    const char *given = s->config.token ? s->config.token : s->config.password;
    hf_token_file_init(&s->secrets, s->config.token_file, hf_bytes_cstr(given));
    hf_sup_secrets_look(s);
}

void hf_sup_secrets_close(struct hf_supervise *s)
{
    hf_token_file_fini(&s->secrets);
}

struct hf_bytes hf_sup_read_token(struct hf_supervise *s, char out[HF_STATE_PATH_BYTES])
{
    struct hf_fault fault;
    struct hf_bytes token;
    if (!s->config.token_file) return hf_bytes_cstr(s->config.token);
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
