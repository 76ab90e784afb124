// A list of tests that is known before anything runs, so that a skipped suite can count them.
//
// Suites register tests; run() prints one TAP line per test and the summary line that every
// runner of this project ends with.

export class Plan {
    constructor() {
        this.tests = [];
    }

    // Registers one test.  Options:
    //   story   a name: tests of one story build on each other, so that when --only wants one of
    //           them the others run too, without being counted
    //   early   starts before all others and is awaited last: for tests that wait for a clock
    //   last    runs after everything else, the early ones included
    //   skip    a reason why it cannot apply to the gateway under test
    test(text, body, options = {}) {
        this.tests.push({ text, body, ...options });
    }
}

// Thrown by a test body that finds out at run time that it cannot apply.
export class Skip extends Error {}

export function summary({ passed, failed, skipped }) {
    return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

// Runs the plan; `only` is a RegExp or null, `skipAll` a reason or null.  Returns the counts.
export async function run(plan, { only = null, skipAll = null, print = console.log } = {}) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    let number = 0;
    const wanted = (test) => !only || only.test(test.text);
    const stories = new Set(
        plan.tests.filter((test) => test.story && wanted(test)).map(({ story }) => story),
    );
    const report = (test, outcome) => {
        if (!wanted(test)) return;
        number += 1;
        if (outcome.skip !== undefined) {
            counts.skipped += 1;
            print(`ok ${number} - ${test.text} # SKIP ${outcome.skip}`);
        } else if (outcome.error) {
            counts.failed += 1;
            print(`not ok ${number} - ${test.text}`);
            for (const line of String(outcome.error.stack ?? outcome.error).split("\n"))
                print(`# ${line}`);
        } else {
            counts.passed += 1;
            print(`ok ${number} - ${test.text}`);
        }
    };

    const started = new Map();
    for (const test of plan.tests)
        if (test.early && wanted(test) && !skipAll && !test.skip) started.set(test, attempt(test));
    const inTurn = async (test) => {
        if (skipAll || test.skip) report(test, { skip: skipAll ?? test.skip });
        else if (wanted(test) || stories.has(test.story)) report(test, await attempt(test));
    };
    const rest = plan.tests.filter((test) => !started.has(test));
    for (const test of rest.filter(({ last }) => !last)) await inTurn(test);
    for (const [test, outcome] of started) report(test, await outcome);
    for (const test of rest.filter(({ last }) => last)) await inTurn(test);

    print(`1..${number}`);
    print(summary(counts));
    return counts;
}

async function attempt(test) {
    const began = Date.now();
    try {
        await test.body();
    } catch (error) {
        return error instanceof Skip ? { skip: error.message } : { error };
    } finally {
        if (process.env.HOLDFAST_INTEROP_TIMES)
            console.error(`# ${Date.now() - began} ms ${test.text}`);
    }
    return {};
}
