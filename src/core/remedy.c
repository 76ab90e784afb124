#include "core/remedy.h"

static struct hf_bytes base_name(struct hf_bytes path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/') return hf_bytes_from(path, i);
    return path;
}

static bool is_openclaw(struct hf_bytes path)
{
    static const struct hf_bytes entries[] = { HF_LIT_INIT("/openclaw/dist/index.js"),
                                               HF_LIT_INIT("/openclaw/dist/entry.js") };
    struct hf_bytes name = base_name(path);
    for (size_t i = 0; i < HF_COUNT(entries); i++)
        if (hf_bytes_ends(path, entries[i])) return true;
    return hf_bytes_same(name, HF_LIT("openclaw")) || hf_bytes_same(name, HF_LIT("openclaw.mjs"));
}

static bool is_node(struct hf_bytes path)
{
    struct hf_bytes name = base_name(path);
    return hf_bytes_same(name, HF_LIT("node")) || hf_bytes_same(name, HF_LIT("nodejs"));
}

/* The options of node whose value is a word of its own. */
static bool has_value(struct hf_bytes option)
{
    static const struct hf_bytes options[] = {
        HF_LIT_INIT("-r"),         HF_LIT_INIT("--require"),
        HF_LIT_INIT("--import"),   HF_LIT_INIT("--loader"),
        HF_LIT_INIT("-C"),         HF_LIT_INIT("--conditions"),
        HF_LIT_INIT("--env-file"), HF_LIT_INIT("--experimental-loader"),
    };
    for (size_t i = 0; i < HF_COUNT(options); i++)
        if (hf_bytes_same(option, options[i])) return true;
    return false;
}

/* How many arguments it takes to run the program; 0: it is not OpenClaw. */
static size_t head_of(const struct hf_bytes *argv, size_t count)
{
    size_t at = 0;
    if (count > 0 && is_node(argv[0]))
        for (at = 1; at < count && hf_bytes_starts(argv[at], HF_LIT("-"));)
            at += has_value(argv[at]) ? 2 : 1;
    return at < count && is_openclaw(argv[at]) ? at + 1 : 0;
}

/* How many words, the option's own one included, choose where its state is; 0: none. */
static size_t place_words(const struct hf_bytes *argv, size_t count)
{
    static const struct hf_bytes options[] = { HF_LIT_INIT("--profile"),
                                               HF_LIT_INIT("--container") };
    if (hf_bytes_same(argv[0], HF_LIT("--dev"))) return 1;
    for (size_t i = 0; i < HF_COUNT(options); i++) {
        if (!hf_bytes_starts(argv[0], options[i])) continue;
        if (argv[0].len == options[i].len) return count > 1 ? 2 : 1;
        if (argv[0].ptr[options[i].len] == '=') return 1;
    }
    return 0;
}

static bool add(struct hf_remedy *r, const struct hf_bytes *words, size_t count)
{
    if (count > HF_LIMIT_REMEDY_WORDS - r->count) return false;
    for (size_t i = 0; i < count; i++) r->words[r->count++] = words[i];
    return true;
}

bool hf_remedy_find(const struct hf_bytes *argv, size_t count, struct hf_remedy *out)
{
    static const struct hf_bytes repair[] = { HF_LIT_INIT("doctor"), HF_LIT_INIT("--fix"),
                                              HF_LIT_INIT("--yes"),
                                              HF_LIT_INIT("--non-interactive") };
    size_t head = head_of(argv, count);
    *out = (struct hf_remedy){ 0 };
    if (head == 0 || !add(out, argv, head)) return false;
    for (size_t at = head; at < count && !hf_bytes_same(argv[at], HF_LIT("--"));) {
        size_t words = place_words(argv + at, count - at);
        if (!add(out, argv + at, words)) return false;
        at += words > 0 ? words : 1;
    }
    return add(out, repair, HF_COUNT(repair));
}
