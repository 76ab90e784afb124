// The published client library, unmodified, with everything it tells its owner kept in order.
import crypto from "node:crypto";
import { peer } from "./peers.mjs";
import { Waiting } from "./waiting.mjs";

export class Library {
    told = [];
    #waiting = new Waiting();

    // Starts a GatewayClient; `options` go to it as they are.
    static async start(url, options = {}) {
        const { GatewayClient } = await peer("@openclaw/gateway-client");
        const library = new Library();
        const tell =
            (what) =>
            (...args) => {
                library.told.push({ what, args, at: Date.now() });
                library.#waiting.wake();
            };
        library.client = new GatewayClient({
            url,
            minProtocol: 4,
            maxProtocol: 4,
            onHelloOk: tell("hello"),
            onConnectError: tell("error"),
            onClose: tell("close"),
            onEvent: tell("event"),
            onGap: tell("gap"),
            onReconnectPaused: tell("paused"),
            ...options,
        });
        library.client.start();
        return library;
    }

    all(what) {
        return this.told.filter((one) => one.what === what);
    }

    // The arguments of the nth callback of that kind, or an error after `ms`.
    async until(what, nth = 1, ms = 10000) {
        const one = await this.#waiting.until(() => this.all(what)[nth - 1], ms);
        if (one) return one.args;
        const told = JSON.stringify(this.told.map(brief));
        throw new Error(`no ${what} number ${nth} in ${ms} ms; told: ${told}`);
    }

    request(method, params) {
        return this.client.request(method, params);
    }

    stop() {
        this.client.stop();
    }
}

function brief({ what, args }) {
    return what === "event"
        ? args[0]?.event
        : [what, ...args.map((arg) => arg?.message ?? arg?.type ?? arg)];
}

// The members that give the library a device identity and a place for its device token.
export function libraryDevice() {
    const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519");
    const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    const identity = {
        deviceId: crypto.createHash("sha256").update(raw).digest("hex"),
        publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
        privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
    };
    const kept = { token: null };
    return {
        kept,
        deviceIdentity: identity,
        hostDeps: {
            signDevicePayload: (pem, text) =>
                crypto.sign(null, Buffer.from(text), pem).toString("base64url"),
            publicKeyRawBase64UrlFromPem: () => raw.toString("base64url"),
            loadDeviceAuthToken: () => kept.token,
            storeDeviceAuthToken: ({ token, scopes }) => {
                kept.token = { token, scopes };
            },
            clearDeviceAuthToken: () => {
                kept.token = null;
            },
        },
    };
}
