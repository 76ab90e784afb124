// Runs in the page that lib/browser.mjs serves: the published browser client over the browser's own
// WebSocket and keys.  A test calls begin(), request() and told() through the debugging protocol.
import {
    GatewayBrowserDeviceAuthLifecycle,
    GatewayProtocolClient,
} from "@openclaw/gateway-client/browser";

const CLIENT = { id: "openclaw-control-ui", version: "1", platform: "web", mode: "webchat" };
const RETRY = { initialMs: 100, multiplier: 2, maxMs: 1000 };

const told = [];
const tokens = new Map();
let client = null;

function base64url(bytes) {
    const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
    return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function hex(bytes) {
    return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function makeIdentity() {
    const keys = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const raw = await crypto.subtle.exportKey("raw", keys.publicKey);
    const text = new TextEncoder();
    return {
        deviceId: hex(await crypto.subtle.digest("SHA-256", raw)),
        publicKey: base64url(raw),
        sign: async (payload) =>
            base64url(await crypto.subtle.sign("Ed25519", keys.privateKey, text.encode(payload))),
    };
}

function openSocket(url, { open, message, close, error }) {
    const socket = new WebSocket(url);
    socket.onopen = open;
    socket.onmessage = ({ data }) => message(data);
    socket.onclose = ({ code, reason }) => close(code, reason);
    socket.onerror = () => error(new Error("the browser's socket failed"));
    return {
        isOpen: () => socket.readyState === WebSocket.OPEN,
        send: (data) => socket.send(data),
        close: (code, reason) => socket.close(code, reason),
    };
}

const key = ({ clientId, deviceId, role }) => `${clientId} ${deviceId} ${role}`;

function begin({ url, token }) {
    const identity = makeIdentity();
    const auth = new GatewayBrowserDeviceAuthLifecycle({
        loadIdentity: () => identity,
        tokenStore: {
            load: (of) => tokens.get(key(of)) ?? null,
            store: ({ token: kept, scopes, ...of }) => {
                tokens.set(key(of), { token: kept, scopes });
            },
            clear: (of) => {
                tokens.delete(key(of));
            },
        },
    });
    client = new GatewayProtocolClient({
        createSocket: (handlers) => openSocket(url, handlers),
        createRequestId: () => crypto.randomUUID(),
        buildConnectPlan: ({ nonce, challengeTs }) =>
            auth.buildPlan({
                client: CLIENT,
                role: "operator",
                defaultScopes: ["operator.admin"],
                // Once the gateway has given a token of this device, nothing else is shown to it.
                token: tokens.size > 0 ? undefined : token,
                nonce,
                challengeTs,
            }),
        buildConnectParams: ({ role, scopes, device, auth: shown }) => ({
            minProtocol: 4,
            maxProtocol: 4,
            client: CLIENT,
            role,
            scopes,
            caps: [],
            device,
            auth: shown,
        }),
        onConnectHello: (hello, { plan }) => {
            // What was shown of secrets, as the wire has it: without what is undefined.
            const shown = Object.keys(JSON.parse(JSON.stringify(plan.auth ?? {})));
            const ofDevice = plan.selectedAuth.usingStoredDeviceToken === true;
            told.push({ what: "hello", shown, ofDevice });
            void auth.acceptHello(hello, plan);
        },
        onConnectFailure: (error) => {
            told.push({ what: "refused", code: error.code, message: error.message, details: error.details });
            return { closeCode: 4000, closeReason: "refused" };
        },
        resolveClose: () => ({ retry: true, notify: true }),
        onClose: ({ code, reason }) => told.push({ what: "close", code, reason }),
        onEvent: ({ event, seq }) => told.push({ what: "event", event, seq }),
        onGap: (gap) => told.push({ what: "gap", ...gap }),
        handshake: { mode: "require-challenge", timeoutMs: 15000 },
        reconnect: RETRY,
    });
    client.start();
}

// The first of that kind after the first `after` lines of what was told.
async function first(what, after, ms) {
    const end = Date.now() + ms;
    while (Date.now() < end) {
        const at = told.findIndex((one, i) => i >= after && one.what === what);
        if (at >= 0) return { ...told[at], next: at + 1 };
        await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`no ${what} in ${ms} ms after ${after}: ${JSON.stringify(told.slice(-20))}`);
}

globalThis.page = { begin, first, told, request: (...args) => client.request(...args) };
