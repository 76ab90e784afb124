// Records what the pinned real gateway answers: data/params.jsonl, results.jsonl and proxy.jsonl.
//
// usage: tests/interop/run --record      (after the pinned release changed; then read the diff)
//
// Shapes only get wider: what depends on load or time is right after a few runs.  Empty
// data/results.jsonl first to begin anew.
import { readLines, writeLines } from "./lib/data.mjs";
import { startReal } from "./lib/gateway.mjs";
import { Session, ask } from "./lib/params.mjs";
import { GATEWAYS, knock } from "./lib/proxied.mjs";
import { callsOf, prepare } from "./lib/results.mjs";
import { sleep } from "./lib/proc.mjs";
import { mergeShapes, shapeOf } from "./lib/shape.mjs";

const SETTLE_MS = 8000;

export async function record() {
    const gate = await startReal();
    try {
        const known = new Map(readLines("results.jsonl").map(({ call, shape }) => [call, shape]));
        const rows = await resultShapes(gate);
        writeLines(
            "results.jsonl",
            rows.map(({ call, shape }) => ({ call, shape: mergeShapes(shape, known.get(call)) })),
        );
        writeLines("params.jsonl", await answeredRows(gate));
    } finally {
        await gate.stop();
    }
    writeLines("proxy.jsonl", await proxyRows());
}

async function proxyRows() {
    const rows = [];
    for (const [name, gateway] of Object.entries(GATEWAYS)) {
        const gate = await startReal({ gateway });
        try {
            for (const { answers, close, upgrade, ...row } of readLines("proxy.jsonl"))
                if (row.gateway === name) rows.push({ ...row, ...(await knock(gate.url, row)) });
        } finally {
            await gate.stop();
        }
    }
    return rows;
}

async function answeredRows(gate) {
    const session = new Session(gate.url);
    const rows = [];
    for (const { answers, close, ...row } of readLines("params.jsonl"))
        rows.push({ ...row, ...(await ask(session, row)) });
    session.end();
    return rows;
}

async function resultShapes(gate) {
    const wire = await prepare(gate.url);
    const calls = callsOf();
    const busy = [];
    for (const { method, params } of calls) busy.push(await wire.call(method, params));
    // Some members are null only while the loop is calm, others only while it is busy.
    await sleep(SETTLE_MS);
    const later = await prepare(gate.url);
    const rows = [{ call: "hello-ok", shape: shapeOf(wire.hello.payload, later.hello.payload) }];
    for (const [i, { call, method, params }] of calls.entries())
        rows.push({ call, shape: shapeOf(busy[i], await wire.call(method, params)) });
    return rows;
}
