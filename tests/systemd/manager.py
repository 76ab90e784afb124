"""A `systemd --user` in namespaces of its own, and units in it that are ours."""

import json
import os
import re
import shutil
import signal
import subprocess
import uuid

from scene import Failed, processes, read, wait_until

MANAGER = "/lib/systemd/systemd"
SHOWN = ("ActiveState", "SubState", "Result", "StatusText", "NRestarts", "MainPID", "ExecMainStatus", "ControlGroup",
         "WatchdogTimestampMonotonic")  # fmt: skip


def call(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


class Manager:
    """`with Manager(build, directory) as m:` runs until the end of the block."""

    def __init__(self, build, directory):
        self.build, self.directory = build, directory
        self.holdfast = os.path.join(build, "src", "prog", "holdfast")
        self.adversary = os.path.join(build, "tests", "supervise", "adversary")
        self.runtime = "/run/user/0"
        self.config = os.path.join(directory, "config")
        self.process = None
        self.mark = ""

    def __enter__(self):
        # Mounts of a namespace of ours alone: the machine keeps what it has.
        call("mount", "--make-rprivate", "/")
        call("mount", "-t", "tmpfs", "none", "/run")
        call("umount", "--recursive", "/sys/fs/cgroup")
        call("mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")
        os.makedirs("/run/systemd/system")  # a machine that systemd has booted
        os.makedirs(self.runtime, mode=0o700)
        os.makedirs(os.path.join(self.config, "systemd", "user"))
        self.process = subprocess.Popen([MANAGER, "--user"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=self.environment())  # fmt: skip
        wait_until(lambda: self.ctl("is-system-running").stdout.strip() in ("running", "degraded"), "the manager runs")
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": self.directory, "XDG_RUNTIME_DIR": self.runtime,
                "XDG_CONFIG_HOME": self.config, "XDG_STATE_HOME": os.path.join(self.directory, "state"),
                "LC_ALL": "C.UTF-8"}  # fmt: skip

    # --- systemctl ---

    def ctl(self, *words):
        return subprocess.run(["systemctl", "--user", *words], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60, env=self.environment())  # fmt: skip

    def show(self, unit):
        said = self.ctl("show", unit, *(f"--property={name}" for name in SHOWN)).stdout
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def wait(self, unit, what, **wanted):
        """Until systemd shows these; a value that ends with `*` is a beginning of it."""

        def is_so(shown):
            return all(shown.get(k, "").startswith(v[:-1]) if v.endswith("*") else shown.get(k) == v
                       for k, v in wanted.items())  # fmt: skip

        try:
            return wait_until(lambda: (lambda s: s if is_so(s) else None)(self.show(unit)), what)
        except Failed:
            raise Failed(f"not in time: {what}: {self.show(unit)}, life {self.life(unit)}") from None

    # --- units ---

    def install(self, unit, name, command, *more):
        """The unit as it is installed, under another name and with shorter times."""
        text = read(os.path.join(self.build, "etc", "systemd", "user", unit)).decode()
        text = re.sub(r"^ExecStart=.*$", lambda _: f"ExecStart={command}", text, flags=re.MULTILINE)
        place = os.path.join(self.config, "systemd", "user", name)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        os.makedirs(place + ".d", exist_ok=True)
        with open(os.path.join(place + ".d", "test.conf"), "w", encoding="utf-8") as file:
            file.write("\n".join(["[Service]", "RestartSec=1", "TimeoutAbortSec=10", f"Environment=HF_MARK={self.mark}",
                                  f"ExecStartPost=/bin/sh -c 'echo active >> {self.life_path(name)}'",
                                  f"ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT >> {self.life_path(name)}'",
                                  *more]) + "\n")  # fmt: skip
        self.ctl("daemon-reload")

    def life_path(self, name):
        return os.path.join(self.directory, self.mark, f"{name}.life")

    def life(self, name):
        """What the unit became: "active" each time that it was ready, and how it ended each time."""
        return read(self.life_path(name)).decode().split()

    def wait_life(self, name, *words):
        wait_until(lambda: self.life(name)[: len(words)] == list(words), lambda: f"{words}, is {self.life(name)}")

    def supervise(self, child, *flags, more=(), state="supervise"):
        """holdfast-supervise.service with this child, a mode of the adversary or a path, started."""
        state_dir = self.state_dir(state)
        name = f"holdfast-{state}.service"
        program = child if child.startswith("/") else f"{self.adversary} {child}"
        command = " ".join([self.holdfast, "supervise", "--state-dir", state_dir, "--url", "notify:", *flags, "--",
                            program])  # fmt: skip
        self.install("holdfast-supervise.service", name, command, *more)
        self.ctl("start", "--no-block", name)
        return name

    def state_dir(self, state="supervise"):
        return os.path.join(self.directory, self.mark, state)

    def holdfast_ctl(self, *words, state="supervise"):
        done = subprocess.run([self.holdfast, "ctl", *words, "--json", "--state-dir", self.state_dir(state)],
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
                              env=self.environment())  # fmt: skip
        return json.loads(done.stdout) if done.stdout else {}

    def left(self):
        return processes(self.mark)

    # --- cases ---

    def attempt(self, function):
        """Runs one case with units of its own: what is wrong with it, or None."""
        self.mark = f"hf-mark-{uuid.uuid4().hex}"
        os.makedirs(os.path.join(self.directory, self.mark), mode=0o700)
        fault = None
        try:
            function(self)
        except Exception as caught:  # a broken case is a failed one
            fault = f"{type(caught).__name__}: {caught}"
        units = os.path.join(self.config, "systemd", "user")
        for name in [n for n in os.listdir(units) if n.endswith((".service", ".socket"))]:
            self.ctl("stop", name)
            self.ctl("reset-failed", name)
        try:
            wait_until(lambda: not self.left(), "nothing is left", 10)
        except Failed:
            fault = fault or f"left behind: {self.left()}"
            for pid in self.left():
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(units)
        os.makedirs(units)
        return fault
