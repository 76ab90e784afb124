#include "host/port_holder.h"
#include "host/proc_file.h"
#include "wire/net_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 1, LISTENERS_MAX = 64, LINE_BYTES = 512, LINK_BYTES = 64 };

static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };

/* --- sockets --- */

struct listeners {
    struct hf_proc_socket items[LISTENERS_MAX];
    size_t count;
};

static struct hf_net_address address_of(const struct hf_proc_socket *s)
{
    return s->is_v6 ? hf_net_address_v6(s->address) : hf_net_address_v4(s->address);
}

static bool is_everywhere(const struct hf_proc_socket *s)
{
    static const uint8_t everywhere[HF_NET_ADDRESS_BYTES];
    return memcmp(s->address, everywhere, s->is_v6 ? 16 : 4) == 0;
}

/* How well a listener fits a connection to that address; 0: it does not get it. */
static int fit(const struct hf_proc_socket *s, const struct hf_net_address *to)
{
    struct hf_net_address at = address_of(s);
    if (hf_net_address_same(&at, to)) return 3;
    if (!is_everywhere(s)) return 0;
    if (s->is_v6 != hf_net_is_v4(to)) return 2;
    return s->is_v6 ? 1 : 0; /* "::" may take IPv4, too */
}

/* Whether it takes a connection to `to`; NULL: loopback's port, there or everywhere. */
static bool is_in_way(const struct hf_proc_socket *s, const struct hf_net_address *to)
{
    struct hf_net_address at = address_of(s);
    if (to) return fit(s, to) > 0;
    return is_everywhere(s) || hf_net_is_loopback(&at);
}

/* Everything that listens on `port` (0: on any) in the way of `to`. */
static void read_table(const char *path, uint16_t port, const struct hf_net_address *to,
                       struct listeners *out)
{
    char line[LINE_BYTES];
    struct hf_proc_socket s;
    FILE *in = fopen(path, "re");
    if (!in) return;
    while (out->count < LISTENERS_MAX && fgets(line, sizeof line, in)) {
        if (!hf_proc_socket_read(hf_bytes_cstr(line), &s) || !s.is_listening) continue;
        if (port == 0 || (s.port == port && is_in_way(&s, to))) out->items[out->count++] = s;
    }
    fclose(in);
}

static void read_tables(uint16_t port, const struct hf_net_address *to, struct listeners *out)
{
    out->count = 0;
    for (size_t i = 0; i < HF_COUNT(tables); i++) read_table(tables[i], port, to, out);
}

/* The listener that the process has open, or NULL. */
static const struct hf_proc_socket *find_open(const char *pid, const struct listeners *among)
{
    char path[300], target[LINK_BYTES], wanted[LINK_BYTES];
    const struct hf_proc_socket *found = NULL;
    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *dir = opendir(path);
    if (!dir) return NULL;
    for (struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, entry->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len < 0) continue;
        target[len] = '\0';
        for (size_t i = 0; i < among->count && !found; i++) {
            snprintf(wanted, sizeof wanted, "socket:[%llu]",
                     (unsigned long long)among->items[i].inode);
            if (strcmp(target, wanted) == 0) found = &among->items[i];
        }
    }
    closedir(dir);
    return found;
}

/* --- processes --- */

/* The name of the executable; of one that we may not look into, what it calls itself. */
static void read_program(const char *pid, char out[HF_PORT_PROGRAM_BYTES])
{
    char path[HF_PROC_PATH_BYTES], target[4096], text[HF_PORT_PROGRAM_BYTES];
    snprintf(path, sizeof path, "/proc/%.20s/exe", pid);
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len > 0) {
        target[len] = '\0';
        const char *slash = strrchr(target, '/');
        snprintf(out, HF_PORT_PROGRAM_BYTES, "%.60s", slash ? slash + 1 : target);
        return;
    }
    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    struct hf_bytes name = hf_bytes_trim(hf_proc_read(path, text, sizeof text));
    snprintf(out, HF_PORT_PROGRAM_BYTES, "%.*s", (int)name.len, (const char *)name.ptr);
}

static void read_unit(const char *pid, char out[HF_PORT_UNIT_BYTES])
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    snprintf(path, sizeof path, "/proc/%.20s/cgroup", pid);
    struct hf_bytes unit = hf_proc_unit(hf_proc_cgroup_path(hf_proc_read(path, text, sizeof text)));
    snprintf(out, HF_PORT_UNIT_BYTES, "%.*s", (int)unit.len, (const char *)unit.ptr);
}

void hf_port_find(uint16_t port, struct hf_port_owner *out)
{
    static struct listeners found;
    *out = (struct hf_port_owner){ .uid = -1 };
    read_tables(port, NULL, &found);
    if (found.count == 0) return;
    out->is_listening = true;
    out->uid = (int64_t)found.items[0].uid;
    DIR *dir = opendir("/proc");
    if (!dir) return;
    for (struct dirent *entry; out->pid == 0 && (entry = readdir(dir)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        const struct hf_proc_socket *open = find_open(entry->d_name, &found);
        uint64_t pid = 0;
        if (!open || !hf_bytes_u64(hf_bytes_cstr(entry->d_name), &pid)) continue;
        out->pid = (pid_t)pid;
        out->uid = (int64_t)open->uid;
        read_program(entry->d_name, out->program);
        read_unit(entry->d_name, out->unit);
    }
    closedir(dir);
}

void hf_port_holder(uint16_t port, char *out, size_t cap)
{
    struct hf_port_owner owner;
    hf_port_find(port, &owner);
    if (owner.pid == 0)
        snprintf(out, cap, "another process");
    else
        snprintf(out, cap, "pid %ld (%s)", (long)owner.pid, owner.program);
}

/* The listener that the process has open, or NULL. */
static const struct hf_proc_socket *find_in(pid_t process, const struct listeners *among)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)process);
    return find_open(pid, among);
}

pid_t hf_port_listener(uint16_t port, const pid_t *pids, size_t count)
{
    static struct listeners found;
    read_tables(port, NULL, &found);
    for (size_t i = 0; i < count && found.count > 0; i++)
        if (find_in(pids[i], &found)) return pids[i];
    return 0;
}

uint16_t hf_port_of(const pid_t *pids, size_t count)
{
    static struct listeners all;
    uint16_t lowest = 0;
    read_tables(0, NULL, &all);
    for (size_t i = 0; i < count && all.count > 0; i++) {
        const struct hf_proc_socket *open = find_in(pids[i], &all);
        if (open && (lowest == 0 || open->port < lowest)) lowest = open->port;
    }
    return lowest;
}

/* --- who answers --- */

/* Those that fit best stay. */
static void keep_best(struct listeners *l, const struct hf_net_address *to)
{
    int best = 0;
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++)
        if (fit(&l->items[i], to) > best) best = fit(&l->items[i], to);
    for (size_t i = 0; i < l->count && best > 0; i++)
        if (fit(&l->items[i], to) == best) l->items[kept++] = l->items[i];
    l->count = kept;
}

/* Its descriptors cannot be seen, but such a socket would be its user's. */
static bool may_hold(const char *pid, const struct listeners *among)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    uint64_t uid;
    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    if (access(path, R_OK | X_OK) == 0 || errno != EACCES) return false;
    snprintf(path, sizeof path, "/proc/%.20s/status", pid);
    if (!hf_proc_key_number(hf_proc_read(path, text, sizeof text), HF_LIT("Uid:"), &uid))
        return false;
    for (size_t i = 0; i < among->count; i++)
        if (among->items[i].uid == uid) return true;
    return false;
}

bool hf_port_comes_to(const struct hf_net_address *address, uint16_t port, const pid_t *pids,
                      size_t count)
{
    static struct listeners found;
    char pid[32];
    read_tables(port, address, &found);
    keep_best(&found, address);
    if (found.count == 0) return !hf_net_is_loopback(address);
    for (size_t i = 0; i < count; i++) {
        snprintf(pid, sizeof pid, "%ld", (long)pids[i]);
        if (find_open(pid, &found) || may_hold(pid, &found)) return true;
    }
    return false;
}

/* --- trying --- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static union address loopback(bool is_v6, uint16_t port)
{
    union address at = { 0 };
    if (is_v6) {
        at.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
                                       .sin6_port = htons(port),
                                       .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    } else {
        at.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
                                      .sin_port = htons(port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    }
    return at;
}

/* Binds and listens (binding alone succeeds beside a listener that did the same);
 * `*bound` is the port.  False: taken. */
static bool try_listen(bool is_v6, uint16_t port, uint16_t *bound)
{
    union address at = loopback(is_v6, port);
    socklen_t len = is_v6 ? sizeof at.v6 : sizeof at.v4;
    int one = 1;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return is_v6; /* a machine without IPv6 */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int failed = bind(fd, &at.any, len);
    bool has_none = failed && errno == EADDRNOTAVAIL && is_v6;
    if (!failed) failed = listen(fd, 1);
    if (!failed && bound && getsockname(fd, &at.any, &len) == 0) *bound = ntohs(at.v4.sin_port);
    close(fd);
    return !failed || has_none;
}

bool hf_port_is_free(uint16_t port)
{
    return try_listen(false, port, NULL) && try_listen(true, port, NULL);
}

uint16_t hf_port_pick(void)
{
    uint16_t port = 0;
    return try_listen(false, 0, &port) ? port : 0;
}

static size_t ask(int fd, const char *path, char *answer, size_t cap)
{
    char request[128];
    size_t len = 0;
    int request_len =
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    if (send(fd, request, (size_t)request_len, MSG_NOSIGNAL) < 0) return 0;
    while (len < cap) {
        ssize_t got = recv(fd, answer + len, cap - len, 0);
        if (got <= 0) break;
        len += (size_t)got;
    }
    return len;
}

/* Whether the answer to GET `path` is a 200 that says `mark`. */
static bool answers(uint16_t port, const char *path, const char *mark)
{
    char answer[2048];
    struct timeval patience = { .tv_sec = ANSWER_SECONDS };
    union address to = loopback(false, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    size_t len = 0;
    if (connect(fd, &to.any, sizeof to.v4) == 0) len = ask(fd, path, answer, sizeof answer);
    close(fd);
    return len > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0 &&
           memmem(answer, len, mark, strlen(mark)) != NULL;
}

bool hf_port_is_healthy_gateway(uint16_t port)
{
    return answers(port, "/healthz", "\"status\":\"live\"");
}

bool hf_port_is_ready_gateway(uint16_t port)
{
    return answers(port, "/readyz", "\"ready\":true");
}
