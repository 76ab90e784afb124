/* lib/check.h: tests as sentences and table rows, over cmocka.
 *
 *     static void a_full_pool_refuses(void) { CHECK_EQ(hf_pool_new(...), HF_ERR_LIMIT); }
 *     CHECK_MAIN(a_full_pool_refuses, a_stale_id_finds_nothing)
 *
 * A failed check ends its test, naming the place, both values and the row. */
#ifndef HF_LIB_CHECK_H
#define HF_LIB_CHECK_H

#include "base/bytes.h"

#include <stdint.h>

struct check_case {
    const char *name;
    void (*run)(void);
};

int check_main(const struct check_case *cases, size_t count);
__attribute__((noreturn, format(printf, 3, 4))) void check_fail(const char *file, int line,
                                                                const char *format, ...);
/* Ends the test as one that this machine cannot run; `why` for people. */
void check_untried(const char *why);
void check_same_bytes(const char *file, int line, long row, const char *text, struct hf_bytes got,
                      struct hf_bytes want);

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) check_fail(__FILE__, __LINE__, "not true: %s", #cond);                        \
    } while (0)

/* As CHECK, for row `row` of a table. */
#define CHECK_AT(row, cond)                                                                        \
    do {                                                                                           \
        if (!(cond)) check_fail(__FILE__, __LINE__, "row %ld: not true: %s", (long)(row), #cond);  \
    } while (0)

#define CHECK_EQ_AT(row, got, want)                                                                \
    do {                                                                                           \
        intmax_t check_got = (intmax_t)(got), check_want = (intmax_t)(want);                       \
        if (check_got != check_want)                                                               \
            check_fail(__FILE__, __LINE__, "row %ld: %s is %jd, not %jd (%s)", (long)(row), #got,  \
                       check_got, check_want, #want);                                              \
    } while (0)

#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        intmax_t check_got = (intmax_t)(got), check_want = (intmax_t)(want);                       \
        if (check_got != check_want)                                                               \
            check_fail(__FILE__, __LINE__, "%s is %jd, not %jd (%s)", #got, check_got, check_want, \
                       #want);                                                                     \
    } while (0)

/* Spans with the same bytes. */
#define CHECK_BYTES(got, want) check_same_bytes(__FILE__, __LINE__, -1, #got, (got), (want))
#define CHECK_BYTES_AT(row, got, want)                                                             \
    check_same_bytes(__FILE__, __LINE__, (long)(row), #got, (got), (want))
/* A span against a zero-terminated string. */
#define CHECK_TEXT(got, want) CHECK_BYTES((got), hf_bytes_cstr(want))
#define CHECK_TEXT_AT(row, got, want) CHECK_BYTES_AT((row), (got), hf_bytes_cstr(want))

#define CHECK_PARENS ()
#define CHECK_EXPAND(...) CHECK_EXPAND3(CHECK_EXPAND3(CHECK_EXPAND3(CHECK_EXPAND3(__VA_ARGS__))))
#define CHECK_EXPAND3(...) CHECK_EXPAND2(CHECK_EXPAND2(CHECK_EXPAND2(CHECK_EXPAND2(__VA_ARGS__))))
#define CHECK_EXPAND2(...) CHECK_EXPAND1(CHECK_EXPAND1(CHECK_EXPAND1(CHECK_EXPAND1(__VA_ARGS__))))
#define CHECK_EXPAND1(...) __VA_ARGS__
#define CHECK_EACH(macro, ...) __VA_OPT__(CHECK_EXPAND(CHECK_EACH_NEXT(macro, __VA_ARGS__)))
#define CHECK_EACH_NEXT(macro, first, ...)                                                         \
    macro(first) __VA_OPT__(CHECK_EACH_AGAIN CHECK_PARENS(macro, __VA_ARGS__))
#define CHECK_EACH_AGAIN() CHECK_EACH_NEXT

#define CHECK_CASE(test) { #test, test },

#define CHECK_MAIN(...)                                                                            \
    int main(void)                                                                                 \
    {                                                                                              \
        static const struct check_case cases[] = { CHECK_EACH(CHECK_CASE, __VA_ARGS__) };          \
        return check_main(cases, HF_COUNT(cases));                                                 \
    }

#endif
