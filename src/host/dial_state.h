/* host/dial_state.h: what the files of host/dial know of each other.
 *
 * One stage runs at a time; each ends with a call of hf_dial_fail or of the function
 * that begins the next one. */
#ifndef HF_HOST_DIAL_STATE_H
#define HF_HOST_DIAL_STATE_H

#include "host/dial.h"
#include "host/resolve.h"

enum { HF_DIAL_PLACE_BYTES = HF_RESOLVE_NAME_BYTES + 16 /* brackets, colon, port */ };

struct hf_dial_watch;

struct hf_dial {
    uv_timer_t timer; /* the only handle that is part of it */
    struct hf_dialer *dialer;
    hf_dial_done done;
    void *ctx;
    enum hf_dial_stage stage;

    char name[HF_RESOLVE_NAME_BYTES]; /* the gateway's host */
    char place[HF_DIAL_PLACE_BYTES];  /* the gateway, as the URL writes it: for texts */
    uint16_t port;
    bool is_tls, has_pin, has_long_name;
    uint8_t pin[HF_SHA256_BYTES];

    hf_span within; /* until it begins */
    hf_time until;
    struct hf_resolve *lookup; /* owned, while RESOLVING */
    struct hf_resolved addresses;
    size_t next_address;         /* of `addresses` */
    struct hf_dial_watch *watch; /* owned, while a socket is open */
    struct hf_stream stream;

    struct hf_dial_result result;
    char why[384]; /* the newest failure; what `result.why` points to */
};

/* Ends the dial: the text says what went wrong, `result` has its flags already. */
__attribute__((format(printf, 3, 4))) void hf_dial_fail(struct hf_dial *d, int err,
                                                        const char *format, ...);

/* Ends it with the stream. */
void hf_dial_succeed(struct hf_dial *d);

/* HF_LIMIT_READ_BYTES that nothing keeps beyond a call; NULL without memory. */
uint8_t *hf_dialer_scratch(struct hf_dialer *d);

/* Waits for the socket: UV_READABLE and UV_WRITABLE. */
void hf_dial_wait(struct hf_dial *d, int events);

/* A socket that ended before its stage did: its failure in words. */
const char *hf_dial_io_text(enum hf_io io);

/* The TLS stage: begins, and goes on when the socket is ready. */
void hf_dial_tls_begin(struct hf_dial *d);
void hf_dial_tls_step(struct hf_dial *d);

#endif
