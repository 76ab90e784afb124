"""Group 5: fragmentation (RFC 6455 sections 5.4 and 5.5).

Control frames are never fragmented but may stand between the fragments of a
message; a continuation needs a message to continue, and a message must end
before the next begins.
"""

import frames
from client import request
from frames import cont, ping, pong, text
from script import FRAMES, OCTETS, WHOLE, Answer, Closed, Pause, Pong, Pongs, Quiet, row

CHOPS = ((WHOLE, "in one write"), (FRAMES, "a frame per write"), (OCTETS, "an octet per write"))


def halves(number: str) -> tuple:
    body = request(number)
    return body[:len(body) // 2], body[len(body) // 2:]


def chopped(first_number: int, what: str, steps_of) -> list:
    """One script in the three ways of writing it, under consecutive numbers."""
    cases = []
    for at, (how, ways) in enumerate(CHOPS):
        number = f"5.{first_number + at}"
        cases.append(row(number, f"{what}, {ways}", steps_of(number), how))
    return cases


def two_fragments(number: str) -> list:
    first, second = halves(number)
    return [text(first, fin=False), cont(second), Answer(number)]


def ping_between(number: str) -> list:
    first, second = halves(number)
    return [text(first, fin=False), ping(b"between"), cont(second), Pong(b"between"),
            Answer(number)]


def stray(fin: bool):
    """A continuation without a message, then a request that must not count."""
    def steps(number: str) -> list:
        return [cont(b"nothing to continue", fin=fin), text(request(number)), Closed(1002)]
    return steps


def five_parts(number: str) -> list:
    body = request(number)
    step = -(-len(body) // 5)
    return [body[at:at + step] for at in range(0, len(body), step)]


def pings_inside(number: str, wait: list) -> list:
    a, b, c, d, e = five_parts(number)
    return [text(a, fin=False), cont(b, fin=False), ping(b"one"), *wait, Pong(b"one"),
            cont(c, fin=False), cont(d, fin=False), ping(b"two"), *wait, Pong(b"two"),
            cont(e), Answer(number)]


def pinged_fragments(number: str) -> list:
    first, *middle, last = five_parts(number)
    payloads = tuple(b"%125d" % at for at in range(len(middle)))
    return [text(first, fin=False),
            *(wire for part, payload in zip(middle, payloads)
              for wire in (ping(payload), cont(part, fin=False))),
            cont(last), Pongs(payloads), Answer(number)]


def twice_stray(fin: bool) -> list:
    one_round = [cont(b"stray", fin=fin), text(b"frag", fin=False), cont(b"ment")]
    return one_round + one_round + [Closed(1002)]


def many(number: str, opcode: int, size: int) -> list:
    return [*frames.fragments(opcode, request(number), size), Answer(number)]


A, B = halves("x")

CASES = [
    row("5.1", "a ping in two fragments",
        [ping(b"frag", fin=False), cont(b"ment"), Closed(1002)]),
    row("5.2", "a pong in two fragments",
        [pong(b"frag", fin=False), cont(b"ment"), Closed(1002)]),
    *chopped(3, "a request in two fragments", two_fragments),
    *chopped(6, "a ping between two fragments is answered at once", ping_between),
    *chopped(9, "a last continuation with nothing to continue", stray(True)),
    *chopped(12, "a middle continuation with nothing to continue", stray(False)),
    row("5.15", "a whole fragmented message, then a stray continuation, then a request",
        two_fragments("5.15") + [cont(b"stray", fin=False), text(request("late")), Closed(1002)]),
    row("5.16", "stray middle continuations before fragmented messages", twice_stray(False)),
    row("5.17", "stray last continuations before fragmented messages", twice_stray(True)),
    row("5.18", "a second text frame before the first message ended",
        [text(b"frag", fin=False), text(b"ment"), Closed(1002)]),
    row("5.19", "five fragments with pings among them", pings_inside("5.19", []), FRAMES),
    row("5.20", "five fragments with pings among them, slowly",
        pings_inside("5.20", [Pause()]), FRAMES),
    row("5.21", "a second text frame that wants to be continued, too",
        [text(A, fin=False), text(B, fin=False), Closed(1002)]),
    row("5.22", "a binary frame inside a text message",
        [text(A, fin=False), frames.binary(B), Closed(1002)]),
    row("5.23", "a text frame inside a binary message",
        [frames.binary(A, fin=False), text(B), Closed(1002)]),
    row("5.24", "a pong between two fragments is ignored",
        [text(halves("5.24")[0], fin=False), pong(b"x"), cont(halves("5.24")[1]),
         Answer("5.24")]),
    row("5.25", "one byte per fragment, text", many("5.25", frames.TEXT, 1)),
    row("5.26", "one byte per fragment, binary", many("5.26", frames.BINARY, 1)),
    row("5.27", "one byte per fragment, a write per frame", many("5.27", frames.TEXT, 1), FRAMES),
    row("5.28", "a hundred empty fragments inside a request",
        [text(halves("5.28")[0], fin=False), *[cont(b"", fin=False)] * 100,
         cont(halves("5.28")[1]), Answer("5.28")]),
    row("5.29", "an unfinished message is not answered",
        [text(request("never"), fin=False), Quiet(), cont(b""), Answer("never")]),
    row("5.30", "pings of 125 bytes between all fragments", pinged_fragments("5.30")),
    row("5.31", "a close without FIN is a protocol error",
        [frames.close(1000, fin=False), Closed(1002)]),
    row("5.32", "an empty ping without FIN", [ping(b"", fin=False), Closed(1002)]),
    row("5.33", "two fragmented messages behind each other",
        two_fragments("5.33a") + two_fragments("5.33b")),
    row("5.34", "a stray continuation before connect", [cont(b"x"), Closed(1002)],
        stage="challenge"),
]
