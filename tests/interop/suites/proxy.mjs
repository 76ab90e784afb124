// Behind a proxy that says who is there (gateway.auth.mode "trusted-proxy"): the recorded answers.
import { mustEqual } from "../lib/compare.mjs";
import { readLines } from "../lib/data.mjs";
import { knock } from "../lib/proxied.mjs";

export default function proxy(plan, ctx) {
    for (const { answers, close, upgrade, ...row } of readLines("proxy.jsonl")) {
        plan.test(`proxy: ${row.gateway}: ${row.name}`, async () => {
            const gate = await ctx.gateway(row.gateway);
            const recorded = upgrade ? { upgrade } : { answers, ...(close && { close }) };
            mustEqual(await knock(gate.url, row), recorded);
        });
    }
}
