/* Prints the parts of the man pages that the program's own tables decide, in scdoc.
 * Usage: generate verbs | keys | VERB */
#include "base/bytes.h"
#include "prog/config_keys.h"

#include <stdio.h>
#include <string.h>

/* Some characters are marks to scdoc. */
static void put_text(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_<>#", *text)) putchar('\\');
        putchar(*text);
    }
}

/* Small help texts become sentences. */
static void put_sentence(const char *text)
{
    char first[2] = { text[0], 0 };
    if (first[0] >= 'a' && first[0] <= 'z') first[0] = (char)(first[0] - 'a' + 'A');
    put_text(first);
    put_text(text + 1);
    putchar('.');
}

static void put_options(const struct hf_verb *verb)
{
    for (int i = 0; i < HF_OPTION_COUNT; i++) {
        enum hf_option option = (enum hf_option)i;
        const char *argument = hf_option_argument(option);
        if (!hf_verb_has(verb, option) || option == HF_OPTION_HELP) continue;
        printf("*--%s*", hf_option_name(option));
        if (argument) {
            printf(" ");
            put_text(argument);
        }
        printf("\n\t");
        put_sentence(hf_option_help(verb, option));
        printf("\n\n");
    }
}

/* Verbs with a page of their own: docs/meson.build. */
static bool has_page(const char *verb)
{
    static const char *const names[] = { "run",    "supervise", "ctl", "probe",
                                         "status", "watch",     "logs" };
    for (size_t i = 0; i < HF_COUNT(names); i++)
        if (strcmp(verb, names[i]) == 0) return true;
    return false;
}

static void put_verbs(const struct hf_verb *verbs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* In a heading nothing is a mark. */
        printf("## %s %s\n\n", verbs[i].name, verbs[i].operands ? verbs[i].operands : "");
        put_sentence(verbs[i].summary);
        printf("\n\n");
        if (has_page(verbs[i].name))
            printf("See *holdfast-%s*(1).\n\n", verbs[i].name);
        else
            put_options(&verbs[i]);
    }
}

/* The options of one verb: whether there is such a verb. */
static bool put_verb(const struct hf_verb *verbs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(verbs[i].name, name) != 0) continue;
        put_options(&verbs[i]);
        return true;
    }
    return false;
}

static void put_variables(const struct hf_key *key)
{
    const char *names[] = { key->env, key->openclaw_env };
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        if (!names[i]) continue;
        printf(" *");
        put_text(names[i]);
        printf("*");
    }
}

static void put_keys(void)
{
    for (size_t i = 0; i < HF_KEY_COUNT; i++) {
        const struct hf_key *key = &hf_keys[i];
        char expected[256];
        hf_key_expects(key, expected, sizeof expected);
        printf("*%s*\n\t", key->name);
        put_sentence(key->help);
        printf("++\nExpects ");
        put_text(expected);
        if (key->initial[0]) {
            printf("; default: ");
            put_text(key->initial);
        }
        printf(".");
        if (hf_key_needs_restart((enum hf_key_id)i))
            printf(" A change counts from the next start.");
        if (key->option != HF_NO_OPTION) printf("++\nFlag: *--%s*", hf_option_name(key->option));
        if (key->env || key->openclaw_env) {
            printf("++\nEnvironment:");
            put_variables(key);
        }
        printf("\n\n");
    }
}

int main(int argc, char **argv)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    const char *part = argc == 2 ? argv[1] : "";
    if (strcmp(part, "verbs") == 0)
        put_verbs(verbs, count);
    else if (strcmp(part, "keys") == 0)
        put_keys();
    else if (!put_verb(verbs, count, part))
        return HF_EXIT_USAGE;
    return HF_EXIT_DONE;
}
