// The rows of data/proxy.jsonl: what a gateway in mode `trusted-proxy` says to whoever comes with
// these headers.  record.mjs fills in the answers, suites/proxy.mjs compares.
//
// A row: {gateway, name, headers, over, device}: one of GATEWAYS, the headers of the upgrade,
// members that replace those of ordinary connect params (null: left out), and whether a new
// device signs.
import { Masks } from "./compare.mjs";
import { newDevice, signedDevice } from "./device.mjs";
import { Wire, connectParams } from "./wire.mjs";

const ANSWER_MS = 4000;

const auth = (trustedProxy) => ({
    mode: "trusted-proxy",
    trustedProxy: {
        userHeader: "x-user",
        requiredHeaders: ["x-forwarded-proto"],
        allowUsers: ["ada", "bob"],
        ...trustedProxy,
    },
});

// Name -> `gateway` section of the configuration.
export const GATEWAYS = {
    here: { auth: auth({ allowLoopback: true }), trustedProxies: ["127.0.0.1"] },
    anybody: {
        auth: auth({ allowLoopback: true, allowUsers: [], requiredHeaders: [] }),
        trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
        controlUi: { allowedOrigins: ["https://ui.example"] },
    },
    elsewhere: { auth: auth({}), trustedProxies: ["127.0.0.1"] },
};

// Sends a row's connect to the gateway: {answers, close} as they stand in the data.
export async function knock(url, { headers, over = {}, device }) {
    const host = new URL(url).host;
    const sent = Object.entries(headers).map(([key, value]) => [
        key,
        value.replace("$host", host),
    ]);
    const wire = await Wire.open(url, { headers: Object.fromEntries(sent) });
    if (wire.refused) return { upgrade: wire.refused };
    const challenge = await wire.challenged();
    const params = connectParams({ auth: undefined, ...over });
    for (const [key, value] of Object.entries(params)) if (value === null) delete params[key];
    if (device) params.device = signedDevice(newDevice(), params, challenge);
    wire.send({ type: "req", id: "c", method: "connect", params });
    await wire.wait(() => wire.closed || wire.answers().some((frame) => frame.ok), ANSWER_MS);
    const out = { answers: wire.answers().map(brief) };
    if (wire.closed) out.close = { code: wire.closed.code, reason: wire.closed.reason };
    wire.drop();
    return new Masks().apply(out);
}

function brief({ ok, error, payload }) {
    return ok ? { ok, auth: payload.auth } : { ok, error };
}
