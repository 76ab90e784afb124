// The published client library against the gateway: connect, calls, errors, reconnect, pairing.
import { must, mustEqual } from "../lib/compare.mjs";
import { Library, libraryDevice } from "../lib/client.mjs";
import { TOKEN, freePort } from "../lib/gateway.mjs";
import { start, stop, until } from "../lib/proc.mjs";
import { modules, node } from "../lib/peers.mjs";
import { Wire } from "../lib/wire.mjs";

export default function library(plan, ctx) {
    const test = (text, body) => plan.test(`library: ${text}`, body);
    const connect = async (options) => {
        const gate = await ctx.gateway("plain");
        return Library.start(gate.url, { token: TOKEN, ...options });
    };

    test("it connects with its defaults and is told who it is", async () => {
        const client = await connect();
        const [hello] = await client.until("hello");
        mustEqual(hello.auth.scopes, ["operator.admin"]);
        mustEqual(hello.auth.role, "operator");
        mustEqual(hello.protocol, 4);
        must(hello.features.methods.includes("health"), "health is not advertised");
        must(hello.features.events.includes("tick"), "tick is not advertised");
        client.stop();
    });

    test("its health call resolves with the whole summary", async () => {
        const client = await connect();
        await client.until("hello");
        const health = await client.request("health", {});
        mustEqual(health.ok, true);
        must(Array.isArray(health.agents), "no list of agents");
        client.stop();
    });

    test("every advertised method exists and every event name is known", async () => {
        const client = await connect();
        const [hello] = await client.until("hello");
        const unknown = [];
        if (ctx.kind === "holdfast")
            for (const method of hello.features.methods)
                await client.request(method, {}).catch((error) => {
                    if (/^unknown method/.test(error.message)) unknown.push(method);
                });
        mustEqual(unknown, []);
        client.stop();
    });

    test("an unknown method rejects with the gateway's code and text", async () => {
        const client = await connect();
        await client.until("hello");
        const error = await client.request("no.such.method", {}).catch((caught) => caught);
        mustEqual(error.message, "unknown method: no.such.method");
        mustEqual(error.gatewayCode, "INVALID_REQUEST");
        client.stop();
    });

    test("a missing scope rejects with the scope that is missing", async () => {
        const client = await connect({ scopes: ["operator.read"] });
        await client.until("hello");
        const error = await client
            .request("set-heartbeats", { enabled: true })
            .catch((caught) => caught);
        mustEqual(error.message, "missing scope: operator.admin");
        mustEqual(error.details, {
            code: "MISSING_SCOPE",
            missingScope: "operator.admin",
            requiredScopes: ["operator.admin"],
        });
        client.stop();
    });

    test("a wrong token is told once and stops the reconnecting", async () => {
        const client = await connect({ token: "wrong" });
        const [error] = await client.until("error");
        mustEqual(error.details.code, "AUTH_TOKEN_MISMATCH");
        const [paused] = await client.until("paused");
        mustEqual(
            { code: paused.code, detail: paused.detailCode },
            { code: 1008, detail: "AUTH_TOKEN_MISMATCH" },
        );
        client.stop();
    });

    test("a device is paired silently, keeps its token and comes back with it", async () => {
        const { kept, ...device } = libraryDevice();
        const options = {
            ...device,
            clientName: "openclaw-tui",
            mode: "ui",
            scopes: ["operator.read", "operator.write"],
        };
        const first = await connect(options);
        const [hello] = await first.until("hello");
        must(
            /^[A-Za-z0-9_-]{43}$/.test(kept.token?.token ?? ""),
            `no device token kept: ${JSON.stringify(kept)}`,
        );
        mustEqual(hello.auth.scopes, options.scopes);
        first.stop();
        const second = await connect({ ...options, token: undefined });
        const [again] = await second.until("hello");
        mustEqual(again.auth.method, "device-token");
        mustEqual(again.auth.scopes, options.scopes);
        second.stop();
    });

    test("events arrive without a gap", async () => {
        const watcher = await connect();
        await watcher.until("hello");
        const actor = await connect();
        await actor.until("hello");
        for (let i = 0; i < 20; i += 1) await actor.request("system-event", { text: `event ${i}` });
        await watcher.until("event", 2);
        await watcher.request("last-heartbeat");
        mustEqual(watcher.all("gap"), []);
        const numbers = watcher
            .all("event")
            .map(({ args }) => args[0].seq)
            .filter((seq) => seq !== undefined);
        mustEqual(
            numbers,
            numbers.map((_, i) => i + 1),
        );
        watcher.stop();
        actor.stop();
    });

    test("it reconnects by itself after the server restarted", async () => {
        const port = await freePort();
        const first = await ctx.start({ port });
        const client = await Library.start(first.url, { token: TOKEN });
        const [before] = await client.until("hello");
        const how = await first.stop();
        mustEqual(how.code, 0);
        const [code, reason] = await client.until("close");
        mustEqual({ code, reason }, { code: 1012, reason: "service restart" });
        const again = await ctx.start({ port, stateDir: first.stateDir });
        const [after] = await client.until("hello", 2, 40000);
        must(after.server.connId !== before.server.connId, "the connection id did not change");
        mustEqual((await client.request("health")).ok, true);
        client.stop();
        await again.stop();
    });

    test("it reconnects by itself after the server was killed", async () => {
        const port = await freePort();
        const first = await ctx.start({ port });
        const client = await Library.start(first.url, { token: TOKEN });
        await client.until("hello");
        await first.stop({ signal: "SIGKILL" });
        const [code] = await client.until("close");
        mustEqual(code, 1006);
        const again = await ctx.start({ port, stateDir: first.stateDir });
        await client.until("hello", 2, 40000);
        mustEqual((await client.request("health")).ok, true);
        client.stop();
        await again.stop();
    });

    test("a client process that is killed costs nobody else anything", async () => {
        const gate = await ctx.gateway("plain");
        const other = await Wire.login(gate.url);
        const proc = start(node, ["--input-type=module", "-e", VICTIM], {
            env: {
                GATEWAY_URL: gate.url,
                GATEWAY_TOKEN: TOKEN,
                CLIENT: `${modules}/@openclaw/gateway-client/dist/index.mjs`,
            },
        });
        must(
            await until(proc, () => proc.stdout.includes("connected"), 10000),
            `no client: ${proc.stderr}`,
        );
        await stop(proc, { signal: "SIGKILL" });
        for (let i = 0; i < 3; i += 1) mustEqual((await other.call("health")).ok, true);
        mustEqual(other.closed, null);
        other.drop();
    });
}

const VICTIM = `
const { GatewayClient } = await import(process.env.CLIENT);
new GatewayClient({
    url: process.env.GATEWAY_URL, token: process.env.GATEWAY_TOKEN, minProtocol: 4, maxProtocol: 4,
    onHelloOk: () => console.log("connected"),
}).start();
`;
