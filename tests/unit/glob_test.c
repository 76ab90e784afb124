#include "base/glob.h"
#include "lib/check.h"

static const struct {
    const char *patterns, *name;
    bool wanted;
} rows[] = {
    { "*", "tick", true },
    { "*", "", true },
    { "", "", true },
    { "", "tick", false },
    { "tick", "tick", true },
    { "tick", "ticks", false },
    { "ticks", "tick", false },
    { "t?ck", "tick", true },
    { "t?ck", "tck", false },
    { "?", "", false },
    { "session.*", "session.message", true },
    { "session.*", "session.", true },
    { "session.*", "sessions.changed", false },
    { "*.requested", "device.pair.requested", true },
    { "*pair*", "device.pair.requested", true },
    { "a*b*c", "aXbXbXc", true },
    { "a*b*c", "aXbXbX", false },
    { "**", "x", true },
    { "tick,health", "health", true },
    { " tick , health ", "health", true },
    { "tick,,health", "x", false },
    { "tick,session.*", "presence", false },
    { "TICK", "tick", false },
    { "[t]ick", "tick", false }, /* nothing but * and ? is special */
};

static void patterns_match_as_people_expect(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_glob_match(hf_bytes_cstr(rows[i].patterns), hf_bytes_cstr(rows[i].name)),
                    rows[i].wanted);
}

/* With a choice kept for every star this would run until the end of the world. */
static void many_stars_end_soon(void)
{
    static char name[4097];
    memset(name, 'a', sizeof name - 1);
    CHECK(!hf_glob_match(HF_LIT("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), hf_bytes_cstr(name)));
}

CHECK_MAIN(patterns_match_as_people_expect, many_stars_end_soon)
