// Every intended difference between holdfast and the recorded gateway, with its reason.
//
// This is the one table: a test compares with the recording after these rows were applied to it.
// A row names the cases it touches and says how the recorded expectation changes.  Rows hold for
// holdfast only; `run --against-real` compares with the recording as it is.

const hellos = (change) => (recorded) => {
    for (const frame of recorded.answers)
        if (frame.payload?.type === "hello-ok") change(frame.payload, recorded);
};

const HANDSHAKE = [
    {
        why: "`model-catalog-snapshot` is not advertised: it would make the Control UI send a connect "
            + "member outside the published schema (protocol/wire.md 3)",
        cases: /./,
        change: (recorded) => { delete recorded.challenge?.capabilities; },
    },
    {
        why: "ticks come every 15 s, so that clients notice a dead gateway after 30 s (design.md 5)",
        cases: /./,
        change: hellos((hello) => { hello.policy.tickIntervalMs = 15000; }),
    },
    {
        why: "a scope name that does not exist is dropped instead of echoed (issue 2, handshake)",
        cases: /^bad_scope$/,
        change: hellos((hello) => { hello.auth.scopes = []; }),
    },
    {
        why: "account recovery is not ours: `recoveryScope` and `recoveryMigrationAllowed` are optional "
            + "members of hello-ok and left out",
        cases: /./,
        change: hellos(({ auth }) => {
            delete auth.recoveryScope;
            delete auth.recoveryMigrationAllowed;
        }),
    },
];

// The recorded case as the gateway of that kind must answer it.
export function expectedOf(kind, recorded) {
    const expected = structuredClone(recorded);
    if (kind === "holdfast")
        for (const row of HANDSHAKE) if (row.cases.test(recorded.name)) row.change(expected);
    return expected;
}

const ANSWERS = [];

// The recorded answer to a row of data/params.jsonl as the gateway of that kind must give it.
export function expectedAnswer(kind, row, recorded) {
    const expected = structuredClone(recorded);
    if (kind === "holdfast")
        for (const { kinds, names, change } of ANSWERS)
            if (kinds.test(row.kind) && names.test(row.name)) change(expected, row);
    return expected;
}

// Members of results that holdfast leaves out (`out`), adds (`in`) or types otherwise (`as`).  A path
// ends in `.*` to stand for everything below it.
const RESULTS = [];

// The rows for one call of data/results.jsonl.
export function resultRows(kind, call) {
    return kind === "holdfast" ? RESULTS.filter(({ calls }) => calls.test(call)) : [];
}
