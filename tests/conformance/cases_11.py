"""Group 11 (free in the public suite): masks, lengths, and the gateway's bounds.

RFC 6455 sections 5.1 (every frame of a client is masked, with any key), 5.2
(a length is written in its minimal form, the top bit of 64 is zero) and
10.4 (limits).  Before hello-ok a message has at most 65536 bytes, after it at
most 26214400; larger closes 1009 as soon as the head of the frame tells.
"""

import frames
from client import HEAVY_S, Peer, connect_request, request
from frames import close, cont, ping, text
from script import OCTETS, Answer, Case, Closed, Pong, Quiet, play, row

BEFORE_HELLO = 65536
AFTER_HELLO = 26214400

KEYS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\0", b"\0\0\0\x01", b"\x80\x7f\x80\x7f",
        b"{\"id", b"\r\n\r\n")


def unmasked() -> list:
    """A server must close when it receives a frame that is not masked."""
    shapes = (("a text frame", text(request("x"), masked=False), []),
              ("a binary frame", frames.binary(request("x"), masked=False), []),
              ("an empty text frame", text(b"", masked=False), []),
              ("a ping", ping(b"x", masked=False), []),
              ("an empty ping", ping(masked=False), []),
              ("a pong", frames.pong(b"x", masked=False), []),
              ("a close", close(1000, masked=False), []),
              ("an empty close", close(masked=False), []),
              ("a continuation", cont(b"x", masked=False), [text(b"", fin=False)]),
              ("the head of a large frame", frames.promise(frames.TEXT, 65536, masked=False), []),
              ("a frame behind a good one", text(b"x", masked=False),
               [text(request("good")), Answer("good")]))
    return [row(f"11.1.{at}", f"unmasked: {what}", [*before, wire, Closed(1002)])
            for at, (what, wire, before) in enumerate(shapes, start=1)]


def keys() -> list:
    cases = [row(f"11.2.{at}", f"mask key {key.hex(' ')}",
                 [text(request("key"), key=key), Answer("key"), ping(b"key", key=key),
                  Pong(b"key")]) for at, key in enumerate(KEYS, start=1)]
    cases.append(row("11.2.8", "a key per fragment, fragments of 1 to 17 bytes",
                     [*odd_fragments(request("11.2.8", size=512)), Answer("11.2.8")]))
    cases.append(row("11.2.9", "the same, an octet per write",
                     [*odd_fragments(request("11.2.9", size=512)), Answer("11.2.9")], OCTETS))
    cases.append(row("11.2.10", "requests of 70 lengths in a row",
                     [step for size in range(70, 140)
                      for step in (text(request("size", size=size)), Answer("size"))]))
    return cases


def odd_fragments(body: bytes) -> list:
    """Sizes 1, 2, ... 17, 1, ...: the mask starts anew at every offset."""
    wire, at, size = [], 0, 1
    while at < len(body):
        is_last = at + size >= len(body)
        wire.append(frames.frame(frames.CONT if at else frames.TEXT, body[at:at + size],
                                 fin=is_last))
        at, size = at + size, size % 17 + 1
    return wire


def lengths() -> list:
    small, middle = request("x", size=100), request("x", size=65535)
    wide = (("100 bytes with a 16-bit length", text(small, form=16), 1002),
            ("100 bytes with a 64-bit length", text(small, form=64), 1002),
            ("65535 bytes with a 64-bit length", text(middle, form=64), 1002),
            ("an empty text with a 16-bit length", text(b"", form=16), 1002),
            ("a ping with a 16-bit length", ping(b"x" * 100, form=16), 1002),
            ("a ping with a 64-bit length", ping(b"x" * 100, form=64), 1002),
            ("a close with a 16-bit length", close(1000, form=16), 1002),
            ("a 64-bit length of 2^63", frames.promise(frames.TEXT, 1 << 63), 1002),
            ("a 64-bit length of 2^64 - 1", frames.promise(frames.TEXT, (1 << 64) - 1), 1002),
            ("a 64-bit length of 2^63 - 1", frames.promise(frames.TEXT, (1 << 63) - 1), 1009),
            ("a 64-bit length of 2^32", frames.promise(frames.TEXT, 1 << 32), 1009),
            ("a 64-bit length of 2^32 + 100", frames.promise(frames.TEXT, (1 << 32) + 100), 1009))
    return [row(f"11.3.{at}", f"{what} closes {code}", [wire, Closed(code)])
            for at, (what, wire, code) in enumerate(wide, start=1)]


def login_case(number: str, what: str, frames_of, step: int = 0) -> Case:
    """Logs in with the frames `frames_of(connect request)` makes."""
    def run(target) -> None:
        with Peer(target) as peer:
            peer.upgrade()
            peer.expect_challenge()
            body = connect_request(target)
            peer.send(b"".join(frames_of(body)), step, 0.0003 if step == 1 else 0)
            peer.expect_hello()
            play(peer, [text(request("in")), Answer("in")])
    return Case(number, what, run)


def sized_login(number: str, what: str, size: int, code: int = 0, fragment: int = 0) -> Case:
    """A login of exactly `size` bytes: accepted, or closed with `code`."""
    def run(target) -> None:
        with Peer(target) as peer:
            peer.upgrade()
            peer.expect_challenge()
            body = connect_request(target, size=size)
            peer.send(b"".join(frames.fragments(frames.TEXT, body, fragment or size)))
            if code:
                play(peer, [Closed(code)])
            else:
                peer.expect_hello()
                play(peer, [text(request("in")), Answer("in")])
    return Case(number, what, run)


def largest(number: str, what: str, fragment: int) -> Case:
    def run(target) -> None:
        with Peer(target, HEAVY_S) as peer:
            peer.login()
            body = request("largest", size=AFTER_HELLO)
            peer.send(b"".join(frames.fragments(frames.TEXT, body, fragment)))
            play(peer, [Answer("largest")])
    return Case(number, what, run, True)


def over_by_fragments(number: str, what: str, size: int, stage: str) -> Case:
    """The first fragment is fine; the head of the second one tells the excess."""
    steps = [text(b" " * (size // 2), fin=False), Quiet(),
             frames.promise(frames.CONT, size - size // 2 + 1), Closed(1009)]
    return row(number, what, steps, stage=stage, heavy=True)


def limits() -> list:
    return [
        sized_login("11.4.1", "65536 bytes before hello are accepted", BEFORE_HELLO),
        sized_login("11.4.2", "65537 bytes before hello close 1009", BEFORE_HELLO + 1, 1009),
        row("11.4.3", "the head of 65537 bytes before hello is enough",
            [frames.promise(frames.TEXT, BEFORE_HELLO + 1), Closed(1009)], stage="challenge"),
        over_by_fragments("11.4.4", "65537 bytes in two fragments before hello", BEFORE_HELLO,
                          "challenge"),
        largest("11.4.5", "26214400 bytes after hello are accepted", AFTER_HELLO),
        largest("11.4.6", "26214400 bytes in two fragments are accepted", AFTER_HELLO // 2),
        row("11.4.7", "the head of 26214401 bytes closes 1009",
            [frames.promise(frames.TEXT, AFTER_HELLO + 1), Closed(1009)]),
        row("11.4.8", "the head of 26214401 binary bytes closes 1009",
            [frames.promise(frames.BINARY, AFTER_HELLO + 1), Closed(1009)]),
        over_by_fragments("11.4.9", "26214401 bytes in two fragments close 1009", AFTER_HELLO,
                          "hello"),
        sized_login("11.4.10", "65536 bytes in fragments of 1000 before hello are accepted",
                    BEFORE_HELLO, fragment=1000),
        row("11.4.11", "the larger bound holds as soon as hello-ok was sent",
            [text(request("11.4.11", size=BEFORE_HELLO + 1)), Answer("11.4.11")]),
    ]


def logins() -> list:
    """The first message may come in any framing, like every other."""
    return [
        login_case("11.5.1", "connect in one text frame", lambda body: [text(body)]),
        login_case("11.5.2", "connect in a binary frame", lambda body: [frames.binary(body)]),
        login_case("11.5.3", "connect in fragments of 7 bytes",
                   lambda body: frames.fragments(frames.TEXT, body, 7)),
        login_case("11.5.4", "connect, an octet per write", lambda body: [text(body)], 1),
        login_case("11.5.5", "connect in empty and full fragments with pongs among them",
                   lambda body: [text(b"", fin=False), frames.pong(b"x"), cont(body, fin=False),
                                 frames.pong(), cont(b"")]),
    ]


CASES = [*unmasked(), *keys(), *lengths(), *limits(), *logins()]
