"""Opening handshakes as rows: a plain one, changed in one place.

`accepted` wants 101 with exactly the three fields it must have, the right
accept value and the gateway's first event behind it; `refused` wants one of
the named HTTP answers, well-formed, and never 101.
"""

import client
from client import End, Failed, Head, Peer, Target, describe
from script import Case

ENDED = 0  # in a list of statuses: the connection ended without an answer
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455 section 1.3
FINAL = (400, 408, 413, 414, 431)  # after these nothing more can be read from the peer
UPGRADE_FIELDS = ["connection", "sec-websocket-accept", "upgrade"]


def opening(target: Target, line="GET / HTTP/1.1", drop=(), swap=None, add=(), case=None) -> bytes:
    """The bytes of a request: fields dropped, given another value, or raw
    lines added; `case` spells the names (str.upper, str.lower)."""
    swap = swap or {}
    lines = [line.format(target.authority)]
    for name, value in client.upgrade_fields(target, KEY):
        if name not in drop:
            lines.append(f"{case(name) if case else name}: {swap.get(name, value)}")
    lines.extend(add)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def accepted(number: str, text: str, step: int = 0, **changes) -> Case:
    def run(target: Target) -> None:
        with Peer(target) as peer:
            peer.send(opening(target, **changes), step, 0.0003 if step == 1 else 0)
            expect_101(peer)
    return Case(number, text, run)


def expect_101(peer: Peer) -> Head:
    head = peer.read_head()
    if isinstance(head, End) or head.status != 101:
        raise Failed("HTTP 101", describe(head))
    if head.version != "HTTP/1.1":
        raise Failed("HTTP/1.1", head.version)
    for name, value in (("upgrade", "websocket"), ("connection", "upgrade")):
        if [got.lower() for got in head.values(name)] != [value]:
            raise Failed(f"one field {name}: {value}", str(head.fields))
    if head.values("sec-websocket-accept") != [client.accept_for(KEY)]:
        raise Failed(f"accept value {client.accept_for(KEY)}", str(head.fields))
    peer.begin_frames()
    peer.expect_challenge()
    return head


def expect_only(head: Head, allowed: list) -> None:
    """The 101 carries these fields and no other."""
    names = sorted(name for name, _ in head.fields)
    if names != sorted(allowed):
        raise Failed(f"exactly the fields {', '.join(allowed)}", ", ".join(names))


def refused(number: str, text: str, statuses, check=None, **changes) -> Case:
    return raw(number, text, statuses, lambda target: opening(target, **changes), check)


def raw(number: str, text: str, statuses, build, check=None) -> Case:
    """Sends what `build(target)` makes, and judges the answer."""
    def run(target: Target) -> None:
        with Peer(target) as peer:
            peer.send(build(target))
            expect_refusal(peer, statuses, check)
    return Case(number, text, run)


def expect_refusal(peer: Peer, statuses, check=None, patience=None) -> None:
    head = peer.read_head(patience)
    status = ENDED if isinstance(head, End) else head.status
    if status not in statuses:
        names = " or ".join("the end" if one == ENDED else f"HTTP {one}" for one in statuses)
        raise Failed(names, describe(head))
    if status == ENDED:
        return
    if check:
        check(head)
    is_last = status in FINAL or "close" in [v.lower() for v in head.values("connection")]
    if not is_last and not head.values("content-length"):
        raise Failed("Content-Length or Connection: close", str(head.fields))
    peer.read_body(head)
    if is_last:
        expect_end(peer, status)


def expect_end(peer: Peer, status: int) -> None:
    peer.begin_frames()
    if not isinstance(peer.next_frame(), End):
        raise Failed(f"the end of the connection after HTTP {status}", "more bytes or silence")
