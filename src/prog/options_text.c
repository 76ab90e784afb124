/* What people and programs read about the table of verbs and options. */
#include "prog/options.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *argument, *help;
} rows[HF_OPTION_COUNT] = {
#define HF_OPTION_ROW(id, name, argument, help) [HF_OPTION_##id] = { name, argument, help },
    HF_OPTIONS(HF_OPTION_ROW)
#undef HF_OPTION_ROW
};

static bool has(const struct hf_verb *verb, int option)
{
    return verb->options >> option & 1;
}

/* --- help --- */

static void add_all_verbs(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "holdfast holds the connections of AI agent gateways.\n\nUsage:\n");
    for (size_t i = 0; i < count; i++) {
        char left[64];
        snprintf(left, sizeof left, "holdfast %s%s%s", verbs[i].name, verbs[i].operands ? " " : "",
                 verbs[i].operands ? verbs[i].operands : "");
        hf_buf_addf(out, "  %-52s %s\n", left, verbs[i].summary);
    }
    HF_BUF_LIT(out, "\n\"holdfast gateway VERB\" is the same as \"holdfast VERB\".  "
                    "\"holdfast VERB --help\" lists its options.\n");
}

static void add_one_verb(struct hf_buf *out, const struct hf_verb *verb)
{
    hf_buf_addf(out, "Usage: holdfast %s [OPTION...]%s%s\n\n%s.\n\nOptions:\n", verb->name,
                verb->operands ? " " : "", verb->operands ? verb->operands : "", verb->summary);
    for (int i = 0; i < HF_OPTION_COUNT; i++) {
        char left[64];
        if (!has(verb, i)) continue;
        snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        hf_buf_addf(out, "  %-34s %s\n", left, rows[i].help);
    }
}

void hf_options_help(struct hf_buf *out, const struct hf_verb *verb)
{
    if (verb)
        add_one_verb(out, verb);
    else
        add_all_verbs(out);
}

/* --- completions --- */

/* The values of an argument like "text|json"; only lower-case words are values. */
static void add_words(struct hf_buf *out, const char *argument)
{
    for (const char *at = argument; at && *at;) {
        size_t len = strcspn(at, "|");
        if (at[0] >= 'a' && at[0] <= 'z') hf_buf_addf(out, "%.*s ", (int)len, at);
        at += len + (at[len] == '|');
    }
}

static bool is_path(int option)
{
    const char *argument = rows[option].argument;
    return argument && (strcmp(argument, "FILE") == 0 || strcmp(argument, "DIR") == 0);
}

static void add_verb_names(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    for (size_t i = 0; i < count; i++) hf_buf_addf(out, "%s ", verbs[i].name);
}

static void complete_bash(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "# bash completion for holdfast\n_holdfast()\n{\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "    local at=1 words\n    COMPREPLY=()\n"
                    "    [[ ${COMP_WORDS[1]} == gateway ]] && at=2\n    case $prev in\n");
    for (int i = 0; i < HF_OPTION_COUNT; i++) {
        if (!rows[i].argument) continue;
        hf_buf_addf(out, "    --%s)", rows[i].name);
        if (is_path(i)) {
            HF_BUF_LIT(out,
                       " compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
            continue;
        }
        HF_BUF_LIT(out, " COMPREPLY=($(compgen -W \"");
        add_words(out, rows[i].argument);
        HF_BUF_LIT(out, "\" -- \"$cur\")); return ;;\n");
    }
    HF_BUF_LIT(out, "    esac\n    if ((COMP_CWORD <= at)); then\n        words=\"");
    add_verb_names(out);
    HF_BUF_LIT(out, "\"\n        ((at == 1)) && words+=gateway\n    else\n"
                    "        case ${COMP_WORDS[at]} in\n");
    for (size_t i = 0; i < count; i++) {
        hf_buf_addf(out, "        %s) words=\"%s", verbs[i].name,
                    verbs[i].words ? verbs[i].words : "");
        for (int j = 0; j < HF_OPTION_COUNT; j++)
            if (has(&verbs[i], j)) hf_buf_addf(out, " --%s", rows[j].name);
        HF_BUF_LIT(out, "\" ;;\n");
    }
    HF_BUF_LIT(out,
               "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
               "complete -F _holdfast holdfast\n");
}

static void complete_zsh(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "#compdef holdfast\n_holdfast() {\n"
                    "    [[ $words[2] == gateway ]] && { shift words; (( CURRENT-- )); }\n"
                    "    if (( CURRENT == 2 )); then\n        compadd -- ");
    add_verb_names(out);
    HF_BUF_LIT(out, "gateway\n        return\n    fi\n    case $words[2] in\n");
    for (size_t i = 0; i < count; i++) {
        hf_buf_addf(out, "    %s) _arguments", verbs[i].name);
        for (int j = 0; j < HF_OPTION_COUNT; j++) {
            if (!has(&verbs[i], j)) continue;
            hf_buf_addf(out, " \\\n        '--%s[%s]", rows[j].name, rows[j].help);
            if (is_path(j)) {
                HF_BUF_LIT(out, ":file:_files");
            } else if (rows[j].argument) {
                HF_BUF_LIT(out, ":value:(");
                add_words(out, rows[j].argument);
                HF_BUF_LIT(out, ")");
            }
            HF_BUF_LIT(out, "'");
        }
        if (verbs[i].words) hf_buf_addf(out, " \\\n        '2:what:(%s)'", verbs[i].words);
        HF_BUF_LIT(out, " ;;\n");
    }
    HF_BUF_LIT(out, "    esac\n}\n_holdfast \"$@\"\n");
}

static void complete_fish(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "# fish completion for holdfast\ncomplete -c holdfast -f\n");
    for (size_t i = 0; i < count; i++) {
        hf_buf_addf(out, "complete -c holdfast -n __fish_use_subcommand -a %s -d '%s'\n",
                    verbs[i].name, verbs[i].summary);
        if (verbs[i].words)
            hf_buf_addf(out, "complete -c holdfast -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                        verbs[i].name, verbs[i].words);
        for (int j = 0; j < HF_OPTION_COUNT; j++) {
            if (!has(&verbs[i], j)) continue;
            hf_buf_addf(out,
                        "complete -c holdfast -n '__fish_seen_subcommand_from %s' -l %s -d '%s'",
                        verbs[i].name, rows[j].name, rows[j].help);
            if (is_path(j)) {
                HF_BUF_LIT(out, " -r -F");
            } else if (rows[j].argument) {
                HF_BUF_LIT(out, " -x -a '");
                add_words(out, rows[j].argument);
                HF_BUF_LIT(out, "'");
            }
            HF_BUF_LIT(out, "\n");
        }
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
