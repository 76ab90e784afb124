// Loads the pinned peers from the cache that `run` filled; the tree itself holds no node_modules.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = process.env.HOLDFAST_INTEROP_PEERS ?? "/";
const resolve = createRequire(path.join(root, "package.json")).resolve;

export const modules = path.join(root, "node_modules");
export const node = process.execPath;
export const compileCache = path.join(root, "compile-cache");
export const openclaw = path.join(modules, "openclaw", "openclaw.mjs");

// The peer's module namespace.  Loaded on first use: a skipped suite has no peers.
export async function peer(name) {
    return import(pathToFileURL(resolve(name)).href);
}

// The published schema of the protocol, as it stands in the package.
export function schemaPath() {
    return path.join(modules, "@openclaw", "gateway-protocol", "protocol.schema.json");
}
