/* lib/daemon.h: a real gateway in a child process, and a blocking client for it.
 *
 * The child runs host/loop with the engine on loopback sockets, as `holdfast run`
 * does.  Everything it logs is in `<dir>/stderr`. */
#ifndef HF_LIB_DAEMON_H
#define HF_LIB_DAEMON_H

#include "base/buf.h"
#include "engine/settings.h"
#include "lib/scratch.h"

#include <sys/types.h>

#define DAEMON_TOKEN "a-token-for-tests"

enum { DAEMON_RESTART_MS = 1234 };

struct hf_loop;

struct daemon_plan { /* zeroed is a plain gateway */
    hf_span startup_delay;
    unsigned descriptors;                         /* RLIMIT_NOFILE; 0: as it is */
    uint16_t port;                                /* 0: the system chooses */
    int send_buffer;                              /* SO_SNDBUF of every socket; 0: as it is */
    const char *cert_path, *key_path;             /* both: TLS */
    void (*prepare)(const char *dir);             /* the scratch directory, before the start */
    void (*adjust)(struct hf_settings *settings); /* before the start */
    void (*reload)(struct hf_settings *settings); /* at SIGHUP */
    const char *start_item;                       /* one more that start-up waits for, or NULL */
    /* In the child: its loop is there, it is about to be freed, it is gone; all or none. */
    void (*attach)(struct hf_loop *loop, const struct hf_settings *settings);
    void (*detach)(void);
    void (*detached)(void);
};

struct daemon {
    struct scratch scratch;
    pid_t pid;
    uint16_t port;
    int news_fd; /* one byte when it is ready */
};

/* Starts it and waits until it listens (`daemon_start`) or gives up. */
void daemon_start(struct daemon *d, const struct daemon_plan *plan);
void daemon_wait_ready(struct daemon *d);

/* Waits for its end: the exit code, or minus the signal. */
int daemon_wait_end(struct daemon *d);

/* SIGTERM, its end, and the scratch directory gone: the exit code. */
int daemon_stop(struct daemon *d);

/* What it logged so far holds `text`. */
bool daemon_has_logged(const struct daemon *d, const char *text);

/* User and system time of the child so far. */
hf_span daemon_cpu(const struct daemon *d);

/* --- a peer --- */

struct ssl_st;

struct peer {
    int fd;
    struct ssl_st *ssl; /* NULL: plain */
    struct hf_buf in;   /* received and not taken yet */
    bool has_ended;     /* FIN seen */
    bool was_reset;
};

/* Connects to loopback; reads give up (and fail the test) after some seconds. */
void peer_open(struct peer *p, uint16_t port);
void peer_close(struct peer *p);

void peer_send(struct peer *p, struct hf_bytes bytes);

/* Reads until `text` has come and takes everything up to its end: false when the
 * connection ended first. */
bool peer_wait_for(struct peer *p, const char *text);

/* Reads to the end of the connection. */
void peer_drain(struct peer *p);

/* The WebSocket upgrade, up to and with the challenge. */
void peer_upgrade(struct peer *p);

/* One masked text frame: appended to `out`, or sent. */
void peer_add_text(struct hf_buf *out, struct hf_bytes text);
void peer_send_text(struct peer *p, struct hf_bytes text);

/* Upgrade and connect with `token`: whether hello-ok came. */
bool peer_login(struct peer *p, const char *token);

#endif
