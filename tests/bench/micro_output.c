/* Measures what a child's output costs: 100 MB in reads of 64 KiB, of three kinds.
 * Prints numbers, decides nothing.  Usage: micro_output   (a release build) */
#include "core/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { READ_BYTES = 65536, TOTAL_BYTES = 100000000 };

static uint8_t text[READ_BYTES];

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same line again and again, with a number that counts. */
static void fill_repeats(unsigned round)
{
    size_t len = 0;
    for (unsigned i = 0; len + 100 < READ_BYTES; i++)
        len += (size_t)snprintf((char *)text + len, 100,
                                "2026-11-27T10:00:%02u.%03uZ [gateway] request %u took %u ms, "
                                "retrying the upstream\n",
                                i % 60, i % 1000, round + i, i * 7);
    memset(text + len, '\n', READ_BYTES - len);
}

/* Lines of 76 letters that never come twice, as base64 of noise. */
static void fill_distinct(unsigned round)
{
    uint64_t x = round * UINT64_C(2654435761) + 1;
    for (size_t i = 0; i < READ_BYTES; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        text[i] = i % 77 == 76 ? '\n' : (uint8_t)('A' + (x >> 59));
    }
}

static void fill_endless(unsigned round)
{
    memset(text, (int)('a' + round % 26), READ_BYTES);
}

static void show(const char *name, void (*fill)(unsigned round))
{
    struct hf_output_room o;
    struct hf_output_note note;
    double spent = 0;
    uint64_t told = 0;
    unsigned rounds = TOTAL_BYTES / READ_BYTES;
    if (hf_output_init(&o, (struct hf_hash_key){ 1, 2 }, NULL) != 0) exit(1);
    for (unsigned i = 0; i < rounds; i++) {
        fill(i);
        double start = cpu_s();
        hf_output_give(&o, true, hf_bytes(text, READ_BYTES));
        while (hf_output_next(&o, hf_at_ms(i), &note)) told++;
        spent += cpu_s() - start;
    }
    printf("%-34s %8.3f s CPU %9.2f GB/s %8llu notes\n", name, spent, TOTAL_BYTES / 1e9 / spent,
           (unsigned long long)told);
    hf_output_fini(&o);
}

int main(void)
{
    show("output 100 MB, one line repeated", fill_repeats);
    show("output 100 MB, distinct lines", fill_distinct);
    show("output 100 MB, no line end", fill_endless);
    return 0;
}
