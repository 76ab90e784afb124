// A real browser without a window, driven over its debugging protocol, and the pages it is shown.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { peer } from "./peers.mjs";
import { cleanEnv, folder, start, stop, until } from "./proc.mjs";
import { Skip } from "./tap.mjs";
import { Waiting } from "./waiting.mjs";

const PROGRAM = "/usr/bin/chromium"; // Debian's
const START_MS = 60000;
const ANSWER_MS = 90000;

export class Browser {
    #asked = new Map();
    #pages = new Map();
    #last = 0;

    static async start() {
        if (!fs.existsSync(PROGRAM)) throw new Skip("this machine has no chromium");
        const browser = new Browser();
        const home = folder("browser");
        // It shows our own pages only; its sandbox needs namespaces that a container may lack.
        const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        const quiet = ["--disable-background-networking", "--disable-component-update", "--no-pings"];
        browser.proc = start(
            PROGRAM,
            [
                ...flags,
                ...quiet,
                "--no-first-run",
                "--remote-debugging-port=0",
                `--user-data-dir=${path.join(home, "profile")}`,
                "about:blank",
            ],
            { env: cleanEnv(home) },
        );
        const line = /DevTools listening on (ws:\S+)/;
        await until(browser.proc, () => line.test(browser.proc.stderr), START_MS);
        const said = browser.proc.stderr.match(line);
        if (!said) throw new Error(`no browser: ${browser.proc.stderr.slice(-2000)}`);
        await browser.#attach(said[1]);
        return browser;
    }

    async #attach(url) {
        const { default: WebSocket } = await peer("ws");
        this.socket = new WebSocket(url, { perMessageDeflate: false });
        this.socket.on("message", (data) => this.#take(JSON.parse(data)));
        this.socket.on("close", () => this.#asked.forEach(({ fail }) => fail(new Error("browser gone"))));
        await new Promise((done, fail) => this.socket.once("open", done).once("error", fail));
    }

    #take({ id, sessionId, method, params, result, error }) {
        const waiting = this.#asked.get(id);
        if (!waiting) {
            this.#pages.get(sessionId)?.take(method, params);
            return;
        }
        this.#asked.delete(id);
        if (error) waiting.fail(new Error(`${waiting.method}: ${error.message}`));
        else waiting.done(result);
    }

    ask(method, params = {}, sessionId) {
        const id = (this.#last += 1);
        return new Promise((done, fail) => {
            const timer = setTimeout(() => fail(new Error(`${method}: no answer`)), ANSWER_MS);
            const settle = (how) => (value) => {
                clearTimeout(timer);
                how(value);
            };
            this.#asked.set(id, { method, done: settle(done), fail: settle(fail) });
            this.socket.send(JSON.stringify({ id, method, params, sessionId }));
        });
    }

    // A new tab that shows `url`; every frame of its sockets is kept.
    async open(url) {
        const { targetId } = await this.ask("Target.createTarget", { url: "about:blank" });
        const { sessionId } = await this.ask("Target.attachToTarget", { targetId, flatten: true });
        const page = new Page((method, params) => this.ask(method, params, sessionId));
        this.#pages.set(sessionId, page);
        await page.ask("Network.enable");
        await page.ask("Runtime.enable");
        const { errorText } = await page.ask("Page.navigate", { url });
        if (errorText) throw new Error(`${url}: ${errorText}`);
        return page;
    }

    async stop() {
        this.socket?.terminate();
        await stop(this.proc);
    }
}

class Page {
    heard = []; // frames from servers, parsed
    said = []; // what the page wrote to its console
    #waiting = new Waiting();

    constructor(ask) {
        this.ask = ask;
    }

    take(method, params) {
        if (method === "Network.webSocketFrameReceived" && params.response.opcode === 1)
            this.heard.push(JSON.parse(params.response.payloadData));
        else if (method === "Runtime.consoleAPICalled")
            this.said.push(params.args.map(({ value }) => value).join(" "));
        else if (method === "Runtime.exceptionThrown")
            this.said.push(params.exceptionDetails.exception?.description ?? "exception");
        else return;
        this.#waiting.wake();
    }

    // The value of an expression, awaited when it is a promise.
    async value(expression) {
        const options = { expression, awaitPromise: true, returnByValue: true };
        const { result, exceptionDetails: wrong } = await this.ask("Runtime.evaluate", options);
        if (wrong) throw new Error(wrong.exception?.description ?? wrong.text);
        return result.value;
    }

    // The nth hello-ok that any socket of the page was sent.
    async hello(nth, ms = ANSWER_MS) {
        const all = () => this.heard.filter(({ payload }) => payload?.type === "hello-ok");
        await this.#waiting.until(() => all().length >= nth, ms);
        if (all().length < nth)
            throw new Error(
                `hello ${nth} did not come in ${ms} ms; the page said ${this.said.slice(-10).join("\n")}; ` +
                    `last heard ${JSON.stringify(this.heard.slice(-3)).slice(0, 1000)}`,
            );
        return all()[nth - 1].payload;
    }
}

// Serves an empty page, `page.mjs` and the published packages that it imports, on loopback.
export async function pageServer() {
    const script = path.join(path.dirname(fileURLToPath(import.meta.url)), "page.mjs");
    const packages = path.join(process.env.HOLDFAST_INTEROP_PEERS, "node_modules");
    const imports = await importMap(path.join(packages, "@openclaw"));
    const page = `<!doctype html><script type="importmap">${imports}</script>
<script type="module" src="/page.mjs"></script>`;
    const server = http.createServer(({ url }, res) => {
        if (url === "/") return answer(res, "text/html", page);
        if (url === "/page.mjs") return answer(res, "text/javascript", fs.readFileSync(script));
        const file = path.join(packages, path.normalize(url));
        if (!file.startsWith(packages) || !fs.existsSync(file)) return answer(res, "text/plain", "", 404);
        return answer(res, "text/javascript", fs.readFileSync(file));
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

function answer(res, type, body, status = 200) {
    res.writeHead(status, { "Content-Type": type }).end(body);
}

// Where a browser finds the modules of the packages in that folder.
async function importMap(folderOf) {
    const imports = {};
    for (const name of ["gateway-client", "gateway-protocol"]) {
        const file = path.join(folderOf, name, "package.json");
        const { exports } = JSON.parse(fs.readFileSync(file, "utf8"));
        for (const [entry, { import: module }] of Object.entries(exports)) {
            const at = path.posix.join("@openclaw", name);
            imports[path.posix.join(at, entry)] = `/${path.posix.join(at, module)}`;
        }
    }
    return JSON.stringify({ imports });
}
