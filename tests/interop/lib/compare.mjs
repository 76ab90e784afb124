// Compares what was recorded with what was answered, with everything that differs from run to run
// masked: ids, times, nonces, keys, tokens.
//
// Equal ids stay equal: the first id met becomes <id 1>, and so on, so "the same request id on
// every retry" is part of what is compared.
import { isDeepStrictEqual } from "node:util";

export class Masks {
    #seen = new Map();

    #label(kind, key) {
        const full = `${kind} ${key}`;
        if (!this.#seen.has(full)) {
            const count = [...this.#seen.keys()].filter((known) =>
                known.startsWith(`${kind} `),
            ).length;
            this.#seen.set(full, `<${kind} ${count + 1}>`);
        }
        return this.#seen.get(full);
    }

    // A copy of `value` with sorted members and masked leaves.
    apply(value) {
        if (typeof value === "string") return this.#text(value);
        if (typeof value === "number") return isWallClock(value) ? "<ms>" : value;
        if (Array.isArray(value)) return value.map((item) => this.apply(item));
        if (value === null || typeof value !== "object") return value;
        const out = {};
        for (const key of Object.keys(value).sort()) {
            const item = value[key];
            if (key === "nonce") out[key] = "<nonce>";
            else if (key === "retryAfterMs" && isAbout(item, 300000)) out[key] = "<about 300000>";
            else out[key] = this.apply(item);
        }
        return out;
    }

    #text(text) {
        if (/^[0-9a-f]{64}$/.test(text)) return this.#label("hash", text);
        if (/^[A-Za-z0-9_-]{43}$/.test(text)) return this.#label("key", text);
        // A close reason is cut to 120 bytes, which can cut an id short.
        return text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]*\)?/g, (id) =>
            this.#label("id", id.slice(0, 13)),
        );
    }
}

// A little less than `full` may have passed since the gateway set its clock.
function isAbout(number, full) {
    return number > full - 1000 && number <= full;
}

function isWallClock(number) {
    return Number.isInteger(number) && number > 1.6e12 && number < 4e12;
}

// A finding about the gateway, told without a stack trace.
export class Mismatch extends Error {
    stack = this.message;
}

// Throws with one line per differing member.
export function mustEqual(actual, expected, what = "") {
    if (isDeepStrictEqual(actual, expected)) return;
    throw new Mismatch(
        [`${what}differs from what was recorded`, ...differences(actual, expected, "")].join("\n"),
    );
}

function differences(actual, expected, where) {
    if (isDeepStrictEqual(actual, expected)) return [];
    const both = [actual, expected];
    if (
        !both.every(
            (side) =>
                side && typeof side === "object" && Array.isArray(side) === Array.isArray(actual),
        )
    )
        return [`  ${where || "."}: got ${show(actual)}, recorded ${show(expected)}`];
    const keys = new Set(both.flatMap((side) => Object.keys(side)));
    return [...keys].flatMap((key) => differences(actual[key], expected[key], `${where}.${key}`));
}

function show(value) {
    const text = value === undefined ? "nothing" : JSON.stringify(value);
    return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

export function must(fact, what) {
    if (!fact) throw new Mismatch(what);
}
