// Clients of libholdfast in a process of their own (driver.c), and everything they tell.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { cleanEnv, folder } from "./proc.mjs";
import { Waiting } from "./waiting.mjs";

// The driver stands beside the tests of the build that `binary` belongs to.
export function driverOf(binary) {
    const found = path.resolve(path.dirname(binary), "../../tests/interop/driver");
    return fs.existsSync(found) ? found : null;
}

export class Driver {
    told = [];
    #waiting = new Waiting();
    #tags = 0;

    constructor(program) {
        const home = folder("driver");
        this.child = spawn(program, [], { env: cleanEnv(home), stdio: ["pipe", "pipe", "pipe"] });
        this.stderr = "";
        this.child.stderr.on("data", (data) => {
            this.stderr += data;
        });
        this.exited = new Promise((done) => {
            this.child.on("close", (code, signal) => {
                this.how = { code, signal };
                this.#waiting.wake();
                done(this.how);
            });
        });
        process.on("exit", () => this.child.kill("SIGKILL"));
        readline.createInterface({ input: this.child.stdout }).on("line", (line) => {
            this.told.push(JSON.parse(line));
            this.#waiting.wake();
        });
    }

    say(command) {
        this.child.stdin.write(`${JSON.stringify(command)}\n`);
    }

    open(id, options) {
        this.say({ do: "open", id, ...options });
    }

    all(what, id) {
        return this.told.filter((one) => one.what === what && (id === undefined || one.id === id));
    }

    // The nth line of that kind from client `id`, or an error after `ms`.
    async until(what, id, nth = 1, ms = 15000) {
        const one = await this.#waiting.until(
            () => this.all(what, id)[nth - 1] ?? (this.how && "ended"),
            ms,
        );
        if (one && one !== "ended") return one;
        const last = this.told
            .filter((line) => line.id === id)
            .slice(-12)
            .map((line) => JSON.stringify(line).slice(0, 300));
        throw new Error(
            `no ${what} number ${nth} of client ${id} in ${ms} ms; ${JSON.stringify(this.how)}\n` +
                `${last.join("\n")}\n${this.stderr}`,
        );
    }

    // Resolves with the first truthy value of `look(driver)`, or null after `ms`.
    wait(look, ms) {
        return this.#waiting.until(() => look(this), ms);
    }

    // Sends a request; resolves with its one result.
    async request(id, method, params, options = {}) {
        const tag = this.ask(id, method, params, options);
        return this.result(tag, options.ms);
    }

    ask(id, method, params, options = {}) {
        const tag = (this.#tags += 1);
        this.say({ do: "call", id, tag, method, params, ...options });
        return tag;
    }

    async result(tag, ms = 15000) {
        const ended = ({ what, tag: its }) =>
            its === tag && (what === "result" || what === "refused");
        const one = await this.#waiting.until(() => this.told.find(ended), ms);
        if (!one) throw new Error(`no result of call ${tag} in ${ms} ms\n${this.stderr}`);
        return one;
    }

    async payload(id, method, params, options) {
        const result = await this.request(id, method, params, options);
        if (result.outcome !== "OK") throw new Error(`${method}: ${JSON.stringify(result)}`);
        return result.payload;
    }

    async usage() {
        const seen = this.all("usage").length;
        this.say({ do: "usage" });
        return this.until("usage", -1, seen + 1);
    }

    async quit() {
        this.say({ do: "quit" });
        const timer = setTimeout(() => this.child.kill("SIGKILL"), 10000);
        const how = await this.exited;
        clearTimeout(timer);
        if (how.code !== 0)
            throw new Error(`the driver ended with ${JSON.stringify(how)}\n${this.stderr}`);
    }
}
