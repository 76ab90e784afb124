/* port/client.h: what a client engine and its host tell each other.
 *
 * One event in, then the host drains the actions; none of them calls back.  A
 * client has at most one socket at a time, named by the generation that asked for
 * it: a late event of an older one changes nothing. */
#ifndef HF_PORT_CLIENT_H
#define HF_PORT_CLIENT_H

#include "base/bytes.h"
#include "base/time.h"

enum hf_client_event_kind {
    HF_CLIENT_START,
    HF_CLIENT_KICK,   /* the network is back */
    HF_CLIENT_RESUME, /* leave a pause */
    HF_CLIENT_STOP,
    HF_CLIENT_WOKE, /* the host slept: the clocks drifted apart */
    HF_CLIENT_DIALED,
    HF_CLIENT_DIAL_FAILED,
    HF_CLIENT_INPUT, /* bytes arrived; the step says how many were taken */
    HF_CLIENT_WRITTEN,
    HF_CLIENT_CLOSED, /* the socket is gone, whoever ended it */
};

struct hf_client_event {
    enum hf_client_event_kind kind;
    uint64_t socket; /* DIALED and below */
    union {
        struct {
            bool is_config;      /* it cannot work however often it is tried */
            struct hf_bytes why; /* for people; borrowed */
        } dial_failed;
        struct {
            uint8_t *data;
            size_t len;
        } input;
        size_t written_bytes;
    } u;
};

/* --- what the engine tells its owner --- */

enum hf_client_outcome {
    HF_CLIENT_OK,
    HF_CLIENT_SERVER_ERROR,
    HF_CLIENT_TIMEOUT,
    HF_CLIENT_CANCELLED,
    HF_CLIENT_LOST, /* the connection ended first */
};

enum hf_client_news_kind {
    HF_CLIENT_IS_STATUS,   /* hf_client_status changed */
    HF_CLIENT_IS_ERROR,    /* an attempt failed; hf_client_failure tells more */
    HF_CLIENT_IS_CLOSED,   /* a connection ended */
    HF_CLIENT_IS_PAUSED,   /* it will not try again by itself */
    HF_CLIENT_IS_STARTING, /* the gateway starts; the next attempt follows after `wait` */
    HF_CLIENT_IS_RETRY,    /* the next attempt follows after `wait` */
    HF_CLIENT_IS_READY,    /* logged in; calls are possible */
    HF_CLIENT_IS_EVENT,
    HF_CLIENT_IS_GAP,      /* events were missed; told before the one that showed it */
    HF_CLIENT_IS_ACCEPTED, /* the first of two answers */
    HF_CLIENT_IS_RESULT,   /* the one end of a call */
};

/* Spans are borrowed until the next step. */
struct hf_client_news {
    enum hf_client_news_kind kind;
    uint64_t generation; /* of the connection */
    union {
        hf_span wait;
        struct {
            uint16_t code;
        } closed;
        struct {
            struct hf_bytes name, payload; /* JSON */
            int64_t seq;                   /* 0: none */
        } event;
        struct {
            int64_t expected, received;
        } gap;
        struct {
            uint64_t tag;
            enum hf_client_outcome outcome;
            struct hf_bytes payload; /* OK, and IS_ACCEPTED: JSON, or empty */
            struct hf_bytes error;   /* SERVER_ERROR: JSON */
            bool was_sent;           /* the request may have reached the server */
        } result;
    } u;
};

enum hf_client_action_kind {
    HF_CLIENT_DO_KILL,   /* reset the socket; no event follows */
    HF_CLIENT_DO_DIAL,   /* open a socket, then DIALED or DIAL_FAILED */
    HF_CLIENT_DO_OUTPUT, /* pull the output, write it, report WRITTEN */
    HF_CLIENT_DO_END,    /* write what is queued, close the socket, report CLOSED */
    HF_CLIENT_DO_TELL,   /* news for the owner */
};

struct hf_client_action {
    enum hf_client_action_kind kind;
    uint64_t socket;
    struct hf_client_news news; /* TELL */
};

#endif
