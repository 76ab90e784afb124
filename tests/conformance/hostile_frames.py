"""Bad behaviour in frames and messages."""

import os
import random
import time

import frames
from client import Failed, connect_request, describe, request
from frames import cont, ping, text
from hostile_net import CROWD, SEED
from script import Alive, Answer, Closed, Pong, play

MANY = 10000
FLOOD_S = 40.0  # a slow build works on 100,000 requests for a while


def expect_gone_or_served(peer, name: str) -> None:
    """After a flood the server serves the peer or has closed it, in words."""
    peer.send(text(request(name)))
    until = time.monotonic() + 20
    while time.monotonic() < until:
        reply = peer.next_reply(5)
        if reply == ("answer", name) or reply and reply[0] in ("close", "end"):
            return
        if reply is None:
            break
    raise Failed("an answer behind the flood, or a close", "silence")


def zero_frames(scene) -> None:
    peer = scene.open("hello")
    peer.send(text(b"") * MANY)
    play(peer, [Alive()])


def zero_fragments(scene) -> None:
    peer = scene.open("hello")
    peer.send(text(b"", fin=False) + cont(b"", fin=False) * MANY + cont(request("end")))
    play(peer, [Answer("end")])


def ping_flood(scene) -> None:
    """Every ping read is answered, the last one surely."""
    peer = scene.open("hello")
    peer.send(ping(b"p" * 100) * MANY + ping(b"last"))
    count = 0
    while True:
        reply = peer.next_reply()
        if reply == ("pong", b"last"):
            return
        if reply != ("pong", b"p" * 100):
            raise Failed(f"a pong after {count}", describe(reply))
        count += 1


def unread_flood(one: bytes):
    """Sends 6 MB and reads nothing: what the server queues for us is bounded,
    and it does not spin while it waits."""
    def behave(scene) -> None:
        write_unread(scene.open("hello"), one * (6000000 // len(one)))
        scene.neighbour.judge()
        scene.expect_rest(FLOOD_S)
    return behave


def write_unread(peer, data: bytes, seconds: float = 2.0) -> None:
    """Writes as far as the server reads, without reading."""
    until = time.monotonic() + seconds
    view = memoryview(data)
    while view and time.monotonic() < until:
        try:
            view = view[peer.sock.send(view):]
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            return


def pong_flood(scene) -> None:
    peer = scene.open("hello")
    peer.send(frames.pong(b"x" * 20) * (MANY * 5))
    play(peer, [Alive()])


def byte_fragments(scene) -> None:
    peer = scene.open("hello")
    body = request("end", size=60000)
    peer.send(b"".join(frames.fragments(frames.TEXT, body, 1, key=b"\1\2\3\4")))
    play(peer, [Answer("end")])


def random_frames(stage: str):
    """Frames with dice for every field: answered or closed, never a hang."""
    def behave(scene) -> None:
        dice = random.Random(SEED)
        for _ in range(200):
            peer = scene.open(stage)
            wire = b"".join(
                frames.frame(dice.randrange(16), dice.randbytes(dice.randrange(200)),
                             fin=dice.random() < 0.8, rsv=dice.choice((0, 0, 0, 1, 4)),
                             masked=dice.random() < 0.9, key=dice.randbytes(4))
                for _ in range(dice.randrange(1, 30)))
            peer.send(wire, dice.choice((0, 1, 7, 100)))
            peer.sock.close()
    return behave


def random_bytes(stage: str):
    def behave(scene) -> None:
        dice = random.Random(SEED + 1)
        for _ in range(200):
            peer = scene.open(stage)
            peer.send(dice.randbytes(dice.randrange(1, 3000)), dice.choice((0, 11)))
            peer.sock.close()
    return behave


def flipped_bits(scene) -> None:
    """A good session with one bit of the wire turned over."""
    dice = random.Random(SEED + 2)
    good = text(request("x"), key=b"\0\0\0\0") + ping(b"x") + frames.close(1000)
    for _ in range(300):
        wire = bytearray(good)
        at = dice.randrange(len(wire) * 8)
        wire[at // 8] ^= 1 << at % 8
        peer = scene.open("hello")
        peer.send(bytes(wire))
        peer.sock.close()


def login_and_close(scene) -> None:
    for _ in range(300):
        peer = scene.open("hello")
        play(peer, [frames.close(1000), Closed(1000, orderly=True, reply=b"")])
        peer.sock.close()


def close_and_stay(scene) -> bool:
    """We close and then neither read nor end: the server does not wait for us."""
    for _ in range(CROWD):
        scene.open("hello").send(frames.close(1000))
    return True


def error_and_go_on(scene) -> bool:
    """A protocol error, then a stream of data that must not be read for ever."""
    peers = [scene.open("hello") for _ in range(3)]
    for peer in peers:
        peer.send(text(b"x", rsv=7))
    begun = time.monotonic()
    while time.monotonic() - begun < 3:
        for peer in peers:
            write_unread(peer, b"x" * 100000, 0.05)
    return True


def promised_frames(scene) -> None:
    """A hundred frames that promise 25 MiB each cost nothing until they come."""
    before = scene.server.memory_kib()
    for _ in range(100):
        scene.open("hello").send(text(b"x" * 1000, length=26214400))
    time.sleep(0.3)
    grown = scene.server.memory_kib() - before
    if grown > 100 * 1024:
        raise Failed("no memory for bytes that have not come", f"{grown} KiB for 100 heads")


def unfinished_messages(scene) -> None:
    for _ in range(30):
        peer = scene.open("hello")
        peer.send(text(b"x" * 1000000, fin=False))
        peer.reset()


def ignored_json(body: bytes):
    """JSON that is refused, however it is answered, leaves the peer served."""
    def behave(scene) -> None:
        for _ in range(3):
            peer = scene.open("hello")
            peer.send(text(body))
            expect_gone_or_served(peer, "end")
    return behave


def in_params(value: bytes) -> bytes:
    return b'{"type":"req","id":"x","method":"health","params":' + value + b"}"


def queue_before_hello(scene) -> bool:
    """Requests in front of connect are refused and the connection closed."""
    for _ in range(CROWD):
        peer = scene.open("challenged")
        peer.send(text(request("x")) * 50)
    return True


def login_behind_many(scene) -> None:
    """Far more requests behind connect than the server keeps for a stranger."""
    for _ in range(CROWD):
        peer = scene.open("challenged")
        peer.send(text(connect_request(scene.target)) + text(request("x")) * 500)
        if peer.next_reply() is None:
            raise Failed("an answer or a close", "silence")


def one_id(scene) -> None:
    """Two requests with one id are both answered; so are a thousand."""
    peer = scene.open("hello")
    peer.send(text(request("same")) * 1000)
    play(peer, [Answer("same")] * 1000)


def second_logins(scene) -> None:
    peer = scene.open("hello")
    peer.send(text(connect_request(scene.target, "again")) * 100)
    play(peer, [Answer("again")] * 100)


def http_after_hello(scene) -> None:
    peers = [scene.open("hello") for _ in range(CROWD)]
    for peer in peers:
        peer.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    for peer in peers:
        play(peer, [Closed(1002)])


def vanished_readers(scene) -> None:
    """Thirty peers ask for a lot, read nothing, and are gone without a word."""
    for _ in range(30):
        peer = scene.open("hello")
        write_unread(peer, text(request("x")) * 2000, 0.2)
        peer.sock.close()


def answered_pings_inside(scene) -> None:
    """A ping between any two bytes of a message that comes in one-byte frames."""
    peer = scene.open("hello")
    body = request("end")
    steps = [text(b"", fin=False)]
    for at in range(len(body)):
        steps += [cont(body[at:at + 1], fin=False), ping(b"%d" % at), Pong(b"%d" % at)]
    play(peer, [*steps, cont(b""), Answer("end")])


BEHAVIOURS = [
    ("10,000 empty messages", zero_frames),
    ("10,000 empty fragments", zero_fragments),
    ("10,000 pings in one write", ping_flood),
    ("50,000 pongs nobody asked for", pong_flood),
    ("pings without reading the pongs", unread_flood(ping(b"x" * 125))),
    ("requests without reading the answers", unread_flood(text(request("x")))),
    ("60,000 fragments of one byte", byte_fragments),
    ("a ping between all bytes of a message", answered_pings_inside),
    ("random frames after hello", random_frames("hello")),
    ("random frames before connect", random_frames("challenged")),
    ("random bytes after hello", random_bytes("hello")),
    ("random bytes before connect", random_bytes("challenged")),
    ("sessions with one bit flipped", flipped_bits),
    ("300 logins that close at once", login_and_close),
    ("a close, then neither reading nor ending", close_and_stay),
    ("a protocol error, then a stream of bytes", error_and_go_on),
    ("100 frames that promise 25 MiB", promised_frames),
    ("30 unfinished messages of 1 MB", unfinished_messages),
    ("JSON of 100,000 open brackets", ignored_json(in_params(b"[" * 100000))),
    ("JSON of 100,000 open and closed brackets",
     ignored_json(in_params(b"[" * 100000 + b"]" * 100000))),
    ("JSON with a number of 1 MB", ignored_json(in_params(b"1" * 1000000))),
    ("JSON with 200,000 members",
     ignored_json(in_params(b"{" + b",".join(b'"k%d":0' % n for n in range(200000)) + b"}"))),
    ("an id of 1 MB", ignored_json(request("i" * 1000000))),
    ("a method of 1 MB", ignored_json(request("x", method="m" * 1000000))),
    ("16 MB that are no JSON", ignored_json(os.urandom(8000000).hex().encode())),
    ("50 requests in front of connect", queue_before_hello),
    ("500 requests behind connect", login_behind_many),
    ("1000 requests with one id", one_id),
    ("a hundred second logins", second_logins),
    ("an HTTP request after hello", http_after_hello),
    ("30 peers that ask for a lot and vanish", vanished_readers),
]
