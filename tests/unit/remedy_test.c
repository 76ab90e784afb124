#include "core/remedy.h"
#include "lib/check.h"

enum { WORDS_MAX = 8 };

#define REPAIR "doctor --fix --yes --non-interactive"

/* Arguments as they are given, and the words of the command; NULL: none. */
static const struct {
    const char *argv[WORDS_MAX];
    const char *want;
} rows[] = {
    { { "openclaw", "gateway", "run" }, "openclaw " REPAIR },
    { { "/usr/bin/openclaw", "gateway", "--port", "1" }, "/usr/bin/openclaw " REPAIR },
    { { "./openclaw.mjs" }, "./openclaw.mjs " REPAIR },
    { { "node", "/opt/openclaw/openclaw.mjs", "gateway" },
      "node /opt/openclaw/openclaw.mjs " REPAIR },
    { { "/n/bin/nodejs", "--no-warnings", "--max-old-space-size=9", "/x/openclaw" },
      "/n/bin/nodejs --no-warnings --max-old-space-size=9 /x/openclaw " REPAIR },
    { { "node", "/lib/node_modules/openclaw/dist/index.js", "gateway" },
      "node /lib/node_modules/openclaw/dist/index.js " REPAIR },
    { { "node", "/lib/node_modules/openclaw/dist/entry.js" },
      "node /lib/node_modules/openclaw/dist/entry.js " REPAIR },
    { { "openclaw", "--profile", "work", "gateway", "--dev" },
      "openclaw --profile work --dev " REPAIR },
    { { "openclaw", "gateway", "--profile=work", "--container=c", "--", "--dev" },
      "openclaw --profile=work --container=c " REPAIR },
    { { "openclaw", "gateway", "--profiler", "--profile" }, "openclaw --profile " REPAIR },
    { { "node", "--import", "./x.mjs", "-r", "y", "/x/openclaw.mjs", "gateway" },
      "node --import ./x.mjs -r y /x/openclaw.mjs " REPAIR },
    { { "node", "server.js", "openclaw" }, NULL },
    { { "node", "--import" }, NULL },
    { { "node", "/x/dist/index.js" }, NULL },
    { { "node", "--version" }, NULL },
    { { "holdfast", "run" }, NULL },
    { { "sh", "-c", "openclaw gateway run" }, NULL }, /* a shell's line is not taken apart */
    { { "openclaw-wrapper", "gateway" }, NULL },
    { { NULL }, NULL },
};

/* supervisor 9: with exact arguments */
static void openclaw_is_known_and_repaired_by_its_own_doctor(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes argv[WORDS_MAX];
        struct hf_remedy r;
        size_t count = 0;
        char got[256] = "";
        for (; count < WORDS_MAX && rows[i].argv[count]; count++)
            argv[count] = hf_bytes_cstr(rows[i].argv[count]);
        CHECK_EQ_AT(i, hf_remedy_find(argv, count, &r), rows[i].want != NULL);
        if (!rows[i].want) continue;
        for (size_t w = 0; w < r.count; w++) {
            strncat(got, w > 0 ? " " : "", sizeof got - strlen(got) - 1);
            strncat(got, (const char *)r.words[w].ptr, sizeof got - strlen(got) - 1);
        }
        CHECK_TEXT_AT(i, hf_bytes_cstr(got), rows[i].want);
    }
}

static void a_command_with_too_many_words_is_none(void)
{
    struct hf_bytes argv[HF_LIMIT_REMEDY_WORDS + 1];
    struct hf_remedy r;
    for (size_t i = 0; i < HF_COUNT(argv); i++) argv[i] = HF_LIT("--dev");
    argv[0] = HF_LIT("openclaw");
    CHECK(hf_remedy_find(argv, HF_LIMIT_REMEDY_WORDS - 4, &r));
    CHECK_EQ(r.count, HF_LIMIT_REMEDY_WORDS);
    CHECK(!hf_remedy_find(argv, HF_LIMIT_REMEDY_WORDS - 3, &r));
    argv[0] = HF_LIT("node");
    argv[HF_LIMIT_REMEDY_WORDS] = HF_LIT("openclaw");
    CHECK(!hf_remedy_find(argv, HF_COUNT(argv), &r));
}

CHECK_MAIN(openclaw_is_known_and_repaired_by_its_own_doctor, a_command_with_too_many_words_is_none)
