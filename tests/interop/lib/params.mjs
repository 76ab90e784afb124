// The rows of data/params.jsonl: bad and odd connect params, frames and method params, each with
// what the real gateway answered.  record.mjs fills in the answers, suites/params.mjs compares.
//
// A row says what is sent in one of these forms:
//   {kind: "connect", set: {"client.id": ...}, drop: ["client.mode"]}   valid params, bent
//   {kind: "connect", params: ...} or {kind: "connect", none: true}     these params, or none
//   {kind: "first" | "frame", text} or {..., frame}   a first frame, or one after hello; in a
//                                                     frame "$params" stands for valid params
//   {kind: "method", method, params}                  by a connection with operator.admin
import { sleep } from "./proc.mjs";
import { Wire, connectParams } from "./wire.mjs";

const ANSWER_MS = 4000;
const QUIET_MS = 40;

// Sends a row to a gateway: {answers, close} as they stand in the data.
export async function ask(session, row) {
    if (row.kind === "connect") return askFirst(session.url, connectFrame(row));
    if (row.kind === "first") return askFirst(session.url, text(row));
    if (row.kind === "frame") return askOpen(await session.admin(), text(row));
    const wire = await session.admin();
    const answer = await wire.request(row.method, row.params, { ms: ANSWER_MS });
    return { answers: [brief({ ...answer, id: undefined })] };
}

// One logged-in connection, opened anew when a row made the gateway close it.
export class Session {
    #wire = null;

    constructor(url) {
        this.url = url;
    }

    async admin() {
        if (!this.#wire || this.#wire.closed) this.#wire = await Wire.login(this.url);
        return this.#wire;
    }

    end() {
        this.#wire?.drop();
    }
}

function connectFrame(row) {
    const frame = { type: "req", id: "c", method: "connect" };
    if (!row.none) frame.params = "params" in row ? row.params : bent(connectParams(), row);
    return JSON.stringify(frame);
}

function bent(params, { set = {}, drop = [] }) {
    const copy = structuredClone(params);
    for (const [path, value] of Object.entries(set)) {
        const { holder, key } = locate(copy, path);
        holder[key] = value;
    }
    for (const path of drop) {
        const { holder, key } = locate(copy, path);
        delete holder[key];
    }
    return copy;
}

function locate(params, path) {
    const keys = path.split(".");
    const key = keys.pop();
    return { holder: keys.reduce((at, step) => at[step], params), key };
}

function text(row) {
    if (row.text !== undefined) return row.text;
    return JSON.stringify(row.frame, (key, value) =>
        value === "$params" ? connectParams() : value,
    );
}

async function askFirst(url, sent) {
    const wire = await Wire.open(url);
    await wire.challenged();
    wire.send(sent);
    await wire.wait(() => wire.closed || wire.answers().some((frame) => frame.ok), ANSWER_MS);
    const out = { answers: wire.answers().map(brief) };
    if (wire.closed) out.close = { code: wire.closed.code, reason: wire.closed.reason };
    wire.drop();
    return out;
}

// Everything the gateway says to one frame before it answers the next request.
async function askOpen(wire, sent) {
    const known = wire.answers().length;
    wire.send(sent);
    const next = await wire.request("last-heartbeat", {}, { id: "next", ms: ANSWER_MS });
    await sleep(QUIET_MS);
    const out = {
        answers: wire
            .answers()
            .slice(known)
            .filter((frame) => frame.id !== "next")
            .map(brief),
    };
    if (next.lost) out.close = { code: next.lost.code, reason: next.lost.reason };
    wire.frames = wire.frames.filter((frame) => frame.id !== "next");
    return out;
}

function brief({ id, ok, error, payload, timedOut }) {
    if (timedOut) return { timedOut };
    const out = id === undefined ? { ok } : { id, ok };
    if (error) out.error = error;
    if (payload?.type === "hello-ok") out.scopes = payload.auth.scopes;
    return out;
}
