#!/usr/bin/env python3
"""What a supervisor costs.  Usage: supervisor.py HOLDFAST ADVERSARY

Prints one figure a line: name, value, unit, target."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "supervise"))

from guest import Guest, Refused, get  # noqa: E402
from scene import Manager, Scene, free_port, read, wait_until  # noqa: E402

IDLE_SECONDS = 10
EXITS = 21
STARTS = 21
BYTES = 100_000_000
HANDSHAKES = 300
CALLS = 400  # in a row, on each way in turn
ROUNDS = 10


def show(name, value, unit, target):
    print(f"| {name:<64} | {value:>9.3f} | {unit:<10} | {target:<8} |", flush=True)


def cpu_ms(pid):
    """Of all its threads."""
    tasks = os.listdir(f"/proc/{pid}/task")
    return sum(int(read(f"/proc/{pid}/task/{task}/schedstat").split()[0]) for task in tasks) / 1e6


def private_kb(pid):
    lines = read(f"/proc/{pid}/smaps_rollup").decode().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Dirty", "Private_Clean")))


def idle(programs):
    with Scene(programs, is_told=False) as s:
        s.supervise("notify 0", "--url", "notify:")
        s.wait_phase("ready")
        time.sleep(2)
        before = cpu_ms(s.process.pid)
        time.sleep(IDLE_SECONDS)
        show("idle CPU, one quiet child", (cpu_ms(s.process.pid) - before) / IDLE_SECONDS, "ms/s", "0.5")
        show("idle memory, private", private_kb(s.process.pid) / 1024, "MB", "6")
        guardians = [p for p in s.left() if read(f"/proc/{p}/comm").startswith(b"holdfast-guard")]
        show("idle memory of the guardian, private", private_kb(guardians[0]) / 1024, "MB", "-")
        s.quit()


def exits(programs):
    """From KILL of the child to the event on the control socket."""
    took = []
    with Scene(programs, is_told=False) as s:
        s.supervise("notify 0", "--url", "notify:", "--restart-budget", "64/300")
        with socket.socket(socket.AF_UNIX) as peer:
            pid = s.wait_phase("ready")["pid"]
            peer.connect(os.path.join(s.state, "control.sock"))
            lines = peer.makefile("rw")
            lines.write('{"v":1,"id":1,"verb":"events"}\n')
            lines.flush()
            lines.readline()
            for _ in range(EXITS):
                began = time.monotonic()
                os.kill(pid, signal.SIGKILL)
                while json.loads(lines.readline()).get("event") != "exit":
                    pass
                took.append((time.monotonic() - began) * 1000)
                s.ctl("restart")
                pid = s.wait_phase("ready")["pid"]
        s.quit()
    show("an exit is noticed and told, median", statistics.median(took), "ms", "10")
    show("an exit is noticed and told, worst", max(took), "ms", "-")


def ready_after(command, env):
    manager = Manager()
    began = time.monotonic()
    process = subprocess.Popen(command, env=env | {"NOTIFY_SOCKET": manager.name}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    while not any("READY=1" in message for message in manager.messages):
        time.sleep(0.0005)
    took = (time.monotonic() - began) * 1000
    process.terminate()
    process.wait()
    manager.close()
    return took


def starts(programs):
    """From the fork to READY=1, with and without us between."""
    alone, kept = [], []
    with Scene(programs, is_told=False) as s:
        child = [s.adversary, "notify", "0"]
        for _ in range(STARTS):
            alone.append(ready_after(child, s.environment()))
            kept.append(ready_after(s.command(child, "--url", "notify:"), s.environment()))
    show("a child that says READY=1, alone", statistics.median(alone), "ms", "-")
    show("the same, supervised, our own start included", statistics.median(kept), "ms", "-")
    show("what supervision adds", statistics.median(kept) - statistics.median(alone), "ms", "20")
    show("what it adds at best: a busy machine's median is mostly waiting", min(kept) - min(alone), "ms", "20")


def chatter(programs):
    with Scene(programs, is_told=False) as s:
        s.supervise(f"chatty 2 {BYTES}", "--url", "notify:")
        s.wait_phase("ready")
        show("100 MB of stderr swallowed, CPU", cpu_ms(s.process.pid) / 1000, "s", "0.5")
        show("memory after it, private", private_kb(s.process.pid) / 1024, "MB", "constant")
        s.quit()


def gate(programs):
    """From connect() to the refusal, while what is behind the place starts."""
    took = []
    with Scene(programs) as s:
        port = free_port()
        s.run_place([s.adversary, "sleep"], "--port", str(port))
        s.wait_phase("wait_ready")
        for _ in range(HANDSHAKES):
            began = time.monotonic()
            try:
                Guest(port, "x")
            except Refused as refused:
                assert refused.is_start(), refused
            took.append((time.monotonic() - began) * 1000)
        s.quit()
    took.sort()
    show("a handshake at the place while its gateway is down, median", statistics.median(took), "ms", "2")
    show("the same, 95th of 100", took[len(took) * 95 // 100], "ms", "-")


def call_us(guest):
    took = []
    for _ in range(CALLS):
        began = time.monotonic()
        guest.call("last-heartbeat")
        took.append((time.monotonic() - began) * 1e6)
    return statistics.median(took)


def calls(programs):
    """The same call straight and through the place, in turn."""
    straight, through = [], []
    with Scene(programs) as s:
        port, token = free_port(), "a-token-of-the-bench-0123456789"
        env = s.environment(OPENCLAW_GATEWAY_TOKEN=token)
        s.run_place([s.holdfast, "run", "--state-dir", s.path("child")], "--port", str(port), env=env)
        behind = s.wait_phase("ready")["port"]
        before = cpu_ms(s.process.pid)
        with Guest(behind, token) as near, Guest(port, token) as far:
            for _ in range(ROUNDS):
                straight.append(call_us(near))
                through.append(call_us(far))
        used = cpu_ms(s.process.pid) - before
        s.quit()
    show("a call, straight, median", statistics.median(straight), "us", "-")
    show("what the place adds to it, median", statistics.median(through) - statistics.median(straight), "us", "100")
    show("CPU of the place for each call", used * 1000 / CALLS / ROUNDS, "us", "-")


def serving_after(s, command, port):
    began = time.monotonic()
    process = s.begin(command, s.environment())

    def is_ready():
        try:
            return get(port, "/readyz")[0] == 200
        except OSError:
            return False

    wait_until(is_ready, "it serves")
    took = (time.monotonic() - began) * 1000
    process.terminate()
    process.wait()
    return took


def place_starts(programs):
    """From the fork to a place that is ready, with our own gateway behind it and alone."""
    alone, kept = [], []
    with Scene(programs) as s:
        s.is_told = False
        for _ in range(STARTS):
            port = free_port()
            child = [s.holdfast, "run", "--state-dir", s.path("child")]
            alone.append(serving_after(s, [*child, "--port", str(port)], port))
            command = [s.holdfast, "run", "--state-dir", s.state, "--port", str(port), "--", *child]
            kept.append(serving_after(s, command, port))
    show("our gateway, from the start to ready", statistics.median(alone), "ms", "-")
    show("the same behind its place", statistics.median(kept), "ms", "-")
    show("what the place adds, at most a look of 200 ms", statistics.median(kept) - statistics.median(alone), "ms", "200")


def main(argv):
    programs = [os.path.realpath(path) for path in argv[1:3]]
    print(f"| {'figure':<64} | {'holdfast':>9} | {'unit':<10} | {'target':<8} |")
    for figure in (idle, exits, starts, chatter, gate, calls, place_starts):
        figure(programs)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
