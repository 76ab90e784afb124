// Entry of the interop suite; `run` (beside this file) prepares the peers and calls it.
import fs from "node:fs";
import { UNRECORDED, unusedRows } from "./differences.mjs";
import { mustEqual } from "./lib/compare.mjs";
import { driverOf } from "./lib/driver.mjs";
import { startHoldfast, startReal } from "./lib/gateway.mjs";
import { GATEWAYS } from "./lib/proxied.mjs";
import { Plan, run } from "./lib/tap.mjs";
import { record } from "./record.mjs";
import browser from "./suites/browser.mjs";
import cli from "./suites/cli.mjs";
import handshake from "./suites/handshake.mjs";
import http from "./suites/http.mjs";
import library from "./suites/library.mjs";
import life from "./suites/life.mjs";
import link from "./suites/link.mjs";
import native from "./suites/native.mjs";
import params from "./suites/params.mjs";
import proxy from "./suites/proxy.mjs";
import relay from "./suites/relay.mjs";
import results from "./suites/results.mjs";
import supervise from "./suites/supervise.mjs";

// The results come first: they were recorded from a gateway that had done nothing else yet.
const SUITES = [
    results,
    handshake,
    params,
    proxy,
    http,
    library,
    cli,
    link,
    life,
    native,
    supervise,
    relay,
    browser,
];

// The gateways that tests share: name and `gateway` section of the configuration.
const SHARED = {
    plain: {},
    proxied: { trustedProxies: ["127.0.0.1"] },
    ...GATEWAYS,
};

function options(argv) {
    const found = {
        binary: null,
        real: false,
        only: null,
        skipAll: null,
        list: false,
        record: false,
        long: false,
    };
    const args = [...argv];
    while (args.length > 0) {
        const arg = args.shift();
        if (arg === "--against-real") found.real = true;
        else if (arg === "--only") found.only = new RegExp(args.shift());
        else if (arg === "--skip-all") found.skipAll = args.shift();
        else if (arg === "--list") found.list = true;
        else if (arg === "--record") found.record = true;
        else if (arg === "--long") found.long = true;
        else if (!arg.startsWith("-") && !found.binary) found.binary = arg;
        else usage(`what is ${arg}?`);
    }
    if (found.binary && !found.skipAll && !isProgram(found.binary))
        usage(`${found.binary} is no program`);
    if (!found.binary && !found.real && !found.list && !found.record && !found.skipAll)
        usage("no binary");
    return found;
}

function isProgram(file) {
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

function usage(what) {
    console.error(
        `interop: ${what}\nusage: run BINARY|--against-real|--record [--only PATTERN] [--long] [--list]`,
    );
    process.exit(2);
}

const COMPLAINT = /(ERROR: \w+Sanitizer|runtime error:).*/;

// What the suites are given: which gateway is under test and how to get one.
class Context {
    #shared = new Map();

    constructor({ binary, real, long }) {
        this.kind = real ? "real" : "holdfast";
        this.binary = binary;
        this.long = long;
        this.driver = binary ? driverOf(binary) : null;
    }

    // A gateway of the test's own; the test stops it.
    start(options) {
        return this.kind === "real" ? startReal(options) : startHoldfast(this.binary, options);
    }

    // The shared gateway of that name, started when it is first asked for.
    gateway(name) {
        if (!this.#shared.has(name)) this.#shared.set(name, this.start({ gateway: SHARED[name] }));
        return this.#shared.get(name);
    }

    // Stops the shared gateways: name -> how each ended and whether a sanitizer complained.
    async stop() {
        const ended = {};
        for (const [name, started] of this.#shared) {
            const gate = await started.catch(() => null);
            if (!gate) continue;
            const how = await gate.stop();
            ended[name] = { ...how, complaint: gate.proc.stderr.match(COMPLAINT)?.[0] ?? null };
        }
        this.#shared.clear();
        return ended;
    }
}

const opts = options(process.argv.slice(2));
if (opts.record) {
    await record();
    process.exit(0);
}
const ctx = new Context(opts);
const plan = new Plan();
for (const suite of SUITES) suite(plan, ctx);
plan.test(
    "life: the gateways that served all this stop with exit code 0",
    async () => {
        for (const how of Object.values(await ctx.stop()))
            mustEqual(how, { code: 0, signal: null, complaint: null });
    },
    { last: true, skip: opts.real ? "judged for holdfast only" : undefined },
);
const partial = opts.only || opts.real;
plan.test(
    "differences: every row of the table is still needed",
    () => mustEqual(unusedRows(), []),
    { last: true, skip: partial ? "only a whole run against holdfast needs them all" : undefined },
);
plan.test("differences: what no recording shows is shown by a test", () => {
    const names = new Set(plan.tests.map(({ text }) => text));
    const isFile = (shown) => fs.existsSync(new URL(`../../${shown}`, import.meta.url));
    mustEqual(
        UNRECORDED.map(({ shown }) => shown).filter((it) => !names.has(it) && !isFile(it)),
        [],
    );
});
if (opts.list) {
    for (const { text } of plan.tests) console.log(text);
    process.exit(0);
}
const counts = await run(plan, opts);
await ctx.stop();
process.exit(counts.failed > 0 ? 1 : 0);
