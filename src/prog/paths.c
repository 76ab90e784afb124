#include "prog/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    if (!value || hf_bytes_trim(hf_bytes_cstr(value)).len == 0) return NULL;
    return strcmp(value, "undefined") == 0 || strcmp(value, "null") == 0 ? NULL : value;
}

/* The first of the two that is given. */
static const char *named(const char *flag, const char *name)
{
    return flag ? flag : variable(name);
}

static void join(char out[HF_CONFIG_PATH_BYTES], const char *directory, const char *rest)
{
    if (directory && strlen(directory) + strlen(rest) < HF_CONFIG_PATH_BYTES)
        snprintf(out, HF_CONFIG_PATH_BYTES, "%s%s", directory, rest);
    else
        out[0] = '\0';
}

/* A directory of the XDG rules (only absolute ones count), or the one below home. */
static void join_xdg(char out[HF_CONFIG_PATH_BYTES], const char *name, const char *rest,
                     const char *rest_below_home)
{
    const char *directory = variable(name);
    if (directory && directory[0] == '/')
        join(out, directory, rest);
    else
        join(out, variable("HOME"), rest_below_home);
}

void hf_paths_state_dir(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES])
{
    const char *given = named(args->values[HF_OPTION_STATE_DIR], "HOLDFAST_STATE_DIR");
    if (given)
        join(out, given, "");
    else
        join_xdg(out, "XDG_STATE_HOME", "/holdfast", "/.local/state/holdfast");
}

void hf_paths_own_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                         bool *is_asked_for)
{
    const char *given = named(args->values[HF_OPTION_CONFIG], "HOLDFAST_CONFIG");
    *is_asked_for = given != NULL;
    if (given)
        join(out, given, "");
    else
        join_xdg(out, "XDG_CONFIG_HOME", "/holdfast/holdfast.json5",
                 "/.config/holdfast/holdfast.json5");
}

void hf_paths_openclaw_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                              bool *is_asked_for)
{
    const char *given = named(args->values[HF_OPTION_OPENCLAW_CONFIG], "OPENCLAW_CONFIG_PATH");
    const char *state = variable("OPENCLAW_STATE_DIR"), *home = variable("OPENCLAW_HOME");
    const char *profile = variable("OPENCLAW_PROFILE");
    *is_asked_for = given != NULL;
    if (given) {
        join(out, given, "");
    } else if (state) {
        join(out, state, "/openclaw.json");
    } else {
        char rest[256];
        bool has_profile = profile && strcmp(profile, "default") != 0;
        snprintf(rest, sizeof rest, "/.openclaw%s%.128s/openclaw.json", has_profile ? "-" : "",
                 has_profile ? profile : "");
        join(out, home ? home : variable("HOME"), rest);
    }
}
