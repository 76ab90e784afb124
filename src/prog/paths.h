/* prog/paths.h: where our files and OpenClaw's are.
 *
 * From flags and the environment only.  A variable that is blank, `undefined` or
 * `null` counts as not set (dependencies.md 6b). */
#ifndef HF_PROG_PATHS_H
#define HF_PROG_PATHS_H

#include "prog/config.h"

/* --state-dir, HOLDFAST_STATE_DIR, $XDG_STATE_HOME/holdfast, ~/.local/state/holdfast.
 * Empty when nothing tells where. */
void hf_paths_state_dir(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES]);

/* --config, HOLDFAST_CONFIG, else $XDG_CONFIG_HOME/holdfast/holdfast.json5 or the
 * same below ~/.config.  `*is_asked_for`: somebody named it, so it must be there. */
void hf_paths_own_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                         bool *is_asked_for);

/* --openclaw-config, OPENCLAW_CONFIG_PATH, else openclaw.json in OPENCLAW_STATE_DIR
 * or in .openclaw (.openclaw-PROFILE) of OPENCLAW_HOME or of the home directory. */
void hf_paths_openclaw_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                              bool *is_asked_for);

#endif
