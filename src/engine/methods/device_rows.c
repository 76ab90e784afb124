#include "engine/methods/device_rows.h"
#include "engine/methods/handlers.h"

static void add_name(struct hf_json_writer *w, const char *key, struct hf_bytes text)
{
    if (text.len > 0) hf_json_add_text(w, key, text);
}

static void write_identity(struct hf_json_writer *w, const struct hf_device_id *id,
                           const uint8_t *public_key)
{
    char text[HF_DEVICE_ID_CHARS], key[HF_DEVICE_KEY_CHARS];
    hf_device_id_write(id, text);
    hf_base64url_write(hf_bytes(public_key, HF_ED25519_KEY_BYTES), key);
    hf_json_add_text(w, "deviceId", hf_bytes(text, sizeof text));
    hf_json_add_text(w, "publicKey", hf_bytes(key, sizeof key));
}

static void write_facts(struct hf_json_writer *w, const struct hf_device_facts *facts)
{
    add_name(w, "displayName", hf_name_view(&facts->display_name));
    add_name(w, "platform", hf_name_view(&facts->platform));
    add_name(w, "deviceFamily", hf_name_view(&facts->device_family));
    add_name(w, "clientId", hf_tag_view(&facts->client_id));
    add_name(w, "clientMode", hf_tag_view(&facts->client_mode));
}

void hf_device_write_pairing(struct hf_json_writer *w, const struct hf_pairing *pairing)
{
    hf_json_open_object(w);
    hf_json_add_text(w, "requestId", hf_bytes(pairing->request_id, HF_REQUEST_ID_CHARS));
    write_identity(w, &pairing->id, pairing->public_key);
    write_facts(w, &pairing->facts);
    hf_json_add_text(w, "role", hf_role_name(pairing->role));
    hf_json_add_array(w, "roles");
    for (unsigned i = 0; i < HF_ROLES; i++)
        if (pairing->has_role[i]) hf_json_put_text(w, hf_role_name((enum hf_role)i));
    hf_json_close_array(w);
    hf_scopes_write(w, "scopes", pairing->scopes);
    add_name(w, "remoteIp", hf_tag_view(&pairing->facts.remote_ip));
    hf_json_add_bool(w, "silent", false);
    hf_json_add_bool(w, "isRepair", pairing->is_repair);
    hf_json_add_int(w, "ts", pairing->requested_ms);
    hf_json_close_object(w);
}

static void write_grant(struct hf_json_writer *w, const struct hf_device_grant *grant,
                        enum hf_role role)
{
    hf_json_open_object(w);
    hf_json_add_text(w, "role", hf_role_name(role));
    hf_scopes_write(w, "scopes", grant->scopes);
    hf_json_add_int(w, "createdAtMs", grant->created_ms);
    if (grant->rotated_ms > 0) hf_json_add_int(w, "rotatedAtMs", grant->rotated_ms);
    if (grant->revoked_ms > 0) hf_json_add_int(w, "revokedAtMs", grant->revoked_ms);
    hf_json_close_object(w);
}

static void write_grants(struct hf_json_writer *w, const struct hf_device *device)
{
    hf_scopes scopes = 0;
    hf_json_add_array(w, "roles");
    for (unsigned i = 0; i < HF_ROLES; i++) {
        if (device->grants[i].epoch == 0) continue;
        hf_json_put_text(w, hf_role_name((enum hf_role)i));
        scopes |= device->grants[i].scopes;
    }
    hf_json_close_array(w);
    hf_scopes_write(w, "scopes", scopes);
}

static bool is_connected(const struct hf_server *s, const char id[HF_DEVICE_ID_CHARS])
{
    for (hf_id conn = hf_pool_next(&s->conns, 0); conn; conn = hf_pool_next(&s->conns, conn)) {
        const struct hf_conn *c = hf_server_conn(s, conn);
        if (c->state == HF_CONN_READY &&
            hf_bytes_same(c->client->device_id, hf_bytes(id, HF_DEVICE_ID_CHARS)))
            return true;
    }
    return false;
}

void hf_device_write(const struct hf_server *s, struct hf_json_writer *w,
                     const struct hf_device *device, bool is_listed)
{
    char id[HF_DEVICE_ID_CHARS];
    hf_device_id_write(&device->id, id);
    hf_json_open_object(w);
    write_identity(w, &device->id, device->public_key);
    add_name(w, "operatorLabel", hf_name_view(&device->label));
    write_facts(w, &device->facts);
    hf_json_add_text(w, "role", hf_role_name(device->role));
    write_grants(w, device);
    add_name(w, "remoteIp", hf_tag_view(&device->facts.remote_ip));
    hf_json_add_text(w, "approvedVia",
                     device->approved_via == HF_APPROVED_SILENT ? HF_LIT("silent")
                                                                : HF_LIT("owner"));
    hf_json_add_int(w, "createdAtMs", device->created_ms);
    hf_json_add_int(w, "approvedAtMs", device->approved_ms);
    if (device->last_seen_ms > 0) {
        hf_json_add_int(w, "lastSeenAtMs", device->last_seen_ms);
        hf_json_add_text(w, "lastSeenReason", HF_LIT("connect"));
    }
    if (is_listed) hf_json_add_bool(w, "connected", is_connected(s, id));
    hf_json_add_array(w, "tokens");
    for (unsigned i = 0; i < HF_ROLES; i++)
        if (device->grants[i].epoch > 0) write_grant(w, &device->grants[i], (enum hf_role)i);
    hf_json_close_array(w);
    hf_json_close_object(w);
}
