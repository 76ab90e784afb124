#include "prog/show/rates.h"

#include <string.h>

static int64_t second_of(hf_time now)
{
    return hf_span_ms(now.ns) / 1000;
}

void hf_rates_init(struct hf_rates *r, hf_time now)
{
    memset(r, 0, sizeof *r);
    r->second = second_of(now);
    r->started_at = now;
}

static void forget(struct hf_rates *r, size_t bucket)
{
    for (size_t i = 0; i < HF_COUNT(r->rows); i++) {
        r->rows[i].recent -= r->rows[i].buckets[bucket];
        r->rows[i].buckets[bucket] = 0;
    }
}

void hf_rates_step(struct hf_rates *r, hf_time now)
{
    int64_t second = second_of(now);
    if (second - r->second > HF_RATES_SECONDS) r->second = second - HF_RATES_SECONDS;
    while (r->second < second) forget(r, (size_t)(++r->second % HF_RATES_SECONDS));
}

static struct hf_rate *row_of(struct hf_rates *r, struct hf_bytes name)
{
    name = hf_bytes_head(name, HF_RATES_NAME_BYTES - 1);
    for (size_t i = 0; i < r->count; i++)
        if (hf_bytes_same(hf_bytes_cstr(r->rows[i].name), name)) return &r->rows[i];
    if (r->count >= HF_LIMIT_RATE_NAMES) {
        r->count = HF_LIMIT_RATE_NAMES + 1;
        name = HF_LIT("(others)");
    } else {
        r->count++;
    }
    struct hf_rate *row = &r->rows[r->count - 1];
    if (name.len > 0) memcpy(row->name, name.ptr, name.len);
    return row;
}

void hf_rates_add(struct hf_rates *r, hf_time now, struct hf_bytes name)
{
    hf_rates_step(r, now);
    struct hf_rate *row = row_of(r, name);
    row->buckets[r->second % HF_RATES_SECONDS]++;
    row->recent++;
    row->total++;
}

int64_t hf_rates_window_ms(const struct hf_rates *r, hf_time now)
{
    int64_t window_ms = (HF_RATES_SECONDS - 1) * 1000 + hf_span_ms(now.ns) % 1000;
    int64_t age_ms = hf_span_ms(hf_time_since(now, r->started_at));
    return age_ms < window_ms ? age_ms : window_ms;
}

size_t hf_rates_top(const struct hf_rates *r, const struct hf_rate **out, size_t cap)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        size_t place = count;
        while (place > 0 && out[place - 1]->recent < r->rows[i].recent) place--;
        if (place >= cap) continue;
        if (count < cap) count++;
        memmove(&out[place + 1], &out[place], (count - 1 - place) * sizeof out[0]);
        out[place] = &r->rows[i];
    }
    return count;
}
