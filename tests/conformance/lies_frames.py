"""Lies in frames: RFC 6455 broken by a server."""

import json
import time

import frames
import liar
from lies import SECRET, harmless, lie, stall

PAYLOAD_MAX = 25 * 1024 * 1024


def instead_of_challenge(data: bytes):
    def script(conn):
        conn.upgrade()
        conn.send(data)
        conn.hold()
    return script


def instead_of_answer(data: bytes):
    """Logged in, then these bytes where the answer was due."""
    def script(conn):
        conn.upto_request()
        conn.send(data)
        conn.hold()
    return script


def after_hello(act):
    def script(conn):
        conn.upto_hello()
        act(conn)
        conn.hold()
    return script


def server_frame(opcode, payload=b"", **options) -> bytes:
    return frames.frame(opcode, payload, masked=False, **options)


def closes(code, reason=b"", stage="answer"):
    def script(conn):
        if stage == "challenge":
            conn.upgrade()
        elif stage == "connect":
            conn.upto_challenge()
        elif stage == "hello":
            conn.upto_connect()
        else:
            conn.upto_request()
        conn.close(code, reason)
    return script


def cut_text(conn):
    """A character of UTF-8 cut over two frames, the second half wrong."""
    conn.upto_request()
    conn.send(server_frame(frames.TEXT, b'{"a":"\xe2\x82', fin=False))
    conn.send(server_frame(frames.CONT, b'A"}'))
    conn.hold()


def good_fragments(conn):
    """The hello in pieces of seven bytes with pings between them: legal."""
    request_id = conn.upto_connect()
    hello = json.dumps({"type": "res", "id": request_id, "ok": True, "payload": liar.HELLO})
    for part in frames.fragments(frames.TEXT, hello.encode(), 7, masked=False):
        conn.send(part + server_frame(frames.PING, b"between"))
    conn.serve_request()


def endless_message(conn):
    conn.upto_request()
    conn.send(server_frame(frames.TEXT, b'"', fin=False))
    conn.flood(server_frame(frames.CONT, b"a" * 65536, fin=False))


def endless_empty_fragments(conn):
    conn.upto_request()
    conn.send(server_frame(frames.TEXT, b'"', fin=False))
    conn.flood(server_frame(frames.CONT, b"", fin=False) * 4096)


def whole_large_message(conn):
    conn.upto_request()
    conn.send(server_frame(frames.TEXT, b'"' + b"a" * PAYLOAD_MAX + b'"'))
    conn.hold()


def ping_flood(conn):
    """Pings without a break, and the answer behind them: no harm."""
    request_id = conn.upto_request()
    for _ in range(200):
        conn.send(server_frame(frames.PING, b"x" * 125) * 64)
    conn.answer(request_id, liar.HEALTH)
    conn.hold()


def endless_pings(conn):
    conn.upto_request()
    conn.flood(server_frame(frames.PING, b"x" * 125) * 64)


def unasked_pongs(conn):
    conn.upto_hello()
    conn.send(server_frame(frames.PONG, b"nobody asked") * 1000)
    conn.serve_request()


def half_frame(end):
    def script(conn):
        conn.upto_request()
        conn.send(server_frame(frames.TEXT, b"x" * 10, length=1000))
        if end == "reset":
            time.sleep(0.05)
            conn.reset()
        conn.fin()
    return script


def drips_hello(conn):
    """A hello that takes longer than there is time."""
    request_id = conn.upto_connect()
    hello = json.dumps({"type": "res", "id": request_id, "ok": True, "payload": liar.HELLO})
    conn.drip(server_frame(frames.TEXT, hello.encode()))


def drips_all(conn):
    """Everything a byte at a time, but in time."""
    conn.read_head()
    conn.drip(conn.answer_bytes(), 0.0003)
    conn.is_open = True
    event = {"type": "event", "event": "connect.challenge",
             "payload": {"nonce": liar.NONCE, "ts": 1}}
    conn.drip(server_frame(frames.TEXT, json.dumps(event).encode()), 0.0003)
    request_id = conn.read_request("connect")
    hello = json.dumps({"type": "res", "id": request_id, "ok": True, "payload": liar.HELLO})
    conn.drip(server_frame(frames.TEXT, hello.encode()), 0.0003)
    conn.serve_request()


def says_close_and_stays(conn):
    conn.upto_request()
    conn.send(frames.close(1012, b"restart", masked=False))
    conn.stay()


def talks_behind_close(conn):
    request_id = conn.upto_request()
    conn.send(frames.close(1001, b"bye", masked=False))
    conn.answer(request_id, liar.HEALTH)
    conn.hold()


BROKEN = "mask|reserved|opcode|fragment|control|length|continue|begins inside|close code"
TOO_BIG = "1009|too large|too big"
NOT_UTF8 = "1007|UTF-8"

LIES = [
    lie("a masked frame instead of the challenge",
        instead_of_challenge(frames.text(b'{"type":"event"}')), BROKEN),
    lie("a masked frame instead of the answer", instead_of_answer(frames.text(b"{}")), BROKEN),
] + [
    lie(f"reserved bit {4 >> at} is set", instead_of_answer(
        server_frame(frames.TEXT, b"{}", rsv=4 >> at)), BROKEN) for at in range(3)
] + [
    lie(f"reserved opcode {opcode}", instead_of_answer(server_frame(opcode, b"{}")), BROKEN)
    for opcode in (3, 7, 11, 15)
] + [
    lie("a continuation of nothing", instead_of_answer(server_frame(frames.CONT, b"{}")), BROKEN),
    lie("a new message inside of a message", instead_of_answer(
        server_frame(frames.TEXT, b"{", fin=False) + server_frame(frames.TEXT, b"}")), BROKEN),
    lie("a fragmented ping", instead_of_answer(server_frame(frames.PING, b"x", fin=False)), BROKEN),
    lie("a ping of 126 bytes", instead_of_answer(server_frame(frames.PING, b"x" * 126)), BROKEN),
    lie("a pong of 70,000 bytes", instead_of_answer(server_frame(frames.PONG, b"x" * 70000)),
        BROKEN),
    lie("a length of 16 bits for 5 bytes", instead_of_answer(
        server_frame(frames.TEXT, b"hello", form=16)), BROKEN),
    lie("a length of 64 bits for 5 bytes", instead_of_answer(
        server_frame(frames.TEXT, b"hello", form=64)), BROKEN),
    lie("a length of 2^63", instead_of_answer(server_frame(frames.TEXT, b"x", length=1 << 63)),
        BROKEN + "|" + TOO_BIG),
    lie("a binary frame", instead_of_answer(server_frame(frames.BINARY, b"\x00\x01")),
        "binary|1003|in time", timeout_ms=1500),
    # sizes
    lie("a message of one byte too many, declared", instead_of_answer(
        server_frame(frames.TEXT, b"x" * 10, length=PAYLOAD_MAX + 1)), TOO_BIG),
    lie("a message that never ends", endless_message, TOO_BIG),
    stall("a message of empty fragments that never ends", endless_empty_fragments),
    lie("a challenge of 64 KiB and one byte", instead_of_challenge(
        server_frame(frames.TEXT, b'{"type":"event","event":"connect.challenge","payload":"'
                     + b"x" * 65536 + b'"}')), TOO_BIG + "|nonce"),
    # text
    lie("invalid UTF-8", instead_of_answer(server_frame(frames.TEXT, b'{"a":"\xff"}')), NOT_UTF8),
    lie("a surrogate in UTF-8", instead_of_answer(
        server_frame(frames.TEXT, b'{"a":"\xed\xa0\x80"}')), NOT_UTF8),
    lie("a character cut in two frames, wrongly", cut_text, NOT_UTF8),
    lie("a character that the last frame does not end", instead_of_answer(
        server_frame(frames.TEXT, b'{"a":"\xe2\x82')), NOT_UTF8),
    # close frames
    lie("close without a code instead of the challenge", closes(None, stage="challenge"),
        "1005|closed"),
    lie("close 1000 before the hello", closes(1000, stage="hello"), "1000",
        connections=2),
    lie("close 1008 with a secret in its reason",
        closes(1008, f"token={SECRET} is wrong".encode(), stage="hello"), "1008"),
    lie("close 1012 after the hello", closes(1012, b"restart"), "1012"),
    lie("close 4001", closes(4001, b"access ended"), "4001"),
    lie("close 4999 with terminal codes", closes(4999, b"\x1b]0;owned\x07\x1b[2J"), "4999"),
] + [
    lie(f"close code {code}, which nobody may send", closes(code), BROKEN + f"|({code}")
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
] + [
    lie("a close frame of one byte", instead_of_answer(server_frame(frames.CLOSE, b"\x03")),
        BROKEN),
    lie("a close reason that is not UTF-8", closes(1008, b"\xff\xfe"), BROKEN + "|" + NOT_UTF8),
    lie("a fragmented close", instead_of_answer(
        server_frame(frames.CLOSE, b"\x03\xe8", fin=False)), BROKEN),
    lie("close, and the socket stays open", says_close_and_stays, "1012"),
    lie("an answer behind the close", talks_behind_close, "1001"),
    # ends
    lie("half a frame, then FIN", half_frame("fin"), "1006|closed"),
    lie("half a frame, then a reset", half_frame("reset"), "1006|closed|reset"),
    stall("half a frame, then nothing", instead_of_answer(
        server_frame(frames.TEXT, b"x" * 10, length=1000))),
    stall("a hello that drips", drips_hello),
    # pings
    harmless("12,800 pings before the answer", ping_flood),
    stall("pings without an end", endless_pings),
    harmless("pongs that nobody asked for", unasked_pongs),
    # unusual, but no lies
    harmless("a hello in pieces of seven bytes with pings between", good_fragments),
    harmless("everything a byte at a time", drips_all),
    lie("an answer as large as it may be, of the wrong kind", whole_large_message,
        "in time|" + TOO_BIG, timeout_ms=3000),
]
