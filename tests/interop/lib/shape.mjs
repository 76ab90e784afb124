// The shape of JSON values: every member path with the types seen there, as in
//   {a: [{b: 1}, {b: null, c: "x"}]}
//       -> {"a": "array", "a[].b": "null|number", "a[].c": "absent|string"}
// "absent" stands for an element or a value that lacks the member.  A path into an array or object
// that was always empty does not appear.

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
    for (const key of new Set(objects.flatMap((object) => Object.keys(object)).sort())) {
        const inner = join(path, key);
        collect(
            objects.filter((object) => key in object).map((object) => object[key]),
            inner,
            types,
        );
        if (!objects.every((object) => key in object)) types.get(inner).add("absent");
    }
    const items = values.filter(Array.isArray).flat();
    if (items.length > 0) collect(items, `${path}[]`, types);
}

function typeOf(value) {
    if (value === null) return "null";
    return Array.isArray(value) ? "array" : typeof value;
}

export function join(path, key) {
    return path ? `${path}.${key}` : key;
}

// Both shapes in one: what only one of them has may be absent from now on.
export function mergeShapes(one, other = one) {
    const merged = {};
    for (const path of Object.keys({ ...one, ...other })) {
        const sides = [one, other].map(
            (shape) => shape[path]?.split("|") ?? missingFrom(shape, path),
        );
        merged[path] = [...new Set(sides.flat())].sort().join("|");
    }
    return merged;
}

// A path below something that is itself absent or empty says nothing; else it is absent.
function missingFrom(shape, path) {
    return parentOf(path) in shape && !emptyAbove(path, shape) ? ["absent"] : [];
}

function parentOf(path) {
    const cut = Math.max(path.lastIndexOf("."), path.endsWith("[]") ? path.length - 2 : -1);
    return cut > 0 ? path.slice(0, cut) : ".";
}

// One line per path that is missing, extra or of another type.  `rows` are differences.mjs rows;
// those that were needed are marked as used.
export function shapeFindings(actual, recorded, rows) {
    const use = (row) => {
        if (row) row.used = true;
        return row;
    };
    const allowed = (list, path) =>
        use(rows.find((row) => (row[list] ?? []).some((glob) => covers(glob, path)))) !== undefined;
    const found = [];
    for (const [path, type] of Object.entries(recorded)) {
        const here = actual[path];
        const accepted = use(rows.find((row) => here && row.as?.[path]))?.as[path] ?? type;
        if (here !== undefined && !fits(here, accepted))
            found.push(`${path} is ${here}, recorded ${type}`);
        if (
            here === undefined &&
            !mayLack(path, recorded) &&
            !allowed("out", path) &&
            !emptyAbove(path, actual)
        )
            found.push(`${path} is missing, recorded ${type}`);
    }
    for (const [path, type] of Object.entries(actual))
        if (!(path in recorded) && !allowed("in", path) && !emptyAbove(path, recorded))
            found.push(`${path} is extra: ${type}`);
    return found;
}

// Every type seen must be one that was recorded.
function fits(got, recorded) {
    const known = recorded.split("|");
    return got.split("|").every((type) => known.includes(type));
}

// Was the member, or something above it, absent or null in a recording?
function mayLack(path, recorded) {
    for (let at = path; at !== "."; at = parentOf(at))
        if (/absent|null/.test(recorded[at] ?? "") && (at !== path || /absent/.test(recorded[at])))
            return true;
    return false;
}

function covers(glob, path) {
    if (!glob.endsWith(".*")) return glob === path;
    const above = glob.slice(0, -2);
    return path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[]`);
}

// Does the path run through an array that is empty on that side?
function emptyAbove(path, shape) {
    for (let cut = path.indexOf("[]"); cut >= 0; cut = path.indexOf("[]", cut + 1)) {
        const array = path.slice(0, cut) || ".";
        if (array in shape && !(path.slice(0, cut + 2) in shape)) return true;
    }
    return false;
}
