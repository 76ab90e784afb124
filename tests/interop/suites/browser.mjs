// A real browser: the published browser client over the browser's own WebSocket.
import { Browser, pageServer } from "../lib/browser.mjs";
import { chain } from "../lib/chain.mjs";
import { must, mustEqual } from "../lib/compare.mjs";
import { TOKEN, freePort } from "../lib/gateway.mjs";
import { Wire, connectParams } from "../lib/wire.mjs";

const PATIENCE_MS = 60000;
const PING_MS = 200;
const CONTROL_UI = { id: "openclaw-control-ui", version: "1", platform: "web", mode: "webchat" };
const ORIGINS = [
    ["http://127.0.0.1:OWN", null, true],
    ["http://127.0.0.1:OWN", "evil.example", true],
    ["http://127.0.0.1:9", null, true],
    ["http://LOCALHOST:9", null, true],
    ["https://[::1]:9", null, true],
    ["http://localhost.:9", "evil.example", true],
    ["http://evil.localhost:9", "evil.localhost:9", false],
    ["http://localhost.evil.example:9", "localhost.evil.example:9", false],
    ["http://10.1.1.1:9", "10.1.1.1:9", true],
    ["http://10.1.1.1:9", null, false],
    ["http://100.64.1.1:9", "100.64.1.1:9", true],
    ["http://169.254.1.1:9", "169.254.1.1:9", true],
    ["http://[fd00::1]:9", "[fd00::1]:9", true],
    ["http://192.0.2.1:9", "192.0.2.1:9", false],
    ["http://8.8.8.8:9", "8.8.8.8:9", false],
    ["http://box.local:9", "box.local:9", true],
    ["http://box.ts.net:9", "box.ts.net:9", true],
    ["http://box.local:9", null, false],
    ["https://evil.example", "evil.example", false],
    ["null", null, false],
    ["file://", null, false],
];

export default function browser(plan, ctx) {
    const story = chain();
    const scene = new Scene(ctx);
    const ours = ctx.kind === "real" ? "the real gateway reports no connection block" : undefined;
    const test = (text, body, skip) =>
        plan.test(`browser: ${text}`, story(body), { skip, early: true });

    test("a page logs in with a key of the browser", () => scene.login());
    test("its pongs measure its link", () => scene.measure(), ours);
    test("a page of this machine may connect, one from elsewhere is refused", () => scene.elsewhere());
    test("whose page may connect", () => scene.origins());
    test("it sees 1012, and is back with its device's token", () => scene.restart());
    test("the browser and the gateway end", () => scene.end());
}

class Scene {
    constructor(ctx) {
        this.ctx = ctx;
    }

    async begin() {
        this.port = await freePort();
        this.near = await pageServer();
        this.browser = await Browser.start();
        await this.open();
    }

    async open() {
        const options = { port: this.port };
        if (this.ctx.kind === "real") options.home = this.gate?.home;
        else Object.assign(options, { own: { pingIntervalMs: PING_MS }, stateDir: this.gate?.stateDir });
        this.gate = await this.ctx.start(options);
    }

    first(what, after = 0) {
        return this.page.value(`page.first("${what}", ${after}, ${PATIENCE_MS})`);
    }

    async login() {
        await this.begin();
        this.page = await this.browser.open(this.near.origin);
        await begin(this.page, this.gate.url);
        const hello = await this.first("hello");
        mustEqual([hello.shown, hello.ofDevice], [["token"], false]);
        mustEqual((await this.page.value(`page.request("health", {})`)).ok, true);
    }

    async measure() {
        const end = Date.now() + PATIENCE_MS;
        let connection = null;
        while (!Number.isInteger(connection?.rttMs) && Date.now() < end)
            ({ connection } = await this.page.value(`page.request("health", {})`));
        must(Number.isInteger(connection.rttMs), JSON.stringify(connection));
        mustEqual(connection.connected, true);
        must(connection.lastHeartbeatAt <= Date.now(), JSON.stringify(connection));
    }

    // A name of this machine that is not loopback's, as any page of the Internet has.
    async elsewhere() {
        const near = await this.browser.open(this.near.origin.replace("127.0.0.1", "localhost"));
        await begin(near, this.gate.url);
        await near.value(`page.first("hello", 0, ${PATIENCE_MS})`);
        const far = await this.browser.open(this.near.origin.replace("127.0.0.1", "evil.localhost"));
        await begin(far, this.gate.url);
        const { message } = await far.value(`page.first("refused", 0, ${PATIENCE_MS})`);
        must(/origin not allowed/i.test(message), message);
    }

    // From loopback: the page's origin, and the Host that the request names where that matters.
    async origins() {
        const { port } = this;
        for (const [origin, host, mayConnect] of ORIGINS) {
            const headers = { Origin: origin.replace("OWN", port) };
            if (host) headers.Host = host.replace("OWN", port);
            const wire = await Wire.open(this.gate.url, { headers });
            await wire.challenged(PATIENCE_MS);
            const { error } = await wire.request("connect", connectParams({ client: CONTROL_UI }));
            wire.drop();
            // Past that comes the device, which this client does not have.
            const expected = mayConnect ? "device identity" : "origin not allowed";
            must(error.message.includes(expected), `${origin} at ${host}: ${error.message}`);
        }
    }

    async restart() {
        const { length } = await this.page.value("page.told");
        await this.gate.stop();
        const { code, reason, next } = await this.first("close", length);
        mustEqual([code, reason], [1012, "service restart"]);
        await this.open();
        const { shown, ofDevice } = await this.first("hello", next);
        mustEqual([shown, ofDevice], [["token", "deviceToken"], true]);
        mustEqual((await this.page.value(`page.request("health", {})`)).ok, true);
        const told = await this.page.value("page.told");
        const isStart = ({ code }) => code === "UNAVAILABLE"; // the gateway was still starting
        mustEqual(
            told.filter((one) => one.what === "gap" || (one.what === "refused" && !isStart(one))),
            [],
        );
    }

    async end() {
        this.near?.stop();
        await this.browser?.stop();
        const how = await this.gate?.stop();
        if (how) mustEqual(how.code, 0);
    }
}

// Once the page's script has run.
async function begin(page, url) {
    await page.value(`new Promise((done) => {
        const look = () => (globalThis.page ? done() : setTimeout(look, 20));
        look();
    })`);
    await page.value(`page.begin(${JSON.stringify({ url, token: TOKEN })})`);
}
