// A model server for agent runs: the OpenAI-compatible chat completions that a gateway asks for.
//
// A user message with the word "tool" gets a call of the tool `exec` first and text after its
// result; any other message gets text in a few pieces.
import http from "node:http";

export const TOOL_OUTPUT = "interop-tool-output";
export const MODEL_TEXT = "Hello from the model of the tests.";

const ARGUMENTS = JSON.stringify({ command: `echo ${TOOL_OUTPUT}` });

// Starts it on a free port: {url, stop()}.
export async function startModel() {
    const server = http.createServer((req, res) => {
        let text = "";
        req.on("data", (data) => {
            text += data;
        });
        req.on("end", () => answer(req, res, text));
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return {
        url: `http://127.0.0.1:${server.address().port}/v1`,
        stop: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}

// The root members of an openclaw.json that make agents use the model at `url`.
export function modelConfig(url) {
    return {
        models: {
            providers: {
                fake: {
                    baseUrl: url,
                    apiKey: "unused",
                    api: "openai-completions",
                    models: [
                        {
                            id: "fake-1",
                            name: "fake-1",
                            reasoning: false,
                            input: ["text"],
                            cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
                            contextWindow: 128000,
                            maxTokens: 4096,
                        },
                    ],
                },
            },
        },
        agents: { defaults: { model: { primary: "fake/fake-1" } } },
        tools: { exec: { host: "gateway", security: "full", ask: "off" } },
    };
}

function answer(req, res, text) {
    if (req.method === "GET") {
        res.writeHead(200, { "content-type": "application/json" });
        res.end(JSON.stringify({ object: "list", data: [{ id: "fake-1", object: "model" }] }));
        return;
    }
    const { messages = [], stream } = JSON.parse(text);
    const said = ({ content }) => JSON.stringify(content ?? "");
    const last = messages.findLastIndex(
        (one) => one.role === "user" && !said(one).includes("INTERNAL_CONTEXT"),
    );
    const wantsTool =
        /\btool\b/.test(said(messages[last] ?? {})) &&
        !messages.slice(last + 1).some(({ role }) => role === "tool");
    const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
    const call = {
        index: 0,
        id: "call_1",
        type: "function",
        function: { name: "exec", arguments: ARGUMENTS },
    };
    const message = wantsTool
        ? { role: "assistant", content: null, tool_calls: [call] }
        : { role: "assistant", content: MODEL_TEXT };
    const finish = wantsTool ? "tool_calls" : "stop";
    if (!stream) {
        res.writeHead(200, { "content-type": "application/json" });
        const choices = [{ index: 0, message, finish_reason: finish }];
        res.end(JSON.stringify({ id: "c", object: "chat.completion", choices, usage }));
        return;
    }
    res.writeHead(200, { "content-type": "text/event-stream" });
    const send = (choices, more = {}) => {
        const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "fake-1" };
        res.write(`data: ${JSON.stringify({ ...chunk, choices, ...more })}\n\n`);
    };
    const delta = (part, why = null) => send([{ index: 0, delta: part, finish_reason: why }]);
    delta({ role: "assistant", content: "" });
    if (wantsTool) delta({ tool_calls: [call] });
    else for (const word of MODEL_TEXT.split(/(?<= )/)) delta({ content: word });
    delta({}, finish);
    send([], { usage });
    res.end("data: [DONE]\n\n");
}
