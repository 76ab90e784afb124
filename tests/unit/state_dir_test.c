#include "host/state_dir.h"
#include "base/crypto.h"
#include "base/err.h"
#include "host/file.h"
#include "lib/check.h"
#include "lib/scratch.h"

static struct hf_fault fault;

static void path_of(const struct scratch *s, const char *name, char out[SCRATCH_PATH_BYTES])
{
    snprintf(out, SCRATCH_PATH_BYTES, "%s/%s", s->dir, name);
}

static void open_dir(struct scratch *s, struct hf_state_dir *d)
{
    scratch_make(s);
    CHECK_EQ(hf_state_dir_open(d, s->dir, &fault), 0);
}

static void close_dir(struct scratch *s, struct hf_state_dir *d)
{
    hf_state_dir_close(d);
    scratch_drop(s);
}

static void a_second_holder_is_refused_and_told_who_holds_what(void)
{
    struct scratch s;
    struct hf_state_dir first, second;
    char pid[32];
    open_dir(&s, &first);
    CHECK_EQ(hf_state_dir_open(&second, s.dir, &fault), HF_ERR_BUSY);
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    CHECK(strstr(fault.text, pid) != NULL);
    CHECK(strstr(fault.text, s.dir) != NULL);
    hf_state_dir_close(&first);
    CHECK_EQ(hf_state_dir_open(&second, s.dir, &fault), 0);
    close_dir(&s, &second);
}

static void a_look_at_the_lock_tells_who_has_just_begun(void)
{
    struct scratch s;
    struct hf_state_dir d;
    char path[SCRATCH_PATH_BYTES];
    scratch_make(&s);
    CHECK_EQ(hf_state_dir_held_ms(s.dir), INT64_MAX); /* nobody was ever here */
    CHECK_EQ(hf_state_dir_open(&d, s.dir, &fault), 0);
    CHECK(hf_state_dir_held_ms(s.dir) < 3600000);
    CHECK_EQ(hf_state_dir_open(&d, s.dir, &fault), HF_ERR_BUSY); /* looking took nothing */
    path_of(&s, "lock", path);
    struct hf_fault ignored;
    /* Left behind by a process that is gone: no pid is that large. */
    CHECK_EQ(hf_file_replace(path, HF_LIT("pid 2147483647\n"), 0600, &ignored), 0);
    CHECK_EQ(hf_state_dir_held_ms(s.dir), INT64_MAX);
    CHECK_EQ(hf_file_replace(path, HF_LIT("nonsense"), 0600, &ignored), 0);
    CHECK_EQ(hf_state_dir_held_ms(s.dir), INT64_MAX);
    /* A supervisor is there, its gateway not yet. */
    struct hf_state_dir above;
    CHECK_EQ(hf_state_dir_open_as(&above, s.dir, "supervisor.lock", &fault), 0);
    CHECK(hf_state_dir_held_ms(s.dir) < 3600000);
    hf_state_dir_close(&above);
    close_dir(&s, &d);
}

static void the_token_is_made_once_and_stays(void)
{
    struct scratch s;
    struct hf_state_dir d;
    struct stat info;
    char first[HF_STATE_TOKEN_CHARS + 1], again[HF_STATE_TOKEN_CHARS + 1];
    char path[SCRATCH_PATH_BYTES];
    uint8_t bytes[32];
    size_t len;
    bool was_made;
    open_dir(&s, &d);
    CHECK_EQ(hf_state_dir_token(&d, first, &was_made, &fault), 0);
    CHECK(was_made);
    CHECK_EQ(hf_base64url_read(hf_bytes_cstr(first), bytes, sizeof bytes, &len), 0);
    CHECK_EQ(len, 32);
    path_of(&s, "token", path);
    CHECK_EQ(stat(path, &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0600);
    CHECK_EQ(hf_state_dir_token(&d, again, &was_made, &fault), 0);
    CHECK(!was_made);
    CHECK_TEXT(hf_bytes_cstr(again), first);
    close_dir(&s, &d);
}

static void a_secret_that_others_can_read_is_refused(void)
{
    struct scratch s;
    struct hf_state_dir d;
    char token[HF_STATE_TOKEN_CHARS + 1], path[SCRATCH_PATH_BYTES];
    bool was_made;
    open_dir(&s, &d);
    CHECK_EQ(hf_state_dir_token(&d, token, &was_made, &fault), 0);
    path_of(&s, "token", path);
    CHECK_EQ(chmod(path, 0640), 0);
    CHECK_EQ(hf_state_dir_token(&d, token, &was_made, &fault), HF_ERR_DENIED);
    CHECK(strstr(fault.text, path) != NULL);
    CHECK(strstr(fault.text, "0640") != NULL);
    close_dir(&s, &d);
}

static void a_damaged_secret_is_named_and_left_alone(void)
{
    static const char *const names[] = { "token", "key", "identity.pem" };
    struct scratch s;
    struct hf_state_dir d;
    char token[HF_STATE_TOKEN_CHARS + 1], path[SCRATCH_PATH_BYTES];
    uint8_t key[HF_STATE_KEY_BYTES];
    bool was_made;
    open_dir(&s, &d);
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        struct hf_fault ignored;
        struct hf_buf left;
        path_of(&s, names[i], path);
        CHECK_EQ(hf_file_replace(path, HF_LIT("damaged"), 0600, &ignored), 0);
        int err = i == 0   ? hf_state_dir_token(&d, token, &was_made, &fault)
                  : i == 1 ? hf_state_dir_key(&d, key, &fault)
                           : hf_state_dir_identity(&d, key, &fault);
        CHECK_EQ_AT(i, err, HF_ERR_CORRUPT);
        CHECK_AT(i, strstr(fault.text, path) != NULL);
        hf_buf_init(&left, 101);
        CHECK_EQ(hf_file_read(path, 100, &left, &ignored), 0);
        CHECK_TEXT_AT(i, hf_buf_view(&left), "damaged");
        hf_buf_fini(&left);
    }
    close_dir(&s, &d);
}

static void key_and_identity_are_made_once_and_stay(void)
{
    struct scratch s;
    struct hf_state_dir d;
    uint8_t key[HF_STATE_KEY_BYTES], identity[HF_STATE_KEY_BYTES], again[HF_STATE_KEY_BYTES];
    open_dir(&s, &d);
    CHECK_EQ(hf_state_dir_key(&d, key, &fault), 0);
    CHECK_EQ(hf_state_dir_key(&d, again, &fault), 0);
    CHECK_BYTES(hf_bytes(again, sizeof again), hf_bytes(key, sizeof key));
    CHECK_EQ(hf_state_dir_identity(&d, identity, &fault), 0);
    CHECK_EQ(hf_state_dir_identity(&d, again, &fault), 0);
    CHECK_BYTES(hf_bytes(again, sizeof again), hf_bytes(identity, sizeof identity));
    CHECK(memcmp(key, identity, sizeof key) != 0);
    close_dir(&s, &d);
}

static void the_identity_of_another_tool_is_read(void)
{
    /* RFC 8410 section 10.3, and its seed. */
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                              "-----END PRIVATE KEY-----\n";
    struct scratch s;
    struct hf_state_dir d;
    char path[SCRATCH_PATH_BYTES], hex[HF_HEX_CHARS(HF_STATE_KEY_BYTES)];
    uint8_t secret[HF_STATE_KEY_BYTES];
    open_dir(&s, &d);
    path_of(&s, "identity.pem", path);
    CHECK_EQ(hf_file_replace(path, hf_bytes_cstr(pem), 0600, &fault), 0);
    CHECK_EQ(hf_state_dir_identity(&d, secret, &fault), 0);
    hf_hex_write(hf_bytes(secret, sizeof secret), hex);
    CHECK_TEXT(hf_bytes(hex, sizeof hex),
               "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
    close_dir(&s, &d);
}

static void a_directory_that_others_can_read_is_closed_to_them(void)
{
    struct scratch s;
    struct hf_state_dir d;
    struct stat info;
    scratch_make(&s);
    CHECK_EQ(chmod(s.dir, 0755), 0);
    CHECK_EQ(hf_state_dir_open(&d, s.dir, &fault), 0);
    CHECK_EQ(stat(s.dir, &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0700);
    close_dir(&s, &d);
}

static void a_place_that_cannot_be_used_is_named(void)
{
    struct scratch s;
    struct hf_state_dir d;
    scratch_make(&s);
    CHECK_EQ(hf_file_replace(s.path, HF_LIT("a file"), 0600, &fault), 0);
    CHECK_EQ(hf_state_dir_open(&d, s.path, &fault), HF_ERR_EXISTS);
    CHECK(strstr(fault.text, s.path) != NULL);
    /* /proc takes no new directory from anybody, as a read-only disk does not. */
    CHECK(hf_state_dir_open(&d, "/proc/holdfast", &fault) < 0);
    CHECK(strstr(fault.text, "/proc/holdfast") != NULL);
    CHECK_EQ(hf_state_dir_open(&d, "", &fault), HF_ERR_USAGE);
    scratch_drop(&s);
}

CHECK_MAIN(a_second_holder_is_refused_and_told_who_holds_what,
           a_look_at_the_lock_tells_who_has_just_begun, the_token_is_made_once_and_stays,
           a_secret_that_others_can_read_is_refused, a_damaged_secret_is_named_and_left_alone,
           key_and_identity_are_made_once_and_stay, the_identity_of_another_tool_is_read,
           a_directory_that_others_can_read_is_closed_to_them, a_place_that_cannot_be_used_is_named)
