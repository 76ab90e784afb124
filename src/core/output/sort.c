#include "core/output/sort.h"

enum { PARTS = 4 };

/* A line that has all parts of a row is of its level; the first row counts. */
static const struct {
    enum hf_output_level level;
    struct hf_bytes parts[PARTS];
} rows[] = {
    { HF_OUTPUT_DROP, { HF_LIT_INIT("openclaw-control-ui"), HF_LIT_INIT("token_mismatch") } },
    { HF_OUTPUT_DROP, { HF_LIT_INIT("closed before connect"), HF_LIT_INIT("token mismatch") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("[ws] closed before connect"), HF_LIT_INIT("code=1005") } },
    /* Our own probes. */
    { HF_OUTPUT_DEBUG,
      { HF_LIT_INIT("[ws] closed before connect"), HF_LIT_INIT("code=1006"),
        HF_LIT_INIT("phase=ws_upgrade_started"), HF_LIT_INIT("ua=n/a") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("dangerous"), HF_LIT_INIT("config flag") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("experimentalwarning") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("deprecationwarning") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("legacy"), HF_LIT_INIT("prefix"), HF_LIT_INIT("renam") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("--trace-deprecation") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("debugger attached") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("config warnings:") } },
    { HF_OUTPUT_DEBUG, { HF_LIT_INIT("node_options"), HF_LIT_INIT("require") } },
};

static bool has_parts(struct hf_bytes line, const struct hf_bytes parts[PARTS])
{
    for (size_t i = 0; i < PARTS && parts[i].len > 0; i++)
        if (hf_bytes_find_nocase(line, 0, parts[i]) == line.len) return false;
    return true;
}

enum hf_output_level hf_output_sort(struct hf_bytes line, bool is_stderr)
{
    if (line.len == 0) return HF_OUTPUT_DROP;
    if (hf_bytes_find_nocase(line, 0, HF_LIT("startup trace:")) < line.len) return HF_OUTPUT_INFO;
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (has_parts(line, rows[i].parts)) return rows[i].level;
    return is_stderr ? HF_OUTPUT_WARN : HF_OUTPUT_INFO;
}

void hf_output_mind_breaker(struct hf_bytes line, bool *is_tripped)
{
    static const struct hf_bytes breaker = HF_LIT_INIT("gateway restart-loop breaker ");
    size_t at = hf_bytes_find_nocase(line, 0, breaker);
    if (at == line.len) return;
    struct hf_bytes rest = hf_bytes_from(line, at + breaker.len);
    if (hf_bytes_starts(rest, HF_LIT("tripped"))) *is_tripped = true;
    if (hf_bytes_starts(rest, HF_LIT("recovered"))) *is_tripped = false;
}
