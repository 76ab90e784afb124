// Re-enacts every recorded handshake case: own keys, fresh nonces and signatures, the recorded
// order.  data/handshake.jsonl holds the cases (data/README.md says how they were made).
import { Masks, must, mustEqual } from "../lib/compare.mjs";
import { newDevice, signedDevice } from "../lib/device.mjs";
import { expectedOf } from "../differences.mjs";
import { readLines } from "../lib/data.mjs";
import { sleep } from "../lib/proc.mjs";
import { Wire, connectParams } from "../lib/wire.mjs";

// Which gateway a trace was recorded from: the pairing trace had a trusted proxy on loopback.
const GATEWAY_OF = {
    "handshake-cases": "plain",
    "oversize-and-timeout": "plain",
    "pairing-and-rate-limit": "proxied",
};
const ANSWER_MS = 4000;
const QUIET_MS = 60;
// The gateway's clock starts before ours: at the upgrade, or when the frame arrived.  A busy
// machine lets us see that the later, the more there is to do.
const CLOCK_SLACK_MS = 100;
const CLOCK_SLACK_SHARE = 0.1;

export default function handshake(plan, ctx) {
    const cases = readLines("handshake.jsonl");
    const stages = new Map();
    for (const recorded of cases) {
        const { trace, name } = recorded;
        if (!stages.has(trace)) stages.set(trace, new Stage(ctx, GATEWAY_OF[trace]));
        const alone = recorded.closeAfterMs !== undefined;
        plan.test(
            `handshake: ${trace} ${name}`,
            () => stages.get(trace).act(recorded),
            alone ? { early: true } : { story: trace },
        );
    }
}

// What the cases of one trace share: the gateway, the devices, the tokens they were given, the
// connection that stays open, and the labels that ids were masked with on both sides.
class Stage {
    devices = new Map();
    given = new Map();
    open = new Map();
    masks = { expected: new Masks(), actual: new Masks() };

    constructor(ctx, gateway) {
        this.ctx = ctx;
        this.gateway = gateway;
    }

    async act(recorded) {
        const gate = await this.ctx.gateway(this.gateway);
        const expected = expectedOf(gate.kind, recorded);
        if (recorded.name === "rate_limit_9") await this.#fail(gate, recorded, 9);
        const actual = await this.#play(gate, recorded, expected);
        // Only the cases of the pairing trace follow ids from one connection to the next.
        const alone = this.gateway === "plain";
        const masks = alone ? { expected: new Masks(), actual: new Masks() } : this.masks;
        mustEqual(masks.actual.apply(actual), masks.expected.apply(wanted(expected)));
    }

    // The trace holds the last two of eleven refused logins; these are the nine before them.
    async #fail(gate, recorded, count) {
        for (let i = 0; i < count; i += 1) {
            const wire = await Wire.open(gate.url, { headers: recorded.headers });
            await wire.challenged();
            const params = { ...recorded.send[0].json.params, auth: { token: `wrong${i}` } };
            const { error } = await wire.request("connect", params);
            must(
                error?.details?.code === "AUTH_TOKEN_MISMATCH",
                `try ${i + 1}: ${JSON.stringify(error)}`,
            );
            wire.drop();
        }
    }

    async #play(gate, recorded, expected) {
        const seen = { answers: [] };
        let wire = this.open.get(recorded.on);
        const known = wire ? wire.answers().length : 0;
        let sentAt = Date.now();
        if (!wire) {
            const early = recorded.name === "before_challenge";
            const send = () => {
                sentAt = Date.now();
                this.#send(wire, recorded);
            };
            wire = await Wire.open(gate.url, {
                path: recorded.path,
                headers: this.#headers(gate, recorded.headers),
                subprotocol: expected.upgrade?.subprotocol,
                onOpen: early
                    ? (opened) => {
                          wire = opened;
                          send();
                      }
                    : undefined,
            });
            if (wire.refused) return { ...seen, upgrade: refusal(wire.refused) };
            if (wire.error) throw wire.error;
            if (expected.upgrade?.subprotocol) seen.upgrade = { subprotocol: wire.socket.protocol };
            if (expected.challenge) seen.challenge = await wire.challenged();
            if (!early) send();
        } else {
            this.#send(wire, recorded);
        }
        await this.#outcome(wire, recorded, expected, seen, known, sentAt);
        if (recorded.keepOpen) this.open.set(recorded.name, wire);
        else if (!recorded.on) wire.drop();
        return seen;
    }

    // Collects answers, close and events until everything expected has come or time is up.
    async #outcome(wire, recorded, expected, seen, known, sentAt) {
        const ms = recorded.closeAfterMs ? recorded.closeAfterMs + ANSWER_MS : ANSWER_MS;
        const answers = () => wire.answers().slice(known);
        await wire.wait(() => answers().length >= expected.answers.length || wire.closed, ms);
        if (expected.close) await wire.closing(ms);
        else await sleep(QUIET_MS);
        seen.answers = sorted(answers().map((frame) => this.#answer(recorded, frame)));
        if (wire.closed) seen.close = { code: wire.closed.code, reason: wire.closed.reason };
        if (expected.lateMs) seen.lateMs = late(answers()[0].receivedAt - sentAt, expected.lateMs);
        if (expected.closeAfterMs)
            seen.closeAfterMs = late(wire.closed.at - sentAt, expected.closeAfterMs);
        if (expected.events) seen.events = pairingEvents(wire);
    }

    #headers(gate, headers = {}) {
        const filled = {};
        for (const [key, value] of Object.entries(headers))
            filled[key] = value.replace("$host", `127.0.0.1:${gate.port}`);
        return filled;
    }

    #send(wire, { send, name }) {
        for (const one of send) {
            if (one.raw !== undefined) {
                wire.send(one.raw);
                continue;
            }
            const text = this.#frame(one, wire.challenge, name);
            if (one.fragmented) {
                wire.send(text.slice(0, 100), { fin: false });
                wire.send(text.slice(100), { fin: true });
            } else {
                wire.send(text, { binary: Boolean(one.binary) });
            }
        }
    }

    // The text of a recorded frame with this run's device, tokens and ids in it.
    #frame({ json, bytes }, challenge) {
        const frame = structuredClone(json);
        const { params } = frame;
        for (const key of ["token", "deviceToken"]) {
            const from = params?.auth?.[key]?.match(/^\$deviceToken:(.*)$/);
            if (from) params.auth[key] = this.given.get(`token ${from[1]}`);
        }
        const asked = params?.requestId?.match(/^\$requestId:(.*)$/);
        if (asked) params.requestId = this.given.get(`request ${asked[1]}`);
        if (params?.device) {
            const { key, ...over } = params.device.$device;
            if (!this.devices.has(key)) this.devices.set(key, newDevice());
            params.device = signedDevice(this.devices.get(key), params, challenge, over);
        }
        if (bytes) {
            params.userAgent = "";
            params.userAgent = "a".repeat(bytes - JSON.stringify(frame).length);
        }
        return JSON.stringify(frame);
    }

    // Remembers what later cases refer to and reduces hello-ok to what is compared.
    #answer({ name }, { receivedAt, ...frame }) {
        if (frame.error?.details?.requestId)
            this.given.set(`request ${name}`, frame.error.details.requestId);
        if (frame.payload?.type !== "hello-ok") return frame;
        if (frame.payload.auth.deviceToken)
            this.given.set(`token ${name}`, frame.payload.auth.deviceToken);
        return { ...frame, payload: helloShape(frame.payload) };
    }
}

const HELLO_REQUIRED = ["auth", "features", "policy", "protocol", "server", "snapshot", "type"];
const SNAPSHOT_REQUIRED = ["health", "presence", "stateVersion", "uptimeMs"];
const ADMIN_ONLY = ["authMode", "configPath", "stateDir"];

function helloShape(hello) {
    return {
        type: hello.type,
        protocol: hello.protocol,
        members: Object.keys(hello).sort(),
        server: Object.keys(hello.server).sort(),
        snapshot: Object.keys(hello.snapshot).sort(),
        auth: hello.auth,
        policy: hello.policy,
    };
}

// What a recorded case means for the comparison.  Members of hello-ok that the schema calls
// optional may be there or not (differences.mjs), the required ones must be, and what only an
// administrator may see must stay away from everybody else.
function wanted(expected) {
    const out = { answers: sorted(expected.answers) };
    for (const key of ["upgrade", "challenge", "close", "lateMs", "closeAfterMs", "events"])
        if (expected[key] !== undefined) out[key] = expected[key];
    return out;
}

function sorted(answers) {
    return answers
        .map((frame) => (frame.payload?.type === "hello-ok" ? reduceHello(frame) : frame))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function reduceHello({ payload, ...frame }) {
    const { members, snapshot, server, policy, ...rest } = payload;
    return {
        ...frame,
        payload: {
            ...rest,
            missing: [
                ...HELLO_REQUIRED.filter((key) => !members.includes(key)),
                ...SNAPSHOT_REQUIRED.filter((key) => !snapshot.includes(key)).map(
                    (key) => `snapshot.${key}`,
                ),
                ...["connId", "version"]
                    .filter((key) => !server.includes(key))
                    .map((key) => `server.${key}`),
            ],
            adminOnly: ADMIN_ONLY.filter((key) => snapshot.includes(key)),
            policy: {
                maxPayload: policy.maxPayload,
                maxBufferedBytes: policy.maxBufferedBytes,
                tickIntervalMs: policy.tickIntervalMs,
            },
        },
    };
}

function refusal({ status, type, body }) {
    return { status, type, body: /json/.test(type ?? "") ? JSON.parse(body) : body };
}

// A delay that was at least as long as the recorded one counts as the recorded one.
function late(ms, atLeast) {
    const slack = Math.max(CLOCK_SLACK_MS, atLeast * CLOCK_SLACK_SHARE);
    return ms >= atLeast - slack && ms < atLeast + 3000 ? atLeast : ms;
}

function pairingEvents(wire) {
    return wire
        .events()
        .filter((frame) => frame.event.startsWith("device.pair."))
        .map(({ event, payload }) => ({ event, payload }));
}
