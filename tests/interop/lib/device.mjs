// Device identities of the tests: fresh Ed25519 keys and the two payloads a gateway accepts
// (protocol/wire.md section 3, "Device identity").
import crypto from "node:crypto";

export function newDevice() {
    const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519");
    const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    const id = crypto.createHash("sha256").update(raw).digest("hex");
    return { id, publicKey: raw.toString("base64url"), privateKey };
}

// The `device` member of connect params.  `over` bends single parts of an honest one:
//   {signature: "v3"|"v2"|"bad", signedAtOffset, nonce, id, publicKey}; a null nonce is left out.
export function signedDevice(device, params, challenge, over = {}) {
    const nonce = over.nonce === undefined ? challenge.nonce : over.nonce;
    const signedAt = challenge.ts + (over.signedAtOffset ?? 0);
    const id = over.id ?? device.id;
    const version = over.signature === "v2" ? "v2" : "v3";
    const signer = over.signature === "bad" ? newDevice() : device;
    const text = payload(version, { id, signedAt, nonce: nonce ?? challenge.nonce }, params);
    const made = {
        id,
        publicKey: over.publicKey ?? device.publicKey,
        signature: crypto.sign(null, Buffer.from(text), signer.privateKey).toString("base64url"),
        signedAt,
    };
    if (nonce !== null) made.nonce = nonce;
    return made;
}

function payload(version, { id, signedAt, nonce }, params) {
    const { client, role = "operator", scopes = [], auth = {} } = params;
    const token = auth.token ?? auth.deviceToken ?? auth.bootstrapToken ?? "";
    const fields = [
        version,
        id,
        client.id,
        client.mode,
        role,
        scopes.join(","),
        signedAt,
        token,
        nonce,
    ];
    if (version === "v3") fields.push(asciiLower(client.platform), asciiLower(client.deviceFamily));
    return fields.join("|");
}

function asciiLower(text = "") {
    return text.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
