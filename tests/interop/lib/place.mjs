// `holdfast run -- openclaw gateway run`: the real gateway, kept, with its place in front of it.
import os from "node:os";
import { Keeper } from "./keeper.mjs";

export class Place extends Keeper {
    get url() {
        return `ws://127.0.0.1:${this.port}`;
    }

    // As a user has it: it names the port that clients use, which is the place's now.
    config() {
        const config = JSON.parse(super.config());
        const gateway = { ...config.gateway, bind: "lan", trustedProxies: ["127.0.0.1"] };
        return JSON.stringify({ ...config, gateway });
    }

    flags() {
        return ["run", "--state-dir", this.state];
    }

    // When it said for the nth time that the gateway is there, by its log: ms since 1970.
    async foundAt(nth, ms) {
        const lines = () =>
            [...this.proc.stderr.matchAll(/^(\S+) INFO upstream.found /gm)].map(([, at]) => at);
        await this.proc.waiting.until(() => lines().length >= nth || this.proc.how, ms);
        const at = lines()[nth - 1];
        if (!at) throw new Error(`never found ${nth} times in ${ms} ms: ${this.proc.stderr.slice(-2000)}`);
        return Date.parse(at);
    }
}

// An address of this machine that is not loopback, or undefined.
export function ownAddress() {
    return Object.values(os.networkInterfaces())
        .flat()
        .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
