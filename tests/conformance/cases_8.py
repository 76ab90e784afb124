"""Group 8 (free in the public suite): the opening handshake.

RFC 6455 sections 4.1, 4.2 and 4.4, on top of HTTP/1.1 (RFC 9110, RFC 9112)
read strictly: what two readers could understand differently is refused, so
that nothing can be smuggled past a proxy in front.
"""

import os
import time

import frames
from client import Failed, Peer, accept_for, connect_request, describe, request
from opening import (ENDED, KEY, UPGRADE_FIELDS, accepted, expect_101, expect_only,
                     expect_refusal, opening, raw, refused)
from script import Answer, Case, Closed, play, row

BAD = (400,)
TOO_LARGE = (431,)
VERSION = (426,)
NOT_WEBSOCKET = (200, 400, 404, 405, 426)  # a plain HTTP request, whatever that path serves

HEAD_MAX = 16384
FIELDS_MAX = 100
LINE_MAX = 8192
SLOW_S = 30.0  # the deadline is 15 s


def exactly(number: str, text: str, **changes) -> Case:
    def run(target) -> None:
        with Peer(target) as peer:
            peer.send(opening(target, **changes))
            expect_only(expect_101(peer), UPGRADE_FIELDS)
    return Case(number, text, run)


def names_13(head) -> None:
    if head.values("sec-websocket-version") != ["13"]:
        raise Failed("Sec-WebSocket-Version: 13", str(head.fields))


def fill(lines: int) -> list:
    return [f"X-Fill-{at}: x" for at in range(lines)]


def sized_head(size: int):
    """An opening handshake of exactly `size` bytes, filled in a few fields."""
    def build(target) -> bytes:
        room = size - len(opening(target))
        lines = []
        while room:
            part = room if room <= 4000 else min(4000, room - 100)
            lines.append("X-Fill: " + "x" * (part - len("X-Fill: \r\n")))
            room -= part
        return opening(target, add=lines)
    return build


def sized_line(size: int) -> str:
    return f"GET /{'a' * (size - len('GET / HTTP/1.1'))} HTTP/1.1"


def sent(number: str, text: str, build) -> Case:
    def run(target) -> None:
        with Peer(target) as peer:
            peer.send(build(target))
            expect_101(peer)
    return Case(number, text, run)


def good() -> list:
    return [
        exactly("8.1.1", "a plain request: 101 with its three fields and no other"),
        accepted("8.1.2", "names in lower case", case=str.lower),
        accepted("8.1.3", "names in upper case", case=str.upper),
        accepted("8.1.4", "Upgrade: WebSocket", swap={"Upgrade": "WebSocket"}),
        accepted("8.1.5", "Connection: upgrade", swap={"Connection": "upgrade"}),
        accepted("8.1.6", "Connection: keep-alive, Upgrade",
                 swap={"Connection": "keep-alive, Upgrade"}),
        accepted("8.1.7", "Connection: Upgrade,keep-alive without a space",
                 swap={"Connection": "Upgrade,keep-alive"}),
        accepted("8.1.8", "empty elements in the list of Connection",
                 swap={"Connection": ", ,\tUpgrade ,,"}),
        accepted("8.1.9", "Connection in two fields",
                 swap={"Connection": "keep-alive"}, add=["Connection: Upgrade"]),
        accepted("8.1.10", "tabs and spaces around values", drop=["Upgrade"],
                 add=["Upgrade: \t websocket \t "]),
        accepted("8.1.11", "no space behind the colon", drop=["Upgrade"],
                 add=["Upgrade:websocket"]),
        accepted("8.1.12", "the fields in another order", drop=["Host", "Upgrade"],
                 add=["upgrade: websocket", "host: localhost"]),
        accepted("8.1.13", "any path and query", line="GET /foo/bar?x=1&y=%20 HTTP/1.1"),
        accepted("8.1.14", "a target with scheme and host", line="GET http://{}/ws HTTP/1.1"),
        accepted("8.1.15", "a foreign Host", swap={"Host": "gateway.example:8080"}),
        accepted("8.1.16", "fields nobody knows", add=["X-Test: 1", "X-Empty:", "Cookie: a=b; c=d",
                                                       "User-Agent: conformance"]),
        accepted("8.1.17", "bytes above 127 in a value", add=["X-Test: gr\xfc\xdfe"]),
        accepted("8.1.18", "Content-Length: 0", add=["Content-Length: 0"]),
        accepted("8.1.19", "an octet per write", step=1),
        accepted("8.1.20", "writes of 7 bytes", step=7),
        accepted("8.1.21", "a hundred fields", add=fill(FIELDS_MAX - 5)),
        sent("8.1.22", "a head of exactly 16 KiB", sized_head(HEAD_MAX)),
        accepted("8.1.23", "a request line of exactly 8 KiB", line=sized_line(LINE_MAX)),
        accepted("8.1.24", "Origin of the same host", add=["Origin: http://127.0.0.1"],
                 swap={"Host": "127.0.0.1"}),
        Case("8.1.25", "the login right behind the head, in one write", pipelined_login),
        Case("8.1.26", "a head cut in its last line end", cut_line_end),
        Case("8.1.27", "two connections with one key get the same accept value", same_key),
    ]


def pipelined_login(target) -> None:
    with Peer(target) as peer:
        peer.send(opening(target) + frames.text(connect_request(target))
                  + frames.text(request("behind")))
        expect_101(peer)
        peer.expect_hello()
        play(peer, [Answer("behind")])


def cut_line_end(target) -> None:
    head = opening(target)
    for cut in (1, 2, 3):
        with Peer(target) as peer:
            peer.send(head[:-cut])
            time.sleep(0.05)
            peer.send(head[-cut:])
            expect_101(peer)


def same_key(target) -> None:
    for _ in range(2):
        with Peer(target) as peer:
            peer.send(opening(target))
            head = expect_101(peer)
            if head.values("sec-websocket-accept") != [accept_for(KEY)]:
                raise Failed(accept_for(KEY), str(head.fields))


def versions() -> list:
    """Section 4.4: another version gets 426 and the version we speak."""
    cases = [refused(f"8.2.{at}", f"version {version!r}", VERSION, names_13,
                     swap={"Sec-WebSocket-Version": version})
             for at, version in enumerate(("8", "0", "7", "12", "14", "255"), start=1)]
    broken = (("'x'", {"Sec-WebSocket-Version": "x"}, []),
              ("empty", {"Sec-WebSocket-Version": ""}, []),
              ("'013'", {"Sec-WebSocket-Version": "013"}, []),
              ("'13.0'", {"Sec-WebSocket-Version": "13.0"}, []),
              ("'-13'", {"Sec-WebSocket-Version": "-13"}, []),
              ("'13, 8'", {"Sec-WebSocket-Version": "13, 8"}, []),
              ("'4294967309', which is 13 in 32 bits", {"Sec-WebSocket-Version": "4294967309"},
               []),
              ("in two fields", {}, ["Sec-WebSocket-Version: 13"]))
    cases += [refused(f"8.2.{at}", f"version {what}", BAD + VERSION, swap=swap, add=add)
              for at, (what, swap, add) in enumerate(broken, start=7)]
    cases.append(refused("8.2.15", "no version", BAD + VERSION, drop=["Sec-WebSocket-Version"]))
    return cases


def keys() -> list:
    """Section 4.2.1 item 5: 16 bytes in base64, once."""
    broken = (("empty", ""), ("15 bytes", "AAAAAAAAAAAAAAAAAAAA"),
              ("17 bytes", "AAAAAAAAAAAAAAAAAAAAAAA="), ("18 bytes", "A" * 24),
              ("no padding", "dGhlIHNhbXBsZSBub25jZQ"),
              ("one sign of padding", "dGhlIHNhbXBsZSBub25jZQ="),
              ("a letter outside of base64", "dGhlIHNhbXBsZSBub25j*Q=="),
              ("the letters of URLs", "dGhlIHNhbXBsZSBub25_-Q=="),
              ("a space inside", "dGhlIHNhbXBs ZSBub25jZQ=="),
              ("padding inside", "dGhl=HNhbXBsZSBub25jZQ=="),
              ("two in a list", KEY + ", " + KEY), ("1000 letters", "A" * 1000))
    cases = [refused(f"8.3.{at}", f"key: {what}", BAD, swap={"Sec-WebSocket-Key": key})
             for at, (what, key) in enumerate(broken, start=1)]
    cases.append(refused("8.3.13", "no key", BAD, drop=["Sec-WebSocket-Key"]))
    cases.append(refused("8.3.14", "the key in two fields", BAD,
                         add=["Sec-WebSocket-Key: " + KEY]))
    cases.append(refused("8.3.15", "two keys in two fields", BAD,
                         add=["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]))
    return cases


def request_lines() -> list:
    lines = (("POST", "POST / HTTP/1.1", (400, 404, 405)),
             ("HEAD", "HEAD / HTTP/1.1", (200, 400, 404, 405, 426)),
             ("PUT", "PUT / HTTP/1.1", (400, 404, 405)),
             ("a method in lower case", "get / HTTP/1.1", (400, 404, 405, 501)),
             ("a method nobody knows", "WEBSOCKET / HTTP/1.1", (400, 404, 405, 501)),
             ("HTTP/1.0", "GET / HTTP/1.0", (400, 426, 505)),
             ("HTTP/0.9", "GET /", BAD),
             ("HTTP/2.0", "GET / HTTP/2.0", (400, 505)),
             ("HTTP/3.7", "GET / HTTP/3.7", (400, 505)),
             ("http in lower case", "GET / http/1.1", BAD),
             ("a version of two digits", "GET / HTTP/1.10", BAD + (505,)),
             ("a version without a minor", "GET / HTTP/1", BAD + (505,)),
             ("another protocol", "GET / RTSP/1.0", BAD + (505,)),
             ("two spaces before the target", "GET  / HTTP/1.1", BAD),
             ("two spaces before the version", "GET /  HTTP/1.1", BAD),
             ("a tab for a space", "GET\t/ HTTP/1.1", BAD),
             ("a space behind the version", "GET / HTTP/1.1 ", BAD),
             ("a space in front", " GET / HTTP/1.1", BAD),
             ("a space in the target", "GET /a b HTTP/1.1", BAD),
             ("no target", "GET HTTP/1.1", BAD),
             ("a target without a slash", "GET ws HTTP/1.1", BAD + (404,)),
             ("a byte above 127 in the target", "GET /gr\xfc\xdfe HTTP/1.1", BAD),
             ("a control byte in the target", "GET /\x01 HTTP/1.1", BAD),
             ("a zero byte in the target", "GET /\0 HTTP/1.1", BAD),
             ("DEL in the target", "GET /\x7f HTTP/1.1", BAD),
             ("a zero byte in the method", "GE\0T / HTTP/1.1", BAD))
    return [refused(f"8.4.{at}", f"request line: {what}", statuses, line=line)
            for at, (what, line, statuses) in enumerate(lines, start=1)]


def tokens() -> list:
    """Section 4.2.1 items 3 and 4: without them it is a plain HTTP request."""
    swaps = (("no Upgrade", ["Upgrade"], {}), ("Upgrade: h2c", [], {"Upgrade": "h2c"}),
             ("Upgrade: websockets", [], {"Upgrade": "websockets"}),
             ("Upgrade: xwebsocket", [], {"Upgrade": "xwebsocket"}),
             ("Upgrade empty", [], {"Upgrade": ""}),
             ("no Connection", ["Connection"], {}),
             ("Connection: keep-alive", [], {"Connection": "keep-alive"}),
             ("Connection: close", [], {"Connection": "close"}),
             ("Connection: Upgraded", [], {"Connection": "Upgraded"}),
             ("Connection: keep-alive Upgrade without a comma", [],
              {"Connection": "keep-alive Upgrade"}))
    return [refused(f"8.5.{at}", f"not 101: {what}", NOT_WEBSOCKET, drop=drop, swap=swap)
            for at, (what, drop, swap) in enumerate(swaps, start=1)]


def broken_heads() -> list:
    """RFC 9112 sections 2.2, 3.2, 5.1, 5.2, 6.1 and 6.3: refuse, do not repair."""
    lines = (("a space before the colon", ["X-Test : 1"]),
             ("a tab before the colon", ["X-Test\t: 1"]),
             ("a field continued on the next line", ["X-Test: 1", " 2"]),
             ("a field continued with a tab", ["X-Test: 1", "\t2"]),
             ("a line without a colon", ["X-Test"]),
             ("an empty name", [": 1"]),
             ("a space inside a name", ["X Test: 1"]),
             ("parentheses in a name", ["X(Test): 1"]),
             ("a byte above 127 in a name", ["X-T\xe9st: 1"]),
             ("a zero byte in a name", ["X-T\0st: 1"]),
             ("a zero byte in a value", ["X-Test: a\0b"]),
             ("a control byte in a value", ["X-Test: a\x01b"]),
             ("DEL in a value", ["X-Test: a\x7fb"]),
             ("a lone CR in a value", ["X-Test: a\rb"]),
             ("a lone CR in a name", ["X-\rTest: a"]),
             ("a bare LF between two fields", ["X-Test: a\nX-Other: b"]),
             ("CR CR LF", ["X-Test: a\r"]),
             ("a second Host", ["Host: localhost"]),
             ("Transfer-Encoding: chunked", ["Transfer-Encoding: chunked"]),
             ("Transfer-Encoding: identity", ["Transfer-Encoding: identity"]),
             ("transfer-encoding in lower case", ["transfer-encoding: chunked"]),
             ("Transfer-Encoding and Content-Length", ["Transfer-Encoding: chunked",
                                                       "Content-Length: 0"]),
             ("two different Content-Length", ["Content-Length: 0", "Content-Length: 5"]),
             ("two equal Content-Length", ["Content-Length: 0", "Content-Length: 0"]),
             ("Content-Length as a list", ["Content-Length: 0, 0"]),
             ("Content-Length that is no number", ["Content-Length: zero"]),
             ("Content-Length with a sign", ["Content-Length: +0"]),
             ("Content-Length below zero", ["Content-Length: -1"]),
             ("Content-Length in hexadecimal", ["Content-Length: 0x0"]),
             ("Content-Length of minus nothing", ["Content-Length: -0"]))
    cases = [refused(f"8.6.{at}", what, BAD + ((501,) if "ransfer" in what else ()), add=add)
             for at, (what, add) in enumerate(lines, start=1)]
    cases += [
        refused("8.6.31", "no Host", BAD, drop=["Host"]),
        refused("8.6.32", "a space inside Host", BAD, swap={"Host": "a b"}),
        refused("8.6.33", "a body behind an upgrade", (400, 413), add=["Content-Length: 5"]),
        raw("8.6.34", "bare LF for all line ends", BAD,
            lambda target: opening(target).replace(b"\r\n", b"\n")),
        raw("8.6.35", "bare LF behind the request line", BAD,
            lambda target: opening(target).replace(b"\r\n", b"\n", 1)),
        raw("8.6.36", "bare CR for all line ends", BAD,
            lambda target: opening(target).replace(b"\r\n", b"\r") + b"\r\n\r\n"),
        raw("8.6.37", "a space before the first field", BAD,
            lambda target: opening(target).replace(b"Host", b" Host", 1)),
        raw("8.6.38", "HTTP/0.9 with a bare LF", BAD, lambda target: b"GET /\n\n"),
        raw("8.6.39", "a line that is no request", BAD, lambda target: b"hello\r\n\r\n"),
        raw("8.6.40", "a TLS hello", BAD + (ENDED,),
            lambda target: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)),
        raw("8.6.41", "zero bytes", BAD + (ENDED,), lambda target: bytes(64)),
        raw("8.6.42", "random bytes", BAD + (ENDED, 431),
            lambda target: b"\xff" + os.urandom(512) + b"\r\n\r\n"),
        raw("8.6.43", "a frame where the head is due", BAD + (ENDED,),
            lambda target: frames.text(b"x" * 100, key=b"\1\2\3\4")),
        raw("8.6.44", "the preface of HTTP/2", BAD + (ENDED, 505),
            lambda target: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        raw("8.6.45", "a login behind a broken head is not read", BAD,
            lambda target: opening(target, add=["X-Test : 1"])
            + frames.text(connect_request(target))),
        refused("8.6.47", "Content-Length that overflows 64 bits", (400, 413),
                add=["Content-Length: 18446744073709551616"]),
        refused("8.6.46", "a forwarded address from a peer that is no trusted proxy", (403,),
                add=["X-Forwarded-For: 192.0.2.7"]),
    ]
    return cases


def limits() -> list:
    return [
        refused("8.7.1", "a hundred and one fields", TOO_LARGE, add=fill(FIELDS_MAX - 4)),
        refused("8.7.2", "a thousand fields", TOO_LARGE, add=fill(1000)),
        raw("8.7.3", "a head of one byte above 16 KiB", TOO_LARGE, sized_head(HEAD_MAX + 1)),
        refused("8.7.4", "one value of 16 KiB", TOO_LARGE, add=["X-Test: " + "x" * HEAD_MAX]),
        refused("8.7.5", "a name of 16 KiB", TOO_LARGE + BAD, add=["X" * HEAD_MAX + ": 1"]),
        refused("8.7.6", "a request line of one byte above 8 KiB", (414,),
                line=sized_line(LINE_MAX + 1)),
        raw("8.7.7", "a request line that never ends", (414,),
            lambda target: b"GET /" + b"a" * 70000),
        raw("8.7.8", "a head that never ends", TOO_LARGE,
            lambda target: opening(target)[:-2] + b"X-Test: x\r\n" * 7000),
        raw("8.7.9", "a value that never ends", TOO_LARGE,
            lambda target: opening(target)[:-2] + b"X-Test: " + b"x" * 70000),
    ]


def offers() -> list:
    """Section 4.2.2 item 5: a subprotocol is one that was offered, or none."""
    offered = (("one", ["chat"]), ("a list", ["chat, superchat"]),
               ("two fields", ["chat", "superchat"]), ("a name with dots", ["v1.gateway.test"]))
    cases = []
    for at, (what, values) in enumerate(offered, start=1):
        cases.append(subprotocol(f"8.8.{at}", f"subprotocols offered: {what}", values, (101,)))
    broken = (("an empty field", [""]), ("a space inside a name", ["a b"]),
              ("the same name twice", ["chat, chat"]), ("an empty element", ["chat,,superchat"]))
    for at, (what, values) in enumerate(broken, start=5):
        cases.append(subprotocol(f"8.8.{at}", f"a broken offer is never echoed: {what}", values,
                                 (101, 400)))
    return cases


def subprotocol(number: str, text: str, values: list, statuses) -> Case:
    names = {name.strip() for value in values for name in value.split(",")} - {"", "a b"}

    def run(target) -> None:
        with Peer(target) as peer:
            lines = ["Sec-WebSocket-Protocol: " + value for value in values]
            peer.send(opening(target, add=lines))
            head = peer.read_head()
            if getattr(head, "status", 0) not in statuses:
                raise Failed(" or ".join(f"HTTP {one}" for one in statuses), describe(head))
            chosen = head.values("sec-websocket-protocol")
            if len(chosen) > 1 or any(name not in names for name in chosen):
                raise Failed("none or one of the offered names", str(chosen))
    return Case(number, text, run)


def neighbours() -> list:
    """What else lives on the port and must not confuse the reader."""
    return [
        Case("8.9.1", "a request in front of the upgrade in one write", request_in_front),
        Case("8.9.2", "a request behind a refused upgrade is not answered as frames",
             request_behind),
        row("8.9.3", "a second upgrade request after the 101 is a protocol error",
            [b"GET / HTTP/1.1\r\n", Closed(1002)], stage="challenge"),
    ]


def request_in_front(target) -> None:
    """Both are answered in order, or the first answer says it was the last."""
    first = opening(target, line="GET /healthz HTTP/1.1", swap={"Connection": "keep-alive"},
                    drop=["Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
    with Peer(target) as peer:
        peer.send(first + opening(target))
        head = peer.read_head()
        if getattr(head, "status", 0) != 200:
            raise Failed("HTTP 200 for /healthz", describe(head))
        if "close" in [value.lower() for value in head.values("connection")]:
            return
        peer.read_body(head)
        expect_101(peer)


def request_behind(target) -> None:
    with Peer(target) as peer:
        peer.send(opening(target, swap={"Sec-WebSocket-Version": "8"}) + opening(target))
        expect_refusal(peer, VERSION, names_13)


def dripped(target) -> None:
    """One byte at a time keeps nobody in: the deadline is for the whole head."""
    until = time.monotonic() + SLOW_S
    with Peer(target, patience=SLOW_S) as peer:
        peer.send(opening(target, line="GET / HTTP/1.1")[:-2] + b"X-Slow: ")
        while time.monotonic() < until and not peer.wait(time.monotonic() + 0.4):
            peer.send(b"x")
        expect_refusal(peer, (408,), patience=0.1)


def silent(target) -> None:
    with Peer(target) as peer:
        expect_refusal(peer, (408, ENDED), patience=SLOW_S)


def silent_after_upgrade(target) -> None:
    with Peer(target, patience=SLOW_S) as peer:
        peer.upgrade()
        peer.expect_challenge()
        play(peer, [Closed(1000)])


def dripped_login(target) -> None:
    until = time.monotonic() + SLOW_S
    with Peer(target, patience=SLOW_S) as peer:
        peer.upgrade()
        peer.expect_challenge()
        body = frames.text(connect_request(target, size=4000))
        for byte in body:
            if peer.wait(time.monotonic() + 0.4) or time.monotonic() > until:
                break
            peer.send(bytes((byte,)))
        play(peer, [Closed(1000)])


SLOW = [
    Case("8.10.1", "a head that drips gets 408 after 15 s", dripped),
    Case("8.10.2", "a peer that says nothing is ended after 15 s", silent),
    Case("8.10.3", "silence after the upgrade closes 1000 after 15 s", silent_after_upgrade),
    Case("8.10.4", "a login that drips closes 1000 after 15 s", dripped_login),
]

CASES = [*good(), *versions(), *keys(), *request_lines(), *tokens(), *broken_heads(), *limits(),
         *offers(), *neighbours(), *SLOW]
