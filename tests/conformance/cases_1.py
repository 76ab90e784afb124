"""Group 1: whole messages in one frame (RFC 6455 sections 5.2 and 5.6).

The public suite sends a payload of a given length and wants it back.  Here
the payload is a request of exactly that length, whose id must come back; text
and binary messages are worth the same to the gateway.  Payloads too short for
a request are no JSON, which the gateway ignores without closing.
"""

import frames
from client import request
from script import OCTETS, WHOLE, Answer, row

# (last part of the number, what is special, length in bytes, bytes per write)
LENGTHS = (
    (2, "125 bytes, the longest in a 7-bit length", 125, WHOLE),
    (3, "126 bytes, the shortest in a 16-bit length", 126, WHOLE),
    (4, "127 bytes", 127, WHOLE),
    (5, "128 bytes", 128, WHOLE),
    (6, "65535 bytes, the longest in a 16-bit length", 65535, WHOLE),
    (7, "65536 bytes, the shortest in a 64-bit length", 65536, WHOLE),
    (8, "65536 bytes in writes of 997 bytes", 65536, 997),
    (9, "125 bytes, an octet per write", 125, OCTETS),
    (10, "126 bytes, an octet per write", 126, OCTETS),
)


def group(prefix: str, opcode: int) -> list:
    kind = frames.NAMES[opcode]
    cases = [row(f"{prefix}.1", f"an empty {kind} message is ignored", [frames.frame(opcode)]),
             row(f"{prefix}.11", f"a {kind} message that is no JSON is ignored",
                 [frames.frame(opcode, b"no JSON")])]
    for last, what, size, how in LENGTHS:
        number = f"{prefix}.{last}"
        message = frames.frame(opcode, request(number, size=size))
        cases.append(row(number, f"{kind} message of {what}", [message, Answer(number)], how))
    return cases


CASES = group("1.1", frames.TEXT) + group("1.2", frames.BINARY)
