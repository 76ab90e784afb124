// The openclaw command line, unmodified, against the gateway; each test asserts on what it printed.
import fs from "node:fs";
import path from "node:path";
import { must, mustEqual } from "../lib/compare.mjs";
import { newDevice, signedDevice } from "../lib/device.mjs";
import { TOKEN, freePort } from "../lib/gateway.mjs";
import { node, openclaw } from "../lib/peers.mjs";
import { cleanEnv, finish, folder } from "../lib/proc.mjs";
import { Wire, connectParams } from "../lib/wire.mjs";

// A home folder whose configuration points at `port`, as a user's own would.
export function homeFor(port) {
    const home = folder("cli");
    fs.mkdirSync(path.join(home, ".openclaw"));
    fs.writeFileSync(
        path.join(home, ".openclaw", "openclaw.json"),
        JSON.stringify({
            gateway: { mode: "local", port, auth: { mode: "token", token: TOKEN } },
            logging: { file: path.join(home, "cli.log") },
        }),
    );
    return home;
}

export function openclawIn(home, ...args) {
    return finish(node, [openclaw, ...args], { env: cleanEnv(home), ms: 60000 });
}

export default function cli(plan, ctx) {
    const homes = new Map();
    const onGateway = async (name, ...args) => {
        const gate = await ctx.gateway(name);
        if (!homes.has(name)) homes.set(name, homeFor(gate.port));
        return { gate, ...(await openclawIn(homes.get(name), ...args)) };
    };
    const test = (text, body) => plan.test(`cli: ${text}`, body);
    const succeeded = (ran) =>
        must(ran.code === 0, `exit ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
    const printed = (ran, pattern) =>
        must(pattern.test(ran.stdout), `no ${pattern} in:\n${ran.stdout}`);

    test("gateway call health prints the answer", async () => {
        const ran = await onGateway("plain", "gateway", "call", "health");
        succeeded(ran);
        const [title, ...json] = ran.stdout.split("\n");
        mustEqual(title, "Gateway call: health");
        const health = JSON.parse(json.join("\n"));
        mustEqual(health.ok, true);
        if (ctx.kind === "holdfast")
            mustEqual(Object.keys(health.connection).sort(), [
                "connected",
                "lastHeartbeatAt",
                "rttMs",
            ]);
    });

    test("gateway health says OK and how long it took", async () => {
        const ran = await onGateway("plain", "gateway", "health");
        succeeded(ran);
        printed(ran, /^Gateway Health\nOK \(\d+ms\)\n/);
    });

    test("health --json prints one document with the summary", async () => {
        const ran = await onGateway("plain", "health", "--json");
        succeeded(ran);
        const health = JSON.parse(ran.stdout);
        mustEqual(health.ok, true);
        must(Array.isArray(health.agents) && Array.isArray(health.channelOrder), ran.stdout);
    });

    test("health prints the loop, the agents and the heartbeat", async () => {
        const ran = await onGateway("plain", "health");
        succeeded(ran);
        printed(ran, /^Gateway event loop: ok max=[\d.]+ms p99=[\d.]+ms util=[\d.]+ cpu=[\d.]+$/m);
    });

    test("status finds the gateway reachable", async () => {
        const ran = await onGateway("plain", "status");
        succeeded(ran);
        printed(ran, /^OpenClaw status$/m);
        printed(
            ran,
            new RegExp(
                `ws://127\\.0\\.0\\.1:${ran.gate.port} \\(local loopback\\) · reachable \\d+ms`,
            ),
        );
    });

    test("status --json carries the runtime version of the gateway", async () => {
        const ran = await onGateway("plain", "status", "--json");
        succeeded(ran);
        const wire = await Wire.login(ran.gate.url);
        mustEqual(JSON.parse(ran.stdout).gateway.self?.version ?? null, null);
        mustEqual(JSON.parse(ran.stdout).gateway.reachable, true);
        wire.drop();
    });

    test("gateway probe reaches it and is limited only by its scopes", async () => {
        const ran = await onGateway("plain", "gateway", "probe");
        succeeded(ran);
        printed(ran, /^Reachable: yes$/m);
        printed(
            ran,
            /^ {2}Connect: ok \(\d+ms\) · Capability: connect-only · Read probe: limited - missing scope: operator\.read$/m,
        );
    });

    test("gateway status finds the probe ok and names the version", async () => {
        const ran = await onGateway("plain", "gateway", "status");
        succeeded(ran);
        printed(ran, /^Connectivity probe: ok$/m);
        const wire = await Wire.login(ran.gate.url);
        printed(ran, new RegExp(`^Gateway version: ${wire.hello.payload.server.version}$`, "m"));
        wire.drop();
    });

    test("logs names the gateway's log file and prints its last lines", async () => {
        const ran = await onGateway("plain", "logs", "--limit", "5");
        succeeded(ran);
        const wire = await Wire.login(ran.gate.url);
        const { file } = await wire.call("logs.tail", { limit: 1 });
        must(ran.stdout.split("\n")[0] === `Log file: ${file}`, ran.stdout);
        mustEqual(ran.stdout.trimEnd().split("\n").length, 6);
        wire.drop();
    });

    test("logs --json prints one object per line", async () => {
        const ran = await onGateway("plain", "logs", "--limit", "3", "--json");
        succeeded(ran);
        const said = ran.stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line));
        mustEqual(said[0].type, "meta");
        const lines = said.filter(({ type }) => type === "log");
        mustEqual(lines.length, 3);
        for (const line of lines) must(line.message || line.raw, JSON.stringify(line));
    });

    test("devices list and approve handle a device from elsewhere", async () => {
        const gate = await ctx.gateway("proxied");
        const device = newDevice();
        const elsewhere = () => knock(gate.url, device);
        const refused = await elsewhere();
        const { requestId } = refused.error.details;
        const listed = await onGateway("proxied", "devices", "list");
        succeeded(listed);
        printed(listed, /^Pending \(\d+\)$/m);
        printed(listed, new RegExp(requestId));
        const approved = await onGateway("proxied", "devices", "approve", requestId);
        succeeded(approved);
        const json = await onGateway("proxied", "devices", "list", "--json");
        const { pending, paired } = JSON.parse(json.stdout);
        mustEqual(
            pending.filter((one) => one.requestId === requestId),
            [],
        );
        const [mine] = paired.filter((one) => one.deviceId === device.id);
        mustEqual(
            { roles: mine.roles, scopes: mine.scopes },
            { roles: ["operator"], scopes: ["operator.read"] },
        );
        mustEqual((await elsewhere()).ok, true);
    });

    test("a wrong token is refused with the gateway's reason", async () => {
        const ran = await onGateway("plain", "gateway", "call", "health", "--token", "wrong");
        mustEqual(ran.code, 1);
        must(
            /Gateway call failed: unauthorized: gateway token mismatch/.test(ran.stderr),
            ran.stderr,
        );
    });

    test("an unknown method is refused with the gateway's reason", async () => {
        const ran = await onGateway("plain", "gateway", "call", "no.such.method");
        mustEqual(ran.code, 1);
        must(/Gateway call failed: unknown method: no\.such\.method/.test(ran.stderr), ran.stderr);
    });

    test("a port where nobody listens is an error, not a wait", async () => {
        const ran = await openclawIn(
            homeFor(await freePort()),
            "gateway",
            "call",
            "health",
            "--timeout",
            "3000",
        );
        mustEqual(ran.code, 1);
    });
}

// Tries to connect with a device, from an address that is not this machine.
async function knock(url, device) {
    const wire = await Wire.open(url, { headers: { "x-forwarded-for": "203.0.113.20" } });
    const params = connectParams({
        client: { id: "openclaw-tui", version: "0.0.1", platform: "linux", mode: "ui" },
        scopes: ["operator.read"],
    });
    params.device = signedDevice(device, params, await wire.challenged());
    const answer = await wire.request("connect", params);
    wire.drop();
    return answer;
}
