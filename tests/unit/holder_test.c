#include "core/holder.h"
#include "lib/check.h"

#define NO HF_HOLDER_NO
#define YES HF_HOLDER_YES
#define LISTENS .is_listening = true
#define MINE LISTENS, .is_same_user = true

/* The decision half of supervisor 18 to 27 and 114; the numbers stand at their rows. */
static void who_holds_the_place_decides_what_is_done(void)
{
    static const struct {
        struct hf_holder_facts facts;
        enum hf_holder_class class;
        enum hf_holder_act act;
    } rows[] = {
        { { .is_same_user = false }, HF_HOLDER_NONE, HF_HOLDER_SPAWN },
        /* Of our ledger. */
        { { MINE, .is_ours = true }, HF_HOLDER_OWNED, HF_HOLDER_PROBE },
        { { MINE, .is_ours = true, .answers = YES }, HF_HOLDER_OWNED, HF_HOLDER_CONNECT },
        { { MINE, .is_ours = true, .answers = NO }, HF_HOLDER_OWNED, HF_HOLDER_WAIT },
        /* supervisor 18: a plain HTTP server. */
        { { MINE }, HF_HOLDER_STRANGER, HF_HOLDER_PROBE },
        { { MINE, .answers = NO }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        /* supervisor 19: of another user, even if it answers, even by force. */
        { { LISTENS }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        { { LISTENS, .answers = YES, .lets_in = YES }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        { { LISTENS, .answers = NO, .is_gateway_program = true, .may_reclaim = true },
          HF_HOLDER_STRANGER,
          HF_HOLDER_CONFLICT },
        /* supervisor 20 and 21 */
        { { MINE, .answers = YES }, HF_HOLDER_STRANGER, HF_HOLDER_LOGIN },
        { { MINE, .answers = YES, .lets_in = YES }, HF_HOLDER_EXTERNAL, HF_HOLDER_ATTACH },
        { { MINE, .answers = YES, .lets_in = NO }, HF_HOLDER_FOREIGN, HF_HOLDER_CONFLICT },
        /* supervisor 22: its first half; what follows is in tests/sim/supervisor_place_sim.c. */
        { { MINE, .is_recorded = true, .lives_recorded = true, .answers = NO },
          HF_HOLDER_ADOPTABLE,
          HF_HOLDER_WAIT },
        { { .lives_recorded = true }, HF_HOLDER_ADOPTABLE, HF_HOLDER_WAIT }, /* not listening yet */
        /* supervisor 23: a recycled pid is not recorded. */
        { { MINE, .is_recorded = false, .answers = NO }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        /* supervisor 24 */
        { { MINE, .is_recorded = true, .lives_recorded = true },
          HF_HOLDER_ADOPTABLE,
          HF_HOLDER_PROBE },
        { { MINE, .is_recorded = true, .lives_recorded = true, .answers = YES },
          HF_HOLDER_ADOPTABLE,
          HF_HOLDER_ADOPT },
        /* A stranger on the port goes before a process of ours that is not there. */
        { { MINE, .lives_recorded = true, .answers = NO }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        /* 5.3: the operator's flag takes what looks like a gateway and is of no use. */
        { { MINE, .answers = NO, .is_gateway_program = true, .may_reclaim = true },
          HF_HOLDER_STRANGER,
          HF_HOLDER_KILL },
        { { MINE, .answers = YES, .lets_in = NO, .is_gateway_program = true, .may_reclaim = true },
          HF_HOLDER_FOREIGN,
          HF_HOLDER_KILL },
        { { MINE, .answers = NO, .may_reclaim = true }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        { { MINE, .answers = YES, .lets_in = YES, .is_gateway_program = true, .may_reclaim = true },
          HF_HOLDER_EXTERNAL,
          HF_HOLDER_ATTACH },
        /* supervisor 114: another service's, even by force. */
        { { MINE, .answers = NO, .is_unit = true }, HF_HOLDER_STRANGER, HF_HOLDER_CONFLICT },
        { { MINE, .answers = NO, .is_gateway_program = true, .is_unit = true, .may_reclaim = true },
          HF_HOLDER_STRANGER,
          HF_HOLDER_CONFLICT },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_holder_verdict got = hf_holder_judge(&rows[i].facts);
        CHECK_EQ_AT(i, got.class, rows[i].class);
        CHECK_EQ_AT(i, got.act, rows[i].act);
    }
}

/* Over all facts: nobody is killed for holding the place but whom the operator points at. */
static void only_what_is_pointed_at_is_ever_killed(void)
{
    for (unsigned bits = 0; bits < 1u << 8; bits++)
        for (unsigned known = 0; known < 9; known++) {
            struct hf_holder_facts f = {
                .is_listening = bits & 1,
                .is_ours = bits & 2,
                .is_recorded = bits & 4,
                .lives_recorded = bits & (4 | 8),
                .is_same_user = bits & 16,
                .is_gateway_program = bits & 32,
                .is_unit = bits & 64,
                .may_reclaim = bits & 128,
                .answers = (enum hf_holder_known)(known % 3),
                .lets_in = (enum hf_holder_known)(known / 3),
            };
            if (hf_holder_judge(&f).act != HF_HOLDER_KILL) continue;
            CHECK_AT(bits, f.may_reclaim && f.is_same_user && f.is_gateway_program && !f.is_unit);
            CHECK_AT(bits, !f.is_ours && !f.is_recorded);
        }
}

static void every_class_has_its_name(void)
{
    static const char *const names[] = {
        "none", "owned", "adoptable", "external_gateway", "foreign_gateway", "stranger"
    };
    for (size_t i = 0; i < HF_COUNT(names); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_holder_class_name((enum hf_holder_class)i)), names[i]);
}

static void only_a_service_comes_back_by_itself(void)
{
    static const struct {
        const char *unit;
        bool is_service;
    } rows[] = {
        { "openclaw.service", true },
        { "gateway@1.service", true },
        { "session-2.scope", false },
        { "app-terminal.scope", false },
        { "", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_holder_is_service(hf_bytes_cstr(rows[i].unit)), rows[i].is_service);
}

CHECK_MAIN(only_a_service_comes_back_by_itself, who_holds_the_place_decides_what_is_done,
           only_what_is_pointed_at_is_ever_killed, every_class_has_its_name)
