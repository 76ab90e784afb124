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
    HF_CLIENT_KICK,       /* try now, if it waits */
    HF_CLIENT_NETWORK,    /* the network changed: try now, or probe the connection */
    HF_CLIENT_RESUME,     /* leave a pause */
    HF_CLIENT_RECONNECT,  /* close the connection with a code and open another */
    HF_CLIENT_STOP,       /* until the next START; what waits ends as STOPPED */
    HF_CLIENT_DISPOSE,    /* for good: reset the socket; what waits ends as DISPOSED */
    HF_CLIENT_WOKE,       /* the host slept: the clocks drifted apart */
    HF_CLIENT_BACKGROUND, /* nobody looks: no pings of our own */
    HF_CLIENT_FOREGROUND, /* somebody looks again: as NETWORK */
    HF_CLIENT_ALLOWED,    /* the answers to an ASK_...; a stale one changes nothing */
    HF_CLIENT_REJECTED,   /* also when the question could not be answered */
    HF_CLIENT_DIALED,
    HF_CLIENT_DIAL_FAILED,
    HF_CLIENT_INPUT, /* bytes arrived; the step says how many were taken */
    HF_CLIENT_WRITTEN,
    HF_CLIENT_WRITE_FAILED, /* not because we closed it; what could be read was given first */
    HF_CLIENT_CLOSED,       /* the socket is gone, whoever ended it */
};

struct hf_client_event {
    enum hf_client_event_kind kind;
    uint64_t socket; /* DIALED and below */
    union {
        struct {
            bool is_config;      /* it cannot work however often it is tried */
            bool is_insecure;    /* the gateway's certificate is not the pinned one */
            struct hf_bytes why; /* for people; borrowed */
        } dial_failed;
        struct {
            uint8_t *data;
            size_t len;
        } input;
        size_t written_bytes;
        struct hf_bytes why; /* WRITE_FAILED: for people; borrowed */
        struct {
            uint16_t code;          /* 0: 1012 */
            struct hf_bytes reason; /* at most HF_LIMIT_CLOSE_REASON_BYTES; borrowed */
        } reconnect;
        uint64_t asked; /* ALLOWED, REJECTED: the generation of the question */
    } u;
};

/* --- what the engine tells its owner --- */

enum hf_client_status {
    HF_CLIENT_DISCONNECTED,
    HF_CLIENT_CONNECTING,
    HF_CLIENT_CONNECTED,
    HF_CLIENT_PAUSED, /* waits for somebody, or for a long time */
    HF_CLIENT_FAILED, /* paused by a fault that has to be removed first */
    HF_CLIENT_GONE,   /* disposed */
};

enum hf_client_outcome {
    HF_CLIENT_OK,
    HF_CLIENT_SERVER_ERROR,
    HF_CLIENT_TIMEOUT,
    HF_CLIENT_CANCELLED,
    HF_CLIENT_SEND_FAILED, /* its frame could not be written */
    HF_CLIENT_LOST,        /* the connection ended first */
    HF_CLIENT_STOPPED,
    HF_CLIENT_DISPOSED,
};

enum hf_client_news_kind {
    HF_CLIENT_IS_INSECURE,   /* the certificate is not the pinned one; IS_ERROR follows */
    HF_CLIENT_IS_ERROR,      /* an attempt failed; hf_client_failure tells more */
    HF_CLIENT_TOKEN_DROP,    /* the stored device token of this role is void */
    HF_CLIENT_IS_CLOSED,     /* a connection ended */
    HF_CLIENT_IS_PAUSED,     /* it will not try again before `wait`, or by itself */
    HF_CLIENT_IS_STARTING,   /* the gateway starts; the next attempt follows after `wait` */
    HF_CLIENT_IS_RETRY,      /* the next attempt follows after `wait` */
    HF_CLIENT_ASK_RECONNECT, /* may it dial again?  ALLOWED or REJECTED, at any time */
    HF_CLIENT_ASK_HANDSHAKE, /* may it send its secrets to this socket?  The same */
    HF_CLIENT_TOKEN_STORE,   /* a device token to keep, then hf_client_set_stored_token */
    HF_CLIENT_IS_STATUS,     /* it changed */
    HF_CLIENT_IS_READY,      /* logged in; calls are possible */
    HF_CLIENT_IS_SUBSCRIBED, /* a subscription was answered: `result`, by its tag */
    HF_CLIENT_IS_RESTORED,   /* all subscriptions were answered after a hello or a gap:
                                whatever is read from now on is not older than the events */
    HF_CLIENT_IS_EVENT,
    HF_CLIENT_IS_GAP,          /* events were missed; told before the one that showed it */
    HF_CLIENT_IS_NOTIFICATION, /* legacy JSON-RPC, where allowed: as an event */
    HF_CLIENT_IS_MESSAGE,      /* the same: `event.payload` is none of the known shapes */
    HF_CLIENT_IS_UNREADABLE,   /* a message that is no JSON, or no object; the connection goes on */
    HF_CLIENT_IS_ACCEPTED,     /* the first of two answers */
    HF_CLIENT_IS_RESULT,       /* the one end of a call */
};

/* Spans are borrowed until the next step.  Texts for people hold no secret. */
struct hf_client_news {
    enum hf_client_news_kind kind;
    uint64_t generation; /* of the connection, or of the question */
    union {
        enum hf_client_status status;
        struct {
            uint32_t attempt;  /* failures in a row; IS_STARTING: waits since the last hello */
            hf_span wait;      /* really armed, jitter included */
            hf_span elapsed;   /* since START or the last READY */
            hf_span remaining; /* of the budget; HF_SPAN_MAX: none */
        } retry;               /* IS_RETRY, IS_STARTING */
        struct {
            uint16_t code;          /* 1006: without a close frame */
            struct hf_bytes reason; /* text */
        } closed;
        struct {
            uint16_t close_code;        /* 0: there was no connection */
            struct hf_bytes reason;     /* text */
            struct hf_bytes detail;     /* "PAIRING_REQUIRED", or empty */
            struct hf_bytes request_id; /* of the pairing, or empty */
            struct hf_bytes next_step;  /* "wait_then_retry", or empty */
            hf_span wait;               /* HF_SPAN_MAX: it does not end by itself */
        } paused;
        struct {
            struct hf_bytes hello; /* the payload of hello-ok as it came, with its secrets: JSON */
        } ready;
        struct {
            uint32_t count, failed_count; /* subscriptions */
            bool is_after_gap;
        } restored;
        struct {
            struct hf_bytes role;
            struct hf_bytes token;  /* STORE; a secret */
            struct hf_bytes scopes; /* STORE: a JSON array */
        } token;
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
            struct hf_bytes why;     /* the others: text for people */
            uint16_t close_code;     /* LOST, or 0 */
            bool was_sent;           /* false: the server cannot have seen the request;
                                        true without OK or SERVER_ERROR: nobody knows */
            hf_span took;            /* since it was accepted here */
        } result;
    } u;
};

enum hf_client_action_kind {
    HF_CLIENT_DO_KILL,   /* reset the socket; no event follows */
    HF_CLIENT_DO_DIAL,   /* open a socket, then DIALED or DIAL_FAILED */
    HF_CLIENT_DO_OUTPUT, /* pull the output, write it, report WRITTEN or WRITE_FAILED */
    HF_CLIENT_DO_END,    /* write what is queued, close the socket, report CLOSED */
    HF_CLIENT_DO_TELL,   /* news for the owner */
};

struct hf_client_action {
    enum hf_client_action_kind kind;
    uint64_t socket;
    struct hf_client_news news; /* TELL */
};

#endif
