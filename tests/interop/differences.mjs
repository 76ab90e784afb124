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
        why:
            "`model-catalog-snapshot` is not advertised: it would make the Control UI send a member " +
            "outside the published schema (protocol/wire.md 3)",
        cases: /./,
        change: (recorded) => {
            delete recorded.challenge?.capabilities;
        },
    },
    {
        why: "ticks come every 15 s: clients notice a dead gateway after 30 s (design.md 5)",
        cases: /./,
        change: hellos((hello) => {
            hello.policy.tickIntervalMs = 15000;
        }),
    },
    {
        why: "a scope name that does not exist is dropped instead of echoed (issue 2, handshake)",
        cases: /^bad_scope$/,
        change: hellos((hello) => {
            hello.auth.scopes = [];
        }),
    },
    {
        why: "no subprotocol is used; one that is offered is not echoed (protocol/wire.md 1)",
        cases: /^subprotocol$/,
        change: (recorded) => {
            delete recorded.upgrade;
        },
    },
    {
        why:
            "the closed worker protocol is not served: its path is refused at the upgrade " +
            "instead of held for 15 s (protocol/wire.md 1)",
        cases: /^worker_path$/,
        change: (recorded) => {
            recorded.upgrade = {
                status: 404,
                type: "text/plain; charset=utf-8",
                body: "Not Found",
            };
            delete recorded.close;
            delete recorded.closeAfterMs;
        },
    },
    {
        why:
            "a device token that is right is no wrong secret: that it does not cover the scopes is " +
            "said at once (wire.md 3, \"each wrong secret\")",
        cases: /^device_token_wider_scope$/,
        change: (recorded) => {
            delete recorded.lateMs;
        },
    },
    {
        why: "one refusal is late once, however many wrong secrets were shown in it",
        cases: /^device_wrong_shared_then_token$/,
        change: (recorded) => {
            recorded.lateMs = 250;
        },
    },
    {
        why: "the scopes of a device are a set, listed in one order whatever order was asked",
        cases: /^pairing_admin_events$/,
        change: ({ events }) => {
            for (const { payload } of events) payload.scopes?.sort();
        },
    },
    {
        why: "a device family is what the device says; none is made up from a node's platform",
        cases: /^pairing_admin_events$/,
        change: ({ events }) => {
            for (const { payload } of events) delete payload.deviceFamily;
        },
    },
];

// The recorded case as the gateway of that kind must answer it.
export function expectedOf(kind, recorded) {
    if (kind !== "holdfast") return recorded;
    return changed(
        recorded,
        HANDSHAKE.filter(({ cases }) => cases.test(recorded.name)),
    );
}

const ANSWERS = [
    {
        why: "a duplicate envelope member is an error, not last-one-wins (design.md 3)",
        kinds: /^frame$/,
        names: /^dup id$/,
        change: (recorded) => {
            const message = "invalid request frame: at root: duplicate property 'id'";
            recorded.answers = [
                { id: "b", ok: false, error: { code: "INVALID_REQUEST", message } },
            ];
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
        change: ({ answers: [{ error }] }) => {
            error.message = error.message.replace("; must not be valid", "");
        },
    },
];

// The recorded answer to a row of data/params.jsonl as the gateway of that kind must give it.
export function expectedAnswer(kind, row, recorded) {
    if (kind !== "holdfast") return recorded;
    return changed(
        recorded,
        ANSWERS.filter(({ kinds, names }) => kinds.test(row.kind) && names.test(row.name)),
    );
}

// Members of results that holdfast leaves out (`out`), adds (`in`) or gives another type (`as`).
// A path ends in `.*` to stand for itself and everything below it.
const RESULTS = [
    {
        why: "each client is told how its own link is doing (spec/health-connection.md 6)",
        calls: /^health /,
        in: ["connection.*"],
    },
    {
        why: "no plugins, so no surfaces, widgets or link readers of them (all optional)",
        calls: /^hello-ok$/,
        out: ["controlUiLinkReaders.*", "controlUiWidgetKinds.*", "pluginSurfaceUrls.*"],
    },
    {
        why: "the Control UI compares buildId with its own; better none (protocol/wire.md 4)",
        calls: /^hello-ok$/,
        out: ["server.buildId", "server.controlUiBuildSource"],
    },
    {
        why: "no sessions are kept here, so there is nothing to attach to or to share (optional)",
        calls: /^hello-ok$/,
        out: [
            "policy.attachments.*",
            "policy.allowedSessionVisibilities.*",
            "policy.hasMultipleSessionSharingIdentities",
        ],
    },
    {
        why: "no configuration is edited over the protocol, so there is no revision to compare",
        calls: /^(hello-ok$|config\.get )/,
        out: [
            "snapshot.appliedConfigHash",
            "appliedConfigHash",
            "configRevisionHash",
            "sourceConfig.*",
            "runtimeConfig.*",
            "agentRosterIncludeOwned",
            "bindingsIncludeOwned",
            "includedPaths",
            "includeProvenance",
        ],
    },
    {
        why: "the keys of a configuration are those of its product",
        calls: /^config\.get /,
        out: ["config.*", "resolved.*", "parsed.*"],
        in: ["config.*", "resolved.*", "parsed.*"],
    },
    {
        why: "there is no model behind this gateway to be the default",
        calls: /^(status|sessions\.list|sessions\.subscribe) /,
        out: ["defaults.*", "list.defaults.*"],
        as: {
            "sessions.defaults.model": "null",
            "sessions.defaults.contextTokens": "null",
            "defaults.model": "null",
            "defaults.modelProvider": "null",
            "defaults.contextTokens": "null",
            "list.defaults.model": "null",
            "list.defaults.modelProvider": "null",
            "list.defaults.contextTokens": "null",
        },
    },
    {
        why: "no desktop, task queue, worker threads or agent work: parts this program lacks",
        calls: /^status /,
        out: ["hostDesktop.*", "taskAudit.*", "workerPools.*", "shutdownBudget.*"],
    },
    {
        why: "facts about a JavaScript heap",
        calls: /^(status|system\.info) /,
        out: [
            "processMemory.heapUsedBytes",
            "processMemory.heapTotalBytes",
            "processMemory.externalBytes",
            "processMemory.arrayBuffersBytes",
            "defaultAgentUtilityModel.*",
        ],
    },
    {
        why: "members that are newer than the published schema, or optional there",
        calls: /^(health|status|system\.info) /,
        out: ["eventLoop.cpuBreakdown.*", "disks.*", "port"],
    },
    {
        why: "which kinds of event were recorded, and with what, depends on what happened",
        sometimes: true,
        calls: /^diagnostics\.stability /,
        out: ["summary.*", "events.*", "firstSeq", "lastSeq"],
        in: ["summary.*", "events.*"],
    },
];

// What no recording shows: how the real gateway does it, how holdfast does, and why.  `shown` is the
// test that holds holdfast to it: one of this suite, or a file of the tree.
export const UNRECORDED = [
    {
        real: "a second gateway tries to bind twenty times, 500 ms apart, then asks /healthz",
        holdfast: "it asks /readyz of whoever is there after the first try, and leaves at once with 78",
        why: "who waits for ten seconds looks like a start; the kernel frees our locks on a crash",
        shown: "life: a second instance on the same state exits 78 and says who holds it",
    },
    {
        real: "broadcasts of approvals are dropped for a client that reads too slowly",
        holdfast: "they are sent, and a client that is too slow for them is closed",
        why: "a lost request for an approval blocks a run (spec/pressure-backoff.md 1.5)",
        shown: "tests/unit/fanout_test.c",
    },
    {
        real: "tls.autoGenerate makes an RSA pair with openssl below ~/.openclaw, CN openclaw-gateway",
        holdfast: "it makes a P-256 pair in our state directory, CN holdfast, for this machine's names",
        why: "no program is needed, nothing of OpenClaw's is written, and clients pin fingerprints",
        shown: "tests/unit/tls_make_test.c",
    },
    {
        real: "only X-Forwarded-For and X-Real-IP name the client of a trusted proxy",
        holdfast: "Forwarded (RFC 7239) does, too; and a hop without an address names nobody",
        why: "the standard's header is what newer proxies send; a guess is no attribution",
        shown: "tests/unit/net_address_test.c",
    },
];

// The rows for one call of data/results.jsonl.
export function resultRows(kind, call) {
    return kind === "holdfast" ? RESULTS.filter(({ calls }) => calls.test(call)) : [];
}

// The reasons of rows that changed nothing in a whole run: they can go.
export function unusedRows() {
    return [...HANDSHAKE, ...ANSWERS, ...RESULTS]
        .filter((row) => !row.used && !row.sometimes)
        .map(({ why }) => why);
}

function changed(recorded, rows) {
    const expected = structuredClone(recorded);
    for (const row of rows) {
        const before = JSON.stringify(expected);
        row.change(expected);
        if (JSON.stringify(expected) !== before) row.used = true;
    }
    return expected;
}
