#include "core/sightings.h"
#include "lib/check.h"

enum given {
    ALIVE,
    MISSED,
    CALL_OK,
    CALL_DECLINED,
    CALL_TIMEOUT,
    CORE_TIMEOUT,
    NOT_SENT,
    CLOSED,
    CHANNELS_OK,
    CHANNELS_FAILED
};

static void give(struct hf_sightings *s, enum given given, hf_time now)
{
    switch (given) {
    case ALIVE:
        hf_sightings_alive(s, now);
        return;
    case MISSED:
        hf_sightings_missed(s, now);
        return;
    case CALL_OK:
        hf_sightings_called(s, now, HF_LIT("system-presence"), HF_SIGHTING_OK, true);
        return;
    case CALL_DECLINED:
        hf_sightings_called(s, now, HF_LIT("chat.send"), HF_SIGHTING_DECLINED, false);
        return;
    case CALL_TIMEOUT:
        hf_sightings_called(s, now, HF_LIT("chat.send"), HF_SIGHTING_TIMEOUT, false);
        return;
    case CORE_TIMEOUT:
        hf_sightings_called(s, now, HF_LIT("system-presence"), HF_SIGHTING_TIMEOUT, true);
        return;
    case NOT_SENT:
        hf_sightings_called(s, now, HF_LIT("config.get"), HF_SIGHTING_NOT_SENT, false);
        return;
    case CLOSED:
        hf_sightings_closed(s, now, 1012);
        return;
    case CHANNELS_OK:
        hf_sightings_channels(s, now, true);
        return;
    case CHANNELS_FAILED:
        hf_sightings_channels(s, now, false);
        return;
    }
}

/* supervisor 85 and 107: each row is one event on fresh sightings that had one miss and
 * one failure at 1 ms; `at` are the instants that must be 5 ms, all others as before. */
enum {
    AT_ALIVE = 1,
    AT_OK = 2,
    AT_FAILED = 4,
    AT_MISSED = 8,
    AT_CLOSED = 16,
    AT_CHANNELS = 32,
    AT_NO_CHANNELS = 64
};

static void every_field_is_set_by_its_own_cause_alone(void)
{
    static const struct {
        enum given given;
        unsigned at;
        uint32_t misses, failures;
        const char *method;
    } rows[] = {
        { ALIVE, AT_ALIVE, 0, 1, "config.get" },
        { MISSED, AT_MISSED, 2, 1, "config.get" },
        { CALL_OK, AT_ALIVE | AT_OK, 0, 0, "config.get" },
        { CALL_DECLINED, AT_ALIVE, 0, 1, "config.get" }, /* the gateway's word, not the wire's */
        { CALL_TIMEOUT, 0, 1, 1, "config.get" },         /* a slow feature */
        { CORE_TIMEOUT, AT_FAILED, 1, 2, "system-presence" },
        { NOT_SENT, AT_FAILED, 1, 2, "config.get" },
        { CLOSED, AT_CLOSED, 0, 1, "config.get" },
        { CHANNELS_OK, AT_CHANNELS, 1, 1, "config.get" },
        { CHANNELS_FAILED, AT_NO_CHANNELS, 1, 1, "config.get" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_sightings s;
        hf_sightings_init(&s);
        give(&s, MISSED, hf_at_ms(1));
        give(&s, NOT_SENT, hf_at_ms(1));
        struct hf_sightings before = s;
        give(&s, rows[i].given, hf_at_ms(5));
        const struct {
            unsigned bit;
            hf_time was, is;
        } fields[] = {
            { AT_ALIVE, before.alive_at, s.alive_at },
            { AT_OK, before.call_ok_at, s.call_ok_at },
            { AT_FAILED, before.call_failed_at, s.call_failed_at },
            { AT_MISSED, before.missed_at, s.missed_at },
            { AT_CLOSED, before.closed_at, s.closed_at },
            { AT_CHANNELS, before.channels_ok_at, s.channels_ok_at },
            { AT_NO_CHANNELS, before.channels_failed_at, s.channels_failed_at },
        };
        for (size_t k = 0; k < HF_COUNT(fields); k++)
            CHECK_AT(i, hf_time_same(fields[k].is,
                                     rows[i].at & fields[k].bit ? hf_at_ms(5) : fields[k].was));
        CHECK_EQ_AT(i, s.misses, rows[i].misses);
        CHECK_EQ_AT(i, s.call_failures, rows[i].failures);
        CHECK_EQ_AT(i, s.close_code, rows[i].given == CLOSED ? 1012 : 0);
        CHECK_TEXT_AT(i, hf_bytes(s.failed_method, s.failed_method_len), rows[i].method);
        /* The snapshot taken before is as it was. */
        CHECK_EQ_AT(i, before.misses, 1);
        CHECK_EQ_AT(i, before.call_failures, 1);
    }
}

static void a_long_method_is_cut(void)
{
    static const char name[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    for (size_t len = HF_SIGHTINGS_METHOD_BYTES; len <= HF_SIGHTINGS_METHOD_BYTES + 1; len++) {
        struct hf_sightings s;
        hf_sightings_init(&s);
        hf_sightings_called(&s, hf_at_ms(0), hf_bytes(name, len), HF_SIGHTING_NOT_SENT, false);
        CHECK_EQ(s.failed_method_len, HF_SIGHTINGS_METHOD_BYTES);
    }
}

/* supervisor 106 */
static void the_transport_is_well_while_its_socket_is_open(void)
{
    static const struct {
        int64_t ms;
        int64_t uptime_s;
    } rows[] = { { 5000, 0 }, { 5999, 0 }, { 6000, 1 }, { 4000, 0 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_transport_report got =
            hf_transport_check(true, hf_at_ms(5000), hf_at_ms(rows[i].ms));
        CHECK_AT(i, got.ok && got.has_uptime && got.error == NULL);
        CHECK_EQ_AT(i, got.uptime_s, rows[i].uptime_s);
    }
    struct hf_transport_report got = hf_transport_check(true, HF_NEVER, hf_at_ms(1));
    CHECK(got.ok && !got.has_uptime);
    got = hf_transport_check(false, hf_at_ms(5000), hf_at_ms(9000));
    CHECK(!got.ok && !got.has_uptime && got.error != NULL);
}

CHECK_MAIN(every_field_is_set_by_its_own_cause_alone, a_long_method_is_cut,
           the_transport_is_well_while_its_socket_is_open)
