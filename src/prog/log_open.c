#include "prog/log_open.h"

#include <unistd.h>

/* OpenClaw's `fatal` is our `error`. */
static enum hf_log_level level_of(const struct hf_config *c)
{
    enum hf_log_level level = HF_LOG_INFO;
    hf_log_level_read(hf_config_text(c, HF_KEY_LOG_LEVEL), &level);
    return level;
}

int hf_log_open(const struct hf_config *c, const struct hf_state_dir *state, const char *name,
                struct hf_log_file *file, struct hf_log_sink *sink, struct hf_log *log,
                struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES];
    if (hf_state_dir_file(state, name, path) != 0)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of the state directory is too long");
    hf_log_file_init(file, path, hf_config_int(c, HF_KEY_LOG_BYTES));
    hf_log_sink_init(
        sink, STDERR_FILENO,
        hf_config_is(c, HF_KEY_LOG_FORMAT, "json") ? HF_LOG_FORMAT_JSON : HF_LOG_FORMAT_TEXT, file);
    *log = hf_log_sink_log(sink, level_of(c));
    return 0;
}
