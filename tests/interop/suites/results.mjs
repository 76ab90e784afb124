// Method results have the recorded shape, and satisfy the published schema where it has one.
import { Mismatch } from "../lib/compare.mjs";
import { readLines } from "../lib/data.mjs";
import { callsOf, prepare, schemaOf, validate } from "../lib/results.mjs";
import { resultRows } from "../differences.mjs";
import { shapeFindings, shapeOf } from "../lib/shape.mjs";

export default function results(plan, ctx) {
    const recorded = new Map(readLines("results.jsonl").map(({ call, shape }) => [call, shape]));
    let wire = null;
    const ready = async () => {
        const gate = await ctx.gateway("plain");
        wire ??= await prepare(gate.url);
        return wire;
    };
    for (const { call, method, params } of callsOf()) {
        plan.test(`results: ${call} has the recorded shape`, async () => {
            const payload = await (await ready()).call(method, params);
            fail(shapeFindings(shapeOf(payload), recorded.get(call), resultRows(ctx.kind, call)));
        });
        if (schemaOf(method))
            plan.test(`results: ${call} satisfies the published ${schemaOf(method)}`, async () => {
                const payload = await (await ready()).call(method, params);
                fail(await validate(schemaOf(method), payload, recorded.get(call)));
            });
    }
    plan.test("results: hello-ok has the recorded shape", async () => {
        const { payload } = (await ready()).hello;
        fail(
            shapeFindings(
                shapeOf(payload),
                recorded.get("hello-ok"),
                resultRows(ctx.kind, "hello-ok"),
            ),
        );
    });
    plan.test("results: hello-ok satisfies the published HelloOk", async () => {
        fail(await validate("HelloOk", (await ready()).hello.payload, recorded.get("hello-ok")));
    });
    plan.test(
        "results: every response and event frame satisfies the published frame schemas",
        async () => {
            for (const { receivedAt, ...frame } of (await ready()).frames) {
                const name = frame.type === "res" ? "ResponseFrame" : "EventFrame";
                const faults = await validate(name, frame);
                if (faults.length > 0) fail([JSON.stringify(frame).slice(0, 200), ...faults]);
            }
        },
    );
}

function fail(findings) {
    if (findings.length > 0) throw new Mismatch(findings.join("\n"));
}
