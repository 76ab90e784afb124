// Child processes and temporary folders that never outlive the run.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { compileCache } from "./peers.mjs";
import { Waiting } from "./waiting.mjs";

const children = new Set();
const folders = new Set();

// Where the real gateway keeps its locks whatever TMPDIR says: in files that are named after the
// path of the database.  Other runs and other gateways have theirs there, too.
const locks = path.join("/tmp", `openclaw-state-locks-${process.getuid()}`);
const places = [locks, "/tmp/openclaw"].filter((place) => !fs.existsSync(place)); // may go with us

// Starts a process in a group of its own, with exactly `env`, and collects what it prints.
// Returned: {pid, stdout, stderr, exited: Promise<{code, signal}>, kill(signal)}, and `how` once
// it has exited.
export function start(command, args, { env, cwd } = {}) {
    const child = spawn(command, args, {
        env,
        cwd,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const proc = { pid: child.pid, stdout: "", stderr: "", waiting: new Waiting() };
    children.add(child);
    child.stdout.on("data", (data) => {
        proc.stdout += data;
        proc.waiting.wake();
    });
    child.stderr.on("data", (data) => {
        proc.stderr += data;
        proc.waiting.wake();
    });
    proc.exited = new Promise((done) => {
        child.on("error", (error) => {
            proc.stderr += error.message;
            done({ code: 127, signal: null });
        });
        child.on("close", (code, signal) => done({ code, signal }));
    }).then((how) => {
        children.delete(child);
        proc.how = how;
        proc.waiting.wake();
        return how;
    });
    proc.kill = (signal) => signalGroup(child.pid, signal);
    return proc;
}

// Waits until `ready(proc)` is true; false when the process ended or `ms` passed before.
export async function until(proc, ready, ms) {
    await proc.waiting.until(() => ready(proc) || proc.how, ms);
    return ready(proc);
}

// Asks the process to end, insists after `graceMs`, and returns how it ended.
export async function stop(proc, { signal = "SIGTERM", graceMs = 5000 } = {}) {
    proc.kill(signal);
    const timer = setTimeout(() => proc.kill("SIGKILL"), graceMs);
    const how = await proc.exited;
    clearTimeout(timer);
    return how;
}

// Runs a command to its end; the command is killed after `ms` (the code is then null).
export async function finish(command, args, { env, cwd, ms = 30000 } = {}) {
    const proc = start(command, args, { env, cwd });
    const timer = setTimeout(() => proc.kill("SIGKILL"), ms);
    const how = await proc.exited;
    clearTimeout(timer);
    return { code: how.code, stdout: proc.stdout, stderr: proc.stderr };
}

export function folder(name) {
    const made = fs.mkdtempSync(path.join(os.tmpdir(), `holdfast-interop-${name}-`));
    folders.add(made);
    return made;
}

// The environment of every child: nothing of the caller's leaks into a test.  Compiled scripts of
// the peers are kept beside them, which halves the time of every command.
export function cleanEnv(home, extra = {}) {
    return {
        HOME: home,
        PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        LANG: "C.UTF-8",
        TMPDIR: home,
        NO_COLOR: "1",
        NODE_COMPILE_CACHE: compileCache,
        // Where a build has sanitizers: what they see ends the program.
        ASAN_OPTIONS: "detect_stack_use_after_return=1:strict_string_checks=1",
        UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
        ...extra,
    };
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function signalGroup(pid, signal) {
    try {
        process.kill(-pid, signal);
    } catch (error) {
        if (error.code !== "ESRCH") throw error;
    }
}

function removeLocks(made) {
    if (!fs.existsSync(locks) || !fs.existsSync(made)) return;
    const marks = fs
        .readdirSync(made, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".sqlite"))
        .map((entry) => fs.realpathSync(path.join(entry.parentPath, entry.name)))
        .map((file) => createHash("sha256").update(file).digest("hex").slice(0, 8));
    for (const name of fs.readdirSync(locks))
        if (marks.some((mark) => name.includes(`.${mark}.lock.`)))
            fs.rmSync(path.join(locks, name), { force: true });
}

// Ends everything that is still there.  Runs on every way out of the process, SIGKILL excepted.
export function cleanUp() {
    for (const child of children) if (child.pid) signalGroup(child.pid, "SIGKILL");
    for (const made of folders) {
        removeLocks(made);
        fs.rmSync(made, { recursive: true, force: true, maxRetries: 3 });
    }
    folders.clear();
    for (const place of places)
        if (fs.existsSync(place) && fs.readdirSync(place).length === 0) fs.rmdirSync(place);
}

process.on("exit", cleanUp);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));
