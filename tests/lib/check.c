#include "lib/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SHOWN_BYTES = 400 };

static void run_case(void **state)
{
    const struct check_case *test = *state;
    test->run();
}

int check_main(const struct check_case *cases, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    if (!tests) return EXIT_FAILURE;
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].name,
                                        .test_func = run_case,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    int failed = _cmocka_run_group_tests("holdfast", tests, count, NULL, NULL);
    free(tests);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

void check_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    /* A failed test is left by a jump, which another thread must not do. */
    if (gettid() == getpid()) _fail(file, line);
    abort();
}

void check_untried(const char *why)
{
    fprintf(stderr, "not tried: %s\n", why);
}

static void show(const char *what, struct hf_bytes bytes)
{
    fprintf(stderr, "  %s %zu bytes: \"", what, bytes.len);
    for (size_t i = 0; i < bytes.len && i < SHOWN_BYTES; i++) {
        uint8_t c = bytes.ptr[i];
        if (c >= ' ' && c < 0x7F && c != '\\')
            fputc(c, stderr);
        else
            fprintf(stderr, "\\x%02x", c);
    }
    fprintf(stderr, bytes.len > SHOWN_BYTES ? "\"...\n" : "\"\n");
}

void check_same_bytes(const char *file, int line, long row, const char *text, struct hf_bytes got,
                      struct hf_bytes want)
{
    if (hf_bytes_same(got, want)) return;
    show("got ", got);
    show("want", want);
    if (row >= 0) check_fail(file, line, "row %ld: %s differs", row, text);
    check_fail(file, line, "%s differs", text);
}
