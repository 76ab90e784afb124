"""Group 12: offers of compression and other extensions (RFC 6455 section 9.1).

The public suite tests compression here.  The gateway never accepts an
extension: the 101 names none, and reserved bits stay an error.
"""

import frames
from client import Peer
from opening import UPGRADE_FIELDS, expect_101, expect_only, opening
from script import Case, Closed, Pong, play

NAME = "Sec-WebSocket-Extensions: "
WORKS = [frames.ping(b"works"), Pong(b"works"), frames.close(1000), Closed(1000, reply=b"")]
COMPRESSED = [frames.text(b"\xaa\x56\x2a\x2a\x04\x00", rsv=4), Closed(1002)]

OFFERS = (
    ("permessage-deflate", "permessage-deflate"),
    ("what Node clients offer", "permessage-deflate; client_max_window_bits"),
    ("deflate with all parameters", "permessage-deflate; client_no_context_takeover; "
     "server_no_context_takeover; client_max_window_bits=8; server_max_window_bits=15"),
    ("deflate offered twice", "permessage-deflate; server_max_window_bits=10, permessage-deflate"),
    ("the old names of browsers", "x-webkit-deflate-frame, deflate-stream"),
    ("an extension nobody knows", 'x-holdfast-test; a=1; b="quoted"'),
    ("multiplexing", "mux; max-channels=4; flow-control, deflate-stream"),
    ("a list of a hundred", ", ".join(f"x-test-{n}" for n in range(100))),
)


def declined(number: str, text: str, lines: list, steps: list) -> Case:
    def run(target) -> None:
        with Peer(target) as peer:
            peer.send(opening(target, add=lines))
            expect_only(expect_101(peer), UPGRADE_FIELDS)
            play(peer, steps)
    return Case(number, text, run)


CASES = [
    *[declined(f"12.1.{at}", f"declined: {what}", [NAME + offer], WORKS)
      for at, (what, offer) in enumerate(OFFERS, start=1)],
    declined("12.2.1", "declined: two fields with an offer each",
             [NAME + OFFERS[0][1], NAME + OFFERS[4][1]], WORKS),
    declined("12.2.2", "a compressed message after an offer is a protocol error",
             [NAME + OFFERS[0][1]], COMPRESSED),
]
