"""Group 2: pings and pongs (RFC 6455 sections 5.5, 5.5.2 and 5.5.3).

A ping is answered by a pong with the same payload; a pong nobody asked for
needs no answer; control frames carry at most 125 bytes.
"""

import frames
from frames import ping, pong
from script import FRAMES, OCTETS, Closed, Pong, Pongs, Quiet, row

TEN = tuple(b"payload-%d" % n for n in range(10))
EVERY_BYTE = (bytes(range(125)), bytes(range(125, 250)), bytes(range(131, 256)))

CASES = [
    row("2.1", "a ping without payload gets an empty pong", [ping(), Pong(b"")]),
    row("2.2", "a ping with a text payload", [ping(b"Hello, world!"), Pong(b"Hello, world!")]),
    row("2.3", "a ping with a payload that is not UTF-8",
        [ping(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), Pong(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")]),
    row("2.4", "a ping of 125 bytes", [ping(b"\xfe" * 125), Pong(b"\xfe" * 125)]),
    row("2.5", "a ping of 126 bytes is a protocol error", [ping(b"\xfe" * 126), Closed(1002)]),
    row("2.6", "a ping of 125 bytes, an octet per write",
        [ping(b"\xfe" * 125), Pong(b"\xfe" * 125)], OCTETS),
    row("2.7", "an unsolicited pong without payload is ignored", [pong(), Quiet()]),
    row("2.8", "an unsolicited pong with payload is ignored", [pong(b"unsolicited"), Quiet()]),
    row("2.9", "an unsolicited pong, then a ping that is answered",
        [pong(b"unsolicited"), ping(b"asked"), Pong(b"asked")]),
    row("2.10", "ten pings in a row", [*map(ping, TEN), Pongs(TEN)], FRAMES),
    row("2.11", "ten pings in a row, an octet per write", [*map(ping, TEN), Pongs(TEN)], OCTETS),
    row("2.12", "every byte value comes back",
        [step for part in EVERY_BYTE for step in (ping(part), Pong(part))]),
    row("2.13", "a pong of 126 bytes is a protocol error", [pong(b"x" * 126), Closed(1002)]),
    row("2.14", "the head of a ping of 126 bytes is enough for the error",
        [frames.header(frames.PING, 126), Closed(1002)]),
    row("2.15", "a ping before connect is answered as well",
        [ping(b"early"), Pong(b"early"), frames.close(1000), Closed(1000)], stage="challenge"),
    row("2.16", "a pong before connect is ignored",
        [pong(b"early"), Quiet(), frames.close(1000), Closed(1000)], stage="challenge"),
    row("2.18", "ten pings, each sent when the last was answered",
        [step for payload in TEN for step in (ping(payload), Pong(payload))]),
    row("2.17", "pings of every length from 0 to 125 come back unmasked rightly",
        [step for size in range(126)
         for step in (ping(bytes(range(size))), Pong(bytes(range(size))))]),
]
