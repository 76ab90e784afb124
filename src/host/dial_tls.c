/* The TLS stage of a dial: handshake, and whom to trust. */
#include "base/err.h"
#include "host/dial_state.h"
#include "host/tls.h"

enum { PRINT_CHARS = HF_HEX_CHARS(HF_SHA256_BYTES) };

/* The context for one kind of trust, made at the first dial that needs it. */
static int context_of(struct hf_dial *d, struct hf_tls **out, struct hf_fault *fault)
{
    struct hf_dialer *dialer = d->dialer;
    struct hf_tls **context = d->has_pin ? &dialer->pinning : &dialer->trusting;
    int err = 0;
    if (!*context)
        err = hf_tls_new_client(context, d->has_pin ? HF_TLS_TRUST_CALLER : HF_TLS_TRUST_SYSTEM,
                                fault);
    *out = *context;
    return err;
}

static void fail_secure(struct hf_dial *d, const char *what)
{
    d->result.is_security = true;
    hf_dial_fail(d, HF_ERR_DENIED, "%s", what);
}

/* What to compare is told with the refusal, as it is no secret. */
static void fail_untrusted(struct hf_dial *d)
{
    char print[PRINT_CHARS + 1] = "";
    uint8_t hash[HF_SHA256_BYTES];
    const char *why = hf_tls_conn_why(d->stream.tls);
    if (!hf_tls_conn_peer_hash(d->stream.tls, hash)) {
        hf_dial_fail(d, HF_ERR_DENIED, "its certificate is not trusted: %s", why);
        return;
    }
    hf_hex_write(hf_bytes(hash, sizeof hash), print);
    hf_dial_fail(d, HF_ERR_DENIED, "its certificate is not trusted: %s (its fingerprint is %s)",
                 why, print);
}

static void fail_handshake(struct hf_dial *d, enum hf_io io)
{
    const char *why = hf_tls_conn_why(d->stream.tls);
    if (hf_tls_conn_is_distrusted(d->stream.tls))
        fail_untrusted(d);
    else
        hf_dial_fail(d, HF_ERR_IO, "the TLS handshake failed: %s",
                     io == HF_IO_TLS && why ? why : hf_dial_io_text(io));
}

/* The handshake is done: is it the one that was meant?  Nothing of HTTP has left yet. */
static void judge(struct hf_dial *d)
{
    struct hf_dial_result *result = &d->result;
    result->has_cert_hash = hf_tls_conn_peer_hash(d->stream.tls, result->cert_hash);
    if (d->has_pin && !result->has_cert_hash)
        fail_secure(d, "it shows no certificate to compare with the pinned fingerprint");
    else if (d->has_pin && memcmp(result->cert_hash, d->pin, sizeof d->pin) != 0)
        fail_secure(d, "its certificate is not the one whose fingerprint is pinned");
    else
        hf_dial_succeed(d);
}

static void go_on(struct hf_dial *d, enum hf_io io)
{
    if (io == HF_IO_WAIT || io == HF_IO_OK) {
        bool is_pending = hf_stream_is_pending(&d->stream);
        if (hf_tls_conn_is_open(d->stream.tls) && !is_pending)
            judge(d);
        else
            hf_dial_wait(d, UV_READABLE | (is_pending ? UV_WRITABLE : 0));
    } else {
        fail_handshake(d, io);
    }
}

void hf_dial_tls_step(struct hf_dial *d)
{
    size_t len, written;
    enum hf_io io = hf_stream_flush(&d->stream, &written);
    if (io == HF_IO_OK || io == HF_IO_WAIT)
        io = hf_stream_read(&d->stream, d->dialer->scratch, HF_LIMIT_READ_BYTES, &len);
    else
        len = 0;
    if (len > 0)
        hf_dial_fail(d, HF_ERR_SYNTAX, "it spoke before it was asked");
    else
        go_on(d, io);
}

void hf_dial_tls_begin(struct hf_dial *d)
{
    struct hf_fault fault;
    struct hf_tls *context;
    size_t written;
    d->stage = HF_DIAL_TLS;
    if (!hf_dialer_scratch(d->dialer)) {
        hf_dial_fail(d, HF_ERR_NOMEM, "out of memory");
    } else if (context_of(d, &context, &fault) != 0) {
        hf_dial_fail(d, fault.err, "%s", fault.text);
    } else if (hf_tls_conn_new_client(context, d->name, &d->stream.tls) != 0) {
        hf_dial_fail(d, HF_ERR_NOMEM, "the TLS session cannot be set up");
    } else {
        enum hf_io io = hf_stream_flush(&d->stream, &written);
        go_on(d, io == HF_IO_OK ? HF_IO_WAIT : io);
    }
}
