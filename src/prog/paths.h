/* prog/paths.h: where our files and OpenClaw's are.
 *
 * From flags and the environment only.  A path that somebody gave must be one: an empty
 * flag, or a path of HF_CONFIG_PATH_BYTES or more, is HF_ERR_USAGE (HF_ERR_RANGE in a
 * variable) and the fault names who gave it.  Otherwise the functions return 0. */
#ifndef HF_PROG_PATHS_H
#define HF_PROG_PATHS_H

#include "prog/config.h"

/* A variable of the environment, or NULL: one that is blank, `undefined` or `null` counts as
 * not set (dependencies.md 6b). */
const char *hf_paths_variable(const char *name);

/* --state-dir, HOLDFAST_STATE_DIR, $XDG_STATE_HOME/holdfast, ~/.local/state/holdfast.
 * Empty when nothing tells where. */
int hf_paths_state_dir(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                       struct hf_fault *fault);

/* The same for who cannot do without: HF_ERR_USAGE when nothing tells where. */
int hf_paths_need_state_dir(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                            struct hf_fault *fault);

/* --config, HOLDFAST_CONFIG, else $XDG_CONFIG_HOME/holdfast/holdfast.json5 or the
 * same below ~/.config.  `*is_asked_for`: somebody named it, so it must be there. */
int hf_paths_own_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                        bool *is_asked_for, struct hf_fault *fault);

/* --openclaw-config, OPENCLAW_CONFIG_PATH, else openclaw.json in OPENCLAW_STATE_DIR
 * or in .openclaw (.openclaw-PROFILE) of OPENCLAW_HOME or of the home directory. */
int hf_paths_openclaw_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                             bool *is_asked_for, struct hf_fault *fault);

/* --control, or `control.sock` in `state_dir`: HF_ERR_USAGE for one that no socket can have. */
int hf_paths_control(const struct hf_args *args, const char *state_dir,
                     char out[HF_CONFIG_PATH_BYTES], struct hf_fault *fault);

#endif
