#include "engine/outq.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/rng.h"
#include "lib/check.h"

#include <stdio.h>

struct fixture {
    struct hf_outq q;
    struct hf_outq_spare spare;
    struct hf_buf scratch;
    struct hf_output out;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    hf_buf_init(&f->scratch, HF_LIMIT_WRITE_BYTES);
    CHECK_EQ(hf_buf_reserve(&f->scratch, HF_LIMIT_WRITE_BYTES), 0);
}

static void teardown(struct fixture *f)
{
    hf_outq_fini(&f->q, &f->spare);
    hf_outq_spare_fini(&f->spare);
    hf_buf_fini(&f->scratch);
}

static void push_text(struct fixture *f, const char *text, uint64_t seq)
{
    struct hf_blob *blob = hf_blob_new(hf_bytes_cstr(text));
    CHECK_EQ(hf_outq_push(&f->q, &f->spare, blob, seq), 0);
    hf_blob_drop(blob);
}

/* Everything that a pull gives, in one buffer. */
static void pull(struct fixture *f, struct hf_buf *all)
{
    hf_outq_pull(&f->q, &f->scratch, &f->out);
    for (size_t i = 0; i < f->out.count; i++) hf_buf_add(all, f->out.spans[i]);
}

static void an_event_gets_its_own_number_behind_the_shared_body(void)
{
    struct fixture f;
    struct hf_buf all;
    setup(&f);
    hf_buf_init(&all, 1000);
    push_text(&f, "{\"type\":\"event\"", 7);
    push_text(&f, "{}", 0);
    pull(&f, &all);
    CHECK_BYTES(hf_buf_view(&all), HF_LIT("\x81\x18{\"type\":\"event\",\"seq\":7}\x81\x02{}"));
    CHECK_EQ(f.q.queued_bytes, all.len);
    CHECK_EQ(f.out.count, 1);
    hf_buf_fini(&all);
    teardown(&f);
}

static void a_ping_overtakes_data_but_not_what_was_handed_out(void)
{
    struct fixture f;
    struct hf_buf all;
    setup(&f);
    hf_buf_init(&all, 1000);
    push_text(&f, "first", 0);
    push_text(&f, "second", 0);
    pull(&f, &all);
    CHECK_EQ(hf_outq_written(&f.q, &f.spare, 3).pings, 0); /* inside of "first" */
    CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_PING, HF_LIT("p")), 0);
    hf_buf_reset(&all, 1000);
    pull(&f, &all);
    CHECK_BYTES(hf_buf_view(&all), HF_LIT("irst\x89\x01p\x81\x06second"));
    CHECK_EQ(hf_outq_written(&f.q, &f.spare, 6).pings, 0);
    CHECK_EQ(hf_outq_written(&f.q, &f.spare, 1).pings, 1); /* its last byte */
    CHECK_EQ(f.q.queued_bytes, 8);
    hf_buf_fini(&all);
    teardown(&f);
}

static void no_control_frame_overtakes_the_fence(void)
{
    struct fixture f;
    struct hf_buf all;
    setup(&f);
    hf_buf_init(&all, 1000);
    push_text(&f, "hello", 0);
    hf_outq_fence(&f.q);
    push_text(&f, "data", 0);
    CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_PING, HF_LIT("p")), 0);
    pull(&f, &all);
    CHECK_BYTES(hf_buf_view(&all), HF_LIT("\x81\x05hello\x89\x01p\x81\x04"
                                          "data"));
    hf_outq_written(&f.q, &f.spare, all.len);
    push_text(&f, "more", 0);
    CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_PING, HF_LIT("q")), 0);
    hf_buf_reset(&all, 1000);
    pull(&f, &all);
    CHECK_BYTES(hf_buf_view(&all), HF_LIT("\x89\x01q\x81\x04more"));
    hf_buf_fini(&all);
    teardown(&f);
}

static void what_was_handed_out_keeps_its_order_until_it_is_reported(void)
{
    struct fixture f;
    struct hf_buf all;
    setup(&f);
    hf_buf_init(&all, 1000);
    push_text(&f, "a", 0);
    pull(&f, &all);
    CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_PING, HF_LIT("p")), 0);
    hf_outq_written(&f.q, &f.spare, 3);
    hf_buf_reset(&all, 1000);
    pull(&f, &all);
    CHECK_BYTES(hf_buf_view(&all), HF_LIT("\x89\x01p"));
    hf_buf_fini(&all);
    teardown(&f);
}

static void a_flood_of_pings_is_answered_with_the_newest_pong(void)
{
    struct fixture f;
    struct hf_buf all;
    char text[16];
    setup(&f);
    hf_buf_init(&all, 1000);
    for (int i = 0; i < 1000; i++) {
        int len = snprintf(text, sizeof text, "%d", i);
        CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_PONG, hf_bytes(text, (size_t)len)),
                 0);
    }
    CHECK_EQ(f.q.len, 1);
    pull(&f, &all);
    CHECK_BYTES(hf_buf_view(&all), HF_LIT("\x8A\x03"
                                          "999"));
    hf_buf_fini(&all);
    teardown(&f);
}

static void a_close_goes_last_and_a_long_pong_is_kept_whole(void)
{
    struct fixture f;
    struct hf_buf all;
    char payload[HF_LIMIT_CONTROL_FRAME_BYTES];
    setup(&f);
    hf_buf_init(&all, 1000);
    memset(payload, 'x', sizeof payload);
    push_text(&f, "data", 0);
    CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_CLOSE, HF_LIT("\x03\xE8")), 0);
    CHECK_EQ(hf_outq_push_control(&f.q, &f.spare, HF_WS_OP_PONG, hf_bytes(payload, sizeof payload)),
             0);
    pull(&f, &all);
    CHECK_EQ(all.len, 127 + 6 + 4);
    CHECK_BYTES(hf_bytes_from(hf_buf_view(&all), 127), HF_LIT("\x81\x04"
                                                              "data\x88\x02\x03\xE8"));
    hf_buf_fini(&all);
    teardown(&f);
}

static void a_large_body_leaves_as_a_span_and_a_small_one_is_rendered(void)
{
    static const struct {
        size_t len;
        size_t spans;
    } rows[] = { { HF_LIMIT_SCRATCH_BODY_BYTES, 1 }, { HF_LIMIT_SCRATCH_BODY_BYTES + 1, 2 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        static uint8_t body[HF_LIMIT_SCRATCH_BODY_BYTES + 1];
        struct fixture f;
        setup(&f);
        struct hf_blob *blob = hf_blob_new(hf_bytes(body, rows[i].len));
        CHECK_EQ(hf_outq_push(&f.q, &f.spare, blob, 0), 0);
        hf_outq_pull(&f.q, &f.scratch, &f.out);
        CHECK_EQ_AT(i, f.out.count, rows[i].spans);
        CHECK_EQ_AT(i, f.out.total_bytes, rows[i].len + 4);
        hf_blob_drop(blob);
        teardown(&f);
    }
}

static void one_pull_hands_out_at_most_the_write_bound(void)
{
    static uint8_t body[HF_LIMIT_WRITE_BYTES + 10];
    struct fixture f;
    setup(&f);
    struct hf_blob *blob = hf_blob_new(hf_bytes(body, sizeof body));
    CHECK_EQ(hf_outq_push(&f.q, &f.spare, blob, 0), 0);
    hf_blob_drop(blob);
    hf_outq_pull(&f.q, &f.scratch, &f.out);
    CHECK_EQ(f.out.total_bytes, HF_LIMIT_WRITE_BYTES);
    CHECK(!f.out.is_all);
    hf_outq_written(&f.q, &f.spare, HF_LIMIT_WRITE_BYTES);
    hf_outq_pull(&f.q, &f.scratch, &f.out);
    CHECK_EQ(f.out.total_bytes, 10 + 10);
    CHECK(f.out.is_all);
    teardown(&f);
}

static void an_empty_queue_holds_no_memory_and_its_array_is_used_again(void)
{
    struct fixture f;
    setup(&f);
    push_text(&f, "x", 0);
    struct hf_outq_frame *array = f.q.frames;
    hf_outq_pull(&f.q, &f.scratch, &f.out);
    hf_outq_written(&f.q, &f.spare, 3);
    CHECK(f.q.frames == NULL);
    push_text(&f, "y", 0);
    CHECK(f.q.frames == array);
    teardown(&f);
}

static void spare_arrays_are_kept_up_to_their_bound(void)
{
    enum { QUEUES = HF_LIMIT_SPARE_QUEUES + 1 };
    static struct hf_outq queues[QUEUES];
    struct fixture f;
    struct hf_blob *body = hf_blob_new(HF_LIT("{}"));
    setup(&f);
    for (size_t i = 0; i < QUEUES; i++) CHECK_EQ(hf_outq_push(&queues[i], &f.spare, body, 0), 0);
    for (size_t i = 0; i < QUEUES - 1; i++) hf_outq_fini(&queues[i], &f.spare);
    CHECK_EQ(f.spare.count, HF_LIMIT_SPARE_QUEUES);
    hf_outq_fini(&queues[QUEUES - 1], &f.spare);
    CHECK_EQ(f.spare.count, HF_LIMIT_SPARE_QUEUES);
    hf_blob_drop(body);
    teardown(&f);
}

static void the_bound_on_frames_holds_at_n_and_refuses_at_n_plus_1(void)
{
    struct fixture f;
    setup(&f);
    struct hf_blob *blob = hf_blob_new(HF_LIT("x"));
    for (size_t i = 0; i < HF_LIMIT_QUEUED_FRAMES; i++)
        CHECK_EQ_AT(i, hf_outq_push(&f.q, &f.spare, blob, 0), 0);
    CHECK_EQ(hf_outq_push(&f.q, &f.spare, blob, 0), HF_ERR_LIMIT);
    CHECK_EQ(blob->refs, HF_LIMIT_QUEUED_FRAMES + 1);
    hf_blob_drop(blob);
    teardown(&f);
}

static void discard_keeps_only_the_frame_that_has_begun_to_leave(void)
{
    struct fixture f;
    struct hf_buf all;
    setup(&f);
    hf_buf_init(&all, 1000);
    push_text(&f, "first", 0);
    push_text(&f, "second", 0);
    pull(&f, &all);
    hf_outq_written(&f.q, &f.spare, 1);
    hf_outq_discard(&f.q, &f.spare);
    CHECK_EQ(f.q.queued_bytes, 6);
    hf_buf_fini(&all);
    teardown(&f);
}

/* Pulled and written in random pieces, the bytes are those of one whole pull. */
static void any_way_of_writing_gives_the_same_bytes(void)
{
    enum { ROUNDS = 50, FRAMES = 200 }; /* more than one pull */
    struct hf_rng rng;
    hf_rng_init_number(&rng, 3);
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture f;
        struct hf_buf want, got;
        setup(&f);
        hf_buf_init(&want, 1 << 20);
        hf_buf_init(&got, 1 << 20);
        for (uint64_t i = 1; i <= FRAMES; i++) {
            char text[6000];
            size_t len = hf_rng_below(&rng, 8) == 0 ? 5000 : (size_t)hf_rng_below(&rng, 300);
            memset(text, 'a' + (int)(i % 26), len);
            text[len] = '\0';
            push_text(&f, text, i % 3 ? i : 0);
            hf_ws_frame_write(&want, HF_WS_OP_TEXT, HF_EMPTY, NULL);
            want.len -= 2;
            uint8_t head[HF_WS_HEAD_BYTES];
            char tail[40];
            int tail_len = i % 3 ? snprintf(tail, sizeof tail, ",\"seq\":%d}", (int)i) : 0;
            hf_buf_add(&want, hf_bytes(head, hf_ws_head_write(head, HF_WS_OP_TEXT,
                                                              len + (size_t)tail_len, NULL)));
            hf_buf_add(&want, hf_bytes(text, len));
            hf_buf_add(&want, hf_bytes(tail, (size_t)tail_len));
        }
        while (f.q.len > 0) {
            struct hf_buf part;
            hf_buf_init(&part, 1 << 20);
            pull(&f, &part);
            CHECK_EQ(f.out.is_all, part.len == f.q.queued_bytes);
            size_t bytes = 1 + (size_t)hf_rng_below(&rng, part.len);
            hf_buf_add(&got, hf_bytes_head(hf_buf_view(&part), bytes));
            hf_outq_written(&f.q, &f.spare, bytes);
            hf_buf_fini(&part);
        }
        CHECK_BYTES(hf_buf_view(&got), hf_buf_view(&want));
        hf_buf_fini(&want);
        hf_buf_fini(&got);
        teardown(&f);
    }
}

CHECK_MAIN(an_event_gets_its_own_number_behind_the_shared_body,
           a_ping_overtakes_data_but_not_what_was_handed_out, no_control_frame_overtakes_the_fence,
           what_was_handed_out_keeps_its_order_until_it_is_reported,
           a_flood_of_pings_is_answered_with_the_newest_pong,
           a_close_goes_last_and_a_long_pong_is_kept_whole,
           a_large_body_leaves_as_a_span_and_a_small_one_is_rendered,
           one_pull_hands_out_at_most_the_write_bound,
           an_empty_queue_holds_no_memory_and_its_array_is_used_again,
           spare_arrays_are_kept_up_to_their_bound,
           the_bound_on_frames_holds_at_n_and_refuses_at_n_plus_1,
           discard_keeps_only_the_frame_that_has_begun_to_leave,
           any_way_of_writing_gives_the_same_bytes)
