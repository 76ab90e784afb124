// The two gateways a test can be pointed at, started the same way and seen through one shape:
//   {kind, url, port, token, proc, home, stateDir, stop()}
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { node, openclaw } from "./peers.mjs";
import { cleanEnv, folder, sleep, start, stop, until } from "./proc.mjs";

export const TOKEN = "secrettoken";

const READY_MS = { holdfast: 20000, real: 180000 };

export function freePort() {
    return new Promise((done, fail) => {
        const server = net.createServer().once("error", fail);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

// GET `path` of a gateway: {status, headers, body} with the body parsed when it is JSON.
export function get(port, target, { method = "GET", headers = {} } = {}) {
    return new Promise((done, fail) => {
        const req = http.request(
            { port, host: "127.0.0.1", path: target, method, headers },
            (res) => {
                let body = "";
                res.on("data", (data) => {
                    body += data;
                });
                res.on("end", () => {
                    const json = /json/.test(res.headers["content-type"] ?? "") && body !== "";
                    done({
                        status: res.statusCode,
                        headers: res.headers,
                        body: json ? JSON.parse(body) : body,
                    });
                });
            },
        );
        req.on("error", fail).end();
    });
}

// Starts `holdfast run`.  `gateway` is the `gateway` section of an openclaw.json (with the shared
// token unless it says how clients are known), `own` our
// `holdfast.*` keys, `args` further flags.  With `wait` false it returns once the port answers.
export async function startHoldfast(binary, options = {}) {
    const { gateway = {}, own = {}, args = [], env = {}, stateDir, port = 0, wait = true } = options;
    const home = folder("holdfast");
    const state = stateDir ?? path.join(home, "state");
    const shared = path.join(home, "openclaw.json");
    fs.writeFileSync(shared, JSON.stringify({ gateway: { mode: "local", ...gateway } }));
    const file = path.join(home, "holdfast.json5");
    fs.writeFileSync(file, JSON.stringify({ holdfast: own }));
    const flags = [
        "run",
        "--port",
        String(port),
        "--state-dir",
        state,
        ...(gateway.auth ? [] : ["--token", TOKEN]),
        "--openclaw-config",
        shared,
        "--config",
        file,
        ...args,
    ];
    const proc = start(binary, flags, { env: cleanEnv(home, env) });
    const gate = { kind: "holdfast", token: TOKEN, proc, home, stateDir: state, port };
    gate.stop = (how) => stop(proc, how);
    if (wait) {
        const line = /^holdfast ready url=(\S+) pid=(\d+) version=(\S+)$/m;
        await until(proc, () => line.test(proc.stdout), READY_MS.holdfast);
        const said = proc.stdout.match(line);
        if (!said)
            throw new Error(
                `holdfast run is not ready: ${JSON.stringify(proc.how)}\n${proc.stderr}`,
            );
        gate.url = said[1];
        gate.port = Number(new URL(said[1]).port);
    } else {
        gate.url = `ws://127.0.0.1:${port}`;
        await listening(proc, port, READY_MS.holdfast);
    }
    return gate;
}

// Starts the real gateway of the pinned release, offline, with an empty home or with `home`.
// `config` are further root members of its openclaw.json.
export async function startReal(options = {}) {
    const { gateway = {}, config = {}, env = {}, wait = true } = options;
    const home = options.home ?? folder("real");
    const port = options.port || (await freePort());
    const shared = path.join(home, ".openclaw", "openclaw.json");
    fs.mkdirSync(path.dirname(shared), { recursive: true });
    const auth = gateway.auth ?? { mode: "token", token: TOKEN };
    fs.writeFileSync(
        shared,
        JSON.stringify({
            gateway: { mode: "local", port, bind: "loopback", ...gateway, auth },
            logging: { file: path.join(home, "gateway.log") },
            ...config,
        }),
    );
    const proc = start(node, [openclaw, "gateway", "run", "--allow-unconfigured"], {
        env: cleanEnv(home, { NO_COLOR: "1", ...env }),
    });
    const gate = { kind: "real", token: TOKEN, proc, home, port, url: `ws://127.0.0.1:${port}` };
    gate.stateDir = path.join(home, ".openclaw");
    gate.stop = (how) => stop(proc, { graceMs: 20000, ...how });
    await (wait ? ready(proc, port) : listening(proc, port, READY_MS.real));
    return gate;
}

async function ready(proc, port) {
    const end = Date.now() + READY_MS.real;
    while (!proc.how && Date.now() < end) {
        const answer = await get(port, "/readyz").catch(() => null);
        if (answer?.status === 200) return;
        await sleep(200);
    }
    throw new Error(
        `the real gateway is not ready: ${JSON.stringify(proc.how)}\n${proc.stdout}${proc.stderr}`,
    );
}

async function listening(proc, port, ms) {
    const end = Date.now() + ms;
    while (!proc.how && Date.now() < end) {
        if (
            await get(port, "/healthz").then(
                () => true,
                () => false,
            )
        )
            return;
        await sleep(20);
    }
    throw new Error(`nothing listens on ${port}: ${JSON.stringify(proc.how)}\n${proc.stderr}`);
}
