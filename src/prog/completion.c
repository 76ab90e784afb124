/* The shells' completion scripts, from the table of verbs and options.
 *
 * Every text of the table stands in single quotes, with what its shell takes for a mark
 * escaped.  A file name is completed as the shell completes one, spaces and all. */
#include "prog/options.h"

#include <string.h>

/* --- what the scripts share --- */

static bool is_path(enum hf_option option)
{
    static const char *const paths[] = { "FILE", "DIR", "SOCKET" };
    const char *argument = hf_option_argument(option);
    for (size_t i = 0; i < HF_COUNT(paths) && argument; i++)
        if (strcmp(argument, paths[i]) == 0) return true;
    return false;
}

/* "JSON|@FILE|-": a path behind an @. */
static bool is_marked_path(enum hf_option option)
{
    const char *argument = hf_option_argument(option);
    return argument && strstr(argument, "@FILE") != NULL;
}

/* The values of an argument like "text|json"; only lower-case words are values. */
static void add_values(struct hf_buf *out, enum hf_option option)
{
    for (const char *at = hf_option_argument(option); at && *at;) {
        size_t len = strcspn(at, "|");
        if (at[0] >= 'a' && at[0] <= 'z') hf_buf_addf(out, "%.*s ", (int)len, at);
        at += len + (at[len] == '|');
    }
}

static void add_verb_names(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    for (size_t i = 0; i < count; i++) hf_buf_addf(out, "%s ", verbs[i].name);
}

/* `text` for the inside of single quotes, each of `marks` with a backslash before it.
 * `quote` stands for a single quote itself. */
static void add_escaped(struct hf_buf *out, const char *text, const char *marks, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'') {
            hf_buf_add(out, hf_bytes_cstr(quote));
            continue;
        }
        if (strchr(marks, *text)) hf_buf_add_byte(out, '\\');
        hf_buf_add_byte(out, (uint8_t)*text);
    }
}

/* --- bash --- */

static void add_bash_value(struct hf_buf *out, enum hf_option option)
{
    hf_buf_addf(out, "    --%s) ", hf_option_name(option));
    if (is_path(option)) {
        HF_BUF_LIT(out, "_holdfast_files '' \"$cur\"; return ;;\n");
    } else if (is_marked_path(option)) {
        HF_BUF_LIT(out, "[[ $cur == @* ]] && _holdfast_files @ \"${cur#@}\"; return ;;\n");
    } else {
        HF_BUF_LIT(out, "COMPREPLY=($(compgen -W '");
        add_values(out, option);
        HF_BUF_LIT(out, "' -- \"$cur\")); return ;;\n");
    }
}

static void complete_bash(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "# bash completion for holdfast\n_holdfast_files()\n{\n"
                    "    compopt -o filenames 2>/dev/null\n"
                    "    mapfile -t COMPREPLY < <(compgen -P \"$1\" -f -- \"$2\")\n}\n"
                    "_holdfast()\n{\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "    local at=1 words=\n    COMPREPLY=()\n"
                    "    [[ ${COMP_WORDS[1]} == gateway ]] && at=2\n    case $prev in\n");
    for (int i = 0; i < HF_OPTION_COUNT; i++)
        if (hf_option_argument((enum hf_option)i)) add_bash_value(out, (enum hf_option)i);
    HF_BUF_LIT(out, "    esac\n    if ((COMP_CWORD <= at)); then\n        words='");
    add_verb_names(out);
    HF_BUF_LIT(out, "'\n        ((at == 1)) && words+=gateway\n    else\n"
                    "        case ${COMP_WORDS[at]} in\n");
    for (size_t i = 0; i < count; i++) {
        hf_buf_addf(out, "        %s) words='%s", verbs[i].name,
                    verbs[i].words ? verbs[i].words : "");
        for (int j = 0; j < HF_OPTION_COUNT; j++)
            if (hf_verb_has(&verbs[i], (enum hf_option)j))
                hf_buf_addf(out, " --%s", hf_option_name((enum hf_option)j));
        HF_BUF_LIT(out, "' ;;\n");
    }
    HF_BUF_LIT(out,
               "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
               "complete -F _holdfast holdfast\n");
}

/* --- zsh --- */

static void add_zsh_option(struct hf_buf *out, const struct hf_verb *verb, enum hf_option option)
{
    hf_buf_addf(out, " \\\n        '--%s[", hf_option_name(option));
    add_escaped(out, hf_option_help(verb, option), "\\[]:", "'\\''");
    HF_BUF_LIT(out, "]");
    if (is_path(option)) {
        HF_BUF_LIT(out, ":file:_files");
    } else if (is_marked_path(option)) {
        HF_BUF_LIT(out, ":value:_holdfast_marked");
    } else if (hf_option_argument(option)) {
        HF_BUF_LIT(out, ":value:(");
        add_values(out, option);
        HF_BUF_LIT(out, ")");
    }
    HF_BUF_LIT(out, "'");
}

static void complete_zsh(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "#compdef holdfast\n"
                    "_holdfast_marked() { compset -P @ && _files }\n"
                    "_holdfast() {\n"
                    "    [[ $words[2] == gateway ]] && { shift words; (( CURRENT-- )); }\n"
                    "    if (( CURRENT == 2 )); then\n        compadd -- ");
    add_verb_names(out);
    HF_BUF_LIT(out, "gateway\n        return\n    fi\n    case $words[2] in\n");
    for (size_t i = 0; i < count; i++) {
        hf_buf_addf(out, "    %s) _arguments", verbs[i].name);
        for (int j = 0; j < HF_OPTION_COUNT; j++)
            if (hf_verb_has(&verbs[i], (enum hf_option)j))
                add_zsh_option(out, &verbs[i], (enum hf_option)j);
        if (verbs[i].words) hf_buf_addf(out, " \\\n        '2:what:(%s)'", verbs[i].words);
        HF_BUF_LIT(out, " ;;\n");
    }
    HF_BUF_LIT(out, "    esac\n}\nif [[ $funcstack[1] == _holdfast ]]; then _holdfast \"$@\"; "
                    "else compdef _holdfast holdfast; fi\n");
}

/* --- fish --- */

static void add_fish_option(struct hf_buf *out, const struct hf_verb *verb, enum hf_option option)
{
    hf_buf_addf(out, "complete -c holdfast -n 'test (__holdfast_verb) = %s' -l %s -d '", verb->name,
                hf_option_name(option));
    add_escaped(out, hf_option_help(verb, option), "\\", "\\'");
    HF_BUF_LIT(out, "'");
    if (is_path(option) || is_marked_path(option)) {
        HF_BUF_LIT(out, " -r -F");
    } else if (hf_option_argument(option)) {
        HF_BUF_LIT(out, " -x -a '");
        add_values(out, option);
        HF_BUF_LIT(out, "'");
    }
    HF_BUF_LIT(out, "\n");
}

static void complete_fish(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "# fish completion for holdfast\n"
                    "function __holdfast_verb\n"
                    "    set -l words (commandline -opc)\n"
                    "    set -e words[1]\n"
                    "    test \"$words[1]\" = gateway; and set -e words[1]\n"
                    "    echo \"$words[1]\"\n"
                    "end\n"
                    "complete -c holdfast -f\n"
                    "complete -c holdfast -n __fish_use_subcommand -a gateway"
                    " -d 'the same verbs, as OpenClaw has them'\n");
    for (size_t i = 0; i < count; i++) {
        hf_buf_addf(out, "complete -c holdfast -n 'test -z (__holdfast_verb)' -a %s -d '",
                    verbs[i].name);
        add_escaped(out, verbs[i].summary, "\\", "\\'");
        HF_BUF_LIT(out, "'\n");
        if (verbs[i].words)
            hf_buf_addf(out, "complete -c holdfast -n 'test (__holdfast_verb) = %s' -a '%s'\n",
                        verbs[i].name, verbs[i].words);
        for (int j = 0; j < HF_OPTION_COUNT; j++)
            if (hf_verb_has(&verbs[i], (enum hf_option)j))
                add_fish_option(out, &verbs[i], (enum hf_option)j);
    }
}

int hf_options_completion(struct hf_buf *out, struct hf_bytes shell)
{
    static const struct {
        struct hf_bytes name;
        void (*write)(struct hf_buf *out);
    } shells[] = {
        { HF_LIT_INIT("bash"), complete_bash },
        { HF_LIT_INIT("zsh"), complete_zsh },
        { HF_LIT_INIT("fish"), complete_fish },
    };
    for (size_t i = 0; i < HF_COUNT(shells); i++) {
        if (!hf_bytes_same(shell, shells[i].name)) continue;
        shells[i].write(out);
        return 0;
    }
    return HF_ERR_NOT_FOUND;
}
