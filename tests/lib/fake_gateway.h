/* lib/fake_gateway.h: a gateway that says what a test wants, in a child process.
 *
 * For what a real gateway does not do on demand: events with chosen numbers, requests to
 * nodes, ends at chosen moments.  The script runs in the child, with blocking sockets; a
 * failed step ends it with an exit code that fake_end gives back. */
#ifndef HF_LIB_FAKE_GATEWAY_H
#define HF_LIB_FAKE_GATEWAY_H

#include "base/buf.h"
#include "wire/ws_frame.h"

#include <sys/types.h>

struct fake {
    pid_t pid;
    uint16_t port;
};

/* One connection, as the script sees it. */
struct fake_conn {
    int fd;
    struct hf_ws_reader ws;
    struct hf_buf in; /* received, not taken yet */
    char connect_id[128];
    unsigned ping_count; /* answered */
};

/* Listens on a free port, then runs the script in a child. */
void fake_start(struct fake *f, void (*script)(int listener));

/* Waits for the script's end: its exit code, 0 when it returned. */
int fake_end(struct fake *f);

/* Ends the script wherever it is. */
void fake_stop(struct fake *f);

/* --- for scripts --- */

/* The next connection, before the upgrade; then the upgrade; then up to its hello. */
void fake_accept(struct fake_conn *c, int listener);
void fake_upgrade(struct fake_conn *c);
void fake_login(struct fake_conn *c);
void fake_hello(struct fake_conn *c); /* answers the connect request whose id is noted */

/* Refuses who comes without the token, for which the file is made only then, and takes the
 * login that has it, on a connection of its own. */
void fake_login_late(struct fake_conn *c, int listener, const char *token_path, const char *token);

void fake_send(struct fake_conn *c, const char *text); /* one message */
void fake_send_bytes(struct fake_conn *c, struct hf_bytes bytes);
void fake_event(struct fake_conn *c, const char *name, const char *payload, int seq);

/* The next message of the client; false at its close or the end of the connection. */
bool fake_read(struct fake_conn *c, struct hf_buf *text);

/* Waits for a request of this method and gives its id. */
void fake_want(struct fake_conn *c, const char *method, char id[128]);
void fake_answer(struct fake_conn *c, const char *id, const char *payload);

/* Pings, and waits for the pong. */
void fake_ping(struct fake_conn *c);

/* Reads to the end of the connection: whether it was reset. */
bool fake_drain(struct fake_conn *c);
void fake_close(struct fake_conn *c);

#endif
