"""One supervisor with one child, in a directory of its own, seen from outside."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid

PATIENCE = 40.0  # seconds; nothing is judged by time, only given up on
LOOK_EVERY = 0.02
WATCHDOG_USEC = 500000
DONE = ("EXECUTED", "JOINED", "SATISFIED")  # outcomes that ctl exits with 0 for
TOLD = ("READY=1", "RELOADING=1", "MONOTONIC_USEC=", "STOPPING=1", "STATUS=gateway ", "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=")  # fmt: skip


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


def wait_until(test, what, patience=PATIENCE):
    """Looks until `test()` is true and returns its value.  `what`: a text, or what makes one in the end."""
    until = time.monotonic() + patience
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > until:
            raise Failed(f"not in time: {what() if callable(what) else what}")
        time.sleep(LOOK_EVERY)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def write_token(path, token):
    with open(path, "w", encoding="ascii") as file:
        file.write(token + "\n")
    os.chmod(path, 0o600)


def processes(mark):
    """The living processes that carry the mark in their environment or arguments."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        text = read(f"/proc/{pid}/environ") + read(f"/proc/{pid}/cmdline")
        if mark.encode() in text:
            found.append(int(pid))
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Scene:
    """`with Scene(programs) as s:` leaves nothing behind, and fails if something was left.

    Each supervisor has a stand-in for the service manager above it, and what it tells that
    one must be in order; not with `is_told=False`."""

    def __init__(self, programs, is_told=True):
        self.holdfast, self.adversary = programs
        self.dir = tempfile.mkdtemp(prefix="holdfast-supervise-")
        self.state = os.path.join(self.dir, "state")
        self.mark = f"hf-mark-{uuid.uuid4().hex}"
        self.process = None
        self.log_path = os.path.join(self.dir, "log")
        self.started = []
        self.at = 0  # where its clock stands, when that is held
        self.is_told = is_told
        self.managers = []  # with the process that each of them hears

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        left, disorder = [], None
        for manager, process in self.managers:
            manager.close()
            disorder = disorder or manager.disorder(process.returncode)
        if kind is None:
            try:
                wait_until(lambda: not self.left(), "nothing is left", 10)
            except Failed:
                left = self.left()
        for pid in processes(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.dir, ignore_errors=True)
        if left:
            raise Failed(f"left behind: {left}")
        if disorder and kind is None:
            raise Failed(f"the service manager was told {disorder}")

    def path(self, name):
        return os.path.join(self.dir, name)

    def left(self):
        """Processes of the supervisor's, guardians among them, but not itself."""
        own = {p.pid for p in self.started if p.poll() is None}
        return [pid for pid in processes(self.mark) if pid not in own]

    # --- the supervisor ---

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENCLAW_", "HOLDFAST_"))}
        env.pop("NOTIFY_SOCKET", None)
        env.update(HOME=self.dir, XDG_STATE_HOME=self.dir, XDG_CONFIG_HOME=self.dir, **more)
        return env

    def command(self, child, *flags):
        return [self.holdfast, "supervise", "--state-dir", self.state, *flags, "--", *child]

    def begin(self, command, env, err=None):
        env = dict(env or self.environment(), HF_MARK=self.mark)
        manager = Manager() if self.is_told and "NOTIFY_SOCKET" not in env else None
        if manager:
            env |= {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": str(WATCHDOG_USEC)}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=err or log, stdin=subprocess.DEVNULL,
                                            env=env)  # fmt: skip
        self.started.append(self.process)
        if manager:
            self.managers.append((manager, self.process))
        return self.process

    def supervise(self, child, *flags, env=None, err=None):
        """Starts it; `child` is an argument list, or a mode of the adversary.  `err`: its stderr, not the log."""
        if isinstance(child, str):
            child = [self.adversary, *child.split()]
        return self.begin(self.command(child, *flags), env, err)

    def run_place(self, child, *flags, env=None):
        """`holdfast run`, with the child behind it."""
        return self.begin([self.holdfast, "run", "--state-dir", self.state, *flags, "--", *child], env)

    # --- its clock ---

    def held_clock(self, **more):
        """An environment in which `stand_at` holds the monotonic clocks of the supervisor."""
        return self.environment(HF_CLOCK=self.path("clock"), **self.preload(), **more)

    def preload(self):
        clocks = os.path.join(os.path.dirname(self.adversary), "clocks.so")
        return {"LD_PRELOAD": clocks, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def stand_at(self, seconds):
        """From the first call on no time passes but this: seconds since then.  What is due is done on return."""
        self.at = seconds
        with open(self.path("clock.new"), "w", encoding="ascii") as file:
            file.write(str(int(seconds * 1000)))
        os.rename(self.path("clock.new"), self.path("clock"))
        for _ in range(2):  # the answer may be older than what the turn of the question has done
            self.status()

    def pass_until(self, test, what, step):
        """Lets time pass, so many seconds at once, until `test()` is true; returns its value."""

        def look():
            value = test()
            if not value:
                self.stand_at(self.at + step)
            return value

        return wait_until(look, what)

    def log(self):
        return read(self.log_path).decode("utf-8", "replace")

    def ctl_raw(self, *words, patience=PATIENCE):
        return subprocess.run([self.holdfast, "ctl", *words, "--state-dir", self.state],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=patience, env=self.environment(), check=False)  # fmt: skip

    def ctl(self, *words, patience=PATIENCE):
        done = self.ctl_raw(*words, "--json", patience=patience)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            raise Failed(f"ctl {words}: {done.stderr.strip() or done.stdout}") from None
        is_refusal = isinstance(answer, dict) and answer.get("outcome", "EXECUTED") not in DONE
        check(done.returncode == is_refusal, f"ctl {words}: exit {done.returncode} with {answer}")
        return answer

    def control(self):
        """A connection to the control socket, as lines."""
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(os.path.join(self.state, "control.sock"))
        peer.settimeout(PATIENCE)
        return peer.makefile("rw")

    def observe(self):
        """One that observes."""
        lines = self.control()
        lines.write('{"v":1,"id":7,"verb":"events"}\n')
        lines.flush()
        check(json.loads(lines.readline())["id"] == 7, "the request is answered")
        return lines

    def kept(self):
        """All that the supervisor says or keeps, but for its own key."""
        seen = [self.log()] + [json.dumps(self.ctl(verb)) for verb in ("status", "diagnostics", "history")]
        names = [name for name in os.listdir(self.state) if name != "control.sock"]
        return seen + [read(os.path.join(self.state, name)).decode("utf-8", "replace") for name in names]

    def limit(self, name):
        """A bound of base/limits.h, as the program tells it."""
        done = subprocess.run([self.holdfast, "config", "get", "--limits", "--json"], check=True,
                              stdin=subprocess.DEVNULL, capture_output=True, env=self.environment())  # fmt: skip
        return {row["name"]: row["value"] for row in json.loads(done.stdout)}[name]

    def status(self):
        done = self.ctl_raw("status", "--json")
        if done.returncode != 0 or not done.stdout:
            return {}
        return json.loads(done.stdout)

    def wait_phase(self, *phases, patience=PATIENCE):
        return wait_until(lambda: (lambda s: s if s.get("phase") in phases else None)(self.status()),
                          lambda: f"phase {'|'.join(phases)}, is {self.status().get('phase')}", patience)  # fmt: skip

    def wait_exit(self, process=None):
        process = process or self.process
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed("the supervisor does not end") from None

    def quit(self):
        """TERM: the supervisor ends, and its child with it."""
        self.process.send_signal(signal.SIGTERM)
        check(self.wait_exit() == 0, "the supervisor ends with 0")
        check(not self.left(), "nothing is left when it has ended")


class Manager:
    """A stand-in for the service manager above a supervisor."""

    def __init__(self):
        self.name = f"@holdfast-test-{uuid.uuid4().hex}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.name[1:])
        self.messages = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            message = self.socket.recv(65536).decode()
            if message == "END":
                return
            self.messages.append(message)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"END", "\0" + self.name[1:])
        self.thread.join()
        self.socket.close()

    def disorder(self, exit_code):
        """What is wrong with what a supervisor told that ended so; None: nothing.

        A message of STATUS or WATCHDOG may be missing, as the queue of a socket is short."""
        said = [line for message in self.messages for line in message.split("\n")]
        ready, reloading, stopping = (said.count(w) for w in ("READY=1", "RELOADING=1", "STOPPING=1"))
        strange = [line for line in said if not line.startswith(TOLD)]
        if strange:
            return f"what it does not know: {strange}"
        if ready > 1 + reloading:
            return f"READY {ready} times, RELOADING {reloading}: {said}"
        if reloading and "READY=1" not in said[: said.index("RELOADING=1")]:
            return f"RELOADING before READY: {said}"
        if stopping > 1:
            return f"STOPPING more than once: {said}"
        if stopping and {"READY=1", "RELOADING=1"} & set(said[said.index("STOPPING=1") :]):
            return f"READY or RELOADING after STOPPING: {said}"
        if exit_code == 0 and not stopping:
            return f"nothing of its end: {said}"
        return None
