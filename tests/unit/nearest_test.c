#include "prog/nearest.h"
#include "lib/check.h"

static const struct {
    const char *typed;
    const char *want; /* NULL: none */
} rows[] = {
    { "staus", "status" },   /* one missing */
    { "statuss", "status" }, /* one too many */
    { "satus", "status" },   /* the first one missing */
    { "statsu", "status" },  /* two swapped */
    { "stotus", "status" },  /* one wrong */
    { "helath", "health" },  /* */
    { "prob", "probe" },     /* */
    { "stxyus", "status" },  /* two of six wrong */
    { "sxxyus", NULL },      /* three */
    { "fly", NULL },         /* near to nothing */
    { "", NULL },
    { "ru", "run" },
    { "xyz", NULL },
};

static void what_is_nearly_a_name_is_told_and_nothing_else(void)
{
    static const char *const names[] = { "run", "status", "probe", "health", "watch" };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_nearest n;
        hf_nearest_init(&n, rows[i].typed);
        for (size_t j = 0; j < HF_COUNT(names); j++) hf_nearest_offer(&n, names[j]);
        CHECK_TEXT_AT(i, hf_bytes_cstr(n.name ? n.name : "none"),
                      rows[i].want ? rows[i].want : "none");
    }
}

static void a_hint_names_it_or_says_nothing(void)
{
    char hint[HF_NEAREST_BYTES];
    struct hf_nearest n;
    hf_nearest_init(&n, "prot");
    hf_nearest_hint(&n, "--", hint, sizeof hint);
    CHECK_TEXT(hf_bytes_cstr(hint), "");
    hf_nearest_offer(&n, "port");
    hf_nearest_offer(&n, "prop"); /* as near, but later */
    hf_nearest_hint(&n, "--", hint, sizeof hint);
    CHECK_TEXT(hf_bytes_cstr(hint), ": did you mean --port?");
}

/* HF_NEAREST_BYTES letters are compared, one more is near to nothing. */
static void a_name_has_a_bound_on_both_sides(void)
{
    char typed[HF_NEAREST_BYTES + 2], name[HF_NEAREST_BYTES + 2];
    for (size_t extra = 0; extra <= 1; extra++) {
        struct hf_nearest n;
        memset(typed, 'a', sizeof typed);
        memset(name, 'a', sizeof name);
        typed[HF_NEAREST_BYTES] = name[HF_NEAREST_BYTES + extra] = '\0';
        name[0] = 'b';
        hf_nearest_init(&n, typed);
        hf_nearest_offer(&n, name);
        CHECK_EQ_AT(extra, n.name != NULL, extra == 0);
        hf_nearest_init(&n, name);
        hf_nearest_offer(&n, typed);
        CHECK_EQ_AT(extra, n.name != NULL, extra == 0);
    }
}

CHECK_MAIN(what_is_nearly_a_name_is_told_and_nothing_else, a_hint_names_it_or_says_nothing,
           a_name_has_a_bound_on_both_sides)
