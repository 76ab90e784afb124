"""Group 9: large and many messages (RFC 6455 sections 5.2 and 5.4).

The public suite goes to 16 MiB and measures time; here the sizes are bounded
and only the outcome counts.
"""

import frames
from client import HEAVY_S, Failed, Peer, describe, request
from script import Alive, Answer, Case, Pongs, play, row

KIB, MIB = 1024, 1024 * 1024
SIZES = (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB)
FRAGMENTS = (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB)
CHOPS = (64, 128, 256, 512, KIB, 2 * KIB)
MESSAGES = 1000
MESSAGE_SIZES = (0, 16, 64, 256, KIB, 4 * KIB)
SMALLEST_REQUEST = 64
COUNTS = tuple(b"%d" % count for count in range(MESSAGES))


def shown(size: int) -> str:
    if size % MIB == 0 and size:
        return f"{size // MIB} MiB"
    return f"{size // KIB} KiB" if size % KIB == 0 and size else f"{size} bytes"


def one_frame(prefix: str, opcode: int, sizes: tuple) -> list:
    kind = frames.NAMES[opcode]
    return [Case(f"{prefix}.{at}", f"{kind} message of {shown(size)}",
                 large(opcode, size, size, 0), True) for at, size in enumerate(sizes, start=1)]


def fragmented(prefix: str, opcode: int) -> list:
    kind = frames.NAMES[opcode]
    return [Case(f"{prefix}.{at}", f"{kind} message of 1 MiB in fragments of {shown(size)}",
                 large(opcode, MIB, size, 0), True) for at, size in enumerate(FRAGMENTS, start=1)]


def chopped(prefix: str, opcode: int) -> list:
    kind = frames.NAMES[opcode]
    return [Case(f"{prefix}.{at}", f"{kind} message of 1 MiB in writes of {shown(step)}",
                 large(opcode, MIB, MIB, step), True) for at, step in enumerate(CHOPS, start=1)]


def large(opcode: int, size: int, fragment: int, step: int):
    """Built only when it runs: the frames of all cases would be 100 MB."""
    def run(target) -> None:
        with Peer(target, HEAVY_S) as peer:
            peer.login()
            wire = b"".join(frames.fragments(opcode, request("large", size=size), fragment))
            peer.send(wire, step)
            play(peer, [Answer("large")])
    return run


def thousand(prefix: str, opcode: int) -> list:
    kind = frames.NAMES[opcode]
    return [Case(f"{prefix}.{at}", f"{MESSAGES} {kind} messages of {shown(size)}",
                 many(opcode, size), True) for at, size in enumerate(MESSAGE_SIZES, start=1)]


def many(opcode: int, size: int):
    """Each request gets one answer, in any order; what is too short to be a
    request is ignored and the connection works on."""
    def run(target) -> None:
        names = [f"n{at}" for at in range(MESSAGES)]
        is_request = size >= SMALLEST_REQUEST
        bodies = [request(name, size=size) if is_request else b"x" * size for name in names]
        missing = set(names) if is_request else set()
        with Peer(target, HEAVY_S) as peer:
            peer.login()
            peer.send(b"".join(frames.frame(opcode, body) for body in bodies))
            while missing:
                reply = peer.next_reply()
                if not reply or reply[0] != "answer" or reply[1] not in missing:
                    raise Failed(f"{len(missing)} more answers, each once", describe(reply))
                missing.remove(reply[1])
            play(peer, [Alive()])
    return run


CASES = [
    *one_frame("9.1", frames.TEXT, SIZES),
    *one_frame("9.2", frames.BINARY, SIZES[:4]),
    *fragmented("9.3", frames.TEXT),
    *fragmented("9.4", frames.BINARY),
    *chopped("9.5", frames.TEXT),
    *chopped("9.6", frames.BINARY),
    *thousand("9.7", frames.TEXT),
    *thousand("9.8", frames.BINARY),
    row("9.9.1", "1000 pings in one write", [*map(frames.ping, COUNTS), Pongs(COUNTS)]),
    row("9.9.2", "1000 empty fragments and a ping after each",
        [frames.text(b"", fin=False),
         *(part for count in COUNTS for part in (frames.cont(b"", fin=False),
                                                 frames.ping(count))),
         frames.cont(request("9.9.2")), Pongs(COUNTS), Answer("9.9.2")]),
]
