// The place of the real gateway: `holdfast run -- openclaw gateway run`, and a relay with TLS.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { Browser } from "../lib/browser.mjs";
import { chain } from "../lib/chain.mjs";
import { Library } from "../lib/client.mjs";
import { must, mustEqual } from "../lib/compare.mjs";
import { newDevice, signedDevice } from "../lib/device.mjs";
import { Driver } from "../lib/driver.mjs";
import { TOKEN, startHoldfast } from "../lib/gateway.mjs";
import { Place, ownAddress } from "../lib/place.mjs";
import { Skip } from "../lib/tap.mjs";
import { Wire, connectParams } from "../lib/wire.mjs";

const CROWD = 8; // clients of libholdfast
const LIBRARIES = 3; // clients of the published library
const LAND_MS = 2000;
const START_MS = 180000;
const GOODBYE = 1012;

export default function relay(plan, ctx) {
    const ours = ctx.kind === "real" ? "this is holdfast's own" : undefined;
    const skip = ours ?? (ctx.driver ? undefined : "this build has no driver");
    const story = chain();
    const scene = new Scene(ctx);
    const test = (text, body) =>
        plan.test(`relay: ${text}`, story(body), { skip, early: true });

    test("clients that come before the gateway hear of its start only, and land", () => scene.begin());
    test("HTTP and the Control UI come through", () => pages(scene));
    test("a page of the Control UI's own origin may connect", () => origin(scene));
    test("the Control UI logs in through it, in a real browser", () => scene.show());
    test("a peer from afar does not look local to the gateway", () => fromAfar(scene));
    test("a relay with TLS in front of it", () => secured(scene));
    test("over ctl restart clients hear of a start only, and are back within 2 s", () =>
        scene.over("close", () => scene.place.ctl("restart")));
    test("the Control UI is back by itself", () => scene.shown());
    test("over kill -9 of the gateway, too", () =>
        scene.over(null, () => process.kill(scene.place.gatewayPid(), "SIGKILL")));
    test("its end lets the gateway say goodbye and leaves nothing behind", () => scene.end());
}

// One place from its start to its end, with clients that stay.
class Scene {
    #place = null;
    #found = 0;

    constructor(ctx) {
        this.ctx = ctx;
    }

    get place() {
        must(this.#place, "it did not start");
        return this.#place;
    }

    async begin() {
        this.driver = new Driver(this.ctx.driver);
        const place = await Place.start(this.ctx.binary);
        await place.until(() => true, 20000);
        this.#place = place;
        for (let id = 0; id < CROWD; id += 1) this.driver.open(id, { url: place.url, token: TOKEN });
        this.libraries = [];
        for (let i = 0; i < LIBRARIES; i += 1)
            this.libraries.push(await Library.start(place.url, { token: TOKEN }));
        await this.landed(1);
        must(this.driver.all("startup_wait").length > 0, "nobody met the start");
        mustEqual(this.driver.all("closed"), []);
        for (const library of this.libraries) mustEqual(library.all("close"), []);
    }

    // Everybody is logged in for the nth time, soon after the gateway was there, and has heard of
    // no failure.
    async landed(nth) {
        const { driver, libraries, place } = this;
        this.#found += 1;
        const ready = await place.foundAt(this.#found, START_MS);
        const own = await straight(place);
        const late = [];
        for (let id = 0; id < CROWD; id += 1) {
            const { at } = await driver.until("hello", id, nth, START_MS);
            late.push(at - ready);
        }
        for (const library of libraries) {
            await library.until("hello", nth, START_MS);
            late.push(library.all("hello")[nth - 1].at - ready);
        }
        late.sort((a, b) => a - b);
        console.log(`# relay: back ${late} ms after the gateway; straight at it a login took ${own} ms`);
        mustEqual(
            late.filter((ms) => ms > LAND_MS + own),
            [],
        );
        for (const what of ["connect_error", "auth_error", "paused"]) mustEqual(driver.all(what), []);
        for (const library of libraries)
            for (const what of ["error", "paused", "gap"]) mustEqual(library.all(what), []);
    }

    async show() {
        this.browser = await Browser.start();
        this.page = await this.browser.open(`http://127.0.0.1:${this.place.port}/#token=${TOKEN}`);
        mustEqual((await this.page.hello(1)).protocol, 4);
    }

    // The page was not touched, and the hello it got is of the gateway's new process.
    async shown() {
        must(this.page, "it never logged in");
        const [before, after] = [await this.page.hello(1), await this.page.hello(2)];
        must(before.server.bootId !== after.server.bootId, "the same gateway");
    }

    // The gateway goes and comes again: each client loses its one connection, then waits.
    async over(how, restart) {
        const { driver, libraries } = this;
        const hellos = driver.all("hello", 0).length;
        const waits = driver.all("startup_wait").length;
        const closes = libraries.map((library) => library.all("close").length);
        const closed = driver.all("closed").length;
        const asked = await restart();
        if (how) mustEqual(asked.outcome, "EXECUTED");
        await this.landed(hellos + 1);
        must(driver.all("startup_wait").length > waits, "nobody met the start");
        mustEqual(driver.all("closed").length - closed, CROWD, "one end for each ");
        libraries.forEach((library, i) => {
            mustEqual(library.all("close").length, closes[i] + 1);
            const [code] = library.all("close").at(-1).args;
            mustEqual(code, how ? GOODBYE : 1006);
        });
        for (let id = 0; id < CROWD; id += 1)
            mustEqual((await driver.payload(id, "health", {}, { ms: 60000 })).ok, true);
    }

    async end() {
        const { driver, libraries, place } = this;
        await this.browser?.stop();
        try {
            const told = libraries.map((library) => library.all("event").length);
            const closes = libraries.map((library) => library.all("close").length);
            mustEqual(await place.stop(), { code: 0, signal: null });
            mustEqual(place.left(), []);
            for (const [i, library] of libraries.entries()) {
                await library.until("close", closes[i] + 1);
                const names = library.all("event").slice(told[i]).map(({ args }) => args[0].event);
                must(names.includes("shutdown"), `told before the end: ${names}`);
                // Where the end takes longer than its pause, it has tried a closed port since.
                mustEqual(library.all("close")[closes[i]].args[0], GOODBYE);
                library.stop();
            }
            await driver.quit();
        } finally {
            driver.child.kill("SIGKILL");
            await place.stop();
        }
    }
}

// What a login at the gateway itself takes, beside those who come back: a busy machine is no
// fault of the place.
async function straight(place) {
    const { port } = await place.status();
    const began = Date.now();
    const wire = await Wire.open(`ws://127.0.0.1:${port}`);
    await wire.challenged(60000);
    await wire.request("connect", connectParams(), { ms: 60000 });
    wire.drop();
    return Date.now() - began;
}

// GET with the status, headers and body; `target` is a whole URL.
function fetchPage(target, options = {}) {
    const { get } = target.startsWith("https:") ? https : http;
    return new Promise((done, fail) => {
        get(target, options, (res) => {
            let body = "";
            res.on("data", (data) => {
                body += data;
            });
            res.on("end", () => done({ status: res.statusCode, headers: res.headers, body }));
        }).on("error", fail);
    });
}

async function pages({ place }) {
    const base = `http://127.0.0.1:${place.port}`;
    const health = await fetchPage(`${base}/health`);
    mustEqual([health.status, JSON.parse(health.body)], [200, { ok: true, status: "live" }]);
    const { status, headers, body } = await fetchPage(`${base}/`);
    mustEqual(status, 200);
    must(/text\/html/.test(headers["content-type"]) && /<html/i.test(body), body.slice(0, 200));
    const script = body.match(/src="\.?(\/?[^"]+\.js)"/)?.[1];
    must(script, `no script in the page: ${body.slice(0, 2000)}`);
    const { port } = await place.status();
    const [through, direct] = await Promise.all(
        [place.port, port].map((at) => fetchPage(new URL(script, `http://127.0.0.1:${at}/`).href)),
    );
    mustEqual([through.status, through.body.length], [200, direct.body.length]);
    must(through.body === direct.body, "the script differs");
}

// The gateway behind has another port than the page was loaded from; a page from elsewhere is
// refused as ever.
async function origin({ place }) {
    const client = { id: "openclaw-control-ui", version: "1", platform: "web", mode: "webchat" };
    const answers = [];
    for (const from of [`http://127.0.0.1:${place.port}`, "https://evil.example"]) {
        const wire = await Wire.open(place.url, { headers: { Origin: from } });
        await wire.challenged(60000);
        const params = connectParams({ client, scopes: ["operator.read"] });
        answers.push(await wire.request("connect", params, { ms: 60000 }));
        wire.drop();
    }
    const [own, evil] = answers.map(({ error }) => JSON.stringify(error ?? {}));
    must(!/origin/i.test(own), own);
    must(/origin not allowed/i.test(evil), evil);
}

// Silently paired over loopback, asked about from another address, though both reach the gateway
// over loopback.
async function fromAfar({ place }) {
    const address = ownAddress();
    if (!address) throw new Skip("this machine has loopback only");
    const [near, far] = await Promise.all(
        ["127.0.0.1", address].map((host) => fetchPage(`http://${host}:${place.port}/readyz`)),
    );
    must("failing" in JSON.parse(near.body), `details for a local caller: ${near.body}`);
    mustEqual(JSON.parse(far.body), { ready: true });
    mustEqual((await newcomer(`ws://127.0.0.1:${place.port}`)).ok, true);
    const { error } = await newcomer(`ws://${address}:${place.port}`);
    mustEqual([error?.code, error?.details?.code], ["NOT_PAIRED", "PAIRING_REQUIRED"]);
    const lie = { headers: { "X-Forwarded-For": "127.0.0.1" } };
    for (const host of ["127.0.0.1", address])
        mustEqual((await Wire.open(`ws://${host}:${place.port}`, lie)).refused?.status, 403);
}

// What a device that nobody knows is told.
async function newcomer(url) {
    const wire = await Wire.open(url);
    await wire.challenged(60000);
    const client = { id: "openclaw-tui", version: "1", platform: "linux", mode: "ui" };
    const params = connectParams({ client, scopes: ["operator.read"] });
    params.device = signedDevice(newDevice(), params, wire.challenge);
    const answer = await wire.request("connect", params, { ms: 60000 });
    wire.drop();
    return answer;
}

async function secured({ ctx, place }) {
    const { port } = await place.status();
    const gate = await startHoldfast(ctx.binary, {
        gateway: { tls: { enabled: true } },
        args: ["--mode", "relay", "--upstream", `ws://127.0.0.1:${port}`],
    });
    const driver = new Driver(ctx.driver);
    try {
        must(gate.url.startsWith("wss://"), gate.url);
        const certificate = fs.readFileSync(path.join(gate.stateDir, "tls", "gateway-cert.pem"));
        const pin = new crypto.X509Certificate(certificate).fingerprint256;
        const page = await fetchPage(`https://127.0.0.1:${gate.port}/readyz`, {
            ca: certificate,
            checkServerIdentity: () => undefined,
        });
        mustEqual([page.status, JSON.parse(page.body).ready], [200, true]);
        driver.open(0, { url: gate.url, token: TOKEN, pin });
        await driver.until("hello", 0, 1, 60000);
        mustEqual((await driver.payload(0, "health", {}, { ms: 60000 })).ok, true);
        await driver.quit();
    } finally {
        driver.child.kill("SIGKILL");
        await gate.stop();
    }
}
