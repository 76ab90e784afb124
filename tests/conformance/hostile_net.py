"""Bad behaviour below and before the frames: TCP and HTTP."""

import random
import resource
import socket
import time

import frames
from client import Failed, Peer, as_reply, connect_request, describe, request
from opening import KEY, opening
from scene import HANDSHAKE_MS

CROWD = 20            # connections where one would prove nothing
FLOOD = 1500          # above the 1024 strangers the server keeps
DEADLINE_S = HANDSHAKE_MS / 1000
SEED = 6455


def connect_frame(scene) -> bytes:
    return frames.text(connect_request(scene.target))


# How far a connection has come when it ends badly: (what, stage, bytes to send).
PLACES = (
    ("after the connect", "connected", lambda scene: b""),
    ("inside the request line", "connected", lambda scene: opening(scene.target)[:9]),
    ("inside the head", "connected", lambda scene: opening(scene.target)[:60]),
    ("behind the head, 101 unread", "connected", lambda scene: opening(scene.target)),
    ("behind a refused head", "connected", lambda scene: b"hello\r\n\r\n"),
    ("after the challenge", "challenged", lambda scene: b""),
    ("inside the head of the first frame", "challenged", lambda scene: connect_frame(scene)[:3]),
    ("inside connect", "challenged", lambda scene: connect_frame(scene)[:90]),
    ("behind connect, hello unread", "challenged", connect_frame),
    ("behind connect and ten requests", "challenged",
     lambda scene: connect_frame(scene) + frames.text(request("x")) * 10),
    ("after hello", "hello", lambda scene: b""),
    ("inside a fragmented message", "hello", lambda scene: frames.text(b"{", fin=False)),
    ("inside a frame of 25 MiB", "hello",
     lambda scene: frames.text(b"x" * 300000, length=26214400)),
    ("behind a request, answer unread", "hello", lambda scene: frames.text(request("x"))),
    ("behind 300 requests, answers unread", "hello",
     lambda scene: frames.text(request("x")) * 300),
    ("behind our close", "hello", lambda scene: frames.close(1000)),
    ("behind the server's close", "hello", lambda scene: frames.text(b"x", rsv=7)),
)


def reset_at(stage: str, build):
    def behave(scene) -> None:
        for _ in range(CROWD):
            peer = scene.open(stage)
            peer.send(build(scene))
            peer.reset()
    return behave


def half_closed_at(stage: str, build):
    """We send FIN and keep our side: the server has to end the connection,
    since nothing can come any more that would be worth waiting for."""
    def behave(scene) -> bool:
        for _ in range(CROWD):
            peer = scene.open(stage)
            peer.send(build(scene))
            peer.half_close()
        return True
    return behave


def connect_and_go(scene) -> None:
    for _ in range(300):
        scene.open().sock.close()


def silent_crowd(scene) -> bool:
    for _ in range(200):
        scene.open()
    return True


def silent_after_challenge(scene) -> bool:
    for _ in range(100):
        scene.open("challenged")
    return True


def drip(stage: str, build):
    """200 peers send a byte now and then until the server has had enough."""
    def behave(scene) -> bool:
        peers = [scene.open(stage) for _ in range(100)]
        data = build(scene)
        begun = time.monotonic()
        for byte in data:
            for peer in peers:
                peer.send(bytes((byte,)))
            time.sleep(0.1)
            if time.monotonic() - begun > DEADLINE_S + 1:
                return True
        raise ValueError("the drip ended before the deadline")
    return behave


def flood(scene) -> None:
    """More strangers than the server keeps; a client of the same address can
    log in among them and an old one is served all the time."""
    for _ in range(FLOOD):
        scene.open()
    peer = scene.open("hello")
    peer.send(frames.text(request("in the flood")))
    reply = peer.next_reply()
    if reply != ("answer", "in the flood"):
        raise Failed("a new client to be served in the flood", describe(reply))


def flood_of_challenged(scene) -> None:
    """The same with strangers that have upgraded and then say nothing."""
    wire = opening(scene.target)
    for _ in range(FLOOD):
        scene.open().send(wire)
    peer = scene.open("hello")
    peer.send(frames.text(request("in the flood")))
    reply = peer.next_reply()
    if reply != ("answer", "in the flood"):
        raise Failed("a new client to be served in the flood", describe(reply))


def wrong_secrets(scene) -> None:
    """Each is answered and closed 1008; the address is not locked for others."""
    wrong = scene.target._replace(token="wrong")
    peers = []
    for _ in range(200):
        peer = scene.open("challenged")
        peer.send(frames.text(connect_request(wrong)))
        peers.append(peer)
    for peer in peers:
        replies = [peer.next_reply(), peer.next_reply()]
        if replies[0] != ("answer", "login") or not replies[1] or replies[1][:2] != ("close", 1008):
            raise Failed("an error and close 1008 for a wrong secret",
                         " then ".join(map(describe, replies)))
    scene.open("hello")


def tiny_window(scene) -> None:
    """A receive buffer of nearly nothing: the server waits without spinning."""
    peer = scene.open("hello")
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    peer.sock.setblocking(False)
    wire = frames.text(request("x")) * 200
    try:
        peer.sock.send(wire)
    except BlockingIOError:
        pass
    scene.expect_rest()


def no_descriptors(scene) -> None:
    """At the limit of descriptors nobody gets in, nobody is lost, nothing
    spins; when the strangers have gone there is room again."""
    pid = scene.server.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    few = scene.server.descriptors() + 10
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, limits[1]))
    try:
        strangers = [scene.open() for _ in range(200)]
        scene.expect_rest()
        scene.neighbour.judge()
        for peer in strangers:
            peer.sock.close()
        scene.settle()
        scene.open("hello")
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def urgent_bytes(scene) -> None:
    """Urgent data is passed over by a normal read: the frame lacks a byte."""
    for _ in range(CROWD):
        peer = scene.open("hello")
        peer.send(frames.text(b"{", length=100))
        peer.sock.send(b"!", socket.MSG_OOB)


def read_byte_by_byte(scene) -> None:
    """A peer that reads slowly gets everything in the end."""
    peer = scene.open("challenged")
    peer.send(connect_frame(scene) + frames.text(request("end")))
    until = time.monotonic() + 10
    while time.monotonic() < until:
        got = peer.reader.next()
        if got and as_reply(got) == ("answer", "end"):
            return
        try:
            peer.reader.feed(peer.sock.recv(1))
        except BlockingIOError:
            time.sleep(0.001)
    raise Failed("the answer to the last request", "less than that")


def refused_heads(build):
    def behave(scene) -> None:
        for turn in range(CROWD * 5):
            peer = scene.open()
            peer.send(build(scene, turn))
            peer.half_close()
            peer.read_head()
    return behave


def endless(first: bytes, unit: bytes):
    """A head that goes on until the server stops reading it."""
    def behave(scene) -> None:
        for _ in range(5):
            peer = scene.open()
            peer.send(first + unit * (2 * 1024 * 1024 // len(unit)))
            head = peer.read_head()
            if getattr(head, "status", 400) not in (400, 414, 431):
                raise Failed("HTTP 400, 414, 431 or the end", describe(head))
    return behave


def mutated_heads(scene) -> None:
    """A good head with a few bytes changed, cut or doubled, 500 times."""
    dice = random.Random(SEED)
    for _ in range(500):
        wire = bytearray(opening(scene.target))
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(wire))
            change = dice.randrange(3)
            if change == 0:
                wire[at] = dice.randrange(256)
            elif change == 1:
                del wire[at:at + dice.randrange(1, 9)]
            else:
                wire[at:at] = wire[at:at + dice.randrange(1, 9)]
        peer = scene.open()
        peer.send(bytes(wire))
        peer.half_close()
        peer.sock.close()


def pipelined_gets(scene) -> None:
    one = f"GET /healthz HTTP/1.1\r\nHost: {scene.target.authority}\r\n\r\n".encode()
    for _ in range(5):
        peer = scene.open()
        peer.send(one * 2000)
        head = peer.read_head()
        if getattr(head, "status", 0) != 200:
            raise Failed("HTTP 200 to the first of many", describe(head))


def single_gets(scene) -> None:
    one = f"GET /healthz HTTP/1.1\r\nHost: {scene.target.authority}\r\n\r\n".encode()
    for _ in range(500):
        with Peer(scene.target) as peer:
            peer.send(one)
            head = peer.read_head()
            if getattr(head, "status", 0) != 200:
                raise Failed("HTTP 200", describe(head))


def large_body(scene) -> bool:
    """A body is announced that no endpoint takes, and then it drips."""
    head = (f"POST /healthz HTTP/1.1\r\nHost: {scene.target.authority}\r\n"
            "Content-Length: 1099511627776\r\n\r\n").encode()
    peers = [scene.open() for _ in range(CROWD)]
    for peer in peers:
        peer.send(head)
    for _ in range(10):
        for peer in peers:
            peer.send(b"x" * 100)
        time.sleep(0.05)
    return True


def garbage_behind_head(scene) -> None:
    dice = random.Random(SEED)
    for _ in range(CROWD):
        peer = scene.open()
        peer.send(opening(scene.target) + dice.randbytes(100000))


TLS_HELLO = (b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(32)) + b"\x00\x00\x02"
             b"\x13\x01\x01\x00\x00\x99" + bytes(153))

HEADS = (
    ("a TLS hello on the plain port", lambda scene, turn: TLS_HELLO),
    ("the preface of HTTP/2", lambda scene, turn: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" * 5),
    ("random bytes for a head", lambda scene, turn:
     random.Random(SEED + turn).randbytes(turn * 37) + b"\r\n\r\n"),
    ("a SOCKS greeting", lambda scene, turn: b"\x05\x01\x00"),
    ("zero bytes", lambda scene, turn: bytes(5000)),
    ("a wrong version", lambda scene, turn:
     opening(scene.target, swap={"Sec-WebSocket-Version": "8"})),
    ("a field of 1 MiB", lambda scene, turn:
     opening(scene.target, add=["X-Test: " + "x" * (1024 * 1024)])),
    ("ten thousand fields", lambda scene, turn:
     opening(scene.target, add=[f"X-{n}: x" for n in range(10000)])),
    ("a login without an upgrade", lambda scene, turn: connect_frame(scene)),
    ("an upgrade without a line end", lambda scene, turn:
     f"GET / HTTP/1.1\rSec-WebSocket-Key: {KEY}\r".encode()),
)

BEHAVIOURS = [
    *[(f"reset {what}", reset_at(stage, build)) for what, stage, build in PLACES],
    *[(f"half-close {what}", half_closed_at(stage, build)) for what, stage, build in PLACES],
    ("connect and go, 300 times", connect_and_go),
    ("200 peers that say nothing", silent_crowd),
    ("100 peers that upgrade and say nothing", silent_after_challenge),
    ("100 heads that drip", drip("connected", lambda scene: opening(
        scene.target, add=["X-Slow: " + "x" * 200]))),
    ("100 logins that drip", drip("challenged", lambda scene: frames.text(
        connect_request(scene.target, size=2000)))),
    ("1500 connections without a word", flood),
    ("1500 upgrades without a login", flood_of_challenged),
    ("200 logins with a wrong secret", wrong_secrets),
    ("a reader with a tiny window", tiny_window),
    ("more strangers than descriptors", no_descriptors),
    ("urgent data inside a frame", urgent_bytes),
    ("a reader of one byte at a time", read_byte_by_byte),
    *[(what, refused_heads(build)) for what, build in HEADS],
    ("a request line without an end", endless(b"GET /", b"a" * 64)),
    ("fields without an end", endless(b"GET / HTTP/1.1\r\n", b"X-Test: x\r\n")),
    ("500 heads with a few bytes changed", mutated_heads),
    ("2000 requests in one write", pipelined_gets),
    ("500 probes one after the other", single_gets),
    ("bodies without an end", large_body),
    ("random bytes behind the head", garbage_behind_head),
]
