#include "wire/frame.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"
#include "lib/json_text.h"
#include "wire/json_read.h"

#include <stdio.h>

#define X10 "xxxxxxxxxx"
#define X128 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx"

struct fixture {
    struct hf_buf json, scratch, why, out;
    struct hf_req req;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    hf_buf_init(&f->json, 1 << 20);
    hf_buf_init(&f->scratch, 1 << 20);
    hf_buf_init(&f->why, 1 << 20);
    hf_buf_init(&f->out, 1 << 20);
}

static void teardown(struct fixture *f)
{
    hf_buf_fini(&f->json);
    hf_buf_fini(&f->scratch);
    hf_buf_fini(&f->why);
    hf_buf_fini(&f->out);
}

static int read_req(struct fixture *f, const char *with_ticks)
{
    hf_buf_reset(&f->why, SIZE_MAX);
    hf_buf_reset(&f->scratch, SIZE_MAX);
    return hf_frame_read_req(json_text(&f->json, with_ticks), HF_LIMIT_JSON_DEPTH, &f->scratch,
                             &f->why, &f->req);
}

/* Recorded from the real gateway (release 2026.9.6) after hello: the id that is echoed and the
 * text; two members of one name are refused here only. */
static const struct {
    const char *frame, *id, *want;
} refused[] = {
    { "{}", "'invalid'", "must have required property 'type'" },
    { "[]", "'invalid'", "must be object" },
    { "null", "'invalid'", "must be object" },
    { "5", "'invalid'", "must be object" },
    { "'x'", "'invalid'", "must be object" },
    { "{'id':'a','method':'health'}", "'a'", "must have required property 'type'" },
    { "{'type':1,'id':'a','method':'health'}", "'a'",
      "at /type: must be string; at /type: must be equal to constant" },
    { "{'type':'bogus','id':'a','method':'health'}", "'a'", "at /type: must be equal to constant" },
    { "{'type':'event','event':'x'}", "'invalid'",
      "must have required property 'id'; at root: unexpected property 'event'; "
      "at /type: must be equal to constant" },
    { "{'type':'event','id':'a','event':'x'}", "'a'",
      "must have required property 'method'; at root: unexpected property 'event'; "
      "at /type: must be equal to constant" },
    { "{'type':'res','id':'a','ok':true}", "'a'",
      "must have required property 'method'; at root: unexpected property 'ok'; "
      "at /type: must be equal to constant" },
    { "{'type':'req','method':'health'}", "'invalid'", "must have required property 'id'" },
    { "{'type':'req','id':1,'method':'health'}", "1", "at /id: must be string" },
    { "{'type':'req','id':'','method':'health'}", "''",
      "at /id: must not have fewer than 1 characters" },
    { "{'type':'req','id':null,'method':'health'}", "'invalid'", "at /id: must be string" },
    { "{'type':'req','id':{},'method':'health'}", "{}", "at /id: must be string" },
    { "{'type':'req','id':true,'method':'health'}", "true", "at /id: must be string" },
    { "{'type':'req','id':'a'}", "'a'", "must have required property 'method'" },
    { "{'type':'req','id':'a','method':''}", "'a'",
      "at /method: must not have fewer than 1 characters" },
    { "{'type':'req','id':'a','method':1}", "'a'", "at /method: must be string" },
    { "{'type':'req','id':'a','method':null}", "'a'", "at /method: must be string" },
    { "{'type':'req','id':'a','method':'health','bogus':1}", "'a'",
      "at root: unexpected property 'bogus'" },
    { "{'type':'req','id':'a','method':'health','zeta':1,'alpha':1}", "'a'",
      "at root: unexpected property 'zeta'" },
    { "{'type':'req','id':'a','method':'health','traceparent':'" X128 "x'}", "'a'",
      "at /traceparent: must not have more than 128 characters" },
    { "{'type':'req','id':'a','method':'health','traceparent':1}", "'a'",
      "at /traceparent: must be string" },
    { "{'type':'req','id':'a','method':'health','expectedProfileId':1}", "'a'",
      "at /expectedProfileId: must be string" },
    { "{'type':'req','id':'a','method':'health','expectedProfileId':''}", "'a'",
      "at /expectedProfileId: must not have fewer than 1 characters" },
    { "{'type':'req','id':''}", "''",
      "must have required property 'method'; at /id: must not have fewer than 1 characters" },
    { "{'type':'req','id':'a','method':'','bogus':1}", "'a'",
      "at root: unexpected property 'bogus'; at /method: must not have fewer than 1 characters" },
    { "{'type':'req','id':'a','id':'b','method':'health'}", "'b'",
      "at root: duplicate property 'id'" },
    { "{'type':'req','id':'a','method':'x','m\\u0065thod':'y'}", "'a'",
      "at root: duplicate property 'method'" },
    { "{'type':'req','id':'a','type':'req','method':'x'}", "'a'",
      "at root: duplicate property 'type'" },
    { "{'type':'req','id':'a','method':'x','params':1,'params':2}", "'a'",
      "at root: duplicate property 'params'" },
};

static void what_is_no_request_frame_is_refused_in_the_words_of_the_real_gateway(void)
{
    struct fixture f;
    struct hf_buf id;
    setup(&f);
    hf_buf_init(&id, 100);
    for (size_t i = 0; i < HF_COUNT(refused); i++) {
        CHECK_EQ_AT(i, read_req(&f, refused[i].frame), HF_ERR_TYPE);
        CHECK_TEXT_AT(i, hf_bytes_head(hf_buf_view(&f.why), 23), "invalid request frame: ");
        CHECK_TEXT_AT(i, hf_bytes_from(hf_buf_view(&f.why), 23), refused[i].want);
        CHECK_BYTES_AT(i, f.req.id, json_text(&id, refused[i].id));
    }
    hf_buf_fini(&id);
    teardown(&f);
}

static void what_is_not_json_is_told_from_what_is_no_request(void)
{
    static const struct {
        const char *frame;
        int want;
    } rows[] = {
        { "hello", HF_ERR_SYNTAX },
        { "", HF_ERR_SYNTAX },
        { "{'type':'req'", HF_ERR_SYNTAX },
        { "\xEF\xBB\xBF{'type':'req','id':'a','method':'health'}", HF_ERR_SYNTAX },
        { "{'type':'req','id':'\xFF','method':'health'}", HF_ERR_UTF8 },
    };
    struct fixture f;
    setup(&f);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ_AT(i, read_req(&f, rows[i].frame), rows[i].want);
        CHECK_EQ_AT(i, f.why.len, 0);
    }
    teardown(&f);
}

static void a_request_comes_in_its_parts(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read_req(&f,
                      " {'type':'req','id':'1:\\u0061','method':'chat.send','params': {'a':[1]} ,"
                      "'traceparent':'" X128 "','expectedProfileId':'p'}\n"),
             0);
    CHECK_TEXT(f.req.id, "\"1:\\u0061\"");
    CHECK_TEXT(f.req.method, "chat.send");
    CHECK_TEXT(f.req.params, "{\"a\":[1]}");
    CHECK_EQ(f.req.traceparent.len, 130);
    CHECK_TEXT(f.req.expected_profile_id, "\"p\"");
    CHECK_EQ(f.scratch.cap, 0);
    CHECK_EQ(f.why.cap, 0);
    teardown(&f);
}

static void params_may_be_absent_and_of_any_kind(void)
{
    static const struct {
        const char *frame, *want;
    } rows[] = {
        { "{'type':'req','id':'a','method':'m'}", "" },
        { "{'type':'req','id':'a','method':'m','params':null}", "null" },
        { "{'type':'req','id':'a','method':'m','params':5}", "5" },
        { "{'params':[],'method':'m','id':'a','type':'req'}", "[]" },
        { "{'type':'req','id':'a','method':'m','params':'x','traceparent':''}", "'x'" },
    };
    struct fixture f;
    struct hf_buf want;
    setup(&f);
    hf_buf_init(&want, 100);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ_AT(i, read_req(&f, rows[i].frame), 0);
        CHECK_BYTES_AT(i, f.req.params, json_text(&want, rows[i].want));
    }
    hf_buf_fini(&want);
    teardown(&f);
}

static void a_method_with_escapes_is_decoded(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read_req(&f, "{'type':'re\\u0071','id':'a','method':'h\\u0065alth'}"), 0);
    CHECK_TEXT(f.req.method, "health");
    hf_buf_fini(&f.scratch);
    hf_buf_init(&f.scratch, 3);
    CHECK_EQ(read_req(&f, "{'type':'req','id':'a','method':'h\\u0065alth'}"), HF_ERR_LIMIT);
    teardown(&f);
}

/* A request whose id has `chars` characters; broken by a member more. */
static int read_long_id(struct fixture *f, size_t chars, bool is_broken)
{
    struct hf_buf frame;
    hf_buf_init(&frame, 1 << 20);
    HF_BUF_LIT(&frame, "{'type':'req','method':'m',");
    if (is_broken) HF_BUF_LIT(&frame, "'bogus':1,");
    HF_BUF_LIT(&frame, "'id':'");
    for (size_t i = 0; i < chars; i++) hf_buf_add_byte(&frame, 'x');
    HF_BUF_LIT(&frame, "'}");
    hf_buf_add_byte(&frame, 0);
    int err = read_req(f, (const char *)frame.ptr);
    hf_buf_fini(&frame);
    return err;
}

static void the_id_is_bounded_because_it_is_kept_and_echoed(void)
{
    struct fixture f;
    setup(&f);
    CHECK_EQ(read_long_id(&f, HF_LIMIT_REQUEST_ID_BYTES, false), 0);
    CHECK_EQ(f.req.id.len, HF_LIMIT_REQUEST_ID_BYTES + 2);
    CHECK_EQ(read_long_id(&f, HF_LIMIT_REQUEST_ID_BYTES + 1, false), HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&f.why),
               "invalid request frame: at /id: must not have more than 4096 bytes");
    CHECK_TEXT(f.req.id, "\"invalid\"");
    CHECK_EQ(read_long_id(&f, HF_LIMIT_REQUEST_ID_BYTES, true), HF_ERR_TYPE);
    CHECK_EQ(f.req.id.len, HF_LIMIT_REQUEST_ID_BYTES + 2);
    CHECK_EQ(read_long_id(&f, HF_LIMIT_REQUEST_ID_BYTES + 1, true), HF_ERR_TYPE);
    CHECK_TEXT(f.req.id, "\"invalid\"");
    teardown(&f);
}

static void the_depth_cap_is_the_callers(void)
{
    struct fixture f;
    setup(&f);
    struct hf_bytes frame =
        json_text(&f.json, "{'type':'req','id':'a','method':'m','params':[[1]]}");
    CHECK_EQ(hf_frame_read_req(frame, 3, &f.scratch, &f.why, &f.req), 0);
    CHECK_EQ(hf_frame_read_req(frame, 2, &f.scratch, &f.why, &f.req), HF_ERR_DEPTH);
    teardown(&f);
}

/* Forty members: more than are noted on the way. */
static void a_frame_with_very_many_members_is_judged_too(void)
{
    struct fixture f;
    struct hf_buf frame;
    setup(&f);
    hf_buf_init(&frame, 1 << 16);
    HF_BUF_LIT(&frame, "{'type':'req','id':'a'");
    for (int i = 0; i < 40; i++) hf_buf_addf(&frame, ",'x%d':1", i);
    HF_BUF_LIT(&frame, ",'method':'m'}");
    hf_buf_add_byte(&frame, 0);
    CHECK_EQ(read_req(&f, (const char *)frame.ptr), HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&f.why), "invalid request frame: at root: unexpected property 'x0'");
    hf_buf_reset(&frame, SIZE_MAX);
    HF_BUF_LIT(&frame, "{'type':'req','method':'m'");
    for (int i = 0; i < 40; i++) HF_BUF_LIT(&frame, ",'id':'a'");
    HF_BUF_LIT(&frame, "}");
    hf_buf_add_byte(&frame, 0);
    CHECK_EQ(read_req(&f, (const char *)frame.ptr), HF_ERR_TYPE);
    CHECK_TEXT(hf_buf_view(&f.why), "invalid request frame: at root: duplicate property 'id'");
    hf_buf_fini(&frame);
    teardown(&f);
}

static void responses_are_read(void)
{
    struct fixture f;
    struct hf_frame frame;
    setup(&f);
    CHECK_EQ(hf_frame_read(json_text(&f.json, "{'type':'res','id':'1','ok':true,'payload':{'a':1},"
                                              "'later':{}}"),
                           HF_LIMIT_JSON_DEPTH, &frame),
             0);
    CHECK_EQ(frame.kind, HF_FRAME_RES);
    CHECK_TEXT(frame.res.id, "\"1\"");
    CHECK(frame.res.ok);
    CHECK_TEXT(frame.res.payload, "{\"a\":1}");
    CHECK_EQ(frame.res.error.len, 0);
    CHECK_EQ(
        hf_frame_read(json_text(&f.json, "{'type':'res','id':'1','ok':false,'error':{'code':'X'}}"),
                      HF_LIMIT_JSON_DEPTH, &frame),
        0);
    CHECK(!frame.res.ok);
    CHECK_TEXT(frame.res.error, "{\"code\":\"X\"}");
    CHECK_EQ(hf_frame_read(json_text(&f.json, "{'type':'res','id':1,'ok':false}"), 1, &frame), 0);
    CHECK_TEXT(frame.res.id, "1");
    teardown(&f);
}

static void events_are_read(void)
{
    struct fixture f;
    struct hf_frame frame;
    setup(&f);
    CHECK_EQ(hf_frame_read(json_text(&f.json, "{'type':'event','event':'presence','payload':[],"
                                              "'seq':7,'stateVersion':{'presence':3,'health':9},"
                                              "'recipientProfileId':'p'}"),
                           HF_LIMIT_JSON_DEPTH, &frame),
             0);
    CHECK_EQ(frame.kind, HF_FRAME_EVENT);
    CHECK_TEXT(frame.event.name, "\"presence\"");
    CHECK_TEXT(frame.event.payload, "[]");
    CHECK(frame.event.has_seq);
    CHECK_EQ(frame.event.seq, 7);
    CHECK(frame.event.has_state_version);
    CHECK_EQ(frame.event.state_version.presence, 3);
    CHECK_EQ(frame.event.state_version.health, 9);
    CHECK_TEXT(frame.event.recipient_profile_id, "\"p\"");
    CHECK_EQ(hf_frame_read(json_text(&f.json, "{'type':'event','event':'connect.challenge'}"),
                           HF_LIMIT_JSON_DEPTH, &frame),
             0);
    CHECK(!frame.event.has_seq);
    CHECK(!frame.event.has_state_version);
    CHECK_EQ(frame.event.payload.len, 0);
    teardown(&f);
}

/* Type, event and number decide: what is lost with an event opens a gap. */
static void half_a_state_version_costs_no_event(void)
{
    static const char *const versions[] = { "{'presence':1}", "{'presence':'1','health':1}", "5",
                                            "null", "{'presence':1,'health':1.5}" };
    struct fixture f;
    setup(&f);
    for (size_t i = 0; i < HF_COUNT(versions); i++) {
        struct hf_frame frame;
        char text[128];
        snprintf(text, sizeof text, "{'type':'event','event':'x','seq':7,'stateVersion':%s}",
                 versions[i]);
        CHECK_EQ_AT(i, hf_frame_read(json_text(&f.json, text), HF_LIMIT_JSON_DEPTH, &frame), 0);
        CHECK_EQ_AT(i, frame.event.seq, 7);
        CHECK_AT(i, !frame.event.has_state_version);
    }
    teardown(&f);
}

static void what_no_server_may_send_is_refused(void)
{
    static const struct {
        const char *frame;
        int want;
    } rows[] = {
        { "x", HF_ERR_SYNTAX },
        { "[]", HF_ERR_MISSING },
        { "{}", HF_ERR_MISSING },
        { "{'type':1}", HF_ERR_TYPE },
        { "{'type':'req','id':'1','method':'m'}", HF_ERR_TYPE },
        { "{'type':'res','ok':true}", HF_ERR_MISSING },
        { "{'type':'res','id':'1'}", HF_ERR_MISSING },
        { "{'type':'res','id':'1','ok':1}", HF_ERR_TYPE },
        { "{'type':'res','id':'1','ok':true,'id':'2'}", HF_ERR_DUPLICATE },
        { "{'type':'event'}", HF_ERR_MISSING },
        { "{'type':'event','event':1}", HF_ERR_TYPE },
        { "{'type':'event','event':'x','seq':'1'}", HF_ERR_TYPE },
        { "{'type':'event','event':'x','seq':1.5}", HF_ERR_TYPE },
        { "{'type':'event','event':'x','seq':1,'s\\u0065q':2}", HF_ERR_DUPLICATE },
    };
    struct fixture f;
    struct hf_frame frame = { .res.ok = true };
    setup(&f);
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i,
                    hf_frame_read(json_text(&f.json, rows[i].frame), HF_LIMIT_JSON_DEPTH, &frame),
                    rows[i].want);
    CHECK(frame.res.ok);
    teardown(&f);
}

static void a_servers_frame_has_a_bound_of_members(void)
{
    for (int more = 0; more <= 1; more++) {
        struct fixture f;
        struct hf_frame frame;
        setup(&f);
        HF_BUF_LIT(&f.out, "{\"type\":\"event\",\"event\":\"x\"");
        for (int i = 2; i < HF_LIMIT_ENVELOPE_MEMBERS + more; i++)
            hf_buf_addf(&f.out, ",\"x%d\":1", i);
        HF_BUF_LIT(&f.out, "}");
        CHECK_EQ(hf_frame_read(hf_buf_view(&f.out), HF_LIMIT_JSON_DEPTH, &frame),
                 more ? HF_ERR_LIMIT : 0);
        teardown(&f);
    }
}

static void what_is_written_reads_back(void)
{
    struct fixture f;
    struct hf_frame frame;
    setup(&f);
    hf_frame_write_req(&f.out, HF_LIT("1:\"x\""), HF_LIT("health"), HF_LIT("{}"));
    CHECK_TEXT(hf_buf_view(&f.out),
               "{\"type\":\"req\",\"id\":\"1:\\\"x\\\"\",\"method\":\"health\",\"params\":{}}");
    CHECK_EQ(hf_frame_read_req(hf_buf_view(&f.out), 3, &f.scratch, &f.why, &f.req), 0);
    CHECK(hf_json_is(f.req.id, HF_LIT("1:\"x\"")));
    hf_buf_reset(&f.out, SIZE_MAX);
    hf_frame_write_req(&f.out, HF_LIT("1"), HF_LIT("m"), HF_EMPTY);
    CHECK_TEXT(hf_buf_view(&f.out), "{\"type\":\"req\",\"id\":\"1\",\"method\":\"m\"}");
    hf_buf_reset(&f.out, SIZE_MAX);
    hf_frame_open_res(&f.out, HF_LIT("\"1\""));
    HF_BUF_LIT(&f.out, "[1]");
    hf_frame_close(&f.out);
    CHECK_TEXT(hf_buf_view(&f.out), "{\"type\":\"res\",\"id\":\"1\",\"ok\":true,\"payload\":[1]}");
    CHECK_EQ(hf_frame_read(hf_buf_view(&f.out), 3, &frame), 0);
    CHECK_TEXT(frame.res.payload, "[1]");
    teardown(&f);
}

static void an_event_is_one_shared_part_and_a_tail_per_receiver(void)
{
    static const struct {
        uint64_t seq;
        const char *want;
    } rows[] = {
        { 0, ",\"seq\":0}" },
        { 9, ",\"seq\":9}" },
        { 10, ",\"seq\":10}" },
        { UINT64_MAX, ",\"seq\":18446744073709551615}" },
    };
    struct fixture f;
    setup(&f);
    hf_frame_open_event(&f.out, "tick");
    HF_BUF_LIT(&f.out, "{\"ts\":1}");
    CHECK_TEXT(hf_buf_view(&f.out),
               "{\"type\":\"event\",\"event\":\"tick\",\"payload\":{\"ts\":1}");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char tail[HF_EVENT_TAIL_BYTES];
        size_t len = hf_frame_event_tail(tail, rows[i].seq);
        CHECK_EQ_AT(i, len, hf_frame_event_tail_len(rows[i].seq));
        CHECK_TEXT_AT(i, hf_bytes(tail, len), rows[i].want);
        size_t shared = f.out.len;
        hf_buf_add(&f.out, hf_bytes(tail, len));
        CHECK_EQ_AT(i, hf_json_check(hf_buf_view(&f.out), 3, NULL), 0);
        hf_buf_cut(&f.out, shared);
    }
    teardown(&f);
}

CHECK_MAIN(what_is_no_request_frame_is_refused_in_the_words_of_the_real_gateway,
           what_is_not_json_is_told_from_what_is_no_request, a_request_comes_in_its_parts,
           params_may_be_absent_and_of_any_kind, a_method_with_escapes_is_decoded,
           the_id_is_bounded_because_it_is_kept_and_echoed, the_depth_cap_is_the_callers,
           a_frame_with_very_many_members_is_judged_too, responses_are_read, events_are_read,
           what_no_server_may_send_is_refused, half_a_state_version_costs_no_event,
           a_servers_frame_has_a_bound_of_members, what_is_written_reads_back,
           an_event_is_one_shared_part_and_a_tail_per_receiver)
