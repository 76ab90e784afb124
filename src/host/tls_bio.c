#include "host/tls_bio.h"

#include <uv.h>

static int pipe_read(BIO *bio, char *out, int len)
{
    struct hf_tls_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (len <= 0) return 0;
    struct hf_bytes part = hf_bytes_head(pipe->in, (size_t)len);
    if (part.len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(out, part.ptr, part.len);
    pipe->in = hf_bytes_from(pipe->in, part.len);
    return (int)part.len;
}

static int pipe_write(BIO *bio, const char *data, int len)
{
    struct hf_tls_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (len <= 0) return 0;
    hf_buf_add(&pipe->out, hf_bytes(data, (size_t)len));
    return hf_buf_done(&pipe->out) == 0 ? len : -1;
}

static long pipe_control(BIO *bio, int command, long number, void *ptr)
{
    (void)bio;
    (void)number;
    (void)ptr;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *made;

static void make(void)
{
    made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "holdfast pipe");
    if (!made) return;
    BIO_meth_set_read(made, pipe_read);
    BIO_meth_set_write(made, pipe_write);
    BIO_meth_set_ctrl(made, pipe_control);
}

/* Made at the first use, whichever loop's thread that is. */
static BIO_METHOD *method(void)
{
    static uv_once_t once = UV_ONCE_INIT;
    uv_once(&once, make);
    return made;
}

BIO *hf_tls_bio_new(struct hf_tls_pipe *pipe)
{
    BIO_METHOD *type = method();
    BIO *bio = type ? BIO_new(type) : NULL;
    if (!bio) return NULL;
    BIO_set_data(bio, pipe);
    BIO_set_init(bio, 1);
    return bio;
}
