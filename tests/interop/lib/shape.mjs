// The shape of JSON values: every member path with the types seen there.
//   {a: [{b: 1}, {b: null, c: "x"}]}  ->  {"a": "array", "a[].b": "null|number", "a[].c?": "string"}
// A `?` marks a member that not every element of an array, or not every value, has.  A path into
// an empty array or object simply does not appear.

export function shapeOf(...values) {
    const types = new Map();
    collect(values, "", types);
    const shape = {};
    for (const [path, set] of types) shape[path || "."] = [...set].sort().join("|");
    return shape;
}

function collect(values, path, types) {
    types.set(path, new Set(values.map(typeOf)));
    const objects = values.filter((value) => typeOf(value) === "object");
    const keys = new Set(objects.flatMap((object) => Object.keys(object)));
    for (const key of [...keys].sort()) {
        const having = objects.filter((object) => key in object);
        const optional = having.length < objects.length ? "?" : "";
        collect(having.map((object) => object[key]), `${path}${path && "."}${key}${optional}`, types);
    }
    const items = values.filter(Array.isArray).flat();
    if (items.length > 0) collect(items, `${path}[]`, types);
}

function typeOf(value) {
    if (value === null) return "null";
    return Array.isArray(value) ? "array" : typeof value;
}

// One line per path that is missing, extra or of another type.  `rows` are differences.mjs rows.
export function shapeFindings(actual, recorded, rows) {
    const got = new Map(Object.entries(actual).map(([path, type]) => [plain(path), type]));
    const want = new Map(Object.entries(recorded).map(([path, type]) => [plain(path), { path, type }]));
    const allowed = (list, path) => rows.some((row) => (row[list] ?? []).some((glob) => covers(glob, path)));
    const found = [];
    for (const [path, { path: marked, type }] of want) {
        const accepted = rows.find((row) => row.as?.[path])?.as[path] ?? type;
        const here = got.get(path);
        if (here !== undefined && !fits(here, accepted)) found.push(`${path} is ${here}, recorded ${type}`);
        if (here === undefined && !marked.includes("?") && !allowed("out", path) && !emptyAbove(path, got))
            found.push(`${path} is missing, recorded ${type}`);
    }
    for (const [path, type] of got)
        if (!want.has(path) && !allowed("in", path) && !emptyAbove(path, want))
            found.push(`${path} is extra: ${type}`);
    return found;
}

function plain(path) {
    return path.replace(/\?/g, "");
}

// Every type seen must be one that was recorded; null and its value are told apart.
function fits(got, recorded) {
    const known = recorded.split("|");
    return got.split("|").every((type) => known.includes(type));
}

function covers(glob, path) {
    if (!glob.endsWith(".*")) return glob === path;
    const above = glob.slice(0, -2);
    return path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[]`);
}

// A path below an array or object that is empty on the other side says nothing about shape.
function emptyAbove(path, shape) {
    for (let cut = path.lastIndexOf("[]"); cut >= 0; cut = path.lastIndexOf("[]", cut - 1)) {
        const array = path.slice(0, cut);
        if (shape.has(array) && !shape.has(`${array}[]`)) return true;
        if (cut === 0) break;
    }
    return false;
}
