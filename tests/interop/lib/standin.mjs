// A gateway that a test can treat badly: it lets everybody in, answers what it is told to answer
// and keeps a list of every request it ever saw, over all of its restarts.
import { peer } from "./peers.mjs";

export class StandIn {
    requests = []; // {id, method, params}
    sockets = new Set();
    answers = () => true; // whether this request gets an answer

    static async start() {
        const { default: WebSocket } = await peer("ws");
        const standIn = new StandIn();
        standIn.server = new WebSocket.WebSocketServer({ host: "127.0.0.1", port: 0 });
        await new Promise((done) => standIn.server.once("listening", done));
        standIn.url = `ws://127.0.0.1:${standIn.server.address().port}`;
        standIn.server.on("connection", (socket) => standIn.#serve(socket));
        return standIn;
    }

    // Announces a restart that takes `ms` and drops everybody: with 1012, or without a word.
    restart(ms, isGraceful) {
        for (const socket of this.sockets) {
            send(socket, event("shutdown", { reason: "restart", restartExpectedMs: ms }));
            if (isGraceful) socket.close(1012, "service restart");
            else socket.terminate();
        }
        this.sockets.clear();
    }

    stop() {
        for (const socket of this.server.clients) socket.terminate();
        this.server.close();
    }

    #serve(socket) {
        send(socket, event("connect.challenge", { nonce: "n".repeat(32), ts: Date.now() }));
        socket.on("message", (data) => {
            const frame = JSON.parse(data);
            if (frame.method === "connect") {
                this.sockets.add(socket);
                send(socket, { type: "res", id: frame.id, ok: true, payload: hello() });
                return;
            }
            this.requests.push(frame);
            if (this.answers(frame))
                send(socket, { type: "res", id: frame.id, ok: true, payload: {} });
        });
        socket.on("error", () => socket.terminate());
    }
}

function send(socket, frame) {
    if (socket.readyState === 1) socket.send(JSON.stringify(frame));
}

function event(name, payload) {
    return { type: "event", event: name, payload };
}

function hello() {
    return {
        type: "hello-ok",
        protocol: 4,
        server: { version: "0.0.0", connId: crypto.randomUUID() },
        features: { methods: [], events: ["tick", "shutdown"] },
        snapshot: {
            presence: [],
            health: {},
            stateVersion: { presence: 0, health: 0 },
            uptimeMs: 1,
        },
        auth: { role: "operator", scopes: ["operator.read"] },
        policy: { maxPayload: 26214400, maxBufferedBytes: 52428800, tickIntervalMs: 30000 },
    };
}
