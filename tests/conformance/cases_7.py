"""Group 7: closing (RFC 6455 sections 5.5.1, 7.1 and 7.4).

A close is answered by a close with the same code, after which nothing is
read or sent and the server ends the connection; a close body that breaks the
rules is a protocol error, a reason that is no UTF-8 closes 1007.
"""

import frames
from client import request
from frames import close, cont, ping, text
from script import FRAMES, OCTETS, Answer, Closed, Pong, row

# Codes a peer may send: RFC 6455 section 7.4 and the registry of section 11.7.
GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
              1012, 1013, 1014)
# Reserved, unassigned, or never to be sent (1004 to 1006 and 1015).
BAD_CODES = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 1, 1015, 1017, 5000, 65535)

NOTHING = b""  # the close was ours: what comes back needs no further answer


def closed(code) -> Closed:
    """Our close comes back with its code, then the end without a reset."""
    return Closed(code, orderly=True, reply=NOTHING)


def late(code=None) -> Closed:
    """The same where we wrote on behind the close: a server that leaves bytes
    unread may reset the connection."""
    return Closed(code, reply=NOTHING)


BIG = request("big", size=262144)

CASES = [
    row("7.1.1", "a request is answered, then a close",
        [text(request("7.1.1")), Answer("7.1.1"), close(1000), closed(1000)]),
    row("7.1.2", "a second close frame is ignored", [close(1000), close(1000), late(1000)]),
    row("7.1.3", "a ping after close is not answered", [close(1000), ping(b"late"), late(1000)]),
    row("7.1.4", "a request after close is not answered",
        [close(1000), text(request("late")), late(1000)]),
    row("7.1.5", "a close inside a fragmented message ends it unanswered",
        [text(request("x")[:7], fin=False), close(1000), cont(request("x")[7:]), late(1000)]),
    row("7.1.6", "256 KiB, a close, a ping: answered, closed, nothing more",
        [text(BIG), Answer("big"), close(1000), ping(b"late"), late(1000)]),
    row("7.1.7", "a protocol error after close changes nothing",
        [close(1000), text(b"x", rsv=7), late(1000)]),
    row("7.1.8", "a close and what follows it, a write per frame",
        [close(4000), ping(b"late"), close(4001), text(request("late")), late(4000)], FRAMES),
    row("7.3.1", "a close without a body comes back without one", [close(), closed(None)]),
    row("7.3.2", "a body of one byte is a protocol error",
        [frames.frame(frames.CLOSE, b"a"), Closed(1002)]),
    row("7.3.3", "a code without a reason", [close(1000), closed(1000)]),
    row("7.3.4", "a code with a reason", [close(1000, b"Hello World!"), closed(1000)]),
    row("7.3.5", "the longest reason, 123 bytes", [close(1000, b"*" * 123), closed(1000)]),
    row("7.3.6", "a reason of 124 bytes is a protocol error",
        [close(1000, b"*" * 124), Closed(1002)]),
    row("7.3.7", "an octet per write", [close(1001, b"going away"), closed(1001)], OCTETS),
    row("7.3.8", "a reason with characters of all lengths",
        [close(1000, "é€𝄞".encode()), closed(1000)]),
    row("7.5.1", "a reason that is no UTF-8 closes 1007",
        [close(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited"), Closed(1007)]),
    row("7.5.2", "a reason cut inside a character closes 1007",
        [close(1000, b"cut \xe2\x82"), Closed(1007)]),
    *[row(f"7.7.{at}", f"code {code} is good", [close(code), closed(code)])
      for at, code in enumerate(GOOD_CODES, start=1)],
    *[row(f"7.9.{at}", f"code {code} is a protocol error", [close(code), Closed(1002)])
      for at, code in enumerate(BAD_CODES, start=1)],
    row("7.11.1", "a close before connect is answered", [close(1000), closed(1000)],
        stage="challenge"),
    row("7.11.2", "a close without a body before connect", [close(), closed(None)],
        stage="challenge"),
    row("7.11.3", "a bad code before connect is a protocol error", [close(1005), Closed(1002)],
        stage="challenge"),
    row("7.13.1", "a server that failed the connection ends it though we stay silent",
        [text(b"x", rsv=7), Closed(1002, reply=NOTHING)]),
    row("7.13.2", "a wrong answer to the server's close does not matter",
        [text(b"x", rsv=7), Closed(1002, reply=close(999))]),
    row("7.13.3", "data behind the server's close is not answered",
        [text(b"x", rsv=7), Closed(1002, reply=text(request("late")) + close(1002))]),
    row("7.13.4", "a ping between fragments, a close, and silence",
        [text(b"", fin=False), ping(b"x"), Pong(b"x"), close(1000), closed(1000)]),
]
