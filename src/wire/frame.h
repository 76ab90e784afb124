/* wire/frame.h: the protocol's envelopes: request, response, event.
 *
 * protocol/wire.md section 2.  A text is checked once as a whole; the spans that
 * come out are JSON values inside it, ready for wire/json_read.  A member of the
 * envelope that stands twice is an error, whatever it is. */
#ifndef HF_WIRE_FRAME_H
#define HF_WIRE_FRAME_H

#include "base/buf.h"
#include "wire/json_scan.h"

/* --- reading a client's frames --- */

struct hf_req {
    struct hf_bytes id;          /* JSON, echoed as it is: a string, or what came in its place */
    struct hf_bytes method;      /* text; borrowed from the frame or from `scratch` */
    struct hf_bytes params;      /* JSON, or empty when absent */
    struct hf_bytes traceparent; /* JSON string, or empty */
    struct hf_bytes expected_profile_id; /* JSON string, or empty */
};

/* Reads a request.
 *   0              it is one
 *   HF_ERR_SYNTAX, HF_ERR_UTF8, HF_ERR_DEPTH
 *                  it is not JSON, or nested deeper than `depth_max`
 *   HF_ERR_TYPE    it is JSON but no request frame: `why` receives the text
 *                  "invalid request frame: ..." of protocol/wire.md section 5, and
 *                  req->id is what the answer echoes ("invalid" when there is none)
 *   HF_ERR_NOMEM, HF_ERR_LIMIT   of `scratch` or `why`
 * `scratch` takes the method only if it is written with escapes.  Both buffers
 * are the caller's; `req` is as before unless 0 or HF_ERR_TYPE comes back. */
int hf_frame_read_req(struct hf_bytes text, uint32_t depth_max, struct hf_buf *scratch,
                      struct hf_buf *why, struct hf_req *req);

/* --- reading a server's frames --- */

enum hf_frame_kind { HF_FRAME_RES, HF_FRAME_EVENT };

struct hf_state_version {
    int64_t presence, health;
};

struct hf_frame_res {
    struct hf_bytes id; /* JSON: a string, unless it echoes a broken request */
    bool ok;
    struct hf_bytes payload, error; /* JSON, or empty */
};

struct hf_frame_event {
    struct hf_bytes name;    /* JSON string */
    struct hf_bytes payload; /* JSON, or empty */
    bool has_seq, has_state_version;
    int64_t seq;
    struct hf_state_version state_version;
    struct hf_bytes recipient_profile_id; /* JSON string, or empty */
};

struct hf_frame {
    enum hf_frame_kind kind;
    union {
        struct hf_frame_res res;
        struct hf_frame_event event;
    };
};

/* Reads a response or an event: 0, the codes of hf_json_check, HF_ERR_MISSING or
 * HF_ERR_TYPE for a member that is not there or of another type, HF_ERR_DUPLICATE,
 * HF_ERR_LIMIT for more members than HF_LIMIT_ENVELOPE_MEMBERS.  Members that we do not
 * know are ignored. */
int hf_frame_read(struct hf_bytes text, uint32_t depth_max, struct hf_frame *frame);

/* --- writing --- */

/* {"type":"req","id":"<id>","method":"<method>"  and, unless it is empty, the
 * JSON value `params`; the whole frame. */
void hf_frame_write_req(struct hf_buf *out, struct hf_bytes id, struct hf_bytes method,
                        struct hf_bytes params);

/* {"type":"res","id":<id>,"ok":true,"payload":   `id` is JSON.  The payload follows
 * as any JSON value, then hf_frame_close. */
void hf_frame_open_res(struct hf_buf *out, struct hf_bytes id);

/* {"type":"event","event":"<name>","payload":    The payload follows; then either
 * hf_frame_close, or the frame stays open as the part that all receivers share and
 * hf_frame_event_tail makes each one's end. */
void hf_frame_open_event(struct hf_buf *out, const char *name);

void hf_frame_close(struct hf_buf *out);

/* The part of a broadcast event that differs by receiver, behind the shared part:
 *     ,"seq":7}
 * Returns the number of characters in `out`, which is hf_frame_event_tail_len. */
enum { HF_EVENT_TAIL_BYTES = 28 };
size_t hf_frame_event_tail(char out[HF_EVENT_TAIL_BYTES], uint64_t seq);
size_t hf_frame_event_tail_len(uint64_t seq);

#endif
