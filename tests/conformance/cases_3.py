"""Group 3: reserved bits (RFC 6455 section 5.2).

A bit that no negotiated extension gives a meaning fails the connection; the
gateway negotiates none, so every one of them does.
"""

import frames
from client import request
from script import FRAMES, OCTETS, Answer, Closed, row


def after_a_request(number: str, rsv: int, how: int) -> list:
    """A good request, one with reserved bits, and a ping that must not count."""
    return [frames.text(request(number)), Answer(number),
            frames.text(request("bad"), rsv=rsv), frames.ping(b"too late"), Closed(1002)], how


CASES = [
    row("3.1", "a text message with RSV3 set", [frames.text(request("x"), rsv=1), Closed(1002)]),
    row("3.2", "a request, then RSV2, then a ping in one write",
        *after_a_request("3.2", 2, 0)),
    row("3.3", "a request, then RSV2 and RSV3, then a ping in single writes",
        *after_a_request("3.3", 3, FRAMES)),
    row("3.4", "a request, then RSV1, then a ping, an octet per write",
        *after_a_request("3.4", 4, OCTETS)),
    row("3.5", "a binary message with RSV1 and RSV3",
        [frames.binary(request("x"), rsv=5), Closed(1002)]),
    row("3.6", "a ping with RSV1 and RSV2", [frames.ping(b"x", rsv=6), Closed(1002)]),
    row("3.7", "a close with all reserved bits", [frames.close(1000, rsv=7), Closed(1002)]),
    row("3.8", "a pong with RSV1", [frames.pong(b"x", rsv=4), Closed(1002)]),
    row("3.9", "a continuation with RSV1 in a good message",
        [frames.text(request("x")[:9], fin=False), frames.cont(request("x")[9:], rsv=4),
         Closed(1002)]),
    row("3.10", "the first two bytes of a frame are enough for the error",
        [frames.text(b"x", rsv=4)[:2], Closed(1002)]),
    row("3.11", "an empty message with RSV1, as a compressing client sends it",
        [frames.text(b"", rsv=4), Closed(1002)]),
    row("3.12", "RSV1 before connect", [frames.text(b"{}", rsv=4), Closed(1002)],
        stage="challenge"),
]
