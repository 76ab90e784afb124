#include "core/credentials.h"
#include "lib/check.h"

/* client-lifecycle 6.3, row by row: t token, p password, b bootstrap, d explicit device
 * token, s stored one; 20 and 21: the retry and the place it needs. */
static void the_first_case_that_matches_decides(void)
{
    static const struct {
        const char *has;
        bool prefers_bootstrap, retries, is_trusted;
        const char *token, *device_token, *bootstrap_token;
    } rows[] = {
        { "tb", true, false, true, "", "", "b" },   { "t", true, false, true, "t", "", "" },
        { "ts", false, true, true, "t", "s", "" },  { "ts", false, true, false, "t", "", "" },
        { "ts", false, false, true, "t", "", "" },  { "tds", false, true, true, "t", "d", "" },
        { "td", false, false, true, "t", "d", "" }, { "d", false, false, true, "d", "d", "" },
        { "tp", false, false, true, "t", "", "" },  { "ps", false, false, true, "", "", "" },
        { "s", false, false, true, "s", "s", "" },  { "sb", false, false, true, "s", "s", "" },
        { "b", false, false, true, "", "", "b" },   { "", false, false, true, "", "", "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_credentials c = { .prefers_bootstrap = rows[i].prefers_bootstrap,
                                    .is_trusted = rows[i].is_trusted };
        for (const char *at = rows[i].has; *at; at++) {
            struct hf_bytes secret = hf_bytes(at, 1);
            if (*at == 't') c.token = secret;
            if (*at == 'p') c.password = secret;
            if (*at == 'b') c.bootstrap_token = secret;
            if (*at == 'd') c.device_token = secret;
            if (*at == 's') c.stored_device_token = secret;
        }
        struct hf_credential_choice got = hf_credentials_choose(&c, rows[i].retries);
        CHECK_TEXT_AT(i, got.token, rows[i].token);
        CHECK_TEXT_AT(i, got.device_token, rows[i].device_token);
        CHECK_TEXT_AT(i, got.bootstrap_token, rows[i].bootstrap_token);
        CHECK_EQ_AT(i, got.password.len, strchr(rows[i].has, 'p') != NULL);
    }
}

/* client-lifecycle 7.5: what may take a void token's place, and where. */
static void another_secret_goes_to_a_trusted_place_only(void)
{
    struct hf_credentials c = { .stored_device_token = HF_LIT("s"), .is_trusted = true };
    CHECK(!hf_credentials_may_go_without(&c));
    c.bootstrap_token = HF_LIT("b");
    CHECK(hf_credentials_may_go_without(&c));
    c.is_trusted = false;
    CHECK(!hf_credentials_may_go_without(&c));
}

CHECK_MAIN(another_secret_goes_to_a_trusted_place_only, the_first_case_that_matches_decides)
