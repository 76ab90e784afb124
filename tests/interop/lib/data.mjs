import fs from "node:fs";

const file = (name) => new URL(`../data/${name}`, import.meta.url);

// The rows of data/NAME, one JSON value per line.
export function readLines(name) {
    return fs
        .readFileSync(file(name), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
}

export function writeLines(name, rows) {
    fs.writeFileSync(file(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
