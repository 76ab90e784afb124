// What a client is told about its own link: the `connection` block of `health`.
import { must, mustEqual } from "../lib/compare.mjs";
import { Library } from "../lib/client.mjs";
import { delayed } from "../lib/delay.mjs";
import { TOKEN } from "../lib/gateway.mjs";
import { sleep } from "../lib/proc.mjs";
import { Wire } from "../lib/wire.mjs";

// What the relay holds back is the least that a round trip takes, and no load shortens it.  How long
// one takes at most nobody can say on a busy machine: for that, the tests wait for the change.
const ONE_WAY_MS = 250;
const PATIENCE_MS = 60000;
const PING_MS = 200;
const TIMER_EARLY_MS = 10; // timers of both directions, and rounding, may be a little early

export default function link(plan, ctx) {
    const skip = ctx.kind === "real" ? "the real gateway reports no connection block" : undefined;
    const test = (text, body) => plan.test(`link: ${text}`, body, { skip });
    let quick = null;
    const quickGate = () => {
        quick ??= ctx.start({ own: { pingIntervalMs: PING_MS, pongTimeoutMs: 1000 } });
        return quick;
    };
    // Pings as often, and gives nobody up: round trips of this link take longer than that.
    let patient = null;
    const patientGate = () => {
        patient ??= ctx.start({ own: { pingIntervalMs: PING_MS, pongTimeoutMs: PATIENCE_MS } });
        return patient;
    };
    const block = async (caller) => (await caller.request("health", {})).connection;
    const measured = async (caller, fits) => {
        const end = Date.now() + PATIENCE_MS;
        let last = null;
        while (Date.now() < end) {
            last = await block(caller);
            if (last.rttMs !== null && fits(last.rttMs)) return last;
            await sleep(50);
        }
        throw new Error(`the round trip never fitted: ${JSON.stringify(last)}`);
    };
    const isDelayed = (rtt) => rtt >= 2 * ONE_WAY_MS - TIMER_EARLY_MS;
    const isDirect = (rtt) => rtt < 2 * ONE_WAY_MS - TIMER_EARLY_MS;

    test("the library sees an injected delay in rttMs after the first ping", async () => {
        const gate = await ctx.gateway("plain");
        const relay = await delayed(gate.port, ONE_WAY_MS);
        const began = Date.now();
        const client = await Library.start(relay.url, { token: TOKEN });
        await client.until("hello");
        const seen = await measured(client, () => true);
        must(isDelayed(seen.rttMs), JSON.stringify(seen));
        must(seen.rttMs <= Date.now() - began, JSON.stringify(seen));
        mustEqual(seen.connected, true);
        must(seen.lastHeartbeatAt >= began, JSON.stringify(seen));
        must(seen.lastHeartbeatAt <= Date.now(), JSON.stringify(seen));
        client.stop();
        relay.stop();
    });

    test("rttMs follows the delay down when it goes away", async () => {
        const gate = await patientGate();
        const relay = await delayed(gate.port, ONE_WAY_MS);
        const client = await Library.start(relay.url, { token: TOKEN });
        await client.until("hello");
        must(isDelayed((await measured(client, () => true)).rttMs), "it began below the delay");
        relay.ms = 0;
        await measured(client, isDirect);
        client.stop();
        relay.stop();
    });

    test("two clients each see their own link only (health-connection 13)", async () => {
        const gate = await patientGate();
        const relay = await delayed(gate.port, ONE_WAY_MS);
        const [far, near] = await Promise.all(
            [relay.url, gate.url].map((url) => Library.start(url, { token: TOKEN })),
        );
        await Promise.all([far.until("hello"), near.until("hello")]);
        // Whenever the near one is asked, the far one is as slow as its link.
        const fast = await measured(near, isDirect);
        const slow = await measured(far, () => true);
        must(isDelayed(slow.rttMs), JSON.stringify({ slow, fast }));
        await measured(near, isDirect);
        far.stop();
        near.stop();
        relay.stop();
        await gate.stop();
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
        const caller = { request: (...args) => answering.call(...args) };
        const { connected, rttMs, lastHeartbeatAt, ...more } = await measured(caller, () => true);
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
        await wire.wait(() => wire.pings.length > 0, PATIENCE_MS);
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
        await wire.wait(() => wire.pings.length > 5, PATIENCE_MS);
        const texts = wire.pings.map(({ text }) => BigInt(text));
        const took = Number(texts[5] - texts[0]);
        must(took >= 5 * PING_MS - 1, `6 pings in ${took} ms, which is less than 5 intervals`);
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
        mustEqual((await mute.closing(PATIENCE_MS))?.code, 1006);
        mustEqual((await other.call("health")).connection.connected, true);
        mustEqual(other.closed, null);
        other.drop();
        await gate.stop();
    });
}
