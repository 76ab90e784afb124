/* host/dial_state.h: what the files of host/dial know of each other.
 *
 * One stage runs at a time; each ends with a call of hf_dial_fail or of the function
 * that begins the next one. */
#ifndef HF_HOST_DIAL_STATE_H
#define HF_HOST_DIAL_STATE_H

#include "host/dial.h"
#include "host/resolve.h"
#include "wire/http_response.h"

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
    bool is_tls, has_pin;
    uint8_t pin[HF_SHA256_BYTES];
    const char *config_fault; /* what cannot work, or NULL; static */

    /* Where the socket goes: to the gateway, or to its proxy. */
    char via_name[HF_RESOLVE_NAME_BYTES], via_place[HF_DIAL_PLACE_BYTES];
    uint16_t via_port;
    bool is_proxied;
    struct hf_buf ask;            /* PROXY: what is not sent yet; a secret */
    struct hf_http_reader answer; /* PROXY */

    hf_span within;
    hf_time until;             /* HF_NEVER before it begins */
    hf_time address_until;     /* CONNECTING, and another address waits; else HF_NEVER */
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

/* A copy with a zero of what fits. */
bool hf_dial_copy(char *out, size_t cap, struct hf_bytes text);

/* A socket that ended before its stage did: its failure in words. */
const char *hf_dial_io_text(enum hf_io io);

/* Reads the proxy's settings: where the socket goes, or a fault of the configuration. */
void hf_dial_proxy_choose(struct hf_dial *d, const struct hf_dial_config *config);

/* The proxy's stage: begins, and goes on when the socket is ready. */
void hf_dial_proxy_begin(struct hf_dial *d);
void hf_dial_proxy_step(struct hf_dial *d);
void hf_dial_proxy_fini(struct hf_dial *d);

/* The TLS stage: begins, and goes on when the socket is ready. */
void hf_dial_tls_begin(struct hf_dial *d);
void hf_dial_tls_step(struct hf_dial *d);

#endif
