/* What people read about the table of verbs and options. */
#include "prog/options.h"

#include <stdio.h>
#include <string.h>

enum { LEFT_BYTES = 128, VERB_COLUMNS = 52, OPTION_COLUMNS = 34 };

/* Two columns; what is too long for the left one has a line of its own. */
static void add_row(struct hf_buf *out, const char *left, int columns, const char *right)
{
    if ((int)strlen(left) > columns)
        hf_buf_addf(out, "  %s\n  %-*s %s\n", left, columns, "", right);
    else
        hf_buf_addf(out, "  %-*s %s\n", columns, left, right);
}

static void add_all_verbs(struct hf_buf *out)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    HF_BUF_LIT(out, "holdfast holds the connections of AI agent gateways.\n\nUsage:\n");
    for (size_t i = 0; i < count; i++) {
        char left[LEFT_BYTES];
        snprintf(left, sizeof left, "holdfast %s%s%s", verbs[i].name, verbs[i].operands ? " " : "",
                 verbs[i].operands ? verbs[i].operands : "");
        add_row(out, left, VERB_COLUMNS, verbs[i].summary);
    }
    HF_BUF_LIT(out, "\n\"holdfast gateway VERB\" is the same as \"holdfast VERB\".  "
                    "\"holdfast VERB --help\" lists its options.\n");
}

static void add_one_verb(struct hf_buf *out, const struct hf_verb *verb)
{
    hf_buf_addf(out, "Usage: holdfast %s [OPTION...]%s%s\n\n%s.\n\nOptions:\n", verb->name,
                verb->operands ? " " : "", verb->operands ? verb->operands : "", verb->summary);
    for (int i = 0; i < HF_OPTION_COUNT; i++) {
        enum hf_option option = (enum hf_option)i;
        const char *argument = hf_option_argument(option);
        char left[LEFT_BYTES];
        if (!hf_verb_has(verb, option)) continue;
        snprintf(left, sizeof left, "--%s%s%s", hf_option_name(option), argument ? " " : "",
                 argument ? argument : "");
        add_row(out, left, OPTION_COLUMNS, hf_option_help(verb, option));
    }
}

void hf_options_help(struct hf_buf *out, const struct hf_verb *verb)
{
    if (verb)
        add_one_verb(out, verb);
    else
        add_all_verbs(out);
}
