// What a client is told about its own link: the `connection` block of `health`.
import { must, mustEqual } from "../lib/compare.mjs";
import { Library } from "../lib/client.mjs";
import { delayed } from "../lib/delay.mjs";
import { TOKEN } from "../lib/gateway.mjs";
import { sleep } from "../lib/proc.mjs";
import { Wire } from "../lib/wire.mjs";

const ONE_WAY_MS = 40;
const LOADED_MACHINE_MS = 60;
const PING_MS = 200;

export default function link(plan, ctx) {
    const skip = ctx.kind === "real" ? "the real gateway reports no connection block" : undefined;
    const test = (text, body) => plan.test(`link: ${text}`, body, { skip });
    let quick = null;
    const quickGate = () => {
        quick ??= ctx.start({ own: { pingIntervalMs: PING_MS, pongTimeoutMs: 1000 } });
        return quick;
    };
    const block = async (caller) => (await caller.request("health", {})).connection;
    const measured = async (caller, fits) => {
        let last = null;
        for (let i = 0; i < 40; i += 1) {
            last = await block(caller);
            if (last.rttMs !== null && fits(last.rttMs)) return last;
            await sleep(50);
        }
        throw new Error(`the round trip never fitted: ${JSON.stringify(last)}`);
    };

    test("the library sees an injected delay in rttMs after the first ping", async () => {
        const gate = await ctx.gateway("plain");
        const relay = await delayed(gate.port, ONE_WAY_MS);
        const client = await Library.start(relay.url, { token: TOKEN });
        await client.until("hello");
        const seen = await measured(client, (rtt) => rtt >= 2 * ONE_WAY_MS);
        must(seen.rttMs < 2 * ONE_WAY_MS + LOADED_MACHINE_MS, JSON.stringify(seen));
        mustEqual(seen.connected, true);
        must(Math.abs(Date.now() - seen.lastHeartbeatAt) < 5000, JSON.stringify(seen));
        client.stop();
        relay.stop();
    });

    test("rttMs follows the delay down when it goes away", async () => {
        const gate = await quickGate();
        const relay = await delayed(gate.port, ONE_WAY_MS);
        const client = await Library.start(relay.url, { token: TOKEN });
        await client.until("hello");
        await measured(client, (rtt) => rtt >= 2 * ONE_WAY_MS - 5);
        relay.ms = 0;
        await sleep(10 * PING_MS);
        must((await block(client)).rttMs < ONE_WAY_MS, JSON.stringify(await block(client)));
        client.stop();
        relay.stop();
    });

    test("two clients each see their own link only (health-connection 13)", async () => {
        const gate = await ctx.gateway("plain");
        const relay = await delayed(gate.port, ONE_WAY_MS);
        const [far, near] = await Promise.all(
            [relay.url, gate.url].map((url) => Library.start(url, { token: TOKEN })),
        );
        await Promise.all([far.until("hello"), near.until("hello")]);
        const [slow, fast] = await Promise.all([
            measured(far, (rtt) => rtt >= 2 * ONE_WAY_MS),
            measured(near, () => true),
        ]);
        must(fast.rttMs < ONE_WAY_MS, JSON.stringify({ slow, fast }));
        far.stop();
        near.stop();
        relay.stop();
    });

    test("the block is closed: three keys, integers or null (health-connection 35)", async () => {
        const gate = await ctx.gateway("plain");
        const wire = await Wire.login(gate.url, {}, { pong: false });
        mustEqual((await wire.call("health", {})).connection, {
            connected: true,
            rttMs: null,
            lastHeartbeatAt: null,
        });
        wire.drop();
        const answering = await Wire.login(gate.url);
        await answering.wait(() => answering.pings.length > 0, 2000);
        await sleep(100);
        const { connected, rttMs, lastHeartbeatAt, ...more } = (await answering.call("health", {}))
            .connection;
        mustEqual(more, {});
        mustEqual(connected, true);
        must(Number.isInteger(rttMs) && rttMs >= 0, `rttMs ${rttMs}`);
        must(Number.isInteger(lastHeartbeatAt), `lastHeartbeatAt ${lastHeartbeatAt}`);
        answering.drop();
    });

    test("a probe and a refreshed answer carry the block too (health-connection 26)", async () => {
        const wire = await Wire.login((await ctx.gateway("plain")).url);
        for (const params of [undefined, {}, { probe: true }])
            must(
                (await wire.call("health", params)).connection,
                JSON.stringify(params ?? "no params"),
            );
        wire.drop();
    });

    test("neither hello-ok nor any event carries the block (health-connection 25)", async () => {
        const wire = await Wire.login((await ctx.gateway("plain")).url);
        await wire.call("health", { probe: true });
        await wire.wait(() => wire.events("health").length > 0, 1500);
        for (const frame of [wire.hello, ...wire.events()])
            must(
                !JSON.stringify(frame).includes('"connection"'),
                JSON.stringify(frame).slice(0, 300),
            );
        wire.drop();
    });

    test("the first ping comes right after hello-ok, with a payload (health-connection 19)", async () => {
        const wire = await Wire.login((await ctx.gateway("plain")).url);
        await wire.wait(() => wire.pings.length > 0, 1000);
        must(wire.pings.length === 1, `${wire.pings.length} pings`);
        must(/^\d{13,20}$/.test(wire.pings[0].text), wire.pings[0].text);
        const hello = wire.frames.find((frame) => frame.id === "login");
        must(wire.pings[0].at >= hello.receivedAt, "the ping came before hello-ok");
        wire.drop();
    });

    test("no ping before hello-ok and none on a refused connection (health-connection 18)", async () => {
        const gate = await quickGate();
        const silent = await Wire.open(gate.url);
        await silent.challenged();
        await sleep(3 * PING_MS);
        mustEqual(silent.pings, []);
        silent.drop();
        const refused = await Wire.login(gate.url, { auth: { token: "wrong" } });
        await refused.closing();
        mustEqual(refused.pings, []);
    });

    test("one ping at once, then one per interval (health-connection 17)", async () => {
        const wire = await Wire.login((await quickGate()).url);
        await sleep(5 * PING_MS + PING_MS / 2);
        must(Math.abs(wire.pings.length - 6) <= 1, `${wire.pings.length} pings in 5.5 intervals`);
        const texts = wire.pings.map(({ text }) => BigInt(text));
        must(
            texts.every((text, i) => i === 0 || text > texts[i - 1]),
            "payloads do not grow",
        );
        wire.drop();
    });

    test("a peer that stops answering is dropped without a close frame, others stay", async () => {
        const gate = await quickGate();
        const other = await Wire.login(gate.url);
        const mute = await Wire.login(gate.url, {}, { pong: false });
        mustEqual((await mute.closing(5000))?.code, 1006);
        mustEqual((await other.call("health")).connection.connected, true);
        mustEqual(other.closed, null);
        other.drop();
        await gate.stop();
    });
}
