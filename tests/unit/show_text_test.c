#include "lib/check.h"
#include "prog/show/text.h"

static void nothing_of_a_peers_text_reaches_the_terminal_as_a_command(void)
{
    static const struct {
        const char *text;
        size_t max;
        const char *want;
    } rows[] = {
        { "", 10, "" },
        { "plain", 10, "plain" },
        { "a\033[31mred", 20, "a?[31mred" },
        { "a\tb\nc\rd\x7f", 20, "a b?c?d?" },
        { "\xc2\x9b"
          "31m",
          20, "?31m" }, /* CSI as one character */
        { "\xc2\xa0x", 20, "\xc2\xa0x" },
        { "gr\u00fc\u00df \u4e16 \U0001f600", 40, "gr\u00fc\u00df \u4e16 \U0001f600" },
        { "\xff\xc3", 20, "??" },
        { "\xe4\xb8", 20, "??" },
        { "\xed\xa0\x80", 20, "???" }, /* a surrogate */
        { "abcdef", 6, "abcdef" },
        { "abcdefg", 6, "abc..." },
        { "abc\u00fcdef", 6, "abc..." },
        { "\u00fc\u00fc\u00fc\u00fc", 7, "\u00fc\u00fc..." },
        { "abcd", 2, "" },
        { "ab", 2, "ab" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 256);
        hf_show_text(&out, hf_bytes_cstr(rows[i].text), rows[i].max);
        CHECK_EQ_AT(i, hf_buf_done(&out), 0);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

static void a_copy_ends_with_a_zero(void)
{
    char out[6];
    hf_show_copy(out, sizeof out, HF_LIT("abcde"));
    CHECK_TEXT(hf_bytes_cstr(out), "abcde");
    hf_show_copy(out, sizeof out, HF_LIT("abcdef"));
    CHECK_TEXT(hf_bytes_cstr(out), "ab...");
    hf_show_copy(out, sizeof out, HF_EMPTY);
    CHECK_TEXT(hf_bytes_cstr(out), "");
}

CHECK_MAIN(nothing_of_a_peers_text_reaches_the_terminal_as_a_command, a_copy_ends_with_a_zero)
