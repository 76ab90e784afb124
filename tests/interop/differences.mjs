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
        why: "no subprotocol is used; one that is offered is ignored instead of echoed (protocol/wire.md 1)",
        cases: /^subprotocol$/,
        change: (recorded) => { delete recorded.upgrade; },
    },
    {
        why: "the closed worker protocol is not served: its path is refused at the upgrade instead of "
            + "held for 15 s (protocol/wire.md 1)",
        cases: /^worker_path$/,
        change: (recorded) => {
            recorded.upgrade = { status: 404, type: "text/plain; charset=utf-8", body: "Not Found" };
            delete recorded.close;
            delete recorded.closeAfterMs;
        },
    },
    {
        why: "a refused login waits once, however many of its secrets are wrong",
        cases: /^device_wrong_shared_then_token$/,
        change: (recorded) => { recorded.lateMs = 250; },
    },
];

// The recorded case as the gateway of that kind must answer it.
export function expectedOf(kind, recorded) {
    const expected = structuredClone(recorded);
    if (kind === "holdfast")
        for (const row of HANDSHAKE) if (row.cases.test(recorded.name)) row.change(expected);
    return expected;
}

const ANSWERS = [
    {
        why: "a duplicate envelope member is an error, not last-one-wins (design.md 3)",
        kinds: /^frame$/,
        names: /^dup id$/,
        change: (recorded) => {
            const message = "invalid request frame: at root: duplicate property 'id'";
            recorded.answers = [{ id: "b", ok: false, error: { code: "INVALID_REQUEST", message } }];
        },
    },
    {
        why: "the same before connect: a frame that is not well formed",
        kinds: /^first$/,
        names: /^dup id$/,
        change: (recorded) => {
            recorded.answers = [];
            recorded.close = { code: 1008, reason: "invalid request frame" };
        },
    },
    {
        why: "the second half of that text describes how its schema is written, not what is wrong",
        kinds: /^method$/,
        names: /^models\.list "x"$/,
        change: ({ answers: [{ error }] }) => { error.message = error.message.replace("; must not be valid", ""); },
    },
];

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
