"""What a case does: a list of steps, played on one connection.

A step that is `bytes` is sent; every other step waits for something.  A set
of steps may be fulfilled in any order.
"""

import time
from typing import Callable, NamedTuple, Optional

import client
import frames
from client import Failed, Peer, Target, describe

SILENCE_S = 0.15  # how long nothing must come where silence has to be shown
ENDING_S = 5.0    # a server waits 1 s for the close of its peer; the rest is for slow machines

WHOLE = 0         # ways of writing: all bytes that follow each other in one write,
FRAMES = -1       # one write per step,
OCTETS = 1        # or any number of bytes per write
OCTET_PAUSE_S = 0.0003


class Answer(NamedTuple):
    """The response to the request with this id."""

    id: str


class Pong(NamedTuple):
    """A pong with exactly this payload."""

    payload: bytes


class Pongs(NamedTuple):
    """Pongs for pings that came close together: in order, and the last one
    surely; the server may leave out earlier ones (section 5.5.3)."""

    payloads: tuple


class Closed(NamedTuple):
    """A close frame with this code, then the end; nothing in between.

    `orderly` asks for the end without a reset, which a server that has read
    everything owes its peer (section 7.1.1).  `reply` is what we answer; None
    answers with the same code, b"" does not answer at all.
    """

    code: Optional[int]
    orderly: bool = False
    reply: Optional[bytes] = None


class Quiet(NamedTuple):
    """Nothing for a while, and the connection stays."""

    seconds: float = SILENCE_S


class Alive(NamedTuple):
    """A ping and a request are answered: the connection works as before."""


class Pause(NamedTuple):
    """Waits without judging, so that the peer sees two reads."""

    seconds: float = 0.05


class Case(NamedTuple):
    """One numbered case; `run` raises Failed or ServerBroke."""

    number: str
    text: str
    run: Callable[[Target], None]
    is_heavy: bool = False  # heavy cases run one at a time


def row(number: str, text: str, steps: list, how: int = WHOLE, *, stage: str = "hello",
        heavy: bool = False) -> Case:
    """A case from a script.  It begins logged in, or right after the
    challenge when `stage` is "challenge"."""
    def run(target: Target) -> None:
        with Peer(target) as peer:
            if stage == "hello":
                peer.login()
            else:
                peer.upgrade()
                peer.expect_challenge()
            play(peer, steps, how)
    return Case(number, text, run, heavy)


def play(peer: Peer, steps: list, how: int = WHOLE) -> None:
    """Sends and awaits in order; at the end nothing unasked may have come."""
    waiting = bytearray()
    for step in steps:
        if isinstance(step, (bytes, bytearray)):
            if how == FRAMES:
                peer.send(step)
            else:
                waiting += step
            continue
        _write(peer, waiting, how)
        waiting.clear()
        _await(peer, step)
    _write(peer, waiting, how)
    if not isinstance(steps[-1], Closed):
        _await(peer, Alive())


def _write(peer: Peer, data: bytearray, how: int) -> None:
    if data:
        peer.send(bytes(data), max(how, 0), OCTET_PAUSE_S if how == OCTETS else 0)


def _await(peer: Peer, step) -> None:
    if isinstance(step, Pause):
        time.sleep(step.seconds)
    elif isinstance(step, Quiet):
        reply = peer.next_reply(step.seconds)
        if reply is not None:
            raise Failed("silence", describe(reply))
    elif isinstance(step, Alive):
        peer.send(frames.ping(b"alive?") + frames.text(client.request("alive?")))
        _await_all(peer, {Answer("alive?"), Pong(b"alive?")})
    elif isinstance(step, Closed):
        await_close(peer, step)
    elif isinstance(step, Pongs):
        _await_pongs(peer, step.payloads)
    else:
        _await_all(peer, step if isinstance(step, (set, frozenset)) else {step})


def _await_all(peer: Peer, wanted: set) -> None:
    open_steps = set(wanted)
    while open_steps:
        reply = peer.next_reply()
        match = next((step for step in open_steps if _fits(step, reply)), None)
        if match is None:
            names = " and ".join(sorted(map(str, open_steps)))
            raise Failed(names[:200], describe(reply))
        open_steps.remove(match)


def _await_pongs(peer: Peer, payloads: tuple) -> None:
    open_payloads = list(payloads)
    while open_payloads:
        reply = peer.next_reply()
        if not reply or reply[0] != "pong" or reply[1] not in open_payloads:
            raise Failed(f"a pong of {payloads[0]!r} to {payloads[-1]!r} in order",
                         describe(reply))
        del open_payloads[:open_payloads.index(reply[1]) + 1]


def _fits(step, reply) -> bool:
    if isinstance(step, Answer):
        return reply == ("answer", step.id)
    return reply == ("pong", step.payload)


def await_close(peer: Peer, step: Closed) -> None:
    """The close frame, our answer to it, and the end of the connection."""
    reply = peer.next_reply()
    if reply is None or reply[0] != "close" or reply[1] != step.code:
        code = "without a code" if step.code is None else step.code
        raise Failed(f"close {code}", describe(reply))
    peer.send(frames.close(step.code) if step.reply is None else step.reply)
    end = peer.next_reply(ENDING_S)
    if end is None or end[0] != "end":
        raise Failed("the end of the connection after close", describe(end))
    if step.orderly and end[1] != "eof":
        raise Failed("an orderly end after close", describe(end))
