/* client/options.h: what a program wants of a client, as it said it. */
#ifndef HF_CLIENT_OPTIONS_H
#define HF_CLIENT_OPTIONS_H

#include "base/bytes.h"
#include "base/limits.h"
#include "holdfast/options.h"

enum {
    HF_OPTION_TEXTS = HOLDFAST_NO_PROXY + 1,
    HF_OPTION_NUMBERS = HOLDFAST_ALLOW_PLAIN + 1,
    HF_OPTION_LISTS = HOLDFAST_COMMANDS + 1,
    HF_OPTION_ASKS = HOLDFAST_ASK_HANDSHAKE + 1,
    HF_OPTION_LOGIN_MS = 15000, /* each step of a login, unless somebody says otherwise */
    HF_OPTION_TEXT_BYTES = HF_LIMIT_PREAUTH_FRAME_BYTES, /* what a login could send at most */
};

struct hf_option_list {
    char **items;
    size_t len;
};

struct hf_option_ask {
    holdfast_ask_fn fn;
    void *ctx;
};

struct holdfast_options {
    char *texts[HF_OPTION_TEXTS]; /* NULL: not set */
    int64_t numbers[HF_OPTION_NUMBERS];
    struct hf_option_list lists[HF_OPTION_LISTS];
    struct hf_option_ask asks[HF_OPTION_ASKS];
    struct holdfast_store store; /* without functions: the file store */
};

/* A copy of all of it: 0 or HF_ERR_NOMEM. */
int hf_options_copy(struct holdfast_options **out, const struct holdfast_options *options);

/* Whether it can stand in a frame: not empty, and UTF-8.  NULL is not. */
bool hf_is_name(const char *text);

/* The text without white space around it; empty when it was not set. */
struct hf_bytes hf_options_text(const struct holdfast_options *o, enum holdfast_text_option option);

#endif
