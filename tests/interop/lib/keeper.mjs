// `holdfast supervise` with the real gateway as its child, and `holdfast ctl` to ask it.
import fs from "node:fs";
import path from "node:path";
import { TOKEN, freePort } from "./gateway.mjs";
import { node, openclaw } from "./peers.mjs";
import { cleanEnv, finish, folder, sleep, start, stop } from "./proc.mjs";

const READY_MS = 400000;

// Keeps a gateway busy, without an answer to anybody, for as long as a file says (milliseconds).
// Its launcher and its worker threads load this, too, and are left alone.
const BUSY = `
import fs from "node:fs";
import { isMainThread } from "node:worker_threads";
const file = process.env.INTEROP_BUSY;
setInterval(() => {
    if (!isMainThread || process.title !== "openclaw-gateway") return;
    let ms = 0;
    try { ms = Number(fs.readFileSync(file, "utf8")); fs.rmSync(file); } catch { return; }
    const end = Date.now() + ms;
    while (Date.now() < end);
}, 100).unref();
`;

export class Keeper {
    // `config`: the child's openclaw.json as an object, or as a text that need not be valid.
    static async start(binary, { config, args = [] } = {}) {
        const keeper = new this();
        keeper.binary = binary;
        keeper.port = await freePort();
        keeper.home = folder("keeper");
        keeper.state = path.join(keeper.home, "state");
        keeper.token = path.join(keeper.home, "token");
        keeper.busyFile = path.join(keeper.home, "busy");
        keeper.configFile = path.join(keeper.home, ".openclaw", "openclaw.json");
        fs.mkdirSync(path.dirname(keeper.configFile));
        fs.writeFileSync(keeper.token, TOKEN, { mode: 0o600 });
        fs.writeFileSync(path.join(keeper.home, "busy.mjs"), BUSY);
        fs.writeFileSync(keeper.configFile, config?.(keeper) ?? keeper.config());
        keeper.proc = start(binary, [...keeper.flags(), ...args, "--", ...keeper.command()], {
            env: keeper.env(),
        });
        return keeper;
    }

    config(more = {}) {
        const auth = { mode: "token", token: TOKEN };
        return JSON.stringify({
            gateway: { mode: "local", port: this.port, bind: "loopback", auth },
            logging: { file: path.join(this.home, "gateway.log") },
            ...more,
        });
    }

    env() {
        return cleanEnv(this.home, { INTEROP_BUSY: this.busyFile, INTEROP_MARK: this.home });
    }

    flags() {
        const url = `ws://127.0.0.1:${this.port}`;
        return ["supervise", "--url", url, "--token-file", this.token, "--state-dir", this.state];
    }

    command() {
        const preload = path.join(this.home, "busy.mjs");
        return [node, "--import", preload, openclaw, "gateway", "run", "--allow-unconfigured"];
    }

    // What `holdfast ctl VERB --json` prints, and its exit code.  A verb may be several words.
    async ctl(verb, ms = READY_MS) {
        const args = ["ctl", ...[verb].flat(), "--json", "--timeout", String(ms), "--state-dir", this.state];
        const ran = await finish(this.binary, args, { env: cleanEnv(this.home), ms: ms + 5000 });
        const line = ran.stdout.trim();
        return { code: ran.code, stderr: ran.stderr, ...(line ? JSON.parse(line) : {}) };
    }

    status() {
        return this.ctl("status", 5000);
    }

    // The first status that `look` accepts.
    async until(look, ms = READY_MS) {
        const end = Date.now() + ms;
        let last = null;
        while (Date.now() < end && !this.proc.how) {
            last = await this.status();
            if (last.code === 0 && look(last)) return last;
            await sleep(250);
        }
        const { lines, ...brief } = last ?? {};
        throw new Error(
            `never so in ${ms} ms: ${look}\n${JSON.stringify(brief)}\n${(lines ?? []).slice(-5).join("\n")}` +
                `\n${JSON.stringify(this.proc.how)}\n${this.proc.stderr.slice(-2000)}`,
        );
    }

    // Until `ctl diagnostics` gives that reason for not being healthy.
    async reason(name, ms = READY_MS) {
        const end = Date.now() + ms;
        let health = null;
        while (Date.now() < end && !this.proc.how) {
            ({ health } = await this.ctl("diagnostics", 5000));
            if (health?.reasons?.includes(name)) return;
            await sleep(1000);
        }
        throw new Error(`never ${name} in ${ms} ms: ${JSON.stringify(health)}`);
    }

    ready(ms) {
        return this.until(({ phase }) => phase === "ready", ms);
    }

    // The gateway answers nobody for that long; resolves when it has begun.
    async busy(ms) {
        fs.writeFileSync(this.busyFile, String(ms));
        const end = Date.now() + READY_MS;
        while (fs.existsSync(this.busyFile)) {
            if (Date.now() > end) throw new Error("the gateway does not become busy");
            await sleep(100);
        }
    }

    // The one process that listens; the launcher above it and its helpers are others.
    gatewayPid() {
        const named = (pid) => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return Number(this.left().find((pid) => named(pid).startsWith("openclaw-gateway")));
    }

    // Processes that still carry this keeper's mark in their environment.
    left() {
        const mark = `INTEROP_MARK=${this.home}`;
        return fs.readdirSync("/proc").filter((pid) => {
            if (!/^\d+$/.test(pid) || Number(pid) === this.proc.pid) return false;
            try {
                return fs.readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
            } catch {
                return false; // it has just ended
            }
        });
    }

    tell(pid, name) {
        try {
            process.kill(pid, name);
        } catch (fault) {
            if (fault.code !== "ESRCH") throw fault; // a helper that has just ended
        }
    }

    // To every process of the gateway, which may have more than one; not to its guardian.
    async signal(name) {
        const { guardianPid } = await this.ctl("diagnostics", 5000);
        for (const pid of this.left().map(Number))
            if (pid !== guardianPid) this.tell(pid, name);
    }

    stop(how) {
        return stop(this.proc, { graceMs: 30000, ...how });
    }
}
