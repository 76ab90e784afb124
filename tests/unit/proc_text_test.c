#include "wire/proc_text.h"
#include "lib/check.h"

static void a_stat_line_is_taken_apart(void)
{
    static const struct {
        const char *text, *name;
        char state;
        int64_t pid, parent, session;
        uint64_t user, sys, started;
    } rows[] = {
        { "12 (node) S 1 12 11 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 11 0 7777 1 2 3", "node", 'S',
          12, 1, 11, 50, 60, 7777 },
        /* A name is the program's choice: it may look like the fields behind it. */
        { "7 (a) R 1 (b) T 3 7 7 34816 7 0 0 0 0 0 1 2 0 0 20 0 1 0 9\n", "a) R 1 (b", 'T', 7, 3, 7,
          1, 2, 9 },
        { "7 () Z 3 7 7 0 0 0 0 0 0 0 1 2 0 0 20 0 1 0 9", "", 'Z', 7, 3, 7, 1, 2, 9 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proc_stat stat;
        CHECK_AT(i, hf_proc_stat_read(hf_bytes_cstr(rows[i].text), &stat));
        CHECK_TEXT_AT(i, stat.name, rows[i].name);
        CHECK_EQ_AT(i, stat.state, rows[i].state);
        CHECK_EQ_AT(i, stat.pid, rows[i].pid);
        CHECK_EQ_AT(i, stat.parent, rows[i].parent);
        CHECK_EQ_AT(i, stat.session, rows[i].session);
        CHECK_EQ_AT(i, stat.user_ticks, rows[i].user);
        CHECK_EQ_AT(i, stat.sys_ticks, rows[i].sys);
        CHECK_EQ_AT(i, stat.started, rows[i].started);
    }
}

static void a_broken_stat_line_is_refused(void)
{
    static const char *const rows[] = {
        "",
        "12",
        "12 (node",
        "12 node) S",
        "x (node) S 1 12 11 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 11 0 7777",
        "12 (node) S 1 12 11 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 11 0", /* cut before the start */
        "12 (node) SS 1 12 11 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 11 0 7777",
        "12 (node) S 1 12 11 0 -1 4194560 1 2 3 4 5x 60 7 8 20 0 11 0 7777",
        "12 (node) S 99999999999999999999 12 11 0 -1 4194560 1 2 3 4 5 60 7 8 20 0 11 0 7777",
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proc_stat stat = { .pid = -5 };
        CHECK_AT(i, !hf_proc_stat_read(hf_bytes_cstr(rows[i]), &stat));
        CHECK_EQ_AT(i, stat.pid, -5);
    }
}

static void lists_of_numbers_end_where_they_end(void)
{
    struct hf_bytes text = HF_LIT(" 12 345\n6 x 7");
    uint64_t number, sum = 0;
    while (hf_proc_next_number(&text, &number)) sum += number;
    CHECK_EQ(sum, 12 + 345 + 6);
    CHECK_TEXT(text, " x 7");
}

static void keys_are_found_by_their_whole_name(void)
{
    static const struct {
        const char *text, *key;
        bool is_there;
        uint64_t want;
    } rows[] = {
        { "populated 1\nfrozen 0\n", "populated", true, 1 },
        { "populated 1\nfrozen 0", "frozen", true, 0 },
        { "oom 3\noom_kill 2\n", "oom_kill", true, 2 },
        { "oom_kill 2\n", "oom", false, 0 },
        { "oom x\n", "oom", false, 0 },
        { "oom\n", "oom", false, 0 },
        { "", "oom", false, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        uint64_t value = 0;
        CHECK_EQ_AT(
            i, hf_proc_key_number(hf_bytes_cstr(rows[i].text), hf_bytes_cstr(rows[i].key), &value),
            rows[i].is_there);
        CHECK_EQ_AT(i, rows[i].is_there ? value : 0, rows[i].want);
    }
}

static void who_has_a_handler_is_read_from_a_mask(void)
{
    static const struct {
        const char *text;
        int number;
        bool want;
    } rows[] = {
        { "SigIgn:\tffffffffffffffff\nSigCgt:\t0000000000000001\n", 1, true },
        { "SigCgt:\t0000000000000001\n", 2, false },
        { "SigCgt:\t0000000180004A02\n", 10, true }, /* 0x200 */
        { "SigCgt:\t0000000180004a02\n", 12, true }, /* 0x800 */
        { "SigCgt:\t0000000180004a02\n", 11, false },
        { "SigCgt:\t8000000000000000\n", 64, true },
        { "SigCgt:\tffffffffffffffff\n", 65, false },
        { "SigCgt:\tffffffffffffffff\n", 0, false },
        { "SigCgt:\tfffffffffffffffff\n", 1, false }, /* 65 bits are none that we know */
        { "SigCgt:\t00g1\n", 1, false },
        { "SigCgt:\n", 1, false },
        { "SigIgn:\tffffffffffffffff\n", 1, false },
        { "", 1, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_proc_catches(hf_bytes_cstr(rows[i].text), rows[i].number), rows[i].want);
}

static void mounts_name_root_point_and_type(void)
{
    static const struct {
        const char *line, *root, *point, *type;
    } rows[] = {
        { "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw", "/", "/sys/fs/cgroup",
          "cgroup2" },
        { "41 31 0:38 /a\\040b /mnt rw shared:1 master:2 - cgroup2 none rw", "/a\\040b", "/mnt",
          "cgroup2" },
        { "41 31 0:38 / /mnt rw", NULL, NULL, NULL },
        { "41 31 0:38 / /mnt rw -", NULL, NULL, NULL },
        { "", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proc_mount mount;
        bool is_read = hf_proc_mount_read(hf_bytes_cstr(rows[i].line), &mount);
        CHECK_EQ_AT(i, is_read, rows[i].root != NULL);
        if (!is_read) continue;
        CHECK_TEXT_AT(i, mount.root, rows[i].root);
        CHECK_TEXT_AT(i, mount.point, rows[i].point);
        CHECK_TEXT_AT(i, mount.type, rows[i].type);
    }
}

static void octal_escapes_of_paths_are_resolved(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "/a\\040b", "/a b" },   { "/a\\134", "/a\\" },    { "/a\\04", "/a\\04" },
        { "/a\\940", "/a\\940" }, { "/a\\777", "/a\\777" }, { "", "" },
    };
    char out[16];
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        size_t len = hf_proc_path_unescape(hf_bytes_cstr(rows[i].text), out, sizeof out);
        CHECK_TEXT_AT(i, hf_bytes(out, len), rows[i].want);
    }
    CHECK_EQ(hf_proc_path_unescape(HF_LIT("/234567890123456"), out, sizeof out), 0);
    CHECK_EQ(hf_proc_path_unescape(HF_LIT("/23456789012345"), out, sizeof out), 15);
}

static void the_cgroup_of_version_2_and_its_unit(void)
{
    static const struct {
        const char *text, *path, *unit;
    } rows[] = {
        { "9:name=systemd:/x\n0::/system.slice/openclaw.service\n",
          "/system.slice/openclaw.service", "openclaw.service" },
        { "0::/user.slice/user@7.service/app.slice/gw.service/child\n",
          "/user.slice/user@7.service/app.slice/gw.service/child", "gw.service" },
        { "0::/user.slice/session-3.scope", "/user.slice/session-3.scope", "session-3.scope" },
        { "0::/\n", "/", "" },
        { "1:cpu:/\n", "", "" },
        { "", "", "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes path = hf_proc_cgroup_path(hf_bytes_cstr(rows[i].text));
        CHECK_TEXT_AT(i, path, rows[i].path);
        CHECK_TEXT_AT(i, hf_proc_unit(path), rows[i].unit);
    }
}

static void sockets_tell_where_they_listen(void)
{
    struct hf_proc_socket s;
    CHECK(hf_proc_socket_read(HF_LIT("   0: 0100007F:4965 00000000:0000 0A 00000000:00000000 "
                                     "00:00000000 00000000  1000        0 24242 1 0 100 0"),
                              &s));
    CHECK(s.is_listening && !s.is_v6);
    CHECK_EQ(s.port, 0x4965);
    CHECK_EQ(s.uid, 1000);
    CHECK_EQ(s.inode, 24242);
    CHECK_BYTES(hf_bytes(s.address, 4), HF_LIT("\x7F\0\0\1"));
    CHECK(hf_proc_socket_read(HF_LIT("1: 00000000000000000000000001000000:0050 "
                                     "00000000000000000000000000000000:0000 01 0:0 0:0 0 0 0 7 1"),
                              &s));
    CHECK(!s.is_listening && s.is_v6);
    CHECK_BYTES(hf_bytes(s.address, 16), HF_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
}

static void what_is_no_socket_is_refused(void)
{
    static const char *const rows[] = {
        "",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout",
        "0: 0100007F 0:0 0A 0:0 0:0 0 0 0 7 1",
        "0: 0100007F:10000 0:0 0A 0:0 0:0 0 0 0 7 1",
        "0: 01007F:1000 0:0 0A 0:0 0:0 0 0 0 7 1",
        "0: 0100007F:1000 0:0 0A 0:0 0:0 0 x 0 7 1",
        "0: 0100007F:1000 0:0 0A 0:0 0:0 0 0",
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proc_socket s;
        CHECK_AT(i, !hf_proc_socket_read(hf_bytes_cstr(rows[i]), &s));
    }
}

CHECK_MAIN(a_stat_line_is_taken_apart, a_broken_stat_line_is_refused,
           lists_of_numbers_end_where_they_end, keys_are_found_by_their_whole_name,
           who_has_a_handler_is_read_from_a_mask, mounts_name_root_point_and_type,
           octal_escapes_of_paths_are_resolved, the_cgroup_of_version_2_and_its_unit,
           sockets_tell_where_they_listen, what_is_no_socket_is_refused)
