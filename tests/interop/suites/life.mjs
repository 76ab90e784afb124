// The life of the gateway as its clients see it: starting, refusing, draining, stopping.
import { must, mustEqual } from "../lib/compare.mjs";
import { Library, libraryDevice } from "../lib/client.mjs";
import { TOKEN, freePort, get, startHoldfast } from "../lib/gateway.mjs";
import { cleanEnv, finish, folder, sleep } from "../lib/proc.mjs";
import { Wire, connectParams } from "../lib/wire.mjs";
import { homeFor, openclawIn } from "./cli.mjs";

const STARTING_MS = 4000;

// protocol/traces/restart-window: what every connect gets while the gateway starts.
const STARTING = {
    code: "UNAVAILABLE",
    message: "gateway starting; retry shortly",
    retryable: true,
    retryAfterMs: 500,
    details: { reason: "startup-sidecars" },
};

export default function life(plan, ctx) {
    const ours = ctx.kind === "real" ? "this is holdfast's own" : undefined;
    const test = (text, body) => plan.test(`life: ${text}`, body);
    const own = (text, body) => plan.test(`life: ${text}`, body, { skip: ours });
    const starting = async (ms = STARTING_MS) => {
        const port = await freePort();
        return ctx.start({ port, wait: false, args: ["--startup-delay", String(ms)] });
    };

    test("while it starts a connect gets the recorded frame, then 1013 (startup-retry 1)", async () => {
        const gate = await starting();
        const wire = await upgraded(gate.url);
        const answer = await wire.request("connect", connectParams(), { id: "c" });
        mustEqual(answer.error, STARTING);
        await wire.closing();
        mustEqual(
            { code: wire.closed.code, reason: wire.closed.reason },
            { code: 1013, reason: "gateway starting" },
        );
        must(wire.closed.at >= answer.receivedAt, "the close came before the frame");
        await gate.stop();
    });

    test("while it starts a wrong token or version changes nothing (startup-retry 3, 4)", async () => {
        const gate = await starting();
        for (const over of [{ auth: { token: "wrong" } }, { minProtocol: 9, maxProtocol: 9 }]) {
            const wire = await upgraded(gate.url);
            mustEqual((await wire.request("connect", connectParams(over))).error, STARTING);
            await wire.closing();
        }
        await gate.stop();
    });

    test("while it starts malformed frames keep their own errors (startup-retry 5)", async () => {
        const gate = await starting();
        for (const [text, code, reason] of [
            ["{nope", 1000, ""],
            ["[]", 1008, "invalid request frame"],
            [
                '{"type":"req","id":"1","method":"health"}',
                1008,
                "invalid handshake: first request must be connect",
            ],
            [
                '{"type":"req","id":"1","method":"connect"}',
                1008,
                "invalid connect params: must be object",
            ],
            ["x".repeat(65537), 1009, ""],
        ]) {
            const wire = await upgraded(gate.url);
            wire.send(text);
            await wire.closing();
            mustEqual({ code: wire.closed.code, reason: wire.closed.reason }, { code, reason });
        }
        await gate.stop();
    });

    own("the probes say starting, afterwards started (startup-retry 9)", async () => {
        const gate = await starting(1500);
        const early = await Promise.all(
            ["/healthz", "/startupz", "/readyz"].map((path) => get(gate.port, path)),
        );
        mustEqual(
            early.map(({ status }) => status),
            [200, 503, 503],
        );
        mustEqual(
            {
                ok: early[1].body.ok,
                status: early[1].body.status,
                reason: early[1].body.pendingReason,
            },
            { ok: false, status: "starting", reason: "startup-sidecars" },
        );
        mustEqual(
            { ready: early[2].body.ready, failing: early[2].body.failing },
            { ready: false, failing: ["startup-sidecars"] },
        );
        await landed(gate);
        const later = await Promise.all(
            ["/startupz", "/readyz"].map((path) => get(gate.port, path)),
        );
        mustEqual(
            later.map(({ status }) => status),
            [200, 200],
        );
        await gate.stop();
    });

    own("the library waits through the start without telling its owner, then lands", async () => {
        const gate = await starting(2500);
        const client = await Library.start(gate.url, { token: TOKEN });
        await client.until("hello", 1, 30000);
        mustEqual(client.all("error"), []);
        mustEqual(client.all("close"), []);
        mustEqual((await client.request("health")).ok, true);
        client.stop();
        await gate.stop();
    });

    own("the command line waits through the start and succeeds, stderr empty", async () => {
        const gate = await starting(3500);
        const ran = await openclawIn(homeFor(gate.port), "gateway", "call", "health");
        mustEqual({ code: ran.code, stderr: ran.stderr }, { code: 0, stderr: "" });
        must(ran.stdout.startsWith("Gateway call: health\n{"), ran.stdout);
        await gate.stop();
    });

    plan.test(
        "life: a tick comes within the interval that hello-ok promises",
        async () => {
            const wire = await Wire.login((await ctx.gateway("plain")).url, { scopes: [] });
            const { tickIntervalMs } = wire.hello.payload.policy;
            const tick = await wire.wait(() => wire.events("tick")[0], tickIntervalMs + 2000);
            must(tick, `no tick in ${tickIntervalMs} ms`);
            must(Math.abs(tick.payload.ts - tick.receivedAt) < 2000, JSON.stringify(tick));
            wire.drop();
        },
        { early: true },
    );

    test("SIGTERM: shutdown event, then 1012, then exit 0", async () => {
        const gate = await ctx.start({});
        const wires = await Promise.all(
            [1, 2, 3].map(() => Wire.login(gate.url, { scopes: ["operator.read"] })),
        );
        const unnamed = await Wire.open(gate.url);
        await unnamed.challenged();
        const how = await gate.stop();
        mustEqual(how, { code: 0, signal: null });
        for (const wire of wires) {
            await wire.closing();
            mustEqual(
                wire.events("shutdown").map(({ payload }) => payload),
                [{ reason: "gateway stopping" }],
            );
            mustEqual(
                { code: wire.closed.code, reason: wire.closed.reason },
                { code: 1012, reason: "service restart" },
            );
            must(
                wire.closed.at >= wire.events("shutdown")[0].receivedAt,
                "1012 came before the event",
            );
        }
        must(await unnamed.closing(), "a socket that had not connected was left open");
    });

    test("SIGINT stops it the same way", async () => {
        const gate = await ctx.start({});
        const wire = await Wire.login(gate.url);
        mustEqual(await gate.stop({ signal: "SIGINT" }), { code: 0, signal: null });
        await wire.closing();
        mustEqual(wire.closed.code, 1012);
    });

    own("a second instance on the same state exits 78 and says who holds it", async () => {
        const gate = await ctx.start({});
        const ran = await finish(
            ctx.binary,
            ["run", "--port", "0", "--token", TOKEN, "--state-dir", gate.stateDir],
            { env: cleanEnv(folder("second")), ms: 15000 },
        );
        mustEqual(ran.code, 78);
        mustEqual(ran.stdout, "");
        must(
            ran.stderr.includes(String(gate.proc.pid)),
            `the holder's pid is not named:\n${ran.stderr}`,
        );
        mustEqual((await (await Wire.login(gate.url)).call("health")).ok, true);
        await gate.stop();
    });

    own("a port that is taken is named and is no busy loop", async () => {
        const gate = await ctx.start({});
        const ran = await finish(
            ctx.binary,
            ["run", "--port", String(gate.port), "--token", TOKEN, "--state-dir", folder("taken")],
            { env: cleanEnv(folder("taken")), ms: 30000 },
        );
        must(ran.code === 1 || ran.code === 78, `exit ${ran.code}`);
        must(ran.stderr.includes(String(gate.port)), ran.stderr);
        await gate.stop();
    });

    own("a paired device and its token survive SIGKILL of the gateway", async () => {
        const { kept, ...device } = libraryDevice();
        const options = {
            ...device,
            clientName: "openclaw-tui",
            mode: "ui",
            scopes: ["operator.read"],
        };
        const first = await startHoldfast(ctx.binary, {});
        const client = await Library.start(first.url, { token: TOKEN, ...options });
        await client.until("hello");
        client.stop();
        const before = kept.token.token;
        await first.stop({ signal: "SIGKILL" });
        const again = await startHoldfast(ctx.binary, { stateDir: first.stateDir });
        const back = await Library.start(again.url, options);
        const [hello] = await back.until("hello");
        mustEqual(
            { method: hello.auth.method, token: hello.auth.deviceToken },
            { method: "device-token", token: before },
        );
        back.stop();
        await again.stop();
    });

    own("the same wrong secret locks nobody out, eleven different ones do", async () => {
        const gate = await ctx.start({ gateway: { trustedProxies: ["127.0.0.1"] } });
        const tryAs = async (address, token) => {
            const wire = await Wire.open(gate.url, { headers: { "x-forwarded-for": address } });
            await wire.challenged();
            const { error } = await wire.request("connect", connectParams({ auth: { token } }));
            wire.drop();
            return error.details.code;
        };
        const same = [];
        for (let i = 0; i < 12; i += 1) same.push(await tryAs("203.0.113.50", "stale"));
        mustEqual([...new Set(same)], ["AUTH_TOKEN_MISMATCH"]);
        const different = [];
        for (let i = 0; i < 11; i += 1) different.push(await tryAs("203.0.113.51", `guess ${i}`));
        mustEqual(different.at(-1), "AUTH_RATE_LIMITED");
        await gate.stop();
    });
}

// A socket that got through the upgrade; the real gateway refuses some in its first second.
async function upgraded(url) {
    for (let i = 0; i < 100; i += 1) {
        const wire = await Wire.open(url);
        if (!wire.refused && !wire.error) {
            await wire.challenged();
            return wire;
        }
        await sleep(50);
    }
    throw new Error("no upgrade was accepted");
}

async function landed(gate) {
    for (let i = 0; i < 200; i += 1) {
        if ((await get(gate.port, "/startupz")).status === 200) return;
        await sleep(50);
    }
    throw new Error("it never started");
}
