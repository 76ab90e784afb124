"""One gateway with a well-behaved neighbour, for cases that behave badly.

The neighbour is a logged-in client of the same address that asks for `health`
without a break.  A case fails when the neighbour had to wait, when the server
keeps a descriptor of a connection that is over, when it burns CPU with nothing
to do, or when it holds on to memory.
"""

import os
import threading
import time

import client
import frames
from client import Failed, Peer, Target
from server import Server

PROMPT_S = 2.0       # an answer later than this is not prompt, even on a busy machine
SETTLE_S = 10.0      # how long descriptors may take to come back
HANDSHAKE_MS = 2000  # the server's deadline for strangers, short so that tests end
MEMORY_KIB = 160 * 1024
ASK_EVERY_S = 0.02
WINDOW_S = 0.5         # how long CPU time is watched
SPIN_S = 0.04          # more than this for nothing in a window is a loop that spins

ENVIRONMENT = {
    "OPENCLAW_HANDSHAKE_TIMEOUT_MS": str(HANDSHAKE_MS),
    # Freed memory that a sanitizer keeps aside is not memory the server holds.
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4",
}


class Neighbour(threading.Thread):
    """Asks for health in a loop and remembers the longest wait."""

    def __init__(self, target: Target):
        super().__init__(daemon=True)
        self.peer = Peer(target)
        self.peer.login()
        self.longest_s = 0.0
        self.answers = 0
        self.problem = ""
        self._asked_at = None
        self._over = threading.Event()

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._ask()
                time.sleep(ASK_EVERY_S)
        except (Failed, frames.ServerBroke, OSError) as error:
            self.problem = self.problem or str(error)

    def _ask(self) -> None:
        name = f"health-{self.answers}"
        self._asked_at = time.monotonic()
        self.peer.send(frames.text(client.request(name)))
        while True:
            got = self.peer.next_frame()
            if isinstance(got, frames.Frame) and got.opcode == frames.PING:
                self.peer.send(frames.pong(got.payload))
                continue
            reply = client.as_reply(got) if got else None
            if got and reply is None:
                continue
            if reply != ("answer", name):
                raise Failed(f"an answer to {name}", client.describe(reply))
            break
        self.longest_s = max(self.longest_s, time.monotonic() - self._asked_at)
        self.answers += 1

    def begin(self) -> None:
        self.longest_s = 0.0
        self.answers = 0

    def judge(self) -> None:
        """What a case did to it; raises Failed."""
        until = time.monotonic() + PROMPT_S
        seen = self.answers
        while self.answers < seen + 2 and not self.problem and time.monotonic() < until:
            time.sleep(ASK_EVERY_S)
        if self.problem:
            raise Failed("the neighbour to be served", self.problem)
        if self.answers < seen + 2 or self.longest_s > PROMPT_S:
            raise Failed(f"the neighbour served within {PROMPT_S} s",
                         f"a wait of {max(self.longest_s, PROMPT_S):.2f} s")

    def end(self) -> None:
        self._over.set()
        self.join(client.PATIENCE_S)
        self.peer.sock.close()


class Scene:
    """A server, its neighbour, and the numbers from before the case."""

    def __init__(self, server):
        self.server = server
        self.target = server.target
        self.neighbour = Neighbour(server.target)
        self.neighbour.start()
        self._answer_s = self._price_of_an_answer()
        self._descriptors = server.descriptors()
        self._peers = []

    def _price_of_an_answer(self) -> float:
        """CPU seconds of the server for one answer, with nobody else around."""
        cpu, answers = self.server.cpu_seconds(), self.neighbour.answers
        time.sleep(WINDOW_S)
        return (self.server.cpu_seconds() - cpu) / max(1, self.neighbour.answers - answers)

    def open(self, stage: str = "connected") -> Peer:
        """A connection that is `connected`, `challenged` or has said `hello`.
        It stays open until the case is over unless the case ends it."""
        peer = Peer(self.target)
        self._peers.append(peer)
        if stage == "challenged":
            peer.upgrade()
            peer.expect_challenge()
        elif stage == "hello":
            peer.login()
        elif stage != "connected":
            raise ValueError(stage)
        return peer

    def run(self, behaviour) -> None:
        """Plays one behaviour and judges the server.  A behaviour may return
        True: then its connections stay open and the server must end them."""
        memory = self.server.memory_kib()
        self.neighbour.begin()
        try:
            keep = behaviour(self)
            self.neighbour.judge()
            if keep:
                self.settle()
        finally:
            for peer in self._peers:
                peer.sock.close()
            self._peers.clear()
        self.settle()
        self.neighbour.judge()
        grown = self.server.memory_kib() - memory
        if grown > MEMORY_KIB:
            raise Failed(f"at most {MEMORY_KIB} KiB more memory afterwards", f"{grown} KiB")

    def expect_rest(self, patience_s: float = SETTLE_S) -> None:
        """Within a while the loop does no more than the neighbour asks for.

        Told by the CPU time per answer, which a busy machine does not change;
        a loop that spins takes whatever the machine leaves it."""
        until = time.monotonic() + patience_s
        while True:
            spare = self._measure()
            if spare < SPIN_S:
                return
            if time.monotonic() > until:
                raise Failed("a loop at rest", f"{spare:.2f} s of CPU in {WINDOW_S} s for nothing")

    def _measure(self) -> float:
        """CPU seconds of a window beyond those for the neighbour's answers."""
        cpu, answers = self.server.cpu_seconds(), self.neighbour.answers
        time.sleep(WINDOW_S)
        answered = self.neighbour.answers - answers
        return self.server.cpu_seconds() - cpu - 2 * answered * self._answer_s

    def settle(self) -> None:
        """Waits until the server holds no more descriptors than before; what
        one case leaves behind is not held against the next."""
        until = time.monotonic() + SETTLE_S
        before = self._descriptors
        while self.server.descriptors() > before:
            if time.monotonic() > until:
                self._descriptors = self.server.descriptors()
                raise Failed(f"{before} descriptors as before",
                             f"{self._descriptors} after {SETTLE_S:.0f} s")
            time.sleep(0.02)

    def end(self) -> None:
        self.neighbour.end()


def start(binary: str) -> Server:
    return Server(binary, ENVIRONMENT)
