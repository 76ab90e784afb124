// Plain HTTP on the gateway's port: the probes, their methods and headers (protocol/wire.md 7).
import { must, mustEqual } from "../lib/compare.mjs";
import { get } from "../lib/gateway.mjs";

const PROBES = [
    ["/health", ["ok", "status"]],
    ["/healthz", ["ok", "status"]],
    ["/startup", ["ok", "status", "uptimeMs", "version"]],
    ["/startupz", ["ok", "status", "uptimeMs", "version"]],
    ["/ready", ["failing", "ready", "uptimeMs"]],
    ["/readyz", ["failing", "ready", "uptimeMs"]],
];
const HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(self), geolocation=()",
    "cache-control": "no-store",
    "content-type": "application/json; charset=utf-8",
};

export default function http(plan, ctx) {
    const ask = async (...args) => get((await ctx.gateway("plain")).port, ...args);

    for (const [path, members] of PROBES) {
        plan.test(`http: GET ${path} answers 200 to a local caller`, async () => {
            const { status, headers, body } = await ask(path);
            mustEqual(status, 200);
            // `eventLoop` is missing until the loop was sampled once.
            const shown = Object.keys(body).filter((key) => key !== "eventLoop");
            mustEqual(shown.sort(), members);
            for (const [name, value] of Object.entries(HEADERS))
                mustEqual(headers[name], value, `${name} `);
        });
        plan.test(`http: HEAD ${path} has the headers of GET and no body`, async () => {
            const { status, headers, body } = await ask(path, { method: "HEAD" });
            mustEqual({ status, body }, { status: 200, body: "" });
            must(Number(headers["content-length"]) > 20, JSON.stringify(headers));
            mustEqual(headers["content-type"], HEADERS["content-type"]);
        });
        plan.test(`http: POST ${path} is not allowed`, async () => {
            const { status, headers, body } = await ask(path, { method: "POST" });
            mustEqual({ status, body }, { status: 405, body: "Method Not Allowed" });
            mustEqual(headers.allow, "GET, HEAD");
        });
    }

    plan.test("http: the bodies say live, started and ready", async () => {
        mustEqual((await ask("/healthz")).body, { ok: true, status: "live" });
        const started = (await ask("/startupz")).body;
        mustEqual({ ok: started.ok, status: started.status }, { ok: true, status: "started" });
        const ready = (await ask("/readyz")).body;
        mustEqual({ ready: ready.ready, failing: ready.failing }, { ready: true, failing: [] });
    });

    plan.test("http: whoever speaks for somebody unnamed learns only that the gateway lives", async () => {
        for (const header of ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded"]) {
            const headers = { [header]: "for=203.0.113.7" };
            mustEqual((await ask("/healthz", { headers })).status, 200, `${header} `);
            for (const path of ["/startupz", "/readyz", "/api/no/such/thing"]) {
                const { status, body } = await ask(path, { headers });
                mustEqual(status, 403, `${header} ${path} `);
                mustEqual(body.error.type, "proxy_attribution_required");
            }
        }
    });

    plan.test("http: an unknown path below /api is not found", async () => {
        const { status, headers, body } = await ask("/api/no/such/thing");
        mustEqual({ status, body }, { status: 404, body: "Not Found" });
        must(/^text\/plain/.test(headers["content-type"]), headers["content-type"]);
    });
}
