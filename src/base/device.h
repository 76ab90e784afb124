/* base/device.h: what is kept about devices that log in.
 *
 * Plain rows that travel by value between core/devices (which decides), the store
 * (which keeps them) and the engine (which shows them).  No pointers inside.
 * Nothing in a row yields a device token: tokens are derived from the state key
 * (design.md section 3), only their epoch is kept. */
#ifndef HF_BASE_DEVICE_H
#define HF_BASE_DEVICE_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/scope.h"

enum {
    HF_DEVICE_ID_BYTES = 32, /* SHA-256 of the public key */
    HF_DEVICE_ID_CHARS = 64, /* its lower-case hex, as the protocol shows it */
    HF_DEVICE_KEY_CHARS = HF_BASE64URL_CHARS(HF_ED25519_KEY_BYTES),
    HF_DEVICE_TOKEN_CHARS = HF_BASE64URL_CHARS(HF_SHA256_BYTES),
    HF_REQUEST_ID_CHARS = 36, /* a UUID */
    HF_ROLES = 2,             /* enum hf_role */
};

struct hf_device_id {
    uint8_t bytes[HF_DEVICE_ID_BYTES];
};

/* Text that a client chose, cut at HF_LIMIT_NAME_BYTES between characters. */
struct hf_name {
    uint16_t len;
    char ptr[HF_LIMIT_NAME_BYTES];
};

/* Short text from a closed set or of a bounded form: client id and mode, address. */
struct hf_tag {
    uint8_t len;
    char ptr[39];
};

/* How a client describes itself. */
struct hf_device_facts {
    struct hf_name display_name, platform, device_family;
    struct hf_tag client_id, client_mode;
    struct hf_tag remote_ip; /* empty for direct loopback */
};

/* What a device may do in one role. */
struct hf_device_grant {
    hf_scopes scopes;
    int64_t epoch;      /* only grows; 0: the role was never approved */
    int64_t created_ms; /* wall clock, as all *_ms below; 0: never */
    int64_t rotated_ms;
    int64_t revoked_ms; /* not 0: the token is void until the role is approved again */
};

enum hf_approved_via { HF_APPROVED_SILENT, HF_APPROVED_OWNER };

struct hf_device {
    struct hf_device_id id;
    uint8_t public_key[HF_ED25519_KEY_BYTES];
    struct hf_device_facts facts;
    struct hf_name label; /* given by an operator (device.pair.rename) */
    enum hf_role role;    /* of the latest approval */
    enum hf_approved_via approved_via;
    int64_t created_ms, approved_ms, last_seen_ms;
    struct hf_device_grant grants[HF_ROLES];
};

/* A device that waits for an operator's approval. */
struct hf_pairing {
    char request_id[HF_REQUEST_ID_CHARS];
    struct hf_device_id id;
    uint8_t public_key[HF_ED25519_KEY_BYTES];
    struct hf_device_facts facts;
    enum hf_role role;       /* of the latest try */
    bool has_role[HF_ROLES]; /* every role asked for */
    hf_scopes scopes;        /* every operator scope asked for */
    bool is_repair;          /* the device is paired and asks for more */
    int64_t requested_ms;    /* first try */
    int64_t refreshed_ms;    /* latest try */
};

/* One step of a change; several are applied in one transaction or not at all. */
enum hf_device_change_kind {
    HF_PUT_DEVICE,    /* insert or replace by id */
    HF_DELETE_DEVICE, /* a missing one is fine */
    HF_PUT_PAIRING,   /* insert or replace by device id: one per device */
    HF_DELETE_PAIRING /* by device id; a missing one is fine */
};

struct hf_device_change {
    enum hf_device_change_kind kind;
    union {
        struct hf_device device;   /* PUT_DEVICE */
        struct hf_pairing pairing; /* PUT_PAIRING */
        struct hf_device_id id;    /* DELETE_DEVICE, DELETE_PAIRING */
    } u;
};

/* What a connecting device asks to be approved for.  Borrowed. */
struct hf_pairing_ask {
    struct hf_device_id id;
    uint8_t public_key[HF_ED25519_KEY_BYTES];
    enum hf_role role;
    hf_scopes scopes;
    struct hf_bytes display_name, platform, device_family, client_id, client_mode;
    struct hf_bytes remote_ip; /* empty for direct loopback */
};

/* Exactly 64 lower-case hex digits: true and the id. */
bool hf_device_id_read(struct hf_bytes text, struct hf_device_id *out);
void hf_device_id_write(const struct hf_device_id *id, char out[HF_DEVICE_ID_CHARS]);
bool hf_device_id_same(const struct hf_device_id *a, const struct hf_device_id *b);

/* The id that belongs to a public key. */
struct hf_device_id hf_device_id_of(const uint8_t public_key[HF_ED25519_KEY_BYTES]);

/* Whether the role is approved and its token not revoked. */
bool hf_device_has_role(const struct hf_device *device, enum hf_role role);

/* The token of a device in a role: HMAC-SHA256(state key, id, role, epoch) as 43
 * characters base64url.  The same row gives the same token for ever; a raised
 * epoch gives another one. */
void hf_device_token(struct hf_bytes state_key, const struct hf_device_id *id, enum hf_role role,
                     int64_t epoch, char out[HF_DEVICE_TOKEN_CHARS]);

/* Copies, cut to what fits (a name between characters). */
void hf_name_set(struct hf_name *name, struct hf_bytes text);
void hf_tag_set(struct hf_tag *tag, struct hf_bytes text);

static inline struct hf_bytes hf_name_view(const struct hf_name *name)
{
    return (struct hf_bytes){ (const uint8_t *)name->ptr, name->len };
}

static inline struct hf_bytes hf_tag_view(const struct hf_tag *tag)
{
    return (struct hf_bytes){ (const uint8_t *)tag->ptr, tag->len };
}

#endif
