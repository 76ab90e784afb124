"""Group 10: a peer that fragments by itself (RFC 6455 section 5.4)."""

import frames
from client import request
from script import Answer, row

CASES = [
    row("10.1.1", "65536 bytes in fragments of 1300",
        [*frames.fragments(frames.TEXT, request("10.1.1", size=65536), 1300),
         Answer("10.1.1")]),
    row("10.1.2", "65536 bytes in fragments of 1300 and writes of 1000",
        [*frames.fragments(frames.BINARY, request("10.1.2", size=65536), 1300),
         Answer("10.1.2")], 1000),
]
