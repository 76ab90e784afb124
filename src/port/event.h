/* port/event.h: what a host tells an engine.
 *
 * One event in, then the host drains the actions (port/action.h).  Everything a
 * pointer in here leads to is borrowed until the step returns. */
#ifndef HF_PORT_EVENT_H
#define HF_PORT_EVENT_H

#include "base/bytes.h"
#include "base/pool.h"
#include "base/time.h"
#include "port/job.h"

enum hf_event_kind {
    HF_EVENT_ACCEPTED,   /* a new socket; the outcome names its connection */
    HF_EVENT_INPUT,      /* bytes arrived; the outcome says how many were taken */
    HF_EVENT_INPUT_END,  /* the peer will send no more (FIN) */
    HF_EVENT_WRITTEN,    /* so many bytes of the output were accepted by the system */
    HF_EVENT_CLOSED,     /* the socket is gone for good; the id is dead afterwards */
    HF_EVENT_JOB_DONE,   /* the result of an HF_ACTION_JOB */
    HF_EVENT_ITEM_READY, /* one named thing that start-up waits for is there */
    HF_EVENT_EXPECTED,   /* start-up does not end before a known moment */
    HF_EVENT_HELD,       /* whether the host has work of its own that a drain waits for */
    HF_EVENT_SETTINGS,   /* new settings, all checked, replace the old ones at once */
    HF_EVENT_STOP,       /* drain and stop; a second one stops at once */
    HF_EVENT_TURN,       /* a loop turn began: how long the host was blocked in poll */
};

/* Where a connection comes from.  IPv4 addresses are IPv4-mapped. */
struct hf_peer {
    uint8_t address[16];
    uint16_t port;
    uint8_t local_address[16];
    uint16_t local_port;
    bool is_tls;
};

/* Why a socket is gone. */
enum hf_lost {
    HF_LOST_BY_US,    /* after HF_ACTION_CLOSE or HF_ACTION_KILL */
    HF_LOST_BY_PEER,  /* orderly end by the peer */
    HF_LOST_RESET,    /* the peer or the network reset it */
    HF_LOST_TLS,      /* the TLS handshake or record layer failed */
    HF_LOST_IO_ERROR, /* any other error of the system */
};

struct hf_settings;

struct hf_event {
    enum hf_event_kind kind;
    hf_id conn; /* INPUT, INPUT_END, WRITTEN, CLOSED */
    union {
        struct hf_peer accepted;
        struct {
            uint8_t *data; /* the engine may change the bytes (unmasking) */
            size_t len;
        } input;
        size_t written_bytes;
        enum hf_lost closed;
        const struct hf_job_result *job;
        struct hf_bytes item; /* its name, as in hf_server_config.start_items */
        hf_time expected_at;  /* EXPECTED; HF_NEVER: nobody knows when */
        bool is_held;
        const struct hf_settings *settings;
        struct {
            bool will_restart;
            int64_t restart_expected_ms; /* only when will_restart */
        } stop;
        struct {
            hf_span blocked_for; /* in poll, before this turn */
            hf_span cpu_used;    /* of the whole process, since it began */
        } turn;
    } u;
};

/* What the engine answers at once. */
struct hf_outcome {
    hf_id conn;        /* ACCEPTED: the new connection; 0 means refused, close the socket */
    size_t used_bytes; /* INPUT: bytes taken; the rest is offered again after the actions */
};

#endif
