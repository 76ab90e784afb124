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

from scene import Manager, Scene, read  # noqa: E402

IDLE_SECONDS = 10
EXITS = 21
STARTS = 21
BYTES = 100_000_000


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


def main(argv):
    programs = [os.path.realpath(path) for path in argv[1:3]]
    print(f"| {'figure':<64} | {'holdfast':>9} | {'unit':<10} | {'target':<8} |")
    for figure in (idle, exits, starts, chatter):
        figure(programs)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
