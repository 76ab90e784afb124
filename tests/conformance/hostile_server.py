#!/usr/bin/env python3
"""What bad gateways may do to a client: nothing but cost it a named error.

    hostile_server.py BINARY [--only 'L.1*']... [--times]

Every lie is told to `holdfast health` or `call` by a server of its own.  The
program must end with the right exit code and words in time, show no secret and
no terminal code, and be modest with processor, memory and connections.
Standard library only.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import liar
import lies_frames
import lies_http
import lies_protocol
import report
from client import Failed
from lies import SECRET, Lie

THREADS = 12
TOKEN = "canary-token-77aa-of-the-client"
GRACE_S = 20.0        # beyond its own --timeout, on a busy machine
IDLE_CPU_S = 0.25     # of a client that waits for a second, beyond its start
BUSY_CPU_S = 8.0      # of one that is flooded; a sanitizer makes it slow
MEMORY_KIB = 160 * 1024  # beyond its start: a message may be 25 MiB, kept twice while it grows
# A terminal obeys these; a line feed at the end of each line is all that people's text needs.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


class Ended:
    """A program that has ended: what it printed and what it cost."""

    def __init__(self, command: list, env: dict, patience_s: float):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            begun = time.monotonic()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       env=env)
            self.was_late = not self._wait(process, begun + patience_s)
            self.seconds = time.monotonic() - begun
            self.out, self.err = self._read(out), self._read(err)

    def _wait(self, process, until: float) -> bool:
        """False when it had to be killed."""
        in_time = True
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if in_time and time.monotonic() > until:
                in_time = False
                process.kill()
            time.sleep(0.01)
        process.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.memory_kib = usage.ru_maxrss
        return in_time

    @staticmethod
    def _read(file) -> str:
        file.seek(0)
        return file.read().decode("utf-8", "surrogateescape")


class Client:
    """The program under test, with a home of its own and a secret in a file."""

    def __init__(self, binary: str, directory: str):
        self._binary = os.path.abspath(binary)
        self._token_file = os.path.join(directory, "token")
        with open(self._token_file, "w", encoding="ascii") as file:
            file.write(TOKEN)
        # Freed memory that a sanitizer keeps aside is not memory that the client holds.
        self._env = {"HOME": directory, "PATH": os.environ.get("PATH", ""),
                     "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
                     + ":quarantine_size_mb=4:exitcode=99",
                     "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99"}
        self.start = Ended([self._binary, "version"], self._env, GRACE_S)

    def ask(self, lie: Lie, port: int, is_json: bool) -> Ended:
        command = [self._binary, *lie.verb, "--url", f"ws://127.0.0.1:{port}", "--token-file",
                   self._token_file, "--timeout", str(lie.timeout_ms)]
        if is_json:
            command.append("--json")
        return Ended(command, self._env, lie.timeout_ms / 1000 + GRACE_S)


def fits(text: str, words: str) -> bool:
    """Whether one of the words, parted by `|`, stands in the text."""
    return any(word in text for word in words.split("|"))


def message_of(ended: Ended, is_json: bool) -> str:
    """The error as it was told: on stderr, or as one document on stdout."""
    if not is_json:
        if ended.out:
            raise Failed("nothing on stdout", repr(ended.out[:200]))
        return ended.err
    try:
        document = json.loads(ended.out)
        return json.dumps(document["error"], ensure_ascii=False)
    except (ValueError, KeyError, TypeError) as error:
        raise Failed("one JSON document with an error", f"{error}: {ended.out[:200]!r}") from error


def judge(lie: Lie, ended: Ended, server: liar.Liar, client: Client, is_json: bool) -> None:
    everything = ended.out + ended.err
    if ended.was_late:
        raise Failed(f"an end within {lie.timeout_ms} ms and some grace", "none")
    if ended.code != lie.code:
        raise Failed(f"exit code {lie.code}", f"{ended.code}: {everything[:600]!r}")
    if lie.code:
        message = message_of(ended, is_json)
        missing = [words for words in lie.wants if not fits(message, words)]
        if missing:
            raise Failed(f"an error that says {missing[0]!r}", repr(message[:300]))
    for secret in (SECRET, TOKEN, liar.NONCE):
        if secret in everything:
            raise Failed("no secret in any output", repr(everything[:400]))
    shown = ended.err if is_json else everything
    if CONTROL.search(shown):
        raise Failed("no control characters for people", repr(shown[:400]))
    judge_cost(lie, ended, server, client)


def judge_cost(lie: Lie, ended: Ended, server: liar.Liar, client: Client) -> None:
    if not 1 <= len(server.came_at) <= lie.connections:
        raise Failed(f"1 to {lie.connections} connections", str(len(server.came_at)))
    cpu_s = ended.cpu_s - client.start.cpu_s
    most_s = BUSY_CPU_S if "without an end" in lie.text or "never ends" in lie.text else 0
    most_s = max(most_s, IDLE_CPU_S + ended.seconds * 0.25)
    if cpu_s > most_s:
        raise Failed(f"at most {most_s:.2f} s of processor time", f"{cpu_s:.2f} s")
    memory_kib = ended.memory_kib - client.start.memory_kib
    if memory_kib > MEMORY_KIB:
        raise Failed(f"at most {MEMORY_KIB} KiB more memory", f"{memory_kib} KiB")
    if server.problem:
        raise Failed("a script that works", server.problem)


class Case:
    """One lie under one number, for report.run_all."""

    is_heavy = False

    def __init__(self, number: int, lie: Lie):
        self.number = f"L.{number}"
        self.text = lie.text
        self._lie = lie
        self._is_json = number % 2 == 0  # people and programs are told in turn

    def run(self, client: Client) -> None:
        is_json = self._is_json or self._lie.code == 0
        server = liar.Liar(self._lie.script)
        try:
            ended = client.ask(self._lie, server.port, is_json)
        finally:
            server.end()
        judge(self._lie, ended, server, client, is_json)


def parse_arguments():
    parser = argparse.ArgumentParser(description="hostile gateways against holdfast's client")
    parser.add_argument("binary", help="the holdfast program")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="numbers to run, like L.3 or 'L.1?'")
    parser.add_argument("--times", action="store_true", help="show how long each case took")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    lies = lies_http.LIES + lies_frames.LIES + lies_protocol.LIES
    cases = [Case(at, lie) for at, lie in enumerate(lies, start=1)]
    result = report.Report()
    directory = tempfile.mkdtemp(prefix="holdfast-hostile-")
    try:
        client = Client(arguments.binary, directory)
        report.run_all(report.select(cases, arguments.only), client, result, THREADS,
                       arguments.times)
    finally:
        result.stop()
        shutil.rmtree(directory, ignore_errors=True)
    return result.end()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
