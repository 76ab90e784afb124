// What does a client of @openclaw/gateway-client cost its program?  Prints `name value`.
//
// Usage: node --expose-gc client.mjs URL TOKEN CLIENTS CALLS      (PEERS: the folder of the peers)
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [url, token, clients, calls] = process.argv.slice(2);
const resolve = createRequire(path.join(process.env.PEERS, "package.json")).resolve;
const { GatewayClient } = await import(pathToFileURL(resolve("@openclaw/gateway-client")).href);

const SETTLE_MS = 2000;
const SAMPLES = 7;
const open = [];

function connect() {
    return new Promise((done, fail) => {
        const client = new GatewayClient({
            url,
            token,
            deviceIdentity: null,
            minProtocol: 4,
            maxProtocol: 4,
            onHelloOk: () => done(client),
            onConnectError: fail,
        });
        open.push(client);
        client.start();
    });
}

async function memory() {
    await sleep(SETTLE_MS);
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heapUsed };
}

const first = await connect();
const before = await memory();
for (let i = 0; i < Number(clients); i += 1) await connect();
const after = await memory();
console.log(`first_rss_bytes ${before.rss}`);
console.log(`rss_bytes ${((after.rss - before.rss) / clients).toFixed(0)}`);
console.log(`heap_bytes ${((after.heapUsed - before.heapUsed) / clients).toFixed(0)}`);
for (const client of open.slice(1)) client.stop();
await sleep(SETTLE_MS);

async function sample() {
    const start = process.cpuUsage();
    for (let i = 0; i < Number(calls); i += 1) await first.request("health", {});
    const used = process.cpuUsage(start);
    return (used.user + used.system) / calls;
}

await sample(); // warms the compiler up
const samples = [];
for (let i = 0; i < SAMPLES; i += 1) samples.push(await sample());
console.log(`call_us_best ${Math.min(...samples).toFixed(3)}`);
process.exit(0);
