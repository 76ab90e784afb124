#include "core/vigil.h"
#include "lib/check.h"

enum {
    TELL = HF_VIGIL_TELL_STAGE,
    PROBE = HF_VIGIL_DO_PROBE,
    SAMPLE = HF_VIGIL_DO_SAMPLE,
    RECONNECT = HF_VIGIL_DO_RECONNECT,
    RESTART = HF_VIGIL_DO_DUMP | HF_VIGIL_DO_RESTART,
    CANCEL = HF_VIGIL_CANCEL_RESTART,
    MISS = HF_VIGIL_NOTE_MISS,
};

/* What a row gives; evidence is told by the CPU time in ms, or what holds the process. */
enum given {
    TIME,
    LIFE,
    CALL_OK,
    CALL_FAIL,
    HTTP_OK,
    HTTP_FAIL,
    CPU,
    STOPPED,
    FROZEN,
    UNKNOWN,
    WOKE,
    BEGUN,
    END,
    FORGET,
    START
};

struct row {
    int64_t ms;
    enum given given;
    int64_t arg; /* CPU: its ms; answers: probes before the newest one */
    uint32_t acts;
    enum hf_vigil_stage stage;
};

static const struct hf_vigil_ways both = { .has_call = true, .has_http = true };
static const struct hf_vigil_ways external = { .has_call = true,
                                               .has_http = true,
                                               .is_external = true };

static struct hf_vigil_input input_of(const struct hf_vigil *v, const struct row *row,
                                      const struct hf_vigil_ways *ways)
{
    static const enum hf_vigil_input_kind kinds[] = {
        [TIME] = HF_VIGIL_TIME,
        [LIFE] = HF_VIGIL_LIFE,
        [CALL_OK] = HF_VIGIL_CALL_ANSWERED,
        [CALL_FAIL] = HF_VIGIL_CALL_FAILED,
        [HTTP_OK] = HF_VIGIL_HTTP_ANSWERED,
        [HTTP_FAIL] = HF_VIGIL_HTTP_FAILED,
        [CPU] = HF_VIGIL_EVIDENCE,
        [STOPPED] = HF_VIGIL_EVIDENCE,
        [FROZEN] = HF_VIGIL_EVIDENCE,
        [UNKNOWN] = HF_VIGIL_EVIDENCE,
        [WOKE] = HF_VIGIL_RESUMED,
        [BEGUN] = HF_VIGIL_RESTART_BEGUN,
        [END] = HF_VIGIL_END,
        [FORGET] = HF_VIGIL_FORGET,
        [START] = HF_VIGIL_START,
    };
    struct hf_vigil_input input = { .kind = kinds[row->given] };
    if (input.kind == HF_VIGIL_START) input.u.ways = *ways;
    if (input.kind == HF_VIGIL_EVIDENCE)
        input.u.evidence = (struct hf_vigil_evidence){
            .is_known = row->given != UNKNOWN,
            .is_stopped = row->given == STOPPED,
            .is_frozen = row->given == FROZEN,
            .cpu = HF_MS(row->arg),
        };
    else
        input.probe = v->probe - (uint64_t)row->arg;
    return input;
}

/* Started at 0; no ping comes into its way. */
static struct hf_vigil started(const struct hf_vigil_ways *ways)
{
    struct hf_vigil_limits limits;
    struct hf_vigil v;
    hf_vigil_limits_init(&limits);
    limits.ping_every = HF_SECONDS(1000000);
    hf_vigil_init(&v, &limits);
    struct hf_vigil_input input = { .kind = HF_VIGIL_START, .u.ways = *ways };
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(0), &input), TELL);
    return v;
}

static struct hf_vigil run(const struct hf_vigil_ways *ways, const struct row *rows, size_t count)
{
    struct hf_vigil v = started(ways);
    for (size_t i = 0; i < count; i++) {
        struct hf_vigil_input input = input_of(&v, &rows[i], ways);
        CHECK_EQ_AT(i, hf_vigil_step(&v, hf_at_ms(rows[i].ms), &input), rows[i].acts);
        CHECK_EQ_AT(i, v.stage, rows[i].stage);
    }
    return v;
}

/* supervisor 76: no output, no work. */
static void a_hung_process_is_probed_at_90_s_and_restarted_once_at_95(void)
{
    static const struct row rows[] = {
        { 89999, TIME, 0, 0, HF_VIGIL_HEALTHY },
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90000, CPU, 1000, 0, HF_VIGIL_VERIFYING },
        { 90001, HTTP_FAIL, 0, 0, HF_VIGIL_VERIFYING },
        { 94999, TIME, 0, 0, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 95000, CPU, 1100, RESTART | TELL, HF_VIGIL_UNRESPONSIVE },
        { 95000, CPU, 1100, 0, HF_VIGIL_UNRESPONSIVE },
        { 300000, TIME, 0, 0, HF_VIGIL_UNRESPONSIVE }, /* the governor may delay it */
        { 300001, BEGUN, 0, TELL, HF_VIGIL_RESTARTING },
        { 300002, LIFE, 0, 0, HF_VIGIL_RESTARTING }, /* the process is on its way out */
        { 300003, END, 0, 0, HF_VIGIL_RESTARTING },   /* its exit: told until another one runs */
    };
    struct hf_vigil v = run(&both, rows, HF_COUNT(rows));
    CHECK(hf_time_same(hf_vigil_due(&v), HF_NEVER));
    struct hf_vigil other = v;
    struct hf_vigil_input hello = { .kind = HF_VIGIL_START, .u.ways = both };
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(310000), &hello), TELL);
    CHECK_EQ(v.stage, HF_VIGIL_HEALTHY);
    CHECK_EQ(hf_vigil_step(&other, hf_at_ms(310000), &(struct hf_vigil_input){ HF_VIGIL_FORGET }),
             TELL);
    CHECK_EQ(other.stage, HF_VIGIL_IDLE);
}

static void life_takes_back_a_restart_that_still_waits(void)
{
    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 95000, UNKNOWN, 0, RESTART | TELL, HF_VIGIL_UNRESPONSIVE },
        { 97000, LIFE, 0, CANCEL | TELL, HF_VIGIL_HEALTHY },
        { 97000, BEGUN, 0, 0, HF_VIGIL_HEALTHY },
        { 186999, TIME, 0, 0, HF_VIGIL_HEALTHY },
        { 187000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
    };
    run(&both, rows, HF_COUNT(rows));
}

/* Half a core is the line: 2,500 ms of 5 s. */
static void half_a_core_of_work_is_busy(void)
{
    static const struct {
        int64_t first_ms, last_ms;
        enum hf_vigil_stage stage;
    } rows[] = {
        { 1000, 3500, HF_VIGIL_BUSY },
        { 1000, 3499, HF_VIGIL_UNRESPONSIVE },
        { 0, 20000, HF_VIGIL_BUSY }, /* several cores */
        { 0, 0, HF_VIGIL_UNRESPONSIVE },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        const struct row steps[] = {
            { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
            { 90000, CPU, rows[i].first_ms, 0, HF_VIGIL_VERIFYING },
            { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
            { 95000, CPU, rows[i].last_ms,
              rows[i].stage == HF_VIGIL_BUSY ? TELL : RESTART | TELL, rows[i].stage },
        };
        run(&both, steps, HF_COUNT(steps));
    }
}

/* One round of a busy process from `ms` on: probe, no answer, a whole core used. */
static void busy_round(struct hf_vigil *v, int64_t ms)
{
    const struct row rows[] = {
        { ms, TIME, 0, PROBE | SAMPLE, HF_VIGIL_BUSY },
        { ms, CPU, ms, 0, HF_VIGIL_BUSY },
        { ms + 5000, TIME, 0, SAMPLE, HF_VIGIL_BUSY },
        { ms + 5000, CPU, ms + 5000, 0, HF_VIGIL_BUSY },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_vigil_input input = input_of(v, &rows[i], &both);
        CHECK(hf_time_same(hf_vigil_due(v), hf_at_ms(rows[i].ms)) || rows[i].given != TIME);
        CHECK_EQ_AT(i, hf_vigil_step(v, hf_at_ms(rows[i].ms), &input), rows[i].acts);
        CHECK_EQ_AT(i, v->stage, rows[i].stage);
    }
}

/* supervisor 77 */
static void a_busy_process_is_left_alone_until_180_s(void)
{
    static const struct row to_busy[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90000, CPU, 90000, 0, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 95000, CPU, 95000, TELL, HF_VIGIL_BUSY },
    };
    /* Busy for 100 s, then it answers. */
    struct hf_vigil v = run(&both, to_busy, HF_COUNT(to_busy));
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(100000), &(struct hf_vigil_input){ HF_VIGIL_LIFE }), TELL);
    CHECK_EQ(v.stage, HF_VIGIL_HEALTHY);

    /* Busy for 200 s: probed each 15 s, given up at 180. */
    v = run(&both, to_busy, HF_COUNT(to_busy));
    for (int64_t ms = 105000; ms < 180000; ms += 15000) busy_round(&v, ms);
    CHECK(hf_time_same(hf_vigil_due(&v), hf_at_ms(180000)));
    struct hf_vigil_input time = { .kind = HF_VIGIL_TIME };
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(179999), &time), 0);
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(180000), &time), RESTART | TELL);
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(&v).reason), "busy-too-long");
}

/* supervisor 78 */
static void a_stopped_process_is_told_and_never_killed(void)
{
    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90000, STOPPED, 1000, 0, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 95000, STOPPED, 1000, TELL | HF_VIGIL_DO_CONTINUE, HF_VIGIL_SUSPENDED },
        { 105000, TIME, 0, PROBE | SAMPLE, HF_VIGIL_SUSPENDED },
        { 105000, STOPPED, 1000, 0, HF_VIGIL_SUSPENDED },
        { 110000, TIME, 0, SAMPLE, HF_VIGIL_SUSPENDED },
        { 110000, STOPPED, 1000, 0, HF_VIGIL_SUSPENDED },   /* CONT was sent once */
        { 7200000, TIME, 0, PROBE | SAMPLE, HF_VIGIL_SUSPENDED }, /* hours later, still so */
        { 7205000, TIME, 0, SAMPLE, HF_VIGIL_SUSPENDED },
        { 7205000, FROZEN, 1000, 0, HF_VIGIL_SUSPENDED },
        { 7206000, LIFE, 0, TELL, HF_VIGIL_HEALTHY },
    };
    struct hf_vigil v = run(&both, rows, HF_COUNT(rows));
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(&v).reason), "frozen");
}

static void a_process_that_goes_on_gets_a_whole_silence(void)
{
    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 95000, FROZEN, 0, TELL, HF_VIGIL_SUSPENDED },
        { 105000, TIME, 0, PROBE | SAMPLE, HF_VIGIL_SUSPENDED },
        { 110000, TIME, 0, SAMPLE, HF_VIGIL_SUSPENDED },
        { 110000, CPU, 0, TELL, HF_VIGIL_VERIFYING }, /* thawed, but silent */
        { 199999, TIME, 0, 0, HF_VIGIL_VERIFYING },
        { 200000, TIME, 0, PROBE | SAMPLE, HF_VIGIL_VERIFYING },
        { 200000, CPU, 0, 0, HF_VIGIL_VERIFYING },
        { 205000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 205000, CPU, 0, RESTART | TELL, HF_VIGIL_UNRESPONSIVE },
    };
    run(&both, rows, HF_COUNT(rows));
}

/* supervisor 79 */
static void only_the_connection_is_renewed_when_http_answers(void)
{
    static const struct row late[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90003, HTTP_OK, 0, 0, HF_VIGIL_VERIFYING }, /* the call may still be answered */
        { 95000, TIME, 0, TELL | RECONNECT, HF_VIGIL_HEALTHY },
    };
    static const struct row refused[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90003, HTTP_OK, 0, 0, HF_VIGIL_VERIFYING },
        { 90010, CALL_FAIL, 0, TELL | RECONNECT, HF_VIGIL_HEALTHY },
    };
    static const struct row other_order[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90003, CALL_FAIL, 0, 0, HF_VIGIL_VERIFYING },
        { 90010, HTTP_OK, 0, TELL | RECONNECT, HF_VIGIL_HEALTHY },
    };
    static const struct row both_answer[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90003, HTTP_OK, 0, 0, HF_VIGIL_VERIFYING },
        { 90010, CALL_OK, 0, TELL, HF_VIGIL_HEALTHY },
    };
    struct hf_vigil v = run(&both, late, HF_COUNT(late));
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(&v).result), "only-http");
    run(&both, refused, HF_COUNT(refused));
    run(&both, other_order, HF_COUNT(other_order));
    v = run(&both, both_answer, HF_COUNT(both_answer));
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(&v).result), "answered");
}

/* supervisor 80 */
static void an_external_gateway_is_only_connected_to_anew(void)
{
    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | TELL, HF_VIGIL_VERIFYING },
        { 90001, CALL_FAIL, 0, 0, HF_VIGIL_VERIFYING },
        { 90001, HTTP_FAIL, 0, 0, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, TELL | RECONNECT, HF_VIGIL_EXTERNAL_UNAVAILABLE },
        { 95001, END, 0, 0, HF_VIGIL_EXTERNAL_UNAVAILABLE }, /* our own reconnect */
        { 400000, TIME, 0, 0, HF_VIGIL_EXTERNAL_UNAVAILABLE },
        { 400001, START, 0, TELL, HF_VIGIL_HEALTHY },
    };
    static const struct row stopped[] = {
        { 90000, TIME, 0, PROBE | TELL, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, TELL | RECONNECT, HF_VIGIL_EXTERNAL_UNAVAILABLE },
        { 95001, FORGET, 0, TELL, HF_VIGIL_IDLE }, /* nobody wants it any more */
        { 400000, TIME, 0, 0, HF_VIGIL_IDLE },
    };
    run(&external, stopped, HF_COUNT(stopped));
    struct hf_vigil v = run(&external, rows, HF_COUNT(rows));
    CHECK(hf_vigil_view(&v).is_external);
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(&v).error), "deadline-probe-failed");
}

/* supervisor 81 */
static void answers_that_come_late_count_for_nothing(void)
{
    static const struct row life_wins[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 92000, LIFE, 0, TELL, HF_VIGIL_HEALTHY },
        { 92001, CALL_FAIL, 0, 0, HF_VIGIL_HEALTHY },
        { 92002, HTTP_FAIL, 0, 0, HF_VIGIL_HEALTHY },
        { 95000, TIME, 0, 0, HF_VIGIL_HEALTHY },
        { 95000, CPU, 0, 0, HF_VIGIL_HEALTHY },
        { 181999, TIME, 0, 0, HF_VIGIL_HEALTHY }, /* one probe per silence */
        { 182000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 182001, CALL_OK, 1, 0, HF_VIGIL_VERIFYING }, /* of the probe before */
        { 182001, HTTP_OK, 1, 0, HF_VIGIL_VERIFYING },
        { 187000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 187000, CALL_OK, 0, 0, HF_VIGIL_VERIFYING }, /* its time is over */
        { 187000, LIFE, 0, TELL, HF_VIGIL_HEALTHY },
        { 187000, CPU, 0, 0, HF_VIGIL_HEALTHY },
    };
    run(&both, life_wins, HF_COUNT(life_wins));
}

static void evidence_that_never_comes_is_none(void)
{
    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 99999, TIME, 0, 0, HF_VIGIL_VERIFYING },
        { 100000, TIME, 0, RESTART | TELL, HF_VIGIL_UNRESPONSIVE },
    };
    run(&both, rows, HF_COUNT(rows));
}

static void a_probe_by_http_alone_is_the_whole_answer(void)
{
    static const struct hf_vigil_ways http = { .has_http = true };
    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 90001, HTTP_OK, 0, TELL, HF_VIGIL_HEALTHY },
    };
    run(&http, rows, HF_COUNT(rows));
}

/* supervisor 82 */
static void an_hour_of_sleep_is_no_silence(void)
{
    static const struct row rows[] = {
        { 80000, LIFE, 0, 0, HF_VIGIL_HEALTHY },
        { 3680000, WOKE, 0, 0, HF_VIGIL_HEALTHY },
        { 3769999, TIME, 0, 0, HF_VIGIL_HEALTHY },
        { 3770000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 3775000, WOKE, 0, TELL, HF_VIGIL_HEALTHY }, /* the probe slept too */
        { 3780000, TIME, 0, 0, HF_VIGIL_HEALTHY },
        { 3865000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 3870000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 3870000, CPU, 0, RESTART | TELL, HF_VIGIL_UNRESPONSIVE },
        { 9000000, WOKE, 0, CANCEL | TELL, HF_VIGIL_HEALTHY },
    };
    run(&both, rows, HF_COUNT(rows));
}

/* supervisor 75: each step of a second; frames flow or not; no pong ever comes. */
static struct hf_vigil without_pongs(bool frames_flow, int64_t seconds, uint32_t *told)
{
    struct hf_vigil_limits limits;
    struct hf_vigil v;
    struct hf_vigil_input start = { .kind = HF_VIGIL_START, .u.ways = both };
    uint32_t noted = 0;
    *told = 0;
    hf_vigil_limits_init(&limits);
    limits.silence = limits.busy_max = HF_SECONDS(1000000);
    hf_vigil_init(&v, &limits);
    hf_vigil_step(&v, hf_at_ms(0), &start);
    for (int64_t s = 1; s <= seconds; s++) {
        if (frames_flow && s % 5 == 0)
            hf_vigil_step(&v, hf_at_ms(s * 1000), &(struct hf_vigil_input){ HF_VIGIL_LIFE });
        uint32_t acts = hf_vigil_step(&v, hf_at_ms(s * 1000), &(struct hf_vigil_input){ 0 });
        CHECK_EQ_AT(s, (acts & HF_VIGIL_DO_PING) != 0, s % 30 == 0);
        CHECK_EQ_AT(s, acts & ~(uint32_t)(HF_VIGIL_DO_PING | MISS | HF_VIGIL_TELL_MISSES), 0);
        if (acts & HF_VIGIL_TELL_MISSES) ++*told;
        if (acts & MISS) noted++;
    }
    CHECK_EQ(noted, v.misses);
    return v;
}

static void missed_pongs_are_told_and_never_acted_on(void)
{
    uint32_t told;
    struct hf_vigil v = without_pongs(true, 600, &told);
    CHECK_EQ(v.misses + told, 0); /* pongs are lost, but frames flow */

    v = without_pongs(false, 101, &told);
    CHECK_EQ(v.misses, 2);
    v = without_pongs(false, 102, &told); /* the ping of 90 s, 12 s later */
    CHECK_EQ(v.misses, 3);
    CHECK_EQ(told, 1);
    v = without_pongs(false, 900, &told);
    CHECK_EQ(v.misses, 29);
    CHECK_EQ(told, 1);
    CHECK_EQ(v.stage, HF_VIGIL_HEALTHY);
    hf_vigil_step(&v, hf_at_ms(900001), &(struct hf_vigil_input){ HF_VIGIL_LIFE });
    CHECK_EQ(v.misses, 0);
}

static void misses_of_a_place_without_connection_are_told_once(void)
{
    struct hf_vigil v = started(&both);
    struct hf_vigil_input missed = { .kind = HF_VIGIL_MISS }, life = { .kind = HF_VIGIL_LIFE };
    for (int64_t i = 1; i <= 7; i++) {
        uint32_t want = MISS | (i == 3 || i == 7 ? HF_VIGIL_TELL_MISSES : 0);
        CHECK_EQ_AT(i, hf_vigil_step(&v, hf_at_ms(i), &missed), want);
        if (i == 4) CHECK_EQ(hf_vigil_step(&v, hf_at_ms(i), &life), 0);
    }
    CHECK_EQ(v.misses, 3);
}

/* Nobody is there to answer one; and a place without a connection has no pings. */
static void what_is_suspended_is_not_pinged(void)
{
    static const struct hf_vigil_ways http = { .has_http = true };
    struct hf_vigil_limits limits;
    struct hf_vigil v;
    hf_vigil_limits_init(&limits);
    hf_vigil_init(&v, &limits);
    struct hf_vigil_input input = { .kind = HF_VIGIL_START, .u.ways = both };
    hf_vigil_step(&v, hf_at_ms(0), &input);
    v.stage = HF_VIGIL_SUSPENDED;
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(30000), &(struct hf_vigil_input){ 0 }), 0);
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(50000), &(struct hf_vigil_input){ 0 }), 0);
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(50001), &(struct hf_vigil_input){ HF_VIGIL_LIFE }), TELL);
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(60000), &(struct hf_vigil_input){ 0 }), HF_VIGIL_DO_PING);
    input.u.ways = http;
    hf_vigil_step(&v, hf_at_ms(100000), &input);
    CHECK_EQ(hf_vigil_step(&v, hf_at_ms(189999), &(struct hf_vigil_input){ 0 }), 0);
}

/* It has lost its connection and does not let us in again: judged at once, by HTTP and by
 * what the process does; how long it may work counts from its last life. */
static void a_doubt_is_judged_at_once(void)
{
    static const struct {
        int64_t silent_since_ms;
        struct row rows[3]; /* the verdict, and what follows it */
    } cases[] = {
        { 0, { { 105000, CPU, 1100, RESTART | TELL, HF_VIGIL_UNRESPONSIVE } } },
        { 0, { { 105000, UNKNOWN, 0, RESTART | TELL, HF_VIGIL_UNRESPONSIVE } } },
        { 0,
          { { 105000, STOPPED, 0, HF_VIGIL_DO_CONTINUE | TELL, HF_VIGIL_SUSPENDED },
            { 114999, TIME, 0, 0, HF_VIGIL_SUSPENDED },
            { 115000, TIME, 0, PROBE | SAMPLE, HF_VIGIL_SUSPENDED } } },
        { 0,
          { { 105000, CPU, 4000, TELL, HF_VIGIL_BUSY },
            { 115000, TIME, 0, PROBE | SAMPLE, HF_VIGIL_BUSY },
            { 116000, HTTP_OK, 0, TELL, HF_VIGIL_HEALTHY } } },
        { -76000, { { 105000, CPU, 4000, RESTART | TELL, HF_VIGIL_UNRESPONSIVE } } },
    };
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_vigil_limits limits;
        struct hf_vigil v;
        struct hf_vigil_input input = { .kind = HF_VIGIL_DOUBT };
        hf_vigil_limits_init(&limits);
        hf_vigil_init(&v, &limits);
        input.u.doubt.ways = (struct hf_vigil_ways){ .has_http = true };
        input.u.doubt.silent_since = hf_at_ms(cases[i].silent_since_ms);
        CHECK_EQ_AT(i, hf_vigil_step(&v, hf_at_ms(100000), &input), PROBE | SAMPLE | TELL);
        static const struct row first[] = {
            { 100000, CPU, 1000, 0, HF_VIGIL_VERIFYING },
            { 104999, TIME, 0, 0, HF_VIGIL_VERIFYING },
            { 105000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        };
        for (size_t k = 0; k < HF_COUNT(first) + HF_COUNT(cases[i].rows); k++) {
            bool is_first = k < HF_COUNT(first);
            const struct row *row = is_first ? &first[k] : &cases[i].rows[k - HF_COUNT(first)];
            if (row->ms == 0) break;
            input = input_of(&v, row, &both);
            CHECK_EQ_AT(i * 10 + k, hf_vigil_step(&v, hf_at_ms(row->ms), &input), row->acts);
            CHECK_EQ_AT(i * 10 + k, v.stage, row->stage);
        }
    }
}

static void the_snapshot_says_where_the_ladder_stands(void)
{
    struct hf_vigil v = started(&both);
    struct hf_vigil_view view = hf_vigil_view(&v);
    CHECK_TEXT(hf_bytes_cstr(view.state), "healthy");
    CHECK(hf_time_same(view.alive_at, hf_at_ms(0)));
    CHECK(hf_time_same(view.deadline_at, hf_at_ms(90000)));
    CHECK(hf_time_same(view.probed_at, HF_NEVER));
    CHECK(view.result == NULL && view.error == NULL && view.reason == NULL);

    static const struct row rows[] = {
        { 90000, TIME, 0, PROBE | SAMPLE | TELL, HF_VIGIL_VERIFYING },
        { 95000, TIME, 0, SAMPLE, HF_VIGIL_VERIFYING },
        { 95000, CPU, 0, RESTART | TELL, HF_VIGIL_UNRESPONSIVE },
    };
    v = run(&both, rows, HF_COUNT(rows));
    view = hf_vigil_view(&v);
    CHECK_TEXT(hf_bytes_cstr(view.state), "restart-pending");
    CHECK(hf_time_same(view.alive_at, hf_at_ms(0)));
    CHECK(hf_time_same(view.deadline_at, HF_NEVER));
    CHECK(hf_time_same(view.probed_at, hf_at_ms(90000)));
    CHECK_TEXT(hf_bytes_cstr(view.result), "failed");
    CHECK_TEXT(hf_bytes_cstr(view.error), "deadline-probe-timeout");
    CHECK_TEXT(hf_bytes_cstr(view.reason), "no-progress");
    hf_vigil_step(&v, hf_at_ms(95001), &(struct hf_vigil_input){ HF_VIGIL_RESTART_BEGUN });
    CHECK_TEXT(hf_bytes_cstr(hf_vigil_view(&v).state), "restart-executing");
}

static void every_stage_has_its_name(void)
{
    static const char *const names[] = { "idle",       "healthy",
                                         "verifying",  "busy",
                                         "suspended",  "unresponsive",
                                         "restarting", "external-unavailable" };
    for (size_t i = 0; i < HF_COUNT(names); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_vigil_stage_name((enum hf_vigil_stage)i)), names[i]);
}

CHECK_MAIN(a_hung_process_is_probed_at_90_s_and_restarted_once_at_95,
           life_takes_back_a_restart_that_still_waits, half_a_core_of_work_is_busy,
           a_busy_process_is_left_alone_until_180_s, a_stopped_process_is_told_and_never_killed,
           a_process_that_goes_on_gets_a_whole_silence,
           only_the_connection_is_renewed_when_http_answers,
           an_external_gateway_is_only_connected_to_anew, answers_that_come_late_count_for_nothing,
           evidence_that_never_comes_is_none, a_probe_by_http_alone_is_the_whole_answer,
           an_hour_of_sleep_is_no_silence, missed_pongs_are_told_and_never_acted_on,
           misses_of_a_place_without_connection_are_told_once, a_doubt_is_judged_at_once,
           what_is_suspended_is_not_pinged, the_snapshot_says_where_the_ladder_stands,
           every_stage_has_its_name)
