#!/usr/bin/env python3
"""No secret in any output: a gateway and every verb, with secrets that are canaries.

    canaries.py BINARY [--only 'S.1*']... [--times]

Tokens, passwords and credentials come from files, variables, the configuration,
URLs and proxies; requests go well, fail, and are refused.  Nothing that the
programs print, log, keep readable or show to `ps` may hold one of them
(client-lifecycle 75).  Standard library only.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import NamedTuple

sys.dont_write_bytecode = True

import liar
import report
import server
from client import Failed, Target

THREADS = 4
PATIENCE_S = 30.0
CANARIES = {name: f"canary-{name}-c0ffee" for name in
            ("token", "wrong", "password", "proxy", "query", "user", "body", "set", "header")}
VERBS = (["health"], ["health", "--json"], ["status"], ["status", "--json"], ["probe"],
         ["probe", "--json"], ["logs"], ["logs", "--json"], ["call", "status"],
         ["call", "system-presence", "--json"],
         ["call", "no.such.method"], ["call", "config.get"], ["call", "logs.tail"],
         ["call", "diagnostics.connections", "--json"], ["devices", "list"],
         ["call", "connect", "--params", '{"auth":{"token":"x"}}'])


class Run:
    """One process: its words, its surroundings, and all that it let out."""

    def __init__(self, command: list, env: dict):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=env)
        try:
            self.words = read_file(f"/proc/{process.pid}/cmdline")  # what ps shows
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.code = process.returncode
        self.output = (out + err).decode("utf-8", "replace")


def read_file(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def judge(what: str, text: str, allowed=()) -> None:
    for name, canary in CANARIES.items():
        if canary in text and name not in allowed:
            at = text.index(canary)
            raise Failed(f"no {name} in {what}", repr(text[max(0, at - 200):at + 80]))


class Scene:
    """A gateway with secrets, and homes for clients that know or mistake them."""

    def __init__(self, binary: str, directory: str):
        self.binary = os.path.abspath(binary)
        self.directory = directory
        self.env = {"HOME": directory, "PATH": os.environ.get("PATH", ""),
                    "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99"}
        self.files = {name: self._write(name, canary) for name, canary in CANARIES.items()}
        self.state = os.path.join(directory, "state")
        self.gateway = None

    def _write(self, name: str, text: str) -> str:
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, *words: str) -> server.Process:
        log = open(os.path.join(self.directory, "stderr"), "wb")
        self.gateway = subprocess.Popen(
            [self.binary, "run", "--port", "0", "--state-dir", self.state, "--log-level", "debug",
             *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self.env)
        log.close()
        line = self.gateway.stdout.readline().decode()
        match = server.READY.match(line)
        if not match:
            raise Failed("a gateway", line + read_file(os.path.join(self.directory, "stderr")))
        return server.Process(self.gateway.pid, Target(match[1], int(match[2]), CANARIES["token"]))

    def stop(self) -> None:
        self.gateway.send_signal(signal.SIGTERM)
        code = self.gateway.wait(PATIENCE_S)
        if code != 0:
            raise Failed("exit code 0", str(code))

    def ask(self, words: list, **variables) -> Run:
        run = Run([self.binary, *words], {**self.env, **variables})
        if run.code == 99 or run.code < 0:
            raise Failed("no crash", run.output[-600:])
        judge("the words that ps shows", run.words)
        return run


class Stage(NamedTuple):
    """What a case is run on; `target` is named as report.py wants it."""

    scene: Scene
    process: server.Process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def target(self) -> Target:
        return self.process.target


class Case:
    """A sentence and what shows it, for report.run_all."""

    is_heavy = False

    def __init__(self, number: int, text: str, run):
        self.number = f"S.{number}"
        self.text = text
        self.run = run


def verb_case(words: list, how: str):
    """A verb whose secret comes from a file or a variable, is right or wrong."""
    def run(stage) -> None:
        scene = stage.scene
        url = ["--url", f"ws://127.0.0.1:{stage.target.port}"]
        if how == "file":
            done = scene.ask([*words, *url, "--token-file", scene.files["token"]])
        elif how == "variable":
            done = scene.ask(words, HOLDFAST_TOKEN=CANARIES["token"], HOLDFAST_URL=url[1])
        else:
            done = scene.ask([*words, *url, "--token-file", scene.files["wrong"]])
        judge("the output", done.output)
    return f"{' '.join(words)} with the token {'wrong' if how == 'wrong' else 'from a ' + how}", run


def url_case(text: str, url: str, **variables):
    def run(stage) -> None:
        scene = stage.scene
        done = scene.ask(["health", "--timeout", "3000", "--url", url, "--token-file",
                          scene.files["token"]], **variables)
        judge("the output", done.output)
    # What stands in an argument is there for ps to see; the rest is judged.
    return text, run


def lying_case(text: str, script):
    def run(stage) -> None:
        scene = stage.scene
        lying = liar.Liar(script)
        try:
            done = scene.ask(["health", "--timeout", "3000"],
                             HOLDFAST_URL=f"ws://127.0.0.1:{lying.port}",
                             HOLDFAST_TOKEN=CANARIES["token"],
                             HOLDFAST_PASSWORD=CANARIES["password"])
        finally:
            lying.end()
        judge("the output", done.output)
    return text, run


def refuses_with_body(conn) -> None:
    conn.read_head()
    body = f'{{"error":{{"code":"X","message":"password={CANARIES["body"]}"}}}}'
    conn.send(f"HTTP/1.1 401 No\r\nLocation: http://u:{CANARIES['user']}@h/?token="
              f"{CANARIES['query']}\r\nSet-Cookie: a={CANARIES['header']}\r\n"
              f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    conn.fin()


def tells_back(conn) -> None:
    request_id = conn.upto_connect()
    auth = conn.connect.get("auth", {})
    conn.refuse(request_id, {"code": "INVALID_REQUEST", "message":
                             f"{auth.get('token')} {auth.get('password')}"})
    conn.hold()


def closes_with(conn) -> None:
    conn.upto_connect()
    conn.close(1008, f"apiKey={CANARIES['body']}".encode())


def config_case(stage) -> None:
    """A secret that is set and shown again."""
    scene = stage.scene
    own = os.path.join(scene.directory, "own.json5")
    for words in (["config", "set", "gateway.auth.token", CANARIES["set"]], ["config", "get"],
                  ["config", "get", "gateway.auth.token"], ["config", "get", "--json"],
                  ["config", "validate"]):
        done = Run([scene.binary, *words, "--config", own], scene.env)
        judge("the output", done.output)
        if done.code != 0:
            raise Failed(f"{' '.join(words[:2])} to work", done.output)


def gateway_case(stage) -> None:
    """What the gateway itself shows, after all the others."""
    scene = stage.scene
    judge("the words of the gateway", read_file(f"/proc/{stage.pid}/cmdline"))
    scene.stop()
    judge("what the gateway printed", read_file(os.path.join(scene.directory, "stderr")))
    for directory, _, names in os.walk(scene.state):
        for name in names:
            path = os.path.join(directory, name)
            if os.stat(path).st_mode & 0o077:
                raise Failed(f"{name} for its owner only", oct(os.stat(path).st_mode))
            if name.endswith(".log"):
                judge(name, read_file(path))


def all_cases() -> list:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))  # nobody listens there
    port = free.getsockname()[1]
    proxy = f"http://me:{CANARIES['proxy']}@127.0.0.1:{port}"
    rows = [verb_case(words, how) for words in VERBS for how in ("file", "variable", "wrong")]
    rows += [
        ("an address with a secret in its query", lambda stage: judge(
            "the output", stage.scene.ask(["health", "--timeout", "3000"], HOLDFAST_URL=
                                          f"ws://127.0.0.1:{port}/?token={CANARIES['query']}"
                                          ).output)),
        ("an address with credentials", lambda stage: judge(
            "the output", stage.scene.ask(["health", "--json"], HOLDFAST_URL=
                                          f"ws://me:{CANARIES['user']}@127.0.0.1:{port}/"
                                          ).output)),
        url_case("a gateway that is not there", f"ws://127.0.0.1:{port}"),
        url_case("a proxy with credentials that is not there", "wss://gateway.example",
                 HTTPS_PROXY=proxy),
        url_case("a proxy of a kind that is not spoken to", "wss://gateway.example",
                 HTTPS_PROXY=proxy.replace("http:", "socks5:")),
        url_case("a proxy whose credentials are broken", "wss://gateway.example",
                 HTTPS_PROXY=proxy.replace("@", "%@")),
        lying_case("an HTTP refusal full of secrets", refuses_with_body),
        lying_case("a login refused with its own secrets", tells_back),
        lying_case("a close whose reason is a secret", closes_with),
        ("config set, get and validate", config_case),
    ]
    cases = [Case(at, text, run) for at, (text, run) in enumerate(rows, start=1)]
    for case in cases:
        case.keep = free
    return cases


def parse_arguments():
    parser = argparse.ArgumentParser(description="secrets in the outputs of holdfast")
    parser.add_argument("binary", help="the holdfast program")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="numbers to run, like S.3 or 'S.1?'")
    parser.add_argument("--times", action="store_true", help="show how long each case took")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    result = report.Report()
    directory = tempfile.mkdtemp(prefix="holdfast-secrets-")
    scene = Scene(arguments.binary, directory)
    try:
        process = scene.start("--token-file", scene.files["token"])
        stage = Stage(scene, process)
        report.run_all(report.select(all_cases(), arguments.only), stage, result, THREADS,
                       arguments.times)
        report.run_all([Case(0, "the gateway's own words, lines and files", gateway_case)], stage,
                       result)
    finally:
        result.stop()
        if scene.gateway and scene.gateway.poll() is None:
            scene.gateway.kill()
            scene.gateway.wait()
        shutil.rmtree(directory, ignore_errors=True)
    return result.end()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
