#include "prog/show/units.h"

void hf_show_bytes(struct hf_buf *out, uint64_t bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    size_t unit = 0;
    uint64_t whole = bytes / 1024, rest = bytes % 1024;
    if (whole == 0) {
        hf_buf_addf(out, "%u B", (unsigned)bytes);
        return;
    }
    while (whole >= 1024) {
        rest = whole % 1024;
        whole /= 1024;
        unit++;
    }
    hf_buf_addf(out, "%u.%u %s", (unsigned)whole, (unsigned)(rest * 10 / 1024), units[unit]);
}

void hf_show_ms(struct hf_buf *out, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" } };
    if (ms < 0) ms = 0;
    if (ms < 1000) {
        hf_buf_addf(out, "%d ms", (int)ms);
        return;
    }
    if (ms < 60000) {
        hf_buf_addf(out, "%d.%d s", (int)(ms / 1000), (int)(ms % 1000 / 100));
        return;
    }
    size_t unit = 0;
    while (ms < units[unit].ms) unit++;
    hf_buf_addf(out, "%lld %s %d %s", (long long)(ms / units[unit].ms), units[unit].name,
                (int)(ms % units[unit].ms / units[unit + 1].ms), units[unit + 1].name);
}

void hf_show_rate(struct hf_buf *out, uint64_t count, int64_t ms)
{
    double rate = ms > 0 ? (double)count * 1000 / (double)ms : 0;
    if (rate <= 0 || rate >= 9.95)
        hf_buf_addf(out, "%.0f", rate);
    else
        hf_buf_addf(out, "%.1f", rate);
}
