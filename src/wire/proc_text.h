/* wire/proc_text.h: the lines of Linux's /proc and cgroup files as values.
 *
 * Only reads spans: no heap, so that a process between fork and exec may use it.
 * Spans in results are borrowed from the text.  proc(5), cgroups(7). */
#ifndef HF_WIRE_PROC_TEXT_H
#define HF_WIRE_PROC_TEXT_H

#include "base/bytes.h"

/* The fields of /proc/PID/stat that we use. */
struct hf_proc_stat {
    int64_t pid, parent, session;
    struct hf_bytes name;           /* as the kernel cuts it: 15 bytes */
    char state;                     /* R S D T t Z X I */
    uint64_t user_ticks, sys_ticks; /* of CPU, of the process with its threads */
    uint64_t started;               /* ticks after boot */
};

/* True when the text has all of them.  The name may hold blanks and brackets. */
bool hf_proc_stat_read(struct hf_bytes text, struct hf_proc_stat *out);

/* The next number of a list that blanks separate ("12 15 "): true and the number,
 * and `text` is what is behind it. */
bool hf_proc_next_number(struct hf_bytes *text, uint64_t *out);

/* The next line without its newline: false at the end. */
bool hf_proc_next_line(struct hf_bytes *text, struct hf_bytes *line);

/* The number behind `key` in lines of "key number" ("populated 0"): true when there
 * is such a line. */
bool hf_proc_key_number(struct hf_bytes text, struct hf_bytes key, uint64_t *out);

/* Whether /proc/PID/status says that the process has a handler for signal `number`, 1 to 64. */
bool hf_proc_catches(struct hf_bytes status, int number);

/* One line of /proc/PID/mountinfo. */
struct hf_proc_mount {
    struct hf_bytes root, point, type; /* octal escapes as they stand */
};

bool hf_proc_mount_read(struct hf_bytes line, struct hf_proc_mount *out);

/* Writes a path of mountinfo with its octal escapes ("\040") resolved; the length, or
 * 0 when it does not fit into `cap`. */
size_t hf_proc_path_unescape(struct hf_bytes text, char *out, size_t cap);

/* The path of the version 2 hierarchy in /proc/PID/cgroup ("0::/a/b"): empty when
 * there is none. */
struct hf_bytes hf_proc_cgroup_path(struct hf_bytes text);

/* The systemd unit in a cgroup path, the innermost one ("/user.slice/a.service/x":
 * "a.service"), without templates' resolution; empty when none is named. */
struct hf_bytes hf_proc_unit(struct hf_bytes cgroup_path);

/* One line of /proc/net/tcp or tcp6. */
struct hf_proc_socket {
    uint8_t address[16]; /* local; the first 4 count for IPv4 */
    bool is_v6;
    uint16_t port; /* local */
    bool is_listening;
    uint64_t uid, inode;
};

bool hf_proc_socket_read(struct hf_bytes line, struct hf_proc_socket *out);

#endif
