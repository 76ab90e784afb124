#include "client/file_store.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "host/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int hf_file_store_directory(struct hf_bytes given, char **out)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = hf_mem_new(PATH_MAX);
    int len = PATH_MAX;
    if (!path) return HF_ERR_NOMEM;
    if (given.len > 0)
        len = snprintf(path, PATH_MAX, "%.*s", (int)given.len, (const char *)given.ptr);
    else if (state && state[0] == '/') /* only absolute ones count */
        len = snprintf(path, PATH_MAX, "%s/holdfast-client", state);
    else if (home && home[0] == '/')
        len = snprintf(path, PATH_MAX, "%s/.local/state/holdfast-client", home);
    if (len >= PATH_MAX) {
        hf_mem_free(path);
        return HF_ERR_USAGE;
    }
    *out = path;
    return 0;
}

static int path_of(const char *directory, const char *name, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s/%s", directory, name) < PATH_MAX ? 0 : HF_ERR_TOO_LARGE;
}

static int read_file(void *ctx, const char *name, void *out, size_t cap, size_t *len)
{
    char path[PATH_MAX];
    struct hf_fault fault;
    struct hf_buf content;
    int err = path_of(ctx, name, path);
    if (err) return err;
    hf_buf_init(&content, cap + 1);
    err = hf_file_read_private(path, cap, &content, &fault);
    if (!err) {
        if (content.len > 0) memcpy(out, content.ptr, content.len);
        *len = content.len;
    }
    if (content.ptr) hf_wipe(content.ptr, content.cap);
    hf_buf_fini(&content);
    return err;
}

static int write_file(void *ctx, const char *name, const void *data, size_t len)
{
    char path[PATH_MAX];
    struct hf_fault fault;
    int err = path_of(ctx, name, path);
    if (err) return err;
    int number = hf_file_make_directories(ctx);
    if (number) return hf_fault_code(number);
    return hf_file_replace(path, hf_bytes(data, len), 0600, &fault);
}

static int erase_file(void *ctx, const char *name)
{
    char path[PATH_MAX];
    struct hf_fault fault;
    int err = path_of(ctx, name, path);
    return err ? err : hf_file_remove(path, &fault);
}

struct holdfast_store hf_file_store(char *directory)
{
    return (struct holdfast_store){
        .ctx = directory, .read = read_file, .write = write_file, .erase = erase_file
    };
}
