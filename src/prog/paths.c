#include "prog/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { SOCKET_PATH_BYTES = sizeof((struct sockaddr_un *)0)->sun_path };

const char *hf_paths_variable(const char *name)
{
    const char *value = getenv(name);
    if (!value || hf_bytes_trim(hf_bytes_cstr(value)).len == 0) return NULL;
    return strcmp(value, "undefined") == 0 || strcmp(value, "null") == 0 ? NULL : value;
}

static void join(char out[HF_CONFIG_PATH_BYTES], const char *directory, const char *rest)
{
    if (directory && strlen(directory) + strlen(rest) < HF_CONFIG_PATH_BYTES)
        snprintf(out, HF_CONFIG_PATH_BYTES, "%s%s", directory, rest);
    else
        out[0] = '\0';
}

/* The path that the flag names, else the variable; `*is_given` is false when neither does. */
static int take_given(const struct hf_args *args, enum hf_option option, const char *name,
                      char out[HF_CONFIG_PATH_BYTES], bool *is_given, struct hf_fault *fault)
{
    const char *flag = args->values[option];
    const char *given = flag ? flag : hf_paths_variable(name);
    *is_given = given != NULL;
    join(out, given, "");
    if (!given || out[0] != '\0') return 0;
    return hf_fault_set(fault, flag ? HF_ERR_USAGE : HF_ERR_RANGE,
                        "%s%s wants a path of 1 to %d bytes, not one of %zu", flag ? "--" : "",
                        flag ? hf_option_name(option) : name, HF_CONFIG_PATH_BYTES - 1,
                        strlen(given));
}

/* A directory of the XDG rules (only absolute ones count), or the one below home. */
static void join_xdg(char out[HF_CONFIG_PATH_BYTES], const char *name, const char *rest,
                     const char *rest_below_home)
{
    const char *directory = hf_paths_variable(name);
    if (directory && directory[0] == '/')
        join(out, directory, rest);
    else
        join(out, hf_paths_variable("HOME"), rest_below_home);
}

int hf_paths_state_dir(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                       struct hf_fault *fault)
{
    bool is_given;
    int err = take_given(args, HF_OPTION_STATE_DIR, "HOLDFAST_STATE_DIR", out, &is_given, fault);
    if (!is_given) join_xdg(out, "XDG_STATE_HOME", "/holdfast", "/.local/state/holdfast");
    return err;
}

int hf_paths_need_state_dir(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                            struct hf_fault *fault)
{
    int err = hf_paths_state_dir(args, out, fault);
    if (err || out[0] != '\0') return err;
    return hf_fault_set(fault, HF_ERR_USAGE,
                        "no place for the state directory: give --state-dir or set HOME");
}

int hf_paths_own_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                        bool *is_asked_for, struct hf_fault *fault)
{
    int err = take_given(args, HF_OPTION_CONFIG, "HOLDFAST_CONFIG", out, is_asked_for, fault);
    if (!*is_asked_for)
        join_xdg(out, "XDG_CONFIG_HOME", "/holdfast/holdfast.json5",
                 "/.config/holdfast/holdfast.json5");
    return err;
}

int hf_paths_openclaw_config(const struct hf_args *args, char out[HF_CONFIG_PATH_BYTES],
                             bool *is_asked_for, struct hf_fault *fault)
{
    const char *state = hf_paths_variable("OPENCLAW_STATE_DIR");
    const char *home = hf_paths_variable("OPENCLAW_HOME");
    const char *profile = hf_paths_variable("OPENCLAW_PROFILE");
    int err = take_given(args, HF_OPTION_OPENCLAW_CONFIG, "OPENCLAW_CONFIG_PATH", out, is_asked_for,
                         fault);
    if (*is_asked_for) return err;
    if (state) {
        join(out, state, "/openclaw.json");
    } else {
        char rest[256];
        bool has_profile = profile && strcmp(profile, "default") != 0;
        snprintf(rest, sizeof rest, "/.openclaw%s%.128s/openclaw.json", has_profile ? "-" : "",
                 has_profile ? profile : "");
        join(out, home ? home : hf_paths_variable("HOME"), rest);
    }
    return 0;
}

int hf_paths_control(const struct hf_args *args, const char *state_dir,
                     char out[HF_CONFIG_PATH_BYTES], struct hf_fault *fault)
{
    const char *given = args->values[HF_OPTION_CONTROL];
    if (given)
        join(out, given, "");
    else
        join(out, state_dir, "/control.sock");
    if (out[0] != '\0' && strlen(out) < SOCKET_PATH_BYTES) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE,
                        given ? "--control wants a path of 1 to %d bytes: \"%s\""
                              : "the control socket wants a path of 1 to %d bytes: give --control, "
                                "or a shorter --state-dir than \"%s\"",
                        SOCKET_PATH_BYTES - 1, given ? given : state_dir);
}
