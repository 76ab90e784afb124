/* Replays a corpus as a plain test: one TAP line per file.  Usage: X_replay DIRECTORY */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

enum { PATH_BYTES = 4096, INPUT_BYTES = 1 << 20 };

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The file's bytes in a block of their exact size: false when it cannot be read. */
static bool run_file(const char *directory, const char *name)
{
    static uint8_t bytes[INPUT_BYTES];
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    bool is_whole = feof(file) && !ferror(file);
    fclose(file);
    if (!is_whole) return false;
    uint8_t *copy = fuzz_copy(hf_bytes(bytes, len));
    LLVMFuzzerTestOneInput(copy, len);
    hf_mem_free(copy);
    return true;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int failed = 0, count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count <= 0) {
        printf("Bail out! no inputs in %s\n", argc == 2 ? argv[1] : "(no directory given)");
        return EXIT_FAILURE;
    }
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        bool is_good = run_file(argv[1], entries[i]->d_name);
        printf("%s %d - %s\n", is_good ? "ok" : "not ok", i + 1, entries[i]->d_name);
        fflush(stdout);
        failed += !is_good;
        free(entries[i]);
    }
    free(entries);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
