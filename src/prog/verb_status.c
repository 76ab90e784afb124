/* `holdfast status`: what a gateway says about itself. */
#include "host/clock.h"
#include "prog/ask.h"
#include "prog/status_text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"

#include <string.h>

/* One part: its answer, or the gateway's error in its place. */
static int ask_part(struct hf_ask *ask, enum hf_status_part part, struct hf_buf *answer,
                    struct hf_status *status)
{
    bool is_error;
    const struct hf_ask_call call = { .method = hf_status_method(part) };
    int exit_code = hf_ask_try(ask, &call, answer, &is_error);
    if (exit_code != HF_EXIT_DONE) return exit_code;
    if (is_error)
        status->errors[part] = hf_buf_view(answer);
    else
        status->answers[part] = hf_json_root(hf_buf_view(answer));
    return HF_EXIT_DONE;
}

static int print_status(const struct hf_args *args, const struct hf_status *status)
{
    struct hf_buf out;
    hf_buf_init(&out, 2 * HF_LIMIT_BUFFERED_BYTES);
    if (args->values[HF_OPTION_JSON])
        hf_status_json(status, &out);
    else
        hf_status_text(status, hf_clock_now().wall_ms, &out);
    return hf_verb_print(&out);
}

int hf_verb_status(const struct hf_args *args)
{
    struct hf_ask ask;
    struct hf_status status = { 0 };
    struct hf_buf answers[HF_STATUS_PARTS_COUNT] = { 0 };
    static const char *const scopes[] = { "operator.read" };
    int exit_code = hf_ask_open(&ask, args, scopes, HF_COUNT(scopes), true);
    for (int i = 0; i < HF_STATUS_PARTS_COUNT && exit_code == HF_EXIT_DONE; i++)
        exit_code = ask_part(&ask, (enum hf_status_part)i, &answers[i], &status);
    if (exit_code == HF_EXIT_DONE) {
        status.url = ask.target.url_shown;
        hf_ask_version(&ask, status.version, sizeof status.version);
        exit_code = print_status(args, &status);
    }
    for (size_t i = 0; i < HF_COUNT(answers); i++) hf_buf_fini(&answers[i]);
    hf_ask_close(&ask);
    return exit_code;
}
