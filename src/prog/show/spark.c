#include "prog/show/spark.h"

enum { LEVELS = 8 };

void hf_spark_push(struct hf_spark *s, int64_t value)
{
    if (value > INT32_MAX) value = INT32_MAX;
    s->samples[s->next] = (int32_t)value;
    s->next = (uint16_t)((s->next + 1u) % HF_LIMIT_SPARK_SAMPLES);
    if (s->count < HF_LIMIT_SPARK_SAMPLES) s->count++;
}

/* The sample `age` places before the newest one. */
static int64_t sample_at(const struct hf_spark *s, unsigned age)
{
    if (age >= s->count) return HF_SPARK_NO_SAMPLE;
    return s->samples[(s->next + 2u * HF_LIMIT_SPARK_SAMPLES - 1 - age) % HF_LIMIT_SPARK_SAMPLES];
}

int64_t hf_spark_max(const struct hf_spark *s, unsigned count)
{
    int64_t max = HF_SPARK_NO_SAMPLE;
    for (unsigned age = 0; age < count && age < s->count; age++)
        if (sample_at(s, age) > max) max = sample_at(s, age);
    return max;
}

void hf_spark_write(const struct hf_spark *s, struct hf_buf *out, unsigned columns, int64_t least,
                    bool has_unicode)
{
    static const char *const unicode[LEVELS] = { "\u2581", "\u2582", "\u2583", "\u2584",
                                                 "\u2585", "\u2586", "\u2587", "\u2588" };
    static const char *const ascii[LEVELS] = { "_", ".", "-", "=", "+", "*", "#", "@" };
    const char *const *bars = has_unicode ? unicode : ascii;
    int64_t top = hf_spark_max(s, columns);
    if (top < least) top = least;
    if (top < 1) top = 1;
    for (unsigned column = columns; column-- > 0;) {
        int64_t value = sample_at(s, column);
        if (value < 0)
            HF_BUF_LIT(out, " ");
        else
            hf_buf_add(out, hf_bytes_cstr(bars[value * (LEVELS - 1) / top]));
    }
}
