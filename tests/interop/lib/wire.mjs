// One WebSocket connection as a test sees it: every frame kept, answers found by id.
import { peer } from "./peers.mjs";
import { TOKEN } from "./gateway.mjs";
import { Waiting } from "./waiting.mjs";

const { default: WebSocket } = await peer("ws").catch(() => ({}));

export const backend = {
    id: "gateway-client",
    version: "0.0.1",
    platform: "linux",
    mode: "backend",
};

export function connectParams(over = {}) {
    return {
        minProtocol: 4,
        maxProtocol: 4,
        client: backend,
        role: "operator",
        scopes: ["operator.admin"],
        caps: [],
        auth: { token: TOKEN },
        ...over,
    };
}

export class Wire {
    // Opens a socket.  `headers`, `path` and `subprotocol` go into the upgrade; `pong: false`
    // leaves pings unanswered.  A refused upgrade resolves with {refused: {status, type, body}}.
    static open(url, { path = "/", headers = {}, subprotocol, pong = true, onOpen } = {}) {
        const wire = new Wire();
        wire.socket = new WebSocket(
            url.replace(/\/$/, "") + path,
            subprotocol ? [subprotocol] : [],
            { headers, autoPong: pong, perMessageDeflate: { clientMaxWindowBits: true } },
        );
        return new Promise((done) => {
            wire.socket.on("message", (data) => wire.take(data.toString()));
            wire.socket.on("ping", (data) =>
                wire.pings.push({ at: Date.now(), text: data.toString() }),
            );
            wire.socket.on("close", (code, reason) =>
                wire.end({ code, reason: reason.toString() }),
            );
            wire.socket.on("unexpected-response", (req, res) => {
                let body = "";
                res.on("data", (data) => {
                    body += data;
                });
                res.on("end", () => {
                    wire.refused = {
                        status: res.statusCode,
                        type: res.headers["content-type"],
                        body,
                    };
                    done(wire);
                });
            });
            wire.socket.on("error", (error) => {
                wire.error = error;
                done(wire);
            });
            wire.socket.on("open", () => {
                onOpen?.(wire);
                done(wire);
            });
        });
    }

    // Opens, waits for the challenge and sends `connect`; wire.hello is the answer.
    static async login(url, over = {}, options = {}) {
        const wire = await Wire.open(url, options);
        await wire.challenged();
        wire.hello = await wire.request("connect", connectParams(over), { id: "login" });
        return wire;
    }

    frames = [];
    pings = [];
    closed = null;
    #waiting = new Waiting();
    #ids = 0;

    take(text) {
        let frame;
        try {
            frame = JSON.parse(text);
        } catch {
            frame = { notJson: text };
        }
        this.frames.push({ ...frame, receivedAt: Date.now() });
        this.#waiting.wake();
    }

    end(how) {
        this.closed = { ...how, at: Date.now() };
        this.#waiting.wake();
    }

    // Resolves with the first truthy value of `look()`, or null when `ms` passed.
    wait(look, ms = 5000) {
        return this.#waiting.until(look, ms);
    }

    async challenged(ms) {
        const frame = await this.wait(() => this.events("connect.challenge")[0], ms);
        this.challenge = frame?.payload;
        return this.challenge;
    }

    events(name) {
        return this.frames.filter(
            (frame) => frame.type === "event" && (!name || frame.event === name),
        );
    }

    answers() {
        return this.frames.filter((frame) => frame.type === "res");
    }

    closing(ms = 5000) {
        return this.wait(() => this.closed, ms);
    }

    send(frame, options = {}) {
        this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame), options);
    }

    // Sends a request and resolves with its response frame; {lost} when the socket closed first.
    async request(method, params, { id = `q${(this.#ids += 1)}`, ms = 10000 } = {}) {
        this.send({ type: "req", id, method, ...(params === undefined ? {} : { params }) });
        const answer = await this.wait(
            () =>
                this.answers().find((frame) => frame.id === id) ??
                (this.closed && { lost: this.closed }),
            ms,
        );
        return answer ?? { timedOut: true };
    }

    // The payload of an ok response; anything else is an error that shows the answer.
    async call(method, params, options) {
        const answer = await this.request(method, params, options);
        if (answer.ok !== true) throw new Error(`${method}: ${JSON.stringify(answer)}`);
        return answer.payload;
    }

    drop() {
        this.socket.terminate();
    }

    close() {
        this.socket.close();
        return this.closing();
    }
}
