#!/usr/bin/env python3
"""What bad gateways may do to a client: nothing but cost it a named error.

    hostile_server.py BINARY HOLDER [--only 'L.1*']... [--times]

Every lie is told twice, by a server of its own: to `holdfast health` or `call`
(L), and to a program that keeps a client of the library for a while (K,
holder.c).  The first must end with the right exit code and words in time, the
second must come back by the law of its delays, one attempt for each.  Both
show no secret and no terminal code, and are modest with processor, memory and
connections.  Standard library only.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from typing import Optional

sys.dont_write_bytecode = True

import liar
import lies_frames
import lies_http
import lies_protocol
import lies_tls
import report
from client import Failed
from lies import MISPINNED, PINNED, PLAIN, RAW, SECRET, Lie

THREADS = 20
PAIR = ("tls/gateway-cert.pem", "tls/gateway-key.pem")  # in the state directory
HELD_MS = 800         # how long a client is kept
TOKEN = "canary-token-77aa-of-the-client"
GRACE_S = 20.0        # beyond its own --timeout, on a busy machine
IDLE_CPU_S = 0.25     # of a client that waits for a second, beyond its start
BUSY_CPU_S = 8.0      # of one that is flooded; a sanitizer makes it slow
MEMORY_KIB = 160 * 1024  # beyond its start: a message may be 25 MiB, kept twice while it grows
BACKOFF_MS, BACKOFF_MAX_MS = 100, 400  # as holder.c sets them
HINT_MS = (100, 2000)  # what a start-up hint is cut to
KNOWN_WAITS_MS = (250, 5000)  # a restart that was announced; a wait that the gateway asks for
STATES = ("OPENING", "AWAIT_CHALLENGE", "AWAIT_HELLO", "READY", "CLOSING", "BACKOFF", "PAUSED")
RETRY = re.compile(r"RETRY attempt=(\d+) wait_ms=(\d+) ")
# A terminal obeys these; a line feed at the end of each line is all that people's text needs.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


def most_memory_kib(pid: int) -> int:
    """The most that a process has had so far; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as text:
            return next((int(line.split()[1]) for line in text if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


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
        """False when it had to be killed.  The memory that wait4 tells of counts ours,
        from before the exec, so it is looked at meanwhile."""
        in_time = True
        self.memory_kib = 0
        while True:
            self.memory_kib = max(self.memory_kib, most_memory_kib(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if in_time and time.monotonic() > until:
                in_time = False
                process.kill()
            time.sleep(0.01)
        process.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        return in_time

    @staticmethod
    def _read(file) -> str:
        file.seek(0)
        return file.read().decode("utf-8", "surrogateescape")


class Client:
    """The program under test, with a home of its own and a secret in a file."""

    def __init__(self, binary: str, holder: str, directory: str):
        self._binary = os.path.abspath(binary)
        self._holder = os.path.abspath(holder)
        self._token_file = os.path.join(directory, "token")
        with open(self._token_file, "w", encoding="ascii") as file:
            file.write(TOKEN)
        # Freed memory that a sanitizer keeps aside is not memory that the client holds.
        self._env = {"HOME": directory, "PATH": os.environ.get("PATH", ""),
                     "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
                     + ":quarantine_size_mb=4:exitcode=99",
                     "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99"}
        self.start = Ended([self._binary, "version"], self._env, GRACE_S)
        self.tls, self._pin = self._make_pair(directory)

    def _make_pair(self, directory: str) -> tuple:
        """A certificate that the program makes for itself, and its fingerprint."""
        config, state = os.path.join(directory, "tls.json5"), os.path.join(directory, "state")
        with open(config, "w", encoding="ascii") as file:
            file.write("{ gateway: { tls: { enabled: true } } }")
        process = subprocess.Popen([self._binary, "run", "--port", "0", "--config", config,
                                    "--state-dir", state], env=self._env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.readline()  # it is ready
        process.terminate()
        process.communicate()
        pair = [os.path.join(state, name) for name in PAIR]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        with open(pair[0], encoding="ascii") as file:
            return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()

    def _surroundings(self, lie: Lie) -> dict:
        pins = {PINNED: self._pin, RAW: self._pin, MISPINNED: self._pin[::-1]}
        if lie.tls not in pins:
            return self._env
        return {**self._env, "HOLDFAST_TLS_FINGERPRINT": pins[lie.tls]}

    def ask(self, lie: Lie, url: str, is_json: bool) -> Ended:
        command = [self._binary, *lie.verb, "--url", url, "--token-file", self._token_file,
                   "--timeout", str(lie.timeout_ms)]
        if is_json:
            command.append("--json")
        return Ended(command, self._surroundings(lie), lie.timeout_ms / 1000 + GRACE_S)

    def keep(self, lie: Lie, url: str) -> Ended:
        command = [self._holder, url, self._token_file, str(HELD_MS)]
        return Ended(command, self._surroundings(lie), HELD_MS / 1000 + GRACE_S)


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


def judge_shown(shown: str, everything: str) -> None:
    for secret in (SECRET, TOKEN, liar.NONCE):
        if secret in everything:
            raise Failed("no secret in any output", repr(everything[:400]))
    if CONTROL.search(shown):
        raise Failed("no control characters for people", repr(shown[:400]))


def judge_asked(lie: Lie, ended: Ended, is_json: bool) -> None:
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
    judge_shown(ended.err if is_json else everything, everything)


def judge_kept(ended: Ended, server: liar.Liar) -> None:
    if ended.was_late or ended.code != 0:
        raise Failed("the holder to end well", f"{ended.code}: {(ended.out + ended.err)[:900]!r}")
    judge_shown(ended.out + ended.err, ended.out + ended.err)
    waits = waits_of(ended.out)
    try:
        snapshot = json.loads(ended.out.splitlines()[-1])
        state, connects = snapshot["state"], snapshot["counters"]["connects"]
    except (ValueError, KeyError, IndexError) as error:
        raise Failed("a snapshot at the end", f"{error}: {ended.out[-600:]!r}") from error
    if state not in STATES:
        raise Failed(f"one of the states {', '.join(STATES)}", state)
    # The last delay may not be over yet; nothing else makes an attempt.
    if not len(waits) <= connects <= len(waits) + 1 or len(server.came_at) > connects:
        raise Failed("one attempt, and one for every delay that is over",
                     f"{connects} and {len(server.came_at)} connections for {waits}")


def waits_of(told: str) -> list:
    """The delays in milliseconds, each held against the law (client-lifecycle 8.2, 8.3)."""
    waits = []
    is_hinted = is_insecure = False
    for line in told.splitlines():
        kind = line.partition(" ")[0]
        is_hinted = is_hinted or kind == "STARTING"
        is_insecure = "cause=INSECURE" in line or is_insecure
        match = RETRY.match(line)
        if not match:
            continue
        attempt, wait_ms = int(match[1]), int(match[2])
        least_ms = min(BACKOFF_MAX_MS, BACKOFF_MS << max(0, attempt - 1))
        if is_insecure:  # a wrong certificate is not asked for again soon (7.1)
            least_ms = BACKOFF_MAX_MS
        if is_hinted:
            is_lawful = HINT_MS[0] <= wait_ms <= HINT_MS[1]
        else:
            is_lawful = least_ms <= wait_ms < least_ms * 1.25 + 1 or wait_ms in KNOWN_WAITS_MS
        if not is_lawful:
            raise Failed(f"a lawful delay for failure {attempt}", f"{wait_ms} ms")
        waits.append(wait_ms)
        is_hinted = is_insecure = False
    return waits


def judge_cost(lie: Lie, ended: Ended, server: liar.Liar, client: Client,
               connections: Optional[int] = None) -> None:
    if connections and not 1 <= len(server.came_at) <= connections:
        raise Failed(f"1 to {connections} connections", str(len(server.came_at)))
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


class Asked:
    """One lie told to a verb, for report.run_all."""

    is_heavy = False

    def __init__(self, number: int, lie: Lie):
        self.number = f"L.{number}"
        self.text = lie.text
        self._lie = lie
        self._is_json = number % 2 == 0  # people and programs are told in turn

    def run(self, client: Client) -> None:
        is_json = self._is_json or self._lie.code == 0
        server, ended = told_by(client, self._lie,
                                lambda url: client.ask(self._lie, url, is_json))
        judge_asked(self._lie, ended, is_json)
        judge_cost(self._lie, ended, server, client, self._lie.connections)


class Kept:
    """The same lie told to a client that stays."""

    is_heavy = False

    def __init__(self, number: int, lie: Lie):
        self.number = f"K.{number}"
        self.text = lie.text
        self._lie = lie

    def run(self, client: Client) -> None:
        server, ended = told_by(client, self._lie, lambda url: client.keep(self._lie, url))
        judge_kept(ended, server)
        judge_cost(self._lie, ended, server, client)


def told_by(client: Client, lie: Lie, start) -> tuple:
    server = liar.Liar(lie.script, None if lie.tls in (PLAIN, RAW) else client.tls)
    try:
        ended = start(f"{'ws' if lie.tls == PLAIN else 'wss'}://127.0.0.1:{server.port}")
    finally:
        server.end()
    return server, ended


def parse_arguments():
    parser = argparse.ArgumentParser(description="hostile gateways against holdfast's client")
    parser.add_argument("binary", help="the holdfast program")
    parser.add_argument("holder", help="what holder.c becomes")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="numbers to run, like L.3 or 'L.1?'")
    parser.add_argument("--times", action="store_true", help="show how long each case took")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    lies = lies_http.LIES + lies_frames.LIES + lies_protocol.LIES + lies_tls.LIES
    cases = [kind(at, lie) for kind in (Kept, Asked) for at, lie in enumerate(lies, start=1)
             if kind is Asked or lie.verb == ("health",)]
    result = report.Report()
    directory = tempfile.mkdtemp(prefix="holdfast-hostile-")
    try:
        client = Client(arguments.binary, arguments.holder, directory)
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
