#include "prog/options.h"
#include "base/err.h"
#include "lib/check.h"
#include "prog/verbs.h"

#include <stdio.h>

enum { WORDS_MAX = 8 };

/* The table's words as an argv of its own, because getopt moves them. */
static int read_words(const char *const words[WORDS_MAX], struct hf_args *args,
                      struct hf_fault *fault)
{
    static char *argv[WORDS_MAX + 2];
    int argc = 0;
    argv[argc++] = "holdfast";
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++) argv[argc++] = (char *)(uintptr_t)words[i];
    argv[argc] = NULL;
    return hf_options_read(argc, argv, args, fault);
}

static const struct {
    const char *words[WORDS_MAX];
    const char *verb;
    enum hf_option option; /* looked at */
    const char *value;
    int operand_count;
} good[] = {
    { { "run" }, "run", HF_OPTION_PORT, NULL, 0 },
    { { "run", "--port", "1" }, "run", HF_OPTION_PORT, "1", 0 },
    { { "run", "--port=1" }, "run", HF_OPTION_PORT, "1", 0 },
    { { "run", "--port=" }, "run", HF_OPTION_PORT, "", 0 },
    { { "config", "get", "x", "--json" }, "config", HF_OPTION_JSON, "", 2 },
    { { "gateway", "run", "--port", "1" }, "run", HF_OPTION_PORT, "1", 0 },
    { { "run", "--port", "1", "--port", "2" }, "run", HF_OPTION_PORT, "2", 0 },
    { { "run", "--token-file", "f" }, "run", HF_OPTION_TOKEN_FILE, "f", 0 },
    { { "run", "--", "openclaw", "gateway" }, "run", HF_OPTION_PORT, NULL, 2 },
    { { "run", "--port", "1", "--", "x", "--port", "2" }, "run", HF_OPTION_PORT, "1", 3 },
    { { "run", "--upstream-token-file", "f" }, "run", HF_OPTION_UPSTREAM_TOKEN_FILE, "f", 0 },
    { { "supervise", "--survive", "--", "x" }, "supervise", HF_OPTION_SURVIVE, "", 1 },
    { { "run", "--help" }, "run", HF_OPTION_HELP, "", 0 },
    { { "run", "-h" }, "run", HF_OPTION_HELP, "", 0 },
    { { "--help" }, "help", HF_OPTION_HELP, NULL, 0 },
    { { "--version" }, "version", HF_OPTION_JSON, NULL, 0 },
    { { "version", "--json" }, "version", HF_OPTION_JSON, "", 0 },
    { { "config", "get", "--json" }, "config", HF_OPTION_JSON, "", 1 },
    { { "config", "--json", "get", "gateway.port" }, "config", HF_OPTION_JSON, "", 2 },
    { { "config", "set", "gateway.port", "--", "-1" }, "config", HF_OPTION_JSON, NULL, 3 },
    { { "probe", "--exit-code" }, "probe", HF_OPTION_EXIT_CODE, "", 0 },
    { { "watch", "--events", "tick,*" }, "watch", HF_OPTION_EVENTS, "tick,*", 0 },
    { { "health", "--watch" }, "health", HF_OPTION_WATCH, "", 0 },
    { { "logs", "--follow", "--lines=3" }, "logs", HF_OPTION_LINES, "3", 0 },
    { { "completion", "bash" }, "completion", HF_OPTION_HELP, NULL, 1 },
};

static void a_good_command_line_is_understood(void)
{
    for (size_t i = 0; i < HF_COUNT(good); i++) {
        struct hf_args args;
        struct hf_fault fault;
        CHECK_EQ_AT(i, read_words(good[i].words, &args, &fault), 0);
        CHECK_TEXT_AT(i, hf_bytes_cstr(args.verb->name), good[i].verb);
        const char *value = args.values[good[i].option];
        CHECK_EQ_AT(i, value != NULL, good[i].value != NULL);
        if (value) CHECK_TEXT_AT(i, hf_bytes_cstr(value), good[i].value);
        CHECK_EQ_AT(i, args.operand_count, good[i].operand_count);
    }
}

static const struct {
    const char *words[WORDS_MAX];
    const char *told; /* part of the message */
} bad[] = {
    { { NULL }, "verb is missing" },
    { { "gateway" }, "verb is missing" },
    { { "fly" }, "no such verb: \"fly\"" },
    { { "run", "openclaw" }, "\"openclaw\": a program stands behind two dashes: holdfast run" },
    { { "run", "openclaw", "--port", "1" }, "\"openclaw\": a program stands behind two dashes" },
    { { "supervise", "x", "--", "y" }, "\"x\": a program stands behind two dashes: holdfast supe" },
    { { "run", "--mode" }, "--mode wants a value" },
    { { "run", "--fly" }, "has no option --fly" },
    { { "run", "--json" }, "has no option --json" },
    { { "run", "-x" }, "has no option -x" },
    { { "run", "--port" }, "--port wants a value" },
    { { "version", "now" }, "takes no arguments" },
    { { "probe", "now" }, "takes no arguments" },
    { { "health", "--events", "*" }, "has no option --events" },
    { { "watch", "--events" }, "--events wants a value" },
    { { "version", "--json=1" }, "--json takes no value" },
    { { "run", "--por=1" }, "has no option --por: did you mean --port?" },
    { { "run", "--por", "1" }, "has no option --por: did you mean --port?" },
    { { "run", "--help", "--surviv" }, "has no option --surviv: did you mean --survive?" },
    { { "run", "--t", "x" }, "has no option --t" },
    { { "stauts" }, "no such verb: \"stauts\": did you mean status?" },
    { { "ctl", "--json", "--timout", "1" }, "has no option --timout: did you mean --timeout?" },
};

static void a_bad_one_is_a_usage_error_that_names_the_word(void)
{
    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        struct hf_args args;
        struct hf_fault fault;
        CHECK_EQ_AT(i, read_words(bad[i].words, &args, &fault), HF_ERR_USAGE);
        if (!strstr(fault.text, bad[i].told))
            CHECK_TEXT_AT(i, hf_bytes_cstr(fault.text), bad[i].told);
    }
}

static bool holds(const struct hf_buf *text, const char *what)
{
    return memmem(text->ptr, text->len, what, strlen(what)) != NULL;
}

static void the_help_names_every_option_of_a_verb_and_no_other(void)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    for (size_t i = 0; i < count; i++) {
        struct hf_buf help;
        hf_buf_init(&help, 1 << 20);
        hf_options_help(&help, &verbs[i]);
        for (int option = 0; option < HF_OPTION_COUNT; option++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "  --%s ", hf_option_name((enum hf_option)option));
            CHECK_EQ_AT(option, holds(&help, wanted), verbs[i].options >> option & 1);
        }
        hf_buf_fini(&help);
    }
}

static void the_help_of_all_verbs_cuts_none_and_keeps_its_columns(void)
{
    size_t count;
    struct hf_buf help;
    const struct hf_verb *verbs = hf_verbs(&count);
    hf_buf_init(&help, 1 << 20);
    hf_options_help(&help, NULL);
    for (size_t i = 0; i < count; i++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted, "  holdfast %s%s%s", verbs[i].name,
                 verbs[i].operands ? " " : "", verbs[i].operands ? verbs[i].operands : "");
        CHECK_AT(i, holds(&help, wanted));
        snprintf(wanted, sizeof wanted, " %s\n", verbs[i].summary);
        CHECK_AT(i, holds(&help, wanted));
    }
    CHECK(holds(&help, "\n                                                       ask a running"));
    hf_buf_fini(&help);
}

static const struct {
    const char *verb, *told;
    enum hf_option option;
} own_meanings[] = {
    { "run", "lets the system choose", HF_OPTION_PORT },
    { "health", "the gateway's port", HF_OPTION_PORT },
    { "health", "waiting for a start included", HF_OPTION_TIMEOUT },
    { "ctl", "none for start", HF_OPTION_TIMEOUT },
};

static void an_option_is_explained_as_its_verb_means_it(void)
{
    size_t count;
    const struct hf_verb *verbs = hf_verbs(&count);
    for (size_t i = 0; i < HF_COUNT(own_meanings); i++)
        for (size_t j = 0; j < count; j++)
            if (strcmp(verbs[j].name, own_meanings[i].verb) == 0)
                CHECK_AT(i, strstr(hf_option_help(&verbs[j], own_meanings[i].option),
                                   own_meanings[i].told) != NULL);
}

static void what_does_not_exist_is_named_nowhere(void)
{
    static const char *const absent[] = { "--edge" };
    static const struct hf_bytes shells[] = { HF_LIT_INIT("bash"), HF_LIT_INIT("zsh"),
                                              HF_LIT_INIT("fish") };
    struct hf_buf all;
    hf_buf_init(&all, 1 << 20);
    hf_options_help(&all, NULL);
    for (size_t i = 0; i < HF_COUNT(shells); i++)
        CHECK_EQ(hf_options_completion(&all, shells[i]), 0);
    for (size_t i = 0; i < HF_COUNT(absent); i++) CHECK_AT(i, !holds(&all, absent[i]));
    CHECK_EQ(hf_options_completion(&all, HF_LIT("tcsh")), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_buf_done(&all), 0);
    hf_buf_fini(&all);
}

CHECK_MAIN(a_good_command_line_is_understood, a_bad_one_is_a_usage_error_that_names_the_word,
           the_help_names_every_option_of_a_verb_and_no_other,
           the_help_of_all_verbs_cuts_none_and_keeps_its_columns,
           an_option_is_explained_as_its_verb_means_it, what_does_not_exist_is_named_nowhere)
