// Bad and odd connect params, frames and method params get the recorded answers, texts included.
import { mustEqual } from "../lib/compare.mjs";
import { readLines } from "../lib/data.mjs";
import { Session, ask } from "../lib/params.mjs";
import { expectedAnswer } from "../differences.mjs";

export default function params(plan, ctx) {
    let session = null;
    for (const { answers, close, ...row } of readLines("params.jsonl")) {
        plan.test(`params: ${row.kind} ${row.name}`, async () => {
            const gate = await ctx.gateway("plain");
            session ??= new Session(gate.url);
            const recorded = { answers, ...(close && { close }) };
            mustEqual(await ask(session, row), expectedAnswer(gate.kind, row, recorded));
        });
    }
}
