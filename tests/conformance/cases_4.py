"""Group 4: opcodes that have no meaning (RFC 6455 section 5.2).

An unknown opcode fails the connection, for data (3-7) and control (11-15).
"""

import frames
from client import request
from script import FRAMES, OCTETS, Answer, Closed, row


def reserved(prefix: str, opcodes: range, kind: str) -> list:
    """The five shapes of the public suite, then the ones it leaves out."""
    first, second, third, fourth, fifth = opcodes
    cases = [
        row(f"{prefix}.1", f"reserved {kind} opcode {first}, empty",
            [frames.frame(first), Closed(1002)]),
        row(f"{prefix}.2", f"reserved {kind} opcode {second} with a payload",
            [frames.frame(second, b"reserved"), Closed(1002)]),
    ]
    for last, opcode, payload, how, ways in (
            (3, third, b"", 0, "in one write"),
            (4, fourth, b"reserved", FRAMES, "in single writes"),
            (5, fifth, b"reserved", OCTETS, "an octet per write")):
        number = f"{prefix}.{last}"
        cases.append(row(number, f"a request, {kind} opcode {opcode}, a ping, {ways}",
                         [frames.text(request(number)), Answer(number),
                          frames.frame(opcode, payload), frames.ping(b"too late"), Closed(1002)],
                         how))
    cases.append(row(f"{prefix}.6", f"the first two bytes of {kind} opcode {first} are enough",
                     [frames.frame(first, b"x")[:2], Closed(1002)]))
    cases.append(row(f"{prefix}.7", f"{kind} opcode {second} inside a fragmented message",
                     [frames.text(request("x")[:5], fin=False), frames.frame(second, b"x"),
                      Closed(1002)]))
    return cases


CASES = (reserved("4.1", range(3, 8), "data") + reserved("4.2", range(11, 16), "control")
         + [row("4.3.1", "a reserved opcode before connect", [frames.frame(3, b"x"), Closed(1002)],
                stage="challenge")])
