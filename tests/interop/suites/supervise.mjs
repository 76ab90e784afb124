// The supervisor with the real gateway as its child.
import fs from "node:fs";
import net from "node:net";
import { chain } from "../lib/chain.mjs";
import { must, mustEqual } from "../lib/compare.mjs";
import { TOKEN } from "../lib/gateway.mjs";
import { Keeper } from "../lib/keeper.mjs";
import { finish, sleep } from "../lib/proc.mjs";

const SECOND = 1000;

export default function supervise(plan, ctx) {
    const ours = ctx.kind === "real" ? "this is holdfast's own" : undefined;
    const isShort = ctx.long ? undefined : "takes minutes: ./dev interop --long";
    const story = chain();
    let keeper = null;
    const short = (text, body) =>
        plan.test(`supervise: ${text}`, story(body), { skip: ours, early: true });
    // Each with a gateway of its own.
    const alone = (text, body, skip) =>
        plan.test(
            `supervise: ${text}`,
            async () => {
                const own = await Keeper.start(ctx.binary);
                try {
                    await own.ready();
                    await body(own);
                } finally {
                    await own.stop();
                }
                mustEqual(own.left(), []);
            },
            { skip: ours ?? skip, early: true },
        );

    short("the real gateway starts and is told ready", async () => {
        keeper = await Keeper.start(ctx.binary);
        const status = await keeper.ready();
        mustEqual([status.state, status.owned, status.gatewayReady], ["running", true, true]);
        for (const name of ["alive", "reachable", "responsive", "ready"])
            mustEqual(status.answers[name].answer, "yes", name);
    });
    short("a second supervisor of the same place is refused (supervisor 25)", async () => {
        const args = [...keeper.flags(), "--", ...keeper.command()];
        const ran = await finish(ctx.binary, args, { env: keeper.env() });
        mustEqual(ran.code, 78);
        must(ran.stderr.includes(`pid ${keeper.proc.pid} `), ran.stderr);
    });
    short("a restart ends with another process", async () => {
        const before = await keeper.status();
        const result = await keeper.ctl("restart");
        mustEqual([result.outcome, result.pidBefore], ["EXECUTED", before.pid]);
        must(result.pidAfter !== before.pid, "the process is the same");
        mustEqual((await keeper.ready()).pid, result.pidAfter);
    });
    short("its configuration is changed through it (supervisor 66)", async () => {
        const get = (key) => keeper.ctl(["config", "get", key]);
        const set = (key, value) => keeper.ctl(["config", "set", key, value]);
        const text = () => fs.readFileSync(keeper.configFile, "utf8");
        const { pid } = await keeper.status();
        mustEqual((await get("gateway.auth")).value, {
            mode: "token",
            token: "__OPENCLAW_REDACTED__",
        });
        const bad = await set("gateway.bind", "'canary-nowhere'");
        mustEqual([bad.code, bad.outcome], [1, "REFUSED"]);
        must(/^invalid config: gateway\.bind: /.test(bad.reason), bad.reason);
        must(!text().includes("canary"), "the file has changed");
        // The gateway restarts in place for the first; the second finds it on its way.
        const changed = Date.now();
        const done = await set("gateway.controlUi.basePath", "'/canary-place'");
        mustEqual([done.code, done.outcome], [0, "COMMITTED"]);
        const next = await set("logging.consoleLevel", "'warn'");
        mustEqual([next.code, next.outcome], [0, "COMMITTED"]);
        const file = JSON.parse(text());
        mustEqual(file.gateway.controlUi.basePath, "/canary-place");
        mustEqual([file.logging.consoleLevel, file.gateway.auth.token], ["warn", TOKEN]);
        await keeper.until(({ connectedAt, phase }) => connectedAt > changed && phase === "ready");
        mustEqual((await keeper.status()).pid, pid, "the process that it was");
        mustEqual((await get("gateway.controlUi.basePath")).value, "/canary-place");
        mustEqual((await set("gateway.controlUi.basePath", "'/canary-place'")).outcome, "SATISFIED");
        must(!keeper.proc.stderr.includes("canary"), "a value is in the log");
    });
    short("a kill -9 of the gateway is followed by another one", async () => {
        const { pid } = await keeper.status();
        process.kill(pid, "SIGKILL");
        const status = await keeper.until((now) => now.phase === "ready" && now.pid !== pid);
        mustEqual([status.lastExit.signal, status.lastExit.code], [9, null]);
    });
    short("right after a connect an applied revision is left alone (supervisor 61)", async () => {
        const { connectedAt, pid } = await keeper.status();
        const result = await keeper.ctl("reload");
        const isRecent = Date.now() - connectedAt < 7 * SECOND; // on a busy machine it may not be
        if (isRecent)
            mustEqual([result.outcome, result.reason], ["SATISFIED", "skipped_recent_connect"]);
        mustEqual((await keeper.ready()).pid, pid);
    });
    short("a reload of a connected gateway changes no process it does not have to", async () => {
        await sleep(9 * SECOND); // a younger connection has just read its configuration
        const result = await keeper.ctl("reload");
        must(["EXECUTED", "SATISFIED"].includes(result.outcome), JSON.stringify(result));
        await keeper.ready();
    });
    short("a stop leaves nothing of it, a stranger on the port is named", async () => {
        mustEqual((await keeper.ctl("stop")).outcome, "EXECUTED");
        mustEqual(keeper.left(), []);
        const stranger = net.createServer((socket) => socket.destroy());
        await new Promise((done) => stranger.listen(keeper.port, "127.0.0.1", done));
        const refused = await keeper.ctl("start");
        stranger.close();
        mustEqual(refused.outcome, "FAILED");
        const status = await keeper.status();
        must(
            `${refused.reason} ${status.error}`.includes(String(process.pid)),
            `${refused.reason} / ${status.error}`,
        );
        await keeper.ready(); // strangers go away
    });
    short("its own end takes the gateway along", async () => {
        mustEqual(await keeper.stop(), { code: 0, signal: null });
        mustEqual(keeper.left(), []);
    });
    plan.test(
        "supervise: a broken configuration is repaired once by its own doctor (supervisor 9)",
        async () => {
            const own = await Keeper.start(ctx.binary, {
                config: (it) => it.config({ noSuchKeyAtAll: true }),
            });
            try {
                await own.ready();
                must(/doctor/.test(own.proc.stderr), "no word of the repair in the log");
            } finally {
                await own.stop();
            }
            mustEqual(own.left(), []);
        },
        { skip: ours, early: true },
    );

    alone(
        "an answer that dies with its gateway is judged by the file (supervisor 66)",
        async (own) => {
            const key = "gateway.auth.rateLimit.maxAttempts";
            for (const [i, ms] of [40, 80, 120].entries()) {
                const asked = own.ctl(["config", "set", key, String(20 + i)]);
                await sleep(ms);
                process.kill(own.gatewayPid(), "SIGKILL");
                const { outcome, reason } = await asked;
                const { gateway } = JSON.parse(fs.readFileSync(own.configFile, "utf8"));
                must(["COMMITTED", "FAILED"].includes(outcome), `${outcome} ${reason}`);
                const isThere = gateway.auth.rateLimit?.maxAttempts === 20 + i;
                mustEqual(isThere, outcome === "COMMITTED", `${ms} ms: ${reason}`);
                await own.ready();
            }
        },
        isShort,
    );
    alone(
        "SIGSTOP for 100 s is told as suspended and not killed (supervisor 78)",
        async (own) => {
            const { pid } = await own.status();
            await own.signal("SIGSTOP");
            await own.reason("gateway_suspended");
            await sleep(100 * SECOND);
            await own.signal("SIGCONT");
            const status = await own.until(({ phase }) => phase === "ready");
            mustEqual(status.pid, pid);
        },
        isShort,
    );
    alone(
        "SIGSTOP of the gateway alone, not of its launcher, is told as well",
        async (own) => {
            const { pid } = await own.status();
            const gateway = own.gatewayPid();
            process.kill(gateway, "SIGSTOP");
            await own.reason("gateway_suspended");
            await sleep(30 * SECOND);
            process.kill(gateway, "SIGCONT");
            const status = await own.until(({ phase }) => phase === "ready");
            mustEqual([status.pid, own.gatewayPid()], [pid, gateway]);
        },
        isShort,
    );
    alone(
        "busy for 100 s is told as busy and left alone (supervisor 77)",
        async (own) => {
            const { pid } = await own.status();
            const gateway = own.gatewayPid();
            await own.busy(100 * SECOND);
            await own.reason("gateway_busy");
            const status = await own.until(({ phase }) => phase === "ready");
            mustEqual([status.pid, own.gatewayPid()], [pid, gateway]);
        },
        isShort,
    );
    alone(
        "busy for 200 s is told as stuck and restarted (supervisor 77)",
        async (own) => {
            const { pid } = await own.status();
            await own.busy(200 * SECOND);
            await own.reason("gateway_busy");
            const status = await own.until((now) => now.phase === "ready" && now.pid !== pid);
            mustEqual(status.owned, true);
            must(/liveness_changed stage=unresponsive/.test(own.proc.stderr), "not told as stuck");
            must(/child\.dumped/.test(own.proc.stderr), "nothing was written down before its end");
        },
        isShort,
    );
}
