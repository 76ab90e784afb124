"""Starts `holdfast run` for a test run and ends it, by its process id."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from client import Target

TOKEN = "conformance-token"
READY = re.compile(r"^holdfast ready url=wss?://([^:/ ]+):(\d+)")
START_S = 30.0
STOP_S = 10.0


class ServerError(Exception):
    """The binary did not start, or did not end as it should."""


class Process:
    """A running gateway as the system sees it."""

    def __init__(self, pid: int, target: Target):
        self.pid = pid
        self.target = target

    def descriptors(self) -> int:
        """How many descriptors the process has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self) -> float:
        """CPU time its main thread, which is the loop, has used so far."""
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as stat:
            return int(stat.read().split()[0]) / 1e9

    def memory_kib(self) -> int:
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as text:
            line = next(line for line in text if line.startswith("VmRSS:"))
        return int(line.split()[1])


class Server(Process):
    """One gateway on a free loopback port with its own state directory.

    `env` is added to the environment.  The directory and the process are gone
    when the `with` block is left, however it is left.
    """

    def __init__(self, binary: str, env=None):
        self._binary = os.path.abspath(binary)
        self._env = {**os.environ, **(env or {})}
        self._dir = None
        self._process = None
        self._ready = threading.Event()
        self._match = None
        super().__init__(0, None)

    def __enter__(self):
        self._dir = tempfile.mkdtemp(prefix="holdfast-conformance-")
        command = [self._binary, "run", "--bind", "loopback", "--port", "0", "--token", TOKEN,
                   "--state-dir", os.path.join(self._dir, "state")]
        try:
            with open(self._log_path(), "wb") as log:
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log,
                                                 stdout=subprocess.PIPE, env=self._env)
            self.pid = self._process.pid
            threading.Thread(target=self._read_stdout, daemon=True).start()
            if not self._ready.wait(START_S) or not self._match:
                raise ServerError(f"no ready line on stdout\n{self.log_tail()}")
        except BaseException:
            self.end()
            raise
        self.target = Target(self._match[1], int(self._match[2]), TOKEN)
        return self

    def __exit__(self, *_):
        self.end()

    def _read_stdout(self) -> None:
        for line in self._process.stdout:
            self._match = self._match or READY.match(line.decode("utf-8", "replace"))
            if self._match:
                self._ready.set()
        self._ready.set()  # the end of stdout without the line: the start failed

    def stop(self) -> None:
        """SIGTERM, and the exit must be 0 with a clean log (no sanitizer report)."""
        if self._process.poll() is not None:
            raise ServerError(f"it had ended by itself with {self._process.returncode}\n"
                              f"{self.log_tail()}")
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise ServerError(f"still running {STOP_S:.0f} s after SIGTERM") from None
        log = self._log()
        if code != 0 or b"Sanitizer" in log or b"runtime error:" in log:
            raise ServerError(f"it ended with {code}\n{self.log_tail()}")

    def end(self) -> None:
        """Ends the process if it still runs, and removes what it left."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            until = time.monotonic() + STOP_S
            while self._process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
        if self._dir:
            shutil.rmtree(self._dir, ignore_errors=True)

    def log_tail(self, lines: int = 25) -> str:
        tail = self._log().decode("utf-8", "replace").splitlines()[-lines:]
        return "\n".join("    | " + line for line in tail)

    def _log(self) -> bytes:
        try:
            with open(self._log_path(), "rb") as log:
                return log.read()
        except FileNotFoundError:
            return b""  # ended already

    def _log_path(self) -> str:
        return os.path.join(self._dir, "stderr")
