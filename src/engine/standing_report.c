#include "engine/standing_report.h"

static int64_t age_ms(hf_time now, hf_time then)
{
    return hf_time_same(then, HF_NEVER) ? -1 : hf_span_ms(hf_time_since(now, then));
}

void hf_standing_report(const struct hf_standing *s, hf_time now,
                        struct hf_control_answer out[HF_CONTROL_ANSWERS])
{
    for (int i = 0; i < HF_STANDING_QUESTIONS; i++) {
        enum hf_standing_question question = (enum hf_standing_question)i;
        struct hf_standing_answer answer = hf_standing_answer(s, now, question);
        out[i] = (struct hf_control_answer){
            .name = hf_standing_name(question),
            .word = hf_standing_word_name(answer.word),
            .age_ms = age_ms(now, answer.seen_at),
            .for_ms = age_ms(now, answer.since_at),
        };
    }
}

void hf_standing_metrics(struct hf_buf *out, const struct hf_standing *s, hf_time now)
{
    HF_BUF_LIT(out, "# HELP holdfast_gateway_answer What was seen of the gateway: 1 yes, 0 no.\n"
                    "# TYPE holdfast_gateway_answer gauge\n");
    for (int i = 0; i < HF_STANDING_QUESTIONS; i++) {
        enum hf_standing_question question = (enum hf_standing_question)i;
        struct hf_standing_answer answer = hf_standing_answer(s, now, question);
        if (answer.word == HF_STANDING_UNKNOWN) continue;
        hf_buf_addf(out, "holdfast_gateway_answer{question=\"%s\"} %d\n",
                    hf_standing_name(question), answer.word == HF_STANDING_YES);
    }
    HF_BUF_LIT(out, "# HELP holdfast_gateway_answer_age_seconds Age of the evidence.\n"
                    "# TYPE holdfast_gateway_answer_age_seconds gauge\n");
    for (int i = 0; i < HF_STANDING_QUESTIONS; i++) {
        enum hf_standing_question question = (enum hf_standing_question)i;
        int64_t age = age_ms(now, hf_standing_answer(s, now, question).seen_at);
        if (age < 0) continue;
        hf_buf_addf(out, "holdfast_gateway_answer_age_seconds{question=\"%s\"} %lld.%03lld\n",
                    hf_standing_name(question), (long long)(age / 1000), (long long)(age % 1000));
    }
}
