/* Identity, device tokens and questions before a login (spec/client-lifecycle.md 12, 13). */
#include "lib/library_life.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static const struct daemon_plan plain = { 0 };

static void path_in(const struct library *l, const char *name, char out[SCRATCH_PATH_BYTES])
{
    snprintf(out, SCRATCH_PATH_BYTES, "%s/client/%s", l->daemon.scratch.dir, name);
}

static void use_store(struct library *l)
{
    char path[SCRATCH_PATH_BYTES];
    library_be_paired(l);
    snprintf(path, sizeof path, "%s/client", l->daemon.scratch.dir);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_STATE_DIRECTORY, path), 0);
}

/* The token's file, once it is there. */
static bool has_token_file(const struct library *l)
{
    char path[SCRATCH_PATH_BYTES];
    const struct dirent *entry;
    bool is_found = false;
    path_in(l, "", path);
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory)) != NULL) {
        size_t len = strlen(entry->d_name);
        bool is_token = strncmp(entry->d_name, "token-", 6) == 0;
        is_found = is_found || (is_token && strcmp(entry->d_name + len - 5, ".json") == 0);
    }
    if (directory) closedir(directory);
    return is_found;
}

static void stop_and_release(holdfast_client *client)
{
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    holdfast_client_release(client);
}

/* What the texts say stands in the document, too. */
static void want_in_json(holdfast_client *client, enum holdfast_text_key key, const char *name)
{
    char text[80], member[160], json[8192];
    CHECK(holdfast_client_text(client, key, text, sizeof text) > 0);
    snprintf(member, sizeof member, "\"%s\":\"%s\"", name, text);
    CHECK(holdfast_client_json(client, json, sizeof json) < sizeof json);
    CHECK(strstr(json, member));
}

static void keep_identity(struct library *l)
{
    char first[80], second[80], path[SCRATCH_PATH_BYTES];
    struct stat info;
    use_store(l);
    holdfast_client *client = library_ready(l);
    holdfast_client_text(client, HOLDFAST_DEVICE_ID, first, sizeof first);
    path_in(l, "identity.pem", path);
    CHECK_EQ(stat(path, &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0600);
    for (int i = 0; !has_token_file(l); i++) {
        CHECK(i < LIBRARY_PATIENCE_MS);
        if (l->drive == DRIVEN) holdfast_loop_wait(l->loop, 1);
        if (l->drive == THREADED) poll(NULL, 0, 1);
    }
    stop_and_release(client);
    /* The token alone is enough now. */
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_TOKEN, NULL), 0);
    client = library_ready(l);
    holdfast_client_text(client, HOLDFAST_DEVICE_ID, second, sizeof second);
    CHECK(strlen(first) == 64 && strcmp(first, second) == 0);
    want_in_json(client, HOLDFAST_DEVICE_ID, "deviceId");
    want_in_json(client, HOLDFAST_PEER_ADDRESS, "peerAddress");
    stop_and_release(client);
}

static void an_identity_and_its_token_are_kept(void)
{
    library_run(keep_identity, &plain);
}

static void write_file(const char *path, const char *content, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    CHECK(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    CHECK_EQ(fchmod(fd, mode), 0);
    close(fd);
}

static void use_bad_identity(struct library *l)
{
    holdfast_client *client = NULL;
    char path[SCRATCH_PATH_BYTES], kept[8] = "";
    use_store(l);
    path_in(l, "", path);
    CHECK_EQ(mkdir(path, 0700), 0);
    path_in(l, "identity.pem", path);
    write_file(path, "no key", 0600);
    CHECK_EQ(holdfast_client_new(&client, l->loop, l->options), HOLDFAST_ERROR_CORRUPT);
    int fd = open(path, O_RDONLY);
    CHECK_EQ(read(fd, kept, 7), 6);
    close(fd);
    CHECK(strcmp(kept, "no key") == 0); /* nothing replaces it */
    write_file(path, "no key", 0644);
    CHECK_EQ(holdfast_client_new(&client, l->loop, l->options), HOLDFAST_ERROR_DENIED);
}

static void an_identity_that_is_damaged_or_open_is_refused(void)
{
    library_run(use_bad_identity, &plain);
}

/* --- hooks --- */

struct shelf {
    char identity[256];
    size_t len;
    atomic_int writes;
};

static int read_shelf(void *ctx, const char *name, void *out, size_t cap, size_t *len)
{
    struct shelf *shelf = ctx;
    if (strcmp(name, "identity.pem") != 0 || shelf->len == 0) return HOLDFAST_ERROR_NOT_FOUND;
    CHECK(shelf->len <= cap);
    memcpy(out, shelf->identity, shelf->len);
    *len = shelf->len;
    return 0;
}

static int write_shelf(void *ctx, const char *name, const void *data, size_t len)
{
    struct shelf *shelf = ctx;
    atomic_fetch_add(&shelf->writes, 1);
    if (strcmp(name, "identity.pem") != 0) return HOLDFAST_ERROR_IO; /* the disk is full */
    CHECK(len <= sizeof shelf->identity);
    memcpy(shelf->identity, data, len);
    shelf->len = len;
    return 0;
}

static int erase_shelf(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return HOLDFAST_ERROR_NOT_FOUND;
}

static int count(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    CHECK(strlen(holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT)) > 0);
    atomic_fetch_add((atomic_int *)ctx, 1);
    return 0;
}

/* client-lifecycle 76: the connection stays. */
static void fail_to_keep(struct library *l)
{
    struct shelf shelf = { .len = 0 };
    struct holdfast_store store = {
        .ctx = &shelf, .read = read_shelf, .write = write_shelf, .erase = erase_shelf
    };
    CHECK_EQ(holdfast_options_set_store(l->options, &store), 0);
    library_be_paired(l);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_STORE_ERROR, count, &l->count, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 1);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_STATUS), HOLDFAST_CONNECTED);
    CHECK_EQ(atomic_load(&shelf.writes), 2);
    stop_and_release(client);
}

static void a_token_that_cannot_be_kept_is_told_and_no_more(void)
{
    library_run(fail_to_keep, &plain);
}

static int end_now(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)notice;
    CHECK_EQ(holdfast_client_dispose(client), 0);
    CHECK(holdfast_client_is_disposed(client));
    atomic_fetch_add((atomic_int *)ctx, 1);
    return 0;
}

static int count_end(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    atomic_fetch_add((atomic_int *)ctx, 1);
    return 0;
}

/* client-lifecycle 63: in the callback about it. */
static void end_when_not_kept(struct library *l)
{
    static atomic_int ends;
    struct shelf shelf = { .len = 0 };
    struct holdfast_store store = {
        .ctx = &shelf, .read = read_shelf, .write = write_shelf, .erase = erase_shelf
    };
    atomic_store(&ends, 0);
    CHECK_EQ(holdfast_options_set_store(l->options, &store), 0);
    library_be_paired(l);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_STORE_ERROR, end_now, &l->count, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSING, count_end, &ends, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSED, count_end, &ends, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 1);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(atomic_load(&ends), 2);
    holdfast_client_release(client);
}

static void a_client_may_end_when_its_token_is_not_kept(void)
{
    library_run(end_when_not_kept, &plain);
}

struct slow_shelf {
    struct shelf shelf; /* first: its hooks read and write the identity */
    atomic_bool has_ended, has_token;
};

static int write_slowly(void *ctx, const char *name, const void *data, size_t len)
{
    struct slow_shelf *slow = ctx;
    if (strcmp(name, "identity.pem") == 0) return write_shelf(ctx, name, data, len);
    for (int i = 0; !atomic_load(&slow->has_ended); i++) {
        CHECK(i < LIBRARY_PATIENCE_MS);
        poll(NULL, 0, 1);
    }
    atomic_store(&slow->has_token, true);
    return 0;
}

static int note_end(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    atomic_store((atomic_bool *)ctx, true);
    return 0;
}

/* The store takes longer than the client lives. */
static void end_before_it_is_kept(struct library *l)
{
    struct slow_shelf slow = { .shelf = { .len = 0 } };
    struct holdfast_store store = {
        .ctx = &slow, .read = read_shelf, .write = write_slowly, .erase = erase_shelf
    };
    CHECK_EQ(holdfast_options_set_store(l->options, &store), 0);
    library_be_paired(l);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSED, note_end, &slow.has_ended, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(holdfast_client_dispose_wait(client, HOLDFAST_NO_TIMEOUT), 0);
    CHECK(atomic_load(&slow.has_token));
    holdfast_client_release(client);
}

static void a_token_that_is_being_kept_is_waited_for(void)
{
    library_run(end_before_it_is_kept, &plain);
}

struct revoked {
    struct shelf shelf; /* first: its hooks read and write the identity */
    atomic_int erased;
};

static int read_token(void *ctx, const char *name, void *out, size_t cap, size_t *len)
{
    static const char record[] = "{\"role\":\"operator\",\"token\":\"of-last-week\"}";
    if (strncmp(name, "token-", 6) != 0) return read_shelf(ctx, name, out, cap, len);
    CHECK(cap >= sizeof record);
    memcpy(out, record, sizeof record - 1);
    *len = sizeof record - 1;
    return 0;
}

static int erase_token(void *ctx, const char *name)
{
    struct revoked *revoked = ctx;
    CHECK(strncmp(name, "token-", 6) == 0);
    atomic_fetch_add(&revoked->erased, 1);
    return 0;
}

static void revokes(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"UNAUTHORIZED\",\"message\":\"no\",\"details\":{\"code\":\"AUTH_DEVICE_"
               "TOKEN_MISMATCH\"}");
}

static void be_revoked(struct library *l)
{
    struct revoked revoked = { .shelf = { .len = 0 } };
    struct holdfast_store store = {
        .ctx = &revoked, .read = read_token, .write = write_shelf, .erase = erase_token
    };
    CHECK_EQ(holdfast_options_set_store(l->options, &store), 0);
    library_be_paired(l);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &revoked.erased, 1);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(atomic_load(&revoked.erased), 1);
    holdfast_client_release(client);
}

static void a_token_that_is_revoked_is_erased_where_it_is_kept(void)
{
    library_run_fake(be_revoked, revokes);
}

/* --- questions --- */

static void say_no(holdfast_client *client, enum holdfast_ask_kind kind, uint64_t ask_id, void *ctx)
{
    struct library *l = ctx;
    char address[64];
    CHECK_EQ(kind, HOLDFAST_ASK_HANDSHAKE);
    CHECK(holdfast_client_text(client, HOLDFAST_PEER_ADDRESS, address, sizeof address) > 0);
    CHECK(strcmp(address, "127.0.0.1") == 0);
    atomic_fetch_add(&l->count, 1); /* before the answer: the waiter may go on at once */
    CHECK_EQ(holdfast_client_answer(client, ask_id, 0), 0);
}

static void say_yes(holdfast_client *client, enum holdfast_ask_kind kind, uint64_t ask_id,
                    void *ctx)
{
    (void)kind;
    (void)ctx;
    CHECK_EQ(holdfast_client_answer(client, ask_id, 1), 0);
}

/* client-lifecycle 72: no secret leaves, and it pauses. */
static void ask_first(struct library *l)
{
    CHECK_EQ(holdfast_options_set_ask(l->options, HOLDFAST_ASK_HANDSHAKE, say_no, l), 0);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), HOLDFAST_ERROR_NOT_CONNECTED);
    CHECK_EQ(atomic_load(&l->count), 1);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_STATUS), HOLDFAST_FAILED);
    holdfast_client_release(client);
    CHECK_EQ(holdfast_options_set_ask(l->options, HOLDFAST_ASK_HANDSHAKE, say_yes, l), 0);
    holdfast_client_release(library_ready(l));
}

static void a_login_that_is_refused_here_pauses(void)
{
    library_run(ask_first, &plain);
}

CHECK_MAIN(an_identity_and_its_token_are_kept, an_identity_that_is_damaged_or_open_is_refused,
           a_token_that_cannot_be_kept_is_told_and_no_more,
           a_client_may_end_when_its_token_is_not_kept, a_token_that_is_being_kept_is_waited_for,
           a_token_that_is_revoked_is_erased_where_it_is_kept, a_login_that_is_refused_here_pauses)
