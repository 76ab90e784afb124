#include "base/real.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <float.h>
#include <locale.h>
#include <math.h>

static const struct {
    const char *text;
    bool is_fine;
    double want;
} texts[] = {
    { "4.5", true, 4.5 }, { "-0.25e2", true, -25 }, { "1e3", true, 1000 },
    { "7", true, 7 },     { "4,5", false, 0 },      { "4.5x", false, 0 },
    { "", false, 0 },     { ".", false, 0 },        { "1e400", true, HUGE_VAL },
};

static void texts_are_read_whole(void)
{
    for (size_t i = 0; i < HF_COUNT(texts); i++) {
        double got = -1;
        CHECK_EQ_AT(i, hf_real_read(texts[i].text, &got), texts[i].is_fine);
        CHECK_AT(i, got == (texts[i].is_fine ? texts[i].want : -1));
    }
}

static const double numbers[] = { 0.5, -0.1, 1.0 / 3, 1e-7, DBL_MAX, DBL_MIN, 5e-324, 123456.789 };

static void what_is_written_reads_back(void)
{
    for (size_t i = 0; i < HF_COUNT(numbers); i++) {
        char text[HF_REAL_CHARS];
        double got = 0;
        size_t len = hf_real_write(numbers[i], text);
        CHECK_EQ_AT(i, len, strlen(text));
        CHECK_AT(i, strchr(text, ',') == NULL);
        CHECK_AT(i, hf_real_read(text, &got) && got == numbers[i]);
    }
}

/* The parts of LC_NUMERIC as the C library keeps them in a file: decimal point, separator,
 * grouping, both as wide characters, character set. */
static void put_numeric_locale(const char *path)
{
    static const uint32_t head[] = { 0x20031114, 6, 32, 34, 36, 40, 44, 48, ',', '.' };
    static const char strings[] = { ',', 0, '.', 0, 3, 3, 0, 0 };
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fwrite(head, sizeof head[0], 8, file);
    fwrite(strings, 1, sizeof strings, file);
    fwrite(&head[8], sizeof head[0], 2, file);
    fwrite("UTF-8", 1, 6, file);
    CHECK_EQ(fclose(file), 0);
}

/* A locale of our own, so that none has to be installed.  Where the C library knows no such
 * files nothing changes, and the test above is run twice. */
static void a_comma_in_the_locale_changes_nothing(void)
{
    struct scratch scratch;
    char path[SCRATCH_PATH_BYTES];
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/xx", scratch.dir);
    CHECK_EQ(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/xx/LC_NUMERIC", scratch.dir);
    put_numeric_locale(path);
    setenv("LOCPATH", scratch.dir, 1);
    const char *name = setlocale(LC_NUMERIC, "xx");
#ifdef __GLIBC__
    char text[HF_REAL_CHARS];
    CHECK(name != NULL);
    snprintf(text, sizeof text, "%g", 0.5);
    CHECK_TEXT(hf_bytes_cstr(text), "0,5");
#endif
    (void)name;
    texts_are_read_whole();
    what_is_written_reads_back();
    setlocale(LC_NUMERIC, "C");
    unsetenv("LOCPATH");
    scratch_drop(&scratch);
}

CHECK_MAIN(texts_are_read_whole, what_is_written_reads_back, a_comma_in_the_locale_changes_nothing)
