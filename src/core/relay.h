/* core/relay.h: the bytes of one client and of the upstream behind us, passed on.
 *
 * The client's request head is read and written anew (wire/http_forward); everything
 * behind it goes both ways untouched.  A WebSocket's bytes are held until the upstream
 * has answered 101, and of any other request only the announced body is passed on: a
 * connection carries one request, so that none of them goes without attribution.
 *
 * What cannot be passed on (a head that is refused; an upstream that does not take the
 * connection, or that ends or says 503 instead of answering an upgrade) goes to the gate,
 * with all that the client has sent so far.
 *
 * Each side is read only while less than HF_LIMIT_RELAY_BUFFER_BYTES wait for the other.
 * An end is passed on as an end, a reset as a reset; what the side said before either goes
 * before it, a reset only once that has left this machine.  An upstream that has ended and
 * then resets takes no more, that is all: it was the client's late bytes that it refused,
 * and as a reset the refusal could take from the client what it has not read yet.  So they
 * are dropped until the client ends, too.
 *
 * An idle connection holds no buffer.  Pure: sockets are the caller's. */
#ifndef HF_CORE_RELAY_H
#define HF_CORE_RELAY_H

#include "base/time.h"
#include "wire/http_forward.h"

struct hf_relay_limits {
    hf_span head_within;   /* accept to the end of the client's head */
    hf_span answer_within; /* the upstream accepted the connection; its first byte */
    hf_span idle_for;      /* no byte moved in either direction */
    hf_span half_for;      /* the same once one side has ended */
    hf_span finish_within; /* from hf_relay_finish to the end of both sides */
};

enum hf_relay_side { HF_RELAY_CLIENT, HF_RELAY_UPSTREAM };

enum hf_relay_state {
    HF_RELAY_HEAD,    /* the client's head is awaited */
    HF_RELAY_JUDGE,   /* it is here: hf_relay_forward or hf_relay_refuse */
    HF_RELAY_DIALING, /* the upstream is being connected to */
    HF_RELAY_ASKED,   /* it has the head of an upgrade; 101 is awaited */
    HF_RELAY_OPEN,
    HF_RELAY_DONE,
};

enum hf_relay_act {
    HF_RELAY_DO_JUDGE = 1 << 0,
    HF_RELAY_DO_DIAL = 1 << 1,
    HF_RELAY_DO_GATE = 1 << 2,    /* the client with hf_relay_sent goes to the gate; DONE */
    HF_RELAY_END_CLIENT = 1 << 3, /* FIN: everything that waited for it was written */
    HF_RELAY_END_UPSTREAM = 1 << 4,
    HF_RELAY_RESET = 1 << 5, /* both sides, as far as they are open; DONE */
    HF_RELAY_CLOSE = 1 << 6, /* orderly, what was written still leaves: close them; DONE */
    /* The other side was reset, and everything was written: hf_relay_settled once it has left. */
    HF_RELAY_SETTLE_CLIENT = 1 << 7,
    HF_RELAY_SETTLE_UPSTREAM = 1 << 8,
};

enum hf_relay_cause { /* why it is DONE */
                      HF_RELAY_NOT_DONE,
                      HF_RELAY_ENDED,
                      HF_RELAY_TO_GATE,
                      HF_RELAY_RESET_BY_CLIENT,
                      HF_RELAY_RESET_BY_UPSTREAM,
                      HF_RELAY_HEAD_LATE,
                      HF_RELAY_NO_ANSWER,
                      HF_RELAY_IDLE,
                      HF_RELAY_NO_MEMORY,
                      HF_RELAY_GIVEN_UP, /* hf_relay_end */
};

struct hf_relay { /* fields are private; tests and log lines may read them */
    enum hf_relay_state state;
    enum hf_relay_cause cause;
    bool is_upgrade;
    bool has_switched;  /* the upstream said 101: bytes both ways */
    bool has_ended[2];  /* the side sends no more */
    bool was_told[2];   /* the end was passed on to the side */
    uint64_t body_left; /* of a request that is no upgrade */
    uint64_t passed[2]; /* bytes that were written to the side */
    struct hf_http_reader reader;
    struct hf_http_request *request; /* owned; from JUDGE until it is forwarded */
    struct hf_buf sent;              /* all that the client sent, until the upstream has it */
    size_t head_len;                 /* of `sent` */
    struct hf_buf waiting[2];        /* for the side */
    bool is_finishing;
    bool is_deaf;                  /* the upstream has ended and takes no more */
    bool is_settling;              /* a reset waits only for what has been written to leave */
    enum hf_relay_cause broken_by; /* which side reset it, while that is not passed on yet */
    hf_time deadline;
};

void hf_relay_init(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now);
void hf_relay_fini(struct hf_relay *r);

/* Each returns acts.  `limits` is the same in all calls. */

/* Bytes of a side; only when hf_relay_wants says so. */
uint32_t hf_relay_input(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                        enum hf_relay_side side, struct hf_bytes bytes);
uint32_t hf_relay_input_end(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                            enum hf_relay_side side);
/* The side was reset, and nothing more can be read of it. */
uint32_t hf_relay_reset(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                        enum hf_relay_side side);

/* At JUDGE: the request (valid until one of the two), and the verdict. */
const struct hf_http_request *hf_relay_request(const struct hf_relay *r);
uint32_t hf_relay_forward(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                          const struct hf_http_forward *forward);
uint32_t hf_relay_refuse(struct hf_relay *r); /* to the gate */

/* The answers to DO_DIAL. */
uint32_t hf_relay_connected(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now);
uint32_t hf_relay_not_connected(struct hf_relay *r);

/* What waits for a side, and that so many bytes of it were written. */
struct hf_bytes hf_relay_output(const struct hf_relay *r, enum hf_relay_side side);
uint32_t hf_relay_written(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now,
                          enum hf_relay_side side, size_t count);

/* Whether a side is to be read now; whether it is not, but will be once the other side has
 * taken some of what waits for it. */
bool hf_relay_wants(const struct hf_relay *r, enum hf_relay_side side);
bool hf_relay_holds(const struct hf_relay *r, enum hf_relay_side side);

/* The answer to SETTLE_*. */
uint32_t hf_relay_settled(struct hf_relay *r);

/* Everything that the client sent so far: for the gate. */
struct hf_bytes hf_relay_sent(const struct hf_relay *r);

/* RESET when it is due; CLOSE when the upstream is gone and the client knows. */
uint32_t hf_relay_expire(struct hf_relay *r, hf_time now);
hf_time hf_relay_due(const struct hf_relay *r);
uint32_t hf_relay_end(struct hf_relay *r); /* from outside: the same */

/* The upstream is going: what it has said is still passed on, then it ends. */
void hf_relay_finish(struct hf_relay *r, const struct hf_relay_limits *limits, hf_time now);

const char *hf_relay_cause_name(enum hf_relay_cause cause); /* "idle"; static */

#endif
