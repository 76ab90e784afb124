// Our own library as the client: of the real gateway, of `holdfast run`, and of one that misbehaves.
import { must, mustEqual } from "../lib/compare.mjs";
import { Driver } from "../lib/driver.mjs";
import { forwarded } from "../lib/forwarded.mjs";
import { TOKEN, freePort, startHoldfast, startReal } from "../lib/gateway.mjs";
import { MODEL_TEXT, TOOL_OUTPUT, modelConfig, startModel } from "../lib/model.mjs";
import { folder, sleep } from "../lib/proc.mjs";
import { StandIn } from "../lib/standin.mjs";
import { Wire } from "../lib/wire.mjs";

const CROWD = 20;
const CROWD_ID = 100; // the first of them
const SUBSCRIBED = 1 << 20; // a tag that no call gets
const ROUNDS = 100;
const LAND_MS = 2000;
const SETTLE_MS = 20000;
const GROWTH_BYTES = 1 << 20;

// A kind of client that gateways give device tokens to.
const SCREEN = { clientId: "openclaw-tui", mode: "ui" };

// Methods that only read and need no parameters; at least twenty of them exist on the real gateway.
const READS = [
    "health",
    "status",
    "system-presence",
    "last-heartbeat",
    "agents.list",
    "sessions.list",
    "models.list",
    "commands.list",
    "config.get",
    "system.info",
    "gateway.identity.get",
    "logs.tail",
    "diagnostics.stability",
    "diagnostics.connections",
    "device.pair.list",
    "node.list",
    "cron.list",
    "cron.status",
    "skills.status",
    "channels.status",
    "tools.catalog",
    "usage.status",
    "update.status",
    "question.list",
    "tasks.list",
    "plugins.list",
    "exec.approval.list",
    "agent.identity.get",
];

export default function native(plan, ctx) {
    const skip = ctx.driver ? undefined : "this build has no driver";
    for (const kind of ctx.kind === "real" ? ["real"] : ["holdfast", "real"]) {
        const life = new Life(ctx, kind);
        for (const [text, body] of life.tests())
            plan.test(`native: ${named(kind)}: ${text}`, life.next(body), { skip, early: true });
    }
    plan.test(
        `native: ${ROUNDS} restarts of a stand-in: no request twice, no descriptor, no memory`,
        () => manyRounds(ctx),
        { skip, early: true },
    );
}

function named(kind) {
    return kind === "real" ? "the real gateway" : "holdfast run";
}

// One gateway from its first start to its last stop, with a crowd of clients that stays: a real
// one takes long to start, so that its tests share three starts and run one after the other.
class Life {
    #last = Promise.resolve();
    #gate = null;

    constructor(ctx, kind) {
        this.ctx = ctx;
        this.kind = kind;
    }

    // `body` when all before it have ended, however they did.
    next(body) {
        return () => {
            const mine = this.#last.catch(() => {}).then(body);
            this.#last = mine;
            return mine;
        };
    }

    tests() {
        const one = (test) => () => test(this.driver, this.gate, this.kind);
        return [
            ["it connects without a device", () => this.begin()],
            ["a device is let in over loopback and comes back with its token", one(withDevice)],
            ["a device from afar waits for its approval", one(paired)],
            ["methods that read answer", one(reads)],
            ["a wrong token pauses, the right one heals", one(wrongToken)],
            ...(this.kind === "real" ? [["an agent run shows text and tool", one(agentRun)]] : []),
            [`${CROWD} clients are back after TERM`, () => this.restart("SIGTERM")],
            [`${CROWD} clients are back after kill -9`, () => this.restart("SIGKILL")],
            ["clients that come while it starts land within 2 s of ready", () => this.arrive()],
            ["the library ends clean", () => this.end()],
        ];
    }

    get gate() {
        must(this.#gate, "it did not start");
        return this.#gate;
    }

    async start(options = {}) {
        const { home, stateDir } = this.#gate ?? {};
        const gateway = { trustedProxies: ["127.0.0.1"] };
        const shared = { port: this.port, home, stateDir, gateway, ...options };
        this.#gate = null;
        this.#gate =
            this.kind === "real"
                ? await startReal({ ...shared, config: modelConfig(this.model.url) })
                : await startHoldfast(this.ctx.binary, shared);
    }

    async begin() {
        this.driver = new Driver(this.ctx.driver);
        this.model = await startModel();
        this.port = await freePort();
        await this.start();
        await withoutDevice(this.driver, this.gate);
        for (let id = CROWD_ID; id < CROWD_ID + CROWD; id += 1)
            this.driver.open(id, { url: this.gate.url, token: TOKEN });
        for (let id = CROWD_ID; id < CROWD_ID + CROWD; id += 1)
            await this.driver.until("hello", id);
    }

    // Everybody who stays is connected and has calls under way when the gateway goes, or the next
    // one would count a descriptor less before than after.
    async restart(signal) {
        const { driver } = this;
        const tags = [];
        const hellos = new Map();
        const before = await driver.usage();
        for (const id of [0, ...Array.from({ length: CROWD }, (_, i) => CROWD_ID + i)]) {
            hellos.set(id, driver.all("hello", id).length);
            tags.push(driver.ask(id, "health", {}));
        }
        await this.gate.stop({ signal });
        await this.start();
        for (const [id, count] of hellos) await driver.until("hello", id, count + 1, 60000);
        for (const id of hellos.keys()) {
            const tag = driver.ask(id, "health", {});
            tags.push(tag);
            mustEqual((await driver.result(tag)).outcome, "OK");
        }
        mustEndOnce(driver, tags);
        await mustSettle(driver, before.descriptors);
    }

    async arrive() {
        const args = this.kind === "real" ? undefined : ["--startup-delay", "3000"];
        await this.gate.stop();
        await this.start({ wait: false, args });
        const driver = new Driver(this.ctx.driver);
        try {
            const watcher = readyAt(this.gate);
            for (let id = 0; id < CROWD; id += 1)
                driver.open(id, { url: this.gate.url, token: TOKEN });
            const hellos = [];
            for (let id = 0; id < CROWD; id += 1)
                hellos.push(await driver.until("hello", id, 1, 120000));
            const ready = await watcher;
            mustEqual(
                hellos.map(({ at }) => at - ready).filter((ms) => ms > LAND_MS),
                [],
            );
            must(driver.all("startup_wait").length > 0, "nobody met the start-up window");
            mustEqual(driver.all("paused"), []);
            await driver.quit();
        } finally {
            driver.child.kill("SIGKILL");
        }
    }

    async end() {
        try {
            await this.driver.quit();
        } finally {
            this.driver.child.kill("SIGKILL");
            this.model.stop();
            await this.#gate?.stop();
        }
    }
}

async function withoutDevice(driver, gate) {
    driver.open(0, { url: gate.url, token: TOKEN, scopes: ["operator.admin"] });
    const hello = await driver.until("hello", 0);
    mustEqual(hello.scopes, "operator.admin");
    mustEqual((await driver.payload(0, "health", {})).ok, true);
}

// Paired silently, because it comes over loopback with the secret; then the token is enough.
async function withDevice(driver, gate) {
    const state = folder("device");
    const client = { state, device: true, ...SCREEN };
    driver.open(1, { url: gate.url, token: TOKEN, ...client });
    await driver.until("hello", 1);
    driver.say({ do: "close", id: 1 });
    await driver.until("disposed", 1);
    driver.open(1, { url: gate.url, ...client });
    await driver.until("hello", 1, 2);
    mustEqual((await driver.payload(1, "health", {})).ok, true);
    driver.say({ do: "close", id: 1 });
}

// From far away a device waits for somebody's approval, with one request however often it asks.  One
// that a person looks at goes on asking, as the gateway advises; any other pauses until it is told.
async function paired(driver, gate) {
    const relay = await forwarded(gate.port, "203.0.113.7");
    const admin = await Wire.login(gate.url, { scopes: ["operator.admin", "operator.pairing"] });
    try {
        const screen = { url: relay.url, state: folder("device"), device: true, ...SCREEN };
        driver.open(2, { ...screen, token: TOKEN });
        const asked = await driver.until("auth_error", 2);
        const again = await driver.until("auth_error", 2, 2);
        mustEqual(again.detail, "PAIRING_REQUIRED");
        mustEqual(again.requestId, asked.requestId);
        await admin.call("device.pair.approve", { requestId: asked.requestId });
        await driver.until("hello", 2);
        driver.say({ do: "close", id: 2 });
        await driver.until("disposed", 2);
        driver.open(2, screen);
        await driver.until("hello", 2, 2);
        driver.say({ do: "close", id: 2 });

        const state = folder("device");
        driver.open(5, { url: relay.url, token: TOKEN, state, device: true });
        const paused = await driver.until("paused", 5);
        mustEqual(paused.detail, "PAIRING_REQUIRED");
        await admin.call("device.pair.approve", { requestId: paused.requestId });
        driver.say({ do: "resume", id: 5 });
        await driver.until("hello", 5);
        driver.say({ do: "close", id: 5 });
        await driver.until("disposed", 5);
    } finally {
        admin.drop();
        relay.stop();
    }
}

async function reads(driver, gate, kind) {
    const wire = await Wire.login(gate.url);
    const offered = wire.hello.payload.features.methods;
    wire.drop();
    const methods = READS.filter((method) => offered.includes(method));
    const least = kind === "real" ? 20 : 12;
    must(methods.length >= least, `only ${methods.length} of the methods are offered: ${methods}`);
    const tags = methods.map((method) => driver.ask(0, method, {}));
    const ended = await Promise.all(tags.map((tag) => driver.result(tag, 60000)));
    mustEqual(
        ended.map(({ outcome, message }, at) => [methods[at], outcome, message ?? ""]),
        methods.map((method) => [method, "OK", ""]),
    );
}

async function wrongToken(driver, gate) {
    driver.open(3, { url: gate.url, token: "wrong" });
    const paused = await driver.until("paused", 3);
    mustEqual(paused.detail, "AUTH_TOKEN_MISMATCH");
    driver.say({ do: "token", id: 3, value: TOKEN });
    await driver.until("hello", 3);
    driver.say({ do: "close", id: 3 });
}

// A run with a tool: the text and the tool are seen as events, and the two answers of `agent`.
async function agentRun(driver, gate) {
    driver.open(4, {
        url: gate.url,
        token: TOKEN,
        scopes: ["operator.admin"],
        caps: ["tool-events"],
    });
    await driver.until("hello", 4);
    driver.say({ do: "subscribe", id: 4, tag: SUBSCRIBED, method: "sessions.subscribe", params: {} });
    mustEqual((await driver.result(SUBSCRIBED)).outcome, "OK");
    const result = await driver.request(
        4,
        "agent",
        {
            message: "please use the tool",
            sessionKey: "agent:main:main",
            deliver: false,
            timeout: 60,
            idempotencyKey: crypto.randomUUID(),
        },
        { final: true, ms: 90000 },
    );
    mustEqual(result.outcome, "OK");
    mustEqual(result.payload.status, "ok");
    must(driver.all("accepted", 4).length === 1, "the first of the two answers was not told once");
    const events = driver.all("event", 4).filter(({ event }) => /^(agent|chat)/.test(event));
    const text = JSON.stringify(events);
    must(text.includes(MODEL_TEXT.split(" ")[0]), `no text in ${text.slice(0, 2000)}`);
    must(text.includes(TOOL_OUTPUT), `no tool output in ${text.slice(0, 2000)}`);
    mustEqual(driver.all("gap", 4), []);
    driver.say({ do: "close", id: 4 });
    await driver.until("disposed", 4);
}

// Every call has exactly one end, also those that a restart cut off.
// No descriptor more than before; on a busy machine a socket may just be on its way out.
async function mustSettle(driver, before) {
    const end = Date.now() + SETTLE_MS;
    let seen = (await driver.usage()).descriptors;
    while (seen > before && Date.now() < end) {
        await sleep(200);
        seen = (await driver.usage()).descriptors;
    }
    must(seen <= before, `${seen} descriptors, ${before} before`);
}

function mustEndOnce(driver, tags) {
    const ends = new Map(tags.map((tag) => [tag, 0]));
    for (const { what, tag } of driver.told)
        if ((what === "result" || what === "refused") && ends.has(tag))
            ends.set(tag, ends.get(tag) + 1);
    mustEqual(
        [...ends].filter(([, count]) => count !== 1),
        [],
    );
}

// When the gateway first let somebody in.
async function readyAt(gate) {
    for (;;) {
        const wire = await Wire.login(gate.url).catch(() => null);
        const isIn = wire?.hello?.ok === true;
        wire?.drop();
        if (isIn) return Date.now();
    }
}

async function manyRounds(ctx) {
    const standIn = await StandIn.start();
    const driver = new Driver(ctx.driver);
    try {
        const tags = [];
        let settled = null;
        for (let id = 0; id < CROWD; id += 1) driver.open(id, { url: standIn.url });
        for (let round = 1; round <= ROUNDS; round += 1) {
            for (let id = 0; id < CROWD; id += 1) await driver.until("hello", id, round);
            const answered = round % 2 === 0;
            standIn.answers = () => answered;
            const asked = standIn.requests.length;
            for (let id = 0; id < CROWD; id += 1)
                tags.push(driver.ask(id, "test.count", { key: `${round}.${id}` }));
            await arrived(standIn, asked + CROWD);
            if (round === ROUNDS / 5) settled = await driver.usage();
            if (round < ROUNDS) standIn.restart(250, round % 4 < 2);
        }
        const keys = standIn.requests.map(({ params }) => params.key);
        mustEqual(keys.length, CROWD * ROUNDS);
        mustEqual(new Set(keys).size, keys.length);
        for (const tag of tags) await driver.result(tag);
        mustEndOnce(driver, tags);
        const after = await driver.usage();
        await mustSettle(driver, settled.descriptors);
        const grown = after.heldBytes - settled.heldBytes;
        must(grown < GROWTH_BYTES, `${grown} bytes more after ${ROUNDS} rounds`);
        await driver.quit();
    } finally {
        driver.child.kill("SIGKILL");
        standIn.stop();
    }
}

async function arrived(standIn, count) {
    while (standIn.requests.length < count) await new Promise((done) => setTimeout(done, 1));
}
