#include "engine/standing_report.h"
#include "lib/check.h"

static struct hf_standing seen(void)
{
    struct hf_standing_limits limits;
    struct hf_standing s;
    hf_standing_limits_init(&limits);
    hf_standing_init(&s, &limits);
    hf_standing_step(&s, hf_at_ms(1000), HF_STANDING_PROCESS_RUNS);
    hf_standing_step(&s, hf_at_ms(2000), HF_STANDING_LINK_READY);
    hf_standing_step(&s, hf_at_ms(4000), HF_STANDING_CALL_MISSED);
    return s;
}

static void the_status_record_gets_all_four_with_their_ages(void)
{
    static const struct hf_control_answer want[HF_CONTROL_ANSWERS] = {
        { "alive", "yes", 4001, 4001 },
        { "reachable", "yes", 3001, 3001 },
        { "responsive", "no", 1001, 1001 },
        { "ready", "no", 1001, 1001 },
    };
    struct hf_control_answer got[HF_CONTROL_ANSWERS];
    struct hf_standing s = seen();
    hf_standing_report(&s, hf_at_ms(5001), got);
    for (size_t i = 0; i < HF_CONTROL_ANSWERS; i++) {
        CHECK_TEXT_AT(i, hf_bytes_cstr(got[i].name), want[i].name);
        CHECK_TEXT_AT(i, hf_bytes_cstr(got[i].word), want[i].word);
        CHECK_EQ_AT(i, got[i].age_ms, want[i].age_ms);
        CHECK_EQ_AT(i, got[i].for_ms, want[i].for_ms);
    }
    hf_standing_step(&s, hf_at_ms(5001), HF_STANDING_DETACHED);
    hf_standing_report(&s, hf_at_ms(5001), got);
    for (size_t i = 0; i < HF_CONTROL_ANSWERS; i++) {
        CHECK_TEXT_AT(i, hf_bytes_cstr(got[i].word), "unknown");
        CHECK_EQ_AT(i, got[i].age_ms, -1);
    }
}

static void metrics_leave_out_what_nobody_knows(void)
{
    struct hf_standing_limits limits;
    struct hf_standing s = seen(), none;
    struct hf_buf out;
    hf_buf_init(&out, 4096);
    hf_standing_metrics(&out, &s, hf_at_ms(5001));
    CHECK_TEXT(hf_buf_view(&out),
               "# HELP holdfast_gateway_answer What was seen of the gateway: 1 yes, 0 no.\n"
               "# TYPE holdfast_gateway_answer gauge\n"
               "holdfast_gateway_answer{question=\"alive\"} 1\n"
               "holdfast_gateway_answer{question=\"reachable\"} 1\n"
               "holdfast_gateway_answer{question=\"responsive\"} 0\n"
               "holdfast_gateway_answer{question=\"ready\"} 0\n"
               "# HELP holdfast_gateway_answer_age_seconds Age of the evidence.\n"
               "# TYPE holdfast_gateway_answer_age_seconds gauge\n"
               "holdfast_gateway_answer_age_seconds{question=\"alive\"} 4.001\n"
               "holdfast_gateway_answer_age_seconds{question=\"reachable\"} 3.001\n"
               "holdfast_gateway_answer_age_seconds{question=\"responsive\"} 1.001\n"
               "holdfast_gateway_answer_age_seconds{question=\"ready\"} 1.001\n");
    hf_standing_limits_init(&limits);
    hf_standing_init(&none, &limits);
    hf_buf_reset(&out, 4096);
    hf_standing_metrics(&out, &none, hf_at_ms(0));
    CHECK_EQ(hf_bytes_find(hf_buf_view(&out), 0, '{'), out.len);
    hf_buf_fini(&out);
}

CHECK_MAIN(the_status_record_gets_all_four_with_their_ages, metrics_leave_out_what_nobody_knows)
