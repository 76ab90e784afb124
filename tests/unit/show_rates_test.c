#include "lib/check.h"
#include "prog/show/rates.h"

#include <stdio.h>

static struct hf_rates r;

static void names_are_counted_for_ten_seconds(void)
{
    const struct hf_rate *top[4];
    hf_rates_init(&r, hf_at_ms(5000));
    CHECK_EQ(hf_rates_top(&r, top, HF_COUNT(top)), 0);
    hf_rates_add(&r, hf_at_ms(5500), HF_LIT("tick"));
    hf_rates_add(&r, hf_at_ms(6000), HF_LIT("tick"));
    hf_rates_add(&r, hf_at_ms(6000), HF_LIT("health"));
    CHECK_EQ(hf_rates_top(&r, top, HF_COUNT(top)), 2);
    CHECK_TEXT(hf_bytes_cstr(top[0]->name), "tick");
    CHECK_EQ(top[0]->recent, 2);
    CHECK_EQ(hf_rates_window_ms(&r, hf_at_ms(6000)), 1000);
    hf_rates_step(&r, hf_at_ms(14999));
    CHECK_EQ(top[0]->recent, 2);
    hf_rates_step(&r, hf_at_ms(15000)); /* the second of 5.5 is over ten seconds old */
    CHECK_EQ(top[0]->recent, 1);
    CHECK_EQ(hf_rates_window_ms(&r, hf_at_ms(15250)), 9250);
    hf_rates_step(&r, hf_at_ms(16000));
    CHECK_EQ(top[0]->recent, 0);
    CHECK_EQ(top[0]->total, 2);
}

static void a_long_silence_forgets_everything(void)
{
    const struct hf_rate *top[1];
    hf_rates_init(&r, hf_at_ms(0));
    hf_rates_add(&r, hf_at_ms(10), HF_LIT("tick"));
    hf_rates_step(&r, hf_at_ms(86400000));
    CHECK_EQ(hf_rates_top(&r, top, 1), 1);
    CHECK_EQ(top[0]->recent, 0);
    hf_rates_add(&r, hf_at_ms(86400000), HF_LIT("tick"));
    CHECK_EQ(top[0]->recent, 1);
}

static void the_most_frequent_come_first(void)
{
    static const char *const names[] = { "a", "b", "b", "c", "c", "c", "d", "d" };
    const struct hf_rate *top[3];
    hf_rates_init(&r, hf_at_ms(0));
    for (size_t i = 0; i < HF_COUNT(names); i++)
        hf_rates_add(&r, hf_at_ms(1), hf_bytes_cstr(names[i]));
    CHECK_EQ(hf_rates_top(&r, top, 3), 3);
    CHECK_TEXT(hf_bytes_cstr(top[0]->name), "c");
    CHECK_TEXT(hf_bytes_cstr(top[1]->name), "b"); /* came before d */
    CHECK_TEXT(hf_bytes_cstr(top[2]->name), "d");
}

/* N and N + 1 of RATE_NAMES. */
static void too_many_names_are_counted_together(void)
{
    const struct hf_rate *top[HF_LIMIT_RATE_NAMES + 2];
    char name[HF_RATES_NAME_BYTES + 32];
    hf_rates_init(&r, hf_at_ms(0));
    for (int i = 0; i < HF_LIMIT_RATE_NAMES; i++) {
        snprintf(name, sizeof name, "event.%d", i);
        hf_rates_add(&r, hf_at_ms(1), hf_bytes_cstr(name));
    }
    CHECK_EQ(hf_rates_top(&r, top, HF_COUNT(top)), HF_LIMIT_RATE_NAMES);
    hf_rates_add(&r, hf_at_ms(1), HF_LIT("one more"));
    hf_rates_add(&r, hf_at_ms(1), HF_LIT("and another"));
    hf_rates_add(&r, hf_at_ms(1), HF_LIT("event.0"));
    CHECK_EQ(hf_rates_top(&r, top, HF_COUNT(top)), HF_LIMIT_RATE_NAMES + 1);
    CHECK_TEXT(hf_bytes_cstr(r.rows[HF_LIMIT_RATE_NAMES].name), "(others)");
    CHECK_EQ(r.rows[HF_LIMIT_RATE_NAMES].total, 2);
    CHECK_EQ(r.rows[0].total, 2);
}

static void a_long_name_is_cut(void)
{
    char name[HF_RATES_NAME_BYTES + 8];
    memset(name, 'n', sizeof name);
    hf_rates_init(&r, hf_at_ms(0));
    hf_rates_add(&r, hf_at_ms(1), hf_bytes(name, sizeof name));
    hf_rates_add(&r, hf_at_ms(1), hf_bytes(name, sizeof name - 1));
    CHECK_EQ(r.count, 1);
    CHECK_EQ(strlen(r.rows[0].name), HF_RATES_NAME_BYTES - 1);
}

CHECK_MAIN(names_are_counted_for_ten_seconds, a_long_silence_forgets_everything,
           the_most_frequent_come_first, too_many_names_are_counted_together, a_long_name_is_cut)
