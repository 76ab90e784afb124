#!/usr/bin/env python3
"""Measures holdfast beside its peers in one run and prints one table.

    report.py --peers FOLDER BINARY [NAME...]

FOLDER holds the real gateway (empty: without it); tests/bench/run finds it.
Every figure is the best of several short samples of the same driver, `load`.
"""

import argparse
import contextlib
import os
import resource
import subprocess
import sys

from clients import client
from servers import TOKEN, Floor, Holdfast, OpenClaw, StartingHoldfast, free_port

PROBE = ["--method", "health", "--params", '{"probe":true}', "--event", "health"]
NOTE = ["--method", "system-event", "--params", '{"text":"bench"}', "--event", "presence"]

FLOOD_S = 10  # startup-retry 34

CANNOT = """\
What this cannot measure:
- memory of the kernel (socket buffers): the figures are the process's own private dirty pages;
- packet processing of loopback is charged to whoever sends, so every figure holds half of the
  network that a remote client would pay for; the floor holds the same;
- CPU is read from the process clock: wake-ups of sleeping clients are in it, cache misses caused
  by other programs too.  On a busy machine compare the ratios, not the figures;
- start is wall-clock time, so a busy machine shows directly; its CPU stands beside it;
- a client's resident memory with one client holds what the process touches first, and of
  gateway-client what Node keeps for later; allocations are those of the rooms, not of libuv;
- the bare exchange asks with another id: a few bytes less than the library's request;
- uWebSockets.js: its package is not on npm, and nothing else is downloaded here."""


class Row:
    """One line of the table: what was measured of each server, in one unit."""

    def __init__(self, text: str, unit: str, target: str = ""):
        self.text = text
        self.unit = unit
        self.target = target
        self.values = {}

    def cells(self) -> list:
        ours, floor, real = (self.values.get(name) for name in ("holdfast", "floor", "OpenClaw"))
        return [self.text, self.unit, self.target, shown(ours), shown(floor), ratio(ours, floor),
                shown(real), ratio(real, ours)]


def shown(value) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def ratio(a, b) -> str:
    return f"{a / b:,.2f}x" if a is not None and b else "-"


class Bench:
    """The servers that can be measured, the driver, and the rows so far."""

    def __init__(self, binary: str, peers: str):
        self.tools = os.path.join(os.path.dirname(binary), "..", "..", "tests", "bench")
        self.load = os.path.join(self.tools, "load")
        self.binary = binary
        self.peers = peers
        self.rows = []
        self.client_rows = []  # their columns are clients, not gateways
        self.notes = []
        self.unmeasured = []

    def row(self, *args) -> Row:
        self.rows.append(Row(*args))
        return self.rows[-1]

    def client_row(self, *args) -> Row:
        self.client_rows.append(Row(*args))
        return self.client_rows[-1]

    def holdfast(self) -> Holdfast:
        return Holdfast(self.binary)

    def openclaw(self) -> OpenClaw:
        return OpenClaw(self.peers)

    @contextlib.contextmanager
    def real(self, what: str):
        """A block that measures the real gateway: its failure costs these figures, no others."""
        try:
            yield
        except RuntimeError as error:
            self.unmeasured.append(f"{what} of OpenClaw: {error}")

    def floor(self, hello=2000, response=600, event=0) -> Floor:
        return Floor(os.path.join(self.tools, "floor"), [hello, response, event])

    def run(self, verb: str, server, *args) -> dict:
        """One verb of the driver against a running server: the values that it printed."""
        command = [self.load, verb, "--port", server.port, "--token", TOKEN]
        if verb != "start":
            command += ["--pid", server.pid]
        return self.values(f"{verb} of {server.name}", [*command, *args], server.environment())

    def values(self, what: str, command: list, environment: dict) -> dict:
        """A driver that prints `name value` lines: these values."""
        print(f"  {what}", file=sys.stderr, flush=True)
        done = subprocess.run([str(word) for word in command], env=environment, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        if done.returncode != 0:
            raise RuntimeError(f"{what} failed: {done.stderr.strip()}")
        lines = (line.split() for line in done.stdout.splitlines())
        return {name: float(value) for name, value in lines}

    def start_once(self, server) -> dict:
        """Starts the server until its first hello-ok and ends it; its home stays."""
        server.port = server.port or free_port()
        return self.run("start", server, "--", *server.command())


# --- figures ---


def start(bench: Bench) -> None:
    first = bench.row("start to first hello-ok, no state yet", "ms", "20")
    again = bench.row("start to first hello-ok, second start", "ms", "20")
    cpu = bench.row("CPU of that second start", "ms")

    def measure(make, tries: int) -> None:
        fresh, second, used = [], [], []
        for _ in range(tries):
            server = make()
            try:
                fresh.append(bench.start_once(server)["hello_ms"])
                result = bench.start_once(server)
            finally:
                server.remove_home()
            second.append(result["hello_ms"])
            used.append(result["cpu_ms"])
        first.values[server.name] = min(fresh)
        again.values[server.name] = min(second)
        cpu.values[server.name] = min(used)

    measure(bench.holdfast, 7)
    if bench.peers:
        with bench.real("the start"):
            measure(bench.openclaw, 1)


def flood(bench: Bench) -> None:
    """startup-retry 34: a crowd of the library's clients comes while the gateway starts."""
    cpu = bench.row("500 clients while it starts, of a core", "% CPU", "10")
    each = bench.row("their attempts, per client and second", "", "2")
    within = bench.row("from the first hello to the last", "ms", "2500")
    fullest = bench.row("hellos of them in the fullest 10 ms", "%", "10")
    with StartingHoldfast(bench.binary, FLOOD_S) as server:
        got = bench.values("flood", [os.path.join(bench.tools, "client"), "flood", server.port,
                                     TOKEN, 500, server.pid], server.environment())
    cpu.values["holdfast"] = got["cpu_percent"]
    each.values["holdfast"] = got["connects_per_second"]
    within.values["holdfast"] = got["all_in_ms"]
    fullest.values["holdfast"] = got["fullest_percent"]
    bench.notes.append(f"500 clients while it starts: for {got['seconds']:.1f} s, "
                       f"{got['cpu_us_per_connect']:.1f} us CPU an attempt")


def idle(bench: Bench) -> None:
    resident = bench.row("memory when idle (resident)", "MB", "10")
    own = bench.row("memory when idle (private dirty)", "MB")
    each = bench.row("memory per idle client", "KB", "1.5")

    def measure(make, clients: int) -> None:
        with make() as server:
            result = bench.run("idle", server, "--clients", str(clients))
        resident.values[server.name] = result["resident_mb"]
        own.values[server.name] = result["private_dirty_mb"]
        each.values[server.name] = result["bytes_per_client"] / 1024
        bench.notes.append(f"memory per idle client: {server.name} with {clients:,} clients")

    measure(bench.holdfast, 10000)
    if bench.peers:
        with bench.real("memory"):
            measure(bench.openclaw, 1000)


def connect(bench: Bench) -> None:
    row = bench.row("connect to hello-ok with a token", "us CPU", "60")
    with bench.holdfast() as server:
        ours = bench.run("connect", server, "--clients", "200", "--samples", "15")
    row.values["holdfast"] = ours["cpu_us_best"]
    with bench.floor(hello=int(ours["hello_bytes"])) as server:
        floor = bench.run("connect", server, "--clients", "200", "--samples", "15")
    row.values["floor"] = floor["cpu_us_best"]
    if not bench.peers:
        return
    with bench.real("connect"):
        with bench.openclaw() as server:
            real = bench.run("connect", server, "--clients", "100", "--samples", "5")
        row.values["OpenClaw"] = real["cpu_us_best"]
        bench.notes.append(f"hello-ok: {ours['hello_bytes']:,.0f} bytes of holdfast, "
                           f"{real['hello_bytes']:,.0f} of OpenClaw")


def health(bench: Bench) -> None:
    rows = [(bench.row(f"health, 8 clients x {batch} under way", "us CPU", target), batch)
            for batch, target in ((8, "8"), (1, ""))]
    args = ["--clients", "8", "--method", "health"]
    with bench.holdfast() as server:
        for row, batch in rows:
            ours = bench.run("calls", server, *args, "--batch", str(batch), "--rounds", "2000",
                             "--samples", "11")
            row.values["holdfast"] = ours["cpu_us_best"]
    with bench.floor(response=int(ours["response_bytes"])) as server:
        for row, batch in rows:
            floor = bench.run("calls", server, *args, "--batch", str(batch), "--rounds", "2000",
                              "--samples", "11")
            row.values["floor"] = floor["cpu_us_best"]
    if not bench.peers:
        return
    with bench.real("health"):
        with bench.openclaw() as server:
            for row, batch in rows:
                real = bench.run("calls", server, *args, "--batch", str(batch), "--rounds", "100",
                                 "--samples", "5")
                row.values["OpenClaw"] = real["cpu_us_best"]


def fanout(bench: Bench) -> None:
    one = bench.row("event to 1,000 clients, per receiver", "us CPU", "1.2x floor")
    many = bench.row("8 events of one turn, per event and receiver", "us CPU")
    writes = bench.row("writes per event and receiver then", "", "0.125")
    note = bench.row("presence event to 1,000 clients, per receiver", "us CPU")
    args = ["--clients", "1000", "--samples", "11"]
    with bench.holdfast() as server:
        ours = bench.run("fanout", server, *args, *PROBE, "--rounds", "10")
        batch = bench.run("fanout", server, *args, *PROBE, "--rounds", "5", "--batch", "8")
        noted = bench.run("fanout", server, *args, *NOTE, "--rounds", "10")
    one.values["holdfast"] = ours["cpu_us_best"]
    many.values["holdfast"] = batch["cpu_us_best"]
    writes.values["holdfast"] = batch["writes_per_event"]
    note.values["holdfast"] = noted["cpu_us_best"]
    with bench.floor(event=int(ours["event_bytes"])) as server:
        floor = bench.run("fanout", server, *args, *PROBE, "--rounds", "10")
        batch = bench.run("fanout", server, *args, *PROBE, "--rounds", "5", "--batch", "8")
    one.values["floor"] = floor["cpu_us_best"]
    many.values["floor"] = batch["cpu_us_best"]
    writes.values["floor"] = batch["writes_per_event"]
    if not bench.peers:
        return
    with bench.real("the presence event"):
        with bench.openclaw() as server:
            real = bench.run("fanout", server, "--clients", "1000", "--samples", "3", *NOTE,
                             "--rounds", "3")
        note.values["OpenClaw"] = real["cpu_us_best"]
        bench.notes.append(f"presence event: {noted['event_bytes']:,.0f} bytes of holdfast, "
                           f"{real['event_bytes']:,.0f} of OpenClaw")


def stopped(bench: Bench) -> None:
    before = bench.row("50 readers have an event, nobody stopped", "us wall")
    after = bench.row("50 readers have an event, one reader stopped", "us wall", "as above")
    one = bench.row("memory per waiting event, 1 stopped reader", "bytes")
    each = bench.row("memory per waiting event and further reader", "bytes", "no body")
    with bench.holdfast() as server:
        ours = bench.run("stopped", server, *PROBE, "--clients", "50", "--rounds", "1500",
                         "--batch", "16")
    before.values["holdfast"] = ours["round_us_median"]
    after.values["holdfast"] = ours["round_stopped_us_median"]
    one.values["holdfast"] = ours["bytes_per_event_one"]
    each.values["holdfast"] = ours["bytes_per_event_and_reader"]
    bench.notes.append(f"stopped readers: the event has {ours['event_bytes']:,.0f} bytes")


def micro(bench: Bench) -> None:
    """The byte-level rooms alone; they print for themselves."""
    traces = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "traces")
    for command in (["micro_wire"], ["micro_json", traces], ["micro_output"]):
        print(f"  {command[0]}", file=sys.stderr, flush=True)
        subprocess.run([os.path.join(bench.tools, command[0]), *command[1:]], check=True)


def supervisor(bench: Bench) -> None:
    """A figure a line of its own: there is no peer to stand beside."""
    here = os.path.dirname(os.path.abspath(__file__))
    adversary = os.path.join(bench.tools, "..", "supervise", "adversary")
    print("  supervisor", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, os.path.join(here, "supervisor.py"), bench.binary, adversary],
                   check=True)


FIGURES = {"start": start, "flood": flood, "idle": idle, "connect": connect, "health": health, "fanout": fanout,
           "stopped": stopped, "micro": micro, "supervisor": supervisor, "client": client}


def print_table(rows: list, ours: str, floor: str, real: str) -> None:
    head = ["figure", "unit", "target", ours, floor, "to floor", real, "less by"]
    lines = [head, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) if i < 3 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def print_all(bench: Bench) -> None:
    if bench.rows:
        print_table(bench.rows, "holdfast", "floor", "OpenClaw")
    if bench.client_rows:
        print_table(bench.client_rows, "libholdfast", "bare socket", "gateway-client")
    if not bench.rows and not bench.client_rows:
        return
    for note in bench.notes:
        print(f"({note})")
    print(f"\n{CANNOT}")
    for what in bench.unmeasured:
        print(f"- not measured in this run: {what}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--peers", required=True, help=argparse.SUPPRESS)
    parser.add_argument("binary")
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(FIGURES))
    args = parser.parse_args()
    unknown = set(args.names) - set(FIGURES)
    bench = Bench(os.path.abspath(args.binary), args.peers)
    if unknown:
        parser.error(f"no figure is called {' '.join(sorted(unknown))}")
    if not os.access(bench.load, os.X_OK):
        parser.error(f"there is no {bench.load}: the build must have tests on")
    # A connection is a descriptor on both sides.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in args.names or FIGURES:
        FIGURES[name](bench)
    print_all(bench)
    return 0


if __name__ == "__main__":
    sys.exit(main())
