#include "host/port_holder.h"
#include "base/bytes.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TCP_STATE_LISTEN = 0x0A, ANSWER_SECONDS = 1 };

/* The inode of the socket that listens on `port`, from a table in /proc/net. */
static bool find_inode(const char *table, uint16_t port, unsigned long *inode)
{
    char line[512];
    bool found = false;
    FILE *in = fopen(table, "re");
    if (!in) return false;
    while (!found && fgets(line, sizeof line, in)) {
        unsigned local_port, state;
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu",
                   &local_port, &state, inode) == 3)
            found = local_port == port && state == TCP_STATE_LISTEN;
    }
    fclose(in);
    return found;
}

static bool holds(const char *pid, const char *link_text)
{
    char path[300], target[64];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *dir = opendir(path);
    if (!dir) return false;
    for (struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, entry->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len < 0) continue;
        target[len] = '\0';
        found = strcmp(target, link_text) == 0;
    }
    closedir(dir);
    return found;
}

static void write_name(const char *pid, char *out, size_t cap)
{
    char path[64], name[64] = "?";
    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    FILE *in = fopen(path, "re");
    if (in) {
        if (fgets(name, sizeof name, in)) name[strcspn(name, "\n")] = '\0';
        fclose(in);
    }
    snprintf(out, cap, "pid %s (%s)", pid, name);
}

void hf_port_holder(uint16_t port, char *out, size_t cap)
{
    unsigned long inode;
    char link_text[64];
    snprintf(out, cap, "another process");
    if (!find_inode("/proc/net/tcp", port, &inode) && !find_inode("/proc/net/tcp6", port, &inode))
        return;
    snprintf(link_text, sizeof link_text, "socket:[%lu]", inode);
    DIR *dir = opendir("/proc");
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]) || !holds(entry->d_name, link_text)) continue;
        write_name(entry->d_name, out, cap);
        break;
    }
    closedir(dir);
}

static size_t ask(int fd, char *answer, size_t cap)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                  "Connection: close\r\n\r\n";
    size_t len = 0;
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0) return 0;
    while (len < cap) {
        ssize_t got = recv(fd, answer + len, cap - len, 0);
        if (got <= 0) break;
        len += (size_t)got;
    }
    return len;
}

bool hf_port_is_healthy_gateway(uint16_t port)
{
    char answer[2048];
    struct timeval patience = { .tv_sec = ANSWER_SECONDS };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    size_t len = 0;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) len = ask(fd, answer, sizeof answer);
    close(fd);
    return len > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0 &&
           memmem(answer, len, "\"status\":\"live\"", 15) != NULL;
}
