// The calls whose results are compared, and the published schema they must satisfy.
import fs from "node:fs";
import { newDevice, signedDevice } from "./device.mjs";
import { peer, schemaPath } from "./peers.mjs";
import { sleep } from "./proc.mjs";
import { join } from "./shape.mjs";
import { Wire, connectParams } from "./wire.mjs";

const CALLS = [
    ["health", {}],
    ["health", { probe: true }],
    ["status", {}],
    ["system-presence", {}],
    ["last-heartbeat", {}],
    ["logs.tail", { limit: 5, maxBytes: 250000 }],
    ["agents.list", {}],
    ["sessions.list", {}],
    ["sessions.subscribe", {}],
    ["sessions.subscribe", { limit: 5 }],
    ["sessions.messages.subscribe", { key: "agent:main:x" }],
    ["sessions.messages.subscribe", { key: "k" }],
    ["sessions.messages.unsubscribe", { key: "agent:main:x" }],
    ["config.get", {}],
    ["system.info", {}],
    ["diagnostics.stability", { limit: 3 }],
    ["gateway.identity.get", {}],
    ["set-heartbeats", { enabled: true }],
    ["commands.list", {}],
    ["models.list", {}],
    ["device.pair.list", {}],
    ["system-event", { text: "a test event" }],
];

// Which published definition a result must satisfy; "[]" means an array of it.
const SCHEMAS = {
    "system-presence": "PresenceEntry[]",
    "logs.tail": "LogsTailResult",
    "agents.list": "AgentsListResult",
    "system.info": "SystemInfoResult",
    "commands.list": "CommandsListResult",
    "models.list": "ModelsListResult",
};

export function callsOf() {
    return CALLS.map(([method, params]) => ({
        call: `${method} ${JSON.stringify(params)}`,
        method,
        params,
    }));
}

export function schemaOf(method) {
    return SCHEMAS[method];
}

// A connection to ask on, beside one paired user interface, so that lists are not all empty.
export async function prepare(url) {
    const device = newDevice();
    const ui = await Wire.open(url);
    const params = connectParams({
        client: { id: "openclaw-tui", version: "0.0.1", platform: "linux", mode: "ui" },
        scopes: ["operator.read"],
    });
    params.device = signedDevice(device, params, await ui.challenged());
    await ui.call("connect", params);
    const wire = await Wire.login(url, {
        scopes: ["operator.admin", "operator.pairing", "operator.read"],
    });
    // A gateway that has just started has not sampled its loop yet.
    for (let i = 0; i < 100 && !(await wire.call("health", { probe: true })).eventLoop; i += 1)
        await sleep(50);
    return wire;
}

let compiled = null;

// What is wrong with `value` by the published definition of that name; an empty list when nothing
// is.  The package is older than the gateway that was recorded: a member that the schema does not
// know is no fault when the recorded shape has it.
export async function validate(name, value, recorded = {}) {
    const check = await checker(name);
    if (check(value)) return [];
    return check.errors
        .map(({ instancePath, message, params }) => ({ at: dotted(instancePath), message, params }))
        .filter(({ at, params }) => !(join(at, params.additionalProperty) in recorded))
        .map(
            ({ at, message, params }) =>
                `${name} ${at || "."} ${message} ${JSON.stringify(params)}`,
        );
}

// The compiled check of a definition; "X[]" is an array of X.
async function checker(name) {
    if (!compiled) {
        const { default: Ajv } = await peer("ajv");
        const ajv = new (Ajv.default ?? Ajv)({ strict: false, allErrors: true });
        ajv.addSchema(JSON.parse(fs.readFileSync(schemaPath(), "utf8")), "protocol");
        compiled = { ajv, checks: new Map() };
    }
    const { ajv, checks } = compiled;
    if (!checks.has(name)) {
        const item = { $ref: `protocol#/definitions/${name.replace("[]", "")}` };
        checks.set(name, ajv.compile(name.endsWith("[]") ? { type: "array", items: item } : item));
    }
    return checks.get(name);
}

// "/snapshot/presence/1" as a shape path: "snapshot.presence[]".
function dotted(pointer) {
    return pointer
        .split("/")
        .slice(1)
        .reduce((path, key) => (/^\d+$/.test(key) ? `${path}[]` : join(path, key)), "");
}
